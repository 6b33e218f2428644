//! `http:request`: a request to a host that the configuration allows.

use serde_json::{Map, Value};
use url::Url;

use crate::github::endpoint::may_speak;
use crate::scaffolder::action::{Action, Example, Outcome, StepContext, Target};
use crate::scaffolder::error::ActionError;
use crate::scaffolder::github::inputs;
use crate::scaffolder::http;

/// See the module.
pub struct HttpRequestAction;

impl Action for HttpRequestAction {
    fn id(&self) -> &'static str {
        "http:request"
    }

    fn description(&self) -> &'static str {
        "Sends a request to a host that `callboard.scaffolder.httpHosts` names."
    }

    fn input_schema(&self) -> Value {
        let mut properties = vec![("url", inputs::text("The address, https"))];
        properties.extend(http::properties());
        inputs::object(&properties, &["url", "method"])
    }

    fn output_schema(&self) -> Value {
        http::outputs()
    }

    fn examples(&self) -> &'static [Example] {
        &[Example {
            description: "Tell a service of the organisation",
            example: "steps:\n  - action: http:request\n    input:\n      method: POST\n      url: https://inventory.example.com/services\n      headers:\n        content-type: application/json\n      body:\n        name: ${{ parameters.name }}\n",
        }]
    }

    fn targets(&self, input: &Map<String, Value>) -> Vec<Target> {
        let text = |name: &str| input.get(name).and_then(Value::as_str).unwrap_or_default();
        let Ok(url) = Url::parse(text("url")) else {
            return Vec::new();
        };
        vec![Target {
            host: url.host_str().unwrap_or_default().to_owned(),
            what: url.path().to_owned(),
            verb: format!("send {} to", text("method")),
            creates: false,
        }]
    }

    fn run<'a>(&'a self, step: &'a mut StepContext<'_>) -> Outcome<'a> {
        Box::pin(async move {
            let url = allowed(
                step.text("url").unwrap_or_default(),
                &step.services.config.http_hosts,
            )?;
            http::send(step, url, None).await
        })
    }
}

/// The address, if its host is one that the configuration names: with its port where it has one.
fn allowed(text: &str, hosts: &[String]) -> Result<Url, ActionError> {
    let url = Url::parse(text).map_err(|_| ActionError::input("`url` is not an address"))?;
    let host = url.host_str().unwrap_or_default();
    let with_port = url
        .port()
        .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    if !url.username().is_empty() || url.password().is_some() || !may_speak(&url) {
        return Err(ActionError::not_allowed(
            "`url` is not an https address without a password",
        ));
    }
    if hosts
        .iter()
        .any(|known| known.eq_ignore_ascii_case(&with_port))
    {
        return Ok(url);
    }
    Err(
        ActionError::not_allowed(format!("templates may not send requests to {with_port}"))
            .hint("add the host to `callboard.scaffolder.httpHosts`"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_hosts_of_the_configuration_are_asked() {
        let hosts = ["api.example.com".to_owned(), "127.0.0.1:8080".to_owned()];
        assert!(allowed("https://API.example.com/x?y", &hosts).is_ok());
        assert!(allowed("http://127.0.0.1:8080/", &hosts).is_ok());
        for bad in [
            "http://api.example.com/",
            "https://api.example.com:444/",
            "https://api.example.com.evil.test/",
            "https://api.example.com@evil.test/",
            "https://ann:secret@api.example.com/",
            "file:///etc/passwd",
            "api.example.com",
        ] {
            assert!(allowed(bad, &hosts).is_err(), "{bad}");
        }
    }
}
