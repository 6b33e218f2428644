//! Readers of what repositories hold, given real files with bytes changed, lost, doubled and put together at random.
//!
//! A short run with every `cargo test`, always the same; `CALLBOARD_MUTATIONS` says how many times each reader is tried
//! instead, and `CALLBOARD_SEED` begins elsewhere. A run that fails says what the bytes were.

use std::fs;
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::{readers, shared};

/// How often each reader is tried where nobody says it.
const TRIES: u64 = 300;
/// Longer files are cut: many short runs find more than few long ones.
const SEED_BYTES: usize = 3_000;

/// Numbers that look random and are the same every time (SplitMix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.roll() % end.max(1) as u64) as usize
    }
}

/// What breaks readers: marks of every language here, and characters that are not what they look like.
const TOKENS: &[&str] = &[
    "\n",
    "\r\n",
    "\t",
    "    ",
    "\u{0}",
    "\u{1b}[2J",
    "\u{202e}",
    "\u{200b}",
    "\u{feff}",
    "e\u{301}",
    "👩‍👩‍👧",
    "한",
    "```",
    "~~~",
    "> ",
    "- ",
    "1. ",
    "# ",
    "| ",
    "|---|",
    "!!! note\n",
    "??? x \"",
    "=== \"t\"\n",
    "[^1]: ",
    "[a](",
    "](b)",
    "<div>",
    "</details>",
    "<!--",
    "--8<-- \"a\"\n",
    "---\n",
    "...\n",
    "&a ",
    "*a",
    "<<: ",
    "!!python/name:x ",
    "!include ",
    "? ",
    ": ",
    "{",
    "}",
    "[",
    "]",
    "\"",
    "'",
    "%",
    "|\n",
    ">-\n",
    "nav:\n",
    "docs_dir: ",
    "../",
    "INHERIT: ",
    "plugins:\n",
    "${{ ",
    " }}",
    "{{ ",
    "{% if ",
    "{% for x in ",
    "{% endif %}",
    "{% raw %}",
    "{% set a = ",
    "{#",
    "#}",
    " | ",
    "(",
    ")",
    "range(9999999)",
    "r/(a+)+$/",
    "loop.index",
    "\\",
    "99999999999999999999",
];

/// One file made of others.
fn mutated(dice: &mut Dice, seeds: &[Vec<u8>]) -> Vec<u8> {
    let mut data = seeds[dice.below(seeds.len())].clone();
    for _ in 0..=dice.below(8) {
        let at = dice.below(data.len() + 1);
        let end = (at + dice.below(40)).min(data.len());
        match dice.below(7) {
            0 if at < data.len() => data[at] ^= 1 << dice.below(8),
            1 => drop(data.drain(at..end)),
            2 => {
                let token = TOKENS[dice.below(TOKENS.len())].as_bytes();
                let times = if dice.below(20) == 0 { 300 } else { 1 };
                let _ = data.splice(at..at, token.repeat(times));
            }
            3 => {
                let piece = data[at..end].to_vec();
                let to = dice.below(data.len() + 1);
                let _ = data.splice(to..to, piece);
            }
            4 => {
                let other = &seeds[dice.below(seeds.len())];
                let from = dice.below(other.len() + 1);
                let to = (from + dice.below(400)).min(other.len());
                let _ = data.splice(at..at, other[from..to].iter().copied());
            }
            5 => data.truncate(at),
            _ => {
                let token = TOKENS[dice.below(TOKENS.len())].as_bytes();
                let _ = data.splice(at..end, token.iter().copied());
            }
        }
    }
    data.truncate(4 * SEED_BYTES);
    data
}

/// Files of the checkout, and of the shared corpus where it is there.
fn seeds(own: &str, corpus: &str, endings: &[&str], more: &[&str]) -> Vec<Vec<u8>> {
    let mut files = shared::files(&Path::new(env!("CARGO_MANIFEST_DIR")).join(own), endings);
    if let Some(folder) = shared::folder(corpus) {
        files.extend(shared::files(&folder, endings));
    }
    let mut seeds: Vec<Vec<u8>> = files
        .iter()
        .filter_map(|file| fs::read(file).ok())
        .collect();
    for seed in &mut seeds {
        seed.truncate(SEED_BYTES);
    }
    seeds.extend(more.iter().map(|text| text.as_bytes().to_vec()));
    assert!(seeds.len() > 10, "{} seeds in {own}", seeds.len());
    seeds
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

fn try_out(reader: fn(&[u8]), seeds: &[Vec<u8>]) {
    let tries = number("CALLBOARD_MUTATIONS").unwrap_or(TRIES);
    let mut dice = Dice(number("CALLBOARD_SEED").unwrap_or(0));
    let mut slowest = (Duration::ZERO, Vec::new());
    for turn in 0..tries {
        let data = mutated(&mut dice, seeds);
        let started = Instant::now();
        let outcome = panic::catch_unwind(AssertUnwindSafe(|| reader(&data)));
        let text = String::from_utf8_lossy(&data);
        assert!(outcome.is_ok(), "turn {turn} broke the reader: {text:?}");
        let took = started.elapsed();
        if took > slowest.0 {
            slowest = (took, data);
        }
    }
    let (took, data) = slowest;
    println!("slowest of {tries}: {took:?}, {} bytes", data.len());
    if took > Duration::from_secs(1) {
        println!("{:?}", String::from_utf8_lossy(&data));
    }
}

#[test]
fn no_page_breaks_the_markdown_reader() {
    let seeds = seeds("demo", "corpus/docs", &[".md"], &["8x\u{1}"]);
    try_out(readers::markdown, &seeds);
}

#[test]
fn no_configuration_breaks_the_reader_of_sites() {
    let inherited = "INHERIT: sub/mkdocs.yml\nnav:\n  - A: index.md\n\0nav: [a/runbook.md, {B: '!include ../mkdocs.yml'}]\n";
    let seeds = seeds(
        "demo",
        "corpus/docs",
        &["mkdocs.yml", "mkdocs.yaml"],
        &[inherited; 12],
    );
    try_out(readers::mkdocs, &seeds);
}

#[test]
fn no_file_breaks_the_catalog_reader() {
    let seeds = seeds("demo", "corpus/catalog", &[".yaml", ".yml"], &[]);
    try_out(readers::catalog, &seeds);
}

#[test]
fn no_template_breaks_the_expression_reader() {
    const WRITTEN: &[&str] = &[
        "${{ parameters.repoUrl | parseRepoUrl | pick('owner') }}-${{ values.list[1:] | join(', ') }}",
        "{% for k, v in values.map %}${{ k | upper }}={% if v.b === 'c' and not x %}${{ loop.index0 }}{% endif %}{% endfor %}",
        "{% macro f(a, b=2) %}${{ a ~ b }}{% endmacro %}${{ f('x', b=3) }}{% raw %}${{ no }}{% endraw %}{# note #}",
        "{% set a = values.name | replace('p', 'b') %}{% switch a %}{% case 'bay' %}1{% default %}2{% endswitch %}",
        "${{ r/a+b/g.test(values.name) if values.n > 2 else [1, {a: 2}] | dump }}",
        "{% filter upper %}{{ cookiecutter.name | jsonify }}{% endfilter %}{%- if True -%} x {%- endif -%}",
    ];
    let seeds = seeds(
        "demo",
        "corpus/templates",
        &[".yaml", ".yml", ".json", ".md"],
        WRITTEN,
    );
    try_out(readers::nunjucks, &seeds);
}
