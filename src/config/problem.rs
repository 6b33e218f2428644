//! What can be wrong with a configuration: an error that ends the load, or a problem that is shown beside what works.

use std::fmt;
use std::path::PathBuf;

use super::settings::Origin;
use crate::catalog::Severity;

/// Why the configuration cannot be read at all.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub struct ConfigError {
    /// What kind of trouble it is.
    pub kind: ConfigErrorKind,
    /// The file.
    pub file: PathBuf,
    /// 1-based line and column, where the trouble is inside of the file.
    pub position: Option<(u32, u32)>,
    /// What is wrong, in one line; never text of the file.
    pub message: String,
}

/// What kind of trouble a [`ConfigError`] is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ConfigErrorKind {
    /// A file that was named does not exist.
    NotFound,
    /// It exists and cannot be read, is too large, or is not text.
    Unreadable,
    /// It is not YAML.
    Syntax,
    /// Its root is not a mapping.
    NotAMapping,
}

impl ConfigError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self.kind {
            ConfigErrorKind::NotFound => {
                "check the path given with --config or in CALLBOARD_CONFIG"
            }
            ConfigErrorKind::Unreadable => {
                "check the file's permissions, and that it is a YAML file"
            }
            ConfigErrorKind::Syntax => "correct the file at this place",
            ConfigErrorKind::NotAMapping => {
                "a configuration file is a mapping of keys, like Backstage's app-config.yaml"
            }
        }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if let Some((line, column)) = self.position {
            write!(f, ":{line}:{column}")?;
        }
        write!(f, ": {}", self.message)
    }
}

/// Something in the configuration that does not work as it is written; the rest does.
///
/// Problems of severity [`Severity::Error`] mean that a source, a location or a credential is left out: a sync that
/// sees one must not take its entities for deleted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConfigProblem {
    /// Whether something is left out (error) or merely odd (warning).
    pub severity: Severity,
    /// The key: `catalog.locations[0].target`.
    pub key: String,
    /// Where it stands.
    pub origin: Option<Origin>,
    /// What is wrong, in one line. Text of the file may be in it, but never a value: only keys.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl fmt::Display for ConfigProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(origin) = &self.origin {
            write!(f, "{origin}: ")?;
        }
        f.write_str(&self.message)?;
        self.hint.iter().try_for_each(|hint| write!(f, " ({hint})"))
    }
}

/// An environment variable that the configuration asks for and that is not set.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnsetVariable {
    /// Its name.
    pub name: String,
    /// The key whose value is absent therefore.
    pub key: String,
    /// Where it is asked for.
    pub origin: Origin,
    /// It is set, but to nothing.
    pub empty: bool,
}
