//! Any text as a site's configuration, and as that of a site within it: no page comes from outside, what is there is
//! bounded, and reading ends.

#![no_main]

use std::collections::BTreeSet;

use callboard::techdocs::plan::{Entry, EntryKind, Source};
use callboard::techdocs::{Limits, RunbookRules, plan};
use libfuzzer_sys::fuzz_target;

const FILES: [&str; 6] = [
    "mkdocs.yml",
    "docs/index.md",
    "docs/a/runbook.md",
    "sub/mkdocs.yml",
    "sub/docs/index.md",
    "README.md",
];
const FOLDERS: [&str; 4] = ["docs", "docs/a", "sub", "sub/docs"];

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    // What stands behind the first empty byte is the configuration of the site within.
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
    let plan = plan(&source, Limits::default(), &RunbookRules::default());
    for page in &plan.site.pages {
        assert!(FILES.contains(&page.file.as_str()), "{}", page.file);
    }
    assert!(plan.site.nav.len() < 100_000);
});
