//! Which option of a `oneOf` or `anyOf` the answers are for, and what a person calls the options.
//!
//! Rules: react-jsonschema-form's `getFirstMatchingOption` and `getClosestMatchingOption`, with a simpler score.

use serde_json::{Map, Value};

use super::schema_type::Type;
use super::validators::Validators;

type Fields = Map<String, Value>;

/// The options of a schema, where it has any: those of `oneOf`, else those of `anyOf`.
pub(super) fn choices(schema: &Fields) -> Option<&Vec<Value>> {
    ["oneOf", "anyOf"]
        .iter()
        .find_map(|key| schema.get(*key)?.as_array())
        .filter(|list| !list.is_empty())
}

/// The values, with titles, where every option is one value: a choice from a list rather than between forms.
pub(super) fn constants(choices: &[Value]) -> Option<Vec<(Value, Option<String>)>> {
    choices
        .iter()
        .map(|choice| {
            let value = match (choice.get("const"), choice.get("enum")) {
                (Some(value), _) => value,
                (None, Some(Value::Array(list))) if list.len() == 1 => list.first()?,
                _ => return None,
            };
            let title = choice.get("title").and_then(Value::as_str);
            Some((value.clone(), title.map(str::to_owned)))
        })
        .collect()
}

/// The first option that allows a value; of objects, the first that also has one of its properties. The first of all
/// where none does or there is no value.
pub(super) fn first_matching(
    validators: &Validators,
    choices: &[Fields],
    value: Option<&Value>,
) -> usize {
    value.map_or(0, |value| {
        choices
            .iter()
            .position(|choice| matches(validators, choice, value))
            .unwrap_or(0)
    })
}

fn matches(validators: &Validators, choice: &Fields, value: &Value) -> bool {
    let Some(Value::Object(properties)) = choice.get("properties") else {
        return validators.allows(&Value::Object(choice.clone()), value);
    };
    let shares = properties.is_empty() || properties.keys().any(|name| value.get(name).is_some());
    shares && validators.allows(&Value::Object(choice.clone()), value)
}

/// The option that a value is most likely for: the only one that allows it, else the one that fits it best.
pub(super) fn closest(validators: &Validators, choices: &[Fields], value: Option<&Value>) -> usize {
    let Some(value) = value else {
        return 0;
    };
    let fitting: Vec<usize> = choices
        .iter()
        .enumerate()
        .filter(|(_, choice)| matches(validators, choice, value))
        .map(|(at, _)| at)
        .collect();
    if let [only] = fitting.as_slice() {
        return *only;
    }
    let candidates: Vec<usize> = if fitting.is_empty() {
        (0..choices.len()).collect()
    } else {
        fitting
    };
    let mut best = (0, i64::MIN);
    for at in candidates {
        let score = choices
            .get(at)
            .map_or(i64::MIN, |choice| score(validators, choice, value));
        if score > best.1 {
            best = (at, score);
        }
    }
    best.0
}

fn score(validators: &Validators, choice: &Fields, value: &Value) -> i64 {
    match (choice.get("properties"), value) {
        (Some(Value::Object(properties)), Value::Object(fields)) => fields
            .iter()
            .map(|(name, value)| match properties.get(name) {
                Some(schema) if validators.allows(schema, value) => {
                    if schema.get("const").is_some() || schema.get("enum").is_some() {
                        3
                    } else {
                        2
                    }
                }
                Some(_) => 1,
                None => 0,
            })
            .sum(),
        _ => {
            let same = Type::of_schema(choice) == Some(Type::of_value(value));
            i64::from(same) + i64::from(validators.allows(&Value::Object(choice.clone()), value))
        }
    }
}

/// What an option is called: its title, else the field's with a number, as react-jsonschema-form has it.
pub(super) fn title(choice: &Fields, at: usize, field: Option<&str>) -> String {
    let own = choice.get("title").and_then(Value::as_str);
    match (own.filter(|title| !title.is_empty()), field) {
        (Some(title), _) => title.to_owned(),
        (None, Some(field)) => format!("{field} option {}", at + 1),
        (None, None) => format!("Option {}", at + 1),
    }
}

/// A schema without the parts that its options are.
pub(super) fn without(schema: &Fields) -> Fields {
    let mut rest = schema.clone();
    rest.shift_remove("oneOf");
    rest.shift_remove("anyOf");
    rest
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields(list: Value) -> Vec<Fields> {
        list.as_array()
            .unwrap()
            .iter()
            .map(|value| value.as_object().unwrap().clone())
            .collect()
    }

    #[test]
    fn the_option_is_the_one_the_answers_fit() {
        let validators = Validators::new(&json!({}));
        let choices = fields(json!([
            {"properties": {"kind": {"const": "a"}, "x": {"type": "string"}}, "required": ["kind"]},
            {"properties": {"kind": {"const": "b"}, "y": {"type": "number"}}, "required": ["kind", "y"]},
        ]));
        let closest = |value: Value| closest(&validators, &choices, Some(&value));
        assert_eq!(closest(json!({"kind": "b", "y": 1})), 1);
        assert_eq!(closest(json!({"kind": "b"})), 1);
        assert_eq!(closest(json!({})), 0);
        assert_eq!(first_matching(&validators, &choices, None), 0);
    }

    #[test]
    fn options_that_are_values_make_a_list_to_choose_from() {
        let choices = json!([{"const": 1, "title": "One"}, {"enum": ["two"]}]);
        assert_eq!(
            constants(choices.as_array().unwrap()),
            Some(vec![
                (json!(1), Some("One".to_owned())),
                (json!("two"), None)
            ])
        );
        assert_eq!(constants(&[json!({"type": "string"})]), None);
    }
}
