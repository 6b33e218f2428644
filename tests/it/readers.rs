//! What holds for any bytes that a reader is given. The fuzz targets and the mutation tests hold the readers to it.

#![allow(
    clippy::expect_used,
    reason = "a reader that breaks is what is looked for"
)]

use std::collections::BTreeSet;

use callboard::catalog::file::{self, FileContext};
use callboard::catalog::rules::{Rules, Trust};
use callboard::catalog::yaml::{self, YamlLimits};
use callboard::markdown::{self, LayoutOptions};
use callboard::nunjucks::{self, Options, Template};
use callboard::techdocs::{Entry, EntryKind, RunbookRules, Source, plan};
use callboard::text;
use serde_json::json;

/// As a catalog file, and as a page of YAML: reading ends, and what is read can be kept.
pub fn catalog(data: &[u8]) {
    let rules = Rules::standard(Vec::new());
    let context = FileContext {
        location: "url:https://github.com/acme/pay/tree/main/catalog-info.yaml",
        origin: "url:https://github.com/acme/pay/tree/main/catalog-info.yaml",
        view_url: None,
        edit_url: None,
        source_location: None,
        rules: &rules,
        trust: Trust::Configured,
        limits: YamlLimits::default(),
    };
    let parsed = file::read(data, &context);
    let answers = parsed
        .placeholders
        .iter()
        .map(|_| Ok("a: b".to_owned()))
        .collect();
    for entity in parsed.resolve(answers).file.entities {
        let text = serde_json::to_string(&entity).expect("an entity is JSON");
        let again = serde_json::from_str::<callboard::catalog::EntityRecord>(&text);
        assert!(again.is_ok(), "{text}");
    }
    if let Ok(text) = std::str::from_utf8(data) {
        for document in yaml::parse(text, &YamlLimits::default()) {
            if let Ok(value) = document.content {
                let _ = yaml::emit(&value);
            }
        }
    }
}

/// As a page, at a width that the first byte gives: lines stay within it, spans are clean, places exist.
pub fn markdown(data: &[u8]) {
    let Some((first, rest)) = data.split_first() else {
        return;
    };
    let columns = usize::from(*first).max(1);
    let source = String::from_utf8_lossy(rest);
    // A snippet that names itself, as a page may.
    let mut snippets = |name: &str| Some(format!("- {name}\n--8<-- \"{name}\"\n"));
    let document = markdown::parse(&source, markdown::Limits::default(), &mut snippets);
    for options in [LayoutOptions::default(), LayoutOptions::text(true)] {
        let page = markdown::layout(&document, columns, &options);
        for line in &page.lines {
            assert!(line.wide || line.width() <= columns, "{line:?}");
            assert!(line.prefix <= line.spans.len());
            for span in &line.spans {
                assert_eq!(text::clean(&span.text), span.text);
                assert!(span.link.is_none_or(|link| link < page.links.len()));
            }
        }
        let lines = page.lines.len();
        assert!(page.code.iter().all(|code| code.lines.end <= lines));
        assert!(page.headings.iter().all(|heading| heading.line < lines));
        assert!(page.links.iter().all(|link| link.line < lines));
    }
}

/// As a site's configuration, and as that of a site within it: no page comes from outside, what is there is bounded, and
/// reading ends. What stands behind the first empty byte is the configuration of the site within.
pub fn mkdocs(data: &[u8]) {
    const FILES: [&str; 6] = [
        "mkdocs.yml",
        "docs/index.md",
        "docs/a/runbook.md",
        "sub/mkdocs.yml",
        "sub/docs/index.md",
        "README.md",
    ];
    const FOLDERS: [&str; 4] = ["docs", "docs/a", "sub", "sub/docs"];
    let text = String::from_utf8_lossy(data);
    let (outer, inner) = text.split_once('\0').unwrap_or((&text, &text));
    let entry = |kind| Entry {
        kind,
        oid: String::new(),
        size: 1,
    };
    let mut source = Source {
        whole: BTreeSet::from([String::new()]),
        ..Source::default()
    };
    for (names, kind) in [
        (&FILES[..], EntryKind::File),
        (&FOLDERS[..], EntryKind::Folder),
    ] {
        let named = names.iter().map(|name| ((*name).to_owned(), entry(kind)));
        source.entries.extend(named);
    }
    for (at, text) in [("mkdocs.yml", outer), ("sub/mkdocs.yml", inner)] {
        source.texts.insert(at.to_owned(), Some(text.to_owned()));
    }
    let limits = callboard::techdocs::Limits::default();
    let plan = plan(&source, limits, &RunbookRules::default());
    for page in &plan.site.pages {
        assert!(FILES.contains(&page.file.as_str()), "{}", page.file);
    }
    assert!(plan.site.nav.len() < 100_000);
}

/// As a template of either dialect, and as a step's value: reading and rendering end, and an error has its place.
pub fn nunjucks(data: &[u8]) {
    let source = String::from_utf8_lossy(data);
    let context = json!({
        "values": {"name": "pay", "n": 3, "list": [1, "b", null], "map": {"a": {"b": "c"}}},
        "parameters": {"repoUrl": "github.com?owner=acme&repo=pay", "text": "결제 e\u{301}"},
        "steps": {"fetch-base": {"output": {"url": "https://x.example"}}},
        "cookiecutter": {"name": "pay"},
    });
    let Some(context) = context.as_object() else {
        return;
    };
    for cookiecutter in [false, true] {
        let options = Options {
            cookiecutter,
            trim_blocks: cookiecutter,
            ..Options::default()
        };
        match Template::new(&source, &options) {
            Ok(template) => {
                let _ = template.usage();
                let _ = template.render(context);
            }
            Err(error) => assert!(error.line().is_some_and(|line| line > 0), "{error}"),
        }
        let _ = nunjucks::value(&source, context, &options, None);
    }
}
