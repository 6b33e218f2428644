//! The documentation lane: reads pages from the cache, lays them out, gives their code its colours, searches them.
//!
//! It has a connection of its own, so that nothing else waits for it. A page is handed over as soon as it is laid out;
//! syntaxes are loaded with the first page that has code, never before, and colours that are known are given again at
//! once.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use fuzzy_matcher::FuzzyMatcher;
use fuzzy_matcher::skim::SkimMatcherV2;
use serde_json::Value;

use super::card::runbooks_of;
use super::jobs::Handle;
use super::load::load_entity;
use super::work::{Done, Services, store_error};
use crate::app::docs::{
    DocFound, DocListed, DocSet, DocText, DocsGoal, LaidOut, NoDocs, PageView, page_named,
};
use crate::app::{Job, JobError, Output};
use crate::catalog::Snapshot;
use crate::markdown::highlight::{Highlighted, Highlighter};
use crate::markdown::{self, CodeBlock, Limits};
use crate::store::{Cache, DocHit, DocPage, Docs as StoredDocs, OpenMode, StoreError};
use crate::techdocs::{Runbook, RunbookTarget};
use crate::text;

/// How many pages a search shows.
const FOUND: usize = 100;
/// How many blocks of code have their colours kept.
const COLOURS_KEPT: usize = 500;

/// See the module.
pub(super) struct Docs {
    services: Arc<Services>,
    cache: Option<Cache>,
    highlighter: Option<Highlighter>,
    /// The colours of a block, by its language and text.
    colours: HashMap<u64, Arc<Highlighted>>,
}

impl Docs {
    pub(super) fn new(services: Arc<Services>) -> Self {
        Self {
            services,
            cache: None,
            highlighter: None,
            colours: HashMap::new(),
        }
    }

    pub(super) fn run(&mut self, job: Job, handle: &Handle) -> Done {
        match job {
            Job::OpenDocs {
                entity_ref,
                goal,
                view,
            } => self.open(&entity_ref, &goal, view, handle),
            Job::LoadDoc {
                set,
                source,
                path,
                view,
            } => self.page(&set, &source, &path, view, handle),
            Job::LayDoc { text, view } => {
                self.lay_out(text, view, handle);
                Ok(None)
            }
            Job::ListDocs(snapshot) => self.list(&snapshot, handle),
            Job::SearchDocs { question } => self.search(&question, handle),
            _ => Ok(None),
        }
    }

    /// The cache as it is now: a sync of another process may have put a new file in the place of the old one.
    fn reopen(&mut self) -> Result<(), JobError> {
        self.cache = match Cache::open(&self.services.paths.cache_dir, OpenMode::ReadOnly) {
            Ok(opened) => Some(opened.cache),
            Err(StoreError::NoCache { .. }) => None,
            Err(error) => return Err(store_error(error)),
        };
        Ok(())
    }

    fn open(&mut self, entity_ref: &str, goal: &DocsGoal, view: PageView, handle: &Handle) -> Done {
        self.reopen()?;
        let snapshot = self.services.snapshot();
        let Some(cache) = &self.cache else {
            handle.output(Output::Docs(Err(NoDocs {
                message: "Nothing has been synced yet".to_owned(),
                ..NoDocs::default()
            })));
            return Ok(None);
        };
        let docs = cache.docs(entity_ref).map_err(store_error)?;
        let served = load_entity(cache, &snapshot, entity_ref)
            .map_err(store_error)?
            .map_or(Value::Null, |loaded| loaded.served);
        let rules = &self.services.card_sources.runbook_rules;
        let found = runbooks_of(cache, &served, docs.as_ref(), rules).map_err(store_error)?;
        let wanted = match wanted(goal, docs.as_ref(), &found) {
            Some(wanted) => wanted,
            None => {
                let none = self.none(entity_ref, goal, docs.as_ref(), &found)?;
                handle.output(Output::Docs(Err(none)));
                return Ok(None);
            }
        };
        let mut set = DocSet {
            entity_ref: entity_ref.to_owned(),
            runbooks: found,
            ..DocSet::default()
        };
        if let Some(docs) = docs {
            set.source = docs.source;
            set.site = docs.site;
            set.start = docs.start;
            set.fetched_at = docs.fetched_at;
            set.problem = docs.problem;
        }
        let set = Arc::new(set);
        handle.output(Output::Docs(Ok(Arc::clone(&set))));
        let (source, path) = wanted;
        self.page(&set, &source, &path, view, handle)
    }

