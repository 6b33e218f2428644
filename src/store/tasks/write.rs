//! A task's life: created, claimed again, begun, ended; and the wish that it be cancelled.
//!
//! Each change names the attempt it belongs to, so that a process that was given up cannot write over its successor.

use rusqlite::params;
use serde_json::{Value, json};

use super::{NewTask, TaskRecord, TaskStatus, Tasks};
use crate::store::StoreError;

/// What came of wanting to run a task again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Claim {
    /// It is this attempt's turn, and nobody else's.
    Claimed(i64),
    /// It runs, or is about to.
    Runs,
    /// It is completed: there is nothing left to do.
    Completed,
    /// There is no such task.
    Unknown,
}

impl Tasks {
    /// Stores a task that its first attempt will run, with the first process expected at once.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn create(&self, task: &NewTask<'_>, now: i64) -> Result<(), StoreError> {
        self.durably(|tasks| {
            // Apart from what changes with every status, which would write it again each time.
            tasks.execute(
                "INSERT INTO spec (task, record) VALUES (?1, ?2)",
                params![task.id, task.spec.to_string()],
            )?;
            tasks.execute(
                "INSERT INTO task (id, title, template, secrets, identity, created_at, claimed_at, status, attempt)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7, 1)",
                params![
                    task.id,
                    task.title,
                    task.template,
                    json!(task.secrets).to_string(),
                    task.identity,
                    now,
                    TaskStatus::Open.name(),
                ],
            )
        })?;
        self.touch_mark();
        Ok(())
    }

    /// Replaces what a task was started with: what a person allowed it besides, for its next attempt.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn replace_spec(&self, id: &str, spec: &Value) -> Result<(), StoreError> {
        self.durably(|tasks| {
            tasks.execute(
                "UPDATE spec SET record = ?2 WHERE task = ?1",
                params![id, spec.to_string()],
            )
        })
        .map(drop)
    }

    /// Claims a task that failed, was cancelled or interrupted for one more attempt. Of several that want it at once, one
    /// gets it.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn claim(&self, id: &str, now: i64) -> Result<Claim, StoreError> {
        let claim = self.durably(|tasks| tasks.claim_inside(id, now))?;
        if matches!(claim, Claim::Claimed(_)) {
            self.touch_mark();
        }
        Ok(claim)
    }

    fn claim_inside(&self, id: &str, now: i64) -> Result<Claim, StoreError> {
        let Some(task) = self.task(id)? else {
            return Ok(Claim::Unknown);
        };
        match self.status(&task, now) {
            TaskStatus::Open | TaskStatus::Processing => return Ok(Claim::Runs),
            TaskStatus::Completed => return Ok(Claim::Completed),
            TaskStatus::Failed | TaskStatus::Cancelled | TaskStatus::Interrupted => {}
        }
        let attempt = task.attempt.saturating_add(1);
        self.execute(
            "UPDATE task SET status = ?2, attempt = ?3, claimed_at = ?4, ended_at = NULL, cancel = 0, pid = NULL,
                 pid_started = NULL WHERE id = ?1",
            params![id, TaskStatus::Open.name(), attempt, now],
        )?;
        // Backstage: `startOver` runs every step again; here the steps that ended well are kept.
        let body = json!({ "recoverStrategy": "resume", "message": "Going on where it ended" });
        self.append(id, "recovered", &body, now)?;
        Ok(Claim::Claimed(attempt))
    }

    /// Says that a process runs an attempt; false where the attempt is not this process's to run (any more).
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn begin(
        &self,
        id: &str,
        attempt: i64,
        pid: u32,
        pid_started: Option<u64>,
    ) -> Result<bool, StoreError> {
        let started = pid_started.and_then(|started| i64::try_from(started).ok());
        let changed = self.durably(|tasks| {
            tasks.execute(
                "UPDATE task SET status = ?3, pid = ?4, pid_started = ?5
                 WHERE id = ?1 AND attempt = ?2 AND status = ?6",
                params![
                    id,
                    attempt,
                    TaskStatus::Processing.name(),
                    pid,
                    started,
                    TaskStatus::Open.name()
                ],
            )
        })?;
        self.touch_mark();
        Ok(changed > 0)
    }

    /// Says how an attempt ended, with its last event, as one change.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn end(
        &self,
        id: &str,
        attempt: i64,
        status: TaskStatus,
        completion: &Value,
        now: i64,
    ) -> Result<(), StoreError> {
        let ended = self.durably(|tasks| {
            let changed = tasks.execute(
                "UPDATE task SET status = ?3, ended_at = ?4 WHERE id = ?1 AND attempt = ?2",
                params![id, attempt, status.name(), now],
            )?;
            if changed > 0 {
                tasks.append(id, "completion", completion, now)?;
            }
            Ok(())
        });
        self.touch_mark();
        ended
    }

    /// Asks for a task to be cancelled; its process looks for this. Gives the task, none where there is no such.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn ask_to_cancel(&self, id: &str) -> Result<Option<TaskRecord>, StoreError> {
        self.execute("UPDATE task SET cancel = 1 WHERE id = ?1", [id])?;
        self.task(id)
    }

    /// Whether somebody asked for a task to be cancelled.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn is_cancelled(&self, id: &str) -> Result<bool, StoreError> {
        Ok(self.task(id)?.is_some_and(|task| task.cancel))
    }

    /// Does one change as a whole or not at all, of which nothing, and nothing before it, is lost in a power cut.
    pub(super) fn durably<T>(
        &self,
        change: impl FnOnce(&Self) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.connection
            .pragma_update(None, "synchronous", "FULL")
            .map_err(self.sql())?;
        let done = self.execute("BEGIN IMMEDIATE", []).and_then(|_| {
            let done = change(self);
            match done {
                Ok(done) => self.execute("COMMIT", []).map(|_| done).inspect_err(|_| {
                    // What could not be committed must not stay open; some failures have rolled it back themselves.
                    let _ = self.execute("ROLLBACK", []);
                }),
                Err(error) => {
                    let _ = self.execute("ROLLBACK", []);
                    Err(error)
                }
            }
        });
        self.connection
            .pragma_update(None, "synchronous", "NORMAL")
            .map_err(self.sql())?;
        done
    }
}
