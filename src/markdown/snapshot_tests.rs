//! Two runbooks, English and Korean, as they look at every usual width: with the roles of every piece, and as plain text.

use std::collections::BTreeMap;

use super::*;
use crate::theme::Role;

const PAGES: [(&str, &str); 2] = [
    ("en", include_str!("pages/runbook.md")),
    ("ko", include_str!("pages/runbook.ko.md")),
];
const WIDTHS: [usize; 4] = [40, 60, 80, 120];

fn document(source: &str) -> Document {
    parse(source, Limits::default(), &mut NoSnippets)
}

/// A page with its code in colours, each line with the columns at which a role begins that is not that of text.
fn with_roles(document: &Document, columns: usize) -> String {
    let mut page = layout(document, columns, &LayoutOptions::default());
    let highlighter = highlight::Highlighter::load();
    for (at, code) in (0..).zip(&document.code) {
        let colours = highlighter.highlight(&code.language, &code.shown(), &|| true);
        page.paint_code(CodeId(at), &colours);
    }
    let mut out = String::new();
    for line in &page.lines {
        let whole: String = line.spans.iter().map(|span| span.text.as_str()).collect();
        out.push_str(whole.trim_end());
        out.push('\n');
        let mut column = 0;
        let mut looks = BTreeMap::new();
        for span in &line.spans {
            let mut look = span.role.name().to_owned();
            for (is, word) in [
                (span.emphasis.strong, " bold"),
                (span.emphasis.italic, " italic"),
                (span.emphasis.strike, " struck"),
                (span.link.is_some(), " link"),
            ] {
                if is {
                    look.push_str(word);
                }
            }
            if look != Role::Text.name() {
                looks.insert(column, look);
            }
            column += crate::text::width(&span.text);
        }
        if !looks.is_empty() {
            let looks: Vec<String> = looks
                .iter()
                .map(|(at, look)| format!("{at}:{look}"))
                .collect();
            out.push_str(&format!("    ~ {}\n", looks.join(", ")));
        }
    }
    out
}

#[test]
fn a_runbook_looks_right_at_every_width_in_colour() {
    for (language, source) in PAGES {
        let document = document(source);
        for columns in WIDTHS {
            insta::assert_snapshot!(
                format!("runbook_{language}_{columns}_colour"),
                with_roles(&document, columns)
            );
        }
    }
}

#[test]
fn a_runbook_looks_right_at_every_width_without_colour() {
    for (language, source) in PAGES {
        let document = document(source);
        for columns in WIDTHS {
            let page = layout(&document, columns, &LayoutOptions::default());
            insta::assert_snapshot!(
                format!("runbook_{language}_{columns}_no_color"),
                page.to_text()
            );
        }
    }
}

#[test]
fn the_text_that_commands_print_is_whole_and_can_be_copied_from() {
    for (language, source) in PAGES {
        let document = document(source);
        let text = layout(&document, 80, &LayoutOptions::text(false)).to_text();
        insta::assert_snapshot!(format!("runbook_{language}_printed"), text);
        let ascii = layout(&document, 80, &LayoutOptions::text(true)).to_text();
        insta::assert_snapshot!(format!("runbook_{language}_printed_ascii"), ascii);
    }
}
