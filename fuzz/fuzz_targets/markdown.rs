//! Any bytes as a page, at a width that the first of them gives: lines stay within it, spans are clean, places exist.

#![no_main]

use callboard::markdown::{self, LayoutOptions, Limits};
use callboard::text;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((first, rest)) = data.split_first() else {
        return;
    };
    let columns = usize::from(*first).max(1);
    let source = String::from_utf8_lossy(rest);
    // A snippet that names itself, as a page may.
    let mut snippets = |name: &str| Some(format!("- {name}\n--8<-- \"{name}\"\n"));
    let document = markdown::parse(&source, Limits::default(), &mut snippets);
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
        assert!(
            page.code
                .iter()
                .all(|code| code.lines.end <= page.lines.len())
        );
        assert!(
            page.headings
                .iter()
                .all(|heading| heading.line < page.lines.len())
        );
        assert!(page.links.iter().all(|link| link.line < page.lines.len()));
    }
});
