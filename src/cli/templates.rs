//! `callboard templates`: the software templates of the catalog, and what one of them asks for.

use serde_json::{Map, Value, json};

use super::actions::type_of;
use super::catalog::Catalog;
use super::table::Table;
use super::template_source::{self, TemplateSource};
use super::{CliError, Context, Exit, Format, Output};
use crate::scaffolder::template::UNTITLED_PAGE;
use crate::scaffolder::{Page, Registry, shipped};
use crate::text;

/// What to do.
#[derive(clap::Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Args {
    #[command(subcommand)]
    command: Option<TemplatesCommand>,
    /// How to print them
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    output: Format,
}

#[derive(clap::Subcommand, Debug)]
enum TemplatesCommand {
    /// Show one template: what it asks for and what it does. JSON is Backstage's: the parameters of each page as a schema
    Show {
        /// The template, by its reference or the path of its file
        #[arg(value_name = "TEMPLATE")]
        template: String,
        /// How to print it
        #[arg(short, long, value_name = "FORMAT", default_value = "text")]
        output: Format,
    },
}

/// Runs it.
///
/// # Errors
/// What the cache says; a template that is not there or cannot be run.
pub fn run(args: Args, context: &Context) -> Result<Exit, CliError> {
    match args.command {
        None => list(args.output, context),
        Some(TemplatesCommand::Show { template, output }) => show(&template, output, context),
    }
}

fn list(format: Format, context: &Context) -> Result<Exit, CliError> {
    let catalog = Catalog::open(context)?;
    let snapshot = catalog.snapshot();
    let mut rows: Vec<_> = snapshot
        .served()
        .map(|id| (id, snapshot.row(id)))
        .filter(|(_, row)| row.entity_ref.starts_with("template:"))
        .collect();
    rows.sort_by(|(_, a), (_, b)| a.entity_ref.cmp(b.entity_ref));
    let mut out = context.output();
    match format {
        Format::Json => {
            let mut array = out.array()?;
            for (id, row) in &rows {
                let served = catalog.served(*id)?.unwrap_or_default();
                let mut fields = Map::new();
                let mut add = |key: &str, value: Option<&Value>| {
                    if let Some(value) = value.filter(|value| !value.is_null()) {
                        fields.insert(key.to_owned(), value.clone());
                    }
                };
                add("ref", Some(&Value::from(row.entity_ref)));
                add("title", served.pointer("/metadata/title"));
                add("description", served.pointer("/metadata/description"));
                add("type", served.pointer("/spec/type"));
                add("owner", served.pointer("/spec/owner"));
                add("tags", served.pointer("/metadata/tags"));
                array.item(&fields)?;
            }
            array.end()?;
        }
        Format::Text => {
            let mut table = Table::new(["NAME", "TITLE", "TYPE", "OWNER"]);
            for (_, row) in &rows {
                let name = row.entity_ref.strip_prefix("template:");
                let name = name.unwrap_or(row.entity_ref);
                let name = name.strip_prefix("default/").unwrap_or(name);
                table.row([name, row.title, row.spec_type, row.owner]);
            }
            for line in table.lines(context.columns()) {
                out.line(&line)?;
            }
        }
    }
    out.finish()?;
    if rows.is_empty() {
        context.note("the catalog has no templates; they count from configured locations alone");
        let names = shipped::names().join(", ");
        context.note(&format!(
            "hint: these ship with callboard and are run by name: {names}"
        ));
    }
    Ok(Exit::Done)
}

fn show(named: &str, format: Format, context: &Context) -> Result<Exit, CliError> {
    let template = template_source::load(named, context)?;
    let mut out = context.output();
    match format {
        Format::Json => out.json(&json(&template))?,
        Format::Text => page(&template, &mut out)?,
    }
    out.finish()?;
    Ok(Exit::Done)
}

/// As Backstage's `parameter-schema` answers.
fn json(template: &TemplateSource) -> Value {
    let spec = &template.spec;
    let steps: Vec<Value> = spec
        .pages
        .iter()
        .map(|page| {
            let mut step = Map::new();
            let title = page.title.as_deref().unwrap_or(UNTITLED_PAGE);
            step.insert("title".to_owned(), Value::from(title));
            if let Some(description) = &page.description {
                step.insert("description".to_owned(), Value::from(description.as_str()));
            }
            step.insert("schema".to_owned(), page.schema.clone());
            Value::Object(step)
        })
        .collect();
    let mut answer = json!({"title": spec.title()});
    if let Value::Object(answer) = &mut answer {
        if let Some(description) = spec.description() {
            answer.insert("description".to_owned(), Value::from(description));
        }
        if let Some(options) = spec.metadata.get("ui:options") {
            answer.insert("ui:options".to_owned(), options.clone());
        }
        answer.insert("steps".to_owned(), Value::from(steps));
    }
    answer
}

