//! REST in GitHub's shapes: `/api/v3/…`, and raw files below `/raw/`.

use base64::Engine as _;
use jiff::Timestamp;
use serde_json::{Value, json};
use sha1::{Digest, Sha1};

use super::access::{Who, identify};
use super::http::{Recorded, Reply};
use super::world::{Account, Repository, Team, Token, User, World};
use super::{Shared, apps, git, git_http, graphql, strict, writing};

/// The honest answer to any request.
pub(super) fn answer(request: &Recorded, shared: &Shared) -> Reply {
    let mut world = shared.world();
    let world = &mut *world;
    let web = shared.web();
    let now = Timestamp::now().as_second();
    if request.path.starts_with("/login/") {
        return apps::sign_in(request, world, &web);
    }
    if let Some(reply) = git_http::answer(request, world, now) {
        return reply;
    }
    let who = match identify(request, world, now) {
        Ok(who) => who,
        Err(refused) => return refused,
    };
    let mut reply = if request.is_graphql() {
        graphql::answer(request, &who, world, &web, now)
    } else if let Some(path) = request.bare_path().strip_prefix("/api/v3/") {
        rest(request, path, &who, world, &web, now)
    } else if let Some(path) = request.bare_path().strip_prefix("/raw/") {
        raw(path, &who, world)
    } else {
        return Reply::error(404, "Not Found");
    };
    if let Who::Person(Token {
        scopes: Some(scopes),
        ..
    }) = &who
    {
        reply = reply.header("x-oauth-scopes", &scopes.join(", "));
    }
    if request.is_graphql() {
        return reply;
    }
    reply = conditional(request, reply);
    if reply.status != 304 {
        world.used += 1;
    }
    let limit = if matches!(who, Who::Anonymous) {
        60
    } else {
        world.hourly_limit
    };
    reply
        .default_header("x-ratelimit-limit", &limit.to_string())
        .default_header(
            "x-ratelimit-remaining",
            &limit.saturating_sub(world.used).to_string(),
        )
        .default_header(
            "x-ratelimit-reset",
            &(now - now % 3_600 + 3_600).to_string(),
        )
        .default_header("x-ratelimit-resource", "core")
        .header("x-github-api-version-selected", "2022-11-28")
}

/// Gives a GET its ETag, which depends on `Accept` and the token, and answers 304 where it still holds.
fn conditional(request: &Recorded, reply: Reply) -> Reply {
    if request.method != "GET" || reply.status != 200 {
        return reply;
    }
    let mut hasher = Sha1::new();
    for part in [request.header("accept"), request.token()] {
        hasher.update(part.unwrap_or_default().as_bytes());
        hasher.update(b"\0");
    }
    hasher.update(&reply.body);
    let digest: String = hasher
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let etag = format!("W/\"{digest}\"");
    if request.header("if-none-match") == Some(etag.as_str()) {
        return Reply::empty(304).header("etag", &etag);
    }
    reply.header("etag", &etag)
}

fn not_found() -> Reply {
    Reply::error(404, "Not Found")
}

