//! What a template's spec means.

use super::*;
use crate::catalog::yaml::{self, YamlLimits};

pub(super) fn entity(text: &str) -> Value {
    let documents = yaml::parse(text, &YamlLimits::default());
    documents[0].content.clone().unwrap()
}

fn template(spec: &str) -> Value {
    entity(&format!(
        "apiVersion: scaffolder.backstage.io/v1beta3\nkind: Template\nmetadata:\n  name: Demo\n  title: A demo\nspec:\n  type: service\n{spec}"
    ))
}

fn problems(spec: &str) -> Vec<(String, String)> {
    TemplateSpec::read(&template(spec))
        .unwrap_err()
        .into_iter()
        .map(|problem| (problem.pointer, problem.message))
        .collect()
}

#[test]
fn a_step_without_id_and_name_has_its_number_and_its_action() {
    let spec = TemplateSpec::read(&template(
        "  steps:\n    - {id: a, action: debug:log}\n    - action: debug:wait\n      if: ${{ always() }}\n    - {action: debug:log, name: Third, if: false}\n",
    ))
    .unwrap();
    assert_eq!(spec.entity_ref, "template:default/demo");
    assert_eq!(spec.title(), "A demo");
    let steps: Vec<_> = spec
        .steps
        .iter()
        .map(|step| (step.id.as_str(), step.name.as_str()))
        .collect();
    assert_eq!(
        steps,
        [
            ("a", "debug:log"),
            ("step-2", "debug:wait"),
            ("step-3", "Third")
        ]
    );
    assert_eq!(
        spec.steps[1].condition,
        Some(Condition::Text("${{ always() }}".to_owned()))
    );
    assert_eq!(spec.steps[2].condition, Some(Condition::Fixed(false)));
    assert_eq!(spec.output, serde_json::json!({}));
    assert!(spec.pages.is_empty());
}

#[test]
fn parameters_are_one_page_or_a_list_of_pages() {
    let one = TemplateSpec::read(&template(
        "  parameters: {title: P, properties: {name: {type: string}}}\n  steps: []\n",
    ))
    .unwrap();
    assert_eq!(one.pages[0].title.as_deref(), Some("P"));
    assert_eq!(one.pages[0].pointer, "/spec/parameters");
    let two = TemplateSpec::read(&template(
        "  parameters: [{title: A}, {title: B}]\n  steps: []\n",
    ))
    .unwrap();
    assert_eq!(two.pages[1].pointer, "/spec/parameters/1");
}

#[test]
fn conditional_parameters_are_parameters() {
    let spec = TemplateSpec::read(&template(
        "  parameters:\n    properties:\n      db: {type: boolean}\n    dependencies:\n      db:\n        oneOf:\n          - properties: {db: {const: false}}\n          - properties:\n              db: {const: true}\n              engine: {type: string}\n  steps: []\n",
    ))
    .unwrap();
    assert_eq!(spec.parameter_names(), ["db", "engine"]);
    assert_eq!(spec.parameter("engine").unwrap()["type"], "string");
    assert_eq!(spec.parameter("db").unwrap()["type"], "boolean");
    assert_eq!(spec.parameter("other"), None);
}

#[test]
fn what_cannot_be_run_is_told_with_its_place() {
    assert_eq!(
        problems(
            "  parameters: 7\n  steps:\n    - {id: a}\n    - 7\n    - {action: a, input: [1]}\n"
        ),
        [
            (
                "/spec/parameters",
                "parameters must be an object or a list of objects"
            ),
            ("/spec/steps/0", "the step has no action"),
            ("/spec/steps/1", "a step must be an object"),
            ("/spec/steps/2/input", "a step's input must be an object"),
        ]
        .map(|(at, what)| (at.to_owned(), what.to_owned()))
    );
    assert_eq!(problems("  steps: {}\n")[0].0, "/spec/steps");
    let component = TemplateSpec::read(&entity("kind: Component\n")).unwrap_err();
    assert_eq!(component[0].pointer, "/kind");
}

#[test]
fn what_is_newer_than_this_program_is_no_problem() {
    let spec = TemplateSpec::read(&template(
        "  EXPERIMENTAL_recovery: {EXPERIMENTAL_strategy: startOver}\n  EXPERIMENTAL_formDecorators: [{id: x}]\n  secrets: {schema: {required: [t]}}\n  steps:\n    - {action: a, futureField: 1}\n",
    ))
    .unwrap();
    assert_eq!(spec.secrets.unwrap()["required"][0], "t");
    assert_eq!(spec.steps[0].written["futureField"], 1);
}
