//! JSON as JavaScript's `JSON.stringify` writes it: whole numbers without a point, any text as indentation.

use std::io;

use serde::Serialize as _;
use serde_json::Value;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter, Serializer};

/// Writes a value, each level indented by `space`; in one line where that is empty.
pub fn write(value: &Value, space: &str) -> String {
    let mut out = Vec::new();
    let written = if space.is_empty() {
        value.serialize(&mut Serializer::with_formatter(
            &mut out,
            Numbers(CompactFormatter),
        ))
    } else {
        let pretty = PrettyFormatter::with_indent(space.as_bytes());
        value.serialize(&mut Serializer::with_formatter(&mut out, Numbers(pretty)))
    };
    // Writing to memory fails for nothing that a value can hold.
    written.map_or_else(
        |_| value.to_string(),
        |()| String::from_utf8_lossy(&out).into_owned(),
    )
}

/// A formatter that writes numbers as JavaScript does.
struct Numbers<F>(F);

macro_rules! passed_on {
    ($($name:ident($($argument:ident: $kind:ty),*);)*) => {
        $(fn $name<W: ?Sized + io::Write>(&mut self, writer: &mut W $(, $argument: $kind)*) -> io::Result<()> {
            self.0.$name(writer $(, $argument)*)
        })*
    };
}

impl<F: Formatter> Formatter for Numbers<F> {
    fn write_f64<W: ?Sized + io::Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        // Above, JavaScript turns to exponents, and so does the formatter beneath.
        if value.fract() == 0.0 && value.abs() < 1e16 {
            write!(writer, "{value:.0}")
        } else {
            self.0.write_f64(writer, value)
        }
    }

    passed_on! {
        begin_array();
        end_array();
        begin_array_value(first: bool);
        end_array_value();
        begin_object();
        end_object();
        begin_object_key(first: bool);
        end_object_key();
        begin_object_value();
        end_object_value();
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_written_as_javascript_does() {
        let value =
            json!({"a": [1, 2.0, -0.5, 1e21], "b": {}, "c": "한\u{7f}\"", "d": [null, true]});
        let one_line = r#"{"a":[1,2,-0.5,1e21],"b":{},"c":"한DEL\"","d":[null,true]}"#;
        assert_eq!(
            write(&value, ""),
            one_line.replace("DEL", "\u{7f}").replace("1e21", "1e+21")
        );
        assert_eq!(
            write(&json!({"a": [1], "b": []}), "    "),
            "{\n    \"a\": [\n        1\n    ],\n    \"b\": []\n}"
        );
        assert_eq!(write(&json!([]), "  "), "[]");
    }
}
