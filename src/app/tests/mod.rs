//! Behaviour of `update`: messages in, state and effects out.

mod card;
pub(crate) mod desk;
mod docs;
pub(crate) mod docs_desk;
mod several;
pub(crate) mod tree;

use std::sync::Arc;

use super::layout::Size;
use super::msg::{CacheUpdate, Mouse, MouseKind, Msg, Target, Timer};
use super::screen::{Focus, Screen, Tab};
use super::*;
use crate::catalog::Snapshot;
use crate::keymap::{Key, KeyCode};
use desk::{Desk, enter, many, rows, setup, snapshot};

fn desk() -> Desk {
    Desk::at(120, 40)
}

fn page(desk: &Desk) -> &screen::EntityPage {
    match &desk.state.screen {
        Screen::Entity(page) => page,
        other => panic!("no entity's page: {other:?}"),
    }
}

fn toast(desk: &Desk) -> &str {
    desk.state.toast.as_ref().map_or("", |toast| &toast.text)
}

#[test]
fn letters_search_and_enter_opens_the_first_result() {
    let mut desk = desk();
    desk.keys("paysvc enter");
    assert_eq!(page(&desk).entity_ref, "component:default/payment-service");
    assert!(page(&desk).detail().is_some());
}

#[test]
fn while_a_search_runs_the_old_results_stay() {
    let mut desk = desk();
    desk.answering = false;
    desk.keys("payments-db");
    let catalog = desk.state.catalog().unwrap();
    assert_eq!(catalog.results.len(), 16);
    assert!(desk.state.searching());
    desk.answer();
    assert_eq!(desk.selected(), "resource:default/payments-db");
    assert!(!desk.state.searching());
}

#[test]
fn keys_typed_ahead_of_a_search_act_on_its_results() {
    let mut desk = desk();
    desk.answering = false;
    desk.keys("payments-db enter");
    desk.keys("-");
    assert!(
        desk.state.catalog().is_some(),
        "the first result is not known yet"
    );
    desk.answering = true;
    desk.answer();
    // Enter opened the page, and the key behind it went back.
    assert_eq!(desk.selected(), "resource:default/payments-db");
    assert!(desk.state.behind.is_empty());
    assert!(desk.state.held.is_empty());
}

#[test]
fn keys_do_not_wait_for_a_search_that_was_given_up() {
    let mut desk = desk();
    desk.answering = false;
    desk.keys("pay enter");
    assert_eq!(desk.state.held.len(), 1);
    desk.send(Msg::Mouse(Mouse {
        kind: MouseKind::Press,
        target: Some(Target::Preview),
    }));
    // The search is not waited for any more; what is loaded for the page is.
    assert!(!desk.state.searching());
    desk.answering = true;
    desk.answer();
    assert!(desk.state.held.is_empty());
    desk.keys("- -");
    assert!(desk.state.catalog().is_some());
}

#[test]
fn only_the_newest_search_counts() {
    let mut desk = desk();
    desk.answering = false;
    desk.keys("o r d");
    desk.answer();
    assert_eq!(desk.state.catalog().unwrap().results.query, "ord");
}

#[test]
fn an_emptied_line_shows_everything_without_a_search() {
    let mut desk = desk();
    desk.keys("order");
    desk.answering = false;
    desk.keys("ctrl-u");
    assert_eq!(desk.state.catalog().unwrap().results.len(), 16);
    assert!(!desk.state.searching());
}

#[test]
fn esc_makes_letters_commands_and_a_slash_returns_to_the_line() {
    let mut desk = desk();
    desk.keys("payment-service esc");
    assert_eq!(desk.state.catalog().unwrap().focus, Focus::List);
    desk.keys("o");
    assert_eq!(page(&desk).entity_ref, "group:default/payments-team");
    desk.keys("-");
    assert_eq!(desk.selected(), "component:default/payment-service");
    desk.keys("/");
    assert_eq!(desk.state.catalog().unwrap().focus, Focus::Line);
}

#[test]
fn alt_with_a_letter_means_in_the_line_what_the_letter_means_outside() {
    let mut with_alt = desk();
    with_alt.keys("payment-service alt-o");
    let mut with_esc = desk();
    with_esc.keys("payment-service esc o");
    assert_eq!(page(&with_alt).entity_ref, page(&with_esc).entity_ref);
}

#[test]
fn a_colon_is_the_palette_only_in_an_empty_line() {
    let mut desk = desk();
    desk.keys(":");
    assert!(desk.state.picker.is_some());
    desk.keys("esc");
    assert!(desk.state.picker.is_none());
    desk.keys("kind :");
    assert!(desk.state.picker.is_none());
    assert_eq!(desk.state.catalog().unwrap().line.text(), "kind:");
    desk.keys("alt-x");
    assert!(desk.state.picker.is_some());
}

