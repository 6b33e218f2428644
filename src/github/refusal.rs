//! What a refused request means: which scope is missing, which organisation wants single sign-on, which
//! limit was met. Pure: status, headers and body in, an error out.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::HeaderMap;

use super::endpoint::Endpoint;
use super::error::{ErrorKind, GithubError, SIGN_IN, printable};
use super::limits;

/// A refused answer, as far as its meaning depends on it.
#[derive(Debug)]
pub struct Refusal<'a> {
    pub status: u16,
    pub headers: &'a HeaderMap,
    pub body: &'a [u8],
    /// What was asked for, as it is shown to people (no query, no token).
    pub what: &'a str,
    /// Whether a token was sent.
    pub signed_in: bool,
}

/// How long to wait and why, where the answer is a limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limited {
    /// Not before this long from now.
    pub wait: Duration,
    /// Not before this moment, where GitHub told one.
    pub until: Option<Timestamp>,
    /// A secondary limit (too much at once) rather than the hourly one.
    pub secondary: bool,
}

/// GitHub: "wait at least one minute" after a secondary limit that tells no time.
const SECONDARY_WAIT: Duration = Duration::from_secs(60);

impl Refusal<'_> {
    /// Whether this is a limit, and how long to wait.
    ///
    /// GitHub ("Best practices for using the REST API"): `retry-after` first; then, where
    /// `x-ratelimit-remaining` is 0, `x-ratelimit-reset`; else a minute.
    pub fn limited(&self, now: Timestamp) -> Option<Limited> {
        if self.status != 403 && self.status != 429 {
            return None;
        }
        let message = self.message().to_lowercase();
        let retry_after = retry_after(self.headers, now);
        let used_up = limits::from_headers(self.headers, "core")
            .map(|(_, limit)| limit)
            .filter(|limit| limit.remaining == 0);
        let says_secondary =
            message.contains("secondary rate limit") || message.contains("abuse detection");
        let says_limit = message.contains("rate limit");
        if let Some(wait) = retry_after {
            return Some(Limited {
                wait,
                until: now.checked_add(wait).ok(),
                secondary: says_secondary || used_up.is_none(),
            });
        }
        if let Some(limit) =
            used_up.filter(|_| !says_secondary && (says_limit || self.status == 429))
        {
            let seconds = limit
                .reset_at
                .as_second()
                .saturating_sub(now.as_second())
                .max(0);
            return Some(Limited {
                wait: Duration::from_secs(u64::try_from(seconds).unwrap_or_default()),
                until: Some(limit.reset_at),
                secondary: false,
            });
        }
        (says_secondary || says_limit || self.status == 429).then_some(Limited {
            wait: SECONDARY_WAIT,
            until: None,
            secondary: says_secondary || !says_limit,
        })
    }

    /// The error of an answer that is neither a success nor worth another try.
    pub fn error(&self, endpoint: &Endpoint, now: Timestamp) -> GithubError {
        let what = self.what;
        let said = self.words();
        let told = |text: &str| {
            if said.is_empty() {
                format!("{what}: {text}")
            } else {
                format!("{what}: {text} ({said})")
            }
        };
        if let Some(limited) = self.limited(now) {
            let name = if limited.secondary {
                "GitHub's secondary rate limit was met"
            } else {
                "GitHub's rate limit is used up"
            };
            let kind = ErrorKind::RateLimited {
                until: limited.until,
                secondary: limited.secondary,
            };
            return GithubError::new(kind, told(name));
        }
        match self.status {
            401 if self.signed_in => {
                GithubError::new(ErrorKind::Unauthorized, told("the token is not valid"))
            }
            401 => {
                GithubError::new(ErrorKind::Unauthorized, told("not signed in")).with_hint(SIGN_IN)
            }
            403 | 404 => self.refused_or_missing(endpoint, told),
            413 => GithubError::new(ErrorKind::Rejected { status: 413 }, told("too large")),
            status @ 500..=599 => GithubError::new(
                ErrorKind::Server { status },
                told(&format!("the server failed with {status}")),
            ),
            status => GithubError::new(
                ErrorKind::Rejected { status },
                told(&format!("rejected with {status}")),
            ),
        }
    }

    fn refused_or_missing(
        &self,
        endpoint: &Endpoint,
        told: impl Fn(&str) -> String,
    ) -> GithubError {
        if let Some(Sso::Required { url }) = Sso::from_headers(self.headers, endpoint) {
            return GithubError::new(
                ErrorKind::SsoRequired { url },
                told("the organisation requires single sign-on (SAML)"),
            );
        }
        if self.says_suspended() {
            return GithubError::new(
                ErrorKind::Suspended,
                told("the App's installation is suspended"),
            );
        }
        let missing = missing_scopes(self.headers);
        // GitHub names what an address needs with every answer, also where the thing just is not there.
        if self.status == 404 {
            let error = GithubError::new(ErrorKind::NotFound, told("not found"));
            return if missing.is_empty() {
                error
            } else {
                error.with_hint(format!(
                    "check the name; if it is right, the token lacks {}",
                    missing.join(", ")
                ))
            };
        }
        if !missing.is_empty() {
            let text = format!("the token lacks {}", missing.join(", "));
            return GithubError::new(ErrorKind::MissingScopes { missing }, told(&text));
        }
        let error = GithubError::new(ErrorKind::Forbidden, told("not allowed"));
        if self.message().starts_with("Resource not accessible by") {
            return error.with_hint(
                "the token or App lacks a permission that GitHub does not name: compare its permissions with the address above",
            );
        }
        error
    }

    fn says_suspended(&self) -> bool {
        self.message().to_lowercase().contains("suspended")
    }

    /// What GitHub said, its `errors[]` in words.
    ///
    /// GitHub ("Troubleshooting the REST API", validation failed): an error is a text, or `resource`, `field` and `code`
    /// with a `message` where the code is `custom`.
    pub fn words(&self) -> String {
        let body: Option<serde_json::Value> = serde_json::from_slice(self.body).ok();
        let errors = body.as_ref().and_then(|body| body.get("errors"));
        let mut words = vec![self.message()];
        match errors {
            Some(serde_json::Value::Array(errors)) => {
                words.extend(errors.iter().take(MOST_ERRORS).map(in_words));
                if errors.len() > MOST_ERRORS {
                    words.push(format!("and {} more", errors.len() - MOST_ERRORS));
                }
            }
            Some(other) => words.push(in_words(other)),
            None => {}
        }
        let mut told: Vec<String> = Vec::new();
        for word in words {
            if !word.is_empty() && !told.contains(&word) {
                told.push(word);
            }
        }
        told.join("; ")
    }

    /// `message` of GitHub's error body, fit to be shown; empty where there is none.
    pub fn message(&self) -> String {
        let body: Option<serde_json::Value> = serde_json::from_slice(self.body).ok();
        body.as_ref()
            .and_then(|body| body.get("message"))
            .and_then(|message| message.as_str())
            .map(|message| printable(message, 200))
            .unwrap_or_default()
    }
}

