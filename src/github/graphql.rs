//! GraphQL: one POST, and answers whose errors come with status 200.
//!
//! GitHub answers an exhausted limit, a missing repository and a refused organisation with 200 and
//! `errors`; what could be read stands in `data` beside them. Both are kept.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::client::Client;
use super::error::{ErrorKind, GithubError, SIGN_IN, printable};
use super::limits::from_headers;
use super::refusal::Sso;
use super::transport::{Request, Response, Wait, sleep};

const ACCEPT: &str = "application/vnd.github+json";
/// Most bytes of one answer: a hundred files of catalog text fit many times.
const ANSWER_LIMIT: u64 = 64 * 1024 * 1024;

/// One entry of `errors`.
#[derive(Debug, Clone, PartialEq)]
pub struct GraphqlProblem {
    /// What it means.
    pub kind: ErrorKind,
    /// GitHub's words, fit to be shown.
    pub message: String,
    /// Where in `data`: `organization`, `repositories`, `nodes`, `3`.
    pub path: Vec<String>,
}

impl GraphqlProblem {
    /// The problem as an error, saying what was asked for.
    pub fn to_error(&self, what: &str) -> GithubError {
        GithubError::new(self.kind.clone(), format!("{what}: {}", self.message))
    }
}

/// An answer with data, perhaps with holes that `problems` explain.
#[derive(Debug, Clone, PartialEq)]
pub struct GraphqlAnswer {
    /// `data`, an object.
    pub data: Value,
    /// `errors`, in order.
    pub problems: Vec<GraphqlProblem>,
    /// Points this answer cost, where the query asked for `rateLimit`.
    pub cost: Option<u64>,
    /// Points left.
    pub remaining: Option<u64>,
    /// When the points come back.
    pub reset_at: Option<Timestamp>,
    /// Database ids of organisations left out for want of single sign-on.
    pub withheld: Vec<String>,
}

impl GraphqlAnswer {
    /// Whether everything asked for was answered: nothing refused, withheld or broken. A thing that was
    /// named and does not exist is an answer.
    pub fn is_complete(&self) -> bool {
        self.withheld.is_empty()
            && self
                .problems
                .iter()
                .all(|problem| problem.kind == ErrorKind::NotFound)
    }

    /// The value at a top-level field, or the error that explains why it is null.
    ///
    /// # Errors
    /// The problem whose path begins with `field`, else `NotFound`.
    pub fn require(&self, field: &str, what: &str) -> Result<&Value, GithubError> {
        match self.data.get(field) {
            Some(value) if !value.is_null() => Ok(value),
            _ => Err(self.why_null(&[field], what)),
        }
    }

    /// The error that explains why the value at `path` is null. Where the server held something back for want of single
    /// sign-on, that something is not found says nothing.
    pub fn why_null(&self, path: &[&str], what: &str) -> GithubError {
        let found = self.problem_at(path, what);
        if *found.kind() == ErrorKind::NotFound && !self.withheld.is_empty() {
            return GithubError::new(ErrorKind::SsoRequired { url: None }, found.to_string());
        }
        found
    }

    fn problem_at(&self, path: &[&str], what: &str) -> GithubError {
        self.problems
            .iter()
            .find(|problem| {
                problem
                    .path
                    .iter()
                    .zip(path)
                    .all(|(have, want)| have == want)
                    && !problem.path.is_empty()
            })
            .or_else(|| self.problems.iter().find(|problem| problem.path.is_empty()))
            .map_or_else(
                || GithubError::new(ErrorKind::NotFound, format!("{what}: not found")),
                |problem| problem.to_error(what),
            )
    }
}

/// How failures that a smaller page may mend are treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paging {
    /// The query cannot be made smaller: 502, 503 and 504 are tried again.
    Fixed,
    /// The caller halves its page: 502, 504 and time-outs come back at once as `ResourceLimits`, since
    /// repeating costs points and would fail again.
    Halving,
}

