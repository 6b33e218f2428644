//! Failures of talking to GitHub: a kind that code decides by, a message and a hint that people read.
//!
//! Messages carry text of a server only after [`printable`]; they never carry a token.

use jiff::Timestamp;

/// What went wrong, as far as a caller decides by it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Nobody is signed in, or the token is not valid (401).
    Unauthorized,
    /// The token lacks scopes or permissions, named as GitHub names them.
    MissingScopes { missing: Vec<String> },
    /// The organisation wants SAML single sign-on. `url` authorises the token; it is on the
    /// integration's own host, else it is `None`.
    SsoRequired { url: Option<String> },
    /// The App's installation is suspended.
    Suspended,
    /// The App is not installed for this owner, or may not be used for it.
    NotInstalled,
    /// Refused for another reason (403).
    Forbidden,
    /// Does not exist, or may not be seen with this identity (404).
    NotFound,
    /// A rate limit; `until` is when to try again, where GitHub says so.
    RateLimited {
        until: Option<Timestamp>,
        secondary: bool,
    },
    /// No connection, no name, no answer in time.
    Offline,
    /// The server failed (5xx), after retries.
    Server { status: u16 },
    /// GraphQL: the query asks for too much at once; ask for a smaller page.
    ResourceLimits,
    /// The answer is larger than the caller allowed.
    TooLarge { limit: u64 },
    /// The caller cancelled.
    Cancelled,
    /// An address or redirect that callboard does not follow.
    Refused,
    /// The request was understood and rejected (409, 422 and other 4xx).
    Rejected { status: u16 },
    /// An answer that cannot be understood.
    Malformed,
    /// A configured value that cannot be used (an address, a private key).
    Configuration,
}

/// A failed request, worded for people and classified for code.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct GithubError {
    kind: ErrorKind,
    message: String,
    hint: Option<String>,
}

impl GithubError {
    /// `message` says what happened, without a token and without control characters.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        let hint = default_hint(&kind);
        Self {
            kind,
            message: printable(&message.into(), MESSAGE_LENGTH),
            hint,
        }
    }

    /// Replaces the kind's usual hint.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// What went wrong.
    pub fn kind(&self) -> &ErrorKind {
        &self.kind
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// The exit code of a command that fails by this error: 5 not signed in or not allowed, 6 offline
    /// or rate-limited, 3 not found, else 1.
    pub fn exit_code(&self) -> u8 {
        match self.kind {
            ErrorKind::Unauthorized
            | ErrorKind::MissingScopes { .. }
            | ErrorKind::SsoRequired { .. }
            | ErrorKind::Suspended
            | ErrorKind::NotInstalled
            | ErrorKind::Forbidden => 5,
            ErrorKind::RateLimited { .. } | ErrorKind::Offline => 6,
            ErrorKind::NotFound => 3,
            _ => 1,
        }
    }

    /// Whether this says nothing about what exists: not allowed, limited, offline or broken. What was
    /// known before stays known ("losing sight is not deletion").
    pub fn is_loss_of_sight(&self) -> bool {
        !matches!(
            self.kind,
            ErrorKind::Rejected { .. } | ErrorKind::Configuration | ErrorKind::TooLarge { .. }
        )
    }

    /// Whether a smaller page may succeed.
    pub fn wants_smaller_page(&self) -> bool {
        self.kind == ErrorKind::ResourceLimits
    }
}

/// Longest message of a server that is repeated, in characters.
const MESSAGE_LENGTH: usize = 400;

/// What to do where nobody is signed in.
pub(crate) const SIGN_IN: &str = "sign in with `callboard auth login`, set GITHUB_TOKEN, or configure a token under integrations.github";

