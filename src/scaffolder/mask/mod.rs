//! Takes secrets out of what a task says, in whatever encoding they stand there: as they are, percent-encoded, escaped as
//! in JSON, in base64 at any of its three alignments, in hexadecimal, wrapped over lines.
//!
//! Everything that is stored or shown of a task goes through a [`Masker`]: lines of the log, errors, outputs. It is pure.
//! What it cannot do: find a secret that an action has taken apart, compressed or encrypted.

mod needles;
mod tokens;
mod views;

use std::borrow::Cow;
use std::ops::Range;

use memchr::memmem;
use serde_json::{Map, Value};

use needles::Needle;

/// What stands where a secret stood; Backstage has the same.
pub const MASK: &str = "***";

/// Secrets of fewer characters are hidden only where they stand alone, and as they are: anywhere else they would take the
/// log apart, and tell more by what is missing than they hide.
const SHORT: usize = 4;

/// What stands around the name of a secret in a sealed output: characters that Unicode leaves to programs.
const SEAL: (char, char) = ('\u{fdd0}', '\u{fdd1}');

/// Knows the secrets of one task.
pub struct Masker {
    secrets: Vec<(String, String)>,
    needles: Vec<Needle>,
}

/// A place where a secret stands.
struct Found {
    at: Range<usize>,
    /// Which secret it is, where it stands there as it is.
    whole: Option<usize>,
}

impl Masker {
    /// Of secrets by their names; empty ones are none.
    pub fn new(secrets: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut secrets: Vec<(String, String)> = secrets
            .into_iter()
            .filter(|(_, secret)| !secret.trim().is_empty())
            .collect();
        // Where two are equal, the first name stands for both.
        let mut seen = std::collections::BTreeSet::new();
        secrets.retain(|(_, secret)| seen.insert(secret.clone()));
        let needles = needles::of(secrets.iter().map(|(_, secret)| secret.as_str()));
        Self { secrets, needles }
    }

    /// The text without secrets.
    pub fn mask<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.replace(text, |_| MASK.to_owned())
    }

    /// A value without secrets, keys included.
    pub fn mask_value(&self, value: &Value) -> Value {
        map_strings(value, &|text| self.mask(text).into_owned())
    }

    /// A value that may be stored and opened again by who knows the secrets: those that stand in it as they are give way
    /// to their names, others to the mask.
    pub fn seal(&self, value: &Value) -> Value {
        map_strings(value, &|text| {
            self.replace(text, |found| {
                let name = found.whole.and_then(|index| self.secrets.get(index));
                name.map_or(MASK.to_owned(), |(name, _)| {
                    format!("{}{name}{}", SEAL.0, SEAL.1)
                })
            })
            .into_owned()
        })
    }

    /// What was sealed, with the secrets back in their places. A name that is not known gives the mask.
    pub fn unseal(&self, value: &Value) -> Value {
        map_strings(value, &|text| self.open(text))
    }

    fn open(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, sealed)) = rest.split_once(SEAL.0) {
            out.push_str(before);
            let Some((name, after)) = sealed.split_once(SEAL.1) else {
                rest = sealed;
                continue;
            };
            let secret = self.secrets.iter().find(|(known, _)| known == name);
            out.push_str(secret.map_or(MASK, |(_, secret)| secret));
            rest = after;
        }
        out.push_str(rest);
        out
    }

    fn replace<'t>(&self, text: &'t str, put: impl Fn(&Found) -> String) -> Cow<'t, str> {
        let found = self.find(text);
        if found.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut out = String::with_capacity(text.len());
        let mut end = 0;
        for found in found {
            out.push_str(text.get(end..found.at.start).unwrap_or_default());
            out.push_str(&put(&found));
            end = found.at.end;
        }
        out.push_str(text.get(end..).unwrap_or_default());
        Cow::Owned(out)
    }

    /// Where secrets stand, in order; what overlaps is one place.
    fn find(&self, text: &str) -> Vec<Found> {
        let tokens = tokens::of(text);
        let mut found: Vec<Found> = tokens.map(|at| Found { at, whole: None }).collect();
        let views = match self.needles.is_empty() {
            true => Vec::new(),
            false => views::of(text),
        };
        for (nth, view) in views.iter().enumerate() {
            for needle in &self.needles {
                for at in memmem::find_iter(&view.bytes, needle.bytes.as_slice()) {
                    let end = at + needle.bytes.len();
                    if needle.alone && !stands_alone(&view.bytes, at, end) {
                        continue;
                    }
                    let at = widened(text, view.source(at..end));
                    let whole = needle.whole.filter(|_| nth == 0);
                    found.push(Found { at, whole });
                }
            }
        }
        found.sort_by_key(|found| (found.at.start, usize::MAX - found.at.end));
        let mut merged: Vec<Found> = Vec::with_capacity(found.len());
        for next in found {
            match merged.last_mut() {
                Some(last) if next.at.end <= last.at.end => {}
                Some(last) if next.at.start < last.at.end => {
                    last.at.end = next.at.end;
                    last.whole = None;
                }
                _ => merged.push(next),
            }
        }
        merged
    }

    /// How much of the end of a text is the beginning of a secret, in bytes; short beginnings say nothing.
    fn begun(&self, text: &str) -> usize {
        let begun = |needle: &Needle| {
            let most = needle.bytes.len().saturating_sub(1).min(text.len());
            let least = (needle.bytes.len() / 2).clamp(4, 8);
            (least..=most)
                .rev()
                .find(|length| text.as_bytes().ends_with(&needle.bytes[..*length]))
        };
        self.needles
            .iter()
            .filter(|needle| needle.may_be_cut)
            .filter_map(begun)
            .max()
            .unwrap_or(0)
    }

    fn longest(&self) -> usize {
        let longest = self.needles.iter().map(|needle| needle.bytes.len()).max();
        // What is percent-encoded takes three times the room.
        longest.unwrap_or(0).saturating_mul(3)
    }
}

