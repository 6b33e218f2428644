//! From the first files of a unit to all of its entities: placeholders are filled in and Location entities followed.
//!
//! Works on many units in step, round by round, so that what fifty repositories name is read in one request. Cycles end
//! at a file that was seen, and depth and number are bounded.

mod fill;

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use url::Url;

use super::disk;
use super::error::SyncError;
use super::policy::{Base, CATALOG_FILE_LIMIT, DiskError, Readable, open_below};
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
        refused: Vec::new(),
    }
}

fn disk_error(error: &DiskError) -> String {
    match error {
        DiskError::Outside(_) => format!("NotAllowedError: {error}"),
        DiskError::NotFound(_) => format!("NotFoundError: {error}"),
        other => other.to_string(),
    }
}
