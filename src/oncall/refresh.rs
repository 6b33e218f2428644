//! Asking PagerDuty for everything the catalog names: services, the shifts of their escalation policies, phones and open
//! incidents; and keeping it.
//!
//! A request that fails costs what it asked for and nothing else: what was known of it stays in the cache with the time
//! it was fetched, and the reason is kept beside it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::account::{self, Account};
use super::answers::{self, OnCall, Service, User};
use super::error::OnCallError;
use super::look_up::{Failure, Policy, ServiceRecord, names};
use super::pagerduty::PagerDuty;
use crate::catalog::oncall::{Incident, PagerDutyKey, PagerDutyService, Shift};
use crate::store::{Cache, StoreError};

/// How far ahead shifts are fetched.
const AHEAD: SignedDuration = SignedDuration::from_hours(14 * 24);
/// From how many services or users on a list of all of them is cheaper than asking for each.
const FEW: usize = 10;
/// Ids in one request: they stand in the address.
const IDS_A_REQUEST: usize = 25;
/// Most shifts that are kept of one escalation policy.
const MOST_SHIFTS: usize = 2_000;

/// What a refresh brought.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Refreshed {
    /// Services that are known now.
    pub services: usize,
    /// Escalation policies whose shifts are known now.
    pub policies: usize,
    /// What could not be had: of what (a PagerDuty service, an account), and why.
    pub failures: Vec<(String, OnCallError)>,
}

/// Every PagerDuty service that an entity of the cache names.
///
/// # Errors
/// What the store says.
pub fn in_use(cache: &Cache) -> Result<BTreeSet<PagerDutyKey>, StoreError> {
    Ok(cache
        .entities_mentioning("pagerduty.com/")?
        .iter()
        .filter_map(PagerDutyKey::of)
        .collect())
}

/// Asks for these services and keeps what comes. With `whole`, they are all there are: what is kept of others goes.
///
/// # Errors
/// What the store says. What PagerDuty says is among [`Refreshed::failures`].
pub async fn refresh(
    cache: &mut Cache,
    accounts: &[Account],
    keys: &BTreeSet<PagerDutyKey>,
    whole: bool,
    now: Timestamp,
    cancel: &CancellationToken,
) -> Result<Refreshed, StoreError> {
    let mut found = Found::default();
    let mut by_account: BTreeMap<Option<&str>, Vec<&PagerDutyKey>> = BTreeMap::new();
    for key in keys {
        by_account
            .entry(key.account.as_deref())
            .or_default()
            .push(key);
    }
    for (name, keys) in by_account {
        let asked = account::find(accounts, name)
            .and_then(|account| PagerDuty::new(account, cancel.clone()));
        match asked {
            Ok(pagerduty) => {
                let mut asking = Asking {
                    pagerduty,
                    account: name,
                    now,
                    found: &mut found,
                };
                if let Err(error) = asking.all(&keys).await {
                    found.fail_all(name, &keys, &error);
                }
            }
            Err(error) => found.fail_all(name, &keys, &error),
        }
    }
    let refreshed = Refreshed {
        services: found.services.len(),
        policies: found.policies.len(),
        failures: found.failures,
    };
    let mut records: Vec<(String, Option<Value>)> = Vec::new();
    for (key, service) in &found.services {
        records.push((names::service(key), serde_json::to_value(service).ok()));
        records.push((names::failure(key), None));
    }
    for (name, policy) in &found.policies {
        records.push((name.clone(), serde_json::to_value(policy).ok()));
    }
    for (key, error) in &found.failed {
        let failure = Failure {
            message: error.to_string(),
            at: now,
        };
        records.push((names::failure(key), serde_json::to_value(&failure).ok()));
    }
    cache.put_on_call(&records)?;
    if whole {
        let kept = keys
            .iter()
            .flat_map(|key| [names::service(key), names::failure(key)]);
        let policies = keys
            .iter()
            .filter_map(|key| super::look_up::policy_name(cache, key).transpose())
            .collect::<Result<Vec<_>, _>>()?;
        cache.keep_on_call(&kept.chain(policies).collect())?;
    }
    Ok(refreshed)
}

/// What came of all accounts.
#[derive(Default)]
struct Found {
    services: BTreeMap<PagerDutyKey, ServiceRecord>,
    /// By the name they are kept under.
    policies: BTreeMap<String, Policy>,
    failed: BTreeMap<PagerDutyKey, OnCallError>,
    failures: Vec<(String, OnCallError)>,
}

impl Found {
    fn fail_all(&mut self, account: Option<&str>, keys: &[&PagerDutyKey], error: &OnCallError) {
        for key in keys {
            self.failed.insert((*key).clone(), error.clone());
        }
        let what = account.map_or_else(
            || "PagerDuty".to_owned(),
            |name| format!("PagerDuty account {name}"),
        );
        self.failures.push((what, error.clone()));
    }

