//! Which pages and links of an entity are its runbooks, the best first.
//!
//! Almost nobody annotates one: they are known by the titles and paths they go by, in English and Korean. What can be
//! read from the cache comes before what is only an address, since the network may be what is down.

use serde_json::Value;

use super::reference::annotation;
use super::{NavTarget, Site, path};

/// Links are runbooks by these words alone; "Operations" is the title of many a dashboard.
const LINK_WORDS: [&str; 3] = ["runbook", "playbook", "런북"];

/// By what runbooks are known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RunbookRules {
    /// Annotations that hold a runbook's address, the first ones first.
    pub annotations: Vec<String>,
    /// Words of titles and paths, the surest first.
    pub words: Vec<String>,
}

impl Default for RunbookRules {
    fn default() -> Self {
        let words = [
            "runbook",
            "런북",
            "playbook",
            "incident",
            "장애",
            "troubleshooting",
            "operations",
        ];
        Self {
            annotations: vec!["backstage.io/runbook-url".to_owned()],
            words: words.map(str::to_owned).to_vec(),
        }
    }
}

/// Where a runbook is read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RunbookTarget {
    /// A page of the entity's documentation, by its path.
    Page(String),
    /// A page that an address names and that is in the cache.
    Fetched(String),
    /// An address.
    Url(String),
}

impl RunbookTarget {
    /// The source and path of the page that can be read here, given the source of the entity's own documentation, if any;
    /// none where the runbook is an address alone.
    pub fn page(&self, own: Option<&str>) -> Option<(String, String)> {
        match self {
            Self::Page(path) => Some((own?.to_owned(), path.clone())),
            Self::Fetched(address) => {
                Some((format!("url:{address}"), path::name_of(address).to_owned()))
            }
            Self::Url(_) => None,
        }
    }

    /// The path of the page, or the address: what a person is shown of the place.
    pub fn shown(&self) -> &str {
        let (Self::Page(place) | Self::Fetched(place) | Self::Url(place)) = self;
        place
    }
}

/// One runbook.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Runbook {
    /// What it is called. May hold text of a repository: clean it before it is shown.
    pub title: String,
    /// Where it is read.
    pub target: RunbookTarget,
}

/// A page that is a runbook by its title or path.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FoundPage {
    /// The page's path.
    pub path: String,
    /// Its title.
    pub title: String,
    /// The place of the word it is known by: smaller is surer.
    pub rank: usize,
}

impl RunbookRules {
    /// The pages of a site that are runbooks, the surest first, those alike in the order of the navigation.
    pub fn pages(&self, site: &Site) -> Vec<FoundPage> {
        let words: Vec<String> = self.words.iter().map(|word| squeezed(word)).collect();
        let mut found: Vec<FoundPage> = Vec::new();
        let mut take = |path: &str, title: &str, texts: &[&str]| {
            let rank = words
                .iter()
                .position(|word| texts.iter().any(|text| says(text, word)));
            let Some(rank) = rank else { return };
            match found.iter_mut().find(|page| page.path == path) {
                Some(page) => page.rank = page.rank.min(rank),
                None => found.push(FoundPage {
                    path: path.to_owned(),
                    title: title.to_owned(),
                    rank,
                }),
            }
        };
        let mut sections: Vec<(u16, &str)> = Vec::new();
        for node in &site.nav {
            while sections
                .last()
                .is_some_and(|(level, _)| *level >= node.level)
            {
                sections.pop();
            }
            match &node.target {
                NavTarget::Section => sections.push((node.level, &node.title)),
                NavTarget::Page(path) => {
                    let mut texts: Vec<&str> = sections.iter().map(|(_, title)| *title).collect();
                    texts.push(&node.title);
                    take(path, &node.title, &texts);
                }
                NavTarget::Url(_) | NavTarget::Missing(_) => {}
            }
        }
        for page in &site.pages {
            let path = super::path::stem(&page.path);
            let mut texts: Vec<&str> = path.split('/').collect();
            texts.push(&page.title);
            take(&page.path, &page.title, &texts);
        }
        found.sort_by_key(|page| page.rank);
        found
    }

