//! The text of a block while it is read: runs in the look of whatever markup is open.

use super::attributes;
use super::document::{Emphasis, Link, LinkId, Run};
use super::marks;
use crate::text::clean_multiline;

/// How many marks may be open at once; more change nothing that can be seen.
const OPEN: usize = 32;

/// Markup that is open.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Mark {
    Strong,
    Italic,
    Strike,
    Underline,
    Highlight,
    Code,
    Link(LinkId),
    Image(LinkId),
}

impl Mark {
    fn is_same_kind(self, other: Mark) -> bool {
        std::mem::discriminant(&self) == std::mem::discriminant(&other)
    }
}

/// Collects the runs of one block.
#[derive(Default)]
pub(super) struct Inline {
    runs: Vec<Run>,
    open: Vec<Mark>,
    /// Anchors that stand in the text.
    pub anchors: Vec<String>,
    /// The line of the source that it begins on.
    pub line: usize,
}

/// A block's text as it is kept.
pub(super) struct Finished {
    pub runs: Vec<Run>,
    /// The id that its attribute list gives it.
    pub id: Option<String>,
    pub anchors: Vec<String>,
    pub line: usize,
}

impl Inline {
    pub(super) fn open(&mut self, mark: Mark) {
        if self.open.len() < OPEN {
            self.open.push(mark);
        }
    }

    /// Closes the last mark of that kind; nothing where there is none.
    pub(super) fn close(&mut self, mark: Mark) {
        if let Some(at) = self.open.iter().rposition(|open| open.is_same_kind(mark)) {
            self.open.remove(at);
        }
    }

    /// The image that is open, where it has no text yet.
    pub(super) fn image_without_text(&self) -> Option<LinkId> {
        let Some(Mark::Image(id)) = self.open.last() else {
            return None;
        };
        let link = self.style().link;
        let has_text = self
            .runs
            .last()
            .is_some_and(|run| run.image && run.link == link);
        (!has_text).then_some(*id)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.runs.is_empty() && self.anchors.is_empty()
    }

    pub(super) fn text(&mut self, text: &str) {
        self.push(text, self.style());
    }

    pub(super) fn code(&mut self, text: &str) {
        let mut style = self.style();
        style.emphasis.code = true;
        self.push(text, style);
    }

    /// A space that the text has only if it does not begin with it.
    pub(super) fn space(&mut self) {
        if !self.runs.is_empty() {
            self.text(" ");
        }
    }

    pub(super) fn line_break(&mut self) {
        if !self.runs.is_empty() {
            self.text("\n");
        }
    }

    fn push(&mut self, text: &str, style: Run) {
        match self.runs.last_mut() {
            Some(last)
                if last.emphasis == style.emphasis
                    && last.link == style.link
                    && last.image == style.image =>
            {
                last.text.push_str(text);
            }
            _ if text.is_empty() => {}
            _ => self.runs.push(Run {
                text: text.to_owned(),
                ..style
            }),
        }
    }

    fn style(&self) -> Run {
        let mut emphasis = Emphasis::default();
        let (mut link, mut image) = (None, None);
        for mark in &self.open {
            match mark {
                Mark::Strong => emphasis.strong = true,
                Mark::Italic => emphasis.italic = true,
                Mark::Strike => emphasis.strike = true,
                Mark::Underline => emphasis.underline = true,
                Mark::Highlight => emphasis.mark = true,
                Mark::Code => emphasis.code = true,
                Mark::Link(id) => link = Some(*id),
                Mark::Image(id) => image = Some(*id),
            }
        }
        Run {
            text: String::new(),
            emphasis,
            link: link.or(image),
            image: image.is_some(),
        }
    }

    /// Ends the block: attribute lists off, marks and bare URLs found, everything cleaned.
    pub(super) fn finish(self, links: &mut Vec<Link>) -> Finished {
        let mut runs = self.runs;
        let attributes = attributes::strip(&mut runs);
        marks::apply(&mut runs);
        marks::autolink(&mut runs, links);
        for run in &mut runs {
            clean_run(run);
        }
        runs.retain(|run| !run.text.is_empty());
        trim(&mut runs);
        Finished {
            runs,
            id: attributes.id,
            anchors: self.anchors,
            line: self.line,
        }
    }

    /// The text as it stands, before anything is made of it.
    pub(super) fn raw(&self) -> Option<&str> {
        match self.runs.as_slice() {
            [only] => Some(&only.text),
            _ => None,
        }
    }
}

/// Text of ours, or of a header line, as runs.
pub(super) fn plain(text: &str) -> Vec<Run> {
    let mut inline = Inline::default();
    // Titles may be written with the commonest of marks.
    for (at, part) in text.split("**").enumerate() {
        let strong = at % 2 == 1;
        for (at, part) in part.split('`').enumerate() {
            let mut run = Inline::default();
            std::mem::swap(&mut run, &mut inline);
            if strong {
                run.open(Mark::Strong);
            }
            match at % 2 {
                1 => run.code(part),
                _ => run.text(part),
            }
            run.close(Mark::Strong);
            inline = run;
        }
    }
    inline.finish(&mut Vec::new()).runs
}

/// Cleans a run, and makes one space of several, as a browser does.
fn clean_run(run: &mut Run) {
    let clean = clean_multiline(&run.text);
    let code = run.emphasis.code;
    let mut before = '\0';
    let needed = |c: char| c == '\t' || c == ' ';
    if !clean.contains('\t') && (code || !clean.contains("  ")) {
        if let std::borrow::Cow::Owned(clean) = clean {
            run.text = clean;
        }
        return;
    }
    let text: String = clean
        .chars()
        .filter_map(|c| {
            let double = !code && needed(c) && before == ' ';
            before = if needed(c) { ' ' } else { c };
            (!double).then_some(before)
        })
        .collect();
    run.text = text;
}

/// Takes spaces and breaks off both ends.
fn trim(runs: &mut Vec<Run>) {
    let white = [' ', '\n'];
    while let Some(first) = runs.first_mut().filter(|run| run.text.starts_with(white)) {
        let keep = first.text.trim_start_matches(white).to_owned();
        if keep.is_empty() {
            runs.remove(0);
        } else {
            first.text = keep;
        }
    }
    while let Some(last) = runs.last_mut().filter(|run| run.text.ends_with(white)) {
        let keep = last.text.trim_end_matches(white).len();
        last.text.truncate(keep);
        if keep == 0 {
            runs.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cleaned_and_its_spaces_are_one() {
        let mut inline = Inline::default();
        inline.text(" \x1b[31ma\u{202e}  b\t\tc ");
        inline.open(Mark::Strong);
        inline.text("d");
        inline.close(Mark::Strong);
        inline.code("x  \u{200b}y");
        inline.text("\n");
        let runs = inline.finish(&mut Vec::new()).runs;
        let texts: Vec<&str> = runs.iter().map(|run| run.text.as_str()).collect();
        assert_eq!(texts, ["a b c ", "d", "x  y"]);
        assert!(runs[1].emphasis.strong && runs[2].emphasis.code && !runs[2].emphasis.strong);
    }

    #[test]
    fn what_closes_without_having_been_open_changes_nothing() {
        let mut inline = Inline::default();
        inline.close(Mark::Italic);
        inline.open(Mark::Italic);
        inline.open(Mark::Strong);
        inline.close(Mark::Italic);
        inline.text("a");
        let runs = inline.finish(&mut Vec::new()).runs;
        assert!(runs[0].emphasis.strong && !runs[0].emphasis.italic);
    }
}
