//! Reading a task's events while another process appends them.

use super::{StoredEvent, TaskRecord, TaskStatus, Tasks};
use crate::store::StoreError;

/// How many events are read at once.
const PAGE: usize = 500;

/// One reader of one task: asks for what is new, and costs next to nothing while there is nothing.
#[derive(Debug)]
pub struct Follow {
    tasks: Tasks,
    id: String,
    after: i64,
    /// What the database said when everything had been read.
    version: Option<i64>,
}

impl Follow {
    /// Reads a task's events after one of them; 0 reads all.
    pub fn new(tasks: Tasks, id: &str, after: i64) -> Self {
        Self {
            tasks,
            id: id.to_owned(),
            after,
            version: None,
        }
    }

    /// The next events, as many as are read at once; empty where there is nothing new.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Record`].
    pub fn next_page(&mut self) -> Result<Vec<StoredEvent>, StoreError> {
        let version = self.tasks.data_version()?;
        if self.version == Some(version) {
            return Ok(Vec::new());
        }
        let page = self.tasks.events(&self.id, self.after, PAGE)?;
        if let Some(last) = page.last() {
            self.after = last.id;
        }
        // Where a page was full, there may be more of the same version.
        self.version = (page.len() < PAGE).then_some(version);
        Ok(page)
    }

    /// The task, and how it stands.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn state(&self, now: i64) -> Result<Option<(TaskRecord, TaskStatus)>, StoreError> {
        let task = self.tasks.task(&self.id)?;
        Ok(task.map(|task| {
            let status = self.tasks.status(&task, now);
            (task, status)
        }))
    }

    /// Where its record is.
    pub fn tasks(&self) -> &Tasks {
        &self.tasks
    }
}
