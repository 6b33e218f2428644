//! Hints: widgets, order, help, custom fields, what is disabled, hidden or masked.

use serde_json::json;

use super::*;
use crate::form::Note;

#[test]
fn help_placeholder_title_description_and_focus_come_from_hints() {
    let form = form(json!({
        "a": {"type": "string", "title": "A", "ui:title": "Name", "ui:description": "What", "ui:help": "How", "ui:placeholder": "x"},
        "b": {"type": "string", "ui:autofocus": true},
    }));
    let a = field(&form, "a");
    assert_eq!(
        (
            a.label.as_str(),
            a.description.as_deref(),
            a.help.as_deref(),
            a.placeholder.as_deref()
        ),
        ("Name", Some("What"), Some("How"), Some("x"))
    );
    assert_eq!(form.focus(), Some(&at("b")));
}

#[test]
fn the_order_is_the_one_asked_for() {
    let form = page(json!({
        "ui:order": ["c", "*", "a"],
        "properties": {"a": {"type": "string"}, "b": {"type": "string"}, "c": {"type": "string"}},
    }));
    assert_eq!(paths(&form), ["c", "b", "a"]);
}

#[test]
fn a_text_area_has_rows() {
    let form = form(json!({
        "a": {"type": "string", "ui:widget": "textarea", "ui:options": {"rows": 7}},
        "b": {"type": "string", "ui:options": {"rows": 7}},
    }));
    assert_eq!(
        field(&form, "a").kind,
        Kind::Text {
            rows: Some(7),
            format: None
        }
    );
    assert_eq!(
        field(&form, "b").kind,
        Kind::Text {
            rows: None,
            format: None
        }
    );
}

#[test]
fn what_is_disabled_keeps_its_value_and_takes_no_change() {
    let mut form = form(json!({
        "a": {"type": "string", "default": "x", "ui:disabled": true},
        "b": {"type": "string", "default": "y", "ui:readonly": true},
    }));
    text(&mut form, "a", "z");
    text(&mut form, "b", "z");
    assert_eq!(values(&form), json!({"a": "x", "b": "y"}));
    assert_eq!(
        form.focus(),
        Some(&at("b")),
        "what is disabled takes no focus"
    );
}

#[test]
fn a_hidden_field_is_not_shown_but_given() {
    let mut form = page(json!({
        "required": ["c"],
        "properties": {
            "a": {"type": "string", "default": "x", "ui:widget": "hidden"},
            "b": {"type": "string"},
            "c": {"type": "string", "ui:widget": "hidden"},
        },
    }));
    assert_eq!(paths(&form), ["b"]);
    assert_eq!(values(&form), json!({"a": "x"}));
    form.update(Msg::Next);
    assert_eq!(
        form.page_problems(),
        ["c, which this form does not show: This is needed"]
    );
}

#[test]
fn a_custom_field_falls_back_by_its_type_and_says_so() {
    let mut form = form(json!({
        "a": {"type": "string", "ui:field": "GSClusterPicker"},
        "b": {"type": "object", "ui:field": "TraitYamlEditor", "properties": {"x": {"type": "string"}}},
        "c": {"type": "array", "ui:field": "Many", "items": {"type": "string"}},
        "d": {"type": "number", "ui:field": "Slider"},
        "e": {"type": "string", "ui:widget": "ColourWheel"},
    }));
    assert_eq!(
        field(&form, "a").note,
        Some(Note::CustomField("GSClusterPicker".into()))
    );
    assert!(matches!(field(&form, "a").kind, Kind::Text { .. }));
    assert_eq!(field(&form, "b").kind, Kind::Yaml { object: true });
    assert_eq!(field(&form, "c").kind, Kind::Yaml { object: false });
    assert!(matches!(field(&form, "d").kind, Kind::Number { .. }));
    assert_eq!(
        field(&form, "e").note,
        Some(Note::CustomWidget("ColourWheel".into()))
    );
    text(&mut form, "b", "x: 1");
    assert!(
        problem(&form, "b").unwrap().starts_with("x "),
        "the schema still holds inside"
    );
    text(&mut form, "b", "x: y");
    assert_eq!(values(&form)["b"], json!({"x": "y"}));
}

#[test]
fn the_review_masks_and_hides_what_it_is_told_to() {
    let form = given(
        json!({"title": "One", "properties": {
            "yaml": {"type": "string", "ui:backstage": {"review": {"mask": "(provided)"}}},
            "quiet": {"type": "string", "ui:backstage": {"review": {"show": false}}},
            "tier": {"type": "string", "enum": ["1"], "enumNames": ["Tier 1"]},
            "token": {"type": "string", "ui:field": "Secret"},
        }}),
        json!({"yaml": "a: b", "quiet": "q", "tier": "1", "token": "hunter2"}),
    );
    let review = form.review();
    let rows: Vec<(&str, &str, bool)> = review[0]
        .rows
        .iter()
        .map(|row| (row.label.as_str(), row.value.as_str(), row.masked))
        .collect();
    assert_eq!(
        rows,
        [
            ("yaml", "(provided)", true),
            ("tier", "Tier 1", false),
            ("token", "••••••••", true)
        ]
    );
}

#[test]
fn text_from_a_template_is_stripped_of_what_could_move_a_cursor() {
    let form = page(json!({
        "title": "T\u{1b}[2J",
        "properties": {"a": {"type": "string", "title": "A\u{1b}]0;x\u{7}", "description": "d\u{202e}", "enum": ["\u{1b}[31mred"]}},
    }));
    assert_eq!(form.title(), "T");
    assert_eq!(field(&form, "a").label, "A");
    assert_eq!(field(&form, "a").description.as_deref(), Some("d"));
    assert_eq!(labels(&field(&form, "a").kind), ["red"]);
}
