//! What placeholders stand for: each place is read once for all that name it, and a file brings in a bounded amount.
//!
//! It reads only what the reading rules allow, and never all that a file asks for before looking at how much it is.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::{Follow, Followed, Place, ReadFile, Root, disk_error};
use crate::sync::policy::{PLACEHOLDER_LIMIT, Readable, open_below};
use crate::sync::reader::{ReadError, blob_id};
use crate::sync::target::GithubTarget;

/// Bytes that the placeholders of one file may bring in together.
const MAX_SUBSTITUTED: usize = 32 << 20;
/// Files that the placeholders of one file may name.
const MAX_DISTINCT: usize = 1000;
/// Contents asked for before it is looked at how large they are.
const AT_ONCE: usize = 50;

impl Follow<'_> {
    /// Fills in the placeholders of a round.
    pub(super) async fn fill(&self, work: Vec<Root>, out: &mut [Followed]) -> Vec<Root> {
        let mut plan: Vec<Vec<Result<Readable, String>>> = Vec::with_capacity(work.len());
        for root in &work {
            let base = root.place.base();
            let mut distinct = BTreeSet::new();
            let answers = root
                .parsed
                .placeholders
                .iter()
                .map(|request| {
                    distinct.insert(request.target.as_str());
                    if distinct.len() > MAX_DISTINCT {
                        return Err(format!(
                            "placeholders of one file name at most {MAX_DISTINCT} others"
                        ));
                    }
                    self.reader
                        .policy()
                        .resolve(&base, &request.target)
                        .map_err(|refusal| format!("NotAllowedError: {refusal}"))
                })
                .collect();
            plan.push(answers);
        }
        let mut contents = self.contents(&plan).await;
        work.into_iter()
            .zip(plan)
            .map(|(root, plan)| {
                if plan.is_empty() {
                    return root;
                }
                let mut room = MAX_SUBSTITUTED;
                let mut noted = BTreeSet::new();
                let mut answers = Vec::with_capacity(plan.len());
                for readable in plan {
                    let answer = readable.and_then(|readable| {
                        let key = key_of(&readable);
                        if room == 0 {
                            return Err(too_much());
                        }
                        if let Readable::Disk { folder, path } = &readable {
                            contents.entry(key.clone()).or_insert_with(|| {
                                open_below(folder, path, PLACEHOLDER_LIMIT)
                                    .map(Content::new)
                                    .map_err(|error| Lost::Told(disk_error(&error)))
                            });
                        }
                        let content = match contents.get(&key) {
                            Some(Ok(content)) => content,
                            Some(Err(Lost::Told(text))) => return Err(text.clone()),
                            Some(Err(Lost::Read(error))) => {
                                return Err(lost(out, root.unit, error, place_of(readable)));
                            }
                            None => return Err(too_much()),
                        };
                        // Once it is used up it stays so: what is small is not read for nothing either.
                        room = room.saturating_sub(content.text.len());
                        if room == 0 {
                            return Err(too_much());
                        }
                        if noted.insert(key)
                            && let Some(unit) = out.get_mut(root.unit)
                        {
                            let place = place_of(readable);
                            unit.read.push(ReadFile::new(&place, &content.oid));
                        }
                        Ok(content.text.clone())
                    });
                    answers.push(answer);
                }
                contents.retain(|(folder, _), _| folder.is_none());
                Root {
                    parsed: root.parsed.resolve(answers),
                    ..root
                }
            })
            .collect()
    }

    /// Reads what the placeholders of a round name at other places than this machine, each once, and nothing more for
    /// a file that has had its share.
    async fn contents(&self, plan: &[Vec<Result<Readable, String>>]) -> Contents {
        let mut wanted: BTreeMap<Key, (&Readable, BTreeSet<usize>)> = BTreeMap::new();
        for (file, readables) in plan.iter().enumerate() {
            for readable in readables.iter().flatten() {
                if !matches!(readable, Readable::Disk { .. }) {
                    let slot = wanted.entry(key_of(readable));
                    slot.or_insert((readable, BTreeSet::new())).1.insert(file);
                }
            }
        }
        let mut room = vec![MAX_SUBSTITUTED; plan.len()];
        let mut out = Contents::new();
        let mut rest = wanted.into_iter().peekable();
        while rest.peek().is_some() {
            let batch: Vec<_> = (rest.by_ref())
                .filter(|(_, (_, files))| files.iter().any(|f| room.get(*f) > Some(&0)))
                .take(AT_ONCE)
                .collect();
            let remote: Vec<GithubTarget> = (batch.iter())
                .filter_map(|(_, (readable, _))| match readable {
                    Readable::Github(target) => Some(target.clone()),
                    _ => None,
                })
                .collect();
            let mut blobs = (self.reader.files(&remote, PLACEHOLDER_LIMIT).await).into_iter();
            for (key, (readable, files)) in batch {
                let content = match readable {
                    Readable::Url(url) => (self.reader.plain(url, PLACEHOLDER_LIMIT).await)
                        .map(Content::new)
                        .map_err(Lost::Read),
                    _ => match blobs.next() {
                        Some(blob) => blob
                            .map(|blob| Content {
                                oid: blob.oid,
                                text: String::from_utf8_lossy(&blob.bytes).into_owned(),
                            })
                            .map_err(Lost::Read),
                        None => Err(Lost::Told("it was not read".to_owned())),
                    },
                };
                let length = content.as_ref().map_or(0, |content| content.text.len());
                for file in files {
                    if let Some(room) = room.get_mut(file) {
                        *room = room.saturating_sub(length);
                    }
                }
                out.insert(key, content);
            }
        }
        out
    }
}

/// What is read once for all placeholders that name it: the folder it may not lie outside of, on this machine, and its place.
type Key = (Option<PathBuf>, String);
type Contents = BTreeMap<Key, Result<Content, Lost>>;

/// What a placeholder stands for.
struct Content {
    oid: String,
    text: String,
}

impl Content {
    fn new(bytes: Vec<u8>) -> Self {
        Self {
            oid: blob_id(&bytes),
            text: String::from_utf8_lossy(&bytes).into_owned(),
        }
    }
}

/// Why there is no content.
enum Lost {
    Told(String),
    Read(ReadError),
}

fn key_of(readable: &Readable) -> Key {
    match readable {
        Readable::Disk { folder, path } => (Some(folder.clone()), path.display().to_string()),
        Readable::Github(target) => (None, target.url()),
        Readable::Url(url) => (None, url.to_string()),
    }
}

fn too_much() -> String {
    let most = MAX_SUBSTITUTED >> 20;
    format!("placeholders of one file bring in at most {most} MiB")
}

fn place_of(readable: Readable) -> Place {
    match readable {
        Readable::Disk { path, .. } => Place::Disk(path),
        Readable::Github(target) => Place::Github(target),
        Readable::Url(url) => Place::Url(url),
    }
}

/// The answer for a placeholder whose content was not read; remembers where that says nothing about its existence, and
/// what may come to be there one day.
fn lost(out: &mut [Followed], unit: usize, error: &ReadError, place: Place) -> String {
    if let Some(unit) = out.get_mut(unit) {
        match error {
            ReadError::Unseen(error) => {
                unit.unseen.get_or_insert_with(|| error.clone());
            }
            ReadError::NotFound(_) => unit.read.push(ReadFile::new(&place, "")),
            _ => {}
        }
    }
    format!("{}: {}", error.name(), error.message())
}
