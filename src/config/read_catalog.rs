//! The catalog's sources and rules: `catalog.locations`, `.rules` and `.providers`, as [`Settings`](super::Settings) have them.
//!
//! What is left out here is an error that a sync sees: a source with a hole in it must neither bring too much nor make
//! what it brought before look deleted.

use super::read::{Reader, without_slash};
use super::schedule::Schedule;
use super::settings::*;
use super::tree::{Tree, TreeValue};
use crate::text::nearest;

/// The kinds that Backstage has; what is almost one of them in a rule is a slip.
const KINDS: [&str; 9] = [
    "Component",
    "API",
    "Resource",
    "System",
    "Domain",
    "Group",
    "User",
    "Template",
    "Location",
];

impl Reader<'_> {
    pub(super) fn locations(&mut self, root: &Tree) -> Vec<LocationConfig> {
        let mut locations = Vec::new();
        for (index, tree) in root
            .at("catalog.locations")
            .into_iter()
            .flat_map(Tree::items)
            .enumerate()
        {
            let path = format!("catalog.locations[{index}]");
            let location_type = self.required(tree, &path, "type", "a location");
            let target = self.required(tree, &path, "target", "a location");
            let (Some(location_type), Some(target)) = (location_type, target) else {
                continue;
            };
            let written_in = tree.get("target").unwrap_or(tree);
            let user = url::Url::parse(&target)
                .is_ok_and(|url| !url.username().is_empty() || url.password().is_some());
            if user {
                let key = format!("{path}.target");
                let message = format!("`{key}` holds a user or password, which is not used");
                let hint = "give the token in integrations.github".to_owned();
                self.error(key, written_in, message, Some(hint));
                continue;
            }
            locations.push(LocationConfig {
                location_type,
                target,
                rules: tree
                    .get("rules")
                    .map(|rules| self.rules(rules, &format!("{path}.rules")))
                    .unwrap_or_default(),
                base_dir: written_in.dir.to_path_buf(),
                origin: tree.origin.clone(),
            });
        }
        locations
    }

    pub(super) fn rules(&mut self, rules: &Tree, path: &str) -> Vec<RuleConfig> {
        let mut read = Vec::new();
        for (index, tree) in rules.items().iter().enumerate() {
            let path = format!("{path}[{index}]");
            if tree.get("allow").is_none() {
                self.missing(tree, &path, "allow", "a rule");
                continue;
            }
            let mut allow = Vec::new();
            for (index, kind) in tree
                .get("allow")
                .into_iter()
                .flat_map(Tree::items)
                .enumerate()
            {
                allow.extend(self.allowed_kind(kind, format!("{path}.allow[{index}]")));
            }
            let locations = tree.get("locations").map(|list| {
                let location = |tree: &Tree| RuleLocation {
                    location_type: tree.text_at("type"),
                    exact: tree.text_at("exact"),
                    pattern: tree.text_at("pattern"),
                };
                list.items().iter().map(location).collect()
            });
            read.push(RuleConfig {
                allow,
                locations,
                origin: tree.origin.clone(),
            });
        }
        read
    }

    fn allowed_kind(&mut self, tree: &Tree, path: String) -> Option<AllowedKind> {
        let (kind, spec_type) = match &tree.value {
            TreeValue::Map(_) => (
                self.required(tree, &path, "kind", "a rule's kind")?,
                tree_key(tree, "spec.type"),
            ),
            _ => (tree.text()?, None),
        };
        if !KINDS.iter().any(|known| known.eq_ignore_ascii_case(&kind))
            && let Some(near) = nearest(&kind, KINDS)
        {
            let hint = Some(format!("did you mean `{near}`?"));
            self.warning(
                path,
                tree,
                format!("no entity is of the kind `{kind}`"),
                hint,
            );
        }
        Some(AllowedKind { kind, spec_type })
    }

    fn schedule(&mut self, provider: &Tree, path: &str) -> Option<Schedule> {
        let tree = provider.get("schedule")?;
        match Schedule::read(tree) {
            Ok(schedule) => Some(schedule),
            Err((key, message)) => {
                let full = format!("{path}.schedule.{key}");
                let place = tree.get(key).unwrap_or(tree);
                self.warning(
                    full.clone(),
                    place,
                    format!("`{full}` {message}; the default holds"),
                    None,
                );
                None
            }
        }
    }

    pub(super) fn github_providers(&mut self, root: &Tree) -> Vec<GithubProviderConfig> {
        const PATH: &str = "catalog.providers.github";
        let Some(tree) = root.at(PATH) else {
            return Vec::new();
        };
        if tree.get("organization").is_some()
            || self
                .unset
                .contains_key(format!("{PATH}.organization").as_str())
        {
            return self
                .github_provider(tree, "default", PATH)
                .into_iter()
                .collect();
        }
        let providers = tree.entries().iter();
        providers
            .filter_map(|(id, tree)| self.github_provider(tree, id, &format!("{PATH}.{id}")))
            .collect()
    }

    fn github_provider(
        &mut self,
        tree: &Tree,
        id: &str,
        path: &str,
    ) -> Option<GithubProviderConfig> {
        let organization = self.required(
            tree,
            path,
            "organization",
            "a provider of GitHub repositories",
        )?;
        let repository = match tree
            .text_at("filters.repository")
            .map(|pattern| NamePattern::new(&pattern))
        {
            Some(Err(message)) => {
                // Without its filter the provider would bring what it was told to leave out.
                let key = format!("{path}.filters.repository");
                let place = tree.at("filters.repository").unwrap_or(tree);
                self.error(
                    key.clone(),
                    place,
                    format!("`{key}` is not a regular expression: {message}"),
                    None,
                );
                return None;
            }
            other => other.and_then(Result::ok),
        };
        // A filter that is written and absent must not let everything through.
        if let Some(unset) = self.hole(tree, path, "filters.") {
            let (message, hint) = (
                format!("`{}`: the variable {} is not set", unset.key, unset.name),
                unset.name.clone(),
            );
            self.error(
                unset.key.clone(),
                tree,
                message,
                Some(format!("set {hint}")),
            );
            return None;
        }
        let default = GithubFilters::default();
        Some(GithubProviderConfig {
            id: id.to_owned(),
            organization,
            host: tree
                .text_at("host")
                .unwrap_or_else(|| "github.com".into())
                .to_ascii_lowercase(),
            catalog_path: tree
                .text_at("catalogPath")
                .unwrap_or_else(|| "/catalog-info.yaml".into()),
            filters: GithubFilters {
                repository,
                branch: tree.text_at("filters.branch"),
                topic_include: tree.texts_at("filters.topic.include"),
                topic_exclude: tree.texts_at("filters.topic.exclude"),
                allow_forks: tree
                    .bool_at("filters.allowForks")
                    .unwrap_or(default.allow_forks),
                allow_archived: tree
                    .bool_at("filters.allowArchived")
                    .unwrap_or(default.allow_archived),
                visibility: tree
                    .at("filters.visibility")
                    .map(|_| tree.texts_at("filters.visibility")),
            },
            validate_locations_exist: tree.bool_at("validateLocationsExist").unwrap_or(false),
            schedule: self.schedule(tree, path),
            origin: tree.origin.clone(),
        })
    }

    pub(super) fn github_org_providers(&mut self, root: &Tree) -> Vec<GithubOrgProviderConfig> {
        const PATH: &str = "catalog.providers.githubOrg";
        let Some(tree) = root.at(PATH) else {
            return Vec::new();
        };
        let is_single = ["id", "githubUrl", "orgs"]
            .iter()
            .any(|key| tree.get(key).is_some());
        let found: Vec<(Option<&str>, String, &Tree)> = match &tree.value {
            TreeValue::List(items) => items
                .iter()
                .enumerate()
                .map(|(index, tree)| (None, format!("{PATH}[{index}]"), tree))
                .collect(),
            _ if is_single => vec![(None, PATH.to_owned(), tree)],
            _ => tree
                .entries()
                .iter()
                .map(|(id, tree)| (Some(id.as_str()), format!("{PATH}.{id}"), tree))
                .collect(),
        };
        let only_one = found.len() == 1;
        let mut providers = Vec::new();
        for (key, path, tree) in found {
            let orgs = tree.texts_at("orgs");
            if let Some(unset) = self.hole(tree, &path, "orgs[") {
                // Without its names the list would mean every organization.
                let message = format!("`{}`: the variable {} is not set", unset.key, unset.name);
                let hint = Some(format!("set {}", unset.name));
                self.error(unset.key.clone(), tree, message, hint);
                continue;
            }
            providers.push(GithubOrgProviderConfig {
                id: tree
                    .text_at("id")
                    .or_else(|| key.map(str::to_owned))
                    .unwrap_or_else(|| "default".into()),
                github_url: tree
                    .text_at("githubUrl")
                    .map_or_else(|| "https://github.com".into(), without_slash),
                default_namespace: only_one && orgs.len() == 1,
                orgs,
                schedule: self.schedule(tree, &path),
                origin: tree.origin.clone(),
            });
        }
        providers
    }
}

/// A key that has a dot in its own name.
fn tree_key(tree: &Tree, key: &str) -> Option<String> {
    tree.get(key)?.text()
}
