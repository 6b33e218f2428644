//! Teams and members of organisations: `catalog.providers.githubOrg`, and the old location type `github-org`.
//!
//! Each team and each member is a unit, so that one change writes one unit and the rules about what may go hold for
//! them as for repositories.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::Schedule;
use super::access::Access;
use super::error::{SyncError, SyncErrorKind};
use super::org_entities::{Member, OrgEntity, OrgStyle, Team, entities};
use super::progress::Stage;
use super::provider::{BoxFuture, EntityProvider, Outcome, Turn, Unit};
use super::reader::{blob_id, cancelled};
use super::target::GithubHost;
use crate::catalog::FileContext;
use crate::catalog::rules::{Rules, Trust};
use crate::catalog::yaml::YamlLimits;
use crate::github::queries::{self, LARGEST_PAGE, Page, TeamNode, UserNode};
use crate::github::{Client, Credentials, GithubError};
use crate::store::Kept;

/// The least a page is halved to.
const SMALLEST_PAGE: u32 = 5;

/// Which organisations, and how their entities are made.
#[derive(Clone, Debug)]
pub struct OrgConfig {
    /// The provider's name in the cache.
    pub name: String,
    /// The integration.
    pub host: GithubHost,
    /// Their logins; none for all at which a configured GitHub App is installed.
    pub organizations: Vec<String>,
    /// See [`OrgStyle`].
    pub style: OrgStyle,
    /// When it is due.
    pub schedule: Schedule,
}

/// See the module.
pub struct GithubOrg {
    config: OrgConfig,
    access: Access,
    rules: Arc<Rules>,
    progress: super::Reporter,
}

impl GithubOrg {
    /// A provider.
    pub fn new(
        config: OrgConfig,
        access: Access,
        rules: Arc<Rules>,
        progress: super::Reporter,
    ) -> Self {
        Self {
            config,
            access,
            rules,
            progress,
        }
    }

    async fn refresh(&self, turn: Turn<'_>) -> Result<Outcome, SyncError> {
        let mut outcome = Outcome {
            complete: true,
            ..Outcome::default()
        };
        let mut identities = BTreeSet::new();
        let mut made: BTreeMap<String, OrgEntity> = BTreeMap::new();
        let organizations = self.organizations().await?;
        for org in &organizations {
            self.progress.stage(org, Stage::Listing);
            match self.organization(org, turn.cancel, &mut outcome).await {
                Ok((identity, all)) => {
                    identities.insert(identity);
                    for entity in all {
                        add(&mut made, entity);
                    }
                }
                Err(error) if error.kind == SyncErrorKind::Cancelled => return Err(error),
                Err(error) if organizations.len() == 1 => return Err(error),
                Err(error) => {
                    outcome.complete = false;
                    outcome.error.get_or_insert(error);
                }
            }
        }
        let known: BTreeMap<&str, &Value> = turn
            .known
            .iter()
            .map(|k| (k.unit.as_str(), &k.state))
            .collect();
        for (unit, entity) in &made {
            if turn.only.is_some_and(|only| !only.contains(unit)) {
                continue;
            }
            let text = entity.entity.to_string();
            let state =
                json!({ "digest": blob_id(format!("{}\n{text}", entity.location).as_bytes()) });
            if !turn.full && known.get(unit.as_str()).is_some_and(|have| **have == state) {
                turn.sink.unchanged(unit);
                continue;
            }
            // What differs may only lack what was not seen: a group's members, a user's groups in another organisation.
            if !outcome.complete && known.contains_key(unit.as_str()) {
                continue;
            }
            let origin = match &self.config.style {
                OrgStyle::Location { target } => format!("github-org:{target}"),
                OrgStyle::Provider { .. } => entity.location.clone(),
            };
            let parsed = crate::catalog::file::read(
                text.as_bytes(),
                &FileContext {
                    location: &entity.location,
                    origin: &origin,
                    view_url: None,
                    edit_url: None,
                    source_location: None,
                    rules: &self.rules,
                    trust: Trust::Configured,
                    limits: YamlLimits::default(),
                },
            );
            self.progress.entities(1);
            turn.sink.put(Unit {
                unit: unit.clone(),
                state,
                // An entity of a server's answer holds no placeholders of anybody's choosing.
                files: vec![parsed.resolve(Vec::new()).file],
                kept: Kept::Nothing,
            })?;
        }
        if turn.only.is_none() {
            outcome.seen = Some(made.into_keys().collect());
        }
        outcome.identity = identities.into_iter().collect::<Vec<_>>().join(" ");
        Ok(outcome)
    }

