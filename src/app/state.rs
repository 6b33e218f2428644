//! Everything the interface knows at one moment.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use jiff::{Timestamp, tz::TimeZone};

use super::actions::Action;
use super::docs::Places;
use super::editor::Editor;
use super::facets::Facets;
use super::job::{Effect, Job, JobId, Policy, Slot, SyncProgress};
use super::layout::{self, Size};
use super::msg::{Capabilities, Condition, Msg, Timer};
use super::outline::{Outline, TreeKind};
use super::picker::Picker;
use super::screen::entity::Load;
use super::screen::{Catalog, EntityPage, Focus, Screen, TreeScreen, TreeView};
use crate::catalog::{RowId, Snapshot};
use crate::keymap::{Key, Keymap};
use crate::theme::{Depth, Theme};

/// How long the selection rests before the preview follows. One that has rested for so long is followed at once, in
/// the frame of its own move.
///
/// Longer than a person takes from key to key and than held-down keys take from one repeat to the next (90 ms at most,
/// on macOS and the Linux console): moving through a list then costs its two rows, some 200 bytes, and typing costs
/// its list. The preview, which has some 350 bytes of its own, is written where the moving begins and where it ends: a
/// move that is looked at costs both.
pub const PREVIEW_REST: Duration = Duration::from_millis(200);
/// How long a message stays at the bottom.
const TOAST: Duration = Duration::from_secs(5);
/// How often ages are drawn anew.
pub(super) const AGE: Duration = Duration::from_secs(60);
/// How many messages are kept.
const LOG: usize = 1_000;

/// What the program tells the interface at its start.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The organisation's name, or what the catalog is called; may be empty.
    pub organization: String,
    /// What the index file had; empty where there was none.
    pub snapshot: Arc<Snapshot>,
    pub synced_at: Option<Timestamp>,
    pub condition: Condition,
    pub read_only: bool,
    pub now: Timestamp,
    pub time_zone: TimeZone,
    pub size: Size,
    pub keymap: Arc<Keymap>,
    /// The theme to begin with, at any depth.
    pub theme: Theme,
    /// How many colours the terminal shows; `Depth::None` for `NO_COLOR`.
    pub depth: Depth,
    /// Themes of the user's own, by name; the built-in ones are known.
    pub themes: Vec<(String, Theme)>,
    /// Whether signs outside ASCII can be drawn.
    pub unicode: bool,
    /// Whether anything may move.
    pub motion: bool,
    /// Whether the mouse is on.
    pub mouse: bool,
    /// Whether the terminal is on another machine, so that no browser can be opened.
    pub remote: bool,
    /// Whether to sync as soon as the cache is open.
    pub sync_on_start: bool,
    /// The entity to begin at, a complete reference.
    pub start_at: Option<String>,
    /// The starred entities, and those opened often and lately, best first: what the list begins with.
    pub starred: Vec<String>,
    pub recent: Vec<String>,
    /// Lines that the message log begins with; they are not shown by themselves.
    pub log: Vec<String>,
    /// A line that is shown at the start, for a while.
    pub welcome: Option<String>,
    /// The person's own configuration file as it is shown, there or not; empty where there is no place for one.
    pub config_file: String,
}

impl Setup {
    /// What a program says that has nothing to say but this, on a terminal of 120 by 40 that shows everything: a beginning
    /// for benchmarks and tests.
    pub fn new(snapshot: Arc<Snapshot>, keymap: Arc<Keymap>, theme: Theme) -> Self {
        Self {
            organization: String::new(),
            snapshot,
            synced_at: None,
            condition: Condition::Ready,
            read_only: false,
            now: Timestamp::UNIX_EPOCH,
            time_zone: TimeZone::UTC,
            size: Size {
                columns: 120,
                rows: 40,
            },
            keymap,
            theme,
            depth: Depth::TrueColor,
            themes: Vec::new(),
            unicode: true,
            motion: true,
            mouse: false,
            remote: false,
            sync_on_start: false,
            start_at: None,
            starred: Vec::new(),
            recent: Vec::new(),
            log: Vec::new(),
            welcome: None,
            config_file: "~/.config/callboard/config.yaml".to_owned(),
        }
    }
}

