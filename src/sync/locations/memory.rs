//! What the cache keeps of a location: by what the next sync knows whether it is as it was, and whether it ever gave
//! anything.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::catalog::FileRecord;
use crate::store::Kept;
use crate::sync::follow::ReadFile;
use crate::sync::reader::blob_id;

/// What the cache keeps of a location beside its files.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Memory {
    /// Of a `file` location that was seen whole, [`digest`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) digest: Option<String>,
    /// The files of a `url` location that was seen whole.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) files: Vec<ReadFile>,
    /// Whether it gave something; none where an earlier version wrote this.
    pub(super) gave: Option<bool>,
    /// What it gave came of a folder that was walked or a repository that was listed.
    pub(super) listed: bool,
}

impl Memory {
    pub(super) fn gave(&self) -> bool {
        self.gave.unwrap_or_else(|| {
            let nothing = digest(&[], &[]);
            self.files.iter().any(|file| !file.oid.is_empty())
                || self.digest.as_ref().is_some_and(|d| *d != nothing)
        })
    }
}

pub(super) fn stored(memory: &Memory) -> Value {
    serde_json::to_value(memory).unwrap_or(Value::Null)
}

/// What could not be read, and why, as it counts for [`digest`].
pub(super) fn marks(broken: &[FileRecord], kept: &Kept) -> Vec<String> {
    let problems = broken.iter().flat_map(|file| {
        let problems = file.problems.iter();
        problems.map(|problem| format!("{} {}", file.location, problem.message))
    });
    let kept = match kept {
        Kept::Files(locations) => locations.clone(),
        Kept::Nothing | Kept::Everything => Default::default(),
    };
    problems.chain(kept).collect()
}

pub(super) fn digest(read: &[ReadFile], unread: &[String]) -> String {
    let mut text = String::new();
    let distinct: BTreeMap<&str, &str> = read
        .iter()
        .map(|f| (f.at.as_str(), f.oid.as_str()))
        .collect();
    for (at, oid) in distinct {
        text.push_str(oid);
        text.push(' ');
        text.push_str(at);
        text.push('\n');
    }
    for mark in unread {
        text.push_str("! ");
        text.push_str(mark);
        text.push('\n');
    }
    blob_id(text.as_bytes())
}
