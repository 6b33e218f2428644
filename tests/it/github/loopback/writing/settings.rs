//! Repositories are made, and given people, secrets, variables, environments, hooks and the rest.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::super::access::Who;
use super::super::http::Reply;
use super::super::world::{Account, Repository, Visibility, World};
use super::{Asked, describe, invalid, not_found};

/// `POST /orgs/{org}/repos` and `POST /user/repos`.
pub fn create(asked: &Asked, world: &mut World, organization: Option<&str>) -> Reply {
    let owner = match (organization, asked.who) {
        (Some(organization), _) => organization.to_owned(),
        (None, Who::Person(token)) => token.login.clone(),
        (None, _) => {
            return Reply::error(403, "Resource not accessible by integration")
                .header("x-accepted-github-permissions", "");
        }
    };
    let Some(account) = world.find_account(&owner).cloned() else {
        return not_found();
    };
    if account.is_organization != organization.is_some() {
        return not_found();
    }
    if !asked.who.has_scope(&["repo", "public_repo"]) {
        return not_found().header("x-accepted-oauth-scopes", "public_repo, repo");
    }
    if !asked.who.may_write(&account) {
        return Reply::error(
            403,
            "You need admin access to the organization before adding a repository to it.",
        );
    }
    let name = asked.text("name");
    if account.find_repository(&name).is_some() {
        return Reply::json(
            422,
            &json!({
                "message": "Repository creation failed.",
                "errors": [{"resource": "Repository", "code": "custom", "field": "name", "message": "name already exists on this account"}],
                "status": "422",
            }),
        );
    }
    let visibility = match (
        asked.body.get("visibility").and_then(Value::as_str),
        asked.flag("private"),
    ) {
        (Some("internal"), _) => Visibility::Internal,
        (Some("private"), _) | (None, true) => Visibility::Private,
        _ => Visibility::Public,
    };
    let mut made = Repository::empty(&name)
        .visibility(visibility)
        .pushed_at(asked.now);
    made.description = asked
        .body
        .get("description")
        .and_then(Value::as_str)
        .map(str::to_owned);
    made.hub.created_at = Some(asked.now);
    made.hub.body = asked.body.clone();
    if asked.flag("auto_init") {
        made = made.file("README.md", format!("# {name}\n"));
    }
    world.add_repository(&owner, made);
    let account = world.find_account(&owner).expect("it was there").clone();
    let made = account.find_repository(&name).expect("it was made");
    Reply::json(201, &describe(asked, &account, made))
}

/// `PUT /orgs/{org}/teams/{team_slug}/repos/{owner}/{repo}`.
pub fn team(
    asked: &Asked,
    world: &mut World,
    (organization, team): (&str, &str),
    owner: &str,
    name: &str,
) -> Reply {
    let known = world
        .find_account(organization)
        .is_some_and(|account| account.teams.iter().any(|one| one.slug == team));
    let permission = asked.text("permission");
    match world.repository_mut(owner, name) {
        Some(repository) if known && organization.eq_ignore_ascii_case(owner) => {
            repository.hub.teams.insert(team.to_owned(), permission);
            Reply::empty(204)
        }
        _ => not_found(),
    }
}

