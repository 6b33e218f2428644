//! What `auth login` stored: one file in the state folder, readable by its owner alone and replaced by
//! rename. With the feature `keyring` the tokens themselves lie in the desktop's secret store.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::error::{ErrorKind, GithubError};

/// Most bytes of the file that are read.
const SIZE_LIMIT: u64 = 1024 * 1024;

/// One stored sign-in.
#[derive(Debug, Clone)]
pub struct Login {
    pub login: String,
    pub token: SecretString,
    /// Scopes the token had when it was stored; empty for tokens without.
    pub scopes: Vec<String>,
}

/// The stored sign-ins, by host.
#[derive(Debug, Clone)]
pub struct LoginStore {
    file: PathBuf,
}

#[derive(Serialize, Deserialize, Default)]
struct Stored {
    version: u32,
    #[serde(default)]
    hosts: BTreeMap<String, StoredLogin>,
}

#[derive(Serialize, Deserialize)]
struct StoredLogin {
    login: String,
    #[serde(default)]
    scopes: Vec<String>,
    /// Absent where the keyring has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

impl LoginStore {
    /// The store in a state folder, which is made when something is stored.
    pub fn new(state_dir: &Path) -> Self {
        Self {
            file: state_dir.join("auth.json"),
        }
    }

    /// The file that holds the sign-ins.
    pub fn path(&self) -> &Path {
        &self.file
    }

    /// The sign-in at a host, if there is one.
    ///
    /// # Errors
    /// `Configuration` where the file cannot be read, is not callboard's, or is readable by others.
    pub fn get(&self, host: &str) -> Result<Option<Login>, GithubError> {
        let Some(stored) = self.read()?.hosts.remove(&host.to_lowercase()) else {
            return Ok(None);
        };
        let token = match stored.token {
            Some(token) => SecretString::from(token),
            None => match keyring_get(host)? {
                Some(token) => token,
                None => return Ok(None),
            },
        };
        Ok(Some(Login {
            login: stored.login,
            token,
            scopes: stored.scopes,
        }))
    }

    /// Stores the sign-in at a host in place of an earlier one.
    ///
    /// # Errors
    /// `Configuration` where the file or the keyring cannot be written.
    pub fn put(&self, host: &str, login: &Login) -> Result<(), GithubError> {
        let mut stored = self.read()?;
        let in_keyring = keyring_put(host, &login.token)?;
        stored.hosts.insert(
            host.to_lowercase(),
            StoredLogin {
                login: login.login.clone(),
                scopes: login.scopes.clone(),
                token: (!in_keyring).then(|| login.token.expose_secret().trim().to_owned()),
            },
        );
        self.write(&stored)
    }

    /// Forgets the sign-in at a host; tells whether there was one.
    ///
    /// # Errors
    /// `Configuration` where the file or the keyring cannot be written.
    pub fn remove(&self, host: &str) -> Result<bool, GithubError> {
        let mut stored = self.read()?;
        let Some(login) = stored.hosts.remove(&host.to_lowercase()) else {
            return Ok(false);
        };
        if login.token.is_none() {
            keyring_remove(host)?;
        }
        self.write(&stored)?;
        Ok(true)
    }

    fn read(&self) -> Result<Stored, GithubError> {
        let metadata = match fs::metadata(&self.file) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Stored::default()),
            Err(error) => return Err(self.failed(&error.to_string())),
        };
        if metadata.permissions().mode() & 0o077 != 0 {
            return Err(self
                .failed("other users of this machine can read it")
                .with_hint(format!(
                    "chmod 600 {}; if it may have been read, sign in anew and revoke the token",
                    self.file.display()
                )));
        }
        if metadata.len() > SIZE_LIMIT {
            return Err(self.failed("it is too large"));
        }
        let bytes = fs::read(&self.file).map_err(|error| self.failed(&error.to_string()))?;
        // The parser's own message could repeat a part of the file.
        let stored: Stored =
            serde_json::from_slice(&bytes).map_err(|_| self.failed("it is damaged"))?;
        Ok(stored)
    }

    fn write(&self, stored: &Stored) -> Result<(), GithubError> {
        let stored = Stored {
            version: 1,
            hosts: stored
                .hosts
                .iter()
                .map(|(host, login)| {
                    let login = StoredLogin {
                        login: login.login.clone(),
                        scopes: login.scopes.clone(),
                        token: login.token.clone(),
                    };
                    (host.clone(), login)
                })
                .collect(),
        };
        self.replace(&stored)
            .map_err(|error| self.failed(&error.to_string()))
    }

    fn replace(&self, stored: &Stored) -> io::Result<()> {
        let folder = self.file.parent().unwrap_or(Path::new("."));
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
        // Temporary files are made with mode 0600.
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        serde_json::to_writer_pretty(&mut file, stored)?;
        file.write_all(b"\n")?;
        file.as_file().sync_all()?;
        file.persist(&self.file)?;
        Ok(())
    }

    fn failed(&self, why: &str) -> GithubError {
        GithubError::new(
            ErrorKind::Configuration,
            format!(
                "{}: the stored sign-in cannot be used: {why}",
                self.file.display()
            ),
        )
        .with_hint("remove the file and sign in again with `callboard auth login`")
    }
}

