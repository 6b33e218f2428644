//! Snapshots of the screens, and every size.
//!
//! A snapshot shows the cells, then for each row where a style begins: `4:title,bold` says that from column 4 on the cells
//! look so. Colours are those of the dark theme.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};

mod docs;
mod tree;

use super::{Rendered, ViewCache, render};
use crate::app::layout::Size;
use crate::app::tests::desk::{Desk, many, setup, snapshot, with_never_good};
use crate::app::{CacheUpdate, Condition, Msg};
use crate::theme::{Depth, Role, Theme};

fn frame(desk: &Desk) -> (Buffer, Rendered) {
    let Size { columns, rows } = desk.state.size;
    let area = Rect::new(0, 0, columns, rows);
    let mut buffer = Buffer::empty(area);
    // Whatever was there before must go.
    buffer.set_style(area, ratatui::style::Style::new().bg(Color::Red));
    let rendered = render(&desk.state, &mut ViewCache::default(), area, &mut buffer);
    (buffer, rendered)
}

/// The text of a row as a terminal shows it: the cell behind a wide character is skipped.
fn row_text(buffer: &Buffer, y: u16) -> String {
    let mut out = String::new();
    let mut x = 0;
    while x < buffer.area.width {
        let symbol = buffer[(x, y)].symbol();
        out.push_str(symbol);
        x += (crate::text::width(symbol) as u16).max(1);
    }
    out.trim_end().to_owned()
}

fn text(desk: &Desk) -> String {
    let (buffer, _) = frame(desk);
    (0..buffer.area.height)
        .map(|y| row_text(&buffer, y))
        .collect::<Vec<_>>()
        .join("\n")
}

/// A name for a cell's look: the roles' names where a theme has them, else the colours.
fn look(desk: &Desk, buffer: &Buffer, x: u16, y: u16) -> String {
    let cell = &buffer[(x, y)];
    let theme = &desk.state.theme;
    let rgb = |color: Color| match color {
        Color::Rgb(r, g, b) => Some((r, g, b)),
        _ => None,
    };
    let named = |wanted: Color, back: bool| {
        rgb(wanted).and_then(|wanted| {
            Role::ALL.into_iter().find(|role| {
                let style = theme.style(*role);
                let color = if back { style.bg } else { style.fg };
                color.and_then(crate::theme::Color::to_rgb) == Some(wanted)
            })
        })
    };
    let mut words = Vec::new();
    if let Some(role) = named(cell.fg, false) {
        words.push(role.name().to_owned());
    }
    match named(cell.bg, true) {
        Some(Role::Ground) | None => {}
        Some(role) => words.push(format!("on {}", role.name())),
    }
    for (modifier, name) in [
        (Modifier::BOLD, "bold"),
        (Modifier::DIM, "dim"),
        (Modifier::UNDERLINED, "underline"),
        (Modifier::REVERSED, "reverse"),
    ] {
        if cell.modifier.contains(modifier) {
            words.push(name.into());
        }
    }
    words.join(" ")
}

fn styles(desk: &Desk) -> String {
    let (buffer, _) = frame(desk);
    let mut out = String::new();
    for y in 0..buffer.area.height {
        let mut last = "text".to_owned();
        let mut runs = Vec::new();
        for x in 0..buffer.area.width {
            let blank = buffer[(x, y)].symbol() == " ";
            let now = look(desk, &buffer, x, y);
            // Blanks show nothing but their ground.
            if now != last
                && (!blank
                    || now.contains("on ")
                    || last.contains("on ")
                    || now.contains("reverse")
                    || last.contains("reverse"))
            {
                runs.push(format!("{x}:{now}"));
                last = now;
            }
        }
        if !runs.is_empty() {
            out.push_str(&format!("{y:>2} {}\n", runs.join(", ")));
        }
    }
    out
}

fn whole(desk: &Desk) -> String {
    let (_, rendered) = frame(desk);
    format!(
        "{}\n---\n{}cursor {:?}\n",
        text(desk),
        styles(desk),
        rendered.cursor
    )
}

const SIZES: [(u16, u16); 4] = [(120, 40), (80, 24), (60, 20), (20, 6)];

