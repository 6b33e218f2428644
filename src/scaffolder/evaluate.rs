//! Values of a template with expressions in them, evaluated as Backstage's scaffolder evaluates them.
//!
//! Backstage's rules: a text that is one `${{ expression }}` alone keeps the expression's type; what is undefined leaves its
//! object; a text that cannot be evaluated stays as it is written, without an error. callboard tells of the last
//! ([`Unevaluated`]), and one thing is an error here: an expression that asks for more than an expression may.

use serde_json::{Map, Value};

use crate::nunjucks::{self, Error, ErrorKind, Options, StatusCheck};

/// A text that could not be evaluated and so stays as it is written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unevaluated {
    /// Where in the value, as a JSON pointer.
    pub pointer: String,
    /// Why.
    pub error: Error,
}

/// What evaluating a value gave.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Evaluated {
    /// The value; none where it is undefined.
    pub value: Option<Value>,
    /// The texts in it that stay as they are written.
    pub raw: Vec<Unevaluated>,
}

/// Evaluates every text in a value; keys are left as they are.
///
/// # Errors
/// Where an expression asks for too much work or memory.
pub fn evaluate(
    input: &Value,
    context: &Map<String, Value>,
    options: &Options,
    status: Option<&StatusCheck>,
) -> Result<Evaluated, Error> {
    let mut evaluator = Evaluator {
        context,
        options,
        status,
        raw: Vec::new(),
        pointer: String::new(),
    };
    let value = evaluator.value(input)?;
    Ok(Evaluated {
        value,
        raw: evaluator.raw,
    })
}

struct Evaluator<'a> {
    context: &'a Map<String, Value>,
    options: &'a Options,
    status: Option<&'a StatusCheck>,
    raw: Vec<Unevaluated>,
    pointer: String,
}

impl Evaluator<'_> {
    // Recursion is bounded: YAML and JSON are read with a limit of depth.
    fn value(&mut self, input: &Value) -> Result<Option<Value>, Error> {
        match input {
            Value::String(text) => self.text(text),
            Value::Array(items) => {
                let mut list = Vec::with_capacity(items.len());
                for (at, item) in items.iter().enumerate() {
                    let value = self.within(&at.to_string(), item)?;
                    // JavaScript leaves a hole, which JSON writes as null.
                    list.push(value.unwrap_or(Value::Null));
                }
                Ok(Some(Value::Array(list)))
            }
            Value::Object(fields) => {
                let mut map = Map::with_capacity(fields.len());
                for (key, field) in fields {
                    if let Some(value) = self.within(key, field)? {
                        map.insert(key.clone(), value);
                    }
                }
                Ok(Some(Value::Object(map)))
            }
            other => Ok(Some(other.clone())),
        }
    }

    fn within(&mut self, key: &str, value: &Value) -> Result<Option<Value>, Error> {
        let length = self.pointer.len();
        self.pointer.push('/');
        self.pointer
            .push_str(&key.replace('~', "~0").replace('/', "~1"));
        let value = self.value(value);
        self.pointer.truncate(length);
        value
    }

    fn text(&mut self, text: &str) -> Result<Option<Value>, Error> {
        match nunjucks::value(text, self.context, self.options, self.status) {
            Ok(value) => Ok(value),
            Err(error) if error.kind() == ErrorKind::Limit => Err(error),
            Err(error) => {
                self.raw.push(Unevaluated {
                    pointer: self.pointer.clone(),
                    error,
                });
                Ok(Some(Value::from(text)))
            }
        }
    }
}

/// Whether a condition's value lets a step run: JavaScript's truth, but an empty list is false.
pub fn is_truthy(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => false,
        Some(Value::Bool(flag)) => *flag,
        Some(Value::Number(number)) => number.as_f64().is_some_and(|n| n != 0.0 && !n.is_nan()),
        Some(Value::String(text)) => !text.is_empty(),
        Some(Value::Array(items)) => !items.is_empty(),
        Some(Value::Object(_)) => true,
    }
}

/// The items of an `each`: of a list by their numbers, of an object by its keys, whole numbers first as JavaScript has
/// them; nothing of anything else.
pub fn items(value: &Value) -> Option<Vec<(String, Value)>> {
    match value {
        Value::Array(list) => Some(
            list.iter()
                .enumerate()
                .map(|(at, item)| (at.to_string(), item.clone()))
                .collect(),
        ),
        Value::Object(map) => {
            let mut entries: Vec<(String, Value)> = map
                .iter()
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect();
            entries.sort_by_key(|(key, _)| index(key).map_or(u64::MAX, u64::from));
            Some(entries)
        }
        _ => None,
    }
}

