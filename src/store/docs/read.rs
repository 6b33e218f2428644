//! What everyone reads of documentation.

use std::collections::BTreeMap;

use rusqlite::OptionalExtension;

use super::{DocCandidate, DocCounts, DocEntity, DocPage, DocSiteState, Docs};
use crate::catalog::EntityRecord;
use crate::store::{Cache, StoreError};
use crate::techdocs::{Site, path, snippet};

impl Cache {
    /// An entity's documentation, by its complete, lower-cased reference; none where it has none or it was never read.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`], [`StoreError::Record`], as of every method here.
    pub fn docs(&self, entity_ref: &str) -> Result<Option<Docs>, StoreError> {
        let Some(entity) = self.doc_entity(entity_ref)? else {
            return Ok(None);
        };
        let Some(source) = &entity.source else {
            return Ok(None);
        };
        let Some((site, fetched_at)) = self.doc_site(source)? else {
            return Ok(None);
        };
        let named = entity
            .page
            .as_deref()
            .and_then(|named| page_named(&site, named));
        let start = named.or_else(|| site.first_page().map(str::to_owned));
        Ok(Some(Docs {
            source: source.clone(),
            site,
            start,
            fetched_at,
            problem: entity.problem,
        }))
    }

    /// A site by its source, every title filled in, and when it was last read.
    ///
    /// # Errors
    /// See [`Cache::docs`].
    pub fn doc_site(&self, source: &str) -> Result<Option<(Site, i64)>, StoreError> {
        let sql = self.sql();
        let found: Option<(i64, String, i64)> = self
            .connection()
            .prepare_cached("SELECT id, site, fetched_at FROM doc_site WHERE source = ?1")
            .and_then(|mut s| {
                s.query_row([source], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
                    .optional()
            })
            .map_err(&sql)?;
        let Some((id, site, fetched_at)) = found else {
            return Ok(None);
        };
        let mut site: Site =
            serde_json::from_str(&site).map_err(StoreError::record(self.path()))?;
        let titles: BTreeMap<String, String> = self
            .connection()
            .prepare_cached("SELECT path, title FROM doc_page WHERE site = ?1 AND is_snippet = 0")
            .and_then(|mut s| {
                s.query_map([id], |row| Ok((row.get(0)?, row.get(1)?)))?
                    .collect()
            })
            .map_err(&sql)?;
        for page in &mut site.pages {
            if page.title.is_empty()
                && let Some(title) = titles.get(&page.path)
            {
                page.title.clone_from(title);
            }
        }
        site.name_pages(|_| None);
        Ok(Some((site, fetched_at)))
    }

    /// A page's text, by the site's source and the page's path; none where it is not in the cache.
    ///
    /// # Errors
    /// See [`Cache::docs`].
    pub fn doc_page(&self, source: &str, path: &str) -> Result<Option<DocPage>, StoreError> {
        self.doc_text(source, path, false)
    }

    /// The page that an address names and that was fetched by itself: a runbook of the same GitHub.
    ///
    /// # Errors
    /// See [`Cache::docs`].
    pub fn doc_fetched(&self, address: &str) -> Result<Option<DocPage>, StoreError> {
        let source = format!("url:{address}");
        let Some((site, _)) = self.doc_site(&source)? else {
            return Ok(None);
        };
        match site.pages.as_slice() {
            [only] if site.nav.is_empty() => self.doc_page(&source, &only.path),
            _ => Ok(None),
        }
    }

    /// The text of a file that pages of a site bring in, by the file's path from the site's folder: a snippet that was
    /// fetched, or a page.
    ///
    /// # Errors
    /// See [`Cache::docs`].
    pub fn doc_snippet(&self, source: &str, file: &str) -> Result<Option<String>, StoreError> {
        if let Some(found) = self.doc_text(source, file, true)? {
            return Ok(Some(found.text));
        }
        let Some((site, _)) = self.doc_site(source)? else {
            return Ok(None);
        };
        match site.pages.iter().find(|page| page.file == file) {
            Some(page) => Ok(self.doc_page(source, &page.path)?.map(|page| page.text)),
            None => Ok(None),
        }
    }

    /// The text of a file as a page of an entity's documentation names it in a snippet line: looked for in every folder
    /// that the site says, and nowhere else.
    ///
    /// # Errors
    /// See [`Cache::docs`].
    pub fn doc_snippet_named(&self, docs: &Docs, name: &str) -> Result<Option<String>, StoreError> {
        for file in snippet::candidates(name, &docs.site.snippet_paths) {
            if let Some(text) = self.doc_snippet(&docs.source, &file)? {
                return Ok(Some(text));
            }
        }
        Ok(None)
    }

    fn doc_text(
        &self,
        source: &str,
        path: &str,
        is_snippet: bool,
    ) -> Result<Option<DocPage>, StoreError> {
        self.connection()
            .prepare_cached(
                "SELECT doc_page.path, title, oid, text, doc_page.fetched_at
                 FROM doc_page JOIN doc_site ON doc_site.id = doc_page.site
                 WHERE doc_site.source = ?1 AND is_snippet = ?3 AND path = ?2",
            )
            .and_then(|mut s| {
                s.query_row(rusqlite::params![source, path, is_snippet], |row| {
                    Ok(DocPage {
                        path: row.get(0)?,
                        title: row.get(1)?,
                        oid: row.get(2)?,
                        text: row.get(3)?,
                        fetched_at: row.get(4)?,
                    })
                })
                .optional()
            })
            .map_err(self.sql())
    }

    /// The object ids of a site's texts that the cache has, by path; pages and snippets apart.
    ///
    /// # Errors
    /// See [`Cache::docs`].
    pub fn doc_ids(&self, source: &str) -> Result<BTreeMap<(bool, String), String>, StoreError> {
        self.connection()
            .prepare_cached(
                "SELECT is_snippet, path, oid FROM doc_page JOIN doc_site ON doc_site.id = doc_page.site
                 WHERE doc_site.source = ?1",
            )
            .and_then(|mut s| {
                s.query_map([source], |row| {
                    Ok(((row.get(0)?, row.get(1)?), row.get(2)?))
                })?
                .collect()
            })
            .map_err(self.sql())
    }

    /// Every site with what its next refresh must know, by source.
    ///
    /// # Errors
    /// See [`Cache::docs`].
    pub fn doc_sites(&self) -> Result<Vec<DocSiteState>, StoreError> {
        let rows: Vec<(String, String)> = self
            .connection()
            .prepare_cached("SELECT source, state FROM doc_site ORDER BY source")
            .and_then(|mut s| {
                s.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
                    .collect()
            })
            .map_err(self.sql())?;
        rows.into_iter()
            .map(|(source, state)| {
                Ok(DocSiteState {
                    source,
                    state: self.parse(&state)?,
                })
            })
            .collect()
    }

    /// What one entity's documentation is, as the last sync found it.
    ///
    /// # Errors
    /// See [`Cache::docs`].
    pub fn doc_entity(&self, entity_ref: &str) -> Result<Option<DocEntity>, StoreError> {
        self.connection()
            .prepare_cached(
                "SELECT entity_ref, source, page, problem FROM doc_entity WHERE entity_ref = ?1",
            )
            .and_then(|mut s| s.query_row([entity_ref], doc_entity).optional())
            .map_err(self.sql())
    }

    /// Which entities have documentation, by reference; those included that only say they have.
    ///
    /// # Errors
    /// See [`Cache::docs`].
    pub fn doc_entities(&self) -> Result<Vec<DocEntity>, StoreError> {
        self.connection()
            .prepare_cached(
                "SELECT entity_ref, source, page, problem FROM doc_entity ORDER BY entity_ref",
            )
            .and_then(|mut s| s.query_map([], doc_entity)?.collect())
            .map_err(self.sql())
    }

    /// What is wrong with documentation: the site's source, and a sentence.
    ///
    /// # Errors
    /// See [`Cache::docs`].
    pub fn doc_problems(&self) -> Result<Vec<(String, String)>, StoreError> {
        let rows: Vec<(String, String)> = self
            .connection()
            .prepare_cached(
                "SELECT source, json_extract(site, '$.problems') FROM doc_site
                 WHERE json_array_length(site, '$.problems') > 0 ORDER BY source",
            )
            .and_then(|mut s| {
                s.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
                    .collect()
            })
            .map_err(self.sql())?;
        let mut out = Vec::new();
        for (source, problems) in rows {
            let problems: Vec<String> =
                serde_json::from_str(&problems).map_err(StoreError::record(self.path()))?;
            out.extend(problems.into_iter().map(|text| (source.clone(), text)));
        }
        Ok(out)
    }

    /// How much documentation there is.
    ///
    /// # Errors
    /// See [`Cache::docs`].
    pub fn doc_counts(&self) -> Result<DocCounts, StoreError> {
        let count = |query: &str| -> Result<u64, StoreError> {
            self.connection()
                .query_row(query, [], |row| row.get::<_, i64>(0))
                .map(i64::unsigned_abs)
                .map_err(self.sql())
        };
        Ok(DocCounts {
            sites: count("SELECT count(*) FROM doc_site")?,
            pages: count("SELECT count(*) FROM doc_page WHERE is_snippet = 0")?,
        })
    }

    /// The entities whose stored record, as JSON, `may` say something about documentation, each once, in the order of
    /// references; of several of the same reference the one that settles conflicts.
    ///
    /// # Errors
    /// See [`Cache::docs`].
    pub fn doc_candidates(
        &self,
        may: impl Fn(&[u8]) -> bool,
    ) -> Result<Vec<DocCandidate>, StoreError> {
        let sql = self.sql();
        let mut statement = self
            .connection()
            .prepare_cached(
                "SELECT entity.entity_ref, file.location, entity.id, entity.record
                 FROM entity JOIN file ON file.id = entity.file",
            )
            .map_err(&sql)?;
        let mut rows = statement.query([]).map_err(&sql)?;
        // The first of a reference has it, whether it says anything or not.
        let mut first: BTreeMap<String, (String, i64, Option<EntityRecord>)> = BTreeMap::new();
        while let Some(row) = rows.next().map_err(&sql)? {
            let entity_ref: String = row.get(0).map_err(&sql)?;
            let key: (String, i64) = (row.get(1).map_err(&sql)?, row.get(2).map_err(&sql)?);
            if first
                .get(&entity_ref)
                .is_some_and(|(location, id, _)| (location, id) < (&key.0, &key.1))
            {
                continue;
            }
            let record = row.get_ref(3).map_err(&sql)?.as_bytes().unwrap_or_default();
            let record = if may(record) {
                let record = serde_json::from_slice(record);
                Some(record.map_err(StoreError::record(self.path()))?)
            } else {
                None
            };
            first.insert(entity_ref, (key.0, key.1, record));
        }
        let candidates = first
            .into_iter()
            .filter_map(|(entity_ref, (_, _, record))| {
                Some(DocCandidate {
                    entity_ref,
                    entity: record?.entity,
                })
            });
        Ok(candidates.collect())
    }
}

fn doc_entity(row: &rusqlite::Row<'_>) -> rusqlite::Result<DocEntity> {
    Ok(DocEntity {
        entity_ref: row.get(0)?,
        source: row.get(1)?,
        page: row.get(2)?,
        problem: row.get(3)?,
    })
}

/// The page that an address within built documentation names: with its ending or without, or a folder's own page.
fn page_named(site: &Site, named: &str) -> Option<String> {
    let stems = |page: &str| path::stem(page) == named || page == named;
    site.pages
        .iter()
        .map(|page| page.path.as_str())
        .find(|page| {
            stems(page)
                || matches!(path::stem(path::name_of(page)), "index" | "README")
                    && path::folder_of(page) == named
        })
        .map(str::to_owned)
}
