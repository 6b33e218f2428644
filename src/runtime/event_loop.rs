//! The event loop.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::Notify;
use tokio::sync::mpsc::{self, Receiver, Sender};

use super::event::Incoming;
use super::jobs::Runner;
use super::launch::{Ending, Launch, LaunchError};
use super::pace::{Pace, Urgency};
use super::schedule::Schedule;
use super::signals::{Caught, Signals};
use super::suspend::{self, Asked};
use super::timers::{Timers, sleep};
use super::watch::Watch;
use super::work::{self, Services};
use super::{frame, handover, log, open, setup};
use crate::app::{self, CacheUpdate, Effect, JobEvent, JobReport, Msg, Output, State};
use crate::store::{Checked, index};
use crate::term::{Capabilities, Event, Input, MouseKind, Reply, Terminal, Tty};
use crate::text;
use crate::ui::{self, Rendered, ViewCache};

/// How many messages are taken in before the state is drawn.
const BATCH: usize = 64;
/// How many events and reports wait at most; who sends more waits too.
const CHANNEL: usize = 1024;
/// How long the end waits for writes to the state and for a sync to stop.
const FAREWELL: Duration = Duration::from_secs(2);
/// How many lines a turn of the wheel moves.
const WHEEL: i16 = 3;

/// Shows the interface until it ends. The terminal is as it was when this returns, whatever happened.
///
/// Before the first frame it reads the index file and two small ones: when it was checked, and what comes first.
///
/// # Errors
/// [`LaunchError`]; nothing has been drawn then.
pub fn run_interface(launch: Launch) -> Result<Ending, LaunchError> {
    let capabilities = Capabilities::probe(&|name| std::env::var(name).ok());
    if capabilities.dumb {
        return Err(LaunchError::Dumb);
    }
    let tty = Arc::new(Tty::open().map_err(LaunchError::Terminal)?);
    let drained = Arc::new(Notify::new());
    let tell = Arc::clone(&drained);
    let mut terminal = Terminal::take(Arc::clone(&tty), move || tell.notify_one())
        .map_err(LaunchError::Terminal)?;
    let (state, effects) = State::new(setup::setup(&launch, &capabilities, terminal.size()));
    let mut screen = Screen::default();
    draw(&mut terminal, &state, &mut screen);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(LaunchError::System)?;
    let ending = runtime.block_on(async {
        let mut interface =
            Interface::start(launch, capabilities, tty, terminal, drained, state, screen)
                .map_err(LaunchError::System)?;
        interface.perform(effects.into());
        let ending = interface.run().await;
        // The shell has its terminal back before the last writes are waited for.
        let Interface {
            terminal,
            input,
            runner,
            ..
        } = interface;
        drop(terminal);
        drop(input);
        runner.finish(FAREWELL);
        Ok(ending)
    });
    runtime.shutdown_background();
    ending
}

/// What the last frame left behind.
#[derive(Default)]
struct Screen {
    view: ViewCache,
    rendered: Rendered,
}

/// Draws the state; false where the terminal has not taken the last frame yet.
fn draw(terminal: &mut Terminal, state: &State, screen: &mut Screen) -> bool {
    let Screen { view, rendered } = screen;
    terminal.draw(|area, buffer| {
        *rendered = ui::render(state, view, area, buffer);
        frame::drawing(rendered)
    })
}

/// What woke the loop.
enum Woke {
    Signal(Caught),
    Input(Option<Event>),
    Incoming(Incoming),
    Drained,
    Deadline,
}

struct Interface {
    terminal: Terminal,
    tty: Arc<Tty>,
    input: Option<Input>,
    /// Both ends: a new input thread sends to the same place.
    events: (Sender<Event>, Receiver<Event>),
    incoming: Receiver<Incoming>,
    tell: Sender<Incoming>,
    drained: Arc<Notify>,
    signals: Signals,
    runner: Runner,
    services: Arc<Services>,
    watch: Option<Watch>,
    schedule: Schedule,
    timers: Timers,
    pace: Pace,
    state: State,
    screen: Screen,
    capabilities: Capabilities,
    clipboard: bool,
    /// The program was continued by what it did itself; the signal of it says nothing new.
    continued: bool,
    ending: Option<Ending>,
    /// What another program gets the terminal for, as soon as the loop comes round.
    handed_over: Option<app::HandOver>,
}

