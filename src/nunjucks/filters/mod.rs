//! nunjucks' filters, and Backstage's.

mod html;
mod list;
pub(crate) mod scaffolder;
mod text;

use super::coerce::{render, to_number, to_text};
use super::error::{Result, fail};
use super::limits::Meter;
use super::number;
use super::text::Text;
use super::value::Value;

const BUILTIN: [&str; 43] = [
    "abs",
    "batch",
    "capitalize",
    "center",
    "d",
    "default",
    "dictsort",
    "dump",
    "e",
    "escape",
    "first",
    "float",
    "forceescape",
    "groupby",
    "indent",
    "int",
    "join",
    "last",
    "length",
    "list",
    "lower",
    "nl2br",
    "random",
    "reject",
    "rejectattr",
    "replace",
    "reverse",
    "round",
    "safe",
    "select",
    "selectattr",
    "slice",
    "sort",
    "string",
    "striptags",
    "sum",
    "title",
    "trim",
    "truncate",
    "upper",
    "urlencode",
    "urlize",
    "wordcount",
];
const SCAFFOLDER: [&str; 4] = ["parseEntityRef", "parseRepoUrl", "pick", "projectSlug"];

/// Whose a filter is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Builtin,
    Scaffolder,
}

/// The name a filter goes by: `jsonify` is cookiecutter's `dump`.
pub(crate) fn canonical(name: &str, cookiecutter: bool) -> &str {
    if cookiecutter && name == "jsonify" {
        "dump"
    } else {
        name
    }
}

/// Whose a filter is; nothing where there is no such filter.
pub(crate) fn kind(name: &str) -> Option<Kind> {
    if SCAFFOLDER.contains(&name) {
        Some(Kind::Scaffolder)
    } else {
        BUILTIN.contains(&name).then_some(Kind::Builtin)
    }
}

/// All filters.
pub(crate) fn names(cookiecutter: bool) -> Vec<&'static str> {
    let mut names: Vec<&str> = BUILTIN.into();
    if cookiecutter {
        names.push("jsonify");
    }
    names.extend(SCAFFOLDER);
    names
}

/// Arguments as nunjucks hands them to a filter: `int` and `sort` know theirs by name, all others get the named ones as
/// one record after the rest.
pub(crate) fn arguments(
    name: &str,
    mut positional: Vec<Value>,
    mut keyword: Vec<(Text, Value)>,
) -> Vec<Value> {
    let known: &[&str] = match name {
        "int" => &["default", "base"],
        "sort" => &["reverse", "case_sensitive", "attribute"],
        _ => {
            if !keyword.is_empty() {
                keyword.push((Text::from("__keywords"), Value::Bool(true)));
                positional.push(Value::record(keyword));
            }
            return positional;
        }
    };
    for name in known.iter().skip(positional.len()) {
        let named = keyword.iter().find(|(given, _)| given.is(name));
        positional.push(named.map_or(Value::Undefined, |(_, value)| value.clone()));
    }
    positional
}

/// What a filter is applied to, and its arguments.
pub(super) struct Call<'a> {
    pub(super) input: &'a Value,
    pub(super) arguments: &'a [Value],
    pub(super) meter: &'a Meter,
}

impl Call<'_> {
    fn argument(&self, at: usize) -> &Value {
        self.arguments.get(at).unwrap_or(&Value::Undefined)
    }

    /// A number given, or another where none that is true is given.
    fn number_or(&self, at: usize, otherwise: f64) -> Result<f64> {
        let argument = self.argument(at);
        if argument.truthy() {
            to_number(argument, self.meter)
        } else {
            Ok(otherwise)
        }
    }

    /// The string the filter is applied to.
    fn text(&self) -> Result<&Text> {
        let text = self.input.as_text();
        if let Some(text) = text {
            self.meter.search(text.len())?;
            return Ok(text);
        }
        fail("Filter input must be a string")
    }

    /// The same, where undefined, null and false count as the empty string.
    fn text_or_empty(&self) -> Result<Text> {
        match self.input {
            Value::Undefined | Value::Null | Value::Bool(false) => Ok(Text::from("")),
            _ => self.text().cloned(),
        }
    }

    /// A string that is marked safe where the input is.
    fn like_input(&self, units: Vec<u16>) -> Result<Value> {
        let text = self.meter.made(units)?;
        Ok(if matches!(self.input, Value::Safe(_)) {
            Value::safe(text)
        } else {
            Value::Text(text)
        })
    }
}

