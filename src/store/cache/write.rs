//! What a sync does to the cache. Each call is one transaction, and none where nothing differs.

use std::collections::BTreeMap;

use rusqlite::{OptionalExtension, Transaction, TransactionBehavior, params};
use serde_json::Value;

use super::{Cache, IN_SIGHT, Kept, ORPHAN, STALE, UnitChange, UnitRecord, merge};
use crate::catalog::{EntityRecord, FileRecord};
use crate::store::StoreError;

impl Cache {
    /// Replaces everything of a unit, in one transaction.
    ///
    /// An entity whose new version has an error keeps its last good version, with the new problems; a file that
    /// cannot be read keeps its entities. The unit is no longer stale. Where all is as it was, nothing is written.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`], [`StoreError::ReadOnly`]; then nothing has changed.
    pub fn replace_unit(&mut self, record: &UnitRecord) -> Result<UnitChange, StoreError> {
        self.replace_seen(record, &Kept::Nothing)
    }

    /// As [`Cache::replace_unit`], where some of the unit's files could not be seen: those stay as they were, marked
    /// stale each for itself.
    ///
    /// # Errors
    /// As [`Cache::replace_unit`].
    pub fn replace_seen(
        &mut self,
        record: &UnitRecord,
        kept: &Kept,
    ) -> Result<UnitChange, StoreError> {
        let sql = self.sql();
        let json = StoreError::record(&self.path);
        let stored = self.stored_files(&record.source, &record.unit)?;
        let stored = stored.unwrap_or_default();
        let was_stale: Vec<bool> = stored.iter().map(|f| f.stale).collect();
        let old: Vec<FileRecord> = stored.into_iter().map(|f| f.file).collect();
        let (new, stale) = merge::with_last_good(&old, &record.files, kept);
        let state = serde_json::to_string(&record.state).map_err(&json)?;
        let change = compare(&old, &new);

        let transaction = self.write()?;
        let known: Option<(i64, String, bool)> = transaction
            .query_row(
                "SELECT id, state, stale FROM unit WHERE source = ?1 AND unit = ?2",
                [&record.source, &record.unit],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
            )
            .optional()
            .map_err(&sql)?;
        let in_sight = known.as_ref().is_some_and(|(_, _, stale)| !stale);
        let same_files = in_sight && old == new && was_stale == stale;
        let unit = match known {
            Some((_, old_state, _)) if same_files && old_state == state => return Ok(change),
            Some((id, _, _)) => {
                transaction
                    .prepare_cached("UPDATE unit SET state = ?2, stale = 0 WHERE id = ?1")
                    .and_then(|mut s| s.execute(params![id, state]))
                    .map_err(&sql)?;
                id
            }
            None => {
                transaction
                    .prepare_cached("INSERT INTO unit (source, unit, state) VALUES (?1, ?2, ?3)")
                    .and_then(|mut s| s.execute(params![record.source, record.unit, state]))
                    .map_err(&sql)?;
                transaction.last_insert_rowid()
            }
        };
        if !same_files {
            transaction
                .prepare_cached("DELETE FROM file WHERE unit = ?1")
                .and_then(|mut s| s.execute([unit]))
                .map_err(&sql)?;
            for (file, stale) in new.iter().zip(&stale) {
                let problems = serde_json::to_string(&file.problems).map_err(&json)?;
                let refused = serde_json::to_string(&file.refused).map_err(&json)?;
                transaction
                    .prepare_cached(
                        "INSERT INTO file (unit, location, origin, problems, refused, stale)
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                    )
                    .and_then(|mut s| {
                        let origin = &file.origin;
                        s.execute(params![
                            unit,
                            file.location,
                            origin,
                            problems,
                            refused,
                            stale
                        ])
                    })
                    .map_err(&sql)?;
                let id = transaction.last_insert_rowid();
                for entity in &file.entities {
                    let record = serde_json::to_string(entity).map_err(&json)?;
                    transaction
                        .prepare_cached(
                            "INSERT INTO entity (file, entity_ref, record) VALUES (?1, ?2, ?3)",
                        )
                        .and_then(|mut s| s.execute(params![id, entity.entity_ref, record]))
                        .map_err(&sql)?;
                }
            }
            bump(&transaction).map_err(&sql)?;
        }
        transaction.commit().map_err(&sql)?;
        Ok(change)
    }

    /// Keeps what a source needs to know of a unit, whose files are as they were.
    ///
    /// # Errors
    /// As [`Cache::replace_unit`].
    pub fn set_unit_state(
        &mut self,
        source: &str,
        unit: &str,
        state: &Value,
    ) -> Result<(), StoreError> {
        let text = serde_json::to_string(state).map_err(StoreError::record(&self.path))?;
        self.connection
            .execute(
                "UPDATE unit SET state = ?3 WHERE source = ?1 AND unit = ?2 AND state <> ?3",
                [source, unit, &text],
            )
            .map(drop)
            .map_err(self.sql())
    }

    /// Marks units that their source lost sight of, or whose source is in sight again. Unknown ones are ignored.
    /// Returns how many were marked otherwise before.
    ///
    /// # Errors
    /// As [`Cache::replace_unit`].
    pub fn mark_stale<S: AsRef<str>>(
        &mut self,
        source: &str,
        units: &[S],
        stale: bool,
    ) -> Result<usize, StoreError> {
        self.mark(source, units, if stale { STALE } else { IN_SIGHT })
    }