/// A snapshot at every size, in colour and without.
fn at_every_size(name: &str, prepare: impl Fn(&mut Desk)) {
    over_at_every_size(name, &snapshot(1), prepare);
}

fn over_at_every_size(
    name: &str,
    snapshot: &std::sync::Arc<crate::catalog::Snapshot>,
    prepare: impl Fn(&mut Desk),
) {
    for (columns, rows) in SIZES {
        for depth in [Depth::TrueColor, Depth::None] {
            let mut start = setup(std::sync::Arc::clone(snapshot));
            start.size = Size { columns, rows };
            start.depth = depth;
            let mut desk = Desk::new(start);
            prepare(&mut desk);
            let colour = if depth == Depth::None {
                "no_color"
            } else {
                "colour"
            };
            insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
                insta::assert_snapshot!(format!("{name}_{columns}x{rows}_{colour}"), whole(&desk));
            });
        }
    }
}

#[test]
fn the_catalog_with_a_search() {
    at_every_size("catalog", |desk| {
        desk.keys("pay").rest().keys("down down").rest();
    });
}

#[test]
fn the_catalog_before_anything_is_typed() {
    at_every_size("catalog_all", |desk| {
        desk.keys("esc");
    });
}

#[test]
fn the_catalog_without_a_match() {
    at_every_size("catalog_no_match", |desk| {
        desk.keys("zzz space kind:api");
    });
}

#[test]
fn the_first_run() {
    for (columns, rows) in SIZES {
        let mut start = setup(std::sync::Arc::default());
        start.size = Size { columns, rows };
        start.synced_at = None;
        start.condition = Condition::SignedOut;
        start.organization = String::new();
        let desk = Desk::new(start);
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(format!("first_run_{columns}x{rows}"), text(&desk));
        });
    }
}

#[test]
fn an_entitys_page() {
    at_every_size("entity", |desk| {
        desk.keys("payment-service enter j");
    });
}

#[test]
fn an_entitys_yaml_and_problems() {
    at_every_size("entity_yaml", |desk| {
        desk.keys("payment-service enter e / spec enter");
    });
    at_every_size("entity_problems", |desk| {
        desk.keys("payment-service enter shift-tab shift-tab");
    });
}

#[test]
fn a_document_that_was_never_good() {
    let snapshot = with_never_good();
    over_at_every_size("never_good_preview", &snapshot, |desk| {
        desk.keys("crew").rest();
    });
    over_at_every_size("never_good", &snapshot, |desk| {
        desk.keys("crew enter");
    });
    over_at_every_size("never_good_yaml", &snapshot, |desk| {
        desk.keys("crew enter e");
    });
}

#[test]
fn nothing_is_claimed_of_a_document_that_could_not_be_read() {
    let mut desk = Desk::new(setup(with_never_good()));
    desk.keys("crew").rest();
    assert!(text(&desk).contains("could not be read as an entity"));
    desk.keys("enter");
    let where_it_is = "my-org/crew/blob/main/catalog-info.yaml:14:1";
    assert!(text(&desk).contains(where_it_is), "{}", text(&desk));
    for _ in crate::app::screen::Tab::ALL {
        let shown = text(&desk);
        assert!(!shown.contains("nobody"), "{shown}");
        assert!(!shown.contains("It has no"), "{shown}");
        assert!(!shown.contains("Runbook"), "{shown}");
        desk.keys("tab");
    }
    desk.keys("e");
    let faulty = text(&desk);
    let faulty = faulty.lines().find(|line| line.contains("spec:")).unwrap();
    assert!(faulty.contains("14 ▲ spec:"), "{faulty}");
}

