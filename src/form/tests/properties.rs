//! Whatever the schema and whatever is done: no panic, and what a form says is right, the validator says too.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::form::Draft;
use crate::schema::Schema;

fn name() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["a", "b", "c", "repoUrl"]).prop_map(str::to_owned)
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(Value::from),
        (-3i64..9).prop_map(Value::from),
        prop::sample::select(vec!["", "a", "b", "xyz", "12", "1.5"]).prop_map(Value::from),
    ]
}

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!({"type": "string"})),
        Just(json!({"type": "string", "pattern": "^[a-z]+$", "maxLength": 3})),
        Just(json!({"type": "integer", "minimum": 0, "maximum": 5})),
        Just(json!({"type": "number", "multipleOf": 0.5})),
        Just(json!({"type": "boolean"})),
        Just(json!({"type": "null"})),
        Just(json!({"type": ["string", "null"]})),
        Just(json!({"type": "string", "ui:field": "Secret"})),
        Just(json!({"type": "string", "ui:field": "OwnerPicker"})),
        Just(json!({"type": "string", "ui:field": "RepoUrlPicker"})),
        Just(json!({"type": "array", "uniqueItems": true, "items": {"enum": ["a", 1, null]}})),
        Just(json!({"ui:widget": "hidden"})),
        Just(json!({"$ref": "#/definitions/d"})),
        Just(json!({})),
        scalar().prop_map(|value| json!({ "const": value })),
        prop::collection::vec(scalar(), 1..4).prop_map(|list| json!({ "enum": list })),
        (leaf_type(), scalar())
            .prop_map(|(kind, default)| json!({"type": kind, "default": default})),
    ]
}

fn leaf_type() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "string", "integer", "boolean", "array", "object", "odd",
    ])
}

fn schema() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(4, 40, 4, |inner| {
        let properties = prop::collection::vec((name(), inner.clone()), 0..4).prop_map(|pairs| {
            Value::Object(pairs.into_iter().collect())
        })
        .boxed();
        prop_oneof![
            (properties.clone(), prop::collection::vec(name(), 0..3)).prop_map(
                |(properties, required)| json!({"type": "object", "properties": properties, "required": required})
            ),
            (inner.clone(), 0..3u8, prop::option::of(0..3u8)).prop_map(|(items, least, most)| {
                let mut list = json!({"type": "array", "items": items, "minItems": least});
                if let Some(most) = most {
                    list["maxItems"] = json!(most);
                }
                list
            }),
            prop::collection::vec(inner.clone(), 1..3)
                .prop_map(|items| json!({"type": "array", "items": items})),
            (properties.clone(), name(), inner.clone(), inner.clone()).prop_map(|(p, n, a, b)| json!({
                "properties": p, "dependencies": {n.clone(): {"oneOf": [
                    {"properties": {n.clone(): {"enum": ["a", 1, true]}, "x": a}},
                    {"properties": {n: {"enum": ["b", 2, false]}, "y": b}},
                ]}},
            })),
            (inner.clone(), inner.clone(), inner.clone())
                .prop_map(|(a, b, c)| json!({"if": a, "then": b, "else": c, "properties": {"z": c}})),
            prop::collection::vec(inner.clone(), 1..3).prop_map(|list| json!({ "allOf": list })),
            prop::collection::vec(inner.clone(), 1..3).prop_map(|list| json!({ "oneOf": list })),
            prop::collection::vec(inner.clone(), 1..3)
                .prop_map(|list| json!({"anyOf": list, "properties": {"w": {"type": "string"}}})),
            inner.prop_map(|rest| json!({"type": "object", "additionalProperties": rest})),
        ]
    })
}

fn parameters() -> impl Strategy<Value = Value> {
    let page = (
        prop::collection::vec((name(), schema()), 0..4),
        schema(),
        prop::collection::vec(name(), 0..3),
        schema(),
    )
        .prop_map(|(properties, beside, required, definition)| {
            let mut page = match beside {
                Value::Object(page) => page,
                _ => Map::new(),
            };
            page.remove("type");
            page.remove("const");
            page.remove("enum");
            page.insert(
                "properties".into(),
                Value::Object(properties.into_iter().collect()),
            );
            page.insert("required".into(), json!(required));
            page.insert("definitions".into(), json!({ "d": definition }));
            Value::Object(page)
        });
    prop::collection::vec(page, 1..3).prop_map(Value::Array)
}

/// A message made of numbers, for some field of the page.
fn message(form: &Form, (what, which, number): (u8, u8, u8)) -> Msg {
    let paths: Vec<FieldPath> = form.fields().map(|field| field.path.clone()).collect();
    let path = match paths.get(usize::from(which) % paths.len().max(1)) {
        Some(path) => path.clone(),
        None => FieldPath::root(),
    };
    let words = [
        "",
        "a",
        "b",
        "12",
        "1.5",
        "x: 1",
        "- a",
        "github.com?owner=o&repo=r",
        "{",
    ];
    let word = words[usize::from(number) % words.len()];
    match what % 16 {
        0..=2 => Msg::Text {
            path,
            text: word.to_owned(),
        },
        3 | 4 => Msg::Pick {
            path,
            option: usize::from(number % 4),
        },
        5 => Msg::Set {
            path,
            value: json!(number % 2 == 0),
        },
        6 => Msg::Set {
            path,
            value: json!([word]),
        },
        7 | 8 => Msg::Add(path),
        9 => Msg::Remove(path),
        10 => Msg::Move {
            path,
            by: i32::from(number % 5) - 2,
        },
        11 => match number % 4 {
            0 => Msg::Clear(path),
            1 => Msg::Reset(path),
            2 => Msg::AddName {
                path,
                name: word.to_owned(),
            },
            _ => Msg::Rename {
                path,
                name: word.to_owned(),
            },
        },
        12 => Msg::Secret {
            path,
            text: word.into(),
        },
        13 => Msg::Step {
            path,
            by: i32::from(number % 7) - 3,
        },
        14 => match number % 4 {
            0 => Msg::FocusNext,
            1 => Msg::FocusPrevious,
            2 => Msg::Paused,
            _ => Msg::Focus(path),
        },
        _ => match number % 3 {
            0 => Msg::Back,
            1 => Msg::GoTo(usize::from(which % 4)),
            _ => Msg::Next,
        },
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn what_the_form_finds_right_the_validator_finds_right(
        parameters in parameters(),
        steps in prop::collection::vec((any::<u8>(), any::<u8>(), any::<u8>()), 0..30),
    ) {
        let mut form = Form::new(&parameters, Map::new()).unwrap();
        for step in steps {
            let msg = message(&form, step);
            form.update(msg);
            if let Some(focus) = form.focus() {
                prop_assert!(form.field(focus).is_some_and(Field::takes_focus));
            }
        }
        let values = form.values();
        if form.blockers().is_empty() {
            for page in parameters.as_array().unwrap() {
                let schema = Schema::new(page).unwrap();
                prop_assert!(schema.allows(&Value::Object(values.clone())), "{page} {values:?}");
            }
        }
        let draft: Draft = serde_json::from_str(&serde_json::to_string(&form.draft()).unwrap()).unwrap();
        let mut again = Form::new(&parameters, Map::new()).unwrap();
        again.restore(draft);
        // What is a secret on one branch is not kept from another.
        if !parameters.to_string().contains("Secret") {
            prop_assert_eq!(again.values(), values);
        }
    }
}
