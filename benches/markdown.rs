//! What opening a page costs: a runbook of 2,000 lines read and laid out.

use std::fmt::Write;
use std::hint::black_box;

use callboard::markdown::{self, LayoutOptions, Limits, NoSnippets};
use criterion::{Criterion, criterion_group, criterion_main};

/// A runbook of so many lines, in the mix of constructs that runbooks have.
fn runbook(lines: usize) -> String {
    let mut out = String::from("# Payment service runbook\n\n");
    let mut section = 0;
    while out.lines().count() < lines {
        section += 1;
        let _ = write!(
            out,
            "## 장애 {section}: pool saturated\n\nThe pool is **saturated** when `hikaricp.active` stays at its limit for more than \
             five minutes; see [the dashboard](https://grafana.example/d/{section}) and 결제 서비스 상태를 확인한다.\n\n\
             1. Look at the pool:\n\n   ```bash\n   kubectl exec deploy/payment-{section} -- curl -s localhost:8080/metrics\n   ```\n\n\
             2. Scale it up.\n\n!!! warning \"Settlement\"\n    Not between 01:00 and 01:30.\n\n\
             | Code | Meaning | Do |\n|---|---|---|\n| E{section} | no connection | look at the database |\n\n"
        );
    }
    out
}

fn open(c: &mut Criterion) {
    let source = runbook(2_000);
    let options = LayoutOptions::default();
    c.bench_function("parse 2,000 lines", |b| {
        b.iter(|| markdown::parse(black_box(&source), Limits::default(), &mut NoSnippets));
    });
    let document = markdown::parse(&source, Limits::default(), &mut NoSnippets);
    c.bench_function("lay out 2,000 lines at 80 columns", |b| {
        b.iter(|| markdown::layout(black_box(&document), 80, &options));
    });
}

criterion_group!(benches, open);
criterion_main!(benches);