#[test]
fn a_long_message_goes_on_in_the_next_row_everywhere() {
    let message = "dependsOn resource:ledger-db is not in the catalog";
    let shown = |desk: &Desk| {
        let words = |text: String| text.split_whitespace().collect::<Vec<_>>().join(" ");
        words(text(desk).replace(['│', '▌'], " "))
    };
    let mut desk = Desk::at(60, 40);
    desk.keys("payment-service enter");
    assert!(shown(&desk).contains(message), "{}", shown(&desk));
    let mut desk = Desk::at(44, 30);
    desk.keys("payment-service enter shift-tab shift-tab");
    assert!(shown(&desk).contains(message), "{}", shown(&desk));
    let mut desk = Desk::at(44, 30);
    desk.keys("payment-service esc z").rest().keys("G");
    assert!(shown(&desk).contains(message), "{}", shown(&desk));
}

#[test]
fn where_only_ascii_is_drawn_no_sign_of_the_interface_is_anything_else() {
    for keys in [
        "pay",
        "zzz",
        "crew esc tab",
        "esc G",
        "payment-service enter",
        "payment-service enter tab tab tab",
        "crew enter e",
        "esc ?",
        ":",
        ": theme space",
        "esc : log enter",
        "payment-service esc b",
    ] {
        for (columns, rows) in SIZES {
            let mut start = setup(with_never_good());
            start.size = Size { columns, rows };
            start.unicode = false;
            start.log = vec!["a message that is longer than the screen is wide, by far".into()];
            let mut desk = Desk::new(start);
            desk.keys(keys).rest();
            desk.state.sync = Some(crate::app::SyncProgress::default());
            for symbol in frame(&desk).0.content().iter().map(|cell| cell.symbol()) {
                // Letters of the catalog's own texts stay, and so does what somebody drew into one.
                let own = symbol.chars().all(char::is_alphanumeric) || symbol == "🛒";
                assert!(
                    symbol.is_ascii() || own,
                    "{symbol:?} after {keys:?} at {columns}x{rows}"
                );
            }
        }
    }
}

#[test]
fn the_top_line_says_how_much_is_invalid_where_it_has_room() {
    let mut start = setup(with_never_good());
    start.size = Size {
        columns: 120,
        rows: 40,
    };
    let mut desk = Desk::new(start);
    let (buffer, rendered) = frame(&desk);
    let top = row_text(&buffer, 0);
    let at = top.find("▲ 1 invalid").unwrap();
    let column = crate::text::width(&top[..at]) as u16;
    assert_eq!(rendered.hit(column, 0), Some(crate::app::Target::Problems));
    desk.state.size.columns = 40;
    assert!(!row_text(&frame(&desk).0, 0).contains("invalid"));
}

#[test]
fn the_palette() {
    at_every_size("palette", |desk| {
        desk.keys(": y");
    });
}

#[test]
fn help() {
    at_every_size("help", |desk| {
        desk.keys("esc ?");
    });
}

#[test]
fn the_log_and_a_message() {
    at_every_size("log", |desk| {
        desk.send(Msg::Cache(Box::new(CacheUpdate {
            notice: Some("The cache was damaged and has been set aside".into()),
            ..CacheUpdate::default()
        })));
        desk.keys("esc : log enter");
    });
}

#[test]
fn every_size_is_drawn_without_a_panic_and_in_full() {
    for keys in [
        "pay",
        "payment-service enter",
        "payment-service enter e",
        ":",
        "esc ?",
        "esc : log enter",
        "esc z",
        "esc 2",
        "esc 2 s L / pay",
        "payment-service alt-D",
        "payment-service alt-d j l",
        "payment-service alt-r } l",
        "payment-service alt-r h j",
        "payment-service alt-r / pool",
        "alt-5",
        "alt-F pool",
    ] {
        for columns in (1..=130).step_by(7) {
            for rows in (1..=45).step_by(4) {
                let mut desk = Desk::at(columns, rows);
                desk.keys(keys);
                let (buffer, rendered) = frame(&desk);
                for cell in buffer.content() {
                    assert_ne!(
                        cell.bg,
                        Color::Red,
                        "a cell was left at {columns}x{rows} after {keys}"
                    );
                }
                if let Some((x, y)) = rendered.cursor {
                    assert!(x < columns && y < rows);
                }
            }
        }
    }
    for (columns, rows) in [(1, 1), (2, 2), (3, 1), (1, 45), (130, 1)] {
        let desk = Desk::at(columns, rows);
        frame(&desk);
    }
}

