//! Runs what `update` asks for, on a few threads of its own, under the policies that a job names.
//!
//! A lane is a thread that runs one job after another and sleeps in between; it starts with its first job. Searches
//! never wait behind the database, and neither waits behind a sync. A job that panics ends with an error and
//! takes nothing with it. Nothing here touches the terminal.

use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::Sender;
use tokio_util::sync::CancellationToken;

use super::event::Incoming;
use crate::app::{
    Job, JobError, JobErrorKind, JobEvent, JobId, JobReport, Msg, Output, Policy, Slot,
    SyncProgress,
};

/// A thread that jobs share.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Lane {
    /// Searches; nothing else, so that the newest starts at once.
    Search,
    /// Laying trees out and filtering them.
    Tree,
    /// Reading documentation, laying it out and colouring it.
    Docs,
    /// Everything else that reads or writes the two databases.
    Store,
    /// The network.
    Sync,
    /// Who is on call: must not wait for a sync.
    OnCall,
}

impl Lane {
    fn of(job: &Job) -> Lane {
        match job {
            Job::Search(_) => Lane::Search,
            Job::Tree { .. }
            | Job::FilterTree(_)
            | Job::FilterDocs { .. }
            | Job::References { .. } => Lane::Tree,
            Job::OpenDocs { .. }
            | Job::LoadDoc { .. }
            | Job::LayDoc { .. }
            | Job::ListDocs(_)
            | Job::SearchDocs { .. } => Lane::Docs,
            Job::Sync { .. } => Lane::Sync,
            Job::RefreshOnCall { .. } => Lane::OnCall,
            Job::OpenCache { .. }
            | Job::Facets(_)
            | Job::LoadEntity { .. }
            | Job::Contacts { .. }
            | Job::SetStar { .. }
            | Job::RememberVisit { .. }
            | Job::RememberPlaces { .. } => Lane::Store,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Lane::Search => "search",
            Lane::Tree => "tree",
            Lane::Docs => "docs",
            Lane::Store => "store",
            Lane::Sync => "sync",
            Lane::OnCall => "on-call",
        }
    }
}

/// What a lane's thread does with a job; it may keep things from one job to the next.
pub(super) type Worker = Box<dyn FnMut(Job, &Handle) -> Result<Option<String>, JobError>>;

/// Makes a lane's worker, on the lane's own thread.
pub(super) type Workers = Arc<dyn Fn(Lane) -> Worker + Send + Sync>;

/// A running job's way to speak.
#[derive(Clone, Debug)]
pub(super) struct Handle {
    id: JobId,
    pub(super) cancel: CancellationToken,
    reports: Sender<Incoming>,
}

impl Handle {
    /// Whether nobody waits for it any more.
    pub(super) fn cancelled(&self) -> bool {
        self.cancel.is_cancelled()
    }

    /// Hands something over.
    pub(super) fn output(&self, output: Output) {
        self.send(JobEvent::Output(output));
    }

    /// Says how far a sync is. Left out where the interface has not read the last ones.
    pub(super) fn progress(&self, progress: SyncProgress) {
        if !self.cancelled() {
            let event = JobEvent::Progress(progress);
            let _ = self.reports.try_send(self.report(event));
        }
    }

    fn send(&self, event: JobEvent) {
        if !self.cancelled() || matches!(event, JobEvent::Finished(_)) {
            // Nobody listens any more only where the program is about to end.
            let _ = self.reports.blocking_send(self.report(event));
        }
    }

    fn report(&self, event: JobEvent) -> Incoming {
        Incoming::Msg(Msg::Job(JobReport { id: self.id, event }))
    }
}

struct Task {
    slot: Slot,
    job: Job,
    handle: Handle,
}

#[derive(Default)]
struct Mailbox {
    waiting: VecDeque<Task>,
    running: Option<(Slot, Handle)>,
    started: bool,
    closed: bool,
}

