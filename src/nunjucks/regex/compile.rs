//! A regular expression as instructions for a machine that backtracks.

use super::super::text::{lower, upper};
use super::parse::{Parsed, Ranges, Tree};

/// The most instructions an expression may come to: `a{1000}` is a thousand.
const LONGEST: usize = 20_000;

pub(super) enum Op {
    Char {
        unit: u16,
        back: bool,
    },
    Any {
        back: bool,
    },
    Class {
        ranges: Ranges,
        negated: bool,
        back: bool,
    },
    /// Tries the first, then the second.
    Split(usize, usize),
    Jump(usize),
    /// Keeps the place in a slot.
    Save(usize),
    /// Forgets what slots hold.
    Forget(usize, usize),
    /// Fails where a round of a repetition matched nothing.
    Moved(usize),
    Back {
        group: usize,
        back: bool,
    },
    /// What follows up to the `Match` must match, or must not; then goes on at `next`.
    Look {
        negated: bool,
        next: usize,
    },
    Start,
    End,
    Boundary {
        negated: bool,
    },
    Match,
}

pub(super) struct Program {
    pub(super) ops: Vec<Op>,
    pub(super) groups: usize,
    pub(super) slots: usize,
    pub(super) ignore_case: bool,
    pub(super) multiline: bool,
    pub(super) names: Vec<(Vec<u16>, usize)>,
}

pub(super) fn compile(parsed: &Parsed, ignore_case: bool, multiline: bool) -> Option<Program> {
    let mut compiler = Compiler {
        ops: Vec::new(),
        slots: parsed.groups * 2,
        ignore_case,
    };
    compiler.push(Op::Save(0))?;
    compiler.tree(&parsed.tree, false)?;
    compiler.push(Op::Save(1))?;
    compiler.push(Op::Match)?;
    Some(Program {
        ops: compiler.ops,
        groups: parsed.groups,
        slots: compiler.slots,
        ignore_case,
        multiline,
        names: parsed.names.clone(),
    })
}

/// A code unit as it is compared where case is ignored.
pub(super) fn fold(unit: u16) -> u16 {
    match unit {
        97..=122 => unit - 32,
        0..=127 => unit,
        _ => match upper(&[unit]).as_slice() {
            [folded] if *folded > 127 => *folded,
            _ => unit,
        },
    }
}

struct Compiler {
    ops: Vec<Op>,
    slots: usize,
    ignore_case: bool,
}

impl Compiler {
    fn push(&mut self, op: Op) -> Option<usize> {
        if self.ops.len() >= LONGEST {
            return None;
        }
        self.ops.push(op);
        Some(self.ops.len() - 1)
    }

    fn patch(&mut self, at: usize, op: Op) {
        if let Some(place) = self.ops.get_mut(at) {
            *place = op;
        }
    }

    fn tree(&mut self, tree: &Tree, back: bool) -> Option<()> {
        match tree {
            Tree::Char(unit) => {
                let unit = if self.ignore_case { fold(*unit) } else { *unit };
                self.push(Op::Char { unit, back })?;
            }
            Tree::Any => {
                self.push(Op::Any { back })?;
            }
            Tree::Class { ranges, negated } => {
                let mut ranges = ranges.clone();
                if self.ignore_case {
                    also_other_case(&mut ranges);
                }
                self.push(Op::Class {
                    ranges,
                    negated: *negated,
                    back,
                })?;
            }
            Tree::Sequence(parts) if back => parts
                .iter()
                .rev()
                .try_for_each(|part| self.tree(part, back))?,
            Tree::Sequence(parts) => parts.iter().try_for_each(|part| self.tree(part, back))?,
            Tree::Choice(choices) => self.choice(choices, back)?,
            Tree::Group(group, inner) => {
                self.push(Op::Save(group * 2 + usize::from(back)))?;
                self.tree(inner, back)?;
                self.push(Op::Save(group * 2 + usize::from(!back)))?;
            }
            Tree::Back(group) => {
                self.push(Op::Back {
                    group: *group,
                    back,
                })?;
            }
            Tree::Repeat {
                tree,
                least,
                most,
                greedy,
                groups,
            } => self.repeat(tree, *least, *most, *greedy, *groups, back)?,
            Tree::Look {
                tree,
                behind,
                negated,
            } => {
                let look = self.push(Op::Match)?;
                self.tree(tree, *behind)?;
                self.push(Op::Match)?;
                let next = self.ops.len();
                self.patch(
                    look,
                    Op::Look {
                        negated: *negated,
                        next,
                    },
                );
            }
            Tree::Start => {
                self.push(Op::Start)?;
            }
            Tree::End => {
                self.push(Op::End)?;
            }
            Tree::Boundary { negated } => {
                self.push(Op::Boundary { negated: *negated })?;
            }
        }
        Some(())
    }

