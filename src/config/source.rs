//! Reading the configuration's own files, bounded.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::problem::{ConfigError, ConfigErrorKind};
use crate::yaml::{self, Node, Value};

/// What `$file` may read at most, in bytes: keys and tokens are small.
pub(super) const MAX_FILE_VALUE: usize = 1024 * 1024;

/// A configuration file, parsed.
#[derive(Clone, Debug)]
pub(super) struct Source {
    /// As it was named.
    pub file: Arc<Path>,
    /// The folder that its relative paths begin at.
    pub dir: Arc<Path>,
    pub root: Node,
}

impl Source {
    /// Reads a file that was named for the configuration. `Ok(None)`: it does not exist.
    pub fn read(path: &Path) -> Result<Option<Self>, ConfigError> {
        let error = |kind, position, message: String| ConfigError {
            kind,
            file: path.into(),
            position,
            message,
        };
        let text = match read_text(path, yaml::MAX_BYTES) {
            Ok(text) => text,
            Err(Failure::NotFound) => return Ok(None),
            Err(failure) => {
                return Err(error(
                    ConfigErrorKind::Unreadable,
                    None,
                    failure.to_string(),
                ));
            }
        };
        let root = yaml::parse(&text).map_err(|yaml| {
            error(
                ConfigErrorKind::Syntax,
                Some((yaml.at.line, yaml.at.column)),
                yaml.message,
            )
        })?;
        if !matches!(root.value, Value::Null | Value::Map(_)) {
            let message = format!("a mapping is wanted, this is {}", root.value.type_name());
            let position = Some((root.at.line, root.at.column));
            return Err(error(ConfigErrorKind::NotAMapping, position, message));
        }
        Ok(Some(Self {
            file: path.into(),
            dir: folder_of(path).into(),
            root,
        }))
    }
}

/// The folder a file lies in, absolute where that can be told.
pub(super) fn folder_of(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    path.parent()
        .map_or_else(|| PathBuf::from("."), Path::to_owned)
}

/// Why a file gives no text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Failure {
    NotFound,
    NotAFile,
    TooLarge(usize),
    NotText,
    Other(String),
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Failure::NotFound => f.write_str("the file does not exist"),
            Failure::NotAFile => f.write_str("not a file"),
            Failure::TooLarge(most) => write!(f, "the file is larger than {} KiB", most / 1024),
            Failure::NotText => f.write_str("the file is not UTF-8 text"),
            Failure::Other(message) => f.write_str(message),
        }
    }
}

/// Reads a text of at most so many bytes.
pub(super) fn read_text(path: &Path, most: usize) -> Result<String, Failure> {
    let failure = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => Failure::NotFound,
        kind => Failure::Other(kind.to_string()),
    };
    let file = File::open(path).map_err(failure)?;
    if file.metadata().map_err(failure)?.is_dir() {
        return Err(Failure::NotAFile);
    }
    let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    file.take(limit).read_to_end(&mut bytes).map_err(failure)?;
    if bytes.len() > most {
        return Err(Failure::TooLarge(most));
    }
    String::from_utf8(bytes).map_err(|_| Failure::NotText)
}

/// Reads a regular file that the configuration refers to. A pipe or device would wait for its writer.
pub(super) fn read_referenced(path: &Path, most: usize) -> Result<String, Failure> {
    match std::fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => read_text(path, most),
        Ok(_) => Err(Failure::NotAFile),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Err(Failure::NotFound)
        }
        Err(error) => Err(Failure::Other(error.kind().to_string())),
    }
}
