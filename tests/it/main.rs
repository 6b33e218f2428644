//! Integration tests: one binary, so that linking stays cheap; one module a file.

mod cli;
mod cli_create;
mod cli_docs;
mod cli_docs_hostile;
mod cli_sync;
mod cli_terminal;
mod cli_tree;
mod config;
mod fetching;
mod form;
mod github;
mod markdown;
mod mutation;
mod nunjucks;
mod oncall;
mod pty;
mod pty_session;
mod readers;
mod readme;
mod scaffolder;
mod scaffolder_github;
mod shared;
mod skeletons;
mod store;
mod sync;
mod vectors;
