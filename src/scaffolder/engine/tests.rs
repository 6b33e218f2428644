//! What a run does and says.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::json;

use super::*;
use crate::scaffolder::nothing::Nothing;
use crate::scaffolder::template_folder::TemplateFolder;
use crate::scaffolder::tests::{Echo, Lines};

fn task(steps: Value) -> TaskSpec {
    let entity = json!({
        "apiVersion": "scaffolder.backstage.io/v1beta3",
        "kind": "Template",
        "metadata": {"name": "t"},
        "spec": {"type": "x", "steps": steps, "output": {"text": "${{ steps.last.output.value }}"}},
    });
    let template = crate::scaffolder::TemplateSpec::read(&entity).unwrap();
    let Value::Object(parameters) =
        json!({"name": "demo", "list": ["a", "b"], "off": false, "empty": []})
    else {
        unreachable!()
    };
    TaskSpec::new(
        &template,
        TemplateFolder::Local(PathBuf::from("/nowhere")),
        parameters,
        json!({"ref": "user:default/ann"}),
    )
}

struct Ran {
    result: RunResult,
    lines: Vec<String>,
}

struct Setting {
    dry_run: bool,
    secrets: Value,
    state: State,
    sink: Lines,
    cancel: CancellationToken,
}

impl Default for Setting {
    fn default() -> Self {
        Self {
            dry_run: false,
            secrets: json!({}),
            state: State::default(),
            sink: Lines::default(),
            cancel: CancellationToken::new(),
        }
    }
}

fn run_with(task: &TaskSpec, setting: Setting) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    let workspace = Workspace::new(folder.path());
    let registry = Registry::of(vec![
        Arc::new(Echo),
        Arc::new(crate::scaffolder::actions::debug_log::DebugLog),
        Arc::new(crate::scaffolder::actions::debug_wait::DebugWait),
    ]);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let services = Nothing::services();
    let result = runtime.block_on(run(
        Run {
            task,
            task_id: "7",
            secrets: setting.secrets.as_object().unwrap(),
            workspace: &workspace,
            services: &services,
            registry: &registry,
            sink: &setting.sink,
            intents: &Nothing,
            cancel: &setting.cancel,
            dry_run: setting.dry_run,
        },
        setting.state,
    ));
    Ran {
        result,
        lines: setting.sink.all(),
    }
}

fn ran(steps: Value) -> Ran {
    run_with(&task(steps), Setting::default())
}

#[test]
fn steps_run_in_order_and_see_what_those_before_put_out() {
    let ran = ran(json!([
        {"id": "first", "name": "First", "action": "test:echo", "input": {"value": "${{ parameters.list }}"}},
        {"action": "debug:log", "if": "${{ parameters.off }}"},
        {"id": "last", "action": "test:echo", "input": {"value": "${{ steps.first.output.value[1] }} for ${{ user.ref }}"}},
    ]));
    assert_eq!(
        ran.lines,
        [
            "-: Starting up task with 3 steps",
            "first processing: Beginning step First",
            "first completed: Finished step First",
            "step-2 processing: Beginning step debug:log",
            "step-2 skipped: Skipping step step-2 because its if condition was false",
            "last processing: Beginning step test:echo",
            "last completed: Finished step test:echo",
        ]
    );
    assert_eq!(ran.result.status, StepStatus::Completed);
    assert_eq!(
        ran.result.output,
        Some(json!({"text": "b for user:default/ann"}))
    );
    assert_eq!(
        ran.result.completion().message,
        "Run completed with status: completed"
    );
}

#[test]
fn an_empty_list_is_a_false_condition() {
    let ran = ran(json!([{"id": "a", "action": "test:echo", "if": "${{ parameters.empty }}"}]));
    assert!(ran.lines[2].contains("because its if condition was false"));
}

#[test]
fn after_a_failure_only_steps_that_ask_how_it_goes_are_run() {
    let ran = ran(json!([
        {"id": "bad", "action": "test:echo", "input": {"fail": "it is there"}},
        {"id": "never", "action": "test:echo"},
        {"id": "true", "action": "test:echo", "if": "${{ true }}"},
        {"id": "clean", "action": "test:echo", "if": "${{ failure() }}"},
        {"id": "both", "action": "test:echo", "if": "${{ always() and parameters.off }}"},
        {"id": "worse", "action": "test:echo", "if": "${{ always() }}", "input": {"fail": "again"}},
    ]));
    assert_eq!(
        ran.lines[1..],
        [
            "bad processing: Beginning step test:echo",
            "bad failed: ConflictError: it is there",
            "never skipped: Skipping step never because a previous step failed",
            "true skipped: Skipping step true because a previous step failed",
            "clean processing: Beginning step test:echo",
            "clean completed: Finished step test:echo",
            "both processing: Beginning step test:echo",
            "both skipped: Skipping step both because its if condition was false",
            "worse processing: Beginning step test:echo",
            "worse failed: Additional error occurred: ConflictError: again",
        ]
    );
    assert_eq!(ran.result.status, StepStatus::Failed);
    let completion = ran.result.completion();
    assert_eq!(completion.message, "Run completed with status: failed");
    assert_eq!(completion.error.unwrap().name, "ConflictError");
}

