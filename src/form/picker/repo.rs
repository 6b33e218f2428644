//! `RepoUrlPicker`: a repository as `host?owner=…&repo=…`, its parts, and what is wrong with it.
//!
//! Rules: the scaffolder's `parseRepoPickerUrl`, `serializeRepoPickerUrl` and `repoPickerValidation`.

use super::super::hints::Hints;
use super::UserCredentials;

/// A part of a [`RepoUrl`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RepoPart {
    /// `github.com`.
    Host,
    /// A person's or an organisation's account.
    Owner,
    /// Of Azure DevOps.
    Organization,
    /// Of Bitbucket Cloud.
    Workspace,
    /// Of Azure DevOps and Bitbucket.
    Project,
    /// The repository's name.
    Repo,
}

impl RepoPart {
    /// The name of the part's field.
    pub fn label(self) -> &'static str {
        match self {
            Self::Host => "Host",
            Self::Owner => "Owner",
            Self::Organization => "Organization",
            Self::Workspace => "Workspace",
            Self::Project => "Project",
            Self::Repo => "Repository",
        }
    }
}

/// What kind of host a repository lies on, as far as its parts differ.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Host {
    Azure,
    Bitbucket,
    Gerrit,
    Other,
}

/// A repository, perhaps not yet complete.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RepoUrl {
    /// The host; empty where it is not known.
    pub host: String,
    /// The owner.
    pub owner: String,
    /// The name.
    pub repo: String,
    /// Of Azure DevOps.
    pub organization: String,
    /// Of Bitbucket Cloud.
    pub workspace: String,
    /// Of Azure DevOps and Bitbucket.
    pub project: String,
}

impl RepoUrl {
    /// Reads `host?owner=…&repo=…`; a value that is none has no parts.
    pub fn parse(text: &str) -> Self {
        let mut parsed = Self::default();
        let Some(url) = read(text) else {
            return parsed;
        };
        parsed.host = host_of(&url);
        for (name, value) in url.query_pairs() {
            let part = match name.as_ref() {
                "owner" => &mut parsed.owner,
                "repo" => &mut parsed.repo,
                "organization" => &mut parsed.organization,
                "workspace" => &mut parsed.workspace,
                "project" => &mut parsed.project,
                _ => continue,
            };
            // The first of several counts.
            if part.is_empty() {
                *part = value.into_owned();
            }
        }
        parsed
    }

    /// A part.
    pub fn part(&self, part: RepoPart) -> &str {
        match part {
            RepoPart::Host => &self.host,
            RepoPart::Owner => &self.owner,
            RepoPart::Organization => &self.organization,
            RepoPart::Workspace => &self.workspace,
            RepoPart::Project => &self.project,
            RepoPart::Repo => &self.repo,
        }
    }

    /// This repository with another part.
    pub fn with(mut self, part: RepoPart, text: &str) -> Self {
        let slot = match part {
            RepoPart::Host => &mut self.host,
            RepoPart::Owner => &mut self.owner,
            RepoPart::Organization => &mut self.organization,
            RepoPart::Workspace => &mut self.workspace,
            RepoPart::Project => &mut self.project,
            RepoPart::Repo => &mut self.repo,
        };
        *slot = text.to_owned();
        self
    }

    /// What is stored; nothing while the host is not known.
    pub fn stored(&self) -> Option<String> {
        if self.host.is_empty() {
            return None;
        }
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in [
            ("owner", &self.owner),
            ("repo", &self.repo),
            ("organization", &self.organization),
            ("workspace", &self.workspace),
            ("project", &self.project),
        ] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        Some(format!("{}?{}", self.host, query.finish()))
    }

    fn kind(&self) -> Host {
        let host = self.host.as_str();
        if host == "dev.azure.com" || host.ends_with(".visualstudio.com") {
            Host::Azure
        } else if host.contains("bitbucket") {
            Host::Bitbucket
        } else if host.contains("gerrit") {
            Host::Gerrit
        } else {
            Host::Other
        }
    }

    /// The parts that a repository on its host has, in the order they are asked for.
    pub fn parts(&self) -> &'static [RepoPart] {
        match self.kind() {
            Host::Azure => &[
                RepoPart::Host,
                RepoPart::Organization,
                RepoPart::Project,
                RepoPart::Repo,
            ],
            Host::Bitbucket if self.host == "bitbucket.org" => &[
                RepoPart::Host,
                RepoPart::Workspace,
                RepoPart::Project,
                RepoPart::Repo,
            ],
            Host::Bitbucket => &[RepoPart::Host, RepoPart::Project, RepoPart::Repo],
            Host::Gerrit => &[RepoPart::Host, RepoPart::Owner, RepoPart::Repo],
            Host::Other => &[RepoPart::Host, RepoPart::Owner, RepoPart::Repo],
        }
    }

    /// The first part that is missing.
    pub fn missing(&self) -> Option<RepoPart> {
        self.parts()
            .iter()
            .copied()
            .filter(|part| !(self.kind() == Host::Gerrit && *part == RepoPart::Owner))
            .find(|part| self.part(*part).is_empty())
    }

    /// `owner/repo`, as a person reads it.
    pub fn shown(&self) -> String {
        let names = [
            &self.organization,
            &self.workspace,
            &self.owner,
            &self.project,
            &self.repo,
        ];
        let path: Vec<&str> = names
            .into_iter()
            .filter(|name| !name.is_empty())
            .map(String::as_str)
            .collect();
        if path.is_empty() {
            self.host.clone()
        } else {
            format!("{} on {}", path.join("/"), self.host)
        }
    }
}

