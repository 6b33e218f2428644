//! What `callboard validate` asks of an `mkdocs.yml`: that it can be read, and that what TechDocs uses of it has the
//! shape MkDocs gives it. Tags of Python (`!!python/name:…`, `!ENV`) are MkDocs' own and pass.

use serde_json::Value;

use crate::catalog::yaml::{self, Mark, YamlDocument, YamlLimits};
use crate::catalog::{Problem, Severity};

/// Whether a file is MkDocs' configuration by its name.
pub fn is_name(name: &str) -> bool {
    matches!(name, "mkdocs.yml" | "mkdocs.yaml")
}

/// The problems of the file's text, in order of place.
pub fn check(bytes: &[u8]) -> Vec<Problem> {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return vec![problem(
            "is not UTF-8 text".to_owned(),
            Mark { line: 1, column: 1 },
            None,
        )];
    };
    let documents = yaml::parse(text, &YamlLimits::default());
    match documents.as_slice() {
        [only] => check_document(only),
        [_, second, ..] => vec![problem(
            "must be one YAML document".to_owned(),
            second.start,
            None,
        )],
        [] => vec![problem(
            "must be a mapping".to_owned(),
            Mark { line: 1, column: 1 },
            None,
        )],
    }
}

fn check_document(document: &YamlDocument) -> Vec<Problem> {
    let root = match &document.content {
        Err(error) => return vec![problem(error.message.clone(), error.mark, None)],
        Ok(Value::Object(root)) => root,
        Ok(_) => {
            return vec![problem(
                "must be a mapping".to_owned(),
                document.start,
                None,
            )];
        }
    };
    let mut problems = Vec::new();
    let mut expect = |pointer: &str, what: &str| {
        problems.push(problem(
            format!("{} must be {what}", pointer.trim_start_matches('/')),
            document.position(pointer),
            Some(pointer),
        ));
    };
    for key in ["site_name", "docs_dir"] {
        if root.get(key).is_some_and(|value| !value.is_string()) {
            expect(&format!("/{key}"), "a string");
        }
    }
    for key in ["plugins", "markdown_extensions"] {
        if root
            .get(key)
            .is_some_and(|value| !value.is_array() && !value.is_object() && !value.is_null())
        {
            expect(&format!("/{key}"), "a list or a mapping");
        }
    }
    match root.get("nav") {
        None | Some(Value::Null) => {}
        Some(Value::Array(items)) => nav(items, "/nav", &mut expect),
        Some(_) => expect("/nav", "a list"),
    }
    problems
}

/// A page is `path`, `title: path`, or a section `title: [...]`.
// The parser bounds the depth.
fn nav(items: &[Value], at: &str, expect: &mut impl FnMut(&str, &str)) {
    for (index, item) in items.iter().enumerate() {
        let pointer = format!("{at}/{index}");
        let entry = match item {
            Value::String(_) => continue,
            Value::Object(map) if map.len() == 1 => map.iter().next(),
            _ => None,
        };
        match entry {
            Some((_, Value::String(_) | Value::Null)) => {}
            Some((title, Value::Array(below))) => {
                let title = title.replace('~', "~0").replace('/', "~1");
                nav(below, &format!("{pointer}/{title}"), expect);
            }
            _ => expect(&pointer, "a page, \"title: page\" or \"title: [pages]\""),
        }
    }
}

fn problem(message: String, at: Mark, field: Option<&str>) -> Problem {
    Problem {
        severity: Severity::Error,
        name: "InputError".to_owned(),
        message,
        entity_ref: None,
        field: field.map(str::to_owned),
        line: Some(at.line),
        column: Some(at.column),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(text: &str) -> Vec<String> {
        check(text.as_bytes())
            .into_iter()
            .map(|p| {
                format!(
                    "{}:{}: {}",
                    p.line.unwrap_or(0),
                    p.column.unwrap_or(0),
                    p.message
                )
            })
            .collect()
    }

    #[test]
    fn what_mkdocs_takes_passes() {
        let text = "site_name: Docs\nplugins: [techdocs-core]\nnav:\n  - index.md\n  - Home: index.md\n  - Runbooks:\n      - \
                    Pool: runbooks/pool.md\n  - Site: https://x.example\nmarkdown_extensions:\n  - pymdownx.emoji:\n      \
                    emoji_index: !!python/name:material.extensions.emoji.twemoji\n  - toc\n";
        assert_eq!(checked(text), [""; 0]);
    }

    #[test]
    fn a_wrong_shape_is_told_with_its_place() {
        assert_eq!(
            checked("site_name: [a]\nnav:\n  - Home: index.md\n    More: more.md\n"),
            [
                "1:12: site_name must be a string",
                "3:5: nav/0 must be a page, \"title: page\" or \"title: [pages]\""
            ]
        );
        assert_eq!(checked("- a\n"), ["1:1: must be a mapping"]);
        assert_eq!(checked("nav: {a: b}\n"), ["1:6: nav must be a list"]);
    }

    #[test]
    fn what_is_no_yaml_is_told() {
        assert_eq!(checked("nav: [\n").len(), 1);
        assert_eq!(check(&[0xff, 0xfe]).len(), 1);
        assert_eq!(checked("").len(), 1);
    }
}
