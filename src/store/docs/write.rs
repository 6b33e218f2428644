//! What a sync does to documentation. Each call is one transaction, and none where nothing differs.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{OptionalExtension, Transaction, params};

use super::words::indexed;
use super::{DocEntity, DocSiteRecord};
use crate::store::{Cache, StoreError};
use crate::techdocs::title;

impl Cache {
    /// Writes sites with the texts that came for them, all in one transaction; pages that a site no longer has go.
    /// Says how many pages were new or differ, or went.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`], [`StoreError::ReadOnly`]; then nothing has changed.
    pub fn put_docs(&mut self, records: &[DocSiteRecord]) -> Result<u64, StoreError> {
        if records.is_empty() {
            return Ok(0);
        }
        let sql = self.sql();
        let json = StoreError::record(self.path());
        let transaction = self.write()?;
        let mut changed = 0;
        let mut wrote = false;
        for record in records {
            let state = serde_json::to_string(&record.state).map_err(&json)?;
            let site = serde_json::to_string(&record.site).map_err(&json)?;
            let (id, differs) = put_site(&transaction, record, &state, &site).map_err(&sql)?;
            let pages = put_pages(&transaction, id, record).map_err(&sql)?;
            wrote |= differs || pages > 0;
            changed += pages;
        }
        if wrote {
            transaction.commit().map_err(&sql)?;
        }
        Ok(changed)
    }

    /// Forgets every site that is not among `keep`. Says how many went.
    ///
    /// # Errors
    /// As [`Cache::put_docs`].
    pub fn retain_docs(&mut self, keep: &BTreeSet<String>) -> Result<u64, StoreError> {
        let gone: Vec<String> = self
            .doc_sites()?
            .into_iter()
            .map(|site| site.source)
            .filter(|source| !keep.contains(source))
            .collect();
        if gone.is_empty() {
            return Ok(0);
        }
        let sql = self.sql();
        let transaction = self.write()?;
        for source in &gone {
            let forget = || -> rusqlite::Result<()> {
                let ids = transaction
                    .prepare_cached(
                        "SELECT doc_page.id FROM doc_page JOIN doc_site ON doc_site.id = doc_page.site
                         WHERE doc_site.source = ?1",
                    )?
                    .query_map([source], |row| row.get(0))?
                    .collect::<Result<Vec<i64>, _>>()?;
                for id in ids {
                    forget_words(&transaction, id)?;
                }
                transaction.execute("DELETE FROM doc_site WHERE source = ?1", [source])?;
                Ok(())
            };
            forget().map_err(&sql)?;
        }
        transaction.commit().map_err(&sql)?;
        Ok(gone.len() as u64)
    }

    /// Says which entity has which documentation, for all entities at once. Says whether anything differs from before.
    ///
    /// # Errors
    /// As [`Cache::put_docs`].
    pub fn set_doc_entities(&mut self, entities: &[DocEntity]) -> Result<bool, StoreError> {
        let known: BTreeMap<String, DocEntity> = self
            .doc_entities()?
            .into_iter()
            .map(|entity| (entity.entity_ref.clone(), entity))
            .collect();
        let wanted: BTreeMap<&str, &DocEntity> = entities
            .iter()
            .map(|entity| (entity.entity_ref.as_str(), entity))
            .collect();
        let gone: Vec<&String> = known
            .keys()
            .filter(|entity_ref| !wanted.contains_key(entity_ref.as_str()))
            .collect();
        let differ: Vec<&DocEntity> = wanted
            .values()
            .copied()
            .filter(|entity| known.get(&entity.entity_ref) != Some(entity))
            .collect();
        if gone.is_empty() && differ.is_empty() {
            return Ok(false);
        }
        let sql = self.sql();
        let transaction = self.write()?;
        for entity_ref in gone {
            transaction
                .prepare_cached("DELETE FROM doc_entity WHERE entity_ref = ?1")
                .and_then(|mut s| s.execute([entity_ref]))
                .map_err(&sql)?;
        }
        for entity in differ {
            transaction
                .prepare_cached(
                    "INSERT INTO doc_entity (entity_ref, source, page, problem) VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT (entity_ref) DO UPDATE SET source = excluded.source,
                         page = excluded.page, problem = excluded.problem",
                )
                .and_then(|mut s| {
                    s.execute(params![
                        entity.entity_ref,
                        entity.source,
                        entity.page,
                        entity.problem
                    ])
                })
                .map_err(&sql)?;
        }
        transaction.commit().map_err(&sql)?;
        Ok(true)
    }
}

