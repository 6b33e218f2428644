//! GitHub Apps over REST, and the device flow.

use serde_json::{Value, json};

use super::access::Who;
use super::http::{Recorded, Reply};
use super::rest::paged;
use super::world::{App, Installation, IssuedToken, World};

/// `/app…` and `/{orgs,users}/LOGIN/installation`; `None` where the path is another.
pub fn answer(
    request: &Recorded,
    path: &[&str],
    who: &Who,
    world: &mut World,
    web: &str,
    now: i64,
) -> Option<Reply> {
    let needs_app = matches!(path, ["app", ..] | ["orgs" | "users", _, "installation"]);
    if !needs_app {
        return None;
    }
    let Who::App(id) = who else {
        return Some(Reply::error(401, "A JSON web token could not be decoded"));
    };
    let app = world.apps.iter().find(|app| app.id == *id)?.clone();
    let reply = match (request.method.as_str(), path) {
        ("GET", ["app"]) => Reply::json(
            200,
            &json!({"id": app.id, "slug": format!("app-{}", app.id)}),
        ),
        ("GET", ["app", "installations"]) => {
            let all: Vec<Value> = app.installations.iter().map(|at| shape(&app, at)).collect();
            paged(request, all, web)
        }
        ("GET", [_, owner, "installation"]) => {
            match app
                .installations
                .iter()
                .find(|at| at.owner.eq_ignore_ascii_case(owner))
            {
                Some(at) => Reply::json(200, &shape(&app, at)),
                None => Reply::error(404, "Not Found"),
            }
        }
        ("POST", ["app", "installations", id, "access_tokens"]) => {
            match app
                .installations
                .iter()
                .find(|at| at.id.to_string() == **id)
            {
                None => Reply::error(404, "Not Found"),
                Some(at) if at.suspended => {
                    Reply::error(403, "This installation has been suspended")
                }
                Some(at) => issue(world, &app, at, now),
            }
        }
        _ => Reply::error(404, "Not Found"),
    };
    Some(reply)
}

fn issue(world: &mut World, app: &App, at: &Installation, now: i64) -> Reply {
    let token = format!("ghs_issued{}", world.fresh_id());
    let expires_at = now + app.token_seconds;
    world.issued.push(IssuedToken {
        token: token.clone(),
        app_id: app.id,
        owner: at.owner.clone(),
        expires_at,
    });
    Reply::json(
        201,
        &json!({
            "token": token,
            "expires_at": super::rest::date(expires_at),
            "permissions": at.permissions,
            "repository_selection": "all",
        }),
    )
}

fn shape(app: &App, at: &Installation) -> Value {
    json!({
        "id": at.id,
        "account": {"login": at.owner},
        "app_id": app.id,
        "target_type": "Organization",
        "repository_selection": "all",
        "permissions": at.permissions,
        "suspended_at": at.suspended.then_some("2024-01-01T00:00:00Z"),
    })
}

/// `/login/device/code` and `/login/oauth/access_token`: forms in, JSON out where `Accept` asks for it.
pub fn sign_in(request: &Recorded, world: &mut World, web: &str) -> Reply {
    if request.method != "POST" {
        return Reply::error(404, "Not Found");
    }
    if request.header("accept") != Some("application/json") {
        return Reply::error(406, "the loopback server answers sign-in in JSON only");
    }
    let form: Vec<(String, String)> = url::form_urlencoded::parse(&request.body)
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    let field = |name: &str| {
        form.iter()
            .find(|(have, _)| have == name)
            .map(|(_, value)| value.as_str())
    };
    let known =
        world.device.client_id.is_some() && field("client_id") == world.device.client_id.as_deref();
    if !known {
        return Reply::json(404, &json!({"error": "Not Found"}));
    }
    match request.bare_path() {
        "/login/device/code" => {
            world.device.asked_scopes = field("scope").map(str::to_owned);
            Reply::json(
                200,
                &json!({
                    "device_code": "device-code-of-the-test",
                    "user_code": "WDJB-MJHT",
                    "verification_uri": format!("{web}/login/device"),
                    "expires_in": 900,
                    "interval": world.device.interval,
                }),
            )
        }
        "/login/oauth/access_token" => {
            let right = field("device_code") == Some("device-code-of-the-test")
                && field("grant_type") == Some("urn:ietf:params:oauth:grant-type:device_code");
            if !right {
                return Reply::json(200, &json!({"error": "incorrect_device_code"}));
            }
            let answer = match world.device.answers.len() {
                0 => "authorization_pending".to_owned(),
                1 => world.device.answers[0].clone(),
                _ => world.device.answers.remove(0),
            };
            match answer.strip_prefix("token:") {
                Some(token) => Reply::json(
                    200,
                    &json!({"access_token": token, "token_type": "bearer", "scope": "read:org,repo"}),
                ),
                None => Reply::json(
                    200,
                    &json!({"error": answer, "interval": world.device.interval + 5}),
                ),
            }
        }
        _ => Reply::error(404, "Not Found"),
    }
}
