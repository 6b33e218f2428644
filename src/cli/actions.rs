//! `callboard actions [ID]`: the scaffolder's actions, what they take and what they put out.

use serde_json::{Map, Value, json};

use super::table::Table;
use super::{CliError, Context, Exit, Format, Output};
use crate::scaffolder::{Action, Registry};
use crate::text;

/// Which action, and how.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The action, as steps name it; all of them where none is named
    #[arg(value_name = "ID")]
    id: Option<String>,
    /// How to print it
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    output: Format,
}

/// Prints the actions.
///
/// # Errors
/// An action that is not there (3); what standard output says.
pub fn run(args: Args, context: &Context) -> Result<Exit, CliError> {
    let registry = Registry::default();
    let mut out = context.output();
    match (&args.id, args.output) {
        (None, Format::Json) => {
            let all: Vec<Value> = registry
                .actions()
                .iter()
                .map(|a| json(a.as_ref()))
                .collect();
            out.json(&all)?;
        }
        (None, Format::Text) => {
            let mut table = Table::new(["ID", "DESCRIPTION"]);
            for action in registry.actions() {
                table.row([action.id(), action.description()]);
            }
            for line in table.lines(context.columns()) {
                out.line(&line)?;
            }
        }
        (Some(id), format) => {
            let action = registry.get(id).ok_or_else(|| unknown(id, &registry))?;
            match format {
                Format::Json => out.json(&json(action))?,
                Format::Text => page(action, &mut out)?,
            }
        }
    }
    out.finish()?;
    Ok(Exit::Done)
}

fn unknown(id: &str, registry: &Registry) -> CliError {
    let error = CliError::new(Exit::NotFound, format!("there is no action \"{id}\""));
    match registry.nearest(id) {
        Some(near) => error.hint(format!("did you mean {near}?")),
        None => error.hint("`callboard actions` lists them"),
    }
}

/// An action as Backstage's API lists it.
fn json(action: &dyn Action) -> Value {
    let examples: Vec<Value> = action
        .examples()
        .iter()
        .map(|example| json!({"description": example.description, "example": example.example}))
        .collect();
    let mut schema = Map::new();
    schema.insert("input".to_owned(), action.input_schema());
    let output = action.output_schema();
    if !output.is_null() {
        schema.insert("output".to_owned(), output);
    }
    json!({
        "id": action.id(),
        "description": action.description(),
        "examples": examples,
        "schema": schema,
    })
}

fn page(action: &dyn Action, out: &mut Output) -> Result<(), CliError> {
    out.line(action.id())?;
    out.line(&text::clean(action.description()))?;
    if action.supports_dry_run() {
        out.line("Runs in a dry run too.")?;
    }
    let inputs = action.input_schema();
    match inputs.get("anyOf").and_then(Value::as_array) {
        None => fields("Input", &inputs, out)?,
        Some(several) => {
            for (at, one) in several.iter().enumerate() {
                let title = if at == 0 { "Input" } else { "or" };
                fields(title, one, out)?;
            }
        }
    }
    fields("Output", &action.output_schema(), out)?;
    for example in action.examples() {
        out.line("")?;
        out.line(&format!("Example: {}", text::clean(example.description)))?;
        for line in example.example.lines() {
            out.line(&format!("  {}", text::clean(line)))?;
        }
    }
    Ok(())
}

/// The properties of a schema: name, type, description.
fn fields(title: &str, schema: &Value, out: &mut Output) -> Result<(), CliError> {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
        return Ok(());
    };
    out.line("")?;
    out.line(title)?;
    let required = |name: &str| {
        let list = schema.get("required").and_then(Value::as_array);
        list.is_some_and(|list| list.iter().any(|known| known == name))
    };
    let rows: Vec<(String, String, &str)> = properties
        .iter()
        .map(|(name, schema)| {
            let mark = if required(name) { " *" } else { "" };
            let description = schema.get("description").and_then(Value::as_str);
            (
                format!("{name}{mark}"),
                type_of(schema),
                description.unwrap_or_default(),
            )
        })
        .collect();
    let names = rows.iter().map(|(name, ..)| text::width(name)).max();
    let types = rows.iter().map(|(_, kind, _)| text::width(kind)).max();
    let (names, types) = (names.unwrap_or(0), types.unwrap_or(0).min(30));
    for (name, kind, description) in &rows {
        let description = description.split_whitespace().collect::<Vec<_>>().join(" ");
        let line = format!(
            "  {}  {}  {}",
            text::pad(name, names),
            text::pad(kind, types),
            text::clean(&description)
        );
        out.line(line.trim_end())?;
    }
    Ok(())
}

/// A schema's type in a word or two: `string`, `list of string`, `a, b or c`.
pub fn type_of(schema: &Value) -> String {
    if let Some(choices) = schema.get("enum").and_then(Value::as_array) {
        let choices: Vec<String> = choices.iter().map(shown).collect();
        return match choices.split_last() {
            Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
            Some((last, _)) => last.clone(),
            None => "nothing".to_owned(),
        };
    }
    if let Some(fixed) = schema.get("const") {
        return shown(fixed);
    }
    match schema.get("type") {
        Some(Value::String(kind)) if kind == "array" => match schema.get("items") {
            Some(items) if items.is_object() => format!("list of {}", type_of(items)),
            _ => "list".to_owned(),
        },
        Some(Value::String(kind)) => text::clean(kind).into_owned(),
        Some(Value::Array(kinds)) => kinds.iter().map(shown).collect::<Vec<_>>().join(" or "),
        _ => match ["anyOf", "oneOf"].iter().find_map(|key| schema.get(key)) {
            Some(Value::Array(several)) => {
                let mut kinds: Vec<String> = several.iter().map(type_of).collect();
                kinds.dedup();
                kinds.join(" or ")
            }
            _ => "any".to_owned(),
        },
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text::clean(text).into_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_told_in_a_word_or_two() {
        for (schema, told) in [
            (json!({"type": "string"}), "string"),
            (
                json!({"type": "array", "items": {"type": "string"}}),
                "list of string",
            ),
            (json!({"type": "array"}), "list"),
            (json!({"enum": ["a", 1, "c"]}), "a, 1 or c"),
            (json!({"type": ["string", "null"]}), "string or null"),
            (
                json!({"anyOf": [{"type": "boolean"}, {"enum": ["x"]}]}),
                "boolean or x",
            ),
            (json!({}), "any"),
        ] {
            assert_eq!(type_of(&schema), told);
        }
    }
}
