//! Sites without a token: there is no GraphQL then, and a repository costs a request for its tree and one a file.

use super::super::listing::TOO_MANY_FILES;
use super::{Group, MOST_ROUNDS};
use crate::github::ErrorKind;
use crate::sync::error::SyncError;
use crate::techdocs::mkdocs::CONFIG_LIMIT;
use crate::techdocs::{Entry, EntryKind, path, plan};

impl Group<'_> {
    /// Without a token there is no GraphQL: one request for a repository's whole tree.
    pub(super) async fn list_by_rest(&mut self, changed: &mut Vec<usize>) {
        for at in changed.iter().copied() {
            let Some(job) = self.jobs.get_mut(at) else {
                continue;
            };
            if self.stop.is_some() {
                job.failed = true;
                continue;
            }
            loop {
                let tree = self
                    .client
                    .whole_tree(&job.target.owner, &job.target.repo, &job.memory.branch)
                    .await;
                match tree {
                    Ok(tree) => {
                        job.memory.head = Some(tree.sha.clone());
                        for entry in &tree.entries {
                            let inside = if job.is_page {
                                (entry.path == job.memory.folder).then_some("")
                            } else {
                                path::below(&job.memory.folder, &entry.path)
                            };
                            let kind = match (entry.kind.as_str(), entry.mode.as_str()) {
                                ("tree", _) => EntryKind::Folder,
                                ("blob", "120000") => EntryKind::Link,
                                ("blob", _) => EntryKind::File,
                                _ => continue,
                            };
                            if let Some(inside) = inside {
                                let entry = Entry {
                                    kind,
                                    oid: entry.sha.clone(),
                                    size: entry.size.unwrap_or(0),
                                };
                                job.listed.put(inside.to_owned(), entry);
                            }
                        }
                        let found = !job.listed.source.entries.is_empty();
                        if tree.truncated && !(found && (job.is_page || !job.is_known)) {
                            // What is not listed may be there: a site that is known stays as it was.
                            job.give_up(format!(
                                "{}: the repository has more files than GitHub lists",
                                job.target.url()
                            ));
                            break;
                        }
                        job.listed.cut |= tree.truncated;
                        if found {
                            break;
                        }
                        if !job.next_reading() {
                            job.give_up(format!("{} does not exist", job.target.url()));
                            break;
                        }
                    }
                    Err(error) if matches!(error.kind(), ErrorKind::NotFound) => {
                        if !job.next_reading() {
                            job.give_up(format!("{} does not exist", job.target.url()));
                            break;
                        }
                    }
                    Err(error) => {
                        self.refused(at, &SyncError::from(&error));
                        break;
                    }
                }
            }
            self.plan_by_rest(at).await;
        }
        changed.retain(|at| self.jobs.get(*at).is_some_and(|job| !job.failed));
    }

    async fn plan_by_rest(&mut self, at: usize) {
        let terms = self.terms;
        let Some(job) = self.jobs.get_mut(at).filter(|job| !job.failed) else {
            return;
        };
        if job.is_page {
            let entry = job.listed.source.entries.get("").cloned();
            return job.single(entry.map(|e| (e.oid, e.size)), terms);
        }
        job.listed.source.whole.insert(String::new());
        loop {
            let plan = plan(&job.listed.source, terms.limits, &terms.rules);
            job.rounds += 1;
            if plan.wants.files.is_empty() || job.rounds > MOST_ROUNDS {
                job.site = plan.site;
                if job.listed.cut {
                    job.site.problems.push(TOO_MANY_FILES.to_owned());
                }
                return;
            }
            for file in plan.wants.files {
                let oid = job.listed.source.entries.get(&file).map(|e| e.oid.clone());
                let text = match oid {
                    Some(oid) => {
                        let (owner, repo) = (&job.target.owner, &job.target.repo);
                        match self.client.blob(owner, repo, &oid, CONFIG_LIMIT).await {
                            Ok(bytes) => String::from_utf8(bytes).ok(),
                            Err(error) if matches!(error.kind(), ErrorKind::TooLarge { .. }) => {
                                None
                            }
                            // Without its configuration the site is another one: it stays as it was.
                            Err(error) => return self.refused(at, &SyncError::from(&error)),
                        }
                    }
                    None => None,
                };
                job.listed.source.texts.insert(file, text);
            }
        }
    }
}
