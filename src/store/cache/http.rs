//! Answers of REST calls with what validates them, so that an unchanged one costs no rate limit.

use rusqlite::{OptionalExtension, params};

use super::Cache;
use crate::store::StoreError;

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
    /// The answer kept under a key. The key names URL, `Accept` and a digest of the identity, never a token.
    ///
    /// # Errors
    /// [`StoreError::Database`] and [`StoreError::Damaged`].
    pub fn http_get(&self, key: &str) -> Result<Option<HttpEntry>, StoreError> {
        self.connection
            .prepare_cached("SELECT etag, last_modified, body FROM http WHERE key = ?1")
            .and_then(|mut s| {
                s.query_row([key], |row| {
                    Ok(HttpEntry {
                        etag: row.get(0)?,
                        last_modified: row.get(1)?,
                        body: row.get(2)?,
                    })
                })
                .optional()
            })
            .map_err(self.sql())
    }

    /// Keeps an answer. Writes nothing where the same is there.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`], [`StoreError::ReadOnly`].
    pub fn http_put(&mut self, key: &str, entry: &HttpEntry) -> Result<(), StoreError> {
        if self.http_get(key)?.as_ref() == Some(entry) {
            return Ok(());
        }
        self.connection
            .execute(
                "INSERT INTO http (key, etag, last_modified, body) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (key) DO UPDATE SET etag = excluded.etag,
                     last_modified = excluded.last_modified, body = excluded.body",
                params![key, entry.etag, entry.last_modified, entry.body],
            )
            .map(drop)
            .map_err(self.sql())
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
