//! What a key costs in a tree of 100,000 entities: opening and closing all of it, moving through it, the filter a letter
//! narrows; and what a new snapshot costs an open tree, on the interface's own task and off it.

use std::hint::black_box;
use std::sync::Arc;

use callboard::app::layout::Size;
use callboard::app::outline::{Carried, Outline, TreeKind};
use callboard::app::{
    Condition, Effect, Job, JobEvent, JobReport, Msg, Output, Setup, State, actions, update,
};
use callboard::catalog::{RowInput, Snapshot};
use callboard::keymap::{Key, Keymap, Layer, PRESETS};
use callboard::search::SearchContext;
use callboard::theme::{Depth, Theme};
use callboard::ui::{self, ViewCache};
use criterion::{Criterion, criterion_group, criterion_main};
use jiff::{Timestamp, tz::TimeZone};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

const COLUMNS: u16 = 120;
const ROWS: u16 = 40;
/// Domains, systems of each, components of each system: 100,000 entities and a few.
const DOMAINS: usize = 100;
const SYSTEMS: usize = 20;
const COMPONENTS: usize = 49;

fn snapshot(generation: u64) -> Arc<Snapshot> {
    let mut rows: Vec<RowInput> = Vec::new();
    let mut add = |kind: &str, name: String, parent: Option<&str>| {
        let entity_ref = format!("{}:default/{name}", kind.to_lowercase());
        let part_of = parent.map(|parent| ("partOf".to_owned(), parent.to_owned()));
        rows.push(RowInput {
            entity_ref: entity_ref.clone(),
            kind: kind.to_owned(),
            namespace: "default".into(),
            name,
            owner: "group:default/platform".into(),
            lifecycle: "production".into(),
            relations: part_of.into_iter().collect(),
            ..RowInput::default()
        });
        entity_ref
    };
    for d in 0..DOMAINS {
        let domain = add("Domain", format!("domain-{d:03}"), None);
        for s in 0..SYSTEMS {
            let system = add("System", format!("system-{d:03}-{s:02}"), Some(&domain));
            for c in 0..COMPONENTS {
                let name = format!("service-{d:03}-{s:02}-{c:02}");
                add("Component", name, Some(&system));
            }
        }
    }
    Arc::new(Snapshot::build(rows, generation))
}

fn state(snapshot: Arc<Snapshot>) -> State {
    let layer = Layer {
        name: "default".into(),
        text: PRESETS[0].1.into(),
    };
    let scopes = callboard::app::Scope::ALL.map(callboard::app::Scope::name);
    let (keymap, _) = Keymap::load(&[layer], &actions::known(), &scopes);
    let (state, _) = State::new(Setup {
        organization: "acme".into(),
        snapshot,
        synced_at: None,
        condition: Condition::Ready,
        read_only: false,
        now: Timestamp::UNIX_EPOCH,
        time_zone: TimeZone::UTC,
        size: Size {
            columns: COLUMNS,
            rows: ROWS,
        },
        keymap: Arc::new(keymap),
        theme: Theme::built_in("dark").unwrap(),
        depth: Depth::TrueColor,
        themes: Vec::new(),
        unicode: true,
        motion: false,
        mouse: false,
        remote: false,
        sync_on_start: false,
        start_at: None,
        starred: Vec::new(),
        recent: Vec::new(),
        log: Vec::new(),
        welcome: None,
        config_file: String::new(),
    });
    state
}

/// Presses a key, and does at once what the tree asks for.
fn press(state: &mut State, key: char) {
    let mut effects = update(state, Msg::Key(Key::char(key)));
    while let Some(effect) = effects.pop() {
        let Effect::Start { id, job, .. } = effect else {
            continue;
        };
        let output = match job {
            Job::Tree { snapshot, kind, .. } => {
                Output::Tree(Arc::new(Outline::build(snapshot, kind)), None)
            }
            Job::FilterTree(request) => {
                let context = SearchContext::NOBODY;
                let found = request.outline.matches(&request.line, &context, &|| false);
                Output::TreeMatches(found.unwrap_or_default())
            }
            _ => continue,
        };
        let event = JobEvent::Output(output);
        effects.extend(update(state, Msg::Job(JobReport { id, event })));
        let event = JobEvent::Finished(Ok(None));
        effects.extend(update(state, Msg::Job(JobReport { id, event })));
    }
}

fn tree(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("tree of 100,000 entities");
    group.sample_size(20);
    let area = Rect::new(0, 0, COLUMNS, ROWS);
    let mut view = ViewCache::default();
    let mut buffer = Buffer::empty(area);
    let first = snapshot(1);
    let mut state = state(Arc::clone(&first));
    update(
        &mut state,
        Msg::Key(Key::plain(callboard::keymap::KeyCode::Esc)),
    );
    press(&mut state, '2');
    assert!(state.tree().is_some_and(|tree| !tree.rows().is_empty()));
    let mut frame = |state: &State| ui::render(state, &mut view, area, &mut buffer);

    group.bench_function("close all, open all below the first line", |bencher| {
        bencher.iter(|| {
            press(&mut state, 'H');
            press(&mut state, 'L');
            black_box(frame(&state));
        });
    });
    for _ in 0..3 {
        press(&mut state, '>');
    }
    let all = state.tree().map_or(0, |tree| tree.rows().len());
    assert_eq!(all, DOMAINS * (1 + SYSTEMS * (1 + COMPONENTS)));
    let mut down = true;
    group.bench_function("move by a line with everything open", |bencher| {
        bencher.iter(|| {
            press(&mut state, if down { 'j' } else { 'k' });
            down = !down;
            black_box(frame(&state));
        });
    });
    group.bench_function("go to the end and back", |bencher| {
        bencher.iter(|| {
            press(&mut state, 'G');
            press(&mut state, 'g');
            black_box(frame(&state));
        });
    });
    group.bench_function("close and open one branch", |bencher| {
        bencher.iter(|| {
            press(&mut state, 'h');
            press(&mut state, 'l');
            black_box(frame(&state));
        });
    });

    let outline = Arc::new(Outline::build(Arc::clone(&first), TreeKind::Structure));
    for line in ["s", "service-07", "099-19-48"] {
        group.bench_function(format!("find lines by {line:?}"), |bencher| {
            bencher.iter(|| outline.matches(black_box(line), &SearchContext::NOBODY, &|| false));
        });
    }
    press(&mut state, '/');
    press(&mut state, 's');
    group.bench_function(
        "a letter more and one less in the filter, with its search",
        |b| {
            b.iter(|| {
                press(&mut state, 'e');
                update(
                    &mut state,
                    Msg::Key(Key::plain(callboard::keymap::KeyCode::Backspace)),
                );
                black_box(frame(&state));
            });
        },
    );

    let second = snapshot(2);
    group.bench_function("lay it out", |bencher| {
        bencher.iter(|| Outline::build(Arc::clone(&second), TreeKind::Structure));
    });
    let newer = Outline::build(second, TreeKind::Structure);
    group.bench_function("find every line in a newer tree", |bencher| {
        bencher.iter(|| Carried::between(Arc::clone(&outline), &newer));
    });
    group.finish();
}

criterion_group!(benches, tree);
criterion_main!(benches);
