//! Pictures of documentation, and what must be seen in them.

use super::{at_every_size, frame, text};
use crate::app::tests::desk::{Desk, setup, snapshot};
use crate::app::{Capabilities, Msg};
use ratatui::style::Modifier;

#[test]
fn a_runbook() {
    at_every_size("docs_runbook", |desk| {
        desk.keys("payment-service alt-r } l");
    });
}

#[test]
fn a_korean_runbook_with_its_navigation() {
    at_every_size("docs_korean", |desk| {
        desk.keys("payment-service alt-r r enter ] h");
    });
}

#[test]
fn a_search_in_a_page() {
    at_every_size("docs_search", |desk| {
        desk.keys("payment-service alt-r / pool");
    });
}

#[test]
fn the_list_of_documentation() {
    at_every_size("docs_list", |desk| {
        desk.keys("alt-5");
    });
}

#[test]
fn a_search_in_all_documentation() {
    at_every_size("docs_find", |desk| {
        desk.keys("alt-F pool down");
    });
}

#[test]
fn without_unicode_every_sign_is_ascii() {
    let mut start = setup(snapshot(1));
    start.unicode = false;
    let mut desk = Desk::new(start);
    desk.keys("payment-service alt-r h k");
    for line in text(&desk).lines() {
        let odd = line
            .chars()
            .find(|c| !c.is_ascii() && !('가'..='힣').contains(c));
        assert_eq!(odd, None, "{line}");
    }
}

#[test]
fn the_selected_link_stands_out_and_web_links_can_be_clicked() {
    let mut desk = Desk::at(120, 40);
    desk.send(Msg::Capabilities(Capabilities { hyperlinks: true }));
    desk.keys("payment-service alt-r");
    let (_, rendered) = frame(&desk);
    let grafana = rendered
        .links
        .iter()
        .find(|link| link.target == "https://grafana.my-org.example/d/payments")
        .unwrap();
    let (x, y) = (grafana.x, grafana.y);
    let bold = |desk: &Desk| frame(desk).0[(x, y)].modifier.contains(Modifier::BOLD);
    assert!(!bold(&desk));
    desk.keys("tab");
    assert!(bold(&desk));
    // Links within the site are followed here.
    assert!(
        rendered
            .links
            .iter()
            .all(|link| link.target.starts_with("https://"))
    );
}

#[test]
fn how_old_the_page_is_stands_above_it() {
    let mut desk = Desk::at(120, 40);
    desk.keys("payment-service alt-t");
    let first = text(&desk).lines().next().unwrap().to_owned();
    assert!(first.contains("fetched 02:48, 12 min ago"), "{first}");
}
