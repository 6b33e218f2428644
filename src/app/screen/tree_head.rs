//! What stands above a tree: which it is, or what it amounts to and whom it concerns.

use super::super::impact::team_count;
use super::super::outline::{Direction, TreeKind};
use super::tree::TreeView;
use crate::text;

/// Rows that the owners take at most.
const OWNER_ROWS: usize = 3;
/// Owners that are looked at for those rows.
const OWNERS: usize = 60;
/// Columns between two owners.
const GAP: usize = 4;

/// An owner with what of it is concerned.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OwnerEntry {
    /// As a list shows it; of what nobody owns, that.
    pub name: String,
    /// Whether there is somebody to be told.
    pub known: bool,
    pub count: u32,
    /// The best way to reach it, or that there is none; none while that is not known.
    pub contact: Option<String>,
}

impl OwnerEntry {
    fn width(&self) -> usize {
        let contact = self.contact.as_ref();
        text::width(&self.name)
            + 1
            + self.count.to_string().len()
            + contact.map_or(0, |contact| 2 + text::width(contact))
    }
}

impl TreeView {
    /// How many rows the head would like on a screen of this width.
    pub fn head_rows(&self, width: u16) -> u16 {
        if self.zoomed {
            return 0;
        }
        let owners = self.owner_rows(width).0.len();
        1 + u16::try_from(owners).unwrap_or(0)
    }

    /// Who is concerned, most first, in rows of the width, and how many there is no room for.
    pub fn owner_rows(&self, width: u16) -> (Vec<Vec<OwnerEntry>>, usize) {
        let concerns = matches!(
            self.kind,
            TreeKind::Reach {
                direction: Direction::Dependents,
                ..
            }
        );
        let Some(outline) = self.outline.as_ref().filter(|_| concerns) else {
            return (Vec::new(), 0);
        };
        let room = usize::from(width.saturating_sub(6));
        let mut rows: Vec<Vec<OwnerEntry>> = Vec::new();
        let mut used = 0;
        let mut shown = 0;
        for team in outline.teams(&self.contacts).take(OWNERS) {
            let entry = OwnerEntry {
                name: team.name(),
                known: team.is_known(),
                count: team.count,
                contact: Some(team.contact(1)).filter(|contact| !contact.is_empty()),
            };
            let wide = entry.width();
            // Where there are more, the last row keeps room to say so.
            let spare = if rows.len() == OWNER_ROWS { 10 } else { 0 };
            if let Some(row) = rows.last_mut()
                && used + GAP + wide + spare <= room
            {
                used += GAP + wide;
                row.push(entry);
            } else if rows.len() < OWNER_ROWS {
                rows.push(vec![entry]);
                used = wide;
            } else {
                break;
            }
            shown += 1;
        }
        let all = outline.summary().map_or(0, team_count);
        (rows, all.saturating_sub(shown))
    }
}
