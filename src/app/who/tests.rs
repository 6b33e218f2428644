use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::*;
use crate::catalog::oncall::{Incident, OnCallPerson};
use crate::catalog::{RowInput, Snapshot};
use crate::techdocs::RunbookTarget;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_767_236_400 + second).unwrap()
}

fn shift(level: u32, name: &str, end: Option<i64>) -> Shift {
    Shift {
        level,
        person: OnCallPerson {
            name: name.into(),
            email: Some(format!("{name}@example.org")),
            phone: Some("+82 10".into()),
        },
        start: None,
        end: end.map(at),
    }
}

fn schedule(shifts: Vec<Shift>) -> OnCallSchedule {
    OnCallSchedule {
        source: "PagerDuty".into(),
        policy: Some("Payments".into()),
        url: Some("https://pd.example/PPAY".into()),
        from: at(0),
        until: at(1_000_000),
        fetched_at: Some(at(0)),
        shifts,
        incidents: Vec::new(),
    }
}

fn entity(kind: &str, name: &str, spec: Value) -> Value {
    json!({"kind": kind, "metadata": {"name": name, "namespace": "default", "annotations": {
        "backstage.io/kubernetes-id": "pay", "datadoghq.com/dashboard-url": "https://dd.example/d/1"}}, "spec": spec})
}

fn card(on_call: OnCall) -> Card {
    let row = |kind: &str, name: &str, owner: &str| RowInput {
        entity_ref: format!("{}:default/{name}", kind.to_lowercase()),
        kind: kind.into(),
        namespace: "default".into(),
        name: name.into(),
        owner: owner.into(),
        lifecycle: "production".into(),
        ..RowInput::default()
    };
    let mut team = row("Group", "team", "");
    team.relations = vec![("childOf".into(), "group:default/parent".into())];
    let mut parent = row("Group", "parent", "");
    parent.relations = vec![("hasMember".into(), "user:default/mara".into())];
    let snapshot = Snapshot::build(
        vec![
            row("Component", "pay", "group:default/team"),
            team,
            parent,
            row("User", "mara", ""),
        ],
        1,
    );
    let mut load = |wanted: &str| {
        let served = match wanted {
            "component:default/pay" => entity("Component", "pay", json!({})),
            "group:default/parent" => entity(
                "Group",
                "parent",
                json!({"profile": {"email": "parent@example.org"}}),
            ),
            "group:default/team" => entity("Group", "team", json!({})),
            _ => entity(
                "User",
                "mara",
                json!({"profile": {"email": "mara@example.org"}}),
            ),
        };
        Some(Loaded {
            served,
            location: "file:/a.yaml".into(),
            problems: Vec::new(),
            unserved: None,
        })
    };
    let id = snapshot.find("component:default/pay").unwrap();
    let ingredients = Ingredients {
        on_call,
        ..Ingredients::default()
    };
    Card::build(&snapshot, id, ingredients, &mut load).unwrap()
}

fn lines(card: &Card, now: Timestamp, width: usize) -> Vec<String> {
    card.lines(now, &TimeZone::UTC)
        .iter()
        .map(|line| {
            let mut text = text::pad(line.label, 12);
            for (column, _, part) in line.fitted(width) {
                text = text::pad(&text, 12 + column) + &part;
            }
            text.trim_end().to_owned()
        })
        .collect()
}

fn known(shifts: Vec<Shift>) -> OnCall {
    OnCall {
        configured: true,
        schedule: Some(schedule(shifts)),
        ..OnCall::default()
    }
}

#[test]
fn a_card_that_stays_open_over_a_handover_stays_true() {
    let mut second = shift(1, "Mara", None);
    second.start = Some(at(3600));
    let card = card(known(vec![shift(1, "Jin", Some(3600)), second]));
    assert!(lines(&card, at(3599), 80)[0].contains("Jin"));
    let later = lines(&card, at(3600), 80);
    assert!(
        later[0].contains("Mara") && later[0].contains("always"),
        "{later:?}"
    );
}

#[test]
fn what_does_not_fit_is_left_out_from_the_end() {
    let card = card(known(vec![
        shift(1, "Jin", Some(3600)),
        shift(2, "Mara Oliveira", None),
    ]));
    let wide = lines(&card, at(0), 100);
    assert_eq!(
        wide[0],
        "On call     L1  Jin            until 04:00  +82 10  Jin@example.org"
    );
    assert_eq!(
        wide[1],
        "            L2  Mara Oliveira  always       +82 10  Mara Oliveira@example.org"
    );
    let narrow = lines(&card, at(0), 30);
    assert_eq!(narrow[0], "On call     L1  Jin            until 04:00");
    assert!(
        lines(&card, at(0), 1)
            .iter()
            .all(|line| text::width(line) <= 13)
    );
}

