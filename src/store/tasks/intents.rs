//! What a task is about to make outside this machine, written down before it is made, and how that ended.

use rusqlite::{OptionalExtension, params};
use serde_json::Value;

use super::Tasks;
use crate::store::StoreError;

/// Something that was about to be made.
#[derive(Clone, PartialEq, Debug)]
pub struct StoredIntent {
    /// Names it within its task.
    pub key: String,
    /// When it was written down, in milliseconds since the Unix epoch.
    pub at: i64,
    /// What was to be made.
    pub detail: Value,
    /// How it ended; none where nobody knows.
    pub outcome: Option<Value>,
}

impl Tasks {
    /// Writes an intent down, durably; gives what is known where it stands there already, and changes nothing then.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Record`].
    pub fn begin_intent(
        &self,
        task: &str,
        key: &str,
        detail: &Value,
        now: i64,
    ) -> Result<Option<StoredIntent>, StoreError> {
        let new = self.durably(|tasks| {
            tasks.execute(
                "INSERT OR IGNORE INTO intent (task, key, at, detail) VALUES (?1, ?2, ?3, ?4)",
                params![task, key, now, detail.to_string()],
            )
        })?;
        if new > 0 {
            return Ok(None);
        }
        self.intent(task, key)
    }

    /// Writes down, durably, how an intent ended.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn end_intent(&self, task: &str, key: &str, outcome: &Value) -> Result<(), StoreError> {
        self.durably(|tasks| {
            tasks.execute(
                "UPDATE intent SET outcome = ?3 WHERE task = ?1 AND key = ?2",
                params![task, key, outcome.to_string()],
            )
        })
        .map(drop)
    }

    /// The intents of a task, in the order in which they were written down.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Record`].
    pub fn intents(&self, task: &str) -> Result<Vec<StoredIntent>, StoreError> {
        let mut statement = self
            .connection
            .prepare("SELECT key, at, detail, outcome FROM intent WHERE task = ?1 ORDER BY at, key")
            .map_err(self.sql())?;
        let rows: Vec<Columns> = statement
            .query_map([task], columns)
            .and_then(Iterator::collect)
            .map_err(self.sql())?;
        rows.into_iter().map(|row| self.read(row)).collect()
    }

    fn intent(&self, task: &str, key: &str) -> Result<Option<StoredIntent>, StoreError> {
        self.connection
            .query_row(
                "SELECT key, at, detail, outcome FROM intent WHERE task = ?1 AND key = ?2",
                [task, key],
                columns,
            )
            .optional()
            .map_err(self.sql())?
            .map(|row| self.read(row))
            .transpose()
    }

    fn read(&self, (key, at, detail, outcome): Columns) -> Result<StoredIntent, StoreError> {
        Ok(StoredIntent {
            key,
            at,
            detail: self.parse(&detail)?,
            outcome: outcome.map(|outcome| self.parse(&outcome)).transpose()?,
        })
    }
}

type Columns = (String, i64, String, Option<String>);

fn columns(row: &rusqlite::Row<'_>) -> rusqlite::Result<Columns> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
}
