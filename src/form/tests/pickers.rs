//! Backstage's own fields in a form.

use serde_json::json;

use super::*;
use crate::form::{CheckOutcome, CheckState, RepoPart};

fn repo() -> Form {
    page(json!({"required": ["repoUrl"], "properties": {"repoUrl": {
        "type": "string", "ui:field": "RepoUrlPicker",
        "ui:options": {"allowedHosts": ["github.com"], "allowedOwners": ["acme"]},
    }}}))
}

fn part(form: &mut Form, part: RepoPart, text: &str) -> Vec<Effect> {
    form.update(Msg::Repo {
        path: at("repoUrl"),
        part,
        text: text.to_owned(),
    })
}

fn asked(effects: &[Effect]) -> Option<u64> {
    effects.iter().find_map(|effect| match effect {
        Effect::Check { generation, .. } => Some(*generation),
        _ => None,
    })
}

#[test]
fn a_repository_is_put_together_from_its_parts() {
    let mut form = repo();
    assert_eq!(values(&form), json!({"repoUrl": "github.com?owner=acme"}));
    assert_eq!(
        problem(&form, "repoUrl").unwrap(),
        "Give the repository a name"
    );
    part(&mut form, RepoPart::Repo, "pay");
    assert_eq!(
        values(&form),
        json!({"repoUrl": "github.com?owner=acme&repo=pay"})
    );
    part(&mut form, RepoPart::Owner, "evil");
    assert!(
        problem(&form, "repoUrl")
            .unwrap()
            .contains("not among those allowed")
    );
}

#[test]
fn an_optional_repository_that_nobody_asked_for_stays_away() {
    let form = form(
        json!({"repoUrl": {"type": "string", "ui:field": "RepoUrlPicker", "ui:options": {"allowedHosts": ["github.com"]}}}),
    );
    assert_eq!(values(&form), json!({}));
}

#[test]
fn a_check_is_asked_for_on_a_pause_and_blocks_nothing() {
    let mut form = repo();
    assert_eq!(
        asked(&form.update(Msg::Paused)),
        None,
        "there is no name yet"
    );
    part(&mut form, RepoPart::Repo, "pay");
    let generation = asked(&form.update(Msg::Paused)).unwrap();
    assert_eq!(form.check(&at("repoUrl")), Some(&CheckState::Pending));
    assert_eq!(asked(&form.update(Msg::Paused)), None, "it is asked once");
    assert!(form.is_checking() && form.blockers().is_empty());
    form.update(Msg::Checked {
        path: at("repoUrl"),
        generation,
        outcome: CheckOutcome::Failed("acme/pay is taken".into()),
    });
    assert_eq!(form.error(&at("repoUrl")), Some("acme/pay is taken"));
    form.update(Msg::Next);
    assert!(!form.is_review());
    part(&mut form, RepoPart::Repo, "pay2");
    assert_eq!(form.error(&at("repoUrl")), None);
    form.update(Msg::Next);
    assert!(
        form.is_review(),
        "a check still being found out does not hold anyone up"
    );
}

#[test]
fn a_stale_answer_of_a_check_is_dropped() {
    let mut form = repo();
    part(&mut form, RepoPart::Repo, "pay");
    let old = asked(&form.update(Msg::Paused)).unwrap();
    part(&mut form, RepoPart::Repo, "pay2");
    form.update(Msg::Checked {
        path: at("repoUrl"),
        generation: old,
        outcome: CheckOutcome::Failed("taken".into()),
    });
    assert_eq!(form.error(&at("repoUrl")), None);
    let new = asked(&form.update(Msg::Paused)).unwrap();
    form.update(Msg::Checked {
        path: at("repoUrl"),
        generation: old,
        outcome: CheckOutcome::Failed("taken".into()),
    });
    assert_eq!(form.check(&at("repoUrl")), Some(&CheckState::Pending));
    form.update(Msg::Checked {
        path: at("repoUrl"),
        generation: new,
        outcome: CheckOutcome::Passed,
    });
    assert!(!form.is_checking());
}

