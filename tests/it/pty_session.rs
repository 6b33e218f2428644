//! A pseudo-terminal with an emulator behind it, and the real binary in it.

use std::io::{Read, Write};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use callboard::catalog::{RowInput, Snapshot};
use callboard::store::index;
use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};
use tempfile::TempDir;

/// How long anything may take before a test gives up on it: no measure of speed.
const PATIENCE: Duration = Duration::from_secs(30);
/// Output has ended where nothing came for so long.
const QUIET: Duration = Duration::from_millis(300);

/// What came out of the terminal.
struct Output {
    parser: vt100::Parser,
    bytes: Vec<u8>,
    last: Instant,
    closed: bool,
    /// Nobody looks any more: the reading end is closed with the next byte.
    unwatched: bool,
}

/// A program in a terminal.
pub struct Session {
    master: Option<Box<dyn MasterPty + Send>>,
    keyboard: Option<Box<dyn Write + Send>>,
    child: Box<dyn Child + Send + Sync>,
    output: Arc<Mutex<Output>>,
    settings: String,
    _folder: TempDir,
}

/// A catalog of `rows` services, in a folder of its own.
pub fn catalog(rows: usize) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let rows = (0..rows)
        .map(|n| {
            let name = format!("service-{n:05}");
            RowInput {
                entity_ref: format!("component:default/{name}"),
                kind: "Component".into(),
                namespace: "default".into(),
                title: if n % 7 == 0 {
                    "결제 서비스".into()
                } else {
                    String::new()
                },
                description: format!("Takes care of orders, and of what number {n} needs besides"),
                owner: format!("group:default/team-{}", n % 40),
                spec_type: "service".into(),
                lifecycle: "production".into(),
                system: format!("system:default/system-{}", n % 90),
                tags: "java payments".into(),
                name,
                ..RowInput::default()
            }
        })
        .collect();
    index::write(&folder.path().join("cache"), &Snapshot::build(rows, 1)).unwrap();
    folder
}

fn size(columns: u16, rows: u16) -> PtySize {
    PtySize {
        rows,
        cols: columns,
        pixel_width: 0,
        pixel_height: 0,
    }
}

impl Session {
    /// Runs callboard on a catalog, offline.
    pub fn callboard(folder: TempDir, columns: u16, rows: u16) -> Self {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_callboard"));
        command.args(Self::arguments(folder.path()));
        Self::start(command, folder, columns, rows)
    }

    /// The arguments that make callboard show the catalog of a folder and touch nothing else.
    pub fn arguments(folder: &Path) -> Vec<String> {
        let path = |name: &str| folder.join(name).display().to_string();
        [
            "--cache-dir",
            &path("cache"),
            "--state-dir",
            &path("state"),
            "--offline",
        ]
        .map(String::from)
        .to_vec()
    }

    /// Runs any command in a terminal.
    pub fn start(mut command: CommandBuilder, folder: TempDir, columns: u16, rows: u16) -> Self {
        command.env_clear();
        for (name, value) in [
            ("TERM", "xterm-256color"),
            ("LANG", "C.UTF-8"),
            ("PATH", "/usr/bin:/bin"),
        ] {
            command.env(name, value);
        }
        for name in [
            "HOME",
            "XDG_CONFIG_HOME",
            "XDG_CACHE_HOME",
            "XDG_STATE_HOME",
        ] {
            command.env(name, folder.path());
        }
        command.cwd(folder.path());
        let pair = native_pty_system().openpty(size(columns, rows)).unwrap();
        let settings = format!("{:?}", pair.master.get_termios());
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let output = Arc::new(Mutex::new(Output {
            parser: vt100::Parser::new(rows.try_into().unwrap(), columns.try_into().unwrap(), 0),
            bytes: Vec::new(),
            last: Instant::now(),
            closed: false,
            unwatched: false,
        }));
        let mut screen = pair.master.try_clone_reader().unwrap();
        let sink = Arc::clone(&output);
        thread::spawn(move || {
            let mut buffer = [0; 65536];
            loop {
                let read = screen.read(&mut buffer).unwrap_or(0);
                let mut output = sink.lock().unwrap();
                output.last = Instant::now();
                if read == 0 || output.unwatched {
                    drop(screen);
                    output.closed = true;
                    return;
                }
                output.parser.process(&buffer[..read]);
                output.bytes.extend_from_slice(&buffer[..read]);
            }
        });
        let keyboard = pair.master.take_writer().unwrap();
        Self {
            master: Some(pair.master),
            keyboard: Some(keyboard),
            child,
            output,
            settings,
            _folder: folder,
        }
    }

    /// Types.
    pub fn send(&mut self, keys: &str) {
        let keyboard = self.keyboard.as_mut().unwrap();
        keyboard.write_all(keys.as_bytes()).unwrap();
        keyboard.flush().unwrap();
    }

    /// Everything on the screen.
    pub fn screen(&self) -> String {
        self.output.lock().unwrap().parser.screen().contents()
    }

