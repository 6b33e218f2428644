//! `callboard list`: entities, as `GET /api/catalog/entities` gives them.

use serde_json::Value;

use super::catalog::Catalog;
use super::filter::EntityFilter;
use super::table::Table;
use super::{CliError, Context, Exit, Output, owners};
use crate::catalog::{Row, RowId, Snapshot, kinds, short_ref, yaml};
use crate::text;

/// Where an entity as it is served says what file gave it.
const LOCATION: &str = "/metadata/annotations/backstage.io~1managed-by-location";

/// Which entities, and how.
#[derive(clap::Args, Debug, Default)]
pub struct Args {
    /// Only entities of this kind: `component`, `apis`, or any kind of the organisation's own
    #[arg(value_name = "KIND")]
    pub kind: Option<String>,
    /// Only entities whose field has this value, with Backstage's filter keys (`spec.type=service`,
    /// `metadata.tags=java`, `relations.ownedBy=group:default/a`). Conditions joined by commas must all match, several
    /// values of one key are alternatives; of several --filter, any one is enough
    #[arg(long, value_name = "KEY=VALUE")]
    pub filter: Vec<String>,
    /// Only entities that this search query finds, best match first
    #[arg(long, value_name = "QUERY", allow_hyphen_values = true)]
    pub query: Option<String>,
    /// Only entities that this group or user owns
    #[arg(long, value_name = "GROUP")]
    pub owner: Option<String>,
    /// With --owner: what the group's child groups own as well, at any depth
    #[arg(long, requires = "owner")]
    pub include_children: bool,
    /// How to print them
    #[arg(short, long, value_name = "FORMAT", default_value = "table")]
    pub output: ListFormat,
}

/// The forms of a list.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, clap::ValueEnum)]
pub enum ListFormat {
    /// A line an entity.
    #[default]
    Table,
    /// The same for people who ask for tables by the name of every other command.
    #[value(hide = true)]
    Text,
    /// An array of entities, as Backstage's API has them.
    Json,
    /// A YAML document an entity.
    Yaml,
    /// A reference a line.
    Name,
    /// A table with more columns: system, tags, problems, the file.
    Wide,
}

/// Prints the list.
///
/// # Errors
/// An unknown kind, owner or filter; what the cache or standard output says.
pub fn run(args: Args, context: &Context) -> Result<Exit, CliError> {
    let filter =
        EntityFilter::parse(args.filter.iter().map(String::as_str)).map_err(|message| {
            CliError::usage(message)
                .hint("write a filter as KEY=VALUE, for instance spec.type=service")
        })?;
    let catalog = Catalog::open(context)?;
    let snapshot = catalog.snapshot();
    let mut ids = match &args.query {
        Some(query) => super::search::ids(query, &catalog, context)?,
        None => snapshot.served().collect(),
    };
    // A query that finds nothing has said so, and what is nearest.
    let is_told = args.query.is_some() && ids.is_empty();
    let kind = match &args.kind {
        Some(kind) => Some(known_kind(kind, snapshot)?),
        None => None,
    };
    if let Some(kind) = &kind {
        ids.retain(|&id| snapshot.row(id).kind.eq_ignore_ascii_case(kind));
    }
    if let Some(owner) = &args.owner {
        let owners = owners::of(owner, args.include_children, snapshot)?;
        ids.retain(|&id| owners.contains(snapshot.row(id).owner));
    }
    let mut out = context.output();
    let listed = print(
        &catalog,
        Selection { ids, filter },
        kind.as_deref(),
        args.output,
        context.columns(),
        &mut out,
    )?;
    out.finish()?;
    let for_people = !matches!(args.output, ListFormat::Json | ListFormat::Yaml);
    if listed == 0 && for_people && !is_told {
        catalog.explain_nothing(context);
    }
    Ok(Exit::Done)
}

struct Selection {
    ids: Vec<RowId>,
    filter: EntityFilter,
}

