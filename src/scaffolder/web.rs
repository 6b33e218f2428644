//! Requests to servers that are no GitHub: bounded in time and size, never redirected, cancellable.

use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};
use secrecy::ExposeSecret;
use tokio_util::sync::CancellationToken;

use super::error::{ActionError, ActionErrorKind};
use super::services::{Answer, HttpAccess, HttpAnswer, HttpRequest};
use crate::github::endpoint::{is_loopback, may_speak, shown};
use crate::github::error::printable;

/// Most bytes of an answer.
const MOST: usize = 8 * 1024 * 1024;
/// Longest time until a connection stands.
const CONNECT: Duration = Duration::from_secs(10);

/// The network.
#[derive(Clone, Copy, Debug)]
pub struct Web;

impl HttpAccess for Web {
    fn send<'a>(
        &'a self,
        request: HttpRequest,
        cancel: &'a CancellationToken,
    ) -> Answer<'a, HttpAnswer> {
        Box::pin(async move {
            tokio::select! {
                () = cancel.cancelled() => Err(ActionError::cancelled()),
                answer = exchange(request) => answer,
            }
        })
    }
}

async fn exchange(request: HttpRequest) -> Result<HttpAnswer, ActionError> {
    let what = format!("{} {}", printable(&request.method, 20), shown(&request.url));
    if !may_speak(&request.url) {
        return Err(ActionError::not_allowed(format!(
            "{what}: only https addresses are asked"
        )));
    }
    let mut builder = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("callboard/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT)
        .timeout(request.timeout)
        .referer(false);
    if is_loopback(&request.url) {
        builder = builder.no_proxy();
    }
    let network = |error: &reqwest::Error| {
        let why = if error.is_timeout() {
            "no answer in time"
        } else if error.is_connect() {
            "no connection"
        } else {
            "the connection broke"
        };
        ActionError::new(ActionErrorKind::Network, format!("{what}: {why}"))
    };
    let client = builder.build().map_err(|error| network(&error))?;
    let bad = |name: &str| ActionError::input(format!("{what}: the {name} cannot be sent"));
    let method =
        reqwest::Method::from_bytes(request.method.as_bytes()).map_err(|_| bad("method"))?;
    let mut sending = client.request(method, request.url);
    for (name, value) in &request.headers {
        let header =
            HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad("name of a header"))?;
        let value = HeaderValue::from_str(value).map_err(|_| bad("value of a header"))?;
        sending = sending.header(header, value);
    }
    if let Some(authorization) = &request.authorization {
        let mut value = HeaderValue::from_str(authorization.expose_secret())
            .map_err(|_| bad("authorization"))?;
        value.set_sensitive(true);
        sending = sending.header(AUTHORIZATION, value);
    }
    if let Some(body) = request.body {
        sending = sending.body(body);
    }
    let mut answer = sending.send().await.map_err(|error| network(&error))?;
    let status = answer.status().as_u16();
    let headers = answer
        .headers()
        .iter()
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.as_str().to_owned(), value)
        })
        .collect();
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| network(&error))? {
        if body.len() + chunk.len() > MOST {
            return Err(ActionError::new(
                ActionErrorKind::Limit,
                format!("{what}: the answer is larger than {MOST} bytes"),
            ));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(HttpAnswer {
        status,
        headers,
        body,
    })
}
