//! Secrets, drafts, values given beforehand, and the command that does the same.

use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::*;
use crate::form::Draft;

fn with_secret() -> Form {
    form(json!({
        "name": {"type": "string"},
        "token": {"type": "string", "ui:field": "Secret", "minLength": 3},
        "old": {"type": "string", "ui:widget": "password"},
    }))
}

fn secret(form: &mut Form, path: &str, text: &str) {
    form.update(Msg::Secret {
        path: at(path),
        text: SecretString::from(text),
    });
}

#[test]
fn a_secret_is_asterisks_among_the_values_and_nowhere_else() {
    let mut form = with_secret();
    text(&mut form, "name", "pay");
    secret(&mut form, "token", "hunter2");
    secret(&mut form, "old", "pässwörd");
    assert_eq!(
        values(&form),
        json!({"name": "pay", "token": "*******", "old": "********"})
    );
    let secrets = form.secrets();
    assert_eq!(secrets["token"].expose_secret(), "hunter2");
    assert_eq!(secrets["old"].expose_secret(), "pässwörd");
    for text in [
        format!("{form:?}"),
        serde_json::to_string(&form.draft()).unwrap(),
        form.command("template:default/a"),
        format!("{:?}", form.review()),
    ] {
        assert!(
            !text.contains("hunter2") && !text.contains("pässwörd"),
            "{text}"
        );
    }
    secret(&mut form, "token", "ab");
    assert_eq!(problem(&form, "token").unwrap(), "At least 3 characters");
    secret(&mut form, "token", "");
    assert!(!form.secrets().contains_key("token"));
}

#[test]
fn secrets_given_beforehand_are_kept_apart_and_old_asterisks_dropped() {
    let parameters = json!({"properties": {
        "token": {"type": "string", "ui:field": "Secret"},
        "old": {"type": "string", "ui:field": "Secret"},
        "list": {"type": "array", "items": {"type": "object", "properties": {"key": {"type": "string", "ui:field": "Secret"}}}},
    }});
    let form = given(
        parameters,
        json!({"token": "hunter2", "old": "****", "list": [{"key": "s3cret"}]}),
    );
    assert_eq!(form.secrets()["token"].expose_secret(), "hunter2");
    assert_eq!(form.secrets()["key"].expose_secret(), "s3cret");
    assert_eq!(
        values(&form),
        json!({"token": "*******", "list": [{"key": "******"}]})
    );
    let draft = serde_json::to_string(&form.draft()).unwrap();
    assert!(
        !draft.contains("hunter2") && !draft.contains("s3cret"),
        "{draft}"
    );
}

#[test]
fn a_vanished_secret_is_not_given() {
    let mut form = page(json!({
        "properties": {"use": {"type": "boolean"}},
        "dependencies": {"use": {"oneOf": [
            {"properties": {"use": {"const": true}, "token": {"type": "string", "ui:field": "Secret"}}},
            {"properties": {"use": {"const": false}}},
        ]}},
    }));
    set(&mut form, "use", json!(true));
    secret(&mut form, "token", "hunter2");
    assert_eq!(form.secrets().len(), 1);
    set(&mut form, "use", json!(false));
    assert!(form.secrets().is_empty());
    set(&mut form, "use", json!(true));
    assert_eq!(form.secrets().len(), 1);
}

fn kept(form: &Form) -> Draft {
    serde_json::from_str(&serde_json::to_string(&form.draft()).unwrap()).unwrap()
}

#[test]
fn a_draft_brings_back_every_answer_as_typed() {
    let parameters = json!([
        {"properties": {"n": {"type": "integer"}, "l": {"type": "array", "items": {"type": "string"}}}},
        {"properties": {"s": {"type": "string"}}, "oneOf": [{"properties": {"a": {"type": "string"}}}, {"properties": {"b": {"type": "string"}}}]},
    ]);
    let mut form = Form::new(&parameters, Map::new()).unwrap();
    assert!(form.draft().is_empty() && !form.has_answers());
    text(&mut form, "n", "1.0");
    form.update(Msg::Add(at("l")));
    form.update(Msg::Add(at("l")));
    text(&mut form, "l.0", "x");
    text(&mut form, "l.1", "y");
    form.update(Msg::Move {
        path: at("l.1"),
        by: -1,
    });
    form.update(Msg::Next);
    pick(&mut form, "(option)", 1);
    text(&mut form, "b", "z");
    let draft = kept(&form);
    assert_eq!(draft.parameters(), ["b", "l", "n"]);
    let mut again = Form::new(&parameters, Map::new()).unwrap();
    again.restore(draft);
    assert_eq!(again.current(), 1);
    assert_eq!(values(&again), values(&form));
    assert_eq!(values(&again), json!({"n": 1, "l": ["y", "x"], "b": "z"}));
    again.update(Msg::Back);
    assert_eq!(field(&again, "n").text, "1.0");
}

#[test]
fn a_draft_fits_a_template_that_changed_since() {
    let mut form =
        form(json!({"a": {"type": "string"}, "b": {"type": "string"}, "c": {"type": "string"}}));
    text(&mut form, "a", "12");
    text(&mut form, "b", "gone");
    text(&mut form, "c", "hush");
    let mut changed = super::form(json!({
        "a": {"type": "integer"},
        "c": {"type": "string", "ui:field": "Secret"},
        "d": {"type": "string"},
    }));
    changed.restore(kept(&form));
    assert_eq!(values(&changed), json!({"a": 12}));
    assert!(
        !format!("{:?}", changed.draft()).contains("hush"),
        "what became a secret is not kept"
    );
}

#[test]
fn a_draft_of_nonsense_does_no_harm() {
    let mut form = form(json!({"l": {"type": "array", "items": {"type": "string"}}}));
    let draft: Draft = serde_json::from_value(json!({"version": 1, "page": 99, "answers": {
        "lists": [[["l"], {"ids": [4294967295u32, 4294967295u32], "next": 0}]],
        "entries": [[["l", 4294967295u32], {"text": "x"}]],
        "choices": [[["(option)"], 77]],
    }}))
    .unwrap();
    form.restore(draft);
    form.update(Msg::Add(at("l")));
    assert_eq!(form.current(), 0);
    let newer: Draft = serde_json::from_value(json!({"version": 2, "answers": {}})).unwrap();
    assert!(!newer.is_readable());
}

#[test]
fn given_values_fill_the_form_in_and_count_where_their_fields_are() {
    let parameters = json!({
        "properties": {"a": {"type": "string", "default": "d"}, "o": {"type": "object", "properties": {"x": {"type": "integer"}}}},
        "if": {"properties": {"a": {"const": "y"}}}, "then": {"properties": {"b": {"type": "string"}}},
    });
    let mut form = given(
        parameters,
        json!({"a": "n", "b": "kept", "o": {"x": 1}, "stray": 1}),
    );
    assert_eq!(values(&form), json!({"a": "n", "o": {"x": 1}}));
    text(&mut form, "a", "y");
    assert_eq!(values(&form), json!({"a": "y", "o": {"x": 1}, "b": "kept"}));
}

#[test]
fn the_copied_command_does_the_same() {
    let mut form = with_secret();
    text(&mut form, "name", "pay");
    secret(&mut form, "token", "hunter2");
    let command = form.command("template:default/a");
    assert!(command.starts_with(
        "callboard create template:default/a --secret token=TOKEN --values /dev/stdin <<'VALUES'\n"
    ));
    assert!(command.contains("\"name\": \"pay\""));
}
