//! Backstage's filters: they take and give plain JSON.

use serde_json::{Map, Value as Json, json};
use url::Url;

use super::super::error::{Result, fail, quoted};
use super::super::limits::Meter;
use super::super::value::Value;
use super::super::{HostKind, Options};

const DEFAULT_NAMESPACE: &str = "default";

pub(crate) fn apply(
    name: &str,
    input: &Value,
    arguments: &[Value],
    options: &Options,
    meter: &Meter,
) -> Result<Value> {
    let input = input.to_json(meter, 0)?.unwrap_or(Json::Null);
    let mut given = Vec::new();
    for argument in arguments {
        given.push(argument.to_json(meter, 0)?.unwrap_or(Json::Null));
    }
    let first = given.first().unwrap_or(&Json::Null);
    let found = match name {
        "parseEntityRef" => entity_ref(&input, first)?,
        "parseRepoUrl" => Json::Object(repo_url(&input, options)?),
        "projectSlug" => {
            let repo = repo_url(&input, options)?;
            let part = |name: &str| repo.get(name).and_then(Json::as_str).unwrap_or("undefined");
            json!(format!("{}/{}", part("owner"), part("repo")))
        }
        _ => match pick(&input, first) {
            Some(found) => found,
            None => return Ok(given.get(1).map_or(Value::Undefined, Value::from_json)),
        },
    };
    Ok(Value::from_json(&found))
}

/// `[kind:][namespace/]name`, or a record of the three, with what is missing filled in. The spelling stays.
fn entity_ref(input: &Json, defaults: &Json) -> Result<Json> {
    let default = |name: &str| {
        defaults
            .get(name)
            .and_then(Json::as_str)
            .filter(|text| !text.is_empty())
    };
    let owned = |text: &str| Some(text.to_owned());
    let (kind, namespace, name) = match input {
        Json::String(text) if !text.is_empty() => {
            let slash = text.find('/');
            let colon = text
                .find(':')
                .filter(|colon| slash.is_none_or(|slash| *colon < slash));
            let kind = colon.and_then(|colon| text.get(..colon));
            let rest = colon
                .and_then(|colon| text.get(colon + 1..))
                .unwrap_or(text);
            let (namespace, name) = match rest.split_once('/') {
                Some((namespace, name)) => (Some(namespace), name),
                None => (None, rest),
            };
            if kind == Some("") || namespace == Some("") || name.is_empty() {
                return fail(format!(
                    "Entity reference {} was not on the form [<kind>:][<namespace>/]<name>",
                    quoted(text)
                ));
            }
            (kind.and_then(owned), namespace.and_then(owned), owned(name))
        }
        Json::Object(parts) => {
            let part = |name: &str| parts.get(name).and_then(Json::as_str).and_then(owned);
            (part("kind"), part("namespace"), part("name"))
        }
        _ => return fail("Entity reference must not be empty"),
    };
    let kind = kind.or_else(|| default("defaultKind").and_then(owned));
    let namespace = namespace
        .or_else(|| default("defaultNamespace").and_then(owned))
        .or_else(|| owned(DEFAULT_NAMESPACE));
    let missing = |what: &str| {
        let hint = if what == "kind" {
            " (e.g. did not start with \"component:\" or similar)"
        } else {
            ""
        };
        fail(format!(
            "Entity reference {input} had missing or empty {what}{hint}"
        ))
    };
    let Some(kind) = kind.filter(|kind| !kind.is_empty()) else {
        return missing("kind");
    };
    let Some(namespace) = namespace.filter(|namespace| !namespace.is_empty()) else {
        return missing("namespace");
    };
    let Some(name) = name.filter(|name| !name.is_empty()) else {
        return missing("name");
    };
    Ok(json!({ "kind": kind, "namespace": namespace, "name": name }))
}

