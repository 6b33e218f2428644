//! Merging of values as lodash's `mergeWith` does it in Roadie's actions.

use serde_json::Value;

/// Merges `from` into `into`: mappings key by key, at every depth; anything else replaces what is there. Lists are joined
/// where `join` is set, plain values in them but once, and replace each other otherwise.
pub fn merge(into: &mut Value, from: Value, join: bool) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                match into.get_mut(&key) {
                    Some(there) => merge(there, value, join),
                    None => {
                        into.insert(key, value);
                    }
                }
            }
        }
        (Value::Array(into), from) if join => {
            let more = match from {
                Value::Array(items) => items,
                one => vec![one],
            };
            let all = std::mem::take(into).into_iter().chain(more);
            for item in all {
                // JavaScript compares mappings and lists by identity: two of them are never the same.
                let known = !item.is_object() && !item.is_array() && into.contains(&item);
                if !known {
                    into.push(item);
                }
            }
        }
        (into, from) => *into = from,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn merged(mut into: Value, from: Value, join: bool) -> Value {
        merge(&mut into, from, join);
        into
    }

    #[test]
    fn mappings_are_merged_at_every_depth_and_keep_their_order() {
        let into = json!({"z": {"a": 1, "b": {"c": 1}}, "y": 1});
        let out = merged(
            into,
            json!({"z": {"b": {"d": 2}, "a": null}, "x": {}}),
            false,
        );
        assert_eq!(
            out.to_string(),
            r#"{"z":{"a":null,"b":{"c":1,"d":2}},"y":1,"x":{}}"#
        );
    }

    #[test]
    fn lists_replace_each_other_or_are_joined() {
        let (into, from) = (
            json!({"l": [1, "a", {"x": 1}]}),
            json!({"l": ["a", 2, {"x": 1}]}),
        );
        assert_eq!(
            merged(into.clone(), from.clone(), false)["l"],
            json!(["a", 2, {"x": 1}])
        );
        assert_eq!(
            merged(into, from, true)["l"],
            json!([1, "a", {"x": 1}, 2, {"x": 1}])
        );
        assert_eq!(
            merged(json!({"l": [1]}), json!({"l": 2}), true)["l"],
            json!([1, 2])
        );
        assert_eq!(
            merged(json!({"l": [1]}), json!({"l": {"a": 1}}), false)["l"],
            json!({"a": 1})
        );
    }

    #[test]
    fn a_value_of_another_kind_replaces() {
        assert_eq!(
            merged(json!({"a": {"b": 1}}), json!({"a": 5}), false),
            json!({"a": 5})
        );
        assert_eq!(
            merged(json!({"a": 5}), json!({"a": {"b": 1}}), false),
            json!({"a": {"b": 1}})
        );
    }
}
