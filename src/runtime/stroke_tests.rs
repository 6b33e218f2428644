//! What a key costs: its bytes, and that they are one write. The clock is the test's own.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::frame;
use super::pace::{Pace, Urgency};
use crate::app::tests::desk::{Desk, of_row, setup};
use crate::app::{Job, Msg};
use crate::catalog::{RowInput, Snapshot};
use crate::keymap::Key;
use crate::term::{Drawing, Encoder};
use crate::theme::{Depth, Theme};
use crate::ui::{self, ViewCache};

/// What a typed letter may write, everything that follows from it included: a list of which no row stays, and the preview
/// with its card. And what a row's move may.
const TYPED: usize = 3200;
const MOVED: usize = 320;
/// What a move may write that is followed at once by the preview: two rows, and of another entity everything that is
/// not the same. That is two thirds text.
const SEEN: usize = 560;

const AREA: Rect = Rect::new(0, 0, 120, 40);

/// A catalog whose rows have little in common but the letters that are searched for.
fn varied(count: usize) -> Arc<Snapshot> {
    const WORDS: [&str; 16] = [
        "payment",
        "voucher",
        "route",
        "service",
        "checkout",
        "vault",
        "playlist",
        "survey",
        "catalogue",
        "invoice",
        "ledger",
        "gateway",
        "profile",
        "session",
        "address",
        "coupon",
    ];
    const TYPES: [&str; 6] = [
        "service",
        "website",
        "library",
        "data-pipeline",
        "mobile-app",
        "kubernetes-cluster",
    ];
    let mut seed = 7usize;
    let mut pick = |from: usize| {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % from
    };
    let mut rows: Vec<RowInput> = (0..count)
        .map(|n| {
            let mut word = || WORDS[pick(WORDS.len())];
            let name = format!("{}-{}-{n}", word(), word());
            let description = format!(
                "Keeps every {} in step with the {} of each {}, and answers for its {} where a {} is late",
                word(), word(), word(), word(), word()
            );
            let owner = format!("group:default/{}-team", word());
            let other = format!("component:default/needed-{}", n % 7);
            let system = format!("system:default/{}-{}", word(), word());
            let tags = format!("{} {} java", word(), word());
            RowInput {
                entity_ref: format!("component:default/{name}"),
                kind: "Component".into(),
                namespace: "default".into(),
                title: if n % 9 == 0 { "결제 서비스".into() } else { String::new() },
                description,
                relations: vec![
                    ("ownedBy".into(), owner.clone()),
                    ("dependsOn".into(), other),
                    ("partOf".into(), system.clone()),
                ],
                owner,
                spec_type: TYPES[pick(TYPES.len())].into(),
                lifecycle: "production".into(),
                system,
                tags,
                name,
                ..RowInput::default()
            }
        })
        .collect();
    rows.extend(WORDS.iter().map(|word| RowInput {
        entity_ref: format!("group:default/{word}-team"),
        kind: "Group".into(),
        namespace: "default".into(),
        name: format!("{word}-team"),
        ..RowInput::default()
    }));
    rows.sort_by(|a, b| a.entity_ref.cmp(&b.entity_ref));
    Arc::new(Snapshot::build(rows, 1))
}

/// An interface, when it draws, and what it writes.
struct Session {
    desk: Desk,
    pace: Pace,
    now: Instant,
    view: ViewCache,
    encoder: Encoder,
    writes: Vec<usize>,
}

impl Session {
    fn new() -> Self {
        let mut setup = setup(varied(1500));
        // What is shown where nobody has chosen anything.
        setup.theme = Theme::built_in("default").unwrap();
        setup.depth = Depth::Ansi256;
        let mut encoder = Encoder::new();
        encoder.set_synchronized(true);
        let mut desk = Desk::new(setup);
        desk.answering = false;
        desk.cache = Some(Box::new(of_row));
        let mut session = Self {
            desk,
            pace: Pace::default(),
            now: Instant::now(),
            view: ViewCache::default(),
            encoder,
            writes: Vec::new(),
        };
        session.draw();
        session
    }