/// Applies one of nunjucks' filters.
pub(crate) fn apply(
    name: &str,
    input: &Value,
    arguments: &[Value],
    meter: &Meter,
) -> Result<Value> {
    let call = Call {
        input,
        arguments,
        meter,
    };
    match name {
        "abs" => Ok(Value::Number(to_number(input, meter)?.abs())),
        "default" | "d" => Ok(default(&call)),
        "dump" => dump(&call),
        "float" => {
            let parsed = number::parse_float(&to_text(input, meter)?);
            Ok(if parsed.is_nan() {
                call.argument(0).clone()
            } else {
                Value::Number(parsed)
            })
        }
        "int" => {
            let base = match call.argument(1) {
                Value::Undefined => 10.0,
                base => to_number(base, meter)?.trunc(),
            };
            let parsed = number::parse_int(&to_text(input, meter)?, base);
            Ok(if parsed.is_nan() {
                call.argument(0).clone()
            } else {
                Value::Number(parsed)
            })
        }
        "round" => {
            let factor = 10f64.powf(call.number_or(0, 0.0)?);
            let scaled = to_number(input, meter)? * factor;
            let rounded = match call.argument(1) {
                Value::Text(method) if method.is("ceil") => scaled.ceil(),
                Value::Text(method) if method.is("floor") => scaled.floor(),
                _ => round(scaled),
            };
            Ok(Value::Number(rounded / factor))
        }
        "safe" => Ok(match input {
            Value::Safe(_) => input.clone(),
            _ => Value::safe(render(input, meter)?),
        }),
        "string" => match input {
            Value::Undefined | Value::Null => fail("string requires a value"),
            Value::Safe(_) => Ok(input.clone()),
            _ => Ok(Value::Text(render(input, meter)?)),
        },
        "e" | "escape" | "forceescape" | "nl2br" | "striptags" | "urlencode" | "urlize" => {
            html::apply(name, &call)
        }
        "batch" | "dictsort" | "first" | "groupby" | "join" | "last" | "length" | "list"
        | "random" | "reject" | "rejectattr" | "reverse" | "select" | "selectattr" | "slice"
        | "sort" | "sum" => list::apply(name, &call),
        _ => text::apply(name, &call),
    }
}

/// `Math.round`: halves go up.
fn round(value: f64) -> f64 {
    let floor = value.floor();
    if value - floor >= 0.5 {
        floor + 1.0
    } else {
        floor
    }
}

fn default(call: &Call<'_>) -> Value {
    let missing = if call.argument(1).truthy() {
        !call.input.truthy()
    } else {
        matches!(call.input, Value::Undefined)
    };
    if missing {
        call.argument(0)
    } else {
        call.input
    }
    .clone()
}

/// `JSON.stringify`
fn dump(call: &Call<'_>) -> Result<Value> {
    let indent: String = match call.argument(0) {
        Value::Text(text) => {
            Text::from(text.get(..text.len().min(10)).unwrap_or_default()).to_string()
        }
        Value::Number(width) if *width > 0.0 => " ".repeat(width.min(10.0) as usize),
        _ => String::new(),
    };
    let mut out = Vec::new();
    let written = text::write_json(call.input, &indent, 0, &mut out, call.meter)?;
    if !written {
        return Ok(Value::Undefined);
    }
    call.meter.made(out).map(Value::Text)
}