    /// Why an entity has nothing to read.
    fn none(
        &self,
        entity_ref: &str,
        goal: &DocsGoal,
        docs: Option<&StoredDocs>,
        found: &[Runbook],
    ) -> Result<NoDocs, JobError> {
        if *goal == DocsGoal::Runbook {
            let addresses = found.iter().filter_map(|runbook| match &runbook.target {
                RunbookTarget::Url(address) => Some((runbook.title.clone(), address.clone())),
                RunbookTarget::Page(_) | RunbookTarget::Fetched(_) => None,
            });
            return Ok(NoDocs {
                message: crate::app::NO_RUNBOOK.to_owned(),
                addresses: addresses.collect(),
            });
        }
        let known = match &self.cache {
            Some(cache) => cache.doc_entity(entity_ref).map_err(store_error)?,
            None => None,
        };
        let message = match known {
            _ if docs.is_some() => "Its documentation has no page".to_owned(),
            Some(entity) => match entity.problem {
                Some(problem) => format!("No documentation in the cache: {problem}"),
                None => "Its documentation has not been fetched yet; R fetches it".to_owned(),
            },
            None => "No documentation. Give its catalog file the annotation backstage.io/techdocs-ref: dir:.".to_owned(),
        };
        Ok(NoDocs {
            message,
            addresses: Vec::new(),
        })
    }

    fn page(
        &mut self,
        set: &DocSet,
        source: &str,
        path: &str,
        view: PageView,
        handle: &Handle,
    ) -> Done {
        if self.cache.is_none() {
            self.reopen()?;
        }
        let Some(cache) = &self.cache else {
            handle.output(Output::NoDoc("The cache is empty".to_owned()));
            return Ok(None);
        };
        let stored = match source.strip_prefix("url:").filter(|_| source != set.source) {
            Some(address) => match cache.doc_fetched(address).map_err(store_error)? {
                Some(page) => Some(page),
                None => cache.doc_page(source, path).map_err(store_error)?,
            },
            None => cache.doc_page(source, path).map_err(store_error)?,
        };
        let Some(page) = stored else {
            let known = set.site.page(path).filter(|_| source == set.source);
            let why = match known.and_then(|page| page.skipped.as_ref()) {
                Some(why) => format!("{path} {why}"),
                None => format!("{path} is not in the cache; R fetches it"),
            };
            handle.output(Output::NoDoc(why));
            return Ok(None);
        };
        let text = Arc::new(read(cache, set, source, page));
        if !handle.cancelled() {
            self.lay_out(text, view, handle);
        }
        Ok(None)
    }

    fn lay_out(&mut self, text: Arc<DocText>, view: PageView, handle: &Handle) {
        let mut page = markdown::layout(&text.document, view.columns, &view.options());
        let mut plain = Vec::new();
        for code in page.code.clone() {
            let Some(block) = text.document.code.get(code.id.index()) else {
                continue;
            };
            match self.colours.get(&key(block)) {
                Some(colours) => page.paint_code(code.id, colours),
                None if block.language.is_empty() => {}
                None => plain.push(code.id),
            }
        }
        let laid_out = |page: markdown::Page, painted: bool| LaidOut {
            text: Arc::clone(&text),
            page: Arc::new(page),
            view: view.clone(),
            painted,
        };
        if plain.is_empty() {
            handle.output(Output::Doc(laid_out(page, true)));
            return;
        }
        handle.output(Output::Doc(laid_out(page.clone(), false)));
        let keep_going = || !handle.cancelled();
        for id in plain {
            let Some(block) = text.document.code.get(id.index()) else {
                continue;
            };
            if !keep_going() {
                return;
            }
            let highlighter = self.highlighter.get_or_insert_with(Highlighter::load);
            let colours =
                Arc::new(highlighter.highlight(&block.language, &block.shown(), &keep_going));
            page.paint_code(id, &colours);
            if keep_going() {
                if self.colours.len() >= COLOURS_KEPT {
                    self.colours.clear();
                }
                self.colours.insert(key(block), colours);
            }
        }
        handle.output(Output::Doc(laid_out(page, true)));
    }

