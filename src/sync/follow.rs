//! From the first files of a unit to all of its entities: placeholders are filled in and Location entities followed.
//!
//! Works on many units in step, round by round, so that what fifty repositories name is read in one request. Cycles end
//! at a file that was seen, and depth and number are bounded.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use url::Url;

use super::disk;
use super::error::SyncError;
use super::policy::{Base, CATALOG_FILE_LIMIT, DiskError, PLACEHOLDER_LIMIT, Readable, open_below};
use super::reader::{ReadError, Reader, blob_id};
use super::target::GithubTarget;
use crate::catalog::file::{self, FileContext, ParsedFile};
use crate::catalog::location::{LocationTarget, Presence};
use crate::catalog::rules::{Rules, Trust};
use crate::catalog::yaml::YamlLimits;
use crate::catalog::{FileRecord, Problem, Severity};

/// Location entities that lead to Location entities: deeper ones are a problem.
const MAX_DEPTH: usize = 16;
/// Files of one unit.
const MAX_FILES: usize = 20_000;
/// Files of a folder that are looked at for one glob.
const MAX_WALKED: usize = 200_000;

/// Bytes that the placeholders of one file may bring in together.
const MAX_SUBSTITUTED: usize = 32 << 20;
/// Files that the placeholders of one file may name.
const MAX_DISTINCT: usize = 1000;
/// Contents asked for before it is looked at how large they are.
const AT_ONCE: usize = 50;

/// Where a file is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Place {
    /// On this machine, links resolved.
    Disk(PathBuf),
    /// In a repository.
    Github(GithubTarget),
    /// At a plain address.
    Url(Url),
}

impl Place {
    /// The value of `backstage.io/managed-by-location`.
    pub fn location(&self) -> String {
        match self {
            Self::Disk(path) => format!("file:{}", path.display()),
            Self::Github(target) => format!("url:{}", target.url()),
            Self::Url(url) => format!("url:{url}"),
        }
    }

    fn base(&self) -> Base {
        match self {
            Self::Disk(path) => Base::Disk(path.parent().unwrap_or(path).to_owned()),
            Self::Github(target) => Base::Github(target.clone()),
            Self::Url(url) => Base::Url(url.clone()),
        }
    }
}

/// A file that belongs to a unit, with what tells whether it has changed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ReadFile {
    /// Its URL, or its path.
    pub at: String,
    /// Git's object id of its content.
    pub oid: String,
}

/// A file to begin with.
#[derive(Clone, Debug)]
pub struct Root {
    /// Which of the units it belongs to.
    pub unit: usize,
    /// Where it is.
    pub place: Place,
    /// Its content, parsed.
    pub parsed: ParsedFile,
}

/// What became of one unit.
#[derive(Clone, Debug, Default)]
pub struct Followed {
    /// Its files, in the order they were reached.
    pub files: Vec<FileRecord>,
    /// Every file that was read beyond the roots.
    pub read: Vec<ReadFile>,
    /// Why something of it could not be seen this time: then what is missing is not gone.
    pub unseen: Option<SyncError>,
}

/// How the files of a source are read.
#[derive(Clone, Copy)]
pub struct Follow<'a> {
    /// Reads.
    pub reader: &'a Reader,
    /// Which kinds may come from where.
    pub rules: &'a Rules,
    /// How the source came to be read.
    pub trust: Trust,
}

