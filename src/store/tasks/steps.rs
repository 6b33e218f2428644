//! How far the steps of a task are, and what they put out: what a retry goes on from.

use rusqlite::params;
use serde_json::Value;

use super::Tasks;
use crate::store::StoreError;

/// One step.
#[derive(Clone, PartialEq, Debug)]
pub struct StoredStep {
    /// Its id in the template.
    pub step: String,
    /// What is known of it: its status, its outputs.
    pub record: Value,
}

impl Tasks {
    /// Stores what is known of a step, durably, in place of what was known before.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn save_step(&self, task: &str, step: &str, record: &Value) -> Result<(), StoreError> {
        self.durably(|tasks| {
            tasks.execute(
                "INSERT INTO step (task, step, record) VALUES (?1, ?2, ?3)
                 ON CONFLICT (task, step) DO UPDATE SET record = excluded.record",
                params![task, step, record.to_string()],
            )
        })
        .map(drop)
    }

    /// What is known of the steps of a task, in the order of their ids.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Record`].
    pub fn steps(&self, task: &str) -> Result<Vec<StoredStep>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT step, record FROM step WHERE task = ?1 ORDER BY step")
            .map_err(self.sql())?;
        let rows: Vec<(String, String)> = statement
            .query_map([task], |row| Ok((row.get(0)?, row.get(1)?)))
            .and_then(Iterator::collect)
            .map_err(self.sql())?;
        rows.into_iter()
            .map(|(step, record)| {
                Ok(StoredStep {
                    step,
                    record: self.parse(&record)?,
                })
            })
            .collect()
    }
}