#[derive(Default)]
struct Shared {
    mailbox: Mutex<Mailbox>,
    changed: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Mailbox> {
        // Jobs run without the lock: a mailbox is whole whatever panicked.
        self.mailbox.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Starts, orders and cancels jobs.
pub(super) struct Runner {
    lanes: [Arc<Shared>; 6],
    workers: Workers,
    reports: Sender<Incoming>,
}

impl Runner {
    /// A runner whose jobs report to `reports`. No thread is started yet.
    pub(super) fn new(workers: Workers, reports: Sender<Incoming>) -> Self {
        Self {
            lanes: Default::default(),
            workers,
            reports,
        }
    }

    /// Starts a job, or queues it, as its policy says.
    ///
    /// # Errors
    /// The report of its end where it is refused: another of its slot runs, or there is no thread for it.
    pub(super) fn start(&self, id: JobId, policy: Policy, job: Job) -> Result<(), JobReport> {
        let refuse = |kind, message: String| {
            let error = JobError {
                kind,
                message,
                hint: None,
            };
            Err(JobReport {
                id,
                event: JobEvent::Finished(Err(error)),
            })
        };
        let lane = Lane::of(&job);
        let shared = self.shared(lane);
        let mut mailbox = shared.lock();
        let handle = Handle {
            id,
            cancel: CancellationToken::new(),
            reports: self.reports.clone(),
        };
        let slot = match policy {
            Policy::Latest(slot) => {
                mailbox.waiting.retain(|task| task.slot != slot);
                if let Some((_, running)) =
                    mailbox.running.as_ref().filter(|(other, _)| *other == slot)
                {
                    running.cancel.cancel();
                }
                slot
            }
            Policy::Exclusive(slot) => {
                let busy = mailbox
                    .running
                    .iter()
                    .any(|(other, running)| *other == slot && !running.cancelled())
                    || mailbox.waiting.iter().any(|task| task.slot == slot);
                if busy {
                    return refuse(
                        JobErrorKind::Busy,
                        format!("{} is at work already", lane.name()),
                    );
                }
                slot
            }
            Policy::Queue(slot) => slot,
        };
        if !mailbox.started {
            if let Err(error) = self.spawn(lane) {
                return refuse(
                    JobErrorKind::Failed,
                    format!("no thread for {}: {error}", lane.name()),
                );
            }
            mailbox.started = true;
        }
        mailbox.waiting.push_back(Task { slot, job, handle });
        shared.changed.notify_all();
        Ok(())
    }

    /// Stops a job; a waiting one never starts.
    pub(super) fn cancel(&self, id: JobId) {
        for shared in &self.lanes {
            let mut mailbox = shared.lock();
            mailbox.waiting.retain(|task| task.handle.id != id);
            if let Some((_, running)) = mailbox
                .running
                .as_ref()
                .filter(|(_, running)| running.id == id)
            {
                running.cancel.cancel();
            }
        }
    }

    /// Ends all lanes: writes to the state are finished, everything else is cancelled. Waits no longer than `limit`.
    pub(super) fn finish(&self, limit: Duration) {
        let deadline = Instant::now() + limit;
        for shared in &self.lanes {
            let mut mailbox = shared.lock();
            mailbox.waiting.retain(|task| task.slot == Slot::State);
            if let Some((_, running)) = mailbox
                .running
                .as_ref()
                .filter(|(slot, _)| *slot != Slot::State)
            {
                running.cancel.cancel();
            }
            mailbox.closed = true;
            shared.changed.notify_all();
        }
        for shared in &self.lanes {
            let left = deadline.saturating_duration_since(Instant::now());
            let mailbox = shared.lock();
            let _ = shared.changed.wait_timeout_while(mailbox, left, |m| {
                m.running.is_some() || !m.waiting.is_empty()
            });
        }
    }

    fn shared(&self, lane: Lane) -> &Arc<Shared> {
        let [search, tree, docs, store, sync, on_call] = &self.lanes;
        match lane {
            Lane::Search => search,
            Lane::Tree => tree,
            Lane::Docs => docs,
            Lane::Store => store,
            Lane::Sync => sync,
            Lane::OnCall => on_call,
        }
    }

    fn spawn(&self, lane: Lane) -> io::Result<()> {
        let shared = Arc::clone(self.shared(lane));
        let workers = Arc::clone(&self.workers);
        thread::Builder::new()
            .name(lane.name().into())
            .spawn(move || run(&shared, workers(lane)))?;
        Ok(())
    }
}

fn run(shared: &Shared, mut worker: Worker) {
    let mut mailbox = shared.lock();
    loop {
        let Some(task) = mailbox.waiting.pop_front() else {
            if mailbox.closed {
                return;
            }
            mailbox = shared
                .changed
                .wait(mailbox)
                .unwrap_or_else(PoisonError::into_inner);
            continue;
        };
        let Task { slot, job, handle } = task;
        mailbox.running = Some((slot, handle.clone()));
        drop(mailbox);
        handle.send(JobEvent::Started);
        let result = catch_unwind(AssertUnwindSafe(|| worker(job, &handle))).unwrap_or_else(|_| {
            Err(JobError {
                kind: JobErrorKind::Failed,
                message: "an error in callboard itself; the log has its place".into(),
                hint: None,
            })
        });
        let result = match result {
            Err(error) if handle.cancelled() => Err(JobError {
                kind: JobErrorKind::Cancelled,
                ..error
            }),
            other => other,
        };
        // Not running any more before it is known to have ended: an exclusive one may follow at once.
        shared.lock().running = None;
        handle.send(JobEvent::Finished(result));
        mailbox = shared.lock();
        shared.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;
    use tokio::sync::mpsc::{Receiver, channel};

    fn star(name: &str) -> Job {
        Job::SetStar {
            entity_ref: name.into(),
            starred: true,
        }
    }

    /// A runner whose jobs wait until they are let go or cancelled, and say who they were.
    fn runner() -> (Runner, Receiver<Incoming>, mpsc::Sender<()>) {
        let (reports, received) = channel(64);
        let (go, gate) = mpsc::channel::<()>();
        let gate = Arc::new(Mutex::new(gate));
        let workers: Workers = Arc::new(move |_| {
            let gate = Arc::clone(&gate);
            Box::new(move |job, handle| {
                let Job::SetStar { entity_ref, .. } = job else {
                    return Ok(None);
                };
                if entity_ref == "panic" {
                    panic!("on purpose");
                }
                let gate = gate.lock().unwrap();
                while !handle.cancelled() && gate.recv_timeout(Duration::from_millis(5)).is_err() {}
                Ok(Some(entity_ref))
            })
        });
        (Runner::new(workers, reports), received, go)
    }

    fn ends(
        received: &mut Receiver<Incoming>,
        count: usize,
    ) -> Vec<(u64, Result<String, JobErrorKind>)> {
        let mut ends = Vec::new();
        while ends.len() < count {
            match received.blocking_recv() {
                Some(Incoming::Msg(Msg::Job(JobReport {
                    id,
                    event: JobEvent::Finished(result),
                }))) => {
                    ends.push((
                        id.0,
                        result.map(Option::unwrap_or_default).map_err(|e| e.kind),
                    ));
                }
                Some(_) => {}
                None => break,
            }
        }
        ends
    }

    #[test]
    fn the_latest_cancels_what_runs_and_takes_the_place_of_what_waits() {
        let (runner, mut received, go) = runner();
        let latest = Policy::Latest(Slot::Preview);
        for (id, name) in [(1, "a"), (2, "b"), (3, "c")] {
            runner.start(JobId(id), latest, star(name)).unwrap();
        }
        go.send(()).unwrap();
        let ends = ends(&mut received, 1);
        // Whether the first had begun or not, the second never does and the third ends.
        let last = if ends[0].0 == 3 {
            ends
        } else {
            self::ends(&mut received, 1)
        };
        assert_eq!(last, [(3, Ok("c".into()))]);
    }

    #[test]
    fn an_exclusive_job_refuses_a_second() {
        let (runner, mut received, go) = runner();
        let exclusive = Policy::Exclusive(Slot::Sync);
        runner.start(JobId(1), exclusive, star("a")).unwrap();
        let refused = runner.start(JobId(2), exclusive, star("b")).unwrap_err();
        assert!(matches!(
            refused.event,
            JobEvent::Finished(Err(JobError {
                kind: JobErrorKind::Busy,
                ..
            }))
        ));
        go.send(()).unwrap();
        assert_eq!(ends(&mut received, 1), [(1, Ok("a".into()))]);
        runner.start(JobId(3), exclusive, star("c")).unwrap();
        go.send(()).unwrap();
        assert_eq!(ends(&mut received, 1), [(3, Ok("c".into()))]);
    }

    #[test]
    fn queued_jobs_run_in_order() {
        let (runner, mut received, go) = runner();
        for (id, name) in [(1, "a"), (2, "b"), (3, "c")] {
            runner
                .start(JobId(id), Policy::Queue(Slot::State), star(name))
                .unwrap();
            go.send(()).unwrap();
        }
        let order: Vec<u64> = ends(&mut received, 3)
            .into_iter()
            .map(|(id, _)| id)
            .collect();
        assert_eq!(order, [1, 2, 3]);
    }

    #[test]
    fn a_job_that_panics_ends_with_an_error_and_the_next_one_runs() {
        let (runner, mut received, go) = runner();
        runner
            .start(JobId(1), Policy::Queue(Slot::State), star("panic"))
            .unwrap();
        runner
            .start(JobId(2), Policy::Queue(Slot::State), star("b"))
            .unwrap();
        go.send(()).unwrap();
        assert_eq!(
            ends(&mut received, 2),
            [(1, Err(JobErrorKind::Failed)), (2, Ok("b".into()))]
        );
    }

    #[test]
    fn a_cancelled_job_hands_nothing_over() {
        let (runner, mut received, go) = runner();
        runner
            .start(JobId(1), Policy::Queue(Slot::State), star("a"))
            .unwrap();
        runner
            .start(JobId(2), Policy::Queue(Slot::State), star("b"))
            .unwrap();
        runner.cancel(JobId(2));
        go.send(()).unwrap();
        assert_eq!(ends(&mut received, 1), [(1, Ok("a".into()))]);
        runner.finish(Duration::from_secs(10));
        drop(runner);
        assert_eq!(ends(&mut received, 1), []);
    }

    #[test]
    fn writes_are_finished_before_the_end() {
        let (runner, mut received, go) = runner();
        runner
            .start(JobId(1), Policy::Queue(Slot::State), star("a"))
            .unwrap();
        runner
            .start(JobId(2), Policy::Latest(Slot::Preview), star("b"))
            .unwrap();
        go.send(()).unwrap();
        runner.finish(Duration::from_secs(10));
        drop(runner);
        let done: Vec<u64> = ends(&mut received, 9)
            .into_iter()
            .filter(|(_, result)| result.is_ok())
            .map(|(id, _)| id)
            .collect();
        assert_eq!(done, [1]);
    }
}
