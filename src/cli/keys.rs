//! `callboard keys`: the key bindings in force, from the live keymap.

use serde_json::json;

use super::config::{folder, load, warn};
use super::{CliError, Context, Exit, Format};
use crate::app::{Action, Scope};
use crate::keymap::{Binding, display_sequence};
use crate::text::{clean, pad, width};

/// Its arguments.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// How to print them
    #[arg(short, long, value_enum, default_value = "text")]
    output: Format,
}

/// Runs it.
///
/// # Errors
/// A configuration file that cannot be read; what standard output says.
pub fn run(args: Args, context: &Context) -> Result<Exit, CliError> {
    let config = load(context)?;
    let scopes = Scope::ALL.map(Scope::name);
    let (keymap, notices) = config.keymap(
        folder(context).as_deref(),
        &crate::app::actions::known(),
        &scopes,
    );
    warn(notices.iter().map(String::as_str));
    let bindings: Vec<&Binding> = keymap.bindings().collect();
    let mut out = context.output();
    match args.output {
        Format::Json => {
            let rows: Vec<_> = bindings.iter().map(|binding| row(binding)).collect();
            out.json(&rows)?;
        }
        Format::Text => {
            for line in lines(&scopes, &bindings) {
                out.line(&line)?;
            }
        }
    }
    out.finish()?;
    Ok(Exit::Done)
}

fn doc(action: &str) -> &'static str {
    Action::from_id(action).map_or("", |action| action.info().doc)
}

fn row(binding: &Binding) -> serde_json::Value {
    let mut row = json!({
        "scope": binding.scope,
        "keys": display_sequence(&binding.keys),
        "action": binding.action,
        "doc": doc(&binding.action),
        "source": format!("{}:{}", binding.layer, binding.line),
    });
    if let (Some(argument), Some(object)) = (&binding.argument, row.as_object_mut()) {
        object.insert("argument".into(), argument.as_str().into());
    }
    row
}

/// Section by section, an action a line with all its keys.
fn lines(scopes: &[&str], bindings: &[&Binding]) -> Vec<String> {
    let mut sections: Vec<(&str, Vec<[String; 3]>)> = Vec::new();
    for scope in scopes {
        let mut rows: Vec<[String; 3]> = Vec::new();
        for binding in bindings.iter().filter(|binding| binding.scope == *scope) {
            let argument = binding
                .argument
                .as_ref()
                .map(|argument| format!(" {argument}"))
                .unwrap_or_default();
            let action = format!("{}{argument}", binding.action);
            let keys = display_sequence(&binding.keys);
            match rows.iter_mut().find(|[_, other, _]| *other == action) {
                Some([all, ..]) => all.push_str(&format!("  {keys}")),
                None => rows.push([keys, action, doc(&binding.action).to_owned()]),
            }
        }
        if !rows.is_empty() {
            sections.push((scope, rows));
        }
    }
    let widest = |column: usize| {
        let cells = sections
            .iter()
            .flat_map(|(_, rows)| rows.iter().filter_map(|row| row.get(column)));
        cells.map(|cell| width(cell)).max().unwrap_or(0)
    };
    let (keys_width, action_width) = (widest(0), widest(1));
    let mut lines = Vec::new();
    for (position, (scope, rows)) in sections.iter().enumerate() {
        if position > 0 {
            lines.push(String::new());
        }
        lines.push((*scope).to_owned());
        for [keys, action, doc] in rows {
            let line = format!(
                "  {}  {}  {doc}",
                pad(keys, keys_width),
                pad(action, action_width)
            );
            lines.push(clean(&line).trim_end().to_owned());
        }
    }
    lines.push(String::new());
    lines.push(
        "In a line of text, alt and a letter mean what the letter means outside of it.".to_owned(),
    );
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keymap::{Keymap, PRESETS, preset};

    #[test]
    fn every_preset_binds_nothing_but_what_exists() {
        let scopes = Scope::ALL.map(Scope::name);
        for (name, _) in PRESETS {
            let layers = preset(name).expect("built in");
            let (_, problems) = Keymap::load(&layers, &crate::app::actions::known(), &scopes);
            assert_eq!(problems, [], "{name}");
        }
    }

    #[test]
    fn the_table_lists_each_action_once_a_section_with_all_its_keys() {
        let scopes = Scope::ALL.map(Scope::name);
        let layers = preset("default").expect("built in");
        let (keymap, _) = Keymap::load(&layers, &crate::app::actions::known(), &scopes);
        let bindings: Vec<&Binding> = keymap.bindings().collect();
        let lines = lines(&scopes, &bindings);
        assert_eq!(lines.first().map(String::as_str), Some("global"));
        let down: Vec<&String> = lines
            .iter()
            .filter(|line| line.contains(" move-down "))
            .collect();
        assert_eq!(down.len(), 1, "{lines:#?}");
        assert!(
            down[0].contains("down  j  ctrl-n") && down[0].ends_with("Move to the next row"),
            "{}",
            down[0]
        );
    }
}
