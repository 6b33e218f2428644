//! callboard: a developer portal in the terminal.
//!
//! The code is a pure core with a thin shell. Directions of import: `main -> cli -> runtime -> {term, ui,
//! services}`, `ui -> app -> {keymap, theme, form, search, markdown, text} -> catalog`, `form -> {nunjucks, schema}`,
//! services (`store`, `github`, `sync`) `-> {catalog, config, techdocs}`,
//! `scaffolder -> {catalog, config, github, nunjucks, schema, store, text}`.
//! `tests/architecture.rs` holds the tree to this map.
//!
//! | module | what it is for |
//! |---|---|
//! | [`app`] | the interface's state, messages, actions and update (pure) |
//! | [`catalog`] | entities, kinds, validation, relations, the snapshot (pure) |
//! | [`cli`] | the commands: plain text and JSON twins of the screens |
//! | [`config`] | the app-config dialect: merging, substitution, what callboard reads of it |
//! | [`form`] | template parameters as pages, fields, answers and their checks (pure) |
//! | [`github`] | REST and GraphQL client, identity, rate limits, retries |
//! | [`keymap`] | keys, their syntax, and the layers of a keymap (pure) |
//! | [`markdown`] | documentation pages: CommonMark and MkDocs' extensions into wrapped, role-tagged lines (pure) |
//! | [`oncall`] | who is on call: PagerDuty and rota files, kept for when neither can be asked |
//! | [`nunjucks`] | the expression language of software templates, as Backstage evaluates it (pure) |
//! | [`runtime`] | the event loop: signals, jobs, timers, watching the cache |
//! | [`scaffolder`] | software templates: their steps, actions and tasks |
//! | [`schema`] | schemas of draft 7 as templates write them, checked in Backstage's words (pure) |
//! | [`search`] | the query language, fuzzy matching and its order (pure) |
//! | [`store`] | the cache and the state on disk |
//! | [`sync`] | entity providers, reading with limits, incremental refresh |
//! | [`techdocs`] | which pages an entity's documentation has, and which are runbooks (pure) |
//! | [`term`] | the terminal: guard, input, cell-diff encoder, writer, clipboard; the only place with escape sequences |
//! | [`text`] | display width, truncation, escape stripping: the only place that does either (pure) |
//! | [`theme`] | what each role of the interface looks like (pure) |
//! | [`ui`] | screens and widgets: state in, cells out |
//! | [`yaml`] | YAML of settings, as values that know their place (pure) |

pub mod app;
pub mod catalog;
pub mod cli;
pub mod config;
pub mod form;
pub mod github;
pub mod keymap;
pub mod markdown;
pub mod nunjucks;
pub mod oncall;
pub mod runtime;
pub mod scaffolder;
pub mod schema;
pub mod search;
pub mod store;
pub mod sync;
pub mod techdocs;
pub mod term;
pub mod text;
pub mod theme;
pub mod ui;
pub mod yaml;
