//! Following a task on a terminal: what is shown, what ctrl-c asks, and what a lost terminal stops.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use callboard::store::tasks::TaskStatus;
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use serde_json::json;

use super::world::{PATIENCE, TaskWorld, log, wait};

const ID: &str = "0b1c2d3e-0000-4000-8000-000000000001";

/// callboard in a terminal.
struct Run {
    master: Box<dyn MasterPty + Send>,
    keyboard: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    pieces: Receiver<Vec<u8>>,
    bytes: Vec<u8>,
    screen: vt100::Parser,
}

impl Run {
    fn start(world: &TaskWorld, args: &[&str]) -> Self {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_callboard"));
        command.args(args);
        command.env_clear();
        for (name, value) in world.world.environment() {
            command.env(name, value);
        }
        command.env("TERM", OsString::from("xterm-256color"));
        command.cwd(world.folder());
        let (rows, columns) = (24_u16, 80_u16);
        let size = PtySize {
            rows,
            cols: columns,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pair = native_pty_system().openpty(size).unwrap();
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (tell, pieces) = channel();
        thread::spawn(move || {
            let mut buffer = [0; 65536];
            while let Ok(read @ 1..) = reader.read(&mut buffer) {
                if tell.send(buffer[..read].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self {
            keyboard: pair.master.take_writer().unwrap(),
            master: pair.master,
            child,
            pieces,
            bytes: Vec::new(),
            screen: vt100::Parser::new(rows.try_into().unwrap(), columns.try_into().unwrap(), 1000),
        }
    }

    fn wait_for(&mut self, text: &str) {
        while !self.screen.screen().contents().contains(text) {
            let piece = self.pieces.recv_timeout(PATIENCE);
            let piece = piece
                .unwrap_or_else(|_| panic!("no {text:?} on {}", self.screen.screen().contents()));
            self.take(&piece);
        }
    }

    fn take(&mut self, piece: &[u8]) {
        self.screen.process(piece);
        self.bytes.extend_from_slice(piece);
    }

    fn send(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
        self.keyboard.flush().unwrap();
    }

    fn end(mut self) -> (u32, String) {
        let code = self.child.wait().unwrap().exit_code();
        while let Ok(piece) = self.pieces.recv_timeout(PATIENCE) {
            self.take(&piece);
        }
        (code, self.screen.screen().contents())
    }
}

#[test]
fn steps_are_shown_with_their_time_and_the_end_of_the_log() {
    let world = TaskWorld::new();
    let output = json!({"links": [{"title": "Repository", "url": "https://example.com/pay"}]});
    world.store_with(
        ID,
        json!([log("one", "first line"), wait("two", 1_500)]),
        &[],
        json!({}),
        output,
    );
    let mut run = Run::start(&world, &["task", "retry", ID]);
    run.wait_for("Waiting for 1500 milliseconds...");
    let (code, screen) = run.end();
    assert_eq!(code, 0, "{screen}");
    assert!(screen.contains("✓ one"), "{screen}");
    assert!(screen.contains("✓ two"), "{screen}");
    assert!(
        screen.contains("Repository  https://example.com/pay"),
        "{screen}"
    );
    assert!(
        !screen.contains("Waiting for"),
        "what moves is gone at the end: {screen}"
    );
}

#[test]
fn a_failed_step_stays_with_the_end_of_its_log() {
    let world = TaskWorld::new();
    let steps =
        json!([{"id": "bad", "name": "Bad", "action": "debug:log", "input": {"message": 5}}]);
    world.store(ID, steps, &[]);
    let (code, screen) = Run::start(&world, &["task", "retry", ID]).end();
    assert_eq!(code, 1);
    assert!(screen.contains("✗ Bad"), "{screen}");
    assert!(screen.contains("error: "), "{screen}");
    assert!(screen.contains("callboard task retry 0b1c2d3e"), "{screen}");
}

#[test]
fn a_task_outlives_its_terminal() {
    let world = TaskWorld::new();
    world.store(ID, json!([wait("wait", 3_000), log("end", "x")]), &[]);
    let mut run = Run::start(&world, &["task", "retry", ID]);
    run.wait_for("Waiting for");
    // The kernel hangs up on every process of the terminal.
    let Run {
        master,
        keyboard,
        pieces,
        mut child,
        ..
    } = run;
    // The reading thread lets go of its end with the next turn of the spinner.
    drop((master, keyboard, pieces));
    assert!(!child.wait().unwrap().success());
    world.wait_for_status(ID, TaskStatus::Completed);
    assert_eq!(world.finished(ID, "end"), 1);
}

#[test]
fn ctrl_c_asks_and_detaching_leaves_the_task_alone() {
    let world = TaskWorld::new();
    world.store(ID, json!([wait("wait", 3_000), log("end", "x")]), &[]);
    let mut run = Run::start(&world, &["task", "retry", ID]);
    run.wait_for("Waiting for");
    run.send("\x03");
    run.wait_for("d detach");
    run.send("d");
    let (code, screen) = run.end();
    assert_eq!(code, 0, "{screen}");
    assert!(screen.contains("task log --follow 0b1c2d3e"), "{screen}");
    world.wait_for_status(ID, TaskStatus::Completed);
}

#[test]
fn ctrl_c_asks_and_cancelling_stops_the_task() {
    let world = TaskWorld::new();
    world.store(ID, json!([wait("wait", 500_000)]), &[]);
    let mut run = Run::start(&world, &["task", "retry", ID]);
    run.wait_for("Waiting for");
    run.send("\x03");
    run.wait_for("c cancel");
    run.send("c");
    let (code, screen) = run.end();
    assert_eq!(code, 1, "{screen}");
    assert!(screen.contains("the task was cancelled"), "{screen}");
    assert_eq!(world.status(ID), "cancelled");
}