/// How much a message matters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Level {
    Info,
    Warning,
    Error,
}

/// A message for the person.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Notice {
    pub at: Timestamp,
    pub level: Level,
    /// One line, already stripped of control characters.
    pub text: String,
}

/// What a running job is for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Purpose {
    /// The search for this line; `keep` stays selected if it is found.
    Search {
        query: String,
        snapshot: u64,
        keep: Option<String>,
    },
    Facets,
    /// The details of the entity in the preview, then perhaps an action that needed them.
    Preview {
        entity_ref: String,
        then: Option<Action>,
    },
    /// The details of an entity's page, then perhaps an action that needed them.
    Page {
        entity_ref: String,
        then: Option<Action>,
    },
    /// The tree of the screen that is shown.
    Tree(TreeKind),
    /// The filter of that tree, as typed.
    TreeFilter(String),
    /// What this reference, as far as it is typed, may become.
    References(String),
    /// How the owners in the tree of this kind are reached.
    Contacts(TreeKind),
    /// The page of documentation of the screen that is shown.
    Docs,
    /// The list of documentation of that screen.
    DocFind,
    Cache,
    /// A sync; one that nobody asked for ends without a word, but for the log.
    Sync {
        asked: bool,
    },
    /// Who is on call for the entity, asked in the background.
    OnCall {
        entity_ref: String,
    },
    /// A small write; a failure is told.
    Write,
}

/// The jobs whose reports are still wanted.
#[derive(Clone, Debug, Default)]
pub(super) struct Jobs {
    next: u64,
    pub(super) live: BTreeMap<JobId, (Slot, Purpose)>,
}

/// The whole state. Only [`update`](super::update) changes it.
#[derive(Debug)]
pub struct State {
    pub size: Size,
    pub focused: bool,
    pub now: Timestamp,
    pub time_zone: TimeZone,
    pub organization: String,
    /// The newest snapshot; a screen may still show an older one.
    pub snapshot: Arc<Snapshot>,
    /// How many entities of it are invalid.
    pub invalid: usize,
    pub synced_at: Option<Timestamp>,
    pub condition: Condition,
    pub read_only: bool,
    /// How far the running sync is, while one is running.
    pub sync: Option<SyncProgress>,
    pub starred: Arc<BTreeSet<String>>,
    /// The entities that were opened often and lately, best first. A list keeps the order it began with.
    pub recent: Vec<String>,
    pub me: Arc<[String]>,
    pub facets: Option<Arc<Facets>>,
    /// The screen that is shown.
    pub screen: Screen,
    /// The screens to go back to, the nearest last.
    pub behind: Vec<Screen>,
    /// What lies over the screen.
    pub picker: Option<Picker>,
    /// The message at the bottom, for a while.
    pub toast: Option<Notice>,
    /// The messages of this session, the newest last.
    pub log: VecDeque<Notice>,
    pub keymap: Arc<Keymap>,
    /// The keys pressed so far of a sequence of several.
    pub pending: Vec<Key>,
    pub theme: Theme,
    pub themes: Vec<(String, Theme)>,
    pub depth: Depth,
    pub unicode: bool,
    pub motion: bool,
    pub mouse: bool,
    pub remote: bool,
    /// See [`Setup::config_file`].
    pub config_file: String,
    pub capabilities: Capabilities,
    /// Whether the cache has been opened: before that, no entities may only mean "not yet".
    pub opened: bool,
    pub(super) sync_on_start: bool,
    pub(super) jobs: Jobs,
    /// Keys that wait for the search they were typed after.
    pub(super) held: VecDeque<Msg>,
    /// When the selection of a catalog moved last.
    pub(super) moved_at: Timestamp,
    /// The trees of the whole catalog, of the newest snapshot they were asked for.
    pub(super) outlines: Vec<Arc<Outline>>,
    /// When the service of an entity was last asked who is on call, in this session.
    pub(super) on_call_asked: BTreeMap<String, Timestamp>,
    /// What the timer of the next shift is set to.
    pub(super) shift_at: Option<Timestamp>,
    /// The tree of the whole catalog as it was left.
    pub(super) left_tree: Option<Box<TreeScreen>>,
    /// Where one was in pages of documentation.
    pub(super) places: Places,
    serial: u64,
}

