//! What is known of an invalid document that no entity is served for: what is wrong with it, and its text.

use super::Cache;
use crate::catalog::refused::RefusedDocument;
use crate::catalog::{Problem, unserved};
use crate::store::StoreError;

impl Cache {
    /// What keeps documents of this complete, lower-cased reference from being served, with their locations, in order
    /// of location.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Record`].
    pub fn unserved(&self, entity_ref: &str) -> Result<Vec<(String, Problem)>, StoreError> {
        let sql = self.sql();
        let json = StoreError::record(&self.path);
        let written = serde_json::to_string(entity_ref).map_err(&json)?;
        let mut statement = self
            .connection
            .prepare_cached(
                "SELECT location, problems FROM file WHERE instr(problems, ?1) > 0 ORDER BY location, id",
            )
            .map_err(&sql)?;
        let mut rows = statement.query([written]).map_err(&sql)?;
        let mut out = Vec::new();
        while let Some(row) = rows.next().map_err(&sql)? {
            let location: String = row.get(0).map_err(&sql)?;
            let problems: String = row.get(1).map_err(&sql)?;
            let problems: Vec<Problem> = serde_json::from_str(&problems).map_err(&json)?;
            out.extend(
                problems
                    .into_iter()
                    .filter(|problem| unserved::is_about(problem, entity_ref))
                    .map(|problem| (location.clone(), problem)),
            );
        }
        Ok(out)
    }

    /// The text of a document of this complete, lower-cased reference in the file at `location`, as far as it is kept.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Record`].
    pub fn refused(
        &self,
        entity_ref: &str,
        location: &str,
    ) -> Result<Option<RefusedDocument>, StoreError> {
        let sql = self.sql();
        let mut statement = self
            .connection
            .prepare_cached(
                "SELECT refused FROM file WHERE location = ?1 AND refused <> '[]' ORDER BY id",
            )
            .map_err(&sql)?;
        let mut rows = statement.query([location]).map_err(&sql)?;
        while let Some(row) = rows.next().map_err(&sql)? {
            let refused: String = row.get(0).map_err(&sql)?;
            let refused: Vec<RefusedDocument> =
                serde_json::from_str(&refused).map_err(StoreError::record(&self.path))?;
            let found = (refused.into_iter()).find(|document| document.entity_ref == entity_ref);
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }
}
