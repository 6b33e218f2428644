//! What the actions that write to GitHub have in common: whose repository, in whose name, and what a refusal means.
//!
//! Nothing here is done twice: what makes something new is written down as an intent first, and looked for before it is
//! tried again. Nothing here is undone: a step that fails says what was made before it failed.

pub mod access;
pub mod changes;
pub mod commit;
pub mod create;
pub mod inputs;
pub mod protect;
pub mod push;
pub mod seal;

use serde_json::{Map, Value};
use url::Url;

use super::action::{StepContext, Target};
use super::error::{ActionError, ActionErrorKind};
use crate::github::{Client, ErrorKind, GithubError};

/// A repository as templates name it: `github.com?owner=acme&repo=pay`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RepoUrl {
    /// The host, with a port where it has one.
    pub host: String,
    /// The account.
    pub owner: String,
    /// The repository's name.
    pub name: String,
}

impl RepoUrl {
    /// Reads a `repoUrl`.
    ///
    /// # Errors
    /// `Input` where owner or name are missing, or are none that GitHub has.
    pub fn parse(text: &str) -> Result<Self, ActionError> {
        let invalid = |why: &str| {
            ActionError::input(format!("`{text}` is not a repository's address: {why}"))
                .hint("it is written as `github.com?owner=OWNER&repo=NAME`")
        };
        let url = Url::parse(&format!("https://{text}")).map_err(|_| invalid("not a host"))?;
        let value = |name: &str| {
            url.query_pairs()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.trim_matches('/').to_owned())
                .filter(|value| !value.is_empty())
        };
        let owner = value("owner").ok_or_else(|| invalid("`owner` is missing"))?;
        let name = value("repo").ok_or_else(|| invalid("`repo` is missing"))?;
        let host = match (url.host_str(), url.port()) {
            (Some(host), Some(port)) => format!("{host}:{port}"),
            (Some(host), None) => host.to_owned(),
            (None, _) => return Err(invalid("not a host")),
        };
        let fits = |text: &str, others: &str, most: usize| {
            text.len() <= most
                && text
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || others.contains(c))
        };
        if !fits(&owner, "-_", 100) {
            return Err(invalid("`owner` is not an account's name"));
        }
        if !fits(&name, "-_.", 100) || matches!(name.as_str(), "." | "..") {
            return Err(invalid(
                "`repo` may hold ASCII letters, digits, `-`, `_` and `.`, 100 at most",
            ));
        }
        Ok(Self { host, owner, name })
    }

    /// The `repoUrl` of a step's input.
    ///
    /// # Errors
    /// As [`RepoUrl::parse`].
    pub fn of(input: &Map<String, Value>) -> Result<Self, ActionError> {
        let text = input.get("repoUrl").and_then(Value::as_str);
        Self::parse(text.ok_or_else(|| ActionError::input("`repoUrl` is missing"))?)
    }

    /// `acme/pay`
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.owner, self.name)
    }
}

/// What a step with this input touches, where its `repoUrl` is understood.
pub fn targets(input: &Map<String, Value>, verb: &str, creates: bool) -> Vec<Target> {
    RepoUrl::of(input)
        .map(|url| Target {
            what: url.full_name(),
            host: url.host,
            verb: verb.to_owned(),
            creates,
        })
        .into_iter()
        .collect()
}

/// A repository that a step writes to, and the client that writes.
#[derive(Clone, Debug)]
pub struct Repo {
    /// Signed as the step wants it; cancelled with the task.
    pub client: Client,
    /// Where it is.
    pub url: RepoUrl,
}

impl Repo {
    /// The repository of a step's `repoUrl`, with the step's `token` where it has one.
    ///
    /// # Errors
    /// As [`RepoUrl::parse`]; `NotAllowed` where nobody is signed in.
    pub async fn of(step: &StepContext<'_>) -> Result<Self, ActionError> {
        let url = RepoUrl::of(step.input)?;
        let client = step
            .services
            .github
            .client(&url.host, &url.owner, step.text("token"))
            .await?
            .with_cancel(step.cancel.clone());
        Ok(Self { client, url })
    }

