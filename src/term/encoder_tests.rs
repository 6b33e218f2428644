//! The encoder against an emulator: whatever frames follow one another, the terminal shows the last.

use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};

use super::Encoder;
use crate::term::links::LinkSpan;

const WIDTH: u16 = 40;
const HEIGHT: u16 = 6;

fn area() -> Rect {
    Rect::new(0, 0, WIDTH, HEIGHT)
}

fn blank() -> Buffer {
    Buffer::empty(area())
}

fn lines(lines: &[&str]) -> Buffer {
    let mut buffer = blank();
    for (y, line) in (0..).zip(lines) {
        buffer.set_string(0, y, line, Style::default());
    }
    buffer
}

/// A terminal and the encoder that draws on it.
struct Session {
    encoder: Encoder,
    terminal: vt100::Parser,
}

impl Session {
    fn new() -> Self {
        Self {
            encoder: Encoder::new(),
            terminal: vt100::Parser::new(HEIGHT.try_into().unwrap(), WIDTH.try_into().unwrap(), 0),
        }
    }

    fn draw(&mut self, buffer: &Buffer) -> Vec<u8> {
        self.draw_with(buffer, &[], None)
    }

    fn draw_with(
        &mut self,
        buffer: &Buffer,
        links: &[LinkSpan],
        cursor: Option<(u16, u16)>,
    ) -> Vec<u8> {
        let mut out = Vec::new();
        self.encoder
            .encode(&mut buffer.clone(), links, cursor, &mut out);
        self.terminal.process(&out);
        out
    }

    fn text(&mut self, buffer: &Buffer) -> String {
        String::from_utf8(self.draw(buffer))
            .unwrap()
            .replace('\x1b', "^")
    }

    /// What the terminal shows is what the buffer says.
    fn assert_shows(&self, buffer: &Buffer) {
        let screen = self.terminal.screen();
        for y in 0..HEIGHT {
            let mut x = 0;
            while x < WIDTH {
                let wanted = &buffer[(x, y)];
                let shown = screen.cell(y, x).unwrap();
                let text = match shown.contents() {
                    "" => " ",
                    text => text,
                };
                assert_eq!(text, wanted.symbol(), "symbol at {x},{y}");
                let blank = wanted.symbol() == " ";
                let reverse = wanted.modifier.contains(Modifier::REVERSED);
                let underline = wanted.modifier.contains(Modifier::UNDERLINED);
                assert_eq!(shown.inverse(), reverse, "reverse at {x},{y}");
                assert_eq!(shown.underline(), underline, "underline at {x},{y}");
                assert_eq!(shown.bgcolor(), color(wanted.bg), "background at {x},{y}");
                if !blank || reverse || underline {
                    assert_eq!(shown.fgcolor(), color(wanted.fg), "colour at {x},{y}");
                }
                if !blank {
                    assert_eq!(
                        shown.bold(),
                        wanted.modifier.contains(Modifier::BOLD),
                        "bold at {x},{y}"
                    );
                    assert_eq!(
                        shown.italic(),
                        wanted.modifier.contains(Modifier::ITALIC),
                        "italic at {x},{y}"
                    );
                }
                x += u16::try_from(super::columns(wanted)).unwrap();
            }
        }
    }
}

fn color(color: Color) -> vt100::Color {
    match color {
        Color::Red => vt100::Color::Idx(1),
        Color::LightBlue => vt100::Color::Idx(12),
        Color::Indexed(index) => vt100::Color::Idx(index),
        Color::Rgb(r, g, b) => vt100::Color::Rgb(r, g, b),
        _ => vt100::Color::Default,
    }
}

#[test]
fn nothing_changed_is_nothing_written() {
    let mut session = Session::new();
    let buffer = lines(&["one", "two"]);
    session.draw_with(&buffer, &[], Some((3, 0)));
    assert_eq!(session.draw_with(&buffer, &[], Some((3, 0))), b"");
}

