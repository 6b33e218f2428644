//! Hyperlinks of a frame (OSC 8): which columns lead where.

use std::hash::{DefaultHasher, Hash, Hasher};

use ratatui::layout::Rect;

use crate::text;

/// A piece of one row that leads somewhere.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LinkSpan {
    x: u16,
    y: u16,
    width: u16,
    target: String,
    id: u32,
}

impl LinkSpan {
    /// A link over `width` columns from (`x`, `y`). None where the target is no link that a terminal may be
    /// given: see [`text::link_target`].
    pub fn new(x: u16, y: u16, width: u16, target: &str) -> Option<Self> {
        let target = text::link_target(target)?;
        let mut hasher = DefaultHasher::new();
        target.hash(&mut hasher);
        // The lower half of the hash; zero stands for no link.
        let id = (hasher.finish() as u32).max(1);
        Some(Self {
            x,
            y,
            width,
            target,
            id,
        })
    }

    /// The same number for the same target.
    pub(super) fn id(&self) -> u32 {
        self.id
    }

    /// Printable ASCII.
    pub(super) fn target(&self) -> &str {
        &self.target
    }
}

/// The links of every column of a frame.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(super) struct LinkMap {
    width: usize,
    /// Empty where the frame has no links.
    ids: Vec<u32>,
}

impl LinkMap {
    /// The links of a frame of that size; what lies outside of it is left out.
    pub(super) fn new(links: &[LinkSpan], area: Rect) -> Self {
        let width = usize::from(area.width);
        let mut ids = Vec::new();
        if !links.is_empty() {
            ids.resize(width * usize::from(area.height), 0);
        }
        for link in links.iter().filter(|link| link.x < area.width) {
            let start = usize::from(link.y) * width + usize::from(link.x);
            let columns = usize::from(link.width.min(area.width - link.x));
            for id in ids.iter_mut().skip(start).take(columns) {
                *id = link.id;
            }
        }
        Self { width, ids }
    }

    /// One number a column; nothing where the frame has no links.
    pub(super) fn row(&self, y: u16) -> &[u32] {
        let start = usize::from(y) * self.width;
        self.ids.get(start..start + self.width).unwrap_or_default()
    }
}
