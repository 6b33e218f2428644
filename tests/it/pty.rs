//! The real binary in a pseudo-terminal: what it leaves behind, what it costs, what it survives.

use std::thread;
use std::time::Duration;

use callboard::term::{Drawing, Terminal, Tty};
use portable_pty::CommandBuilder;

use super::pty_session::{Session, catalog};

const DOWN: &str = "\x1b[B";
const CTRL_C: &str = "\x03";
const CTRL_Z: &str = "\x1a";

/// Callboard at its first screen, at rest.
fn started(rows: usize) -> Session {
    let session = Session::callboard(catalog(rows), 120, 40);
    session.wait_for_text("service-00000");
    session.settle();
    session
}

#[test]
fn the_terminal_is_as_it_was_after_quitting() {
    let mut session = started(100);
    assert!(session.look(vt100::Screen::alternate_screen));
    session.send(CTRL_C);
    assert!(session.wait().success());
    session.assert_restored();
}

#[test]
fn the_terminal_is_as_it_was_after_a_signal_that_ends_it() {
    for signal in ["TERM", "HUP", "INT"] {
        let mut session = started(10);
        session.signal(signal);
        assert!(!session.wait().success(), "{signal}");
        session.assert_restored();
    }
}

#[test]
fn stopping_gives_the_terminal_back_and_continuing_draws_everything_anew() {
    let mut session = started(100);
    session.signal("TSTP");
    session.wait_for("the shell's screen", |screen| !screen.alternate_screen());
    while !session.stopped() {
        thread::sleep(Duration::from_millis(5));
    }
    session.assert_restored();
    session.signal("CONT");
    session.wait_for("the interface", vt100::Screen::alternate_screen);
    session.wait_for_text("service-00000");
    session.send("00042");
    session.wait_for_text("service-00042");
    session.send(CTRL_C);
    session.wait();
    session.assert_restored();
}

#[test]
fn a_key_suspends_to_the_shell_that_started_it() {
    let folder = catalog(100);
    let line = format!(
        "{} {}; echo stopped with $?; read line; fg",
        env!("CARGO_BIN_EXE_callboard"),
        Session::arguments(folder.path()).join(" ")
    );
    let mut command = CommandBuilder::new("/bin/sh");
    command.args(["-m", "-c", &line]);
    let mut session = Session::start(command, folder, 120, 40);
    session.wait_for_text("service-00000");
    session.settle();
    session.send(CTRL_Z);
    session.wait_for_text("stopped with");
    assert!(!session.look(vt100::Screen::alternate_screen));
    session.send("\n");
    session.wait_for("the interface", vt100::Screen::alternate_screen);
    session.wait_for_text("service-00000");
    session.send(CTRL_C);
    session.wait();
    session.assert_restored();
}

#[test]
fn a_key_does_not_suspend_where_nobody_could_continue() {
    let mut session = started(10);
    session.send(CTRL_Z);
    session.settle();
    assert!(!session.stopped());
    assert!(session.look(vt100::Screen::alternate_screen));
}

#[test]
fn a_stop_without_a_word_is_noticed_afterwards() {
    let mut session = started(100);
    session.signal("STOP");
    while !session.stopped() {
        thread::sleep(Duration::from_millis(5));
    }
    session.signal("CONT");
    session.settle();
    session.send("00042");
    session.wait_for_text("service-00042");
    session.send(CTRL_C);
    session.wait();
    session.assert_restored();
}

#[test]
fn a_shell_that_used_the_terminal_meanwhile_is_no_obstacle() {
    let mut session = started(100);
    session.signal("STOP");
    while !session.stopped() {
        thread::sleep(Duration::from_millis(5));
    }
    session.others_take_it();
    assert!(!session.look(vt100::Screen::alternate_screen));
    session.signal("CONT");
    session.wait_for("the interface", vt100::Screen::alternate_screen);
    assert!(session.look(vt100::Screen::bracketed_paste));
    session.send("00042");
    session.wait_for("one row", |screen| {
        let screen = screen.contents();
        screen.contains("service-00042") && !screen.contains("service-00041")
    });
    session.send(CTRL_C);
    assert!(session.wait().success());
    session.assert_restored();
}

#[test]
fn the_keyboard_protocol_comes_back_after_every_stop() {
    const ON: &str = "\x1b[>1u";
    let mut session = started(100);
    session.wait_for_sequence(ON, 0);
    // A terminal's answers: it knows the protocol, and that is all.
    session.send("\x1b[?0u\x1b[?62;c");
    session.wait_for_sequence(ON, 1);
    for (times, signal) in [(2, "TSTP"), (3, "STOP")] {
        session.signal(signal);
        while !session.stopped() {
            thread::sleep(Duration::from_millis(5));
        }
        session.signal("CONT");
        session.wait_for_sequence(ON, times);
    }
    session.send(CTRL_C);
    assert!(session.wait().success());
    session.assert_restored();
}

