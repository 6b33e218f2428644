//! What `mkdocs.yml` says, as far as a reader needs it: the site's name, where its pages are, its navigation.
//!
//! Tags of Python (`!!python/name:…`, `!ENV`, `!relative`) are left out by the YAML reader and do no harm. `INHERIT` names a file
//! that this one is laid over, mapping by mapping, as MkDocs does it.

use serde_json::{Map, Value};

use crate::catalog::yaml::{self, YamlLimits};

/// A configuration larger than this is no configuration.
pub const CONFIG_LIMIT: u64 = 1024 * 1024;
/// Entries of a navigation that are read.
const MOST_ENTRIES: usize = 10_000;
/// Sections within sections.
const DEEPEST: usize = 32;

/// One entry of `nav`, as written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NavEntry {
    /// Its title, where it has one.
    pub title: Option<String>,
    /// What it is.
    pub item: NavItem,
}

/// What an entry of `nav` is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NavItem {
    /// A path, an address, or an `!include`.
    Target(String),
    /// What stands below a title.
    Section(Vec<NavEntry>),
}

/// What was read.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Config {
    root: Map<String, Value>,
    /// What is wrong with it.
    pub problems: Vec<String>,
}

impl Config {
    /// Reads a file's text. A file that is no mapping is an empty one with a problem.
    pub fn read(text: &str) -> Self {
        let limits = YamlLimits {
            bytes: usize::try_from(CONFIG_LIMIT).unwrap_or(usize::MAX),
            nodes: 100_000,
            text: 4 << 20,
            documents: 4,
            ..YamlLimits::default()
        };
        let mut config = Self::default();
        match yaml::parse(text, &limits).into_iter().next() {
            None => {}
            Some(document) => match document.content {
                Ok(Value::Object(root)) => config.root = root,
                Ok(Value::Null) => {}
                Ok(_) => config.problems.push("mkdocs.yml is not a mapping".into()),
                Err(error) => config.problems.push(format!(
                    "mkdocs.yml:{}:{}: {}",
                    error.mark.line, error.mark.column, error.message
                )),
            },
        }
        config
    }

    /// The file that this one is laid over, as written.
    pub fn inherits(&self) -> Option<&str> {
        self.text("INHERIT")
    }

    /// Lays this configuration over its parent.
    pub fn over(&mut self, parent: Config) {
        let own = std::mem::replace(&mut self.root, parent.root);
        merge(&mut self.root, own);
        self.problems.extend(parent.problems);
    }

    /// `site_name`.
    pub fn site_name(&self) -> &str {
        self.text("site_name").unwrap_or_default()
    }

    /// `docs_dir`; `docs` where it is not given.
    pub fn docs_dir(&self) -> &str {
        self.text("docs_dir").unwrap_or("docs")
    }

    /// `nav`, where there is one. What is no entry is left out and told.
    pub fn nav(&mut self) -> Option<Vec<NavEntry>> {
        let nav = match self.root.get("nav") {
            Some(Value::Array(items)) => items.clone(),
            None | Some(Value::Null) => return None,
            Some(_) => {
                self.problems.push("nav is not a list".into());
                return None;
            }
        };
        let mut left = MOST_ENTRIES;
        let entries = entries(&nav, 0, &mut left, &mut self.problems);
        if left == 0 {
            self.problems
                .push(format!("nav has more than {MOST_ENTRIES} entries"));
        }
        // MkDocs takes an empty list for none.
        (!entries.is_empty()).then_some(entries)
    }

    /// A list of patterns, one a line, as `exclude_docs` is; empty where there is none.
    ///
    /// # Errors
    /// A sentence, where it is something else than a text: MkDocs takes no list.
    pub fn patterns(&self, key: &str) -> Result<&str, String> {
        match self.root.get(key) {
            None | Some(Value::Null) => Ok(""),
            Some(Value::String(text)) => Ok(text),
            Some(_) => Err(format!("{key} is not a text")),
        }
    }

    /// `base_path` of `pymdownx.snippets`, from the folder of `mkdocs.yml`; that folder where it is not given. TechDocs
    /// adds the folder of the documentation.
    pub fn snippet_paths(&self) -> Vec<String> {
        let extensions = self.root.get("markdown_extensions");
        let options = match extensions {
            Some(Value::Object(map)) => map.get("pymdownx.snippets"),
            Some(Value::Array(items)) => items.iter().find_map(|i| i.get("pymdownx.snippets")),
            _ => None,
        };
        let given = options.and_then(|o| o.get("base_path"));
        match given {
            Some(Value::String(one)) => vec![one.clone()],
            Some(Value::Array(many)) => many
                .iter()
                .filter_map(|p| p.as_str().map(str::to_owned))
                .take(16)
                .collect(),
            _ => vec![".".to_owned()],
        }
    }

