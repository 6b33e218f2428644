//! Who is on call, as it was fetched: records under a name, in whatever shape their owner gives them.

use std::collections::BTreeSet;

use rusqlite::{OptionalExtension, params};
use serde_json::Value;

use super::Cache;
use crate::catalog::EntityRecord;
use crate::store::StoreError;

impl Cache {
    /// The record kept under a name.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Record`].
    pub fn on_call(&self, name: &str) -> Result<Option<Value>, StoreError> {
        let text: Option<String> = self
            .connection
            .prepare_cached("SELECT record FROM on_call WHERE name = ?1")
            .and_then(|mut statement| statement.query_row([name], |row| row.get(0)).optional())
            .map_err(self.sql())?;
        text.map(|text| self.parse(&text)).transpose()
    }

    /// Keeps records, or takes those away that have none; all of them or nothing.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::ReadOnly`].
    pub fn put_on_call(&mut self, records: &[(String, Option<Value>)]) -> Result<(), StoreError> {
        let sql = self.sql();
        let transaction = self.connection.transaction().map_err(&sql)?;
        for (name, record) in records {
            match record {
                Some(record) => transaction.execute(
                    "INSERT INTO on_call (name, record) VALUES (?1, ?2)
                     ON CONFLICT (name) DO UPDATE SET record = excluded.record
                     WHERE record <> excluded.record",
                    params![name, record.to_string()],
                ),
                None => transaction.execute("DELETE FROM on_call WHERE name = ?1", [name]),
            }
            .map_err(&sql)?;
        }
        transaction.commit().map_err(&sql)
    }

    /// Takes every record away whose name is not among these.
    ///
    /// # Errors
    /// As [`Cache::put_on_call`].
    pub fn keep_on_call(&mut self, names: &BTreeSet<String>) -> Result<(), StoreError> {
        let sql = self.sql();
        let gone: Vec<(String, Option<Value>)> = {
            let mut statement = self
                .connection
                .prepare("SELECT name FROM on_call")
                .map_err(&sql)?;
            let all = statement
                .query_map([], |row| row.get::<_, String>(0))
                .and_then(Iterator::collect::<Result<Vec<_>, _>>)
                .map_err(&sql)?;
            all.into_iter()
                .filter(|name| !names.contains(name))
                .map(|name| (name, None))
                .collect()
        };
        if gone.is_empty() {
            return Ok(());
        }
        self.put_on_call(&gone)
    }

    /// The entities whose record holds a piece of text anywhere.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Record`].
    pub fn entities_mentioning(&self, text: &str) -> Result<Vec<Value>, StoreError> {
        let sql = self.sql();
        let mut statement = self
            .connection
            .prepare("SELECT record FROM entity WHERE instr(record, ?1) > 0")
            .map_err(&sql)?;
        let records = statement
            .query_map([text], |row| row.get::<_, String>(0))
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(&sql)?;
        records
            .into_iter()
            .map(|record| {
                serde_json::from_str::<EntityRecord>(&record)
                    .map(|record| record.entity)
                    .map_err(StoreError::record(&self.path))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::store::OpenMode;

    #[test]
    fn records_are_kept_replaced_and_taken_away() {
        let dir = tempfile::tempdir().unwrap();
        let mut cache = Cache::open(dir.path(), OpenMode::ReadWrite).unwrap().cache;
        let put = |name: &str, value| (name.to_owned(), value);
        cache
            .put_on_call(&[put("a", Some(json!(1))), put("b", Some(json!(2)))])
            .unwrap();
        cache
            .put_on_call(&[put("a", Some(json!(3))), put("b", None)])
            .unwrap();
        assert_eq!(cache.on_call("a").unwrap(), Some(json!(3)));
        assert_eq!(cache.on_call("b").unwrap(), None);
        cache.keep_on_call(&BTreeSet::new()).unwrap();
        assert_eq!(cache.on_call("a").unwrap(), None);
    }
}
