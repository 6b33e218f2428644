//! Configured and registered locations of type `file` and `url`: each is one unit with everything it leads to.

mod memory;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use memory::{Memory, digest, marks, stored};
use serde_json::Value;

use super::Schedule;
use super::disk::{self, Selection, Unread};
use super::error::{SyncError, SyncErrorKind};
use super::follow::{Follow, Place, ReadFile, Root, below, unreadable};
use super::policy::{CATALOG_FILE_LIMIT, DiskError, Readable, read_file};
use super::progress::Stage;
use super::provider::{BoxFuture, EntityProvider, KnownUnit, Outcome, Turn, Unit};
use super::reader::{ReadError, Reader, Trees, blob_id, cancelled};
use super::skeleton;
use super::target::GithubTarget;
use super::unchanged::{self, Now};
use crate::catalog::FileRecord;
use crate::catalog::rules::{Rules, Trust};
use crate::store::Kept;

/// The one unit of a location.
const UNIT: &str = "location";

/// What a location names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Target {
    /// Paths it may mean, best first; the first that exists is meant. Globs and folders are allowed.
    File(Vec<PathBuf>),
    /// An address, perhaps with a glob.
    Url(String),
}

/// A configured or registered location.
#[derive(Clone, Debug)]
pub struct LocationConfig {
    /// The provider's name in the cache.
    pub name: String,
    /// `url:TARGET` or `file:TARGET`, as its entities name their origin; none for a file whose path is yet to be found.
    pub origin: Option<String>,
    /// What it names.
    pub target: Target,
    /// `catalog.import.entityFilename`, for folders.
    pub entity_filename: String,
    /// When it is due.
    pub schedule: Schedule,
}

/// See the module.
pub struct Location {
    config: LocationConfig,
    reader: Reader,
    rules: Arc<Rules>,
    progress: super::Reporter,
}

/// The first files of a location.
#[derive(Default)]
struct Start {
    roots: Vec<Root>,
    read: Vec<ReadFile>,
    broken: Vec<FileRecord>,
    /// Files of which nothing can be said, and why of the first.
    lost: Vec<FileRecord>,
    unseen: Option<SyncError>,
    /// What was not seen and is not gone.
    kept: Kept,
    /// What it names does not exist, or lists nothing: the problem says so.
    missing: bool,
    /// A folder was walked, or a repository listed: what it does not show may only be out of sight.
    listed: bool,
}

impl Start {
    fn cannot_see(&mut self, error: SyncError) {
        self.kept = Kept::Everything;
        self.unseen.get_or_insert(error);
    }

    /// Nothing was found, and nothing was there that could not be read.
    fn is_empty(&self) -> bool {
        self.roots.is_empty() && self.broken.is_empty() && self.unseen.is_none()
    }
}

impl Location {
    /// A provider.
    pub fn new(
        config: LocationConfig,
        reader: Reader,
        rules: Arc<Rules>,
        progress: super::Reporter,
    ) -> Self {
        Self {
            config,
            reader,
            rules,
            progress,
        }
    }

