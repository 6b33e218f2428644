//! A sync as the interface runs it: what is due, and how it ended, for the status line and the message log.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;

use super::jobs::Handle;
use super::work::{Done, Services, failed, synced_at};
use crate::app::{CacheUpdate, Condition, Job, Output};
use crate::catalog::{DEFAULT_NAMESPACE, EntityRef};
use crate::store::Checked;
use crate::sync::{SyncError, SyncErrorKind, SyncOptions, SyncSummary};

/// Syncs, and hands over what the cache has then.
///
/// # Errors
/// Why nothing could be synced at all. Sources that failed are part of what is handed over.
pub(super) fn sync(services: &Services, job: Job, handle: &Handle) -> Done {
    let Job::Sync { full, only, due } = job else {
        return Ok(None);
    };
    if services.offline {
        return Ok(Some("Offline: showing the cache".to_owned()));
    }
    let Some(plan) = &services.sync else {
        return Err(failed("no source to sync from", None));
    };
    let parse = |text| EntityRef::parse(text, None, DEFAULT_NAMESPACE);
    let only = match only.as_deref().map(parse).transpose() {
        Ok(only) => only,
        Err(error) => return Err(failed(error.to_string(), None)),
    };
    // Others are left alone until their own time comes; another process may have been quicker.
    let sources = due.then(|| (plan.due)(Timestamp::now()).now);
    if sources.as_ref().is_some_and(BTreeSet::is_empty) {
        return Ok(None);
    }
    let options = SyncOptions {
        full,
        only,
        sources,
        ..SyncOptions::default()
    };
    let progress = |progress| handle.progress(progress);
    let result = (plan.run)(options, &progress, handle.cancel.clone());
    let mut update = CacheUpdate::default();
    let before = services.snapshot().generation();
    if let Some(snapshot) = crate::store::index::read(&services.paths.cache_dir)
        && snapshot.generation() != before
    {
        let snapshot = Arc::new(snapshot);
        services.set_snapshot(Arc::clone(&snapshot));
        update.snapshot = Some(snapshot);
    }
    let checked = Checked::read(&services.paths.cache_dir);
    update.synced_at = synced_at(&checked);
    // Another process is at it: the data is as good as before, and what comes is seen when it is there.
    let is_busy = matches!(&result, Err(error) if error.kind == SyncErrorKind::Busy);
    update.condition = (!is_busy).then(|| condition_after(&result));
    handle.output(Output::Cache(Box::new(update)));
    match result {
        Ok(summary) => {
            let told = told(&summary);
            if !told.is_empty() {
                handle.output(Output::Errors(told));
            }
            Ok(Some(said(&summary)))
        }
        Err(error) if is_busy => Ok(Some(error.message)),
        Err(error) => Err(failed(error.message, error.hint)),
    }
}

/// What a sync leaves the data in. One that reached its end may have failed all the same, source by source.
fn condition_after(result: &Result<SyncSummary, SyncError>) -> Condition {
    let failures: Vec<&SyncError> = match result {
        Ok(summary) => summary.failures.iter().collect(),
        Err(error) => vec![error],
    };
    let failures: Vec<&SyncError> = failures
        .into_iter()
        .filter(|failure| failure.kind != SyncErrorKind::Cancelled)
        .collect();
    let Some(first) = failures.first() else {
        return Condition::Ready;
    };
    let all_alike = failures.iter().all(|failure| failure.kind == first.kind);
    match first.kind {
        SyncErrorKind::Offline if all_alike => Condition::Offline,
        SyncErrorKind::RateLimited if all_alike => Condition::RateLimited { until: None },
        SyncErrorKind::NotSignedIn if all_alike => Condition::SignedOut,
        _ if result.is_err() => Condition::Failed(first.message.clone()),
        _ => {
            let messages = failures.iter().map(|failure| failure.message.clone());
            Condition::SourcesFailed(messages.collect())
        }
    }
}

fn said(summary: &SyncSummary) -> String {
    let mut said = format!(
        "{} added, {} changed, {} removed",
        summary.added, summary.changed, summary.removed
    );
    match summary.errors.len() {
        0 => {}
        1 => said.push_str(", 1 error"),
        errors => said.push_str(&format!(", {errors} errors")),
    }
    said
}

/// How many errors of a sync the message log takes; the rest is counted, so that they do not push all else out of it.
const TOLD: usize = 200;

