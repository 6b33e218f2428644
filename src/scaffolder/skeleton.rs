//! Skeletons: folders whose names and texts are templates, rendered into a workspace as Backstage's `fetch:template`
//! does it, and folders copied as they are.
//!
//! Paths are rendered like texts; what renders to an empty path, or to one with an empty part, is left out; what is there
//! already stays unless it is to be replaced. Modes, empty folders and links are kept, binary files copied. Whatever a
//! name renders to, it stays in the target folder and is never Git's own. Texts are rendered on several threads, and
//! written in order, so that the same skeleton always gives the same files.

mod binary;
mod place;
mod source;

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;

use super::error::{ActionError, ActionErrorKind};
use super::workspace::{Entry, EntryKind, Folder, Globs, InnerPath, Mode, Workspace, shown};
use crate::nunjucks;

pub use binary::is_binary;
pub use place::{Place, place};
pub use source::{File, LARGEST, Source, file_of_step};

/// Files whose texts are held in memory at a time.
const BATCH: usize = 128;
/// Threads that render; more would starve the rest of a small machine.
const THREADS: usize = 4;
/// Names that a report gives in full.
const NAMED: usize = 20;

/// How a skeleton is rendered.
#[derive(Clone, Debug)]
pub struct Rendering {
    /// The folder of the workspace it goes to.
    pub target: InnerPath,
    /// What the templates are given.
    pub context: Map<String, Value>,
    /// How the templates are read.
    pub options: nunjucks::Options,
    /// Whether files that are there are replaced.
    pub replace: bool,
    /// Only files that end in this are rendered, and lose the ending.
    pub extension: Option<String>,
    /// Entries whose texts are not rendered.
    pub raw: Option<Globs>,
    /// Whether the paths of raw entries are not rendered either.
    pub raw_paths: bool,
}

/// What rendering or copying did.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Report {
    /// Files written.
    pub files: usize,
    /// Folders made.
    pub folders: usize,
    /// Links made.
    pub links: usize,
    /// Entries that were there already and stayed.
    pub kept: usize,
    /// Entries left out since their path rendered to nothing.
    pub unnamed: usize,
    /// Links, pipes and the like that were left out since they lead out or are no files.
    pub outside: Vec<String>,
    /// Pairs of paths that differ in case alone.
    pub clashes: Vec<(String, String)>,
}

impl Report {
    /// The report in a sentence.
    pub fn summary(&self) -> String {
        let count = |number: usize, one: &str| {
            let ending = if number == 1 { "" } else { "s" };
            format!("{number} {one}{ending}")
        };
        let mut out = format!("Wrote {}", count(self.files, "file"));
        for (number, what) in [(self.folders, "folder"), (self.links, "link")] {
            if number > 0 {
                out.push_str(", ");
                out.push_str(&count(number, what));
            }
        }
        if self.kept > 0 {
            out.push_str(&format!("; {} already there stayed", self.kept));
        }
        if self.unnamed > 0 {
            out.push_str(&format!("; {} left out by their names", self.unnamed));
        }
        out
    }

    /// What may not be meant, a line each.
    pub fn warnings(&self) -> Vec<String> {
        let outside = self.outside.iter().take(NAMED).map(|path| {
            format!(
                "{} was left out: it leads out of its folder, or is no file",
                shown(path)
            )
        });
        let clashes = self.clashes.iter().take(NAMED).map(|(one, other)| {
            format!(
                "{} and {} differ in upper and lower case alone: on many machines they are one file",
                shown(one),
                shown(other)
            )
        });
        let more =
            (self.outside.len().saturating_sub(NAMED)) + (self.clashes.len().saturating_sub(NAMED));
        let more = (more > 0).then(|| format!("{more} more like these"));
        outside.chain(clashes).chain(more).collect()
    }
}

/// An entry that will be written.
struct Planned<'a> {
    entry: &'a Entry,
    to: InnerPath,
    render: bool,
}

/// What is to be written for a planned entry.
enum Content {
    Folder,
    Link(String),
    File { bytes: Vec<u8>, mode: Mode },
}

