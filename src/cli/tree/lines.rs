//! A tree drawn with lines of text.

use super::outline::{Mark, Outline, OutlineLine, Subject};
use crate::app::detail::shown_ref;
use crate::app::words;
use crate::catalog::graph::{Target, missing_parent};
use crate::text;

/// Levels whose lines are drawn. Of a deeper line the last ones are, after a number that says how deep it stands:
/// a chain of a hundred thousand entities would otherwise be mostly indentation.
const MOST_GUIDES: u32 = 40;

/// What a tree is drawn with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Style {
    tee: &'static str,
    elbow: &'static str,
    bar: &'static str,
    cycle: &'static str,
    missing: &'static str,
    above: &'static str,
    below: &'static str,
    /// Between a step of a path and the relation before it.
    pub arrow: &'static str,
    dot: &'static str,
    deeper: &'static str,
}

/// As wide as the other guides.
const BLANK: &str = "    ";

impl Style {
    /// Box-drawing characters.
    pub const UNICODE: Self = Self {
        tee: "├── ",
        elbow: "└── ",
        bar: "│   ",
        cycle: "⟳ cycle",
        missing: "? not found",
        above: "↑ shown above",
        below: "↓ shown below",
        arrow: "→",
        dot: " · ",
        deeper: "… ",
    };

    /// Nothing but ASCII.
    pub const ASCII: Self = Self {
        tee: "|-- ",
        elbow: "`-- ",
        bar: "|   ",
        cycle: "(cycle)",
        missing: "? not found",
        above: "^ shown above",
        below: "v shown below",
        arrow: "->",
        dot: ", ",
        deeper: "... ",
    };
}

/// The lines of an [`Outline`], each made when it is asked for.
#[derive(Debug)]
pub struct TextLines<'o, 'a> {
    outline: &'o Outline<'a>,
    style: Style,
    next: usize,
    /// Of each level above the line, the entity there, and whether more of its siblings follow.
    above: Vec<(Subject<'a>, bool)>,
}

impl<'o, 'a> TextLines<'o, 'a> {
    /// The lines from the first.
    pub fn new(outline: &'o Outline<'a>, style: Style) -> Self {
        Self {
            outline,
            style,
            next: 0,
            above: Vec::new(),
        }
    }

    fn guides(&self, line: &OutlineLine<'a>) -> String {
        let mut guides = String::new();
        if line.depth == 0 {
            return guides;
        }
        let from = (line.depth).saturating_sub(MOST_GUIDES);
        if from > 0 {
            guides.push_str(&format!("{}{} ", line.depth, self.style.deeper));
        }
        // The top's own siblings need no guide: nothing stands left of it.
        let first = from.max(1) as usize;
        for (_, more) in self.above.get(first..).unwrap_or_default() {
            guides.push_str(if *more { self.style.bar } else { BLANK });
        }
        guides.push_str(if line.last {
            self.style.elbow
        } else {
            self.style.tee
        });
        guides
    }

    /// What the line says after its reference.
    fn words(&self, line: &OutlineLine<'a>) -> Vec<String> {
        let snapshot = self.outline.snapshot();
        let mut words = Vec::new();
        let row = match line.subject {
            Subject::Entity(Target::Row(id)) => Some(snapshot.row(id)),
            _ => None,
        };
        if self.outline.has_edges() {
            if let (Some(relation), Some((Subject::Entity(parent), _))) =
                (line.relation, self.above.last())
            {
                words.push(words::edge(relation, Some(parent.name(snapshot))));
            }
        } else {
            if line.relation == Some("hasMember") {
                words.push("member".to_owned());
            } else if let Some((own, total)) = line.counts {
                words.push(match line.subject {
                    Subject::Heading(_) => format!("({total})"),
                    Subject::Entity(_) if own == total => format!("owns {own}"),
                    Subject::Entity(_) => format!("owns {own}, {total} with child groups"),
                });
            } else if let Some(row) = row {
                let about = [row.spec_type, row.lifecycle];
                let about: Vec<_> = about.into_iter().filter(|text| !text.is_empty()).collect();
                if !about.is_empty() {
                    words.push(text::clean(&about.join(self.style.dot)).into_owned());
                }
            }
        }
        if let Some(row) = row
            && !row.owner.is_empty()
            && line.relation != Some("ownerOf")
        {
            words.push(format!("({})", shown_ref(row.owner, "group")));
        }
        if row.is_some_and(|row| row.flags.unserved || row.flags.invalid) {
            words.push("invalid".to_owned());
        }
        words.extend(line.mark.map(|mark| {
            match mark {
                Mark::Cycle => self.style.cycle,
                Mark::ShownAbove => self.style.above,
                Mark::ShownBelow => self.style.below,
                Mark::Missing => self.style.missing,
                Mark::ParentMissing => {
                    let parent = match line.subject {
                        Subject::Entity(Target::Row(id)) => missing_parent(snapshot, id),
                        _ => None,
                    };
                    return format!("? {} not found", shown_ref(parent.unwrap_or_default(), ""));
                }
            }
            .to_owned()
        }));
        words
    }
}

impl Iterator for TextLines<'_, '_> {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        let line = self.outline.lines().get(self.next)?;
        self.next += 1;
        self.above.truncate(line.depth as usize);
        let mut out = self.guides(line);
        out.push_str(&match line.subject {
            Subject::Entity(target) => shown_ref(target.entity_ref(self.outline.snapshot()), ""),
            Subject::Heading(heading) => heading.title().to_owned(),
        });
        for words in self.words(line) {
            out.push_str("  ");
            out.push_str(&words);
        }
        self.above.push((line.subject, !line.last));
        Some(out)
    }
}
