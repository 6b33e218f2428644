//! Which secrets the steps of a task use: exactly those are asked for again where a retry goes on.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::nunjucks::{Options, Template, is_plain};
use crate::scaffolder::engine::{State, TaskSpec};
use crate::scaffolder::event::StepStatus;
use crate::scaffolder::template::{Condition, Step};

/// The names of the secrets among `given` that the steps use which have not ended well, sorted. Where a step uses all of
/// them at once (`secrets` alone, or by a computed name), all count.
pub fn needed(task: &TaskSpec, state: &State, given: &[String]) -> Vec<String> {
    let mut names = BTreeSet::new();
    for step in &task.steps {
        let done = state
            .steps
            .get(&step.id)
            .is_some_and(|done| done.status == StepStatus::Completed);
        if !done {
            of_step(step, given, &mut names);
        }
    }
    names.into_iter().collect()
}

fn of_step(step: &Step, given: &[String], names: &mut BTreeSet<String>) {
    if let Some(Condition::Text(condition)) = &step.condition {
        of_text(condition, given, names);
    }
    for value in [&step.each, &step.input].into_iter().flatten() {
        of_value(value, given, names);
    }
}

fn of_value(value: &Value, given: &[String], names: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => of_text(text, given, names),
        Value::Array(items) => items.iter().for_each(|item| of_value(item, given, names)),
        Value::Object(map) => map.values().for_each(|item| of_value(item, given, names)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn of_text(text: &str, given: &[String], names: &mut BTreeSet<String>) {
    let options = Options::default();
    if is_plain(text, &options) {
        return;
    }
    // What cannot be read is not evaluated either.
    let Ok(template) = Template::new(text, &options) else {
        return;
    };
    for path in template.usage().paths {
        let mut parts = path.names.iter();
        if parts.next().is_none_or(|first| first != "secrets") {
            continue;
        }
        match parts.next() {
            Some(name) => {
                // One that was never given is undefined, as it was the first time.
                names.extend(given.iter().find(|known| *known == name).cloned());
            }
            None => names.extend(given.iter().cloned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn task(steps: Value) -> TaskSpec {
        serde_json::from_value(json!({
            "templateRef": "template:default/t",
            "title": "T",
            "folder": "/tmp",
            "parameters": {},
            "steps": steps,
            "output": {},
            "user": {},
        }))
        .unwrap()
    }

    fn step(id: &str, input: Value) -> Value {
        json!({"id": id, "name": id, "action": "debug:log", "input": input})
    }

    fn given() -> Vec<String> {
        ["A", "B", "C-D"].map(str::to_owned).to_vec()
    }

    #[test]
    fn only_the_secrets_of_what_is_left_are_needed() {
        let task = task(json!([
            step("one", json!({"message": "${{ secrets.A }}"})),
            step(
                "two",
                json!({"deep": [{"x": "token ${{ secrets['C-D'] | upper }}"}]})
            ),
            step(
                "three",
                json!({"x": "${{ secrets.NEVER_GIVEN }} ${{ parameters.B }}"})
            ),
        ]));
        let mut state = State::default();
        assert_eq!(needed(&task, &state, &given()), ["A", "C-D"]);
        let done = serde_json::from_value(json!({"status": "completed", "output": {}})).unwrap();
        state.steps.insert("one".into(), done);
        assert_eq!(needed(&task, &state, &given()), ["C-D"]);
    }

    #[test]
    fn all_are_needed_where_nobody_can_say_which() {
        let computed = task(json!([step(
            "one",
            json!({"x": "${{ secrets[parameters.name] }}"})
        )]));
        assert_eq!(needed(&computed, &State::default(), &given()), given());
        let all = task(json!([step("one", json!({"x": "${{ secrets | dump }}"}))]));
        assert_eq!(needed(&all, &State::default(), &given()), given());
    }
}