#[test]
fn the_first_frame_clears_once() {
    let mut session = Session::new();
    assert_eq!(session.text(&lines(&["hi"])), "^[m^[H^[2Jhi^[?25l");
    assert!(!session.text(&lines(&["ho"])).contains("2J"));
}

#[test]
fn one_letter_typed_is_one_letter_written() {
    let mut session = Session::new();
    session.draw_with(&lines(&["> pay"]), &[], Some((5, 0)));
    assert_eq!(
        session.draw_with(&lines(&["> pays"]), &[], Some((6, 0))),
        b"s"
    );
}

#[test]
fn the_rest_of_a_line_is_erased() {
    let mut session = Session::new();
    session.draw(&lines(&["short", "a long line of text"]));
    assert_eq!(session.text(&lines(&["short", "a"])), "^[3G^[K");
    session.assert_shows(&lines(&["short", "a"]));
}

#[test]
fn blanks_before_a_border_are_erased_in_one() {
    let mut session = Session::new();
    session.draw(&lines(&["some long text in a list      | preview"]));
    let out = session.text(&lines(&["some                          | preview"]));
    assert_eq!(out, "^[6G^[19X");
}

#[test]
fn coloured_blanks_are_not_erased() {
    let mut session = Session::new();
    session.draw(&lines(&["text"]));
    let mut bar = lines(&["text"]);
    bar.set_style(
        Rect::new(0, 0, WIDTH, 1),
        Style::new().bg(Color::Indexed(236)),
    );
    session.draw(&bar);
    session.assert_shows(&bar);
    session.draw(&lines(&["text"]));
    session.assert_shows(&lines(&["text"]));
}

#[test]
fn a_wide_character_that_goes_takes_its_second_half_with_it() {
    let mut session = Session::new();
    for text in ["결제 x", "a제 x", "a b x", "결제 x", " 결제x", "결", "ab결"] {
        let buffer = lines(&[text]);
        session.draw(&buffer);
        session.assert_shows(&buffer);
    }
}

#[test]
fn what_a_cell_says_is_never_an_escape_sequence() {
    let mut session = Session::new();
    let mut buffer = blank();
    buffer[(0, 0)].set_symbol("\x1b]0;owned\x07");
    buffer[(1, 0)].set_symbol("\u{9b}2J");
    buffer[(2, 0)].set_symbol("\u{202e}");
    buffer[(3, 0)].set_symbol("x");
    let out = session.text(&buffer);
    assert_eq!(out, "^[m^[H^[2J^[3Cx^[?25l");
}

#[test]
fn frames_are_wrapped_where_the_terminal_knows_how() {
    let mut session = Session::new();
    session.encoder.set_synchronized(true);
    let out = session.text(&lines(&["x"]));
    assert!(
        out.starts_with("^[?2026h") && out.ends_with("^[?2026l"),
        "{out}"
    );
    assert_eq!(session.text(&lines(&["x"])), "");
}

#[test]
fn a_changed_size_clears() {
    let mut session = Session::new();
    session.draw(&lines(&["x"]));
    let mut out = Vec::new();
    let mut small = Buffer::empty(Rect::new(0, 0, 10, 2));
    session.encoder.encode(&mut small, &[], None, &mut out);
    assert_eq!(out, b"\x1b[m\x1b[H\x1b[2J");
}

#[test]
fn a_list_whose_rows_look_alike_is_written_look_by_look() {
    let list = |names: [&str; HEIGHT as usize], owner: &str| {
        let mut buffer = blank();
        for (y, name) in (0..).zip(names) {
            buffer.set_string(0, y, name, Style::default());
            let dim = Style::new().fg(Color::Indexed(244));
            buffer.set_string(20, y, format!("{owner}{y}"), dim);
        }
        buffer
    };
    let mut session = Session::new();
    session.draw(&list(["ledger"; 6], "team-"));
    let next = list(["orders"; 6], "squad-");
    let out = session.text(&next);
    session.assert_shows(&next);
    assert!(out.matches("38;5;244").count() <= 1, "{out}");
}

