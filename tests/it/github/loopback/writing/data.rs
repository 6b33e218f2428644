//! The Git data API, by git itself.

use base64::Engine as _;
use serde_json::{Value, json};

use super::super::bare::{Bare, Listed};
use super::super::http::Reply;
use super::super::world::{Account, World};
use super::{Asked, not_found};

/// Blobs, trees, commits and references; none where the request is about something else.
pub fn answer(
    asked: &Asked,
    world: &mut World,
    account: &Account,
    name: &str,
    rest: &[&str],
) -> Option<Reply> {
    let is_ours = matches!(
        (asked.method, rest),
        (_, ["git", "commits", ..] | ["git", "ref" | "refs", ..])
            | ("POST", ["git", ..])
            | (
                "GET",
                ["branches" | "commits", ..] | ["rules", "branches", _] | ["rulesets", _]
            )
    );
    let repository = world.repository_mut(&account.login, name)?;
    let kept_by_git = repository.hub.bare.is_some()
        && matches!(
            (asked.method, rest),
            ("GET", ["git", "trees", _] | ["compare", _])
        );
    if !is_ours && !kept_by_git {
        return None;
    }
    let empty = repository.branches.is_empty();
    let bare = repository.bare();
    let wants_signatures = repository
        .hub
        .rulesets
        .iter()
        .any(|ruleset| ruleset["rules"] == json!(["required_signatures"]));
    let rulesets = repository.hub.rulesets.clone();
    let full = format!("{}/{}", account.login, repository.name);
    let no_commits = || Reply::error(409, "Git Repository is empty.");
    let reply = match (asked.method, rest) {
        ("GET", ["branches"]) => {
            let all: Vec<Value> = bare
                .heads()
                .iter()
                .map(|(name, id)| json!({"name": name, "commit": {"sha": id}, "protected": false}))
                .collect();
            super::super::rest::paged(asked.request, all, asked.web)
        }
        ("GET", ["commits"]) if empty => no_commits(),
        ("GET", ["commits"]) => {
            let head = repository.default_branch.clone();
            let told = bare
                .text(&["rev-list", &format!("refs/heads/{head}")])
                .unwrap_or_default();
            let all = told.lines().map(|id| json!({"sha": id})).collect();
            super::super::rest::paged(asked.request, all, asked.web)
        }
        ("GET", ["git", "ref", reference @ ..]) => {
            if empty {
                return Some(no_commits());
            }
            let reference = reference.join("/");
            match bare.text(&[
                "rev-parse",
                "--verify",
                "--quiet",
                &format!("refs/{reference}^{{commit}}"),
            ]) {
                Ok(id) => Reply::json(200, &shape_of(&reference, &id)),
                Err(_) => not_found(),
            }
        }
        ("GET", ["git", "commits", id]) => match commit(&bare, id) {
            Some(commit) => Reply::json(200, &commit),
            None => not_found(),
        },
        ("GET", ["git", "trees", reference]) => tree(asked, &bare, reference),
        ("GET", ["compare", range]) => compare(&bare, range),
        ("GET", ["rules", "branches", _]) => {
            let rules: Vec<Value> = rulesets
                .iter()
                .flat_map(|set| {
                    set["rules"].as_array().into_iter().flatten().map(|rule| {
                        json!({"type": rule, "ruleset_id": set["id"], "ruleset_source": set["source"], "ruleset_source_type": set["source_type"]})
                    })
                })
                .collect();
            Reply::json(200, &json!(rules))
        }
        ("GET", ["rulesets", id]) => match rulesets
            .iter()
            .find(|set| set["id"].as_u64() == id.parse().ok())
        {
            Some(set) => Reply::json(
                200,
                &json!({"id": set["id"], "name": set["name"], "source": set["source"], "enforcement": "active"}),
            ),
            None => not_found(),
        },
        ("POST", _) if empty => no_commits(),
        ("POST", ["git", "blobs"]) => {
            let content = asked.text("content");
            let bytes = match asked.text("encoding").as_str() {
                "base64" => base64::engine::general_purpose::STANDARD
                    .decode(content.replace('\n', ""))
                    .ok(),
                "" | "utf-8" => Some(content.into_bytes()),
                _ => None,
            };
            let Some(bytes) = bytes else {
                return Some(Reply::error(422, "Blob encoding is not valid"));
            };
            let id = bare
                .run(&["hash-object", "-w", "--stdin"], &bytes)
                .expect("a blob");
            Reply::json(201, &json!({"sha": String::from_utf8_lossy(&id).trim()}))
        }
        ("POST", ["git", "trees"]) => make_tree(asked, &bare),
        ("POST", ["git", "commits"]) => make_commit(asked, &bare),
        ("POST", ["git", "refs"]) => {
            let reference = asked.text("ref");
            let id = asked.text("sha");
            if wants_signatures {
                return Some(unsigned());
            }
            if !reference.starts_with("refs/heads/")
                || bare.text(&["check-ref-format", &reference]).is_err()
            {
                return Some(Reply::error(
                    422,
                    "Reference name must start with 'refs/' and be valid",
                ));
            }
            if bare
                .text(&["cat-file", "-e", &format!("{id}^{{commit}}")])
                .is_err()
            {
                return Some(Reply::error(422, "Object does not exist"));
            }
            let zero = "0".repeat(40);
            match bare.text(&["update-ref", &reference, &id, &zero]) {
                Ok(_) => Reply::json(201, &shape_of(reference.trim_start_matches("refs/"), &id)),
                Err(_) => Reply::error(422, "Reference already exists"),
            }
        }
        ("PATCH", ["git", "refs", reference @ ..]) => {
            let reference = format!("refs/{}", reference.join("/"));
            let id = asked.text("sha");
            if wants_signatures {
                return Some(unsigned());
            }
            let Ok(had) = bare.text(&["rev-parse", "--verify", "--quiet", &reference]) else {
                return Some(Reply::error(422, "Reference does not exist"));
            };
            if bare
                .text(&["cat-file", "-e", &format!("{id}^{{commit}}")])
                .is_err()
            {
                return Some(Reply::error(422, "Object does not exist"));
            }
            if !asked.flag("force")
                && bare
                    .text(&["merge-base", "--is-ancestor", &had, &id])
                    .is_err()
            {
                return Some(Reply::error(422, "Update is not a fast forward"));
            }
            bare.text(&["update-ref", &reference, &id])
                .expect("a reference");
            Reply::json(200, &shape_of(reference.trim_start_matches("refs/"), &id))
        }
        _ => return None,
    };
    let _ = full;
    if asked.method != "GET" {
        repository.refresh(asked.now);
    }
    Some(reply)
}