/// How many rows of a snapshot `is:invalid` finds.
pub(super) fn count_invalid(snapshot: &Snapshot) -> usize {
    let invalid = |id: &RowId| snapshot.flags(*id).invalid;
    snapshot.ids().filter(invalid).count()
}

impl State {
    /// The state at the start, and what is to be done first. The first frame can be drawn at once.
    pub fn new(setup: Setup) -> (State, Vec<Effect>) {
        let starred: BTreeSet<String> = setup.starred.into_iter().collect();
        let first = first(&starred, &setup.recent);
        let catalog = Catalog::new(Arc::clone(&setup.snapshot), first, 0);
        let mut state = State {
            size: setup.size,
            focused: true,
            now: setup.now,
            time_zone: setup.time_zone,
            organization: crate::text::clean(&setup.organization).into_owned(),
            invalid: count_invalid(&setup.snapshot),
            snapshot: setup.snapshot,
            synced_at: setup.synced_at,
            condition: setup.condition,
            read_only: setup.read_only,
            sync: None,
            starred: Arc::new(starred),
            recent: setup.recent,
            me: Arc::from([]),
            facets: None,
            screen: Screen::Catalog(Box::new(catalog)),
            behind: Vec::new(),
            picker: None,
            toast: None,
            log: VecDeque::new(),
            keymap: setup.keymap,
            pending: Vec::new(),
            theme: setup.theme.at_depth(setup.depth),
            themes: setup.themes,
            depth: setup.depth,
            unicode: setup.unicode,
            motion: setup.motion,
            mouse: setup.mouse,
            remote: setup.remote,
            config_file: crate::text::clean(&setup.config_file).into_owned(),
            capabilities: Capabilities::default(),
            opened: false,
            sync_on_start: setup.sync_on_start,
            jobs: Jobs::default(),
            held: VecDeque::new(),
            moved_at: setup.now,
            outlines: Vec::new(),
            on_call_asked: BTreeMap::new(),
            shift_at: None,
            left_tree: None,
            places: Places::default(),
            serial: 0,
        };
        for line in setup.log {
            state.remember(Notice {
                at: state.now,
                level: Level::Info,
                text: crate::text::clean(&line).into_owned(),
            });
        }
        let mut effects = Vec::new();
        let generation = state.snapshot.generation();
        state.start(
            &mut effects,
            Policy::Latest(Slot::Cache),
            Job::OpenCache { generation },
            Purpose::Cache,
        );
        effects.push(Effect::Timer {
            timer: Timer::Age,
            after: Some(AGE),
        });
        if state.mouse {
            effects.push(Effect::Mouse(true));
        }
        if let Some(welcome) = setup.welcome {
            state.say(&mut effects, Level::Info, &welcome);
        }
        if let Some(entity_ref) = setup.start_at {
            super::command::open_entity(&mut state, &entity_ref, &mut effects);
        } else {
            // The first row's facts stand in the first frame; what must be loaded follows the cache.
            super::search::point_preview(&mut state);
        }
        (state, effects)
    }

    /// A catalog ready to type, with every row, what comes first at this moment before the others.
    pub(super) fn new_catalog(&mut self) -> Catalog {
        let serial = self.next_serial();
        let first = first(&self.starred, &self.recent);
        Catalog::new(Arc::clone(&self.snapshot), first, serial)
    }

