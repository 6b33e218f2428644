//! Trust: which templates may start, and which of what they touch needs a person's word.
//!
//! Pure: nothing is asked here, and nobody. A template is code that would run with the engineer's rights; whoever may write
//! to any discovered repository must not gain them by a file. So a template starts only from where the configuration lets
//! templates come from, and it touches only what its own task made, unless a person named it.

use std::collections::BTreeSet;

use super::action::Target;

/// Where a template came from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Origin<'a> {
    /// A path that was given on the command line.
    CommandLine,
    /// The catalog.
    Catalog {
        /// Where the entity is read: `url:https://github.com/acme/templates/blob/main/template.yaml`.
        location: &'a str,
        /// The configured location it was reached from.
        origin: &'a str,
        /// Whether the catalog's rules let Templates come from there.
        allowed_by_rules: bool,
    },
}

/// Whether a template may start.
///
/// # Errors
/// What to say where it may not: it is shown, and nothing else.
pub fn may_start(origin: Origin<'_>, trusted: &[String]) -> Result<(), String> {
    match origin {
        Origin::CommandLine => Ok(()),
        Origin::Catalog {
            allowed_by_rules: true,
            ..
        } => Ok(()),
        Origin::Catalog {
            location, origin, ..
        } => {
            let named = |pattern: &String| {
                matches_location(pattern, location) || matches_location(pattern, origin)
            };
            if trusted.iter().any(named) {
                Ok(())
            } else {
                Err(format!(
                    "templates from {location} may not run: no rule of the catalog allows Template there, and \
                     callboard.scaffolder.trusted does not name it"
                ))
            }
        }
    }
}

/// Whether an entry of `callboard.scaffolder.trusted` names a location: the same text, a folder above it, or a pattern
/// with `*` for any part of one name and `**` for any names. `url:` and `file:` before it need not be written.
fn matches_location(pattern: &str, location: &str) -> bool {
    let bare = |text: &str| -> String {
        let text = text
            .strip_prefix("url:")
            .or_else(|| text.strip_prefix("file:"))
            .unwrap_or(text);
        text.trim_end_matches('/').to_owned()
    };
    let (pattern, location) = (bare(pattern), bare(location));
    if pattern.is_empty() {
        return false;
    }
    let pattern: Vec<&str> = pattern.split('/').collect();
    let location: Vec<&str> = location.split('/').collect();
    parts_match(&pattern, &location)
}

fn parts_match(pattern: &[&str], location: &[&str]) -> bool {
    match (pattern.split_first(), location.split_first()) {
        // What is below a folder is in it.
        (None, _) => true,
        (Some((&"**", rest)), _) => {
            (0..=location.len()).any(|at| location.get(at..).is_some_and(|l| parts_match(rest, l)))
        }
        (Some((part, rest)), Some((name, below))) => {
            part_matches(part, name) && parts_match(rest, below)
        }
        (Some(_), None) => false,
    }
}

