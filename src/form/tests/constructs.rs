//! What a person sees of each construct of a schema, and what a task gets of it.

use serde_json::json;

use super::*;
use crate::form::{ChoiceStyle, Note};

#[test]
fn a_text_is_what_was_typed_and_an_empty_one_is_absent() {
    let mut form = form(json!({"name": {"type": "string", "title": "Name"}}));
    assert_eq!(field(&form, "name").label, "Name");
    assert_eq!(values(&form), json!({}));
    text(&mut form, "name", "pay");
    assert_eq!(values(&form), json!({"name": "pay"}));
    text(&mut form, "name", "");
    assert_eq!(values(&form), json!({}));
}

#[test]
fn an_emptied_field_does_not_get_its_default_back_until_it_is_reset() {
    let mut form = form(json!({"port": {"type": "integer", "default": 80}}));
    assert_eq!(values(&form), json!({"port": 80}));
    assert_eq!(field(&form, "port").text, "80");
    assert!(field(&form, "port").untouched);
    text(&mut form, "port", "");
    assert_eq!(values(&form), json!({}));
    form.update(Msg::Reset(at("port")));
    assert_eq!(values(&form), json!({"port": 80}));
}

#[test]
fn an_empty_value_takes_the_place_of_nothing() {
    let mut form = form(json!({"a": {"type": "string", "ui:emptyValue": ""}}));
    text(&mut form, "a", "x");
    text(&mut form, "a", "");
    assert_eq!(values(&form), json!({"a": ""}));
}

#[test]
fn integers_are_given_as_integers_and_numbers_with_their_fraction() {
    let mut form = form(json!({"i": {"type": "integer"}, "n": {"type": "number"}}));
    text(&mut form, "i", "8080");
    text(&mut form, "n", "0.5");
    assert_eq!(values(&form), json!({"i": 8080, "n": 0.5}));
    assert!(form.values()["i"].is_i64());
    text(&mut form, "i", "5.0");
    assert_eq!(form.values()["i"].to_string(), "5");
    text(&mut form, "i", "5.5");
    assert_eq!(problem(&form, "i").unwrap(), "This must be a whole number");
}

#[test]
fn text_that_is_no_number_is_kept_as_typed_with_its_error() {
    let mut form = form(json!({"n": {"type": "number", "minimum": 1, "maximum": 9}}));
    text(&mut form, "n", "12x");
    assert_eq!(field(&form, "n").text, "12x");
    assert_eq!(problem(&form, "n").unwrap(), "This must be a number");
    text(&mut form, "n", "12");
    assert_eq!(problem(&form, "n").unwrap(), "At most 9");
    text(&mut form, "n", "1.0");
    assert_eq!(
        (field(&form, "n").text.as_str(), problem(&form, "n")),
        ("1.0", None)
    );
}

#[test]
fn a_number_steps_on_its_grid_within_its_bounds() {
    let mut form = form(
        json!({"n": {"type": "number", "minimum": 0, "maximum": 1, "multipleOf": 0.1, "ui:widget": "range"}}),
    );
    let mut step = |by| {
        form.update(Msg::Step { path: at("n"), by });
        values(&form)["n"].clone()
    };
    assert_eq!(step(1), json!(0));
    assert_eq!(step(3), json!(0.3));
    assert_eq!(step(20), json!(1));
    assert_eq!(step(-1), json!(0.9));
    assert!(matches!(
        field(&form, "n").kind,
        Kind::Number { range: true, .. }
    ));
}

#[test]
fn yes_or_no_is_absent_until_it_is_answered() {
    let mut form = page(json!({
        "required": ["on"],
        "properties": {
            "on": {"type": "boolean", "enumNames": ["Ja", "Nein"]},
            "off": {"type": "boolean", "default": false},
        },
    }));
    assert_eq!(values(&form), json!({"off": false}));
    assert_eq!(problem(&form, "on").unwrap(), "Choose one");
    set(&mut form, "on", json!(false));
    assert_eq!(values(&form), json!({"on": false, "off": false}));
    assert_eq!(field(&form, "on").shown(), "Nein");
    set(&mut form, "on", json!("yes"));
    assert_eq!(
        values(&form)["on"],
        json!(false),
        "a toggle takes nothing else"
    );
}

