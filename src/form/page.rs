//! A page of the form as the template has it.

use serde_json::{Map, Value};

use super::hints;
use super::validators::{Validators, circles};
use crate::nunjucks;
use crate::text;

/// Backstage's title of a page that has none.
const UNTITLED: &str = "Please enter the following information";

/// When a page is shown.
#[derive(Clone, Debug)]
enum When {
    Always,
    Never,
    Expression(String),
}

/// A page.
#[derive(Clone, Debug)]
pub(super) struct Page {
    pub title: String,
    pub description: Option<String>,
    pub schema: Value,
    pub hints: Value,
    pub validators: Validators,
    /// Why no answer could ever be right.
    pub unusable: Option<String>,
    when: When,
}

impl Page {
    pub fn new(written: &Value) -> Self {
        let text = |key: &str| written.get(key).and_then(Value::as_str);
        let flagged = written
            .get("ui:backstage")
            .and_then(|options| options.get("featureFlag"))
            .is_some_and(Value::is_string);
        let when = match written.get("when") {
            // A page behind one of Backstage's feature flags is not shown where the flag is off; here all are.
            _ if flagged => When::Never,
            None | Some(Value::Null | Value::Bool(true)) => When::Always,
            Some(Value::Bool(false)) => When::Never,
            Some(Value::String(expression)) => When::Expression(expression.clone()),
            Some(_) => When::Always,
        };
        let title = text("title").filter(|title| !title.is_empty());
        Self {
            title: text::clean(title.unwrap_or(UNTITLED)).into_owned(),
            description: text("description")
                .filter(|text| !text.is_empty())
                .map(|text| text::clean_multiline(text.trim_end()).into_owned()),
            schema: written.clone(),
            hints: hints::extract(written),
            validators: Validators::new(written),
            unusable: circles(written, written)
                .then(|| "A schema of this page is defined by itself, in a circle".to_owned()),
            when,
        }
    }

    /// Whether the page is shown, by the values of the pages before it. Backstage evaluates `when` with `parameters`, and
    /// shows the page for what JavaScript takes for true; an expression that fails hides nothing.
    pub fn is_shown(&self, before: &Map<String, Value>) -> bool {
        let source = match &self.when {
            When::Always => return true,
            When::Never => return false,
            When::Expression(source) => source,
        };
        let context = super::value::object([("parameters", Value::Object(before.clone()))]);
        match nunjucks::value(source, &context, &nunjucks::Options::default(), None) {
            Ok(Some(value)) => truthy(&value),
            Ok(None) => false,
            Err(_) => true,
        }
    }
}

fn truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(flag) => *flag,
        Value::Number(number) => number.as_f64().is_some_and(|number| number != 0.0),
        Value::String(text) => !text.is_empty() && text != "false",
        Value::Array(list) => !list.is_empty(),
        Value::Object(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_page_is_shown_when_its_condition_holds() {
        let page = Page::new(&json!({"when": "${{ parameters.db === 'postgres' }}"}));
        let before = |value: Value| value.as_object().cloned().unwrap();
        assert!(page.is_shown(&before(json!({"db": "postgres"}))));
        assert!(!page.is_shown(&before(json!({"db": "none"}))));
        assert!(!page.is_shown(&before(json!({}))));
        assert!(Page::new(&json!({"when": "${{ parameters.( }}"})).is_shown(&Map::new()));
        assert!(!Page::new(&json!({"when": false})).is_shown(&Map::new()));
    }
}