    /// Backstage: where no `orgs` are named, every organisation at which the integration's App is installed. A token has
    /// no such list.
    async fn organizations(&self) -> Result<Vec<String>, SyncError> {
        if !self.config.organizations.is_empty() {
            return Ok(self.config.organizations.clone());
        }
        let host = &self.config.host.host;
        let not_allowed = |message: String| SyncError::new(SyncErrorKind::NotAllowed, message);
        match self.access.installed_organizations(host).await? {
            Some(found) if found.is_empty() => Err(not_allowed(format!(
                "the GitHub App of {host} is installed at no organisation"
            ))
            .with_hint("install it, or name the organisations under orgs")),
            Some(found) => Ok(found),
            None => Err(SyncError::new(
                SyncErrorKind::Failed,
                "no orgs are named, and without a GitHub App nobody can say which there are",
            )
            .with_hint("name the organisations under orgs in catalog.providers.githubOrg")),
        }
    }

    async fn organization(
        &self,
        org: &str,
        cancel: &CancellationToken,
        outcome: &mut Outcome,
    ) -> Result<(String, Vec<OrgEntity>), SyncError> {
        let client = self.access.client(&self.config.host.host, org)?;
        // Apps may not read e-mail addresses, nor may a token without the scope for it.
        let email = matches!(client.credentials(), Credentials::Token(_));
        let ask = |email: bool| {
            let client = client.clone();
            move |size, after: Option<String>| {
                let client = client.clone();
                async move { queries::members(&client, org, email, size, after.as_deref()).await }
            }
        };
        let members: Vec<UserNode> = match pages(cancel, org, outcome, ask(email)).await {
            Err(error) if email && error.kind == SyncErrorKind::NotAllowed => {
                pages(cancel, org, outcome, ask(false)).await?
            }
            members => members?,
        };
        let teams: Vec<TeamNode> = pages(cancel, org, outcome, |size, after| {
            let client = client.clone();
            async move { queries::teams(&client, org, size, after.as_deref()).await }
        })
        .await?;
        let mut whole = Vec::with_capacity(teams.len());
        for team in teams {
            whole.push(self.team(&client, org, team, outcome).await?);
        }
        let members: Vec<Member> = members
            .into_iter()
            .map(|m| Member {
                login: m.login,
                name: m.name,
                email: m.email,
                bio: m.bio,
                avatar_url: m.avatar_url,
            })
            .collect();
        let all = entities(
            &self.config.host.web_url,
            org,
            &members,
            &whole,
            &self.config.style,
        );
        Ok((client.fingerprint().unwrap_or_default(), all))
    }

    async fn team(
        &self,
        client: &Client,
        org: &str,
        team: TeamNode,
        outcome: &mut Outcome,
    ) -> Result<Team, SyncError> {
        let mut members = team.members;
        let mut after = team.more_members;
        while let Some(cursor) = after {
            let page = queries::team_members(client, org, &team.slug, Some(&cursor)).await?;
            note(&page, org, outcome);
            members.extend(page.items);
            after = page.next.filter(|next| *next != cursor);
        }
        Ok(Team {
            slug: team.slug,
            combined_slug: team.combined_slug,
            name: Some(team.name),
            description: team.description,
            avatar_url: team.avatar_url,
            edit_url: team.edit_team_url,
            parent: team.parent,
            members,
        })
    }
}