fn told(summary: &SyncSummary) -> Vec<String> {
    let mut lines: Vec<String> = summary
        .errors
        .iter()
        .take(TOLD)
        .map(ToString::to_string)
        .collect();
    let more = summary.errors.len().saturating_sub(TOLD);
    if more > 0 {
        lines.push(format!(
            "{more} more errors: `callboard sync --output json` lists all"
        ));
    }
    // What to do about a source stands below why it failed.
    for failure in &summary.failures {
        let Some(hint) = &failure.hint else { continue };
        lines.retain(|line| *line != failure.message);
        lines.push(failure.message.clone());
        lines.push(match failure.message.split_once(": ") {
            Some((source, _)) => format!("{source}: {hint}"),
            None => hint.clone(),
        });
    }
    lines
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::app::{JobEvent, JobId, Msg, Policy, Slot};
    use crate::runtime::event::Incoming;
    use crate::runtime::jobs::Runner;
    use crate::runtime::launch::SyncPlan;
    use crate::runtime::work::workers;
    use crate::sync::{Due, SyncIssue};

    #[test]
    fn a_sync_says_how_many_errors_there_are_and_where_each_is() {
        let mut summary = SyncSummary {
            added: 2,
            ..SyncSummary::default()
        };
        assert_eq!(said(&summary), "2 added, 0 changed, 0 removed");
        let mut issue = SyncIssue::new("file:/a.yaml", "bad");
        (issue.line, issue.column) = (Some(3), Some(7));
        summary.errors = vec![issue; TOLD + 2];
        assert_eq!(said(&summary), "2 added, 0 changed, 0 removed, 202 errors");
        let told = told(&summary);
        assert_eq!(told[0], "file:/a.yaml:3:7: bad");
        assert_eq!(told.len(), TOLD + 1);
        assert!(told[TOLD].starts_with("2 more errors"));
        summary.errors.truncate(1);
        assert!(said(&summary).ends_with(", 1 error"));
    }

    #[test]
    fn a_sync_that_lost_a_source_on_the_way_does_not_say_that_all_is_well() {
        let after = |kinds: &[SyncErrorKind]| {
            let failures = kinds.iter().map(|kind| {
                SyncError::new(*kind, "acme: no").with_hint("ask an owner to let the App in")
            });
            condition_after(&Ok(SyncSummary {
                failures: failures.collect(),
                ..SyncSummary::default()
            }))
        };
        use SyncErrorKind as K;
        assert_eq!(after(&[]), Condition::Ready);
        assert_eq!(after(&[K::Cancelled]), Condition::Ready);
        assert_eq!(after(&[K::Offline, K::Offline]), Condition::Offline);
        assert_eq!(after(&[K::NotSignedIn]), Condition::SignedOut);
        assert_eq!(
            after(&[K::Offline, K::NotAllowed]),
            Condition::SourcesFailed(vec!["acme: no".into(); 2])
        );
        let failed = Err(SyncError::new(K::Cache, "the disk is full"));
        let condition = condition_after(&failed);
        assert_eq!(condition, Condition::Failed("the disk is full".into()));
    }

    #[test]
    fn what_to_do_about_a_failed_source_stands_below_why_it_failed() {
        let failure = SyncError::new(SyncErrorKind::NotAllowed, "acme: refused");
        let summary = SyncSummary {
            errors: vec![
                SyncIssue::new("acme", "refused"),
                SyncIssue::new("file:/a.yaml", "bad"),
            ],
            failures: vec![failure.with_hint("authorise the token")],
            ..SyncSummary::default()
        };
        assert_eq!(
            told(&summary),
            [
                "file:/a.yaml: bad",
                "acme: refused",
                "acme: authorise the token"
            ]
        );
    }

    #[test]
    fn a_schedule_syncs_what_is_due_and_leaves_the_others_alone() {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&asked);
        let due = Arc::new(Mutex::new(BTreeSet::from(["teams".to_owned()])));
        let now = Arc::clone(&due);
        let mut services = Services::with_a_source(false);
        services.sync = Some(SyncPlan {
            run: Arc::new(move |options: SyncOptions, _, _| {
                heard.lock().unwrap().push(options.sources);
                Ok(SyncSummary::default())
            }),
            due: Arc::new(move |_| Due {
                now: now.lock().unwrap().clone(),
                next: None,
            }),
            auto: true,
        });
        let (tell, mut told) = tokio::sync::mpsc::channel(64);
        let runner = Runner::new(workers(Arc::new(services)), tell);
        let mut run = |id, due| {
            let job = Job::Sync {
                full: false,
                only: None,
                due,
            };
            let policy = Policy::Exclusive(Slot::Sync);
            runner.start(JobId(id), policy, job).unwrap();
            while let Some(Incoming::Msg(Msg::Job(report))) = told.blocking_recv() {
                if let JobEvent::Finished(result) = report.event {
                    return result.unwrap();
                }
            }
            None
        };
        run(1, true);
        due.lock().unwrap().clear();
        // Another process has done it meanwhile: nothing is said.
        assert_eq!(run(2, true), None);
        run(3, false);
        let teams = Some(BTreeSet::from(["teams".to_owned()]));
        assert_eq!(*asked.lock().unwrap(), [teams, None]);
    }

    /// What a sync says at its end, and the condition it leaves.
    fn synced(services: Services) -> (Option<String>, Option<Condition>) {
        let (tell, mut told) = tokio::sync::mpsc::channel(8);
        let runner = Runner::new(workers(Arc::new(services)), tell);
        let job = Job::Sync {
            full: false,
            only: None,
            due: false,
        };
        let policy = Policy::Exclusive(Slot::Sync);
        runner.start(JobId(1), policy, job).unwrap();
        let mut condition = None;
        loop {
            let Some(Incoming::Msg(Msg::Job(report))) = told.blocking_recv() else {
                panic!("it never ended");
            };
            match report.event {
                JobEvent::Output(Output::Cache(update)) => condition = update.condition,
                JobEvent::Finished(result) => return (result.unwrap(), condition),
                _ => {}
            }
        }
    }

    #[test]
    fn a_sync_offline_says_that_it_is_offline() {
        let (said, _) = synced(Services::with_a_source(true));
        assert_eq!(said.as_deref(), Some("Offline: showing the cache"));
    }

    #[test]
    fn that_another_process_is_syncing_is_no_failure() {
        let mut services = Services::with_a_source(false);
        services.sync = Some(SyncPlan {
            run: Arc::new(|_, _, _| {
                let text = "another callboard is syncing (process 7)";
                Err(SyncError::new(SyncErrorKind::Busy, text))
            }),
            due: Arc::new(|_| Due::default()),
            auto: true,
        });
        let (said, condition) = synced(services);
        let text = said.unwrap();
        assert!(text.contains("process 7"), "{text}");
        assert_eq!(condition, None);
    }
}