fn rest(
    request: &Recorded,
    path: &str,
    who: &Who,
    world: &mut World,
    web: &str,
    now: i64,
) -> Reply {
    if let Some(refused) = strict::check(request, Some(path)) {
        return refused;
    }
    let Some(parts) = path.split('/').map(decode).collect::<Option<Vec<String>>>() else {
        return Reply::error(400, "Bad percent encoding");
    };
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    if let Some(reply) = apps::answer(request, &parts, who, world, web, now) {
        return reply;
    }
    if let Some(reply) = writing::answer(request, &parts, who, world, web, now) {
        return reply;
    }
    if request.method != "GET" {
        return not_found();
    }
    match parts.as_slice() {
        ["rate_limit"] => rate_limit(who, world, now),
        ["user"] => match who {
            Who::Person(token) => match world.people.get(&token.login.to_lowercase()) {
                Some(person) => Reply::json(200, &user(person, web)),
                None => Reply::error(401, "Bad credentials"),
            },
            Who::Anonymous => Reply::error(401, "Requires authentication"),
            _ => Reply::error(403, "Resource not accessible by integration")
                .header("x-accepted-github-permissions", ""),
        },
        ["user", "orgs"] => own_organizations(request, who, world, web),
        ["orgs", login, rest @ ..] => match world
            .find_account(login)
            .filter(|account| account.is_organization)
        {
            Some(account) => organization(request, account, rest, who, world, web),
            None => not_found(),
        },
        ["users", login] => match world.people.get(&login.to_lowercase()) {
            Some(person) => Reply::json(200, &user(person, web)),
            None => match world.find_account(login) {
                Some(account) => Reply::json(200, &account_shape(account, web)),
                None => not_found(),
            },
        },
        ["users", login, "repos"] => match world.find_account(login) {
            Some(account) => repositories(request, account, who, web),
            None => not_found(),
        },
        ["repos", owner, name, rest @ ..] => {
            let Some(account) = world.find_account(owner) else {
                return not_found();
            };
            if who.lacks_sso(account) {
                return sso_required(account, web);
            }
            match account
                .find_repository(name)
                .filter(|repository| who.sees(account, repository))
            {
                Some(found) => repository(request, account, found, rest, world, web),
                None => not_found().header("x-accepted-oauth-scopes", "repo"),
            }
        }
        _ => not_found(),
    }
}

fn sso_required(account: &Account, web: &str) -> Reply {
    Reply::error(
        403,
        "Resource protected by organization SAML enforcement. You must grant your Personal Access token access to this organization.",
    )
    .header(
        "x-github-sso",
        &format!("required; url={web}/orgs/{}/sso?authorization_request=AB12", account.login),
    )
}

fn rate_limit(who: &Who, world: &World, now: i64) -> Reply {
    let limit = if matches!(who, Who::Anonymous) {
        60
    } else {
        world.hourly_limit
    };
    let window = |used: u64| json!({"limit": limit, "used": used, "remaining": limit.saturating_sub(used), "reset": now - now % 3_600 + 3_600});
    Reply::json(
        200,
        &json!({
            "resources": {"core": window(world.used), "graphql": window(world.points_used)},
            "rate": window(world.used),
        }),
    )
}

fn own_organizations(request: &Recorded, who: &Who, world: &World, web: &str) -> Reply {
    let Who::Person(token) = who else {
        return Reply::error(401, "Requires authentication");
    };
    if !who.has_scope(&["user", "read:org", "write:org", "admin:org"]) {
        return Reply::error(
            403,
            "You need at least read:org scope or user scope to list your organizations.",
        )
        .header("x-accepted-oauth-scopes", "admin:org, read:org, write:org");
    }
    let mine: Vec<&Account> = world
        .accounts
        .iter()
        .filter(|account| account.is_organization && account.members.contains(&token.login))
        .collect();
    let withheld: Vec<String> = mine
        .iter()
        .filter(|account| who.lacks_sso(account))
        .map(|account| account.id.to_string())
        .collect();
    let seen = mine
        .iter()
        .filter(|account| !who.lacks_sso(account))
        .map(|account| account_shape(account, web));
    let reply = paged(request, seen.collect(), web);
    if withheld.is_empty() {
        return reply;
    }
    reply.header(
        "x-github-sso",
        &format!("partial-results; organizations={}", withheld.join(",")),
    )
}