    /// The catalog, if that is the screen.
    pub fn catalog(&self) -> Option<&Catalog> {
        match &self.screen {
            Screen::Catalog(catalog) => Some(catalog),
            _ => None,
        }
    }

    pub(super) fn catalog_mut(&mut self) -> Option<&mut Catalog> {
        match &mut self.screen {
            Screen::Catalog(catalog) => Some(catalog),
            _ => None,
        }
    }

    /// The tree, if the screen shows one, or the tab of a page does.
    pub fn tree(&self) -> Option<&TreeView> {
        match &self.screen {
            Screen::Tree(tree) => Some(&tree.view),
            Screen::Entity(page) => page.tree(),
            _ => None,
        }
    }

    pub(super) fn tree_mut(&mut self) -> Option<&mut TreeView> {
        match &mut self.screen {
            Screen::Tree(tree) => Some(&mut tree.view),
            Screen::Entity(page) => page.tree_mut(),
            _ => None,
        }
    }

    /// The entity's page, if that is the screen.
    pub(super) fn page_mut(&mut self) -> Option<&mut EntityPage> {
        match &mut self.screen {
            Screen::Entity(page) => Some(page),
            _ => None,
        }
    }

    /// Whether what the page is about to show is still being loaded: its rows would move under a key.
    pub(super) fn page_pending(&self) -> bool {
        let Screen::Entity(page) = &self.screen else {
            return false;
        };
        matches!(page.load, Load::Loading)
            && self
                .jobs
                .live
                .values()
                .any(|(slot, _)| *slot == Slot::Entity)
    }

    /// Whether the tree of the screen is still being made.
    pub(super) fn tree_pending(&self) -> bool {
        self.tree().is_some_and(|view| view.outline.is_none())
            && self.jobs.live.values().any(|(slot, _)| *slot == Slot::Tree)
    }

    /// Whether documentation of the screen is still on its way.
    pub(super) fn docs_pending(&self) -> bool {
        let runs = |wanted: Slot| self.jobs.live.values().any(|(slot, _)| *slot == wanted);
        match &self.screen {
            Screen::Docs(docs) => docs.awaiting && (runs(Slot::Docs) || !self.opened),
            Screen::DocFind(_) => runs(Slot::DocFind),
            _ => false,
        }
    }

    /// The line that is being typed into, where one is.
    pub fn typing(&self) -> Option<&Editor> {
        if let Some(picker) = &self.picker {
            return Some(&picker.editor);
        }
        match &self.screen {
            Screen::Catalog(catalog) => (catalog.focus == Focus::Line).then_some(&catalog.line),
            Screen::Entity(page) => match page.tree() {
                Some(tree) => tree.filter.typing.then_some(&tree.filter.editor),
                None => page.search.typing.then_some(&page.search.editor),
            },
            Screen::Tree(tree) => (tree.view.filter.typing).then_some(&tree.view.filter.editor),
            Screen::Docs(docs) => docs.search.typing.then_some(&docs.search.editor),
            Screen::DocFind(find) => find.typing.then_some(&find.line),
            Screen::Log(page) => page.search.typing.then_some(&page.search.editor),
        }
    }

    pub(super) fn typing_mut(&mut self) -> Option<&mut Editor> {
        if let Some(picker) = &mut self.picker {
            return Some(&mut picker.editor);
        }
        match &mut self.screen {
            Screen::Catalog(catalog) => (catalog.focus == Focus::Line).then_some(&mut catalog.line),
            Screen::Entity(page) => page.editor_mut(),
            Screen::Tree(tree) => {
                let filter = &mut tree.view.filter;
                filter.typing.then_some(&mut filter.editor)
            }
            Screen::Docs(docs) => docs.search.typing.then_some(&mut docs.search.editor),
            Screen::DocFind(find) => find.typing.then_some(&mut find.line),
            Screen::Log(page) => page.search.typing.then_some(&mut page.search.editor),
        }
    }

    /// Whether a search is under way whose results are not shown yet.
    pub fn searching(&self) -> bool {
        self.jobs
            .live
            .values()
            .any(|(slot, _)| *slot == Slot::Search)
    }