    fn follow(&self) -> Follow<'_> {
        Follow {
            reader: &self.reader,
            rules: &self.rules,
            trust: Trust::Configured,
        }
    }

    async fn refresh(&self, turn: Turn<'_>) -> Result<Outcome, SyncError> {
        self.progress.stage(&self.config.name, Stage::Reading);
        let known = turn.known.iter().find(|k| k.unit == UNIT);
        let memory: Memory = known
            .and_then(|known| serde_json::from_value(known.state.clone()).ok())
            .unwrap_or_default();
        let mut outcome = Outcome {
            complete: true,
            seen: Some([UNIT.to_owned()].into()),
            ..Outcome::default()
        };
        if let Some(known) = known.filter(|known| !known.stale && !turn.full)
            && let Some(files) = self.files_of(&known.state)
        {
            match unchanged::look(&self.reader, &files).await {
                Now::Same => {
                    turn.sink.unchanged(UNIT);
                    return Ok(outcome);
                }
                Now::Moved(files) => {
                    turn.sink
                        .remember(UNIT, stored(&Memory { files, ..memory }))?;
                    return Ok(outcome);
                }
                Now::Unseen(error) => {
                    turn.sink.mark_stale(&[UNIT.to_owned()].into())?;
                    outcome.complete = false;
                    outcome.error = Some(error);
                    return Ok(outcome);
                }
                Now::Different => {}
            }
        }
        let mut start = match &self.config.target {
            Target::File(paths) => self.files(paths)?,
            Target::Url(url) => self.url(url).await?,
        };
        // A folder that is not mounted, a repository that may no longer be read: that looks like one without any file.
        if memory.gave() && !turn.list {
            self.hold(&mut start, &memory);
        }
        if turn.cancel.is_cancelled() {
            return Err(cancelled());
        }
        let Start {
            roots,
            mut read,
            broken,
            lost,
            unseen,
            kept,
            listed,
            ..
        } = start;
        let mut followed = self.follow().run(roots, 1).await.pop().unwrap_or_default();
        let anything = !followed.files.is_empty();
        // What cannot be read, and why, tells as much about a folder as what can.
        let marks = marks(&broken, &kept);
        followed.files.extend(broken);
        read.append(&mut followed.read);
        followed.kept.join(kept);
        if let Some(error) = unseen.or(followed.unseen) {
            if error.kind == SyncErrorKind::Cancelled {
                return Err(error);
            }
            outcome.complete = false;
            outcome.error = Some(error);
            if known.is_none() {
                followed.files.extend(lost);
            } else if !anything {
                turn.sink.mark_stale(&[UNIT.to_owned()].into())?;
                return Ok(outcome);
            }
        }
        read.sort();
        read.dedup();
        let held = !anything && !turn.list;
        let mut now = Memory {
            gave: Some(anything || held && memory.gave()),
            listed: listed && anything || held && memory.listed,
            ..Memory::default()
        };
        match &self.config.target {
            // What could not be seen is read again whatever is as it was.
            _ if !outcome.complete => {}
            // Thousands of files on disk are read again anyway; their digest is enough.
            Target::File(_) => now.digest = Some(digest(&read, &marks)),
            Target::Url(_) => now.files = read,
        }
        let state = stored(&now);
        let same = known.is_some_and(|k| !k.stale && k.state == state) && !turn.full;
        if same && outcome.complete && matches!(self.config.target, Target::File(_)) {
            turn.sink.unchanged(UNIT);
            return Ok(outcome);
        }
        self.progress
            .entities(followed.files.iter().map(|f| f.entities.len() as u64).sum());
        turn.sink.put(Unit {
            unit: UNIT.to_owned(),
            state,
            files: followed.files,
            kept: followed.kept,
        })?;
        Ok(outcome)
    }

    /// The files that a URL location was made of, where that is known.
    fn files_of(&self, state: &Value) -> Option<Vec<ReadFile>> {
        if matches!(self.config.target, Target::File(_)) {
            return None;
        }
        let files: Vec<ReadFile> = serde_json::from_value(state.get("files")?.clone()).ok()?;
        Some(files).filter(|files| !files.is_empty())
    }

    /// Where a location that gave something gives nothing now, by a listing or because it is not there: it keeps what it
    /// gave, and only `--prune` takes it.
    fn hold(&self, start: &mut Start, memory: &Memory) {
        let hint = "bring it back, take the location out of the configuration, or let it go with \
                    `callboard sync --prune`";
        if start.is_empty() {
            let what = match &self.config.target {
                Target::File(paths) => paths
                    .first()
                    .map(|path| path.display().to_string())
                    .unwrap_or_default(),
                Target::Url(url) => url.clone(),
            };
            let text = format!("{what} gave entities and gives none now: they are kept as stale");
            start.cannot_see(SyncError::new(SyncErrorKind::Failed, text).with_hint(hint));
            return;
        }
        let nothing = start.roots.is_empty() && start.unseen.is_none();
        if nothing && start.missing {
            // A single file that is gone is its own problem; its entities stay by it.
            start.kept = Kept::Everything;
            if memory.listed || start.listed {
                let text = start
                    .broken
                    .iter()
                    .flat_map(|file| &file.problems)
                    .map(|problem| problem.message.clone())
                    .next()
                    .unwrap_or_default();
                let text = format!("{text}: what it gave is kept as stale");
                start.cannot_see(SyncError::new(SyncErrorKind::Failed, text).with_hint(hint));
            }
        }
    }

    async fn url(&self, text: &str) -> Result<Start, SyncError> {
        let origin = self
            .config
            .origin
            .clone()
            .unwrap_or_else(|| format!("url:{text}"));
        let mut start = Start::default();
        match self.reader.policy().url(text) {
            Err(refusal) => Err(SyncError::new(SyncErrorKind::Failed, refusal.to_string())),
            Ok(Readable::Disk { .. }) => Err(SyncError::new(
                SyncErrorKind::Failed,
                format!("{text} is not a URL"),
            )),
            Ok(Readable::Url(url)) => {
                match self.reader.plain(&url, CATALOG_FILE_LIMIT).await {
                    Ok(bytes) => self.add(
                        &mut start,
                        Place::Url(url),
                        &origin,
                        &blob_id(&bytes),
                        &bytes,
                    ),
                    Err(error) => failed(&mut start, &Place::Url(url), &origin, error)?,
                }
                Ok(start)
            }
            Ok(Readable::Github(target)) if target.is_glob() => {
                let listing = match self.reader.expand(&target, &mut Trees::default()).await {
                    Ok(listing) => listing,
                    Err(error) => {
                        let gone = matches!(error, ReadError::NotFound(_));
                        // Cut short, or no answer of use: that it lists nothing says nothing.
                        if let ReadError::Unusable(text) = &error {
                            start.cannot_see(SyncError::new(SyncErrorKind::Failed, text));
                        }
                        failed(&mut start, &Place::Github(target), &origin, error)?;
                        (start.missing, start.listed) = (gone, true);
                        return Ok(start);
                    }
                };
                start.listed = true;
                start.read.push(listing.glob);
                let files: Vec<GithubTarget> =
                    listing.files.into_iter().map(|(file, _)| file).collect();
                if files.is_empty() {
                    let error = ReadError::NotFound(format!("no matching files found for {text}"));
                    failed(&mut start, &Place::Github(target), &origin, error)?;
                    start.missing = true;
                    return Ok(start);
                }
                let answers = self.reader.files(&files, CATALOG_FILE_LIMIT).await;
                let skeletons: Vec<String> = answers
                    .iter()
                    .flatten()
                    .filter_map(|b| {
                        let text = std::str::from_utf8(&b.bytes)
                            .ok()
                            .filter(|t| skeleton::is_template(t))?;
                        Some(skeleton::folders(&b.target.branch_and_path().1, text))
                    })
                    .flatten()
                    .collect();
                for (file, answer) in files.into_iter().zip(answers) {
                    match answer {
                        // It was looked at, and is not to be taken for a new one the next time.
                        Ok(blob)
                            if skeleton::is_below(&skeletons, &blob.target.branch_and_path().1) =>
                        {
                            let place = Place::Github(blob.target);
                            start.read.push(ReadFile::new(&place, &blob.oid));
                        }
                        Ok(blob) => {
                            self.add(
                                &mut start,
                                Place::Github(blob.target),
                                &origin,
                                &blob.oid,
                                &blob.bytes,
                            );
                        }
                        Err(error) => failed(&mut start, &Place::Github(file), &origin, error)?,
                    }
                }
                Ok(start)
            }
            Ok(Readable::Github(target)) => {
                let answer = self
                    .reader
                    .files(std::slice::from_ref(&target), CATALOG_FILE_LIMIT)
                    .await
                    .pop();
                match answer {
                    Some(Ok(blob)) => self.add(
                        &mut start,
                        Place::Github(blob.target),
                        &origin,
                        &blob.oid,
                        &blob.bytes,
                    ),
                    Some(Err(error)) => failed(&mut start, &Place::Github(target), &origin, error)?,
                    None => {}
                }
                Ok(start)
            }
        }
    }

    fn add(&self, start: &mut Start, place: Place, origin: &str, oid: &str, bytes: &[u8]) {
        start.read.push(ReadFile::new(&place, oid));
        start.roots.push(Root {
            unit: 0,
            parsed: self.follow().parse(&place, origin, bytes),
            place,
        });
    }

    fn files(&self, paths: &[PathBuf]) -> Result<Start, SyncError> {
        for path in paths {
            if let Some(start) = self.path(path)? {
                return Ok(start);
            }
        }
        let named = paths
            .first()
            .map(|p| p.display().to_string())
            .unwrap_or_default();
        // A location that is not there: an error of its own, as in Backstage; a glob may match nothing.
        let mut start = Start::default();
        if paths.iter().all(|p| disk::split_glob(p).is_none()) {
            let path = paths.first().cloned().unwrap_or_default();
            let place = Place::Disk(path);
            let origin = place.location();
            let text = format!("file {named} does not exist");
            start
                .broken
                .push(unreadable(&place, &origin, "NotFoundError", &text));
            start.missing = true;
        }
        Ok(start)
    }

    /// The files a path means; none where it does not exist.
    fn path(&self, path: &Path) -> Result<Option<Start>, SyncError> {
        let origin = |fallback: &Path| {
            self.config
                .origin
                .clone()
                .unwrap_or_else(|| format!("file:{}", fallback.display()))
        };
        if path.is_dir() {
            let selection = Selection::Folder {
                entity_filename: self.config.entity_filename.clone(),
            };
            return Ok(Some(self.walk(path, &selection, &origin(path))));
        }
        if path.exists() {
            let mut start = Start::default();
            let place = Place::Disk(path.to_owned());
            match read_file(path, CATALOG_FILE_LIMIT) {
                Ok(bytes) => self.add(&mut start, place, &origin(path), &blob_id(&bytes), &bytes),
                Err(error) => start.broken.push(unreadable(
                    &place,
                    &origin(path),
                    "Error",
                    &error.to_string(),
                )),
            }
            return Ok(Some(start));
        }
        match disk::split_glob(path) {
            None => Ok(None),
            Some(Err(text)) => Err(SyncError::new(SyncErrorKind::Failed, text)),
            Some(Ok((folder, glob))) => {
                if !folder.is_dir() {
                    return Ok(None);
                }
                let start = self.walk(&folder, &Selection::Glob(glob), &origin(path));
                Ok((!start.is_empty()).then_some(start))
            }
        }
    }

    fn walk(&self, folder: &Path, selection: &Selection, origin: &str) -> Start {
        let follow = self.follow();
        let found = disk::read_folder(folder, selection, |path, bytes| {
            let place = Place::Disk(path.to_owned());
            let parsed = follow.parse(&place, origin, bytes);
            (place, blob_id(bytes), parsed)
        });
        let mut start = Start {
            listed: true,
            ..Start::default()
        };
        for file in found {
            match file.result {
                Ok((place, oid, parsed)) => {
                    start.read.push(ReadFile::new(&place, &oid));
                    start.roots.push(Root {
                        unit: 0,
                        place,
                        parsed,
                    });
                }
                Err(_) if file.unread == Unread::Perhaps => {
                    start.kept.add(Place::Disk(file.path).location());
                }
                Err(error) => {
                    if file.unread == Unread::Folder {
                        start.kept.add(below(&file.path));
                        start.unseen.get_or_insert_with(|| {
                            SyncError::new(SyncErrorKind::Failed, error.to_string())
                                .with_hint("what it gave before is kept as stale")
                        });
                    }
                    let place = Place::Disk(file.path);
                    start.broken.push(unreadable(
                        &place,
                        origin,
                        disk_name(&error),
                        &error.to_string(),
                    ));
                }
            }
        }
        start
    }
}