impl Interface {
    /// Starts everything that runs beside the loop. The first frame is out, or on its way.
    fn start(
        launch: Launch,
        capabilities: Capabilities,
        tty: Arc<Tty>,
        mut terminal: Terminal,
        drained: Arc<Notify>,
        state: State,
        screen: Screen,
    ) -> io::Result<Self> {
        let signals = Signals::catch()?;
        let events = mpsc::channel(CHANNEL);
        let (tell, incoming) = mpsc::channel(CHANNEL);
        let input = Self::listen(&tty, &events.0)?;
        // What the terminal can do is learned after the first frame.
        terminal.ask();
        for line in launch.notices {
            open::say(&tell, line);
        }
        let services = Arc::new(Services {
            paths: launch.paths,
            offline: launch.offline,
            sync: launch.sync.clone(),
            user: launch.user,
            card_sources: launch.card_sources,
            snapshot: Mutex::new(Arc::clone(&state.snapshot)),
        });
        let runner = Runner::new(work::workers(Arc::clone(&services)), tell.clone());
        let mut pace = Pace::default();
        pace.moving(screen.rendered.next_frame, Instant::now());
        Ok(Self {
            terminal,
            tty,
            input: Some(input),
            events,
            incoming,
            tell,
            drained,
            signals,
            runner,
            services,
            watch: None,
            schedule: Schedule::new(launch.sync.filter(|_| !launch.offline)),
            timers: Timers::default(),
            pace,
            state,
            screen,
            capabilities,
            clipboard: launch.clipboard,
            continued: false,
            ending: None,
            handed_over: None,
        })
    }

    fn listen(tty: &Arc<Tty>, events: &Sender<Event>) -> io::Result<Input> {
        let events = events.clone();
        Input::start(Arc::clone(tty), move |event| {
            events.blocking_send(event).is_ok()
        })
    }

    async fn run(&mut self) -> Ending {
        loop {
            if let Some(ending) = self.ending {
                return ending;
            }
            if self.terminal.lost() {
                return Ending::TerminalLost;
            }
            if let Some(order) = self.handed_over.take() {
                self.hand_over(order).await;
                continue;
            }
            self.show();
            match self.wait().await {
                Woke::Signal(caught) => self.caught(caught),
                Woke::Input(Some(event)) => {
                    self.clock();
                    self.event(event);
                }
                Woke::Input(None) => self.ending = Some(Ending::TerminalLost),
                Woke::Incoming(incoming) => {
                    self.clock();
                    self.incoming(incoming);
                }
                Woke::Drained => {}
                Woke::Deadline => self.deadline(),
            }
            self.drain();
        }
    }

    /// Waits for whatever comes first: what ends the program before what a person does before what jobs say.
    async fn wait(&mut self) -> Woke {
        // Asked once: a terminal that gets ready between two questions would wake nobody, and a frame would be lost.
        let ready = self.terminal.ready();
        let frame = self.pace.due().filter(|_| ready);
        let deadline = [frame, self.timers.next(), self.schedule.at()]
            .into_iter()
            .flatten()
            .min();
        tokio::select! {
            biased;
            caught = self.signals.next() => Woke::Signal(caught),
            event = self.events.1.recv() => Woke::Input(event),
            Some(incoming) = self.incoming.recv() => Woke::Incoming(incoming),
            () = self.drained.notified(), if !ready => Woke::Drained,
            () = sleep(deadline), if deadline.is_some() => Woke::Deadline,
        }
    }

    /// Takes in what has come besides, up to a batch: one frame for all of it.
    fn drain(&mut self) {
        for _ in 0..BATCH {
            if self.ending.is_some() {
                return;
            }
            if let Ok(event) = self.events.1.try_recv() {
                self.event(event);
            } else if let Ok(incoming) = self.incoming.try_recv() {
                self.incoming(incoming);
            } else {
                return;
            }
        }
    }

    /// Draws what is due where the terminal takes it; else the frame stays due until the last one is out.
    fn show(&mut self) {
        let now = Instant::now();
        if self.pace.is_due(now) {
            if draw(&mut self.terminal, &self.state, &mut self.screen) {
                self.pace.drawn(now);
                self.pace.moving(self.screen.rendered.next_frame, now);
            }
        } else {
            self.terminal.flush();
        }
        if self.watch.is_none() && self.terminal.ready() {
            // The first frame is out: now there is time for what only matters later.
            log::to_file(&self.services.paths.state_dir, 0);
            self.watch = Some(Watch::start(
                &self.services.paths.cache_dir,
                self.tell.clone(),
            ));
        }
    }

