//! Which repositories of an organisation a discovery takes, by the rules of Backstage's GitHub provider.

use super::glob::is_glob;
use super::target::decode;
use crate::config::{GithubFilters, NamePattern};
use url::Url;

/// What a filter asks about a repository.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RepositoryFacts {
    /// Without its owner.
    pub name: String,
    /// Archived ones match only where they are asked for.
    pub is_archived: bool,
    /// A fork of another repository.
    pub is_fork: bool,
    /// `PUBLIC`, `PRIVATE` or `INTERNAL`; GitHub writes capitals, configurations do not.
    pub visibility: String,
    /// Its topics.
    pub topics: Vec<String>,
    /// None while it has no commit.
    pub default_branch: Option<String>,
}

/// A compiled filter.
#[derive(Clone, Debug)]
pub struct RepositoryFilter {
    name: Option<NamePattern>,
    allow_archived: bool,
    topic_include: Option<Vec<String>>,
    topic_exclude: Option<Vec<String>>,
    allow_forks: bool,
    visibility: Vec<String>,
}

impl Default for RepositoryFilter {
    fn default() -> Self {
        Self {
            name: None,
            allow_archived: false,
            topic_include: None,
            topic_exclude: None,
            allow_forks: true,
            visibility: Vec::new(),
        }
    }
}

impl RepositoryFilter {
    /// The filters of a provider.
    pub fn from_config(filters: &GithubFilters) -> Self {
        let some = |list: &[String]| (!list.is_empty()).then(|| list.to_vec());
        Self {
            name: filters.repository.clone(),
            allow_archived: filters.allow_archived,
            topic_include: some(&filters.topic_include),
            topic_exclude: some(&filters.topic_exclude),
            allow_forks: filters.allow_forks,
            visibility: filters.visibility.clone().unwrap_or_default(),
        }
    }

    /// Takes repositories whose name matches a text with `*` for anything, as the old `github-discovery` targets have it.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it.
    pub fn with_name_glob(mut self, glob: &str) -> Result<Self, String> {
        let mut pattern = String::from("^");
        for c in glob.chars() {
            match c {
                '*' => pattern.push_str(".*"),
                c if c.is_ascii_alphanumeric() || c == '-' || c == '_' => pattern.push(c),
                c if c.is_ascii() => {
                    pattern.push('\\');
                    pattern.push(c);
                }
                c => pattern.push(c),
            }
        }
        pattern.push('$');
        self.name = Some(NamePattern::new(&pattern)?);
        Ok(self)
    }

    /// Whether topics must be asked for.
    pub fn needs_topics(&self) -> bool {
        let given = |list: &Option<Vec<String>>| list.as_ref().is_some_and(|l| !l.is_empty());
        given(&self.topic_include) || given(&self.topic_exclude)
    }

    /// Whether a repository is taken.
    pub fn matches(&self, repository: &RepositoryFacts) -> bool {
        (self.allow_archived || !repository.is_archived)
            && repository.default_branch.is_some()
            && (self.allow_forks || !repository.is_fork)
            && self
                .name
                .as_ref()
                .is_none_or(|r| r.matches(&repository.name))
            && (self.visibility.is_empty()
                || self
                    .visibility
                    .iter()
                    .any(|v| v.eq_ignore_ascii_case(&repository.visibility)))
            && self.topics_match(&repository.topics)
    }

    fn topics_match(&self, topics: &[String]) -> bool {
        let any = |list: &[String]| topics.iter().any(|t| list.contains(t));
        let excluded = self.topic_exclude.as_deref().is_some_and(any);
        let included = match self.topic_include.as_deref() {
            Some(include) if !include.is_empty() => any(include),
            _ => true,
        };
        included && !excluded
    }
}

/// A `github-discovery` target, taken apart: `https://github.com/org/repo-*/blob/main/path`, or `https://github.com/org`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DiscoveryTarget {
    /// With its port where it has one.
    pub host: String,
    /// The organisation or user.
    pub organization: String,
    /// A text with `*`.
    pub repository: String,
    /// None for each repository's default branch (`-`).
    pub branch: Option<String>,
    /// From the root, without a leading slash; may be a glob.
    pub path: String,
}

impl DiscoveryTarget {
    /// Takes a target apart.
    ///
    /// # Errors
    /// A sentence that names the target.
    pub fn parse(target: &str) -> Result<Self, String> {
        let wrong = || {
            format!("{target} is not https://HOST/ORG or https://HOST/ORG/REPO/blob/BRANCH/PATH")
        };
        let url = Url::parse(target).map_err(|_| wrong())?;
        let host = super::target::authority(&url).ok_or_else(wrong)?;
        let mut segments: Vec<String> = url
            .path_segments()
            .and_then(|s| s.map(decode).collect())
            .ok_or_else(wrong)?;
        while segments.last().is_some_and(String::is_empty) {
            segments.pop();
        }
        match segments.as_slice() {
            [organization] if !organization.is_empty() => Ok(Self {
                host,
                organization: organization.clone(),
                repository: "*".into(),
                branch: None,
                path: "catalog-info.yaml".into(),
            }),
            [organization, repository, _, branch, path @ ..]
                if !organization.is_empty() && !repository.is_empty() && !path.is_empty() =>
            {
                Ok(Self {
                    host,
                    organization: organization.clone(),
                    repository: repository.clone(),
                    branch: (branch != "-").then(|| branch.clone()),
                    path: path.join("/"),
                })
            }
            _ => Err(wrong()),
        }
    }

