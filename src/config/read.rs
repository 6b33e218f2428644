//! From the resolved tree to [`Settings`]: what is required, what it means, what is left out.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::problem::{ConfigProblem, UnsetVariable};
use super::settings::*;
use super::tree::{Tree, TreeValue};
use crate::catalog::Severity;
use crate::text::nearest;

/// Reads, and notes what is missing.
pub(super) struct Reader<'a> {
    /// By the key whose value is absent.
    pub unset: BTreeMap<&'a str, &'a UnsetVariable>,
    pub home: Option<PathBuf>,
    pub problems: Vec<ConfigProblem>,
}

impl<'a> Reader<'a> {
    /// The first variable whose lack leaves a hole in what stands below a key of this object.
    pub(super) fn hole(&self, tree: &Tree, path: &str, key: &str) -> Option<&'a UnsetVariable> {
        let below = format!("{path}.{key}");
        let mut found = self
            .unset
            .range(below.as_str()..)
            .take_while(|(key, _)| key.starts_with(&below));
        let hole = found.find(|(key, _)| {
            let inside = key.get(path.len() + 1..).unwrap_or_default();
            inside.contains('[') || tree.at(inside).is_none()
        });
        hole.map(|(_, unset)| *unset)
    }

    pub fn read(&mut self, root: &Tree) -> Settings {
        let org_providers = self.github_org_providers(root);
        Settings {
            organization_name: root.text_at("organization.name"),
            backend_base_url: root.text_at("backend.baseUrl").map(without_slash),
            reading_allow: self.reading_allow(root),
            github_integrations: self.github_integrations(root),
            locations: self.locations(root),
            rules: root
                .at("catalog.rules")
                .map(|rules| self.rules(rules, "catalog.rules")),
            entity_filename: root.text_at("catalog.import.entityFilename"),
            github_providers: self.github_providers(root),
            github_org_providers: org_providers,
            github_auth: github_auth(root),
            pager_duty: pager_duty(root),
            techdocs: TechdocsConfig {
                builder: root.text_at("techdocs.builder"),
            },
            argocd_instances: self.argocd(root),
            scaffolder: scaffolder(root),
            callboard: self.callboard(root),
        }
    }

    pub(super) fn error(
        &mut self,
        key: String,
        tree: &Tree,
        message: String,
        hint: Option<String>,
    ) {
        let origin = Some(tree.origin.clone());
        self.problems.push(ConfigProblem {
            severity: Severity::Error,
            key,
            origin,
            message,
            hint,
        });
    }

    pub(super) fn warning(
        &mut self,
        key: String,
        tree: &Tree,
        message: String,
        hint: Option<String>,
    ) {
        let origin = Some(tree.origin.clone());
        self.problems.push(ConfigProblem {
            severity: Severity::Warning,
            key,
            origin,
            message,
            hint,
        });
    }

    /// A value that must be there. Where it is not, the hint says why: a variable that is not set, or a key that is
    /// almost the one that is wanted.
    pub(super) fn required(
        &mut self,
        tree: &Tree,
        path: &str,
        key: &str,
        what: &str,
    ) -> Option<String> {
        let found = tree.text_at(key);
        if found.is_none() {
            self.missing(tree, path, key, what);
        }
        found
    }

    pub(super) fn missing(&mut self, tree: &Tree, path: &str, key: &str, what: &str) {
        let full = format!("{path}.{key}");
        // A value of the wrong type has been reported already.
        let unset = self.unset.get(full.as_str()).copied();
        let (message, hint) = match unset {
            Some(unset) => {
                let state = if unset.empty { "empty" } else { "not set" };
                (
                    format!(
                        "{what} without `{key}`: the variable {} is {state}",
                        unset.name
                    ),
                    format!("set {}", unset.name),
                )
            }
            None => {
                let near = nearest(key, tree.entries().iter().map(|(name, _)| name.as_str()));
                let hint = near.map_or_else(
                    || format!("add `{key}`"),
                    |near| format!("is `{near}` meant to be `{key}`?"),
                );
                (format!("{what} without `{key}`"), hint)
            }
        };
        self.error(full, tree, message, Some(hint));
    }

    fn reading_allow(&mut self, root: &Tree) -> Vec<ReadingAllow> {
        let list = root.at("backend.reading.allow");
        let mut allowed = Vec::new();
        for (index, tree) in list.into_iter().flat_map(Tree::items).enumerate() {
            let path = format!("backend.reading.allow[{index}]");
            if let Some(host) = self.required(tree, &path, "host", "a host that may be read") {
                allowed.push(ReadingAllow {
                    host,
                    paths: tree.at("paths").map(|_| tree.texts_at("paths")),
                });
            }
        }
        allowed
    }

    fn github_integrations(&mut self, root: &Tree) -> Vec<GithubIntegration> {
        let public = GithubIntegration::public();
        let mut integrations = Vec::new();
        for (index, tree) in root
            .at("integrations.github")
            .into_iter()
            .flat_map(Tree::items)
            .enumerate()
        {
            let path = format!("integrations.github[{index}]");
            // An entry whose host is written and unset is not github.com.
            if self.unset.contains_key(format!("{path}.host").as_str()) {
                self.missing(tree, &path, "host", "an integration");
                continue;
            }
            let host = tree
                .text_at("host")
                .unwrap_or_else(|| public.host.clone())
                .to_ascii_lowercase();
            if !is_host(&host) {
                let message = format!(
                    "`{path}.host` is a host, with a port where it has one, and nothing else"
                );
                let hint = Some(
                    "write `github.example.com`, without https:// and without a path".to_owned(),
                );
                self.error(format!("{path}.host"), tree, message, hint);
                continue;
            }
            let is_public = host == public.host;
            let url = |key: &str, default: &Option<String>| {
                tree.text_at(key)
                    .map(without_slash)
                    .or_else(|| default.clone().filter(|_| is_public))
            };
            let integration = GithubIntegration {
                api_base_url: url("apiBaseUrl", &public.api_base_url),
                raw_base_url: url("rawBaseUrl", &public.raw_base_url),
                token: tree.secret_at("token"),
                apps: self.apps(tree, &path),
                origin: Some(tree.origin.clone()),
                host,
            };
            if integration.api_base_url.is_none() {
                self.missing(
                    tree,
                    &path,
                    "apiBaseUrl",
                    &format!("the integration of {}", integration.host),
                );
            }
            integrations.push(integration);
        }
        if !integrations
            .iter()
            .any(|integration| integration.host == public.host)
        {
            integrations.push(public);
        }
        integrations
    }

    fn apps(&mut self, integration: &Tree, path: &str) -> Vec<GithubApp> {
        let mut apps = Vec::new();
        for (index, tree) in integration
            .at("apps")
            .into_iter()
            .flat_map(Tree::items)
            .enumerate()
        {
            let path = format!("{path}.apps[{index}]");
            let app_id = match tree.get("appId").map(|id| &id.value) {
                Some(TreeValue::Number(number)) => number.as_u64(),
                _ => None,
            };
            let private_key = tree.secret_at("privateKey");
            if app_id.is_none() {
                self.missing(tree, &path, "appId", "a GitHub App");
            }
            if private_key.is_none() {
                self.missing(tree, &path, "privateKey", "a GitHub App");
            }
            let (Some(app_id), Some(private_key)) = (app_id, private_key) else {
                continue;
            };
            apps.push(GithubApp {
                app_id,
                // A key that went through an environment variable often has its line ends written out.
                private_key: private_key.expose().replace("\\n", "\n").into(),
                client_id: tree.text_at("clientId"),
                allowed_installation_owners: tree
                    .at("allowedInstallationOwners")
                    .map(|_| tree.texts_at("allowedInstallationOwners")),
                origin: tree.origin.clone(),
            });
        }
        apps
    }

    fn argocd(&mut self, root: &Tree) -> Vec<ArgoCdInstance> {
        let mut instances = Vec::new();
        for (index, method) in root
            .at("argocd.appLocatorMethods")
            .into_iter()
            .flat_map(Tree::items)
            .enumerate()
        {
            for (number, tree) in method
                .at("instances")
                .into_iter()
                .flat_map(Tree::items)
                .enumerate()
            {
                let path = format!("argocd.appLocatorMethods[{index}].instances[{number}]");
                let name = self.required(tree, &path, "name", "an Argo CD instance");
                let url = self
                    .required(tree, &path, "url", "an Argo CD instance")
                    .map(without_slash);
                let (Some(name), Some(url)) = (name, url) else {
                    continue;
                };
                instances.push(ArgoCdInstance {
                    name,
                    url,
                    token: tree.secret_at("token"),
                    username: tree.text_at("username"),
                    password: tree.secret_at("password"),
                });
            }
        }
        instances
    }

    fn callboard(&self, root: &Tree) -> CallboardConfig {
        let default = CallboardConfig::default();
        let Some(tree) = root.get("callboard") else {
            return default;
        };
        let word = |key: &str| tree.text_at(key);
        CallboardConfig {
            theme: tree.get("theme").and_then(|tree| self.name_or_file(tree)),
            keymap: tree.get("keymap").and_then(|tree| self.name_or_file(tree)),
            icons: match word("icons").as_deref() {
                Some("unicode") => Icons::Unicode,
                Some("ascii") => Icons::Ascii,
                _ => Icons::Auto,
            },
            mouse: tree.bool_at("mouse").unwrap_or(default.mouse),
            clipboard: match word("clipboard").as_deref() {
                Some("osc52") => Clipboard::Osc52,
                Some("off") => Clipboard::Off,
                _ => Clipboard::Auto,
            },
            motion: tree.bool_at("motion").unwrap_or(default.motion),
            sync_auto: tree.bool_at("sync.auto").unwrap_or(default.sync_auto),
            docs: DocsConfig {
                page_limit: tree.number_at("docs.pageLimit"),
                site_limit: tree.number_at("docs.siteLimit"),
                runbook_annotations: tree.texts_at("docs.runbooks.annotations"),
                runbook_words: tree.texts_at("docs.runbooks.words"),
            },
            auth_client_id: word("auth.clientId"),
            oncall_rota: tree.at("oncall.rota").and_then(|tree| self.path(tree)),
        }
    }

    fn path(&self, tree: &Tree) -> Option<PathBuf> {
        let text = tree.text()?;
        Some(match (text.strip_prefix("~/"), &self.home) {
            (Some(rest), Some(home)) => home.join(rest),
            _ => tree.dir.join(text),
        })
    }

    fn name_or_file(&self, tree: &Tree) -> Option<NameOrFile> {
        let text = tree.text()?;
        let extension = Path::new(&text).extension().and_then(|end| end.to_str());
        if text.contains('/') || matches!(extension, Some("yaml" | "yml")) {
            return self.path(tree).map(NameOrFile::File);
        }
        Some(NameOrFile::Name(text))
    }
}