#[test]
fn each_runs_once_for_every_item_and_its_outputs_are_lists() {
    let ran = ran(json!([
        {"id": "last", "action": "test:echo", "each": {"x": [1, null], "y": {"k": 1}, "z": "s"}, "if": "${{ each.key !== 'z' }}",
         "input": {"value": "${{ each.value }}"}},
    ]));
    assert_eq!(
        ran.lines[2..],
        [
            "last: info: Running step each: {\"each\":{\"key\":\"x\",\"value\":\"1,\"}}",
            "last: info: Running step each: {\"each\":{\"key\":\"y\",\"value\":\"[object Object]\"}}",
            "last: info: Skipping step each: {\"each\":{\"key\":\"z\",\"value\":\"s\"}}",
            "last completed: Finished step test:echo",
        ]
    );
    let step = &ran.result.state.steps["last"];
    assert_eq!(step.output, json!({"value": [[1, null], {"k": 1}]}));
}

#[test]
fn each_of_what_is_no_list_is_an_error() {
    let told = |each: Value| {
        let ran = ran(json!([{"id": "a", "action": "test:echo", "each": each}]));
        ran.result.error.unwrap().message
    };
    assert_eq!(
        told(json!("${{ parameters.nothing }}")),
        "Invalid value on action test:echo.each parameter, \"${{ parameters.nothing }}\" cannot be resolved to a value"
    );
    assert_eq!(
        told(json!("${{ parameters.name }}")),
        "Invalid value on action test:echo.each parameter, must resolve to an array or object"
    );
    assert!(told(json!("${{ range(10001) }}")).contains("more than 10000 items"));
}

#[test]
fn an_input_of_another_type_fails_before_anything_runs() {
    let ran = ran(json!([{"id": "a", "action": "debug:log", "input": {"message": 7}}]));
    let error = ran.result.error.unwrap();
    assert_eq!(
        error.message,
        "Invalid input passed to action debug:log, instance.message is not of a type(s) string"
    );
    assert_eq!(error.kind, ActionErrorKind::Input);
}

#[test]
fn an_input_that_the_action_does_not_have_is_left_out_and_warned_of() {
    let ran = ran(
        json!([{"id": "a", "action": "debug:log", "input": {"message": "x", "listWorkspac": true}}]),
    );
    assert_eq!(
        ran.lines[2..4],
        [
            "a: warn: listWorkspac is not an input of debug:log; did the template mean listWorkspace?",
            "a: info: {\n  \"message\": \"x\"\n}",
        ]
    );
    assert_eq!(ran.result.status, StepStatus::Completed);
}

#[test]
fn secrets_reach_inputs_and_nothing_else() {
    let steps = json!([
        {"id": "a", "action": "test:echo", "if": "${{ secrets.token }}"},
        {"id": "b", "action": "test:echo", "input": {"value": "x ${{ secrets.token }}"}},
        {"id": "last", "action": "test:echo", "each": ["1"], "if": "${{ secrets.token }}", "input": {"value": "${{ each.value }}"}},
    ]);
    let mut task = task(steps);
    task.output = json!({"text": "[${{ secrets.token }}]"});
    let setting = Setting {
        secrets: json!({"token": "s3cret"}),
        ..Setting::default()
    };
    let ran = run_with(&task, setting);
    assert!(ran.lines[2].contains("a skipped"));
    assert_eq!(
        ran.result.state.steps["b"].output,
        json!({"value": "x s3cret"})
    );
    assert_eq!(
        ran.result.state.steps["last"].output,
        json!({"value": ["1"]})
    );
    assert_eq!(ran.result.output, Some(json!({"text": "[]"})));
}

#[test]
fn a_text_that_cannot_be_evaluated_is_kept_and_warned_of() {
    let ran = ran(
        json!([{"id": "a", "action": "test:echo", "input": {"value": "${{ parameters.name ? 1 : 2 }}"}}]),
    );
    assert!(
        ran.lines[2].starts_with("a: warn: input/value stays as it is written: ")
            && ran.lines[2].contains("write `b if a else c`"),
        "{}",
        ran.lines[2]
    );
    assert_eq!(
        ran.result.state.steps["a"].output["value"],
        "${{ parameters.name ? 1 : 2 }}"
    );
}

#[test]
fn a_dry_run_says_what_it_would_do_and_makes_outputs_up() {
    let steps = json!([
        {"id": "a", "action": "test:echo", "input": {"value": "${{ secrets.token }}", "repo": "acme/other"}},
        {"id": "last", "action": "debug:log", "input": {"message": "${{ steps.a.output.value }}"}},
    ]);
    let setting = Setting {
        dry_run: true,
        secrets: json!({"token": "s3cret"}),
        ..Setting::default()
    };
    let ran = run_with(&task(steps), setting);
    assert_eq!(
        ran.lines[1..6],
        [
            "a processing: Beginning step test:echo",
            "a: info: Running test:echo in dry-run mode with inputs (secrets redacted): {\n  \"value\": \"***\",\n  \"repo\": \"acme/other\"\n}",
            "a skipped: Skipping because test:echo does not support dry-run",
            "last processing: Beginning step debug:log",
            "last: info: Running debug:log in dry-run mode with inputs (secrets redacted): {\n  \"message\": \"<example>\"\n}",
        ]
    );
    assert_eq!(ran.result.status, StepStatus::Completed);
}

