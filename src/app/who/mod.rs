//! The card of an entity: what somebody on call asks first, in the order they ask it. Who is on call now and until when,
//! whose it is and how they are reached, the runbook, dashboards and logs, what else breaks, whom to wake next.
//!
//! Built by a job from what the cache has; who of the shifts is on is worked out for the moment at which it is shown,
//! so that a card that stays open over a handover stays true. Everything in it is stripped of control characters.

mod lines;
mod links;
mod owner;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::detail::{Detail, Loaded};
use super::impact::Impact;
use crate::catalog::graph::{Direction, Reach, Summary};
use crate::catalog::oncall::{OnCallNow, OnCallSchedule, Shift};
use crate::catalog::{RowId, Snapshot};
use crate::techdocs::Runbook;
use crate::text;

pub use lines::{CardLine, CardPart, CardTarget, Section, Tone};
pub use links::{CardLink, KubernetesHint, LinkPurpose};
pub use owner::{Member, Owner, Reached};

/// An Argo CD that the configuration names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ArgoCd {
    /// What an entity calls it in `argocd/instance-name`.
    pub name: String,
    /// Its address, without a trailing slash.
    pub url: String,
}

/// What is known of who is on call.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct OnCall {
    /// Whether the entity or its owner is named by a service that knows: without one, its owner is whom to ask.
    pub configured: bool,
    /// The shifts; none where they were never had.
    pub schedule: Option<OnCallSchedule>,
    /// Why the last attempt brought nothing newer.
    pub failure: Option<String>,
    /// Whether there is a service that can be asked for something newer.
    pub askable: bool,
}

/// How old what is known of who is on call may be before it is asked for again, in the background.
pub const FRESH: SignedDuration = SignedDuration::from_mins(5);

impl OnCall {
    /// Whether it is time to ask the service again.
    pub fn is_old(&self, now: Timestamp) -> bool {
        let fetched = self.schedule.as_ref().and_then(|known| known.fetched_at);
        self.askable && fetched.is_none_or(|at| now.duration_since(at) > FRESH)
    }

    /// When who is on call may be somebody else next.
    pub fn next_change(&self, after: Timestamp) -> Option<Timestamp> {
        self.schedule.as_ref()?.next_change(after)
    }

    /// Who is on at a moment; none where nobody knows anything about it.
    pub fn at(&self, now: Timestamp) -> Option<OnCallNow> {
        self.schedule.as_ref().map(|schedule| schedule.at(now))
    }

    /// The shifts of the moment, where they are known.
    pub fn known(&self, now: Timestamp) -> Option<Vec<Shift>> {
        match self.at(now)? {
            OnCallNow::Known(shifts) => Some(shifts),
            OnCallNow::Unknown { .. } => None,
        }
    }
}

/// What a card is made of, beside the entity itself.
#[derive(Clone, Debug, Default)]
pub struct Ingredients {
    /// Who is on call.
    pub on_call: OnCall,
    /// The runbooks, the best first.
    pub runbooks: Vec<Runbook>,
    /// The Argo CDs of the configuration.
    pub argo_cds: Vec<ArgoCd>,
    /// See [`Card::last_push`].
    pub last_push: Option<Timestamp>,
}

/// See the module.
#[derive(Clone, PartialEq, Debug)]
pub struct Card {
    /// Complete reference, lower-cased.
    pub entity_ref: String,
    /// Its title, else its name.
    pub title: String,
    /// See [`OnCall`].
    pub on_call: OnCall,
    /// Whose it is; none where no owner is written.
    pub owner: Option<Owner>,
    /// The best first.
    pub runbooks: Vec<Runbook>,
    /// By purpose, in the order of [`LinkPurpose`].
    pub links: Vec<CardLink>,
    /// How its workloads are found, where it says so.
    pub kubernetes: Option<KubernetesHint>,
    /// What may break with it.
    pub impact: Impact,
    /// How many entities it needs, directly or not.
    pub needs: u32,
    /// `spec.lifecycle`, empty where it has none.
    pub lifecycle: String,
    /// `spec.type`, likewise.
    pub spec_type: String,
    /// The system it is part of, by its complete reference.
    pub system: String,
    /// How much hangs on it, where it says so in a label, an annotation or a field called `tier` or `service-tier`.
    pub tier: Option<String>,
    /// `metadata.tags`.
    pub tags: Vec<String>,
    /// When the repository of its catalog file was last pushed to, on any branch; none where its source does not say:
    /// GitHub's discovery does.
    pub last_push: Option<Timestamp>,
}