#[test]
fn a_buffer_smaller_than_the_state_shows_what_fits() {
    let desk = Desk::at(120, 40);
    let area = Rect::new(0, 0, 30, 8);
    let mut buffer = Buffer::empty(area);
    render(&desk.state, &mut ViewCache::default(), area, &mut buffer);
    assert!(row_text(&buffer, 0).contains("callboard"));
}

#[test]
fn wide_characters_keep_the_columns_aligned() {
    let mut desk = Desk::at(120, 40);
    desk.keys("settlement esc").rest();
    let (buffer, _) = frame(&desk);
    let all = text(&desk);
    assert!(all.contains("결제 정산 서비스"), "{all}");
    let header = (0..buffer.area.width)
        .find(|x| buffer[(*x, 2)].symbol() == "O" && buffer[(*x + 1, 2)].symbol() == "W");
    let owner = header.unwrap();
    assert_eq!(
        buffer[(owner, 3)].symbol(),
        "p",
        "payments-team under OWNER"
    );
}

#[test]
fn columns_stay_where_they_are_while_one_types() {
    let mut desk = Desk::at(120, 40);
    let places = |desk: &Desk| {
        let header = text(desk).lines().nth(2).unwrap().to_owned();
        ["TYPE", "OWNER"].map(|title| header.find(title).unwrap())
    };
    let all = places(&desk);
    for key in ["p", "a", "y", "m"] {
        desk.keys(key);
        assert_eq!(places(&desk), all, "after {key}");
    }
}

#[test]
fn the_facts_of_the_preview_stand_at_one_place_for_long_and_short_descriptions() {
    let mut desk = Desk::at(120, 40);
    let owner = |desk: &Desk| text(desk).lines().position(|line| line.contains("│ Owner"));
    desk.keys("payment-service").rest();
    let place = owner(&desk);
    assert!(place.is_some());
    desk.keys("ctrl-u p a y m e n t - g a t e w a y").rest();
    assert_eq!(owner(&desk), place);
}

#[test]
fn hostile_text_never_reaches_a_cell() {
    let hostile = "a\u{1b}]52;c;aGk=\u{7}\u{202e}b\u{9b}31m\nc".to_owned();
    let row = crate::catalog::RowInput {
        entity_ref: format!("component:default/{hostile}"),
        kind: hostile.clone(),
        namespace: hostile.clone(),
        name: hostile.clone(),
        title: hostile.clone(),
        description: hostile.clone(),
        owner: format!("group:default/{hostile}"),
        spec_type: hostile.clone(),
        lifecycle: hostile.clone(),
        system: format!("system:default/{hostile}"),
        tags: hostile.clone(),
        relations: vec![
            (hostile.clone(), hostile.clone()),
            ("dependsOn".into(), hostile.clone()),
        ],
        problems: 1,
        ..Default::default()
    };
    let snapshot = std::sync::Arc::new(crate::catalog::Snapshot::build(vec![row], 1));
    let mut start = setup(snapshot);
    start.organization = hostile;
    let mut desk = Desk::new(start);
    for keys in ["esc", "enter", "D", "tab", "y"] {
        desk.keys(keys).rest();
        let (buffer, _) = frame(&desk);
        for cell in buffer.content() {
            assert!(
                !cell
                    .symbol()
                    .chars()
                    .any(|c| c.is_control() || crate::text::is_control_or_bidi(c)),
                "{:?}",
                cell.symbol()
            );
        }
    }
}

#[test]
fn a_move_changes_no_cell_but_those_of_the_two_rows() {
    let mut start = setup(many(1_000));
    start.theme = Theme::built_in("default").unwrap();
    let mut desk = Desk::new(start);
    desk.keys("esc");
    let (before, _) = frame(&desk);
    desk.keys("j");
    let (after, _) = frame(&desk);
    let rows: std::collections::BTreeSet<u16> =
        before.diff(&after).iter().map(|(_, y, _)| *y).collect();
    assert_eq!(rows.into_iter().collect::<Vec<_>>(), [3, 4]);
}

