//! From what is stored to what everyone reads: the snapshot, its index file, the copy for read-only readers.

use std::sync::Arc;

use super::Cache;
use crate::catalog::assemble::{FileState, FileSummary, assemble};
use crate::catalog::{Snapshot, unserved};
use crate::store::{StoreError, index};

impl Cache {
    /// The catalog as the cache has it now, put together from one consistent read.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`], [`StoreError::Record`].
    pub fn snapshot(&self) -> Result<Snapshot, StoreError> {
        // The generation belongs to what is read with it.
        let transaction = self
            .connection
            .unchecked_transaction()
            .map_err(self.sql())?;
        let generation = self.generation()?;
        let (mut summaries, mut invalid) = (Vec::new(), Vec::new());
        self.read_files("", [], |stored| {
            let state = FileState {
                stale: stored.stale,
                orphan: stored.orphan,
            };
            summaries.push(FileSummary::new(&stored.file, state));
            invalid.append(&mut unserved::rows(&stored.file, state));
        })?;
        let marks = self.doc_marks()?;
        drop(transaction);
        let mut rows = assemble(summaries).rows();
        if !marks.is_empty() {
            for row in &mut rows {
                if let Some(mark) = marks.get(&row.entity_ref) {
                    row.flags.docs |= mark.docs;
                    row.flags.runbook |= mark.runbook;
                }
            }
        }
        unserved::add(&mut rows, invalid);
        Ok(Snapshot::build(rows, generation))
    }

    /// Makes the index file anew, unless it is of this generation already, and with it the copy for readers that
    /// cannot write the folder. For whoever holds the [`SyncLock`](crate::store::SyncLock), so that no older index
    /// replaces a newer one.
    ///
    /// # Errors
    /// As [`Cache::snapshot`], and [`StoreError::Io`]; the index that was there stays.
    pub fn publish(&self) -> Result<Arc<Snapshot>, StoreError> {
        let generation = self.generation()?;
        if let Some(snapshot) = index::read(&self.dir)
            && snapshot.generation() == generation
        {
            return Ok(Arc::new(snapshot));
        }
        let snapshot = self.snapshot()?;
        self.publish_copy()?;
        index::write(&self.dir, &snapshot)?;
        Ok(Arc::new(snapshot))
    }
}
