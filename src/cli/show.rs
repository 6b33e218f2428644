//! `callboard show REF`: one entity.

use super::catalog::Catalog;
use super::reference;
use super::{CliError, Context, Exit, Output};
use crate::app::detail::{Detail, Loaded};
use crate::catalog::{RowId, Severity, Snapshot, yaml};
use crate::text;

/// Which entity, and how.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The entity, written `[kind:][namespace/]name`
    #[arg(value_name = "REF")]
    pub entity: String,
    /// How to print it
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub output: ShowFormat,
}

impl Args {
    /// One entity as text.
    pub fn text(entity: &str) -> Self {
        Self {
            entity: entity.to_owned(),
            output: ShowFormat::Text,
        }
    }
}

/// The forms of one entity.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, clap::ValueEnum)]
pub enum ShowFormat {
    /// For people.
    #[default]
    Text,
    /// As Backstage's API has it.
    Json,
    /// The same as YAML.
    Yaml,
}

/// Prints the entity.
///
/// # Errors
/// Where the reference stands for none or several; what the cache or standard output says.
pub fn run(args: Args, context: &Context) -> Result<Exit, CliError> {
    let catalog = Catalog::open(context)?;
    let id = reference::resolve(&args.entity, catalog.snapshot(), &[])?;
    let Some(loaded) = catalog.load(id)? else {
        return Err(CliError::failed(format!(
            "{} has just gone",
            catalog.snapshot().entity_ref(id)
        ))
        .hint("another callboard is syncing; ask again"));
    };
    if catalog.snapshot().flags(id).unserved {
        return Err(unserved(
            catalog.snapshot().entity_ref(id),
            &loaded,
            context,
        ));
    }
    let mut out = context.output();
    match args.output {
        ShowFormat::Json => out.json(&loaded.served)?,
        ShowFormat::Yaml => out.text(&yaml::emit(&loaded.served))?,
        ShowFormat::Text => page(&catalog, id, &loaded, &mut out)?,
    }
    out.finish()?;
    Ok(Exit::Done)
}

/// An invalid document that was never good is no entity: what is wrong with it goes where errors go.
fn unserved(entity_ref: &str, loaded: &Loaded, context: &Context) -> CliError {
    let mut load = |_: &str| Some(loaded.clone());
    let detail = Detail::build(entity_ref, &mut load).unwrap_or_default();
    for problem in &detail.problems {
        context.note(&format!("{}: {}", problem.place, problem.message));
    }
    CliError::failed(format!("{entity_ref} is invalid and was never good"))
        .hint("correct its file, then run `callboard sync`")
}

/// The width of the column that names the fields.
const LABEL: usize = 13;

fn page(catalog: &Catalog, id: RowId, loaded: &Loaded, out: &mut Output) -> Result<(), CliError> {
    let snapshot = catalog.snapshot();
    let row = snapshot.row(id);
    let mut load = |entity_ref: &str| {
        if entity_ref == row.entity_ref {
            return Some(loaded.clone());
        }
        snapshot
            .find(entity_ref)
            .and_then(|id| catalog.load(id).ok().flatten())
    };
    let detail = Detail::build(row.entity_ref, &mut load).unwrap_or_default();
    out.line(&text::clean(row.entity_ref))?;
    let owner = match detail.contacts.as_slice() {
        [] => row.owner.to_owned(),
        contacts if row.owner.is_empty() => contacts.join(", "),
        contacts => format!("{} ({})", row.owner, contacts.join(", ")),
    };
    let tags = row.tags.replace(' ', ", ");
    for (label, value) in [
        ("Title", row.title),
        ("Description", &detail.description),
        (
            if row.owner.is_empty() {
                "Contact"
            } else {
                "Owner"
            },
            &owner,
        ),
        ("Type", row.spec_type),
        ("Lifecycle", row.lifecycle),
        ("System", row.system),
        ("Tags", &tags),
        ("State", &state(snapshot, id)),
        ("Location", &detail.location),
    ] {
        field(out, label, value)?;
    }
    section(
        out,
        "Links",
        detail
            .links
            .iter()
            .map(|link| (link.title.clone(), link.url.clone())),
    )?;
    let mut last = "";
    section(
        out,
        "Relations",
        snapshot.relations(id).map(|relation| {
            let label = if relation.relation == last {
                ""
            } else {
                relation.relation
            };
            last = relation.relation;
            let missing = if relation.target.is_none() {
                "  (not found)"
            } else {
                ""
            };
            (
                label.to_owned(),
                format!("{}{missing}", relation.target_ref),
            )
        }),
    )?;
    section(out, "Annotations", detail.annotations.iter().cloned())?;
    section(
        out,
        "Problems",
        detail.problems.iter().map(|problem| {
            let severity = match problem.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            };
            (
                severity.to_owned(),
                format!("{}: {}", problem.place, problem.message),
            )
        }),
    )
}

/// What is unusual about the entity.
fn state(snapshot: &Snapshot, id: RowId) -> String {
    let flags = snapshot.flags(id);
    let mut states = Vec::new();
    if flags.invalid {
        states.push("invalid: the last good version is shown");
    }
    if flags.orphan {
        states.push("orphan: nothing refers to its location any more");
    }
    if flags.stale {
        states.push("stale: its source has lost sight of it");
    }
    states.join(", ")
}

fn field(out: &mut Output, label: &str, value: &str) -> Result<(), CliError> {
    if value.is_empty() {
        return Ok(());
    }
    out.line(&format!(
        "{}{}",
        text::pad(label, LABEL),
        text::clean(value)
    ))
}

fn section(
    out: &mut Output,
    title: &str,
    lines: impl Iterator<Item = (String, String)>,
) -> Result<(), CliError> {
    let lines: Vec<(String, String)> = lines
        .map(|(label, value)| {
            (
                text::clean(&label).into_owned(),
                text::clean(&value).into_owned(),
            )
        })
        .collect();
    if lines.is_empty() {
        return Ok(());
    }
    out.line("")?;
    out.line(title)?;
    let width = lines
        .iter()
        .map(|(label, _)| text::width(label))
        .max()
        .unwrap_or(0);
    for (label, value) in lines {
        out.line(&format!("  {}  {value}", text::pad(&label, width)))?;
    }
    Ok(())
}
