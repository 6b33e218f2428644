//! What a page promises, construct by construct.

use super::*;
use crate::theme::Role;
use proptest::prelude::*;

fn document(source: &str) -> Document {
    parse(source, Limits::default(), &mut NoSnippets)
}

fn page(source: &str, columns: usize) -> Page {
    layout(&document(source), columns, &LayoutOptions::default())
}

/// The text of a page at a width, as a screen shows it, without its last newline.
fn shown(source: &str, columns: usize) -> String {
    page(source, columns).to_text().trim_end().to_owned()
}

#[test]
fn paragraphs_and_headings_stand_apart() {
    assert_eq!(
        shown("# A\ntext **bold** and\n*more*\n\n## B `c`\n\nend", 40),
        "# A\n\ntext bold and more\n\n## B c\n\nend"
    );
}

#[test]
fn a_long_heading_wraps_behind_its_sign() {
    assert_eq!(
        shown("## Pool saturated again", 12),
        "## Pool\n   saturated\n   again"
    );
}

#[test]
fn lists_nest_and_tasks_have_boxes() {
    assert_eq!(
        shown(
            "- a\n- b\n  1. c\n  2. d\n\n\n9. x\n10. y\n\n- [ ] open\n- [x] done",
            40
        ),
        "• a\n• b\n  1. c\n  2. d\n\n 9. x\n10. y\n\n☐ open\n☑ done"
    );
}

#[test]
fn a_loose_list_keeps_its_air() {
    assert_eq!(shown("1. a\n\n   b\n\n2. c", 40), "1. a\n\n   b\n\n2. c");
}

#[test]
fn code_stands_beside_a_bar_with_its_language() {
    let source = "1. Look:\n\n   ```bash\n   kubectl get pods \\\n     --all\n   ```\n";
    let document = document(source);
    let page = layout(&document, 20, &LayoutOptions::default());
    assert_eq!(
        page.to_text(),
        "1. Look:\n\n   ┃ bash\n   ┃ kubectl get pods \\\n   ┃   --all\n"
    );
    assert_eq!(document.code[0].source, "kubectl get pods \\\n  --all\n");
    assert_eq!(document.code[0].language, "bash");
    assert_eq!(page.code[0].lines, 2..5);
    assert_eq!(page.code_at(4), Some(CodeId(0)));
    assert_eq!(
        (page.next_code(0), page.previous_code(9)),
        (Some(2), Some(2))
    );
    assert!(page.lines[3].wide && page.lines[3].width() == 23 && page.widest == 23);
    assert_eq!(page.lines[3].prefix_width(), 5);
    assert_eq!(page.lines[3].text(), "kubectl get pods \\");
    assert_eq!(page.lines[3].source_line, 4);
}

#[test]
fn code_is_copied_as_written_but_for_what_controls_a_terminal() {
    let document = document("```\nls\t-la\x1b[31m\u{202e}\n\nend\n```\n");
    assert_eq!(document.code[0].source, "ls\t-la\x1b[31m\u{202e}\n\nend\n");
    let copy = document.code[0].to_copy();
    assert_eq!((copy.text.as_ref(), copy.removed), ("ls\t-la\n\nend\n", 6));
    assert_eq!(document.code[0].shown(), "ls  -la\n\nend");
}

#[test]
fn indented_code_is_code_and_mermaid_is_labelled() {
    assert_eq!(
        shown(
            "    a\n    b\n\n```mermaid\ngraph TD;\n```\n\n``` { .plantuml title=\"Flow\" }\n@startuml\n```",
            40
        ),
        "┃ a\n┃ b\n\n┃ mermaid\n┃ graph TD;\n\n┃ Flow · plantuml\n┃ @startuml"
    );
}

#[test]
fn admonitions_have_a_sign_a_title_and_a_bar() {
    assert_eq!(
        shown(
            "!!! warning\n    Do **not** restart.\n\n    - a\n\nafter",
            40
        ),
        "┃ ▲ Warning\n┃ Do not restart.\n┃\n┃ • a\n\nafter"
    );
    assert_eq!(shown("!!! danger \"No `rm`\"\n    x", 40), "┃ ✗ No rm\n┃ x");
    assert_eq!(shown("!!! note \"\"\n    x", 40), "┃ x");
    assert_eq!(shown("> [!TIP]\n> Use it.", 40), "┃ ✓ Tip\n┃ Use it.");
}

