//! The YAML at the head of a page: hidden, but for its title.

use crate::text::clean;
use crate::yaml::{self, Value};

/// The most bytes of front matter; a longer one is text.
const LIMIT: usize = 64 * 1024;

/// What a page begins with.
pub(super) struct FrontMatter<'a> {
    /// Its title, cleaned.
    pub title: Option<String>,
    /// What follows.
    pub body: &'a str,
    /// How many lines the front matter took.
    pub lines: u32,
}

/// Takes the front matter off. As in MkDocs, what stands between two `---` is one only where it is a mapping (or
/// nothing); anything else is text between two rules.
pub(super) fn split(source: &str) -> FrontMatter<'_> {
    let none = FrontMatter {
        title: None,
        body: source,
        lines: 0,
    };
    let mut lines = source.split_inclusive('\n');
    let Some(first) = lines.next().filter(|line| line.trim_end() == "---") else {
        return none;
    };
    let (mut end, mut count) = (first.len(), 1);
    for line in lines {
        count += 1;
        if matches!(line.trim_end(), "---" | "...") {
            let yaml = source.get(first.len()..end).unwrap_or_default();
            let body = source.get(end + line.len()..).unwrap_or_default();
            return match title(yaml) {
                Some(title) => FrontMatter {
                    title,
                    body,
                    lines: count,
                },
                None => none,
            };
        }
        end += line.len();
        if end > LIMIT {
            break;
        }
    }
    none
}

/// The title in it; none at all where it is no mapping.
fn title(yaml: &str) -> Option<Option<String>> {
    if yaml.trim().is_empty() {
        return Some(None);
    }
    let node = yaml::parse(yaml).ok()?;
    if !matches!(node.value, Value::Map(_)) {
        return None;
    }
    let title = node.get("title").and_then(|entry| entry.node.as_str());
    let title = title.map(|title| clean(title).trim().to_owned());
    Some(title.filter(|title| !title.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn front_matter_is_taken_off_and_its_title_kept() {
        let page = split("---\ntitle: \"Restart\\u0007 it\"\ntags: [a]\n---\n# Body\n");
        assert_eq!(page.title.as_deref(), Some("Restart it"));
        assert_eq!(page.body, "# Body\n");
        assert_eq!(page.lines, 4);
    }

    #[test]
    fn text_between_two_rules_is_text() {
        for text in [
            "---\nJust text\n---\nmore",
            "---\nnever: closed\n",
            "--- \n{[\n---\n",
            "a\n---\n",
        ] {
            assert_eq!(split(text).body, text);
        }
        assert_eq!(split("---\r\n---\r\nx").body, "x");
    }
}
