//! From the configuration to providers: one for each discovery, organisation and location.

use std::path::Path;
use std::sync::Arc;

use super::filter::{DiscoveryTarget, RepositoryFilter};
use super::github_discovery::{DiscoveryConfig, GithubDiscovery};
use super::github_org::{GithubOrg, OrgConfig};
use super::locations::{Location, LocationConfig, Target};
use super::org_entities::OrgStyle;
use super::policy::{AllowedHost, ReadingPolicy};
use super::progress::Reporter;
use super::provider::EntityProvider;
use super::reader::{Reader, blob_id};
use super::schedule::Schedule;
use super::summary::SyncIssue;
use super::target::{GithubHost, authority};
use crate::catalog::rules::{AllowedKind, Rule, RuleLocation, Rules};
use crate::config::{self, Settings};

/// A location that was registered on this machine.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Registered {
    /// `url` or `file`.
    pub location_type: String,
    /// The URL or the absolute path.
    pub target: String,
}

/// The providers of a configuration, and what of it is of no use.
#[derive(Default)]
pub struct Sources {
    /// In the order of the configuration: organisations, discoveries, locations, registered ones.
    pub providers: Vec<Box<dyn EntityProvider>>,
    /// Entries that give no provider, with why.
    pub issues: Vec<SyncIssue>,
}

/// The reading rules of a configuration.
pub fn reading_policy(settings: &Settings, hosts: Vec<GithubHost>) -> ReadingPolicy {
    let allow = settings
        .reading_allow
        .iter()
        .map(|a| AllowedHost {
            host: a.host.clone(),
            paths: a.paths.clone(),
        })
        .collect();
    ReadingPolicy::new(hosts, allow)
}

/// Raised when the same bytes are read differently than before.
const READING: u32 = 1;

/// A digest of what decides, beside the files themselves, which entities they give: where it differs from that of an earlier
/// run, files that have not changed must be read again.
pub fn terms(settings: &Settings, hosts: Vec<GithubHost>) -> String {
    let policy = reading_policy(settings, hosts);
    blob_id(format!("{READING} {:?} {policy:?}", rules(settings)).as_bytes())
}

/// Makes the providers.
pub fn sources(
    settings: &Settings,
    registered: &[Registered],
    reader: &Reader,
    progress: &Reporter,
) -> Sources {
    let rules = Arc::new(rules(settings));
    let mut make = Make {
        settings,
        reader,
        progress,
        rules,
        out: Sources::default(),
    };
    for org in &settings.github_org_providers {
        make.org_provider(org);
    }
    for provider in &settings.github_providers {
        make.discovery(provider);
    }
    for location in &settings.locations {
        make.location(location);
    }
    for location in registered {
        make.registered(location);
    }
    make.out
}

struct Make<'a> {
    settings: &'a Settings,
    reader: &'a Reader,
    progress: &'a Reporter,
    rules: Arc<Rules>,
    out: Sources,
}

