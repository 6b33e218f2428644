//! From what entities say to places that can be read: which site each has, by the rules that hold for everything a file
//! names.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;
use url::Url;

use crate::catalog::EntityRef;
use crate::catalog::location::MANAGED_BY_LOCATION;
use crate::store::{DocCandidate, DocEntity};
use crate::sync::policy::{Base, Readable, ReadingPolicy};
use crate::sync::target::{GithubTarget, Resolved, authority};
use crate::techdocs::reference::annotation;
use crate::techdocs::{Declared, DocsRef, RunbookRules, declared, path};

/// What stands for a folder in a repository: targets name files.
pub(super) const MARKER: &str = "mkdocs.yml";
/// Entities that refer to one another's documentation.
const LONGEST_CHAIN: usize = 5;

/// Where a site is read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Place {
    /// A folder of a repository, by a file in it.
    Folder(GithubTarget),
    /// A single page of a repository.
    Page(GithubTarget),
    /// A folder of this machine, and the folder nothing outside which may be read.
    Disk {
        /// The site's folder.
        folder: PathBuf,
        /// The folder of the entity's file.
        below: PathBuf,
    },
}

/// What all entities declare.
#[derive(Default, Debug)]
pub(super) struct Declarations {
    /// Who has which site.
    pub entities: Vec<DocEntity>,
    /// Where each site is read, by its source.
    pub places: BTreeMap<String, Place>,
}

/// Reads what entities declare.
pub(super) fn declare(
    candidates: &[DocCandidate],
    policy: &ReadingPolicy,
    rules: &RunbookRules,
) -> Declarations {
    let mut out = Declarations::default();
    let by_ref: BTreeMap<&str, &Value> = candidates
        .iter()
        .map(|c| (c.entity_ref.as_str(), &c.entity))
        .collect();
    for candidate in candidates {
        for (_, address) in rules.addresses(&candidate.entity) {
            if let Some(target) = runbook_page(&address, policy) {
                out.places
                    .insert(format!("url:{address}"), Place::Page(target));
            }
        }
        if let Some((site, page)) = site_of(&candidate.entity_ref, &by_ref, policy) {
            let (source, problem) = match site {
                Ok((source, place)) => {
                    out.places.insert(source.clone(), place);
                    (Some(source), None)
                }
                Err(problem) => (None, Some(problem)),
            };
            out.entities.push(DocEntity {
                entity_ref: candidate.entity_ref.clone(),
                source,
                page,
                problem,
            });
        }
    }
    out
}

/// A runbook's address as a page of a GitHub that may be read; none for any other address.
fn runbook_page(address: &str, policy: &ReadingPolicy) -> Option<GithubTarget> {
    let url = Url::parse(address).ok()?;
    if !path::is_page(url.path()) {
        return None;
    }
    match policy.url(address) {
        Ok(Readable::Github(target)) if !target.is_glob() => Some(target),
        _ => None,
    }
}

type Site = Result<(String, Place), String>;

/// The site an entity has, following references to others; none where it says nothing.
fn site_of(
    entity_ref: &str,
    by_ref: &BTreeMap<&str, &Value>,
    policy: &ReadingPolicy,
) -> Option<(Site, Option<String>)> {
    let mut at = entity_ref.to_owned();
    let mut first_page = None;
    let mut seen = BTreeSet::new();
    loop {
        let entity = by_ref.get(at.as_str()).copied();
        match entity.and_then(declared) {
            None if at == entity_ref => return None,
            None => {
                return Some((
                    Err(format!("{at}, whose documentation this is, has none")),
                    None,
                ));
            }
            Some(Declared::Unusable(problem)) => return Some((Err(problem), None)),
            Some(Declared::Own { docs, base }) => {
                let managed = entity.and_then(|e| annotation(e, MANAGED_BY_LOCATION));
                let site = place(&docs, &base, managed.unwrap_or(&base), policy);
                return Some((site, first_page));
            }
            Some(Declared::Entity { reference, page }) => {
                first_page = first_page.or(page);
                let other = match EntityRef::parse(&reference, Some("component"), "default") {
                    Ok(other) => other.to_string(),
                    Err(error) => return Some((Err(error.to_string()), None)),
                };
                if !seen.insert(at) || seen.len() > LONGEST_CHAIN {
                    let message = format!(
                        "{reference}: entities name one another's documentation in a circle"
                    );
                    return Some((Err(message), None));
                }
                at = other;
            }
        }
    }
}

