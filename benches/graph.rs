//! How long the graph takes to answer over 100,000 entities and 400,000 edges between them: the worst case, in which
//! nearly everything is reached, and a usual one, in which little is.

use std::hint::black_box;

use callboard::catalog::graph::{Direction, Hierarchy, Reach, Summary, shortest_path};
use callboard::catalog::{RowId, RowInput, Snapshot};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};

const ENTITIES: usize = 100_000;
const EDGES_EACH: usize = 4;

/// Numbers that look random and are the same every time.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: usize) -> usize {
        // xorshift64*, by Vigna.
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % below
    }
}

fn is_api(n: usize) -> bool {
    n.is_multiple_of(5)
}

fn name(n: usize) -> String {
    let kind = if is_api(n) { "api" } else { "component" };
    format!("{kind}:default/e{n:06}")
}

/// Components and APIs; each relates to four others, anywhere or among the `near` ones beside it.
fn snapshot(near: Option<usize>) -> Snapshot {
    let mut numbers = Numbers(0x5eed);
    let mut rows: Vec<RowInput> = (0..ENTITIES)
        .map(|n| RowInput {
            entity_ref: name(n),
            kind: if is_api(n) { "API" } else { "Component" }.into(),
            namespace: "default".into(),
            name: format!("e{n:06}"),
            owner: format!("group:default/team-{}", n % 500),
            ..RowInput::default()
        })
        .collect();
    for n in 0..ENTITIES {
        for _ in 0..EDGES_EACH {
            let other = match near {
                Some(near) => n / near * near + numbers.next(near),
                None => numbers.next(ENTITIES),
            };
            let (forward, reverse) = if is_api(other) && !is_api(n) {
                ("consumesApi", "apiConsumedBy")
            } else {
                ("dependsOn", "dependencyOf")
            };
            rows[n].relations.push((forward.into(), name(other)));
            rows[other].relations.push((reverse.into(), name(n)));
        }
    }
    for row in &mut rows {
        row.relations.sort();
        row.relations.dedup();
    }
    Snapshot::build(rows, 1)
}

fn graph(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("graph of 100,000 entities and 400,000 edges");
    group.sample_size(20);
    for (reach, near) in [("all", None), ("a hundred", Some(100))] {
        let snapshot = snapshot(near);
        let root = snapshot.find(&name(50_001)).unwrap_or(RowId(0));
        for direction in [Direction::Dependencies, Direction::Dependents] {
            let name = BenchmarkId::new(format!("{direction:?}"), format!("reaching {reach}"));
            group.bench_function(name, |bencher| {
                bencher.iter(|| Reach::walk(&snapshot, black_box(root), direction, None));
            });
        }
    }
    let snapshot = snapshot(None);
    let (from, to) = (RowId(1), RowId(70_003));
    let reach = Reach::walk(&snapshot, from, Direction::Dependents, None);
    group.bench_function("summary", |b| b.iter(|| Summary::of(&reach, &snapshot)));
    group.bench_function("shortest path", |b| {
        b.iter(|| shortest_path(&snapshot, black_box(from), to));
    });
    group.bench_function("structure", |b| b.iter(|| Hierarchy::structure(&snapshot)));
    group.bench_function("ownership", |b| b.iter(|| Hierarchy::ownership(&snapshot)));
    group.finish();
}

criterion_group!(benches, graph);
criterion_main!(benches);
