//! What everyone reads from the cache.

use rusqlite::{OptionalExtension, Row};

use super::{Cache, ORPHAN, StoredEntity, StoredFile, UnitState};
use crate::catalog::{Conflict, EntityRecord, FileRecord, Problem};
use crate::store::StoreError;
use serde_json::Value;

impl Cache {
    /// The number of the cache's content; another one whenever what the catalog shows has changed.
    ///
    /// # Errors
    /// [`StoreError::Database`] and [`StoreError::Damaged`], as of every method below.
    pub fn generation(&self) -> Result<u64, StoreError> {
        self.connection
            .query_row("SELECT generation FROM meta", [], |row| {
                row.get::<_, i64>(0)
            })
            .map(i64::unsigned_abs)
            .map_err(self.sql())
    }

    /// A number that differs after another process has committed anything: cheap enough to poll.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn data_version(&self) -> Result<i64, StoreError> {
        self.connection
            .query_row("PRAGMA data_version", [], |row| row.get(0))
            .map_err(self.sql())
    }

    /// All sources that have a unit or a state, sorted.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn sources(&self) -> Result<Vec<String>, StoreError> {
        let sql = self.sql();
        let mut statement = self
            .connection
            .prepare("SELECT source FROM unit UNION SELECT source FROM source ORDER BY 1")
            .map_err(&sql)?;
        statement
            .query_map([], |row| row.get(0))
            .and_then(Iterator::collect)
            .map_err(&sql)
    }

    /// A source's units, sorted by name.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn units(&self, source: &str) -> Result<Vec<UnitState>, StoreError> {
        let sql = self.sql();
        let mut statement = self
            .connection
            .prepare_cached("SELECT unit, state, stale FROM unit WHERE source = ?1 ORDER BY unit")
            .map_err(&sql)?;
        let rows = statement
            .query_map([source], |row| {
                Ok((row.get(0)?, row.get::<_, String>(1)?, row.get(2)?))
            })
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(&sql)?;
        rows.into_iter()
            .map(|(unit, state, stale)| {
                Ok(UnitState {
                    unit,
                    state: self.parse(&state)?,
                    stale,
                })
            })
            .collect()
    }

    /// What a source kept with a unit; none where the unit is unknown.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Record`].
    pub fn unit_state(&self, source: &str, unit: &str) -> Result<Option<Value>, StoreError> {
        let sql = self.sql();
        let text: Option<String> = self
            .connection
            .prepare_cached("SELECT state FROM unit WHERE source = ?1 AND unit = ?2")
            .and_then(|mut s| s.query_row([source, unit], |row| row.get(0)).optional())
            .map_err(&sql)?;
        text.map(|text| self.parse(&text)).transpose()
    }

    /// What a source kept for its next refresh.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Record`].
    pub fn source_state(&self, source: &str) -> Result<Option<Value>, StoreError> {
        let text: Option<String> = self
            .connection
            .query_row(
                "SELECT state FROM source WHERE source = ?1",
                [source],
                |row| row.get(0),
            )
            .optional()
            .map_err(self.sql())?;
        text.map(|text| self.parse(&text)).transpose()
    }

    /// A unit's files in the order they were handed over; none where the unit is unknown.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Record`].
    pub fn unit_files(
        &self,
        source: &str,
        unit: &str,
    ) -> Result<Option<Vec<FileRecord>>, StoreError> {
        let files = self.stored_files(source, unit)?;
        Ok(files.map(|files| files.into_iter().map(|stored| stored.file).collect()))
    }

    pub(super) fn stored_files(
        &self,
        source: &str,
        unit: &str,
    ) -> Result<Option<Vec<StoredFile>>, StoreError> {
        let sql = self.sql();
        let id: Option<i64> = self
            .connection
            .prepare_cached("SELECT id FROM unit WHERE source = ?1 AND unit = ?2")
            .and_then(|mut s| s.query_row([source, unit], |row| row.get(0)).optional())
            .map_err(&sql)?;
        let Some(id) = id else { return Ok(None) };
        let mut files = Vec::new();
        self.read_files("WHERE unit.id = ?1", [id], |stored| files.push(stored))?;
        Ok(Some(files))
    }

    /// Everything, in the order of locations; one consistent read.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Record`].
    pub fn all_files(&self) -> Result<Vec<StoredFile>, StoreError> {
        let mut files = Vec::new();
        self.read_files("", [], |stored| files.push(stored))?;
        files.sort_by(|a, b| a.file.location.cmp(&b.file.location));
        Ok(files)
    }

    /// One entity by its complete, lower-cased reference, with the other locations that claim it.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Record`].
    pub fn entity(&self, entity_ref: &str) -> Result<Option<StoredEntity>, StoreError> {
        let sql = self.sql();
        let mut statement = self
            .connection
            .prepare_cached(
                "SELECT unit.source, unit.unit, unit.stale OR file.stale, file.location, file.origin, entity.record,
                        file.problems
                 FROM entity JOIN file ON file.id = entity.file JOIN unit ON unit.id = file.unit
                 WHERE entity.entity_ref = ?1
                 ORDER BY file.location, unit.stale OR file.stale, file.origin, entity.id",
            )
            .map_err(&sql)?;
        let mut rows = statement.query([entity_ref]).map_err(&sql)?;
        let Some(row) = rows.next().map_err(&sql)? else {
            return Ok(None);
        };
        let mut found = self.stored_entity(row)?;
        while let Some(row) = rows.next().map_err(&sql)? {
            let refused = self.stored_entity(row)?;
            // Two sources that lead to one location give one entity.
            if refused.location == found.location {
                continue;
            }
            let name_at = refused.record.position("/metadata/name");
            found.conflicts.push(Conflict::new(
                entity_ref,
                name_at.map(|mark| (mark.line, mark.column)),
                &found.location,
                &refused.location,
            ));
        }
        Ok(Some(found))
    }

    fn stored_entity(&self, row: &Row<'_>) -> Result<StoredEntity, StoreError> {
        let sql = self.sql();
        let text = |column: usize| row.get::<_, String>(column).map_err(&sql);
        let json = StoreError::record(&self.path);
        let record: EntityRecord = serde_json::from_str(&text(5)?).map_err(&json)?;
        let mut file_problems: Vec<Problem> = serde_json::from_str(&text(6)?).map_err(&json)?;
        file_problems.retain(|problem| problem.entity_ref.as_ref() == Some(&record.entity_ref));
        Ok(StoredEntity {
            source: text(0)?,
            unit: text(1)?,
            stale: row.get(2).map_err(&sql)?,
            location: text(3)?,
            origin: text(4)?,
            record,
            file_problems,
            conflicts: Vec::new(),
        })
    }

    /// Hands over files with their entities, one after the other, from one statement, so that no writer comes between.
    pub(super) fn read_files(
        &self,
        condition: &str,
        values: impl rusqlite::Params,
        mut take: impl FnMut(StoredFile),
    ) -> Result<(), StoreError> {
        let sql = self.sql();
        let json = StoreError::record(&self.path);
        let mut statement = self
            .connection
            .prepare_cached(&format!(
                "SELECT file.id, unit.source, unit.unit, unit.stale OR file.stale, file.location,
                        file.origin, file.problems, file.refused, entity.record, unit.stale
                 FROM file JOIN unit ON unit.id = file.unit
                 LEFT JOIN entity ON entity.file = file.id
                 {condition}
                 ORDER BY file.id, entity.id"
            ))
            .map_err(&sql)?;
        let mut rows = statement.query(values).map_err(&sql)?;
        let mut current: Option<(i64, StoredFile)> = None;
        while let Some(row) = rows.next().map_err(&sql)? {
            let id: i64 = row.get(0).map_err(&sql)?;
            if current.as_ref().is_none_or(|(known, _)| *known != id) {
                let problems: String = row.get(6).map_err(&sql)?;
                let refused: String = row.get(7).map_err(&sql)?;
                let next = StoredFile {
                    source: row.get(1).map_err(&sql)?,
                    unit: row.get(2).map_err(&sql)?,
                    stale: row.get(3).map_err(&sql)?,
                    orphan: row.get::<_, i64>(9).map_err(&sql)? == ORPHAN,
                    file: FileRecord {
                        location: row.get(4).map_err(&sql)?,
                        origin: row.get(5).map_err(&sql)?,
                        entities: Vec::new(),
                        problems: serde_json::from_str(&problems).map_err(&json)?,
                        refused: serde_json::from_str(&refused).map_err(&json)?,
                    },
                };
                if let Some((_, done)) = current.replace((id, next)) {
                    take(done);
                }
            }
            let record = row.get_ref(8).map_err(&sql)?;
            if let (rusqlite::types::ValueRef::Text(record), Some((_, stored))) =
                (record, current.as_mut())
            {
                let record: EntityRecord = serde_json::from_slice(record).map_err(&json)?;
                stored.file.entities.push(record);
            }
        }
        if let Some((_, done)) = current {
            take(done);
        }
        Ok(())
    }
}
