//! What the two actions that send a request of the template's have in common: input, outputs, and what counts as a failure.
//! Names and defaults are those of Roadie's plugin.

use std::time::Duration;

use secrecy::SecretString;
use serde_json::{Map, Value, json};
use url::Url;

use super::action::{Level, StepContext};
use super::error::{ActionError, ActionErrorKind};
use super::github::inputs;
use super::services::{HttpAnswer, HttpRequest};
use crate::github::endpoint::shown;
use crate::github::error::printable;

/// The longest time for a request where the step names none, in milliseconds.
const TIMEOUT: f64 = 60_000.0;
/// The longest time for any.
const LONGEST: f64 = 600_000.0;
const METHODS: &[&str] = &[
    "GET", "HEAD", "OPTIONS", "POST", "UPDATE", "DELETE", "PUT", "PATCH",
];

/// Properties of the input besides where the request goes.
pub fn properties() -> Vec<(&'static str, Value)> {
    let any = |description: &str| json!({"description": description});
    let object = |description: &str| json!({"type": "object", "additionalProperties": {}, "description": description});
    vec![
        ("method", inputs::word(METHODS, None, "The method")),
        ("headers", object("Headers")),
        ("params", object("What stands after the `?`")),
        (
            "body",
            any("The body: a text, or anything where `content-type` says JSON"),
        ),
        (
            "logRequestPath",
            inputs::flag("Whether the address is logged; true where nothing is said"),
        ),
        (
            "continueOnBadResponse",
            inputs::flag(
                "Whether a status of 400 and above is put out instead of failing the step",
            ),
        ),
        (
            "timeout",
            json!({"type": "number", "default": TIMEOUT, "description": "Milliseconds until the request fails"}),
        ),
    ]
}

/// What is put out.
pub fn outputs() -> Value {
    inputs::object(
        &[
            ("code", inputs::text("The status")),
            (
                "headers",
                json!({"type": "object", "additionalProperties": {}, "description": "The answer's headers"}),
            ),
            (
                "body",
                json!({"description": "The answer; a text stands under `message`"}),
            ),
        ],
        &[],
    )
}

/// Sends the step's request to an address that it may ask, and puts the answer out. `authorization` signs it where the
/// step's headers do not.
///
/// # Errors
/// As the network says; `Other` for a status of 400 and above, unless the step goes on with it.
pub async fn send(
    step: &mut StepContext<'_>,
    mut url: Url,
    authorization: Option<SecretString>,
) -> Result<(), ActionError> {
    let method = step.text("method").unwrap_or("GET").to_owned();
    let id = shown(&url);
    if step.flag("logRequestPath", true) {
        step.log(Level::Info, &format!("{method} {id}"));
    } else {
        step.log(Level::Info, &format!("{method} request"));
    }
    let headers = headers(step.input);
    if let Some(Value::Object(params)) = step.input.get("params") {
        url.query_pairs_mut()
            .extend_pairs(params.iter().map(|(name, value)| (name, plain(value))));
    }
    let signed = headers
        .iter()
        .any(|(name, _)| name.eq_ignore_ascii_case("authorization"));
    let timeout = step
        .input
        .get("timeout")
        .and_then(Value::as_f64)
        .unwrap_or(TIMEOUT);
    let request = HttpRequest {
        body: body(step.input, &headers)?,
        method,
        url,
        headers,
        authorization: authorization.filter(|_| !signed),
        timeout: Duration::from_secs_f64(timeout.clamp(1.0, LONGEST) / 1000.0),
    };
    let answer = step
        .services
        .outside
        .http
        .send(request, step.cancel)
        .await?;
    let body = read(&answer);
    let bad = answer.status >= 400;
    if bad {
        let told = printable(&body.to_string(), 300);
        step.log(
            Level::Error,
            &format!("{id} answered {}: {told}", answer.status),
        );
        if !step.flag("continueOnBadResponse", false) {
            return Err(ActionError::new(
                ActionErrorKind::Other,
                format!(
                    "Unable to complete request: {id} answered {}",
                    answer.status
                ),
            ));
        }
    }
    let headers: Map<String, Value> = if bad {
        Map::new()
    } else {
        answer
            .headers
            .into_iter()
            .map(|(name, value)| (name, Value::String(value)))
            .collect()
    };
    step.output("code", json!(answer.status));
    step.output("headers", Value::Object(headers));
    step.output("body", body);
    Ok(())
}

fn headers(input: &Map<String, Value>) -> Vec<(String, String)> {
    input
        .get("headers")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.clone(), plain(value)))
        .collect()
}

/// As JavaScript writes a value into a header or an address.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn body(
    input: &Map<String, Value>,
    headers: &[(String, String)],
) -> Result<Option<Vec<u8>>, ActionError> {
    let says_json = headers.iter().any(|(name, value)| {
        name.eq_ignore_ascii_case("content-type") && value.to_lowercase().contains("json")
    });
    match input.get("body") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone().into_bytes())),
        Some(other) if says_json => Ok(Some(other.to_string().into_bytes())),
        Some(_) => Err(ActionError::input("`body` is no text")
            .hint("say `content-type: application/json` under `headers` to send it as JSON")),
    }
}

fn read(answer: &HttpAnswer) -> Value {
    let is_json = answer
        .headers
        .iter()
        .any(|(name, value)| name == "content-type" && value.contains("application/json"));
    let text = || json!({"message": String::from_utf8_lossy(&answer.body)});
    if is_json {
        serde_json::from_slice(&answer.body).unwrap_or_else(|_| text())
    } else {
        text()
    }
}