#[test]
fn an_admonition_in_a_list_stays_in_its_item() {
    assert_eq!(
        shown("1. Step\n\n    !!! note\n        Mind.\n\n2. Next", 40),
        "1. Step\n\n   ┃ ● Note\n   ┃ Mind.\n\n2. Next"
    );
}

#[test]
fn links_and_footnotes_reach_into_admonitions() {
    let document = document(
        "!!! note\n    See [it][1] and this.[^a]\n\n[1]: https://a.example/x\n[^a]: Because.\n",
    );
    assert_eq!(document.links[0].target, "https://a.example/x");
    let text = layout(&document, 40, &LayoutOptions::default()).to_text();
    assert_eq!(
        text,
        "┃ ● Note\n┃ See it and this.[1]\n\n────────\n[1] Because.\n"
    );
}

#[test]
fn what_folds_shows_its_contents_only_when_open() {
    let source = "??? note \"More\"\n    hidden\n\n???+ tip \"Open\"\n    seen\n\n<details><summary>Html <b>one</b></summary>\n\ninside\n\n</details>\n";
    assert_eq!(
        shown(source, 40),
        "┃ ▸ ● More\n\n┃ ▾ ✓ Open\n┃ seen\n\n┃ ▸ Html one"
    );
    let document = document(source);
    let folds: Vec<FoldId> = page(source, 40)
        .links
        .iter()
        .filter_map(|link| match link.target {
            Target::Fold(fold) => Some(fold),
            _ => None,
        })
        .collect();
    assert_eq!(folds.len(), 3);
    let options = LayoutOptions {
        folding: Folding::Chosen {
            toggled: folds.into_iter().collect(),
            tabs: Default::default(),
        },
        ..LayoutOptions::default()
    };
    assert_eq!(
        layout(&document, 40, &options).to_text(),
        "┃ ▾ ● More\n┃ hidden\n\n┃ ▸ ✓ Open\n\n┃ ▾ Html one\n┃ inside\n"
    );
    let all = layout(&document, 40, &LayoutOptions::text(false)).to_text();
    assert!(all.contains("hidden") && all.contains("seen") && all.contains("inside"));
}

#[test]
fn content_tabs_show_one_and_name_the_others() {
    let source = "=== \"Maven\"\n    mvn\n\n=== \"Gradle\"\n    gradle\n\nafter";
    assert_eq!(shown(source, 40), "│ [Maven]  Gradle\n│ mvn\n\nafter");
    let document = document(source);
    let target = page(source, 40).links[1].target;
    assert_eq!(target, Target::Tab(TabsId(0), 1));
    let options = LayoutOptions {
        folding: Folding::Chosen {
            toggled: Default::default(),
            tabs: [(TabsId(0), 1)].into(),
        },
        ..LayoutOptions::default()
    };
    assert_eq!(
        layout(&document, 40, &options).to_text(),
        "│ Maven  [Gradle]\n│ gradle\n\nafter\n"
    );
    let all = layout(&document, 40, &LayoutOptions::text(true)).to_text();
    assert_eq!(all, "| Maven\n| mvn\n\n| Gradle\n| gradle\n\nafter\n");
}

#[test]
fn tables_are_aligned_wrapped_or_folded_as_the_width_allows() {
    let source =
        "| Code | Meaning | N |\n|:--|:-:|--:|\n| E1 | 결제 실패 | 7 |\n| E22 | x | 10 |\n";
    assert_eq!(
        shown(source, 40),
        "Code │  Meaning  │  N\n─────┼───────────┼───\nE1   │ 결제 실패 │  7\nE22  │     x     │ 10"
    );
    assert_eq!(
        shown(source, 19),
        "Code │ Meaning │  N\n─────┼─────────┼───\nE1   │  결제   │  7\n     │  실패   │\n─────┼─────────┼───\nE22  │    x    │ 10"
    );
    assert_eq!(
        shown(source, 12),
        "Code: E1\nMeaning:\n결제 실패\nN: 7\n────────\nCode: E22\nMeaning: x\nN: 10"
    );
}

