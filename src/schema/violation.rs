//! In what a value is not as its schema wants it, in the words and the shape of Backstage's validator.

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind;
use serde_json::{Map, Value, json};

use super::tidy::PATTERN;

/// One thing that is wrong with a value.
#[derive(Clone, PartialEq, Debug)]
pub struct Violation {
    /// The names and numbers that lead to it.
    pub path: Vec<Value>,
    /// What is wrong: `requires property "owner"`.
    pub message: String,
    /// The keyword of the schema: `required`.
    pub name: String,
    /// What the keyword asks for.
    pub argument: Value,
    /// The part of the schema that is violated.
    pub schema: Value,
    /// The value that violates it.
    pub instance: Value,
    /// Where several schemas were tried: what keeps the value from the one that was probably meant.
    pub inner: Vec<Violation>,
}

impl Violation {
    /// Where it is, as Backstage writes it: `instance.list[0]`.
    pub fn property(&self) -> String {
        let mut text = "instance".to_owned();
        for part in &self.path {
            text.push_str(&suffix(part));
        }
        text
    }

    /// Place and message: `instance.name does not match pattern "^[a-z]+$"`.
    pub fn stack(&self) -> String {
        format!("{} {}", self.property(), self.message)
    }

    /// What to say to a person where several schemas were tried: why the one that was probably meant does not fit.
    pub fn reasons(&self) -> Vec<String> {
        self.inner
            .iter()
            .flat_map(|inner| {
                if inner.inner.is_empty() {
                    vec![inner.stack()]
                } else {
                    inner.reasons()
                }
            })
            .collect()
    }

    /// As Backstage's API answers it.
    pub fn json(&self) -> Value {
        let mut fields = Map::new();
        let mut add = |key: &str, value: Value| fields.insert(key.to_owned(), value);
        add("path", Value::Array(self.path.clone()));
        add("property", Value::from(self.property()));
        add("message", Value::from(self.message.as_str()));
        add("schema", self.schema.clone());
        add("instance", self.instance.clone());
        add("name", Value::from(self.name.as_str()));
        if !self.argument.is_null() {
            add("argument", self.argument.clone());
        }
        add("stack", Value::from(self.stack()));
        Value::Object(fields)
    }
}

/// One step of a path, as it is written behind the rest.
fn suffix(part: &Value) -> String {
    let key = match part {
        Value::String(key) => key.clone(),
        other => other.to_string(),
    };
    let digit = key.starts_with(|c: char| c.is_ascii_digit());
    let odd = key.contains(|c: char| c.is_whitespace() || ".[]".contains(c));
    if !digit && !odd {
        format!(".{key}")
    } else if key.chars().all(|c| c.is_ascii_digit()) {
        format!("[{key}]")
    } else {
        format!("[{}]", Value::from(key))
    }
}

/// What an error of the library says, in Backstage's words; one for each property that is too many.
pub(super) fn of(error: &ValidationError<'_>, root: &Value, instance: &Value) -> Vec<Violation> {
    let path = path(error.instance_path().as_str(), instance);
    let (schema, keyword) = violated(error.schema_path().as_str(), root);
    let one = |name: &str, argument: Value, message: String| Violation {
        path: path.clone(),
        message,
        name: name.to_owned(),
        argument,
        schema: schema.clone(),
        instance: error.instance().as_ref().clone(),
        inner: Vec::new(),
    };
    let limit = |name: &str, words: &str| {
        let argument = keyword.clone().unwrap_or_default();
        one(name, argument.clone(), format!("{words} {argument}"))
    };
    use ValidationErrorKind as Kind;
    let found = match error.kind() {
        Kind::Required { property } => one(
            "required",
            property.clone(),
            format!("requires property {property}"),
        ),
        Kind::Type { .. } => {
            let types = match keyword {
                Some(Value::Array(types)) => types,
                Some(one) => vec![one],
                None => Vec::new(),
            };
            let list = joined(&types);
            one(
                "type",
                Value::Array(types),
                format!("is not of a type(s) {list}"),
            )
        }
        Kind::Enum { options } => {
            let options = options.as_ref().clone();
            let list = options
                .as_array()
                .map(|list| joined(list))
                .unwrap_or_default();
            one(
                "enum",
                options,
                format!("is not one of enum values: {list}"),
            )
        }
        Kind::Constant { expected_value } => {
            let expected = expected_value.as_ref().clone();
            let message = format!(
                "does not exactly match expected constant: {}",
                text(&expected)
            );
            one("const", expected, message)
        }
        Kind::Custom { keyword, message } if keyword == PATTERN => one(
            "pattern",
            Value::from(message.as_str()),
            format!("does not match pattern {}", Value::from(message.as_str())),
        ),
        Kind::AdditionalProperties { unexpected } => {
            return unexpected
                .iter()
                .map(|name| {
                    one(
                        "additionalProperties",
                        Value::from(name.as_str()),
                        format!(
                            "is not allowed to have the additional property {}",
                            Value::from(name.as_str())
                        ),
                    )
                })
                .collect();
        }
        Kind::AdditionalItems { .. } => one(
            "items",
            Value::Null,
            "additionalItems not permitted".to_owned(),
        ),
        Kind::AnyOf { context } => several(
            one,
            "anyOf",
            "is not any of",
            keyword,
            context,
            root,
            instance,
        ),
        Kind::OneOfNotValid { context } | Kind::OneOfMultipleValid { context } => several(
            one,
            "oneOf",
            "is not exactly one from",
            keyword,
            context,
            root,
            instance,
        ),
        Kind::Contains => one(
            "contains",
            keyword.unwrap_or_default(),
            "must contain an item matching given schema".to_owned(),
        ),
        Kind::Format { format } => one(
            "format",
            Value::from(format.as_str()),
            format!(
                "does not conform to the {} format",
                Value::from(format.as_str())
            ),
        ),
        Kind::Minimum { limit } => one(
            "minimum",
            limit.clone(),
            format!("must be greater than or equal to {limit}"),
        ),
        Kind::Maximum { limit } => one(
            "maximum",
            limit.clone(),
            format!("must be less than or equal to {limit}"),
        ),
        Kind::ExclusiveMinimum { limit } => one(
            "exclusiveMinimum",
            limit.clone(),
            format!("must be strictly greater than {limit}"),
        ),
        Kind::ExclusiveMaximum { limit } => one(
            "exclusiveMaximum",
            limit.clone(),
            format!("must be strictly less than {limit}"),
        ),
        Kind::MultipleOf { .. } => limit("multipleOf", "is not a multiple of (divisible by)"),
        Kind::MinLength { .. } => limit("minLength", "does not meet minimum length of"),
        Kind::MaxLength { .. } => limit("maxLength", "does not meet maximum length of"),
        Kind::MinItems { .. } => limit("minItems", "does not meet minimum length of"),
        Kind::MaxItems { .. } => limit("maxItems", "does not meet maximum length of"),
        Kind::MinProperties { .. } => {
            limit("minProperties", "does not meet minimum property length of")
        }
        Kind::MaxProperties { .. } => {
            limit("maxProperties", "does not meet maximum property length of")
        }
        Kind::UniqueItems => one(
            "uniqueItems",
            Value::Null,
            "contains duplicate item".to_owned(),
        ),
        Kind::Not { .. } => one(
            "not",
            Value::from("[schema]"),
            "is of prohibited type [schema]".to_owned(),
        ),
        other => one(other.keyword(), Value::Null, error.to_string()),
    };
    vec![found]
}

