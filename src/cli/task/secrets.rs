//! `--secret k=ENV`: which variable of the environment holds a secret. The secret itself never stands on a command line.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::str::FromStr;

use crate::cli::{CliError, Context, secret_prompt};
use crate::text;

/// One `--secret`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct SecretFlag {
    /// The secret's name in the template.
    pub(super) name: String,
    /// The variable that holds it.
    pub(super) variable: String,
}

impl FromStr for SecretFlag {
    type Err = String;

    fn from_str(flag: &str) -> Result<Self, String> {
        match flag.split_once('=') {
            Some((name, variable)) if !name.is_empty() && !variable.is_empty() => Ok(Self {
                name: name.to_owned(),
                variable: variable.to_owned(),
            }),
            // What was given may be the secret itself: it is not repeated.
            _ => Err(
                "write it as NAME=VARIABLE, the variable of the environment that holds the secret"
                    .to_owned(),
            ),
        }
    }
}

/// The secrets that the flags name.
///
/// # Errors
/// Where a variable is not set; its name is not repeated, as it may be the secret itself.
pub(super) fn read(
    flags: &[SecretFlag],
    context: &Context,
) -> Result<BTreeMap<String, String>, CliError> {
    flags
        .iter()
        .map(|flag| {
            let value = context.env_text(&flag.variable).ok_or_else(|| {
                CliError::usage(format!(
                    "the variable that --secret {}=… names is not set",
                    text::clean(&flag.name)
                ))
                .hint("name a variable of the environment, not the secret: --secret PASSWORD=MY_PASSWORD")
            })?;
            Ok((flag.name.clone(), value))
        })
        .collect()
}

/// Asks on the terminal for those of the names that are not there yet.
///
/// # Errors
/// Exit 2 with their names where there is no terminal.
pub(super) fn complete(
    secrets: &mut BTreeMap<String, String>,
    names: &[String],
) -> Result<(), CliError> {
    let missing: Vec<&String> = names
        .iter()
        .filter(|name| !secrets.contains_key(*name))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        let flags: Vec<String> = missing
            .iter()
            .map(|name| format!("--secret {name}=VARIABLE"))
            .collect();
        let names: Vec<&str> = missing.iter().map(|name| name.as_str()).collect();
        return Err(CliError::usage(format!(
            "the steps that are left use secrets which are stored nowhere: {}",
            names.join(", ")
        ))
        .hint(format!("give them again: {}", flags.join(" "))));
    }
    for name in missing {
        let secret = secret_prompt::ask(&format!("{}: ", text::clean(name)))?;
        secrets.insert(name.clone(), secret);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Exit, GlobalArgs};

    #[test]
    fn a_flag_names_a_variable_and_what_is_no_flag_is_not_repeated() {
        assert_eq!(
            "TOKEN=MY_TOKEN".parse::<SecretFlag>().unwrap(),
            SecretFlag {
                name: "TOKEN".into(),
                variable: "MY_TOKEN".into()
            }
        );
        for wrong in ["hunter2", "=hunter2", "TOKEN="] {
            let error = wrong.parse::<SecretFlag>().unwrap_err();
            assert!(!error.contains("hunter2"));
        }
    }

    #[test]
    fn a_variable_that_is_not_set_is_wrong_usage() {
        let context = Context::with_env(GlobalArgs::default(), |name| {
            (name == "SET").then(|| "value".into())
        });
        let flag = |variable: &str| SecretFlag {
            name: "TOKEN".into(),
            variable: variable.into(),
        };
        let read_back = read(&[flag("SET")], &context).unwrap();
        assert_eq!(read_back["TOKEN"], "value");
        let error = read(&[flag("hunter2")], &context).unwrap_err();
        assert_eq!(error.exit, Exit::Usage);
        assert!(!format!("{error}{:?}", error.hint).contains("hunter2"));
    }
}
