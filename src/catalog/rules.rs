//! Which kinds a location may give: `catalog.rules` and a location's own `rules`, as Backstage enforces them.

use globset::GlobBuilder;
use serde_json::Value;

/// The rules of a whole configuration.
///
/// A location's own rules are ordinary rules with one exact [`RuleLocation`]; add them to the list.
#[derive(Clone, PartialEq, Debug)]
pub struct Rules {
    list: Option<Vec<Rule>>,
    extra: Vec<Rule>,
}

/// Kinds that are allowed, and where.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Rule {
    /// An entity that matches any of these is allowed.
    pub allow: Vec<AllowedKind>,
    /// Where the rule holds; everywhere where there is no list, nowhere where it is empty.
    pub locations: Option<Vec<RuleLocation>>,
}

/// One entry of `allow`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AllowedKind {
    /// Compared without case.
    pub kind: String,
    /// `spec.type`, compared without case, where the rule asks for one.
    pub spec_type: Option<String>,
}

impl AllowedKind {
    /// Any entity of a kind.
    pub fn kind(kind: &str) -> Self {
        Self {
            kind: kind.to_owned(),
            spec_type: None,
        }
    }
}

/// One entry of a rule's `locations`, compared with the location that was configured, not with the file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RuleLocation {
    /// `url`, `file`, …
    pub location_type: String,
    /// The whole target, where the rule gives one. Of type `file`: an absolute path.
    pub exact: Option<String>,
    /// A glob over the target, where the rule gives one; `*` does not cross a `/`, case is ignored.
    pub pattern: Option<String>,
}

/// How a location came to be read: without `catalog.rules`, people and templates count only where someone with a
/// say over the configuration put them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Trust {
    /// A location of the configuration, one registered here, or an organisation provider.
    Configured,
    /// A repository that discovery found.
    Discovered,
}

/// The kinds that a discovered repository may not give where no rules are configured.
const GUARDED: [&str; 3] = ["template", "user", "group"];

impl Rules {
    /// No `catalog.rules`: every kind from configured locations, all but Template, User and Group from discovered ones.
    /// `location_rules` are those of single locations.
    pub fn standard(location_rules: Vec<Rule>) -> Self {
        Self {
            list: None,
            extra: location_rules,
        }
    }

    /// `catalog.rules` as configured, and the rules of single locations. What no rule allows is refused.
    pub fn configured(rules: Vec<Rule>, location_rules: Vec<Rule>) -> Self {
        Self {
            list: Some(rules),
            extra: location_rules,
        }
    }

    /// Allows the given kinds everywhere.
    pub fn allow(kinds: &[&str]) -> Self {
        let allow = kinds.iter().map(|kind| AllowedKind::kind(kind)).collect();
        Self::configured(
            vec![Rule {
                allow,
                locations: None,
            }],
            Vec::new(),
        )
    }

    /// Whether an entity may come from a location; `origin` is the configured location (`url:https://…`).
    pub fn is_allowed(&self, entity: &Value, origin: &str, trust: Trust) -> bool {
        let kind = super::record::entry_of(entity, "kind")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let spec_type = || entity.pointer("/spec/type").and_then(Value::as_str);
        let by_rule = |rule: &Rule| {
            rule.allow.iter().any(|allowed| {
                same(&allowed.kind, kind)
                    && allowed.spec_type.as_deref().is_none_or(|wanted| {
                        wanted.is_empty() || spec_type().is_some_and(|t| same(wanted, t))
                    })
            }) && rule
                .locations
                .as_ref()
                .is_none_or(|list| list.iter().any(|l| l.matches(origin)))
        };
        let in_list = match &self.list {
            Some(rules) => rules.iter().any(by_rule),
            None => {
                trust == Trust::Configured || !GUARDED.iter().any(|guarded| same(guarded, kind))
            }
        };
        in_list || self.extra.iter().any(by_rule)
    }
}

fn same(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b) || (!a.is_ascii() && a.to_lowercase() == b.to_lowercase())
}

