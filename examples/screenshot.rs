//! Draws the README's pictures: runs the real program on the demo in a pseudo-terminal, types at it, and writes what stands
//! on the screen as SVG.
//!
//! `cargo build && cargo run --example screenshot` writes `docs/*.svg`. An argument is another folder.

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use vt100::{Cell, Color, Parser};

const COLUMNS: u16 = 120;
const ROWS: u16 = 34;
/// The size of a cell in the picture.
const CELL: (f32, f32) = (8.4, 18.0);
const GROUND: &str = "#1a1b26";
const TEXT: &str = "#c0caf5";
/// The screen is at rest where nothing came for so long.
const QUIET: Duration = Duration::from_millis(500);
/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// The pictures: name, keys typed one after another, and what must stand on the screen.
const PICTURES: &[(&str, &[&str], &str)] = &[
    ("catalog", &["pay"], "payment-service"),
    ("entity", &["payment-service", "\r"], "payment-service"),
];

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs"),
        PathBuf::from,
    );
    fs::create_dir_all(&folder)?;
    for (name, keys, wanted) in PICTURES {
        let screen = screen_after(keys, wanted)?;
        let path = folder.join(format!("{name}.svg"));
        fs::write(&path, svg(&screen))?;
        let mut out = std::io::stdout();
        writeln!(out, "{}", path.display())?;
    }
    Ok(())
}

/// The program beside this one: `target/release/examples/screenshot` and `target/release/callboard`.
fn program() -> Result<PathBuf, Box<dyn Error>> {
    let own = std::env::current_exe()?;
    let folder = own.parent().and_then(|examples| examples.parent());
    let program = folder.ok_or("no target folder")?.join("callboard");
    if program.exists() {
        Ok(program)
    } else {
        Err(format!("{} does not exist: build it first", program.display()).into())
    }
}

fn screen_after(keys: &[&str], wanted: &str) -> Result<Parser, Box<dyn Error>> {
    let pair = native_pty_system().openpty(PtySize {
        rows: ROWS,
        cols: COLUMNS,
        pixel_width: 0,
        pixel_height: 0,
    })?;
    let mut command = CommandBuilder::new(program()?);
    command.arg("demo");
    for (name, value) in [
        ("TERM", "xterm-256color"),
        ("COLORTERM", "truecolor"),
        ("LANG", "C.UTF-8"),
    ] {
        command.env(name, value);
    }
    command.env_remove("NO_COLOR");
    let mut child = pair.slave.spawn_command(command)?;
    drop(pair.slave);
    let mut reader = pair.master.try_clone_reader()?;
    let mut keyboard = pair.master.take_writer()?;
    let (send, bytes) = channel();
    std::thread::spawn(move || {
        let mut buffer = [0; 16 * 1024];
        while let Ok(n @ 1..) = reader.read(&mut buffer) {
            if send.send(buffer[..n].to_vec()).is_err() {
                break;
            }
        }
    });
    let mut screen = blank()?;
    rest(&mut screen, &bytes, "entities")?;
    for key in keys {
        keyboard.write_all(key.as_bytes())?;
        rest(&mut screen, &bytes, wanted)?;
    }
    let picture = screen.screen().state_formatted();
    keyboard.write_all(b"\x03")?;
    child.wait()?;
    let mut kept = blank()?;
    kept.process(picture.as_bytes());
    Ok(kept)
}

fn blank() -> Result<Parser, Box<dyn Error>> {
    Ok(Parser::new(ROWS.try_into()?, COLUMNS.try_into()?, 0))
}

