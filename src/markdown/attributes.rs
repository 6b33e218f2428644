//! `{: .class #id key=value }` behind text (Python-Markdown's attribute lists) and behind a fence: hidden, but for the id,
//! the language and the title.

use super::document::{Emphasis, Run};

/// What an attribute list says that matters here.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Attributes {
    pub id: Option<String>,
}

/// Takes attribute lists off: behind a link, an image, code or emphasis, and at the end of the block.
pub(super) fn strip(runs: &mut Vec<Run>) -> Attributes {
    let mut found = Attributes::default();
    if !runs.iter().any(|run| run.text.contains('{')) {
        return found;
    }
    let mut after_element = false;
    for run in runs.iter_mut() {
        let is_text = run.emphasis == Emphasis::default() && run.link.is_none();
        if after_element
            && is_text
            && let Some(end) = run.text.find('}')
            && let Some(attributes) = run.text.get(..=end).and_then(parse)
        {
            run.text.drain(..=end);
            found.id = attributes.id.or(found.id);
        }
        after_element = !is_text;
    }
    if let Some(last) = runs.last_mut().filter(|run| !run.emphasis.code)
        && let text = last.text.trim_end()
        && let Some(start) = text.rfind('{')
        && let (before, list) = text.split_at(start)
        && (before.is_empty() || before.ends_with([' ', '\n']) || list.starts_with("{:"))
        && let Some(attributes) = parse(list)
    {
        let keep = before.trim_end().len();
        last.text.truncate(keep);
        found.id = attributes.id.or(found.id);
    }
    runs.retain(|run| !run.text.is_empty());
    found
}

/// A whole attribute list with its braces. Without the colon it must look like one, so that `{name}` stays text.
fn parse(list: &str) -> Option<Attributes> {
    let inner = list.strip_prefix('{')?.strip_suffix('}')?;
    let (inner, marked) = match inner.strip_prefix(':') {
        Some(inner) => (inner, true),
        None => (inner, false),
    };
    if inner.contains(['{', '}']) {
        return None;
    }
    let mut attributes = Attributes::default();
    let mut count = 0;
    for word in words(inner) {
        count += 1;
        if let Some(id) = word.strip_prefix('#').filter(|id| is_name(id)) {
            attributes.id = Some(id.to_owned());
        } else if let Some((key, _)) = word.split_once('=') {
            is_name(key).then_some(())?;
        } else if !(word.strip_prefix('.').is_some_and(is_name) || (marked && is_name(word))) {
            return None;
        }
    }
    (count > 0 || marked).then_some(attributes)
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | ':'))
}

/// The words of a list; what stands between quotes is not cut.
fn words(list: &str) -> impl Iterator<Item = &str> {
    let mut rest = list;
    std::iter::from_fn(move || {
        rest = rest.trim_start();
        let mut quote = None;
        let end = rest.find(|c: char| match (quote, c) {
            (None, '"' | '\'') => {
                quote = Some(c);
                false
            }
            (Some(open), _) => {
                if c == open {
                    quote = None;
                }
                false
            }
            (None, _) => c.is_whitespace(),
        });
        let (word, after) = rest.split_at(end.unwrap_or(rest.len()));
        rest = after;
        (!word.is_empty()).then_some(word)
    })
}

/// The language and title that a fence names: `bash`, `bash title="Restart"`, `{ .bash .copy title='Restart' }`.
pub(super) fn fence(info: &str) -> (String, Option<String>) {
    let info = info.trim();
    let list = info
        .strip_prefix('{')
        .map(|list| list.trim_end_matches('}').trim_start_matches(':'));
    let mut language = None;
    let mut title = None;
    for (at, word) in words(list.unwrap_or(info)).enumerate() {
        let word = match list {
            Some(_) => word,
            None => word.trim_start_matches('{').trim_end_matches('}'),
        };
        if let Some((key, value)) = word.split_once('=') {
            if key == "title" {
                title = Some(value.trim_matches(['"', '\'']).to_owned());
            }
        } else if language.is_none() && (at == 0 || word.starts_with('.')) && !word.starts_with('#')
        {
            language = Some(word.trim_start_matches('.').to_lowercase());
        }
    }
    // rustdoc and others put more behind a comma.
    let language = language.unwrap_or_default();
    let language = language.split(',').next().unwrap_or_default().to_owned();
    (language, title.filter(|title| !title.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::markdown::LinkId;

    fn text(text: &str) -> Run {
        Run {
            text: text.into(),
            ..Run::default()
        }
    }

    #[test]
    fn a_list_at_the_end_of_a_block_is_taken_off() {
        for (written, left, id) in [
            ("Restart {#restart}", "Restart", Some("restart")),
            ("Restart {: #restart .big }", "Restart", Some("restart")),
            ("Text\n{: .warning}", "Text", None),
            ("Use {name} and {id=5}", "Use {name} and", None),
            ("Use {name}", "Use {name}", None),
            ("path/{id=5}", "path/{id=5}", None),
            ("{{ .Values.x }}", "{{ .Values.x }}", None),
            ("{ ... }", "{ ... }", None),
            ("A { .Values.x }", "A { .Values.x }", None),
        ] {
            let mut runs = vec![text(written)];
            let found = strip(&mut runs);
            assert_eq!(runs.first().map_or("", |run| run.text.as_str()), left);
            assert_eq!(found.id.as_deref(), id, "{written}");
        }
    }

    #[test]
    fn a_list_behind_a_link_is_taken_off() {
        let link = Run {
            link: Some(LinkId(0)),
            ..text("Read")
        };
        let mut runs = vec![link, text("{ .md-button target=\"_blank\" } more {x}")];
        strip(&mut runs);
        assert_eq!(runs[1].text, " more {x}");
    }

    #[test]
    fn a_fence_says_its_language_and_title() {
        for (info, language, title) in [
            ("bash", "bash", None),
            ("", "", None),
            (
                "Python title=\"a b.py\" hl_lines=\"1 2\"",
                "python",
                Some("a b.py"),
            ),
            ("{ .yaml .copy title='x' }", "yaml", Some("x")),
            ("{.sh}", "sh", None),
            ("{#id .sh}", "sh", None),
            ("{python}", "python", None),
            ("rust,ignore", "rust", None),
            ("title=\"only\"", "", Some("only")),
            ("json linenums=\"1\"", "json", None),
        ] {
            let (found, name) = fence(info);
            assert_eq!(
                (found.as_str(), name.as_deref()),
                (language, title),
                "{info}"
            );
        }
    }
}
