//! The table of keys as a tree: what the resolver walks along, and the JSON Schema that editors use.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::keys::{KeyInfo, Kind, SECTIONS, SINGLE_IF};

/// What may stand at one place of the configuration.
#[derive(Clone, Debug, Default)]
pub(super) struct Schema {
    /// Keys with a name of their own.
    pub named: BTreeMap<&'static str, Schema>,
    /// Any other key.
    pub any: Option<Box<Schema>>,
    /// The items of a list.
    pub item: Option<Box<Schema>>,
    /// A value.
    pub leaf: Option<&'static KeyInfo>,
    /// Keys by which an object is one thing rather than a map of them; empty where there is no doubt.
    pub single_if: &'static [&'static str],
}

impl Schema {
    /// The tree of everything that callboard reads.
    pub fn new() -> Self {
        let mut root = Schema::default();
        for section in SECTIONS {
            for mount in section.mounts {
                for info in section.keys {
                    let place = root.place(mount).place(info.path);
                    place.leaf = Some(info);
                }
            }
        }
        for (path, keys) in SINGLE_IF {
            root.place(path).single_if = keys;
        }
        root
    }

    fn place(&mut self, path: &'static str) -> &mut Schema {
        let mut place = self;
        for segment in path.split('.').filter(|segment| !segment.is_empty()) {
            let name = segment.trim_end_matches("[]");
            place = if name == "*" {
                place.any.get_or_insert_default()
            } else {
                place.named.entry(name).or_default()
            };
            for _ in 0..segment[name.len()..].len() / 2 {
                place = place.item.get_or_insert_default();
            }
        }
        place
    }

    /// What stands under a key, seeing the keys beside it.
    pub fn child(&self, key: &str, is_single: bool) -> Option<&Schema> {
        match &self.any {
            Some(any) if !is_single => Some(any),
            _ => self.named.get(key),
        }
    }

    /// The keys that an unknown one beside them may have been meant to be; none where only sections of many programs
    /// stand side by side (`catalog.providers`).
    pub fn siblings(&self) -> Vec<&'static str> {
        let is_value = |schema: &Schema| {
            schema.leaf.is_some() || schema.item.as_ref().is_some_and(|item| item.leaf.is_some())
        };
        if !self.named.values().any(is_value) {
            return Vec::new();
        }
        self.named.keys().copied().collect()
    }

    /// What is wanted here, in words.
    pub fn wanted(&self) -> &'static str {
        match self.leaf.map(|info| info.kind) {
            Some(Kind::Bool) => "true or false",
            Some(Kind::Integer) => "a whole number",
            Some(Kind::Duration | Kind::Frequency) => "a duration",
            Some(Kind::Allow) => "a kind's name",
            Some(_) => "a string",
            None if !self.named.is_empty() || self.any.is_some() => "a mapping",
            None => "a list",
        }
    }

    fn json(&self) -> Value {
        let mut forms: Vec<Value> = Vec::new();
        if let Some(info) = self.leaf {
            let mut leaf = leaf(info.kind);
            if let Some(object) = leaf.as_object_mut() {
                object.insert("description".into(), info.doc.into());
            }
            return leaf;
        }
        if !self.named.is_empty() {
            let properties: Map<String, Value> = self
                .named
                .iter()
                .map(|(name, schema)| ((*name).to_owned(), schema.json()))
                .collect();
            forms.push(json!({ "type": ["object", "null"], "properties": properties }));
        }
        if let Some(any) = &self.any {
            forms.push(json!({ "type": "object", "additionalProperties": any.json() }));
        }
        if let Some(item) = &self.item {
            forms.push(json!({ "type": "array", "items": item.json() }));
        }
        match forms.len() {
            1 => forms.pop().unwrap_or_default(),
            _ => json!({ "anyOf": forms }),
        }
    }
}

