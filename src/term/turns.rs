//! Which cells of a frame are written in which turn: one turn a look.
//!
//! The order in which cells are written makes no difference to what is shown in the end, whatever was there: a letter
//! that takes the place of half a wide character leaves the other half blank, but that half is due itself, and where
//! it was written before there is no wide character left. So turns may come in any order, and what has its turn later
//! may hold anything until then.

use ratatui::buffer::Cell;

use super::encoder::columns;
use super::sgr::Look;

/// The turn of a cell that is shown already.
const UNCHANGED: u16 = 0;
/// The turn of blanks that have none yet.
const OPEN: u16 = u16::MAX;

/// A frame's turns, its allocations kept from one frame to the next.
#[derive(Clone, Default, Debug)]
pub(super) struct Turns {
    width: usize,
    /// The looks in the order of their turns, of which the first is 1.
    looks: Vec<Look>,
    /// The rows with something to write, in order, and a turn for each of their columns.
    rows: Vec<u16>,
    turns: Vec<u16>,
    tails: Vec<bool>,
}

impl Turns {
    /// Begins a frame of so many columns, for a pen that has this look: what has the same comes first.
    pub(super) fn begin(&mut self, width: usize, look: Look) {
        self.width = width;
        self.looks.clear();
        self.looks.push(look);
        self.rows.clear();
        self.turns.clear();
    }

    /// How many turns there are.
    pub(super) fn looks(&self) -> u16 {
        u16::try_from(self.looks.len()).unwrap_or(OPEN - 1)
    }

    /// The orders that may be short: as the looks come, beginning with the pen's own, and the one with most to write
    /// first, whose way then leads over what the others write.
    pub(super) fn orders(&self) -> [Order; 2] {
        let looks = self.looks();
        let mut cells = vec![0usize; usize::from(looks) + 1];
        for turn in &self.turns {
            if let Some(count) = cells.get_mut(usize::from(*turn)) {
                *count += 1;
            }
        }
        let as_they_come: Vec<u16> = (1..=looks).collect();
        let mut by_weight = as_they_come.clone();
        by_weight.sort_by_key(|turn| std::cmp::Reverse(cells.get(usize::from(*turn)).copied()));
        [Order::new(as_they_come), Order::new(by_weight)]
    }

    /// The turns of a row's columns; none where nothing of it is to be written.
    pub(super) fn row(&self, y: u16) -> Option<&[u16]> {
        let at = self.rows.binary_search(&y).ok()? * self.width;
        self.turns.get(at..at + self.width)
    }

    /// Which columns of a row are the second half of a wide character. To be given back.
    pub(super) fn take_tails(&mut self, row: &[Cell]) -> Vec<bool> {
        let mut tails = std::mem::take(&mut self.tails);
        tails.clear();
        tails.resize(row.len(), false);
        let mut x = 0;
        while let Some(cell) = row.get(x) {
            let columns = columns(cell);
            if x + columns <= row.len() {
                for tail in tails.iter_mut().skip(x + 1).take(columns - 1) {
                    *tail = true;
                }
                x += columns;
            } else {
                x += 1;
            }
        }
        tails
    }

    /// Takes the allocation back.
    pub(super) fn give_tails(&mut self, tails: Vec<bool>) {
        self.tails = tails;
    }

    /// Plans a row; rows are planned from the top.
    pub(super) fn plan(&mut self, y: u16) -> Plan<'_> {
        self.rows.push(y);
        let start = self.turns.len();
        self.turns.resize(start + self.width, UNCHANGED);
        Plan {
            turns: self,
            start,
            blanks: None,
            last: None,
        }
    }

    fn turn_of(&mut self, look: Look) -> u16 {
        let at = match self.looks.iter().position(|known| *known == look) {
            Some(at) => at,
            None => {
                self.looks.push(look);
                self.looks.len() - 1
            }
        };
        // More looks than numbers share the last turn: no order is wrong.
        u16::try_from(at + 1).unwrap_or(OPEN).min(OPEN - 1)
    }
}

/// An order of the turns.
#[derive(Clone, Debug)]
pub(super) struct Order {
    turns: Vec<u16>,
    /// Where a turn stands in it, by its number; what is shown already has none.
    places: Vec<u16>,
}

