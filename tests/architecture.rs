//! The map of the code, held to: which module may import which, how long a file may be, and what may not stand in it.
//!
//! It reads source text, not types: an import by a longer way round would pass, but nobody takes one by accident.

use std::fs;
use std::path::{Path, PathBuf};

/// The most lines a source file may have; its tests and files of tests are not counted.
const LONGEST: usize = 600;

/// What a module must never name. A path with a slash is one file or a folder of it.
const NEVER: &[(&str, &[&str])] = &[
    (
        "catalog",
        &[
            "crate::app",
            "crate::cli",
            "crate::config",
            "crate::github",
            "crate::keymap",
            "crate::runtime",
            "crate::search",
            "crate::store",
            "crate::sync",
            "crate::term",
            "crate::text",
            "crate::theme",
            "crate::ui",
            "tokio::",
            "reqwest::",
            "std::fs",
        ],
    ),
    (
        "search",
        &[
            "crate::app",
            "crate::cli",
            "crate::config",
            "crate::github",
            "crate::runtime",
            "crate::store",
            "crate::sync",
            "crate::term",
            "crate::ui",
            "tokio::",
            "std::fs",
        ],
    ),
    (
        "nunjucks",
        &[
            "crate::app",
            "crate::catalog",
            "crate::cli",
            "crate::config",
            "crate::github",
            "crate::keymap",
            "crate::markdown",
            "crate::runtime",
            "crate::search",
            "crate::store",
            "crate::sync",
            "crate::techdocs",
            "crate::term",
            "crate::text",
            "crate::theme",
            "crate::ui",
            "tokio::",
            "reqwest::",
            "std::env",
            "std::fs",
            "std::net",
            "std::process",
            "std::thread",
            "std::time",
        ],
    ),
    (
        "form",
        &[
            "crate::app",
            "crate::cli",
            "crate::config",
            "crate::github",
            "crate::keymap",
            "crate::markdown",
            "crate::oncall",
            "crate::runtime",
            "crate::scaffolder",
            "crate::search",
            "crate::store",
            "crate::sync",
            "crate::techdocs",
            "crate::term",
            "crate::theme",
            "crate::ui",
            "tokio::",
            "ratatui::",
            "crossterm::",
            "reqwest::",
            "std::env",
            "std::fs",
            "std::net",
            "std::process",
            "std::thread",
            "std::time",
        ],
    ),
    (
        "schema",
        &[
            "crate::catalog",
            "crate::form",
            "crate::text",
            "crate::app",
            "crate::cli",
            "crate::config",
            "crate::github",
            "crate::keymap",
            "crate::markdown",
            "crate::oncall",
            "crate::runtime",
            "crate::scaffolder",
            "crate::search",
            "crate::store",
            "crate::sync",
            "crate::techdocs",
            "crate::term",
            "crate::theme",
            "crate::ui",
            "tokio::",
            "ratatui::",
            "crossterm::",
            "reqwest::",
            "std::env",
            "std::fs",
            "std::net",
            "std::process",
            "std::thread",
            "std::time",
        ],
    ),
    (
        "techdocs",
        &[
            "crate::app",
            "crate::cli",
            "crate::config",
            "crate::github",
            "crate::runtime",
            "crate::store",
            "crate::sync",
            "crate::term",
            "crate::ui",
            "tokio::",
            "reqwest::",
            "std::fs",
        ],
    ),
    (
        "text",
        &[
            "crate::app",
            "crate::catalog",
            "crate::cli",
            "crate::runtime",
            "crate::term",
            "crate::ui",
            "std::fs",
        ],
    ),
    (
        "keymap",
        &[
            "crate::app",
            "crate::cli",
            "crate::runtime",
            "crate::term",
            "crate::ui",
            "crossterm::",
            "std::fs",
        ],
    ),
    (
        "theme",
        &[
            "crate::app",
            "crate::cli",
            "crate::runtime",
            "crate::term",
            "crate::ui",
            "crossterm::",
            "std::fs",
        ],
    ),
    (
        "app",
        &[
            "tokio::",
            "ratatui::",
            "crossterm::",
            "reqwest::",
            "std::fs",
            "std::net",
            "crate::cli",
            "crate::github",
            "crate::runtime",
            "crate::store",
            "crate::sync",
            "crate::term",
            "crate::ui",
        ],
    ),
    (
        "ui",
        &[
            "tokio::",
            "crossterm::",
            "reqwest::",
            "std::fs",
            "crate::cli",
            "crate::config",
            "crate::github",
            "crate::runtime",
            "crate::store",
            "crate::sync",
            "crate::term",
            "&mut State",
        ],
    ),
    (
        "config",
        &[
            "crate::app",
            "crate::cli",
            "crate::runtime",
            "crate::sync",
            "crate::term",
            "crate::ui",
        ],
    ),
    (
        "github",
        &[
            "crate::app",
            "crate::cli",
            "crate::runtime",
            "crate::sync",
            "crate::term",
            "crate::ui",
        ],
    ),
    (
        "store",
        &[
            "crate::app",
            "crate::cli",
            "crate::github",
            "crate::runtime",
            "crate::sync",
            "crate::term",
            "crate::ui",
        ],
    ),
    (
        "scaffolder",
        &[
            "crate::app",
            "crate::cli",
            "crate::runtime",
            "crate::sync",
            "crate::term",
            "crate::ui",
        ],
    ),
    (
        "sync",
        &[
            "crate::app",
            "crate::cli",
            "crate::runtime",
            "crate::term",
            "crate::ui",
        ],
    ),
    (
        "term",
        &[
            "crate::cli",
            "crate::github",
            "crate::runtime",
            "crate::store",
            "crate::sync",
            "crate::ui",
        ],
    ),
    ("runtime", &["crate::cli"]),
];

