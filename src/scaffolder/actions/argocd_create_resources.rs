//! `argocd:create-resources`: a project and an application of Argo CD, by its REST API. Input and payload are those of
//! Roadie's plugin.

use std::time::Duration;

use secrecy::SecretString;
use serde_json::{Map, Value, json};
use url::Url;

use crate::config::ArgoCdInstance;
use crate::github::error::printable;
use crate::scaffolder::action::{Action, Example, Level, Outcome, StepContext, Target};
use crate::scaffolder::error::{ActionError, ActionErrorKind};
use crate::scaffolder::github::{after, inputs, text_at};
use crate::scaffolder::services::{HttpAnswer, HttpRequest};

/// Where Argo CD itself runs.
const SERVER: &str = "https://kubernetes.default.svc";
/// The longest time for one request.
const PATIENCE: Duration = Duration::from_secs(30);

/// See the module.
pub struct ArgocdCreateResources;

impl Action for ArgocdCreateResources {
    fn id(&self) -> &'static str {
        "argocd:create-resources"
    }

    fn description(&self) -> &'static str {
        "Makes a project and an application in Argo CD."
    }

    fn input_schema(&self) -> Value {
        inputs::object(
            &[
                ("appName", inputs::text("The application's name in Argo CD")),
                (
                    "argoInstance",
                    inputs::text("The instance's name under `argocd.appLocatorMethods`"),
                ),
                (
                    "namespace",
                    inputs::text("The namespace that is deployed to"),
                ),
                ("repoUrl", inputs::text("The repository that is deployed")),
                (
                    "path",
                    inputs::text("The folder of the repository that is deployed"),
                ),
                (
                    "labelValue",
                    inputs::text(
                        "The label by which the application is found; its name where nothing is said",
                    ),
                ),
                (
                    "projectName",
                    inputs::text("The project's name; the application's where nothing is said"),
                ),
            ],
            &["appName", "argoInstance", "namespace", "repoUrl", "path"],
        )
    }

    fn examples(&self) -> &'static [Example] {
        &[Example {
            description: "Deploy what was just published",
            example: "steps:\n  - action: argocd:create-resources\n    input:\n      appName: ${{ parameters.name }}\n      argoInstance: main\n      namespace: ${{ parameters.name }}\n      repoUrl: ${{ steps.publish.output.remoteUrl }}\n      path: k8s\n",
        }]
    }

    fn targets(&self, input: &Map<String, Value>) -> Vec<Target> {
        let text = |name: &str| input.get(name).and_then(Value::as_str).map(str::to_owned);
        let (Some(instance), Some(name)) = (text("argoInstance"), text("appName")) else {
            return Vec::new();
        };
        vec![Target {
            host: format!("Argo CD {instance}"),
            what: name,
            verb: "create application".to_owned(),
            creates: true,
        }]
    }

    fn run<'a>(&'a self, step: &'a mut StepContext<'_>) -> Outcome<'a> {
        Box::pin(async move {
            let argo = Argo::of(step).await?;
            let name = step.text("appName").unwrap_or_default();
            let project = step
                .text("projectName")
                .filter(|name| !name.is_empty())
                .unwrap_or(name);
            // Argo CD takes the same thing twice for the same thing, so a retry needs no looking for it.
            argo.create(
                "projects",
                &project_body(step.input, project),
                "project",
                project,
            )
            .await?;
            step.log(Level::Info, &format!("Project {project} is there"));
            argo.create(
                "applications",
                &application_body(step.input, name, project),
                "application",
                name,
            )
            .await
            .map_err(|error| after(&format!("the project {project} was made"), error))?;
            step.log(Level::Info, &format!("Application {name} is there"));
            Ok(())
        })
    }
}

struct Argo<'s> {
    step: &'s StepContext<'s>,
    base: Url,
    token: SecretString,
}

impl<'s> Argo<'s> {
    async fn of(step: &'s StepContext<'s>) -> Result<Self, ActionError> {
        let name = step.text("argoInstance").unwrap_or_default();
        let instances = &step.services.outside.argocd;
        let instance = instances
            .iter()
            .find(|instance| instance.name == name)
            .ok_or_else(|| {
                let known: Vec<&str> = instances.iter().map(|one| one.name.as_str()).collect();
                let hint = if known.is_empty() {
                    "add it under `argocd.appLocatorMethods[].instances`".to_owned()
                } else {
                    format!("configured are: {}", known.join(", "))
                };
                ActionError::not_found(format!("Unable to find Argo instance named '{name}'"))
                    .hint(hint)
            })?;
        let base = Url::parse(&instance.url)
            .map_err(|_| ActionError::input(format!("the address of Argo CD {name} is no URL")))?;
        let mut argo = Self {
            step,
            base,
            token: SecretString::default(),
        };
        argo.token = argo.sign_in(instance).await?;
        Ok(argo)
    }

