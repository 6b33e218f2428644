//! Keys and what they are bound to (pure).

mod key;

pub use key::{Key, KeyCode, Modifiers};
