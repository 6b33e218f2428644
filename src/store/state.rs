//! What must not be lost: stars, registered locations, what was opened lately, the session.
//!
//! A second SQLite file, in the state folder, apart from the cache so that the cache can be deleted. It is never
//! rebuilt (`durable`).

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;

use super::first::{self, First};
use super::{StoreError, durable};

const FILE: &str = "state.db";

/// One step a format, each applied in a transaction with the number that follows it.
const MIGRATIONS: [&str; 1] = ["
    CREATE TABLE star (entity_ref TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE recent (entity_ref TEXT PRIMARY KEY, score REAL NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE location (target TEXT PRIMARY KEY, type TEXT NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE session (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"];

/// How long until a visit counts half: a week.
const HALF_LIFE_SECONDS: f64 = 7.0 * 24.0 * 3600.0;
/// How many visited entities are remembered.
const RECENT_KEPT: usize = 200;

/// An entity that was opened, with how much that counts now.
#[derive(Clone, PartialEq, Debug)]
pub struct RecentEntity {
    /// `kind:namespace/name`.
    pub entity_ref: String,
    /// Visits, each counting half as much for every week that passed since.
    pub score: f64,
    /// The last visit, in seconds since the Unix epoch.
    pub at: i64,
}

/// A location that was registered here rather than configured.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RegisteredLocation {
    /// `url` or `file`.
    pub kind: String,
    /// The URL or path.
    pub target: String,
    /// When it was registered, in seconds since the Unix epoch.
    pub at: i64,
}

/// The state database, open.
#[derive(Debug)]
pub struct State {
    path: PathBuf,
    connection: Connection,
    notice: Option<String>,
}

impl State {
    /// Opens the state of a folder, making both where they are missing and bringing an older format up to date.
    ///
    /// # Errors
    /// [`StoreError::NewerFormat`] for a database of a later callboard; [`StoreError::Io`] and
    /// [`StoreError::Database`] where it cannot be made or read.
    pub fn open(state_dir: &Path) -> Result<Self, StoreError> {
        let path = state_dir.join(FILE);
        let (connection, notice) = durable::open(&path, &MIGRATIONS)?;
        Ok(Self {
            path,
            connection,
            notice,
        })
    }

    /// One line to show where a damaged database was set aside.
    pub fn notice(&self) -> Option<&str> {
        self.notice.as_deref()
    }

    /// The starred entities' references, sorted.
    ///
    /// # Errors
    /// [`StoreError::Database`], as of every method below.
    pub fn stars(&self) -> Result<Vec<String>, StoreError> {
        self.strings("SELECT entity_ref FROM star ORDER BY entity_ref")
    }

    /// Sets or removes a star; `now` in seconds since the Unix epoch.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn set_star(&self, entity_ref: &str, starred: bool, now: i64) -> Result<(), StoreError> {
        if starred {
            self.execute(
                "INSERT OR IGNORE INTO star (entity_ref, at) VALUES (?1, ?2)",
                params![entity_ref, now],
            )?;
        } else {
            self.execute("DELETE FROM star WHERE entity_ref = ?1", [entity_ref])?;
        }
        self.first().map(drop)
    }

    /// Counts a visit of an entity.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn visit(&self, entity_ref: &str, now: i64) -> Result<(), StoreError> {
        let before = self
            .connection
            .query_row(
                "SELECT score, at FROM recent WHERE entity_ref = ?1",
                [entity_ref],
                |row| Ok((row.get::<_, f64>(0)?, row.get::<_, i64>(1)?)),
            )
            .optional()
            .map_err(StoreError::sql(&self.path))?;
        let score = before.map_or(0.0, |(score, at)| decayed(score, at, now)) + 1.0;
        self.execute(
            "INSERT INTO recent (entity_ref, score, at) VALUES (?1, ?2, ?3)
             ON CONFLICT (entity_ref) DO UPDATE SET score = excluded.score, at = excluded.at",
            params![entity_ref, score, now],
        )?;
        self.execute(
            "DELETE FROM recent WHERE entity_ref NOT IN
                 (SELECT entity_ref FROM recent ORDER BY at DESC, entity_ref LIMIT ?1)",
            [RECENT_KEPT as i64],
        )?;
        self.first().map(drop)
    }

    /// What comes first where nothing is searched. Brings the copy of it up to date that the first frame reads.
    ///
    /// # Errors
    /// [`StoreError::Database`]. A copy that cannot be written is no error: the next start has the plain order.
    pub fn first(&self) -> Result<First, StoreError> {
        // Visits lose their weight all at the same rate: the order is the same at any time after the last.
        let newest = self
            .connection
            .query_row("SELECT max(at) FROM recent", [], |row| row.get(0))
            .map_err(StoreError::sql(&self.path))?;
        let newest: Option<i64> = newest;
        let recent = self.recent(newest.unwrap_or(0))?.into_iter();
        let first = First {
            starred: self.stars()?,
            recent: recent.take(first::RECENT).map(|r| r.entity_ref).collect(),
        };
        let folder = self.path.parent().unwrap_or(Path::new("."));
        if First::read(folder) != first
            && let Err(error) = first.write(folder)
        {
            tracing::info!(%error, "what comes first could not be written");
        }
        Ok(first)
    }

    /// The visited entities, those first that were opened often and lately.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn recent(&self, now: i64) -> Result<Vec<RecentEntity>, StoreError> {
        let sql = StoreError::sql(&self.path);
        let mut statement = self
            .connection
            .prepare("SELECT entity_ref, score, at FROM recent")
            .map_err(&sql)?;
        let mut recent = statement
            .query_map([], |row| {
                let at = row.get(2)?;
                Ok(RecentEntity {
                    entity_ref: row.get(0)?,
                    score: decayed(row.get(1)?, at, now),
                    at,
                })
            })
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(&sql)?;
        recent.sort_by(|a, b| {
            b.score
                .total_cmp(&a.score)
                .then_with(|| a.entity_ref.cmp(&b.entity_ref))
        });
        Ok(recent)
    }

    /// The registered locations, in the order of their targets.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn locations(&self) -> Result<Vec<RegisteredLocation>, StoreError> {
        let sql = StoreError::sql(&self.path);
        let mut statement = self
            .connection
            .prepare("SELECT type, target, at FROM location ORDER BY target")
            .map_err(&sql)?;
        statement
            .query_map([], |row| {
                Ok(RegisteredLocation {
                    kind: row.get(0)?,
                    target: row.get(1)?,
                    at: row.get(2)?,
                })
            })
            .and_then(Iterator::collect)
            .map_err(&sql)
    }

    /// Registers a location; false where its target was registered already.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn add_location(&self, kind: &str, target: &str, now: i64) -> Result<bool, StoreError> {
        self.connection
            .execute(
                "INSERT OR IGNORE INTO location (target, type, at) VALUES (?1, ?2, ?3)",
                params![target, kind, now],
            )
            .map(|changed| changed > 0)
            .map_err(StoreError::sql(&self.path))
    }

    /// Forgets a registered location; false where it was not registered.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn remove_location(&self, target: &str) -> Result<bool, StoreError> {
        self.connection
            .execute("DELETE FROM location WHERE target = ?1", [target])
            .map(|changed| changed > 0)
            .map_err(StoreError::sql(&self.path))
    }

    /// A value of the session, as it was saved; none where there is none or it cannot be read any more.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn session(&self, name: &str) -> Result<Option<Value>, StoreError> {
        let text: Option<String> = self
            .connection
            .query_row("SELECT value FROM session WHERE name = ?1", [name], |row| {
                row.get(0)
            })
            .optional()
            .map_err(StoreError::sql(&self.path))?;
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
    }

    /// Saves a value of the session; none forgets it.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn set_session(&self, name: &str, value: Option<&Value>) -> Result<(), StoreError> {
        match value {
            Some(value) => self.execute(
                "INSERT INTO session (name, value) VALUES (?1, ?2)
                 ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                params![name, value.to_string()],
            ),
            None => self.execute("DELETE FROM session WHERE name = ?1", [name]),
        }
    }

    fn execute(&self, statement: &str, values: impl rusqlite::Params) -> Result<(), StoreError> {
        self.connection
            .execute(statement, values)
            .map(drop)
            .map_err(StoreError::sql(&self.path))
    }

    fn strings(&self, statement: &str) -> Result<Vec<String>, StoreError> {
        let sql = StoreError::sql(&self.path);
        let mut statement = self.connection.prepare(statement).map_err(&sql)?;
        statement
            .query_map([], |row| row.get(0))
            .and_then(Iterator::collect)
            .map_err(&sql)
    }
}