/// Renders a skeleton into a workspace.
///
/// # Errors
/// `Input` with file, line and column where a template cannot be rendered; `NotAllowed` where a name leads out or is
/// Git's own; `Limit`; `Cancelled`; as the disk says. What was written before an error stays.
pub fn render(
    source: &Source,
    workspace: &Workspace,
    rendering: &Rendering,
    cancel: &CancellationToken,
) -> Result<Report, ActionError> {
    let folder = workspace.open()?;
    let (entries, outside) = source.entries()?;
    let mut report = Report {
        outside,
        ..Report::default()
    };
    let mut cases = Cases::default();
    let mut planned: Vec<Planned<'_>> = Vec::new();
    let mut ahead: HashSet<InnerPath> = HashSet::new();
    for entry in &entries {
        if cancel.is_cancelled() {
            return Err(ActionError::cancelled());
        }
        let Some((to, render)) = rendering.destination(entry)? else {
            report.unnamed += 1;
            continue;
        };
        if !rendering.replace && (ahead.contains(&to) || folder.exists(&to)) {
            report.kept += usize::from(!entry.is_folder());
            continue;
        }
        cases.note(&to, &mut report.clashes);
        ahead.insert(to.clone());
        planned.push(Planned { entry, to, render });
        if planned.len() == BATCH {
            write(source, &folder, rendering, &planned, cancel, &mut report)?;
            planned.clear();
            ahead.clear();
        }
    }
    write(source, &folder, rendering, &planned, cancel, &mut report)?;
    Ok(report)
}

impl Rendering {
    /// Where an entry goes and whether its text is rendered; none where its path renders to nothing.
    fn destination(&self, entry: &Entry) -> Result<Option<(InnerPath, bool)>, ActionError> {
        let mut location = entry.path.clone();
        let render = match &self.extension {
            Some(extension) => {
                let ends = !entry.is_folder() && ending(&location) == extension;
                if ends {
                    location.truncate(location.len() - extension.len());
                }
                ends
            }
            None => !(self.raw.as_ref()).is_some_and(|raw| raw.matches(&entry.path)),
        };
        if entry.is_folder() {
            location.push('/');
        }
        let path = if render || !self.raw_paths || self.extension.is_some() {
            self.text(&location, &format!("the name {}", shown(&entry.path)))?
        } else {
            location
        };
        if path.is_empty() || path.starts_with('/') || path.contains("//") {
            return Ok(None);
        }
        let named = |error: ActionError| ActionError {
            message: format!("The name {}: {}", shown(&entry.path), error.message),
            ..error
        };
        // Read by itself first: it may not climb out of the target folder either.
        let below = InnerPath::read(std::path::Path::new(""), &path).map_err(named)?;
        let whole = format!("{}/{}", self.target.as_str(), below.as_str());
        let relative = whole.trim_start_matches('/');
        let to = InnerPath::read(std::path::Path::new(""), relative).map_err(named)?;
        Ok(Some((to, render)))
    }

    /// A text, rendered; `what` is its name in messages.
    ///
    /// # Errors
    /// `Input` and `Limit` with line and column.
    pub fn text(&self, text: &str, what: &str) -> Result<String, ActionError> {
        if nunjucks::is_plain(text, &self.options) {
            return Ok(text.to_owned());
        }
        nunjucks::render(text, &self.context, &self.options).map_err(|error| {
            let kind = match error.kind() {
                nunjucks::ErrorKind::Limit => ActionErrorKind::Limit,
                _ => ActionErrorKind::Input,
            };
            let place = match (error.line(), error.column()) {
                (Some(line), Some(column)) => format!(":{line}:{column}"),
                _ => String::new(),
            };
            let failure = ActionError::new(kind, format!("{what}{place}: {}", error.message()));
            match error.hint() {
                Some(hint) => failure.hint(hint),
                None => failure,
            }
        })
    }

    /// What a file becomes.
    fn file(
        &self,
        source: &Source,
        path: &str,
        mode: u32,
        render: bool,
    ) -> Result<Content, ActionError> {
        let bytes = source.read(path)?;
        if is_binary(&bytes) {
            return Ok(Content::File {
                bytes,
                mode: Mode::Exact(mode),
            });
        }
        let bytes = if render {
            let text = String::from_utf8_lossy(&bytes);
            self.text(&text, shown(path).trim_matches('\''))?
                .into_bytes()
        } else {
            bytes
        };
        Ok(Content::File {
            bytes,
            mode: Mode::New(mode),
        })
    }
}

/// The ending of a file's name as Node's `path.extname` has it: a name that only begins with a dot has none.
fn ending(path: &str) -> &str {
    let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
    match name.rfind('.') {
        Some(at) if at > 0 => name.get(at..).unwrap_or_default(),
        _ => "",
    }
}