fn default_hint(kind: &ErrorKind) -> Option<String> {
    let hint = match kind {
        ErrorKind::Unauthorized => {
            "mend the token of the configuration, which goes first; without one, sign in with \
             `callboard auth login` or set GITHUB_TOKEN"
                .to_owned()
        }
        ErrorKind::MissingScopes { missing } if !missing.is_empty() => format!(
            "the token needs {}: add it to the token, or sign in again with `callboard auth login`",
            missing.join(", ")
        ),
        ErrorKind::MissingScopes { .. } | ErrorKind::Forbidden => {
            "check what this identity may read: `callboard auth status`".to_owned()
        }
        ErrorKind::SsoRequired { url: Some(url) } => {
            format!("authorise the token for the organisation's single sign-on: {url}")
        }
        ErrorKind::SsoRequired { url: None } => {
            "authorise the token for the organisation's single sign-on, in GitHub's token settings"
                .to_owned()
        }
        ErrorKind::Suspended => {
            "an owner of the organisation can unsuspend the App's installation in its settings"
                .to_owned()
        }
        ErrorKind::NotInstalled => {
            "install the App for this owner, or check `allowedInstallationOwners`".to_owned()
        }
        ErrorKind::NotFound => {
            "check the name, and that this identity may see it: `callboard auth status`".to_owned()
        }
        ErrorKind::RateLimited {
            until: Some(until), ..
        } => format!(
            "try again after {}",
            until.strftime("%Y-%m-%d %H:%M:%S UTC")
        ),
        ErrorKind::RateLimited { until: None, .. } => "try again in some minutes".to_owned(),
        ErrorKind::Offline => {
            "check the network and the proxy settings; what is cached stays usable".to_owned()
        }
        ErrorKind::Server { .. } => {
            "GitHub has a problem: try again later (https://www.githubstatus.com)".to_owned()
        }
        ErrorKind::ResourceLimits => "ask for fewer things at once".to_owned(),
        ErrorKind::Refused
        | ErrorKind::TooLarge { .. }
        | ErrorKind::Cancelled
        | ErrorKind::Rejected { .. }
        | ErrorKind::Malformed
        | ErrorKind::Configuration => return None,
    };
    Some(hint)
}

/// Text of a server, fit for one line of a message: control, bidi and zero-width characters become
/// spaces, and it ends after `limit` characters.
pub fn printable(text: &str, limit: usize) -> String {
    let mut clean = String::new();
    for (count, c) in text.chars().enumerate() {
        if count == limit {
            clean.push('…');
            break;
        }
        let hidden = c.is_control()
            || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}');
        clean.push(if hidden { ' ' } else { c });
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_servers_message_loses_its_escape_sequences() {
        let error = GithubError::new(ErrorKind::Forbidden, "no\u{1b}]52;c;AAAA\u{7}\u{202e}way");
        assert_eq!(error.to_string(), "no ]52;c;AAAA  way");
    }

    #[test]
    fn a_long_message_is_cut() {
        let error = GithubError::new(ErrorKind::Forbidden, "가".repeat(2000));
        assert_eq!(error.to_string().chars().count(), MESSAGE_LENGTH + 1);
    }

    #[test]
    fn exit_codes_follow_the_kind() {
        let code = |kind| GithubError::new(kind, "x").exit_code();
        assert_eq!(code(ErrorKind::Unauthorized), 5);
        assert_eq!(code(ErrorKind::SsoRequired { url: None }), 5);
        assert_eq!(code(ErrorKind::Suspended), 5);
        assert_eq!(code(ErrorKind::Offline), 6);
        let limited = ErrorKind::RateLimited {
            until: None,
            secondary: true,
        };
        assert_eq!(code(limited), 6);
        assert_eq!(code(ErrorKind::NotFound), 3);
        assert_eq!(code(ErrorKind::Server { status: 502 }), 1);
    }

    #[test]
    fn missing_scopes_are_named_in_the_hint() {
        let kind = ErrorKind::MissingScopes {
            missing: vec!["read:org".into()],
        };
        let error = GithubError::new(kind, "refused");
        assert!(error.hint().unwrap_or_default().contains("read:org"));
    }
}
