//! Git over HTTP, by `git http-backend`: clones and pushes are real.

use std::io::Write;
use std::process::{Command, Stdio};

use base64::Engine as _;

use super::access::{Who, identify};
use super::http::{Recorded, Reply};
use super::world::{Visibility, World};

/// The answer to a request of git's; none where it is none.
pub fn answer(request: &Recorded, world: &mut World, now: i64) -> Option<Reply> {
    let path = request.bare_path().strip_prefix('/')?;
    let (repository, service) = ["/info/refs", "/git-upload-pack", "/git-receive-pack"]
        .iter()
        .find_map(|service| Some((path.strip_suffix(service)?, *service)))?;
    let (owner, name) = repository.split_once('/')?;
    let name = name.strip_suffix(".git").unwrap_or(name);
    let query = request.path.split_once('?').map_or("", |(_, query)| query);
    let pushes = service == "/git-receive-pack" || query.contains("git-receive-pack");
    let who = match signed(request, world, now) {
        Ok(who) => who,
        Err(reply) => return Some(reply),
    };
    let gone = || Reply {
        body: b"Repository not found.".to_vec(),
        ..Reply::empty(404)
    };
    let account = world.find_account(owner)?.clone();
    let Some(found) = account
        .find_repository(name)
        .filter(|found| who.sees(&account, found))
    else {
        return Some(if matches!(who, Who::Anonymous) {
            unauthorized()
        } else {
            gone()
        });
    };
    if pushes {
        if matches!(who, Who::Anonymous) {
            return Some(unauthorized());
        }
        let public = found.visibility == Visibility::Public;
        let scopes: &[&str] = if public {
            &["repo", "public_repo"]
        } else {
            &["repo"]
        };
        if !who.may_write(&account) || !who.has_scope(scopes) {
            let login = who.login().unwrap_or_default();
            return Some(Reply {
                body: format!("Permission to {owner}/{name}.git denied to {login}.").into_bytes(),
                ..Reply::empty(403)
            });
        }
    }
    let repository = world.repository_mut(owner, name)?;
    let bare = repository.bare();
    let reply = backend(request, bare.path(), service, query);
    if service == "/git-receive-pack" {
        repository.refresh(now);
    }
    Some(reply)
}

fn unauthorized() -> Reply {
    Reply {
        body: b"Authentication required.".to_vec(),
        ..Reply::empty(401)
    }
    .header("www-authenticate", "Basic realm=\"GitHub\"")
}

/// Who asks: the password of basic authentication is a token.
fn signed(request: &Recorded, world: &World, now: i64) -> Result<Who, Reply> {
    let Some(basic) = request.header("authorization") else {
        return Ok(Who::Anonymous);
    };
    let token = basic
        .strip_prefix("Basic ")
        .and_then(|text| base64::engine::general_purpose::STANDARD.decode(text).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .and_then(|pair| Some(pair.split_once(':')?.1.to_owned()))
        .ok_or_else(unauthorized)?;
    let mut request = request.clone();
    request.headers.retain(|(name, _)| name != "authorization");
    request
        .headers
        .push(("authorization".into(), format!("Bearer {token}")));
    identify(&request, world, now).map_err(|_| unauthorized())
}

fn backend(request: &Recorded, folder: &std::path::Path, service: &str, query: &str) -> Reply {
    let mut command = Command::new("git");
    command
        .arg("http-backend")
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("GIT_PROJECT_ROOT", folder)
        .env("PATH_INFO", service)
        .env("REQUEST_METHOD", &request.method)
        .env("QUERY_STRING", query)
        .env("REMOTE_USER", "loopback")
        .env("REMOTE_ADDR", "127.0.0.1")
        .env("CONTENT_LENGTH", request.body.len().to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    for (header, variable) in [
        ("content-type", "CONTENT_TYPE"),
        ("content-encoding", "HTTP_CONTENT_ENCODING"),
        ("git-protocol", "GIT_PROTOCOL"),
    ] {
        if let Some(value) = request.header(header) {
            command.env(variable, value);
        }
    }
    let mut child = command.spawn().expect("git http-backend");
    let mut stdin = child.stdin.take().expect("its input");
    let body = request.body.clone();
    let writing = std::thread::spawn(move || {
        let _ = stdin.write_all(&body);
    });
    let output = child.wait_with_output().expect("its end").stdout;
    let _ = writing.join();
    let Some(end) = output.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Reply::empty(500);
    };
    let mut reply = Reply {
        body: output[end + 4..].to_vec(),
        ..Reply::empty(200)
    };
    for line in String::from_utf8_lossy(&output[..end]).lines() {
        let Some((name, value)) = line.split_once(':') else {
            continue;
        };
        if name.eq_ignore_ascii_case("status") {
            reply.status = value
                .split_whitespace()
                .next()
                .and_then(|code| code.parse().ok())
                .unwrap_or(500);
        } else {
            reply = reply.header(&name.to_ascii_lowercase(), value.trim());
        }
    }
    reply
}
