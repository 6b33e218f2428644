//! Templates that mean harm, or are merely wrong: there are messages, never a hang or a panic.

use serde_json::json;

use super::*;
use crate::form::{FormError, Limits};

#[test]
fn circles_of_references_are_said_and_end() {
    let mut form = page(json!({
        "definitions": {"a": {"$ref": "#/definitions/b"}, "b": {"$ref": "#/definitions/a"}},
        "properties": {"x": {"$ref": "#/definitions/a"}, "y": {"type": "string"}},
    }));
    text(&mut form, "y", "z");
    form.update(Msg::Next);
    assert!(!form.is_review());
    assert!(
        form.page_problems()
            .iter()
            .any(|problem| problem.contains("circle"))
    );
    for page in [
        json!({"$ref": "#"}),
        json!({"allOf": [{"$ref": "#"}]}),
        json!({"properties": {"a": {"anyOf": [{"$ref": "#/properties/a"}, {"type": "string"}]}}}),
        json!({"if": {"$ref": "#"}, "then": {"$ref": "#"}}),
        json!({"dependencies": {"a": {"$ref": "#"}}, "properties": {"a": {"default": 1}}}),
    ] {
        let mut form = super::page(page);
        form.update(Msg::Next);
    }
}

#[test]
fn a_tree_that_holds_itself_is_shown_as_deep_as_it_may_be() {
    let form = page(json!({
        "definitions": {"node": {"type": "object", "properties": {
            "left": {"$ref": "#/definitions/node"}, "right": {"$ref": "#/definitions/node"}, "name": {"type": "string"},
        }}},
        "properties": {"root": {"$ref": "#/definitions/node"}},
    }));
    assert!(form.fields().len() <= Limits::default().fields);
    assert!(
        form.page_problems()
            .iter()
            .any(|problem| problem.contains("more on this page"))
    );
}

#[test]
fn ten_thousand_fields_are_cut_to_what_a_form_can_show() {
    let properties: Map<String, Value> = (0..10_000)
        .map(|n| {
            (
                format!("f{n}"),
                json!({"type": "string", "pattern": "^[a-z]+$"}),
            )
        })
        .collect();
    let mut form = form(Value::Object(properties));
    assert_eq!(form.fields().len(), Limits::default().fields);
    text(&mut form, "f1", "x");
    form.update(Msg::Next);
}

#[test]
fn parameters_too_large_or_deep_for_any_form_are_refused() {
    let mut deep = json!({"type": "string"});
    for _ in 0..200 {
        deep = json!({"type": "object", "properties": {"a": deep}});
    }
    let refused = |parameters: Value| Form::new(&parameters, Map::new()).unwrap_err();
    assert_eq!(refused(deep), FormError::TooLarge);
    let wide: Vec<Value> = (0..300_000).map(Value::from).collect();
    assert_eq!(
        refused(json!({"properties": {"a": {"enum": wide}}})),
        FormError::TooLarge
    );
}

#[test]
fn a_pattern_that_explodes_does_not_hang() {
    let mut form = form(json!({"a": {"type": "string", "pattern": "^(a+)+$"}}));
    text(&mut form, "a", &format!("{}!", "a".repeat(5_000)));
    assert!(problem(&form, "a").is_some());
    form.update(Msg::Next);
}

#[test]
fn conditions_that_chase_each_other_come_to_rest() {
    let mut form = page(json!({
        "properties": {"a": {"type": "string", "default": "x"}},
        "if": {"required": ["b"]},
        "then": {"properties": {"c": {"type": "string", "default": "1"}}},
        "else": {"properties": {"b": {"type": "string", "default": "1"}}},
    }));
    text(&mut form, "a", "y");
    assert!(form.fields().len() <= 3);
    form.update(Msg::Next);
}