    /// Whether the path needs a look into the repository's tree.
    pub fn is_glob(&self) -> bool {
        is_glob(&self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repository(name: &str, topics: &[&str]) -> RepositoryFacts {
        RepositoryFacts {
            name: name.into(),
            visibility: "PRIVATE".into(),
            topics: topics.iter().map(|t| (*t).to_owned()).collect(),
            default_branch: Some("main".into()),
            ..RepositoryFacts::default()
        }
    }

    fn list(items: &[&str]) -> Vec<String> {
        items.iter().map(|t| (*t).to_owned()).collect()
    }

    fn filter(change: impl FnOnce(&mut GithubFilters)) -> RepositoryFilter {
        let mut filters = GithubFilters::default();
        change(&mut filters);
        RepositoryFilter::from_config(&filters)
    }

    #[test]
    fn a_name_pattern_covers_the_whole_name_and_may_look_ahead() {
        let pattern = |text: &str| filter(|f| f.repository = Some(NamePattern::new(text).unwrap()));
        assert!(pattern("svc-.*").matches(&repository("svc-pay", &[])));
        assert!(!pattern("svc-.*").matches(&repository("my-svc-pay", &[])));
        assert!(pattern("^(?!archived-).*$").matches(&repository("pay", &[])));
        assert!(!pattern("^(?!archived-).*$").matches(&repository("archived-pay", &[])));
    }

    #[test]
    fn a_name_glob_takes_dots_literally() {
        let filter = RepositoryFilter::default().with_name_glob("a.b-*").unwrap();
        assert!(filter.matches(&repository("a.b-c", &[])));
        assert!(!filter.matches(&repository("axb-c", &[])));
    }

    #[test]
    fn excluded_topics_win_over_included_ones() {
        let topics = |include: &[&str], exclude: &[&str]| {
            filter(|f| {
                f.topic_include = list(include);
                f.topic_exclude = list(exclude);
            })
        };
        let both = topics(&["x"], &["y"]);
        assert!(both.needs_topics());
        assert!(both.matches(&repository("a", &["x"])));
        assert!(!both.matches(&repository("a", &["x", "y"])));
        assert!(!both.matches(&repository("a", &["z"])));
        assert!(!both.matches(&repository("a", &[])));
        assert!(topics(&[], &["y"]).matches(&repository("a", &[])));
        let neither = topics(&[], &[]);
        assert!(neither.matches(&repository("a", &[])));
        assert!(!neither.needs_topics());
    }

    #[test]
    fn archived_and_empty_repositories_are_left_out_and_forks_where_asked() {
        let filter = RepositoryFilter::default();
        assert!(!filter.matches(&RepositoryFacts {
            is_archived: true,
            ..repository("a", &[])
        }));
        assert!(!filter.matches(&RepositoryFacts {
            default_branch: None,
            ..repository("a", &[])
        }));
        let filter_of_forks = self::tests::filter(|f| f.allow_forks = false);
        let fork = RepositoryFacts {
            is_fork: true,
            ..repository("a", &[])
        };
        assert!(filter.matches(&fork));
        assert!(!filter_of_forks.matches(&fork));
    }

    #[test]
    fn visibility_is_compared_without_case() {
        let filter = filter(|f| f.visibility = Some(list(&["private", "internal"])));
        assert!(filter.matches(&repository("a", &[])));
        assert!(!filter.matches(&RepositoryFacts {
            visibility: "PUBLIC".into(),
            ..repository("a", &[])
        }));
    }

    #[test]
    fn old_discovery_targets_are_taken_apart() {
        let target = DiscoveryTarget::parse("https://github.com/acme").unwrap();
        assert_eq!(
            (target.repository.as_str(), target.branch.clone()),
            ("*", None)
        );
        assert_eq!(target.path, "catalog-info.yaml");
        let target =
            DiscoveryTarget::parse("https://ghe.example:8443/acme/svc-*/blob/main/a/**/c.yaml")
                .unwrap();
        assert_eq!(target.host, "ghe.example:8443");
        assert_eq!(target.branch.as_deref(), Some("main"));
        assert_eq!(
            (target.repository.as_str(), target.path.as_str()),
            ("svc-*", "a/**/c.yaml")
        );
        assert!(target.is_glob());
        let default = DiscoveryTarget::parse("https://github.com/acme/*/blob/-/c.yaml").unwrap();
        assert_eq!(default.branch, None);
        assert!(DiscoveryTarget::parse("https://github.com/").is_err());
        assert!(DiscoveryTarget::parse("https://github.com/acme/pay").is_err());
    }
}