/// What belongs to one repository.
pub fn answer(
    asked: &Asked,
    world: &mut World,
    account: &Account,
    name: &str,
    rest: &[&str],
) -> Option<Reply> {
    let (public, private) = world.seal;
    let people: Vec<String> = world.people.keys().cloned().collect();
    let id = world.fresh_id();
    let repository = world.repository_mut(&account.login, name)?;
    let key = || {
        Reply::json(
            200,
            &json!({"key_id": "568250167242549743", "key": STANDARD.encode(public)}),
        )
    };
    let open = || {
        let sealed = STANDARD.decode(asked.text("encrypted_value")).ok()?;
        let mut opened = vec![0; sealed.len().checked_sub(48)?];
        dryoc::classic::crypto_box::crypto_box_seal_open(&mut opened, &sealed, &public, &private)
            .ok()?;
        (asked.text("key_id") == "568250167242549743").then_some(())?;
        String::from_utf8(opened).ok()
    };
    let unsealed = || {
        Reply::error(
            422,
            "Bad request - encrypted value is not sealed for this key",
        )
    };
    let list = |items: &[Value]| Reply::json(200, &json!(items));
    Some(match (asked.method, rest) {
        ("PATCH", []) => {
            for (name, value) in asked.body.as_object().into_iter().flatten() {
                repository.hub.body[name] = value.clone();
            }
            let repository = repository.clone();
            Reply::json(200, &describe(asked, account, &repository))
        }
        ("PUT", ["collaborators", login]) => {
            if !people.contains(&login.to_lowercase()) {
                return Some(not_found());
            }
            let permission = asked.text("permission");
            repository
                .hub
                .people
                .insert((*login).to_owned(), permission);
            Reply::json(201, &json!({"id": id, "permissions": "write"}))
        }
        ("PUT", ["topics"]) => {
            let names: Vec<String> =
                serde_json::from_value(asked.body["names"].clone()).unwrap_or_default();
            let fits = |name: &String| {
                name.len() <= 50
                    && name
                        .chars()
                        .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
            };
            if names.len() > 20 || !names.iter().all(fits) {
                return Some(invalid(
                    "Repository",
                    "topics",
                    "Topics must start with a lowercase letter or number",
                ));
            }
            repository.topics.clone_from(&names);
            Reply::json(200, &json!({"names": names}))
        }
        ("PUT", ["subscription"]) => {
            repository.hub.subscription = asked.body.clone();
            Reply::json(200, &asked.body)
        }
        ("PUT", ["actions", "oidc", "customization", "sub"]) => {
            repository.hub.oidc = asked.body.clone();
            Reply::json(201, &json!({}))
        }
        ("PUT", ["actions", "permissions", "access"]) => {
            repository.hub.workflow_access = asked.text("access_level");
            Reply::empty(204)
        }
        (
            "GET",
            ["actions", "secrets", "public-key"] | ["environments", _, "secrets", "public-key"],
        ) => key(),
        ("PUT", ["actions", "secrets", secret]) => match open() {
            Some(opened) => {
                let had = repository.hub.secrets.insert((*secret).to_owned(), opened);
                if had.is_some() {
                    Reply::empty(204)
                } else {
                    Reply::json(201, &json!({}))
                }
            }
            None => unsealed(),
        },
        ("POST", ["actions", "variables"]) => made_variable(asked, &mut repository.hub.variables),
        ("PATCH", ["actions", "variables", name]) => {
            set_variable(asked, &mut repository.hub.variables, name)
        }
        ("PUT", ["environments", environment]) => {
            let both = asked
                .body
                .pointer("/deployment_branch_policy/protected_branches")
                == asked
                    .body
                    .pointer("/deployment_branch_policy/custom_branch_policies");
            if both
                && asked
                    .body
                    .get("deployment_branch_policy")
                    .is_some_and(Value::is_object)
            {
                return Some(invalid(
                    "Environment",
                    "deployment_branch_policy",
                    "cannot have the same value",
                ));
            }
            let one = repository
                .hub
                .environments
                .entry((*environment).to_owned())
                .or_default();
            one.body = asked.body.clone();
            Reply::json(200, &json!({"id": id, "name": environment}))
        }
        (_, ["environments", environment, rest @ ..]) => {
            let Some(environment) = repository.hub.environments.get_mut(*environment) else {
                return Some(not_found());
            };
            match (asked.method, rest) {
                ("GET", ["deployment-branch-policies"]) => Reply::json(
                    200,
                    &json!({"total_count": environment.policies.len(), "branch_policies": environment.policies}),
                ),
                ("POST", ["deployment-branch-policies"]) => {
                    if environment
                        .body
                        .pointer("/deployment_branch_policy/custom_branch_policies")
                        != Some(&Value::Bool(true))
                    {
                        return Some(not_found());
                    }
                    let policy =
                        json!({"id": id, "name": asked.text("name"), "type": asked.text("type")});
                    environment.policies.push(policy.clone());
                    Reply::json(200, &policy)
                }
                ("POST", ["variables"]) => made_variable(asked, &mut environment.variables),
                ("PATCH", ["variables", name]) => {
                    set_variable(asked, &mut environment.variables, name)
                }
                ("PUT", ["secrets", secret]) => match open() {
                    Some(opened) => {
                        environment.secrets.insert((*secret).to_owned(), opened);
                        Reply::json(201, &json!({}))
                    }
                    None => unsealed(),
                },
                _ => not_found(),
            }
        }
        ("PUT", ["branches", branch, "protection"]) => {
            if !repository.branches.contains_key(*branch) {
                return Some(Reply::error(404, "Branch not found"));
            }
            let needs_plan = !account.is_organization
                && repository.visibility != Visibility::Public
                && repository.hub.free_plan;
            if needs_plan {
                return Some(Reply::error(
                    403,
                    "Upgrade to GitHub Pro or make this repository public to enable this feature.",
                ));
            }
            if !account.is_organization && !asked.body["restrictions"].is_null() {
                return Some(invalid(
                    "ProtectedBranch",
                    "restrictions",
                    "Only organization repositories can have users and team restrictions",
                ));
            }
            repository
                .hub
                .protection
                .insert((*branch).to_owned(), asked.body.clone());
            Reply::json(
                200,
                &json!({"url": format!("{}/protection", asked.web), "enforce_admins": {"enabled": asked.body["enforce_admins"]}}),
            )
        }
        ("POST", ["branches", branch, "protection", "required_signatures"]) => {
            if !repository.hub.protection.contains_key(*branch) {
                return Some(Reply::error(404, "Branch not protected"));
            }
            repository.hub.signed.insert((*branch).to_owned());
            Reply::json(200, &json!({"enabled": true}))
        }
        ("GET", ["hooks"]) => list(&repository.hub.hooks),
        ("POST", ["hooks"]) => {
            let url = asked.body["config"]["url"]
                .as_str()
                .unwrap_or_default()
                .to_owned();
            if !url.starts_with("http") {
                return Some(invalid("Hook", "url", "url is not a URL"));
            }
            if repository
                .hub
                .hooks
                .iter()
                .any(|hook| hook["config"]["url"] == url.as_str())
            {
                return Some(invalid(
                    "Hook",
                    "url",
                    "Hook already exists on this repository",
                ));
            }
            let mut hook = asked.body.clone();
            hook["id"] = json!(id);
            hook["name"] = json!("web");
            repository.hub.hooks.push(hook.clone());
            Reply::json(201, &hook)
        }
        ("GET", ["autolinks"]) => list(&repository.hub.autolinks),
        ("POST", ["autolinks"]) => {
            if !asked.text("url_template").contains("<num>") {
                return Some(invalid("KeyLink", "url_template", "must contain <num>"));
            }
            if repository
                .hub
                .autolinks
                .iter()
                .any(|link| link["key_prefix"] == asked.body["key_prefix"])
            {
                return Some(invalid(
                    "KeyLink",
                    "key_prefix",
                    "key_prefix has already been taken",
                ));
            }
            let mut link = asked.body.clone();
            link["id"] = json!(id);
            repository.hub.autolinks.push(link.clone());
            Reply::json(201, &link)
        }
        ("GET", ["keys"]) => list(&repository.hub.keys),
        ("POST", ["keys"]) => {
            let key = asked.text("key");
            let parts: Vec<&str> = key.split_whitespace().take(2).collect();
            if parts.len() < 2 || !parts[0].starts_with("ssh-") && !parts[0].starts_with("ecdsa-") {
                return Some(invalid(
                    "PublicKey",
                    "key",
                    "key is invalid. You must supply a key in OpenSSH public key format",
                ));
            }
            let bare = parts.join(" ");
            if repository
                .hub
                .keys
                .iter()
                .any(|one| one["key"] == bare.as_str())
            {
                return Some(invalid("PublicKey", "key", "key is already in use"));
            }
            let one = json!({"id": id, "key": bare, "title": asked.text("title"), "read_only": asked.flag("read_only"), "created_at": super::super::rest::date(asked.now)});
            repository.hub.keys.push(one.clone());
            Reply::json(201, &one)
        }
        ("GET", ["pages"]) => match &repository.hub.pages {
            Some(pages) => Reply::json(200, pages),
            None => not_found(),
        },
        ("POST", ["pages"]) => {
            if repository.hub.pages.is_some() {
                return Some(Reply::error(409, "GitHub Pages is already enabled."));
            }
            let branch = asked.body["source"]["branch"].as_str().unwrap_or_default();
            if asked.body["build_type"] == "legacy" && !repository.branches.contains_key(branch) {
                return Some(invalid(
                    "Page",
                    "source",
                    &format!("The {branch} branch must exist before GitHub Pages can be built."),
                ));
            }
            repository.hub.pages = Some(asked.body.clone());
            Reply::json(
                201,
                &json!({"build_type": asked.body["build_type"], "status": null, "public": true}),
            )
        }
        _ => return None,
    })
}

fn made_variable(
    asked: &Asked,
    variables: &mut std::collections::BTreeMap<String, String>,
) -> Reply {
    let name = asked.text("name").to_uppercase();
    if !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') || name.starts_with("GITHUB_") {
        return Reply::error(
            422,
            "Variable names can only contain alphanumeric characters ([a-z], [A-Z], [0-9]) or underscores (_).",
        );
    }
    if variables.contains_key(&name) {
        return Reply::error(409, "Already exists - Variable already exists");
    }
    variables.insert(name, asked.text("value"));
    Reply::json(201, &json!({}))
}

fn set_variable(
    asked: &Asked,
    variables: &mut std::collections::BTreeMap<String, String>,
    name: &str,
) -> Reply {
    match variables.get_mut(&name.to_uppercase()) {
        Some(value) => {
            *value = asked.text("value");
            Reply::empty(204)
        }
        None => not_found(),
    }
}
