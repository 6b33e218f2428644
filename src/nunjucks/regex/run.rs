//! The machine: goes through the instructions, and back to the last choice where they fail. What it has to go back to
//! lies in a list of its own, so that no expression can exhaust the stack; every instruction is counted.

use super::super::error::{Error, Result};
use super::super::limits::Meter;
use super::Match;
use super::compile::{Op, Program, fold};

/// The most choices that can stand open at once.
const MOST_CHOICES: usize = 2_000_000;
/// A slot that holds nothing.
const NOTHING: usize = usize::MAX;

enum Undo {
    /// Go on at this instruction and place.
    Choice(usize, usize),
    /// Put this into that slot again.
    Slot(usize, usize),
}

pub(super) struct Machine<'a> {
    program: &'a Program,
    text: &'a [u16],
    meter: &'a Meter,
    slots: Vec<usize>,
    undo: Vec<Undo>,
}

impl<'a> Machine<'a> {
    pub(super) fn new(program: &'a Program, text: &'a [u16], meter: &'a Meter) -> Self {
        Self {
            program,
            text,
            meter,
            slots: vec![NOTHING; program.slots],
            undo: Vec::new(),
        }
    }

    /// A match that begins at a place.
    pub(super) fn run(&mut self, start: usize) -> Result<Option<Match>> {
        self.slots.fill(NOTHING);
        self.undo.clear();
        if !self.matches(0, start)? {
            return Ok(None);
        }
        let slot = |at: usize| {
            self.slots
                .get(at)
                .copied()
                .filter(|place| *place != NOTHING)
        };
        Ok(Some(
            (0..self.program.groups)
                .map(|group| slot(group * 2).zip(slot(group * 2 + 1)))
                .collect(),
        ))
    }

    fn matches(&mut self, mut at: usize, mut place: usize) -> Result<bool> {
        let base = self.undo.len();
        let mut steps = 0usize;
        loop {
            steps += 1;
            if steps == 1000 {
                self.meter.matching(steps)?;
                steps = 0;
            }
            let next = match self.program.ops.get(at) {
                None | Some(Op::Match) => {
                    self.meter.matching(steps + 1)?;
                    return Ok(true);
                }
                Some(op) => self.step(op, at, place)?,
            };
            match next {
                Some((next, to)) => (at, place) = (next, to),
                None => match self.back(base) {
                    Some((next, to)) => (at, place) = (next, to),
                    None => {
                        self.meter.matching(steps + 1)?;
                        return Ok(false);
                    }
                },
            }
        }
    }

    /// The last choice that is still open, with the slots as they were.
    fn back(&mut self, base: usize) -> Option<(usize, usize)> {
        while self.undo.len() > base {
            match self.undo.pop()? {
                Undo::Choice(at, place) => return Some((at, place)),
                Undo::Slot(slot, old) => self.put(slot, old),
            }
        }
        None
    }

    fn put(&mut self, slot: usize, value: usize) {
        if let Some(place) = self.slots.get_mut(slot) {
            *place = value;
        }
    }

    fn save(&mut self, slot: usize, value: usize) -> Result<()> {
        let old = self.slots.get(slot).copied().unwrap_or(NOTHING);
        if old != value {
            self.remember(Undo::Slot(slot, old))?;
            self.put(slot, value);
        }
        Ok(())
    }

    fn remember(&mut self, undo: Undo) -> Result<()> {
        if self.undo.len() >= MOST_CHOICES {
            return Err(Error::limit(
                "Template evaluation exceeded the regular-expression backtracking limit",
            ));
        }
        self.undo.push(undo);
        Ok(())
    }

