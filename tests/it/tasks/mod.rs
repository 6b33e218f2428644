//! Tasks as real processes: what outlives what, who sees what, and what is left when something dies.

mod catalog;
mod commands;
mod create;
mod hostile;
mod secrets;
mod survival;
mod terminal;
mod world;