impl Card {
    /// Builds the card of a row; `load` gives an entity by its complete reference. None where the cache does not have it, or
    /// has only a document that was never good.
    pub fn build(
        snapshot: &Snapshot,
        id: RowId,
        ingredients: Ingredients,
        load: &mut dyn FnMut(&str) -> Option<Loaded>,
    ) -> Option<Self> {
        let row = snapshot.row(id);
        let loaded = load(row.entity_ref)?;
        if loaded.unserved.is_some() {
            return None;
        }
        let served = &loaded.served;
        let detail = Detail::build(row.entity_ref, &mut |wanted| {
            (wanted == row.entity_ref).then(|| loaded.clone())
        })?;
        let title = [row.title, row.name]
            .into_iter()
            .find(|title| !title.trim().is_empty())
            .map(clean)
            .unwrap_or_default();
        Some(Self {
            entity_ref: row.entity_ref.to_owned(),
            title,
            on_call: cleaned(ingredients.on_call),
            owner: Owner::of(snapshot, id, load),
            runbooks: ingredients
                .runbooks
                .into_iter()
                .map(|runbook| Runbook {
                    title: clean(&runbook.title),
                    ..runbook
                })
                .collect(),
            links: links::of(served, &detail, &ingredients.argo_cds),
            kubernetes: KubernetesHint::of(served),
            impact: Impact::of_entity(snapshot, id, load),
            needs: Summary::of(
                &Reach::walk(snapshot, id, Direction::Dependencies, None),
                snapshot,
            )
            .total(),
            lifecycle: clean(row.lifecycle),
            spec_type: clean(row.spec_type),
            system: clean(row.system),
            tier: tier(served),
            last_push: ingredients.last_push,
            tags: served
                .pointer("/metadata/tags")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .map(clean)
                .collect(),
        })
    }
}

/// See [`Card::tier`]. Backstage knows no such field; this is what organisations call theirs.
fn tier(served: &Value) -> Option<String> {
    let named = |key: &str| {
        let name = key.rsplit('/').next().unwrap_or(key);
        matches!(name, "tier" | "service-tier")
    };
    let said = |value: &Value| match value {
        Value::String(text) => Some(clean(text)).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    ["/metadata/labels", "/metadata/annotations", "/spec"]
        .into_iter()
        .filter_map(|place| served.pointer(place)?.as_object())
        .flatten()
        .filter(|(key, _)| named(key))
        .find_map(|(_, value)| said(value))
}

/// One line of repository or service text, without what a terminal would obey.
fn clean(content: &str) -> String {
    text::clean(content).trim().to_owned()
}

fn cleaned(mut on_call: OnCall) -> OnCall {
    if let Some(schedule) = &mut on_call.schedule {
        schedule.source = clean(&schedule.source);
        schedule.policy = schedule.policy.as_deref().map(clean);
        schedule.url = schedule.url.as_deref().map(clean);
        for shift in &mut schedule.shifts {
            shift.person.name = clean(&shift.person.name);
            shift.person.email = shift.person.email.as_deref().map(clean);
            shift.person.phone = shift.person.phone.as_deref().map(clean);
        }
        for incident in &mut schedule.incidents {
            incident.title = clean(&incident.title);
            incident.status = clean(&incident.status);
            incident.urgency = clean(&incident.urgency);
            incident.url = incident.url.as_deref().map(clean);
        }
    }
    on_call.failure = on_call.failure.as_deref().map(clean);
    on_call
}

#[cfg(test)]
mod tests;