    fn list(&mut self, snapshot: &Snapshot, handle: &Handle) -> Done {
        self.reopen()?;
        let entities = match &self.cache {
            Some(cache) => cache.doc_entities().map_err(store_error)?,
            None => Vec::new(),
        };
        let listed = entities
            .into_iter()
            .filter_map(|entity| {
                let row = snapshot.row(snapshot.find(&entity.entity_ref)?);
                let name = if row.title.is_empty() {
                    row.name
                } else {
                    row.title
                };
                Some(DocListed {
                    name: text::clean(name).into_owned(),
                    owner: crate::app::detail::shown_ref(row.owner, "group"),
                    readable: entity.source.is_some(),
                    problem: text::clean(&entity.problem.unwrap_or_default()).into_owned(),
                    entity_ref: entity.entity_ref,
                })
            })
            .collect();
        handle.output(Output::DocList(Arc::new(listed)));
        Ok(None)
    }

    fn search(&mut self, question: &str, handle: &Handle) -> Done {
        if self.cache.is_none() {
            self.reopen()?;
        }
        let hits = match &self.cache {
            Some(cache) => cache.search_docs(question, FOUND).map_err(store_error)?,
            None => Vec::new(),
        };
        handle.output(Output::DocsFound(hits.into_iter().map(shown).collect()));
        Ok(None)
    }
}

/// The page that a goal means: its source and path.
fn wanted(
    goal: &DocsGoal,
    docs: Option<&StoredDocs>,
    found: &[Runbook],
) -> Option<(String, String)> {
    match goal {
        DocsGoal::Start => {
            let docs = docs?;
            Some((docs.source.clone(), docs.start.clone()?))
        }
        DocsGoal::Runbook => {
            let own = docs.map(|docs| docs.source.as_str());
            found.iter().find_map(|runbook| runbook.target.page(own))
        }
        DocsGoal::Page { source, path } => {
            let own =
                docs.filter(|docs| source.as_ref().is_none_or(|source| *source == docs.source));
            match (own, source) {
                (Some(docs), _) => {
                    let path = page_named(&docs.site, path).unwrap_or_else(|| path.clone());
                    Some((docs.source.clone(), path))
                }
                (None, Some(source)) => Some((source.clone(), path.clone())),
                (None, None) => None,
            }
        }
    }
}

fn read(cache: &Cache, set: &DocSet, source: &str, page: DocPage) -> DocText {
    // Snippets are looked for in the folders that the site says, and nowhere else.
    let docs = StoredDocs {
        source: source.to_owned(),
        site: set.site.clone(),
        start: None,
        fetched_at: 0,
        problem: None,
    };
    let mut snippets = |name: &str| cache.doc_snippet_named(&docs, name).ok().flatten();
    let document = markdown::parse(&page.text, Limits::default(), &mut snippets);
    let title = match set.site.page(&page.path).filter(|_| source == set.source) {
        Some(known) if !known.title.is_empty() => known.title.clone(),
        _ => page.title,
    };
    DocText {
        source: source.to_owned(),
        path: page.path,
        title: text::clean(&title).into_owned(),
        text: page.text,
        fetched_at: page.fetched_at,
        document,
    }
}

fn key(block: &CodeBlock) -> u64 {
    let mut hasher = DefaultHasher::new();
    (&block.language, &block.source).hash(&mut hasher);
    hasher.finish()
}

fn shown(hit: DocHit) -> DocFound {
    DocFound {
        source: hit.source,
        entity_ref: hit.entity_ref,
        others: hit.others,
        path: hit.path,
        title: text::clean(&hit.title).into_owned(),
        line: hit.line,
        heading: hit.heading,
        snippet: hit
            .snippet
            .into_iter()
            .map(|piece| (piece.text, piece.matched))
            .collect(),
    }
}

/// The entities whose name or reference fits what is typed, the best first.
pub(super) fn fitting(all: &[DocListed], line: &str) -> Vec<usize> {
    let matcher = SkimMatcherV2::default().ignore_case();
    let score = |listed: &DocListed| {
        let words = line.split_whitespace();
        words
            .map(|word| {
                let name = matcher.fuzzy_match(&listed.name, word);
                let reference = matcher.fuzzy_match(&listed.entity_ref, word);
                let owner = matcher
                    .fuzzy_match(&listed.owner, word)
                    .map(|score| score / 2);
                name.max(reference).max(owner)
            })
            .try_fold(0, |sum, score| Some(sum + score?))
    };
    let mut found: Vec<(i64, usize)> = all
        .iter()
        .enumerate()
        .filter_map(|(index, listed)| Some((score(listed)?, index)))
        .collect();
    found.sort_by_key(|(score, index)| (std::cmp::Reverse(*score), *index));
    found.into_iter().map(|(_, index)| index).collect()
}

#[cfg(test)]
mod tests;
