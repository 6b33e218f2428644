//! What a page is called where nobody says: its front matter, its first heading, its file name, as MkDocs has them.
//!
//! One difference on purpose: MkDocs takes the first heading only where nothing stands before it; badges and comments
//! above it are common, so here it counts wherever it stands.

use super::path;
use crate::catalog::yaml::{self, YamlLimits};
use serde_json::Value;

/// Front matter longer than this is text.
const FRONT_MATTER_LIMIT: usize = 64 * 1024;
/// A title is cut here, in characters.
const LONGEST: usize = 200;

/// A page's title by its text, else by its path.
pub fn of_page(page: &str, text: Option<&str>) -> String {
    text.and_then(of_text).unwrap_or_else(|| of_path(page))
}

/// The title that a text gives itself.
pub fn of_text(text: &str) -> Option<String> {
    let (matter, body) = front_matter(text);
    let title = matter
        .filter(|matter| matter.contains("title"))
        .and_then(title_of_matter)
        .or_else(|| first_heading(body))?;
    let title: String = title.trim().chars().take(LONGEST).collect();
    (!title.is_empty()).then_some(title)
}

/// The title that MkDocs makes of a page's path.
pub fn of_path(page: &str) -> String {
    if matches!(path::stem(page), "index" | "README") {
        return "Home".to_owned();
    }
    match path::stem(path::name_of(page)) {
        // MkDocs has one name for the page of a folder.
        "README" => "Index".to_owned(),
        name => of_folder(name),
    }
}

/// The title that MkDocs makes of a folder's name.
pub fn of_folder(name: &str) -> String {
    let spaced = name.replace(['-', '_'], " ");
    // MkDocs capitalises only what has no capital.
    if spaced.chars().any(char::is_uppercase) {
        return spaced;
    }
    let mut chars = spaced.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => spaced,
    }
}

/// A text's front matter, where it has any, and what comes after it.
pub fn front_matter(text: &str) -> (Option<&str>, &str) {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let Some(rest) = text
        .strip_prefix("---\n")
        .or_else(|| text.strip_prefix("---\r\n"))
    else {
        return (None, text);
    };
    let mut at = 0;
    for line in rest.split_inclusive('\n') {
        if at > FRONT_MATTER_LIMIT {
            break;
        }
        if matches!(line.trim_end(), "---" | "...") {
            let (matter, after) = rest.split_at(at);
            return (Some(matter), after.get(line.len()..).unwrap_or_default());
        }
        at += line.len();
    }
    (None, text)
}

fn title_of_matter(matter: &str) -> Option<String> {
    let limits = YamlLimits {
        bytes: FRONT_MATTER_LIMIT + 1024,
        nodes: 10_000,
        ..YamlLimits::default()
    };
    let document = yaml::parse(matter, &limits).into_iter().next()?;
    match document.content.ok()?.get("title")? {
        Value::String(title) => Some(title.clone()),
        Value::Number(title) => Some(title.to_string()),
        _ => None,
    }
}

fn first_heading(text: &str) -> Option<String> {
    let mut fence: Option<(char, usize)> = None;
    let mut before: Option<&str> = None;
    for line in text.lines() {
        let trimmed = line.trim_start();
        let indented = line.len() - trimmed.len() > 3;
        if let Some((mark, long)) = fence {
            let run = trimmed.chars().take_while(|c| *c == mark).count();
            if run >= long && trimmed.trim_end().chars().all(|c| c == mark) {
                fence = None;
            }
            continue;
        }
        for mark in ['`', '~'] {
            let run = trimmed.chars().take_while(|c| *c == mark).count();
            if run >= 3 {
                fence = Some((mark, run));
            }
        }
        if fence.is_some() || indented {
            before = None;
            continue;
        }
        if let Some(rest) = trimmed.strip_prefix('#')
            && rest.starts_with([' ', '\t'])
        {
            return Some(plain(rest.trim().trim_end_matches('#')));
        }
        let underline = !trimmed.is_empty() && trimmed.trim_end().chars().all(|c| c == '=');
        if let Some(heading) = before.filter(|_| underline) {
            return Some(plain(heading.trim()));
        }
        before = Some(line).filter(|line| !line.trim().is_empty());
    }
    None
}

/// A heading without the marks of Markdown: attribute lists, code marks, emphasis, links and images.
pub fn plain(heading: &str) -> String {
    let mut rest = heading.trim();
    // `{#anchor .class}` at the end.
    if rest.ends_with('}')
        && let Some(at) = rest.rfind('{')
        && rest
            .get(at + 1..)
            .is_some_and(|list| list.trim_start().starts_with([':', '#', '.']))
    {
        rest = rest.get(..at).unwrap_or_default().trim_end();
    }
    let mut out = String::with_capacity(rest.len());
    let mut chars = rest.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '`' => {}
            '*' => {}
            '!' if chars.peek().is_some_and(|(_, next)| *next == '[') => {}
            '[' => {
                // `[text](target)` is its text.
                let tail = rest.get(at + 1..).unwrap_or_default();
                let link = tail.find("](").and_then(|close| {
                    let target = tail.get(close + 2..)?;
                    Some((close, close + 2 + target.find(')')? + 1))
                });
                if let Some((close, end)) = link {
                    out.push_str(tail.get(..close).unwrap_or_default());
                    let end = at + 1 + end;
                    while chars.peek().is_some_and(|(next, _)| *next < end) {
                        chars.next();
                    }
                } else {
                    out.push('[');
                }
            }
            '\\' => {
                if let Some((_, escaped)) = chars.next() {
                    out.push(escaped);
                }
            }
            c => out.push(c),
        }
    }
    out.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_comes_from_front_matter_then_heading_then_name() {
        assert_eq!(
            of_text("---\ntitle: '첫 장'\n---\n# Other\n").unwrap(),
            "첫 장"
        );
        assert_eq!(
            of_text("---\nx: 1\n---\n\n# The pool #\n").unwrap(),
            "The pool"
        );
        assert_eq!(of_text("![badge](x)\n\n# Pool\n").unwrap(), "Pool");
        assert_eq!(of_text("Pool is full\n====\n").unwrap(), "Pool is full");
        assert_eq!(of_text("```sh\n# a comment\n```\ntext\n"), None);
        assert_eq!(of_text("    # code\n## Second\n"), None);
        assert_eq!(of_page("a/slow-queries.md", Some("text")), "Slow queries");
        assert_eq!(of_page("index.md", None), "Home");
        assert_eq!(of_page("run_books/index.md", None), "Index");
        assert_eq!(of_page("API-guide.md", None), "API guide");
    }

    #[test]
    fn a_heading_is_shown_without_its_marks() {
        assert_eq!(plain("The `pool` is **full** {#pool}"), "The pool is full");
        assert_eq!(plain("[Pool](x.md) and ![logo](y.png)"), "Pool and logo");
        assert_eq!(plain("a [b] c_d"), "a [b] c_d");
        assert_eq!(plain("{{ template }}"), "{{ template }}");
    }

    #[test]
    fn front_matter_that_never_ends_is_text() {
        let text = "---\ntitle: x\n# Heading\n";
        assert_eq!(front_matter(text), (None, text));
        assert_eq!(front_matter("---\n---\nx"), (Some(""), "x"));
    }
}