#[test]
fn the_palette_runs_commands_with_arguments() {
    let mut desk = desk();
    desk.keys(": kind space api enter");
    assert_eq!(desk.state.catalog().unwrap().line.text(), "kind:api ");
    assert_eq!(desk.selected(), "api:default/payment-api");
    desk.keys("ctrl-u : entity space order-service enter");
    assert_eq!(page(&desk).entity_ref, "component:default/order-service");
    desk.keys(": theme space light enter");
    assert_eq!(
        desk.state.theme.title,
        crate::theme::Theme::built_in("light").unwrap().title
    );
    desk.keys(": theme space mauve enter");
    assert!(toast(&desk).contains("light"), "{}", toast(&desk));
}

#[test]
fn ctrl_c_quits_from_the_catalog_but_first_leaves_any_other_line() {
    let mut desk = desk();
    desk.keys(": ctrl-c");
    assert!(desk.state.picker.is_none());
    desk.keys("enter / x ctrl-c");
    assert!(!page(&desk).search.typing);
    desk.forget();
    desk.keys("ctrl-c");
    assert!(
        desk.effects
            .iter()
            .any(|effect| matches!(effect, Effect::Quit))
    );
    let mut desk = self::desk();
    desk.keys("pay ctrl-c");
    assert!(
        desk.effects
            .iter()
            .any(|effect| matches!(effect, Effect::Quit))
    );
}

#[test]
fn quitting_does_not_wait_for_a_search() {
    let mut desk = desk();
    desk.answering = false;
    desk.keys("pay enter ctrl-c");
    assert!(
        desk.effects
            .iter()
            .any(|effect| matches!(effect, Effect::Quit))
    );
}

#[test]
fn tab_completes_a_filter_or_goes_to_the_next_pane() {
    let mut desk = desk();
    desk.keys("li tab");
    assert_eq!(desk.state.catalog().unwrap().line.text(), "lifecycle:");
    desk.keys("dep tab");
    assert_eq!(
        desk.state.catalog().unwrap().line.text(),
        "lifecycle:deprecated "
    );
    assert_eq!(desk.selected(), "component:default/legacy-ledger");
    desk.keys("tab");
    assert_eq!(desk.state.catalog().unwrap().focus, Focus::List);
}

#[test]
fn of_several_completions_tab_takes_one_after_the_other() {
    let mut desk = desk();
    desk.keys("kind: tab");
    let first = desk.state.catalog().unwrap().line.text().to_owned();
    desk.keys("tab");
    let second = desk.state.catalog().unwrap().line.text().to_owned();
    assert!(first.starts_with("kind:") && second.starts_with("kind:"));
    assert_ne!(first, second);
    assert!(desk.state.catalog().unwrap().completions.len() > 3);
}

#[test]
fn the_preview_follows_a_selection_that_had_rested_at_once() {
    let mut desk = desk();
    let later = desk.state.now + crate::app::state::PREVIEW_REST;
    desk.send(Msg::Clock(later));
    desk.keys("down");
    let shown = |desk: &Desk| desk.state.catalog().unwrap().preview.entity_ref.clone();
    assert_eq!(shown(&desk).as_deref(), Some(desk.selected()));
    desk.keys("down");
    assert_ne!(shown(&desk).as_deref(), Some(desk.selected()));
}

#[test]
fn the_preview_follows_only_once_the_selection_rests() {
    let mut desk = desk();
    desk.answering = false;
    desk.forget();
    desk.keys("down");
    let shown = |desk: &Desk| {
        desk.state
            .catalog()
            .unwrap()
            .preview
            .entity_ref
            .clone()
            .unwrap()
    };
    let before = shown(&desk);
    assert_ne!(desk.selected(), before);
    assert!(matches!(
        desk.effects.as_slice(),
        [Effect::Timer {
            timer: Timer::Preview,
            after: Some(_)
        }]
    ));
    assert!(desk.jobs().is_empty());
    desk.rest();
    assert_eq!(shown(&desk), before);
    assert!(matches!(desk.jobs().as_slice(), [Job::LoadEntity { .. }]));
    desk.answer();
    assert_eq!(desk.selected(), shown(&desk));
    assert!(desk.state.catalog().unwrap().preview.detail.is_some());
}

#[test]
fn the_preview_waits_no_longer_than_that_for_details() {
    let mut desk = desk();
    desk.answering = false;
    desk.keys("down").rest().rest();
    let preview = |desk: &Desk| desk.state.catalog().unwrap().preview.clone();
    assert_eq!(preview(&desk).entity_ref.as_deref(), Some(desk.selected()));
    assert!(preview(&desk).detail.is_none());
    assert_eq!(desk.jobs().len(), 1);
    desk.answer();
    assert!(preview(&desk).detail.is_some());
}