impl EntityProvider for GithubOrg {
    fn name(&self) -> &str {
        &self.config.name
    }

    fn schedule(&self) -> &Schedule {
        &self.config.schedule
    }

    fn refresh<'a>(&'a self, turn: Turn<'a>) -> BoxFuture<'a, Result<Outcome, SyncError>> {
        Box::pin(self.refresh(turn))
    }
}

/// Adds an entity; a user of several organisations is one, in the groups of all of them.
fn add(made: &mut BTreeMap<String, OrgEntity>, entity: OrgEntity) {
    let text = |pointer: &str| {
        entity
            .entity
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let unit = format!(
        "{}:{}/{}",
        text("/kind").to_lowercase(),
        text("/metadata/namespace").to_lowercase(),
        text("/metadata/name").to_lowercase()
    );
    let Some(have) = made.get_mut(&unit) else {
        made.insert(unit, entity);
        return;
    };
    let groups = entity
        .entity
        .pointer("/spec/memberOf")
        .and_then(Value::as_array);
    if let (Some(Value::Array(mine)), Some(groups)) =
        (have.entity.pointer_mut("/spec/memberOf"), groups)
    {
        for group in groups {
            if !mine.contains(group) {
                mine.push(group.clone());
            }
        }
    }
}

/// Every page of a list, halved while the server finds it too much.
async fn pages<T, F, R>(
    cancel: &CancellationToken,
    org: &str,
    outcome: &mut Outcome,
    mut ask: F,
) -> Result<Vec<T>, SyncError>
where
    F: FnMut(u32, Option<String>) -> R,
    R: Future<Output = Result<Page<T>, GithubError>>,
{
    let mut out = Vec::new();
    let mut size = LARGEST_PAGE;
    let mut after: Option<String> = None;
    loop {
        if cancel.is_cancelled() {
            return Err(cancelled());
        }
        match ask(size, after.clone()).await {
            Err(error) if error.wants_smaller_page() && size > SMALLEST_PAGE => {
                size = (size / 2).max(SMALLEST_PAGE)
            }
            Err(error) => return Err(error.into()),
            Ok(page) => {
                note(&page, org, outcome);
                let total = page.total;
                out.extend(page.items);
                match page.next {
                    Some(next) if Some(&next) != after.as_ref() => after = Some(next),
                    _ => {
                        outcome.complete &= out.len() as u64 == total;
                        return Ok(out);
                    }
                }
            }
        }
    }
}

fn note<T>(page: &Page<T>, org: &str, outcome: &mut Outcome) {
    if page.is_complete() {
        return;
    }
    outcome.complete = false;
    let what = format!("organisation {org}");
    let error = page
        .problems
        .iter()
        .map(|p| SyncError::from(p.to_error(&what)))
        .max_by_key(|e| e.kind)
        .unwrap_or_else(|| {
            SyncError::new(
                SyncErrorKind::NotAllowed,
                format!("{what}: some of its teams or members were held back"),
            )
            .with_hint("authorise the token for the organisation's single sign-on, in GitHub's token settings")
        });
    outcome.error.get_or_insert(error);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(groups: &[&str]) -> OrgEntity {
        OrgEntity {
            location: "url:https://github.com/ann".into(),
            entity: json!({ "kind": "User", "metadata": { "name": "Ann" }, "spec": { "memberOf": groups } }),
        }
    }

    #[test]
    fn a_user_of_two_organisations_is_one_in_the_groups_of_both() {
        let mut made = BTreeMap::new();
        add(&mut made, user(&["a/x"]));
        add(&mut made, user(&["a/x", "b/y"]));
        assert_eq!(made.len(), 1);
        assert_eq!(
            made["user:/ann"].entity["spec"]["memberOf"],
            json!(["a/x", "b/y"])
        );
    }
}