    fn deadline(&mut self) {
        let now = Instant::now();
        let due = self.timers.take_due(now);
        if !due.is_empty() {
            self.clock();
        }
        for timer in due {
            self.update(Msg::Timer(timer), Urgency::Now);
        }
        if self.schedule.take_due(now) {
            self.clock();
            self.update(Msg::SyncDue, Urgency::Now);
            // The end of the sync that runs now plans the next one.
            if !self.state.syncing() && !self.state.read_only {
                self.schedule.plan(now);
            }
        }
    }

    fn caught(&mut self, caught: Caught) {
        match caught {
            Caught::End(signal) => self.ending = Some(Ending::Signal(signal)),
            Caught::Resized => self.resized(),
            Caught::Stop => self.suspend(Asked::BySignal),
            Caught::Continued if std::mem::take(&mut self.continued) => {}
            Caught::Continued => {
                // Stopped without a word: the shell has had the terminal meanwhile.
                self.retake();
            }
        }
    }

    fn resized(&mut self) {
        self.terminal.measure();
        let (columns, rows) = self.terminal.size();
        self.update(Msg::Resize { columns, rows }, Urgency::Now);
    }

    fn suspend(&mut self, asked: Asked) {
        if asked == Asked::ByKey && !suspend::possible() {
            open::say(
                &self.tell,
                "no shell to suspend to: this terminal runs callboard alone".into(),
            );
            return;
        }
        self.input = None;
        self.terminal.release();
        self.continued = true;
        suspend::stop(asked);
        self.retake();
    }

    /// Gives the terminal to another program and takes it again.
    async fn hand_over(&mut self, order: app::HandOver) {
        let env = |name: &str| std::env::var(name).ok();
        let prepared = match handover::prepare(order, &self.tty, &env) {
            Ok(prepared) => prepared,
            Err(message) => return open::say(&self.tell, message),
        };
        self.input = None;
        self.terminal.release();
        let outcome = prepared.run(&mut self.signals, &mut self.incoming).await;
        if outcome.ending.is_some() {
            self.ending = outcome.ending;
            return;
        }
        self.retake();
        for incoming in outcome.incoming {
            self.incoming(incoming);
        }
        if let Some(msg) = outcome.msg {
            self.update(msg, Urgency::Now);
        }
        if let Some(notice) = outcome.notice {
            open::say(&self.tell, notice);
        }
    }

    /// Takes the terminal again after others had it, and draws everything anew.
    fn retake(&mut self) {
        if let Err(error) = self.terminal.retake() {
            tracing::error!(%error, "the terminal could not be taken again");
            self.ending = Some(Ending::TerminalLost);
            return;
        }
        if self.input.is_none() {
            match Self::listen(&self.tty, &self.events.0) {
                Ok(input) => self.input = Some(input),
                Err(error) => {
                    tracing::error!(%error, "the terminal cannot be read");
                    self.ending = Some(Ending::TerminalLost);
                    return;
                }
            }
        }
        let (columns, rows) = self.terminal.size();
        self.clock();
        self.update(Msg::Resize { columns, rows }, Urgency::Now);
        self.update(Msg::Resumed, Urgency::Now);
    }

    fn event(&mut self, event: Event) {
        match event {
            Event::Key(key) => {
                self.update(Msg::Key(key), Urgency::Now);
                let now = Instant::now();
                if self.watch.as_mut().is_some_and(|w| w.wants_to_ask(now)) {
                    self.look_at_index();
                }
            }
            Event::Paste(pasted) => {
                let pasted = text::clean_multiline(&pasted).into_owned();
                self.update(Msg::Paste(pasted), Urgency::Now);
            }
            Event::Mouse(mouse) => {
                let kind = match mouse.kind {
                    MouseKind::Down(crate::term::Button::Left) => app::MouseKind::Press,
                    MouseKind::ScrollUp => app::MouseKind::Wheel(-WHEEL),
                    MouseKind::ScrollDown => app::MouseKind::Wheel(WHEEL),
                    MouseKind::Down(_) | MouseKind::Up(_) | MouseKind::Drag(_) => return,
                };
                let target = self.screen.rendered.hit(mouse.column, mouse.row);
                self.update(Msg::Mouse(app::Mouse { kind, target }), Urgency::Now);
            }
            Event::Focus(focused) => {
                self.update(Msg::Focus(focused), Urgency::Now);
                if focused {
                    self.look_at_index();
                }
            }
            Event::Reply(reply) => {
                self.terminal.learn(reply);
                if reply == Reply::End {
                    let capabilities = app::Capabilities {
                        hyperlinks: !self.capabilities.console,
                    };
                    self.update(Msg::Capabilities(capabilities), Urgency::Now);
                }
            }
            Event::Lost => self.ending = Some(Ending::TerminalLost),
        }
    }