fn read(text: &str) -> Option<url::Url> {
    if text.is_empty() {
        return None;
    }
    url::Url::parse(&format!("https://{text}")).ok()
}

fn host_of(url: &url::Url) -> String {
    match (url.host_str(), url.port()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (Some(host), None) => host.to_owned(),
        (None, _) => String::new(),
    }
}

/// The options of a `RepoUrlPicker`, and of a `RepoOwnerPicker`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RepoPicker {
    /// The hosts that may be chosen; any that is configured where empty.
    pub hosts: Vec<String>,
    /// The owners that may be chosen; any where empty.
    pub owners: Vec<String>,
    /// The names that may be chosen; any where empty.
    pub repos: Vec<String>,
    /// The organisations, of Azure DevOps; any where empty.
    pub organizations: Vec<String>,
    /// The projects, of Bitbucket and Azure DevOps; any where empty.
    pub projects: Vec<String>,
    /// Whether the person's own token goes among the secrets.
    pub credentials: Option<UserCredentials>,
}

impl RepoPicker {
    pub(in super::super) fn read(hints: &Hints) -> Self {
        Self {
            hosts: hints.texts("allowedHosts"),
            owners: hints.texts("allowedOwners"),
            repos: hints.texts("allowedRepos"),
            organizations: hints.texts("allowedOrganizations"),
            projects: hints.texts("allowedProjects"),
            credentials: UserCredentials::read(hints),
        }
    }

    /// What may be chosen for a part; anything where empty.
    pub fn allowed(&self, part: RepoPart) -> &[String] {
        match part {
            RepoPart::Host => &self.hosts,
            RepoPart::Owner => &self.owners,
            RepoPart::Organization => &self.organizations,
            RepoPart::Project => &self.projects,
            RepoPart::Repo => &self.repos,
            RepoPart::Workspace => &[],
        }
    }

    /// What a repository begins with: the parts for which only one value is allowed, and the first of several hosts,
    /// as Backstage fills them in.
    pub fn start(&self, mut url: RepoUrl) -> RepoUrl {
        if url.host.is_empty()
            && let Some(host) = self.hosts.first()
        {
            url.host.clone_from(host);
        }
        for part in [
            RepoPart::Owner,
            RepoPart::Organization,
            RepoPart::Project,
            RepoPart::Repo,
        ] {
            if url.part(part).is_empty()
                && url.parts().contains(&part)
                && let [only] = self.allowed(part)
            {
                url = url.with(part, only);
            }
        }
        url
    }

    /// What is wrong with a stored value, in a person's words.
    pub fn problem(&self, stored: &str) -> Option<String> {
        let Some(parsed) = read(stored) else {
            return Some("This is no repository: choose a host, an owner and a name".to_owned());
        };
        let url = RepoUrl::parse(stored);
        if host_of(&parsed).is_empty() {
            return Some("Choose a host".to_owned());
        }
        if let Some(missing) = url.missing() {
            return Some(match missing {
                RepoPart::Repo => "Give the repository a name".to_owned(),
                part => format!("Choose the {}", part.label().to_lowercase()),
            });
        }
        for part in url.parts() {
            let allowed = self.allowed(*part);
            if !allowed.is_empty() && !allowed.iter().any(|one| one == url.part(*part)) {
                let list = allowed.join(", ");
                return Some(format!(
                    "{} {} is not among those allowed here: {}",
                    part.label(),
                    crate::text::clean(url.part(*part)),
                    crate::text::clean(&list)
                ));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn picker(options: Value) -> RepoPicker {
        let schema = json!({ "ui:options": options });
        RepoPicker::read(&Hints::new(schema.as_object().unwrap(), None))
    }

    #[test]
    fn a_repository_is_stored_as_backstage_stores_it() {
        let url = RepoUrl {
            host: "github.com".into(),
            owner: "my org".into(),
            repo: "pay&bill".into(),
            ..RepoUrl::default()
        };
        let stored = url.stored().unwrap();
        assert_eq!(stored, "github.com?owner=my+org&repo=pay%26bill");
        assert_eq!(RepoUrl::parse(&stored), url);
        assert_eq!(
            RepoUrl::parse("ghe.example:8443?repo=r").host,
            "ghe.example:8443"
        );
        assert_eq!(RepoUrl::default().stored(), None);
    }

    #[test]
    fn what_is_missing_is_said_in_the_order_it_is_asked_for() {
        let any = picker(json!({}));
        assert_eq!(any.problem("github.com?owner=o&repo=r"), None);
        assert_eq!(
            any.problem("github.com?repo=r").unwrap(),
            "Choose the owner"
        );
        assert_eq!(
            any.problem("github.com?owner=o").unwrap(),
            "Give the repository a name"
        );
        assert!(any.problem("").is_some());
        assert_eq!(
            any.problem("bitbucket.org?project=p&repo=r").unwrap(),
            "Choose the workspace"
        );
        assert_eq!(
            any.problem("dev.azure.com?organization=o&project=p&repo=r"),
            None
        );
    }

    #[test]
    fn only_what_is_allowed_may_be_chosen_and_the_only_owner_is_filled_in() {
        let picker = picker(
            json!({"allowedHosts": ["github.com"], "allowedOwners": ["acme"], "allowedRepos": ["a", "b"]}),
        );
        let start = picker.start(RepoUrl::default());
        assert_eq!(
            (start.host.as_str(), start.owner.as_str()),
            ("github.com", "acme")
        );
        assert!(picker.problem("github.com?owner=evil&repo=a").is_some());
        assert!(picker.problem("gitlab.com?owner=acme&repo=a").is_some());
        assert_eq!(picker.problem("github.com?owner=acme&repo=b"), None);
    }
}