#[test]
fn null_is_its_own_value() {
    assert_eq!(
        values(&form(json!({"n": {"type": "null"}}))),
        json!({"n": null})
    );
}

#[test]
fn options_have_names_and_may_be_objects_or_null() {
    let mut form = form(json!({"env": {
        "type": "object",
        "enum": [{"id": 1}, null, "x"],
        "enumNames": ["First", "None", "Third"],
    }}));
    // A type that the options do not have does not take them away.
    let form_of = &mut form;
    assert_eq!(
        labels(&field(form_of, "env").kind),
        ["First", "None", "Third"]
    );
    pick(form_of, "env", 0);
    assert_eq!(values(form_of), json!({"env": {"id": 1}}));
    pick(form_of, "env", 1);
    assert_eq!(values(form_of), json!({"env": null}));
}

#[test]
fn a_choice_of_constants_is_a_list_to_choose_from() {
    let mut form = form(json!({"tier": {
        "type": "string",
        "oneOf": [{"const": "a", "title": "Alpha"}, {"const": "b"}],
        "ui:widget": "radio",
    }}));
    assert_eq!(labels(&field(&form, "tier").kind), ["Alpha", "b"]);
    assert!(matches!(
        field(&form, "tier").kind,
        Kind::Choice {
            style: ChoiceStyle::Radio,
            ..
        }
    ));
    pick(&mut form, "tier", 1);
    assert_eq!(values(&form), json!({"tier": "b"}));
    assert_eq!(problem(&form, "tier"), None);
}

#[test]
fn options_that_are_disabled_cannot_be_chosen() {
    let mut form =
        form(json!({"a": {"type": "string", "enum": ["x", "y"], "ui:enumDisabled": ["y"]}}));
    pick(&mut form, "a", 1);
    assert_eq!(values(&form), json!({}));
    pick(&mut form, "a", 0);
    assert_eq!(values(&form), json!({"a": "x"}));
}

#[test]
fn a_constant_is_its_own_value_and_takes_no_change() {
    let mut form = form(json!({"v": {"type": "string", "const": "fixed"}}));
    assert_eq!(values(&form), json!({"v": "fixed"}));
    text(&mut form, "v", "other");
    assert_eq!(values(&form), json!({"v": "fixed"}));
}

#[test]
fn a_default_of_the_wrong_type_is_shown_and_not_lost() {
    let form = form(json!({
        "port": {"type": "integer", "default": "8080"},
        "version": {"type": "string", "default": 17},
        "on": {"type": "boolean", "default": "true"},
        "list": {"type": "string", "default": ["a"]},
        "other": {"type": "string", "enum": ["a", "b"], "default": "c"},
    }));
    assert_eq!(values(&form)["port"], json!(8080));
    assert_eq!(values(&form)["version"], json!("17"));
    assert_eq!(values(&form)["on"], json!(true));
    assert_eq!(field(&form, "port").note, Some(Note::WrongDefault));
    assert_eq!(values(&form)["list"], json!(["a"]));
    assert_eq!(field(&form, "list").note, Some(Note::WrongDefault));
    assert_eq!(problem(&form, "list").unwrap(), "This must be a text");
    assert_eq!(
        problem(&form, "other").unwrap(),
        "c is not one of the options"
    );
}