#[test]
fn branches_in_branches_in_branches_are_bounded() {
    let mut schema = json!({"properties": {"leaf": {"type": "string"}}});
    for n in 0..12 {
        schema = json!({
            "properties": {format!("t{n}"): {"type": "boolean", "default": true}},
            "allOf": [
                {"if": {"properties": {format!("t{n}"): {"const": true}}}, "then": schema.clone()},
                {"if": {"properties": {format!("t{n}"): {"const": false}}}, "then": schema.clone()},
                {"oneOf": [schema.clone(), {"properties": {"other": {"type": "string"}}}]},
            ],
        });
        if schema.to_string().len() > 200_000 {
            break;
        }
    }
    let mut form = page(schema);
    let first = form.fields().next().map(|field| field.path.clone());
    if let Some(path) = first {
        form.update(Msg::Set {
            path,
            value: json!(false),
        });
    }
    form.update(Msg::Next);
}

#[test]
fn schemas_of_the_wrong_shape_are_taken_for_what_they_can_be() {
    for properties in [
        json!({"a": "string", "b": null, "c": [], "d": 7, "e": true}),
        json!({"a": {"type": "any"}, "b": {"type": []}, "c": {"type": 3}, "d": {"enum": "x"}, "e": {"oneOf": {}}}),
        json!({"a": {"type": "array", "items": true}, "b": {"type": "array", "items": []}, "c": {"type": "array", "items": "x"}}),
        json!({"a": {"type": "object", "properties": []}, "b": {"properties": {"x": 1}}, "c": {"required": "x"}}),
        json!({"a": {"type": "string", "ui:options": "x", "ui:field": 3, "ui:widget": {}, "ui:order": {}}}),
        json!({"": {"type": "string"}, "a.b": {"type": "string"}, "(option)": {"type": "string"}}),
        json!({"a": {"oneOf": [1, null, {"oneOf": [{"oneOf": [{"type": "string"}]}]}]}}),
        json!({"a": {"type": "integer", "minimum": "x", "multipleOf": 0}, "b": {"type": "string", "pattern": "(["}}),
    ] {
        let mut form = form(properties);
        let all: Vec<FieldPath> = form.fields().map(|field| field.path.clone()).collect();
        for path in all {
            form.update(Msg::Text {
                path: path.clone(),
                text: "x".into(),
            });
            form.update(Msg::Pick {
                path: path.clone(),
                option: 0,
            });
            form.update(Msg::Step {
                path: path.clone(),
                by: 1,
            });
            form.update(Msg::Add(path));
        }
        form.update(Msg::Next);
    }
    for page in [
        json!({"properties": 1}),
        json!({"properties": [], "required": {}, "dependencies": []}),
    ] {
        let mut form = super::page(page);
        form.update(Msg::Next);
    }
}

#[test]
fn an_answer_that_is_too_long_is_not_taken() {
    let mut form = form(json!({"a": {"type": "string"}}));
    text(&mut form, "a", &"x".repeat(2 << 20));
    assert_eq!(values(&form), json!({}));
}

#[test]
fn a_list_does_not_grow_without_end() {
    let limits = Limits {
        items: 3,
        ..Limits::default()
    };
    let parameters = json!({"properties": {"l": {"type": "array", "minItems": 1_000_000, "items": {"type": "string"}}}});
    let mut form = Form::with_limits(&parameters, Map::new(), limits).unwrap();
    assert_eq!(values(&form)["l"].as_array().unwrap().len(), 3);
    form.update(Msg::Add(at("l")));
    assert_eq!(values(&form)["l"].as_array().unwrap().len(), 3);
}

#[test]
fn many_costly_pages_cost_hardly_more_than_one() {
    let mut schema = json!({"properties": {"leaf": {"type": "string"}}});
    for n in 0..6 {
        let part = json!({"if": {"properties": {format!("t{n}"): {"const": true}}}, "then": schema.clone()});
        schema = json!({"properties": {format!("t{n}"): {"type": "boolean", "default": true}}, "allOf": [part.clone(), part]});
    }
    let limits = Limits {
        visits: 3_000,
        ..Limits::default()
    };
    let pages: Vec<Value> = vec![schema; 30];
    let form = Form::with_limits(&Value::Array(pages), Map::new(), limits).unwrap();
    let spent: usize = form.built.iter().map(|built| built.visits).sum();
    assert!(spent <= 2 * 3_000 + 30 * 1_000, "{spent}");
}
