//! Pages, focus, when errors are said, and what lets one go on.

use serde_json::json;

use super::*;
use crate::form::{FormError, StepState};

fn two() -> Form {
    Form::new(
        &json!([
            {"title": "Service", "description": "About it", "required": ["name"], "properties": {"name": {"type": "string", "pattern": "^[a-z]+$"}, "b": {"type": "string"}}},
            {"title": "More", "when": "${{ parameters.name === 'more' }}", "properties": {"extra": {"type": "string", "default": "x"}}},
            {"properties": {"last": {"type": "string"}}},
        ]),
        Map::new(),
    )
    .unwrap()
}

#[test]
fn pages_have_titles_and_progress() {
    let form = two();
    assert_eq!(
        (form.title(), form.description()),
        ("Service", Some("About it"))
    );
    assert_eq!(
        form.progress(),
        (1, 2),
        "a page whose condition does not hold does not count"
    );
    let steps = form.steps();
    let titles: Vec<&str> = steps.iter().map(|step| step.title.as_str()).collect();
    assert_eq!(
        titles,
        ["Service", "Please enter the following information", ""]
    );
    assert_eq!(steps[0].state, StepState::Current);
    assert_eq!(steps[2].state, StepState::Ahead);
}

#[test]
fn a_page_is_skipped_with_its_values_until_its_condition_holds() {
    let mut form = two();
    text(&mut form, "name", "pay");
    form.update(Msg::Next);
    assert_eq!((form.current(), form.progress()), (2, (2, 2)));
    assert_eq!(values(&form), json!({"name": "pay"}));
    form.update(Msg::Back);
    assert_eq!(form.current(), 0, "back passes over it too");
    text(&mut form, "name", "more");
    form.update(Msg::Next);
    assert_eq!((form.current(), form.progress()), (1, (2, 3)));
    assert_eq!(values(&form), json!({"name": "more", "extra": "x"}));
}

#[test]
fn next_stops_at_what_is_wrong_and_puts_the_focus_there() {
    let mut form = two();
    form.update(Msg::FocusNext);
    assert_eq!(form.focus(), Some(&at("b")));
    let effects = form.update(Msg::Next);
    assert_eq!(form.current(), 0);
    assert_eq!(form.error(&at("name")), Some("This is needed"));
    assert_eq!(form.focus(), Some(&at("name")));
    assert!(effects.contains(&Effect::Focused(at("name"))));
}

#[test]
fn an_error_is_said_after_a_pause_or_on_leaving_and_follows_what_is_typed() {
    let mut form = two();
    text(&mut form, "name", "Pay");
    assert_eq!(form.error(&at("name")), None, "not while typing");
    form.update(Msg::Paused);
    assert_eq!(form.error(&at("name")), Some("Only lowercase letters"));
    text(&mut form, "name", "pay");
    assert_eq!(form.error(&at("name")), None);
    text(&mut form, "name", "pay1");
    assert_eq!(form.error(&at("name")), Some("Only lowercase letters"));
    let mut form = two();
    text(&mut form, "name", "Pay");
    form.update(Msg::Focus(at("b")));
    assert_eq!(form.error(&at("name")), Some("Only lowercase letters"));
}

#[test]
fn back_is_always_allowed_and_keeps_what_is_wrong() {
    let mut form = two();
    text(&mut form, "name", "pay");
    form.update(Msg::Next);
    text(&mut form, "last", "x");
    form.update(Msg::Back);
    assert_eq!(form.current(), 0);
    form.update(Msg::Back);
    assert_eq!(form.current(), 0);
    form.update(Msg::Next);
    form.update(Msg::Next);
    assert!(form.is_review());
    assert_eq!(values(&form), json!({"name": "pay", "last": "x"}));
    form.update(Msg::Next);
    assert!(form.is_review(), "nothing comes after the review");
    form.update(Msg::Back);
    assert_eq!(form.current(), 2);
}