impl Client {
    /// Runs a query that reads.
    ///
    /// # Errors
    /// Where there is no data at all: the first problem's kind, `RateLimited`, `ResourceLimits` (ask for
    /// less), `Unauthorized`, `SsoRequired`, `Offline`, `Server`, `Malformed`, `Cancelled`.
    pub async fn graphql(
        &self,
        query: &str,
        variables: &Value,
        paging: Paging,
    ) -> Result<GraphqlAnswer, GithubError> {
        if !self.credentials().is_signed_in() {
            return Err(GithubError::new(
                ErrorKind::Unauthorized,
                format!("not signed in to {}", self.endpoint().host()),
            )
            .with_hint(SIGN_IN));
        }
        let body =
            serde_json::to_vec(&serde_json::json!({ "query": query, "variables": variables }))
                .map_err(|_| {
                    GithubError::new(ErrorKind::Malformed, "the query cannot be written as JSON")
                })?;
        let mut request = Request::post(
            self.endpoint().graphql_url().clone(),
            ACCEPT,
            body,
            ANSWER_LIMIT,
        );
        request.resource = "graphql";
        request.idempotent = true;
        request.retry_gateway = paging == Paging::Fixed;
        let mut attempt = 0;
        loop {
            let response = self.send(&request).await?;
            let outcome = self.read_graphql(&response, paging);
            // The hourly limit comes with status 200 too; wait only where that is short.
            let wait = match &outcome {
                Err(error)
                    if response.is_success() && attempt < self.transport().settings.retries =>
                {
                    self.short_wait(error, &response)
                }
                _ => None,
            };
            let Some(wait) = wait else {
                return outcome;
            };
            attempt += 1;
            if let Some(tell) = &self.transport().settings.on_wait {
                tell(wait);
            }
            sleep(wait.duration, self.cancel()).await?;
        }
    }

    fn short_wait(&self, error: &GithubError, response: &Response) -> Option<Wait> {
        let ErrorKind::RateLimited { until, .. } = error.kind() else {
            return None;
        };
        let now = Timestamp::now();
        let told = super::refusal::retry_after(&response.headers, now);
        let seconds = until.map(|until| until.as_second().saturating_sub(now.as_second()).max(0));
        let duration = told.or_else(|| {
            seconds.map(|seconds| {
                std::time::Duration::from_secs(u64::try_from(seconds).unwrap_or_default())
            })
        })?;
        (duration <= self.transport().settings.longest_wait).then_some(Wait {
            duration,
            limit: true,
        })
    }

    fn read_graphql(
        &self,
        response: &Response,
        paging: Paging,
    ) -> Result<GraphqlAnswer, GithubError> {
        let answer: Option<RawAnswer> = serde_json::from_slice(&response.body).ok();
        let timed_out = answer.as_ref().is_some_and(RawAnswer::timed_out);
        if !response.is_success() {
            if (matches!(response.status, 502 | 504) || timed_out) && paging == Paging::Halving {
                return Err(GithubError::new(
                    ErrorKind::ResourceLimits,
                    format!(
                        "{}: the query took too long ({})",
                        response.what, response.status
                    ),
                ));
            }
            return Err(response.refusal().error(self.endpoint(), Timestamp::now()));
        }
        let Some(answer) = answer else {
            return Err(GithubError::new(
                ErrorKind::Malformed,
                format!("{}: the answer is not GraphQL", response.what),
            ));
        };
        let sso = Sso::from_headers(&response.headers, self.endpoint());
        let problems: Vec<GraphqlProblem> = answer
            .errors
            .iter()
            .map(|error| error.read(sso.as_ref(), response))
            .collect();
        let fatal = problems.iter().find(|problem| {
            matches!(
                problem.kind,
                ErrorKind::ResourceLimits | ErrorKind::RateLimited { .. }
            )
        });
        if let Some(problem) = fatal {
            return Err(problem.to_error(&response.what));
        }
        let Some(data) = answer.data.filter(Value::is_object) else {
            return Err(problems.first().map_or_else(
                || {
                    GithubError::new(
                        ErrorKind::Malformed,
                        format!("{}: an answer without data", response.what),
                    )
                },
                |problem| problem.to_error(&response.what),
            ));
        };
        let limit = data.get("rateLimit");
        let number = |name: &str| limit?.get(name)?.as_u64();
        let cost = number("cost");
        let remaining = number("remaining");
        let reset_at = limit
            .and_then(|limit| limit.get("resetAt")?.as_str()?.parse().ok())
            .or_else(|| {
                from_headers(&response.headers, "graphql").map(|(_, limit)| limit.reset_at)
            });
        if let Some(points) = cost {
            self.transport().counters.add_cost(points);
        }
        if let Some(login) = data.pointer("/viewer/login").and_then(Value::as_str) {
            self.note_login(login);
        }
        let withheld = match sso {
            Some(Sso::Partial { organizations }) if organizations.is_empty() => {
                vec!["unknown".to_owned()]
            }
            Some(Sso::Partial { organizations }) => organizations,
            _ => Vec::new(),
        };
        Ok(GraphqlAnswer {
            data,
            problems,
            cost,
            remaining,
            reset_at,
            withheld,
        })
    }
}

