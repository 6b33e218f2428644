//! `roadiehq:utils:serialize:yaml`: a value as a YAML text.

use serde_json::{Map, Value, json};

use crate::scaffolder::action::{Action, Example, Outcome, StepContext};
use crate::scaffolder::yaml_text::{self, Strings, Style};

/// The action.
pub struct RoadieSerializeYaml;

impl Action for RoadieSerializeYaml {
    fn id(&self) -> &'static str {
        "roadiehq:utils:serialize:yaml"
    }

    fn description(&self) -> &'static str {
        "Puts out a value as a YAML text"
    }

    fn input_schema(&self) -> Value {
        json!({
            "type": "object",
            "required": ["data"],
            "properties": {
                "data": {"type": "object", "additionalProperties": {}, "description": "The value"},
                "replacer": {"type": "array", "items": {"type": "string"}, "description": "Has no effect, as in Roadie's action"},
                "options": options_schema()
            },
            "additionalProperties": false,
            "$schema": "http://json-schema.org/draft-07/schema#"
        })
    }

    fn output_schema(&self) -> Value {
        serialized()
    }

    fn examples(&self) -> &'static [Example] {
        &[Example {
            description: "Write a value to a file as YAML",
            example: "steps:\n  - id: serialize\n    name: Serialize\n    action: roadiehq:utils:serialize:yaml\n    input:\n      data:\n        replicas: ${{ parameters.replicas }}\n  - name: Write values\n    action: roadiehq:utils:fs:write\n    input:\n      path: chart/values.yaml\n      content: ${{ steps.serialize.output.serialized }}\n",
        }]
    }

    fn supports_dry_run(&self) -> bool {
        true
    }

    fn run<'a>(&'a self, step: &'a mut StepContext<'_>) -> Outcome<'a> {
        Box::pin(async move {
            let style = style(step.input.get("options").and_then(Value::as_object));
            let data = step.input.get("data").unwrap_or(&Value::Null);
            let text = yaml_text::write(data, &style);
            step.output("serialized", Value::String(text));
            Ok(())
        })
    }
}

/// The output of actions that serialize.
pub(super) fn serialized() -> Value {
    json!({
        "type": "object",
        "properties": {"serialized": {"type": "string", "description": "The text"}},
        "$schema": "http://json-schema.org/draft-07/schema#"
    })
}

/// The options of npm's `yaml` that are followed; it has more, which have no effect on plain values.
pub(super) fn options_schema() -> Value {
    json!({
        "type": "object",
        "description": "How the YAML is laid out",
        "properties": {
            "blockQuote": {"description": "Whether texts of several lines are blocks (default: true)"},
            "defaultKeyType": {"enum": ["BLOCK_FOLDED", "BLOCK_LITERAL", "QUOTE_DOUBLE", "QUOTE_SINGLE", "PLAIN", null], "description": "How keys are written"},
            "defaultStringType": {"enum": ["BLOCK_FOLDED", "BLOCK_LITERAL", "QUOTE_DOUBLE", "QUOTE_SINGLE", "PLAIN"], "description": "How strings are written (default: PLAIN)"},
            "falseStr": {"type": "string", "description": "The word for false"},
            "indent": {"type": "number", "description": "Spaces of one level (default: 2)"},
            "indentSeq": {"type": "boolean", "description": "Whether lists in mappings are indented (default: true)"},
            "lineWidth": {"type": "number", "description": "Columns after which lines are folded, 0 for never (default: 80)"},
            "minContentWidth": {"type": "number", "description": "The least columns that folding leaves (default: 20)"},
            "nullStr": {"type": "string", "description": "The word for null"},
            "singleQuote": {"type": ["boolean", "null"], "description": "Whether single quotes are preferred"},
            "trueStr": {"type": "string", "description": "The word for true"}
        }
    })
}

/// The style that options ask for.
pub(super) fn style(options: Option<&Map<String, Value>>) -> Style {
    let mut style = Style::default();
    let Some(options) = options else { return style };
    let number = |name: &str| options.get(name).and_then(Value::as_f64);
    let flag = |name: &str| options.get(name).and_then(Value::as_bool);
    let strings = |name: &str| match options.get(name).and_then(Value::as_str) {
        Some("BLOCK_FOLDED" | "BLOCK_LITERAL") => Strings::Block,
        Some("QUOTE_DOUBLE") => Strings::Double,
        Some("QUOTE_SINGLE") => Strings::Single,
        _ => Strings::Plain,
    };
    if let Some(indent) = number("indent") {
        style.indent = whole(indent, 16).max(1);
    }
    if let Some(width) = number("lineWidth") {
        style.width = (width > 0.0).then(|| whole(width, 1_000_000));
    }
    if let Some(least) = number("minContentWidth") {
        style.least_width = whole(least, 1_000_000);
    }
    style.indent_lists = flag("indentSeq").unwrap_or(true);
    style.blocks = flag("blockQuote").unwrap_or(true);
    style.single_quotes = flag("singleQuote");
    style.strings = strings("defaultStringType");
    style.keys = strings("defaultKeyType");
    for (word, name) in style
        .words
        .iter_mut()
        .zip(["nullStr", "trueStr", "falseStr"])
    {
        if let Some(text) = options.get(name).and_then(Value::as_str) {
            *word = text.to_owned();
        }
    }
    style
}

/// A number of an option, bounded.
fn whole(number: f64, most: u32) -> usize {
    number.clamp(0.0, f64::from(most)) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scaffolder::stage::Stage;

    async fn serialized(input: Value) -> String {
        let out = Stage::new().run(&RoadieSerializeYaml, input).await.unwrap();
        out["serialized"].as_str().unwrap().to_owned()
    }

    #[tokio::test]
    async fn a_value_becomes_yaml() {
        let data = json!({"a": {"b": [1, "x: y"]}, "c": "one\ntwo\n", "d": null});
        assert_eq!(
            serialized(json!({"data": data})).await,
            "a:\n  b:\n    - 1\n    - \"x: y\"\nc: |\n  one\n  two\nd: null\n"
        );
    }

    #[tokio::test]
    async fn options_are_followed() {
        let data = json!({"a": {"b": [null]}, "c": "x ".repeat(60).trim()});
        let options = json!({"indent": 4, "indentSeq": false, "lineWidth": -1, "nullStr": "~"});
        let text = serialized(json!({"data": data, "options": options})).await;
        assert_eq!(
            text,
            format!("a:\n    b:\n    - ~\nc: {}\n", "x ".repeat(60).trim())
        );
        let options = json!({"indent": -3.5, "lineWidth": 1e300, "minContentWidth": 0});
        assert!(
            serialized(json!({"data": {"a": {"b": 1}}, "options": options}))
                .await
                .starts_with("a:\n b: 1")
        );
    }
}
