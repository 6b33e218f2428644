//! Starting a task: what it will touch and as whom is listed first, what needs a person's word is asked, and then it runs in
//! a process of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::io::IsTerminal;

use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::{Args, Ready, dry, services};
use crate::cli::sources::Recipe;
use crate::cli::{CliError, Context, Exit, key_prompt, task};
use crate::github;
use crate::scaffolder::engine::plan::{PlannedStep, plan};
use crate::scaffolder::engine::unknown_actions;
use crate::scaffolder::writers::{Handles, Writers};
use crate::scaffolder::{Registry, TaskSpec};
use crate::text;

/// Starts the task, and follows it unless it is to be detached.
///
/// # Errors
/// Where it will fail for certain, where somebody must allow something and nobody is asked (5), where nobody says yes (2),
/// and all that can fail in a run.
pub fn run(args: &Args, mut ready: Ready, context: &Context) -> Result<Exit, CliError> {
    let registry = Registry::default();
    refuse_unknown(&ready.task, &registry)?;
    let services = services::dry(context, CancellationToken::new())?;
    let names: Vec<String> = ready.secrets.keys().cloned().collect();
    let steps = plan(&ready.task, &names, &services, &registry);
    if let Some(problem) = steps.iter().find_map(|step| step.problem.as_ref()) {
        return Err(dry::error(problem));
    }
    tell(&ready.task, &steps, context)?;
    let asks = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    allow(&mut ready.task, &steps, asks)?;
    if !args.yes && !yes(asks, "Start? [y/N] ")? {
        context.note("nothing was started");
        return Ok(Exit::Done);
    }
    let secrets: BTreeMap<String, String> = ready
        .secrets
        .into_iter()
        .filter_map(|(name, secret)| match secret {
            Value::String(secret) => Some((name, secret)),
            _ => None,
        })
        .collect();
    task::create(
        task::NewRun {
            spec: &ready.task,
            template: &ready.task.template_ref,
            secrets,
            detach: args.detach,
        },
        context,
    )
}

/// A task with steps that callboard cannot run does not start unless the person says so.
fn refuse_unknown(task: &TaskSpec, registry: &Registry) -> Result<(), CliError> {
    let unknown = unknown_actions(task, registry);
    if task.skip_unknown || unknown.is_empty() {
        return Ok(());
    }
    let mut message = "callboard does not have every action of this template:".to_owned();
    for (step, nearest) in unknown {
        message.push_str(&format!("\n  step {}: {}", step.id, step.action));
        if let Some(nearest) = nearest {
            message.push_str(&format!(" (the nearest is {nearest})"));
        }
    }
    Err(CliError::failed(message).hint("--skip-unknown leaves those steps out"))
}

/// Lists what the task will touch, and who does it.
fn tell(task: &TaskSpec, steps: &[PlannedStep], context: &Context) -> Result<(), CliError> {
    let title = format!("{} ({})", task.title, task.template_ref);
    context.note(&format!("{} will", text::clean(&title)));
    for (nth, step) in steps.iter().enumerate() {
        let may = if step.is_certain { "" } else { "perhaps: " };
        let name = text::clean(&step.name).into_owned();
        context.note(&format!(
            "  {} {may}{name} ({})",
            nth + 1,
            text::clean(&step.action)
        ));
        for planned in &step.targets {
            let target = &planned.target;
            let line = format!("{} {} on {}", target.verb, target.what, target.host);
            context.note(&format!("      {}", text::clean(&line)));
        }
    }
    let targets: BTreeSet<(String, String)> = steps
        .iter()
        .flat_map(|step| &step.targets)
        .map(|planned| {
            let owner = planned.target.what.split('/').next().unwrap_or_default();
            (planned.target.host.clone(), owner.to_owned())
        })
        .collect();
    if targets.is_empty() {
        return Ok(());
    }
    let recipe = Recipe::of(context)?;
    let identities = recipe
        .identities()
        .map_err(|error| CliError::failed(error.to_string()))?;
    let identity = context.config()?.settings().scaffolder.identity;
    let github_hosts: BTreeSet<String> = identities
        .endpoints()
        .iter()
        .map(|endpoint| endpoint.host().to_owned())
        .collect();
    let writers = Writers::new(
        std::sync::Arc::new(identities),
        identity,
        github::Settings::default(),
        Handles::default(),
    );
    let mut told = BTreeSet::new();
    for (host, owner) in targets {
        if !github_hosts.contains(&host) {
            continue;
        }
        let who = context
            .block_on(writers.describe(&host, &owner))?
            .map_err(|error| dry::error(&error))?;
        if told.insert((host.clone(), who.clone())) {
            context.note(&format!("as {who} on {host}"));
        }
    }
    Ok(())
}

/// Asks for what needs a person's word.
fn allow(task: &mut TaskSpec, steps: &[PlannedStep], asks: bool) -> Result<(), CliError> {
    for step in steps {
        for planned in &step.targets {
            let Some(why) = &planned.question else {
                continue;
            };
            let target = &planned.target;
            if task.allow.contains(&target.what) {
                continue;
            }
            let question = format!(
                "Step {} would {} {} on {}: {why}",
                step.id, target.verb, target.what, target.host
            );
            if !asks {
                return Err(CliError::new(Exit::NotAllowed, question)
                    .hint(format!("if that is meant: --allow {}", target.what)));
            }
            let question = format!("{}. Allow it? [y/N] ", text::clean(&question));
            if !yes(asks, &question)? {
                return Err(CliError::new(
                    Exit::NotAllowed,
                    format!("{} was not allowed", target.what),
                ));
            }
            task.allow.push(target.what.clone());
        }
    }
    Ok(())
}

/// Whether the person says yes.
///
/// # Errors
/// Wrong usage where there is nobody to ask.
fn yes(asks: bool, question: &str) -> Result<bool, CliError> {
    if !asks {
        return Err(
            CliError::usage("nobody is there to say yes: this is no terminal")
                .hint("add --yes to start without a question"),
        );
    }
    Ok(matches!(key_prompt::ask(question), Some(b'y' | b'Y')))
}
