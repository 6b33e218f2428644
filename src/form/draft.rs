//! A form half filled in, as it can be kept and offered again.

use serde::{Deserialize, Serialize};

use super::answers::Written;

/// The version of the shape below; a draft of a newer one is not read.
const VERSION: u32 = 1;

/// The answers as they were typed, without secrets. What a vanished field held is among them.
///
/// It may be restored against a template that changed since: what still has a place goes there, typed text is read anew by
/// the field's type, and what has no place any more is kept but given to no task.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Draft {
    version: u32,
    /// The page that was shown.
    #[serde(default)]
    pub(super) page: usize,
    #[serde(default)]
    pub(super) answers: Written,
}

impl Draft {
    pub(super) fn new(page: usize, answers: Written) -> Self {
        Self {
            version: VERSION,
            page,
            answers,
        }
    }

    /// Whether this callboard can read it.
    pub fn is_readable(&self) -> bool {
        self.version <= VERSION
    }

    /// Whether nothing was answered: such a draft need not be kept.
    pub fn is_empty(&self) -> bool {
        self.answers == Written::default()
    }

    /// The names of the parameters it answers, sorted.
    pub fn parameters(&self) -> Vec<&str> {
        self.answers.parameters()
    }
}