    /// Where an instruction leads; nowhere where it fails.
    fn step(&mut self, op: &Op, at: usize, place: usize) -> Result<Option<(usize, usize)>> {
        let go = |matched: Option<usize>| matched.map(|place| (at + 1, place));
        Ok(match op {
            Op::Char { unit, back } => {
                let fold_case = self.program.ignore_case;
                go(self
                    .read(place, *back)
                    .filter(|(read, _)| (if fold_case { fold(*read) } else { *read }) == *unit)
                    .map(|(_, to)| to))
            }
            Op::Any { back } => go(self
                .read(place, *back)
                .filter(|(read, _)| !is_line_end(*read))
                .map(|(_, to)| to)),
            Op::Class {
                ranges,
                negated,
                back,
            } => go(self
                .read(place, *back)
                .filter(|(read, _)| {
                    ranges.iter().any(|(low, high)| low <= read && read <= high) != *negated
                })
                .map(|(_, to)| to)),
            Op::Split(first, second) => {
                self.remember(Undo::Choice(*second, place))?;
                Some((*first, place))
            }
            Op::Jump(to) => Some((*to, place)),
            Op::Save(slot) => {
                self.save(*slot, place)?;
                Some((at + 1, place))
            }
            Op::Forget(from, to) => {
                for slot in *from..*to {
                    self.save(slot, NOTHING)?;
                }
                Some((at + 1, place))
            }
            Op::Moved(slot) => (self.slots.get(*slot) != Some(&place)).then_some((at + 1, place)),
            Op::Back { group, back } => go(self.refer(*group, place, *back)?),
            Op::Look { negated, next } => self
                .look(at + 1, place, *negated)?
                .then_some((*next, place)),
            Op::Start => (place == 0
                || (self.program.multiline && self.before(place).is_some_and(is_line_end)))
            .then_some((at + 1, place)),
            Op::End => (place == self.text.len()
                || (self.program.multiline
                    && self.text.get(place).copied().is_some_and(is_line_end)))
            .then_some((at + 1, place)),
            Op::Boundary { negated } => {
                let left = self.before(place).is_some_and(is_word);
                let right = self.text.get(place).copied().is_some_and(is_word);
                ((left != right) != *negated).then_some((at + 1, place))
            }
            Op::Match => None,
        })
    }

    fn before(&self, place: usize) -> Option<u16> {
        place
            .checked_sub(1)
            .and_then(|before| self.text.get(before))
            .copied()
    }

    fn read(&self, place: usize, back: bool) -> Option<(u16, usize)> {
        if back {
            self.before(place).map(|unit| (unit, place - 1))
        } else {
            self.text.get(place).map(|unit| (*unit, place + 1))
        }
    }

    /// What a group matched must stand here again; a group that matched nothing is empty.
    fn refer(&mut self, group: usize, place: usize, back: bool) -> Result<Option<usize>> {
        let slot = |at: usize| {
            self.slots
                .get(at)
                .copied()
                .filter(|place| *place != NOTHING)
        };
        let Some((start, end)) = slot(group * 2).zip(slot(group * 2 + 1)) else {
            return Ok(Some(place));
        };
        let length = end.saturating_sub(start);
        self.meter.matching(length)?;
        let from = if back {
            place.checked_sub(length)
        } else {
            Some(place)
        };
        let Some(from) = from else { return Ok(None) };
        let (Some(wanted), Some(here)) = (
            self.text.get(start..end),
            self.text.get(from..from + length),
        ) else {
            return Ok(None);
        };
        let same = wanted
            .iter()
            .zip(here)
            .all(|(a, b)| a == b || (self.program.ignore_case && fold(*a) == fold(*b)));
        Ok(same.then_some(if back { from } else { from + length }))
    }

    fn look(&mut self, at: usize, place: usize, negated: bool) -> Result<bool> {
        let base = self.undo.len();
        let matched = self.matches(at, place)?;
        if matched && !negated {
            // What it matched stays, its other choices do not.
            let rest = self.undo.split_off(base);
            self.undo.extend(
                rest.into_iter()
                    .filter(|undo| matches!(undo, Undo::Slot(..))),
            );
            return Ok(true);
        }
        while self.undo.len() > base {
            if let Some(Undo::Slot(slot, old)) = self.undo.pop() {
                self.put(slot, old);
            }
        }
        Ok(matched != negated)
    }
}

fn is_line_end(unit: u16) -> bool {
    matches!(unit, 10 | 13 | 0x2028 | 0x2029)
}

fn is_word(unit: u16) -> bool {
    matches!(unit, 48..=57 | 65..=90 | 95 | 97..=122)
}
