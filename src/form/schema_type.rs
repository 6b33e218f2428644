//! What type of value a schema is for, where it says so and where it does not.

use serde_json::{Map, Value};

/// A type of draft 7.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Type {
    String,
    Integer,
    Number,
    Boolean,
    Array,
    Object,
    Null,
}

impl Type {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "string" => Self::String,
            "integer" => Self::Integer,
            "number" => Self::Number,
            "boolean" => Self::Boolean,
            "array" => Self::Array,
            "object" => Self::Object,
            "null" => Self::Null,
            _ => return None,
        })
    }

    /// The type of a value; whole numbers are integers.
    pub fn of_value(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(_) => Self::Boolean,
            Value::Number(number) if number.is_f64() => Self::Number,
            Value::Number(_) => Self::Integer,
            Value::String(_) => Self::String,
            Value::Array(_) => Self::Array,
            Value::Object(_) => Self::Object,
        }
    }

    /// The type a schema is for; nothing where it does not tell. Of several the one a person can fill in best, and null
    /// last (react-jsonschema-form takes the other one of two where one is null).
    pub fn of_schema(schema: &Map<String, Value>) -> Option<Self> {
        match schema.get("type") {
            Some(Value::String(name)) => {
                if let Some(known) = Self::named(name) {
                    return Some(known);
                }
            }
            Some(Value::Array(names)) => {
                let known: Vec<Self> = names
                    .iter()
                    .filter_map(|name| Self::named(name.as_str()?))
                    .collect();
                let best = known
                    .iter()
                    .find(|known| **known == Self::String)
                    .or_else(|| known.iter().find(|known| **known != Self::Null))
                    .or_else(|| known.first());
                if best.is_some() {
                    return best.copied();
                }
            }
            _ => {}
        }
        Self::implied(schema)
    }

    /// Whether a schema names exactly what it is for.
    pub fn is_told(schema: &Map<String, Value>) -> bool {
        Self::of_schema(schema).is_some()
    }

    fn implied(schema: &Map<String, Value>) -> Option<Self> {
        if let Some(value) = schema.get("const") {
            return Some(Self::of_value(value));
        }
        let has = |key: &str| schema.contains_key(key);
        if has("properties")
            || has("patternProperties")
            || matches!(schema.get("additionalProperties"), Some(Value::Object(_)))
        {
            return Some(Self::Object);
        }
        if has("items") || has("uniqueItems") || has("minItems") {
            return Some(Self::Array);
        }
        if has("enum") || has("pattern") || has("minLength") || has("maxLength") || has("format") {
            return Some(Self::String);
        }
        if has("minimum") || has("maximum") || has("multipleOf") {
            return Some(Self::Number);
        }
        if has("dependencies") || has("required") {
            return Some(Self::Object);
        }
        schema
            .get("default")
            .filter(|default| !default.is_null())
            .map(Self::of_value)
    }

    /// Whether a schema also takes null.
    pub fn takes_null(schema: &Map<String, Value>) -> bool {
        match schema.get("type") {
            Some(Value::Array(names)) => names.iter().any(|name| name == "null"),
            Some(Value::String(name)) => name == "null",
            _ => false,
        }
    }
}
