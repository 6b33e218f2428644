//! `callboard tree`: the catalog's structure, who owns what, what an entity needs and what breaks with it, and how two
//! entities are connected.

mod json;
mod lines;
mod outline;

pub(super) use json::summary;

use crate::app::impact::Impact;
use lines::{Style, TextLines};
use outline::Outline;

use super::catalog::Catalog;
use super::reference;
use super::{CliError, Context, Exit, Format, Output};
use crate::app::detail;
use crate::app::words;
use crate::catalog::graph::{self, Direction, Hierarchy, Reach};
use crate::catalog::{Named, RowId, Snapshot};
use crate::term::Capabilities;

/// What to draw.
#[derive(clap::Args, Debug, Default)]
pub struct Args {
    /// The entity to begin at, written `[kind:][namespace/]name`; one that is only referred to will do. None: the whole
    /// catalog
    #[arg(value_name = "REF")]
    entity: Option<String>,
    /// Which way to go. Without it: the structure of the whole catalog and of domains and systems, the ownership of
    /// groups and users, the dependencies of anything else
    #[arg(short, long, value_name = "DIRECTION", conflicts_with = "to")]
    direction: Option<Way>,
    /// Show the shortest chain of relations of any type to this entity instead
    #[arg(long, value_name = "REF", requires = "entity")]
    to: Option<String>,
    /// Go no more than so many levels below the top
    #[arg(long, value_name = "N", conflicts_with = "to")]
    depth: Option<u32>,
    /// Draw with ASCII alone; so it is in a locale that is not UTF-8
    #[arg(long)]
    ascii: bool,
    /// How to print it
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    output: Format,
}

/// The directions of a tree.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub enum Way {
    /// What the entity needs: what it depends on, and the APIs it consumes with those who provide them
    Dependencies,
    /// What needs the entity, at any distance: the blast radius, with a summary by owner
    Dependents,
    /// What a group or user owns, child groups and members included; of anything else, who owns it
    Ownership,
    /// Domains, systems, and what belongs to them
    Structure,
}

/// Prints the tree or the chain.
///
/// # Errors
/// Where a reference stands for none or several; what the cache or standard output says.
pub fn run(args: Args, context: &Context) -> Result<Exit, CliError> {
    let way = match (&args.entity, args.direction) {
        (None, Some(Way::Dependencies | Way::Dependents)) => {
            return Err(
                CliError::usage("dependencies and dependents are those of an entity")
                    .hint("name one: callboard tree REF --direction dependents"),
            );
        }
        (_, way) => way,
    };
    let catalog = Catalog::open(context)?;
    let snapshot = catalog.snapshot().as_ref();
    let env = |name: &str| context.env_text(name);
    let style = if args.ascii || !Capabilities::probe(&env).unicode {
        Style::ASCII
    } else {
        Style::UNICODE
    };
    let mut out = context.output();
    match (&args.entity, &args.to) {
        (Some(from), Some(to)) => {
            let from = reference::resolve(from, snapshot, &[])?;
            let to = reference::resolve(to, snapshot, &[])?;
            path(snapshot, (from, to), args.output, style, &mut out)?;
        }
        (Some(entity), None) => {
            let named = reference::resolve_named(entity, snapshot)?;
            let way = way.unwrap_or_else(|| usual_way(named.kind(snapshot)));
            one(&catalog, named, way, &args, style, &mut out)?;
        }
        (None, _) => {
            let outline = if way == Some(Way::Ownership) {
                Outline::ownership(&Hierarchy::ownership(snapshot), snapshot, args.depth)
            } else {
                Outline::structure(&Hierarchy::structure(snapshot), snapshot, None, args.depth)
            };
            match args.output {
                Format::Json => json::forest(&outline, &mut out)?,
                Format::Text => print(&outline, style, &mut out)?,
            }
        }
    }
    out.finish()?;
    Ok(Exit::Done)
}

/// What is most often asked of a kind.
fn usual_way(kind: &str) -> Way {
    match kind.to_ascii_lowercase().as_str() {
        "domain" | "system" => Way::Structure,
        "group" | "user" => Way::Ownership,
        _ => Way::Dependencies,
    }
}

