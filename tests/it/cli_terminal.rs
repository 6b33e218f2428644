//! Commands in a terminal: what is said before the interface opens, and instead of it.

use std::io::{Read, Write};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use callboard::text;
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use super::cli::World;

/// How long anything may take before a test gives up on it: no measure of speed.
const PATIENCE: Duration = Duration::from_secs(30);

/// callboard in a terminal of 60 columns.
pub struct Run {
    master: Box<dyn MasterPty + Send>,
    child: Box<dyn Child + Send + Sync>,
    pieces: Receiver<Vec<u8>>,
    seen: String,
}

impl Run {
    pub fn start(world: &World, term: &str, args: &[&str]) -> Self {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_callboard"));
        command.args(args);
        command.env_clear();
        for (name, value) in world.environment() {
            command.env(name, value);
        }
        command.env("TERM", term);
        command.cwd(world.folder.path());
        let size = PtySize {
            rows: 24,
            cols: 60,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pair = native_pty_system().openpty(size).unwrap();
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut screen = pair.master.try_clone_reader().unwrap();
        let (tell, pieces) = channel();
        thread::spawn(move || {
            let mut buffer = [0; 65536];
            while let Ok(read @ 1..) = screen.read(&mut buffer) {
                if tell.send(buffer[..read].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self {
            master: pair.master,
            child,
            pieces,
            seen: String::new(),
        }
    }

    pub fn wait_for(&mut self, text: &str) {
        while !self.seen.contains(text) {
            let piece = self.pieces.recv_timeout(PATIENCE);
            let piece = piece.unwrap_or_else(|_| panic!("no {text:?} in {:?}", self.seen));
            self.seen.push_str(&String::from_utf8_lossy(&piece));
        }
    }

    pub fn send(&mut self, keys: &str) {
        let mut keyboard = self.master.take_writer().unwrap();
        keyboard.write_all(keys.as_bytes()).unwrap();
        keyboard.flush().unwrap();
    }

    /// Exit code and everything that was written.
    pub fn end(mut self) -> (u32, String) {
        let status = self.child.wait().unwrap();
        while let Ok(piece) = self.pieces.recv_timeout(PATIENCE) {
            self.seen.push_str(&String::from_utf8_lossy(&piece));
        }
        (status.exit_code(), self.seen)
    }
}

const OPENED: &str = "\x1b[?1049h";

#[test]
fn a_dumb_terminal_is_told_so_and_gets_the_plain_list() {
    let world = World::new();
    let (code, said) = Run::start(&world, "dumb", &[]).end();
    assert_eq!(code, 0, "{said}");
    assert!(
        said.contains("cannot show the interface (TERM=dumb)"),
        "{said}"
    );
    assert!(said.contains("NAME") && said.contains("orders"), "{said}");
    assert!(!said.contains('\x1b'), "{said:?}");
    let (code, said) = Run::start(&world, "dumb", &["orders"]).end();
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("component:default/orders"), "{said}");
    assert!(!said.contains('\x1b'), "{said:?}");
}

#[test]
fn a_reference_of_nothing_or_of_several_ends_before_the_interface_opens() {
    let world = World::new();
    for (reference, exit, part) in [
        ("paymnets", 3, "component:default/payments"),
        ("lits", 3, "the command `callboard list`"),
        ("payments", 4, "system:default/payments"),
        ("a:b:c", 2, "no entity reference"),
    ] {
        let (code, said) = Run::start(&world, "xterm-256color", &[reference]).end();
        assert_eq!(code, exit, "{reference}: {said}");
        assert!(said.contains("error: ") && said.contains(part), "{said}");
        assert!(!said.contains(OPENED), "{reference}: {said:?}");
    }
}

#[test]
fn an_entity_named_like_a_command_opens_by_its_kind() {
    let world = World::new();
    let mut run = Run::start(&world, "xterm-256color", &["--offline", "component:list"]);
    run.wait_for(OPENED);
    run.wait_for("Named like a command");
    run.send("\x03");
    let (code, said) = run.end();
    assert_eq!(code, 0, "{said:?}");
}

#[test]
fn a_list_on_a_terminal_is_no_wider_than_it() {
    let world = World::new();
    let args = ["list", "component", "-o", "wide"];
    let (code, said) = Run::start(&world, "xterm-256color", &args).end();
    assert_eq!(code, 0);
    let lines: Vec<&str> = said.lines().collect();
    assert!(lines.len() > 4, "{said}");
    for line in lines {
        assert!(text::width(line) <= 60, "{line}");
    }
}
