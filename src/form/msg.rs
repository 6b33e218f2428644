//! What happens to a form, and what it asks for in return.

use secrecy::SecretString;
use serde_json::Value;

use super::path::FieldPath;
use super::picker::{RepoPart, RepoUrl};

/// What happens to a form. Fields are named by their paths; a message for a field that is not on the page, or that takes no
/// such change, does nothing.
#[derive(Clone, Debug)]
pub enum Msg {
    /// The focus goes to a field; the field it leaves is checked.
    Focus(FieldPath),
    /// The focus goes to the next field that takes it; at the last one it stays.
    FocusNext,
    /// The focus goes to the field before.
    FocusPrevious,
    /// The person paused: the field that has the focus is checked.
    Paused,
    /// The whole text of a typed field, as it stands in its editor.
    Text {
        /// The field.
        path: FieldPath,
        /// The text; an empty one empties the field.
        text: String,
    },
    /// A value as a whole: a yes or no, a candidate's value, all references of several.
    Set {
        /// The field.
        path: FieldPath,
        /// The value.
        value: Value,
    },
    /// An option by its place: chosen, of several values turned on or off, of several forms taken.
    Pick {
        /// The field.
        path: FieldPath,
        /// The option's place.
        option: usize,
    },
    /// One part of a repository.
    Repo {
        /// The field.
        path: FieldPath,
        /// The part.
        part: RepoPart,
        /// What it is.
        text: String,
    },
    /// A number up or down by its steps, within its bounds.
    Step {
        /// The field.
        path: FieldPath,
        /// How many steps; negative ones go down.
        by: i32,
    },
    /// A secret, whole.
    Secret {
        /// The field.
        path: FieldPath,
        /// The secret; an empty one empties the field.
        text: SecretString,
    },
    /// Empties a field: the default does not come back.
    Clear(FieldPath),
    /// Brings a field's default back, of a list or an object all of its fields'.
    Reset(FieldPath),
    /// One more item at the end of a list.
    Add(FieldPath),
    /// Takes an item out of its list, or an entry out of its object.
    Remove(FieldPath),
    /// Moves an item towards the front (negative) or the end.
    Move {
        /// The item.
        path: FieldPath,
        /// How many places.
        by: i32,
    },
    /// One more entry of an object that takes any name.
    AddName {
        /// The object.
        path: FieldPath,
        /// The new name.
        name: String,
    },
    /// Another name for such an entry.
    Rename {
        /// The entry.
        path: FieldPath,
        /// Its new name.
        name: String,
    },
    /// To the next page, if nothing on this one is wrong; else the focus goes to the first field that is.
    Next,
    /// To the page before, whatever is wrong.
    Back,
    /// To a page by its place among all; forwards only past pages on which nothing is wrong.
    GoTo(usize),
    /// What a picker has to offer, by the values it would store. Where only what is offered may be entered, answers are
    /// held to it; and where it is one only, needed and not yet chosen, it is chosen, as Backstage does it.
    Offered {
        /// The field.
        path: FieldPath,
        /// The values.
        values: Vec<String>,
    },
    /// The answer to [`Effect::Check`]; dropped where the field has changed since.
    Checked {
        /// The field.
        path: FieldPath,
        /// As it was asked.
        generation: u64,
        /// What was found.
        outcome: CheckOutcome,
    },
}

/// What a form wants done.
#[derive(Clone, PartialEq, Debug)]
pub enum Effect {
    /// The focus is on another field: bring it into view, give its text to the editor.
    Focused(FieldPath),
    /// Another page, or the review, is shown.
    Turned,
    /// An answer changed: keep the draft, once there is time.
    Changed,
    /// Find out whether a repository's name is free; answer with [`Msg::Checked`].
    Check {
        /// The field.
        path: FieldPath,
        /// To be sent back.
        generation: u64,
        /// Which repository.
        repo: RepoUrl,
    },
}

/// What a check found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CheckOutcome {
    /// Nothing is wrong.
    Passed,
    /// Something the person should know that stops nothing: offline, not signed in, a repository that will be used.
    Warning(String),
    /// The answer cannot be used.
    Failed(String),
}

/// Where a check stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CheckState {
    /// It is being found out; typing and going on are free meanwhile.
    Pending,
    /// It was found out.
    Done(CheckOutcome),
}