    fn fail(&mut self, key: &PagerDutyKey, error: OnCallError) {
        self.failures
            .push((format!("PagerDuty {}", shown(key)), error.clone()));
        self.failed.insert(key.clone(), error);
    }
}

/// The questions to one account.
struct Asking<'a> {
    pagerduty: PagerDuty,
    account: Option<&'a str>,
    now: Timestamp,
    found: &'a mut Found,
}

impl Asking<'_> {
    /// Everything for these keys. Fails only where the account as a whole gives no answers.
    async fn all(&mut self, keys: &[&PagerDutyKey]) -> Result<(), OnCallError> {
        let services = self.services(keys).await?;
        let policies: BTreeSet<&str> = services
            .values()
            .map(|service| service.escalation_policy.id.as_str())
            .collect();
        let shifts = self.shifts(&policies).await;
        let (shifts, shifts_failed) = match shifts {
            Ok(shifts) => (shifts, None),
            Err(error) => (BTreeMap::new(), Some(error)),
        };
        let ids: BTreeSet<&str> = services
            .values()
            .map(|service| service.id.as_str())
            .collect();
        let incidents = match self.incidents(&ids).await {
            Ok(incidents) => incidents,
            Err(error) => {
                self.found.failures.push(("open incidents".into(), error));
                BTreeMap::new()
            }
        };
        for (key, service) in services {
            self.found.services.insert(
                key.clone(),
                ServiceRecord {
                    policy: service.escalation_policy.id.clone(),
                    policy_name: service.escalation_policy.summary.clone(),
                    url: service.html_url.clone(),
                    incidents: incidents.get(&service.id).cloned().unwrap_or_default(),
                },
            );
            if let Some(error) = &shifts_failed {
                self.found.failed.insert(key, error.clone());
            }
        }
        for (policy, shifts) in shifts {
            self.found.policies.insert(
                names::policy(self.account, &policy),
                Policy {
                    from: self.now,
                    until: self.now + AHEAD,
                    fetched_at: self.now,
                    shifts,
                },
            );
        }
        if let Some(error) = shifts_failed {
            self.found.failures.push(("on-call shifts".into(), error));
        }
        Ok(())
    }

    /// The services of the keys. Those that do not exist become failures of their own.
    async fn services(
        &mut self,
        keys: &[&PagerDutyKey],
    ) -> Result<BTreeMap<PagerDutyKey, Service>, OnCallError> {
        let mut services = BTreeMap::new();
        if keys.len() > FEW {
            let (all, complete) = self
                .pagerduty
                .list("services", &[("include[]", "integrations")], "the services")
                .await?;
            let all: Vec<Service> = all
                .into_iter()
                .filter_map(|service| serde_json::from_value(service).ok())
                .collect();
            for key in keys {
                if let Some(service) = all.iter().find(|service| is_meant(key, service)) {
                    services.insert((*key).clone(), service.clone());
                } else if complete {
                    self.found
                        .fail(key, OnCallError::NotFound { what: shown(key) });
                }
            }
        }
        for key in keys {
            if services.contains_key(*key) || self.found.failed.contains_key(*key) {
                continue;
            }
            match self.service(key).await {
                Ok(service) => {
                    services.insert((*key).clone(), service);
                }
                Err(error) if error.is_of_the_account() => return Err(error),
                Err(error) => self.found.fail(key, error),
            }
        }
        Ok(services)
    }

    async fn service(&self, key: &PagerDutyKey) -> Result<Service, OnCallError> {
        let what = shown(key);
        let not_found = || OnCallError::NotFound { what: what.clone() };
        let nonsense = || OnCallError::Nonsense {
            what: what.clone(),
            reason: "it is no service".into(),
        };
        match &key.service {
            PagerDutyService::Id(id) => {
                // An id is a word; anything else would change the address.
                if !id.chars().all(|c| c.is_ascii_alphanumeric()) {
                    return Err(not_found());
                }
                let mut answer = self.pagerduty.get(&["services", id], &[], &what).await?;
                answer
                    .get_mut("service")
                    .map(Value::take)
                    .and_then(|service| serde_json::from_value(service).ok())
                    .ok_or_else(nonsense)
            }
            PagerDutyService::IntegrationKey(integration) => {
                let query = [
                    ("query", integration.as_str()),
                    ("include[]", "integrations"),
                ];
                let (all, _) = self.pagerduty.list("services", &query, &what).await?;
                let all: Vec<Service> = all
                    .into_iter()
                    .filter_map(|service| serde_json::from_value(service).ok())
                    .collect();
                all.iter()
                    .find(|service| is_meant(key, service))
                    .cloned()
                    .ok_or_else(not_found)
            }
        }
    }

    /// The shifts of escalation policies, by their id. A policy without any is among them, empty.
    async fn shifts(
        &self,
        policies: &BTreeSet<&str>,
    ) -> Result<BTreeMap<String, Vec<Shift>>, OnCallError> {
        let since = self.now.to_string();
        let until = (self.now + AHEAD).to_string();
        let mut on_calls: Vec<OnCall> = Vec::new();
        let policies: Vec<&str> = policies.iter().copied().collect();
        for some in policies.chunks(IDS_A_REQUEST) {
            let mut query: Vec<(&str, &str)> = vec![
                ("include[]", "users"),
                ("time_zone", "UTC"),
                ("since", &since),
                ("until", &until),
            ];
            query.extend(some.iter().map(|id| ("escalation_policy_ids[]", *id)));
            let (entries, _) = self
                .pagerduty
                .list("oncalls", &query, "the on-call shifts")
                .await?;
            on_calls.extend(
                entries
                    .into_iter()
                    .filter_map(|entry| serde_json::from_value(entry).ok()),
            );
        }
        let users: BTreeSet<&str> = on_calls
            .iter()
            .filter(|on_call| on_call.user.phone().is_none())
            .map(|on_call| on_call.user.id.as_str())
            .collect();
        let phones = self.phones(&users).await;
        let mut shifts: BTreeMap<String, Vec<Shift>> = policies
            .iter()
            .map(|policy| ((*policy).to_owned(), Vec::new()))
            .collect();
        for on_call in on_calls {
            let Some(of_policy) = shifts.get_mut(&on_call.escalation_policy.id) else {
                continue;
            };
            if of_policy.len() >= MOST_SHIFTS {
                continue;
            }
            let mut person = on_call.user.person();
            if person.phone.is_none() {
                person.phone = phones.get(&on_call.user.id).cloned();
            }
            of_policy.push(Shift {
                level: on_call.escalation_level,
                person,
                start: on_call.start,
                end: on_call.end,
            });
        }
        for of_policy in shifts.values_mut() {
            of_policy
                .sort_by(|a, b| (a.start, a.level, &a.person).cmp(&(b.start, b.level, &b.person)));
        }
        Ok(shifts)
    }

    /// Numbers by user id. A key that may not read them costs the numbers and nothing else.
    async fn phones(&self, users: &BTreeSet<&str>) -> BTreeMap<String, String> {
        let include = [("include[]", "contact_methods")];
        let answers: Vec<Value> = if users.len() > FEW {
            match self
                .pagerduty
                .list("users", &include, "the users' phones")
                .await
            {
                Ok((all, _)) => all,
                Err(error) => {
                    tracing::info!(%error, "no phones");
                    Vec::new()
                }
            }
        } else {
            let mut all = Vec::new();
            for user in users {
                if !user.chars().all(|c| c.is_ascii_alphanumeric()) {
                    continue;
                }
                match self
                    .pagerduty
                    .get(&["users", user], &include, "a user's phone")
                    .await
                {
                    Ok(mut answer) => all.extend(answer.get_mut("user").map(Value::take)),
                    Err(error) => {
                        tracing::info!(%error, "no phone");
                        if error.is_of_the_account() {
                            break;
                        }
                    }
                }
            }
            all
        };
        answers
            .into_iter()
            .filter_map(|user| serde_json::from_value::<User>(user).ok())
            .filter_map(|user| user.phone().map(|phone| (user.id, phone)))
            .collect()
    }

    /// Open incidents by service id.
    async fn incidents(
        &self,
        services: &BTreeSet<&str>,
    ) -> Result<BTreeMap<String, Vec<Incident>>, OnCallError> {
        let mut found: BTreeMap<String, Vec<Incident>> = BTreeMap::new();
        let services: Vec<&str> = services.iter().copied().collect();
        for some in services.chunks(IDS_A_REQUEST) {
            let mut query: Vec<(&str, &str)> = vec![
                ("statuses[]", "triggered"),
                ("statuses[]", "acknowledged"),
                ("sort_by", "created_at:desc"),
                ("time_zone", "UTC"),
            ];
            query.extend(some.iter().map(|id| ("service_ids[]", *id)));
            let (entries, _) = self
                .pagerduty
                .list("incidents", &query, "the open incidents")
                .await?;
            for (service, incident) in entries.iter().filter_map(answers::incident) {
                found.entry(service).or_default().push(incident);
            }
        }
        Ok(found)
    }
}

fn is_meant(key: &PagerDutyKey, service: &Service) -> bool {
    match &key.service {
        PagerDutyService::Id(id) => service.id == *id,
        PagerDutyService::IntegrationKey(key) => service
            .integrations
            .iter()
            .any(|integration| integration.integration_key.as_ref() == Some(key)),
    }
}

/// What a key is called in messages: an integration key lets anybody raise alarms, so only its end is shown.
fn shown(key: &PagerDutyKey) -> String {
    match &key.service {
        PagerDutyService::Id(id) => format!("service {id}"),
        PagerDutyService::IntegrationKey(key) => {
            let last: String = key
                .chars()
                .skip(key.chars().count().saturating_sub(4))
                .collect();
            format!("service with the integration key …{last}")
        }
    }
}
