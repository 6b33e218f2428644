//! The sink between the engine and the task's own: it remembers the first event that was lost, so that an action which
//! only logs need not look, and the task stops.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::State;
use crate::scaffolder::error::ActionError;
use crate::scaffolder::event::{EventBody, EventKind, EventSink};

pub(super) struct Recorder<'s> {
    sink: &'s dyn EventSink,
    lost: Mutex<Option<ActionError>>,
}

impl<'s> Recorder<'s> {
    pub(super) fn new(sink: &'s dyn EventSink) -> Self {
        Self {
            sink,
            lost: Mutex::new(None),
        }
    }

    /// The first failure to store something.
    pub(super) fn lost(&self) -> Option<ActionError> {
        self.slot().clone()
    }

    fn slot(&self) -> MutexGuard<'_, Option<ActionError>> {
        // Nothing is done under the lock that could leave it half done.
        self.lost.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn noted(&self, result: Result<(), ActionError>) -> Result<(), ActionError> {
        if let Err(error) = &result {
            self.slot().get_or_insert_with(|| error.clone());
        }
        result
    }
}

impl EventSink for Recorder<'_> {
    fn append(&self, kind: EventKind, body: EventBody) -> Result<(), ActionError> {
        self.noted(self.sink.append(kind, body))
    }

    fn save(&self, state: &State) -> Result<(), ActionError> {
        self.noted(self.sink.save(state))
    }
}
