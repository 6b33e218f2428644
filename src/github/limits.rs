//! Rate limits as GitHub tells them, and how many requests were made.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;
use reqwest::header::HeaderMap;

/// What is left of one limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    /// Points or requests in the whole window.
    pub limit: u64,
    /// What is left of them.
    pub remaining: u64,
    /// When the window starts anew.
    pub reset_at: Timestamp,
}

/// The limits seen so far, by GitHub's name of the resource (`core`, `graphql`, …).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RateLimits {
    by_resource: BTreeMap<String, RateLimit>,
}

impl RateLimits {
    /// The limit of a resource, if an answer told it.
    pub fn get(&self, resource: &str) -> Option<RateLimit> {
        self.by_resource.get(resource).copied()
    }

    /// The limit that is closest to its end, as a share of the whole: the one to show.
    pub fn tightest(&self) -> Option<RateLimit> {
        let share = |limit: &RateLimit| {
            u128::from(limit.remaining) * 1_000_000 / u128::from(limit.limit.max(1))
        };
        self.by_resource.values().copied().min_by_key(share)
    }

    /// Takes over what an answer says.
    pub fn observe(&mut self, resource: &str, limit: RateLimit) {
        self.by_resource.insert(resource.to_owned(), limit);
    }

    /// When `resource` may be asked again, if it is used up at `now`.
    pub fn blocked_until(&self, resource: &str, now: Timestamp) -> Option<Timestamp> {
        let limit = self.get(resource)?;
        (limit.remaining == 0 && limit.reset_at > now).then_some(limit.reset_at)
    }
}

/// The limit told by an answer's headers, with the resource's name.
///
/// GitHub: "Rate limits for the REST API", `x-ratelimit-*`; reset is in seconds since 1970, UTC.
pub fn from_headers(headers: &HeaderMap, default_resource: &str) -> Option<(String, RateLimit)> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let number = |name: &str| text(name).and_then(|value| value.trim().parse::<u64>().ok());
    let remaining = number("x-ratelimit-remaining")?;
    let reset = i64::try_from(number("x-ratelimit-reset")?).ok()?;
    let limit = RateLimit {
        limit: number("x-ratelimit-limit").unwrap_or(remaining),
        remaining,
        reset_at: Timestamp::from_second(reset).ok()?,
    };
    let resource = text("x-ratelimit-resource").unwrap_or(default_resource);
    Some((resource.to_owned(), limit))
}

/// How many requests were made; every attempt counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RequestCounts {
    /// Requests to GraphQL.
    pub graphql: u64,
    /// Requests to REST and raw addresses, those answered by 304 included.
    pub rest: u64,
    /// Answers 304, which do not count against the limit.
    pub not_modified: u64,
    /// Points that GraphQL said its answers cost.
    pub graphql_cost: u64,
}

/// The counters behind [`RequestCounts`], shared by every clone of a client.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    graphql: AtomicU64,
    rest: AtomicU64,
    not_modified: AtomicU64,
    graphql_cost: AtomicU64,
}

impl Counters {
    pub(crate) fn count_graphql(&self) {
        self.graphql.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_rest(&self) {
        self.rest.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_not_modified(&self) {
        self.not_modified.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn add_cost(&self, points: u64) {
        self.graphql_cost.fetch_add(points, Ordering::Relaxed);
    }

    pub(crate) fn read(&self) -> RequestCounts {
        RequestCounts {
            graphql: self.graphql.load(Ordering::Relaxed),
            rest: self.rest.load(Ordering::Relaxed),
            not_modified: self.not_modified.load(Ordering::Relaxed),
            graphql_cost: self.graphql_cost.load(Ordering::Relaxed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(limit: u64, remaining: u64) -> RateLimit {
        RateLimit {
            limit,
            remaining,
            reset_at: Timestamp::from_second(2_000).unwrap(),
        }
    }

    #[test]
    fn headers_tell_limit_and_resource() {
        let mut headers = HeaderMap::new();
        headers.insert("x-ratelimit-limit", "5000".parse().unwrap());
        headers.insert("x-ratelimit-remaining", "12".parse().unwrap());
        headers.insert("x-ratelimit-reset", "2000".parse().unwrap());
        headers.insert("x-ratelimit-resource", "graphql".parse().unwrap());
        assert_eq!(
            from_headers(&headers, "core"),
            Some(("graphql".to_owned(), limit(5000, 12)))
        );
    }

    #[test]
    fn nonsense_in_the_headers_is_no_limit() {
        let mut headers = HeaderMap::new();
        headers.insert("x-ratelimit-remaining", "many".parse().unwrap());
        headers.insert("x-ratelimit-reset", "99999999999999999999".parse().unwrap());
        assert_eq!(from_headers(&headers, "core"), None);
    }

    #[test]
    fn a_used_up_limit_blocks_until_it_resets() {
        let mut limits = RateLimits::default();
        limits.observe("core", limit(60, 0));
        let at = |second| Timestamp::from_second(second).unwrap();
        assert_eq!(limits.blocked_until("core", at(1_999)), Some(at(2_000)));
        assert_eq!(limits.blocked_until("core", at(2_000)), None);
        assert_eq!(limits.blocked_until("graphql", at(1_000)), None);
    }

    #[test]
    fn the_tightest_limit_is_the_one_with_the_smallest_share_left() {
        let mut limits = RateLimits::default();
        limits.observe("core", limit(60, 30));
        limits.observe("graphql", limit(5000, 100));
        assert_eq!(limits.tightest(), Some(limit(5000, 100)));
    }
}
