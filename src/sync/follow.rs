//! From the first files of a unit to all of its entities: placeholders are filled in and Location entities followed.
//!
//! Works on many units in step, round by round, so that what fifty repositories name is read in one request. Cycles end
//! at a file that was seen, and depth and number are bounded.

mod fill;
mod wanted;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use url::Url;

use wanted::{Wanted, take_files};

use super::disk;
use super::error::{SyncError, SyncErrorKind};
use super::policy::{Base, CATALOG_FILE_LIMIT, DiskError, Readable, ReadingPolicy, open_below};
use super::reader::{ReadError, Reader, Trees, blob_id};
use super::target::GithubTarget;
use crate::catalog::file::{self, FileContext, ParsedFile};
use crate::catalog::rules::{Rules, Trust};
use crate::catalog::yaml::YamlLimits;
use crate::catalog::{FileRecord, Problem, Severity};
use crate::store::Kept;

/// Location entities that lead to Location entities: deeper ones are a problem.
const MAX_DEPTH: usize = 16;
/// Files of one unit.
const MAX_FILES: usize = 20_000;
/// Files of a folder that are looked at for one glob.
const MAX_WALKED: usize = 200_000;
/// Problems of one kind that are told each for itself in one file.
const MAX_ALIKE: usize = 20;

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
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct ReadFile {
    /// Its URL, or its path; of a glob in a repository the URL of the glob.
    pub at: String,
    /// Git's object id of its content, or of the folder that a glob looks below; empty for what was not there.
    pub oid: String,
    /// How many segments of the URL are the branch, where that is known and not one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<usize>,
}

impl ReadFile {
    /// A file at a place; an empty id where there is none.
    pub fn new(place: &Place, oid: &str) -> Self {
        Self {
            at: at(place),
            oid: oid.to_owned(),
            branch: match place {
                Place::Github(target) => target.branch_segments().filter(|n| *n != 1),
                _ => None,
            },
        }
    }

    /// What it is, where the reading rules still allow it.
    pub fn readable(&self, policy: &ReadingPolicy) -> Option<Readable> {
        match (policy.url(&self.at).ok()?, self.branch) {
            (Readable::Github(target), Some(branch)) => {
                Some(Readable::Github(target.with_branch_segments(branch)))
            }
            (readable, _) => Some(readable),
        }
    }

    /// Whether it is as it was, by the id that was asked for now; an error where that cannot be said.
    pub fn is_same(&self, now: &Result<String, ReadError>) -> Result<bool, SyncError> {
        match now {
            Ok(oid) => Ok(*oid == self.oid),
            Err(ReadError::Unseen(error)) => Err(error.clone()),
            Err(ReadError::NotFound(_)) => Ok(self.oid.is_empty()),
            // Still there and still of no use, or no longer allowed.
            Err(_) => Ok(true),
        }
    }
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
    /// Every file that was read beyond the roots, or was looked for and is not there.
    pub read: Vec<ReadFile>,
    /// Why something of it could not be seen this time: then what is missing is not gone.
    pub unseen: Option<SyncError>,
    /// What of its former files stays, although it is not among `files`.
    pub kept: Kept,
    /// The places that were reached.
    seen: BTreeSet<String>,
    /// Targets of Location entities so far.
    targets: usize,
    /// Of these, the ones that cost a request each.
    apart: usize,
    /// How many problems of a name a file's Location entities have.
    alike: BTreeMap<(usize, String), usize>,
}

impl Followed {
    /// One file that leads nowhere.
    pub fn of(file: FileRecord) -> Self {
        Self {
            files: vec![file],
            ..Self::default()
        }
    }

    /// A place that should have been read and was not: it keeps what it gave.
    fn keep(&mut self, place: &Place) {
        self.kept.add(place.location());
    }

    /// A folder of this machine that could not be read: what lay below it stays, and the unit is read again.
    fn keep_below(&mut self, folder: &Path, error: &str) {
        self.kept.add(below(folder));
        self.unseen
            .get_or_insert_with(|| SyncError::new(SyncErrorKind::Failed, error));
    }

    /// Nobody can say which files there are.
    fn keep_everything(&mut self) {
        self.kept = Kept::Everything;
    }

