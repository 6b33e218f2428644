//! Template forms: a template's parameters as pages of fields, the answers typed into them, and the values these come to.
//!
//! Pure: nothing is read, drawn, timed or fetched here. A screen sends [`Msg`]s to [`Form::update`], does what the
//! [`Effect`]s ask for, and draws [`Form::fields`], [`Form::error`] and [`Form::steps`]; entities, groups and repositories
//! come from outside as plain data. A hostile template gives messages, never a hang: [`Limits`].
//!
//! # Driving a form
//!
//! 1. [`Form::new`] with the template's `spec.parameters` (files included already) and the values known beforehand
//!    (`--values`, the last answers). A kept [`Draft`] is put in with [`Form::restore`].
//! 2. Each row of [`Form::fields`] is a [`Field`]; its [`Kind`] says what to draw and which message changes it. Typed
//!    fields ([`Kind::is_typed`]) belong to an editor outside: give it [`Field::text`] when the focus comes
//!    ([`Effect::Focused`]), send the whole text after every change. A typed secret goes by [`Msg::Secret`].
//! 3. Send [`Msg::Paused`] when nothing was typed for a moment. What is wrong with a field is shown ([`Form::error`]) once
//!    the field was left, or the person paused in it, or tried to go on.
//! 4. [`Effect::Check`] asks whether a repository is free. Answer with [`Msg::Checked`] whenever it is known: an answer that
//!    comes too late is dropped, and nothing waits for it.
//! 5. [`Form::is_review`] after the last [`Msg::Next`]: [`Form::review`] has the values in words, [`Form::blockers`] why the
//!    task cannot start, [`Form::values`] and [`Form::secrets`] what it gets, [`Form::command`] the same as a command.
//!
//! Rules: react-jsonschema-form 5 and Backstage's scaffolder, as far as a person can tell the difference; what a vanished
//! field held is not given to the task, which Backstage does.

mod answers;
mod build;
mod command;
mod draft;
mod field;
mod hints;
mod limits;
mod members;
mod merge;
mod moves;
mod msg;
mod options;
mod page;
mod path;
mod picker;
mod problems;
mod resolve;
mod review;
mod schema_type;
mod secrets;
mod state;
mod update;
mod validators;
mod value;
mod words;

#[cfg(test)]
mod tests;

pub use draft::Draft;
pub use field::{Choice, ChoiceStyle, Field, Kind, Member, Note};
pub use limits::Limits;
pub use msg::{CheckOutcome, CheckState, Effect, Msg};
pub use path::{FieldPath, Segment};
pub use picker::{
    Candidate, EntityFilter, EntityPicker, EntitySource, FacetPicker, FilterValue, RepoPart,
    RepoPicker, RepoUrl, TagsPicker, UserCredentials, valid_entity_name, valid_tag,
};
pub use problems::Blocker;
pub use review::{ReviewPage, ReviewRow};
pub use state::{Form, FormError, Step, StepState};
pub use words::pattern_words;
