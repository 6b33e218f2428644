//! How long a search takes: every length of a query as it is typed, and the harder shapes.
//!
//! `CALLBOARD_BENCH_THREADS=1` measures one thread.

mod catalog;

use std::hint::black_box;
use std::sync::Arc;

use callboard::search::{Query, SearchContext, Searcher};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};

const QUERIES: [&str; 14] = [
    "",
    "p",
    "e",
    "pa",
    "pay",
    "paysvc",
    "paymentg",
    "payment-gateway",
    "zqxj",
    "payment order java",
    "\"the tax\"",
    "owner:team-12",
    "kind:component e -tag:legacy",
    "결제",
];

fn search(criterion: &mut Criterion) {
    let threads = std::env::var("CALLBOARD_BENCH_THREADS")
        .ok()
        .and_then(|n| n.parse::<usize>().ok());
    for rows in [10_000, 100_000] {
        let searcher = Searcher::new(Arc::new(catalog::snapshot(rows)));
        let mut group = criterion.benchmark_group(format!("search {rows} rows"));
        group.sample_size(20);
        for text in QUERIES {
            group.bench_with_input(BenchmarkId::from_parameter(text), text, |bencher, text| {
                bencher.iter(|| {
                    let query = Query::parse(black_box(text));
                    match threads {
                        Some(n) => searcher.run_on(n, &query, &SearchContext::NOBODY, &|| false),
                        None => searcher.run(&query, &SearchContext::NOBODY, &|| false),
                    }
                });
            });
        }
        group.finish();
    }
}

criterion_group!(benches, search);
criterion_main!(benches);