impl Selection {
    /// Hands over each entity that passes, with what the cache has of it where `whole` or the filter needs that, and
    /// says how many there were.
    fn each(
        &self,
        catalog: &Catalog,
        whole: bool,
        mut then: impl FnMut(RowId, Option<Value>) -> Result<(), CliError>,
    ) -> Result<usize, CliError> {
        let mut passed = 0;
        for &id in &self.ids {
            if !whole && self.filter.is_empty() {
                then(id, None)?;
                passed += 1;
                continue;
            }
            let Some(entity) = catalog.served(id)? else {
                continue;
            };
            if self.filter.matches(&entity) {
                then(id, Some(entity))?;
                passed += 1;
            }
        }
        Ok(passed)
    }
}

fn print(
    catalog: &Catalog,
    selection: Selection,
    kind: Option<&str>,
    format: ListFormat,
    width: Option<usize>,
    out: &mut Output,
) -> Result<usize, CliError> {
    let snapshot = catalog.snapshot();
    match format {
        ListFormat::Json => {
            let mut array = out.array()?;
            let listed = selection.each(catalog, true, |_, entity| {
                entity.map_or(Ok(()), |entity| array.item(&entity))
            })?;
            array.end()?;
            Ok(listed)
        }
        ListFormat::Yaml => {
            let mut first = true;
            selection.each(catalog, true, |_, entity| {
                if !std::mem::take(&mut first) {
                    out.line("---")?;
                }
                out.text(&yaml::emit(&entity.unwrap_or_default()))
            })
        }
        ListFormat::Name => selection.each(catalog, false, |id, _| {
            out.line(&text::clean(snapshot.entity_ref(id)))
        }),
        ListFormat::Table | ListFormat::Text | ListFormat::Wide => {
            let wide = format == ListFormat::Wide;
            let columns = Column::of(kind, wide);
            let mut table = Table::new(columns.iter().map(|column| column.heading()));
            let listed = selection.each(catalog, wide, |id, entity| {
                let row = snapshot.row(id);
                let cells: Vec<String> = columns
                    .iter()
                    .map(|column| column.cell(&row, entity.as_ref()))
                    .collect();
                table.row(cells.iter().map(String::as_str));
                Ok(())
            })?;
            for line in table.lines(width) {
                out.line(&line)?;
            }
            Ok(listed)
        }
    }
}

/// A column of the table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Column {
    Name,
    Kind,
    Of(kinds::Column),
    Tags,
    Problems,
    Location,
}

impl Column {
    /// The columns of a list of one kind, or of all.
    fn of(kind: Option<&str>, wide: bool) -> Vec<Self> {
        let own = match kind {
            Some(kind) => kinds::columns(kind),
            None => kinds::OTHER_COLUMNS,
        };
        let mut columns = vec![Self::Name];
        if kind.is_none() {
            columns.push(Self::Kind);
        }
        columns.extend(own.iter().copied().map(Self::Of));
        if wide {
            let more = [
                kinds::Column::Type,
                kinds::Column::Lifecycle,
                kinds::Column::Owner,
                kinds::Column::System,
                kinds::Column::Title,
            ];
            for column in more.into_iter().map(Self::Of) {
                if !columns.contains(&column) {
                    columns.push(column);
                }
            }
            columns.extend([Self::Tags, Self::Problems, Self::Location]);
            // The longest comes last, where it needs no padding.
            columns.retain(|column| *column != Self::Of(kinds::Column::Description));
            columns.push(Self::Of(kinds::Column::Description));
        }
        columns
    }