/// The site's row, and whether it was written.
fn put_site(
    transaction: &Transaction<'_>,
    record: &DocSiteRecord,
    state: &str,
    site: &str,
) -> rusqlite::Result<(i64, bool)> {
    let known: Option<(i64, String, String)> = transaction
        .prepare_cached("SELECT id, state, site FROM doc_site WHERE source = ?1")?
        .query_row([&record.source], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?;
    match known {
        Some((id, old_state, old_site)) if old_state == state && old_site == site => {
            Ok((id, false))
        }
        Some((id, ..)) => {
            transaction
                .prepare_cached(
                    "UPDATE doc_site SET state = ?2, site = ?3, fetched_at = ?4 WHERE id = ?1",
                )?
                .execute(params![id, state, site, record.fetched_at])?;
            Ok((id, true))
        }
        None => {
            transaction
                .prepare_cached(
                    "INSERT INTO doc_site (source, state, site, fetched_at) VALUES (?1, ?2, ?3, ?4)",
                )?
                .execute(params![record.source, state, site, record.fetched_at])?;
            Ok((transaction.last_insert_rowid(), true))
        }
    }
}

/// The pages of a site: texts that came, titles that `nav` changed, and what went. Says how many differ.
fn put_pages(
    transaction: &Transaction<'_>,
    site: i64,
    record: &DocSiteRecord,
) -> rusqlite::Result<u64> {
    let known: BTreeMap<(bool, String), (i64, String, String)> = transaction
        .prepare_cached("SELECT is_snippet, path, id, oid, title FROM doc_page WHERE site = ?1")?
        .query_map([site], |row| {
            Ok((
                (row.get(0)?, row.get(1)?),
                (row.get(2)?, row.get(3)?, row.get(4)?),
            ))
        })?
        .collect::<Result<_, _>>()?;
    let titles: BTreeMap<&str, &str> = record
        .site
        .pages
        .iter()
        .map(|page| (page.path.as_str(), page.title.as_str()))
        .collect();
    let mut changed = 0;
    let mut written = BTreeSet::new();
    for text in &record.texts {
        let given = titles.get(text.path.as_str()).copied();
        if !text.is_snippet && given.is_none() {
            continue;
        }
        let title = match given {
            Some(title) if !title.is_empty() && !text.is_snippet => title.to_owned(),
            _ => title::of_page(&text.path, Some(&text.text)),
        };
        let key = (text.is_snippet, text.path.clone());
        let old = known.get(&key);
        written.insert(key);
        if old.is_some_and(|(_, oid, have)| *oid == text.oid && *have == title) {
            continue;
        }
        changed += 1;
        let id = match old {
            Some((id, ..)) => {
                transaction
                    .prepare_cached(
                        "UPDATE doc_page SET title = ?2, oid = ?3, text = ?4, fetched_at = ?5 WHERE id = ?1",
                    )?
                    .execute(params![id, title, text.oid, text.text, record.fetched_at])?;
                *id
            }
            None => {
                transaction
                    .prepare_cached(
                        "INSERT INTO doc_page (site, path, is_snippet, title, oid, text, fetched_at)
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                    )?
                    .execute(params![
                        site,
                        text.path,
                        text.is_snippet,
                        title,
                        text.oid,
                        text.text,
                        record.fetched_at
                    ])?;
                transaction.last_insert_rowid()
            }
        };
        if !text.is_snippet {
            set_words(transaction, id, &title, &text.text)?;
        }
    }
    for ((is_snippet, path), (id, _, title)) in &known {
        if written.contains(&(*is_snippet, path.clone())) {
            continue;
        }
        match titles.get(path.as_str()) {
            // Snippets stay as long as the site: they are few, and no list says which are still named.
            _ if *is_snippet => {}
            Some(given) if given.is_empty() || given == title => {}
            Some(given) => {
                changed += 1;
                transaction
                    .prepare_cached("UPDATE doc_page SET title = ?2 WHERE id = ?1")?
                    .execute(params![id, given])?;
                let text: String = transaction
                    .prepare_cached("SELECT text FROM doc_page WHERE id = ?1")?
                    .query_row([id], |row| row.get(0))?;
                set_words(transaction, *id, given, &text)?;
            }
            None => {
                changed += 1;
                forget_words(transaction, *id)?;
                transaction
                    .prepare_cached("DELETE FROM doc_page WHERE id = ?1")?
                    .execute([id])?;
            }
        }
    }
    Ok(changed)
}

fn set_words(
    transaction: &Transaction<'_>,
    id: i64,
    title: &str,
    text: &str,
) -> rusqlite::Result<()> {
    let (_, body) = title::front_matter(text);
    let mut headings = String::new();
    for line in body.lines().filter(|line| line.starts_with('#')) {
        headings.push_str(line);
        headings.push('\n');
    }
    forget_words(transaction, id)?;
    transaction
        .prepare_cached(
            "INSERT INTO doc_words (rowid, title, headings, body) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![
            id,
            indexed(title),
            indexed(&headings),
            indexed(body)
        ])
        .map(drop)
}

fn forget_words(transaction: &Transaction<'_>, id: i64) -> rusqlite::Result<()> {
    transaction
        .prepare_cached("DELETE FROM doc_words WHERE rowid = ?1")?
        .execute([id])
        .map(drop)
}