fn unsigned() -> Reply {
    Reply::error(
        422,
        "Repository rule violations found\n\nCommits must have verified signatures.\n\n",
    )
}

fn shape_of(reference: &str, id: &str) -> Value {
    json!({"ref": format!("refs/{reference}"), "object": {"type": "commit", "sha": id}})
}

fn commit(bare: &Bare, id: &str) -> Option<Value> {
    let format = "--format=%H%n%T%n%P%n%an%n%ae%n%B";
    let told = bare
        .text(&["show", "-s", format, &format!("{id}^{{commit}}")])
        .ok()?;
    let mut lines = told.splitn(6, '\n');
    let mut next = || lines.next().unwrap_or_default().to_owned();
    let (sha, tree, parents, name, email, message) =
        (next(), next(), next(), next(), next(), next());
    let parents: Vec<Value> = parents
        .split_whitespace()
        .map(|id| json!({"sha": id}))
        .collect();
    Some(json!({
        "sha": sha, "tree": {"sha": tree}, "parents": parents, "message": message.trim_end(),
        "author": {"name": name, "email": email}, "verification": {"verified": false, "reason": "unsigned"},
    }))
}

fn tree(asked: &Asked, bare: &Bare, reference: &str) -> Reply {
    let recursive = asked.request.query("recursive").is_some();
    let Ok(listed) = bare.list(reference, recursive) else {
        return not_found();
    };
    let id = bare
        .text(&["rev-parse", &format!("{reference}^{{tree}}")])
        .unwrap_or_default();
    let entries: Vec<Value> = listed.iter().map(entry).collect();
    Reply::json(
        200,
        &json!({"sha": id, "tree": entries, "truncated": false}),
    )
}

fn entry(listed: &Listed) -> Value {
    let mut shape =
        json!({"path": listed.path, "mode": listed.mode, "type": listed.kind, "sha": listed.id});
    if let Some(size) = listed.size {
        shape["size"] = json!(size);
    }
    shape
}

