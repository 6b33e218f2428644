//! How long the interface waits for its catalog: reading and checking the index file, and making one.

mod catalog;

use std::hint::black_box;

use callboard::catalog::Snapshot;
use callboard::store::index;
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};

fn load(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for count in [10_000, 100_000] {
        let snapshot = catalog::snapshot(count);
        index::write(folder.path(), &snapshot).expect("an index that can be written");
        let mut group = criterion.benchmark_group(format!("load {count} rows"));
        group.sample_size(20);
        group.bench_function("read the index", |bencher| {
            bencher.iter(|| index::read(black_box(folder.path())));
        });
        group.bench_function("every row's reference", |bencher| {
            bencher.iter(|| {
                snapshot
                    .ids()
                    .map(|id| snapshot.entity_ref(id).len())
                    .sum::<usize>()
            });
        });
        let rows = catalog::rows(count);
        group.bench_function("build", |bencher| {
            bencher.iter_batched(
                || rows.clone(),
                |rows| Snapshot::build(rows, 1),
                BatchSize::LargeInput,
            );
        });
        group.finish();
    }
}

criterion_group!(benches, load);
criterion_main!(benches);
