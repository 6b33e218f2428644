//! Pages of real repositories, at every width: nothing panics, no line runs over, and no word is lost.

use std::fs;

use callboard::markdown::{self, LayoutOptions, Limits, NoSnippets, Page};

use crate::shared;

/// The text of a page without bars, bullets and breaks.
fn joined(page: &Page) -> String {
    page.lines
        .iter()
        .flat_map(|line| line.text().chars().collect::<Vec<_>>())
        .filter(|c| c.is_alphanumeric())
        .collect()
}

/// The words of a source that a reader of the page must see: those of its lines without markup that hides text.
fn words(source: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut front = source.starts_with("---");
    for (at, line) in source.lines().enumerate() {
        if front {
            front = at == 0 || line.trim_end() != "---";
            continue;
        }
        // Links, HTML, fences' heads, attribute lists, headers of containers and the like say things that are not shown as
        // they are written.
        let hides = [
            "](", "]:", "<", "{", "```", "~~~", "!!!", "???", "===", "&", "--8<", "\\", "][", "|",
            "$", "[!",
        ];
        if hides.iter().any(|mark| line.contains(mark)) {
            continue;
        }
        // A number that begins a line may be a list's, and lists count for themselves.
        let text = line.trim_start();
        let text = text.trim_start_matches(|c: char| c.is_ascii_digit());
        let parts = text.split(|c: char| !c.is_alphanumeric());
        words.extend(parts.filter(|word| !word.is_empty()).map(str::to_owned));
    }
    words
}

#[test]
fn every_page_of_the_corpus_is_laid_out_without_losing_its_words() {
    let Some(folder) = shared::folder("corpus/docs") else {
        return;
    };
    let files = shared::files(&folder, &[".md"]);
    assert!(files.len() > 100, "{} pages", files.len());
    let mut checked = 0;
    let mut lost = Vec::new();
    for file in files {
        let Ok(source) = fs::read_to_string(&file) else {
            continue;
        };
        let document = markdown::parse(&source, Limits::default(), &mut NoSnippets);
        let words = words(&source);
        for columns in [20, 40, 80, 120] {
            let page = markdown::layout(&document, columns, &LayoutOptions::text(false));
            for line in &page.lines {
                let fits = line.wide || line.width() <= columns;
                assert!(fits, "{} at {columns}: {line:?}", file.display());
            }
            let text = joined(&page);
            let gone: Vec<&String> = words
                .iter()
                .filter(|word| !text.contains(word.as_str()))
                .collect();
            if !gone.is_empty() {
                lost.push(format!("{} at {columns}: {gone:?}", file.display()));
            }
            checked += words.len();
        }
    }
    assert!(lost.is_empty(), "{}", lost.join("\n"));
    assert!(checked > 10_000, "{checked} words");
}

#[test]
fn the_example_runbooks_keep_their_commands_exactly() {
    let Some(folder) = shared::folder("examples") else {
        return;
    };
    for (path, heading) in [
        (
            "playbook/order-service/docs/runbook.md",
            "Incident Response",
        ),
        ("playbook-ko/order-service/docs/runbook.md", "장애 대응"),
    ] {
        let source = fs::read_to_string(folder.join(path)).unwrap();
        let document = markdown::parse(&source, Limits::default(), &mut NoSnippets);
        assert!(document.headings.iter().any(|found| found.text == heading));
        let commands: Vec<&str> = document
            .code
            .iter()
            .map(|code| code.source.as_str())
            .collect();
        assert_eq!(commands.len(), 4, "{path}");
        assert_eq!(
            commands[1],
            "kubectl scale deploy/order-service --replicas=6\n"
        );
        for columns in [40, 60, 80, 120] {
            let page = markdown::layout(&document, columns, &LayoutOptions::default());
            assert_eq!(page.code.len(), 4, "{path} at {columns}");
            for code in &page.code {
                let block = code.block(&document).unwrap();
                let lines = page.lines[code.lines.clone()]
                    .iter()
                    .filter(|line| line.code.is_some());
                let shown: Vec<String> = lines.map(|line| line.text()).collect();
                assert_eq!(shown.join("\n"), block.shown());
            }
        }
    }
}