pub(super) fn without_slash(url: String) -> String {
    url.trim_end_matches('/').to_owned()
}

/// A host name or address with an optional port, as Backstage checks it: nothing of a URL besides.
fn is_host(text: &str) -> bool {
    match url::Url::parse(&format!("https://{text}")) {
        Ok(url) => {
            let host = url.host_str().unwrap_or_default();
            let written = url
                .port()
                .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
            written == text || format!("{written}:443") == text
        }
        Err(_) => false,
    }
}

/// The environment that `auth.environment` names comes first, then the others.
fn github_auth(root: &Tree) -> Vec<GithubAuthProvider> {
    let environment = root
        .text_at("auth.environment")
        .unwrap_or_else(|| "development".into());
    let Some(providers) = root.at("auth.providers.github") else {
        return Vec::new();
    };
    let mut entries: Vec<_> = providers.entries().iter().collect();
    entries.sort_by_key(|(name, _)| *name != environment);
    let provider = |(_, tree): &(String, Tree)| {
        Some(GithubAuthProvider {
            client_id: tree.text_at("clientId")?,
            enterprise_instance_url: tree.text_at("enterpriseInstanceUrl").map(without_slash),
        })
    };
    entries.into_iter().filter_map(provider).collect()
}

fn pager_duty(root: &Tree) -> PagerDutyConfig {
    let Some(tree) = root.get("pagerDuty") else {
        return PagerDutyConfig::default();
    };
    let account = |tree: &Tree| PagerDutyAccount {
        id: tree.text_at("id"),
        is_default: tree.bool_at("isDefault").unwrap_or(false),
        api_base_url: tree.text_at("apiBaseUrl").map(without_slash),
        api_token: tree.secret_at("apiToken"),
    };
    PagerDutyConfig {
        api_base_url: tree.text_at("apiBaseUrl").map(without_slash),
        api_token: tree.secret_at("apiToken"),
        accounts: tree
            .at("accounts")
            .into_iter()
            .flat_map(Tree::items)
            .map(account)
            .collect(),
    }
}

fn scaffolder(root: &Tree) -> ScaffolderConfig {
    let own = |key: &str| format!("callboard.scaffolder.{key}");
    ScaffolderConfig {
        trusted: root.texts_at(&own("trusted")),
        allowed_owners: root.texts_at(&own("allowedOwners")),
        identity: match root.text_at(&own("identity")).as_deref() {
            Some("integration") => ScaffolderIdentity::Integration,
            _ => ScaffolderIdentity::User,
        },
        http_hosts: root.texts_at(&own("httpHosts")),
        kube_context: root.text_at(&own("kube.context")),
        default_author: (
            root.text_at("scaffolder.defaultAuthor.name"),
            root.text_at("scaffolder.defaultAuthor.email"),
        ),
        default_commit_message: root.text_at("scaffolder.defaultCommitMessage"),
    }
}
