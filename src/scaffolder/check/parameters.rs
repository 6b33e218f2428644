//! The template's parameters: schemas that can be used, with patterns that are some and defaults that fit.

use serde_json::Value;

use super::{Checker, below};
use crate::nunjucks::Pattern;
use crate::scaffolder::schema::Schema;

/// Schemas in each other; YAML's own bound is near.
const DEEPEST: usize = 64;

/// The types of draft 7.
const TYPES: [&str; 7] = [
    "string", "number", "integer", "boolean", "object", "array", "null",
];

impl Checker<'_> {
    pub(super) fn parameters(&mut self) {
        let template = self.template;
        for page in &template.pages {
            self.schema(&page.schema, &page.pointer, 0);
            if let Err(error) = Schema::new(&page.schema) {
                self.error(
                    page.pointer.clone(),
                    format!("the schema cannot be used: {error}"),
                );
            }
        }
        if let Some(secrets) = &template.secrets {
            self.schema(secrets, "/spec/secrets/schema", 0);
        }
    }

    fn schema(&mut self, schema: &Value, pointer: &str, depth: usize) {
        let Some(fields) = schema.as_object().filter(|_| depth < DEEPEST) else {
            return;
        };
        if let Some(pattern) = fields.get("pattern").and_then(Value::as_str)
            && Pattern::new(pattern).is_none()
        {
            self.error(
                below(pointer, "pattern"),
                format!("\"{pattern}\" is no regular expression"),
            );
        }
        if let Some(kind) = fields.get("type").and_then(Value::as_str)
            && !TYPES.contains(&kind)
        {
            let near = crate::text::nearest(kind, TYPES);
            let near = near.map_or(String::new(), |near| format!("; did you mean {near}?"));
            self.warn(
                below(pointer, "type"),
                format!("there is no type {kind}: anything goes{near}"),
            );
        }
        if let Some(default) = fields.get("default")
            && let Ok(compiled) = Schema::new(schema)
            && let Some(violation) = compiled.check(default).first()
        {
            self.warn(
                below(pointer, "default"),
                format!(
                    "the default does not fit its own field: it {}",
                    violation.message
                ),
            );
        }
        for key in [
            "properties",
            "dependencies",
            "definitions",
            "patternProperties",
        ] {
            if let Some(Value::Object(parts)) = fields.get(key) {
                for (name, part) in parts {
                    self.schema(part, &below(&below(pointer, key), name), depth + 1);
                }
            }
        }
        for key in ["oneOf", "anyOf", "allOf"] {
            if let Some(Value::Array(parts)) = fields.get(key) {
                for (at, part) in parts.iter().enumerate() {
                    self.schema(
                        part,
                        &below(&below(pointer, key), &at.to_string()),
                        depth + 1,
                    );
                }
            }
        }
        for key in ["items", "if", "then", "else", "not", "additionalProperties"] {
            if let Some(part) = fields.get(key) {
                self.schema(part, &below(pointer, key), depth + 1);
            }
        }
    }
}
