//! Paths within a site: joined by name alone, and never out of it.

/// A path below the folder it is relative to, `/` between, without `.` and `..`.
///
/// None where it is absolute, climbs out at any point, or is no path a repository could have: with a backslash, a
/// drive, or a control character. The folder itself is the empty path.
pub fn within(folder: &str, relative: &str) -> Option<String> {
    let odd = |c: char| c == '\\' || c.is_control();
    if relative.starts_with('/') || relative.chars().any(odd) {
        return None;
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in relative.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// The folder a path lies in; empty at the top.
pub fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The last part of a path.
pub fn name_of(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

/// What remains of a path below a folder; none where it is not below it.
pub fn below<'a>(folder: &str, path: &'a str) -> Option<&'a str> {
    if folder.is_empty() {
        return Some(path);
    }
    path.strip_prefix(folder)?.strip_prefix('/')
}

/// A path in a folder.
pub fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() {
        name.to_owned()
    } else {
        format!("{folder}/{name}")
    }
}

/// Whether a file is a page by its ending: those of MkDocs, in capitals too.
pub fn is_page(path: &str) -> bool {
    let Some((stem, extension)) = name_of(path).rsplit_once('.') else {
        return false;
    };
    let extension = extension.to_ascii_lowercase();
    !stem.is_empty()
        && matches!(
            extension.as_str(),
            "md" | "markdown" | "mdown" | "mkdn" | "mkd"
        )
}

/// A page's path without its ending.
pub fn stem(path: &str) -> &str {
    match path.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() && !extension.contains('/') => stem,
        _ => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_path_leads_out_of_its_folder() {
        assert_eq!(within("a/b", "../c.md").as_deref(), Some("a/c.md"));
        assert_eq!(within("", "./x//y.md").as_deref(), Some("x/y.md"));
        assert_eq!(within("a", "..").as_deref(), Some(""));
        for bad in ["../x", "a/../../x", "/etc/passwd", "..\\x", "a\nb", "a\0"] {
            assert_eq!(within("", bad), None, "{bad:?}");
        }
        assert_eq!(within("docs", "../../etc/passwd"), None);
    }

    #[test]
    fn pages_are_markdown_by_their_ending() {
        for page in ["a.md", "x/b.MD", "c.markdown"] {
            assert!(is_page(page), "{page}");
        }
        for other in ["a.mdx", "md", ".md", "a.txt", "a.md/b"] {
            assert!(!is_page(other), "{other}");
        }
        assert_eq!(stem("a.b/c"), "a.b/c");
        assert_eq!(stem("a/c.md"), "a/c");
    }
}