    async fn sign_in(&self, instance: &ArgoCdInstance) -> Result<SecretString, ActionError> {
        if let Some(token) = &instance.token {
            return Ok(SecretString::from(token.expose().to_owned()));
        }
        let (Some(username), Some(password)) = (&instance.username, &instance.password) else {
            return Err(ActionError::not_allowed(format!(
                "there is no token and no password for Argo CD {}",
                instance.name
            ))
            .hint("set `token`, or `username` and `password`, of the instance"));
        };
        let body = json!({"username": username, "password": password.expose()});
        let answer = self.send("session", &body, None).await?;
        let told: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        match text_at(&told, &["token"]) {
            Some(token) if answer.status == 200 => Ok(SecretString::from(token)),
            _ => Err(ActionError::not_allowed(format!(
                "Argo CD {} does not accept the password ({})",
                instance.name, answer.status
            ))),
        }
    }

    async fn create(
        &self,
        what: &str,
        body: &Value,
        kind: &str,
        name: &str,
    ) -> Result<(), ActionError> {
        let answer = self.send(what, body, Some(&self.token)).await?;
        if (200..300).contains(&answer.status) {
            return Ok(());
        }
        let told: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let said = text_at(&told, &["message"])
            .or_else(|| text_at(&told, &["error"]))
            .map(|text| printable(&text, 300))
            .unwrap_or_default();
        let kind_of_error = match answer.status {
            401 | 403 => ActionErrorKind::NotAllowed,
            404 => ActionErrorKind::NotFound,
            409 => ActionErrorKind::Conflict,
            429 => ActionErrorKind::Limit,
            500..=599 => ActionErrorKind::Network,
            _ => ActionErrorKind::Input,
        };
        if said.contains("spec is different") {
            return Err(ActionError::conflict(format!(
                "Argo CD has a {kind} {name} already, which is different"
            ))
            .hint("choose another name; nothing was changed"));
        }
        Err(ActionError::new(
            kind_of_error,
            format!(
                "Argo CD refuses the {kind} {name} ({}): {said}",
                answer.status
            ),
        ))
    }

    async fn send(
        &self,
        what: &str,
        body: &Value,
        token: Option<&SecretString>,
    ) -> Result<HttpAnswer, ActionError> {
        use secrecy::ExposeSecret;
        let mut url = self.base.clone();
        url.path_segments_mut()
            .map_err(|()| ActionError::input("the address of Argo CD cannot be a base"))?
            .pop_if_empty()
            .extend(["api", "v1", what]);
        let request = HttpRequest {
            method: "POST".to_owned(),
            url,
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            authorization: token
                .map(|token| SecretString::from(format!("Bearer {}", token.expose_secret()))),
            body: Some(body.to_string().into_bytes()),
            timeout: PATIENCE,
        };
        self.step
            .services
            .outside
            .http
            .send(request, self.step.cancel)
            .await
    }
}

fn project_body(input: &Map<String, Value>, project: &str) -> Value {
    json!({"project": {
        "metadata": {"name": project, "finalizers": ["resources-finalizer.argocd.argoproj.io"]},
        "spec": {
            "destinations": [{"name": "local", "namespace": input.get("namespace"), "server": SERVER}],
            "sourceRepos": [input.get("repoUrl")],
        },
    }})
}

fn application_body(input: &Map<String, Value>, name: &str, project: &str) -> Value {
    let label = input
        .get("labelValue")
        .and_then(Value::as_str)
        .filter(|label| !label.is_empty())
        .unwrap_or(name);
    json!({
        "metadata": {
            "name": name,
            "labels": {"backstage-name": label},
            "finalizers": ["resources-finalizer.argocd.argoproj.io"],
        },
        "spec": {
            "destination": {"namespace": input.get("namespace"), "server": SERVER},
            "project": project,
            "revisionHistoryLimit": 10,
            "source": {"path": input.get("path"), "repoURL": input.get("repoUrl")},
            "syncPolicy": {
                "automated": {"allowEmpty": true, "prune": true, "selfHeal": true},
                "retry": {"backoff": {"duration": "5s", "factor": 2, "maxDuration": "5m"}, "limit": 10},
                "syncOptions": ["CreateNamespace=false", "FailOnSharedResource=true", "ServerSideApply=true"],
            },
        },
    })
}