fn decayed(score: f64, at: i64, now: i64) -> f64 {
    let age = now.saturating_sub(at).max(0) as f64;
    score * 0.5_f64.powf(age / HALF_LIFE_SECONDS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::os::unix::fs::PermissionsExt;

    const DAY: i64 = 24 * 3600;

    fn state() -> (tempfile::TempDir, State) {
        let folder = tempfile::tempdir().unwrap();
        let state = State::open(&folder.path().join("state")).unwrap();
        (folder, state)
    }

    #[test]
    fn stars_and_locations_and_the_session_outlive_the_process() {
        let (folder, state) = state();
        state.set_star("component:default/pay", true, 1).unwrap();
        state.set_star("component:default/pay", true, 2).unwrap();
        state.set_star("api:default/pay", true, 3).unwrap();
        state.set_star("api:default/pay", false, 4).unwrap();
        assert!(
            state
                .add_location("url", "https://github.com/a/b", 5)
                .unwrap()
        );
        assert!(
            !state
                .add_location("url", "https://github.com/a/b", 6)
                .unwrap()
        );
        state
            .set_session("query", Some(&json!({"text": "결제"})))
            .unwrap();
        drop(state);

        let state = State::open(&folder.path().join("state")).unwrap();
        assert_eq!(state.stars().unwrap(), ["component:default/pay"]);
        let locations = state.locations().unwrap();
        assert_eq!(locations.len(), 1);
        assert_eq!(locations[0].kind, "url");
        assert_eq!(
            state.session("query").unwrap(),
            Some(json!({"text": "결제"}))
        );
        assert!(state.remove_location("https://github.com/a/b").unwrap());
        assert!(!state.remove_location("https://github.com/a/b").unwrap());
        state.set_session("query", None).unwrap();
        assert_eq!(state.session("query").unwrap(), None);
    }

    #[test]
    fn what_is_opened_often_and_lately_comes_first() {
        let (_folder, state) = state();
        for _ in 0..3 {
            state.visit("component:default/old", 0).unwrap();
        }
        state.visit("component:default/new", 21 * DAY).unwrap();
        state.visit("component:default/newer", 21 * DAY).unwrap();
        state.visit("component:default/newer", 21 * DAY).unwrap();
        let refs: Vec<_> = state
            .recent(21 * DAY)
            .unwrap()
            .into_iter()
            .map(|r| r.entity_ref)
            .collect();
        assert_eq!(
            refs,
            [
                "component:default/newer",
                "component:default/new",
                "component:default/old"
            ]
        );
    }

    #[test]
    fn only_so_many_visits_are_remembered() {
        let (_folder, state) = state();
        for n in 0..RECENT_KEPT as i64 + 5 {
            state.visit(&format!("component:default/c{n}"), n).unwrap();
        }
        let recent = state.recent(1000).unwrap();
        assert_eq!(recent.len(), RECENT_KEPT);
        assert!(recent.iter().all(|r| r.at >= 5));
    }

    #[test]
    fn folder_and_file_are_private() {
        let (folder, _state) = state();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&folder.path().join("state")), 0o700);
        assert_eq!(mode(&folder.path().join("state").join(FILE)), 0o600);
    }

    #[test]
    fn a_damaged_state_is_kept_aside_and_a_fresh_one_begun() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(
            folder.path().join(FILE),
            b"not a database, but quite long enough",
        )
        .unwrap();
        let state = State::open(folder.path()).unwrap();
        assert!(state.notice().unwrap().contains("damaged-1"));
        assert!(state.stars().unwrap().is_empty());
        assert!(folder.path().join("state.db.damaged-1").exists());
    }

    #[test]
    fn a_newer_state_is_left_alone() {
        let (folder, state) = state();
        state
            .connection
            .pragma_update(None, "user_version", 99)
            .unwrap();
        drop(state);
        assert!(matches!(
            State::open(&folder.path().join("state")),
            Err(StoreError::NewerFormat { found: 99, .. })
        ));
    }
}