/// Which walk answers a way; none where the structure of the whole catalog does.
fn direction(way: Way, named: Named<'_>, snapshot: &Snapshot) -> Option<Direction> {
    let kind = named.kind(snapshot);
    match (way, named) {
        (Way::Dependencies, _) => Some(Direction::Dependencies),
        (Way::Dependents, _) => Some(Direction::Dependents),
        (Way::Ownership, _) if kind.eq_ignore_ascii_case("group") => Some(Direction::Owned),
        (Way::Ownership, Named::Row(id)) if kind.eq_ignore_ascii_case("user") => {
            let owns = snapshot.flags(id).unserved
                || snapshot.relations(id).any(|r| r.relation == "ownerOf");
            Some(if owns {
                Direction::Owned
            } else {
                Direction::Owners
            })
        }
        (Way::Ownership, Named::Missing(_)) if kind.eq_ignore_ascii_case("user") => {
            Some(Direction::Owned)
        }
        (Way::Ownership, _) => Some(Direction::Owners),
        (Way::Structure, Named::Missing(_)) => Some(Direction::Parts),
        (Way::Structure, Named::Row(_)) => None,
    }
}

/// The tree of one entity.
fn one(
    catalog: &Catalog,
    named: Named<'_>,
    way: Way,
    args: &Args,
    style: Style,
    out: &mut Output,
) -> Result<(), CliError> {
    let snapshot = catalog.snapshot().as_ref();
    let walk = |depth: Option<u32>| {
        direction(way, named, snapshot).and_then(|direction| match named {
            Named::Row(id) => Some(Reach::walk(snapshot, id, direction, depth)),
            Named::Missing(entity_ref) => {
                Reach::walk_missing(snapshot, entity_ref, direction, depth)
            }
        })
    };
    let Some(reach) = walk(args.depth) else {
        let under = match named {
            Named::Row(id) => Some(id),
            Named::Missing(_) => None,
        };
        let hierarchy = Hierarchy::structure(snapshot);
        let outline = Outline::structure(&hierarchy, snapshot, under, args.depth);
        return match args.output {
            Format::Json => json::tree(&outline, None, out),
            Format::Text => print(&outline, style, out),
        };
    };
    let outline = Outline::of_reach(&reach, snapshot);
    let impact = (way == Way::Dependents).then(|| {
        let mut load = |wanted: &str| {
            let id = snapshot.find(wanted)?;
            catalog.load(id).ok().flatten()
        };
        // What may break is the whole of it, however little of the tree is shown.
        let whole = args.depth.and_then(|_| walk(None));
        Impact::of(whole.as_ref().unwrap_or(&reach), snapshot, &mut load)
    });
    match args.output {
        Format::Json => json::tree(&outline, impact.as_ref(), out),
        Format::Text => {
            print(&outline, style, out)?;
            let Some(impact) = impact else {
                return Ok(());
            };
            out.line("")?;
            for line in impact.lines() {
                out.line(&line)?;
            }
            Ok(())
        }
    }
}

fn print(outline: &Outline<'_>, style: Style, out: &mut Output) -> Result<(), CliError> {
    TextLines::new(outline, style).try_for_each(|line| out.line(&line))
}

/// The shortest chain between two entities. That there is none is an answer, not a failure.
fn path(
    snapshot: &Snapshot,
    (from, to): (RowId, RowId),
    format: Format,
    style: Style,
    out: &mut Output,
) -> Result<(), CliError> {
    let found = graph::shortest_path(snapshot, from, to);
    if format == Format::Json {
        return json::path(found.as_deref(), snapshot, out);
    }
    let shown = |id: RowId| detail::shown_ref(snapshot.entity_ref(id), "");
    let Some(steps) = found else {
        return out.line(&format!(
            "no chain of relations leads from {} to {}",
            shown(from),
            shown(to)
        ));
    };
    for step in steps {
        match step.relation {
            None => out.line(&shown(step.row))?,
            Some(relation) => out.line(&format!(
                "  {} {}  {}",
                style.arrow,
                words::chain(relation),
                shown(step.row)
            ))?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