#[test]
fn a_list_that_moves_by_a_row_is_moved_by_the_terminal() {
    let (width, height) = (80, 24);
    let list = |top: u16, selected: u16| {
        let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
        buffer.set_string(0, 0, "> query", Style::default());
        for y in 2..height - 1 {
            let n = top + y;
            let letter = |place: u16| char::from(b'a' + (n * (place + 3) * 7 % 26) as u8);
            let name = format!("{} 결제", (0..30).map(letter).collect::<String>());
            buffer.set_string(0, y, name, Style::default());
            buffer.set_string(60, y, format!("beside {y}"), Style::new().fg(Color::Red));
        }
        let bar = Style::new().add_modifier(Modifier::REVERSED);
        buffer.set_style(Rect::new(0, selected, 50, 1), bar);
        buffer.set_string(0, height - 1, "footer", Style::default());
        buffer
    };
    for frames in [
        [list(0, 22), list(1, 22), list(2, 22)],
        [list(9, 2), list(8, 2), list(7, 2)],
    ] {
        let mut encoder = Encoder::new();
        let mut terminal =
            vt100::Parser::new(height.try_into().unwrap(), width.try_into().unwrap(), 0);
        for (n, frame) in frames.into_iter().enumerate() {
            let mut out = Vec::new();
            encoder.encode(&mut frame.clone(), &[], Some((7, 0)), &mut out);
            terminal.process(&out);
            let mut whole =
                vt100::Parser::new(height.try_into().unwrap(), width.try_into().unwrap(), 0);
            let mut all = Vec::new();
            Encoder::new().encode(&mut frame.clone(), &[], Some((7, 0)), &mut all);
            whole.process(&all);
            for y in 0..height {
                for x in 0..width {
                    let cells = [&terminal, &whole].map(|terminal| {
                        let cell = terminal.screen().cell(y, x).unwrap();
                        // A blank that was written shows no more than one that never was.
                        let text = match cell.contents() {
                            "" => " ",
                            text => text,
                        };
                        let color = (text != " ").then(|| cell.fgcolor());
                        (text.to_owned(), color, cell.bgcolor(), cell.inverse())
                    });
                    assert_eq!(cells[0], cells[1], "at {x},{y} of frame {n}");
                }
            }
            assert_eq!(terminal.screen().cursor_position(), (0, 7));
            // All rows of the list would be more than 600.
            assert!(n == 0 || out.len() < 500, "{} bytes", out.len());
            assert_eq!(n > 0, String::from_utf8_lossy(&out).contains("\x1b[r"));
        }
    }
}

#[test]
fn links_open_and_close_around_their_text() {
    let mut session = Session::new();
    let buffer = lines(&["see Grafana now"]);
    let link = LinkSpan::new(4, 0, 7, "https://grafana.example/d").unwrap();
    let out = session.draw_with(&buffer, std::slice::from_ref(&link), None);
    let out = String::from_utf8(out).unwrap().replace('\x1b', "^");
    assert!(
        out.contains(&format!(
            "see ^]8;id={:x};https://grafana.example/d^\\Grafana^]8;;^\\ now",
            link.id()
        )),
        "{out}"
    );
    assert_eq!(session.draw_with(&buffer, &[link], None), b"");
    let out = session.draw_with(&buffer, &[], None);
    assert_eq!(String::from_utf8(out).unwrap(), "\x1b[5GGrafana");
    assert_eq!(LinkSpan::new(0, 0, 1, "javascript:x"), None);
}

#[test]
fn no_size_is_too_small() {
    let mut encoder = Encoder::new();
    for (width, height) in [(0, 0), (1, 0), (0, 1), (1, 1), (2, 1)] {
        let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
        buffer.set_string(0, 0, "결", Style::default());
        encoder.encode(&mut buffer, &[], Some((0, 0)), &mut Vec::new());
    }
}

