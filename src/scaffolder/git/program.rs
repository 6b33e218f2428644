//! One run of the `git` program: what it is told, what it may see, how it is stopped.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use tokio_util::sync::CancellationToken;
use url::Url;

use super::explain;
use crate::github::endpoint::is_loopback;
use crate::scaffolder::error::{ActionError, ActionErrorKind};
use crate::text;

/// The oldest git that knows what is asked of it (`init --initial-branch` came with it; nothing newer is used).
pub const OLDEST: (u32, u32) = (2, 28);
/// Most bytes that are kept of what git says.
const MOST_SAID: usize = 64 * 1024;
/// How long git may take to end by itself once it is told to.
const GRACE: Duration = Duration::from_millis(300);

/// Variables that keep their meaning: where programs and temporary files are, and how the network is reached.
const KEPT: &[&str] = &[
    "PATH",
    "TMPDIR",
    "http_proxy",
    "https_proxy",
    "HTTPS_PROXY",
    "all_proxy",
    "ALL_PROXY",
    "no_proxy",
    "NO_PROXY",
    "GIT_SSL_CAINFO",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
];

/// What every call is told: nothing of the workspace or the user decides how git works.
const SETTINGS: &[&str] = &[
    "advice.addEmbeddedRepo=false",
    "commit.gpgSign=false",
    "core.attributesFile=/dev/null",
    "core.autocrlf=false",
    "core.excludesFile=/dev/null",
    "core.fileMode=true",
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.ignoreCase=false",
    "core.precomposeUnicode=false",
    "core.protectHFS=true",
    "core.protectNTFS=true",
    "core.quotePath=false",
    "core.safecrlf=false",
    "core.symlinks=true",
    "credential.helper=",
    "gc.auto=0",
    "http.followRedirects=false",
    "http.lowSpeedLimit=1000",
    "http.lowSpeedTime=60",
    "maintenance.auto=false",
    "protocol.allow=never",
    "protocol.https.allow=always",
    "push.gpgSign=false",
    "submodule.recurse=false",
];

/// Answers git's question for a password from its environment, for one host and nothing else. `printf` is part of the
/// shell, so that the token is in no process's arguments.
const HELPER: &str = r#"!f() { test "$1" = get || exit 0; p=; h=; while IFS='=' read -r k v; do case "$k" in protocol) p="$v";; host) h="$v";; esac; done; test "$p://$h" = "$CALLBOARD_GIT_REMOTE" || exit 0; printf 'username=%s\npassword=%s\n' x-access-token "$CALLBOARD_GIT_TOKEN"; }; f"#;

/// The `git` program of this machine.
#[derive(Clone, Debug)]
pub struct Git {
    program: OsString,
    /// `major.minor` and the line it told.
    version: (u32, u32),
    told: String,
}

impl Git {
    /// Finds `git` on the `PATH` and asks for its version.
    ///
    /// # Errors
    /// `NotFound` where there is none, or one that is too old, with how to get one.
    pub async fn find(cancel: &CancellationToken) -> Result<Self, ActionError> {
        Self::at("git", cancel).await
    }

    /// As [`Git::find`], for a program of another name.
    ///
    /// # Errors
    /// As there.
    pub async fn at(
        program: impl Into<OsString>,
        cancel: &CancellationToken,
    ) -> Result<Self, ActionError> {
        let mut git = Self {
            program: program.into(),
            version: (0, 0),
            told: String::new(),
        };
        let told = git
            .run(Call::new(["--version"]), cancel)
            .await?
            .success(|told| explain::other("--version", told))?;
        git.version = version(&told).ok_or_else(|| {
            ActionError::not_found(format!("`git --version` says `{}`", text::clean(&told)))
        })?;
        git.told = told;
        if git.version < OLDEST {
            return Err(too_old(git.version));
        }
        Ok(git)
    }

    /// What `git --version` says.
    pub fn told(&self) -> &str {
        &self.told
    }