#[test]
fn a_table_of_500_columns_loses_no_cell() {
    let row = |word: &str| {
        format!(
            "|{}\n",
            (0..500).map(|n| format!("{word}{n}|")).collect::<String>()
        )
    };
    let source = format!("{}|{}\n{}", row("h"), "-|".repeat(500), row("c"));
    let text = shown(&source, 80);
    assert!(
        (0..500)
            .all(|n| text.contains(&format!("h{n}: c{n}\n"))
                || text.ends_with(&format!("h{n}: c{n}")))
    );
}

#[test]
fn definitions_footnotes_and_abbreviations_are_shown() {
    assert_eq!(
        shown(
            "Term\n:   Meaning of it\n\nThe API.[^x] and[^y]\n\n[^y]: Second\n[^x]: First\n\n*[API]: Application Interface\n*[XYZ]: unused",
            40
        ),
        "Term\n    Meaning of it\n\nThe API.[1] and[2]\n\n────────\n[1] First\n\n[2] Second\n\nAPI: Application Interface"
    );
}

#[test]
fn attribute_lists_are_hidden_and_ids_are_anchors() {
    let page = page(
        "## Restart {#again .x}\n\nRead [it](a.md){ .md-button }.\n{: #here }\n\n<a name=\"old\"></a>\n\nend",
        40,
    );
    assert_eq!(page.to_text(), "## Restart\n\nRead it.\n\nend\n");
    assert_eq!(page.line_of_anchor("again"), Some(0));
    assert_eq!(page.line_of_anchor("here"), Some(2));
    assert_eq!(page.line_of_anchor("old"), Some(4));
    assert_eq!(page.line_of_anchor("none"), None);
    assert_eq!(page.line_of_anchor(""), Some(0));
}

#[test]
fn headings_are_found_by_the_anchors_of_mkdocs_and_of_github() {
    let page = page(
        "# 장애 대응\n\ntext\n\n## Pool (P95 > 1)\n\n## 주문\n\n## Pool (P95 > 1)",
        40,
    );
    let anchors: Vec<&str> = page
        .headings
        .iter()
        .map(|heading| heading.anchor.as_str())
        .collect();
    assert_eq!(anchors, ["_1", "pool-p95-1", "_2", "pool-p95-1_1"]);
    assert_eq!(page.line_of_anchor("장애-대응"), Some(0));
    assert_eq!(page.line_of_anchor("%EC%A3%BC%EB%AC%B8"), Some(6));
    assert_eq!(page.line_of_anchor("pool-p95--1-1"), Some(8));
    assert_eq!(page.line_of_anchor("POOL-p95-1"), Some(4));
    assert_eq!(
        (page.next_heading(0), page.previous_heading(4)),
        (Some(4), Some(0))
    );
    assert_eq!(page.heading_at(7), Some(2));
}

#[test]
fn links_know_their_targets_and_lines() {
    let document = document(
        "See [the guide](../guide.md#top), [here](#x), <https://a.example>, https://b.example/c and ![Flow](f.png).\n\n[![Build](b.svg)](https://ci.example)",
    );
    let kinds: Vec<(&str, LinkKind, bool)> = document
        .links
        .iter()
        .map(|link| (link.target.as_str(), link.kind, link.image))
        .collect();
    assert_eq!(
        kinds,
        [
            ("../guide.md#top", LinkKind::Relative, false),
            ("#x", LinkKind::Anchor, false),
            ("https://a.example", LinkKind::Absolute, false),
            ("f.png", LinkKind::Relative, true),
            ("https://b.example/c", LinkKind::Absolute, false),
            ("https://ci.example", LinkKind::Absolute, false),
            ("b.svg", LinkKind::Relative, true),
        ]
    );
    let page = layout(&document, 30, &LayoutOptions::default());
    assert_eq!(page.links.len(), 6);
    assert_eq!(page.links[0].text, "the guide");
    let last = page.links.last().unwrap();
    assert_eq!(
        (last.target, last.text.as_str()),
        (Target::Link(LinkId(5)), "▣ Build")
    );
    assert_eq!(page.lines[last.line].text(), "▣ Build");
    assert_eq!(LinkKind::of("mailto:a@b.example"), LinkKind::Absolute);
    assert_eq!(LinkKind::of("//host/x"), LinkKind::Absolute);
    assert_eq!(LinkKind::of("a/b:c.md"), LinkKind::Relative);
}