#[test]
fn a_new_snapshot_keeps_the_cursor_on_the_entity_it_was_on() {
    for query in ["", "pay"] {
        let mut desk = desk();
        desk.keys(query).keys("down down down");
        let on = desk.selected().to_owned();
        let mut more = rows();
        more.insert(
            0,
            crate::catalog::RowInput {
                entity_ref: "api:default/aaa-pay".into(),
                kind: "API".into(),
                namespace: "default".into(),
                name: "aaa-pay".into(),
                ..Default::default()
            },
        );
        desk.send(Msg::Cache(Box::new(CacheUpdate {
            snapshot: Some(Arc::new(Snapshot::build(more, 2))),
            ..CacheUpdate::default()
        })));
        assert_eq!(desk.selected(), on, "after {query:?}");
        assert_eq!(
            desk.state.catalog().unwrap().results.snapshot.generation(),
            2
        );
    }
}

#[test]
fn a_selected_entity_that_has_gone_leaves_a_list_that_still_works() {
    let mut desk = desk();
    desk.keys("esc G");
    let few = rows().into_iter().take(3).collect();
    desk.send(Msg::Cache(Box::new(CacheUpdate {
        snapshot: Some(Arc::new(Snapshot::build(few, 2))),
        ..CacheUpdate::default()
    })));
    assert!(desk.state.catalog().unwrap().selected().is_some());
    desk.send(Msg::Cache(Box::new(CacheUpdate {
        snapshot: Some(Arc::new(Snapshot::build(Vec::new(), 3))),
        ..CacheUpdate::default()
    })));
    desk.keys("j k G enter o y r D z z");
    assert!(desk.state.catalog().unwrap().selected().is_none());
}

#[test]
fn going_back_finds_filter_cursor_and_scroll_as_they_were() {
    let mut start = setup(many(1_000));
    start.size = Size {
        columns: 80,
        rows: 24,
    };
    let mut desk = Desk::new(start);
    desk.keys("service esc G k k");
    let before = desk.state.catalog().unwrap().at;
    desk.keys("enter tab tab -");
    let catalog = desk.state.catalog().unwrap();
    assert_eq!(catalog.at, before);
    assert_eq!(catalog.line.text(), "service");
    assert_eq!(catalog.focus, Focus::List);
}

#[test]
fn relations_lead_from_page_to_page_and_back_to_the_row_one_left() {
    let mut desk = desk();
    desk.keys("payment-service enter G k enter");
    let second = page(&desk).entity_ref.clone();
    assert_ne!(second, "component:default/payment-service");
    desk.keys("esc");
    assert_eq!(page(&desk).entity_ref, "component:default/payment-service");
    let rows = page(&desk).rows(Tab::Overview);
    assert_eq!(page(&desk).position().cursor, rows - 2);
}

#[test]
fn a_dangling_reference_says_that_it_leads_nowhere() {
    let mut desk = desk();
    desk.keys("payment-service enter");
    let place = page(&desk)
        .relations
        .iter()
        .position(|row| row.target.is_none())
        .unwrap();
    for _ in 0..place + page(&desk).told.len() {
        desk.keys("j");
    }
    desk.keys("enter");
    assert!(toast(&desk).contains("resource:default/ledger-db is not in the catalog"));
    assert_eq!(page(&desk).entity_ref, "component:default/payment-service");
}

#[test]
fn a_runbook_is_opened_here_and_shown_where_the_terminal_is_remote() {
    let mut desk = desk();
    desk.keys("payment-gateway alt-r enter");
    let opened = desk
        .effects
        .iter()
        .any(|effect| matches!(effect, Effect::OpenLink(url) if url.ends_with("/gateway")));
    assert!(opened);
    desk.state.remote = true;
    desk.forget();
    desk.keys("alt-r enter");
    assert!(
        desk.effects
            .iter()
            .any(|effect| matches!(effect, Effect::Copy(url) if url.ends_with("/gateway")))
    );
    assert!(
        !desk
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::OpenLink(_)))
    );
    desk.keys("ctrl-u order alt-r");
    assert!(toast(&desk).contains("backstage.io/runbook-url"));
}

#[test]
fn a_link_that_is_no_web_address_is_not_opened() {
    let mut desk = desk();
    desk.keys("payment-service enter");
    if let Screen::Entity(page) = &mut desk.state.screen {
        let mut detail = (**page.detail().unwrap()).clone();
        detail.links.truncate(1);
        detail.links[0].url = "javascript:alert(1)".into();
        page.load = screen::entity::Load::Ready(Arc::new(detail));
    }
    desk.forget();
    desk.keys("b");
    assert!(toast(&desk).contains("Not a web address"));
    assert!(
        !desk
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::OpenLink(_)))
    );
}