#[test]
fn patterns_lengths_formats_and_multiples_are_told_in_words() {
    let mut form = form(json!({
        "name": {"type": "string", "pattern": "^[a-z0-9-]+$"},
        "odd": {"type": "string", "pattern": "^(?!x).*$"},
        "len": {"type": "string", "minLength": 3, "maxLength": 5},
        "mail": {"type": "string", "format": "email"},
        "even": {"type": "integer", "multipleOf": 2},
        "more": {"type": "integer", "exclusiveMinimum": 3},
    }));
    for (path, typed, message) in [
        (
            "name",
            "order_service",
            "Only lowercase letters, numbers, and hyphens",
        ),
        ("odd", "xy", "This must match the pattern ^(?!x).*$"),
        ("len", "ab", "At least 3 characters"),
        ("len", "abcdef", "At most 5 characters"),
        ("mail", "nobody", "This must be an e-mail address"),
        ("even", "3", "This must be a multiple of 2"),
        ("more", "3", "More than 3"),
    ] {
        text(&mut form, path, typed);
        assert_eq!(problem(&form, path).unwrap(), message);
    }
}

#[test]
fn the_templates_own_words_come_first() {
    let mut form = page(json!({
        "required": ["c", "d"],
        "errorMessage": {"required": {"c": "Tell us C"}, "properties": {"d": "D is odd"}},
        "properties": {
            "a": {"type": "string", "pattern": "^a", "errorMessage": "Begin with a"},
            "b": {"type": "string", "maxLength": 1, "errorMessage": {"maxLength": "Too long, friend", "_": "No"}},
            "c": {"type": "string"},
            "d": {"type": "string", "minLength": 2},
        },
    }));
    text(&mut form, "a", "b");
    text(&mut form, "b", "bb");
    text(&mut form, "d", "x");
    assert_eq!(problem(&form, "a").unwrap(), "Begin with a");
    assert_eq!(problem(&form, "b").unwrap(), "Too long, friend");
    assert_eq!(problem(&form, "c").unwrap(), "Tell us C");
    assert_eq!(problem(&form, "d").unwrap(), "D is odd");
}

#[test]
fn an_object_has_a_heading_and_is_absent_while_it_is_empty() {
    let mut form = form(json!({"db": {
        "type": "object", "title": "Database", "required": ["name"],
        "properties": {"name": {"type": "string"}, "size": {"type": "integer"}},
    }}));
    assert_eq!(paths(&form), ["db", "db.name", "db.size"]);
    assert_eq!(
        (field(&form, "db").depth, field(&form, "db.name").depth),
        (0, 1)
    );
    assert_eq!(values(&form), json!({}));
    text(&mut form, "db.size", "3");
    assert_eq!(values(&form), json!({"db": {"size": 3}}));
    assert_eq!(problem(&form, "db.name").unwrap(), "This is needed");
}

#[test]
fn the_deepest_default_wins() {
    let form = form(json!({"db": {
        "type": "object", "default": {"a": "outer", "b": "outer"},
        "properties": {"a": {"type": "string", "default": "inner"}, "b": {"type": "string"}},
    }}));
    assert_eq!(values(&form), json!({"db": {"a": "inner", "b": "outer"}}));
}

#[test]
fn an_object_without_fields_is_written_as_yaml() {
    let mut form = form(json!({"labels": {"type": "object"}}));
    assert_eq!(field(&form, "labels").kind, Kind::Yaml { object: true });
    text(&mut form, "labels", "a: 1\nb: [x]");
    assert_eq!(values(&form), json!({"labels": {"a": 1, "b": ["x"]}}));
    text(&mut form, "labels", "just text");
    assert!(problem(&form, "labels").unwrap().contains("object"));
    text(&mut form, "labels", "a: [");
    assert_eq!(
        problem(&form, "labels").unwrap(),
        "This is not valid YAML (line 1)"
    );
    assert_eq!(field(&form, "labels").text, "a: [");
}