    fn incoming(&mut self, incoming: Incoming) {
        match incoming {
            Incoming::IndexReplaced => self.look_at_index(),
            Incoming::Msg(msg) => {
                let now = Instant::now();
                let urgency = match &msg {
                    Msg::Job(JobReport { event, .. }) => {
                        if matches!(event, JobEvent::Output(Output::Matches(_))) {
                            self.pace.answered(now);
                        }
                        Urgency::of(event)
                    }
                    _ => Some(Urgency::Now),
                };
                let syncing = self.state.syncing();
                let shown = self.state.sync.is_some();
                match urgency {
                    Some(urgency) => self.update(msg, urgency),
                    None => {
                        let effects = app::update(&mut self.state, msg);
                        self.perform(effects.into());
                        if self.state.sync.is_some() != shown {
                            self.pace.changed(Urgency::Progress, now);
                        }
                    }
                }
                if syncing && !self.state.syncing() {
                    self.schedule.plan(Instant::now());
                }
            }
        }
    }

    /// Another process may have synced. Reading the index takes a millisecond or two at 100,000 entities.
    fn look_at_index(&mut self) {
        if !self.watch.as_mut().is_some_and(Watch::changed) {
            return;
        }
        let cache_dir = &self.services.paths.cache_dir;
        let newest = self.services.snapshot().generation();
        let snapshot = index::read(cache_dir)
            .filter(|snapshot| snapshot.generation() != newest)
            .map(Arc::new);
        if let Some(snapshot) = &snapshot {
            self.services.set_snapshot(Arc::clone(snapshot));
        }
        let checked = Checked::read(cache_dir);
        let update = CacheUpdate {
            snapshot,
            synced_at: work::synced_at(&checked),
            condition: self.services.condition_now(&checked, &self.state.condition),
            ..CacheUpdate::default()
        };
        self.update(Msg::Cache(Box::new(update)), Urgency::Now);
    }

    fn clock(&mut self) {
        // Changes what is drawn with the next frame and is no reason for one.
        let effects = app::update(&mut self.state, Msg::Clock(Timestamp::now()));
        self.perform(effects.into());
    }

    fn update(&mut self, msg: Msg, urgency: Urgency) {
        let effects = app::update(&mut self.state, msg);
        self.pace.updated(&effects, urgency, Instant::now());
        self.perform(effects.into());
    }

    fn perform(&mut self, mut effects: VecDeque<Effect>) {
        while let Some(effect) = effects.pop_front() {
            match effect {
                Effect::Start { id, policy, job } => {
                    if let Err(refused) = self.runner.start(id, policy, job) {
                        effects.extend(app::update(&mut self.state, Msg::Job(refused)));
                    }
                }
                Effect::Cancel(id) => self.runner.cancel(id),
                Effect::Timer { timer, after } => self.timers.set(timer, after, Instant::now()),
                Effect::Copy(copied) => self.copy(&copied),
                Effect::OpenLink(url) => open::link(&url, self.tell.clone()),
                Effect::HandOver(order) => self.handed_over = Some(order),
                Effect::Mouse(on) => self.terminal.set_mouse(on),
                Effect::Redraw => {
                    self.terminal.redraw();
                    self.pace.changed(Urgency::Now, Instant::now());
                }
                Effect::Suspend => self.suspend(Asked::ByKey),
                Effect::Quit => self.ending = Some(Ending::Quit),
            }
        }
    }

    fn copy(&mut self, copied: &str) {
        if !self.clipboard {
            open::say(
                &self.tell,
                "copying is turned off by callboard.clipboard".into(),
            );
        } else if let Err(error) = self.terminal.copy(copied, self.capabilities.session) {
            open::say(&self.tell, error.to_string());
        }
    }
}
