//! Faults: what coming requests get instead of, or on top of, an honest answer.

use std::time::Duration;

use serde_json::json;

use super::http::{Delivery, Recorded, Reply};

type Matcher = Box<dyn Fn(&Recorded) -> bool + Send>;

/// What happens to a request that a fault matches.
#[derive(Debug, Clone)]
pub(super) enum Action {
    /// This answer instead.
    Answer(Reply),
    /// The honest answer, delivered so.
    Deliver(Delivery),
    /// These headers on top of the honest answer.
    AddHeaders(Vec<(String, String)>),
    /// GraphQL whose `first` is larger than this is too much.
    ResourceLimitsAbove(u64, Reply),
}

/// A fault, made by one of the constructors and narrowed by the methods.
pub struct Fault {
    matches: Matcher,
    left: Option<u32>,
    skip: u32,
    pub(super) action: Action,
}

impl Fault {
    fn new(action: Action) -> Self {
        Self {
            matches: Box::new(|_| true),
            left: None,
            skip: 0,
            action,
        }
    }

    /// An answer of this status with GitHub's error body.
    pub fn status(status: u16) -> Self {
        Self::answer(Reply::error(status, "a fault of the test"))
    }

    /// Any answer.
    pub fn answer(reply: Reply) -> Self {
        Self::new(Action::Answer(reply))
    }

    /// The token is not valid (401).
    pub fn bad_credentials() -> Self {
        Self::answer(Reply::error(401, "Bad credentials"))
    }

    /// The hourly limit (403), back at `reset_at` (Unix seconds).
    pub fn rate_limited(reset_at: i64) -> Self {
        Self::answer(
            Reply::error(403, "API rate limit exceeded for user ID 1.")
                .header("x-ratelimit-limit", "5000")
                .header("x-ratelimit-remaining", "0")
                .header("x-ratelimit-reset", &reset_at.to_string()),
        )
    }

    /// The hourly limit as GraphQL tells it: 200 with `errors`.
    pub fn graphql_rate_limited(reset_at: i64) -> Self {
        let errors = json!({"errors": [{"type": "RATE_LIMITED", "message": "API rate limit exceeded for user ID 1."}]});
        Self::answer(
            Reply::json(200, &errors)
                .header("x-ratelimit-limit", "5000")
                .header("x-ratelimit-remaining", "0")
                .header("x-ratelimit-reset", &reset_at.to_string())
                .header("x-ratelimit-resource", "graphql"),
        )
        .on_graphql()
    }

    /// A secondary limit (403), with `Retry-After` where seconds are given.
    pub fn secondary_limit(retry_after: Option<u64>) -> Self {
        let mut reply = Reply::error(
            403,
            "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
        );
        if let Some(seconds) = retry_after {
            reply = reply.header("retry-after", &seconds.to_string());
        }
        Self::answer(reply)
    }

    /// A right that is missing (403): `integration` or `personal access token`, and GitHub's name of the permission.
    pub fn not_accessible(by: &str, permission: &str) -> Self {
        Self::answer(
            Reply::error(403, &format!("Resource not accessible by {by}"))
                .header("x-accepted-github-permissions", permission),
        )
    }

    /// Done, but the connection closes before the answer.
    pub fn lost_answer() -> Self {
        Self::new(Action::Deliver(Delivery::CutAfter(0)))
    }

    /// The honest answer, its first byte late.
    pub fn slow(delay: Duration) -> Self {
        Self::new(Action::Deliver(Delivery::After(delay)))
    }

    /// The honest answer's head and this many bytes of its body, then the connection closes.
    pub fn cut_off_after(bytes: usize) -> Self {
        Self::new(Action::Deliver(Delivery::CutAfter(bytes)))
    }

    /// The connection closes without an answer.
    pub fn drop_connection() -> Self {
        Self::new(Action::Deliver(Delivery::Drop))
    }

    /// GraphQL pages larger than `most` are refused with 200 and RESOURCE_LIMITS_EXCEEDED.
    pub fn resource_limits_above(most: u64) -> Self {
        let errors = json!({"data": null, "errors": [{
            "type": "RESOURCE_LIMITS_EXCEEDED",
            "message": "This query exceeds the resource limits. Please request fewer items.",
        }]});
        Self::new(Action::ResourceLimitsAbove(most, Reply::json(200, &errors))).on_graphql()
    }

    /// GraphQL pages larger than `most` time out with 502, as GitHub's gateway does after ten seconds.
    pub fn timeout_above(most: u64) -> Self {
        let errors = json!({"data": null, "errors": [{
            "message": "Something went wrong while executing your query. This may be the result of a timeout, or it could be a GitHub bug.",
        }]});
        Self::new(Action::ResourceLimitsAbove(most, Reply::json(502, &errors))).on_graphql()
    }

    /// Single sign-on required (403), with this authorisation address.
    pub fn sso_required(url: &str) -> Self {
        Self::answer(
            Reply::error(
                403,
                "Resource protected by organization SAML enforcement. You must grant your personal access token access to this organization.",
            )
            .header("x-github-sso", &format!("required; url={url}")),
        )
    }

    /// The honest answer, said to leave out these organisations.
    pub fn sso_partial(organizations: &str) -> Self {
        Self::new(Action::AddHeaders(vec![(
            "x-github-sso".into(),
            format!("partial-results; organizations={organizations}"),
        )]))
    }

    /// The App's installation was suspended meanwhile (403).
    pub fn suspended() -> Self {
        Self::answer(Reply::error(403, "This installation has been suspended"))
    }

    /// A redirect (302) to any address.
    pub fn redirect_to(url: &str) -> Self {
        Self::answer(Reply::empty(302).header("location", url))
    }

    /// Only so often; after that the fault is used up.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.left = Some(times);
        self
    }

    /// Only after this many matching requests went well.
    #[must_use]
    pub fn after(mut self, requests: u32) -> Self {
        self.skip = requests;
        self
    }

    /// Only requests to GraphQL.
    #[must_use]
    pub fn on_graphql(self) -> Self {
        self.when(Recorded::is_graphql)
    }

    /// Only requests of this method.
    #[must_use]
    pub fn on_method(self, method: &str) -> Self {
        let method = method.to_owned();
        self.when(move |request| request.method == method)
    }

    /// Only requests whose path (with its query) holds this text.
    #[must_use]
    pub fn on_path(self, part: &str) -> Self {
        let part = part.to_owned();
        self.when(move |request| request.path.contains(&part))
    }

    /// Only requests whose body holds this text.
    #[must_use]
    pub fn on_body(self, part: &str) -> Self {
        let part = part.to_owned();
        self.when(move |request| request.body_text().contains(&part))
    }

    /// Only requests that this is true of, besides what was said before.
    #[must_use]
    pub fn when(mut self, matches: impl Fn(&Recorded) -> bool + Send + 'static) -> Self {
        let before = self.matches;
        self.matches = Box::new(move |request| before(request) && matches(request));
        self
    }

    /// Takes one use, if the fault acts on this request.
    pub(super) fn take(&mut self, request: &Recorded) -> Option<Action> {
        if self.left == Some(0) || !(self.matches)(request) {
            return None;
        }
        if let Action::ResourceLimitsAbove(most, _) = &self.action {
            let asked = request.variable("first").and_then(|first| first.as_u64());
            if asked.is_none_or(|first| first <= *most) {
                return None;
            }
        }
        if self.skip > 0 {
            self.skip -= 1;
            return None;
        }
        if let Some(left) = &mut self.left {
            *left -= 1;
        }
        Some(self.action.clone())
    }
}
