//! Finding entities as somebody types: the query language, the matching, the order of what matches. Pure.
//!
//! A query's words are split and folded first. frizbee scores every row, field by field; each match has a tier
//! (exact name, prefix, word start, name, title, tag or owner, description); fuzzy-matcher's SkimMatcherV2 ranks the
//! best 500 within their tiers; then frizbee's score decides, then the reference. The whole order is always made, so
//! that the first rows are the same at any limit.
//!
//! It works on the [`Snapshot`](crate::catalog::Snapshot) as it lies in memory and keeps no copy of it. It must not
//! run on the interface's task: a search of 100,000 rows takes milliseconds.

mod filter;
mod highlight;
mod owners;
mod query;
mod rank;
mod tier;

pub use highlight::highlight;
pub use owners::owners_of;
pub use query::{Filter, FilterKey, Is, Query, QueryProblem, Word};
pub use rank::{Matches, SearchContext, Searcher};
