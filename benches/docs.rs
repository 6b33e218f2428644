//! What the full-text search over all documentation costs, and what opening a runbook from the cache does: 10,000 pages of
//! 500 sites.

use std::fmt::Write;
use std::hint::black_box;

use callboard::markdown::{self, LayoutOptions, Limits, NoSnippets};
use callboard::store::{Cache, DocEntity, DocSiteRecord, DocText, OpenMode};
use callboard::techdocs::{Site, SitePage};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};

const SITES: usize = 500;
const PAGES: usize = 20;
const TOPICS: [&str; 8] = [
    "connection pool",
    "settlement",
    "replication lag",
    "certificate",
    "결제 장애",
    "queue depth",
    "index rebuild",
    "failover",
];

fn page(site: usize, at: usize) -> String {
    let topic = TOPICS[(site + at) % TOPICS.len()];
    let mut out = format!("# {topic} of service {site}\n\n");
    for section in 0..12 {
        let _ = write!(
            out,
            "## Step {section}: look at the {topic}\n\nThe service writes to ledger-{site} and reads from cache-{at}; where the {topic} is \
             stuck for more than five minutes, page the owner. 결제 서비스의 상태를 확인하고 다시 시작한다.\n\n\
             ```bash\nkubectl -n team-{site} rollout restart deploy/service-{section}\n```\n\n"
        );
    }
    out
}

fn filled(folder: &std::path::Path) -> Result<Cache, callboard::store::StoreError> {
    let mut cache = Cache::open(folder, OpenMode::ReadWrite)?.cache;
    let mut records = Vec::new();
    let mut entities = Vec::new();
    for site in 0..SITES {
        let source = format!("url:https://github.com/acme/service-{site}/tree/main/");
        let path = |at: usize| {
            if at == 0 {
                "runbook.md".to_owned()
            } else {
                format!("guide/{at}.md")
            }
        };
        let long = |at: usize| {
            if site == 0 && at == 0 {
                (0..20).map(|at| page(0, at)).collect()
            } else {
                page(site, at)
            }
        };
        let texts: Vec<DocText> = (0..PAGES)
            .map(|at| DocText {
                path: path(at),
                is_snippet: false,
                oid: format!("{site}-{at}"),
                text: long(at),
            })
            .collect();
        let pages = (texts.iter())
            .map(|text| SitePage {
                path: text.path.clone(),
                file: format!("docs/{}", text.path),
                title: String::new(),
                oid: text.oid.clone(),
                size: text.text.len() as u64,
                skipped: None,
            })
            .collect();
        entities.push(DocEntity {
            entity_ref: format!("component:default/service-{site}"),
            source: Some(source.clone()),
            page: None,
            problem: None,
        });
        records.push(DocSiteRecord {
            source,
            state: serde_json::Value::Null,
            site: Site {
                pages,
                ..Site::default()
            },
            texts,
            fetched_at: 1,
        });
    }
    cache.put_docs(&records)?;
    cache.set_doc_entities(&entities)?;
    Ok(cache)
}

fn docs(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let cache = filled(folder.path()).expect("a cache");
    let mut group = criterion.benchmark_group("search 10,000 pages");
    group.sample_size(20);
    for words in [
        "settlement",
        "pool ledger-7",
        "the",
        "s",
        "결제",
        "결제 장애",
        "service restart owner minutes",
        "no-such-word",
    ] {
        group.bench_with_input(
            BenchmarkId::from_parameter(words),
            words,
            |bencher, words| {
                bencher.iter(|| cache.search_docs(black_box(words), 50));
            },
        );
    }
    group.finish();
    criterion.bench_function("open a runbook from the cache", |bencher| {
        bencher.iter(|| {
            let docs = cache.docs("component:default/service-0").ok().flatten()?;
            let page = cache.doc_page(&docs.source, "runbook.md").ok().flatten()?;
            let document = markdown::parse(&page.text, Limits::default(), &mut NoSnippets);
            Some(
                markdown::layout(&document, 80, &LayoutOptions::default())
                    .lines
                    .len(),
            )
        });
    });
}

criterion_group!(benches, docs);
criterion_main!(benches);
