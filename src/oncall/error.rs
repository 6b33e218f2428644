//! Why PagerDuty gave no answer, and what to do about it.

use std::time::Duration;

/// What went wrong with one request, or before any.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum OnCallError {
    /// No account of that name is configured.
    #[error("no PagerDuty account{} is configured", name.as_deref().map(|name| format!(" `{name}`")).unwrap_or_default())]
    NoAccount {
        /// The name that an entity asks for; none for the default one.
        name: Option<String>,
    },
    /// The account has no token.
    #[error("PagerDuty has no token")]
    NoToken,
    /// The configured address cannot be used.
    #[error("pagerDuty.apiBaseUrl: {reason}")]
    BadAddress {
        /// What is wrong with it.
        reason: String,
    },
    /// 401: the token is not valid.
    #[error("PagerDuty does not accept the token (401)")]
    Unauthorized,
    /// 403: the token may not read this.
    #[error("the token may not read {what} at PagerDuty (403)")]
    Forbidden {
        /// What was asked for.
        what: String,
    },
    /// 404, or a list that has no such service.
    #[error("PagerDuty knows no {what}")]
    NotFound {
        /// What was asked for.
        what: String,
    },
    /// 429.
    #[error("PagerDuty's rate limit is used up{}", wait.map(|wait| format!(", for {} more seconds", wait.as_secs())).unwrap_or_default())]
    RateLimited {
        /// How long it asks to wait.
        wait: Option<Duration>,
    },
    /// Another refusal.
    #[error("PagerDuty answered {what} with {status}")]
    Refused {
        /// What was asked for.
        what: String,
        /// The HTTP status.
        status: u16,
    },
    /// No answer, or one that broke off.
    #[error("PagerDuty cannot be reached: {reason}")]
    Unreachable {
        /// The reason, in one line.
        reason: String,
    },
    /// An answer that is none: no JSON, too large, or of another shape.
    #[error("PagerDuty's answer for {what} makes no sense: {reason}")]
    Nonsense {
        /// What was asked for.
        what: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl OnCallError {
    /// What to do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NoAccount { .. } => {
                Some("add it under pagerDuty.accounts, or correct `pagerduty.com/account`")
            }
            Self::NoToken => {
                Some("set PAGERDUTY_TOKEN or pagerDuty.apiToken to a read-only API key")
            }
            Self::BadAddress { .. } => {
                Some("it must be an https address, such as https://api.pagerduty.com")
            }
            Self::Unauthorized | Self::Forbidden { .. } => {
                Some("make a read-only API key in PagerDuty and set PAGERDUTY_TOKEN to it")
            }
            Self::NotFound { .. } => Some("correct the entity's pagerduty.com annotation"),
            Self::RateLimited { .. } | Self::Refused { .. } | Self::Unreachable { .. } => {
                Some("what was known stays; the next sync asks again")
            }
            Self::Nonsense { .. } => Some("check pagerDuty.apiBaseUrl"),
        }
    }

    /// Whether a catalog file is at fault rather than PagerDuty or the configuration of a token.
    pub fn is_about_an_annotation(&self) -> bool {
        matches!(
            self,
            Self::NotFound { .. } | Self::NoAccount { name: Some(_) }
        )
    }

    /// Whether every further request of the account would fail likewise.
    pub(super) fn is_of_the_account(&self) -> bool {
        !matches!(
            self,
            Self::Forbidden { .. } | Self::NotFound { .. } | Self::Nonsense { .. }
        )
    }
}