#[test]
fn an_object_that_takes_any_name_takes_new_ones_and_lets_them_be_renamed() {
    let mut form = form(json!({"env": {
        "type": "object", "additionalProperties": {"type": "integer"}, "default": {"A": 1},
    }}));
    assert_eq!(paths(&form), ["env", "env.A"]);
    form.update(Msg::AddName {
        path: at("env"),
        name: "B".into(),
    });
    text(&mut form, "env.B", "2");
    assert_eq!(values(&form), json!({"env": {"A": 1, "B": 2}}));
    form.update(Msg::Rename {
        path: at("env.A"),
        name: "C".into(),
    });
    assert_eq!(values(&form), json!({"env": {"C": 1, "B": 2}}));
    form.update(Msg::Rename {
        path: at("env.C"),
        name: "B".into(),
    });
    assert_eq!(
        values(&form),
        json!({"env": {"C": 1, "B": 2}}),
        "a name is taken once"
    );
    form.update(Msg::Remove(at("env.C")));
    assert_eq!(values(&form), json!({"env": {"B": 2}}));
}

#[test]
fn fields_appear_with_an_answer_and_bring_back_what_was_typed() {
    let mut form = page(json!({
        "properties": {"db": {"type": "string", "enum": ["none", "postgres"], "default": "none"}},
        "dependencies": {"db": {"oneOf": [
            {"properties": {"db": {"enum": ["none"]}}},
            {"required": ["size"], "properties": {"db": {"enum": ["postgres"]}, "size": {"type": "string"}}},
        ]}},
    }));
    assert_eq!(paths(&form), ["db"]);
    pick(&mut form, "db", 1);
    assert_eq!(paths(&form), ["db", "size"]);
    assert!(field(&form, "size").required);
    text(&mut form, "size", "10Gi");
    assert_eq!(values(&form), json!({"db": "postgres", "size": "10Gi"}));
    pick(&mut form, "db", 0);
    assert_eq!(
        values(&form),
        json!({"db": "none"}),
        "a vanished field gives the task nothing"
    );
    pick(&mut form, "db", 1);
    assert_eq!(values(&form), json!({"db": "postgres", "size": "10Gi"}));
}

#[test]
fn a_chain_of_conditions_follows_through_and_a_vanished_answer_holds_nothing_up() {
    let mut form = page(json!({
        "properties": {"a": {"type": "boolean"}},
        "allOf": [
            {"if": {"properties": {"a": {"const": true}}, "required": ["a"]}, "then": {"properties": {"b": {"type": "boolean"}}}},
            {"if": {"properties": {"b": {"const": true}}, "required": ["b"]}, "then": {"properties": {"c": {"type": "string"}}}},
        ],
    }));
    set(&mut form, "a", json!(true));
    set(&mut form, "b", json!(true));
    text(&mut form, "c", "x");
    assert_eq!(values(&form), json!({"a": true, "b": true, "c": "x"}));
    set(&mut form, "a", json!(false));
    assert_eq!(paths(&form), ["a"]);
    assert_eq!(values(&form), json!({"a": false}));
}

#[test]
fn a_property_can_make_others_needed() {
    let mut form = page(json!({
        "properties": {"card": {"type": "string"}, "address": {"type": "string"}},
        "dependencies": {"card": ["address"]},
    }));
    assert!(!field(&form, "address").required);
    text(&mut form, "card", "1");
    assert!(field(&form, "address").required);
}

#[test]
fn if_then_else_chooses_between_fields() {
    let mut form = page(json!({
        "properties": {"kind": {"type": "string", "enum": ["a", "b"], "default": "a"}},
        "if": {"properties": {"kind": {"const": "a"}}},
        "then": {"properties": {"x": {"type": "string"}}},
        "else": {"properties": {"y": {"type": "string"}}, "required": ["y"]},
    }));
    assert_eq!(paths(&form), ["kind", "x"]);
    pick(&mut form, "kind", 1);
    assert_eq!(paths(&form), ["kind", "y"]);
}