/// A key that JavaScript takes for the number of an item.
fn index(key: &str) -> Option<u32> {
    let canonical = key == "0" || !key.starts_with(['0', '+']);
    canonical
        .then(|| key.parse().ok())
        .flatten()
        .filter(|number| *number != u32::MAX)
}

/// The output of a template without the items whose condition is false; the conditions themselves go.
#[must_use]
pub fn without_hidden(mut output: Value) -> Value {
    for list in ["links", "text"] {
        if let Some(Value::Array(items)) = output.get_mut(list) {
            items.retain_mut(|item| match item {
                Value::Object(fields) => match fields.shift_remove("if") {
                    Some(condition) => is_truthy(Some(&condition)),
                    None => true,
                },
                _ => true,
            });
        }
    }
    output
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn context() -> Map<String, Value> {
        let Value::Object(context) = json!({
            "parameters": {"name": "demo", "port": 8080, "list": ["a", "b"], "none": null},
            "steps": {"a": {"output": {"url": "https://x"}}},
        }) else {
            unreachable!()
        };
        context
    }

    fn evaluated(input: Value) -> Evaluated {
        evaluate(&input, &context(), &Options::default(), None).unwrap()
    }

    #[test]
    fn an_expression_alone_keeps_its_type_and_text_around_it_makes_text() {
        let found = evaluated(json!({
            "port": "${{ parameters.port }}",
            "text": "port ${{ parameters.port }}",
            "list": "${{ parameters.list }}",
            "null": "${{ parameters.none }}",
            "number": 7,
        }));
        assert_eq!(
            found.value,
            Some(
                json!({"port": 8080, "text": "port 8080", "list": ["a", "b"], "null": null, "number": 7})
            )
        );
        assert_eq!(found.raw, []);
    }

    #[test]
    fn what_is_undefined_leaves_its_object_and_is_null_in_a_list() {
        let found = evaluated(json!({
            "gone": "${{ parameters.nothing.at.all }}",
            "list": ["${{ parameters.nothing }}", "x"],
        }));
        assert_eq!(found.value, Some(json!({"list": [null, "x"]})));
        assert_eq!(evaluated(json!("${{ nothing }}")).value, None);
    }

    #[test]
    fn what_cannot_be_evaluated_stays_as_it_is_written_and_is_told() {
        let found = evaluated(json!({"a": {"b/c": "${{ parameters.port ? 1 : 2 }}"}}));
        assert_eq!(
            found.value,
            Some(json!({"a": {"b/c": "${{ parameters.port ? 1 : 2 }}"}}))
        );
        assert_eq!(found.raw[0].pointer, "/a/b~1c");
        assert!(found.raw[0].error.hint().unwrap().contains("b if a else c"));
    }

    #[test]
    fn what_asks_for_too_much_is_an_error() {
        let bomb =
            "{% for a in range(100000) %}{% for b in range(100000) %}x{% endfor %}{% endfor %}";
        let error = evaluate(&json!({ "x": bomb }), &context(), &Options::default(), None);
        assert_eq!(error.unwrap_err().kind(), ErrorKind::Limit);
    }

    #[test]
    fn truth_is_javascripts_but_for_an_empty_list() {
        for (value, truth) in [
            (json!([]), false),
            (json!({}), true),
            (json!(""), false),
            (json!("false"), true),
            (json!(0), false),
            (json!(-0.0), false),
            (json!(null), false),
            (json!([0]), true),
        ] {
            assert_eq!(is_truthy(Some(&value)), truth, "{value}");
        }
        assert!(!is_truthy(None));
    }

    #[test]
    fn items_of_an_object_come_with_whole_numbers_first() {
        let found = items(&json!({"b": 1, "10": 2, "a": 3, "2": 4, "02": 5})).unwrap();
        let keys: Vec<_> = found.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(keys, ["2", "10", "b", "a", "02"]);
        assert_eq!(items(&json!("text")), None);
        assert_eq!(items(&json!([7])).unwrap(), [("0".to_owned(), json!(7))]);
    }

    #[test]
    fn an_output_item_is_hidden_by_its_condition_alone() {
        let output = without_hidden(json!({
            "links": [{"title": "a", "if": false}, {"title": "b"}, {"title": "c", "if": "false"}, 7],
            "text": [{"title": "d", "if": []}],
            "other": [{"if": false}],
        }));
        assert_eq!(
            output,
            json!({"links": [{"title": "b"}, {"title": "c"}, 7], "text": [], "other": [{"if": false}]})
        );
    }

    proptest! {
        #[test]
        fn no_text_makes_evaluation_panic(text in "(\\$\\{\\{|\\}\\}|\\{%|%\\}|[a-z .|()\\[\\]'\"?:!&+*0-9결]){0,12}") {
            let _ = evaluate(&json!({"x": [text]}), &context(), &Options::default(), Some(&StatusCheck::new(true)));
        }
    }
}
