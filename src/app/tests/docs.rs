//! Documentation: opening it, following links and coming back, copying, searching.

use super::desk::Desk;
use crate::app::docs::source_at;
use crate::app::screen::{DocFind, DocsFocus, DocsScreen, Screen};
use crate::app::{Effect, HandOver, Msg};

fn docs(desk: &Desk) -> &DocsScreen {
    match &desk.state.screen {
        Screen::Docs(docs) => docs,
        _ => panic!("not documentation"),
    }
}

fn page(desk: &Desk) -> &str {
    &docs(desk).laid_out().unwrap().text.path
}

fn line(desk: &Desk) -> String {
    let docs = docs(desk);
    docs.page().unwrap().lines[docs.at.cursor].text()
}

fn said(desk: &Desk) -> &str {
    desk.state.toast.as_ref().map_or("", |notice| &notice.text)
}

fn copied(desk: &Desk) -> &str {
    let mut effects = desk.effects.iter().rev();
    effects
        .find_map(|effect| match effect {
            Effect::Copy(text) => Some(text.as_str()),
            _ => None,
        })
        .unwrap_or("")
}

fn at(columns: u16, rows: u16) -> Desk {
    let mut desk = Desk::at(columns, rows);
    desk.keys("payment-service");
    desk
}

#[test]
fn three_keys_from_the_start_the_runbook_is_read() {
    let mut desk = at(120, 40);
    desk.keys("alt-r");
    assert_eq!(page(&desk), "runbooks/incident.md");
    assert_eq!(line(&desk), "Incident Response");
    // The others, with the best of them under the cursor.
    desk.keys("r");
    let picker = desk.state.picker.as_ref().unwrap();
    assert_eq!(picker.rows.len(), 3);
    assert_eq!(picker.selected().unwrap().name, "정산 장애 대응");
    desk.keys("enter");
    assert_eq!(page(&desk), "runbooks/settlement.md");
    desk.keys("- -");
    assert!(desk.state.catalog().is_some());
}

#[test]
fn a_runbook_that_is_only_an_address_can_be_opened_and_copied() {
    let mut desk = Desk::at(120, 40);
    desk.keys("payment-gateway alt-r");
    let picker = desk.state.picker.as_ref().unwrap();
    let names: Vec<&str> = picker.rows.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(names, ["Gateway runbook", "Copy: Gateway runbook"]);
    desk.keys("down enter");
    assert_eq!(copied(&desk), "https://wiki.my-org.example/gateway");
    assert!(desk.state.catalog().is_some(), "back where one was");
}

#[test]
fn without_a_runbook_it_is_said_how_to_add_one() {
    let mut desk = Desk::at(120, 40);
    desk.keys("order-service alt-r");
    assert!(
        said(&desk).contains("backstage.io/runbook-url"),
        "{}",
        said(&desk)
    );
    assert!(desk.state.catalog().is_some());
}

#[test]
fn links_are_followed_and_come_back_to_the_same_line() {
    let mut desk = at(120, 40);
    desk.keys("alt-t tab");
    let before = docs(&desk).at;
    let link = docs(&desk).link;
    assert!(link.is_some());
    desk.keys("tab enter");
    assert_eq!(page(&desk), "runbooks/incident.md");
    assert_eq!(line(&desk), "Pool saturated", "at the anchor");
    desk.keys("-");
    assert_eq!(page(&desk), "index.md");
    assert_eq!(docs(&desk).at, before);
    assert_eq!(docs(&desk).link, Some(1), "the link is still selected");
    // First the selection goes, then the documentation.
    desk.keys("esc");
    assert_eq!(docs(&desk).link, None);
    desk.keys("esc");
    assert!(desk.state.catalog().is_some());
}

#[test]
fn an_anchor_of_the_page_is_gone_to_and_come_back_from() {
    let mut desk = at(120, 12);
    desk.keys("alt-t / below enter esc");
    let from = docs(&desk).at.cursor;
    desk.keys("enter");
    assert_eq!(line(&desk), "Numbers");
    desk.keys("esc");
    desk.keys("-");
    assert_eq!(docs(&desk).at.cursor, from);
}