    /// Looks at the emulator.
    pub fn look<T>(&self, at: impl FnOnce(&vt100::Screen) -> T) -> T {
        at(self.output.lock().unwrap().parser.screen())
    }

    /// All bytes so far.
    pub fn bytes(&self) -> Vec<u8> {
        self.output.lock().unwrap().bytes.clone()
    }

    /// Waits until the screen is as asked.
    pub fn wait_for(&self, what: &str, seen: impl Fn(&vt100::Screen) -> bool) {
        let start = Instant::now();
        while !self.look(&seen) {
            assert!(
                start.elapsed() < PATIENCE,
                "never saw {what}; the screen:\n{}",
                self.screen()
            );
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits for a text.
    pub fn wait_for_text(&self, text: &str) {
        self.wait_for(text, |screen| screen.contents().contains(text));
    }

    /// Waits until a sequence has come so many times.
    pub fn wait_for_sequence(&self, sequence: &str, times: usize) {
        let start = Instant::now();
        let seen = || {
            String::from_utf8_lossy(&self.bytes())
                .matches(sequence)
                .count()
        };
        while seen() < times {
            assert!(
                start.elapsed() < PATIENCE,
                "never saw {sequence:?} {times} times"
            );
            thread::sleep(Duration::from_millis(5));
        }
        self.settle();
        assert_eq!(seen(), times, "{sequence:?}");
    }

    /// Waits until nothing comes any more, and returns how many bytes there are.
    pub fn settle(&self) -> usize {
        loop {
            let output = self.output.lock().unwrap();
            if output.last.elapsed() >= QUIET || output.closed {
                return output.bytes.len();
            }
            drop(output);
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Gives the terminal another size.
    pub fn resize(&self, columns: u16, rows: u16) {
        self.output
            .lock()
            .unwrap()
            .parser
            .screen_mut()
            .set_size(rows.try_into().unwrap(), columns.try_into().unwrap());
        self.master
            .as_ref()
            .unwrap()
            .resize(size(columns, rows))
            .unwrap();
    }

    /// The program's process id.
    pub fn pid(&self) -> u32 {
        self.child.process_id().unwrap()
    }

    /// Sends a signal, by its name.
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill")
            .args(["-s", name, &self.pid().to_string()])
            .status()
            .unwrap();
        assert!(status.success());
    }

    /// Whether the program is stopped.
    pub fn stopped(&self) -> bool {
        let output = Command::new("ps")
            .args(["-o", "state=", "-p", &self.pid().to_string()])
            .output()
            .unwrap();
        output.stdout.first() == Some(&b'T')
    }

    /// Lets a shell and a `reset` have the terminal while the program is stopped: ordinary settings and modes.
    pub fn others_take_it(&self) {
        let device = self.master.as_ref().unwrap().tty_name().unwrap();
        let device = device.to_str().unwrap();
        let status = Command::new("stty").args(["-F", device, "sane"]).status();
        assert!(status.unwrap().success());
        std::fs::write(device, "\x1b[?1004l\x1b[?2004l\x1b[?1049lthe shell").unwrap();
        self.wait_for_text("the shell");
    }

    /// Takes the terminal away, as a lost connection does.
    pub fn hang_up(&mut self) {
        // Every descriptor of this side must go; the reading thread's goes with the next byte it reads.
        self.output.lock().unwrap().unwatched = true;
        self.send("x");
        while !self.output.lock().unwrap().closed {
            thread::sleep(Duration::from_millis(5));
        }
        self.keyboard = None;
        self.master = None;
    }

    /// Waits for the program's end.
    pub fn wait(&mut self) -> ExitStatus {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(
                start.elapsed() < PATIENCE,
                "still running; the screen:\n{}",
                self.screen()
            );
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Asserts that nothing of the interface is left: settings, modes, screen.
    pub fn assert_restored(&self) {
        let settings = format!("{:?}", self.master.as_ref().unwrap().get_termios());
        assert_eq!(settings, self.settings, "the terminal's settings");
        self.settle();
        self.look(|screen| {
            assert!(!screen.alternate_screen(), "still on the alternate screen");
            assert!(!screen.bracketed_paste(), "bracketed paste is still on");
            assert!(!screen.hide_cursor(), "the cursor is hidden");
            assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
        });
        let bytes = String::from_utf8_lossy(&self.bytes()).into_owned();
        let last = |on: &str, off: &str| bytes.rfind(on) <= bytes.rfind(off);
        assert!(
            last("\x1b[?1004h", "\x1b[?1004l"),
            "focus events are still on"
        );
        assert_eq!(
            bytes.matches("\x1b[>1u").count(),
            bytes.matches("\x1b[<1u").count(),
            "the keyboard protocol is still on, or was never"
        );
        assert!(
            last("\x1b[?2026h", "\x1b[?2026l"),
            "a frame was never finished"
        );
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
