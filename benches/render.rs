//! What one frame costs: laying it out, and turning it into bytes.

use std::sync::Arc;

use callboard::app::{Msg, Setup, State, actions, update};
use callboard::catalog::{RowInput, Snapshot};
use callboard::keymap::{Key, KeyCode, Keymap, Layer, PRESETS};
use callboard::term::Encoder;
use callboard::theme::Theme;
use callboard::ui::{self, ViewCache};
use criterion::{Criterion, criterion_group, criterion_main};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

const COLUMNS: u16 = 120;
const ROWS: u16 = 40;

fn state() -> State {
    let rows = (0..10_000)
        .map(|n| RowInput {
            entity_ref: format!("component:default/service-{n:05}"),
            kind: "Component".into(),
            namespace: "default".into(),
            name: format!("service-{n:05}"),
            title: if n % 5 == 0 {
                "결제 서비스".into()
            } else {
                String::new()
            },
            description: "Handles all payment processing and reconciliation".into(),
            owner: format!("group:default/team-{}", n % 40),
            spec_type: "service".into(),
            lifecycle: "production".into(),
            ..RowInput::default()
        })
        .collect();
    let layer = Layer {
        name: "default".into(),
        text: PRESETS[0].1.into(),
    };
    let scopes = callboard::app::Scope::ALL.map(callboard::app::Scope::name);
    let (keymap, _) = Keymap::load(&[layer], &actions::known(), &scopes);
    let snapshot = Arc::new(Snapshot::build(rows, 1));
    let theme = Theme::built_in("dark").unwrap();
    let (state, _) = State::new(Setup::new(snapshot, Arc::new(keymap), theme));
    state
}

fn frames(criterion: &mut Criterion) {
    let area = Rect::new(0, 0, COLUMNS, ROWS);
    let mut state = state();
    let mut view = ViewCache::default();
    let mut buffer = Buffer::empty(area);
    criterion.bench_function("render the catalog", |bencher| {
        bencher.iter(|| ui::render(&state, &mut view, area, &mut buffer));
    });
    let mut out = Vec::new();
    criterion.bench_function("encode a whole frame", |bencher| {
        bencher.iter(|| {
            out.clear();
            let mut encoder = Encoder::new();
            ui::render(&state, &mut view, area, &mut buffer);
            encoder.encode(&mut buffer, &[], None, &mut out);
        });
    });
    let mut encoder = Encoder::new();
    let mut down = true;
    criterion.bench_function("move the selection by one", |bencher| {
        bencher.iter(|| {
            let code = if down { KeyCode::Down } else { KeyCode::Up };
            down = !down;
            update(&mut state, Msg::Key(Key::plain(code)));
            out.clear();
            let rendered = ui::render(&state, &mut view, area, &mut buffer);
            encoder.encode(&mut buffer, &[], rendered.cursor, &mut out);
        });
    });
}

criterion_group!(benches, frames);
criterion_main!(benches);