#[test]
fn a_link_that_leaves_the_documentation_is_refused_and_says_so() {
    let mut desk = at(120, 40);
    desk.keys("alt-t / secrets enter esc enter");
    assert_eq!(page(&desk), "index.md");
    assert!(
        said(&desk).contains("leads out of this documentation"),
        "{}",
        said(&desk)
    );
    desk.keys("/ missing enter esc enter");
    assert!(
        said(&desk).contains("no page of this documentation"),
        "{}",
        said(&desk)
    );
    desk.keys("/ web enter esc enter");
    assert!(
        desk.effects.iter().any(
            |effect| matches!(effect, Effect::OpenLink(url) if url == "https://example.com/a")
        )
    );
}

#[test]
fn headings_and_code_are_jumped_between() {
    let mut desk = at(80, 24);
    desk.keys("alt-r ] ]");
    assert_eq!(line(&desk), "Pool saturated");
    desk.keys("[");
    assert_eq!(line(&desk), "Payments failing");
    desk.keys("}");
    let first = docs(&desk).at.cursor;
    desk.keys("}");
    assert!(docs(&desk).at.cursor > first);
    desk.keys("{");
    assert_eq!(docs(&desk).at.cursor, first);
    desk.keys("g [");
    assert_eq!(said(&desk), "No heading above");
}

#[test]
fn the_code_under_the_cursor_is_copied_as_it_was_written() {
    let mut desk = at(120, 40);
    desk.keys("alt-r } y");
    assert!(copied(&desk).starts_with("kubectl exec -it deploy/payment-service -- \\\n  curl"));
    assert_eq!(said(&desk), "Copied 2 lines of bash");
    desk.keys("} y");
    assert_eq!(
        copied(&desk).trim(),
        "SELECT pid, state FROM pg_stat_activity;"
    );
    // From the top of the page: what is seen first.
    desk.keys("g y");
    assert!(copied(&desk).starts_with("kubectl"));
    // A link that was selected comes before code elsewhere.
    desk.keys("tab y");
    assert_eq!(copied(&desk), "https://grafana.my-org.example/d/payments");
}

#[test]
fn the_menu_copies_link_path_and_markdown() {
    let mut desk = at(120, 40);
    desk.keys("alt-r ] Y");
    let picker = desk.state.picker.as_ref().unwrap();
    let names: Vec<&str> = picker.rows.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "link",
            "path",
            "command",
            "Markdown link",
            "page as Markdown",
            "entity"
        ]
    );
    desk.keys("enter");
    assert_eq!(
        copied(&desk),
        "https://github.com/my-org/payment-service/blob/main/docs/runbooks/incident.md#payments-failing"
    );
}

#[test]
fn the_search_finds_lines_both_ways() {
    let mut desk = at(120, 40);
    desk.keys("alt-r / pool enter");
    let first = docs(&desk).at.cursor;
    desk.keys("n");
    assert_eq!(line(&desk), "Pool saturated");
    desk.keys("N");
    assert_eq!(docs(&desk).at.cursor, first);
    desk.keys("/ absent");
    assert!(docs(&desk).search.failed);
    desk.keys("esc");
    assert!(!docs(&desk).search.typing);
}

#[test]
fn another_width_keeps_the_line() {
    let mut desk = at(120, 20);
    desk.keys("alt-r ] ] ]");
    let here = |desk: &Desk| {
        let docs = docs(desk);
        source_at(docs.page().unwrap(), docs.at.cursor).0
    };
    let before = here(&desk);
    for (columns, rows) in [(60, 20), (30, 8), (200, 50), (120, 20)] {
        desk.send(Msg::Resize { columns, rows });
        assert_eq!(here(&desk), before, "{columns}x{rows}");
        let docs = docs(&desk);
        assert_eq!(
            docs.laid_out().unwrap().view.columns,
            docs.wanted_view(desk.state.size, true).columns
        );
    }
}

#[test]
fn a_fold_opens_and_closes() {
    let mut desk = at(120, 40);
    desk.keys("alt-r");
    let lines = |desk: &Desk| docs(desk).line_count();
    let closed = lines(&desk);
    desk.keys("/ fifty enter esc enter");
    assert!(lines(&desk) > closed);
    desk.keys("enter");
    assert_eq!(lines(&desk), closed);
}