/// Reads until the screen has the text and nothing more comes.
fn rest(screen: &mut Parser, bytes: &Receiver<Vec<u8>>, wanted: &str) -> Result<(), String> {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        match bytes.recv_timeout(QUIET) {
            Ok(chunk) => screen.process(&chunk),
            Err(RecvTimeoutError::Timeout) if screen.screen().contents().contains(wanted) => {
                return Ok(());
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    Err(format!(
        "\"{wanted}\" never came:\n{}",
        screen.screen().contents()
    ))
}

fn svg(parser: &Parser) -> String {
    let screen = parser.screen();
    let (width, height) = (
        f32::from(COLUMNS) * CELL.0 + 24.0,
        f32::from(ROWS) * CELL.1 + 24.0,
    );
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-size=\"14\" \
         font-family=\"'JetBrains Mono', 'DejaVu Sans Mono', 'D2Coding', Menlo, Consolas, monospace\">\n\
         <rect width=\"{width}\" height=\"{height}\" rx=\"8\" fill=\"{GROUND}\"/>\n\
         <g transform=\"translate(12 12)\" xml:space=\"preserve\">\n"
    );
    for row in 0..ROWS {
        let mut column = 0;
        while column < COLUMNS {
            let start = column;
            let Some(first) = screen.cell(row, start) else {
                break;
            };
            let style = Style::of(first);
            let wide = first.is_wide();
            let mut text = String::new();
            // A run is of one style; a wide character is a run of its own, so that each stands in its place.
            while let Some(cell) = screen.cell(row, column) {
                if Style::of(cell) != style || cell.is_wide() != wide || (wide && column > start) {
                    break;
                }
                text.push_str(if cell.has_contents() {
                    cell.contents()
                } else {
                    " "
                });
                column += if wide { 2 } else { 1 };
            }
            run(&mut out, row, start, column - start, &text, &style);
        }
    }
    out.push_str("</g>\n</svg>\n");
    out
}

#[derive(PartialEq)]
struct Style {
    ink: String,
    ground: Option<String>,
    bold: bool,
    italic: bool,
    underline: bool,
    dim: bool,
}

impl Style {
    fn of(cell: &Cell) -> Self {
        let ink = rgb(cell.fgcolor()).unwrap_or_else(|| TEXT.to_owned());
        let ground = rgb(cell.bgcolor());
        let (ink, ground) = if cell.inverse() {
            (ground.unwrap_or_else(|| GROUND.to_owned()), Some(ink))
        } else {
            (ink, ground)
        };
        Self {
            ink,
            ground,
            bold: cell.bold(),
            italic: cell.italic(),
            underline: cell.underline(),
            dim: cell.dim(),
        }
    }
}

fn run(out: &mut String, row: u16, column: u16, columns: u16, text: &str, style: &Style) {
    let (x, y) = (f32::from(column) * CELL.0, f32::from(row) * CELL.1);
    let width = f32::from(columns) * CELL.0;
    if let Some(ground) = &style.ground {
        let _ = writeln!(
            out,
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{}\" fill=\"{ground}\"/>",
            CELL.1
        );
    }
    if text.trim().is_empty() {
        return;
    }
    let mut attributes = format!("fill=\"{}\"", style.ink);
    for (is, attribute) in [
        (style.bold, " font-weight=\"bold\""),
        (style.italic, " font-style=\"italic\""),
        (style.underline, " text-decoration=\"underline\""),
        (style.dim, " opacity=\"0.65\""),
    ] {
        if is {
            attributes.push_str(attribute);
        }
    }
    let escaped = text
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    let _ = writeln!(
        out,
        "<text x=\"{x:.1}\" y=\"{:.1}\" textLength=\"{width:.1}\" lengthAdjust=\"spacingAndGlyphs\" {attributes}>{escaped}</text>",
        y + CELL.1 * 0.75
    );
}

/// The 16 colours as most terminals draw them, the 256-colour cube, or the colour itself.
fn rgb(color: Color) -> Option<String> {
    const SIXTEEN: [&str; 16] = [
        "#15161e", "#f7768e", "#9ece6a", "#e0af68", "#7aa2f7", "#bb9af7", "#7dcfff", "#a9b1d6",
        "#414868", "#f7768e", "#9ece6a", "#e0af68", "#7aa2f7", "#bb9af7", "#7dcfff", "#c0caf5",
    ];
    let (r, g, b) = match color {
        Color::Default => return None,
        Color::Rgb(r, g, b) => (r, g, b),
        Color::Idx(n @ 0..=15) => return Some(SIXTEEN[usize::from(n)].to_owned()),
        Color::Idx(n @ 16..=231) => {
            let level = |step: u8| if step == 0 { 0 } else { 55 + step * 40 };
            let n = n - 16;
            (level(n / 36), level(n / 6 % 6), level(n % 6))
        }
        Color::Idx(n) => {
            let grey = 8 + (n - 232) * 10;
            (grey, grey, grey)
        }
    };
    Some(format!("#{r:02x}{g:02x}{b:02x}"))
}