fn place(docs: &DocsRef, base: &str, managed: &str, policy: &ReadingPolicy) -> Site {
    let own_folder = managed
        .strip_prefix("file:")
        .and_then(|file| Path::new(file).parent());
    match (docs, base.split_once(':')) {
        (DocsRef::Url(url), _) => folder_at(&github_folder(url)?, policy),
        (DocsRef::Dir(dir), Some(("url", base))) => {
            let base = source_folder(base)?;
            let marker = match policy.url(&base).map_err(|refusal| refusal.to_string())? {
                Readable::Github(marker) => marker,
                _ => return Err(not_github(&base)),
            };
            // As Backstage: from the repository's root.
            if let Some(rooted) = dir.strip_prefix('/') {
                let inside = path::within("", rooted)
                    .ok_or_else(|| format!("{dir} leads out of its own repository"))?;
                return Ok(site(marker.with_path(&path::join(&inside, MARKER))));
            }
            match marker.resolve(&format!("{}/{MARKER}", dir.trim_end_matches('/'))) {
                Ok(Resolved::Same(target)) => Ok(site(target)),
                Ok(Resolved::Url(url)) => Err(format!("dir:{url} is no folder")),
                Err(error) => Err(error.to_string()),
            }
        }
        (DocsRef::Dir(dir), Some(("file", base))) => {
            // A file that came from a URL can never read this machine, whatever it says of its source.
            let Some(below) = own_folder else {
                return Err(format!(
                    "file:{base} is a path of this machine, which a file that came from a URL may not name"
                ));
            };
            let from = if base.ends_with('/') {
                Path::new(base)
            } else {
                Path::new(base).parent().unwrap_or(below)
            };
            let joined = from.join(dir);
            match policy.resolve(&Base::Disk(below.to_owned()), &joined.to_string_lossy()) {
                Ok(Readable::Disk { path: folder, .. }) => Ok((
                    format!("file:{}", folder.display()),
                    Place::Disk {
                        folder,
                        below: below.to_owned(),
                    },
                )),
                Ok(_) => Err(format!("dir:{dir} is no folder")),
                Err(refusal) => Err(refusal.to_string()),
            }
        }
        (DocsRef::Dir(dir), _) => Err(format!(
            "dir:{dir} is relative to where the entity was read, which is neither a URL nor a file"
        )),
    }
}

fn folder_at(marker: &str, policy: &ReadingPolicy) -> Site {
    match policy.url(marker).map_err(|refusal| refusal.to_string())? {
        Readable::Github(target) => Ok(site(target)),
        _ => Err(not_github(marker)),
    }
}

fn site(marker: GithubTarget) -> (String, Place) {
    (marker.source_location(), Place::Folder(marker))
}

fn not_github(address: &str) -> String {
    format!("{address}: documentation is read from GitHub repositories and from disk")
}

/// The marker's address in the folder that an address of a repository names: its root on the default branch, a folder, or
/// the folder of a configuration.
fn github_folder(address: &str) -> Result<String, String> {
    let url = Url::parse(address).map_err(|_| format!("{address} is not a URL"))?;
    let mut folder = plain(&url)?;
    if let Some(root) = repository_root(&url) {
        return Ok(format!("{root}/tree/HEAD/{MARKER}"));
    }
    if matches!(path::name_of(&folder), "mkdocs.yml" | "mkdocs.yaml") {
        folder.truncate(path::folder_of(&folder).len());
    }
    Ok(format!("{}/{MARKER}", folder.trim_end_matches('/')))
}

/// The marker's address in the folder of a source location: of a file its folder, as relative addresses have it.
fn source_folder(base: &str) -> Result<String, String> {
    let url = Url::parse(base).map_err(|_| format!("{base} is not a URL"))?;
    if let Some(root) = repository_root(&url) {
        return Ok(format!("{root}/tree/HEAD/{MARKER}"));
    }
    let plain = plain(&url)?;
    Ok(path::join(path::folder_of(&plain), MARKER))
}

/// An address without its query and anchor.
fn plain(url: &Url) -> Result<String, String> {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    authority(&url)
        .map(|_| url.as_str().to_owned())
        .ok_or_else(|| format!("{url} names no host"))
}