/// Most of `errors[]` that are repeated.
const MOST_ERRORS: usize = 5;

/// One of `errors[]`.
fn in_words(error: &serde_json::Value) -> String {
    let text = |name: &str| {
        error
            .get(name)
            .and_then(|value| value.as_str())
            .map(|value| printable(value, 160))
            .filter(|value| !value.is_empty())
    };
    if let Some(text) = error.as_str() {
        return printable(text, 160);
    }
    if let Some(message) = text("message") {
        return message;
    }
    let field = match (text("resource"), text("field")) {
        (Some(resource), Some(field)) => format!("{field} of {resource}"),
        (None, Some(field)) => field,
        (Some(resource), None) => resource,
        (None, None) => return String::new(),
    };
    match text("code").as_deref() {
        Some("missing") => format!("{field} does not exist"),
        Some("missing_field") => format!("{field} is required"),
        Some("invalid") => format!("{field} is not valid"),
        Some("already_exists") => format!("{field} exists already"),
        Some("unprocessable") => format!("{field} cannot be processed"),
        Some(code) => format!("{field}: {code}"),
        None => format!("{field} is refused"),
    }
}

/// `Retry-After` as seconds or as a date; at most a day.
pub fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get("retry-after")?.to_str().ok()?.trim();
    let seconds = match text.parse::<u64>() {
        Ok(seconds) => seconds,
        Err(_) => {
            let at = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
            u64::try_from(at.as_second().saturating_sub(now.as_second())).unwrap_or_default()
        }
    };
    Some(Duration::from_secs(seconds.min(86_400)))
}