#[test]
fn an_owner_without_contact_and_members_is_reached_through_its_parent() {
    let card = card(OnCall::default());
    let owner = card.owner.as_ref().unwrap();
    assert_eq!(owner.contacts, ["parent@example.org"]);
    assert_eq!(owner.via.as_deref(), Some("group:default/parent"));
    // The same where what breaks is told to whom it concerns.
    let reached = Reached {
        contacts: owner.contacts.clone(),
        via: owner.via.clone(),
    };
    assert_eq!(reached.words(1), "parent@example.org (of parent)");
    assert_eq!(Reached::default().words(1), "no contact");
    let lines = lines(&card, at(0), 100);
    assert_eq!(lines[0], "On call     no rota is known: ask the owner");
    assert_eq!(lines[1], "Owner       team  parent@example.org  of parent");
    assert!(lines.contains(&"Members     mara".to_owned()), "{lines:?}");
    assert!(
        lines
            .iter()
            .any(|line| line.contains("kubectl get pods -A -l backstage.io/kubernetes-id=pay"))
    );
}

#[test]
fn the_last_push_is_said_as_one_and_only_where_it_is_known() {
    let mut card = card(OnCall::default());
    let nature = |card: &Card| {
        let all = lines(card, at(7200), 100);
        all.into_iter()
            .find(|line| line.starts_with("Kind"))
            .unwrap()
    };
    assert_eq!(nature(&card), "Kind        production");
    card.last_push = Some(at(0));
    card.tier = Some("1".into());
    card.tags = vec!["go".into()];
    assert_eq!(
        nature(&card),
        "Kind        production · tier 1  pushed 2 h ago  go"
    );
    card.tier = Some("Tier 2".into());
    assert!(nature(&card).contains("production · Tier 2"));
}

#[test]
fn a_tier_is_what_labels_annotations_and_fields_call_so() {
    let of = |metadata: Value, spec: Value| tier(&json!({"metadata": metadata, "spec": spec}));
    let none = of(json!({"labels": {"frontier": "1"}}), json!({"tier": {}}));
    assert_eq!(none, None);
    let label = of(
        json!({"labels": {"acme.example/tier": "gold"}}),
        json!({"tier": 3}),
    );
    assert_eq!(label.as_deref(), Some("gold"));
    assert_eq!(of(json!({}), json!({"tier": 3})).as_deref(), Some("3"));
}

#[test]
fn nobody_and_unknown_are_different_answers() {
    assert!(lines(&card(known(vec![])), at(0), 80)[0].contains("nobody is on call now"));
    let mut old = known(vec![shift(1, "Jin", None)]);
    old.schedule.as_mut().unwrap().until = at(1);
    old.failure = Some("PagerDuty cannot be reached: timed out".into());
    let told = lines(&card(old), at(7200), 80);
    assert_eq!(told[0], "On call     unknown since 03:00");
    assert!(told.iter().all(|line| !line.contains("Jin")));
    assert!(told.iter().any(|line| line.contains("timed out")));
    let never = OnCall {
        configured: true,
        ..OnCall::default()
    };
    assert!(lines(&card(never), at(0), 80)[0].contains("never fetched"));
}

#[test]
fn nothing_of_it_reaches_a_terminal_raw() {
    let mut on_call = known(vec![shift(1, "Jin\u{1b}[2J\u{202e}", None)]);
    let schedule = on_call.schedule.as_mut().unwrap();
    schedule.incidents = vec![Incident {
        title: "down\u{1b}]52;c;eA==\u{7}".into(),
        status: "triggered".into(),
        urgency: "high".into(),
        since: None,
        url: Some("https://pd.example/i".into()),
    }];
    on_call.failure = Some("a\nb\u{9b}2J".into());
    let mut card = card(on_call);
    let hostile = "x\u{1b}]52;c;eA==\u{7}\u{202e}".to_owned();
    card.system.clone_from(&hostile);
    card.lifecycle.clone_from(&hostile);
    card.tags = vec![hostile.clone()];
    card.runbooks = vec![Runbook {
        title: hostile.clone(),
        target: RunbookTarget::Page(hostile.clone()),
    }];
    card.links = vec![CardLink {
        title: hostile.clone(),
        url: hostile.clone(),
        purpose: LinkPurpose::Grafana,
    }];
    if let Some(owner) = &mut card.owner {
        owner.contacts = vec![hostile.clone()];
        owner.title = Some(hostile);
    }
    for line in card.lines(at(0), &TimeZone::UTC) {
        for part in &line.parts {
            assert_eq!(part.text, text::clean(&part.text), "{part:?}");
        }
        assert_eq!(line.copy, text::clean(&line.copy));
    }
}
