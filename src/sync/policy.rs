//! What a file may make callboard read: placeholders, Location targets and everything else that a document names.
//!
//! The rules are those of `backend.reading.allow` in Backstage and stricter: only hosts of configured integrations or of
//! the allow list, https only (http on this machine's loopback), no path of this machine from a file that came from a
//! URL, and from a file on disk only what lies below its own folder once every link is resolved.
//!
//! [`ReadingPolicy`] only decides; the readers ask it again for every redirect.

use std::fs::{File, OpenOptions};
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use url::Url;

use super::target::{GithubHost, GithubTarget, Resolved, TargetError, authority};

/// A catalog file larger than this is a problem, not an entity.
pub const CATALOG_FILE_LIMIT: u64 = 5 * 1024 * 1024;
/// What a placeholder may pull in: API definitions are larger than catalog files.
pub const PLACEHOLDER_LIMIT: u64 = 10 * 1024 * 1024;

/// One entry of `backend.reading.allow`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AllowedHost {
    /// `example.com`, `example.com:8443`, or `*.example.com` for every host below it.
    pub host: String,
    /// Path prefixes; none for every path.
    pub paths: Option<Vec<String>>,
}

/// Where the document that names a target was read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Base {
    /// A file of this machine; the folder it lies in, links resolved.
    Disk(PathBuf),
    /// A file of a repository.
    Github(GithubTarget),
    /// A file at another allowed address.
    Url(Url),
}

/// What may be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Readable {
    /// A path of this machine; to be opened with [`open_below`] and the folder given here.
    Disk {
        /// The folder nothing outside which may be read.
        folder: PathBuf,
        /// The path, links not yet resolved; may be a glob.
        path: PathBuf,
    },
    /// A file or glob of a repository.
    Github(GithubTarget),
    /// A plain address on the allow list.
    Url(Url),
}

/// Why a target may not be read; the text is for the user.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refusal {
    /// The target itself is of no use.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// The host is not configured.
    #[error(
        "reading from {0} is not allowed: its host has no integration and is not listed in backend.reading.allow"
    )]
    HostNotAllowed(String),
    /// Neither https nor loopback.
    #[error("reading from {0} is not allowed: only https is, except on loopback")]
    Insecure(String),
    /// A path that is not below the folder of the file that names it.
    #[error("{0} is not below the folder of the file that names it")]
    OutsideFolder(String),
}

/// The reading rules of one configuration.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ReadingPolicy {
    github: Vec<GithubHost>,
    allow: Vec<AllowedHost>,
}

impl ReadingPolicy {
    /// The rules for these integrations and this allow list.
    pub fn new(github: Vec<GithubHost>, allow: Vec<AllowedHost>) -> Self {
        Self { github, allow }
    }

    /// The GitHub hosts it knows.
    pub fn github(&self) -> &[GithubHost] {
        &self.github
    }

    /// Decides about a target that the file at `base` names.
    ///
    /// # Errors
    /// See [`Refusal`].
    pub fn resolve(&self, base: &Base, target: &str) -> Result<Readable, Refusal> {
        match base {
            Base::Github(file) => match file.resolve(target)? {
                Resolved::Same(target) => Ok(Readable::Github(target)),
                Resolved::Url(url) => self.url(&url),
            },
            Base::Url(url) => {
                if target.starts_with(['/', '\\']) || target.is_empty() {
                    return Err(TargetError::LocalPath(target.to_owned()).into());
                }
                if let Ok(absolute) = Url::parse(target) {
                    if absolute.scheme() == "file" {
                        return Err(TargetError::LocalPath(target.to_owned()).into());
                    }
                    return self.url(target);
                }
                let joined = url
                    .join(target)
                    .map_err(|_| TargetError::NotAUrl(target.to_owned()))?;
                if authority(&joined) != authority(url) {
                    return Err(TargetError::Escapes(target.to_owned()).into());
                }
                self.url(joined.as_str())
            }
            Base::Disk(folder) => {
                if target.starts_with("http://") || target.starts_with("https://") {
                    return self.url(target);
                }
                let path = target.strip_prefix("file:").unwrap_or(target);
                if path.is_empty() || path.contains('\0') {
                    return Err(Refusal::OutsideFolder(target.to_owned()));
                }
                let path = folder.join(path);
                // Links are resolved when it is opened; `..` is refused already here, so that a glob has no way out.
                let climbs = path
                    .components()
                    .any(|c| c == std::path::Component::ParentDir);
                if climbs && !lexically_below(&path, folder) || !climbs && !path.starts_with(folder)
                {
                    return Err(Refusal::OutsideFolder(target.to_owned()));
                }
                Ok(Readable::Disk {
                    folder: folder.clone(),
                    path: normalize(&path),
                })
            }
        }
    }