/// `X-GitHub-SSO`: an organisation wants single sign-on, or answers were left out for want of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sso {
    /// The request was refused; `url` authorises the token, where it is on the integration's host.
    Required { url: Option<String> },
    /// The answer leaves out what belongs to these organisations (their database ids).
    Partial { organizations: Vec<String> },
}

impl Sso {
    /// Reads the header; the authorisation URL is kept only where it is on the integration's own host.
    pub fn from_headers(headers: &HeaderMap, endpoint: &Endpoint) -> Option<Self> {
        let text = headers.get("x-github-sso")?.to_str().ok()?;
        let mut parts = text.split(';').map(str::trim);
        let word = parts.next()?;
        let value = |name: &str| {
            text.split(';')
                .map(str::trim)
                .find_map(|part| part.strip_prefix(name)?.trim_start().strip_prefix('='))
                .map(str::trim)
        };
        match word {
            "required" => Some(Self::Required {
                url: value("url").and_then(|url| endpoint.own_page(url)),
            }),
            "partial-results" => Some(Self::Partial {
                organizations: value("organizations")
                    .unwrap_or_default()
                    .split(',')
                    .map(str::trim)
                    .filter(|id| {
                        !id.is_empty() && id.len() <= 20 && id.bytes().all(|b| b.is_ascii_digit())
                    })
                    .map(str::to_owned)
                    .collect(),
            }),
            _ => None,
        }
    }
}

/// What the token would need, as GitHub's headers say.
///
/// Classic tokens: `X-Accepted-OAuth-Scopes` (any one of them suffices) against `X-OAuth-Scopes`.
/// Fine-grained tokens and Apps: `X-Accepted-GitHub-Permissions` (`contents=read; metadata=read`).
pub fn missing_scopes(headers: &HeaderMap) -> Vec<String> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(granted) = text("x-oauth-scopes") {
        let granted = list(granted, ',');
        let accepted = list(text("x-accepted-oauth-scopes").unwrap_or_default(), ',');
        if accepted.is_empty() || accepted.iter().any(|scope| implies(&granted, scope)) {
            return Vec::new();
        }
        // Of what would do, the least: the one that most of the others contain.
        let contained = |scope: &str| {
            accepted
                .iter()
                .filter(|other| implies(std::slice::from_ref(*other), scope))
                .count()
        };
        let least = accepted.iter().rev().max_by_key(|scope| contained(scope));
        return least.into_iter().cloned().collect();
    }
    // Alternatives are separated by commas, what is needed together by semicolons.
    let permissions = text("x-accepted-github-permissions").unwrap_or_default();
    let first = permissions.split(',').next().unwrap_or_default();
    list(first, ';')
}

/// The scopes a classic token carries, sorted; `None` for other tokens.
pub fn granted_scopes(headers: &HeaderMap) -> Option<Vec<String>> {
    let mut scopes = list(headers.get("x-oauth-scopes")?.to_str().ok()?, ',');
    scopes.sort();
    Some(scopes)
}

