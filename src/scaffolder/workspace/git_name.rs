//! Names that Git, or a file system that Git checks out to, takes for its own folder `.git`.
//!
//! A file below such a folder is configuration that Git runs commands from, so no template may name one. The rules are
//! those by which Git itself refuses paths of other people's commits (`core.protectHFS`, `core.protectNTFS`).

/// Whether a name (one part of a path) means `.git` on any file system.
pub(crate) fn is_git_folder(name: &str) -> bool {
    // Windows takes a backslash for the end of a name.
    name.split('\\').any(|part| {
        let seen: String = part.chars().filter(|c| !is_ignored_by_hfs(*c)).collect();
        let lower = seen.to_ascii_lowercase();
        // `.git`, or the short name that NTFS gives it; `:` begins the name of a stream of the same file.
        [".git", "git~1"].iter().any(|own| {
            lower.strip_prefix(own).is_some_and(|rest| {
                let rest = rest.trim_start_matches(['.', ' ']);
                rest.is_empty() || rest.starts_with(':')
            })
        })
    })
}

/// Code points that HFS+ leaves out when it compares names.
fn is_ignored_by_hfs(c: char) -> bool {
    matches!(c, '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{206a}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gits_own_folder_is_known_in_every_disguise() {
        for name in [
            ".git",
            ".GIT",
            ".Git",
            ".git.",
            ".git ",
            ".git. . ",
            ".git::$INDEX_ALLOCATION",
            ".git:stream",
            ".git .:x",
            "git~1",
            "GIT~1",
            "git~1.",
            ".g\u{200c}it",
            ".gi\u{feff}T",
            "\u{202e}.git\u{206a}",
            ".git\\config",
            "a\\.git\\config",
        ] {
            assert!(is_git_folder(name), "{name:?}");
        }
    }

    #[test]
    fn other_names_are_left_alone() {
        for name in [
            "",
            ".",
            "git",
            ".github",
            ".gitignore",
            ".gitattributes",
            ".gitmodules",
            "x.git",
            ".git-keep",
            "git~2",
            "git~10",
            ".git~1",
            "..git",
            " .git",
        ] {
            assert!(!is_git_folder(name), "{name:?}");
        }
    }
}