#[test]
fn a_text_says_where_its_links_go() {
    let document = document(
        "[Grafana](https://g.example/d), <https://a.example>, [x](#y)\n\n| a |\n|--|\n| [b](c.md) |",
    );
    let text = layout(&document, 80, &LayoutOptions::text(false)).to_text();
    assert!(
        text.starts_with("Grafana (https://g.example/d), https://a.example, x\n"),
        "{text}"
    );
}

#[test]
fn a_text_has_code_between_fences() {
    let document = document("```sh\na ```` b\n```\n");
    assert_eq!(
        layout(&document, 5, &LayoutOptions::text(false)).to_text(),
        "```sh\na ```` b\n```\n"
    );
    let document = super::parse("~~~\n````\n~~~\n", Limits::default(), &mut NoSnippets);
    assert_eq!(
        layout(&document, 5, &LayoutOptions::text(false)).to_text(),
        "`````\n````\n`````\n"
    );
}

#[test]
fn html_comes_down_to_its_text() {
    for (html, text) in [
        (
            "a <b>bold</b><br>new <kbd>x</kbd> H<sub>2</sub>O 10<sup>6</sup>",
            "a bold\nnew x H2O 10^6",
        ),
        ("<!-- not\n\nseen --> \n\nseen", "seen"),
        (
            "<p align=\"center\">\n  <img src=\"l.png\" alt=\"Logo\">\n</p>\n\nx",
            "▣ Logo\n\nx",
        ),
        ("<img src=\"a/shot.png\" width=3>", "▣ shot.png"),
        (
            "set <service-name> and <keycloak_url>",
            "set <service-name> and <keycloak_url>",
        ),
        ("<script>alert(1)</script>\n\nafter", "after"),
        ("<ul><li>one<li>two <i>x</i></ul>", "• one\n• two x"),
        (
            "<table><tr><th>A</th><th>B</th></tr><tr><td>1</td><td>2</td></tr></table>",
            "A │ B\n──┼──\n1 │ 2",
        ),
        ("<div markdown>\n**in**\n</div>", "in"),
        ("<h2 id=\"x\">Title</h2>\ntext", "## Title\n\ntext"),
        ("<pre>\n a &lt;b&gt;\n  c\n</pre>", "┃  a <b>\n┃   c"),
        ("x &amp; y &copy;", "x & y ©"),
    ] {
        assert_eq!(shown(html, 40), text, "{html}");
    }
}

#[test]
fn marks_and_keys_are_seen() {
    let page = page(
        "~~old~~ ==new== ++ctrl+c++ :smile: `#!python f()`  \nnext",
        60,
    );
    assert_eq!(page.to_text(), "old new ctrl+c :smile: f()\nnext\n");
    let looks: Vec<(&str, Role, bool)> = page.lines[0]
        .spans
        .iter()
        .map(|span| (span.text.trim(), span.role, span.emphasis.strike))
        .collect();
    assert!(looks.contains(&("old", Role::Text, true)));
    assert!(looks.contains(&("new", Role::Accent, false)));
    assert!(
        looks.contains(&("ctrl+c", Role::Code, false))
            && looks.contains(&("f()", Role::Code, false))
    );
}

#[test]
fn front_matter_is_hidden_and_its_title_kept() {
    let document = document("---\ntitle: Runbook\n---\n# Heading\n");
    assert_eq!(document.title.as_deref(), Some("Runbook"));
    assert_eq!(document.display_title(), Some("Runbook"));
    assert_eq!(document.headings[0].source_line, 4);
    assert_eq!(
        super::parse("# Heading", Limits::default(), &mut NoSnippets).display_title(),
        Some("Heading")
    );
}

#[test]
fn snippets_come_from_the_caller_and_keep_their_place() {
    let mut files = |path: &str| (path == "a.md").then(|| "**in**\n".to_owned());
    let source = "- x\n\n    --8<-- \"a.md\"\n\n```\n--8<-- \"no.md\"\n```\n";
    let document = parse(source, Limits::default(), &mut files);
    assert_eq!(
        layout(&document, 40, &LayoutOptions::default()).to_text(),
        "• x\n\n  in\n\n┃ --8<-- \"no.md\"\n"
    );
    assert_eq!(document.notes, [Note::MissingSnippet("no.md".into())]);
}

