//! `callboard create TEMPLATE`: makes something from a software template.
//!
//! Here arguments become answers and secrets, both are checked, and a dry run is run, or what will be touched is told and
//! asked about. What starts a task and follows it is `task`'s.

mod answers;
mod dry;
pub mod services;
mod start;

use std::path::PathBuf;

use serde_json::{Map, Value};

use super::template_source::{self, TemplateSource};
use super::{CliError, Context, Exit, Format};
use crate::catalog::location::{MANAGED_BY_LOCATION, MANAGED_BY_ORIGIN_LOCATION};
use crate::scaffolder::trust::{self, Origin};
use crate::scaffolder::{TaskSpec, parameters};

/// What to make, and from which answers.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The template, by its reference or the path of its file
    #[arg(value_name = "TEMPLATE")]
    pub template: String,
    /// Take answers from this YAML or JSON file; `-` is standard input
    #[arg(long, value_name = "FILE")]
    pub values: Option<PathBuf>,
    /// Answer one parameter; the text becomes what the parameter's schema wants. Lists take commas, `a.b=x` reaches into an
    /// object
    #[arg(long, value_name = "NAME=TEXT")]
    pub set: Vec<String>,
    /// Answer one parameter in JSON, whatever its schema says
    #[arg(long, value_name = "NAME=JSON")]
    pub set_json: Vec<String>,
    /// Give a secret by the name of the variable of the environment that holds it
    #[arg(long, value_name = "NAME=VARIABLE")]
    pub secret: Vec<String>,
    /// Let the task touch this repository, though it does not make it
    #[arg(long, value_name = "OWNER/REPO")]
    pub allow: Vec<String>,
    /// Leave out steps whose actions callboard does not have
    #[arg(long)]
    pub skip_unknown: bool,
    /// Run nothing that leaves this machine but to read; print what would happen
    #[arg(long)]
    pub dry_run: bool,
    /// Keep the files of a dry run in this folder, which must be empty or not there
    #[arg(long, value_name = "DIR", requires = "dry_run")]
    pub target: Option<PathBuf>,
    /// Start without asking
    #[arg(long)]
    pub yes: bool,
    /// Do not wait for the task; print its id
    #[arg(long, conflicts_with = "dry_run")]
    pub detach: bool,
    /// How to print what happened
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub output: Format,
}

/// A task that could start: its answers fit its template.
pub struct Ready {
    /// The task.
    pub task: TaskSpec,
    /// The secrets, by their names.
    pub secrets: Map<String, Value>,
}

/// Runs it.
///
/// # Errors
/// Answers that do not fit (2), a template that is not there (3), and all that can fail in a run.
pub fn run(args: Args, context: &Context) -> Result<Exit, CliError> {
    let ready = match prepare(&args, context)? {
        Prepared::Ready(ready) => ready,
        Prepared::Answered(exit) => return Ok(exit),
    };
    if args.dry_run {
        dry::run(&args, *ready, context)
    } else {
        start::run(&args, *ready, context)
    }
}

/// What came of the arguments.
pub enum Prepared {
    /// A task.
    Ready(Box<Ready>),
    /// The answers did not fit, and that was printed as the person wanted it.
    Answered(Exit),
}

/// Reads the template and the answers, and checks them.
///
/// # Errors
/// As [`run`].
pub fn prepare(args: &Args, context: &Context) -> Result<Prepared, CliError> {
    let template = template_source::load(&args.template, context)?;
    let spec = &template.spec;
    let given = answers::collect(args, spec)?;
    let values = parameters::with_defaults(spec, given);
    let secrets = answers::secrets(args, context)?;
    let wrong = parameters::check(spec, &values).map_err(|(page, error)| {
        CliError::failed(format!(
            "the template's parameters cannot be used: page {}: {error}",
            page + 1
        ))
        .hint("`callboard validate` on its file gives the places")
    })?;
    let secrets_wrong = parameters::check_secrets(spec, &secrets).map_err(|error| {
        CliError::failed(format!("the template's secrets cannot be used: {error}"))
    })?;
    if let (Format::Json, true, Some(page)) = (args.output, args.dry_run, wrong.first()) {
        // Backstage answers with the errors of the first page that has any.
        let mut out = context.output();
        out.json(&crate::scaffolder::schema::answer(&page.violations))?;
        out.finish()?;
        return Ok(Prepared::Answered(Exit::Usage));
    }
    let mut lines: Vec<String> = wrong.iter().flat_map(|page| page.lines()).collect();
    lines.extend(secrets_wrong);
    if !lines.is_empty() {
        return Err(answers::unfit(spec, &lines));
    }
    if !args.dry_run {
        may_start(&template, context)?;
    }
    let mut task = TaskSpec::new(spec, template.folder.clone(), values, user(context));
    task.allow.clone_from(&args.allow);
    task.skip_unknown = args.skip_unknown;
    Ok(Prepared::Ready(Box::new(Ready { task, secrets })))
}

/// Refuses a template that may be looked at and not run.
fn may_start(template: &TemplateSource, context: &Context) -> Result<(), CliError> {
    let annotation = |name: &str| {
        let annotations = template.entity.pointer("/metadata/annotations");
        annotations
            .and_then(|annotations| annotations.get(name))
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let origin = if template.from_command_line {
        Origin::CommandLine
    } else {
        Origin::Catalog {
            location: annotation(MANAGED_BY_LOCATION),
            origin: annotation(MANAGED_BY_ORIGIN_LOCATION),
            // What no rule allows is not in the catalog.
            allowed_by_rules: true,
        }
    };
    let trusted = &context.config()?.settings().scaffolder.trusted;
    trust::may_start(origin, trusted).map_err(|why| {
        CliError::new(Exit::NotAllowed, why)
            .hint("name it in callboard.scaffolder.trusted, or give the path of its file")
    })
}

/// The signed-in person as expressions see them: `ref` and, where the catalog has it, `entity`.
fn user(context: &Context) -> Value {
    let mut user = Map::new();
    if let Some(reference) = context.user()() {
        let catalog = super::catalog::Catalog::open(context).ok();
        let entity = catalog.and_then(|catalog| {
            let id = catalog.snapshot().find(&reference)?;
            catalog.served(id).ok().flatten()
        });
        if let Some(entity) = entity {
            user.insert("entity".to_owned(), entity);
        }
        user.insert("ref".to_owned(), Value::from(reference));
    }
    Value::Object(user)
}
