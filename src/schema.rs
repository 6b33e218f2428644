//! Schemas of draft 7, as real templates write them: checked the way Backstage checks, told in its words.
//!
//! Real schemas hold much that is no draft 7: hints for forms, `required: true` at a property, types that do not exist. What
//! Backstage's validator passes over is left out before the schema is compiled, so one slip does not void the rest. Patterns
//! are ECMA-262's and cannot hang; a reference leads nowhere but into the schema itself.

mod tidy;
mod violation;

use jsonschema::{Draft, Keyword, ValidationError, Validator};
use serde_json::{Map, Value};

use crate::nunjucks;

pub use violation::{Violation, answer};

/// A compiled schema.
#[derive(Debug)]
pub struct Schema {
    validator: Validator,
    /// As it was written, for messages.
    written: Value,
}

impl Schema {
    /// Compiles a schema.
    ///
    /// # Errors
    /// What is wrong with it, where Backstage could not use it either: a reference that leads nowhere.
    pub fn new(written: &Value) -> Result<Self, String> {
        let tidy = tidy::tidy(written);
        let validator = jsonschema::options()
            .with_draft(Draft::Draft7)
            .should_validate_formats(true)
            .with_keyword(tidy::PATTERN, compile)
            .build(&tidy)
            .map_err(|error| error.to_string())?;
        Ok(Self {
            validator,
            written: written.clone(),
        })
    }

    /// Whether a value is as the schema wants it.
    pub fn allows(&self, instance: &Value) -> bool {
        self.validator.is_valid(instance)
    }

    /// Everything in which a value is not as the schema wants it.
    pub fn check(&self, instance: &Value) -> Vec<Violation> {
        self.validator
            .iter_errors(instance)
            .flat_map(|error| violation::of(&error, &self.written, instance))
            .collect()
    }
}

/// A `pattern`, run by the bounded engine of the expression language.
struct Pattern(nunjucks::Pattern);