/// The address of a repository, where it is no more than that.
fn repository_root(url: &Url) -> Option<String> {
    let segments: Vec<&str> = url.path_segments()?.filter(|s| !s.is_empty()).collect();
    let [owner, repository] = segments.as_slice() else {
        return None;
    };
    let mut root = url.clone();
    root.set_query(None);
    root.set_fragment(None);
    root.set_path(&format!("{owner}/{repository}"));
    Some(root.as_str().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::target::GithubHost;
    use serde_json::json;

    fn policy() -> ReadingPolicy {
        let host = GithubHost {
            host: "github.com".into(),
            web_url: "https://github.com".into(),
            raw_base_url: None,
        };
        ReadingPolicy::new(vec![host], Vec::new())
    }

    fn source(techdocs: &str, base: &str, managed: &str) -> Result<String, String> {
        let entity = json!({"metadata": {"annotations": {
            "backstage.io/techdocs-ref": techdocs, "backstage.io/source-location": base,
            "backstage.io/managed-by-location": managed,
        }}});
        let candidates = [DocCandidate {
            entity_ref: "component:default/pay".into(),
            entity,
        }];
        let mut out = declare(&candidates, &policy(), &RunbookRules::default());
        let entity = out.entities.remove(0);
        entity.source.ok_or(entity.problem.unwrap_or_default())
    }

    const TREE: &str = "url:https://github.com/acme/pay/tree/main/svc/";
    const FILE: &str = "url:https://github.com/acme/pay/blob/main/svc/catalog-info.yaml";

    #[test]
    fn every_form_of_a_reference_leads_to_its_folder() {
        let root = "url:https://github.com/acme/pay/tree/main/";
        for (techdocs, base, wanted) in [
            ("dir:.", TREE, TREE),
            ("dir:./", FILE, TREE),
            (
                "dir:docs-site",
                TREE,
                "url:https://github.com/acme/pay/tree/main/svc/docs-site/",
            ),
            ("dir:..", TREE, root),
            (
                "dir:/other",
                TREE,
                "url:https://github.com/acme/pay/tree/main/other/",
            ),
            ("url:https://github.com/acme/pay/tree/main", FILE, root),
            ("url:https://github.com/acme/pay/tree/main/", FILE, root),
            (
                "github:https://github.com/acme/pay/blob/main/mkdocs.yml",
                FILE,
                root,
            ),
            (
                "url:https://github.com/acme/docs",
                FILE,
                "url:https://github.com/acme/docs/tree/HEAD/",
            ),
            (
                "dir:.",
                "url:https://github.com/acme/pay/",
                "url:https://github.com/acme/pay/tree/HEAD/",
            ),
        ] {
            let found = source(techdocs, base, FILE);
            assert_eq!(found.as_deref(), Ok(wanted), "{techdocs} of {base}");
        }
    }

    #[test]
    fn what_leads_out_or_elsewhere_is_refused() {
        for (techdocs, base, managed) in [
            ("dir:../..", TREE, FILE),
            ("dir:/../x", TREE, FILE),
            ("dir:.", "file:/etc/", FILE),
            ("dir:file:///etc", TREE, FILE),
            (
                "dir:..",
                "file:/org/pay/catalog-info.yaml",
                "file:/org/pay/catalog-info.yaml",
            ),
            ("dir:.", "file:/etc/", "file:/org/pay/catalog-info.yaml"),
            (
                "dir:/etc",
                "file:/org/pay/catalog-info.yaml",
                "file:/org/pay/catalog-info.yaml",
            ),
            ("url:https://gitlab.example/acme/pay", FILE, FILE),
            ("url:file:///etc/", FILE, FILE),
            ("url:http://github.com/acme/pay", FILE, FILE),
        ] {
            assert!(
                source(techdocs, base, managed).is_err(),
                "{techdocs} of {base}"
            );
        }
    }

    #[test]
    fn a_file_of_this_machine_has_its_documentation_below_its_folder() {
        let file = "file:/org/pay/catalog-info.yaml";
        assert_eq!(source("dir:.", file, file).as_deref(), Ok("file:/org/pay"));
        assert_eq!(
            source("dir:./a/../site", file, file).as_deref(),
            Ok("file:/org/pay/site")
        );
    }

    #[test]
    fn another_entitys_documentation_is_found_and_circles_end() {
        let entity = |name: &str, annotations: Value| DocCandidate {
            entity_ref: format!("component:default/{name}"),
            entity: json!({"metadata": {"annotations": annotations}}),
        };
        let candidates = [
            entity(
                "a",
                json!({"backstage.io/techdocs-entity": "component:default/b", "backstage.io/techdocs-entity-path": "/x/"}),
            ),
            entity(
                "b",
                json!({"backstage.io/techdocs-ref": "dir:.", "backstage.io/source-location": TREE}),
            ),
            entity(
                "c",
                json!({"backstage.io/techdocs-entity": "component:default/c"}),
            ),
            entity(
                "d",
                json!({"backstage.io/techdocs-entity": "component:default/none"}),
            ),
        ];
        let out = declare(&candidates, &policy(), &RunbookRules::default());
        assert_eq!(out.places.len(), 1);
        assert_eq!(out.entities[0].source.as_deref(), Some(TREE));
        assert_eq!(out.entities[0].page.as_deref(), Some("x"));
        assert!(out.entities[2].problem.as_ref().unwrap().contains("circle"));
        assert!(
            out.entities[3]
                .problem
                .as_ref()
                .unwrap()
                .contains("has none")
        );
    }

    #[test]
    fn a_runbook_is_fetched_from_the_same_github_alone() {
        let page = |address: &str| runbook_page(address, &policy()).is_some();
        assert!(page(
            "https://github.com/acme/ops/blob/main/runbooks/pay.md"
        ));
        assert!(!page("https://github.com/acme/ops/wiki/pay"));
        assert!(!page("https://wiki.example/pay.md"));
        assert!(!page("https://github.com/acme/ops/blob/main/pay.pdf"));
    }
}
