//! Lists: of any length, fixed ones, and choices of several.

use serde_json::json;

use super::*;

#[test]
fn items_are_added_removed_and_moved_and_keep_what_was_typed() {
    let mut form =
        form(json!({"hosts": {"type": "array", "title": "Hosts", "items": {"type": "string"}}}));
    assert_eq!(
        values(&form),
        json!({"hosts": []}),
        "as react-jsonschema-form has it"
    );
    for (id, host) in ["a", "b", "c"].into_iter().enumerate() {
        form.update(Msg::Add(at("hosts")));
        assert_eq!(form.focus(), Some(&at(&format!("hosts.{id}"))));
        text(&mut form, &format!("hosts.{id}"), host);
    }
    assert_eq!(values(&form), json!({"hosts": ["a", "b", "c"]}));
    assert_eq!(field(&form, "hosts.1").label, "Hosts 2");
    form.update(Msg::Move {
        path: at("hosts.2"),
        by: -2,
    });
    assert_eq!(values(&form), json!({"hosts": ["c", "a", "b"]}));
    form.update(Msg::Remove(at("hosts.0")));
    assert_eq!(values(&form), json!({"hosts": ["c", "b"]}));
    form.update(Msg::Add(at("hosts")));
    assert_eq!(values(&form), json!({"hosts": ["c", "b", null]}));
    assert_eq!(problem(&form, "hosts.3").unwrap(), "This is needed");
}

#[test]
fn the_items_of_a_default_can_be_changed_one_by_one() {
    let mut form =
        form(json!({"l": {"type": "array", "default": ["x", "y"], "items": {"type": "string"}}}));
    text(&mut form, "l.1", "z");
    assert_eq!(values(&form), json!({"l": ["x", "z"]}));
    form.update(Msg::Remove(at("l.0")));
    assert_eq!(values(&form), json!({"l": ["z"]}));
    form.update(Msg::Reset(at("l")));
    assert_eq!(values(&form), json!({"l": ["x", "y"]}));
}

#[test]
fn a_list_of_objects_has_the_fields_of_each() {
    let mut form = form(json!({"ports": {
        "type": "array", "minItems": 1, "maxItems": 2,
        "items": {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}, "tls": {"type": "boolean", "default": false}}},
    }}));
    assert_eq!(
        paths(&form),
        ["ports", "ports[0]", "ports[0].n", "ports[0].tls"]
    );
    text(&mut form, "ports.0.n", "80");
    form.update(Msg::Add(at("ports")));
    text(&mut form, "ports.1.n", "443");
    set(&mut form, "ports.1.tls", json!(true));
    assert_eq!(
        values(&form),
        json!({"ports": [{"n": 80, "tls": false}, {"n": 443, "tls": true}]})
    );
    form.update(Msg::Add(at("ports")));
    assert_eq!(
        values(&form)["ports"].as_array().unwrap().len(),
        2,
        "there is room for two"
    );
    form.update(Msg::Move {
        path: at("ports.1"),
        by: -1,
    });
    assert_eq!(values(&form)["ports"][0]["n"], json!(443));
}

#[test]
fn too_few_too_many_and_the_same_twice_are_said_at_the_list() {
    let mut form = form(
        json!({"l": {"type": "array", "maxItems": 1, "uniqueItems": true, "items": {"type": "string"}, "default": ["a", "a"]}}),
    );
    assert_eq!(problem(&form, "l").unwrap(), "At most 1 item");
    form.update(Msg::Remove(at("l.1")));
    assert_eq!(problem(&form, "l"), None);
    let form = super::form(
        json!({"l": {"type": "array", "uniqueItems": true, "items": {"type": "string"}, "default": ["a", "a"]}}),
    );
    assert_eq!(problem(&form, "l").unwrap(), "No two may be the same");
}

#[test]
fn a_fixed_list_has_a_field_for_each_place() {
    let mut form = form(json!({"pair": {
        "type": "array", "items": [{"type": "string", "title": "Key"}, {"type": "integer", "title": "Value"}],
        "additionalItems": {"type": "boolean"},
    }}));
    assert_eq!(paths(&form), ["pair", "pair[0]", "pair[1]"]);
    assert_eq!(field(&form, "pair.1").label, "Value");
    assert!(field(&form, "pair.0").member.is_none());
    text(&mut form, "pair.0", "a");
    text(&mut form, "pair.1", "1");
    form.update(Msg::Add(at("pair")));
    set(&mut form, "pair.2", json!(true));
    assert_eq!(values(&form), json!({"pair": ["a", 1, true]}));
}

#[test]
fn several_out_of_some_are_in_the_options_order() {
    let mut form = form(json!({"envs": {
        "type": "array", "uniqueItems": true, "ui:widget": "checkboxes",
        "items": {"type": "string", "enum": ["dev", "stage", "prod"], "enumNames": ["Dev", "Stage", "Prod"]},
    }}));
    assert_eq!(labels(&field(&form, "envs").kind), ["Dev", "Stage", "Prod"]);
    pick(&mut form, "envs", 2);
    pick(&mut form, "envs", 0);
    assert_eq!(values(&form), json!({"envs": ["dev", "prod"]}));
    assert_eq!(field(&form, "envs").shown(), "Dev, Prod");
    pick(&mut form, "envs", 2);
    assert_eq!(values(&form), json!({"envs": ["dev"]}));
}

#[test]
fn choices_that_may_repeat_are_a_list_of_choices() {
    let mut form =
        form(json!({"l": {"type": "array", "items": {"type": "string", "enum": ["a", "b"]}}}));
    form.update(Msg::Add(at("l")));
    pick(&mut form, "l.0", 1);
    assert_eq!(values(&form), json!({"l": ["b"]}));
}

#[test]
fn a_list_of_anything_is_written_as_yaml() {
    let mut form = form(json!({"l": {"type": "array"}}));
    text(&mut form, "l", "- a\n- 1");
    assert_eq!(values(&form), json!({"l": ["a", 1]}));
    text(&mut form, "l", "a: 1");
    assert!(problem(&form, "l").unwrap().contains("list"));
}

#[test]
fn a_list_that_may_not_be_reordered_or_added_to_is_left_as_it_is() {
    let mut form = form(json!({"l": {
        "type": "array", "default": ["a", "b"], "items": {"type": "string"},
        "ui:options": {"orderable": false, "addable": false, "removable": false},
    }}));
    form.update(Msg::Add(at("l")));
    form.update(Msg::Move {
        path: at("l.1"),
        by: -1,
    });
    form.update(Msg::Remove(at("l.0")));
    assert_eq!(values(&form), json!({"l": ["a", "b"]}));
}
