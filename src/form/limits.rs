//! How much a form may hold: beyond it there is a message, never a hang.

/// Bounds of a form. The defaults are far beyond any real template (the largest public one has some 60 fields).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Values in the written parameters, all together.
    pub nodes: usize,
    /// How deep the written parameters may nest.
    pub written_depth: usize,
    /// How deep fields may lie in each other.
    pub depth: usize,
    /// Fields shown on one page.
    pub fields: usize,
    /// Items of one list.
    pub items: usize,
    /// Schemas looked at while one page is worked out.
    pub visits: usize,
    /// How often the conditions of one object are worked out again because its fields changed.
    pub rounds: usize,
    /// Bytes of one answer.
    pub text: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            nodes: 200_000,
            written_depth: 100,
            depth: 24,
            fields: 2_000,
            items: 500,
            visits: 60_000,
            rounds: 8,
            text: 1 << 20,
        }
    }
}