#[test]
fn copying_takes_what_is_under_the_cursor() {
    let copied = |desk: &Desk| {
        desk.effects.iter().rev().find_map(|effect| match effect {
            Effect::Copy(content) => Some(content.clone()),
            _ => None,
        })
    };
    let mut desk = desk();
    desk.keys("payment-service alt-y");
    assert_eq!(copied(&desk).unwrap(), "component:default/payment-service");
    desk.keys("enter j y");
    assert_eq!(copied(&desk).unwrap(), "+82 10 5550 0102");
    desk.keys("G y");
    let expected = page(&desk).relations.last().unwrap().target_ref.clone();
    assert_eq!(copied(&desk).unwrap(), expected);
    desk.keys("tab tab tab y");
    assert!(copied(&desk).unwrap().starts_with("https://wiki"));
    desk.keys("Y");
    assert!(desk.state.picker.is_some());
    desk.keys("mark enter");
    assert!(
        copied(&desk)
            .unwrap()
            .starts_with("[component:default/payment-service](https://")
    );
}

#[test]
fn the_pages_search_goes_from_match_to_match() {
    let mut desk = desk();
    desk.keys("payment-service enter e / spec enter");
    assert_eq!(page(&desk).tab, Tab::Yaml);
    let line = |desk: &Desk| page(desk).row_text(page(desk).position().cursor).unwrap();
    assert!(line(&desk).contains("spec"), "{}", line(&desk));
    desk.keys("/ payments enter");
    let first = page(&desk).position().cursor;
    desk.keys("n");
    assert_ne!(page(&desk).position().cursor, first);
    desk.keys("N");
    assert_eq!(page(&desk).position().cursor, first);
    desk.keys("/ nowhere-at-all");
    assert!(page(&desk).search.failed);
}

#[test]
fn a_star_is_remembered_and_taken_away_again() {
    let mut desk = desk();
    desk.keys("esc *");
    let starred = desk.selected().to_owned();
    assert!(desk.state.starred.contains(&starred));
    desk.keys("*");
    assert!(desk.state.starred.is_empty());
}

#[test]
fn quick_open_searches_from_any_screen_and_goes_back_there() {
    let mut desk = desk();
    desk.keys("order enter ctrl-o");
    assert!(desk.state.catalog().unwrap().line.is_empty());
    desk.keys("gateway enter");
    assert_eq!(page(&desk).entity_ref, "component:default/payment-gateway");
    desk.keys("esc esc esc");
    assert_eq!(page(&desk).entity_ref, "component:default/order-service");
}

#[test]
fn a_sync_is_not_started_twice_nor_in_a_shared_cache() {
    let mut desk = desk();
    desk.answering = false;
    desk.keys("esc : sync enter : sync enter");
    assert_eq!(
        desk.jobs()
            .iter()
            .filter(|job| matches!(job, Job::Sync { .. }))
            .count(),
        1
    );
    assert!(toast(&desk).contains("already running"));
    let mut desk = self::desk();
    desk.state.read_only = true;
    desk.keys("esc R");
    assert!(toast(&desk).contains("shared"));
}

#[test]
fn a_sync_by_schedule_shows_how_far_it_is_and_ends_without_a_word() {
    let mut desk = desk();
    desk.answering = false;
    desk.send(Msg::SyncDue);
    desk.send(Msg::SyncDue);
    assert!(matches!(
        desk.jobs().as_slice(),
        [Job::Sync {
            full: false,
            only: None,
            due: true
        }]
    ));
    let id = *desk.state.jobs.live.keys().last().unwrap();
    let report = |event| Msg::Job(JobReport { id, event });
    desk.send(report(JobEvent::Started));
    assert_eq!(desk.state.status().short, "syncing");
    desk.send(report(JobEvent::Progress(SyncProgress {
        what: "my-org".into(),
        done: 3,
        total: Some(9),
    })));
    assert_eq!(desk.state.status().short, "syncing my-org");
    assert_eq!(desk.state.status().more[0], "3/9");
    desk.send(report(JobEvent::Finished(Ok(Some("1 added".into())))));
    assert!(!desk.state.syncing());
    assert!(desk.state.status().short.starts_with("synced"));
    assert_eq!((toast(&desk), desk.state.log.len()), ("", 1));
}

#[test]
fn a_schedule_that_fails_every_minute_is_told_in_the_log_once() {
    let mut desk = desk();
    desk.answering = false;
    for _ in 0..3 {
        desk.send(Msg::SyncDue);
        let id = *desk.state.jobs.live.keys().last().unwrap();
        desk.send(Msg::Job(JobReport {
            id,
            event: JobEvent::Finished(Err(JobError {
                kind: JobErrorKind::Failed,
                message: "the host is gone".into(),
                hint: None,
            })),
        }));
    }
    assert_eq!((toast(&desk), desk.state.log.len()), ("", 1));
    assert_eq!(desk.state.status().short, "sync failed");
    desk.state.read_only = true;
    desk.send(Msg::SyncDue);
    assert!(!desk.state.syncing());
}