    fn text(&self, key: &str) -> Option<&str> {
        self.root
            .get(key)?
            .as_str()
            .map(str::trim)
            .filter(|text| !text.is_empty())
    }
}

fn merge(under: &mut Map<String, Value>, over: Map<String, Value>) {
    for (key, value) in over {
        match (under.get_mut(&key), value) {
            (Some(Value::Object(under)), Value::Object(over)) => merge(under, over),
            (_, value) => {
                under.insert(key, value);
            }
        }
    }
}

fn entries(
    items: &[Value],
    depth: usize,
    left: &mut usize,
    problems: &mut Vec<String>,
) -> Vec<NavEntry> {
    let mut out = Vec::new();
    for item in items {
        if *left == 0 {
            break;
        }
        *left -= 1;
        match item {
            Value::String(target) => out.push(NavEntry {
                title: None,
                item: NavItem::Target(target.clone()),
            }),
            // MkDocs refuses more than one entry; what is meant is plain.
            Value::Object(map) => {
                for (title, value) in map {
                    let item = match value {
                        Value::String(target) => NavItem::Target(target.clone()),
                        Value::Array(below) if depth < DEEPEST => {
                            NavItem::Section(entries(below, depth + 1, left, problems))
                        }
                        // `Title:` with nothing after it, or with a mapping.
                        Value::Null => NavItem::Section(Vec::new()),
                        Value::Object(below) if depth < DEEPEST => {
                            let item = Value::Object(below.clone());
                            NavItem::Section(entries(&[item], depth + 1, left, problems))
                        }
                        _ => {
                            problems.push(format!("nav: \"{title}\" leads to no page"));
                            continue;
                        }
                    };
                    out.push(NavEntry {
                        title: Some(title.clone()),
                        item,
                    });
                }
            }
            _ => problems.push("nav has an entry that is neither a page nor a section".into()),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_that_only_python_knows_do_no_harm() {
        let config = Config::read(
            "site_name: !ENV [NAME, 'x']\ndocs_dir: pages\nmarkdown_extensions:\n  - pymdownx.emoji:\n      emoji_index: \
             !!python/name:material.extensions.emoji.twemoji\n  - pymdownx.snippets:\n      base_path: [docs, .]\n",
        );
        assert_eq!(config.problems, Vec::<String>::new());
        assert_eq!(config.docs_dir(), "pages");
        assert_eq!(config.snippet_paths(), ["docs", "."]);
    }

    #[test]
    fn a_configuration_is_laid_over_the_one_it_inherits() {
        let mut config = Config::read("INHERIT: ../base.yml\nnav: [a.md]\ntheme: {name: x}\n");
        assert_eq!(config.inherits(), Some("../base.yml"));
        config.over(Config::read(
            "site_name: Base\nnav: [b.md, c.md]\ntheme: {name: y, z: 1}\n",
        ));
        assert_eq!(config.site_name(), "Base");
        assert_eq!(config.nav().unwrap().len(), 1);
    }

    #[test]
    fn what_is_no_configuration_is_told_and_empty() {
        for text in ["- a\n", "nav: {a: b}\n", "nav: [\n", "a: b: c\n"] {
            let mut config = Config::read(text);
            let nav = config.nav();
            assert_eq!(nav, None, "{text}");
            assert_eq!(config.problems.len(), 1, "{text}");
            assert_eq!(config.docs_dir(), "docs");
        }
        assert_eq!(Config::read("").problems, Vec::<String>::new());
    }

    #[test]
    fn a_navigation_of_any_depth_is_read_and_odd_entries_are_told() {
        let mut config = Config::read(
            "nav:\n  - index.md\n  - A:\n      - B:\n          - C: c.md\n  - Empty:\n  - 7\n  - Bad: 7\n",
        );
        let nav = config.nav().unwrap();
        assert_eq!(nav.len(), 3);
        assert_eq!(config.problems.len(), 2);
        let NavItem::Section(below) = &nav[1].item else {
            panic!("{nav:?}");
        };
        assert!(matches!(&below[0].item, NavItem::Section(c) if c.len() == 1));
    }
}