#[test]
fn ascii_has_nothing_but_ascii() {
    let source = "# A\n\n- [ ] t\n- b\n\n> q\n\n!!! note\n    x\n\n??? tip\n    y\n\n---\n\n```sh\nc\n```\n\n|a|b|\n|-|-|\n|c|d|\n\n![i](x.png)[^1]\n\n[^1]: f\n\n=== \"T\"\n    u";
    let document = document(source);
    let options = LayoutOptions {
        ascii: true,
        ..LayoutOptions::default()
    };
    let text = layout(&document, 40, &options).to_text();
    assert!(text.is_ascii(), "{text}");
}

#[test]
fn nothing_that_controls_a_terminal_is_shown() {
    let evil = "\x1b]0;t\x07\u{202e}\u{200b}\u{9b}2Jx";
    let source = format!(
        "---\ntitle: \"{evil}\"\n---\n# {evil}\n\n{evil} `{evil}` [{evil}](http://{evil})\n\n```{evil}\n{evil}\n```\n\n!!! note \"{evil}\"\n    {evil}\n\n=== \"{evil}\"\n    {evil}\n\n*[x]: {evil}\n\n|{evil}|\n|--|\n|{evil}|\n\n<p>{evil}</p>\n\n--8<-- \"{evil}\"\n"
    );
    let document = document(&source);
    for options in [LayoutOptions::default(), LayoutOptions::text(true)] {
        let page = layout(&document, 40, &options);
        let text = page.to_text();
        assert_eq!(crate::text::clean_multiline(&text), text);
        assert!(
            page.links
                .iter()
                .all(|link| crate::text::clean(&link.text) == link.text)
        );
    }
    assert!(
        document
            .headings
            .iter()
            .all(|heading| crate::text::clean(&heading.text) == heading.text)
    );
}

#[test]
fn a_page_of_50_mb_shows_its_beginning_and_says_so() {
    let source = "A line of a log that somebody took for documentation.\n".repeat(1_000_000);
    let document = document(&source);
    let page = layout(&document, 80, &LayoutOptions::default());
    assert_eq!(
        page.lines[0].spans[1].text,
        "this page has 51.4 MB; its first 1.9 MB are shown"
    );
    assert!(page.lines[2].text().starts_with("A line of a log"));
}

#[test]
fn deep_nesting_is_kept_shallow() {
    for source in [
        "> ".repeat(5_000) + "deep",
        (0..200)
            .map(|n| format!("{}- deep{n}\n", "  ".repeat(n)))
            .collect(),
        "<div><ul><li>".repeat(3_000) + "deep",
        (0..60)
            .map(|n| format!("{}!!! note\n", "    ".repeat(n)))
            .collect::<String>()
            + &"    ".repeat(60)
            + "deep",
        "<details>\n\n".repeat(2_000) + "deep",
        "[".repeat(50_000) + "deep",
        "*".repeat(20_000) + "deep" + &"*".repeat(20_000),
    ] {
        let document = document(&source);
        for columns in [1, 20, 80] {
            let page = layout(&document, columns, &LayoutOptions::text(false));
            let text: String = page.lines.iter().map(Line::text).collect();
            assert!(text.contains("deep"), "{columns}: {}", &source[..20]);
            assert!(
                page.lines
                    .iter()
                    .all(|line| line.wide || line.width() <= columns)
            );
        }
    }
    assert!(
        document(&("> ".repeat(40) + "x"))
            .notes
            .contains(&Note::TooDeep)
    );
}

#[test]
fn a_page_of_too_many_parts_shows_the_first_and_says_so() {
    let limits = Limits {
        blocks: 10,
        ..Limits::default()
    };
    let document = parse(&"- x\n".repeat(100), limits, &mut NoSnippets);
    assert_eq!(document.notes, [Note::TooManyBlocks { kept: 10 }]);
    let text = layout(&document, 80, &LayoutOptions::default()).to_text();
    assert!(text.starts_with("▲ this page has too many parts; the first 10 are shown\n\n• x\n"));
}