/// Reads and renders what was planned on several threads, then writes it in order.
fn write(
    source: &Source,
    folder: &Folder,
    rendering: &Rendering,
    planned: &[Planned<'_>],
    cancel: &CancellationToken,
    report: &mut Report,
) -> Result<(), ActionError> {
    let contents: Vec<Mutex<Option<Result<Content, ActionError>>>> =
        planned.iter().map(|_| Mutex::default()).collect();
    let next = AtomicUsize::new(0);
    let work = || {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let (Some(plan), Some(slot)) = (planned.get(at), contents.get(at)) else {
                return;
            };
            let content = if cancel.is_cancelled() {
                Err(ActionError::cancelled())
            } else {
                match &plan.entry.kind {
                    EntryKind::Folder => Ok(Content::Folder),
                    EntryKind::Link { target } => Ok(Content::Link(target.clone())),
                    EntryKind::File { mode, .. } => {
                        rendering.file(source, &plan.entry.path, *mode, plan.render)
                    }
                    EntryKind::Other => continue,
                }
            };
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(content);
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get().min(THREADS));
    // A handful is done before a thread has begun.
    if planned.len() < 8 || threads == 1 {
        work();
    } else {
        std::thread::scope(|scope| {
            for _ in 1..threads {
                scope.spawn(work);
            }
            work();
        });
    }
    for (plan, content) in planned.iter().zip(contents) {
        let content = content.into_inner().unwrap_or_else(PoisonError::into_inner);
        let Some(content) = content else { continue };
        put(
            folder,
            &plan.to,
            &plan.entry.path,
            content?,
            rendering.replace,
            report,
        )?;
    }
    Ok(())
}

/// Writes one entry.
fn put(
    folder: &Folder,
    to: &InnerPath,
    from: &str,
    content: Content,
    replace: bool,
    report: &mut Report,
) -> Result<(), ActionError> {
    // On a file system that ignores case an earlier entry may be this one under another name.
    if !replace && folder.exists(to) {
        report.kept += usize::from(!matches!(content, Content::Folder));
        return Ok(());
    }
    match content {
        Content::Folder => {
            folder.make_folder(to)?;
            report.folders += 1;
        }
        Content::Link(target) => {
            if source::copy_link(folder, to, &target)? {
                report.links += 1;
            } else {
                report.outside.push(from.to_owned());
            }
        }
        Content::File { bytes, mode } => {
            folder.write(to, &bytes, mode)?;
            report.files += 1;
        }
    }
    Ok(())
}

/// Copies a folder into the workspace as it is; files that are there are replaced.
///
/// # Errors
/// As [`render`].
pub fn copy(
    source: &Source,
    workspace: &Workspace,
    target: &InnerPath,
    cancel: &CancellationToken,
) -> Result<Report, ActionError> {
    let folder = workspace.open()?;
    let (entries, outside) = source.entries()?;
    let mut report = Report {
        outside,
        ..Report::default()
    };
    let mut cases = Cases::default();
    folder.make_folder(target)?;
    for entry in entries {
        if cancel.is_cancelled() {
            return Err(ActionError::cancelled());
        }
        let whole = format!("{}/{}", target.as_str(), entry.path);
        let to = InnerPath::read(std::path::Path::new(""), whole.trim_start_matches('/'))?;
        cases.note(&to, &mut report.clashes);
        let content = match entry.kind {
            EntryKind::Folder => Content::Folder,
            EntryKind::Link { target } => Content::Link(target),
            EntryKind::File { mode, .. } => Content::File {
                bytes: source.read(&entry.path)?,
                mode: Mode::Exact(mode),
            },
            EntryKind::Other => continue,
        };
        put(&folder, &to, &entry.path, content, true, &mut report)?;
    }
    Ok(report)
}

/// Paths by how they look to a file system that ignores case.
#[derive(Default)]
struct Cases(HashMap<String, String>);

impl Cases {
    fn note(&mut self, path: &InnerPath, clashes: &mut Vec<(String, String)>) {
        let folded = path.as_str().to_lowercase();
        match self.0.get(&folded) {
            Some(other) if other != path.as_str() => {
                clashes.push((other.clone(), path.as_str().to_owned()));
            }
            Some(_) => {}
            None => {
                self.0.insert(folded, path.as_str().to_owned());
            }
        }
    }
}

#[cfg(test)]
mod tests;