/// The one file of `app` that may wrap the text area, which needs ratatui.
const EDITOR: &str = "app/editor.rs";

/// A source file without its comments and its tests.
struct Source {
    /// Below `src`, with `/`.
    path: String,
    /// Its code: comments blanked, and nothing after its test module.
    code: String,
    /// Lines of the file up to its test module.
    lines: usize,
}

impl Source {
    fn module(&self) -> &str {
        self.path.split(['/', '.']).next().unwrap_or("")
    }
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&root, &mut files);
    files.sort();
    assert!(files.len() > 10, "no sources below {}", root.display());
    files
        .into_iter()
        .map(|file| {
            let path = file
                .strip_prefix(&root)
                .unwrap()
                .to_str()
                .unwrap()
                .replace('\\', "/");
            let text = fs::read_to_string(&file).unwrap();
            let counted = before_tests(&text);
            Source {
                path,
                code: without_comments(counted),
                lines: counted.lines().count(),
            }
        })
        .filter(|source| !is_test_file(&source.path))
        .collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// Files that hold nothing but tests: `tests.rs`, `x_tests.rs`, and what lies below a folder `tests`.
fn is_test_file(path: &str) -> bool {
    path.split('/').any(|part| {
        let part = part.trim_end_matches(".rs");
        part == "tests" || part.ends_with("_tests")
    })
}

/// The text up to the test module, which stands last in a file.
fn before_tests(text: &str) -> &str {
    let mut at = 0;
    let mut attribute = None;
    for line in text.split_inclusive('\n') {
        // `mod tests;` of a file of its own does not end this one.
        if let (Some(start), true) = (attribute, line.starts_with("mod ") && line.contains('{')) {
            return &text[..start];
        }
        attribute = (line.starts_with("#[cfg(") && line.contains("test")).then_some(at);
        at += line.len();
    }
    text
}

/// The code with line comments blanked and the contents of strings kept: a string is part of what a program does.
fn without_comments(text: &str) -> String {
    text.lines()
        .map(|line| {
            let code = line.trim_start();
            if code.starts_with("//") {
                return "";
            }
            match line.find(" // ") {
                Some(at) => &line[..at],
                None => line,
            }
        })
        .collect::<Vec<_>>()
        .join("\n")
}

/// Every place where a source has one of the words, as `path:line: code`.
fn places(source: &Source, words: &[&str]) -> Vec<String> {
    source
        .code
        .lines()
        .enumerate()
        .filter(|(_, line)| words.iter().any(|word| line.contains(word)))
        .map(|(at, line)| format!("src/{}:{}: {}", source.path, at + 1, line.trim()))
        .collect()
}

