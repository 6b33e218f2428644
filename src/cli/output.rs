//! Standard output: buffered, and quiet when its reader goes away.
//!
//! Nothing else in the library prints. What comes from a repository is cleaned (`text`) or written as JSON or
//! YAML with its controls escaped; it never passes through here raw.

use std::io::{self, BufWriter, Write};

use serde::Serialize;

use super::error::CliError;
use crate::text;

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
        let json = pretty(value)?;
        self.line(&json)
    }

    /// Begins a JSON array that is written item by item, so that a long one need not be held.
    ///
    /// # Errors
    /// Where standard output fails.
    pub fn array(&mut self) -> Result<JsonArray<'_>, CliError> {
        self.text("[")?;
        Ok(JsonArray {
            out: self,
            empty: true,
        })
    }

    /// Writes out what is buffered, for who reads while there is more to come.
    ///
    /// # Errors
    /// Where standard output fails.
    pub fn flush(&mut self) -> Result<(), CliError> {
        Ok(self.sink.flush()?)
    }

    /// Writes out what is buffered.
    ///
    /// # Errors
    /// Where standard output fails.
    pub fn finish(mut self) -> Result<(), CliError> {
        Ok(self.sink.flush()?)
    }
}

/// A JSON array on its way out.
pub struct JsonArray<'a> {
    out: &'a mut Output,
    empty: bool,
}

impl JsonArray<'_> {
    /// Writes one more item.
    ///
    /// # Errors
    /// Where standard output fails.
    pub fn item(&mut self, value: &impl Serialize) -> Result<(), CliError> {
        let json = pretty(value)?;
        self.out.text(if self.empty { "\n  " } else { ",\n  " })?;
        self.empty = false;
        // A newline in JSON text never stands inside a string.
        self.out.text(&json.replace('\n', "\n  "))
    }

    /// Ends the array.
    ///
    /// # Errors
    /// Where standard output fails.
    pub fn end(self) -> Result<(), CliError> {
        self.out.text(if self.empty { "]\n" } else { "\n]\n" })
    }
}

/// Pretty JSON with controls as `\u` escapes.
fn pretty(value: &impl Serialize) -> Result<String, CliError> {
    let json = serde_json::to_string_pretty(value)
        .map_err(|error| CliError::failed(format!("JSON: {error}")))?;
    Ok(text::json_escape(&json).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use std::cell::RefCell;
    use std::rc::Rc;

    #[derive(Clone, Default)]
    struct Page(Rc<RefCell<Vec<u8>>>);

    impl Write for Page {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.borrow_mut().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn printed(print: impl FnOnce(&mut Output)) -> String {
        let page = Page::default();
        let mut out = Output::to(Box::new(page.clone()));
        print(&mut out);
        out.finish().unwrap();
        String::from_utf8(page.0.take()).unwrap()
    }

    fn array(items: &[Value]) -> String {
        printed(|out| {
            let mut array = out.array().unwrap();
            for item in items {
                array.item(item).unwrap();
            }
            array.end().unwrap();
        })
    }

    #[test]
    fn an_array_item_by_item_is_the_array_at_once() {
        for items in [
            vec![],
            vec![json!({"a": "x\ny", "b": [1]})],
            vec![json!(1), json!({})],
        ] {
            let whole = printed(|out| out.json(&items).unwrap());
            assert_eq!(array(&items), whole);
        }
    }

    #[test]
    fn controls_are_escaped_and_the_value_is_kept() {
        let item = json!({"name": "\u{1b}[31m\u{202e}"});
        let text = array(std::slice::from_ref(&item));
        assert!(!text.contains(['\u{1b}', '\u{202e}']));
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), json!([item]));
    }

    struct Closed;

    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_has_gone_is_no_failure() {
        let mut out = Output::to(Box::new(Closed));
        out.line("x").unwrap();
        assert_eq!(out.finish(), Err(CliError::closed_pipe()));
    }
}