#[test]
fn a_failed_job_is_told_and_kept_in_the_log() {
    let mut desk = desk();
    desk.answering = false;
    desk.keys("esc *");
    desk.send(Msg::Job(JobReport {
        id: JobId(999),
        event: JobEvent::Finished(Err(JobError {
            kind: JobErrorKind::Failed,
            message: "a job nobody waits for".into(),
            hint: None,
        })),
    }));
    assert!(desk.state.log.is_empty());
    let id = *desk.state.jobs.live.keys().last().unwrap();
    desk.send(Msg::Job(JobReport {
        id,
        event: JobEvent::Finished(Err(JobError {
            kind: JobErrorKind::Failed,
            message: "the disk\u{1b}[2J is full".into(),
            hint: Some("free some space".into()),
        })),
    }));
    assert!(toast(&desk).ends_with("is full: free some space"));
    assert!(!toast(&desk).contains('\u{1b}'));
    desk.keys(": log enter");
    assert!(matches!(desk.state.screen, Screen::Log(_)));
    assert_eq!(desk.state.log.len(), 1);
    desk.send(Msg::Timer(Timer::Toast));
    assert!(desk.state.toast.is_none());
}

#[test]
fn ages_keep_one_timer_while_the_terminal_has_the_focus_and_none_without() {
    let mut desk = desk();
    desk.forget();
    desk.send(Msg::Timer(Timer::Age));
    assert!(matches!(
        desk.effects.as_slice(),
        [Effect::Timer { timer: Timer::Age, after: Some(after) }] if after.as_secs() >= 60
    ));
    desk.forget();
    desk.send(Msg::Focus(false));
    assert!(matches!(
        desk.effects.as_slice(),
        [Effect::Timer {
            timer: Timer::Age,
            after: None
        }]
    ));
}

#[test]
fn the_mouse_selects_opens_and_scrolls() {
    let mut desk = desk();
    let press = |target| {
        Msg::Mouse(Mouse {
            kind: MouseKind::Press,
            target: Some(target),
        })
    };
    desk.send(press(Target::Row(4)));
    assert_eq!(desk.state.catalog().unwrap().at.cursor, 4);
    desk.send(press(Target::Row(4)));
    assert!(page(&desk).row.is_some());
    desk.send(press(Target::Tab(2)));
    assert_eq!(page(&desk).tab, Tab::Dependents);
    desk.send(press(Target::Row(usize::MAX)));
    assert!(desk.state.tree().unwrap().selected().is_some());
    desk.send(press(Target::Tab(4)));
    assert_eq!(page(&desk).tab, Tab::Annotations);
    desk.send(press(Target::Row(usize::MAX)));
    desk.send(Msg::Mouse(Mouse {
        kind: MouseKind::Wheel(-3),
        target: None,
    }));
    desk.keys("?");
    desk.send(press(Target::Line));
    assert!(desk.state.picker.is_none());
}

#[test]
fn a_paste_goes_into_the_line_without_its_newlines() {
    let mut desk = desk();
    desk.send(Msg::Paste("payment-\nservice".into()));
    assert_eq!(
        desk.state.catalog().unwrap().line.text(),
        "payment- service"
    );
    desk.keys("esc");
    desk.send(Msg::Paste("ignored".into()));
    assert_eq!(
        desk.state.catalog().unwrap().line.text(),
        "payment- service"
    );
}

#[test]
fn every_action_can_be_run_on_every_screen() {
    for opening in [
        "",
        "enter",
        "enter d",
        "enter e",
        "esc : log enter",
        "ctrl-o",
    ] {
        for row in TABLE {
            for typed in [None, Some("nonsense"), Some("")] {
                let mut desk = desk();
                desk.keys(opening);
                let mut effects = Vec::new();
                command::run(&mut desk.state, row.action, typed, &mut effects);
                assert!(desk.state.visible_rows() >= 1);
            }
        }
    }
}

#[test]
fn random_keys_never_upset_it() {
    use proptest::prelude::*;
    let keys = prop::sample::select(vec![
        "enter",
        "esc",
        "tab",
        "shift-tab",
        "up",
        "down",
        "pgdn",
        "pgup",
        "home",
        "end",
        "left",
        "right",
        "ctrl-o",
        "ctrl-u",
        "ctrl-w",
        "alt-x",
        "F1",
        "backspace",
        "j",
        "k",
        "g",
        "G",
        "o",
        "d",
        "D",
        "w",
        "e",
        "b",
        "y",
        "Y",
        "*",
        "z",
        "/",
        "n",
        "N",
        ":",
        "-",
        "?",
        "p",
        "a",
        "한",
        "space",
        "1",
        "2",
        "s",
        "H",
        "L",
        "<",
        ">",
        "R",
        "M",
    ]);
    proptest!(ProptestConfig::with_cases(64), |(typed in prop::collection::vec(keys, 0..60), columns in 1u16..130, lines in 1u16..45)| {
        let mut desk = Desk::at(columns, lines);
        for key in typed {
            desk.keys(key);
            desk.rest();
        }
        prop_assert!(desk.state.visible_rows() >= 1);
    });
}

