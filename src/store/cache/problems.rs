//! What is wrong in the stored files, without reading the entities that are in order.

use super::Cache;
use crate::catalog::assemble::Conflict;
use crate::catalog::{EntityRecord, Problem};
use crate::store::StoreError;

/// How the record of an entity without problems ends.
const NO_PROBLEMS: &str = "%\"problems\":[]}";

impl Cache {
    /// Every problem of a file or an entity, with its location; problems that only the whole catalog has (conflicts,
    /// dangling references) are not among them.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Record`].
    pub fn problems(&self) -> Result<Vec<(String, Problem)>, StoreError> {
        let sql = self.sql();
        let json = StoreError::record(&self.path);
        let mut statement = self
            .connection
            .prepare_cached(
                "SELECT location, id, -1, problems FROM file WHERE problems <> '[]'
                 UNION ALL
                 SELECT file.location, file.id, entity.id, entity.record
                 FROM entity JOIN file ON file.id = entity.file
                 WHERE entity.record NOT LIKE ?1
                 ORDER BY 1, 2, 3",
            )
            .map_err(&sql)?;
        let mut rows = statement.query([NO_PROBLEMS]).map_err(&sql)?;
        let mut out = Vec::new();
        while let Some(row) = rows.next().map_err(&sql)? {
            let location: String = row.get(0).map_err(&sql)?;
            let of_file = row.get::<_, i64>(2).map_err(&sql)? < 0;
            let text: String = row.get(3).map_err(&sql)?;
            let problems: Vec<Problem> = if of_file {
                serde_json::from_str(&text).map_err(&json)?
            } else {
                serde_json::from_str::<EntityRecord>(&text)
                    .map_err(&json)?
                    .problems
            };
            out.extend(problems.into_iter().map(|p| (location.clone(), p)));
        }
        Ok(out)
    }

    /// Every entity that more than one location gives, in order of reference.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Record`].
    pub fn conflicts(&self) -> Result<Vec<Conflict>, StoreError> {
        let sql = self.sql();
        let mut statement = self
            .connection
            .prepare_cached(
                "SELECT entity_ref FROM entity GROUP BY entity_ref HAVING COUNT(*) > 1
                 ORDER BY entity_ref",
            )
            .map_err(&sql)?;
        let mut rows = statement.query([]).map_err(&sql)?;
        let mut out = Vec::new();
        while let Some(row) = rows.next().map_err(&sql)? {
            let entity_ref: String = row.get(0).map_err(&sql)?;
            out.extend(
                self.entity(&entity_ref)?
                    .into_iter()
                    .flat_map(|e| e.conflicts),
            );
        }
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use crate::catalog::{EntityRecord, FileRecord, Problem, Severity};
    use crate::store::{Cache, OpenMode, UnitRecord};
    use serde_json::json;

    fn problem(message: &str) -> Problem {
        Problem {
            severity: Severity::Error,
            name: "InputError".into(),
            message: message.into(),
            entity_ref: None,
            field: None,
            line: Some(3),
            column: None,
        }
    }

    fn entity(name: &str, problems: Vec<Problem>) -> EntityRecord {
        EntityRecord {
            entity_ref: format!("component:default/{name}"),
            document: 0,
            // What an author writes must not look like the end of a record.
            entity: json!({ "kind": "Component", "metadata": { "name": name, "title": "\"problems\":[]}" } }),
            positions: Vec::new(),
            problems,
        }
    }

    #[test]
    fn problems_of_files_and_of_entities_are_found_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let mut cache = Cache::open(folder.path(), OpenMode::ReadWrite)
            .unwrap()
            .cache;
        cache
            .replace_unit(&UnitRecord {
                source: "s".into(),
                unit: "u".into(),
                state: json!(null),
                files: vec![FileRecord {
                    location: "url:a".into(),
                    origin: "url:a".into(),
                    refused: Vec::new(),
                    entities: vec![
                        entity("good", vec![]),
                        entity("bad", vec![problem("entity")]),
                    ],
                    problems: vec![problem("file")],
                }],
            })
            .unwrap();
        let found: Vec<String> = cache
            .problems()
            .unwrap()
            .into_iter()
            .map(|(location, p)| format!("{location} {}", p.message))
            .collect();
        assert_eq!(found, ["url:a file", "url:a entity"]);
    }
}