impl Make<'_> {
    fn issue(&mut self, location: &str, message: impl Into<String>) {
        self.out.issues.push(SyncIssue::new(location, message));
    }

    fn schedule(&mut self, name: &str, schedule: Option<&config::Schedule>) -> Schedule {
        Schedule::from_config(schedule).unwrap_or_else(|message| {
            self.issue(name, message);
            Schedule::default()
        })
    }

    fn host(&mut self, name: &str, host: &str) -> Option<GithubHost> {
        match self.reader.access().host(host) {
            Ok(found) => Some(found),
            Err(error) => {
                let hint = error.hint().map(|hint| format!(": {hint}"));
                self.issue(name, format!("{error}{}", hint.unwrap_or_default()));
                None
            }
        }
    }

    /// Adds a provider unless one of the same name is there: the same location twice is one source.
    fn add(&mut self, provider: Box<dyn EntityProvider>) {
        if self
            .out
            .providers
            .iter()
            .all(|p| p.name() != provider.name())
        {
            self.out.providers.push(provider);
        }
    }

    fn discover(&mut self, config: DiscoveryConfig) {
        let provider = GithubDiscovery::new(
            config,
            self.reader.clone(),
            Arc::clone(&self.rules),
            self.progress.clone(),
        );
        self.add(Box::new(provider));
    }

    fn discovery(&mut self, provider: &config::GithubProviderConfig) {
        let name = format!("github-provider:{}", provider.id);
        let Some(host) = self.host(&name, &provider.host) else {
            return;
        };
        let schedule = self.schedule(&name, provider.schedule.as_ref());
        self.discover(DiscoveryConfig {
            key: format!(
                "{} {} {} {:?}",
                provider.host, provider.organization, provider.catalog_path, provider.filters
            ),
            name,
            host,
            organization: provider.organization.clone(),
            path: provider.catalog_path.trim_start_matches('/').to_owned(),
            branch: provider.filters.branch.clone(),
            filter: RepositoryFilter::from_config(&provider.filters),
            schedule,
            origin: None,
        });
    }

    fn old_discovery(&mut self, location: &config::LocationConfig) {
        let name = format!("github-discovery:{}", location.target);
        let target = match DiscoveryTarget::parse(&location.target) {
            Ok(target) => target,
            Err(message) => return self.issue(&name, message),
        };
        let filter = match RepositoryFilter::default().with_name_glob(&target.repository) {
            Ok(filter) => filter,
            Err(message) => return self.issue(&name, message),
        };
        let Some(host) = self.host(&name, &target.host) else {
            return;
        };
        self.discover(DiscoveryConfig {
            key: location.target.clone(),
            origin: Some(name.clone()),
            name,
            host,
            organization: target.organization,
            path: target.path,
            branch: target.branch,
            filter,
            schedule: Schedule::default(),
        });
    }

    fn organizations(&mut self, config: OrgConfig) {
        let provider = GithubOrg::new(
            config,
            self.reader.access().clone(),
            Arc::clone(&self.rules),
            self.progress.clone(),
        );
        self.add(Box::new(provider));
    }

    fn org_provider(&mut self, provider: &config::GithubOrgProviderConfig) {
        let name = format!("github-org-provider:{}", provider.id);
        let Some(authority) = url::Url::parse(&provider.github_url)
            .ok()
            .as_ref()
            .and_then(authority)
        else {
            return self.issue(
                &name,
                format!("githubUrl {} is not a URL", provider.github_url),
            );
        };
        let Some(host) = self.host(&name, &authority) else {
            return;
        };
        let schedule = self.schedule(&name, provider.schedule.as_ref());
        self.organizations(OrgConfig {
            name,
            host,
            organizations: provider.orgs.clone(),
            style: OrgStyle::Provider {
                own_namespace: !provider.default_namespace,
            },
            schedule,
        });
    }

    fn old_org(&mut self, location: &config::LocationConfig) {
        let name = format!("github-org:{}", location.target);
        let target = match DiscoveryTarget::parse(&location.target) {
            Ok(target) if target.repository == "*" => target,
            _ => {
                return self.issue(
                    &name,
                    format!("{} is not https://HOST/ORG", location.target),
                );
            }
        };
        let Some(host) = self.host(&name, &target.host) else {
            return;
        };
        self.organizations(OrgConfig {
            name,
            host,
            organizations: vec![target.organization],
            style: OrgStyle::Location {
                target: location.target.clone(),
            },
            schedule: Schedule::default(),
        });
    }

    fn location(&mut self, location: &config::LocationConfig) {
        match location.location_type.as_str() {
            "github-discovery" => self.old_discovery(location),
            "github-org" => self.old_org(location),
            "url" => self.place(
                "url",
                &location.target,
                Target::Url(location.target.clone()),
            ),
            "file" => {
                let paths = location
                    .file_candidates()
                    .iter()
                    .map(|p| absolute(p))
                    .collect();
                self.place("file", &location.target, Target::File(paths));
            }
            other => {
                let name = format!("{other}:{}", location.target);
                self.issue(&name, format!("locations of type {other} are not read"));
            }
        }
    }

    fn registered(&mut self, location: &Registered) {
        let target = match location.location_type.as_str() {
            "file" => Target::File(vec![absolute(Path::new(&location.target))]),
            _ => Target::Url(location.target.clone()),
        };
        self.place(&location.location_type, &location.target, target);
    }

    fn place(&mut self, location_type: &str, text: &str, target: Target) {
        let name = match &target {
            // The same relative target in two folders is two locations.
            Target::File(paths) => format!(
                "file:{}",
                paths
                    .first()
                    .map(|p| p.display().to_string())
                    .unwrap_or_default()
            ),
            Target::Url(_) => format!("{location_type}:{text}"),
        };
        let origin = matches!(target, Target::Url(_)).then(|| name.clone());
        let config = LocationConfig {
            name,
            origin,
            target,
            entity_filename: self
                .settings
                .entity_filename
                .clone()
                .unwrap_or_else(|| "catalog-info.yaml".to_owned()),
            schedule: Schedule::default(),
        };
        let provider = Location::new(
            config,
            self.reader.clone(),
            Arc::clone(&self.rules),
            self.progress.clone(),
        );
        self.add(Box::new(provider));
    }
}

fn absolute(path: &Path) -> std::path::PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// `catalog.rules` and the rules of single locations, as the catalog asks them.
pub fn rules(settings: &Settings) -> Rules {
    let mut own = Vec::new();
    for location in &settings.locations {
        let exacts: Vec<String> = if location.location_type == "file" {
            location
                .file_candidates()
                .iter()
                .map(|p| absolute(p).display().to_string())
                .collect()
        } else {
            vec![location.target.clone()]
        };
        for rule in &location.rules {
            own.push(Rule {
                allow: allowed(&rule.allow),
                locations: Some(
                    exacts
                        .iter()
                        .map(|exact| RuleLocation {
                            location_type: location.location_type.clone(),
                            exact: Some(exact.clone()),
                            pattern: None,
                        })
                        .collect(),
                ),
            });
        }
    }
    match &settings.rules {
        None => Rules::standard(own),
        Some(rules) => Rules::configured(
            rules
                .iter()
                .map(|rule| Rule {
                    allow: allowed(&rule.allow),
                    locations: rule.locations.as_ref().map(|list| {
                        list.iter()
                            .map(|l| RuleLocation {
                                location_type: l.location_type.clone().unwrap_or_default(),
                                exact: l.exact.clone(),
                                pattern: l.pattern.clone(),
                            })
                            .collect()
                    }),
                })
                .collect(),
            own,
        ),
    }
}

fn allowed(kinds: &[config::AllowedKind]) -> Vec<AllowedKind> {
    kinds
        .iter()
        .map(|k| AllowedKind {
            kind: k.kind.clone(),
            spec_type: k.spec_type.clone(),
        })
        .collect()
}
