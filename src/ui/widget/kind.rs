//! The sign of a kind.

use crate::catalog::kinds;

/// The glyph of a kind, or its ASCII twin. Kinds that are not built in share one.
pub fn glyph(kind: &str, unicode: bool) -> &'static str {
    if unicode {
        kinds::glyph(kind)
    } else {
        kinds::ascii(kind)
    }
}
