//! Teams and members of organisations: `catalog.providers.githubOrg`, and the old location type `github-org`.
//!
//! Each team and each member is a unit, so that one change writes one unit and the rules about what may go hold for
//! them as for repositories. Each organisation stands on its own: of one that fails nothing changes, and the others are
//! refreshed all the same.

mod made;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use made::{Made, UnitMemory, add};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::Schedule;
use super::access::Access;
use super::error::{SyncError, SyncErrorKind};
use super::org_entities::{Member, OrgEntity, OrgStyle, Team, entities};
use super::progress::Stage;
use super::provider::{BoxFuture, EntityProvider, Outcome, Sink, Turn, Unit};
use super::reader::cancelled;
use super::summary::SyncIssue;
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

/// What the provider keeps between runs.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Memory {
    /// Who read each organisation when it last answered.
    identities: BTreeMap<String, String>,
}

/// What one organisation gave.
struct Part {
    identity: String,
    entities: Vec<OrgEntity>,
    sight: Sight,
}

/// How much of an organisation was seen.
struct Sight {
    /// Nothing was null, cut off or held back.
    complete: bool,
    /// Why something was.
    error: Option<SyncError>,
}

/// Organisations that were not seen whole, by their logins in lower case.
#[derive(Default)]
struct Unsure {
    organizations: BTreeSet<String>,
    /// Those of them of which a right is missing.
    withheld: BTreeSet<String>,
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
        let organizations = self.organizations().await?;
        let mut memory: Memory = serde_json::from_value(turn.state.clone()).unwrap_or_default();
        memory.identities.retain(|org, _| {
            let mut all = organizations.iter();
            all.any(|other| other.to_lowercase() == *org)
        });
        let mut made: BTreeMap<String, Made> = BTreeMap::new();
        let mut unsure = Unsure::default();
        let mut failures: Vec<SyncError> = Vec::new();
        for org in &organizations {
            self.progress.stage(org, Stage::Listing);
            let key = org.to_lowercase();
            let error = match self.organization(org, turn.cancel).await {
                Ok(part) => {
                    memory.identities.insert(key.clone(), part.identity);
                    for entity in part.entities {
                        add(&mut made, &key, entity);
                    }
                    if part.sight.complete {
                        continue;
                    }
                    // Cut short by a push of somebody's: it is listed again the next time.
                    unsure.organizations.insert(key.clone());
                    part.sight.error
                }
                Err(error) if error.kind == SyncErrorKind::Cancelled => return Err(error),
                Err(error) if organizations.len() == 1 => return Err(error),
                Err(error) => {
                    unsure.organizations.insert(key.clone());
                    Some(SyncError {
                        message: format!("organisation {org}: {}", error.message),
                        ..error
                    })
                }
            };
            if let Some(error) = error {
                if error.is_withheld() {
                    unsure.withheld.insert(key);
                }
                failures.push(error);
            }
        }
        if made.is_empty() && failures.len() == organizations.len() && !failures.is_empty() {
            return Err(self.told(failures, turn.sink));
        }
        let known: BTreeMap<&str, (UnitMemory, &Value)> = (turn.known.iter())
            .map(|k| (k.unit.as_str(), (UnitMemory::of(&k.state), &k.state)))
            .collect();
        let mut outcome = Outcome {
            complete: true,
            ..Outcome::default()
        };
        let mut withheld = BTreeSet::new();
        for (unit, (memory, _)) in &known {
            if !made.contains_key(*unit) && memory.is_of(&unsure.organizations) {
                outcome.unsure.insert((*unit).to_owned());
                if memory.is_of(&unsure.withheld) {
                    withheld.insert((*unit).to_owned());
                }
            }
        }
        turn.sink.mark_stale(&withheld)?;
        let mut seen = BTreeSet::new();
        for (unit, mut made) in made {
            let known = known.get(unit.as_str());
            if turn.only.is_none_or(|only| only.contains(&unit))
                && known.is_none_or(|(memory, _)| made.join(memory, &unsure.organizations))
            {
                let (state, text) = made.stored();
                if !turn.full && known.is_some_and(|(_, have)| **have == state) {
                    turn.sink.unchanged(&unit);
                } else {
                    self.put(&unit, state, &text, &made.location, turn.sink)?;
                }
            }
            seen.insert(unit);
        }
        outcome.seen = turn.only.is_none().then_some(seen);
        let identities: BTreeSet<&str> = memory.identities.values().map(String::as_str).collect();
        outcome.identity = identities.into_iter().collect::<Vec<_>>().join(" ");
        outcome.state = serde_json::to_value(&memory).unwrap_or(Value::Null);
        if !failures.is_empty() {
            outcome.error = Some(self.told(failures, turn.sink));
        }
        Ok(outcome)
    }

    /// The failure that asks most of the user; the others are told beside it.
    fn told(&self, mut failures: Vec<SyncError>, sink: &mut dyn Sink) -> SyncError {
        // Of failures alike, the first.
        let worst = (failures.iter().enumerate())
            .max_by_key(|(at, error)| (error.kind, std::cmp::Reverse(*at)))
            .map_or(0, |(at, _)| at);
        let worst = failures.swap_remove(worst);
        for error in failures {
            sink.issue(SyncIssue::new(&self.config.name, &error.message));
        }
        worst
    }

    fn put(
        &self,
        unit: &str,
        state: Value,
        text: &str,
        location: &str,
        sink: &mut dyn Sink,
    ) -> Result<(), SyncError> {
        let origin = match &self.config.style {
            OrgStyle::Location { target } => format!("github-org:{target}"),
            OrgStyle::Provider { .. } => location.to_owned(),
        };
        let parsed = crate::catalog::file::read(
            text.as_bytes(),
            &FileContext {
                location,
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
        sink.put(Unit {
            unit: unit.to_owned(),
            state,
            // An entity of a server's answer holds no placeholders of anybody's choosing.
            files: vec![parsed.resolve(Vec::new()).file],
            kept: Kept::Nothing,
        })
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

    async fn organization(&self, org: &str, cancel: &CancellationToken) -> Result<Part, SyncError> {
        let mut sight = Sight {
            complete: true,
            error: None,
        };
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
        let members: Vec<UserNode> = match pages(cancel, org, &mut sight, ask(email)).await {
            Err(error) if email && error.kind == SyncErrorKind::NotAllowed => {
                pages(cancel, org, &mut sight, ask(false)).await?
            }
            members => members?,
        };
        let teams: Vec<TeamNode> = pages(cancel, org, &mut sight, |size, after| {
            let client = client.clone();
            async move { queries::teams(&client, org, size, after.as_deref()).await }
        })
        .await?;
        let mut whole = Vec::with_capacity(teams.len());
        for team in teams {
            whole.push(self.team(&client, org, team, &mut sight).await?);
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
        let entities = entities(
            &self.config.host.web_url,
            org,
            &members,
            &whole,
            &self.config.style,
        );
        Ok(Part {
            identity: client.fingerprint().unwrap_or_default(),
            entities,
            sight,
        })
    }

    async fn team(
        &self,
        client: &Client,
        org: &str,
        team: TeamNode,
        sight: &mut Sight,
    ) -> Result<Team, SyncError> {
        let mut members = team.members;
        let mut after = team.more_members;
        while let Some(cursor) = after {
            let page = queries::team_members(client, org, &team.slug, Some(&cursor)).await?;
            note(&page, org, sight);
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

/// Every page of a list, halved while the server finds it too much.
async fn pages<T, F, R>(
    cancel: &CancellationToken,
    org: &str,
    sight: &mut Sight,
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
                note(&page, org, sight);
                let total = page.total;
                out.extend(page.items);
                match page.next {
                    Some(next) if Some(&next) != after.as_ref() => after = Some(next),
                    _ => {
                        sight.complete &= out.len() as u64 == total;
                        return Ok(out);
                    }
                }
            }
        }
    }
}

fn note<T>(page: &Page<T>, org: &str, sight: &mut Sight) {
    if page.is_complete() {
        return;
    }
    sight.complete = false;
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
    sight.error.get_or_insert(error);
}
