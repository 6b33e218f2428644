//! `http:backstage:request`: a request to the Backstage of the organisation, if there is one.

use serde_json::{Map, Value};
use url::Url;

use crate::scaffolder::action::{Action, Example, Outcome, StepContext, Target};
use crate::scaffolder::error::ActionError;
use crate::scaffolder::github::inputs;
use crate::scaffolder::http;

/// See the module.
pub struct HttpBackstageRequest;

impl Action for HttpBackstageRequest {
    fn id(&self) -> &'static str {
        "http:backstage:request"
    }

    fn description(&self) -> &'static str {
        "Sends a request to the Backstage that `backend.baseUrl` names. callboard has no token of it: the step's headers sign it."
    }

    fn input_schema(&self) -> Value {
        let mut properties = vec![("path", inputs::text("What follows `/api` of the Backstage"))];
        properties.extend(http::properties());
        properties.push((
            "useBackstageToken",
            inputs::flag("Has no meaning here: callboard is given no token of Backstage"),
        ));
        properties.push((
            "idempotencyKey",
            inputs::text("Sends the request once in a task: a retry puts the same answer out"),
        ));
        inputs::object(&properties, &["path", "method"])
    }

    fn output_schema(&self) -> Value {
        http::outputs()
    }

    fn examples(&self) -> &'static [Example] {
        &[Example {
            description: "Ask a plugin behind Backstage's proxy",
            example: "steps:\n  - action: http:backstage:request\n    input:\n      method: GET\n      path: proxy/quay/api/v1/repository\n      headers:\n        authorization: Bearer ${{ secrets.backstage }}\n",
        }]
    }

    fn targets(&self, input: &Map<String, Value>) -> Vec<Target> {
        let text = |name: &str| input.get(name).and_then(Value::as_str).unwrap_or_default();
        vec![Target {
            host: "Backstage".to_owned(),
            what: text("path").to_owned(),
            verb: format!("send {} to", text("method")),
            creates: false,
        }]
    }

    fn run<'a>(&'a self, step: &'a mut StepContext<'_>) -> Outcome<'a> {
        Box::pin(async move {
            let base = step.services.outside.backend_base_url.clone().ok_or_else(|| {
                ActionError::input("there is no Backstage to ask: `backend.baseUrl` is not configured")
                    .hint("set `backend.baseUrl` to the address of your Backstage's backend, or leave the step out with `if`")
            })?;
            let url = address(&base, step.text("path").unwrap_or_default())?;
            let key = step.text("idempotencyKey").map(str::to_owned);
            let Some(key) = key else {
                return http::send(step, url, None).await;
            };
            if let crate::scaffolder::Intent::Done(Value::Object(outcome)) =
                step.intents.begin(&key, Value::Null)?
            {
                step.outputs.extend(outcome);
                return Ok(());
            }
            http::send(step, url, None).await?;
            step.intents.done(&key, Value::Object(step.outputs.clone()))
        })
    }
}

/// `BASE/api/PATH`, which stays below it.
fn address(base: &str, path: &str) -> Result<Url, ActionError> {
    let refuse = |why: &str| ActionError::input(format!("`path` is `{path}`: {why}"));
    let base = Url::parse(&format!("{}/api/", base.trim_end_matches('/')))
        .map_err(|_| ActionError::input("`backend.baseUrl` is no URL"))?;
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    if parts
        .iter()
        .any(|part| matches!(part.to_lowercase().replace("%2e", ".").as_str(), "." | ".."))
    {
        return Err(refuse("it leads out of Backstage's API"));
    }
    let mut url =
        Url::parse(&format!("{base}{}", parts.join("/"))).map_err(|_| refuse("it is no path"))?;
    if url.origin() != base.origin() || !url.path().starts_with(base.path()) {
        return Err(refuse("it leads out of Backstage's API"));
    }
    if !query.is_empty() {
        url.set_query(Some(query));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_below_backstages_api() {
        let at = |path: &str| address("https://b.test/base/", path).map(|url| url.to_string());
        assert_eq!(
            at("/proxy/x?a=1").unwrap(),
            "https://b.test/base/api/proxy/x?a=1"
        );
        assert_eq!(
            at("https://evil.test/x").unwrap(),
            "https://b.test/base/api/https://evil.test/x"
        );
        for bad in ["../secrets", "proxy/%2E%2e/x", "a/./b"] {
            assert!(at(bad).is_err(), "{bad}");
        }
    }
}
