//! Making a text fit its place: cut with an ellipsis, filled with spaces.
//!
//! All of it counts in columns and never splits a grapheme cluster. The input is clean text (see
//! [`clean`](super::clean)).

use std::borrow::Cow;

use super::width::{grapheme_width, graphemes, width};

/// What stands where a text was cut.
pub const ELLIPSIS: &str = "…";

/// At most `columns` wide, the end cut where it does not fit.
///
/// # Examples
/// ```
/// assert_eq!(callboard::text::truncate("payment-service", 8), "payment…");
/// ```
pub fn truncate(text: &str, columns: usize) -> Cow<'_, str> {
    if fits(text, columns) {
        return Cow::Borrowed(text);
    }
    let Some(room) = columns.checked_sub(1) else {
        return Cow::Borrowed("");
    };
    Cow::Owned(format!("{}{ELLIPSIS}", head(text, room)))
}

/// At most `columns` wide, the beginning cut where it does not fit: for paths, whose end tells most.
pub fn truncate_start(text: &str, columns: usize) -> Cow<'_, str> {
    if fits(text, columns) {
        return Cow::Borrowed(text);
    }
    let Some(room) = columns.checked_sub(1) else {
        return Cow::Borrowed("");
    };
    Cow::Owned(format!("{ELLIPSIS}{}", tail(text, room)))
}

/// At most `columns` wide, the middle cut where it does not fit: for names that share a beginning.
pub fn truncate_middle(text: &str, columns: usize) -> Cow<'_, str> {
    if fits(text, columns) {
        return Cow::Borrowed(text);
    }
    let Some(room) = columns.checked_sub(1) else {
        return Cow::Borrowed("");
    };
    let head = head(text, room.div_ceil(2));
    let tail = tail(text, room - width(head));
    Cow::Owned(format!("{head}{ELLIPSIS}{tail}"))
}

/// Exactly `columns` wide: cut at its end, or filled with spaces on the right.
pub fn pad(text: &str, columns: usize) -> String {
    let text = truncate(text, columns);
    let fill = columns.saturating_sub(width(&text));
    let mut out = text.into_owned();
    out.extend(std::iter::repeat_n(' ', fill));
    out
}

/// Exactly `columns` wide: cut at its end, or filled with spaces on the left (numbers).
pub fn pad_left(text: &str, columns: usize) -> String {
    let text = truncate(text, columns);
    let fill = columns.saturating_sub(width(&text));
    let mut out = " ".repeat(fill);
    out.push_str(&text);
    out
}

/// Tabs as spaces up to the next stop, every `stop` columns of each line (at least 1).
pub fn expand_tabs(text: &str, stop: usize) -> Cow<'_, str> {
    if !text.contains('\t') {
        return Cow::Borrowed(text);
    }
    let stop = stop.max(1);
    let mut out = String::with_capacity(text.len() + 16);
    let mut column = 0;
    for grapheme in graphemes(text) {
        match grapheme {
            "\t" => {
                let fill = stop - column % stop;
                out.extend(std::iter::repeat_n(' ', fill));
                column += fill;
            }
            "\n" | "\r\n" => {
                out.push('\n');
                column = 0;
            }
            _ => {
                out.push_str(grapheme);
                column += grapheme_width(grapheme);
            }
        }
    }
    Cow::Owned(out)
}

/// Whether the text fits, without measuring more of it than need be.
fn fits(text: &str, columns: usize) -> bool {
    let mut left = columns;
    graphemes(text).all(|g| match left.checked_sub(grapheme_width(g)) {
        Some(rest) => {
            left = rest;
            true
        }
        None => false,
    })
}

/// The longest beginning that fits.
fn head(text: &str, columns: usize) -> &str {
    let mut left = columns;
    let mut end = 0;
    for grapheme in graphemes(text) {
        let Some(rest) = left.checked_sub(grapheme_width(grapheme)) else {
            break;
        };
        left = rest;
        end += grapheme.len();
    }
    text.get(..end).unwrap_or_default()
}

/// The longest end that fits.
fn tail(text: &str, columns: usize) -> &str {
    let mut left = columns;
    let mut start = text.len();
    for grapheme in graphemes(text).rev() {
        let Some(rest) = left.checked_sub(grapheme_width(grapheme)) else {
            break;
        };
        left = rest;
        start -= grapheme.len();
    }
    text.get(start..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_end_and_the_middle_can_be_cut() {
        assert_eq!(truncate("payment-service", 15), "payment-service");
        assert_eq!(truncate("payment-service", 5), "paym…");
        assert_eq!(truncate_start("payment-service", 5), "…vice");
        assert_eq!(truncate_middle("payment-service", 6), "pay…ce");
        assert_eq!(truncate("payment", 1), "…");
        assert_eq!(truncate("payment", 0), "");
    }

    #[test]
    fn a_wide_character_is_not_cut_in_two() {
        assert_eq!(truncate("결제서비스", 4), "결…");
        assert_eq!(truncate_start("결제서비스", 4), "…스");
        assert_eq!(truncate("결제", 4), "결제");
        assert_eq!(pad("결제서비스", 4), "결… ");
    }

    #[test]
    fn padding_fills_either_side() {
        assert_eq!(pad("ab", 4), "ab  ");
        assert_eq!(pad_left("12", 4), "  12");
        assert_eq!(pad("", 0), "");
    }

    #[test]
    fn tabs_go_to_their_stops() {
        assert_eq!(expand_tabs("a\tb\n\tc", 4), "a   b\n    c");
        assert_eq!(expand_tabs("결\tb", 4), "결  b");
    }

    proptest! {
        #[test]
        fn what_is_cut_fits(text in "\\PC{0,30}|[가-힣a-z]{0,20}", columns in 0usize..25) {
            for cut in [truncate(&text, columns), truncate_start(&text, columns), truncate_middle(&text, columns)] {
                prop_assert!(width(&cut) <= columns, "{cut:?}");
            }
            prop_assert_eq!(width(&pad(&text, columns)), columns);
            prop_assert_eq!(width(&pad_left(&text, columns)), columns);
        }
    }
}
