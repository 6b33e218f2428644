//! The events of tasks: appended, never changed, read page by page.

use rusqlite::params;
use serde_json::Value;

use super::Tasks;
use crate::store::StoreError;

/// One event.
#[derive(Clone, PartialEq, Debug)]
pub struct StoredEvent {
    /// Rises by the order in which events were appended, over all tasks.
    pub id: i64,
    /// The task.
    pub task: String,
    /// When, in milliseconds since the Unix epoch.
    pub at: i64,
    /// What it is about: `log`, `completion`, …
    pub kind: String,
    /// What it says.
    pub body: Value,
}

impl Tasks {
    /// Appends an event and gives its id; when it returns, every reader may see it.
    ///
    /// It survives the death of this process. A power cut may take the last few, unless something was stored
    /// [durably](Tasks::durably) after them.
    ///
    /// # Errors
    /// [`StoreError::Database`]: a full disk among them.
    pub fn append(
        &self,
        task: &str,
        kind: &str,
        body: &Value,
        now: i64,
    ) -> Result<i64, StoreError> {
        self.execute(
            "INSERT INTO event (task, at, type, body) VALUES (?1, ?2, ?3, ?4)",
            params![task, now, kind, body.to_string()],
        )?;
        Ok(self.connection.last_insert_rowid())
    }

    /// The events of a task after one of them (0 for all), oldest first, `limit` at most.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Record`].
    pub fn events(
        &self,
        task: &str,
        after: i64,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached(
                "SELECT id, at, type, body FROM event WHERE task = ?1 AND id > ?2 ORDER BY id LIMIT ?3",
            )
            .map_err(self.sql())?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows: Vec<(i64, i64, String, String)> = statement
            .query_map(params![task, after, limit], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
            })
            .and_then(Iterator::collect)
            .map_err(self.sql())?;
        rows.into_iter()
            .map(|(id, at, kind, body)| {
                Ok(StoredEvent {
                    id,
                    task: task.to_owned(),
                    at,
                    kind,
                    body: self.parse(&body)?,
                })
            })
            .collect()
    }
}