#[test]
fn what_is_typed_for_an_owner_is_stored_as_a_complete_reference() {
    let mut form = form(json!({"owner": {"type": "string", "ui:field": "OwnerPicker"}}));
    text(&mut form, "owner", "Team-A");
    assert_eq!(values(&form), json!({"owner": "group:default/team-a"}));
    assert_eq!(
        field(&form, "owner").text,
        "Team-A",
        "the editor keeps what was typed"
    );
    set(&mut form, "owner", json!("user:default/guest"));
    assert_eq!(field(&form, "owner").text, "user:guest");
    assert_eq!(field(&form, "owner").shown(), "user:guest");
}

#[test]
fn the_only_candidate_is_chosen_and_nothing_else_where_nothing_else_may_be() {
    let mut form = page(json!({"required": ["a", "c"], "properties": {
        "a": {"type": "string", "ui:field": "EntityPicker", "ui:options": {"allowArbitraryValues": false}},
        "b": {"type": "array", "items": {"type": "string"}, "ui:field": "MultiEntityPicker"},
        "c": {"type": "string", "ui:field": "EntityPicker"},
    }}));
    let offer = |form: &mut Form, path: &str, values: &[&str]| {
        form.update(Msg::Offered {
            path: at(path),
            values: values.iter().map(|v| (*v).to_owned()).collect(),
        });
    };
    offer(&mut form, "a", &["api:default/pay"]);
    offer(&mut form, "c", &["api:default/pay"]);
    assert_eq!(values(&form), json!({"a": "api:default/pay", "b": []}));
    text(&mut form, "a", "api:other");
    assert_eq!(
        problem(&form, "a").unwrap(),
        "api:other is not among those offered"
    );
    set(&mut form, "b", json!(["component:default/a", "nonsense"]));
    assert_eq!(
        problem(&form, "b").unwrap(),
        "nonsense is not a valid entity ref"
    );
}

#[test]
fn names_and_tags_follow_the_catalogs_rules() {
    let mut form = form(json!({
        "name": {"type": "string", "ui:field": "EntityNamePicker"},
        "tags": {"type": "array", "items": {"type": "string"}, "ui:field": "EntityTagsPicker", "ui:options": {"kinds": ["API"]}},
        "facet": {"type": "string", "ui:field": "EntityFacetPicker", "ui:options": {"facet": "spec.type"}},
        "branch": {"type": "string", "ui:field": "RepoBranchPicker"},
    }));
    text(&mut form, "name", "-bad");
    assert!(problem(&form, "name").is_some());
    text(&mut form, "name", "good.name");
    assert_eq!(problem(&form, "name"), None);
    set(&mut form, "tags", json!(["ok", "Not Ok"]));
    assert!(
        problem(&form, "tags")
            .unwrap()
            .starts_with("Not Ok is no tag")
    );
    text(&mut form, "facet", "service");
    text(&mut form, "branch", "main");
    assert_eq!(values(&form)["facet"], json!("service"));
    assert_eq!(field(&form, "branch").kind, Kind::RepoBranch);
}

#[test]
fn a_field_can_ask_for_the_persons_own_token() {
    let form = form(
        json!({"repoUrl": {"type": "string", "default": "github.com?owner=o&repo=r", "ui:field": "RepoUrlPicker",
        "ui:options": {"requestUserCredentials": {"secretsKey": "TOKEN", "additionalScopes": {"github": ["workflow"]}}}}}),
    );
    let wanted = form.wanted_credentials();
    assert_eq!(wanted[0].0.secrets_key, "TOKEN");
    assert_eq!(wanted[0].0.github_scopes, ["workflow"]);
    assert_eq!(wanted[0].1, "github.com");
}

#[test]
fn a_repository_given_beforehand_is_asked_about_on_going_on() {
    let mut form = given(
        json!({"properties": {"a": {"type": "string"}, "repoUrl": {"type": "string", "ui:field": "RepoUrlPicker"}}}),
        json!({"repoUrl": "github.com?owner=o&repo=r"}),
    );
    let effects = form.update(Msg::Next);
    assert!(form.is_review());
    let generation = asked(&effects).unwrap();
    form.update(Msg::Checked {
        path: at("repoUrl"),
        generation,
        outcome: CheckOutcome::Failed("o/r is taken".into()),
    });
    assert_eq!(form.blockers()[0].message, "o/r is taken");
}