#[test]
fn the_parts_of_all_of_are_one_form() {
    let form = page(json!({
        "allOf": [
            {"properties": {"a": {"type": "string", "default": "x"}}, "required": ["a"]},
            {"properties": {"b": {"type": "string", "allOf": [{"minLength": 2}, {"title": "Bee"}]}}},
        ],
    }));
    assert_eq!(paths(&form), ["a", "b"]);
    assert!(field(&form, "a").required);
    assert_eq!(field(&form, "b").label, "Bee");
    assert_eq!(values(&form), json!({"a": "x"}));
}

#[test]
fn references_bring_the_definition() {
    let mut form = page(json!({
        "definitions": {"port": {"type": "integer", "minimum": 1, "title": "Port"}},
        "properties": {
            "in": {"$ref": "#/definitions/port"},
            "out": {"$ref": "#/definitions/port", "title": "Out"},
            "lost": {"$ref": "#/definitions/none"},
        },
    }));
    assert_eq!(field(&form, "in").label, "Port");
    assert_eq!(field(&form, "out").label, "Out");
    text(&mut form, "in", "0");
    assert_eq!(problem(&form, "in").unwrap(), "At least 1");
    assert!(form.page_problems()[0].contains("#/definitions/none"));
}

#[test]
fn one_of_several_forms_is_chosen_and_keeps_what_was_typed() {
    let mut form = page(json!({
        "properties": {"name": {"type": "string"}},
        "oneOf": [
            {"title": "By URL", "properties": {"url": {"type": "string"}}, "required": ["url"]},
            {"title": "By file", "properties": {"file": {"type": "string"}}, "required": ["file"]},
        ],
    }));
    assert_eq!(paths(&form), ["name", "(option)", "url"]);
    assert_eq!(
        labels(&field(&form, "(option)").kind),
        ["By URL", "By file"]
    );
    text(&mut form, "url", "x");
    pick(&mut form, "(option)", 1);
    assert_eq!(paths(&form), ["name", "(option)", "file"]);
    assert_eq!(values(&form), json!({}));
    text(&mut form, "file", "f");
    pick(&mut form, "(option)", 0);
    assert_eq!(values(&form), json!({"url": "x"}));
    form.update(Msg::Next);
    assert!(form.is_review(), "{:?}", form.page_problems());
}

#[test]
fn the_form_is_chosen_by_what_was_given() {
    let parameters = json!({"properties": {"store": {"type": "object", "anyOf": [
        {"title": "A", "properties": {"kind": {"type": "string", "const": "a"}}},
        {"title": "B", "properties": {"kind": {"type": "string", "const": "b"}, "size": {"type": "integer"}}},
    ]}}});
    let form = given(parameters, json!({"store": {"kind": "b", "size": 3}}));
    assert_eq!(field(&form, "store.(option)").shown(), "B");
    assert_eq!(values(&form), json!({"store": {"kind": "b", "size": 3}}));
}

#[test]
fn a_value_may_have_one_of_several_types() {
    let mut form = form(json!({"v": {"title": "V", "oneOf": [
        {"type": "string", "title": "Text"},
        {"type": "object", "title": "Both", "properties": {"a": {"type": "integer"}}},
    ]}}));
    assert_eq!(paths(&form), ["v.(option)", "v"]);
    text(&mut form, "v", "x");
    assert_eq!(values(&form), json!({"v": "x"}));
    pick(&mut form, "v.(option)", 1);
    text(&mut form, "v.a", "1");
    assert_eq!(values(&form), json!({"v": {"a": 1}}));
}

#[test]
fn a_type_that_may_be_null_is_filled_in_as_the_other() {
    let mut form = form(json!({"n": {"type": ["null", "integer"], "default": null}}));
    assert!(matches!(field(&form, "n").kind, Kind::Number { .. }));
    assert_eq!(values(&form), json!({"n": null}));
    text(&mut form, "n", "3");
    assert_eq!(values(&form), json!({"n": 3}));
}
