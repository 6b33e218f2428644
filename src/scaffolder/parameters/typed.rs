//! `--set name=text`: a text on a command line as the value that the parameter's schema wants.

use serde_json::{Map, Value};

/// Why a text is no value of its parameter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NotTyped {
    /// What is wrong: `is not a number`.
    pub message: String,
}

fn not(message: impl Into<String>) -> NotTyped {
    NotTyped {
        message: message.into(),
    }
}

/// The value that a text stands for. Without a schema, or without a type in it, a text is a text, unless it is one of the
/// parameter's choices.
///
/// # Errors
/// Where the text is of none of the parameter's types.
pub fn typed(schema: Option<&Value>, text: &str) -> Result<Value, NotTyped> {
    let Some(schema) = schema else {
        return Ok(Value::from(text));
    };
    if let Some(choice) = choice(schema, text) {
        return Ok(choice);
    }
    let types: Vec<&str> = match schema.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    // The narrower type goes first: `7` of string or number is a number only where no string will do.
    if types.is_empty() || types.contains(&"string") {
        return Ok(Value::from(text));
    }
    let mut first = None;
    for name in types {
        match of_type(name, schema, text) {
            Ok(value) => return Ok(value),
            Err(error) => {
                first.get_or_insert(error);
            }
        }
    }
    match first {
        Some(error) => Err(error),
        None => Ok(Value::from(text)),
    }
}

/// The choice of an `enum` that is written so.
fn choice(schema: &Value, text: &str) -> Option<Value> {
    let choices = schema.get("enum")?.as_array()?;
    choices
        .iter()
        .find(|choice| match choice {
            Value::String(choice) => choice == text,
            other => serde_json::from_str::<Value>(text).is_ok_and(|value| value == **other),
        })
        .cloned()
}

fn of_type(name: &str, schema: &Value, text: &str) -> Result<Value, NotTyped> {
    match name {
        "boolean" => match text {
            "true" | "yes" => Ok(Value::Bool(true)),
            "false" | "no" => Ok(Value::Bool(false)),
            _ => Err(not("is neither true nor false")),
        },
        "null" if text.is_empty() || text == "null" => Ok(Value::Null),
        "null" => Err(not("is not null")),
        "integer" => text
            .parse::<i64>()
            .map(Value::from)
            .map_err(|_| not("is not a whole number")),
        "number" => match text.parse::<i64>() {
            Ok(whole) => Ok(Value::from(whole)),
            Err(_) => text
                .parse::<f64>()
                .ok()
                .and_then(serde_json::Number::from_f64)
                .map(Value::Number)
                .ok_or_else(|| not("is not a number")),
        },
        "array" => list(schema, text),
        "object" => match serde_json::from_str::<Map<String, Value>>(text) {
            Ok(object) => Ok(Value::Object(object)),
            Err(_) => Err(not("is not a JSON object")),
        },
        _ => Ok(Value::from(text)),
    }
}

/// JSON, or items with commas between them.
fn list(schema: &Value, text: &str) -> Result<Value, NotTyped> {
    if text.trim_start().starts_with('[') {
        return match serde_json::from_str::<Vec<Value>>(text) {
            Ok(items) => Ok(Value::Array(items)),
            Err(error) => Err(not(format!("is not a JSON list: {error}"))),
        };
    }
    let item = schema.get("items").filter(|items| items.is_object());
    text.split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(|part| typed(item, part))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_text_becomes_what_its_schema_wants() {
        for (schema, text, value) in [
            (json!({"type": "string"}), "7", json!("7")),
            (json!({"type": "number"}), "7", json!(7)),
            (json!({"type": "number"}), "1.5", json!(1.5)),
            (json!({"type": "integer"}), "-3", json!(-3)),
            (json!({"type": "boolean"}), "true", json!(true)),
            (json!({"type": ["null", "boolean"]}), "false", json!(false)),
            (json!({"type": ["number", "null"]}), "null", json!(null)),
            (json!({"type": ["number", "string"]}), "7", json!("7")),
            (json!({"type": "array"}), "a, b", json!(["a", "b"])),
            (
                json!({"type": "array", "items": {"type": "integer"}}),
                "1,2",
                json!([1, 2]),
            ),
            (json!({"type": "array"}), "[\"a,b\"]", json!(["a,b"])),
            (json!({"type": "array"}), "", json!([])),
            (json!({"type": "object"}), "{\"a\": 1}", json!({"a": 1})),
            (json!({"enum": [17, 21]}), "21", json!(21)),
            (
                json!({"type": "string", "enum": [true, "x"]}),
                "true",
                json!(true),
            ),
            (json!({}), "true", json!("true")),
            (json!(true), "결제", json!("결제")),
        ] {
            assert_eq!(typed(Some(&schema), text), Ok(value), "{schema} {text}");
        }
        assert_eq!(typed(None, "7"), Ok(json!("7")));
    }

    #[test]
    fn what_is_of_another_type_is_told() {
        for (kind, text, told) in [
            ("number", "seven", "is not a number"),
            ("number", "NaN", "is not a number"),
            ("integer", "1.5", "is not a whole number"),
            ("boolean", "si", "is neither true nor false"),
            ("object", "x", "is not a JSON object"),
        ] {
            let error = typed(Some(&json!({"type": kind})), text).unwrap_err();
            assert_eq!(error.message, told, "{kind} {text}");
        }
    }
}