#[test]
fn columns_stay_where_they_are_while_one_moves_through_a_list() {
    let mut desk = Desk::new(setup(many(1_000)));
    desk.keys("esc");
    let header = |desk: &Desk| row_text(&frame(desk).0, 2);
    let before = header(&desk);
    desk.keys("G");
    assert_eq!(header(&desk), before);
}

#[test]
fn clicks_find_what_is_drawn() {
    let desk = Desk::at(120, 40);
    let (_, rendered) = frame(&desk);
    assert_eq!(rendered.hit(5, 3), Some(crate::app::Target::Row(0)));
    assert_eq!(rendered.hit(5, 4), Some(crate::app::Target::Row(1)));
    assert_eq!(rendered.hit(5, 1), Some(crate::app::Target::Line));
    assert_eq!(rendered.hit(100, 10), Some(crate::app::Target::Preview));
}

#[test]
fn only_a_running_sync_asks_for_another_frame() {
    let mut desk = Desk::at(120, 40);
    assert_eq!(frame(&desk).1.next_frame, None);
    desk.state.sync = Some(crate::app::SyncProgress::default());
    assert!(frame(&desk).1.next_frame.is_some());
    desk.state.motion = false;
    assert_eq!(frame(&desk).1.next_frame, None);
}

#[test]
fn the_footer_of_the_line_says_what_it_always_says() {
    let desk = Desk::at(120, 40);
    let last = row_text(&frame(&desk).0, 39);
    assert!(
        last.starts_with(
            " enter open · alt-w on call · alt-r runbook · esc commands · ctrl-c quit"
        ),
        "{last}"
    );
    assert!(last.ends_with(": palette  F1 help"), "{last}");
}

#[test]
fn the_way_out_and_help_stay_in_the_footer_of_every_width() {
    for (keys, out) in [
        ("pay", "ctrl-c quit"),
        ("esc", "q quit"),
        ("payment-service enter", "esc back"),
    ] {
        for columns in [30, 40, 60, 80, 120] {
            let mut desk = Desk::at(columns, 24);
            desk.keys(keys);
            let last = row_text(&frame(&desk).0, 23);
            assert!(last.contains(out), "{columns}: {last}");
            assert!(last.ends_with(" help"), "{columns}: {last}");
        }
    }
}

#[test]
fn the_tab_that_is_shown_is_seen_on_a_narrow_screen() {
    let mut desk = Desk::at(40, 24);
    desk.keys("payment-service enter");
    for tab in crate::app::screen::Tab::ALL {
        assert!(
            text(&desk).contains(tab.title()),
            "{tab:?}: {}",
            text(&desk)
        );
        desk.keys("tab");
    }
}

#[test]
fn the_time_of_the_last_sync_outlasts_the_place() {
    let top = |columns| {
        let mut desk = Desk::at(columns, 24);
        desk.state.condition = Condition::Offline;
        row_text(&frame(&desk).0, 0)
    };
    assert!(top(40).ends_with("offline · synced 02:57"), "{}", top(40));
    assert!(top(20).ends_with("▲ 02:57"), "{}", top(20));
}

#[test]
fn a_footer_names_no_key_that_does_nothing_on_the_tab() {
    let mut desk = Desk::at(120, 40);
    desk.keys("payment-service enter");
    let last = |desk: &Desk| row_text(&frame(desk).0, 39);
    assert!(last(&desk).contains("enter copy"));
    desk.keys("G");
    assert!(last(&desk).contains("enter open"));
    desk.keys("e");
    assert!(!last(&desk).contains("enter open"), "{}", last(&desk));
}

#[test]
fn the_first_run_cuts_no_command_on_a_narrow_screen() {
    let mut start = setup(std::sync::Arc::default());
    start.size = Size {
        columns: 60,
        rows: 20,
    };
    let mut desk = Desk::new(start);
    desk.keys("esc");
    let shown = text(&desk);
    for words in [
        "callboard auth login",
        "callboard locations add ./catalog-info.yaml",
        "~/.config/callboard/config.yaml",
        "callboard demo",
        "a sample organisation, no network, no account",
    ] {
        assert!(shown.contains(words), "{shown}");
    }
}