#[cfg(feature = "keyring")]
const SERVICE: &str = "callboard";

#[cfg(feature = "keyring")]
fn keyring_failed(error: &keyring::Error) -> GithubError {
    GithubError::new(ErrorKind::Configuration, format!("the keyring: {error}"))
        .with_hint("unlock the keyring, or build callboard without the feature `keyring`")
}

#[cfg(feature = "keyring")]
fn keyring_get(host: &str) -> Result<Option<SecretString>, GithubError> {
    let entry = keyring::Entry::new(SERVICE, &host.to_lowercase());
    match entry.and_then(|entry| entry.get_password()) {
        Ok(token) => Ok(Some(SecretString::from(token))),
        Err(keyring::Error::NoEntry) => Ok(None),
        Err(error) => Err(keyring_failed(&error)),
    }
}

#[cfg(feature = "keyring")]
fn keyring_put(host: &str, token: &SecretString) -> Result<bool, GithubError> {
    keyring::Entry::new(SERVICE, &host.to_lowercase())
        .and_then(|entry| entry.set_password(token.expose_secret().trim()))
        .map(|()| true)
        .map_err(|error| keyring_failed(&error))
}

#[cfg(feature = "keyring")]
fn keyring_remove(host: &str) -> Result<(), GithubError> {
    let entry = keyring::Entry::new(SERVICE, &host.to_lowercase());
    match entry.and_then(|entry| entry.delete_credential()) {
        Ok(()) | Err(keyring::Error::NoEntry) => Ok(()),
        Err(error) => Err(keyring_failed(&error)),
    }
}

#[cfg(not(feature = "keyring"))]
fn keyring_get(_host: &str) -> Result<Option<SecretString>, GithubError> {
    Ok(None)
}

#[cfg(not(feature = "keyring"))]
fn keyring_put(_host: &str, _token: &SecretString) -> Result<bool, GithubError> {
    Ok(false)
}

#[cfg(not(feature = "keyring"))]
fn keyring_remove(_host: &str) -> Result<(), GithubError> {
    Ok(())
}

#[cfg(all(test, not(feature = "keyring")))]
mod tests {
    use super::*;

    fn login(token: &str) -> Login {
        Login {
            login: "ann".into(),
            token: SecretString::from(token),
            scopes: vec!["repo".into()],
        }
    }

    fn token(store: &LoginStore, host: &str) -> Option<String> {
        let login = store.get(host).unwrap()?;
        Some(login.token.expose_secret().to_owned())
    }

    #[test]
    fn a_sign_in_is_kept_by_host_and_removed_alone() {
        let folder = tempfile::tempdir().unwrap();
        let store = LoginStore::new(&folder.path().join("state"));
        assert_eq!(token(&store, "github.com"), None);
        store.put("github.com", &login("one")).unwrap();
        store.put("GHE.test", &login("two")).unwrap();
        assert_eq!(token(&store, "github.com").as_deref(), Some("one"));
        assert!(store.remove("github.com").unwrap());
        assert!(!store.remove("github.com").unwrap());
        assert_eq!(token(&store, "ghe.test").as_deref(), Some("two"));
    }

    #[test]
    fn folder_and_file_are_the_owners_alone() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("state");
        let store = LoginStore::new(&state);
        store.put("github.com", &login("one")).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&state), mode(store.path())), (0o700, 0o600));
    }

    #[test]
    fn a_file_that_others_can_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let store = LoginStore::new(folder.path());
        store.put("github.com", &login("one")).unwrap();
        fs::set_permissions(store.path(), fs::Permissions::from_mode(0o644)).unwrap();
        let error = store.get("github.com").unwrap_err();
        assert!(error.hint().unwrap().starts_with("chmod 600"));
    }

    #[test]
    fn a_damaged_file_is_told_without_its_content() {
        let folder = tempfile::tempdir().unwrap();
        let store = LoginStore::new(folder.path());
        store.put("github.com", &login("one")).unwrap();
        fs::write(store.path(), "{\"version\": \"ghp_secret\"}").unwrap();
        let error = store.get("github.com").unwrap_err();
        assert!(!format!("{error} {error:?}").contains("ghp_secret"));
    }
}