#[test]
fn a_key_costs_the_same_on_a_hundred_thousand_rows() {
    // Not a timing: the effects of a move name no rows and copy none.
    let mut desk = Desk::new(setup(many(100_000)));
    desk.forget();
    desk.send(Msg::Key(Key::plain(KeyCode::PageDown)));
    desk.send(Msg::Key(Key::plain(KeyCode::PageDown)));
    assert_eq!(desk.state.catalog().unwrap().results.len(), 100_000);
    assert_eq!(desk.effects.len(), 2);
    desk.send(enter());
    assert!(page(&desk).row.is_some());
}

#[test]
fn the_default_keymap_reaches_every_action_that_has_a_key_in_the_contract() {
    let desk = desk();
    for action in [
        Action::Palette,
        Action::Help,
        Action::Who,
        Action::Runbook,
        Action::Owner,
        Action::Dependencies,
        Action::Dependents,
        Action::Copy,
        Action::CopyMenu,
        Action::OpenLink,
        Action::Star,
        Action::Yaml,
        Action::Refresh,
        Action::Zoom,
        Action::QuickOpen,
        Action::Mouse,
        Action::Quit,
        Action::Suspend,
        Action::Redraw,
        Action::Search,
        Action::NextMatch,
        Action::PreviousMatch,
        Action::Catalog,
        Action::Tree,
    ] {
        assert!(desk.state.key_for(action).is_some(), "{action:?}");
    }
}

#[test]
fn an_interface_that_starts_at_an_entity_shows_its_page_over_the_catalog() {
    let mut start = setup(snapshot(1));
    start.start_at = Some("component:default/order-service".into());
    let mut desk = Desk::new(start);
    assert_eq!(page(&desk).entity_ref, "component:default/order-service");
    assert!(page(&desk).detail().is_some());
    desk.keys("-");
    assert!(desk.state.catalog().is_some());
}

fn star_of(desk: &mut Desk, entity_ref: &str) {
    desk.send(Msg::Cache(Box::new(CacheUpdate {
        starred: Some(vec![entity_ref.to_owned()]),
        ..CacheUpdate::default()
    })));
}

#[test]
fn stars_that_arrive_after_the_search_for_them_are_searched_again() {
    let mut desk = desk();
    desk.keys("is:starred");
    assert_eq!(desk.state.catalog().unwrap().results.len(), 0);
    star_of(&mut desk, "component:default/order-service");
    assert_eq!(desk.selected(), "component:default/order-service");
}

#[test]
fn who_is_signed_in_is_searched_again_when_it_becomes_known() {
    let mut desk = desk();
    desk.keys("owner:me");
    assert_eq!(desk.state.catalog().unwrap().results.len(), 0);
    desk.send(Msg::Cache(Box::new(CacheUpdate {
        me: Some(vec!["group:default/commerce".into()]),
        ..CacheUpdate::default()
    })));
    assert_eq!(desk.state.catalog().unwrap().results.len(), 3);
}

#[test]
fn what_loses_its_star_leaves_the_list_of_the_starred() {
    let mut desk = desk();
    star_of(&mut desk, "component:default/order-service");
    desk.keys("is:starred esc *");
    assert!(desk.state.starred.is_empty());
    assert_eq!(desk.state.catalog().unwrap().results.len(), 0);
    // On its page as well: the list is right once one is back.
    star_of(&mut desk, "component:default/order-service");
    desk.keys("enter * -");
    assert_eq!(desk.state.catalog().unwrap().results.len(), 0);
}

#[test]
fn jumps_typed_ahead_of_a_search_wait_for_it() {
    let mut desk = desk();
    desk.answering = false;
    desk.keys("service esc G");
    desk.answering = true;
    desk.answer();
    let catalog = desk.state.catalog().unwrap();
    assert!(catalog.results.len() > 2);
    assert_eq!(catalog.at.cursor, catalog.results.len() - 1);
}

#[test]
fn help_names_no_key_that_does_something_else_here() {
    let names = |desk: &Desk| -> Vec<String> {
        let picker = desk.state.picker.as_ref().unwrap();
        picker.rows.iter().map(|row| row.name.clone()).collect()
    };
    let mut line = desk();
    line.keys("f1");
    assert!(
        names(&line)
            .iter()
            .filter(|keys| !keys.contains(" e b f w "))
            .flat_map(|keys| keys.split("  "))
            .filter_map(|keys| keys.parse::<Key>().ok())
            .all(|key| !editor::Editor::takes(key)),
        "{:?}",
        names(&line)
    );
    let mut log = desk();
    log.keys("esc : log enter ?");
    let has = |keys: &str| {
        names(&log)
            .iter()
            .any(|shown| shown.split("  ").any(|k| k == keys))
    };
    assert!(
        !has("R") && !has("z") && !has("o") && has("y"),
        "{:?}",
        names(&log)
    );
}