impl Follow<'_> {
    /// Parses a file of a place.
    pub fn parse(&self, place: &Place, origin: &str, bytes: &[u8]) -> ParsedFile {
        let location = place.location();
        let (view, edit, source) = match place {
            Place::Github(target) => (
                Some(target.view_url()),
                Some(target.edit_url()),
                Some(target.source_location()),
            ),
            Place::Url(url) => (Some(url.to_string()), None, None),
            Place::Disk(_) => (None, None, None),
        };
        file::read(
            bytes,
            &FileContext {
                location: &location,
                origin,
                view_url: view.as_deref(),
                edit_url: edit.as_deref(),
                source_location: source.as_deref(),
                rules: self.rules,
                trust: self.trust,
                limits: YamlLimits::default(),
            },
        )
    }

    /// Follows everything that the roots name; one result a unit, in order.
    pub async fn run(&self, roots: Vec<Root>, units: usize) -> Vec<Followed> {
        let mut out = vec![Followed::default(); units];
        let mut seen: Vec<BTreeSet<String>> = vec![BTreeSet::new(); units];
        let mut work = Vec::with_capacity(roots.len());
        for root in roots {
            if let Some(seen) = seen.get_mut(root.unit)
                && seen.insert(root.place.location())
            {
                work.push(root);
            }
        }
        let mut depth = 0;
        while !work.is_empty() {
            let work_now = std::mem::take(&mut work);
            let filled = self.fill(work_now, &mut out).await;
            let mut wanted: Vec<Wanted> = Vec::new();
            for root in filled {
                let Some(unit) = out.get_mut(root.unit) else {
                    continue;
                };
                let ParsedFile {
                    file, locations, ..
                } = root.parsed;
                let at = unit.files.len();
                unit.files.push(file);
                for target in locations {
                    wanted.push(Wanted {
                        unit: root.unit,
                        parent: at,
                        place: root.place.clone(),
                        target,
                    });
                }
            }
            depth += 1;
            if depth > MAX_DEPTH {
                for want in &wanted {
                    want.complain(
                        &mut out,
                        "InputError",
                        "Location entities are nested too deeply",
                    );
                }
                break;
            }
            work = self.follow(wanted, &mut out, &mut seen).await;
        }
        out
    }

    /// Fills in the placeholders of a round.
    async fn fill(&self, work: Vec<Root>, out: &mut [Followed]) -> Vec<Root> {
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
                                return Err(lost(out, root.unit, error));
                            }
                            None => return Err(too_much()),
                        };
                        // Once it is used up it stays so: what is small is not read for nothing either.
                        room = room.checked_sub(content.text.len()).unwrap_or(0);
                        if room == 0 {
                            return Err(too_much());
                        }
                        if noted.insert(key.clone())
                            && let Some(unit) = out.get_mut(root.unit)
                        {
                            unit.read.push(ReadFile {
                                at: key.1,
                                oid: content.oid.clone(),
                            });
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

    /// Reads what the Location entities of a round name.
    async fn follow(
        &self,
        wanted: Vec<Wanted>,
        out: &mut [Followed],
        seen: &mut [BTreeSet<String>],
    ) -> Vec<Root> {
        let mut remote: Vec<(Wanted, GithubTarget)> = Vec::new();
        let mut next = Vec::new();
        for want in wanted {
            match self.resolve(&want) {
                Err(text) => want.complain(out, "NotAllowedError", &text),
                Ok(Readable::Github(target)) if target.is_glob() => {
                    match self.reader.expand(&target).await {
                        Ok(files) if files.is_empty() => want.missing(out, &target.url()),
                        Ok(files) => remote.extend(files.into_iter().map(|f| (want.clone(), f))),
                        Err(error) => want.failed(out, &error),
                    }
                }
                Ok(Readable::Github(target)) => remote.push((want, target)),
                Ok(Readable::Url(url)) => match self.reader.plain(&url, CATALOG_FILE_LIMIT).await {
                    Ok(bytes) => {
                        let oid = blob_id(&bytes);
                        next.extend(self.root(&want, Place::Url(url), &oid, &bytes, out, seen));
                    }
                    Err(error) => want.failed(out, &error),
                },
                Ok(Readable::Disk { folder, path }) => {
                    self.disk(&want, folder, path, out, seen, &mut next)
                }
            }
        }
        // What a unit has already is not read again.
        remote.retain(|(want, target)| {
            seen.get(want.unit)
                .is_some_and(|s| !s.contains(&Place::Github(target.clone()).location()))
        });
        let targets: Vec<GithubTarget> = remote.iter().map(|(_, t)| t.clone()).collect();
        let answers = self.reader.files(&targets, CATALOG_FILE_LIMIT).await;
        for ((want, _), answer) in remote.into_iter().zip(answers) {
            match answer {
                Ok(blob) => {
                    let place = Place::Github(blob.target);
                    next.extend(self.root(&want, place, &blob.oid, &blob.bytes, out, seen));
                }
                Err(error) => want.failed(out, &error),
            }
        }
        next
    }

    fn disk(
        &self,
        want: &Wanted,
        folder: PathBuf,
        path: PathBuf,
        out: &mut [Followed],
        seen: &mut [BTreeSet<String>],
        next: &mut Vec<Root>,
    ) {
        let paths = match disk::split_glob(&path) {
            None => vec![path],
            Some(Err(text)) => return want.complain(out, "InputError", &text),
            Some(Ok((start, glob))) => match disk::files_below(&folder, &start, glob, MAX_WALKED) {
                Ok(found) if !found.is_empty() => found,
                Ok(_) | Err(DiskError::NotFound(_)) => {
                    return want.missing(out, &path.display().to_string());
                }
                Err(error) => return want.complain(out, "Error", &disk_error(&error)),
            },
        };
        for path in paths {
            match open_below(&folder, &path, CATALOG_FILE_LIMIT) {
                Ok(bytes) => {
                    let oid = blob_id(&bytes);
                    next.extend(self.root(want, Place::Disk(path), &oid, &bytes, out, seen));
                }
                Err(DiskError::NotFound(name)) => want.missing(out, &name),
                Err(error) => want.complain(out, "Error", &disk_error(&error)),
            }
        }
    }

    /// The file as work for the next round, unless the unit has it already.
    fn root(
        &self,
        want: &Wanted,
        place: Place,
        oid: &str,
        bytes: &[u8],
        out: &mut [Followed],
        seen: &mut [BTreeSet<String>],
    ) -> Option<Root> {
        let seen = seen.get_mut(want.unit)?;
        if !seen.insert(place.location()) {
            return None;
        }
        if seen.len() > MAX_FILES {
            want.complain(out, "InputError", "Location entities name too many files");
            return None;
        }
        let unit = out.get_mut(want.unit)?;
        unit.read.push(ReadFile {
            at: at(&place),
            oid: oid.to_owned(),
        });
        let origin = unit
            .files
            .get(want.parent)
            .map(|f| f.origin.clone())
            .unwrap_or_default();
        Some(Root {
            unit: want.unit,
            parsed: self.parse(&place, &origin, bytes),
            place,
        })
    }

    fn resolve(&self, want: &Wanted) -> Result<Readable, String> {
        let policy = self.reader.policy();
        let target = want.target.target.as_str();
        let from_disk = matches!(want.place, Place::Disk(_));
        let readable = match want.target.location_type.as_str() {
            "file" if !from_disk => {
                return Err(format!(
                    "a file that came from a URL may not name {target}, which is on this machine"
                ));
            }
            "url" if from_disk => policy.url(target),
            "file" | "url" => policy.resolve(&want.place.base(), target),
            other => return Err(format!("a Location entity of type {other} is not followed")),
        };
        readable.map_err(|refusal| refusal.to_string())
    }
}

