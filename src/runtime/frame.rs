//! A frame of `ui` as `term` takes it.

use crate::term::{Drawing, LinkSpan};
use crate::ui::Rendered;

/// What a frame says beyond its cells. `ui` names links only where the terminal knows them; what a terminal must not be
/// given as a target is text and nothing more.
pub(super) fn drawing(rendered: &Rendered) -> Drawing {
    let links = rendered
        .links
        .iter()
        .filter_map(|link| LinkSpan::new(link.x, link.y, link.width, &link.target))
        .collect();
    Drawing {
        cursor: rendered.cursor,
        links,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::tests::desk::Desk;
    use crate::app::{Capabilities, Mouse, MouseKind, Msg, Target};
    use crate::term::Encoder;
    use crate::ui::{self, ViewCache};
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;

    /// The bytes of the first frame that shows an entity's links.
    fn bytes(hyperlinks: bool) -> String {
        let mut desk = Desk::at(120, 40);
        desk.send(Msg::Capabilities(Capabilities { hyperlinks }));
        desk.keys("payment-service enter");
        desk.send(Msg::Mouse(Mouse {
            kind: MouseKind::Press,
            target: Some(Target::Tab(3)),
        }));
        let area = Rect::new(0, 0, 120, 40);
        let mut buffer = Buffer::empty(area);
        let rendered = ui::render(&desk.state, &mut ViewCache::default(), area, &mut buffer);
        let Drawing { cursor, links } = drawing(&rendered);
        let mut out = Vec::new();
        Encoder::new().encode(&mut buffer, &links, cursor, &mut out);
        String::from_utf8(out).unwrap()
    }

    /// Without OSC 8, and how many there were.
    fn without_links(bytes: &str) -> (String, usize) {
        let mut pieces = bytes.split("\x1b]8;");
        let mut rest = pieces.next().unwrap().to_owned();
        let mut count = 0;
        for piece in pieces {
            rest.push_str(piece.split_once("\x1b\\").unwrap().1);
            count += 1;
        }
        (rest, count)
    }

    #[test]
    fn links_can_be_clicked_where_the_terminal_knows_them_and_cost_nothing_elsewhere() {
        let (plain, linked) = (bytes(false), bytes(true));
        assert!(!plain.contains("\x1b]8;"));
        assert!(linked.contains(";https://"), "{linked:?}");
        let (rest, count) = without_links(&linked);
        assert!(count >= 2 && count % 2 == 0, "{count}");
        // Where the pen may skip differs with the links: what is shown is the same.
        let shown = |bytes: &str| {
            let mut terminal =
                vt100::Parser::new(40.try_into().unwrap(), 120.try_into().unwrap(), 0);
            terminal.process(bytes.as_bytes());
            terminal.screen().contents_formatted()
        };
        assert_eq!(shown(&rest), shown(&plain));
    }

    #[test]
    fn a_target_that_no_terminal_may_be_given_is_no_link() {
        let link = |target: &str| ui::HyperLink {
            x: 0,
            y: 0,
            width: 4,
            target: target.to_owned(),
        };
        let rendered = Rendered {
            links: vec![link("javascript:x"), link("https://a.example/\x1b]0;x")],
            ..Rendered::default()
        };
        let links = drawing(&rendered).links;
        assert!(
            links
                .iter()
                .all(|link| !format!("{link:?}").contains("\\u{1b}")),
            "{links:?}"
        );
        assert!(links.len() <= 1, "{links:?}");
    }
}
