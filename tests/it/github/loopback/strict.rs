//! What GitHub refuses or silently bends, refused here, so that no request of callboard depends on GitHub's patience.

use super::http::{Recorded, Reply};

/// The refusal of a request that is not as GitHub documents it; `path` is what follows the API's address, none for GraphQL.
pub fn check(request: &Recorded, path: Option<&str>) -> Option<Reply> {
    if request.header("user-agent").is_none_or(str::is_empty) {
        return Some(Reply::error(
            403,
            "Request forbidden by administrative rules. Please make sure your request has a User-Agent header",
        ));
    }
    let accept = request.header("accept").unwrap_or_default();
    if !accept.starts_with("application/vnd.github") {
        return Some(Reply::error(415, "Unsupported 'Accept' header"));
    }
    if request.header("x-github-api-version") != Some("2022-11-28") {
        return Some(Reply::error(400, "no version of the API, or another one"));
    }
    let has_body = request.method != "GET" && !request.body.is_empty();
    if has_body && request.header("content-type") != Some("application/json") {
        return Some(Reply::error(415, "a body that is not said to be JSON"));
    }
    let known = parameters(path?);
    let query = request.path.split_once('?').map_or("", |(_, query)| query);
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        let fits = match name.as_ref() {
            _ if !known.contains(&name.as_ref()) => false,
            "per_page" => value.parse().is_ok_and(|n: u32| (1..=100).contains(&n)),
            "page" => value.parse().is_ok_and(|n: u32| n > 0),
            _ => !value.is_empty(),
        };
        if !fits {
            let text = format!("no such parameter, or not with this value: {name}={value}");
            return Some(Reply::error(422, &text));
        }
    }
    None
}

/// The query parameters of an endpoint, as GitHub's OpenAPI description has them.
fn parameters(path: &str) -> &'static [&'static str] {
    let parts: Vec<&str> = path.split('?').next().unwrap_or(path).split('/').collect();
    match parts.as_slice() {
        ["repos", _, _, "git", "trees", _] => &["recursive"],
        ["repos", _, _, "contents", ..] | ["repos", _, _, "readme", ..] => &["ref"],
        ["repos", _, _, "compare", _] => &["page", "per_page"],
        ["repos", _, _, "branches" | "hooks" | "keys"]
        | ["repos", _, _, "rules", "branches", _]
        | [
            "repos",
            _,
            _,
            "environments",
            _,
            "deployment-branch-policies",
        ] => &["per_page", "page"],
        ["repos", _, _, "commits"] => &[
            "sha", "path", "author", "since", "until", "per_page", "page",
        ],
        ["repos", _, _, "pulls"] => &[
            "state",
            "head",
            "base",
            "sort",
            "direction",
            "per_page",
            "page",
        ],
        ["repos", _, _, "issues"] => &[
            "milestone",
            "state",
            "assignee",
            "creator",
            "mentioned",
            "labels",
            "sort",
            "direction",
            "since",
            "per_page",
            "page",
        ],
        ["repos", _, _, "actions", "workflows", _, "runs"] => &[
            "actor", "branch", "event", "status", "per_page", "page", "created",
        ],
        ["app", "installations"] => &["per_page", "page", "since", "outdated"],
        ["orgs" | "users", _, "repos"] => &["type", "sort", "direction", "per_page", "page"],
        ["orgs", _, "teams"] | ["user", "orgs"] => &["per_page", "page"],
        ["orgs", _, "members"] => &["filter", "role", "per_page", "page"],
        ["orgs", _, "teams", _, "members"] => &["role", "per_page", "page"],
        _ => &[],
    }
}