fn organization(
    request: &Recorded,
    account: &Account,
    rest: &[&str],
    who: &Who,
    world: &World,
    web: &str,
) -> Reply {
    if who.lacks_sso(account) {
        return sso_required(account, web);
    }
    let may_read = who.has_scope(&["read:org", "write:org", "admin:org"]);
    let refused = || {
        Reply::error(403, "Must have the read:org scope")
            .header("x-accepted-oauth-scopes", "admin:org, read:org, write:org")
    };
    let members = |logins: &[String]| {
        let shapes = logins
            .iter()
            .filter_map(|login| world.people.get(&login.to_lowercase()));
        paged(
            request,
            shapes.map(|person| user(person, web)).collect(),
            web,
        )
    };
    match rest {
        [] => Reply::json(200, &account_shape(account, web)),
        ["repos"] => repositories(request, account, who, web),
        ["teams" | "members", ..] if !may_read => refused(),
        ["teams"] => paged(
            request,
            account
                .teams
                .iter()
                .map(|team| team_shape(account, team, true))
                .collect(),
            web,
        ),
        ["teams", slug] => match account.teams.iter().find(|team| team.slug == **slug) {
            Some(team) => Reply::json(200, &team_shape(account, team, true)),
            None => not_found(),
        },
        ["teams", slug, "members"] => match account.teams.iter().find(|team| team.slug == **slug) {
            Some(team) => members(&team.members),
            None => not_found(),
        },
        ["members"] => members(&account.members),
        _ => not_found(),
    }
}

fn repositories(request: &Recorded, account: &Account, who: &Who, web: &str) -> Reply {
    let mut seen: Vec<&Repository> = account
        .repositories
        .iter()
        .filter(|repository| who.sees(account, repository))
        .collect();
    if request.query("sort").as_deref() == Some("pushed") {
        seen.sort_by_key(|repository| std::cmp::Reverse(repository.pushed_at));
    }
    let shapes = seen
        .into_iter()
        .map(|repository| repository_shape(account, repository, web));
    paged(request, shapes.collect(), web)
}

fn repository(
    request: &Recorded,
    account: &Account,
    repository: &Repository,
    rest: &[&str],
    world: &World,
    web: &str,
) -> Reply {
    let is_empty = repository.branches.is_empty();
    match rest {
        [] => Reply::json(200, &repository_shape(account, repository, web)),
        ["git", "trees" | "blobs", ..] if is_empty => Reply::error(409, "Git Repository is empty."),
        ["contents", path @ ..] => {
            let reference = request.query("ref").unwrap_or_else(|| "HEAD".to_owned());
            match repository.files_at(&reference) {
                Some(files) => contents(request, account, repository, files, &path.join("/"), web),
                None if is_empty => Reply::error(404, "This repository is empty."),
                None => Reply::error(404, &format!("No commit found for the ref {reference}")),
            }
        }
        ["git", "trees", reference] => tree(request, repository, reference, world),
        ["git", "blobs", id] => {
            let found = repository
                .branches
                .values()
                .chain(repository.history.iter().map(|(_, files)| files))
                .flat_map(|files| files.values())
                .find(|content| git::blob_id(content) == **id);
            match found {
                Some(content) if wants_raw(request) => raw_reply(content),
                Some(content) => Reply::json(
                    200,
                    &json!({"sha": id, "size": content.len(), "encoding": "base64", "content": base64(content)}),
                ),
                None => not_found(),
            }
        }
        ["compare", range] => compare(repository, range),
        _ => not_found(),
    }
}

fn wants_raw(request: &Recorded) -> bool {
    matches!(
        request.header("accept"),
        Some(
            "application/vnd.github.raw+json"
                | "application/vnd.github.raw"
                | "application/vnd.github.v3.raw"
        )
    )
}

fn raw_reply(content: &[u8]) -> Reply {
    Reply {
        body: content.to_vec(),
        ..Reply::empty(200)
    }
    .header(
        "content-type",
        "application/vnd.github.raw+json; charset=utf-8",
    )
}