/// `*` stands for any text of a name.
fn part_matches(pattern: &str, name: &str) -> bool {
    // An account or host in another case is the same one.
    let (pattern, name) = (pattern.to_lowercase(), name.to_lowercase());
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else {
        return false;
    };
    let pieces: Vec<&str> = pieces.collect();
    let Some((last, middle)) = pieces.split_last() else {
        return rest.is_empty();
    };
    for piece in middle {
        match rest.find(piece) {
            Some(at) => rest = rest.get(at + piece.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// What a task may touch without a question.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Permissions {
    /// `callboard.scaffolder.allowedOwners`; none for any.
    pub allowed_owners: Vec<String>,
    /// What a person allowed: `OWNER/REPO`, or `HOST/OWNER/REPO`.
    pub allowed: Vec<String>,
    /// The hosts on which targets are repositories.
    pub repository_hosts: Vec<String>,
}

impl Permissions {
    /// Why a target needs a person's word; nothing where it needs none. `created` is what the task made so far.
    pub fn question(&self, target: &Target, created: &BTreeSet<Target>) -> Option<String> {
        let same = |a: &str, b: &str| a.eq_ignore_ascii_case(b);
        if !self
            .repository_hosts
            .iter()
            .any(|host| same(host, &target.host))
        {
            return None;
        }
        let full = format!("{}/{}", target.host, target.what);
        if self
            .allowed
            .iter()
            .any(|allowed| same(allowed, &target.what) || same(allowed, &full))
        {
            return None;
        }
        let owner = target.what.split('/').next().unwrap_or_default();
        if !self.allowed_owners.is_empty()
            && !self.allowed_owners.iter().any(|known| same(known, owner))
        {
            return Some(format!(
                "{owner} is not among callboard.scaffolder.allowedOwners"
            ));
        }
        let made = created
            .iter()
            .any(|made| same(&made.host, &target.host) && same(&made.what, &target.what));
        (!target.creates && !made).then(|| format!("{} was not made by this task", target.what))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(what: &str, creates: bool) -> Target {
        Target {
            host: "github.com".to_owned(),
            what: what.to_owned(),
            verb: "touch".to_owned(),
            creates,
        }
    }

    fn permissions() -> Permissions {
        Permissions {
            repository_hosts: vec!["github.com".to_owned()],
            ..Permissions::default()
        }
    }

    #[test]
    fn a_template_of_a_discovered_repository_shows_and_does_not_start() {
        let from = |location, rules| Origin::Catalog {
            location,
            origin: "url:https://github.com/acme",
            allowed_by_rules: rules,
        };
        let there = "url:https://github.com/acme/some-service/blob/main/template.yaml";
        assert!(may_start(from(there, false), &[]).is_err());
        assert!(may_start(from(there, true), &[]).is_ok());
        assert!(may_start(Origin::CommandLine, &[]).is_ok());
        for trusted in [
            "https://github.com/acme/some-service",
            "url:https://github.com/Acme/*/blob/main",
            "https://github.com/**/template.yaml",
            "https://github.com/acme/some-*/",
        ] {
            assert!(
                may_start(from(there, false), &[trusted.to_owned()]).is_ok(),
                "{trusted}"
            );
        }
        for other in [
            "https://github.com/acme/some",
            "https://github.com/acm",
            "",
            "https://gitlab.com/**",
        ] {
            assert!(
                may_start(from(there, false), &[other.to_owned()]).is_err(),
                "{other}"
            );
        }
    }

    #[test]
    fn what_the_task_did_not_make_needs_a_persons_word() {
        let mut permissions = permissions();
        let nothing = BTreeSet::new();
        let pay = target("acme/pay", false);
        assert_eq!(
            permissions.question(&pay, &nothing).as_deref(),
            Some("acme/pay was not made by this task")
        );
        assert_eq!(
            permissions.question(&target("acme/new", true), &nothing),
            None
        );
        let made = BTreeSet::from([target("Acme/Pay", true)]);
        assert_eq!(permissions.question(&pay, &made), None);
        permissions.allowed = vec!["ACME/pay".to_owned()];
        assert_eq!(permissions.question(&pay, &nothing), None);
        permissions.allowed = vec!["github.com/acme/pay".to_owned()];
        assert_eq!(permissions.question(&pay, &nothing), None);
        assert!(
            permissions
                .question(&target("acme/other", false), &nothing)
                .is_some()
        );
    }

    #[test]
    fn an_owner_outside_the_allowed_ones_needs_a_persons_word_even_for_new_repositories() {
        let mut permissions = permissions();
        permissions.allowed_owners = vec!["acme".to_owned()];
        let nothing = BTreeSet::new();
        assert_eq!(
            permissions.question(&target("Acme/new", true), &nothing),
            None
        );
        assert!(
            permissions
                .question(&target("evil/new", true), &nothing)
                .unwrap()
                .contains("allowedOwners")
        );
    }

    #[test]
    fn what_is_no_repository_is_the_configurations_to_allow() {
        let argo = Target {
            host: "argocd.example.com".to_owned(),
            ..target("applications/pay", false)
        };
        assert_eq!(permissions().question(&argo, &BTreeSet::new()), None);
    }
}
