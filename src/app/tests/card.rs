//! The card on an entity's page: what it says as time goes by, what its lines give, and when somebody is asked again.

use jiff::SignedDuration;

use super::super::docs::DocsGoal;
use super::super::job::{Effect, Job, JobError, JobErrorKind, JobEvent, JobId, JobReport};
use super::super::msg::{Condition, Output, Timer};
use super::super::screen::{EntityPage, Screen, Tab};
use super::super::who::{CardTarget, Section};
use super::super::{Msg, State};
use super::desk::{Desk, detail, on_call, setup, snapshot};
use crate::techdocs::RunbookTarget;

fn desk() -> Desk {
    Desk::new(setup(snapshot(1)))
}

fn page(state: &State) -> &EntityPage {
    match &state.screen {
        Screen::Entity(page) => page,
        other => panic!("no page: {other:?}"),
    }
}

fn said(desk: &Desk) -> String {
    let page = page(&desk.state);
    let line = page
        .told
        .iter()
        .find(|line| line.section == Section::OnCall);
    let parts = line.into_iter().flat_map(|line| &line.parts);
    parts.map(|part| part.text.as_str()).collect()
}

fn copied(desk: &Desk) -> Option<&str> {
    desk.effects.iter().rev().find_map(|effect| match effect {
        Effect::Copy(content) => Some(content.as_str()),
        _ => None,
    })
}

/// The page of payment-service, whose card has a service that can be asked; returns the job that asks, if any.
fn with_service(desk: &mut Desk) -> Option<JobId> {
    desk.answering = false;
    desk.keys("payment-service");
    desk.answer();
    desk.keys("enter");
    give(desk, 60)
}

/// Answers the page's job with a card that was fetched so many minutes ago.
fn give(desk: &mut Desk, minutes: i64) -> Option<JobId> {
    let (page_job, _) = desk.waiting("component:default/payment-service")?;
    let mut card = desk.card("component:default/payment-service").unwrap();
    card.on_call = on_call();
    card.on_call.askable = true;
    let at = desk.state.now - SignedDuration::from_mins(minutes);
    card.on_call.schedule.as_mut().unwrap().fetched_at = Some(at);
    let output = Output::Entity {
        detail: detail("component:default/payment-service").map(Box::new),
        card: Some(Box::new(card)),
    };
    for event in [JobEvent::Output(output), JobEvent::Finished(Ok(None))] {
        desk.send(Msg::Job(JobReport {
            id: page_job,
            event,
        }));
    }
    desk.asking()
}

#[test]
fn the_page_begins_with_who_is_on_call_and_says_so_after_a_handover_as_well() {
    let mut desk = desk();
    desk.keys("payment-service enter");
    assert!(said(&desk).contains("박진 Jin Park"), "{}", said(&desk));
    let set = desk.effects.iter().any(|effect| {
        matches!(
            effect,
            Effect::Timer { timer: Timer::Shift, after: Some(after) } if after.as_secs() == 5 * 3600
        )
    });
    assert!(set);
    let then = desk.state.now + SignedDuration::from_hours(5);
    desk.send(Msg::Clock(then));
    desk.send(Msg::Timer(Timer::Shift));
    assert!(said(&desk).contains("Inês Duarte"), "{}", said(&desk));
    assert!(!said(&desk).contains("Jin Park"));
    let then = desk.state.now + SignedDuration::from_hours(5);
    desk.send(Msg::Clock(then));
    assert!(said(&desk).contains("unknown since"), "{}", said(&desk));
}

#[test]
fn each_line_of_the_card_is_one_key_from_copied_or_opened() {
    let mut desk = desk();
    desk.keys("payment-service alt-w y");
    assert_eq!(copied(&desk), Some("+82 10 5550 0101"));
    desk.keys("j enter");
    assert_eq!(copied(&desk), Some("+82 10 5550 0102"));
    let go = |desk: &mut Desk, wanted: fn(&CardTarget) -> bool| {
        desk.keys("w");
        let place = page(&desk.state)
            .told
            .iter()
            .position(|line| line.target.as_ref().is_some_and(wanted))
            .unwrap();
        for _ in 0..place {
            desk.keys("j");
        }
        desk.keys("enter");
    };
    go(&mut desk, |target| matches!(target, CardTarget::Url(_)));
    let opened = |desk: &Desk| {
        desk.effects
            .iter()
            .any(|effect| matches!(effect, Effect::OpenLink(url) if url.contains("runbooks")))
    };
    assert!(opened(&desk));
    go(&mut desk, |target| *target == CardTarget::Dependents);
    assert_eq!(page(&desk.state).tab, Tab::Dependents);
    go(&mut desk, |target| *target == CardTarget::Problems);
    assert_eq!(page(&desk.state).tab, Tab::Problems);
    go(&mut desk, |target| matches!(target, CardTarget::Entity(_)));
    assert_eq!(page(&desk.state).entity_ref, "group:default/payments-team");
}