/// A target of a Location entity, and where it was named.
#[derive(Clone, Debug)]
struct Wanted {
    unit: usize,
    /// Which of the unit's files names it.
    parent: usize,
    place: Place,
    target: LocationTarget,
}

impl Wanted {
    fn complain(&self, out: &mut [Followed], name: &str, message: &str) {
        let file = out
            .get_mut(self.unit)
            .and_then(|u| u.files.get_mut(self.parent));
        if let Some(file) = file {
            file.problems.push(Problem {
                severity: Severity::Error,
                name: name.to_owned(),
                message: format!("Location target {}: {message}", self.target.target),
                entity_ref: Some(self.target.entity_ref.clone()),
                field: None,
                line: Some(self.target.line).filter(|n| *n > 0),
                column: Some(self.target.column).filter(|n| *n > 0),
            });
        }
    }

    fn missing(&self, out: &mut [Followed], what: &str) {
        if self.target.presence == Presence::Required {
            self.complain(
                out,
                "NotFoundError",
                &format!("no matching files found for {what}"),
            );
        }
    }

    fn failed(&self, out: &mut [Followed], error: &ReadError) {
        match error {
            ReadError::NotFound(_) => self.missing(out, &self.target.target),
            ReadError::Unseen(error) => {
                if let Some(unit) = out.get_mut(self.unit) {
                    unit.unseen.get_or_insert_with(|| error.clone());
                }
                self.complain(out, "Error", &error.to_string());
            }
            other => self.complain(out, other.name(), &other.message()),
        }
    }
}

/// How a place is written in a unit's state.
pub fn at(place: &Place) -> String {
    match place {
        Place::Disk(path) => path.display().to_string(),
        Place::Github(target) => target.url(),
        Place::Url(url) => url.to_string(),
    }
}

/// The record of a file that could not be read; the store keeps what it gave before.
pub fn unreadable(place: &Place, origin: &str, error_name: &str, message: &str) -> FileRecord {
    FileRecord {
        location: place.location(),
        origin: origin.to_owned(),
        entities: Vec::new(),
        problems: vec![Problem {
            severity: Severity::Error,
            name: error_name.to_owned(),
            message: message.to_owned(),
            entity_ref: None,
            field: None,
            line: None,
            column: None,
        }],
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

/// The answer for a placeholder whose content was not read; remembers where that says nothing about its existence.
fn lost(out: &mut [Followed], unit: usize, error: &ReadError) -> String {
    if let (ReadError::Unseen(error), Some(unit)) = (error, out.get_mut(unit)) {
        unit.unseen.get_or_insert_with(|| error.clone());
    }
    format!("{}: {}", error.name(), error.message())
}

fn disk_error(error: &DiskError) -> String {
    match error {
        DiskError::Outside(_) => format!("NotAllowedError: {error}"),
        DiskError::NotFound(_) => format!("NotFoundError: {error}"),
        other => other.to_string(),
    }
}
