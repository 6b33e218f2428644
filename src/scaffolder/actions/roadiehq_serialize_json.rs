//! `roadiehq:utils:serialize:json`: a value as a JSON text.

use serde_json::{Value, json};

use super::roadiehq_serialize_yaml::serialized;
use crate::scaffolder::action::{Action, Example, Outcome, StepContext};
use crate::scaffolder::json_text;

/// The action.
pub struct RoadieSerializeJson;

impl Action for RoadieSerializeJson {
    fn id(&self) -> &'static str {
        "roadiehq:utils:serialize:json"
    }

    fn description(&self) -> &'static str {
        "Puts out a value as a JSON text"
    }

    fn input_schema(&self) -> Value {
        json!({
            "type": "object",
            "required": ["data"],
            "properties": {
                "data": {"type": "object", "additionalProperties": {}, "description": "The value"},
                "replacer": {"type": "array", "items": {"type": "string"}, "description": "The keys that are kept, at every depth; all where it is empty"},
                "space": {"type": "string", "description": "What a level is indented by; one line where it is absent"}
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
            description: "Lay a value out over several lines",
            example: "steps:\n  - id: serialize\n    name: Serialize\n    action: roadiehq:utils:serialize:json\n    input:\n      data:\n        name: ${{ parameters.name }}\n      space: '  '\n",
        }]
    }

    fn supports_dry_run(&self) -> bool {
        true
    }

    fn run<'a>(&'a self, step: &'a mut StepContext<'_>) -> Outcome<'a> {
        Box::pin(async move {
            let mut data = step.input.get("data").cloned().unwrap_or_default();
            let kept: Vec<&str> = (step.input.get("replacer").and_then(Value::as_array))
                .map(|keys| keys.iter().filter_map(Value::as_str).collect())
                .unwrap_or_default();
            if !kept.is_empty() {
                keep(&mut data, &kept);
            }
            // JavaScript takes ten characters at most.
            let space: String = step
                .text("space")
                .unwrap_or_default()
                .chars()
                .take(10)
                .collect();
            let text = json_text::write(&data, &space);
            step.output("serialized", Value::String(text));
            Ok(())
        })
    }
}

/// Drops all keys but these, in their order.
fn keep(value: &mut Value, keys: &[&str]) {
    match value {
        Value::Object(map) => {
            let entries = keys.iter().filter_map(|key| map.shift_remove_entry(*key));
            let mut kept: serde_json::Map<String, Value> = entries.collect();
            kept.values_mut().for_each(|value| keep(value, keys));
            *map = kept;
        }
        Value::Array(items) => items.iter_mut().for_each(|item| keep(item, keys)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scaffolder::stage::Stage;

    async fn serialized(input: Value) -> String {
        let out = Stage::new().run(&RoadieSerializeJson, input).await.unwrap();
        out["serialized"].as_str().unwrap().to_owned()
    }

    #[tokio::test]
    async fn a_value_becomes_json_as_javascript_writes_it() {
        let data = json!({"b": [1, 2.0, {}], "a": {"x": "é\n"}, "e": []});
        assert_eq!(
            serialized(json!({"data": data})).await,
            r#"{"b":[1,2,{}],"a":{"x":"é\n"},"e":[]}"#
        );
        assert_eq!(
            serialized(json!({"data": {"a": [1], "e": []}, "space": "\t"})).await,
            "{\n\t\"a\": [\n\t\t1\n\t],\n\t\"e\": []\n}"
        );
    }

    #[tokio::test]
    async fn a_replacer_chooses_keys_at_every_depth() {
        let data = json!({"b": {"a": 1, "c": 2}, "a": [{"c": 1}], "c": 3});
        assert_eq!(
            serialized(json!({"data": data, "replacer": ["a", "b"]})).await,
            r#"{"a":[{}],"b":{"a":1}}"#
        );
        assert_eq!(
            serialized(json!({"data": {"a": 1}, "replacer": []})).await,
            r#"{"a":1}"#
        );
    }
}