    /// The addresses that an entity itself gives as runbooks, with their titles: annotations, then links.
    pub fn addresses(&self, entity: &Value) -> Vec<(String, String)> {
        let annotated = self.annotations.iter().filter_map(|key| {
            let target = annotation(entity, key)?;
            Some(("Runbook".to_owned(), target.to_owned()))
        });
        let links = entity
            .get("metadata")
            .and_then(|metadata| metadata.get("links"))
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|link| {
                let title = link.get("title")?.as_str()?;
                let url = link.get("url")?.as_str()?.trim();
                let known = LINK_WORDS.iter().any(|word| says(title, word));
                (known && !url.is_empty()).then(|| (title.trim().to_owned(), url.to_owned()))
            });
        let mut out: Vec<(String, String)> = Vec::new();
        for (title, url) in annotated.chain(links) {
            if !out.iter().any(|(_, known)| *known == url) {
                out.push((title, url));
            }
        }
        out
    }
}

/// An entity's runbooks, the best first.
///
/// In order: annotated ones, links titled so, pages by [`RunbookRules::pages`]; of these, what can be read here comes
/// before what is only an address, and pages whose text is not kept come last. `fetched` says under which title the page of an address is in the cache.
pub fn runbooks(
    entity: &Value,
    site: Option<&Site>,
    rules: &RunbookRules,
    mut fetched: impl FnMut(&str) -> Option<String>,
) -> Vec<Runbook> {
    let mut readable: Vec<Runbook> = Vec::new();
    let mut unkept: Vec<Runbook> = Vec::new();
    let mut addresses = Vec::new();
    for (title, address) in rules.addresses(entity) {
        // An annotation may name a page of the site itself.
        let named = address.trim_start_matches("./");
        let page = site.and_then(|site| {
            site.pages
                .iter()
                .find(|page| page.path == named || page.file == named)
        });
        if let Some(page) = page {
            let list = if page.skipped.is_some() {
                &mut unkept
            } else {
                &mut readable
            };
            list.push(Runbook {
                title: page.title.clone(),
                target: RunbookTarget::Page(page.path.clone()),
            });
        } else if let Some(title) = fetched(&address) {
            readable.push(Runbook {
                title,
                target: RunbookTarget::Fetched(address),
            });
        } else if address.contains("://") {
            addresses.push(Runbook {
                title,
                target: RunbookTarget::Url(address),
            });
        }
    }
    for page in site.map(|site| rules.pages(site)).unwrap_or_default() {
        let is_kept = site
            .and_then(|site| site.page(&page.path))
            .is_some_and(|page| page.skipped.is_none());
        let target = RunbookTarget::Page(page.path);
        if !readable
            .iter()
            .chain(&unkept)
            .any(|known| known.target == target)
        {
            let list = if is_kept { &mut readable } else { &mut unkept };
            list.push(Runbook {
                title: page.title,
                target,
            });
        }
    }
    readable.extend(addresses);
    readable.extend(unkept);
    readable
}

/// Whether a text has a word that begins with `word`, also where it is written apart ("run book"); words that are not
/// ASCII count within others too, as Korean writes them together.
fn says(text: &str, word: &str) -> bool {
    if word.is_empty() {
        return false;
    }
    let lower = text.to_lowercase();
    if !word.is_ascii() {
        return squeezed(&lower).contains(word);
    }
    let parts: Vec<&str> = lower
        .split(|c: char| !c.is_alphanumeric())
        .filter(|part| !part.is_empty())
        .collect();
    (0..parts.len()).any(|from| {
        let mut joined = String::new();
        for part in parts.iter().skip(from) {
            joined.push_str(part);
            if joined.len() >= word.len() {
                break;
            }
        }
        joined.starts_with(word)
    })
}