    /// Runs git to its end. When cancelled, it and everything it started are gone within a second.
    pub(super) async fn run(
        &self,
        call: Call,
        cancel: &CancellationToken,
    ) -> Result<Answer, ActionError> {
        if cancel.is_cancelled() {
            return Err(ActionError::cancelled());
        }
        let mut command = Command::new(&self.program);
        command
            .env_clear()
            .envs(
                KEPT.iter()
                    .filter_map(|name| Some((*name, std::env::var_os(name)?))),
            )
            .env("LC_ALL", "C")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_ATTR_NOSYSTEM", "1")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_OPTIONAL_LOCKS", "0")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true);
        if let Some(remote) = &call.remote {
            let carried = self.carried(remote).await;
            command.envs(carried);
        }
        call.fill(&mut command);
        let mut child = command.spawn().map_err(|error| self.cannot_start(&error))?;
        let group = Group::of(&child);
        let input = call.input.unwrap_or_default();
        let stdin = child.stdin.take();
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let work = async {
            let write = async {
                if let Some(mut stdin) = stdin {
                    // A git that ends early says why itself.
                    let _ = stdin.write_all(&input).await;
                }
            };
            let (status, (), out, err) =
                tokio::join!(child.wait(), write, last_of(stdout), last_of(stderr));
            (status, out, err)
        };
        let (status, out, err) = tokio::select! {
            done = work => done,
            () = cancel.cancelled() => {
                group.end().await;
                return Err(ActionError::cancelled());
            }
        };
        group.ended();
        let status = status.map_err(|error| ActionError::io("git", &error))?;
        Ok(Answer {
            success: status.success(),
            out,
            err: hide(err, call.token.as_ref()),
        })
    }

    /// The proxy and the certificates of the user's own configuration. By the environment, because a proxy's address may
    /// hold a password.
    async fn carried(&self, remote: &Url) -> Vec<(&'static str, OsString)> {
        let mut carried = Vec::new();
        for (key, variables) in [
            ("http.proxy", ["http_proxy", "https_proxy"].as_slice()),
            ("http.sslCAInfo", ["GIT_SSL_CAINFO"].as_slice()),
        ] {
            let output = Command::new(&self.program)
                .args(["config", "--get-urlmatch", key, remote.as_str()])
                .current_dir("/")
                .env_remove("GIT_DIR")
                .env_remove("GIT_WORK_TREE")
                .env("GIT_CEILING_DIRECTORIES", "/")
                .stdin(Stdio::null())
                .stderr(Stdio::null())
                .kill_on_drop(true)
                .output();
            let Ok(Ok(output)) = tokio::time::timeout(Duration::from_secs(5), output).await else {
                continue;
            };
            let value = String::from_utf8_lossy(&output.stdout).trim().to_owned();
            if output.status.success() && !value.is_empty() {
                carried.extend(variables.iter().map(|name| (*name, OsString::from(&value))));
            }
        }
        carried
    }

    fn cannot_start(&self, error: &std::io::Error) -> ActionError {
        if error.kind() == std::io::ErrorKind::NotFound {
            return ActionError::not_found(format!(
                "`{}` is not on this machine",
                self.program.to_string_lossy()
            ))
            .hint(format!(
                "install git {}.{} or newer: it commits and pushes what a template makes",
                OLDEST.0, OLDEST.1
            ));
        }
        ActionError::new(
            ActionErrorKind::Other,
            format!("git cannot be started: {error}"),
        )
    }
}

fn too_old((major, minor): (u32, u32)) -> ActionError {
    ActionError::not_found(format!("git {major}.{minor} is too old"))
        .hint(format!("install git {}.{} or newer", OLDEST.0, OLDEST.1))
}

