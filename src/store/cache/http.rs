//! Answers of plain addresses and of REST with what validates them, so that an unchanged one need not come again.
//!
//! Whoever asks for an answer says on which day, counted since the Unix epoch. What nobody asked for in a long time goes,
//! and so does what was asked for longest ago where all of it is too much ([`Cache::http_prune`]). The day is noted so
//! seldom that a refresh which finds nothing new writes nothing.

use rusqlite::{OptionalExtension, params};

use super::Cache;
use crate::store::StoreError;

/// An answer that nobody asked for in this many days goes.
const KEPT_DAYS: i64 = 30;
/// That an answer was asked for is noted again after this many days.
const NOTED_DAYS: i64 = 7;
/// The most bytes of all bodies together.
const MOST_BYTES: i64 = 256 << 20;

/// An answer that was kept.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct HttpEntry {
    /// Its `ETag`.
    pub etag: Option<String>,
    /// Its `Last-Modified`.
    pub last_modified: Option<String>,
    /// Its body.
    pub body: Vec<u8>,
}

impl Cache {
    /// The answer kept under a key, asked for on a day. The key names the URL, and of who asked no more than a digest.
    ///
    /// # Errors
    /// [`StoreError::Database`] and [`StoreError::Damaged`].
    pub fn http_get(&mut self, key: &str, day: i64) -> Result<Option<HttpEntry>, StoreError> {
        let sql = self.sql();
        let found = self
            .connection
            .prepare_cached("SELECT etag, last_modified, body, used FROM http WHERE key = ?1")
            .and_then(|mut s| {
                s.query_row([key], |row| {
                    let entry = HttpEntry {
                        etag: row.get(0)?,
                        last_modified: row.get(1)?,
                        body: row.get(2)?,
                    };
                    Ok((entry, row.get::<_, i64>(3)?))
                })
                .optional()
            })
            .map_err(&sql)?;
        let Some((entry, used)) = found else {
            return Ok(None);
        };
        if day - used >= NOTED_DAYS {
            self.connection
                .execute(
                    "UPDATE http SET used = ?2 WHERE key = ?1",
                    params![key, day],
                )
                .map_err(&sql)?;
        }
        Ok(Some(entry))
    }

    /// Keeps an answer that came on a day. Writes nothing where the same is there.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`], [`StoreError::ReadOnly`].
    pub fn http_put(&mut self, key: &str, entry: &HttpEntry, day: i64) -> Result<(), StoreError> {
        if self.http_get(key, day)?.as_ref() == Some(entry) {
            return Ok(());
        }
        self.connection
            .execute(
                "INSERT INTO http (key, etag, last_modified, body, used) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (key) DO UPDATE SET etag = excluded.etag,
                     last_modified = excluded.last_modified, body = excluded.body, used = excluded.used",
                params![key, entry.etag, entry.last_modified, entry.body, day],
            )
            .map(drop)
            .map_err(self.sql())
    }

    /// Forgets what nobody asked for in the last weeks, and what is too much; writes nothing where that is nothing.
    ///
    /// # Errors
    /// As [`Cache::http_put`].
    pub fn http_prune(&mut self, day: i64) -> Result<usize, StoreError> {
        self.http_prune_to(day, MOST_BYTES)
    }

    fn http_prune_to(&mut self, day: i64, bytes: i64) -> Result<usize, StoreError> {
        let sql = self.sql();
        let old = self
            .connection
            .execute("DELETE FROM http WHERE used < ?1", [day - KEPT_DAYS])
            .map_err(&sql)?;
        let too_much = self
            .connection
            .execute(
                "DELETE FROM http WHERE key IN (SELECT key FROM (
                     SELECT key, sum(length(body)) OVER (ORDER BY used DESC, key ROWS UNBOUNDED PRECEDING) AS total
                     FROM http) WHERE total > ?1)",
                [bytes],
            )
            .map_err(&sql)?;
        Ok(old + too_much)
    }

    /// Forgets every answer (a full sync asks anew).
    ///
    /// # Errors
    /// As [`Cache::http_put`].
    pub fn http_clear(&mut self) -> Result<(), StoreError> {
        self.connection
            .execute("DELETE FROM http", [])
            .map(drop)
            .map_err(self.sql())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::OpenMode;

    fn cache() -> (tempfile::TempDir, Cache) {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(folder.path(), OpenMode::ReadWrite).unwrap();
        (folder, cache.cache)
    }

    fn entry(body: &str) -> HttpEntry {
        HttpEntry {
            etag: Some("W/\"1\"".into()),
            last_modified: None,
            body: body.into(),
        }
    }

    #[test]
    fn an_answer_is_kept_until_it_is_forgotten() {
        let (_folder, mut cache) = cache();
        cache.http_put("GET /x", &entry("hello"), 1).unwrap();
        assert_eq!(cache.http_get("GET /x", 1).unwrap(), Some(entry("hello")));
        cache.http_clear().unwrap();
        assert_eq!(cache.http_get("GET /x", 1).unwrap(), None);
    }

    #[test]
    fn what_nobody_asks_for_goes_and_what_is_asked_for_stays() {
        let (_folder, mut cache) = cache();
        cache.http_put("GET /used", &entry("a"), 100).unwrap();
        cache.http_put("GET /left", &entry("b"), 100).unwrap();
        for day in 101..=131 {
            assert!(cache.http_get("GET /used", day).unwrap().is_some());
            let gone = cache.http_prune(day).unwrap();
            assert_eq!(gone, usize::from(day == 131), "{day}");
        }
        assert_eq!(cache.http_get("GET /left", 131).unwrap(), None);
    }

    #[test]
    fn asking_again_soon_writes_nothing() {
        let (_folder, mut cache) = cache();
        cache.http_put("GET /x", &entry("a"), 100).unwrap();
        let writes = |cache: &Cache| cache.connection().total_changes();
        let before = writes(&cache);
        cache.http_get("GET /x", 106).unwrap();
        cache.http_put("GET /x", &entry("a"), 106).unwrap();
        cache.http_prune(106).unwrap();
        assert_eq!(writes(&cache), before);
        cache.http_get("GET /x", 107).unwrap();
        assert_eq!(writes(&cache), before + 1);
    }

    #[test]
    fn where_all_is_too_much_what_was_asked_for_longest_ago_goes() {
        let (_folder, mut cache) = cache();
        for (key, day) in [("a", 3), ("b", 1), ("c", 2)] {
            cache.http_put(key, &entry("12345"), day).unwrap();
        }
        assert_eq!(cache.http_prune_to(3, 10).unwrap(), 1);
        assert_eq!(cache.http_get("b", 3).unwrap(), None);
        assert_eq!(cache.http_prune_to(3, 10).unwrap(), 0);
    }
}