#[test]
fn one_can_go_to_any_page_behind_and_ahead_as_far_as_nothing_is_wrong() {
    let mut form = two();
    form.update(Msg::GoTo(3));
    assert_eq!(form.current(), 0);
    text(&mut form, "name", "pay");
    form.update(Msg::GoTo(3));
    assert!(form.is_review());
    form.update(Msg::GoTo(0));
    assert_eq!(form.current(), 0);
    form.update(Msg::GoTo(1));
    assert_eq!(form.current(), 2, "a page that is not shown is passed over");
}

#[test]
fn what_went_wrong_behind_the_review_blocks_the_task() {
    let mut form = two();
    text(&mut form, "name", "pay");
    form.update(Msg::GoTo(3));
    assert!(form.blockers().is_empty());
    form.update(Msg::GoTo(0));
    text(&mut form, "name", "PAY");
    let blockers = form.blockers();
    assert_eq!(blockers.len(), 1);
    assert_eq!(
        (blockers[0].page, blockers[0].path.clone()),
        (0, Some(at("name")))
    );
}

#[test]
fn pages_share_answers_and_conditions_look_back() {
    let mut form = Form::new(
        &json!([
            {"properties": {"env": {"type": "string"}}},
            {"properties": {"a": {"type": "string"}}, "if": {"properties": {"env": {"const": "prod"}}, "required": ["env"]},
             "then": {"properties": {"approver": {"type": "string"}}, "required": ["approver"]}},
        ]),
        Map::new(),
    )
    .unwrap();
    text(&mut form, "env", "prod");
    form.update(Msg::Next);
    assert_eq!(paths(&form), ["a", "approver"]);
    form.update(Msg::Back);
    text(&mut form, "env", "dev");
    form.update(Msg::Next);
    assert_eq!(paths(&form), ["a"]);
}

#[test]
fn the_focus_goes_through_the_fields_and_stays_at_the_ends() {
    let mut form = form(json!({
        "a": {"type": "string"}, "c": {"const": 1},
        "o": {"type": "object", "properties": {"b": {"type": "string"}}},
    }));
    assert_eq!(form.focus(), Some(&at("a")));
    form.update(Msg::FocusPrevious);
    assert_eq!(form.focus(), Some(&at("a")));
    form.update(Msg::FocusNext);
    assert_eq!(
        form.focus(),
        Some(&at("o.b")),
        "headings and constants take no focus"
    );
    form.update(Msg::FocusNext);
    assert_eq!(form.focus(), Some(&at("o.b")));
}

#[test]
fn the_focus_of_a_vanished_field_goes_to_one_that_is_there() {
    let mut form = form(json!({"l": {"type": "array", "items": {"type": "string"}}}));
    form.update(Msg::Add(at("l")));
    assert_eq!(form.focus(), Some(&at("l.0")));
    form.update(Msg::Remove(at("l.0")));
    assert_eq!(form.focus(), Some(&at("l")));
}

#[test]
fn messages_that_change_nothing_say_nothing() {
    let mut form = form(json!({"a": {"type": "string", "default": "x"}}));
    assert!(text(&mut form, "a", "x").is_empty());
    assert!(text(&mut form, "nowhere", "x").is_empty());
    assert_eq!(text(&mut form, "a", "y"), [Effect::Changed]);
    assert!(text(&mut form, "a", "y").is_empty());
}

#[test]
fn a_form_without_parameters_is_only_a_review() {
    for parameters in [json!(null), json!([])] {
        let form = Form::new(&parameters, Map::new()).unwrap();
        assert!(form.is_review() && form.blockers().is_empty());
        assert_eq!(form.progress(), (0, 0));
    }
    assert_eq!(
        Form::new(&json!("x"), Map::new()).unwrap_err(),
        FormError::NotPages
    );
    assert_eq!(
        Form::new(&json!([{}, 1]), Map::new()).unwrap_err(),
        FormError::NotPages
    );
}

#[test]
fn a_form_can_be_handed_to_another_thread() {
    fn handed<T: Send + Clone>(_: &T) {}
    handed(&two());
}
