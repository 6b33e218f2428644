//! The scaffolder: software templates, their steps and actions, and how a task runs through them.
//!
//! A template is code that would run with the engineer's rights. So: what an action may reach stands behind the traits of
//! [`services`], and nowhere else; a path of a template goes through [`Workspace`]; a text of a template reaches a
//! terminal only by way of `text`. Backstage's meaning, its inputs, outputs and messages, are followed; where callboard
//! differs on purpose the README says so. No process, no terminal and no argument of a command line is known here: the
//! engine takes a task, services, a sink for events and a token that cancels it.
//!
//! | module | what it is for |
//! |---|---|
//! | [`action`] | what an action is, and what a step hands to it |
//! | [`actions`] | the actions, one file each |
//! | [`check`] | a template looked at without running it (pure) |
//! | [`dry_run`] | a run that leaves nothing behind but files |
//! | [`engine`] | runs the steps of a task |
//! | [`error`] | why an action failed, with a hint |
//! | [`evaluate`] | values with expressions in them (pure) |
//! | [`event`] | the events of a task, as Backstage words them |
//! | [`json_text`], [`yaml_text`] | values as Backstage's libraries write them (pure) |
//! | [`git`] | commits a folder and pushes it with the `git` program |
//! | [`github`] | what the actions that write to GitHub have in common |
//! | [`http`] | requests that a template words itself |
//! | [`mask`] | takes secrets out of what a task says (pure) |
//! | [`nothing`] | services that reach nothing |
//! | [`parameters`] | the answers of a form: defaults, types, checks (pure) |
//! | [`registry`] | which actions there are |
//! | [`services`] | what an action may reach outside its workspace |
//! | [`shipped`] | the templates that ship with callboard |
//! | [`skeleton`] | folders rendered, or copied, into a workspace |
//! | [`structure`] | merging of values (pure) |
//! | [`task`] | a task between its store and its engine: its record, its progress |
//! | [`template`] | a template's `spec` as types (pure) |
//! | [`template_folder`] | where a template's relative URLs resolve |
//! | [`trust`] | which templates may start, and what they may touch (pure) |
//! | [`web`] | requests to servers that are no GitHub |
//! | [`workspace`] | the folder a task works in, which no path leaves |
//! | [`writers`] | who writes to GitHub, and with whose token |

pub mod action;
pub mod actions;
pub mod check;
pub mod dry_run;
pub mod engine;
pub mod error;
pub mod evaluate;
pub mod event;
pub mod git;
pub mod github;
pub mod http;
pub mod json_text;
pub mod mask;
pub mod nothing;
pub mod parameters;
pub mod registry;
pub mod services;
pub mod shipped;
pub mod skeleton;
#[cfg(test)]
#[path = "stage_tests.rs"]
pub(crate) mod stage;
pub mod structure;
pub mod task;
pub mod template;
pub mod template_folder;
pub mod trust;
pub mod web;
pub mod workspace;
pub mod writers;
pub mod yaml_text;

#[cfg(test)]
pub(crate) mod tests;

/// The schemas of a template's parameters are checked by the same validator as in its form.
pub use crate::schema;
pub use action::{Action, Example, Level, Outcome, StepContext, Target};
pub use engine::{Run, RunResult, State, StepState, TaskSpec};
pub use error::{ActionError, ActionErrorKind};
pub use event::{EventBody, EventKind, EventSink, StepStatus, TaskEvent, TaskFailure};
pub use nothing::Nothing;
pub use registry::Registry;
pub use services::{
    Answer, CatalogAccess, GithubWriters, HttpAccess, HttpAnswer, HttpRequest, Intent, Intents,
    Outside, Registered, Services, Sources,
};
pub use template::{Condition, Page, Step, TemplateSpec};
pub use template_folder::TemplateFolder;
pub use workspace::Workspace;
pub use writers::{Handles, Writers};
