//! Text on its way to a terminal: how wide it is, how it is cut, and what is taken out of it.
//!
//! Everything that came from a repository, a server or a person's file is hostile until it went through
//! [`clean`] (or is a [`SafeText`]). This module is the only one that measures width or strips escape
//! sequences; it is pure, knows no terminal and never writes an escape sequence itself.

mod clean;
mod escape;
mod fit;
mod nearest;
mod width;
mod wrap;

pub use clean::{
    Cleaned, SafeText, clean, clean_multiline, is_control_or_bidi, is_invisible, strip_block,
    strip_line,
};
pub use escape::{json_escape, link_target};
pub use fit::{ELLIPSIS, expand_tabs, pad, pad_left, truncate, truncate_middle, truncate_start};
pub use nearest::nearest;
pub use width::{grapheme_width, graphemes, width};
pub use wrap::wrap;