fn contents(
    request: &Recorded,
    account: &Account,
    repository: &Repository,
    files: &git::Files,
    path: &str,
    web: &str,
) -> Reply {
    let url = |path: &str| {
        format!(
            "{web}/api/v3/repos/{}/{}/contents/{path}",
            account.login, repository.name
        )
    };
    if let Some(content) = files.get(path) {
        if wants_raw(request) {
            return raw_reply(content);
        }
        return Reply::json(
            200,
            &json!({
                "type": "file", "encoding": "base64", "size": content.len(),
                "name": path.rsplit('/').next(), "path": path, "content": base64(content),
                "sha": git::blob_id(content), "url": url(path),
            }),
        );
    }
    let prefix = if path.is_empty() {
        String::new()
    } else {
        format!("{path}/")
    };
    let below: Vec<Value> = git::entries(files)
        .into_iter()
        .filter(|entry| {
            entry
                .path
                .strip_prefix(&prefix)
                .is_some_and(|rest| !rest.is_empty() && !rest.contains('/'))
        })
        .map(|entry| {
            json!({
                "type": if entry.is_tree { "dir" } else { "file" }, "size": entry.size,
                "name": entry.path.rsplit('/').next(), "path": entry.path, "sha": entry.id,
                "url": url(&entry.path),
            })
        })
        .collect();
    if below.is_empty() && !path.is_empty() {
        return not_found();
    }
    Reply::json(200, &json!(below))
}

fn tree(request: &Recorded, repository: &Repository, reference: &str, world: &World) -> Reply {
    let recursive = request.query("recursive").is_some();
    let files = repository.files_at(reference).cloned().or_else(|| {
        repository.branches.values().find_map(|files| {
            if git::tree_id(files) == reference {
                return Some(files.clone());
            }
            let folder = git::entries(files)
                .into_iter()
                .find(|entry| entry.is_tree && entry.id == reference)?;
            Some(git::below(files, &folder.path))
        })
    });
    let Some(files) = files else {
        return not_found();
    };
    let mut entries = git::entries(&files);
    entries.retain(|entry| recursive || !entry.path.contains('/'));
    let most = world.tree_limit.unwrap_or(100_000);
    let truncated = recursive && entries.len() > most;
    if recursive {
        entries.truncate(most);
    }
    let shapes: Vec<Value> = entries
        .iter()
        .map(|entry| {
            let mut shape = json!({
                "path": entry.path, "sha": entry.id,
                "mode": mode(repository, entry),
                "type": if entry.is_tree { "tree" } else { "blob" },
            });
            if !entry.is_tree {
                shape["size"] = entry.size.into();
            }
            shape
        })
        .collect();
    Reply::json(
        200,
        &json!({"sha": git::tree_id(&files), "tree": shapes, "truncated": truncated}),
    )
}

/// Git's mode of an entry.
fn mode(repository: &Repository, entry: &git::Entry) -> &'static str {
    match entry {
        entry if entry.is_tree => "040000",
        entry if repository.links.contains(&entry.path) => "120000",
        entry if repository.executables.contains(&entry.path) => "100755",
        _ => "100644",
    }
}

fn compare(repository: &Repository, range: &str) -> Reply {
    let Some((base, head)) = range.split_once("...") else {
        return not_found();
    };
    let (Some(before), Some(after)) = (repository.files_at(base), repository.files_at(head)) else {
        return not_found();
    };
    let mut files: Vec<Value> = Vec::new();
    for (path, content) in after {
        let status = match before.get(path) {
            None => "added",
            Some(old) if old != content => "modified",
            Some(_) => continue,
        };
        files.push(json!({"filename": path, "status": status, "sha": git::blob_id(content)}));
    }
    for (path, content) in before.iter().filter(|(path, _)| !after.contains_key(*path)) {
        files.push(json!({"filename": path, "status": "removed", "sha": git::blob_id(content)}));
    }
    files.truncate(300);
    let status = if base == head { "identical" } else { "ahead" };
    Reply::json(200, &json!({"status": status, "files": files}))
}

fn raw(path: &str, who: &Who, world: &World) -> Reply {
    let Some(parts) = path.split('/').map(decode).collect::<Option<Vec<String>>>() else {
        return not_found();
    };
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let [owner, name, reference, path @ ..] = parts.as_slice() else {
        return not_found();
    };
    let found = world.find_account(owner).and_then(|account| {
        let repository = account
            .find_repository(name)
            .filter(|repository| who.sees(account, repository))?;
        repository.files_at(reference)?.get(&path.join("/"))
    });
    match found {
        Some(content) => Reply {
            body: content.clone(),
            ..Reply::empty(200)
        }
        .header("content-type", "text/plain; charset=utf-8"),
        None => Reply {
            body: b"404: Not Found".to_vec(),
            ..Reply::empty(404)
        },
    }
}