    fn heading(self) -> &'static str {
        match self {
            Self::Name => "NAME",
            Self::Kind => "KIND",
            Self::Of(column) => column.heading(),
            Self::Tags => "TAGS",
            Self::Problems => "PROBLEMS",
            Self::Location => "LOCATION",
        }
    }

    /// `entity` is the whole one, where a column of the list needs it.
    fn cell(self, row: &Row<'_>, entity: Option<&Value>) -> String {
        match self {
            Self::Name => {
                let namespace = row.namespace.to_lowercase();
                if namespace == crate::catalog::DEFAULT_NAMESPACE {
                    row.name.to_owned()
                } else {
                    format!("{namespace}/{}", row.name)
                }
            }
            Self::Kind => row.kind.to_owned(),
            Self::Of(kinds::Column::Title) => row.title.to_owned(),
            Self::Of(kinds::Column::Type) => row.spec_type.to_owned(),
            Self::Of(kinds::Column::Lifecycle) => row.lifecycle.to_owned(),
            Self::Of(kinds::Column::Owner) => short_ref(row.owner, "group"),
            Self::Of(kinds::Column::System) => short_ref(row.system, "system"),
            Self::Of(kinds::Column::Description) => row.description.to_owned(),
            Self::Tags => row.tags.replace(' ', ","),
            Self::Problems => match row.problems {
                0 => String::new(),
                n => n.to_string(),
            },
            Self::Location => entity
                .and_then(|entity| entity.pointer(LOCATION)?.as_str())
                .unwrap_or_default()
                .to_owned(),
        }
    }
}

/// The kind that was meant: one that callboard knows or that the catalog has, singular or plural.
fn known_kind(wanted: &str, snapshot: &Snapshot) -> Result<String, CliError> {
    let matches = |kind: &str, plural: Option<&str>| {
        wanted.eq_ignore_ascii_case(kind)
            || plural.is_some_and(|plural| wanted.eq_ignore_ascii_case(plural))
    };
    if let Some(kind) = kinds::TABLE
        .iter()
        .find(|kind| matches(kind.name, Some(kind.plural)))
    {
        return Ok(kind.name.to_owned());
    }
    let mut present: Vec<&str> = snapshot.ids().map(|id| snapshot.row(id).kind).collect();
    present.sort_unstable();
    present.dedup();
    if let Some(kind) = present
        .iter()
        .find(|kind| matches(kind, Some(&format!("{kind}s"))))
    {
        return Ok((*kind).to_owned());
    }
    let names = kinds::TABLE.iter().map(|kind| kind.name).chain(present);
    let error = CliError::new(
        Exit::NotFound,
        format!("the catalog has no entity of the kind \"{wanted}\""),
    );
    Err(match text::nearest(wanted, names) {
        Some(near) => error.hint(format!("did you mean {near}?")),
        None => error.hint("`callboard list -o name` shows the kinds there are"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::RowInput;

    fn snapshot() -> Snapshot {
        let row = |kind: &str, name: &str| RowInput {
            entity_ref: format!("{}:default/{name}", kind.to_lowercase()),
            kind: kind.into(),
            name: name.into(),
            ..RowInput::default()
        };
        Snapshot::build(vec![row("Component", "pay"), row("Vessel", "ferry")], 1)
    }

    #[test]
    fn kinds_are_known_in_singular_and_plural_without_case() {
        let snapshot = snapshot();
        for (wanted, kind) in [
            ("component", "Component"),
            ("Components", "Component"),
            ("api", "API"),
            ("apis", "API"),
            ("vessels", "Vessel"),
            ("VESSEL", "Vessel"),
        ] {
            assert_eq!(known_kind(wanted, &snapshot).unwrap(), kind);
        }
    }

    #[test]
    fn an_unknown_kind_is_answered_with_the_nearest() {
        let error = known_kind("compnent", &snapshot()).unwrap_err();
        assert_eq!(error.exit, Exit::NotFound);
        assert_eq!(error.hint.as_deref(), Some("did you mean Component?"));
    }

    #[test]
    fn a_wide_table_names_no_column_twice() {
        for kind in kinds::TABLE {
            let mut headings: Vec<&str> = Column::of(Some(kind.name), true)
                .into_iter()
                .map(Column::heading)
                .collect();
            headings.sort_unstable();
            let before = headings.len();
            headings.dedup();
            assert_eq!(headings.len(), before, "{}", kind.name);
        }
    }
}