fn compare(bare: &Bare, range: &str) -> Reply {
    let Some((base, head)) = range.split_once("...") else {
        return not_found();
    };
    let count = |range: String| {
        bare.text(&["rev-list", "--count", &range])
            .ok()
            .and_then(|text| text.parse::<u64>().ok())
    };
    let (Some(ahead), Some(behind)) = (
        count(format!("{base}..{head}")),
        count(format!("{head}..{base}")),
    ) else {
        return not_found();
    };
    let status = match (ahead, behind) {
        (0, 0) => "identical",
        (_, 0) => "ahead",
        (0, _) => "behind",
        _ => "diverged",
    };
    let told = bare
        .text(&["diff", "--name-status", base, head])
        .unwrap_or_default();
    let files: Vec<Value> = told
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .map(|(status, path)| {
            let status = match status {
                "A" => "added",
                "D" => "removed",
                _ => "modified",
            };
            json!({"filename": path, "status": status})
        })
        .collect();
    Reply::json(
        200,
        &json!({"status": status, "ahead_by": ahead, "behind_by": behind, "files": files}),
    )
}

fn make_tree(asked: &Asked, bare: &Bare) -> Reply {
    let index = bare.path().join(format!("index-{}", asked.now));
    let _ = std::fs::remove_file(&index);
    if let Some(base) = asked.body["base_tree"].as_str()
        && bare.with_index(&index, &["read-tree", base], b"").is_err()
    {
        return Reply::error(422, "base_tree is not a valid tree oid");
    }
    let mut lines = Vec::new();
    for one in asked.body["tree"].as_array().into_iter().flatten() {
        let path = one["path"].as_str().unwrap_or_default();
        let mode = one["mode"].as_str().unwrap_or_default();
        if path.is_empty() || mode.is_empty() {
            return Reply::error(422, "tree.path and tree.mode are required");
        }
        let line = match (&one["sha"], one["content"].as_str()) {
            (Value::String(_), Some(_)) => {
                return Reply::error(422, "Must supply either tree.sha or tree.content");
            }
            (Value::String(id), None) => {
                if bare.text(&["cat-file", "-e", id]).is_err() {
                    return Reply::error(422, &format!("tree.sha {id} is not a valid blob"));
                }
                format!("{mode} {id}\t{path}")
            }
            (Value::Null, Some(content)) => {
                let id = bare
                    .run(&["hash-object", "-w", "--stdin"], content.as_bytes())
                    .expect("a blob");
                format!("{mode} {}\t{path}", String::from_utf8_lossy(&id).trim())
            }
            (Value::Null, None) if one.get("sha").is_some() => {
                let listed = bare
                    .with_index(&index, &["ls-files", "--", path], b"")
                    .unwrap_or_default();
                if listed.is_empty() {
                    return Reply::error(422, "GitRPC::BadObjectState");
                }
                format!("0 {}\t{path}", "0".repeat(40))
            }
            _ => return Reply::error(422, "Must supply either tree.sha or tree.content"),
        };
        lines.extend_from_slice(line.as_bytes());
        lines.push(0);
    }
    if let Err(why) = bare.with_index(&index, &["update-index", "-z", "--index-info"], &lines) {
        return Reply::error(422, &why);
    }
    let made = bare.with_index(&index, &["write-tree"], b"");
    let _ = std::fs::remove_file(&index);
    match made {
        Ok(id) => Reply::json(
            201,
            &json!({"sha": String::from_utf8_lossy(&id).trim(), "tree": [], "truncated": false}),
        ),
        Err(why) => Reply::error(422, &why),
    }
}

fn make_commit(asked: &Asked, bare: &Bare) -> Reply {
    let login = asked.who.login().unwrap_or_default();
    let noreply = format!("{login}@users.noreply.github.com");
    let name = asked.body["author"]["name"]
        .as_str()
        .unwrap_or(&login)
        .to_owned();
    let email = asked.body["author"]["email"]
        .as_str()
        .unwrap_or(&noreply)
        .to_owned();
    let mut arguments = vec!["commit-tree".to_owned(), "-F".into(), "-".into()];
    for parent in asked.body["parents"].as_array().into_iter().flatten() {
        arguments.push("-p".into());
        arguments.push(parent.as_str().unwrap_or_default().to_owned());
    }
    arguments.push(asked.text("tree"));
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let environment = [
        ("GIT_AUTHOR_NAME", name.as_str()),
        ("GIT_AUTHOR_EMAIL", &email),
        ("GIT_COMMITTER_NAME", &name),
        ("GIT_COMMITTER_EMAIL", &email),
    ];
    match bare.with(&environment, &arguments, asked.text("message").as_bytes()) {
        Ok(id) => {
            let id = String::from_utf8_lossy(&id).trim().to_owned();
            Reply::json(201, &commit(bare, &id).unwrap_or_default())
        }
        Err(_) => Reply::error(422, "Tree SHA does not exist"),
    }
}
