//! What the review page shows: every value in words, what is to be hidden hidden.

use serde_json::Value;

use super::build::Row;
use super::field::{Field, Kind};
use super::path::FieldPath;
use super::picker::RepoUrl;
use super::value;
use crate::text;

/// One page's part of the review.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReviewPage {
    /// The page's place among all, for [`Msg::GoTo`](super::Msg::GoTo).
    pub index: usize,
    /// Its title.
    pub title: String,
    /// Its values.
    pub rows: Vec<ReviewRow>,
}

/// A value as the review shows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReviewRow {
    /// Its field.
    pub path: FieldPath,
    /// How deep it lies.
    pub depth: usize,
    /// What it is called.
    pub label: String,
    /// The value in words; empty for the heading of an object or list, and where nothing was answered.
    pub value: String,
    /// Whether something else is shown in its place: a secret, or `ui:backstage.review.mask`.
    pub masked: bool,
    /// Whether it is a field that the form does not show.
    pub hidden: bool,
}

/// What a secret looks like, however long it is.
const MASK: &str = "••••••••";

pub(super) fn rows(rows: &[Row], hidden: &[Row]) -> Vec<ReviewRow> {
    let seen = rows.iter().map(|row| (row, false));
    seen.chain(hidden.iter().map(|row| (row, true)))
        .filter_map(|(row, hidden)| {
            let field = &row.field;
            let rule = |key: &str| row.review.as_ref().and_then(|review| review.get(key));
            if rule("show") == Some(&Value::Bool(false)) {
                return None;
            }
            let mask = rule("mask").and_then(Value::as_str);
            let secret = matches!(field.kind, Kind::Secret { .. }) && field.value.is_some();
            let value = match mask {
                Some(mask) if field.value.is_some() => text::clean(mask).into_owned(),
                _ if secret => MASK.to_owned(),
                _ if matches!(field.kind, Kind::Group | Kind::Names | Kind::List { .. }) => {
                    String::new()
                }
                _ => shown(field),
            };
            Some(ReviewRow {
                path: field.path.clone(),
                depth: field.depth,
                label: field.label.clone(),
                value,
                masked: secret || mask.is_some(),
                hidden,
            })
        })
        .collect()
}

/// A field's value in one line.
pub(super) fn shown(field: &Field) -> String {
    let chosen = |options: &[super::field::Choice]| {
        let labels: Vec<&str> = options
            .iter()
            .filter(|option| option.chosen)
            .map(|option| option.label.as_str())
            .collect();
        labels.join(", ")
    };
    let plain = || match &field.value {
        None | Some(Value::Null) => String::new(),
        Some(Value::Array(list)) => list.iter().map(value::text).collect::<Vec<_>>().join(", "),
        Some(value @ Value::Object(_)) => value.to_string(),
        Some(other) => value::text(other),
    };
    let line = match (&field.kind, &field.value) {
        (Kind::Secret { .. }, Some(_)) => MASK.to_owned(),
        (Kind::Toggle { yes, .. }, Some(Value::Bool(true))) => yes.clone(),
        (Kind::Toggle { no, .. }, Some(Value::Bool(false))) => no.clone(),
        (Kind::Choice { options, .. }, Some(_)) if options.iter().any(|o| o.chosen) => {
            chosen(options)
        }
        (Kind::Checkboxes { options, .. }, Some(Value::Array(list)))
            if list
                .iter()
                .all(|value| options.iter().any(|o| o.value == *value)) =>
        {
            chosen(options)
        }
        (Kind::Branch { titles, chosen }, _) => titles.get(*chosen).cloned().unwrap_or_default(),
        (Kind::Entity(picker), Some(Value::String(stored))) => picker.label_of(stored),
        (Kind::Entities(picker), Some(Value::Array(list))) => list
            .iter()
            .filter_map(Value::as_str)
            .map(|stored| picker.label_of(stored))
            .collect::<Vec<_>>()
            .join(", "),
        (Kind::RepoUrl(_), Some(Value::String(stored))) => RepoUrl::parse(stored).shown(),
        (Kind::List { items, .. }, _) => match items {
            1 => "1 item".to_owned(),
            many => format!("{many} items"),
        },
        (Kind::Group | Kind::Names, _) => String::new(),
        _ => plain(),
    };
    text::clean(&line).into_owned()
}
