//! Answers and secrets from a command line.

use std::fs;
use std::io::Read;
use std::path::Path;

use serde_json::{Map, Value};

use super::Args;
use crate::catalog::yaml::{self, YamlLimits};
use crate::cli::{CliError, Context};
use crate::scaffolder::TemplateSpec;
use crate::scaffolder::parameters::{nearest, typed};

/// The largest file of answers.
const LARGEST: u64 = 10 << 20;

/// The answers: those of the file, then `--set`, then `--set-json`.
pub fn collect(args: &Args, template: &TemplateSpec) -> Result<Map<String, Value>, CliError> {
    let mut values = match &args.values {
        Some(path) => file(path)?,
        None => Map::new(),
    };
    for given in &args.set {
        let (name, text) = split("--set", given)?;
        set(template, &mut values, name, text)?;
    }
    for given in &args.set_json {
        let (name, text) = split("--set-json", given)?;
        let value = serde_json::from_str(text)
            .map_err(|error| CliError::usage(format!("--set-json {name}: {error}")))?;
        values.insert(name.to_owned(), value);
    }
    Ok(values)
}

/// The secrets, from the environment.
pub fn secrets(args: &Args, context: &Context) -> Result<Map<String, Value>, CliError> {
    let mut secrets = Map::new();
    for given in &args.secret {
        let (name, variable) = split("--secret", given)?;
        let secret = context.env_text(variable).ok_or_else(|| {
            CliError::usage(format!(
                "--secret {name}: the variable {variable} is not set"
            ))
            .hint("a secret is given by the name of a variable of the environment")
        })?;
        secrets.insert(name.to_owned(), Value::from(secret));
    }
    Ok(secrets)
}

/// Answers that do not fit.
pub fn unfit(template: &TemplateSpec, lines: &[String]) -> CliError {
    let mut message = format!("the answers do not fit {}:", template.entity_ref);
    for line in lines {
        message.push_str("\n  ");
        message.push_str(line);
    }
    CliError::usage(message).hint(format!(
        "`callboard templates show {}` says what it asks for",
        template.entity_ref
    ))
}

fn split<'a>(flag: &str, given: &'a str) -> Result<(&'a str, &'a str), CliError> {
    match given.split_once('=') {
        Some((name, text)) if !name.is_empty() => Ok((name, text)),
        _ => Err(CliError::usage(format!("{flag} {given} has no `=`"))
            .hint(format!("write it as {flag} name=value"))),
    }
}

fn file(path: &Path) -> Result<Map<String, Value>, CliError> {
    let named =
        |what: &dyn std::fmt::Display| CliError::usage(format!("{}: {what}", path.display()));
    let mut text = String::new();
    let read = if path == Path::new("-") {
        std::io::stdin().take(LARGEST).read_to_string(&mut text)
    } else {
        fs::File::open(path).and_then(|file| file.take(LARGEST).read_to_string(&mut text))
    };
    read.map_err(|error| named(&error))?;
    let mut documents = yaml::parse(&text, &YamlLimits::default()).into_iter();
    let Some(document) = documents.next() else {
        return Ok(Map::new());
    };
    if documents.next().is_some() {
        return Err(named(&"it has several documents"));
    }
    match document.content {
        Ok(Value::Object(values)) => Ok(values),
        Ok(Value::Null) => Ok(Map::new()),
        Ok(_) => Err(named(&"the answers must be names with values")),
        Err(error) => Err(CliError::usage(format!(
            "{}:{}:{}: {error}",
            path.display(),
            error.mark.line,
            error.mark.column
        ))),
    }
}

/// One `--set`.
fn set(
    template: &TemplateSpec,
    values: &mut Map<String, Value>,
    name: &str,
    text: &str,
) -> Result<(), CliError> {
    if let Some(schema) = template.parameter(name) {
        let value = typed(Some(schema), text).map_err(|error| {
            CliError::usage(format!("--set {name}: \"{text}\" {}", error.message))
        })?;
        values.insert(name.to_owned(), value);
        return Ok(());
    }
    // `a.b=x` reaches into an object.
    let mut parts = name.split('.');
    let root = parts
        .next()
        .and_then(|root| Some((root, template.parameter(root)?)));
    let Some((root, mut schema)) = root.filter(|_| name.contains('.')) else {
        let error = CliError::usage(format!(
            "--set {name}: {} has no such parameter",
            template.entity_ref
        ));
        return Err(match nearest(template, name) {
            Some(near) => error.hint(format!("did you mean {near}?")),
            None => error.hint(format!(
                "`callboard templates show {}` lists them",
                template.entity_ref
            )),
        });
    };
    let mut slot = values.entry(root).or_insert(Value::Null);
    for part in parts {
        schema = schema
            .get("properties")
            .and_then(|properties| properties.get(part))
            .unwrap_or(&Value::Bool(true));
        if !slot.is_object() {
            *slot = Value::Object(Map::new());
        }
        slot = match slot {
            Value::Object(map) => map.entry(part).or_insert(Value::Null),
            other => other,
        };
    }
    *slot = typed(Some(schema), text)
        .map_err(|error| CliError::usage(format!("--set {name}: \"{text}\" {}", error.message)))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn template() -> TemplateSpec {
        TemplateSpec::read(&json!({
            "apiVersion": "scaffolder.backstage.io/v1beta3",
            "kind": "Template",
            "metadata": {"name": "t"},
            "spec": {"type": "x", "steps": [], "parameters": {"properties": {
                "name": {"type": "string"},
                "port": {"type": "number"},
                "db": {"type": "object", "properties": {"size": {"type": "integer"}}},
                "a.b": {"type": "string"},
            }}},
        }))
        .unwrap()
    }

    fn after(settings: &[&str]) -> Result<Value, CliError> {
        let mut values = Map::new();
        for given in settings {
            let (name, text) = split("--set", given)?;
            set(&template(), &mut values, name, text)?;
        }
        Ok(Value::Object(values))
    }

    #[test]
    fn settings_are_typed_by_their_schema_and_reach_into_objects() {
        assert_eq!(
            after(&["name=7", "port=7", "db.size=3", "db.zone=a=b", "a.b=x"]).unwrap(),
            json!({"name": "7", "port": 7, "db": {"size": 3, "zone": "a=b"}, "a.b": "x"})
        );
    }

    #[test]
    fn what_does_not_fit_says_which_and_why() {
        let told = |given: &str| after(&[given]).unwrap_err();
        assert_eq!(told("port=x").message, "--set port: \"x\" is not a number");
        assert_eq!(told("nmae=x").hint.as_deref(), Some("did you mean name?"));
        assert_eq!(told("name").message, "--set name has no `=`");
        assert_eq!(
            told("other.x=1").message,
            "--set other.x: template:default/t has no such parameter"
        );
    }

    #[test]
    fn a_file_of_answers_is_yaml_or_json() {
        let folder = tempfile::tempdir().unwrap();
        let read = |text: &str| {
            let path = folder.path().join("values");
            fs::write(&path, text).unwrap();
            file(&path).map(Value::Object)
        };
        assert_eq!(read("{\"a\": 1}").unwrap(), json!({"a": 1}));
        assert_eq!(
            read("a: yes\nb: [1]\n").unwrap(),
            json!({"a": "yes", "b": [1]})
        );
        assert_eq!(read("").unwrap(), json!({}));
        assert!(read("- 1\n").is_err());
        assert!(read("a: [\n").unwrap_err().message.contains("values:2:1"));
    }
}
