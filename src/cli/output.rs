//! Standard output: buffered, and quiet when its reader goes away.
//!
//! Nothing else in the library prints. What comes from a repository is cleaned (`text`) or written as JSON or
//! YAML with its controls escaped; it never passes through here raw.

use std::io::{self, BufWriter, Write};

use serde::Serialize;

use super::error::CliError;

/// How a command prints what it found, where it has no other forms.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, clap::ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs; every value is kept.
    Json,
}

/// The writer every command prints through.
///
/// Errors are [`CliError`]s already: a closed pipe becomes [`CliError::closed_pipe`]. Call
/// [`Output::finish`] at the end, else the last buffer's errors are lost.
pub struct Output {
    sink: BufWriter<Box<dyn Write>>,
}

impl Output {
    /// Standard output.
    pub fn stdout() -> Self {
        Self::to(Box::new(io::stdout()))
    }

    /// Any writer.
    pub fn to(sink: Box<dyn Write>) -> Self {
        Self {
            sink: BufWriter::with_capacity(64 * 1024, sink),
        }
    }

    /// Writes text as it is; the caller has cleaned it.
    ///
    /// # Errors
    /// Where standard output fails.
    pub fn text(&mut self, text: &str) -> Result<(), CliError> {
        Ok(self.sink.write_all(text.as_bytes())?)
    }

    /// Writes text and a newline; the caller has cleaned it.
    ///
    /// # Errors
    /// Where standard output fails.
    pub fn line(&mut self, text: &str) -> Result<(), CliError> {
        self.text(text)?;
        self.text("\n")
    }

    /// Writes pretty JSON and a newline, controls as `\u` escapes.
    ///
    /// # Errors
    /// Where standard output fails.
    pub fn json(&mut self, value: &impl Serialize) -> Result<(), CliError> {
        let json = serde_json::to_string_pretty(value)
            .map_err(|error| CliError::failed(format!("JSON: {error}")))?;
        self.line(&json)
    }

    /// Writes out what is buffered.
    ///
    /// # Errors
    /// Where standard output fails.
    pub fn finish(mut self) -> Result<(), CliError> {
        Ok(self.sink.flush()?)
    }
}
