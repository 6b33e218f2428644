//! Tasks of the scaffolder: what was started, how far it is, its log, and what it was about to make.
//!
//! A SQLite file of its own in `tasks` below the state folder, with a folder for each task (its lock and its workspace)
//! beside it. One process runs a task and appends; any number of others read meanwhile, retry what failed, and ask for it
//! to be cancelled. What is appended is there before anyone sees it. Secrets never come here: whoever appends masks them.
//!
//! *Running* is what the operating system says: the process that runs a task holds the lock of its folder
//! ([`TaskLock`]). Where the record says `processing` and nobody holds it, the task was interrupted.

mod events;
mod follow;
mod intents;
mod lock;
mod mark;
mod record;
mod state;
#[cfg(test)]
mod tests;
mod write;

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::Value;

pub use events::StoredEvent;
pub use follow::Follow;
pub use intents::StoredIntent;
pub use lock::TaskLock;
pub use mark::MARK;
pub use record::{NewTask, TaskRecord, TaskStatus};
pub use write::Claim;

use super::{StoreError, durable};

const FOLDER: &str = "tasks";
const FILE: &str = "tasks.db";

const MIGRATIONS: [&str; 1] = ["
    CREATE TABLE task (
        id TEXT PRIMARY KEY,
        title TEXT NOT NULL,
        template TEXT NOT NULL,
        secrets TEXT NOT NULL,
        identity TEXT,
        created_at INTEGER NOT NULL,
        claimed_at INTEGER NOT NULL,
        ended_at INTEGER,
        status TEXT NOT NULL,
        attempt INTEGER NOT NULL,
        pid INTEGER,
        pid_started INTEGER,
        cancel INTEGER NOT NULL DEFAULT 0
    ) WITHOUT ROWID;
    CREATE INDEX task_by_age ON task (created_at);
    CREATE TABLE spec (task TEXT PRIMARY KEY, record TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE event (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        task TEXT NOT NULL,
        at INTEGER NOT NULL,
        type TEXT NOT NULL,
        body TEXT NOT NULL
    );
    CREATE INDEX event_of_task ON event (task, id);
    CREATE TABLE state (task TEXT PRIMARY KEY, record TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE intent (
        task TEXT NOT NULL,
        key TEXT NOT NULL,
        at INTEGER NOT NULL,
        detail TEXT NOT NULL,
        outcome TEXT,
        PRIMARY KEY (task, key)
    ) WITHOUT ROWID;
"];

/// How long a task that was claimed may take until its process holds the lock.
const STARTING_MS: i64 = 10_000;

/// The folder that holds the tasks of a state folder: what to watch for a task that begins or ends.
pub fn folder(state_dir: &Path) -> PathBuf {
    state_dir.join(FOLDER)
}

/// The tasks, open. For one thread at a time; give each its own.
#[derive(Debug)]
pub struct Tasks {
    folder: PathBuf,
    path: PathBuf,
    connection: Connection,
    notice: Option<String>,
}

impl Tasks {
    /// Opens the tasks of a state folder, making what is missing.
    ///
    /// # Errors
    /// [`StoreError::NewerFormat`] for a database of a later callboard; [`StoreError::Io`], [`StoreError::ReadOnly`] and
    /// [`StoreError::Database`] where it cannot be made or read.
    pub fn open(state_dir: &Path) -> Result<Self, StoreError> {
        let folder = folder(state_dir);
        let path = folder.join(FILE);
        let (connection, notice) = durable::open(&path, &MIGRATIONS)?;
        let tasks = Self {
            folder,
            path,
            connection,
            notice,
        };
        // Lines of a log need not wait for the disk each; what must is stored by `durably`.
        tasks
            .connection
            .pragma_update(None, "synchronous", "NORMAL")
            .map_err(tasks.sql())?;
        Ok(tasks)
    }

    /// As [`Tasks::open`], but none where no task was ever started: reading makes nothing.
    ///
    /// # Errors
    /// As there.
    pub fn open_existing(state_dir: &Path) -> Result<Option<Self>, StoreError> {
        if !folder(state_dir).join(FILE).exists() {
            return Ok(None);
        }
        Self::open(state_dir).map(Some)
    }

    /// One line to show where a damaged database was set aside.
    pub fn notice(&self) -> Option<&str> {
        self.notice.as_deref()
    }

    /// The folder of all tasks.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where a task works. It exists from its start until it completed.
    pub fn workspace(&self, id: &str) -> PathBuf {
        self.folder.join(id).join("workspace")
    }

    /// A number that changes with every write of another connection. Asking costs next to nothing.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn data_version(&self) -> Result<i64, StoreError> {
        self.connection
            .query_row("PRAGMA data_version", [], |row| row.get(0))
            .map_err(self.sql())
    }

    /// Every task, the newest first.
    ///
    /// # Errors
    /// [`StoreError::Database`], and [`StoreError::Record`] for what this program never wrote, as of every method below.
    pub fn list(&self) -> Result<Vec<TaskRecord>, StoreError> {
        let query = format!("{COLUMNS} ORDER BY created_at DESC, id");
        let mut statement = self.connection.prepare(&query).map_err(self.sql())?;
        statement
            .query_map([], record)
            .and_then(Iterator::collect)
            .map_err(self.sql())
    }

    /// One task, by its whole id.
    ///
    /// # Errors
    /// As of [`Tasks::list`].
    pub fn task(&self, id: &str) -> Result<Option<TaskRecord>, StoreError> {
        self.connection
            .query_row(&format!("{COLUMNS} WHERE id = ?1"), [id], record)
            .optional()
            .map_err(self.sql())
    }

    /// The ids that begin with a text (its case does not matter), the newest task's first.
    ///
    /// # Errors
    /// As of [`Tasks::list`].
    pub fn ids(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        let mut statement = self
            .connection
            .prepare(
                "SELECT id FROM task WHERE substr(id, 1, length(?1)) = lower(?1) ORDER BY created_at DESC, id",
            )
            .map_err(self.sql())?;
        statement
            .query_map([prefix], |row| row.get(0))
            .and_then(Iterator::collect)
            .map_err(self.sql())
    }

    /// What a task was started with: the template's steps and output, its parameters, who started it. No secrets.
    ///
    /// # Errors
    /// As of [`Tasks::list`].
    pub fn spec(&self, id: &str) -> Result<Option<Value>, StoreError> {
        let text: Option<String> = self
            .connection
            .query_row("SELECT record FROM spec WHERE task = ?1", [id], |row| {
                row.get(0)
            })
            .optional()
            .map_err(self.sql())?;
        text.map(|text| self.parse(&text)).transpose()
    }

    /// How a task stands now, its process asked: [`TaskStatus::Interrupted`] where it should run and does not.
    /// `now` in milliseconds since the Unix epoch.
    pub fn status(&self, task: &TaskRecord, now: i64) -> TaskStatus {
        match task.status {
            TaskStatus::Open if now.saturating_sub(task.claimed_at) < STARTING_MS => {
                TaskStatus::Open
            }
            TaskStatus::Open | TaskStatus::Processing => {
                if TaskLock::is_held(&self.folder, &task.id) {
                    task.status
                } else {
                    TaskStatus::Interrupted
                }
            }
            ended => ended,
        }
    }

    fn sql(&self) -> impl Fn(rusqlite::Error) -> StoreError + use<> {
        StoreError::sql(&self.path)
    }

    fn parse(&self, text: &str) -> Result<Value, StoreError> {
        serde_json::from_str(text).map_err(StoreError::record(&self.path))
    }

    fn execute(&self, statement: &str, values: impl rusqlite::Params) -> Result<usize, StoreError> {
        self.connection
            .prepare_cached(statement)
            .and_then(|mut statement| statement.execute(values))
            .map_err(self.sql())
    }

    /// The id of the last event of a task.
    ///
    /// # Errors
    /// As of [`Tasks::list`].
    pub fn last_event(&self, id: &str) -> Result<Option<i64>, StoreError> {
        self.connection
            .query_row("SELECT max(id) FROM event WHERE task = ?1", [id], |row| {
                row.get(0)
            })
            .map_err(self.sql())
    }

    /// When the last event of a task was appended, in milliseconds since the Unix epoch.
    ///
    /// # Errors
    /// As of [`Tasks::list`].
    pub fn last_event_at(&self, id: &str) -> Result<Option<i64>, StoreError> {
        self.connection
            .query_row(
                "SELECT at FROM event WHERE task = ?1 ORDER BY id DESC LIMIT 1",
                params![id],
                |row| row.get(0),
            )
            .optional()
            .map_err(self.sql())
    }
}

const COLUMNS: &str =
    "SELECT id, title, template, secrets, identity, created_at, claimed_at, ended_at, status,
    attempt, pid, pid_started, cancel FROM task";

fn record(row: &Row<'_>) -> rusqlite::Result<TaskRecord> {
    let secrets: String = row.get(3)?;
    let status: String = row.get(8)?;
    let started: Option<i64> = row.get(11)?;
    Ok(TaskRecord {
        id: row.get(0)?,
        title: row.get(1)?,
        template: row.get(2)?,
        secrets: serde_json::from_str(&secrets).unwrap_or_default(),
        identity: row.get(4)?,
        created_at: row.get(5)?,
        claimed_at: row.get(6)?,
        ended_at: row.get(7)?,
        // What a later callboard calls otherwise is over as far as this one knows.
        status: TaskStatus::parse(&status).unwrap_or(TaskStatus::Failed),
        attempt: row.get(9)?,
        pid: row.get(10)?,
        pid_started: started.and_then(|started| u64::try_from(started).ok()),
        cancel: row.get(12)?,
    })
}
