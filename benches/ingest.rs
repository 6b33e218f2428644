//! Entities from disk: walk, read, parse, check, relate, on two threads.
//!
//! The tree is made here, the same each time; `CALLBOARD_TREE` names another one to measure. What is timed is the whole
//! way from the folder's name to the assembled catalog, as it runs in a sync: files are walked, read, parsed and checked
//! by two threads, then put together by one. Every run's outcome is dropped, untimed, before the next begins.

use std::fmt::Write as _;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use callboard::catalog::yaml::YamlLimits;
use callboard::catalog::{
    self, Assembled, FileContext, FileRecord, FileState, FileSummary, Rules, Trust,
};
use callboard::sync::disk::{Selection, read_folder};
use criterion::{Criterion, SamplingMode, Throughput, criterion_group, criterion_main};

const ENTITIES: usize = 10_000;

/// A component as people write them: some forty lines, every tenth a system instead.
fn entity(i: usize) -> String {
    let (team, system) = (i % 97, i % 311);
    if i.is_multiple_of(10) {
        return format!(
            "apiVersion: backstage.io/v1alpha1\nkind: System\nmetadata:\n  name: system-{system}-{i}\n  description: Part {i} of the shop\nspec:\n  owner: team-{team}\n  domain: retail\n"
        );
    }
    let mut text = format!(
        "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: service-{i}\n  title: Service {i} 서비스\n  description: >-\n    Handles orders of kind {i} and\n    emits change events.\n  tags:\n    - java\n    - tier-{}\n  annotations:\n    github.com/project-slug: acme/service-{i}\n    backstage.io/techdocs-ref: \"dir:.\"\n    pagerduty.com/integration-key: \"{i:032x}\"\n  links:\n    - url: https://grafana.example.com/d/service-{i}\n      title: Dashboard\nspec:\n  type: service\n  lifecycle: production\n  owner: \"group:default/team-{team}\"\n  system: system-{system}\n  dependsOn:\n",
        i % 4
    );
    for d in 1..4 {
        let _ = writeln!(
            text,
            "    - component:default/service-{}",
            (i * 7 + d * 13) % ENTITIES
        );
    }
    text
}

/// Repositories of one to four entities.
fn make_tree(root: &Path) {
    let mut i = 0;
    while i < ENTITIES {
        let folder = root.join(format!("{:02}/repository-{i}", i % 40));
        std::fs::create_dir_all(&folder).expect("a folder of the benchmark's own");
        let end = (i + 1 + i % 4).min(ENTITIES);
        let text: Vec<String> = (i..end).map(entity).collect();
        std::fs::write(folder.join("catalog-info.yaml"), text.join("---\n"))
            .expect("a file of the benchmark's own");
        i = end;
    }
}

fn ingest(root: &Path, rules: &Rules) -> (Vec<FileRecord>, Assembled) {
    let selection = Selection::Folder {
        entity_filename: "catalog-info.yaml".into(),
    };
    let read = |path: &Path, bytes: &[u8]| {
        let location = format!("file:{}", path.display());
        let context = FileContext {
            location: &location,
            origin: &location,
            view_url: None,
            edit_url: None,
            source_location: None,
            rules,
            trust: Trust::Configured,
            limits: YamlLimits::default(),
        };
        let parsed = catalog::file::read(bytes, &context);
        let answers = parsed
            .placeholders
            .iter()
            .map(|_| Ok("content".to_owned()))
            .collect();
        let file = parsed.resolve(answers).file;
        let summary = FileSummary::new(&file, FileState::default());
        (file, summary)
    };
    let (files, summaries): (Vec<_>, Vec<_>) = read_folder(root, &selection, read)
        .into_iter()
        .filter_map(|file| file.result.ok())
        .unzip();
    (files, catalog::assemble(summaries))
}

fn bench(criterion: &mut Criterion) {
    let made = tempfile::tempdir().expect("a temporary folder");
    let root = std::env::var_os("CALLBOARD_TREE").map_or_else(
        || {
            make_tree(made.path());
            made.path().to_owned()
        },
        PathBuf::from,
    );
    let rules = Rules::standard(Vec::new());
    let (files, assembled) = ingest(&root, &rules);
    let entities = assembled.len();
    let relations: usize = assembled.entities().map(|e| e.relations().count()).sum();
    println!(
        "{entities} entities, {relations} relations, {} files",
        files.len()
    );
    drop((files, assembled));
    let mut group = criterion.benchmark_group("ingest");
    group
        .sample_size(30)
        .sampling_mode(SamplingMode::Flat)
        .measurement_time(Duration::from_secs(8))
        .throughput(Throughput::Elements(entities as u64));
    let mut quickest = Duration::MAX;
    group.bench_function("tree", |bencher| {
        bencher.iter_custom(|runs| {
            let mut taken = Duration::ZERO;
            for _ in 0..runs {
                let start = Instant::now();
                let outcome = black_box(ingest(&root, &rules));
                let run = start.elapsed();
                drop(outcome);
                quickest = quickest.min(run);
                taken += run;
            }
            taken
        });
    });
    group.finish();
    // On a machine that does other things besides, the quickest run says what the code costs.
    let a_second = entities as f64 / quickest.as_secs_f64();
    println!("quickest run: {quickest:.1?}, {a_second:.0} entities a second");
}

criterion_group!(benches, bench);
criterion_main!(benches);
