//! Texts that are written one behind the other into one string, and where each of them stands. Thousands of short texts
//! that live and go together cost one allocation that way.

/// The place of a text in the string it was written to. The default one is the empty text.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Span {
    start: u32,
    end: u32,
}

impl Span {
    /// Writes a text.
    pub(super) fn push(all: &mut String, text: &str) -> Self {
        let start = all.len();
        all.push_str(text);
        Self::since(all, start)
    }

    /// What was written from `start` on. Beyond 4 GiB, which no file comes near, there is no room: the text is empty.
    pub(super) fn since(all: &mut String, start: usize) -> Self {
        match (u32::try_from(start), u32::try_from(all.len())) {
            (Ok(start), Ok(end)) => Self { start, end },
            _ => {
                all.truncate(start);
                Self::default()
            }
        }
    }

    /// The text.
    pub(super) fn of(self, all: &str) -> &str {
        all.get(self.start as usize..self.end as usize)
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_back_from_where_they_were_written() {
        let mut all = String::new();
        let spans = ["결제", "", "b"].map(|text| Span::push(&mut all, text));
        assert_eq!(spans.map(|span| span.of(&all)), ["결제", "", "b"]);
        assert_eq!(Span::default().of(&all), "");
        // Of another string, a place may lie anywhere: there is no text then.
        assert_eq!(spans[2].of("é결"), "");
    }
}
