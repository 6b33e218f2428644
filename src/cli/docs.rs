//! `callboard docs REF [PAGE]` and `callboard runbook REF`: pages of TechDocs from the cache, the plain twins of the docs pane.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use super::catalog::Catalog;
use super::reference;
use super::{CliError, Context, Exit, Output};
use crate::catalog::RowId;
use crate::markdown::{self, LayoutOptions, Limits};
use crate::runtime;
use crate::store::{DocPage, Docs};
use crate::techdocs::{NavTarget, Runbook, RunbookTarget, Site, path};
use crate::text;

/// Columns of a page where nobody says how many there are.
const WIDTH: usize = 80;
/// More columns than this are hard to read.
const WIDEST: usize = 100;

/// Which pages, and how.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The entity, written `[kind:][namespace/]name`
    #[arg(value_name = "REF")]
    entity: String,
    /// The page, by its path or title; without it the first one
    #[arg(value_name = "PAGE")]
    page: Option<String>,
    /// List the pages instead
    #[arg(long, conflicts_with = "page")]
    list: bool,
    /// How to print it
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    output: PageFormat,
}

/// Whose runbook, and how.
#[derive(clap::Args, Debug)]
pub struct RunbookArgs {
    /// The entity, written `[kind:][namespace/]name`
    #[arg(value_name = "REF")]
    entity: String,
    /// How to print it
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    output: PageFormat,
}

/// The forms of a page.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, clap::ValueEnum)]
pub enum PageFormat {
    /// For people.
    #[default]
    Text,
    /// As it was written, control characters removed.
    Markdown,
    /// For programs.
    Json,
}

/// One line of `docs --list`, as JSON has it.
#[derive(Serialize)]
struct Listed<'a> {
    /// None for a section.
    path: Option<&'a str>,
    title: &'a str,
    level: u16,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    missing: bool,
}

/// Prints a page, or the list of them.
///
/// # Errors
/// [`Exit::NotFound`] where there is no such entity, documentation or page; what the cache or standard output says.
pub fn run(args: Args, context: &Context) -> Result<Exit, CliError> {
    let catalog = Catalog::open(context)?;
    let id = reference::resolve(&args.entity, catalog.snapshot(), &[])?;
    let entity_ref = catalog.snapshot().entity_ref(id).to_owned();
    let docs = docs_of(&catalog, &entity_ref)?;
    if let Some(problem) = &docs.problem {
        context.note(&format!("warning: this may be old: {problem}"));
    }
    let mut out = context.output();
    if args.list {
        list(&docs.site, args.output, &mut out)?;
        out.finish()?;
        if docs.site.pages.is_empty() {
            let error = no_page(&docs.site, &entity_ref);
            context.note(&format!("warning: {}", error.message));
        }
        return Ok(Exit::Done);
    }
    let wanted = match &args.page {
        Some(named) => find(&docs.site, named, &entity_ref)?,
        None => docs
            .start
            .clone()
            .ok_or_else(|| no_page(&docs.site, &entity_ref))?,
    };
    let page = page_of(&catalog, &docs, &wanted)?;
    let shown = Shown {
        entity_ref: &entity_ref,
        page: &page,
        docs: Some(&docs),
    };
    shown.print(args.output, &catalog, context, &mut out)?;
    out.finish()?;
    Ok(Exit::Done)
}

/// Prints an entity's best runbook and names the others.
///
/// # Errors
/// [`Exit::NotFound`] where it has none; else as [`run`].
pub fn runbook(args: RunbookArgs, context: &Context) -> Result<Exit, CliError> {
    let catalog = Catalog::open(context)?;
    let id = reference::resolve(&args.entity, catalog.snapshot(), &[])?;
    let entity_ref = catalog.snapshot().entity_ref(id).to_owned();
    let docs = catalog.cache().docs(&entity_ref)?;
    let found = runbooks_of(&catalog, id, docs.as_ref(), context)?;
    let Some((best, others)) = found.split_first() else {
        return Err(
            CliError::new(Exit::NotFound, format!("{entity_ref} has no runbook")).hint(
                "write a page such as docs/runbook.md, or give the entity the annotation backstage.io/runbook-url",
            ),
        );
    };
    let mut out = context.output();
    let page = match (&best.target, &docs) {
        (RunbookTarget::Page(page), Some(docs)) => Some(page_of(&catalog, docs, page)?),
        (RunbookTarget::Fetched(address), _) => catalog.cache().doc_fetched(address)?,
        _ => None,
    };
    match page {
        Some(page) => {
            let shown = Shown {
                entity_ref: &entity_ref,
                page: &page,
                docs: docs.as_ref(),
            };
            shown.print(args.output, &catalog, context, &mut out)?;
        }
        None => print_address(&entity_ref, best, args.output, &mut out)?,
    }
    out.finish()?;
    for other in others {
        let place = match &other.target {
            RunbookTarget::Page(page) => format!("callboard docs {entity_ref} {page}"),
            RunbookTarget::Fetched(address) | RunbookTarget::Url(address) => address.clone(),
        };
        context.note(&format!("also: {} ({place})", other.title));
    }
    Ok(Exit::Done)
}