#[test]
fn a_list_of_one_kind_can_be_left_for_what_was_there_before() {
    let mut desk = desk();
    desk.keys("payment-service alt-x");
    desk.keys("kind space api enter");
    assert_eq!(desk.state.catalog().unwrap().line.text(), "kind:api ");
    desk.keys("esc -");
    assert_eq!(desk.state.catalog().unwrap().line.text(), "payment-service");
}

#[test]
fn an_entity_without_a_source_offers_no_other_link_as_its_own() {
    let mut without = desk::detail("component:default/payment-service").unwrap();
    without
        .links
        .retain(|link| link.kind != detail::LinkKind::Source);
    assert!(!without.links.is_empty());
    let mut desk = desk();
    desk.keys("payment-service enter");
    if let Screen::Entity(page) = &mut desk.state.screen {
        page.load = screen::entity::Load::Ready(Arc::new(without));
    }
    desk.keys("Y");
    let menu = desk.state.picker.as_ref().unwrap();
    assert!(menu.rows.iter().all(|row| row.name != "link"));
    assert!(
        menu.rows.iter().any(
            |row| row.name == "Markdown" && row.detail == "`component:default/payment-service`"
        )
    );
}

#[test]
fn a_command_without_its_argument_says_what_it_takes() {
    let mut desk = desk();
    desk.keys(": theme enter");
    let picker = desk.state.picker.as_ref().unwrap();
    assert!(picker.shown.len() > 5, "its arguments are offered");
    desk.keys("down enter");
    assert!(desk.state.picker.is_none());
    assert_eq!(desk.state.theme.title, "Dark");
    desk.keys(": entity enter");
    assert!(desk.state.picker.is_some(), "its argument can be typed");
    desk.keys("enter");
    assert!(
        toast(&desk).starts_with("Which entity?"),
        "{}",
        toast(&desk)
    );
    desk.keys(": theme space nope enter");
    assert!(toast(&desk).starts_with("Themes: "), "{}", toast(&desk));
}

#[test]
fn the_preview_scrolls_no_further_than_its_end() {
    let mut desk = Desk::at(80, 24);
    desk.keys("payment-service esc tab").rest();
    let scroll = |desk: &Desk| desk.state.catalog().unwrap().preview.scroll;
    let most = preview::lines(&desk.state).len() - preview::height(&desk.state);
    assert!(most > 0);
    desk.keys("end");
    assert_eq!(scroll(&desk), most);
    desk.keys("j j pgdn");
    assert_eq!(scroll(&desk), most);
    desk.keys("k");
    assert_eq!(scroll(&desk), most - 1);
    desk.keys("home");
    assert_eq!(scroll(&desk), 0);
    let wheel = Mouse {
        kind: MouseKind::Wheel(i16::MAX),
        target: Some(Target::Preview),
    };
    desk.send(Msg::Mouse(wheel));
    assert_eq!(scroll(&desk), most);
}

#[test]
fn the_log_is_searched_like_any_other_screen() {
    let mut start = setup(snapshot(1));
    start.log = ["first", "the cache is old", "second", "no Cache"]
        .map(str::to_owned)
        .to_vec();
    let mut desk = Desk::new(start);
    desk.keys("esc : log enter");
    let at = |desk: &Desk| match &desk.state.screen {
        Screen::Log(page) => page.at.cursor,
        _ => panic!("no log"),
    };
    assert_eq!(at(&desk), 3);
    desk.keys("home / cache");
    assert_eq!(at(&desk), 1);
    desk.keys("enter n");
    assert_eq!(at(&desk), 3);
    desk.keys("n");
    assert_eq!(at(&desk), 1);
    desk.keys("N");
    assert_eq!(at(&desk), 3);
    // The first esc takes the marks away, the next one leaves.
    desk.keys("esc");
    assert!(matches!(desk.state.screen, Screen::Log(_)));
    desk.keys("esc");
    assert!(desk.state.catalog().is_some());
}

