//! What sites are: folders and configurations of many repositories at once, until each site is known.

use std::collections::BTreeSet;

use super::super::fetch::{self, Answer, Wanted};
use super::super::is_fatal;
use super::super::listing::TOO_MANY_FILES;
use super::{Group, Job, MOST_ROUNDS, whole};
use crate::github::contents::{Locator, Look, ObjectNode};
use crate::sync::error::SyncError;
use crate::techdocs::mkdocs::CONFIG_LIMIT;
use crate::techdocs::{Entry, EntryKind, plan};

impl Group<'_> {
    /// Looks at what sites have until each is known, the likeliest reading of its address first.
    pub(super) async fn list(&mut self, changed: &mut Vec<usize>) {
        if !self.client.credentials().is_signed_in() {
            return self.list_by_rest(changed).await;
        }
        let mut open: Vec<usize> = changed.clone();
        let mut wanted: Vec<Wanted> = Vec::new();
        for at in &open {
            wanted.extend(self.first_look(*at));
        }
        while !open.is_empty() && self.stop.is_none() {
            for (wanted, answer) in fetch::all(&self.client, std::mem::take(&mut wanted)).await {
                match answer {
                    Ok(answer) => self.take(wanted, answer),
                    Err(error) => self.refused(wanted.job, &error),
                }
            }
            let mut next = Vec::new();
            for at in open {
                let more = self.after_look(at);
                if !more.is_empty() {
                    wanted.extend(more);
                    next.push(at);
                }
            }
            open = next;
        }
        for at in open {
            if let Some(job) = self.jobs.get_mut(at) {
                job.failed = true;
            }
        }
        changed.retain(|at| self.jobs.get(*at).is_some_and(|job| !job.failed));
    }

    /// What is asked of every site first: enough for most of them.
    fn first_look(&self, at: usize) -> Vec<Wanted> {
        let Some(job) = self.jobs.get(at) else {
            return Vec::new();
        };
        let want = |inside: &str, look: Look| Wanted {
            job: at,
            owner: job.target.owner.clone(),
            repository: job.target.repo.clone(),
            inside: inside.to_owned(),
            look,
            locator: job.at(inside),
            size: 0,
        };
        let head = Wanted {
            locator: Locator::Expression(job.memory.branch.clone()),
            ..want("", Look::Id)
        };
        if job.is_page {
            return vec![head, want("", Look::Text)];
        }
        vec![
            head,
            want("", Look::Names),
            want("docs", Look::Deep),
            want("mkdocs.yml", Look::Text),
            want("mkdocs.yaml", Look::Text),
        ]
    }

    fn take(&mut self, wanted: Wanted, (repository, node): Answer) {
        let Some(job) = self.jobs.get_mut(wanted.job) else {
            return;
        };
        job.memory.repository = repository;
        match (wanted.look, node) {
            (Look::Id, Some(ObjectNode::Id(oid))) => job.memory.head = Some(oid),
            (Look::Id, _) => job.memory.head = None,
            (Look::Names, Some(ObjectNode::Tree(nodes))) => {
                job.listed.names(&wanted.inside, Some(&nodes));
            }
            // The site's own folder is not there: another reading of the address, or none.
            (Look::Names, _) if wanted.inside.is_empty() => {}
            (Look::Names, _) => job.listed.names(&wanted.inside, None),
            (Look::Deep, node) => {
                let nodes = match &node {
                    Some(ObjectNode::Tree(nodes)) => Some(nodes.as_slice()),
                    _ => None,
                };
                match wanted.locator {
                    Locator::Oid(_) => job.listed.below(&wanted.inside, nodes),
                    Locator::Expression(_) => job.listed.tree(&wanted.inside, nodes),
                }
            }
            (Look::Text, Some(ObjectNode::Blob(file))) if job.is_page => {
                job.listed.source.entries.insert(
                    String::new(),
                    Entry {
                        kind: EntryKind::File,
                        oid: file.oid.clone(),
                        size: file.byte_size,
                    },
                );
            }
            (Look::Text, Some(ObjectNode::Blob(file))) => {
                let text = whole(file, CONFIG_LIMIT);
                job.listed.source.texts.insert(wanted.inside, text);
            }
            // One that the listing names and that is not there is of no use; one that it does not name is not asked for.
            (Look::Text, _) => {
                job.listed.source.texts.insert(wanted.inside, None);
            }
        }
    }

    /// A site of which something could not be read stays as it was.
    pub(super) fn refused(&mut self, at: usize, error: &SyncError) {
        let Some(job) = self.jobs.get_mut(at) else {
            return;
        };
        if is_fatal(error) {
            job.failed = true;
            self.stop.get_or_insert_with(|| error.clone());
        } else {
            job.give_up(&error.message);
        }
    }

    /// What a site still wants to see; nothing once it is known or cannot be.
    fn after_look(&mut self, at: usize) -> Vec<Wanted> {
        let terms = self.terms;
        let Some(job) = self.jobs.get_mut(at).filter(|job| !job.failed) else {
            return Vec::new();
        };
        let entries = &job.listed.source.entries;
        let is_there = job.memory.head.is_some()
            && if job.is_page {
                entries.contains_key("")
            } else {
                job.listed.source.shallow.contains("")
            };
        if !is_there {
            if job.next_reading() {
                return self.first_look(at);
            }
            job.give_up(format!("{} does not exist", job.target.url()));
            return Vec::new();
        }
        if job.is_page {
            let entry = entries.get("").cloned();
            job.single(entry.map(|e| (e.oid, e.size)), terms);
            return Vec::new();
        }
        job.listed.settle();
        job.rounds += 1;
        let want = |job: &Job, inside: String, look: Look, locator: Locator| Wanted {
            job: at,
            owner: job.target.owner.clone(),
            repository: job.target.repo.clone(),
            inside,
            look,
            locator,
            size: 0,
        };
        if !job.listed.open.is_empty() && job.rounds <= MOST_ROUNDS {
            return std::mem::take(&mut job.listed.open)
                .into_iter()
                .map(|(inside, oid)| want(job, inside, Look::Deep, Locator::Oid(oid)))
                .collect();
        }
        let plan = plan(&job.listed.source, terms.limits, &terms.rules);
        if plan.wants.is_nothing() || job.rounds > MOST_ROUNDS {
            job.site = plan.site;
            if job.listed.cut || job.rounds > MOST_ROUNDS {
                job.site.problems.push(TOO_MANY_FILES.to_owned());
            }
            return Vec::new();
        }
        let wants = plan.wants;
        let of = |look: Look, names: BTreeSet<String>| {
            names.into_iter().map(move |inside| (look, inside))
        };
        of(Look::Text, wants.files)
            .chain(of(Look::Names, wants.shallow))
            .chain(of(Look::Deep, wants.folders))
            .map(|(look, inside)| {
                let locator = job.at(&inside);
                want(job, inside, look, locator)
            })
            .collect()
    }
}