    /// `repos/OWNER/NAME` and what follows.
    pub fn at<'a>(&'a self, rest: &[&'a str]) -> Vec<&'a str> {
        let mut segments = vec!["repos", &self.url.owner, &self.url.name];
        segments.extend_from_slice(rest);
        segments
    }

    /// The repository as GitHub describes it.
    ///
    /// # Errors
    /// `NotFound`, and as [`failed`].
    pub async fn describe(&self) -> Result<Value, ActionError> {
        self.client.read(&self.at(&[]), &[]).await.map_err(failed)
    }

    /// The commit a branch is at; none where the branch, or any commit at all, is missing.
    ///
    /// # Errors
    /// As [`failed`].
    pub async fn head(&self, branch: &str) -> Result<Option<String>, ActionError> {
        let mut segments = self.at(&["git", "ref", "heads"]);
        segments.extend(branch.split('/'));
        match self.client.find(&segments, &[]).await {
            Ok(found) => Ok(found.and_then(|found| text_at(&found, &["object", "sha"]))),
            // An empty repository has no refs to be asked for.
            Err(error) if *error.kind() == (ErrorKind::Rejected { status: 409 }) => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }
}

/// The text at a path of an answer.
pub fn text_at(value: &Value, path: &[&str]) -> Option<String> {
    let found = path.iter().try_fold(value, |value, name| value.get(name))?;
    found.as_str().map(str::to_owned)
}

/// GitHub's refusal as an action's failure.
pub fn failed(error: GithubError) -> ActionError {
    let kind = match error.kind() {
        ErrorKind::Unauthorized
        | ErrorKind::MissingScopes { .. }
        | ErrorKind::SsoRequired { .. }
        | ErrorKind::Suspended
        | ErrorKind::NotInstalled
        | ErrorKind::Forbidden
        | ErrorKind::Refused => ActionErrorKind::NotAllowed,
        ErrorKind::NotFound => ActionErrorKind::NotFound,
        ErrorKind::RateLimited { .. } | ErrorKind::TooLarge { .. } | ErrorKind::ResourceLimits => {
            ActionErrorKind::Limit
        }
        ErrorKind::Offline | ErrorKind::Server { .. } => ActionErrorKind::Network,
        ErrorKind::Cancelled => return ActionError::cancelled(),
        ErrorKind::Rejected { status: 409 } => ActionErrorKind::Conflict,
        ErrorKind::Rejected { status: 422 } => {
            if error.to_string().contains("already") {
                ActionErrorKind::Conflict
            } else {
                ActionErrorKind::Input
            }
        }
        ErrorKind::Configuration => ActionErrorKind::Input,
        _ => ActionErrorKind::Other,
    };
    let failure = ActionError::new(kind, error.to_string());
    match error.hint() {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

/// The same failure, saying first what had been done when it happened.
pub fn after(done: &str, error: ActionError) -> ActionError {
    if error.kind == ActionErrorKind::Cancelled {
        return error;
    }
    ActionError {
        message: format!("{done}, but {}", error.message),
        ..error
    }
}

/// The name in a reference: what stands after the last `:` or `/`.
pub fn name_of(reference: &str) -> &str {
    reference.rsplit([':', '/']).next().unwrap_or(reference)
}

/// Whether a moment of GitHub's is not before an intent, both in RFC 3339. Clocks differ: five minutes are let pass, which
/// is safe where the thing was seen to be absent when the intent was stored.
pub fn is_since(moment: Option<&str>, since: &str) -> bool {
    let read = |text: &str| text.parse::<jiff::Timestamp>().ok();
    match (moment.and_then(read), read(since)) {
        (Some(moment), Some(since)) => moment.as_second() + 300 >= since.as_second(),
        _ => false,
    }
}

/// The texts of a list in an input.
pub fn texts(input: &Map<String, Value>, name: &str) -> Vec<String> {
    input
        .get(name)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

/// Names and texts of an object in an input, in its order.
pub fn pairs(input: &Map<String, Value>, name: &str) -> Vec<(String, String)> {
    input
        .get(name)
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repo_url_is_read_as_backstage_writes_it() {
        let url = RepoUrl::parse("github.com?owner=acme&repo=pay").unwrap();
        assert_eq!(
            (url.host.as_str(), url.full_name().as_str()),
            ("github.com", "acme/pay")
        );
        let url = RepoUrl::parse("127.0.0.1:8443?repo=%2Fpay%2F&owner=acme").unwrap();
        assert_eq!(
            (url.host.as_str(), url.name.as_str()),
            ("127.0.0.1:8443", "pay")
        );
    }

    #[test]
    fn a_repo_url_that_leads_elsewhere_is_refused() {
        for bad in [
            "github.com?owner=acme",
            "github.com?repo=pay",
            "github.com?owner=acme&repo=..",
            "github.com?owner=a%2F..&repo=pay",
            "github.com?owner=acme&repo=pay%20x",
            "github.com?owner=acme&repo=%EA%B0%80",
            "",
        ] {
            let error = RepoUrl::parse(bad).unwrap_err();
            assert_eq!(error.kind, ActionErrorKind::Input, "{bad}");
        }
    }

    #[test]
    fn a_refusal_keeps_its_hint_and_gets_its_kind() {
        let missing = GithubError::new(
            ErrorKind::MissingScopes {
                missing: vec!["contents=write".into()],
            },
            "no",
        );
        let error = failed(missing);
        assert_eq!(error.kind, ActionErrorKind::NotAllowed);
        assert!(error.hint.unwrap().contains("contents=write"));
        let exists = GithubError::new(
            ErrorKind::Rejected { status: 422 },
            "name already exists on this account",
        );
        assert_eq!(failed(exists).kind, ActionErrorKind::Conflict);
    }

    #[test]
    fn a_moment_counts_as_later_within_the_difference_of_clocks() {
        assert!(is_since(
            Some("2026-11-21T10:00:00Z"),
            "2026-11-21T10:02:00.000Z"
        ));
        assert!(!is_since(
            Some("2026-11-21T09:00:00Z"),
            "2026-11-21T10:02:00Z"
        ));
        assert!(!is_since(None, "2026-11-21T10:02:00Z"));
    }
}
