//! What checking a template finds.

use std::sync::Arc;

use super::*;
use crate::catalog::yaml::{self, YamlLimits};
use crate::scaffolder::actions::{debug_log::DebugLog, debug_wait::DebugWait};
use crate::scaffolder::tests::Echo;

fn found(spec: &str) -> Vec<String> {
    let text = format!(
        "apiVersion: scaffolder.backstage.io/v1beta3\nkind: Template\nmetadata: {{name: t}}\nspec:\n  type: x\n{spec}"
    );
    let documents = yaml::parse(&text, &YamlLimits::default());
    let entity = documents[0].content.clone().unwrap();
    let template = TemplateSpec::read(&entity).unwrap();
    let registry = Registry::of(vec![
        Arc::new(DebugLog),
        Arc::new(DebugWait),
        Arc::new(Echo),
    ]);
    check(&template, &registry, &Options::default().hosts)
        .findings
        .into_iter()
        .map(|finding| {
            let within = finding
                .within
                .map_or(String::new(), |(line, column)| format!(" {line}:{column}"));
            let severity = if finding.is_error { "error" } else { "warning" };
            format!(
                "{}{within} {severity}: {}",
                finding.pointer, finding.message
            )
        })
        .collect()
}

#[test]
fn a_good_template_has_nothing_to_say() {
    assert_eq!(
        found(
            "  parameters:\n    properties:\n      name: {type: string, pattern: '^(?!x)[a-z]+$', default: a}\n  steps:\n    - {id: a, action: 'test:echo', input: {value: '${{ parameters.name }}'}}\n    - {id: b, action: 'debug:log', each: ['x'], if: '${{ each.key }}', input: {message: '${{ steps.a.output.value }} ${{ secrets.t }} ${{ each.value }} ${{ user.ref }}'}}\n  output: {text: [{content: '${{ steps.a.output.value }} {% for x in parameters.name %}${{ x.y }}{% endfor %}'}]}\n"
        ),
        [""; 0]
    );
}

#[test]
fn unknown_actions_and_inputs_are_told_with_the_nearest() {
    assert_eq!(
        found(
            "  steps:\n    - {action: 'debug:wiat'}\n    - {action: 'aws:thing'}\n    - {action: 'debug:log', input: {mesage: x, listWorkspace: sometimes}}\n    - {action: 'debug:wait', input: {seconds: ten, minutes: '${{ 7 }}'}}\n"
        ),
        [
            "/spec/steps/0/action warning: callboard does not have the action debug:wiat; did you mean debug:wait?",
            "/spec/steps/1/action warning: callboard does not have the action aws:thing",
            "/spec/steps/2/input/mesage warning: mesage is not an input of debug:log; did the template mean message?",
            "/spec/steps/2/input/listWorkspace error: listWorkspace of debug:log is not of a type(s) boolean",
            "/spec/steps/3/input/seconds error: seconds of debug:wait is not of a type(s) number",
        ]
    );
}

#[test]
fn expressions_that_stay_as_they_are_written_are_errors_with_their_places() {
    let found = found(
        "  steps:\n    - {id: a, action: 'test:echo', if: '${{ x ? 1 : 2 }}', input: {value: \"a\\nb ${{ 'x' | uper }}\"}}\n",
    );
    assert!(
        found[0].starts_with(
            "/spec/steps/0/if 1:7 error: this cannot be evaluated and stays as it is written: "
        ) && found[0].contains("write `b if a else c`"),
        "{}",
        found[0]
    );
    assert_eq!(
        found[1],
        "/spec/steps/0/input/value 2:13 error: there is no filter uper, so this stays as it is written; did you mean upper?"
    );
}

#[test]
fn what_expressions_name_must_be_there() {
    let found = found(
        "  parameters: {properties: {name: {type: string}, engine: {type: string}}}\n  steps:\n    - {id: first, action: 'test:echo', input: {value: '${{ parameters.nmae }} ${{ steps.second.output.value }} ${{ each.value }} ${{ parameter.name }}'}}\n    - {id: second, action: 'test:echo', if: '${{ secrets.t }}', input: {value: '${{ steps.frist.output }} ${{ steps.first.outputs.value }} ${{ steps.first.output.vlaue }} ${{ user.name }}'}}\n    - {id: first, action: 'test:echo'}\n  output: {x: '${{ secrets.t }}'}\n",
    );
    let told: Vec<&str> = found
        .iter()
        .map(|line| line.split_once(": ").unwrap().1)
        .collect();
    assert_eq!(
        told,
        [
            "the template has no parameter nmae; did you mean name?",
            "step second has not run by then: what it puts out is nothing here",
            "`each` is nothing here: the step has no each",
            "parameter is nothing here; did you mean parameters?",
            "secrets reach only a step's input and each, and the if of an each; this is nothing here",
            "there is no step frist; did you mean first?",
            "what a step puts out is steps.first.output, not .outputs",
            "test:echo does not put out vlaue; did you mean value?",
            "`user` has an entity and a ref; user.name is nothing",
            "step 1 has the id first too; the last one's output counts",
            "secrets reach only a step's input and each, and the if of an each; this is nothing here",
        ]
    );
    assert!(
        found[0].starts_with("/spec/steps/0/input/value 1:5 warning"),
        "{}",
        found[0]
    );
}

#[test]
fn parameters_that_cannot_be_meant_are_told() {
    assert_eq!(
        found(
            "  parameters:\n    - properties:\n        a: {type: string, pattern: '(['}\n        b: {type: strng}\n        c: {type: number, default: 'x'}\n      dependencies:\n        a: {oneOf: [{properties: {d: {type: array, items: {pattern: '*'}}}}]}\n  steps: []\n"
        ),
        [
            "/spec/parameters/0/properties/a/pattern error: \"([\" is no regular expression",
            "/spec/parameters/0/properties/b/type warning: there is no type strng: anything goes; did you mean string?",
            "/spec/parameters/0/properties/c/default warning: the default does not fit its own field: it is not of a type(s) number",
            "/spec/parameters/0/dependencies/a/oneOf/0/properties/d/items/pattern error: \"*\" is no regular expression",
        ]
    );
}

proptest::proptest! {
    #[test]
    fn no_text_makes_checking_panic(text in "(\\$\\{\\{|\\}\\}|\\{%|%\\}|steps|parameters|each|\\.output|[a-z .|()\\[\\]'?:!&0-9결~/]){0,12}") {
        let entity = serde_json::json!({
            "apiVersion": "scaffolder.backstage.io/v1beta3",
            "kind": "Template",
            "metadata": {"name": text},
            "spec": {
                "type": "x",
                "parameters": {"properties": {text.as_str(): {"pattern": text, "type": text, "default": text}}},
                "steps": [{"id": text, "if": text, "each": text, "action": "debug:log", "input": {text.as_str(): text, "message": [text]}}],
                "output": {"x": text},
            },
        });
        let template = TemplateSpec::read(&entity).unwrap();
        let _ = check(&template, &Registry::default(), &Options::default().hosts);
    }
}