impl RuleLocation {
    fn matches(&self, origin: &str) -> bool {
        let (location_type, target) = origin.split_once(':').unwrap_or((origin, ""));
        self.location_type == location_type
            && self
                .exact
                .as_deref()
                .is_none_or(|exact| exact.is_empty() || exact == target)
            && self
                .pattern
                .as_deref()
                .is_none_or(|pattern| pattern.is_empty() || glob(pattern, target))
    }
}

/// Runs of slashes count as one on both sides, as they do in minimatch.
fn glob(pattern: &str, target: &str) -> bool {
    let single = |text: &str| {
        let mut out = String::with_capacity(text.len());
        for c in text.chars() {
            if c != '/' || !out.ends_with('/') {
                out.push(c);
            }
        }
        out
    };
    GlobBuilder::new(&single(pattern))
        .literal_separator(true)
        .case_insensitive(true)
        .backslash_escape(true)
        .build()
        .is_ok_and(|glob| glob.compile_matcher().is_match(single(target)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn entity(kind: &str, spec_type: &str) -> Value {
        json!({ "kind": kind, "spec": { "type": spec_type } })
    }

    #[test]
    fn without_rules_a_discovered_repository_gives_no_people_and_no_templates() {
        let rules = Rules::standard(Vec::new());
        for kind in ["Component", "API", "Custom", "Location"] {
            assert!(rules.is_allowed(&entity(kind, "x"), "url:https://a/b", Trust::Discovered));
        }
        for kind in ["User", "group", "Template"] {
            assert!(!rules.is_allowed(&entity(kind, "x"), "url:https://a/b", Trust::Discovered));
            assert!(rules.is_allowed(&entity(kind, "x"), "url:https://a/b", Trust::Configured));
        }
    }

    #[test]
    fn a_rule_may_ask_for_a_type_without_case() {
        let allow = vec![AllowedKind {
            kind: "resource".into(),
            spec_type: Some("Database".into()),
        }];
        let rules = Rules::configured(
            vec![Rule {
                allow,
                locations: None,
            }],
            Vec::new(),
        );
        assert!(rules.is_allowed(
            &entity("Resource", "database"),
            "file:/a",
            Trust::Discovered
        ));
        assert!(!rules.is_allowed(&entity("Resource", "bucket"), "file:/a", Trust::Configured));
        assert!(!rules.is_allowed(&json!({"kind": "Resource"}), "file:/a", Trust::Configured));
        assert!(!rules.is_allowed(
            &entity("Component", "database"),
            "file:/a",
            Trust::Configured
        ));
    }

    #[test]
    fn a_rule_may_hold_for_some_locations_only() {
        let at = |exact: Option<&str>, pattern: Option<&str>| {
            let location = RuleLocation {
                location_type: "url".into(),
                exact: exact.map(Into::into),
                pattern: pattern.map(Into::into),
            };
            Rules::configured(
                Vec::new(),
                vec![Rule {
                    allow: vec![AllowedKind::kind("User")],
                    locations: Some(vec![location]),
                }],
            )
        };
        let user = entity("User", "");
        let allowed =
            |rules: &Rules, origin: &str| rules.is_allowed(&user, origin, Trust::Configured);
        let exact = at(Some("https://github.com/o/r/blob/main/users.yaml"), None);
        assert!(allowed(
            &exact,
            "url:https://github.com/o/r/blob/main/users.yaml"
        ));
        assert!(!allowed(
            &exact,
            "url:https://github.com/o/r/blob/main/other.yaml"
        ));
        assert!(!allowed(
            &exact,
            "file:https://github.com/o/r/blob/main/users.yaml"
        ));
        let pattern = at(
            None,
            Some("https://github.com/ORG/*/blob/{main,master}/**/users.yaml"),
        );
        assert!(allowed(
            &pattern,
            "url:https://github.com/org/r/blob/main/a/b/users.yaml"
        ));
        assert!(allowed(
            &pattern,
            "url:https://github.com/org/r/blob/master/users.yaml"
        ));
        assert!(!allowed(
            &pattern,
            "url:https://github.com/org/r/s/blob/main/users.yaml"
        ));
        let nowhere = Rules::configured(
            vec![Rule {
                allow: vec![AllowedKind::kind("User")],
                locations: Some(Vec::new()),
            }],
            Vec::new(),
        );
        assert!(!allowed(&nowhere, "url:https://x"));
    }
}