    fn draw(&mut self) {
        let mut buffer = Buffer::empty(AREA);
        let rendered = ui::render(&self.desk.state, &mut self.view, AREA, &mut buffer);
        let Drawing { cursor, links } = frame::drawing(&rendered);
        let mut out = Vec::new();
        self.encoder.encode(&mut buffer, &links, cursor, &mut out);
        if !out.is_empty() {
            self.writes.push(out.len());
        }
        self.pace.drawn(self.now);
    }

    fn pass(&mut self, time: Duration) {
        self.now += time;
        let now: Timestamp = self.desk.state.now + time;
        self.desk.send(Msg::Clock(now));
        if self.pace.is_due(self.now) {
            self.draw();
        }
    }

    /// Presses a key so long after the last; whatever is asked for is answered a moment later. Returns what each write
    /// had.
    fn press(&mut self, key: &str, after: Duration) -> Vec<usize> {
        self.pass(after);
        self.writes.clear();
        self.desk.forget();
        self.desk.send(Msg::Key(key.parse::<Key>().unwrap()));
        self.pace.updated(&self.desk.asked, Urgency::Now, self.now);
        while !self.desk.jobs().is_empty() {
            self.pass(Duration::from_millis(1));
            let searched = matches!(self.desk.jobs().as_slice(), [Job::Search(_), ..]);
            self.desk.forget();
            self.desk.answer();
            if searched {
                self.pace.answered(self.now);
            }
            self.pace.updated(&self.desk.asked, Urgency::Now, self.now);
        }
        self.pass(Duration::from_millis(1));
        self.writes.clone()
    }
}

const SLOWLY: Duration = Duration::from_millis(500);
const FAST: Duration = Duration::from_millis(40);

#[test]
fn a_typed_letter_is_one_write_of_little_more_than_three_kilobytes_at_most_its_preview_included() {
    for word in ["pvsc", "ledga", "결제"] {
        let mut session = Session::new();
        let letters: Vec<String> = word.chars().map(String::from).collect();
        let back = std::iter::repeat_n("backspace".to_owned(), letters.len());
        for key in letters.iter().cloned().chain(back) {
            let writes = session.press(&key, SLOWLY);
            assert!(
                matches!(writes[..], [bytes] if bytes <= TYPED),
                "{key} of {word}: {writes:?}"
            );
            let catalog = session.desk.state.catalog().unwrap();
            let shown = catalog.preview.entity_ref.as_deref();
            assert_eq!(shown, catalog.selected_ref(), "{key} of {word}");
        }
    }
}

#[test]
fn letters_typed_fast_are_one_write_each() {
    let mut session = Session::new();
    for key in ["p", "a", "y", "v", "s", "c"] {
        let writes = session.press(key, FAST);
        assert!(
            matches!(writes[..], [bytes] if bytes <= TYPED),
            "{key}: {writes:?}"
        );
    }
}

#[test]
fn moving_on_and_on_is_one_small_write_a_key() {
    let mut session = Session::new();
    session.press("p", SLOWLY);
    for key in ["down", "down", "down", "up", "down", "up", "up"] {
        let writes = session.press(key, FAST);
        assert!(
            matches!(writes[..], [bytes] if bytes <= MOVED),
            "{key}: {writes:?}"
        );
    }
}

#[test]
fn a_move_after_a_rest_brings_its_preview_in_the_same_write() {
    let mut session = Session::new();
    session.press("p", SLOWLY);
    for key in ["down", "down", "up", "down"] {
        let writes = session.press(key, SLOWLY);
        assert!(
            matches!(writes[..], [bytes] if bytes <= SEEN),
            "{key}: {writes:?}"
        );
        let catalog = session.desk.state.catalog().unwrap();
        assert_eq!(
            catalog.preview.entity_ref.as_deref(),
            catalog.selected_ref()
        );
    }
}

#[test]
fn a_list_that_moves_under_the_selection_costs_a_fraction_of_a_list() {
    let mut session = Session::new();
    session.press("p", SLOWLY);
    session.press("pagedown", FAST);
    for n in 0..4 {
        let writes = session.press("down", FAST);
        assert!(
            matches!(writes[..], [bytes] if bytes <= TYPED / 4),
            "{n}: {writes:?}"
        );
    }
}
