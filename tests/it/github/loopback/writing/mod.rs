//! The half of GitHub's REST that changes something, and the reads that go with it.
//!
//! Bodies are held to `requests.json`: for every address the fields, their types and which are required, as GitHub's
//! published OpenAPI description has them (ghec's for what organisations alone have). GitHub lets a field pass that it does
//! not know; here it is refused.

mod data;
mod pulls;
mod settings;
mod shape;

use serde_json::{Value, json};

use super::access::Who;
use super::http::{Recorded, Reply};
use super::world::{Account, Repository, World};

/// What a request of the writing half is answered with.
pub(super) struct Asked<'a> {
    pub request: &'a Recorded,
    /// GET, POST, …
    pub method: &'a str,
    /// The body, null where there is none.
    pub body: Value,
    pub who: &'a Who,
    pub web: &'a str,
    /// Unix seconds.
    pub now: i64,
}

impl Asked<'_> {
    pub(super) fn text(&self, name: &str) -> String {
        self.body
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    }

    pub(super) fn flag(&self, name: &str) -> bool {
        self.body
            .get(name)
            .and_then(Value::as_bool)
            .unwrap_or_default()
    }
}

/// GitHub's 422 with one of `errors[]`.
pub(super) fn invalid(resource: &str, field: &str, message: &str) -> Reply {
    Reply::json(
        422,
        &json!({
            "message": "Validation Failed",
            "errors": [{"resource": resource, "code": "custom", "field": field, "message": message}],
            "documentation_url": "https://docs.github.com/rest",
            "status": "422",
        }),
    )
}

pub(super) fn not_found() -> Reply {
    Reply::error(404, "Not Found")
}

/// The honest answer; none where the request is of the reading half.
pub(super) fn answer(
    request: &Recorded,
    parts: &[&str],
    who: &Who,
    world: &mut World,
    web: &str,
    now: i64,
) -> Option<Reply> {
    let method = request.method.as_str();
    let mut body = Value::Null;
    if method != "GET" {
        let operation = shape::operation(method, parts)?;
        if !request.body.is_empty() {
            body = match serde_json::from_slice(&request.body) {
                Ok(body) => body,
                Err(_) => return Some(Reply::error(400, "Problems parsing JSON")),
            };
        }
        if let Err(why) = operation.check(&body, request.body.is_empty()) {
            return Some(Reply::error(422, &format!("Invalid request.\n\n{why}")));
        }
        if matches!(who, Who::Anonymous) {
            return Some(Reply::error(401, "Requires authentication"));
        }
    }
    let asked = Asked {
        request,
        method,
        body,
        who,
        web,
        now,
    };
    match (method, parts) {
        ("POST", ["orgs", org, "repos"]) => Some(settings::create(&asked, world, Some(org))),
        ("POST", ["user", "repos"]) => Some(settings::create(&asked, world, None)),
        ("PUT", ["orgs", org, "teams", team, "repos", owner, name]) => {
            Some(settings::team(&asked, world, (org, team), owner, name))
        }
        (_, ["repos", owner, name, rest @ ..]) => in_repository(&asked, world, owner, name, rest),
        _ => None,
    }
}

fn in_repository(
    asked: &Asked,
    world: &mut World,
    owner: &str,
    name: &str,
    rest: &[&str],
) -> Option<Reply> {
    let account = world.find_account(owner)?.clone();
    let found = account
        .find_repository(name)
        .filter(|found| asked.who.sees(&account, found));
    let Some(found) = found else {
        let reply = || not_found().header("x-accepted-oauth-scopes", "repo");
        return (asked.method != "GET").then(reply);
    };
    if asked.method != "GET" {
        if asked.who.lacks_sso(&account) {
            return None;
        }
        if !asked.who.has_scope(&["repo", "public_repo"]) {
            return Some(not_found().header("x-accepted-oauth-scopes", "repo"));
        }
        if !asked.who.may_write(&account) {
            return Some(Reply::error(403, "Must have admin rights to Repository."));
        }
        if found.archived {
            return Some(Reply::error(
                403,
                "Repository was archived so is read-only.",
            ));
        }
    }
    if asked.method == "GET" && rest.is_empty() {
        return Some(Reply::json(200, &describe(asked, &account, found)));
    }
    if let Some(reply) = settings::answer(asked, world, &account, name, rest) {
        return Some(reply);
    }
    if let Some(reply) = pulls::answer(asked, world, &account, name, rest) {
        return Some(reply);
    }
    data::answer(asked, world, &account, name, rest)
}

/// A repository as `GET /repos/{owner}/{repo}` has it.
pub(super) fn describe(asked: &Asked, account: &Account, repository: &Repository) -> Value {
    let mut shape = super::rest::repository_shape(account, repository, asked.web);
    let may = asked.who.may_write(account);
    let made = &repository.hub;
    shape["clone_url"] = json!(format!(
        "{}/{}/{}.git",
        asked.web, account.login, repository.name
    ));
    shape["created_at"] = json!(super::rest::date(
        made.created_at.unwrap_or(repository.pushed_at)
    ));
    shape["size"] = json!(
        repository
            .branches
            .values()
            .map(|files| files.len())
            .sum::<usize>()
    );
    shape["permissions"] =
        json!({"admin": may, "maintain": may, "push": may, "triage": may, "pull": true});
    shape
}