/// Whether the granted scopes include `scope`, larger ones containing smaller.
///
/// GitHub: "Scopes for OAuth apps"; `repo` contains `repo:status`, `public_repo` and others,
/// `admin:org` contains `write:org`, which contains `read:org`; `user` contains `read:user` and
/// `user:email`.
pub fn implies(granted: &[String], scope: &str) -> bool {
    const CONTAINS: &[(&str, &[&str])] = &[
        (
            "repo",
            &[
                "repo:status",
                "repo_deployment",
                "public_repo",
                "repo:invite",
                "security_events",
            ],
        ),
        ("admin:org", &["write:org", "read:org"]),
        ("write:org", &["read:org"]),
        ("user", &["read:user", "user:email", "user:follow"]),
        ("admin:public_key", &["write:public_key", "read:public_key"]),
        ("write:public_key", &["read:public_key"]),
        ("admin:repo_hook", &["write:repo_hook", "read:repo_hook"]),
        ("write:repo_hook", &["read:repo_hook"]),
        ("write:packages", &["read:packages"]),
        ("project", &["read:project"]),
    ];
    granted.iter().any(|have| {
        have == scope
            || CONTAINS
                .iter()
                .any(|(large, small)| have == large && small.contains(&scope))
    })
}

fn list(text: &str, separator: char) -> Vec<String> {
    text.split(separator)
        .map(|part| printable(part.trim(), 60))
        .filter(|part| !part.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            map.insert(
                reqwest::header::HeaderName::from_bytes(name.as_bytes()).unwrap(),
                value.parse().unwrap(),
            );
        }
        map
    }

    fn now() -> Timestamp {
        Timestamp::from_second(1_000).unwrap()
    }

    fn refusal<'a>(status: u16, headers: &'a HeaderMap, body: &'a str) -> Refusal<'a> {
        Refusal {
            status,
            headers,
            body: body.as_bytes(),
            what: "/orgs/o/teams",
            signed_in: true,
        }
    }

    fn error(status: u16, pairs: &[(&str, &str)], body: &str) -> GithubError {
        let headers = headers(pairs);
        let endpoint = Endpoint::github_com().unwrap();
        refusal(status, &headers, body).error(&endpoint, now())
    }

    #[test]
    fn a_wrong_token_is_unauthorized() {
        let error = error(401, &[], r#"{"message":"Bad credentials"}"#);
        assert_eq!(error.kind(), &ErrorKind::Unauthorized);
        assert_eq!(
            error.to_string(),
            "/orgs/o/teams: the token is not valid (Bad credentials)"
        );
    }

    #[test]
    fn what_is_wrong_with_a_body_is_told_in_words() {
        let body = r#"{"message":"Validation Failed","errors":[
            {"resource":"Repository","code":"custom","field":"name","message":"name already exists on this account"},
            {"resource":"Hook","field":"events","code":"missing_field"},
            "a plain text"]}"#;
        let error = error(422, &[], body);
        assert_eq!(error.kind(), &ErrorKind::Rejected { status: 422 });
        assert_eq!(
            error.to_string(),
            "/orgs/o/teams: rejected with 422 (Validation Failed; name already exists on this account; events of Hook is \
             required; a plain text)"
        );
    }

    #[test]
    fn errors_that_are_no_list_are_told_too() {
        let error = error(
            422,
            &[],
            r#"{"message":"No","errors":"topics are too many"}"#,
        );
        assert!(error.to_string().ends_with("(No; topics are too many)"));
    }

    #[test]
    fn an_app_without_a_permission_that_is_not_named_gets_a_hint() {
        let error = error(
            403,
            &[],
            r#"{"message":"Resource not accessible by integration"}"#,
        );
        assert_eq!(error.kind(), &ErrorKind::Forbidden);
        assert!(error.hint().unwrap().contains("permission"));
    }

    #[test]
    fn the_missing_scope_of_a_classic_token_is_named() {
        let error = error(
            403,
            &[
                ("x-oauth-scopes", "repo, gist"),
                ("x-accepted-oauth-scopes", "read:org, write:org"),
            ],
            "{}",
        );
        assert_eq!(
            error.kind(),
            &ErrorKind::MissingScopes {
                missing: vec!["read:org".into()]
            }
        );
        assert_eq!(error.exit_code(), 5);
    }

    #[test]
    fn what_is_not_found_is_not_found_and_the_hint_names_the_scope() {
        let error = error(
            404,
            &[("x-accepted-github-permissions", "contents=read")],
            "{}",
        );
        assert_eq!(error.kind(), &ErrorKind::NotFound);
        assert!(error.hint().unwrap().contains("contents=read"));
    }

    #[test]
    fn a_larger_scope_contains_the_smaller() {
        let error = error(
            403,
            &[
                ("x-oauth-scopes", "admin:org"),
                ("x-accepted-oauth-scopes", "read:org"),
            ],
            "{}",
        );
        assert_eq!(error.kind(), &ErrorKind::Forbidden);
    }

    #[test]
    fn the_missing_permission_of_a_fine_grained_token_is_named() {
        let error = error(
            403,
            &[(
                "x-accepted-github-permissions",
                "members=read; contents=read",
            )],
            "{}",
        );
        assert_eq!(
            error.kind(),
            &ErrorKind::MissingScopes {
                missing: vec!["members=read".into(), "contents=read".into()]
            }
        );
    }

    #[test]
    fn single_sign_on_shows_its_page_only_on_githubs_own_host() {
        let good = error(
            403,
            &[(
                "x-github-sso",
                "required; url=https://github.com/orgs/o/sso?a=1",
            )],
            "{}",
        );
        assert_eq!(
            good.kind(),
            &ErrorKind::SsoRequired {
                url: Some("https://github.com/orgs/o/sso?a=1".into())
            }
        );
        let bad = error(
            403,
            &[("x-github-sso", "required; url=https://evil.test/sso")],
            "{}",
        );
        assert_eq!(bad.kind(), &ErrorKind::SsoRequired { url: None });
        assert!(!bad.hint().unwrap().contains("evil"));
    }

    #[test]
    fn partial_results_name_the_organisations_left_out() {
        let headers = headers(&[(
            "x-github-sso",
            "partial-results; organizations=21955855,20582480",
        )]);
        let endpoint = Endpoint::github_com().unwrap();
        assert_eq!(
            Sso::from_headers(&headers, &endpoint),
            Some(Sso::Partial {
                organizations: vec!["21955855".into(), "20582480".into()]
            })
        );
    }

    #[test]
    fn the_hourly_limit_waits_for_its_reset() {
        let headers = headers(&[
            ("x-ratelimit-remaining", "0"),
            ("x-ratelimit-reset", "1600"),
        ]);
        let limited = refusal(
            403,
            &headers,
            r#"{"message":"API rate limit exceeded for user ID 1."}"#,
        )
        .limited(now());
        assert_eq!(
            limited,
            Some(Limited {
                wait: Duration::from_secs(600),
                until: Some(Timestamp::from_second(1_600).unwrap()),
                secondary: false,
            })
        );
    }

    #[test]
    fn a_secondary_limit_waits_as_told_or_a_minute() {
        let told = headers(&[("retry-after", "7")]);
        let body = r#"{"message":"You have exceeded a secondary rate limit."}"#;
        let limited = refusal(403, &told, body).limited(now()).unwrap();
        assert_eq!(
            (limited.wait, limited.secondary),
            (Duration::from_secs(7), true)
        );
        let silent = HeaderMap::new();
        let limited = refusal(403, &silent, body).limited(now()).unwrap();
        assert_eq!((limited.wait, limited.secondary), (SECONDARY_WAIT, true));
    }

    #[test]
    fn retry_after_may_be_a_date() {
        let headers = headers(&[("retry-after", "Thu, 01 Jan 1970 00:17:00 GMT")]);
        assert_eq!(retry_after(&headers, now()), Some(Duration::from_secs(20)));
    }

    #[test]
    fn a_plain_403_is_not_a_limit() {
        let headers = headers(&[
            ("x-ratelimit-remaining", "0"),
            ("x-ratelimit-reset", "1600"),
        ]);
        assert_eq!(
            refusal(403, &headers, r#"{"message":"Must have admin rights"}"#).limited(now()),
            None
        );
    }

    #[test]
    fn a_suspended_installation_is_told_apart() {
        let error = error(
            403,
            &[],
            r#"{"message":"This installation has been suspended"}"#,
        );
        assert_eq!(error.kind(), &ErrorKind::Suspended);
    }
}