    /// Problems of one kind that were too many to tell each, counted.
    fn count_alike(&mut self) {
        for ((file, name), count) in std::mem::take(&mut self.alike) {
            let Some(more) = count.checked_sub(MAX_ALIKE).filter(|more| *more > 0) else {
                continue;
            };
            let Some(file) = self.files.get_mut(file) else {
                continue;
            };
            let mut alike = file.problems.iter().rev();
            if let Some(last) = alike.find(|p| p.name == name && p.entity_ref.is_some()) {
                let problem = Problem {
                    message: format!("Location targets: {more} more of the same kind"),
                    ..last.clone()
                };
                file.problems.push(problem);
            }
        }
    }
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
        let mut work = Vec::with_capacity(roots.len());
        for root in roots {
            if let Some(unit) = out.get_mut(root.unit)
                && unit.seen.insert(root.place.location())
            {
                work.push(root);
            }
        }
        let mut depth = 0;
        while !work.is_empty() {
            let work_now = std::mem::take(&mut work);
            let filled = self.fill(work_now, &mut out).await;
            let wanted = take_files(filled, &mut out);
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
            work = self.follow(wanted, &mut out).await;
        }
        for unit in &mut out {
            unit.count_alike();
        }
        out
    }

    /// Reads what the Location entities of a round name.
    async fn follow(&self, wanted: Vec<Wanted>, out: &mut [Followed]) -> Vec<Root> {
        let mut remote: Vec<(Wanted, GithubTarget)> = Vec::new();
        let mut next = Vec::new();
        let mut trees = Trees::default();
        for want in wanted {
            let readable = match self.resolve(&want) {
                Ok(readable) => readable,
                Err(text) => {
                    want.complain(out, "NotAllowedError", &text);
                    continue;
                }
            };
            let apart = match &readable {
                Readable::Github(target) => target.is_glob(),
                Readable::Url(_) => true,
                Readable::Disk { .. } => false,
            };
            if apart && !want.may_ask_apart(out) {
                continue;
            }
            match readable {
                Readable::Github(target) if target.is_glob() => {
                    match self.reader.expand(&target, &mut trees).await {
                        Ok(listing) => {
                            want.note(out, listing.glob);
                            if listing.files.is_empty() {
                                want.missing(out, &target.url());
                            }
                            let files = listing.files.into_iter();
                            remote.extend(files.map(|(file, _)| (want.clone(), file)));
                        }
                        Err(error) => want.failed(out, &error, &Place::Github(target)),
                    }
                }
                Readable::Github(target) => remote.push((want, target)),
                Readable::Url(url) => {
                    let bytes = self.reader.plain(&url, CATALOG_FILE_LIMIT).await;
                    let place = Place::Url(url);
                    match bytes {
                        Ok(bytes) => {
                            let oid = blob_id(&bytes);
                            next.extend(self.root(&want, place, &oid, &bytes, out));
                        }
                        Err(error) => want.failed(out, &error, &place),
                    }
                }
                Readable::Disk { folder, path } => self.disk(&want, folder, path, out, &mut next),
            }
        }
        // What a unit has already is not read again.
        remote.retain(|(want, target)| {
            out.get(want.unit).is_some_and(|unit| {
                !unit
                    .seen
                    .contains(&Place::Github(target.clone()).location())
            })
        });
        let targets: Vec<GithubTarget> = remote.iter().map(|(_, t)| t.clone()).collect();
        let answers = self.reader.files(&targets, CATALOG_FILE_LIMIT).await;
        for ((want, target), answer) in remote.into_iter().zip(answers) {
            match answer {
                Ok(blob) => {
                    let place = Place::Github(blob.target);
                    next.extend(self.root(&want, place, &blob.oid, &blob.bytes, out));
                }
                Err(error) => want.failed(out, &error, &Place::Github(target)),
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
        next: &mut Vec<Root>,
    ) {
        let paths = match disk::split_glob(&path) {
            None => vec![path],
            Some(Err(text)) => return want.complain(out, "InputError", &text),
            Some(Ok((start, glob))) => match disk::files_below(&folder, &start, glob, MAX_WALKED) {
                Ok(disk::Found { files, unread }) => {
                    let nothing = files.is_empty() && unread.is_empty();
                    for (folder, error) in unread {
                        let text = error.to_string();
                        want.complain(out, "Error", &text);
                        if let Some(unit) = out.get_mut(want.unit) {
                            unit.keep_below(&folder, &text);
                        }
                    }
                    if nothing {
                        return want.missing(out, &path.display().to_string());
                    }
                    files
                }
                // The folder is gone, or is not mounted.
                Err(DiskError::NotFound(_)) => {
                    want.missing(out, &path.display().to_string());
                    return want.keep_required_below(out, &start);
                }
                Err(error) => {
                    if let Some(unit) = out.get_mut(want.unit) {
                        unit.keep_everything();
                        if matches!(error, DiskError::Io(..)) {
                            unit.unseen.get_or_insert_with(|| {
                                SyncError::new(SyncErrorKind::Failed, error.to_string())
                            });
                        }
                    }
                    return want.complain(out, "Error", &disk_error(&error));
                }
            },
        };
        for path in paths {
            match open_below(&folder, &path, CATALOG_FILE_LIMIT) {
                Ok(bytes) => {
                    let oid = blob_id(&bytes);
                    next.extend(self.root(want, Place::Disk(path), &oid, &bytes, out));
                }
                Err(DiskError::NotFound(name)) => {
                    want.missing(out, &name);
                    want.keep_required(out, &Place::Disk(path));
                }
                Err(error) => {
                    want.complain(out, "Error", &disk_error(&error));
                    if !matches!(error, DiskError::Outside(_))
                        && let Some(unit) = out.get_mut(want.unit)
                    {
                        unit.keep(&Place::Disk(path));
                    }
                }
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
    ) -> Option<Root> {
        let unit = out.get_mut(want.unit)?;
        if !unit.seen.insert(place.location()) {
            return None;
        }
        if unit.seen.len() > MAX_FILES {
            want.complain(out, "InputError", "Location entities name too many files");
            return None;
        }
        unit.read.push(ReadFile::new(&place, oid));
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

/// How a place is written in a unit's state.
pub fn at(place: &Place) -> String {
    match place {
        Place::Disk(path) => path.display().to_string(),
        Place::Github(target) => target.url(),
        Place::Url(url) => url.to_string(),
    }
}

/// How all that lies below a folder of this machine is named in [`Kept::Files`].
pub(super) fn below(folder: &Path) -> String {
    let folder = folder.display().to_string();
    format!("file:{}/", folder.trim_end_matches('/'))
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
