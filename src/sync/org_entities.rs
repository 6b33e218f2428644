//! Groups and users from an organisation's teams and members, as Backstage's GitHub organisation providers make them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

/// A member of an organisation.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Member {
    /// The login name.
    pub login: String,
    /// The display name, if one is set.
    pub name: Option<String>,
    /// The public e-mail address, if the identity may see one.
    pub email: Option<String>,
    /// A sentence about themselves.
    pub bio: Option<String>,
    /// The picture.
    pub avatar_url: Option<String>,
}

/// A team of an organisation.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Team {
    /// The name in URLs.
    pub slug: String,
    /// `org/slug`.
    pub combined_slug: String,
    /// The display name.
    pub name: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// The picture.
    pub avatar_url: Option<String>,
    /// The page that edits it.
    pub edit_url: Option<String>,
    /// The slug of the team above.
    pub parent: Option<String>,
    /// Logins of its immediate members.
    pub members: Vec<String>,
}

/// Where the entities say they come from, which differs between the two ways to configure an organisation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum OrgStyle {
    /// `catalog.providers.githubOrg`: each entity is located at its own page.
    Provider {
        /// Groups go into a namespace named after the organisation, unless there is only one.
        own_namespace: bool,
    },
    /// The old location type `github-org`: every entity is located at the location itself.
    Location {
        /// The location's target.
        target: String,
    },
}

/// One entity and where it is said to be.
#[derive(Clone, PartialEq, Debug)]
pub struct OrgEntity {
    /// `url:https://…` or `github-org:https://…`.
    pub location: String,
    /// The entity, without location annotations.
    pub entity: Value,
}

/// Makes the entities of one organisation. Members who are only in a team (outside collaborators) make no user.
///
/// Order: users, then groups, each as the server listed them.
pub fn entities(
    web_url: &str,
    org: &str,
    members: &[Member],
    teams: &[Team],
    style: &OrgStyle,
) -> Vec<OrgEntity> {
    let namespace = match style {
        OrgStyle::Provider {
            own_namespace: true,
        } => Some(org.to_lowercase()),
        _ => None,
    };
    let mut children: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let slugs: BTreeSet<&str> = teams.iter().map(|t| t.slug.as_str()).collect();
    for team in teams {
        if let Some(parent) = team.parent.as_deref().filter(|p| slugs.contains(p)) {
            let list = children.entry(parent).or_default();
            if !list.contains(&team.slug.as_str()) {
                list.push(&team.slug);
            }
        }
    }
    let mut member_of: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for team in teams {
        let group = match &namespace {
            Some(namespace) => format!("{namespace}/{}", team.slug),
            None => team.slug.clone(),
        };
        for login in &team.members {
            let groups = member_of.entry(login.to_lowercase()).or_default();
            if !groups.contains(&group) {
                groups.push(group.clone());
            }
        }
    }
    let located = |own: String| match style {
        OrgStyle::Provider { .. } => own,
        OrgStyle::Location { target } => format!("github-org:{target}"),
    };
    let users = members.iter().map(|member| OrgEntity {
        location: located(format!("url:{web_url}/{}", member.login)),
        entity: user(
            member,
            member_of
                .remove(&member.login.to_lowercase())
                .unwrap_or_default(),
        ),
    });
    let mut out: Vec<OrgEntity> = users.collect();
    out.extend(teams.iter().map(|team| OrgEntity {
        location: located(format!("url:{web_url}/orgs/{org}/teams/{}", team.slug)),
        entity: group(
            team,
            namespace.as_deref(),
            children.remove(team.slug.as_str()).unwrap_or_default(),
            matches!(style, OrgStyle::Provider { .. }),
        ),
    }));
    out
}

fn user(member: &Member, member_of: Vec<String>) -> Value {
    let mut metadata = Map::new();
    metadata.insert("name".into(), json!(member.login));
    put(&mut metadata, "description", member.bio.as_deref());
    metadata.insert(
        "annotations".into(),
        json!({ "github.com/user-login": member.login }),
    );
    let mut profile = Map::new();
    put(&mut profile, "displayName", member.name.as_deref());
    put(&mut profile, "email", member.email.as_deref());
    put(&mut profile, "picture", member.avatar_url.as_deref());
    json!({
        "apiVersion": "backstage.io/v1alpha1",
        "kind": "User",
        "metadata": metadata,
        "spec": { "profile": profile, "memberOf": member_of },
    })
}