fn style() -> impl Strategy<Value = Style> {
    let color = prop_oneof![
        4 => Just(Color::Reset),
        1 => Just(Color::Red),
        1 => Just(Color::LightBlue),
        1 => Just(Color::Indexed(236)),
        1 => Just(Color::Rgb(1, 20, 255)),
    ];
    let modifier = prop_oneof![
        4 => Just(Modifier::empty()),
        1 => Just(Modifier::BOLD),
        1 => Just(Modifier::ITALIC | Modifier::BOLD),
        1 => Just(Modifier::REVERSED),
        1 => Just(Modifier::UNDERLINED),
    ];
    (color.clone(), color, modifier)
        .prop_map(|(fg, bg, modifier)| Style::new().fg(fg).bg(bg).add_modifier(modifier))
}

type Piece = (u16, u16, String, Style);

fn frame() -> impl Strategy<Value = Vec<Piece>> {
    let text = prop_oneof!["[a-c ]{1,30}", "[가-나a ]{1,12}", "[◆─é ]{1,8}", " {1,40}"];
    prop::collection::vec((0..WIDTH, 0..HEIGHT, text, style()), 0..8)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn the_terminal_shows_the_last_frame(
        frames in prop::collection::vec(frame(), 1..8),
        keep in any::<bool>(),
        by_look in any::<bool>(),
        scrolling in any::<bool>(),
        moves in prop::collection::vec((any::<bool>(), 0..HEIGHT, 0..HEIGHT), 8),
    ) {
        let mut session = Session::new();
        session.encoder.by_look = by_look;
        session.encoder.scrolling = scrolling;
        let mut buffer = blank();
        for (frame, (up, from, to)) in frames.into_iter().zip(moves) {
            if !keep {
                buffer = blank();
            } else if scrolling {
                let width = usize::from(WIDTH);
                let rows = usize::from(from.min(to)) * width..(usize::from(from.max(to)) + 1) * width;
                match up {
                    true => buffer.content[rows].rotate_left(width),
                    false => buffer.content[rows].rotate_right(width),
                }
            }
            for (x, y, text, style) in frame {
                buffer.set_string(x, y, text, style);
                // What was half of a wide character is a blank, as drawing over it leaves it.
                tidy(&mut buffer);
            }
            session.draw(&buffer);
            session.assert_shows(&buffer);
        }
    }

    #[test]
    fn the_cursor_ends_where_it_belongs(
        frames in prop::collection::vec((frame(), 0..WIDTH, 0..HEIGHT), 1..5),
        by_look in any::<bool>(),
        scrolling in any::<bool>(),
    ) {
        let mut session = Session::new();
        session.encoder.by_look = by_look;
        session.encoder.scrolling = scrolling;
        for (frame, x, y) in frames {
            let mut buffer = blank();
            for (x, y, text, style) in frame {
                buffer.set_string(x, y, text, style);
                tidy(&mut buffer);
            }
            session.draw_with(&buffer, &[], Some((x, y)));
            prop_assert_eq!(session.terminal.screen().cursor_position(), (y, x));
            prop_assert!(!session.terminal.screen().hide_cursor());
        }
    }
}

/// Makes a buffer well-formed: a wide character is followed by a blank of its own look.
fn tidy(buffer: &mut Buffer) {
    for y in 0..HEIGHT {
        let mut x = 0;
        while x < WIDTH {
            let cell = buffer[(x, y)].clone();
            if super::columns(&cell) == 2 {
                if x + 1 == WIDTH {
                    buffer[(x, y)].set_symbol(" ");
                } else {
                    let style = cell.style();
                    buffer[(x + 1, y)].set_symbol(" ").set_style(style);
                }
                x += 1;
            }
            x += 1;
        }
    }
}