    /// Marks units that a complete listing of their source no longer shows, and that are kept all the same: they are
    /// stale, and their entities are orphans until they are seen again or let go.
    ///
    /// # Errors
    /// As [`Cache::replace_unit`].
    pub fn mark_orphan<S: AsRef<str>>(
        &mut self,
        source: &str,
        units: &[S],
    ) -> Result<usize, StoreError> {
        self.mark(source, units, ORPHAN)
    }

    fn mark<S: AsRef<str>>(
        &mut self,
        source: &str,
        units: &[S],
        stale: i64,
    ) -> Result<usize, StoreError> {
        let sql = self.sql();
        let transaction = self.write()?;
        let mut marked = 0;
        for unit in units {
            marked += transaction
                .prepare_cached(
                    "UPDATE unit SET stale = ?3 WHERE source = ?1 AND unit = ?2 AND stale <> ?3",
                )
                .and_then(|mut s| s.execute(params![source, unit.as_ref(), stale]))
                .map_err(&sql)?;
        }
        if marked > 0 {
            bump(&transaction).map_err(&sql)?;
            transaction.commit().map_err(&sql)?;
        }
        Ok(marked)
    }

    /// Removes units and their entities, in one transaction. Unknown ones are ignored.
    ///
    /// # Errors
    /// As [`Cache::replace_unit`].
    pub fn remove_units<S: AsRef<str>>(
        &mut self,
        source: &str,
        units: &[S],
    ) -> Result<UnitChange, StoreError> {
        let sql = self.sql();
        let transaction = self.write()?;
        let mut change = UnitChange::default();
        let mut removed = 0;
        for unit in units {
            change.removed += count_entities(&transaction, source, unit.as_ref()).map_err(&sql)?;
            removed += transaction
                .prepare_cached("DELETE FROM unit WHERE source = ?1 AND unit = ?2")
                .and_then(|mut s| s.execute([source, unit.as_ref()]))
                .map_err(&sql)?;
        }
        if removed > 0 {
            bump(&transaction).map_err(&sql)?;
            transaction.commit().map_err(&sql)?;
        }
        Ok(change)
    }

    /// Removes a source that is no longer configured, with its units and its state.
    ///
    /// # Errors
    /// As [`Cache::replace_unit`].
    pub fn remove_source(&mut self, source: &str) -> Result<UnitChange, StoreError> {
        let units: Vec<String> = self.units(source)?.into_iter().map(|u| u.unit).collect();
        let change = self.remove_units(source, &units)?;
        self.connection
            .execute("DELETE FROM source WHERE source = ?1", [source])
            .map_err(self.sql())?;
        Ok(change)
    }

    /// Keeps what a source needs to know at its next refresh. Writes nothing where it is as it was.
    ///
    /// # Errors
    /// As [`Cache::replace_unit`].
    pub fn set_source_state(&mut self, source: &str, state: &Value) -> Result<(), StoreError> {
        if self.source_state(source)?.as_ref() == Some(state) {
            return Ok(());
        }
        let text = serde_json::to_string(state).map_err(StoreError::record(&self.path))?;
        self.connection
            .execute(
                "INSERT INTO source (source, state) VALUES (?1, ?2)
                 ON CONFLICT (source) DO UPDATE SET state = excluded.state",
                [source, &text],
            )
            .map(drop)
            .map_err(self.sql())
    }

    pub(in crate::store) fn write(&mut self) -> Result<Transaction<'_>, StoreError> {
        let sql = self.sql();
        self.connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(sql)
    }
}

/// Says that the catalog is another one from now on.
pub(in crate::store) fn bump(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    transaction
        .execute("UPDATE meta SET generation = generation + 1", [])
        .map(drop)
}

fn count_entities(
    transaction: &Transaction<'_>,
    source: &str,
    unit: &str,
) -> rusqlite::Result<usize> {
    transaction
        .prepare_cached(
            "SELECT count(*) FROM entity
             JOIN file ON file.id = entity.file JOIN unit ON unit.id = file.unit
             WHERE unit.source = ?1 AND unit.unit = ?2",
        )?
        .query_row([source, unit], |row| row.get::<_, i64>(0))
        .map(|count| usize::try_from(count).unwrap_or(0))
}

/// Counts what became of each entity, by reference and location.
fn compare(old: &[FileRecord], new: &[FileRecord]) -> UnitChange {
    fn by_key(files: &[FileRecord]) -> BTreeMap<(&str, &str), Vec<&EntityRecord>> {
        let mut map: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for file in files {
            for entity in &file.entities {
                let key = (entity.entity_ref.as_str(), file.location.as_str());
                map.entry(key).or_default().push(entity);
            }
        }
        map
    }
    let same = |a: &&EntityRecord, b: &&EntityRecord| {
        a.entity == b.entity && a.problems.len() == b.problems.len() && {
            let pairs = a.problems.iter().zip(&b.problems);
            pairs.into_iter().all(|(x, y)| {
                (&x.name, &x.message, x.severity) == (&y.name, &y.message, y.severity)
            })
        }
    };
    let (old, new) = (by_key(old), by_key(new));
    let mut change = UnitChange::default();
    for (key, now) in &new {
        let before = old.get(key).map_or(&[][..], Vec::as_slice);
        let kept = now.len().min(before.len());
        let unchanged = now.iter().zip(before).filter(|(a, b)| same(a, b)).count();
        change.unchanged += unchanged;
        change.changed += kept - unchanged;
        change.added += now.len() - kept;
    }
    for (key, before) in &old {
        change.removed += before
            .len()
            .saturating_sub(new.get(key).map_or(0, Vec::len));
    }
    change
}