/// The parts of what a repository picker gives: `github.com?owner=o&repo=r`.
fn repo_url(input: &Json, options: &Options) -> Result<Map<String, Json>> {
    let Some(text) = input.as_str() else {
        return fail(format!("Invalid repo URL passed to publisher, got {input}"));
    };
    let Ok(url) = Url::parse(&format!("https://{text}")) else {
        return fail(format!("Invalid repo URL passed to publisher, got {text}"));
    };
    let host = match (url.host_str(), url.port()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (Some(host), None) => host.to_owned(),
        (None, _) => String::new(),
    };
    let Some((_, kind)) = options.hosts.iter().find(|(known, _)| *known == host) else {
        return fail(format!(
            "No matching integration configuration for host {host}, please check your integrations config"
        ));
    };
    let parameter = |name: &str| {
        url.query_pairs()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    };
    let required: &[&str] = match kind {
        HostKind::Azure => &["project", "repo"],
        HostKind::Bitbucket if host == "bitbucket.org" => &["workspace", "project", "repo"],
        HostKind::Bitbucket => &["project", "repo"],
        HostKind::Gitea | HostKind::Gerrit => &["repo"],
        HostKind::GitLab if parameter("project").is_some_and(|project| !project.is_empty()) => &[],
        HostKind::GitLab => &["owner", "repo"],
        HostKind::GitHub => &["repo", "owner"],
    };
    if let Some(missing) = required
        .iter()
        .find(|name| parameter(name).is_none_or(|value| value.is_empty()))
    {
        return fail(format!(
            "Invalid repo URL passed to publisher: {url}, missing {missing}"
        ));
    }
    let mut parts = Map::new();
    parts.insert("host".into(), Json::String(host));
    for name in ["owner", "repo", "organization", "workspace", "project"] {
        if let Some(value) = parameter(name) {
            parts.insert(
                name.into(),
                Json::String(value.trim_matches('/').to_owned()),
            );
        }
    }
    Ok(parts)
}

/// An entry by its path, `metadata.name` or `list[0].name`; an entry whose very name it is goes first.
fn pick(input: &Json, path: &Json) -> Option<Json> {
    let segments: Vec<String> = match path {
        Json::String(path) if input.get(path).is_some() => vec![path.clone()],
        Json::String(path) => segments(path),
        Json::Array(parts) => parts.iter().map(plain).collect(),
        other => vec![plain(other)],
    };
    if segments.is_empty() {
        return None;
    }
    let mut found = input.clone();
    for segment in segments {
        found = member(&found, &segment)?;
    }
    Some(found)
}

fn plain(value: &Json) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn member(value: &Json, name: &str) -> Option<Json> {
    match value {
        Json::Object(entries) => entries.get(name).cloned(),
        Json::Array(items) if name == "length" => Some(json!(items.len())),
        Json::Array(items) => name
            .parse::<usize>()
            .ok()
            .and_then(|at| items.get(at))
            .cloned(),
        Json::String(text) if name == "length" => Some(json!(text.encode_utf16().count())),
        Json::String(text) => {
            let at = name.parse::<usize>().ok()?;
            let unit = text.encode_utf16().nth(at)?;
            Some(Json::String(String::from_utf16_lossy(&[unit])))
        }
        _ => None,
    }
}

/// The names in a path: points stand between them, brackets around them, quotes in brackets.
fn segments(path: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut current = String::new();
    let mut characters = path.chars().peekable();
    let mut after_bracket = false;
    while let Some(character) = characters.next() {
        match character {
            '.' => {
                if !std::mem::take(&mut after_bracket) {
                    found.push(std::mem::take(&mut current));
                }
            }
            '[' => {
                if !current.is_empty() {
                    found.push(std::mem::take(&mut current));
                }
                let quote = characters.next_if(|c| *c == '"' || *c == '\'');
                let mut inner = String::new();
                for next in characters.by_ref() {
                    if Some(next) == quote {
                        continue;
                    }
                    if next == ']' {
                        break;
                    }
                    inner.push(next);
                }
                found.push(inner);
                after_bracket = true;
            }
            other => {
                after_bracket = false;
                current.push(other);
            }
        }
    }
    if !after_bracket {
        found.push(current);
    }
    found
}