#[test]
fn a_lost_terminal_ends_the_program() {
    let mut session = started(100);
    session.hang_up();
    session.wait();
}

#[test]
fn nothing_is_written_while_nothing_happens() {
    let session = started(1000);
    let before = session.settle();
    thread::sleep(Duration::from_secs(2));
    assert_eq!(session.bytes().len() - before, 0);
}

#[test]
fn keys_typed_before_the_start_are_kept() {
    let folder = catalog(100);
    let line = format!(
        "sleep 0.3; exec {} {}",
        env!("CARGO_BIN_EXE_callboard"),
        Session::arguments(folder.path()).join(" ")
    );
    let mut command = CommandBuilder::new("/bin/sh");
    command.args(["-c", &line]);
    let mut session = Session::start(command, folder, 120, 40);
    session.send("00042");
    session.wait_for("the interface", vt100::Screen::alternate_screen);
    session.wait_for("one row", |screen| {
        let screen = screen.contents();
        screen.contains("service-00042") && !screen.contains("service-00041")
    });
}

#[test]
fn a_key_costs_few_bytes() {
    let mut session = started(10_000);
    let mut cost = |keys: &[&str], budget: usize| {
        for key in keys {
            let before = session.settle();
            session.send(key);
            let cost = session.settle() - before;
            assert!(cost <= budget, "{cost} bytes for {key:?}, {budget} at most");
        }
    };
    cost(&["s", "e", "r", "0", "4", "2"], 3072);
    // With the preview, which follows a selection that had rested; moving on and on goes without.
    cost(&[DOWN, DOWN, DOWN, DOWN], 640);
}

#[test]
fn the_first_frame_asks_nothing_and_waits_for_no_answer() {
    // Nothing answers here: the emulator never speaks.
    let session = started(10);
    let bytes = session.bytes();
    let first = bytes.windows(4).position(|w| w == b"\x1b[?u").unwrap();
    let shown = bytes
        .windows(13)
        .position(|w| w == b"service-00000")
        .unwrap();
    assert!(shown < first, "asked before the first frame");
}

#[test]
fn every_size_is_survived() {
    let session = started(50);
    for (columns, rows) in [
        (1, 1),
        (2, 1),
        (1, 2),
        (3, 3),
        (10, 1),
        (1, 30),
        (20, 6),
        (59, 19),
        (60, 20),
        (79, 24),
        (80, 24),
        (99, 30),
        (100, 30),
        (300, 100),
        (500, 2),
        (2, 500),
        (120, 40),
    ] {
        session.resize(columns, rows);
        session.settle();
    }
    session.wait_for_text("service-00000");
}

#[test]
fn it_starts_at_any_size() {
    for (columns, rows) in [(1, 1), (5, 2), (20, 6), (200, 60)] {
        let mut session = Session::callboard(catalog(10), columns, rows);
        session.wait_for("the interface", vt100::Screen::alternate_screen);
        session.settle();
        session.send(CTRL_C);
        assert!(session.wait().success(), "{columns}x{rows}");
        session.assert_restored();
    }
}

#[test]
fn a_storm_of_sizes_ends_with_the_right_screen() {
    let session = started(50);
    for n in 0..300u16 {
        session.resize(20 + n * 7 % 150, 5 + n * 3 % 50);
    }
    session.resize(120, 40);
    session.settle();
    session.wait_for("the whole screen", |screen| {
        let contents = screen.contents();
        contents.contains("service-00000") && contents.contains("service-00030")
    });
}

#[test]
fn hostile_text_reaches_the_screen_as_text() {
    use callboard::catalog::{RowInput, Snapshot};
    let folder = tempfile::tempdir().unwrap();
    let hostile = "a\x1b]52;c;b3duZWQ=\x07b\u{9b}2Jc\u{202e}d\x1b[31m";
    let row = RowInput {
        entity_ref: "component:default/x".into(),
        kind: "Component".into(),
        namespace: hostile.into(),
        name: "x".into(),
        title: hostile.into(),
        description: hostile.into(),
        owner: hostile.into(),
        spec_type: hostile.into(),
        lifecycle: hostile.into(),
        system: hostile.into(),
        tags: hostile.into(),
        ..RowInput::default()
    };
    let snapshot = Snapshot::build(vec![row], 1);
    callboard::store::index::write(&folder.path().join("cache"), &snapshot).unwrap();
    let session = Session::callboard(folder, 120, 40);
    session.wait_for_text("abcd");
    session.settle();
    let bytes = String::from_utf8_lossy(&session.bytes()).into_owned();
    assert!(!bytes.contains("52;c") && !bytes.contains('\u{9b}') && !bytes.contains('\u{202e}'));
}