#[test]
fn the_navigation_is_reached_to_the_left_and_says_what_is_missing() {
    let mut desk = at(80, 24);
    desk.keys("alt-r h");
    assert_eq!(docs(&desk).focus, DocsFocus::Nav);
    assert_eq!(docs(&desk).nav.at.cursor, 2, "on the page that is shown");
    desk.keys("j j enter");
    assert!(
        said(&desk).contains("runbooks/scaling.md"),
        "{}",
        said(&desk)
    );
    desk.keys("k enter");
    assert_eq!(page(&desk), "runbooks/settlement.md");
    assert_eq!(docs(&desk).focus, DocsFocus::Page);
    desk.keys("h esc");
    assert_eq!(docs(&desk).focus, DocsFocus::Page);
}

#[test]
fn wide_code_scrolls_sideways_as_far_as_it_goes() {
    let mut desk = at(80, 24);
    desk.keys("alt-r l");
    assert_eq!(docs(&desk).left, 8);
    desk.keys("l l l l l l l l l l l l l l l l l l l l l l l l");
    let page = docs(&desk).page().unwrap();
    assert_eq!(docs(&desk).left, page.widest - page.width);
}

#[test]
fn where_one_was_in_a_page_is_remembered() {
    let mut desk = at(120, 12);
    desk.keys("alt-t");
    desk.keys("h j j enter");
    desk.keys("] ] ]");
    let place = docs(&desk).at;
    assert!(place.top > 0);
    desk.keys("- -");
    assert!(desk.state.catalog().is_some());
    desk.keys("alt-t h j j enter");
    assert_eq!(docs(&desk).at.top, place.top);
    // A runbook begins at its beginning.
    desk.keys("- - alt-r");
    assert_eq!(docs(&desk).at.top, 0);
}

#[test]
fn the_list_of_documentation_narrows_and_opens() {
    let mut desk = Desk::at(120, 40);
    desk.keys("alt-5");
    let find = |desk: &Desk| -> DocFind {
        match &desk.state.screen {
            Screen::DocFind(find) => (**find).clone(),
            _ => panic!("not the list"),
        }
    };
    assert_eq!(find(&desk).row_count(), 3);
    desk.keys("payment");
    assert_eq!(
        find(&desk).selected_ref(),
        Some("component:default/payment-service")
    );
    desk.keys("enter");
    assert_eq!(page(&desk), "index.md");
    desk.keys("-");
    assert_eq!(find(&desk).line.text(), "payment", "as it was left");
    // What cannot be read says why.
    desk.keys("ctrl-u 정산 enter");
    assert!(said(&desk).contains("docs_dir"), "{}", said(&desk));
}

#[test]
fn a_search_in_all_documentation_opens_at_the_match() {
    let mut desk = Desk::at(120, 40);
    desk.keys("alt-F pool");
    desk.keys("enter");
    assert_eq!(page(&desk), "runbooks/incident.md");
    assert_eq!(line(&desk), "Pool saturated");
    assert_eq!(docs(&desk).search.editor.text(), "Pool");
    desk.keys("esc -");
    assert!(matches!(&desk.state.screen, Screen::DocFind(find) if find.row_count() == 2));
}

#[test]
fn keys_typed_ahead_wait_for_the_page() {
    let mut desk = at(120, 40);
    desk.answering = false;
    desk.keys("alt-r ] ]");
    assert_eq!(docs(&desk).line_count(), 0);
    desk.answering = true;
    desk.answer();
    assert_eq!(line(&desk), "Pool saturated");
}

#[test]
fn the_page_goes_to_the_pager_as_it_is_written() {
    let mut desk = at(120, 40);
    desk.keys("alt-r P");
    let paged = desk.effects.iter().any(|effect| {
        matches!(effect, Effect::HandOver(HandOver::Page { text }) if text.starts_with("# Incident"))
    });
    assert!(paged);
    desk.keys("e");
    assert!(said(&desk).contains("not on this machine"));
    desk.keys("b");
    assert!(desk.effects.iter().any(
        |effect| matches!(effect, Effect::OpenLink(url) if url.ends_with("/blob/main/docs/runbooks/incident.md"))
    ));
}

#[test]
fn the_contents_lead_to_headings() {
    let mut desk = at(60, 20);
    desk.keys("alt-r T slow enter");
    assert_eq!(line(&desk), "Slow queries");
    desk.keys("-");
    assert_eq!(docs(&desk).at.cursor, 0);
}