    /// Whether a sync is under way, whoever began it.
    pub fn syncing(&self) -> bool {
        self.jobs.live.values().any(|(slot, _)| *slot == Slot::Sync)
    }

    /// The entity that commands are about: the selected one, or the one whose page is shown.
    pub fn subject(&self) -> Option<(Arc<Snapshot>, RowId)> {
        match &self.screen {
            Screen::Catalog(catalog) => catalog
                .selected()
                .map(|id| (Arc::clone(&catalog.results.snapshot), id)),
            Screen::Entity(page) => page.row.map(|id| (Arc::clone(&page.snapshot), id)),
            Screen::Tree(tree) => tree.view.subject(),
            Screen::Docs(docs) => {
                let id = self.snapshot.find(&docs.entity_ref)?;
                Some((Arc::clone(&self.snapshot), id))
            }
            Screen::DocFind(find) => {
                let id = self.snapshot.find(find.selected_ref()?)?;
                Some((Arc::clone(&self.snapshot), id))
            }
            Screen::Log(_) => None,
        }
    }

    /// How many rows of the screen's list are seen at once.
    pub fn visible_rows(&self) -> usize {
        let rows = match &self.screen {
            Screen::Catalog(catalog) => {
                usize::from(layout::catalog(self.size, catalog.zoomed).list.height)
            }
            Screen::Tree(tree) => tree.view.visible(self.size),
            Screen::Docs(docs) => docs.visible(self.size),
            Screen::DocFind(find) => find.visible(self.size),
            Screen::Entity(page) => page.visible(self.size),
            Screen::Log(page) => page.visible(&self.log, self.size),
        };
        rows.max(1)
    }

    /// A number that no list had before.
    pub(super) fn next_serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    /// Asks for a job and remembers what it is for. A newer one of a `Latest` slot takes the older one's place.
    pub(super) fn start(
        &mut self,
        effects: &mut Vec<Effect>,
        policy: Policy,
        job: Job,
        purpose: Purpose,
    ) {
        let slot = match policy {
            Policy::Latest(slot) => {
                self.jobs.live.retain(|_, (other, _)| *other != slot);
                slot
            }
            Policy::Exclusive(slot) | Policy::Queue(slot) => slot,
        };
        self.jobs.next += 1;
        let id = JobId(self.jobs.next);
        self.jobs.live.insert(id, (slot, purpose));
        effects.push(Effect::Start { id, policy, job });
    }

    /// Drops what a slot is doing.
    pub(super) fn stop(&mut self, effects: &mut Vec<Effect>, slot: Slot) {
        let ids: Vec<JobId> = self
            .jobs
            .live
            .iter()
            .filter(|(_, (other, _))| *other == slot)
            .map(|(id, _)| *id)
            .collect();
        for id in ids {
            self.jobs.live.remove(&id);
            effects.push(Effect::Cancel(id));
        }
    }

    /// Shows a message at the bottom for a while. Warnings and errors stay in the log.
    pub(super) fn say(&mut self, effects: &mut Vec<Effect>, level: Level, content: &str) {
        let notice = Notice {
            at: self.now,
            level,
            text: crate::text::clean(content).into_owned(),
        };
        if level > Level::Info {
            self.remember(notice.clone());
        }
        self.toast = Some(notice);
        effects.push(Effect::Timer {
            timer: Timer::Toast,
            after: Some(TOAST),
        });
    }

    /// Puts a message into the log without showing it.
    pub(super) fn remember(&mut self, notice: Notice) {
        if self.log.len() >= LOG {
            self.log.pop_front();
        }
        self.log.push_back(notice);
    }
}

/// What a list begins with where nothing is searched: starred, then opened often and lately. Each may stand in both.
fn first(starred: &BTreeSet<String>, recent: &[String]) -> Arc<[String]> {
    starred.iter().chain(recent).cloned().collect()
}
