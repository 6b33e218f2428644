//! Expressions of templates have the values that a real Backstage gave them: text, type, and whether they are errors.

use callboard::nunjucks::{self, Options};
use serde_json::Value;

use crate::shared;

/// What a case came to, in the words of the vectors: a value, `undefined`, or an error.
fn outcome(case: &Value, contexts: &Value) -> String {
    let is_set = |name: &str| case[name].as_bool().unwrap_or(false);
    let options = Options {
        cookiecutter: is_set("cookiecutter"),
        trim_blocks: is_set("trimBlocks"),
        lstrip_blocks: is_set("lstripBlocks"),
        ..Options::default()
    };
    let context = contexts[case["context"].as_str().unwrap()]
        .as_object()
        .unwrap();
    let template = case["template"].as_str().unwrap();
    let found = match case["mode"].as_str().unwrap() {
        "value" => nunjucks::value(template, context, &options, None),
        _ => nunjucks::render(template, context, &options).map(|text| Some(Value::String(text))),
    };
    match found {
        Ok(Some(value)) => shown(&value),
        Ok(None) => "undefined".to_owned(),
        Err(error) => {
            assert!(
                error.line().is_some() && error.column().is_some(),
                "{error}"
            );
            "error".to_owned()
        }
    }
}

/// A value as JSON, its numbers as JavaScript has them: `1` and `1.0` are one.
fn shown(value: &Value) -> String {
    match value {
        Value::Number(number) => format!("{:?}", number.as_f64()),
        Value::Array(items) => format!(
            "[{}]",
            items.iter().map(shown).collect::<Vec<_>>().join(",")
        ),
        Value::Object(entries) => {
            let entries = entries
                .iter()
                .map(|(name, value)| format!("{name:?}:{}", shown(value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(","))
        }
        other => other.to_string(),
    }
}

#[test]
fn expressions_have_the_values_backstage_gives_them() {
    let Some(folder) = shared::folder("vectors") else {
        return;
    };
    let text = std::fs::read_to_string(folder.join("expressions.json")).unwrap();
    let vectors: Value = serde_json::from_str(&text).unwrap();
    let cases = vectors["cases"].as_array().unwrap();
    let different: Vec<String> = cases
        .iter()
        .filter_map(|case| {
            let expected = match (case.get("error"), case.get("undefined")) {
                (Some(_), _) => "error".to_owned(),
                (None, Some(_)) => "undefined".to_owned(),
                (None, None) => shown(&case["expected"]),
            };
            let found = outcome(case, &vectors["contexts"]);
            (found != expected).then(|| format!("{case}\n  found {found}"))
        })
        .collect();
    assert!(!cases.is_empty());
    assert!(
        different.is_empty(),
        "{} of {} cases differ:\n{}",
        different.len(),
        cases.len(),
        different.join("\n")
    );
}
