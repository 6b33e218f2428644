//! What the index says of entities by their documentation: that there is some, and that there is a runbook.
//!
//! A sync works it out once, so that the index is made without reading a site. What differs makes a new generation.

use std::collections::BTreeMap;

use rusqlite::params;

use super::DocMark;
use crate::store::cache::bump;
use crate::store::{Cache, StoreError};

impl Cache {
    /// The marks of all entities that have any, by their complete, lower-cased references.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub fn doc_marks(&self) -> Result<BTreeMap<String, DocMark>, StoreError> {
        self.connection()
            .prepare_cached("SELECT entity_ref, docs, runbook FROM doc_mark")
            .and_then(|mut s| {
                s.query_map([], |row| {
                    let mark = DocMark {
                        docs: row.get(1)?,
                        runbook: row.get(2)?,
                    };
                    Ok((row.get(0)?, mark))
                })?
                .collect()
            })
            .map_err(self.sql())
    }

    /// Marks exactly these entities; marks that say nothing are as good as none. Says whether anything differs from
    /// before: then the catalog has a new generation, and its index is to be published.
    ///
    /// # Errors
    /// As [`Cache::put_docs`].
    pub fn set_doc_marks(&mut self, marks: &BTreeMap<String, DocMark>) -> Result<bool, StoreError> {
        let known = self.doc_marks()?;
        let wanted = |entity_ref: &str| {
            let mark = marks.get(entity_ref).copied().unwrap_or_default();
            (mark != DocMark::default()).then_some(mark)
        };
        let gone: Vec<&String> = (known.keys().filter(|known| wanted(known).is_none())).collect();
        let differ: Vec<(&String, DocMark)> = marks
            .keys()
            .filter_map(|entity_ref| Some((entity_ref, wanted(entity_ref)?)))
            .filter(|(entity_ref, mark)| known.get(*entity_ref) != Some(mark))
            .collect();
        if gone.is_empty() && differ.is_empty() {
            return Ok(false);
        }
        let sql = self.sql();
        let transaction = self.write()?;
        let write = || -> rusqlite::Result<()> {
            for entity_ref in gone {
                transaction
                    .prepare_cached("DELETE FROM doc_mark WHERE entity_ref = ?1")?
                    .execute([entity_ref])?;
            }
            for (entity_ref, mark) in differ {
                transaction
                    .prepare_cached(
                        "INSERT INTO doc_mark (entity_ref, docs, runbook) VALUES (?1, ?2, ?3)
                         ON CONFLICT (entity_ref) DO UPDATE SET docs = excluded.docs, runbook = excluded.runbook",
                    )?
                    .execute(params![entity_ref, mark.docs, mark.runbook])?;
            }
            bump(&transaction)
        };
        write().map_err(&sql)?;
        transaction.commit().map_err(&sql)?;
        Ok(true)
    }
}