#[test]
fn modules_import_only_in_the_directions_of_the_map() {
    let mut found = Vec::new();
    for source in sources() {
        for (module, never) in NEVER {
            if source.module() == *module && source.path != EDITOR {
                // A list of imports may name modules without `crate::` before each.
                found.extend(places(&source, never));
            }
        }
    }
    assert!(
        found.is_empty(),
        "imports against the map:\n{}",
        found.join("\n")
    );
}

#[test]
fn imports_name_one_module_each() {
    let found: Vec<String> = sources()
        .iter()
        .flat_map(|source| places(source, &["use crate::{"]))
        .collect();
    assert!(
        found.is_empty(),
        "an import that the map's check cannot read:\n{}",
        found.join("\n")
    );
}

#[test]
fn no_source_file_is_longer_than_a_person_reads() {
    let long: Vec<String> = sources()
        .iter()
        .filter(|source| source.lines > LONGEST)
        .map(|source| format!("src/{}: {} lines", source.path, source.lines))
        .collect();
    assert!(
        long.is_empty(),
        "over {LONGEST} lines, tests not counted:\n{}",
        long.join("\n")
    );
}

#[test]
fn nothing_panics_on_purpose_outside_tests() {
    let words = [
        ".unwrap()",
        ".expect(",
        "panic!(",
        "todo!(",
        "unimplemented!(",
        "unreachable!(",
    ];
    let found: Vec<String> = sources()
        .iter()
        .flat_map(|source| places(source, &words))
        .collect();
    assert!(found.is_empty(), "panics:\n{}", found.join("\n"));
}

#[test]
fn there_is_no_unsafe_code_and_no_global_state() {
    let words = [
        "unsafe {",
        "unsafe fn",
        "unsafe impl",
        "static mut",
        "OnceLock",
        "LazyLock",
        "lazy_static",
        "thread_local!",
    ];
    let found: Vec<String> = sources()
        .iter()
        .flat_map(|source| places(source, &words))
        .collect();
    assert!(
        found.is_empty(),
        "unsafe code or global state:\n{}",
        found.join("\n")
    );
}

#[test]
fn only_term_writes_escape_sequences() {
    // Cleaning text must know what it removes.
    let allowed = |source: &&Source| !matches!(source.module(), "term" | "text");
    let words = [
        "\\x1b[",
        "\\x1b]",
        "\\u{1b}[",
        "\\u{1b}]",
        "\\x1bP",
        "\\u{1b}P",
        "crossterm::style",
        "crossterm::execute",
    ];
    let found: Vec<String> = sources()
        .iter()
        .filter(allowed)
        .flat_map(|source| places(source, &words))
        .collect();
    assert!(
        found.is_empty(),
        "escape sequences outside term:\n{}",
        found.join("\n")
    );
}

#[test]
fn only_text_measures_width() {
    let words = ["unicode_width", "UnicodeWidth", "unicode_segmentation"];
    let found: Vec<String> = sources()
        .iter()
        .filter(|source| source.module() != "text" && source.path != EDITOR)
        .flat_map(|source| places(source, &words))
        .collect();
    assert!(
        found.is_empty(),
        "width measured outside text:\n{}",
        found.join("\n")
    );
}

#[test]
fn only_the_command_line_prints() {
    let words = ["println!(", "eprintln!(", "print!(", "eprint!(", "dbg!("];
    let found: Vec<String> = sources()
        .iter()
        .flat_map(|source| places(source, &words))
        .collect();
    assert!(
        found.is_empty(),
        "printed past the output:\n{}",
        found.join("\n")
    );
}

#[test]
fn every_module_says_what_it_is_for() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let silent: Vec<String> = sources()
        .into_iter()
        .filter(|source| {
            !fs::read_to_string(root.join(&source.path))
                .unwrap()
                .starts_with("//!")
        })
        .map(|source| source.path)
        .collect();
    assert!(
        silent.is_empty(),
        "without a paragraph at their beginning: {silent:?}"
    );
}