/// A word in small letters, without what separates its parts.
fn squeezed(word: &str) -> String {
    word.to_lowercase()
        .chars()
        .filter(|c| c.is_alphanumeric())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::techdocs::{NavNode, SitePage};
    use serde_json::json;

    fn site(pages: &[(&str, &str)], nav: Vec<NavNode>) -> Site {
        Site {
            pages: pages
                .iter()
                .map(|(path, title)| SitePage {
                    path: (*path).to_owned(),
                    file: format!("docs/{path}"),
                    title: (*title).to_owned(),
                    oid: String::new(),
                    size: 1,
                    skipped: None,
                })
                .collect(),
            nav,
            ..Site::default()
        }
    }

    fn found(pages: &[(&str, &str)]) -> Vec<String> {
        RunbookRules::default()
            .pages(&site(pages, Vec::new()))
            .into_iter()
            .map(|page| page.path)
            .collect()
    }

    #[test]
    fn runbooks_are_known_by_path_and_title_the_surest_first() {
        assert_eq!(
            found(&[
                ("index.md", "Home"),
                ("operations/scaling.md", "Scaling"),
                ("troubleshooting.md", "When it fails"),
                ("ops/db.md", "결제 장애 대응"),
                ("x.md", "Run book: pool"),
                ("runbooks/pool.md", "Pool"),
                ("coincidental.md", "Prunbook"),
            ]),
            [
                "x.md",
                "runbooks/pool.md",
                "ops/db.md",
                "troubleshooting.md",
                "operations/scaling.md"
            ]
        );
    }

    #[test]
    fn a_section_makes_runbooks_of_its_pages() {
        let node = |title: &str, level, target| NavNode {
            title: title.into(),
            level,
            target,
        };
        let nav = vec![
            node("런북", 0, NavTarget::Section),
            node("Pool", 1, NavTarget::Page("pool.md".into())),
            node("Home", 0, NavTarget::Page("index.md".into())),
        ];
        let site = site(&[("index.md", "Home"), ("pool.md", "Pool")], nav);
        let pages = RunbookRules::default().pages(&site);
        assert_eq!(pages.len(), 1);
        assert_eq!(pages[0].path, "pool.md");
    }

    #[test]
    fn what_can_be_read_here_comes_before_addresses() {
        let entity = json!({"metadata": {
            "annotations": {"backstage.io/runbook-url": "https://wiki.example/pay"},
            "links": [
                {"title": "Operations dashboard", "url": "https://grafana.example"},
                {"title": "Payments runbook", "url": "https://github.com/acme/ops/blob/main/pay.md"},
            ],
        }});
        let site = site(&[("runbook.md", "Runbook")], Vec::new());
        let fetched = |url: &str| url.contains("acme/ops").then(|| "Pay".to_owned());
        let all = runbooks(&entity, Some(&site), &RunbookRules::default(), fetched);
        let targets: Vec<&RunbookTarget> = all.iter().map(|r| &r.target).collect();
        assert_eq!(
            targets,
            [
                &RunbookTarget::Fetched("https://github.com/acme/ops/blob/main/pay.md".into()),
                &RunbookTarget::Page("runbook.md".into()),
                &RunbookTarget::Url("https://wiki.example/pay".into()),
            ]
        );
    }

    #[test]
    fn a_page_whose_text_is_not_kept_comes_after_everything_that_can_be_opened() {
        let entity = json!({"metadata": {"annotations": {"backstage.io/runbook-url": "https://wiki.example/pay"}}});
        let mut site = site(
            &[("runbook.md", "Runbook"), ("ops/incident.md", "Incident")],
            Vec::new(),
        );
        site.pages[0].skipped = Some("has 52428800 bytes".into());
        let all = runbooks(&entity, Some(&site), &RunbookRules::default(), |_| None);
        let targets: Vec<&RunbookTarget> = all.iter().map(|r| &r.target).collect();
        assert_eq!(
            targets,
            [
                &RunbookTarget::Page("ops/incident.md".into()),
                &RunbookTarget::Url("https://wiki.example/pay".into()),
                &RunbookTarget::Page("runbook.md".into()),
            ]
        );
    }

    #[test]
    fn an_annotation_may_name_a_page_of_the_site() {
        let entity =
            json!({"metadata": {"annotations": {"backstage.io/runbook-url": "./docs/x.md"}}});
        let site = site(&[("x.md", "At night")], Vec::new());
        let all = runbooks(&entity, Some(&site), &RunbookRules::default(), |_| None);
        assert_eq!(all.len(), 1);
        assert_eq!(all[0].title, "At night");
        assert_eq!(
            runbooks(&entity, None, &RunbookRules::default(), |_| None),
            []
        );
    }
}