#[test]
fn lines_of_any_length_wrap() {
    let word = "x".repeat(5_000);
    let text = shown(&format!("{word} {}", "a b ".repeat(2_000)), 80);
    assert!(text.lines().all(|line| line.len() <= 80));
    assert_eq!(text.matches('x').count(), 5_000);
    assert_eq!(text.matches('a').count(), 2_000);
}

#[test]
fn code_takes_its_colours_line_by_line() {
    let document = document("- x\n\n  ```sql\n  SELECT 1;\n  -- no\n  ```\n");
    let mut page = layout(&document, 40, &LayoutOptions::default());
    let before = page.to_text();
    let highlighter = highlight::Highlighter::load();
    let code = &document.code[0];
    let colours = highlighter.highlight(&code.language, &code.shown(), &|| true);
    page.paint_code(CodeId(0), &colours);
    assert_eq!(page.to_text(), before);
    let line = page
        .lines
        .iter()
        .find(|line| line.text().starts_with("SELECT"))
        .unwrap();
    let first = &line.spans[line.prefix];
    assert_eq!(
        (first.text.as_str(), first.role),
        ("SELECT", Role::CodeKeyword)
    );
}

/// The letters and digits of a text, one after another.
fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

proptest! {
    #[test]
    fn any_text_at_any_width_is_laid_out_within_it(source in any::<String>(), columns in 1usize..40) {
        let document = document(&source);
        for options in [LayoutOptions::default(), LayoutOptions::text(true)] {
            let page = layout(&document, columns, &options);
            for line in &page.lines {
                prop_assert!(line.wide || line.width() <= columns, "{:?}", line);
            }
        }
    }

    #[test]
    fn any_markup_at_any_width_is_laid_out_within_it(
        parts in prop::collection::vec(
            "(!!! note|\\?\\?\\? tip \"x\"|=== \"T\"|> |- |1\\. |    |\t|```|~~~|# |\\||\\|-\\||\\[\\^1\\]|: |<details>|</details>|<td>|<table>|<li>|</ul>|<pre>|\\*\\*|==|\\{: #a\\}|\\[x\\]\\(y\\)|!\\[|<!--|결제 한글|日本語。|👩‍💻|word|\n|\n\n|--8<-- \"a\"|---\n|\\*\\[a\\]: b|\x1b\\[3m|&lt;){1,4}", 0..30),
        columns in 1usize..60,
    ) {
        let source = parts.concat();
        let mut snippets = |_: &str| Some("- x\n!!! note\n    y".to_owned());
        let document = parse(&source, Limits::default(), &mut snippets);
        for options in [LayoutOptions::default(), LayoutOptions::text(false)] {
            let page = layout(&document, columns, &options);
            for line in &page.lines {
                prop_assert!(line.wide || line.width() <= columns, "{:?}", line);
                prop_assert!(line.prefix <= line.spans.len());
                for span in &line.spans {
                    prop_assert_eq!(crate::text::clean(&span.text), span.text.as_str());
                    prop_assert!(span.link.is_none_or(|link| link < page.links.len()));
                }
            }
            for code in &page.code {
                prop_assert!(code.lines.start < code.lines.end && code.lines.end <= page.lines.len());
            }
            prop_assert!(page.headings.iter().all(|heading| heading.line < page.lines.len()));
            prop_assert!(page.links.iter().all(|link| link.line < page.lines.len()));
        }
    }

    #[test]
    fn no_word_is_lost(
        words in prop::collection::vec("[a-z]{1,12}|[가-힣]{1,6}", 1..20),
        marks in prop::collection::vec("( |\n|\n\n|\n- |\n1\\. |\n> |\n\n    |\n# |\n\n!!! note\n    |\n\n```\n| \\*\\*|\\*\\* |`| == |\n\n=== \"tab\"\n    )", 20),
        columns in 12usize..60,
    ) {
        let source: String = words.iter().zip(&marks).flat_map(|(word, mark)| [word.as_str(), mark.as_str()]).collect();
        let page = layout(&document(&source), columns, &LayoutOptions::text(false));
        let text: String = page.lines.iter().map(|line| letters(&line.text())).collect();
        // Behind a fence a word is the name of a language, which is shown too.
        for word in &words {
            prop_assert!(text.contains(word.as_str()), "{:?} of {:?} in\n{}", word, source, page.to_text());
        }
    }
}