fn docs_of(catalog: &Catalog, entity_ref: &str) -> Result<Docs, CliError> {
    if let Some(docs) = catalog.cache().docs(entity_ref)? {
        return Ok(docs);
    }
    let none = format!("there is no documentation of {entity_ref} in the cache");
    match catalog.cache().doc_entity(entity_ref)? {
        Some(entity) => {
            let why = entity.problem.map_or(none.clone(), |problem| format!("{none}: {problem}"));
            Err(CliError::new(Exit::NotFound, why).hint("run `callboard sync`"))
        }
        None => Err(CliError::new(Exit::NotFound, none).hint(
            "give the entity the annotation backstage.io/techdocs-ref (dir:. for the folder of its file), then run `callboard sync`",
        )),
    }
}

/// Why there is nothing to read, as far as the site's files say it.
fn no_page(site: &Site, entity_ref: &str) -> CliError {
    let none = format!("the documentation of {entity_ref} has no page");
    let why = match site.problems.first() {
        Some(problem) => format!("{none}: {problem}"),
        None if site.nav.is_empty() => none,
        None => format!("{none}: its navigation names files that are not there"),
    };
    let error = CliError::new(Exit::NotFound, why);
    if site.nav.is_empty() {
        return error.hint("write docs/index.md, then run `callboard sync`");
    }
    error.hint(format!(
        "see what it names: callboard docs {entity_ref} --list"
    ))
}

fn runbooks_of(
    catalog: &Catalog,
    id: RowId,
    docs: Option<&Docs>,
    context: &Context,
) -> Result<Vec<Runbook>, CliError> {
    let entity = catalog.served(id)?.unwrap_or(Value::Null);
    let rules = context.config()?.callboard().docs.runbook_rules();
    Ok(runtime::runbooks_of(
        catalog.cache(),
        &entity,
        docs,
        &rules,
    )?)
}

fn page_of(catalog: &Catalog, docs: &Docs, wanted: &str) -> Result<DocPage, CliError> {
    if let Some(mut page) = catalog.cache().doc_page(&docs.source, wanted)? {
        if let Some(known) = docs.site.page(wanted) {
            page.title.clone_from(&known.title);
        }
        return Ok(page);
    }
    let why = docs.site.page(wanted).and_then(|page| page.skipped.clone());
    Err(match why {
        Some(why) => CliError::failed(format!("{wanted} {why}")),
        None => CliError::new(Exit::NotFound, format!("{wanted} has not been fetched yet"))
            .hint("run `callboard sync`"),
    })
}

/// A page by its path, with its ending or without, or its title.
fn find(site: &Site, named: &str, entity_ref: &str) -> Result<String, CliError> {
    let wanted = named.split('#').next().unwrap_or_default();
    let wanted = wanted.trim_start_matches("./").trim_matches('/');
    let lower = wanted.to_lowercase();
    let by = |matches: &dyn Fn(&str, &str) -> bool| {
        site.pages
            .iter()
            .find(|page| matches(&page.path, &page.title))
            .map(|page| page.path.clone())
    };
    let found = by(&|path, _| path == wanted)
        .or_else(|| by(&|page, _| path::stem(page) == wanted))
        .or_else(|| by(&|page, _| page == format!("{wanted}/index.md")))
        .or_else(|| by(&|_, title| title.to_lowercase() == lower))
        .or_else(|| by(&|page, _| path::name_of(path::stem(page)) == wanted));
    found.ok_or_else(|| {
        let names = site.pages.iter().map(|page| page.path.as_str());
        let error = CliError::new(
            Exit::NotFound,
            format!("the documentation of {entity_ref} has no page \"{named}\""),
        );
        match text::nearest(wanted, names) {
            Some(near) => error.hint(format!("did you mean {near}?")),
            None => error.hint(format!("see them all: callboard docs {entity_ref} --list")),
        }
    })
}