fn page(template: &TemplateSource, out: &mut Output) -> Result<(), CliError> {
    let spec = &template.spec;
    out.line(&text::clean(&spec.entity_ref))?;
    for (label, value) in [
        ("Title", Some(spec.title())),
        ("Description", spec.description()),
        ("Type", spec.spec_type.as_deref()),
        ("Owner", spec.owner.as_deref()),
    ] {
        if let Some(value) = value.map(one_line).filter(|v| !v.is_empty()) {
            out.line(&format!("{}{value}", text::pad(label, 13)))?;
        }
    }
    for page in &spec.pages {
        parameters(page, out)?;
    }
    if let Some(secrets) = &spec.secrets {
        out.line("")?;
        out.line("Secrets")?;
        rows(secrets, out)?;
    }
    out.line("")?;
    out.line("Steps")?;
    let registry = Registry::default();
    let widest = spec
        .steps
        .iter()
        .map(|step| text::width(&one_line(&step.name)));
    let widest = widest.max().unwrap_or(0).min(40);
    for step in &spec.steps {
        let mut line = format!(
            "  {}  {}",
            text::pad(&one_line(&step.name), widest),
            one_line(&step.action)
        );
        if registry.get(&step.action).is_none() {
            line.push_str("  (callboard does not have this action");
            if let Some(near) = registry.nearest(&step.action) {
                line.push_str(&format!("; did the template mean {near}?"));
            }
            line.push(')');
        }
        out.line(&line)?;
    }
    Ok(())
}

fn parameters(page: &Page, out: &mut Output) -> Result<(), CliError> {
    out.line("")?;
    out.line(&one_line(page.title.as_deref().unwrap_or(UNTITLED_PAGE)))?;
    rows(&page.schema, out)
}

/// A line for each field of a schema: name, type, default, title or description; conditional ones after those always
/// asked for.
fn rows(schema: &Value, out: &mut Output) -> Result<(), CliError> {
    let mut rows: Vec<[String; 3]> = Vec::new();
    collect(schema, false, 0, &mut rows);
    let widest = |at: usize| {
        let cells = rows.iter().filter_map(|row| row.get(at));
        cells
            .map(|cell| text::width(cell))
            .max()
            .unwrap_or(0)
            .min(40)
    };
    let (names, types) = (widest(0), widest(1));
    for [name, kind, about] in &rows {
        let line = format!(
            "  {}  {}  {about}",
            text::pad(name, names),
            text::pad(kind, types)
        );
        out.line(line.trim_end())?;
    }
    Ok(())
}

fn collect(schema: &Value, conditional: bool, depth: usize, rows: &mut Vec<[String; 3]>) {
    if depth > 16 {
        return;
    }
    let required = |name: &str| {
        let list = schema.get("required").and_then(Value::as_array);
        list.is_some_and(|list| list.iter().any(|known| known == name))
    };
    let properties = schema.get("properties").and_then(Value::as_object);
    for (name, property) in properties.into_iter().flatten() {
        // What a branch only compares is asked for elsewhere.
        if conditional && (property.get("const").is_some() || property.get("type").is_none()) {
            continue;
        }
        let mark = if required(name) { " *" } else { "" };
        let mut about: Vec<String> = Vec::new();
        if let Some(default) = property.get("default") {
            about.push(format!("[{}]", value(default)));
        }
        let words = ["description", "title"].iter().find_map(|key| {
            let text = property.get(key).and_then(Value::as_str)?;
            (!text.trim().is_empty()).then(|| one_line(text))
        });
        about.extend(words);
        if conditional {
            about.push("(asked for where it applies)".to_owned());
        }
        rows.push([
            format!("{}{mark}", one_line(name)),
            type_of(property),
            about.join(" "),
        ]);
    }
    let lists = ["oneOf", "anyOf", "allOf"]
        .iter()
        .filter_map(|key| schema.get(key)?.as_array())
        .flatten();
    let single = ["then", "else"].iter().filter_map(|key| schema.get(key));
    let dependencies = schema.get("dependencies").and_then(Value::as_object);
    for part in lists
        .chain(single)
        .chain(dependencies.into_iter().flat_map(|map| map.values()))
    {
        collect(part, true, depth + 1, rows);
    }
}

fn value(value: &Value) -> String {
    match value {
        Value::String(text) => one_line(text),
        other => one_line(&other.to_string()),
    }
}

/// Text of a template on one clean line.
fn one_line(value: &str) -> String {
    let words: Vec<&str> = value.split_whitespace().collect();
    text::clean(&words.join(" ")).into_owned()
}
