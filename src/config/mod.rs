//! The configuration: Backstage's app-config dialect, read as Backstage reads it.
//!
//! Several files are merged; `${VAR}`, `$env`, `$file` and `$include` are resolved only for the keys that callboard
//! reads. What is wrong becomes a problem with its file and line; only a file that cannot be read at all is an error.
//! Reads nothing but the configuration's own files, and never puts a secret into a message.

mod schedule;
mod secret;
mod settings;

pub use schedule::{Frequency, Schedule};
pub use secret::Secret;
pub use settings::{
    AllowedKind, ArgoCdInstance, CallboardConfig, Clipboard, GithubApp, GithubAuthProvider,
    GithubFilters, GithubIntegration, GithubOrgProviderConfig, GithubProviderConfig, Icons,
    LocationConfig, NameOrFile, NamePattern, Origin, PagerDutyAccount, PagerDutyConfig,
    ReadingAllow, RuleConfig, RuleLocation, ScaffolderConfig, ScaffolderIdentity, Settings,
    TechdocsConfig,
};