impl<'i> Keyword<'i> for Pattern {
    fn validate(&self, instance: &'i Value) -> Result<(), ValidationError<'i>> {
        if Keyword::is_valid(self, instance) {
            Ok(())
        } else {
            Err(ValidationError::custom(self.0.source()))
        }
    }

    fn is_valid(&self, instance: &'i Value) -> bool {
        // What takes too long to match is not taken for a match.
        instance
            .as_str()
            .is_none_or(|text| self.0.matches(text).unwrap_or(false))
    }
}

fn compile<'a>(
    _: &'a Map<String, Value>,
    pattern: &'a Value,
    _: jsonschema::paths::Location,
) -> Result<Box<dyn for<'i> Keyword<'i>>, ValidationError<'a>> {
    pattern
        .as_str()
        .and_then(nunjucks::Pattern::new)
        .map(|pattern| Box::new(Pattern(pattern)) as Box<dyn for<'i> Keyword<'i>>)
        .ok_or_else(|| ValidationError::schema("the pattern is no regular expression"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(schema: Value, instance: Value) -> Vec<String> {
        Schema::new(&schema)
            .unwrap()
            .check(&instance)
            .iter()
            .map(Violation::stack)
            .collect()
    }

    #[test]
    fn violations_are_told_in_backstages_words() {
        let page = json!({
            "title": "Basics",
            "required": ["name", "owner"],
            "properties": {
                "name": {"type": "string", "pattern": "^[a-z0-9-]+$", "ui:autofocus": true},
                "owner": {"type": "string"},
                "tier": {"enum": ["a", "b"]},
                "port": {"type": ["integer", "null"], "minimum": 1},
                "tags": {"type": "array", "maxItems": 1, "items": {"type": "string", "minLength": 2}},
            },
        });
        assert_eq!(
            told(
                page,
                json!({"name": "Bad Name!", "tier": "c", "port": "x", "tags": ["ok", "y"]})
            ),
            [
                "instance requires property \"owner\"",
                "instance.name does not match pattern \"^[a-z0-9-]+$\"",
                "instance.tier is not one of enum values: a,b",
                "instance.port is not of a type(s) integer,null",
                "instance.tags does not meet maximum length of 1",
                "instance.tags[1] does not meet minimum length of 2",
            ]
        );
        assert_eq!(
            told(
                json!({"additionalProperties": false, "properties": {"a": {}}}),
                json!({"a": 1, "b": 2, "c d": 3})
            ),
            [
                "instance is not allowed to have the additional property \"b\"",
                "instance is not allowed to have the additional property \"c d\"",
            ]
        );
        assert_eq!(
            told(
                json!({"properties": {"a b": {"type": "number", "exclusiveMaximum": 3, "multipleOf": 2}}}),
                json!({"a b": 3})
            ),
            [
                "instance[\"a b\"] must be strictly less than 3",
                "instance[\"a b\"] is not a multiple of (divisible by) 2",
            ]
        );
    }

    #[test]
    fn a_branch_that_is_meant_tells_what_it_lacks() {
        let page = json!({
            "properties": {"db": {"type": "boolean"}},
            "dependencies": {"db": {"oneOf": [
                {"properties": {"db": {"const": false}}},
                {"properties": {"db": {"const": true}, "engine": {"type": "string"}}, "required": ["engine"]},
            ]}},
        });
        let schema = Schema::new(&page).unwrap();
        assert!(schema.allows(&json!({"db": false})));
        let found = schema.check(&json!({"db": true}));
        assert_eq!(
            found[0].stack(),
            "instance is not exactly one from [subschema 0],[subschema 1]"
        );
        assert_eq!(
            found[0].reasons(),
            ["instance requires property \"engine\""]
        );
    }

    #[test]
    fn slips_of_real_schemas_are_passed_over() {
        let schema = json!({
            "type": "objekt",
            "required": "name",
            "properties": {
                "a": {"type": "any", "required": true, "enum": "x", "minLength": "3", "ui:field": 7},
                "b": {"type": "string", "pattern": "(["},
                "c": "not a schema",
                "d": {"exclusiveMinimum": true, "minimum": 3, "format": "made-up"},
                "e": {"$ref": "https://example.com/schema.json"},
            },
            "allOf": [],
            "$id": "https://example.com/x",
            "dependencies": {"a": 7},
        });
        let schema = Schema::new(&schema).unwrap();
        assert!(schema.allows(&json!({"a": {}, "b": "x", "c": 1, "d": 4, "e": 1})));
        assert!(!schema.allows(&json!({"a": 1, "d": 3})));
        assert_eq!(
            schema.check(&json!({})).first().map(Violation::stack),
            Some("instance requires property \"a\"".to_owned())
        );
    }

    #[test]
    fn patterns_are_those_of_javascript_and_end() {
        let allows = |pattern: &str, text: &str| {
            Schema::new(&json!({ "pattern": pattern }))
                .unwrap()
                .allows(&json!(text))
        };
        assert!(allows("^(?!.*--)[a-z-]+$", "a-b"));
        assert!(!allows("^(?!.*--)[a-z-]+$", "a--b"));
        assert!(allows("(?<=a)b", "ab"));
        assert!(allows("^[^]$", "\n"));
        assert!(allows("^\\p{L}+$", "결제"));
        assert!(allows("^.$", "😀"));
        assert!(!allows("^(a+)+$", &format!("{}!", "a".repeat(5000))));
    }

    #[test]
    fn references_stay_in_the_schema() {
        let schema = json!({
            "definitions": {"port": {"type": "integer"}},
            "properties": {"port": {"$ref": "#/definitions/port"}, "x": {"$ref": "#/nowhere"}},
        });
        let schema = Schema::new(&schema).unwrap();
        assert!(!schema.allows(&json!({"port": "x"})));
        assert!(schema.allows(&json!({"x": 1})));
    }
}