    /// Decides about an address on its own: one of the configuration, or one that a server redirects to.
    ///
    /// # Errors
    /// See [`Refusal`].
    pub fn url(&self, text: &str) -> Result<Readable, Refusal> {
        let url = Url::parse(text).map_err(|_| TargetError::NotAUrl(text.to_owned()))?;
        let secure = url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url));
        if !secure {
            return Err(Refusal::Insecure(text.to_owned()));
        }
        match GithubTarget::parse(text, &self.github) {
            Ok(target) => return Ok(Readable::Github(target)),
            Err(TargetError::NoIntegration(_)) => {}
            Err(error) => {
                if !self.is_listed(&url) {
                    return Err(error.into());
                }
            }
        }
        if self.is_listed(&url) {
            Ok(Readable::Url(url))
        } else {
            Err(Refusal::HostNotAllowed(text.to_owned()))
        }
    }

    fn is_listed(&self, url: &Url) -> bool {
        let Some(authority) = authority(url) else {
            return false;
        };
        self.allow.iter().any(|allowed| {
            let host = allowed.host.to_ascii_lowercase();
            let host_fits = match host.strip_prefix('*') {
                Some(suffix) => suffix.starts_with('.') && authority.ends_with(suffix),
                None => host == authority,
            };
            // `Url` has resolved `..` in the path already; an encoded slash or dot could still mean one to the server.
            let path = url.path();
            let plain = !path.contains("%2f")
                && !path.contains("%2F")
                && !path.contains("%2e")
                && !path.contains("%2E");
            host_fits
                && allowed
                    .paths
                    .as_ref()
                    .is_none_or(|paths| plain && paths.iter().any(|p| path.starts_with(p.as_str())))
        })
    }
}

/// Whether a URL stays on this machine.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

fn normalize(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir => {
                out.pop();
            }
            part => out.push(part),
        }
    }
    out
}

fn lexically_below(path: &Path, folder: &Path) -> bool {
    // At no point on the way may the path leave the folder: `sub/../../folder/x` is refused as well.
    let depth = folder.components().count();
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir => {
                out.pop();
                if out.components().count() < depth {
                    return false;
                }
            }
            part => out.push(part),
        }
    }
    out.starts_with(folder)
}

/// Why a file of this machine was not read.
#[derive(Debug, thiserror::Error)]
pub enum DiskError {
    /// It does not exist.
    #[error("{0} does not exist")]
    NotFound(String),
    /// It, or what it links to, lies outside.
    #[error("{0} leads out of its folder")]
    Outside(String),
    /// A folder, device, socket or pipe.
    #[error("{0} is not a file")]
    NotAFile(String),
    /// Over the limit, in bytes.
    #[error("{0} is larger than {1} bytes")]
    TooLarge(String, u64),
    /// A folder with more files than are looked at.
    #[error("{0} has more than {1} files")]
    TooMany(String, usize),
    /// Anything the system says.
    #[error("{0} could not be read: {1}")]
    Io(String, std::io::Error),
}

/// Reads a file that lies below `folder` with all links resolved, up to `limit` bytes.
///
/// # Errors
/// See [`DiskError`].
pub fn open_below(folder: &Path, path: &Path, limit: u64) -> Result<Vec<u8>, DiskError> {
    let name = || path.display().to_string();
    let io = |e: std::io::Error| match e.kind() {
        std::io::ErrorKind::NotFound => DiskError::NotFound(name()),
        _ => DiskError::Io(name(), e),
    };
    let real = path.canonicalize().map_err(io)?;
    let root = folder.canonicalize().map_err(io)?;
    if !real.starts_with(&root) {
        return Err(DiskError::Outside(name()));
    }
    read_file(&real, limit)
}