impl EntityProvider for Location {
    fn name(&self) -> &str {
        &self.config.name
    }

    fn schedule(&self) -> &Schedule {
        &self.config.schedule
    }

    fn needs_network(&self) -> bool {
        matches!(self.config.target, Target::Url(_))
    }

    fn watched(&self, known: &[KnownUnit]) -> Vec<GithubTarget> {
        let known = known.iter().filter(|known| !known.stale);
        let files = known.filter_map(|known| self.files_of(&known.state));
        files
            .flat_map(|files| unchanged::targets(self.reader.policy(), &files))
            .collect()
    }

    fn refresh<'a>(&'a self, turn: Turn<'a>) -> BoxFuture<'a, Result<Outcome, SyncError>> {
        Box::pin(self.refresh(turn))
    }
}

fn disk_name(error: &DiskError) -> &'static str {
    match error {
        DiskError::NotFound(_) => "NotFoundError",
        DiskError::Outside(_) => "NotAllowedError",
        _ => "Error",
    }
}

/// A first file that could not be read: its own problem, unless nothing can be said about it.
fn failed(
    start: &mut Start,
    place: &Place,
    origin: &str,
    error: ReadError,
) -> Result<(), SyncError> {
    match error {
        ReadError::Unseen(error) if error.kind == SyncErrorKind::Cancelled => return Err(error),
        ReadError::Unseen(error) => {
            start
                .lost
                .push(unreadable(place, origin, "Error", &error.to_string()));
            start.cannot_see(error);
        }
        error => {
            if matches!(error, ReadError::NotFound(_)) {
                start.read.push(ReadFile::new(place, ""));
            }
            start
                .broken
                .push(unreadable(place, origin, error.name(), &error.message()));
        }
    }
    Ok(())
}
