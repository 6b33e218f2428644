//! How far a task came: what a retry goes on from.

use rusqlite::{OptionalExtension, params};
use serde_json::Value;

use super::Tasks;
use crate::store::StoreError;

impl Tasks {
    /// Stores how far a task came, durably, in place of what was stored before.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn save_state(&self, task: &str, record: &Value) -> Result<(), StoreError> {
        self.durably(|tasks| {
            tasks.execute(
                "INSERT INTO state (task, record) VALUES (?1, ?2)
                 ON CONFLICT (task) DO UPDATE SET record = excluded.record",
                params![task, record.to_string()],
            )
        })
        .map(drop)
    }

    /// How far a task came; none where nothing of it ended yet.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Record`].
    pub fn state(&self, task: &str) -> Result<Option<Value>, StoreError> {
        let text: Option<String> = self
            .connection
            .query_row("SELECT record FROM state WHERE task = ?1", [task], |row| {
                row.get(0)
            })
            .optional()
            .map_err(self.sql())?;
        text.map(|text| self.parse(&text)).transpose()
    }
}