/// Reads a file, up to `limit` bytes, and nothing that is not a regular file: opening a pipe would wait for its writer.
///
/// # Errors
/// See [`DiskError`].
pub fn read_file(path: &Path, limit: u64) -> Result<Vec<u8>, DiskError> {
    let name = || path.display().to_string();
    let io = |e: std::io::Error| match e.kind() {
        std::io::ErrorKind::NotFound => DiskError::NotFound(name()),
        _ => DiskError::Io(name(), e),
    };
    let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOCTTY;
    let mut file: File = OpenOptions::new()
        .read(true)
        .custom_flags(i32::try_from(flags.bits()).unwrap_or(0))
        .open(path)
        .map_err(io)?;
    let metadata = file.metadata().map_err(io)?;
    if !metadata.is_file() {
        return Err(DiskError::NotAFile(name()));
    }
    if metadata.len() > limit {
        return Err(DiskError::TooLarge(name(), limit));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0));
    (&mut file)
        .take(limit + 1)
        .read_to_end(&mut bytes)
        .map_err(io)?;
    if bytes.len() as u64 > limit {
        return Err(DiskError::TooLarge(name(), limit));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy() -> ReadingPolicy {
        ReadingPolicy::new(
            vec![GithubHost {
                host: "github.com".into(),
                web_url: "https://github.com".into(),
                raw_base_url: Some("https://raw.githubusercontent.com".into()),
            }],
            vec![
                AllowedHost {
                    host: "docs.example.com".into(),
                    paths: Some(vec!["/api/".into()]),
                },
                AllowedHost {
                    host: "*.open.example".into(),
                    paths: None,
                },
                AllowedHost {
                    host: "localhost:8080".into(),
                    paths: None,
                },
            ],
        )
    }

    fn github() -> Base {
        Base::Github(
            GithubTarget::parse(
                "https://github.com/acme/pay/blob/main/a/c.yaml",
                policy().github(),
            )
            .unwrap(),
        )
    }

    #[test]
    fn a_file_from_a_url_reads_its_own_repository_and_never_this_machine() {
        let policy = policy();
        assert!(matches!(
            policy.resolve(&github(), "../api.yaml"),
            Ok(Readable::Github(_))
        ));
        for target in [
            "/etc/passwd",
            "file:///etc/passwd",
            "../../../other/repo/blob/main/x",
        ] {
            assert!(policy.resolve(&github(), target).is_err(), "{target}");
        }
    }

    #[test]
    fn only_configured_hosts_and_listed_paths_are_read() {
        let policy = policy();
        assert!(policy.url("https://docs.example.com/api/x.yaml").is_ok());
        assert!(policy.url("https://a.open.example/x").is_ok());
        for url in [
            "https://docs.example.com/other",
            "https://docs.example.com/api/../other",
            "https://docs.example.com/api/%2e%2e/other",
            "https://docs.example.com:444/api/x",
            "https://open.example/x",
            "https://evil-open.example/x",
            "https://169.254.169.254/latest/meta-data",
            "https://github.com/acme/pay/releases",
        ] {
            assert!(policy.url(url).is_err(), "{url}");
        }
    }

    #[test]
    fn only_https_is_read_except_on_loopback() {
        let policy = policy();
        assert!(policy.url("http://localhost:8080/x").is_ok());
        assert!(matches!(
            policy.url("http://a.open.example/x"),
            Err(Refusal::Insecure(_))
        ));
        assert!(matches!(
            policy.url("ftp://a.open.example/x"),
            Err(Refusal::Insecure(_))
        ));
    }

    #[test]
    fn a_relative_target_of_a_plain_address_stays_at_its_host() {
        let policy = policy();
        let base = Base::Url(Url::parse("https://docs.example.com/api/v1/c.yaml").unwrap());
        assert!(policy.resolve(&base, "./x.yaml").is_ok());
        for target in [
            "../../x",
            "//evil.example/x",
            "/api/x",
            "file:///etc/passwd",
            "\\\\evil\\x",
        ] {
            assert!(policy.resolve(&base, target).is_err(), "{target}");
        }
    }

    #[test]
    fn a_file_on_disk_reads_only_below_its_own_folder() {
        let policy = policy();
        let base = Base::Disk("/org/catalog".into());
        assert_eq!(
            policy.resolve(&base, "./a/../b.yaml"),
            Ok(Readable::Disk {
                folder: "/org/catalog".into(),
                path: "/org/catalog/b.yaml".into()
            })
        );
        for target in [
            "../x.yaml",
            "a/../../x",
            "a/../../catalog/x",
            "/etc/passwd",
            "file:/etc/passwd",
            "",
            "../catalog-2/x",
        ] {
            assert!(policy.resolve(&base, target).is_err(), "{target}");
        }
    }

    #[test]
    fn a_link_that_leads_out_is_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        let inside = dir.path().join("inside");
        std::fs::create_dir(&inside).unwrap();
        std::fs::write(dir.path().join("secret"), "s").unwrap();
        std::fs::write(inside.join("real"), "r").unwrap();
        std::os::unix::fs::symlink("../secret", inside.join("out")).unwrap();
        std::os::unix::fs::symlink("real", inside.join("in")).unwrap();
        assert!(matches!(
            open_below(&inside, &inside.join("out"), 10),
            Err(DiskError::Outside(_))
        ));
        assert_eq!(open_below(&inside, &inside.join("in"), 10).unwrap(), b"r");
        assert!(matches!(
            open_below(&inside, &inside.join("none"), 10),
            Err(DiskError::NotFound(_))
        ));
    }

    #[test]
    fn folders_pipes_and_large_files_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        assert!(matches!(
            read_file(dir.path(), 10),
            Err(DiskError::NotAFile(_))
        ));
        assert!(matches!(
            read_file(Path::new("/dev/null"), 10),
            Err(DiskError::NotAFile(_))
        ));
        std::fs::write(dir.path().join("large"), [b'x'; 11]).unwrap();
        assert!(matches!(
            read_file(&dir.path().join("large"), 10),
            Err(DiskError::TooLarge(_, 10))
        ));
    }
}
