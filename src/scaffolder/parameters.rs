//! The answers of a template's form: given on a command line, filled up with defaults, checked page by page.
//!
//! As Backstage has it: the form fills defaults in, the engine does not; every page is checked against all answers; hints
//! for the form (`ui:…`) mean nothing here.

mod defaults;
mod typed;

use serde_json::{Map, Value};

use super::schema::{Schema, Violation};
use super::template::TemplateSpec;
use crate::text;

pub use defaults::with_defaults;
pub use typed::{NotTyped, typed};

/// A page's answers that are not as it wants them.
#[derive(Clone, PartialEq, Debug)]
pub struct PageViolations {
    /// Which page, counted from 0.
    pub page: usize,
    /// What is wrong, in the order of its schema; never empty.
    pub violations: Vec<Violation>,
}

impl PageViolations {
    /// What is wrong, a line each, for people: `name: does not match pattern …`.
    pub fn lines(&self) -> Vec<String> {
        self.violations
            .iter()
            .flat_map(|violation| {
                let inner = leaves(violation);
                inner
                    .into_iter()
                    .map(|violation| told(violation, "the answers"))
                    .collect::<Vec<_>>()
            })
            .collect()
    }
}

/// What a violation comes down to, where several schemas were tried.
fn leaves(violation: &Violation) -> Vec<&Violation> {
    if violation.inner.is_empty() {
        return vec![violation];
    }
    violation.inner.iter().flat_map(leaves).collect()
}

/// One violation for people.
fn told(violation: &Violation, whole: &str) -> String {
    let property = violation.property();
    let place = property
        .strip_prefix("instance")
        .map(|rest| rest.strip_prefix('.').unwrap_or(rest))
        .unwrap_or_default();
    match (violation.name.as_str(), &violation.argument) {
        ("required", Value::String(name)) if place.is_empty() => format!("{name}: is required"),
        ("required", Value::String(name)) => format!("{place}.{name}: is required"),
        _ if place.is_empty() => format!("{whole}: {}", violation.message),
        _ => format!("{place}: {}", violation.message),
    }
}

/// Checks answers against every page.
///
/// # Errors
/// The number of a page whose schema cannot be used, counted from 0, and why.
pub fn check(
    template: &TemplateSpec,
    values: &Map<String, Value>,
) -> Result<Vec<PageViolations>, (usize, String)> {
    let values = Value::Object(values.clone());
    let mut found = Vec::new();
    for (page, parameters) in template.pages.iter().enumerate() {
        let schema = Schema::new(&parameters.schema).map_err(|error| (page, error))?;
        let violations = schema.check(&values);
        if !violations.is_empty() {
            found.push(PageViolations { page, violations });
        }
    }
    Ok(found)
}

/// Checks the secrets against the template's schema of them; a line for each that is wrong. Their values are in none.
///
/// # Errors
/// Why the schema cannot be used.
pub fn check_secrets(
    template: &TemplateSpec,
    secrets: &Map<String, Value>,
) -> Result<Vec<String>, String> {
    let Some(schema) = &template.secrets else {
        return Ok(Vec::new());
    };
    let violations = Schema::new(schema)?.check(&Value::Object(secrets.clone()));
    Ok(violations
        .iter()
        .flat_map(leaves)
        .map(|violation| format!("secrets.{}", told(violation, "")))
        .collect())
}

/// The parameter that was probably meant by a name that the template does not have.
pub fn nearest<'t>(template: &'t TemplateSpec, name: &str) -> Option<&'t str> {
    text::nearest(name, template.parameter_names())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    pub(super) fn template(parameters: Value) -> TemplateSpec {
        TemplateSpec::read(&json!({
            "apiVersion": "scaffolder.backstage.io/v1beta3",
            "kind": "Template",
            "metadata": {"name": "t"},
            "spec": {
                "type": "service", "steps": [], "parameters": parameters,
                "secrets": {"schema": {"type": "object", "required": ["token"], "properties": {"token": {"minLength": 9}}}},
            },
        }))
        .unwrap()
    }

    pub(super) fn object(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    fn pages() -> TemplateSpec {
        template(json!([
            {"required": ["name"], "properties": {"name": {"type": "string", "pattern": "^[a-z]+$", "ui:field": "X"}}},
            {
                "properties": {"db": {"type": "boolean"}, "at": {"type": "object", "required": ["zone"]}},
                "dependencies": {"db": {"oneOf": [
                    {"properties": {"db": {"const": false}}},
                    {"properties": {"db": {"const": true}, "engine": {"enum": ["pg"]}}, "required": ["engine"]},
                ]}},
            },
        ]))
    }

    #[test]
    fn every_page_is_checked_and_tells_what_it_misses_by_name() {
        let lines = |values: Value| -> Vec<String> {
            check(&pages(), &object(values))
                .unwrap()
                .iter()
                .flat_map(PageViolations::lines)
                .collect()
        };
        assert_eq!(lines(json!({"name": "a", "db": false})), [""; 0]);
        assert_eq!(
            lines(json!({"name": "A B", "db": true, "at": {}})),
            [
                "name: does not match pattern \"^[a-z]+$\"",
                "at.zone: is required",
                "engine: is required",
            ]
        );
        assert_eq!(lines(json!({"other": 1})), ["name: is required"]);
    }

    #[test]
    fn secrets_are_checked_and_never_shown() {
        let template = pages();
        assert_eq!(
            check_secrets(&template, &Map::new()).unwrap(),
            ["secrets.token: is required"]
        );
        let found = check_secrets(&template, &object(json!({"token": "hunter2"}))).unwrap();
        assert_eq!(found, ["secrets.token: does not meet minimum length of 9"]);
        let good = object(json!({"token": "0123456789"}));
        assert_eq!(check_secrets(&template, &good).unwrap(), [""; 0]);
    }

    #[test]
    fn a_slip_in_a_name_is_found() {
        assert_eq!(nearest(&pages(), "nmae"), Some("name"));
        assert_eq!(nearest(&pages(), "engnie"), Some("engine"));
        assert_eq!(nearest(&pages(), "zzzzzz"), None);
    }
}
