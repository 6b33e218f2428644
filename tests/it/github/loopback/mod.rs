//! A GitHub of the tests' own on 127.0.0.1: REST, GraphQL, raw files, Apps and the device flow, answering in
//! GitHub's shapes from a described [`World`], as strict as GitHub, with faults on request.
//!
//! It shares no code with the client: requests that GitHub would refuse (unknown fields or arguments, a page
//! over 100, a missing `User-Agent`, a JWT that lasts too long) are refused here too. It records every
//! request, so that tests can count them and see where a token went.
//!
//! It runs on a thread with a runtime of its own, so that blocking tests and the real binary can use it, and
//! ends when the handle is dropped.
//!
//! ```ignore
//! let github = Loopback::start(
//!     World::new()
//!         .token("ghp_reader", Token::classic("ann", &["repo", "read:org"]))
//!         .organization(
//!             Account::organization("acme")
//!                 .repository(Repository::new("shop").file("catalog-info.yaml", "…"))
//!                 .team(Team::new("platform").member("ann")),
//!         ),
//! );
//! // github.host(), github.api_base_url() …
//! github.change(|world| world.repository_mut("acme", "shop").unwrap().archived = true);
//! github.fault(Fault::status(502).on_graphql().times(2));
//! assert_eq!(github.graphql_requests(), 1);
//! ```

#![allow(
    dead_code,
    unused_imports,
    reason = "the tests and the example each use another part of it"
)]

mod access;
mod apps;
mod bare;
mod fault;
pub mod generate;
mod git;
mod git_http;
mod graphql;
mod http;
mod rest;
mod strict;
mod world;
mod writing;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use fault::Fault;
pub use http::{Recorded, Reply};
pub use world::{Account, App, DeviceFlow, Hub, Repository, Team, Token, User, Visibility, World};

/// What the server's connections share.
pub(crate) struct Shared {
    world: Mutex<World>,
    faults: Mutex<Vec<Fault>>,
    recorded: Mutex<Vec<Recorded>>,
    address: SocketAddr,
}

impl Shared {
    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn faults(&self) -> MutexGuard<'_, Vec<Fault>> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn recorded(&self) -> MutexGuard<'_, Vec<Recorded>> {
        self.recorded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `http://127.0.0.1:PORT`
    fn web(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// A running server. Dropping it ends it.
pub struct Loopback {
    shared: Arc<Shared>,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Loopback {
    /// Starts a server on a free port.
    pub fn start(world: World) -> Self {
        Self::start_at(world, 0)
    }

    /// Starts a server on a port of 127.0.0.1; 0 takes a free one.
    pub fn start_at(world: World, port: u16) -> Self {
        let listener =
            std::net::TcpListener::bind(("127.0.0.1", port)).expect("a port on 127.0.0.1");
        listener
            .set_nonblocking(true)
            .expect("a listener without blocking");
        let shared = Arc::new(Shared {
            world: Mutex::new(world),
            faults: Mutex::default(),
            recorded: Mutex::default(),
            address: listener.local_addr().expect("the listener's address"),
        });
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let serving = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("loopback-github".into())
            .spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .expect("a runtime");
                runtime.block_on(async move {
                    tokio::select! {
                        () = http::serve(listener, serving) => {}
                        _ = stopped => {}
                    }
                });
            })
            .expect("a thread");
        Self {
            shared,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// `127.0.0.1:PORT`: `host` of an integration.
    pub fn host(&self) -> String {
        self.shared.address.to_string()
    }

    /// `http://127.0.0.1:PORT`: where pages and sign-in are.
    pub fn web_url(&self) -> String {
        self.shared.web()
    }

    /// `apiBaseUrl` of an integration.
    pub fn api_base_url(&self) -> String {
        format!("{}/api/v3", self.web_url())
    }

    /// `rawBaseUrl` of an integration.
    pub fn raw_base_url(&self) -> String {
        format!("{}/raw", self.web_url())
    }

    /// An `integrations.github` section for a configuration file, with a token where one is given.
    pub fn integration_yaml(&self, token: Option<&str>) -> String {
        let token = token.map_or_else(String::new, |token| format!("      token: {token}\n"));
        format!(
            "integrations:\n  github:\n    - host: {}\n      apiBaseUrl: {}\n      rawBaseUrl: {}\n{token}",
            self.host(),
            self.api_base_url(),
            self.raw_base_url()
        )
    }

    /// Changes the world between requests.
    pub fn change<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        change(&mut self.shared.world())
    }

    /// Lets coming requests fail; the first fault that matches and is not used up acts.
    pub fn fault(&self, fault: Fault) {
        self.shared.faults().push(fault);
    }

    /// Ends all faults.
    pub fn clear_faults(&self) {
        self.shared.faults().clear();
    }

    /// Every request so far, faulty ones included, in order.
    pub fn requests(&self) -> Vec<Recorded> {
        self.shared.recorded().clone()
    }

    /// Every request since the last call.
    pub fn take_requests(&self) -> Vec<Recorded> {
        std::mem::take(&mut *self.shared.recorded())
    }

    /// Requests since the last call that change something through the API, as `POST /repos/o/r/hooks`.
    pub fn writes(&self) -> Vec<Recorded> {
        self.shared
            .recorded()
            .iter()
            .filter(|request| request.method != "GET" && request.path.starts_with("/api/v3/"))
            .cloned()
            .collect()
    }

    /// How many of the requests so far went to GraphQL.
    pub fn graphql_requests(&self) -> usize {
        self.shared
            .recorded()
            .iter()
            .filter(|request| request.is_graphql())
            .count()
    }

    /// How many of the requests so far went elsewhere.
    pub fn rest_requests(&self) -> usize {
        self.shared
            .recorded()
            .iter()
            .filter(|request| !request.is_graphql())
            .count()
    }
}

/// Names a file that every request to a loopback GitHub is appended to, one JSON object a line, so that they can be held to
/// GitHub's own description.
const RECORD: &str = "CALLBOARD_TEST_REQUESTS";

/// Appends what was asked to the file that the environment names, if any.
fn keep(requests: &[Recorded]) {
    use std::io::Write;
    let Some(path) = std::env::var_os(RECORD) else {
        return;
    };
    let mut lines = String::new();
    for request in requests {
        let line = serde_json::json!({
            "method": request.method, "path": request.path, "headers": request.headers,
            "body": request.body_text(), "answered": request.answered,
        });
        lines.push_str(&format!("{line}\n"));
    }
    let file = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path);
    let _ = file.and_then(|mut file| file.write_all(lines.as_bytes()));
}

impl Drop for Loopback {
    fn drop(&mut self) {
        keep(&self.shared.recorded());
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
