//! `callboard who REF`: the card of an entity, for whoever is awake at three in the morning.

use jiff::tz::TimeZone;
use jiff::{Timestamp, Unit};
use serde_json::{Map, Value, json};

use super::catalog::Catalog;
use super::output::Format;
use super::reference;
use super::{CliError, Context, Exit, Output};
use crate::app::status;
use crate::app::who::{ArgoCd, Card};
use crate::catalog::oncall::{OnCallNow, Shift};
use crate::oncall;
use crate::runtime::CardSources;
use crate::store::Checked;
use crate::techdocs::{Runbook, RunbookTarget};
use crate::text;

/// Which entity, and how.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The entity, written `[kind:][namespace/]name`
    #[arg(value_name = "REF")]
    pub entity: String,
    /// How to print it
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub output: Format,
}

/// The width of the column that names the lines.
const LABEL: usize = 12;

/// Prints the card.
///
/// # Errors
/// Where the reference stands for none or several; what the cache or standard output says.
pub fn run(args: Args, context: &Context) -> Result<Exit, CliError> {
    let catalog = Catalog::open(context)?;
    let id = reference::resolve(&args.entity, catalog.snapshot(), &[])?;
    let now = Timestamp::now();
    let card = catalog.card(id, &sources(context)?, now)?;
    let Some(card) = card else {
        let entity_ref = text::clean(catalog.snapshot().entity_ref(id)).into_owned();
        return Err(
            CliError::failed(format!("{entity_ref} is invalid and was never good"))
                .hint(format!("see `callboard show {entity_ref}`")),
        );
    };
    let checked = Checked::read(&context.paths()?.cache_dir)
        .newest()
        .and_then(|second| Timestamp::from_second(second).ok());
    let mut out = context.output();
    match args.output {
        Format::Json => out.json(&as_json(&card, checked, now))?,
        Format::Text => {
            let width = context.columns().unwrap_or(usize::MAX);
            print(&card, checked, now, width, &mut out)?;
        }
    }
    out.finish()?;
    Ok(Exit::Done)
}

/// Where a card's facts come from by the configuration.
///
/// # Errors
/// A configuration that cannot be read.
pub fn sources(context: &Context) -> Result<CardSources, CliError> {
    let settings = context.config()?.settings();
    Ok(CardSources {
        accounts: oncall::accounts(&settings.pager_duty, &|name| context.env_text(name)),
        rota: settings.callboard.oncall_rota.clone(),
        argo_cds: settings
            .argocd_instances
            .iter()
            .map(|argo| ArgoCd {
                name: argo.name.clone(),
                url: argo.url.clone(),
            })
            .collect(),
        runbook_rules: settings.callboard.docs.runbook_rules(),
    })
}

fn print(
    card: &Card,
    checked: Option<Timestamp>,
    now: Timestamp,
    width: usize,
    out: &mut Output,
) -> Result<(), CliError> {
    let zone = TimeZone::system();
    let age = match checked {
        Some(at) => format!(
            "synced {}, {}",
            status::clock(at, now, &zone),
            status::age(at, now)
        ),
        None => "not synced".to_owned(),
    };
    out.line(&format!(
        "{}  {}",
        text::clean(&card.entity_ref),
        text::clean(&card.title)
    ))?;
    out.line(&age)?;
    out.line("")?;
    for line in card.lines(now, &zone) {
        let mut text = text::pad(line.label, LABEL);
        for (column, _, part) in line.fitted(width.saturating_sub(LABEL)) {
            text = text::pad(&text, LABEL + column);
            text.push_str(&part);
        }
        out.line(text.trim_end())?;
    }
    Ok(())
}

