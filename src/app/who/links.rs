//! The links of an entity by what they show, with those that its annotations make.

use serde_json::Value;

use super::{ArgoCd, clean};
use crate::app::detail::{Detail, Link, LinkKind};

/// What a link shows. The order is that of the card.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum LinkPurpose {
    Grafana,
    Datadog,
    ArgoCd,
    Kubernetes,
    Logs,
    /// Another dashboard.
    Dashboard,
    Chat,
    Other,
    Source,
}

impl LinkPurpose {
    /// As JSON has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Grafana => "grafana",
            Self::Datadog => "datadog",
            Self::ArgoCd => "argocd",
            Self::Kubernetes => "kubernetes",
            Self::Logs => "logs",
            Self::Dashboard => "dashboard",
            Self::Chat => "chat",
            Self::Other => "link",
            Self::Source => "source",
        }
    }

    /// Whether it shows the entity at work.
    pub fn is_dashboard(self) -> bool {
        self <= Self::Dashboard
    }

    fn of(link: &Link) -> Self {
        let text = format!("{} {}", link.title, link.url).to_lowercase();
        let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
        if matches!(link.kind, LinkKind::Source) {
            Self::Source
        } else if matches!(link.kind, LinkKind::Chat) {
            Self::Chat
        } else if says(&["grafana"]) {
            Self::Grafana
        } else if says(&["datadog"]) {
            Self::Datadog
        } else if says(&["argocd", "argo cd", "argo-cd"]) {
            Self::ArgoCd
        } else if says(&["kubernetes", "k8s", "lens", "rancher"]) {
            Self::Kubernetes
        } else if says(&["logs", "logging", "kibana", "splunk", "loki", "로그"]) {
            Self::Logs
        } else if matches!(link.kind, LinkKind::Dashboard) {
            Self::Dashboard
        } else {
            Self::Other
        }
    }
}

/// A link of the card.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CardLink {
    /// What it is called.
    pub title: String,
    /// Its address.
    pub url: String,
    /// What it shows.
    pub purpose: LinkPurpose,
}

/// How the entity's workloads are found in a cluster.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KubernetesHint {
    /// A label selector.
    pub selector: String,
    /// The namespace, where one is given.
    pub namespace: Option<String>,
}

impl KubernetesHint {
    /// Of an entity's annotations, as Backstage's Kubernetes plugin reads them.
    pub fn of(entity: &Value) -> Option<Self> {
        let selector =
            annotation(entity, "backstage.io/kubernetes-label-selector").or_else(|| {
                annotation(entity, "backstage.io/kubernetes-id")
                    .map(|id| format!("backstage.io/kubernetes-id={id}"))
            })?;
        Some(Self {
            selector,
            namespace: annotation(entity, "backstage.io/kubernetes-namespace"),
        })
    }

    /// A command that lists the pods. None where a value would mean something to a shell.
    pub fn command(&self) -> Option<String> {
        let safe = |text: &str| {
            !text.starts_with('-')
                && text
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "-_./=,".contains(c))
        };
        if !safe(&self.selector) || !self.namespace.as_deref().is_none_or(safe) {
            return None;
        }
        let namespace = match &self.namespace {
            Some(namespace) => format!("-n {namespace}"),
            None => "-A".to_owned(),
        };
        Some(format!("kubectl get pods {namespace} -l {}", self.selector))
    }
}

/// All links but runbooks, which stand on a line of their own.
pub(super) fn of(entity: &Value, detail: &Detail, argo_cds: &[ArgoCd]) -> Vec<CardLink> {
    let mut links: Vec<CardLink> = detail
        .links
        .iter()
        .filter(|link| link.kind != LinkKind::Runbook)
        .map(|link| CardLink {
            title: link.title.clone(),
            url: link.url.clone(),
            purpose: LinkPurpose::of(link),
        })
        .collect();
    for (name, title, purpose) in [
        (
            "grafana/overview-dashboard",
            "Grafana",
            LinkPurpose::Grafana,
        ),
        (
            "datadoghq.com/dashboard-url",
            "Datadog",
            LinkPurpose::Datadog,
        ),
    ] {
        let url = annotation(entity, name).filter(|url| is_web(url));
        links.extend(url.map(|url| CardLink {
            title: title.to_owned(),
            url,
            purpose,
        }));
    }
    links.extend(argo_links(entity, argo_cds));
    links.sort_by_key(|link| link.purpose);
    links.dedup_by(|a, b| a.url == b.url);
    links
}

/// The applications at the Argo CDs that are configured: at the named one, else at each.
fn argo_links(entity: &Value, argo_cds: &[ArgoCd]) -> Vec<CardLink> {
    let Some(app) = annotation(entity, "argocd/app-name") else {
        return Vec::new();
    };
    let instance = annotation(entity, "argocd/instance-name");
    let namespace = annotation(entity, "argocd/app-namespace");
    let path: Vec<String> = namespace
        .into_iter()
        .chain([app])
        .map(|part| url::form_urlencoded::byte_serialize(part.as_bytes()).collect())
        .collect();
    argo_cds
        .iter()
        .filter(|argo| {
            instance
                .as_deref()
                .is_none_or(|names| names.split(',').any(|name| name.trim() == argo.name))
        })
        .filter(|argo| is_web(&argo.url))
        .map(|argo| CardLink {
            title: match argo_cds {
                [_] => "Argo CD".to_owned(),
                _ => format!("Argo CD {}", clean(&argo.name)),
            },
            url: format!("{}/applications/{}", argo.url, path.join("/")),
            purpose: LinkPurpose::ArgoCd,
        })
        .collect()
}

fn is_web(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://")
}

fn annotation(entity: &Value, name: &str) -> Option<String> {
    let value = entity
        .get("metadata")?
        .get("annotations")?
        .get(name)?
        .as_str()?;
    Some(clean(value)).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_command_is_offered_only_where_a_shell_reads_nothing_else_into_it() {
        let hint = |selector: &str, namespace: Option<&str>| {
            KubernetesHint {
                selector: selector.into(),
                namespace: namespace.map(str::to_owned),
            }
            .command()
        };
        assert_eq!(
            hint("app=pay,tier!=x", None),
            None,
            "an exclamation mark is history to some shells"
        );
        assert_eq!(
            hint("app=pay", Some("payments")).as_deref(),
            Some("kubectl get pods -n payments -l app=pay")
        );
        assert_eq!(hint("a=b; rm -rf ~", None), None);
        assert_eq!(hint("a=b", Some("--all")), None);
    }

    #[test]
    fn an_application_is_linked_at_the_instance_that_is_named() {
        let argo = |name: &str| ArgoCd {
            name: name.into(),
            url: format!("https://{name}.example"),
        };
        let entity = json!({"metadata": {"annotations": {
            "argocd/app-name": "pay ments", "argocd/instance-name": "eu"}}});
        let links = argo_links(&entity, &[argo("us"), argo("eu")]);
        assert_eq!(links.len(), 1);
        assert_eq!(links[0].url, "https://eu.example/applications/pay+ments");
        assert!(argo_links(&entity, &[]).is_empty());
    }
}