fn group(team: &Team, namespace: Option<&str>, children: Vec<&str>, qualified: bool) -> Value {
    let mut annotations = Map::new();
    annotations.insert("github.com/team-slug".into(), json!(team.combined_slug));
    put(
        &mut annotations,
        "backstage.io/edit-url",
        team.edit_url.as_deref(),
    );
    let mut metadata = Map::new();
    if let Some(namespace) = namespace {
        metadata.insert("namespace".into(), json!(namespace));
    }
    metadata.insert("name".into(), json!(team.slug));
    put(&mut metadata, "description", team.description.as_deref());
    metadata.insert("annotations".into(), Value::Object(annotations));
    let mut profile = Map::new();
    put(&mut profile, "displayName", team.name.as_deref());
    put(&mut profile, "picture", team.avatar_url.as_deref());
    let mut spec = Map::new();
    spec.insert("type".into(), json!("team"));
    spec.insert("profile".into(), Value::Object(profile));
    put(&mut spec, "parent", team.parent.as_deref());
    spec.insert("children".into(), json!(children));
    // A bare member would be looked for in the group's own namespace; users are in the default one.
    let members: Vec<String> = team
        .members
        .iter()
        .map(|login| {
            if qualified {
                format!("default/{login}")
            } else {
                login.clone()
            }
        })
        .collect();
    spec.insert("members".into(), json!(members));
    json!({
        "apiVersion": "backstage.io/v1alpha1",
        "kind": "Group",
        "metadata": metadata,
        "spec": spec,
    })
}

/// Sets a key unless the value is missing or empty.
fn put(map: &mut Map<String, Value>, key: &str, value: Option<&str>) {
    if let Some(value) = value.filter(|v| !v.is_empty()) {
        map.insert(key.into(), json!(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn team(slug: &str, parent: Option<&str>, members: &[&str]) -> Team {
        Team {
            slug: slug.into(),
            combined_slug: format!("Acme/{slug}"),
            name: Some(slug.to_uppercase()),
            parent: parent.map(str::to_owned),
            members: members.iter().map(|m| (*m).to_owned()).collect(),
            ..Team::default()
        }
    }

    fn member(login: &str) -> Member {
        Member {
            login: login.into(),
            name: Some("이름".into()),
            email: Some(String::new()),
            ..Member::default()
        }
    }

    #[test]
    fn one_organisation_makes_groups_and_users_of_the_default_namespace() {
        let out = entities(
            "https://github.com",
            "Acme",
            &[member("ann")],
            &[
                team("platform", None, &["ann", "outsider"]),
                team("pay", Some("platform"), &[]),
            ],
            &OrgStyle::Provider {
                own_namespace: false,
            },
        );
        assert_eq!(out.len(), 3);
        assert_eq!(out[0].location, "url:https://github.com/ann");
        assert_eq!(
            out[0].entity,
            json!({
                "apiVersion": "backstage.io/v1alpha1",
                "kind": "User",
                "metadata": { "name": "ann", "annotations": { "github.com/user-login": "ann" } },
                "spec": { "profile": { "displayName": "이름" }, "memberOf": ["platform"] }
            })
        );
        assert_eq!(
            out[1].location,
            "url:https://github.com/orgs/Acme/teams/platform"
        );
        assert_eq!(
            out[1].entity,
            json!({
                "apiVersion": "backstage.io/v1alpha1",
                "kind": "Group",
                "metadata": { "name": "platform", "annotations": { "github.com/team-slug": "Acme/platform" } },
                "spec": {
                    "type": "team",
                    "profile": { "displayName": "PLATFORM" },
                    "children": ["pay"],
                    "members": ["default/ann", "default/outsider"]
                }
            })
        );
        assert_eq!(out[2].entity["spec"]["parent"], "platform");
    }

    #[test]
    fn several_organisations_get_a_namespace_each_for_their_groups() {
        let out = entities(
            "https://github.com",
            "Acme",
            &[member("ann")],
            &[team("pay", None, &["Ann"])],
            &OrgStyle::Provider {
                own_namespace: true,
            },
        );
        assert_eq!(out[0].entity["spec"]["memberOf"], json!(["acme/pay"]));
        assert_eq!(out[0].entity["metadata"].get("namespace"), None);
        assert_eq!(out[1].entity["metadata"]["namespace"], "acme");
    }

    #[test]
    fn the_old_location_type_locates_everything_at_itself() {
        let out = entities(
            "https://github.com",
            "acme",
            &[member("ann")],
            &[team("pay", None, &["ann"])],
            &OrgStyle::Location {
                target: "https://github.com/acme".into(),
            },
        );
        assert!(
            out.iter()
                .all(|e| e.location == "github-org:https://github.com/acme")
        );
        assert_eq!(out[1].entity["spec"]["members"], json!(["ann"]));
    }

    #[test]
    fn a_parent_that_cannot_be_seen_stays_a_reference() {
        let out = entities(
            "https://github.com",
            "acme",
            &[],
            &[team("pay", Some("secret"), &[])],
            &OrgStyle::Provider {
                own_namespace: false,
            },
        );
        assert_eq!(out[0].entity["spec"]["parent"], "secret");
        assert_eq!(out[0].entity["spec"]["children"], json!([]));
    }
}
