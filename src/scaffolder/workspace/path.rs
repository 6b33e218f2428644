//! Which paths a step may name: the rule alone, without looking at the disk.

use std::path::Path;

use super::git_name::is_git_folder;
use crate::scaffolder::error::ActionError;
use crate::text;

/// The longest name of a file or folder, in bytes: what every file system of today takes.
pub const LONGEST_NAME: usize = 255;
/// The longest path below the workspace, in bytes.
pub const LONGEST_PATH: usize = 2_048;

/// A path below a workspace: its parts joined by `/`, none of them empty, `.`, `..` or Git's own folder. The empty path
/// is the workspace itself.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct InnerPath(String);

impl InnerPath {
    /// Reads a path as a step writes it. `..` may not climb out of the workspace; an absolute path is taken only where it
    /// lies below `root`, since actions put such paths out.
    ///
    /// # Errors
    /// `NotAllowed` for a path that leaves the workspace or names Git's own folder; `Input` for one that no file can have.
    pub fn read(root: &Path, written: &str) -> Result<Self, ActionError> {
        if written.contains('\0') {
            return Err(ActionError::input(format!(
                "{} is no path: it has a NUL character in it",
                shown(written)
            )));
        }
        let below = match written.strip_prefix('/') {
            None => written,
            Some(_) => below(root, written).ok_or_else(|| {
                ActionError::not_allowed(format!(
                    "{} is an absolute path outside the workspace",
                    shown(written)
                ))
                .hint("Paths are relative to the workspace")
            })?,
        };
        let mut parts: Vec<&str> = Vec::new();
        for part in below.split('/') {
            match part {
                "" | "." => {}
                ".." => {
                    if parts.pop().is_none() {
                        return Err(ActionError::not_allowed(format!(
                            "{} leads out of the workspace",
                            shown(written)
                        )));
                    }
                }
                part if is_git_folder(part) => {
                    return Err(ActionError::not_allowed(format!(
                        "{} would be Git's own folder, which no template may write to",
                        shown(written)
                    )));
                }
                part if part.len() > LONGEST_NAME => {
                    return Err(ActionError::input(format!(
                        "{} has a name of {} bytes in it; the longest a file can have is {LONGEST_NAME}",
                        shown(written),
                        part.len()
                    )));
                }
                part => parts.push(part),
            }
        }
        let path = parts.join("/");
        if path.len() > LONGEST_PATH {
            return Err(ActionError::input(format!(
                "{} is a path of {} bytes; the longest allowed is {LONGEST_PATH}",
                shown(written),
                path.len()
            )));
        }
        Ok(Self(path))
    }

    /// The path, empty for the workspace itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The path for the file system, `.` for the workspace itself.
    pub(crate) fn on_disk(&self) -> &str {
        if self.0.is_empty() { "." } else { &self.0 }
    }

    /// Whether it is the workspace itself.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The folder it lies in; none for the workspace itself.
    pub(crate) fn parent(&self) -> Option<&str> {
        if self.is_root() {
            return None;
        }
        Some(self.0.rsplit_once('/').map_or("", |(folder, _)| folder))
    }
}

/// What of an absolute path lies below `root`, lexically.
fn below<'a>(root: &Path, path: &'a str) -> Option<&'a str> {
    let root = root.to_str()?.trim_end_matches('/');
    if root.is_empty() {
        return None;
    }
    let rest = path.strip_prefix(root)?;
    (rest.is_empty() || rest.starts_with('/')).then_some(rest)
}

/// A path in a message: one line, and not too long.
pub(crate) fn shown(path: &str) -> String {
    const LONGEST: usize = 160;
    let mut out = String::from("'");
    for (at, c) in path.chars().enumerate() {
        if at == LONGEST {
            out.push('…');
            break;
        }
        if text::is_control_or_bidi(c) || text::is_invisible(c) {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    out.push('\'');
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::scaffolder::error::ActionErrorKind;

    fn read(path: &str) -> Result<String, ActionErrorKind> {
        InnerPath::read(Path::new("/w/1"), path)
            .map(|path| path.0)
            .map_err(|error| error.kind)
    }

    #[test]
    fn a_path_inside_is_tidied() {
        for (written, tidy) in [
            ("a/b", "a/b"),
            ("./a//b/", "a/b"),
            (".", ""),
            ("", ""),
            ("./", ""),
            ("a/../b", "b"),
            ("a/b/../..", ""),
            ("/w/1", ""),
            ("/w/1/", ""),
            ("/w/1/a/b", "a/b"),
            (".github/w.yml", ".github/w.yml"),
            ("a b/ü/파일\nx", "a b/ü/파일\nx"),
            ("...", "..."),
            ("~/x", "~/x"),
        ] {
            assert_eq!(read(written).as_deref(), Ok(tidy), "{written:?}");
        }
    }

    #[test]
    fn a_path_that_leaves_is_refused() {
        for written in [
            "..",
            "../x",
            "a/../../x",
            "./../1/x",
            "/etc/passwd",
            "/",
            "//",
            "/w/12",
            "/w",
            "/w/1/../2",
            "/w/1/../../etc/passwd",
        ] {
            assert_eq!(
                read(written),
                Err(ActionErrorKind::NotAllowed),
                "{written:?}"
            );
        }
    }

    #[test]
    fn gits_own_folder_is_refused_wherever_it_stands() {
        for written in [
            ".git",
            ".git/config",
            "a/.GIT/hooks/x",
            "a/git~1",
            ".g\u{200d}it/x",
        ] {
            assert_eq!(
                read(written),
                Err(ActionErrorKind::NotAllowed),
                "{written:?}"
            );
        }
        assert_eq!(read(".git/../a").map_err(|_| ()), Err(()));
    }

    #[test]
    fn what_no_file_can_be_called_is_refused() {
        assert_eq!(read("a\0b"), Err(ActionErrorKind::Input));
        assert_eq!(read(&"a".repeat(256)), Err(ActionErrorKind::Input));
        assert_eq!(read(&"a/".repeat(2_000)), Err(ActionErrorKind::Input));
        assert!(read(&"a".repeat(255)).is_ok());
    }

    #[test]
    fn a_message_shows_a_path_in_one_short_line() {
        let error = InnerPath::read(Path::new("/w"), "../a\n\u{1b}[31m\u{202e}b").unwrap_err();
        assert_eq!(
            error.message,
            "'../a\\n\\u{1b}[31m\\u{202e}b' leads out of the workspace"
        );
        let error =
            InnerPath::read(Path::new("/w"), &format!("../{}", "x".repeat(9_999))).unwrap_err();
        assert!(error.message.len() < 250, "{}", error.message);
    }

    proptest! {
        /// Whatever is written, what is accepted stays inside and names nothing of Git's.
        #[test]
        fn no_accepted_path_leaves_the_workspace(parts in prop::collection::vec("(\\.\\.|\\.|\\.git|[a-c .~]{0,3}|/|.{0,4})", 0..8), joined in "/{0,2}") {
            let written = parts.join("/") + &joined;
            if let Ok(path) = InnerPath::read(Path::new("/w/1"), &written) {
                let parts: Vec<&str> = path.as_str().split('/').collect();
                prop_assert!(!path.as_str().starts_with('/') && !path.as_str().contains('\0'));
                if !path.is_root() {
                    for part in &parts {
                        prop_assert!(!part.is_empty() && *part != "." && *part != ".." && !is_git_folder(part));
                    }
                }
                // Reading it again changes nothing.
                prop_assert_eq!(InnerPath::read(Path::new("/w/1"), path.as_str()).unwrap(), path);
            }
        }
    }
}
