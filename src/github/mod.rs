//! GitHub: one client for REST and GraphQL, and who we are to it.
//!
//! What the rest of callboard may rely on: every request is bounded in time, size, hops and retries; it is
//! counted; it can be cancelled; and an error says what went wrong, what to do and with which exit code a
//! command ends. github.com and a server of one's own (GitHub Enterprise Server) differ only by their
//! [`Endpoint`].
//!
//! What must never happen here: a token that reaches a host other than the integration's `host`,
//! `apiBaseUrl` and `rawBaseUrl`, an argument list, a log, an error or a cache; text of a server that
//! reaches an error message with control characters in it; a wait without end.
//!
//! | module | what it is for |
//! |---|---|
//! | [`endpoint`] | the addresses of one GitHub, and which of them may see a token |
//! | [`error`] | kinds of failure, each with a hint and an exit code |
//! | [`client`] | the client: identity, limits, counters |
//! | [`transport`] | one exchange: redirects, retries, sizes, cancellation |
//! | [`limits`] | rate limits and request counters |
//! | [`graphql`] | GraphQL answers, whose errors come with status 200 |
//! | [`rest`] | REST: ETags, Link pagination, raw files, trees |
//! | [`queries`] | the GraphQL documents and their typed answers |
//! | [`objects`] | which objects Git expressions name, without their content |
//! | [`contents`] | trees, texts and heads of many repositories in one request |
//! | [`app_auth`] | GitHub Apps: the JWT and installation tokens |
//! | [`identity`] | which credentials read and which write |
//! | [`login_store`] | what `auth login` stored |
//! | [`device`] | signing in by the device flow |
//! | [`refusal`] | what a refused request means: scopes, SSO, limits |
//! | [`write`] | REST that changes something, one request a second |

pub mod app_auth;
pub mod client;
pub mod contents;
pub mod device;
pub mod endpoint;
pub mod error;
pub mod graphql;
pub mod identity;
pub mod limits;
pub mod login_store;
pub mod objects;
pub mod queries;
mod query_answers;
pub mod refusal;
pub mod rest;
pub mod transport;
pub mod write;

pub use app_auth::AppAuth;
pub use client::{Client, Credentials, KeptAnswer, KeptAnswers, Settings};
pub use endpoint::Endpoint;
pub(crate) use error::SIGN_IN;
pub use error::{ErrorKind, GithubError};
pub use graphql::{GraphqlAnswer, GraphqlProblem};
pub use identity::{Identities, Identity, Source};
pub use limits::{RateLimit, RateLimits, RequestCounts};
pub use rest::{FileUrl, RestAnswer, Tree, TreeEntry, Validator};
pub use write::{Verb, Written};