/// None of several schemas fits.
fn several(
    one: impl Fn(&str, Value, String) -> Violation,
    name: &str,
    words: &str,
    schemas: Option<Value>,
    context: &[Vec<ValidationError<'_>>],
    root: &Value,
    instance: &Value,
) -> Violation {
    let schemas = schemas.as_ref().and_then(Value::as_array);
    let labels: Vec<Value> = (0..context.len())
        .map(|at| {
            let part = schemas.and_then(|schemas| schemas.get(at));
            let title = part
                .and_then(|part| part.get("title"))
                .and_then(Value::as_str)
                .filter(|title| !title.is_empty());
            match title {
                Some(title) => Value::from(Value::from(title).to_string()),
                None => Value::from(format!("[subschema {at}]")),
            }
        })
        .collect();
    let message = format!("{words} {}", joined(&labels));
    let mut violation = one(name, Value::Array(labels), message);
    // A branch that is chosen by the value of another field is not meant where that value is another.
    let nearest = context
        .iter()
        .filter(|errors| !errors.is_empty())
        .min_by_key(|errors| {
            let choices = errors.iter().filter(|error| {
                matches!(
                    error.kind(),
                    ValidationErrorKind::Constant { .. } | ValidationErrorKind::Enum { .. }
                )
            });
            (choices.count(), errors.len())
        });
    violation.inner = nearest
        .into_iter()
        .flatten()
        .flat_map(|error| of(error, root, instance))
        .collect();
    violation
}

/// The parts of a JSON pointer; items of lists by their numbers.
fn path(pointer: &str, instance: &Value) -> Vec<Value> {
    let mut at = Some(instance);
    pointer
        .split('/')
        .skip(1)
        .map(|part| {
            let key = part.replace("~1", "/").replace("~0", "~");
            let number = key.parse::<usize>().ok();
            match (at, number) {
                (Some(Value::Array(list)), Some(number)) => {
                    at = list.get(number);
                    Value::from(number)
                }
                _ => {
                    at = at.and_then(|value| value.get(&key));
                    Value::from(key)
                }
            }
        })
        .collect()
}

/// The schema that has the violated keyword, as it was written, and the keyword's value.
fn violated(pointer: &str, root: &Value) -> (Value, Option<Value>) {
    let (parent, keyword) = pointer.rsplit_once('/').unwrap_or(("", pointer));
    let keyword = if keyword == PATTERN {
        "pattern"
    } else {
        keyword
    };
    let schema = root.pointer(parent).cloned().unwrap_or_default();
    let value = schema.get(keyword).cloned();
    (schema, value)
}

/// As JavaScript joins a list.
fn joined(list: &[Value]) -> String {
    list.iter().map(text).collect::<Vec<_>>().join(",")
}

/// As JavaScript makes text of a value.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(list) => joined(list),
        Value::Object(_) => "[object Object]".to_owned(),
        other => other.to_string(),
    }
}

/// The errors of a page as Backstage's API answers them.
pub fn answer(violations: &[Violation]) -> Value {
    json!({ "errors": violations.iter().map(Violation::json).collect::<Vec<_>>() })
}