fn leaf(kind: Kind) -> Value {
    let reference = json!({ "$ref": "#/$defs/reference" });
    let plain = match kind {
        Kind::Text | Kind::Path | Kind::NameOrFile => {
            json!({ "type": ["string", "number", "boolean"] })
        }
        Kind::Secret => json!({ "type": "string", "writeOnly": true }),
        Kind::Bool => json!({ "type": ["boolean", "string"] }),
        Kind::Integer => json!({ "type": ["integer", "string"] }),
        Kind::OneOf(words) => json!({ "type": "string", "enum": words }),
        Kind::Duration => json!({ "$ref": "#/$defs/duration" }),
        Kind::Frequency => json!({ "anyOf": [
            { "$ref": "#/$defs/duration" },
            { "type": "object", "required": ["cron"], "properties": { "cron": { "type": "string" } } },
            { "type": "object", "required": ["trigger"], "properties": { "trigger": { "const": "manual" } } },
        ] }),
        Kind::Allow => json!({ "anyOf": [
            { "type": "string" },
            { "type": "object", "required": ["kind"], "properties": { "kind": { "type": "string" }, "spec.type": { "type": "string" } } },
        ] }),
    };
    json!({ "anyOf": [plain, reference] })
}

/// The JSON Schema (draft 2020-12) of what callboard reads. Other keys are allowed everywhere but under `callboard`.
pub fn json_schema() -> Value {
    let mut schema = Schema::new().json();
    if let Some(object) = schema.as_object_mut() {
        object.insert(
            "$schema".into(),
            "https://json-schema.org/draft/2020-12/schema".into(),
        );
        object.insert(
            "title".into(),
            "What callboard reads of an app-config.yaml".into(),
        );
        let units = [
            "years",
            "months",
            "weeks",
            "days",
            "hours",
            "minutes",
            "seconds",
            "milliseconds",
        ];
        let units: Map<String, Value> = units
            .into_iter()
            .map(|unit| (unit.to_owned(), json!({ "type": "number" })))
            .collect();
        object.insert(
            "$defs".into(),
            json!({
                "reference": {
                    "type": "object",
                    "description": "A value from an environment variable, a file's text, or a value in another file",
                    "minProperties": 1,
                    "maxProperties": 1,
                    "properties": {
                        "$env": { "type": "string" },
                        "$file": { "type": "string" },
                        "$include": { "type": "string" },
                    },
                    "additionalProperties": false,
                },
                "duration": {
                    "anyOf": [
                        { "type": "string" },
                        { "type": "object", "properties": units, "additionalProperties": false, "minProperties": 1 },
                    ],
                },
            }),
        );
    }
    if let Some(own) = schema
        .pointer_mut("/properties/callboard")
        .and_then(Value::as_object_mut)
    {
        own.insert("additionalProperties".into(), false.into());
    }
    schema
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_of_the_table_says_what_it_does_and_stands_in_the_tree() {
        let root = Schema::new();
        for section in SECTIONS {
            for info in section.keys {
                assert!(info.doc.len() > 8, "{}", info.path);
                assert!(!info.doc.ends_with('.'), "{}", info.path);
            }
        }
        let github = root.named["catalog"].named["providers"].named["github"].clone();
        assert_eq!(github.single_if, ["organization"]);
        let provider = github.child("myOrg", false).expect("any id");
        let include = &provider.named["filters"].named["topic"].named["include"];
        assert_eq!(
            include
                .item
                .as_ref()
                .and_then(|item| item.leaf)
                .map(|info| info.kind),
            Some(Kind::Text)
        );
        assert!(
            github
                .child("organization", true)
                .is_some_and(|schema| schema.leaf.is_some())
        );
        assert!(github.child("nonsense", true).is_none());
    }

    #[test]
    fn the_json_schema_has_every_section_and_closes_only_callboards_own() {
        let schema = json_schema();
        let description = "/properties/callboard/properties/theme/description";
        assert!(
            schema.pointer(description).is_some_and(Value::is_string),
            "{schema:#}"
        );
        assert_eq!(
            schema.pointer("/properties/callboard/additionalProperties"),
            Some(&false.into())
        );
        assert!(
            schema
                .pointer("/properties/catalog/additionalProperties")
                .is_none()
        );
        let token =
            "/properties/integrations/properties/github/items/properties/token/anyOf/0/writeOnly";
        assert_eq!(schema.pointer(token), Some(&true.into()));
    }
}