/// The card as JSON; see the README for its shape.
fn as_json(card: &Card, checked: Option<Timestamp>, now: Timestamp) -> Value {
    let shifts = card.on_call.known(now);
    let source = card
        .on_call
        .schedule
        .as_ref()
        .map(|schedule| schedule.source.as_str());
    let mut answer = json!({
        "ref": card.entity_ref,
        "asOf": checked.map(moment),
        "onCall": shifts.as_ref().map(|shifts| shifts.iter().map(shift).collect::<Vec<_>>()),
        "onCallSource": source,
        "owner": owner(card),
        "runbooks": card.runbooks.iter().map(runbook).collect::<Vec<_>>(),
        "links": links(card),
        "blastRadius": super::tree::summary(&card.impact),
        "escalation": escalation(shifts.as_deref().unwrap_or_default()),
        "members": card.owner.iter().flat_map(|owner| &owner.members).map(|member| {
            with(json!({"ref": member.entity_ref, "name": member.name}), "email", member.email.as_deref())
        }).collect::<Vec<_>>(),
        "lifecycle": card.lifecycle,
        "tags": card.tags,
    });
    let pushed = card.last_push.map(moment);
    answer = with(answer, "tier", card.tier.as_deref());
    answer = with(answer, "lastChange", pushed.as_deref());
    if let Some(schedule) = &card.on_call.schedule
        && let Some(answer) = answer.as_object_mut()
    {
        answer.insert("onCallAsOf".into(), json!(schedule.fetched_at.map(moment)));
        if let Some(since) = unknown_since(card, now) {
            answer.insert("onCallUnknownSince".into(), since.into());
        }
        answer.insert(
            "incidents".into(),
            schedule
                .incidents
                .iter()
                .map(|incident| {
                    json!({
                        "title": incident.title,
                        "status": incident.status,
                        "urgency": incident.urgency,
                        "since": incident.since.map(moment),
                        "url": incident.url,
                    })
                })
                .collect(),
        );
    }
    if let (Some(problem), Some(answer)) = (&card.on_call.failure, answer.as_object_mut()) {
        answer.insert("onCallProblem".into(), json!(problem));
    }
    answer
}

fn unknown_since(card: &Card, now: Timestamp) -> Option<String> {
    match card.on_call.at(now)? {
        OnCallNow::Unknown { since } => since.map(moment),
        OnCallNow::Known(_) => None,
    }
}

fn owner(card: &Card) -> Value {
    card.owner.as_ref().map_or(Value::Null, |owner| {
        with(
            json!({"ref": owner.entity_ref, "contact": owner.contacts}),
            "title",
            owner.title.as_deref(),
        )
    })
}

fn shift(shift: &Shift) -> Value {
    let person = &shift.person;
    let entry = json!({
        "level": shift.level,
        "name": person.name,
        "start": shift.start.map(moment),
        "end": shift.end.map(moment),
    });
    let entry = with(entry, "email", person.email.as_deref());
    with(entry, "phone", person.phone.as_deref())
}

fn runbook(runbook: &Runbook) -> Value {
    let key = match runbook.target {
        RunbookTarget::Page(_) => "page",
        RunbookTarget::Fetched(_) | RunbookTarget::Url(_) => "url",
    };
    json!({"title": runbook.title, key: runbook.target.shown()})
}

fn links(card: &Card) -> Vec<Value> {
    let web = card
        .links
        .iter()
        .map(|link| json!({"title": link.title, "url": link.url, "kind": link.purpose.name()}));
    web.collect()
}

/// Who is asked at each level, first to last.
fn escalation(shifts: &[Shift]) -> Vec<Value> {
    let mut levels: Vec<(u32, Vec<&str>)> = Vec::new();
    for shift in shifts {
        match levels.last_mut() {
            Some((level, names)) if *level == shift.level => names.push(&shift.person.name),
            _ => levels.push((shift.level, vec![&shift.person.name])),
        }
    }
    levels
        .into_iter()
        .map(|(level, names)| json!({"level": level, "names": names}))
        .collect()
}

/// The object with one more entry, where there is a value.
fn with(object: Value, key: &str, value: Option<&str>) -> Value {
    let mut map = match object {
        Value::Object(map) => map,
        _ => Map::new(),
    };
    if let Some(value) = value {
        map.insert(key.to_owned(), value.into());
    }
    Value::Object(map)
}

fn moment(at: Timestamp) -> String {
    at.round(Unit::Second).unwrap_or(at).to_string()
}
