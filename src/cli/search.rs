//! `callboard search`: the same query, the same order, as the interface's search line.

use std::collections::BTreeSet;

use serde::Serialize;

use super::catalog::Catalog;
use super::table::Table;
use super::{CliError, Context, Exit, Format};
use crate::catalog::{RowId, Snapshot, short_ref};
use crate::search::{Matches, Query, SearchContext, Searcher};

/// What to search for.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Words to find in names, titles, tags, owners and descriptions, and filters such as `kind:api`, `owner:me`,
    /// `-tag:legacy` or `is:orphan`
    #[arg(value_name = "QUERY", required = true, allow_hyphen_values = true)]
    query: Vec<String>,
    /// Print at most this many, best first; 0 prints all
    #[arg(long, value_name = "N", default_value_t = 30)]
    limit: usize,
    /// How to print them
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    output: Format,
}

/// One result, as JSON has it.
#[derive(Serialize)]
struct Found<'a> {
    #[serde(rename = "ref")]
    entity_ref: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    title: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    owner: &'a str,
    #[serde(rename = "type", skip_serializing_if = "str::is_empty")]
    spec_type: &'a str,
    score: u32,
}

/// Prints what the query finds.
///
/// # Errors
/// What the cache or standard output says.
pub fn run(args: Args, context: &Context) -> Result<Exit, CliError> {
    let catalog = Catalog::open(context)?;
    let snapshot = catalog.snapshot();
    let text = args.query.join(" ");
    let matches = matches(&text, &catalog, context)?;
    let limit = if args.limit == 0 {
        usize::MAX
    } else {
        args.limit
    };
    let found = matches.ids.iter().zip(&matches.scores).take(limit);
    let mut out = context.output();
    match args.output {
        Format::Json => {
            let mut array = out.array()?;
            for (&id, &score) in found {
                let row = snapshot.row(id);
                array.item(&Found {
                    entity_ref: row.entity_ref,
                    title: row.title,
                    owner: row.owner,
                    spec_type: row.spec_type,
                    score,
                })?;
            }
            array.end()?;
        }
        Format::Text => {
            let mut table = Table::new(["REF", "TYPE", "OWNER", "TITLE"]);
            for (&id, _) in found {
                let row = snapshot.row(id);
                let owner = short_ref(row.owner, "group");
                table.row([row.entity_ref, row.spec_type, &owner, row.title]);
            }
            for line in table.lines(context.columns()) {
                out.line(&line)?;
            }
        }
    }
    out.finish()?;
    if matches.ids.len() > limit {
        context.note(&format!(
            "{limit} of {}; --limit 0 prints all",
            matches.ids.len()
        ));
    }
    Ok(Exit::Done)
}

/// The rows that a query finds, best first; what has no meaning in it is told on standard error.
///
/// # Errors
/// What the state says.
pub fn ids(query: &str, catalog: &Catalog, context: &Context) -> Result<Vec<RowId>, CliError> {
    Ok(matches(query, catalog, context)?.ids)
}

fn matches(text: &str, catalog: &Catalog, context: &Context) -> Result<Matches, CliError> {
    let snapshot = catalog.snapshot();
    let query = Query::parse(text);
    for problem in query.problems() {
        context.note(&format!("warning: {problem}"));
    }
    let person = context.person(snapshot);
    let starred: BTreeSet<String> = person.starred.into_iter().collect();
    let who = SearchContext {
        me: &person.owners,
        starred: &starred,
        recent: &person.recent,
    };
    let searcher = Searcher::new(snapshot.clone());
    let mut matches = searcher.run(&query, &who, &|| false).unwrap_or_default();
    let left_out = leave_out_unserved(&mut matches, snapshot);
    if let Some(first) = left_out.first() {
        let first = snapshot.entity_ref(*first);
        context.note(&format!(
            "{} left out as invalid; `callboard show {first}` says what is wrong",
            left_out.len()
        ));
    } else if matches.ids.is_empty() {
        match searcher.nearest(&query, &|| false) {
            Some(near) => context.note(&format!("nothing matches; did you mean {near}?")),
            None => context.note("nothing matches"),
        }
    }
    Ok(matches)
}

/// Takes out what is invalid and was never good, as Backstage has no entity for it, and returns it.
fn leave_out_unserved(matches: &mut Matches, snapshot: &Snapshot) -> Vec<RowId> {
    let is_unserved = |id: &RowId| snapshot.flags(*id).unserved;
    let left_out: Vec<RowId> = matches.ids.iter().copied().filter(is_unserved).collect();
    if !left_out.is_empty() {
        let kept = std::mem::take(&mut matches.ids)
            .into_iter()
            .zip(std::mem::take(&mut matches.scores))
            .filter(|(id, _)| !is_unserved(id));
        (matches.ids, matches.scores) = kept.unzip();
    }
    left_out
}
