//! What is kept of PagerDuty's answers, and putting it together again for one entity. Touches no network.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::catalog::oncall::{Incident, OnCallSchedule, PagerDutyKey, Shift};
use crate::store::{Cache, StoreError};

/// A service as it is kept.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct ServiceRecord {
    /// The id of its escalation policy.
    pub policy: String,
    pub policy_name: Option<String>,
    pub url: Option<String>,
    pub incidents: Vec<Incident>,
}

/// The shifts of an escalation policy as they are kept.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Policy {
    pub from: Timestamp,
    pub until: Timestamp,
    pub fetched_at: Timestamp,
    pub shifts: Vec<Shift>,
}

/// Why the last attempt brought nothing.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Failure {
    pub message: String,
    pub at: Timestamp,
}

/// What the cache knows of a PagerDuty service.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Known {
    /// Its shifts and incidents; none where it was never had.
    pub schedule: Option<OnCallSchedule>,
    /// Why the last attempt brought nothing, where it did not.
    pub failure: Option<String>,
}

/// What records are kept under.
pub(super) mod names {
    use crate::catalog::oncall::PagerDutyKey;

    pub fn service(key: &PagerDutyKey) -> String {
        format!("service:{}", key.name())
    }

    pub fn failure(key: &PagerDutyKey) -> String {
        format!("failure:{}", key.name())
    }

    pub fn policy(account: Option<&str>, id: &str) -> String {
        format!("policy:{}/{id}", account.unwrap_or_default())
    }
}

/// What the cache knows of a service.
///
/// # Errors
/// What the store says.
pub fn look_up(cache: &Cache, key: &PagerDutyKey) -> Result<Known, StoreError> {
    let failure = cache
        .on_call(&names::failure(key))?
        .and_then(|record| serde_json::from_value::<Failure>(record).ok())
        .map(|failure| failure.message);
    let Some(service) = service(cache, key)? else {
        return Ok(Known {
            schedule: None,
            failure,
        });
    };
    let policy = cache
        .on_call(&names::policy(key.account.as_deref(), &service.policy))?
        .and_then(|record| serde_json::from_value::<Policy>(record).ok());
    let schedule = policy.map(|policy| OnCallSchedule {
        source: "PagerDuty".to_owned(),
        policy: service.policy_name,
        url: service.url,
        from: policy.from,
        until: policy.until,
        fetched_at: Some(policy.fetched_at),
        shifts: policy.shifts,
        incidents: service.incidents,
    });
    Ok(Known { schedule, failure })
}

fn service(cache: &Cache, key: &PagerDutyKey) -> Result<Option<ServiceRecord>, StoreError> {
    Ok(cache
        .on_call(&names::service(key))?
        .and_then(|record| serde_json::from_value(record).ok()))
}

/// What the policy of a service is kept under, where the service is known.
pub(super) fn policy_name(cache: &Cache, key: &PagerDutyKey) -> Result<Option<String>, StoreError> {
    Ok(service(cache, key)?.map(|service| names::policy(key.account.as_deref(), &service.policy)))
}
