//! Rendering a skeleton, and evaluating expressions: a skeleton of 1,000 files is to take less than a second, 100,000
//! small expressions less than a second on one core.

use std::fs;
use std::hint::black_box;
use std::path::Path;

use callboard::nunjucks::{self, Options, Template};
use callboard::scaffolder::skeleton::{self, Rendering, Source};
use callboard::scaffolder::workspace::Workspace;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;

const FILES: usize = 1_000;

fn context() -> Map<String, Value> {
    let values = json!({
        "name": "payments", "owner": "group:default/team-a", "port": 8080, "docs": true,
        "list": ["a", "b", "c"], "repo": {"host": "github.com", "owner": "acme", "repo": "pay"},
    });
    Map::from_iter([("values".to_owned(), values)])
}

/// A skeleton as services have it: folders, sources, a few large files, names that are templates.
fn make_skeleton(folder: &Path) {
    for number in 0..FILES {
        let at = folder.join(format!("src/${{{{ values.name }}}}/m{}", number % 40));
        fs::create_dir_all(&at).unwrap();
        let mut text = String::from(
            "# ${{ values.name }} of ${{ values.owner | parseEntityRef | pick('name') }}\n",
        );
        for line in 0..40 {
            text.push_str(&format!(
                "let line_{line} = call(\"{number}\"); // as it is\n"
            ));
        }
        text.push_str("{% for item in values.list %}- ${{ item | upper }}\n{% endfor %}{% if values.docs %}docs{% endif %}\n");
        fs::write(at.join(format!("f{number}.rs")), text).unwrap();
    }
}

fn render(c: &mut Criterion) {
    let keep = tempfile::tempdir().unwrap();
    make_skeleton(&keep.path().join("skeleton"));
    let mut group = c.benchmark_group("scaffolder");
    group.sample_size(20);
    group.throughput(Throughput::Elements(FILES as u64));
    group.bench_function("render_1000_files", |b| {
        b.iter_batched(
            || tempfile::tempdir().unwrap(),
            |work| {
                let workspace = Workspace::new(work.path());
                let source = Source::open(&keep.path().join("skeleton"), "skeleton").unwrap();
                let rendering = Rendering {
                    target: workspace.inner("").unwrap(),
                    context: context(),
                    options: Options::default(),
                    replace: false,
                    extension: None,
                    raw: None,
                    raw_paths: false,
                };
                let cancel = CancellationToken::new();
                skeleton::render(&source, &workspace, &rendering, &cancel).unwrap();
                work
            },
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

fn expressions(c: &mut Criterion) {
    const COUNT: usize = 100_000;
    let (context, options) = (context(), Options::default());
    let sources = [
        "${{ values.name }}",
        "${{ values.name | upper }}-${{ values.port }}",
        "${{ values.repo.owner === 'acme' }}",
        "${{ 'on' if values.docs else 'off' }}",
    ];
    let mut group = c.benchmark_group("scaffolder");
    group.sample_size(10);
    group.throughput(Throughput::Elements(COUNT as u64));
    group.bench_function("read_and_evaluate_100k_expressions", |b| {
        b.iter(|| {
            for source in sources.iter().cycle().take(COUNT) {
                black_box(nunjucks::value(source, &context, &options, None).unwrap());
            }
        });
    });
    let templates: Vec<Template> = (sources.iter())
        .map(|source| Template::new(source, &options).unwrap())
        .collect();
    group.bench_function("evaluate_100k_expressions", |b| {
        b.iter(|| {
            for template in templates.iter().cycle().take(COUNT) {
                black_box(template.value(&context, None).unwrap());
            }
        });
    });
    group.finish();
}

criterion_group!(benches, render, expressions);
criterion_main!(benches);