/// Not a test of its own: the program of [`a_panic_gives_the_terminal_back_before_it_is_printed`].
#[test]
#[ignore = "started by another test, in a terminal of its own"]
fn child_that_panics() {
    let tty = std::sync::Arc::new(Tty::open().unwrap());
    let mut terminal = Terminal::take(tty, || ()).unwrap();
    terminal.draw(|_, buffer| {
        buffer.set_string(0, 0, "drawn", ratatui::style::Style::default());
        Drawing::default()
    });
    terminal.ask();
    while !terminal.flush() {
        thread::yield_now();
    }
    // A panic of another thread is a failed job: it leaves the terminal alone.
    let _ = thread::spawn(|| panic!("in a job")).join();
    thread::sleep(Duration::from_millis(200));
    panic!("on purpose");
}

#[test]
fn a_panic_gives_the_terminal_back_before_it_is_printed() {
    let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
    command.args([
        "--exact",
        "pty::child_that_panics",
        "--ignored",
        "--nocapture",
    ]);
    let mut session = Session::start(command, tempfile::tempdir().unwrap(), 80, 24);
    session.wait_for_text("drawn");
    assert!(!session.wait().success());
    session.assert_restored();
    let bytes = String::from_utf8_lossy(&session.bytes()).into_owned();
    let left = bytes.find("\x1b[?1049l").unwrap();
    let printed = bytes.find("on purpose").unwrap();
    assert!(left < printed, "printed over the interface");
    assert!(!bytes.contains("in a job"));
}

/// Callboard with these variables in its environment, at its first screen.
fn with_environment(variables: &[(&str, String)]) -> Session {
    let folder = catalog(100);
    let mut command = CommandBuilder::new("/usr/bin/env");
    std::fs::create_dir(folder.path().join("tmp")).unwrap();
    command.arg(format!("TMPDIR={}", folder.path().join("tmp").display()));
    for (name, value) in variables {
        command.arg(format!("{name}={value}"));
    }
    command.arg(env!("CARGO_BIN_EXE_callboard"));
    command.args(Session::arguments(folder.path()));
    let session = Session::start(command, folder, 120, 40);
    session.wait_for_text("service-00000");
    session.settle();
    session
}

#[test]
fn a_line_goes_to_the_editor_and_comes_back_and_leaves_nothing_behind() {
    let out = tempfile::tempdir().unwrap();
    let seen = out.path().join("seen");
    let script = format!(
        "f() {{ stat -c %a \"$1\" > {0}; cat \"$1\" >> {0}; dirname \"$1\" >> {0}; printf 'service-00042\\n' > \"$1\"; }}; f",
        seen.display()
    );
    let mut session = with_environment(&[("EDITOR", script)]);
    session.send("07");
    session.wait_for_text("› 07");
    session.settle();
    session.send("\x18\x05");
    session.wait_for_text("› service-00042");
    session.wait_for_text("1 of 100");
    assert!(session.look(vt100::Screen::alternate_screen));
    let seen = std::fs::read_to_string(seen).unwrap();
    let [mode, line, folder] = seen.lines().collect::<Vec<_>>()[..] else {
        panic!("{seen}")
    };
    assert_eq!((mode, line), ("600", "07"));
    assert!(!std::path::Path::new(folder).exists());
    session.send(CTRL_C);
    session.wait();
    session.assert_restored();
}

#[test]
fn an_editor_that_fails_changes_nothing_and_says_so() {
    let mut session =
        with_environment(&[("VISUAL", "f() { echo other > \"$1\"; exit 3; }; f".into())]);
    session.send("07\x18\x05");
    session.wait_for_text("nothing was taken over");
    session.wait_for_text("› 07");
    session.send(CTRL_C);
    session.wait();
    session.assert_restored();
}

#[test]
fn keys_belong_to_the_editor_while_it_runs() {
    // It says where it is, waits for a key of its own, and is not ended by ctrl-c.
    let script = "f() { trap '' INT; echo EDITING; read answer; echo \"$answer\" > \"$1\"; }; f";
    let mut session = with_environment(&[("EDITOR", script.into())]);
    session.send("07\x18\x05");
    session.wait_for("the editor", |screen| {
        !screen.alternate_screen() && screen.contents().contains("EDITING")
    });
    session.send(CTRL_C);
    session.send("00013\r");
    session.wait_for_text("› 00013");
    session.send(CTRL_C);
    session.wait();
    session.assert_restored();
}