#[test]
fn what_is_old_is_asked_for_once_in_the_background_and_then_shown() {
    let mut desk = desk();
    let asking = with_service(&mut desk).unwrap();
    // Nothing waits for it, and nobody is asked twice.
    desk.keys("j j");
    assert_eq!(page(&desk.state).position().cursor, 2);
    desk.send(Msg::Timer(Timer::Age));
    assert_eq!(desk.asking(), Some(asking));
    desk.forget();
    desk.send(Msg::Job(JobReport {
        id: asking,
        event: JobEvent::Finished(Ok(None)),
    }));
    assert!(
        desk.jobs()
            .iter()
            .any(|job| matches!(job, Job::LoadEntity { .. }))
    );
    // The answer is shown; where it is a failure, the same minute asks no more.
    desk.drop_asking();
    assert_eq!(give(&mut desk, 60), None);
    assert_eq!(page(&desk.state).position().cursor, 2);
}

#[test]
fn what_is_fresh_and_what_cannot_be_reached_is_not_asked_for() {
    let mut fresh = desk();
    fresh.answering = false;
    fresh.keys("payment-service");
    fresh.answer();
    fresh.keys("enter");
    assert_eq!(give(&mut fresh, 4), None);
    let mut offline = desk();
    offline.state.condition = Condition::Offline;
    assert_eq!(with_service(&mut offline), None);
    let mut shared = desk();
    shared.state.read_only = true;
    assert_eq!(with_service(&mut shared), None);
}

#[test]
fn a_cache_that_cannot_keep_the_answer_is_told_in_the_log_alone() {
    let mut desk = desk();
    let asking = with_service(&mut desk).unwrap();
    desk.send(Msg::Job(JobReport {
        id: asking,
        event: JobEvent::Finished(Err(JobError {
            kind: JobErrorKind::Failed,
            message: "the disk is full".into(),
            hint: None,
        })),
    }));
    assert!(desk.state.toast.is_none());
    assert!(
        desk.state
            .log
            .iter()
            .any(|line| line.text.contains("disk is full"))
    );
}

#[test]
fn d_and_shift_d_are_the_same_tabs_from_wherever_they_are_asked_for() {
    for keys in ["alt-D", "enter D", "enter e D", "enter d D", "esc D"] {
        let mut desk = desk();
        desk.keys("payment-service").keys(keys);
        assert_eq!(page(&desk.state).tab, Tab::Dependents, "{keys}");
        assert!(desk.state.tree().unwrap().outline.is_some(), "{keys}");
        desk.keys("/ check enter j y tab");
        assert_eq!(page(&desk.state).tab, Tab::Links);
        desk.keys("esc");
        assert!(desk.state.catalog().is_some(), "{keys}");
    }
}

#[test]
fn the_cursor_stays_on_its_relation_when_the_card_grows() {
    let mut desk = desk();
    desk.keys("payment-service enter G k");
    let on = |desk: &Desk| {
        let page = page(&desk.state);
        page.relation_at(page.position().cursor).cloned()
    };
    let before = on(&desk);
    assert!(before.is_some());
    let then = desk.state.now + SignedDuration::from_hours(10);
    let lines = page(&desk.state).told.len();
    desk.send(Msg::Clock(then));
    assert_ne!(page(&desk.state).told.len(), lines);
    assert_eq!(on(&desk), before);
}

#[test]
fn a_fetched_runbook_is_read_here_from_its_line_and_its_address_is_still_a_key_away() {
    let mut desk = desk();
    desk.answering = false;
    desk.keys("payment-service");
    desk.answer();
    desk.keys("enter");
    let (job, _) = desk.waiting("component:default/payment-service").unwrap();
    let mut card = desk.card("component:default/payment-service").unwrap();
    let address = "https://github.com/my-org/wiki/blob/main/incident.md";
    card.runbooks[0].target = RunbookTarget::Fetched(address.into());
    let output = Output::Entity {
        detail: detail("component:default/payment-service").map(Box::new),
        card: Some(Box::new(card)),
    };
    for event in [JobEvent::Output(output), JobEvent::Finished(Ok(None))] {
        desk.send(Msg::Job(JobReport { id: job, event }));
    }
    let place = page(&desk.state)
        .told
        .iter()
        .position(|line| line.section == Section::Runbook)
        .unwrap();
    desk.keys("w");
    for _ in 0..place {
        desk.keys("j");
    }
    desk.keys("b");
    let opened = |desk: &Desk| {
        let mut effects = desk.effects.iter();
        effects.any(|effect| matches!(effect, Effect::OpenLink(url) if url == address))
    };
    assert!(opened(&desk));
    desk.effects.clear();
    desk.keys("enter");
    assert!(!opened(&desk));
    let asked = desk.asked.iter().any(|effect| {
        matches!(
            effect,
            Effect::Start { job: Job::OpenDocs { goal: DocsGoal::Page { source: Some(source), path }, .. }, .. }
                if *source == format!("url:{address}") && path == "incident.md"
        )
    });
    assert!(asked);
}