/// One page of a list, with `Link`.
pub(super) fn paged(request: &Recorded, all: Vec<Value>, web: &str) -> Reply {
    let number = |name: &str| {
        request
            .query(name)
            .and_then(|text| text.parse::<usize>().ok())
    };
    let size = number("per_page").unwrap_or(30).clamp(1, 100);
    let page = number("page").unwrap_or(1).max(1);
    let last = all.len().div_ceil(size).max(1);
    let items: Vec<Value> = all.into_iter().skip((page - 1) * size).take(size).collect();
    let reply = Reply::json(200, &json!(items));
    if page >= last {
        return reply;
    }
    let others: Vec<String> = request
        .path
        .split_once('?')
        .map(|(_, query)| {
            query
                .split('&')
                .filter(|part| !part.starts_with("page="))
                .map(str::to_owned)
                .collect()
        })
        .unwrap_or_default();
    let at = |page: usize| {
        let mut query = others.clone();
        query.push(format!("page={page}"));
        format!("{web}{}?{}", request.bare_path(), query.join("&"))
    };
    reply.header(
        "link",
        &format!(
            "<{}>; rel=\"next\", <{}>; rel=\"last\"",
            at(page + 1),
            at(last)
        ),
    )
}

fn user(person: &User, web: &str) -> Value {
    json!({
        "login": person.login, "id": person.id, "node_id": format!("U_{}", person.id), "type": "User",
        "name": person.name, "email": if person.email.is_empty() { None } else { Some(&person.email) },
        "bio": person.bio, "avatar_url": format!("{web}/avatars/u/{}", person.id),
        "html_url": format!("{web}/{}", person.login),
    })
}

fn account_shape(account: &Account, web: &str) -> Value {
    json!({
        "login": account.login, "id": account.id,
        "type": if account.is_organization { "Organization" } else { "User" },
        "url": format!("{web}/api/v3/orgs/{}", account.login), "html_url": format!("{web}/{}", account.login),
    })
}

fn team_shape(account: &Account, team: &Team, with_parent: bool) -> Value {
    let parent = with_parent
        .then(|| {
            account
                .teams
                .iter()
                .find(|other| Some(&other.slug) == team.parent.as_ref())
        })
        .flatten();
    json!({
        "id": team.id, "slug": team.slug, "name": team.name, "description": team.description,
        "privacy": "closed", "permission": "pull",
        "parent": parent.map(|parent| team_shape(account, parent, false)),
    })
}

pub(super) fn repository_shape(account: &Account, repository: &Repository, web: &str) -> Value {
    json!({
        "id": repository.id, "node_id": format!("R_{}", repository.id), "name": repository.name,
        "full_name": format!("{}/{}", account.login, repository.name),
        "owner": {"login": account.login, "id": account.id},
        "html_url": format!("{web}/{}/{}", account.login, repository.name),
        "description": repository.description, "private": repository.visibility.lower() != "public",
        "visibility": repository.visibility.lower(), "fork": repository.fork, "archived": repository.archived,
        "disabled": false, "default_branch": repository.default_branch, "topics": repository.topics,
        "pushed_at": date(repository.pushed_at), "updated_at": date(repository.updated_at),
    })
}

/// RFC 3339 in UTC, as GitHub writes dates.
pub(super) fn date(seconds: i64) -> String {
    Timestamp::from_second(seconds)
        .unwrap_or_default()
        .to_string()
}

fn base64(content: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(content)
}

fn decode(segment: &str) -> Option<String> {
    // A `+` in a path is a plus.
    let text = segment.replace('+', "%2B");
    let decoded: Vec<u8> =
        url::form_urlencoded::parse(format!("x={}", text.replace('&', "%26")).as_bytes())
            .next()
            .map(|(_, value)| value.into_owned().into_bytes())?;
    String::from_utf8(decoded).ok()
}
