//! `kube:apply`: applies manifests with the user's `kubectl`, in the one context that the configuration names. The current
//! context is never used: a template must not reach whatever cluster somebody looked at last.

use std::process::Stdio;
use std::time::Duration;

use serde_json::{Map, Value};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::github::error::printable;
use crate::scaffolder::action::{Action, Example, Level, Outcome, StepContext, Target};
use crate::scaffolder::error::{ActionError, ActionErrorKind};
use crate::scaffolder::github::inputs;

/// The longest time that the server is waited for.
const PATIENCE: Duration = Duration::from_secs(120);
/// Most lines of `kubectl` that are logged.
const MOST_LINES: usize = 200;

/// See the module.
pub struct KubeApply;

impl Action for KubeApply {
    fn id(&self) -> &'static str {
        "kube:apply"
    }

    fn description(&self) -> &'static str {
        "Applies Kubernetes manifests in the context that `callboard.scaffolder.kube.context` names."
    }

    fn input_schema(&self) -> Value {
        inputs::object(
            &[
                ("manifest", inputs::text("The manifests, as YAML")),
                (
                    "namespaced",
                    inputs::flag(
                        "Whether the manifests belong to namespaces; told in the log alone",
                    ),
                ),
                (
                    "clusterName",
                    inputs::text("The cluster; it must be the configured context"),
                ),
                (
                    "token",
                    inputs::text("Has no meaning here: `kubectl` signs in as it is set up"),
                ),
            ],
            &["manifest"],
        )
    }

    fn examples(&self) -> &'static [Example] {
        &[Example {
            description: "A namespace for a new service",
            example: "steps:\n  - action: kube:apply\n    input:\n      manifest: |\n        apiVersion: v1\n        kind: Namespace\n        metadata:\n          name: ${{ parameters.name }}\n",
        }]
    }

    fn targets(&self, input: &Map<String, Value>) -> Vec<Target> {
        let cluster = input.get("clusterName").and_then(Value::as_str);
        vec![Target {
            host: "Kubernetes".to_owned(),
            what: cluster.unwrap_or("the configured context").to_owned(),
            verb: "apply manifests to".to_owned(),
            creates: false,
        }]
    }

    fn run<'a>(&'a self, step: &'a mut StepContext<'_>) -> Outcome<'a> {
        Box::pin(async move {
            let context = context(step)?;
            if step.input.contains_key("token") {
                step.log(
                    Level::Warn,
                    "`token` is not used: kubectl signs in as it is set up",
                );
            }
            let manifest = step.text("manifest").unwrap_or_default().to_owned();
            step.log(
                Level::Info,
                &format!("kubectl apply in the context {context}"),
            );
            let (success, told) = apply(step, &context, &manifest).await?;
            for line in told.lines().take(MOST_LINES) {
                let level = if success { Level::Info } else { Level::Error };
                step.log(level, &printable(line, 300));
            }
            if success {
                return Ok(());
            }
            let last = told.lines().rfind(|line| !line.trim().is_empty());
            Err(ActionError::new(
                ActionErrorKind::Other,
                format!(
                    "kubectl apply failed: {}",
                    printable(last.unwrap_or_default(), 300)
                ),
            )
            .hint("what was applied before the failure stays; applying again is safe"))
        })
    }
}

/// The configured context, if the step means it.
fn context(step: &StepContext<'_>) -> Result<String, ActionError> {
    let context = step.services.config.kube_context.clone().ok_or_else(|| {
        ActionError::not_allowed("templates may not apply anything to Kubernetes").hint(
            "name the one context that they may use under `callboard.scaffolder.kube.context`",
        )
    })?;
    match step.text("clusterName") {
        Some(cluster) if cluster != context => Err(ActionError::not_allowed(format!(
            "the step is for the cluster `{cluster}`, and templates may use the context `{context}` alone"
        ))),
        _ => Ok(context),
    }
}

async fn apply(
    step: &StepContext<'_>,
    context: &str,
    manifest: &str,
) -> Result<(bool, String), ActionError> {
    let failed = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            ActionError::not_found("`kubectl` is not on this machine").hint("install kubectl")
        }
        _ => ActionError::io("kubectl", &error),
    };
    let mut child = Command::new("kubectl")
        .args(["--context", context, "apply", "-f", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(failed)?;
    let stdin = child.stdin.take();
    let work = async {
        if let Some(mut stdin) = stdin {
            // kubectl that ends early says why itself.
            let _ = stdin.write_all(manifest.as_bytes()).await;
            drop(stdin);
        }
        child.wait_with_output().await
    };
    tokio::select! {
        () = step.cancel.cancelled() => Err(ActionError::cancelled()),
        () = tokio::time::sleep(PATIENCE) => Err(ActionError::new(
            ActionErrorKind::Network,
            format!("kubectl did not end within {} s", PATIENCE.as_secs()),
        )),
        output = work => {
            let output = output.map_err(failed)?;
            let told = format!(
                "{}{}",
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr)
            );
            Ok((output.status.success(), told))
        }
    }
}