fn list(site: &Site, format: PageFormat, out: &mut Output) -> Result<(), CliError> {
    let mut lines: Vec<Listed<'_>> = site
        .nav
        .iter()
        .map(|node| {
            let (path, missing) = match &node.target {
                NavTarget::Section => (None, false),
                NavTarget::Page(path) | NavTarget::Url(path) => (Some(path.as_str()), false),
                NavTarget::Missing(path) => (Some(path.as_str()), true),
            };
            Listed {
                path,
                title: &node.title,
                level: node.level,
                missing,
            }
        })
        .collect();
    // Pages that the navigation leaves out can be read all the same.
    for page in &site.pages {
        if !lines
            .iter()
            .any(|line| line.path == Some(page.path.as_str()))
        {
            lines.push(Listed {
                path: Some(&page.path),
                title: &page.title,
                level: 0,
                missing: false,
            });
        }
    }
    if format == PageFormat::Json {
        return out.json(&lines);
    }
    let titles: Vec<String> = lines
        .iter()
        .map(|line| {
            format!(
                "{}{}",
                "  ".repeat(line.level.into()),
                text::clean(line.title)
            )
        })
        .collect();
    let width = titles
        .iter()
        .map(|title| text::width(title))
        .max()
        .unwrap_or(0);
    for (line, title) in lines.iter().zip(&titles) {
        let skipped = line.path.and_then(|path| site.page(path)?.skipped.as_ref());
        let remark = match skipped {
            _ if line.missing => "  (missing)".to_owned(),
            Some(why) => format!("  ({})", text::clean(why)),
            None => String::new(),
        };
        match line.path {
            Some(path) => out.line(&format!(
                "{}  {}{remark}",
                text::pad(title, width),
                text::clean(path)
            ))?,
            None => out.line(title)?,
        }
    }
    Ok(())
}

/// A page to be printed.
struct Shown<'a> {
    entity_ref: &'a str,
    page: &'a DocPage,
    /// The documentation it is of, for the snippets it names.
    docs: Option<&'a Docs>,
}

impl Shown<'_> {
    fn print(
        &self,
        format: PageFormat,
        catalog: &Catalog,
        context: &Context,
        out: &mut Output,
    ) -> Result<(), CliError> {
        let page = self.page;
        match format {
            PageFormat::Json => {
                let fetched_at = Timestamp::from_second(page.fetched_at).map(|at| at.to_string());
                out.json(&json!({
                    "entity": self.entity_ref, "path": page.path, "title": page.title,
                    "markdown": page.text, "fetchedAt": fetched_at.unwrap_or_default(),
                }))
            }
            PageFormat::Markdown => {
                let text = text::clean_multiline(&page.text);
                out.text(&text)?;
                if text.ends_with('\n') {
                    return Ok(());
                }
                out.text("\n")
            }
            PageFormat::Text => {
                let mut snippets = |name: &str| {
                    let cache = catalog.cache();
                    cache.doc_snippet_named(self.docs?, name).ok().flatten()
                };
                let document = markdown::parse(&page.text, Limits::default(), &mut snippets);
                for note in &document.notes {
                    context.note(&format!("warning: {note}"));
                }
                let columns = context
                    .columns()
                    .map_or(WIDTH, |columns| columns.min(WIDEST));
                let options = LayoutOptions::text(false);
                out.text(&markdown::layout(&document, columns, &options).to_text())
            }
        }
    }
}

/// A runbook that is only an address.
fn print_address(
    entity_ref: &str,
    runbook: &Runbook,
    format: PageFormat,
    out: &mut Output,
) -> Result<(), CliError> {
    let target = runbook.target.shown();
    if format == PageFormat::Json {
        return out.json(&json!({ "entity": entity_ref, "title": runbook.title, "url": target }));
    }
    out.line(&format!(
        "{}: {}",
        text::clean(&runbook.title),
        text::clean(target)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::techdocs::SitePage;

    fn site() -> Site {
        let page = |path: &str, title: &str| SitePage {
            path: path.into(),
            file: path.into(),
            title: title.into(),
            oid: String::new(),
            size: 1,
            skipped: None,
        };
        Site {
            pages: vec![
                page("index.md", "Home"),
                page("runbooks/pool.md", "풀 고갈"),
                page("guides/index.md", "Guides"),
            ],
            ..Site::default()
        }
    }

    #[test]
    fn a_page_is_found_by_path_ending_or_none_folder_title_and_name() {
        for (named, wanted) in [
            ("index.md", "index.md"),
            ("./runbooks/pool.md#top", "runbooks/pool.md"),
            ("runbooks/pool", "runbooks/pool.md"),
            ("/guides/", "guides/index.md"),
            ("풀 고갈", "runbooks/pool.md"),
            ("pool", "runbooks/pool.md"),
        ] {
            assert_eq!(find(&site(), named, "x").unwrap(), wanted, "{named}");
        }
        let error = find(&site(), "runbooks/poll.md", "x").unwrap_err();
        assert_eq!(error.exit, Exit::NotFound);
        assert_eq!(
            error.hint.as_deref(),
            Some("did you mean runbooks/pool.md?")
        );
    }
}