impl std::fmt::Debug for Masker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&str> = self.secrets.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_tuple("Masker").field(&names).finish()
    }
}

/// Masks texts that follow each other, so that a secret which is cut in two between them is found all the same.
#[derive(Default)]
pub struct Sequence {
    /// The end of what came before, unmasked.
    tail: String,
}

impl Sequence {
    /// The next text without secrets, and without the parts of those that began before it or may go on after it.
    pub fn next(&mut self, masker: &Masker, text: &str) -> String {
        let start = self.tail.len();
        self.tail.push_str(text);
        let mut found = masker.find(&self.tail);
        let begun = masker.begun(&self.tail);
        if begun > 0 {
            found.push(Found {
                at: self.tail.len() - begun..self.tail.len(),
                whole: None,
            });
        }
        let mut out = String::with_capacity(text.len());
        let mut end = start;
        for found in found {
            if found.at.end <= end {
                continue;
            }
            out.push_str(
                self.tail
                    .get(end..found.at.start.max(end))
                    .unwrap_or_default(),
            );
            // What began in the text before is masked there; here its rest only goes.
            if found.at.start >= start {
                out.push_str(MASK);
            }
            end = found.at.end;
        }
        out.push_str(self.tail.get(end..).unwrap_or_default());
        let mut keep = self.tail.len().saturating_sub(masker.longest());
        while !self.tail.is_char_boundary(keep) {
            keep += 1;
        }
        self.tail.drain(..keep);
        out
    }
}

/// The range, widened to whole characters.
fn widened(text: &str, range: Range<usize>) -> Range<usize> {
    let (mut start, mut end) = (range.start.min(text.len()), range.end.min(text.len()));
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    while !text.is_char_boundary(end) {
        end += 1;
    }
    start..end
}

fn stands_alone(bytes: &[u8], start: usize, end: usize) -> bool {
    let joins = |byte: Option<&u8>| {
        byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_' || !byte.is_ascii())
    };
    let before = start.checked_sub(1).and_then(|at| bytes.get(at));
    !joins(before) && !joins(bytes.get(end))
}

fn map_strings(value: &Value, change: &dyn Fn(&str) -> String) -> Value {
    match value {
        Value::String(text) => Value::String(change(text)),
        Value::Array(items) => items.iter().map(|item| map_strings(item, change)).collect(),
        Value::Object(map) => Value::Object(
            map.iter()
                .map(|(key, value)| (change(key), map_strings(value, change)))
                .collect::<Map<_, _>>(),
        ),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests;