#[derive(Deserialize)]
struct RawAnswer {
    #[serde(default)]
    data: Option<Value>,
    #[serde(default)]
    errors: Vec<RawError>,
}

impl RawAnswer {
    fn timed_out(&self) -> bool {
        self.errors.iter().any(RawError::says_timeout)
    }
}

#[derive(Deserialize)]
struct RawError {
    #[serde(rename = "type", default)]
    kind: Option<String>,
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    path: Option<Vec<Value>>,
    #[serde(default)]
    extensions: Option<Value>,
}

impl RawError {
    fn says_timeout(&self) -> bool {
        let message = self.message.as_deref().unwrap_or_default();
        message.contains("Something went wrong while executing your query")
            || message.contains("timedout")
    }

    fn read(&self, sso: Option<&Sso>, response: &Response) -> GraphqlProblem {
        let message = printable(self.message.as_deref().unwrap_or("no reason told"), 300);
        let lower = message.to_lowercase();
        let saml = self
            .extensions
            .as_ref()
            .and_then(|extensions| extensions.get("saml_failure"))
            .and_then(Value::as_bool)
            .unwrap_or_default()
            || lower.contains("saml enforcement");
        let code = self.kind.as_deref().or_else(|| {
            let extensions = self.extensions.as_ref()?;
            extensions.get("code")?.as_str()
        });
        let kind = match code.map(str::to_ascii_uppercase).as_deref() {
            _ if saml => ErrorKind::SsoRequired {
                url: match sso {
                    Some(Sso::Required { url }) => url.clone(),
                    _ => None,
                },
            },
            Some("RATE_LIMITED" | "RATE_LIMIT") => limit_of(response, &lower),
            Some(
                "RESOURCE_LIMITS_EXCEEDED"
                | "MAX_NODE_LIMIT_EXCEEDED"
                | "QUERY_TIMEOUT"
                | "LOCK_TIMEOUT",
            ) => ErrorKind::ResourceLimits,
            Some("NOT_FOUND") => ErrorKind::NotFound,
            Some("FORBIDDEN") if lower.contains("suspended") => ErrorKind::Suspended,
            Some("FORBIDDEN") => ErrorKind::Forbidden,
            Some("INSUFFICIENT_SCOPES") => ErrorKind::MissingScopes {
                missing: scopes_named(&message),
            },
            None if self.says_timeout() => ErrorKind::ResourceLimits,
            _ if lower.contains("secondary rate limit") => limit_of(response, &lower),
            _ => ErrorKind::Rejected {
                status: response.status,
            },
        };
        GraphqlProblem {
            kind,
            message,
            path: self
                .path
                .iter()
                .flatten()
                .map(|step| match step {
                    Value::String(name) => printable(name, 100),
                    other => other.to_string(),
                })
                .collect(),
        }
    }
}

fn limit_of(response: &Response, message: &str) -> ErrorKind {
    let now = Timestamp::now();
    let told = super::refusal::retry_after(&response.headers, now)
        .and_then(|wait| now.checked_add(wait).ok());
    let reset = from_headers(&response.headers, "graphql")
        .filter(|(_, limit)| limit.remaining == 0)
        .map(|(_, limit)| limit.reset_at);
    ErrorKind::RateLimited {
        until: told.or(reset),
        secondary: message.contains("secondary"),
    }
}

/// The first list of scopes in GitHub's words: "… requires one of the following scopes: ['read:org'], but
/// your token has only been granted the: ['repo'] scopes".
fn scopes_named(message: &str) -> Vec<String> {
    let Some((_, rest)) = message.split_once("following scopes: [") else {
        return Vec::new();
    };
    let list = rest.split(']').next().unwrap_or_default();
    list.split(',')
        .map(|scope| scope.trim().trim_matches(['\'', '"']).to_owned())
        .filter(|scope| !scope.is_empty())
        .take(1)
        .collect()
}