#[test]
fn a_task_with_an_unknown_action_does_not_start_unless_told_to() {
    let mut task = task(json!([
        {"id": "a", "action": "test:echo"},
        {"id": "b", "action": "test:ehco", "if": false},
    ]));
    let ran = run_with(&task, Setting::default());
    let error = ran.result.error.unwrap();
    assert_eq!(error.kind, ActionErrorKind::NotFound);
    assert_eq!(
        error.hint.as_deref(),
        Some("did the template mean test:echo?")
    );
    assert_eq!(ran.lines, ["-: Starting up task with 2 steps"]);
    task.skip_unknown = true;
    let ran = run_with(&task, Setting::default());
    assert_eq!(ran.result.status, StepStatus::Completed);
}

#[test]
fn a_step_that_touches_what_the_task_did_not_make_stops() {
    let steps = json!([
        {"id": "make", "action": "test:echo", "input": {"repo": "acme/new", "create": true}},
        {"id": "use", "action": "test:echo", "input": {"repo": "Acme/New"}},
        {"id": "other", "action": "test:echo", "input": {"repo": "acme/other"}},
    ]);
    let mut task = task(steps);
    let ran = run_with(&task, Setting::default());
    let error = ran.result.error.unwrap();
    assert_eq!(
        error.message,
        "Step other would write to acme/other on github.com: acme/other was not made by this task"
    );
    assert_eq!(
        error.hint.as_deref(),
        Some("if that is meant, allow it: --allow acme/other")
    );
    let setting = Setting {
        state: ran.result.state,
        ..Setting::default()
    };
    task.allow = vec!["acme/other".to_owned()];
    let ran = run_with(&task, setting);
    assert_eq!(ran.result.status, StepStatus::Completed);
    assert_eq!(
        ran.lines[1..4],
        [
            "!-: Task recovered - resuming from last known good state. 2 step(s) already completed.",
            "make completed: Skipping step make because it was already completed in a previous run",
            "use completed: Skipping step use because it was already completed in a previous run",
        ]
    );
}

#[test]
fn a_cancelled_task_stops_at_its_step_and_runs_nothing_more() {
    let task = task(json!([
        {"id": "wait", "name": "Wait", "action": "debug:wait", "input": {"minutes": 5}},
        {"id": "clean", "action": "test:echo", "if": "${{ always() }}"},
    ]));
    let setting = Setting::default();
    setting.cancel.cancel();
    let ran = run_with(&task, setting);
    assert_eq!(
        ran.lines[2..],
        [
            "!wait cancelled: Step wait has been cancelled.",
            "clean skipped: Skipping step clean because the task was cancelled",
        ]
    );
    assert_eq!(ran.result.status, StepStatus::Cancelled);
    assert_eq!(
        ran.result.error.unwrap().message,
        "Step wait (Wait) of task 7 has been cancelled."
    );
}

#[test]
fn a_task_whose_events_cannot_be_stored_stops() {
    let task = task(json!([
        {"id": "a", "action": "debug:log", "input": {"message": "x"}},
        {"id": "b", "action": "test:echo"},
    ]));
    let setting = Setting {
        sink: Lines {
            full_after: Some(3),
            ..Lines::default()
        },
        ..Setting::default()
    };
    let ran = run_with(&task, setting);
    assert_eq!(ran.lines.len(), 3);
    assert_eq!(ran.result.error.unwrap().message, "the disk is full");
    assert!(ran.result.state.steps.is_empty());
}

#[test]
fn how_far_it_came_is_saved_before_a_step_is_told_to_be_finished() {
    let sink = Lines {
        full_after: Some(2),
        ..Lines::default()
    };
    let task = task(json!([{"id": "a", "action": "test:echo", "input": {"value": 1}}]));
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let services = Nothing::services();
    let result = runtime.block_on(run(
        Run {
            task: &task,
            task_id: "7",
            secrets: &Map::new(),
            workspace: &Workspace::new(folder.path()),
            services: &services,
            registry: &Registry::of(vec![Arc::new(Echo)]),
            sink: &sink,
            intents: &Nothing,
            cancel: &CancellationToken::new(),
            dry_run: false,
        },
        State::default(),
    ));
    assert_eq!(result.status, StepStatus::Failed);
    let saved = sink.saved.lock().unwrap().clone().unwrap();
    assert_eq!(saved.steps["a"].output, json!({"value": 1}));
}

#[test]
fn a_task_is_read_back_as_it_was_stored() {
    let task = task(
        json!([{"id": "a", "action": "test:echo", "if": "${{ true }}", "each": [1]}, {"action": "x", "if": false}]),
    );
    let stored = serde_json::to_string(&task).unwrap();
    assert_eq!(serde_json::from_str::<TaskSpec>(&stored).unwrap(), task);
}