/// `major.minor` of `git version 2.39.5 (Apple Git-154)`.
pub fn version(told: &str) -> Option<(u32, u32)> {
    let number = told.trim().strip_prefix("git version ")?;
    let mut parts = number.split(|c: char| !c.is_ascii_digit());
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// What git is asked to do.
#[derive(Debug)]
pub(super) struct Call {
    arguments: Vec<OsString>,
    repository: Option<PathBuf>,
    work_tree: Option<PathBuf>,
    environment: Vec<(&'static str, OsString)>,
    input: Option<Vec<u8>>,
    remote: Option<Url>,
    token: Option<SecretString>,
}

impl Call {
    pub(super) fn new<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Self {
        Self {
            arguments: arguments
                .into_iter()
                .map(|argument| argument.as_ref().to_owned())
                .collect(),
            repository: None,
            work_tree: None,
            environment: Vec::new(),
            input: None,
            remote: None,
            token: None,
        }
    }

    pub(super) fn argument(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    pub(super) fn repository(mut self, folder: &Path) -> Self {
        self.repository = Some(folder.to_owned());
        self
    }

    pub(super) fn work_tree(mut self, folder: &Path) -> Self {
        self.work_tree = Some(folder.to_owned());
        self
    }

    pub(super) fn environment(mut self, name: &'static str, value: impl Into<OsString>) -> Self {
        self.environment.push((name, value.into()));
        self
    }

    pub(super) fn input(mut self, bytes: Vec<u8>) -> Self {
        self.input = Some(bytes);
        self
    }

    /// Speaks to an address, with a token for its host.
    pub(super) fn remote(mut self, url: &Url, token: Option<&SecretString>) -> Self {
        self.remote = Some(url.clone());
        self.token = token.cloned();
        self
    }

    fn fill(&self, command: &mut Command) {
        for setting in SETTINGS {
            command.arg("-c").arg(setting);
        }
        // Where git would look for a configuration of the user's.
        let home = self.repository.as_deref().unwrap_or(Path::new("/"));
        command.env("HOME", home).env("XDG_CONFIG_HOME", home);
        if let Some(remote) = &self.remote {
            let origin = remote.origin().ascii_serialization();
            if is_loopback(remote) && remote.scheme() == "http" {
                command.arg("-c").arg("protocol.http.allow=always");
                command.env("GIT_ALLOW_PROTOCOL", "https:http");
                // A proxy's loopback is another machine's.
                command.env("no_proxy", "*").env("NO_PROXY", "*");
            } else {
                command.env("GIT_ALLOW_PROTOCOL", "https");
            }
            if let Some(token) = &self.token {
                command
                    .arg("-c")
                    .arg(format!("credential.{origin}.helper={HELPER}"))
                    .env("CALLBOARD_GIT_REMOTE", &origin)
                    .env("CALLBOARD_GIT_TOKEN", token.expose_secret().trim());
            }
        }
        if let Some(folder) = &self.repository {
            command.env("GIT_DIR", folder);
        }
        if let Some(folder) = &self.work_tree {
            command.current_dir(folder).env("GIT_WORK_TREE", folder);
        } else {
            command.current_dir(home);
        }
        command.args(&self.arguments);
        for (name, value) in &self.environment {
            command.env(name, value);
        }
    }
}

/// What git answered.
#[derive(Debug)]
pub(super) struct Answer {
    success: bool,
    out: String,
    err: String,
}

impl Answer {
    pub(super) fn is_success(&self) -> bool {
        self.success
    }

    /// What it wrote, without the last line's end; else the error that `explain` makes of what it said.
    pub(super) fn success(
        self,
        explain: impl FnOnce(&str) -> ActionError,
    ) -> Result<String, ActionError> {
        if self.success {
            return Ok(self.out.trim_end().to_owned());
        }
        Err(explain(&format!("{}\n{}", self.out, self.err)))
    }
}

/// The process group of a child: everything it starts.
struct Group {
    id: Option<rustix::process::Pid>,
}

impl Group {
    fn of(child: &Child) -> Self {
        let id = child
            .id()
            .and_then(|id| i32::try_from(id).ok())
            .and_then(rustix::process::Pid::from_raw);
        Self { id }
    }

    /// Asks the group to end, and ends it.
    async fn end(mut self) {
        self.signal(rustix::process::Signal::TERM);
        tokio::time::sleep(GRACE).await;
        self.signal(rustix::process::Signal::KILL);
        self.id = None;
    }

    /// Its leader was waited for: the number may be another's from now on.
    fn ended(mut self) {
        self.id = None;
    }

    fn signal(&self, signal: rustix::process::Signal) {
        if let Some(id) = self.id {
            let _ = rustix::process::kill_process_group(id, signal);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.signal(rustix::process::Signal::KILL);
    }
}

/// The last of what a stream says, read to its end so that nobody waits for a full pipe.
async fn last_of(stream: Option<impl AsyncRead + Unpin>) -> String {
    let Some(mut stream) = stream else {
        return String::new();
    };
    let mut kept: Vec<u8> = Vec::new();
    let mut chunk = [0; 8 * 1024];
    while let Ok(read) = stream.read(&mut chunk).await {
        if read == 0 {
            break;
        }
        kept.extend_from_slice(chunk.get(..read).unwrap_or_default());
        if kept.len() > 2 * MOST_SAID {
            kept.drain(..kept.len() - MOST_SAID);
        }
    }
    String::from_utf8_lossy(&kept).into_owned()
}

/// git repeats no password; should it ever, it is not repeated here.
fn hide(said: String, token: Option<&SecretString>) -> String {
    match token.map(|token| token.expose_secret().trim()) {
        Some(token) if !token.is_empty() => said.replace(token, "***"),
        _ => said,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_every_platform_tells_them() {
        assert_eq!(version("git version 2.47.3\n"), Some((2, 47)));
        assert_eq!(version("git version 2.39.5 (Apple Git-154)"), Some((2, 39)));
        assert_eq!(version("git version 2.48.0.windows.1"), Some((2, 48)));
        assert_eq!(version("hub 1.2"), None);
    }

    #[test]
    fn an_old_git_is_told_what_it_lacks() {
        let error = too_old((2, 17));
        assert_eq!(error.message, "git 2.17 is too old");
        assert!(error.hint.unwrap().contains("2.28"));
    }

    #[tokio::test]
    async fn a_machine_without_git_says_so() {
        let error = Git::at("callboard-has-no-such-git", &CancellationToken::new())
            .await
            .unwrap_err();
        assert_eq!(error.kind, ActionErrorKind::NotFound);
        assert!(error.hint.unwrap().contains("install git"));
    }

    #[test]
    fn what_git_says_never_holds_the_token() {
        let token = SecretString::from("ghp_secret".to_owned());
        assert_eq!(hide("fatal: ghp_secret".into(), Some(&token)), "fatal: ***");
    }
}