#[test]
fn what_one_comes_back_to_stands_first_and_moves_no_row_while_one_looks() {
    let mut start = setup(snapshot(1));
    start.starred = vec!["component:default/settlement".into()];
    start.recent = vec![
        "component:default/order-service".into(),
        "component:default/settlement".into(),
        "api:default/payment-api".into(),
    ];
    let mut desk = Desk::new(start);
    let shown = |desk: &Desk| -> Vec<String> {
        let results = &desk.state.catalog().unwrap().results;
        let rows = (0..results.len()).filter_map(|n| results.get(n));
        rows.map(|id| results.snapshot.row(id).entity_ref.to_owned())
            .collect()
    };
    let first = [
        "component:default/settlement",
        "component:default/order-service",
        "api:default/payment-api",
    ];
    let before = shown(&desk);
    assert_eq!(before[..3], first);
    // Opening, starring and a newer catalog change what comes first the next time, not this one.
    let visited = vec!["component:default/payment-gateway".to_owned()];
    desk.send(Msg::Cache(Box::new(CacheUpdate {
        snapshot: Some(snapshot(2)),
        starred: Some(Vec::new()),
        recent: Some(visited.clone()),
        ..CacheUpdate::default()
    })));
    assert_eq!(shown(&desk), before);
    // With a filter and no word the order is the same; with a word it is the search's.
    desk.keys("k i n d : c o m p o n e n t");
    assert_eq!(shown(&desk)[..2], first[..2]);
    desk.keys("ctrl-u");
    assert_eq!(shown(&desk), before);
    desk.keys("ctrl-o");
    assert_eq!(shown(&desk)[0], visited[0]);
    desk.keys("esc -");
    assert_eq!(shown(&desk), before);
}

fn handed_over(desk: &Desk) -> Option<&HandOver> {
    desk.effects.iter().rev().find_map(|effect| match effect {
        Effect::HandOver(order) => Some(order),
        _ => None,
    })
}

#[test]
fn a_line_is_edited_elsewhere_and_searched_as_if_it_had_been_typed() {
    let mut desk = desk();
    desk.keys("pay ctrl-x ctrl-e");
    let Some(HandOver::Edit { what, text, .. }) = handed_over(&desk) else {
        panic!("{:?}", desk.effects)
    };
    assert_eq!((*what, text.as_str()), (Edited::Line, "pay\n"));
    desk.send(Msg::Edited {
        what: Edited::Line,
        text: "settlement\n kind:component\n".into(),
    });
    assert_eq!(
        desk.state.catalog().unwrap().line.text(),
        "settlement kind:component"
    );
    assert_eq!(desk.selected(), "component:default/settlement");
    // So are the lines of windows and of searches.
    desk.forget();
    desk.keys("alt-x ctrl-x ctrl-e");
    assert!(handed_over(&desk).is_some() && desk.state.picker.is_some());
    desk.forget();
    desk.keys("esc esc enter / sp ctrl-x ctrl-e");
    assert!(handed_over(&desk).is_some());
}

#[test]
fn the_yaml_goes_to_the_pager_and_only_a_file_of_this_machine_to_the_editor() {
    let mut desk = desk();
    desk.keys("payment-service esc : yaml-in-pager enter");
    let Some(HandOver::Page { text }) = handed_over(&desk) else {
        panic!("{:?}", desk.effects)
    };
    assert!(text.contains("name: payment-service\n"), "{text}");
    desk.forget();
    desk.keys(": edit-file enter");
    assert!(handed_over(&desk).is_none());
    assert!(
        toast(&desk).contains("not on this machine"),
        "{}",
        toast(&desk)
    );
    let detail = detail::Detail {
        location: "file:/srv/a.yaml".into(),
        line: Some(7),
        ..detail::Detail::default()
    };
    let mut effects = Vec::new();
    command::with_detail(&mut desk.state, Action::EditFile, &detail, &mut effects);
    assert!(
        matches!(&effects[..], [Effect::HandOver(HandOver::EditFile { path, line: Some(7) })] if path == "/srv/a.yaml"),
        "{effects:?}"
    );
}

#[test]
fn the_number_of_what_is_invalid_leads_to_its_list() {
    let mut desk = Desk::new(setup(desk::with_never_good()));
    assert_eq!(desk.state.invalid, 1);
    desk.keys("pay");
    let click = Mouse {
        kind: MouseKind::Press,
        target: Some(Target::Problems),
    };
    desk.send(Msg::Mouse(click));
    assert_eq!(desk.selected(), desk::NEVER_GOOD);
    assert_eq!(desk.state.catalog().unwrap().results.len(), 1);
    desk.keys("esc esc");
    assert_eq!(desk.state.catalog().unwrap().line.text(), "pay");
    desk.send(Msg::Cache(Box::new(CacheUpdate {
        snapshot: Some(Arc::new(Snapshot::build(rows(), 2))),
        ..CacheUpdate::default()
    })));
    assert_eq!(desk.state.invalid, 0);
}

#[test]
fn the_log_says_which_sources_failed_and_says_it_once() {
    let mut desk = desk();
    let sources = vec![
        "acme: refused".to_owned(),
        "teams: gone\u{1b}[2J".to_owned(),
    ];
    for _ in 0..2 {
        desk.send(Msg::Cache(Box::new(CacheUpdate {
            condition: Some(Condition::SourcesFailed(sources.clone())),
            ..CacheUpdate::default()
        })));
    }
    assert_eq!(desk.state.status().short, "2 sources failed");
    let log: Vec<&str> = desk.state.log.iter().map(|n| n.text.as_str()).collect();
    assert_eq!(log, ["acme: refused", "teams: gone"]);
}