    fn choice(&mut self, choices: &[Tree], back: bool) -> Option<()> {
        let mut ends = Vec::new();
        for (at, choice) in choices.iter().enumerate() {
            if at + 1 == choices.len() {
                self.tree(choice, back)?;
                break;
            }
            let split = self.push(Op::Match)?;
            self.tree(choice, back)?;
            ends.push(self.push(Op::Match)?);
            let next = self.ops.len();
            self.patch(split, Op::Split(split + 1, next));
        }
        let end = self.ops.len();
        ends.into_iter()
            .for_each(|at| self.patch(at, Op::Jump(end)));
        Some(())
    }

    fn repeat(
        &mut self,
        tree: &Tree,
        least: usize,
        most: Option<usize>,
        greedy: bool,
        groups: (usize, usize),
        back: bool,
    ) -> Option<()> {
        if least > LONGEST || most.is_some_and(|most| most > LONGEST) {
            // More than any text it could be tried on is as good as no bound.
            return if least > LONGEST {
                None
            } else {
                self.repeat(tree, least, None, greedy, groups, back)
            };
        }
        for _ in 0..least {
            self.round(tree, groups, back)?;
        }
        let split = |first: usize, second: usize| {
            if greedy {
                Op::Split(first, second)
            } else {
                Op::Split(second, first)
            }
        };
        let slot = self.slots;
        self.slots += 1;
        match most {
            None => {
                let start = self.push(Op::Match)?;
                self.push(Op::Save(slot))?;
                self.round(tree, groups, back)?;
                self.push(Op::Moved(slot))?;
                self.push(Op::Jump(start))?;
                let end = self.ops.len();
                self.patch(start, split(start + 1, end));
            }
            Some(most) => {
                let mut starts = Vec::new();
                for _ in least..most {
                    starts.push(self.push(Op::Match)?);
                    self.push(Op::Save(slot))?;
                    self.round(tree, groups, back)?;
                    self.push(Op::Moved(slot))?;
                }
                let end = self.ops.len();
                starts
                    .into_iter()
                    .for_each(|start| self.patch(start, split(start + 1, end)));
            }
        }
        Some(())
    }

    fn round(&mut self, tree: &Tree, (first, last): (usize, usize), back: bool) -> Option<()> {
        if last >= first {
            self.push(Op::Forget(first * 2, last * 2 + 2))?;
        }
        self.tree(tree, back)
    }
}

/// Adds what the units of ranges are in the other case. Wide ranges hold both cases of what matters already.
fn also_other_case(ranges: &mut Ranges) {
    let mut added = Vec::new();
    for (low, high) in ranges.iter() {
        if high - low > 2000 {
            continue;
        }
        for unit in *low..=*high {
            for other in [upper(&[unit]), lower(&[unit])] {
                match other.as_slice() {
                    [other] if *other != unit && fold(*other) == fold(unit) => {
                        added.push((*other, *other))
                    }
                    _ => {}
                }
            }
        }
    }
    ranges.extend(added);
}
