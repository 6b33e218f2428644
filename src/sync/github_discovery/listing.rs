//! What there is: everything, or what changed since the last time.

use std::collections::BTreeSet;

use super::files::changed_of;
use super::{GithubDiscovery, HEAD_PAGE, Repository, Run, SMALLEST_PAGE, State};
use crate::github::queries::{self, LARGEST_PAGE, RepositoryNode, RepositoryQuery};
use crate::sync::error::SyncError;
use crate::sync::follow::ReadFile;
use crate::sync::policy::Readable;
use crate::sync::progress::Stage;
use crate::sync::reader::cancelled;
use crate::sync::sweep;

impl Run<'_, '_> {
    /// Lists everything; with text where nothing is known, else without.
    pub(super) async fn list(&mut self, with_text: bool) -> Result<(), SyncError> {
        let mut after: Option<String> = None;
        let mut seen = BTreeSet::new();
        let mut others = Vec::new();
        let mut listed = 0;
        let mut complete = true;
        let mut size = LARGEST_PAGE;
        let mut first = true;
        let known = &self.known;
        self.state.retry.retain(|id| known.contains_key(id));
        loop {
            let page = match self.page(&mut size, with_text, after.as_deref()).await {
                Ok(page) => page,
                Err(error) if first => return Err(error),
                Err(error) => {
                    // What was read stays; the rest was not seen, which is not its deletion.
                    self.outcome.error = Some(error);
                    complete = false;
                    break;
                }
            };
            if first {
                self.state.total = page.page.total;
                self.state.archived = page.archived_total;
                self.state.watermark = page
                    .page
                    .items
                    .iter()
                    .filter_map(|n| n.pushed_at.clone())
                    .max();
                self.provider.progress.repositories_total(page.page.total);
                first = false;
            }
            complete &= page.page.is_complete();
            self.note(&page.page.problems, &page.page.withheld);
            listed += page.page.items.len() as u64;
            let mut belong = Vec::new();
            for node in page.page.items {
                if let Some(problem) = page.refused.get(&node.id) {
                    seen.insert(node.id.clone());
                    self.refused(node, problem)?;
                } else if self
                    .provider
                    .config
                    .filter
                    .matches(&GithubDiscovery::facts(&node))
                {
                    belong.push(self.provider.repository(node));
                } else {
                    others.push(node.id);
                }
            }
            self.provider.progress.repositories(listed);
            let present = self.take(belong).await?;
            seen.extend(present);
            match page.page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        // A push while the pages were read can move a repository past the reader.
        if listed != self.state.total {
            complete = false;
        }
        others.sort();
        self.state.others = others;
        self.state.complete = complete;
        self.outcome.complete = complete;
        self.outcome.seen = Some(seen);
        self.save()
    }

    /// Asks for what was pushed since, compares the counts, and sweeps over what is known.
    pub(super) async fn increment(&mut self, last: &State) -> Result<(), SyncError> {
        self.state = State {
            key: self.state.key.clone(),
            ..last.clone()
        };
        let mut size = HEAD_PAGE;
        let mut after: Option<String> = None;
        let mut counted = false;
        let mut listed = 0;
        let mut pushed = BTreeSet::new();
        loop {
            let page = self.page(&mut size, true, after.as_deref()).await?;
            if !counted {
                counted = true;
                self.provider.progress.repositories_total(page.page.total);
                if page.page.total != last.total || page.archived_total != last.archived {
                    return self.list(false).await;
                }
                let newest = page
                    .page
                    .items
                    .iter()
                    .filter_map(|n| n.pushed_at.clone())
                    .max();
                self.state.watermark = newest.max(last.watermark.clone());
            }
            let complete = page.page.is_complete();
            if !complete {
                self.note(&page.page.problems, &page.page.withheld);
                self.state.watermark.clone_from(&last.watermark);
            }
            let more = page.page.next;
            let news: Vec<RepositoryNode> = page
                .page
                .items
                .into_iter()
                .filter(|n| n.pushed_at >= last.watermark)
                .collect();
            let all_new = news.len() as u32 >= size.min(HEAD_PAGE) && !news.is_empty();
            listed += news.len() as u64;
            let mut belong = Vec::new();
            for node in news {
                pushed.insert(node.id.clone());
                if let Some(problem) = page.refused.get(&node.id) {
                    self.refused(node, problem)?;
                } else if self
                    .provider
                    .config
                    .filter
                    .matches(&GithubDiscovery::facts(&node))
                {
                    belong.push(self.provider.repository(node));
                } else if complete {
                    self.leave(&node.id);
                }
            }
            let ids: BTreeSet<String> = belong.iter().map(|r| r.id.clone()).collect();
            let present = self.take(belong).await?;
            // Of a page that lacks something, what is not there may have been held back.
            for id in ids.difference(&present).filter(|_| complete) {
                self.without_file(id);
            }
            match more {
                Some(next) if all_new => {
                    after = Some(next);
                    size = LARGEST_PAGE;
                }
                _ => break,
            }
        }
        self.provider.progress.repositories(listed.max(1));
        self.sweep(&pushed).await
    }

    pub(super) async fn sweep(&mut self, pushed: &BTreeSet<String>) -> Result<(), SyncError> {
        let ids: Vec<String> = self
            .known
            .keys()
            .chain(&self.state.others)
            .filter(|id| !pushed.contains(*id))
            .filter(|id| !self.known.get(*id).is_some_and(|(_, stale)| *stale))
            .cloned()
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect();
        let topics = self.provider.config.filter.needs_topics();
        let sweep = match sweep::sweep(&self.client, &ids, topics).await {
            Ok(sweep) => sweep,
            Err(error) => {
                self.outcome.error = Some(error.into());
                return self.save();
            }
        };
        if !sweep.lost.is_empty() {
            return self.list(false).await;
        }
        // What was out of sight already is asked for apart: that it still is says nothing new.
        let mut again: Vec<String> = self
            .known
            .iter()
            .filter(|(id, (_, stale))| *stale && !pushed.contains(*id))
            .map(|(id, _)| id.clone())
            .collect();
        for seen in sweep.seen {
            self.provider.progress.repository();
            let belongs = self.provider.config.filter.matches(&seen.facts);
            match self.known.get(&seen.id) {
                Some(_) if !belongs && sweep.complete => self.leave(&seen.id),
                Some(_) if !belongs => {}
                Some((memory, _)) => {
                    let branch = self
                        .provider
                        .config
                        .branch
                        .clone()
                        .or(seen.facts.default_branch);
                    let same =
                        memory.name == seen.facts.name && Some(&memory.branch) == branch.as_ref();
                    if !same || self.state.retry.contains(&seen.id) {
                        again.push(seen.id);
                    } else {
                        self.turn.sink.unchanged(&seen.id);
                    }
                }
                None if belongs => again.push(seen.id),
                None => {}
            }
        }
        let outside = self.changed_outside().await;
        again.extend(outside);
        again.retain(|id| !pushed.contains(id));
        again.sort();
        again.dedup();
        self.reread(&again).await?;
        self.outcome.complete = sweep.complete && self.outcome.error.is_none();
        self.save()
    }

    /// Units with files of other repositories or addresses that are not as they were.
    pub(super) async fn changed_outside(&mut self) -> BTreeSet<String> {
        let policy = self.provider.reader.policy();
        let mut asked: Vec<(&str, &ReadFile)> = Vec::new();
        for (id, (memory, _)) in &self.known {
            let outside = memory
                .files
                .iter()
                .filter(|file| match file.readable(policy) {
                    Some(Readable::Github(target)) => !self.provider.is_own(&target, memory),
                    Some(Readable::Url(_)) => true,
                    _ => false,
                });
            asked.extend(outside.map(|file| (id.as_str(), file)));
        }
        let (changed, unchecked) = changed_of(&self.provider.reader, &asked).await;
        for (id, at, error) in unchecked {
            self.unchecked(id, &at, error);
        }
        changed
    }

    /// Reads repositories by id again, whatever is known of them.
    pub(super) async fn reread(&mut self, ids: &[String]) -> Result<(), SyncError> {
        if ids.is_empty() {
            return Ok(());
        }
        let sweep = sweep::sweep(
            &self.client,
            ids,
            self.provider.config.filter.needs_topics(),
        )
        .await
        .map_err(SyncError::from)?;
        let mut belong = Vec::new();
        for seen in sweep.seen {
            if !self.provider.config.filter.matches(&seen.facts) {
                if sweep.complete {
                    self.leave(&seen.id);
                }
                continue;
            }
            let known = self.known.remove(&seen.id);
            belong.push(Repository {
                id: seen.id,
                name: seen.facts.name,
                url: seen.url,
                branch: self
                    .provider
                    .config
                    .branch
                    .clone()
                    .or(seen.facts.default_branch)
                    .unwrap_or_default(),
                file: None,
                head: None,
                pushed_at: known.and_then(|(memory, _)| memory.pushed_at),
            });
        }
        let ids: BTreeSet<String> = belong.iter().map(|r| r.id.clone()).collect();
        let present = self.take(belong).await?;
        for id in ids.difference(&present) {
            self.without_file(id);
        }
        Ok(())
    }

    pub(super) async fn page(
        &mut self,
        size: &mut u32,
        with_text: bool,
        after: Option<&str>,
    ) -> Result<queries::RepositoryPage, SyncError> {
        let config = &self.provider.config;
        let paths = if self.provider.is_glob() {
            Vec::new()
        } else {
            vec![config.path.clone()]
        };
        self.provider
            .progress
            .stage(&config.organization, Stage::Listing);
        loop {
            if self.turn.cancel.is_cancelled() {
                return Err(cancelled());
            }
            let query = RepositoryQuery {
                owner: &config.organization,
                paths: &paths,
                branch: config.branch.as_deref(),
                with_text,
                first: *size,
                after,
            };
            match queries::repositories(&self.client, &query).await {
                Err(error) if error.wants_smaller_page() && *size > SMALLEST_PAGE => {
                    *size = (*size / 2).max(SMALLEST_PAGE);
                }
                Err(error) => return Err(error.into()),
                Ok(page) => return Ok(page),
            }
        }
    }
}