impl Order {
    fn new(turns: Vec<u16>) -> Self {
        let mut places = vec![0; turns.len() + 1];
        for (place, turn) in (1u16..).zip(&turns) {
            if let Some(slot) = places.get_mut(usize::from(*turn)) {
                *slot = place;
            }
        }
        Self { turns, places }
    }

    /// The turns, the first one first.
    pub(super) fn turns(&self) -> impl Iterator<Item = u16> + '_ {
        self.turns.iter().copied()
    }

    fn place(&self, turn: u16) -> u16 {
        self.places.get(usize::from(turn)).copied().unwrap_or(0)
    }
}

/// What of a row is to be written now: all that changed, or what has its turn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Due<'a> {
    turns: &'a [u16],
    turn: Option<(u16, &'a Order)>,
}

impl<'a> Due<'a> {
    /// Everything that the row's plan has.
    pub(super) fn all(turns: &'a [u16]) -> Self {
        Self { turns, turn: None }
    }

    /// What has this turn, in an order of turns.
    pub(super) fn of_turn(turns: &'a [u16], turn: u16, order: &'a Order) -> Self {
        Self {
            turns,
            turn: Some((turn, order)),
        }
    }

    /// Whether a column is to be written now.
    pub(super) fn now(self, x: usize) -> bool {
        let planned = self.planned(x);
        match self.turn {
            Some((turn, _)) => planned == turn,
            None => planned != UNCHANGED,
        }
    }

    /// Whether a column is written later, whatever it shows until then.
    pub(super) fn later(self, x: usize) -> bool {
        self.turn
            .is_some_and(|(turn, order)| order.place(self.planned(x)) > order.place(turn))
    }

    fn planned(self, x: usize) -> u16 {
        self.turns.get(x).copied().unwrap_or(UNCHANGED)
    }
}

/// A row being planned.
pub(super) struct Plan<'a> {
    turns: &'a mut Turns,
    start: usize,
    /// Where blanks began that wait for what follows them, and how they are to look.
    blanks: Option<(usize, Look)>,
    /// The look and turn of what was just planned.
    last: Option<(Look, u16)>,
}

impl Plan<'_> {
    /// The next cell of the row.
    pub(super) fn cell(&mut self, x: usize, changed: bool, look: Look, blank: bool) {
        if !changed {
            self.settle(None);
            self.last = None;
            return;
        }
        if !blank {
            let turn = self.turns.turn_of(look);
            self.settle(Some((look, turn)));
            self.set(x, turn);
            self.last = Some((look, turn));
            return;
        }
        match (self.last, self.blanks) {
            (Some((last, turn)), None) if last.on_blank() == look.on_blank() => self.set(x, turn),
            (_, Some((_, waiting))) if waiting.on_blank() == look.on_blank() => self.set(x, OPEN),
            _ => {
                self.settle(None);
                self.last = None;
                self.blanks = Some((x, look));
                self.set(x, OPEN);
            }
        }
    }

    /// The row has ended.
    pub(super) fn end(mut self) {
        self.settle(None);
    }

    /// Gives the blanks that wait a turn: that of what follows them, where they look the same upon it.
    fn settle(&mut self, next: Option<(Look, u16)>) {
        let Some((from, look)) = self.blanks.take() else {
            return;
        };
        let turn = match next {
            Some((next, turn)) if next.on_blank() == look.on_blank() => turn,
            _ => {
                // Any look does that shows the same: one that has a turn already needs no change of its own.
                let mut known = self.turns.looks.iter().copied();
                let same = known.find(|known| known.on_blank() == look.on_blank());
                self.turns.turn_of(same.unwrap_or(look.on_blank()))
            }
        };
        let row = self
            .turns
            .turns
            .get_mut(self.start + from..)
            .unwrap_or_default();
        for cell in row.iter_mut().take_while(|cell| **cell == OPEN) {
            *cell = turn;
        }
    }

    fn set(&mut self, x: usize, turn: u16) {
        if let Some(cell) = self.turns.turns.get_mut(self.start + x) {
            *cell = turn;
        }
    }
}
