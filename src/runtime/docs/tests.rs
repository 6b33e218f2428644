//! The lane over a real cache, by the jobs that the interface asks it for.

use serde_json::json;
use tokio::sync::mpsc::{Receiver, channel};

use super::*;
use crate::app::docs::{DocsGoal, Place};
use crate::app::{CacheUpdate, JobEvent, JobId, Msg, Policy, Slot};
use crate::catalog::{EntityRecord, FileRecord};
use crate::runtime::card::CardSources;
use crate::runtime::event::Incoming;
use crate::runtime::jobs::Runner;
use crate::runtime::work::workers;
use crate::store::{DocEntity, DocSiteRecord, DocText as StoredText, Paths, UnitRecord};
use crate::techdocs::{NavNode, NavTarget, Site, SitePage};

const PAY: &str = "component:default/pay";
const SOURCE: &str = "url:https://github.com/acme/pay/tree/main/";
/// A runbook of another repository, which a sync has fetched.
const WIKI: &str = "https://github.com/acme/wiki/blob/main/pay/incident.md";
const POOL: &str = "# Pool\n\n--8<-- \"shared/alarm.md\"\n\n```bash\nkubectl get pods\n```\n";

fn page(path: &str, skipped: Option<&str>) -> SitePage {
    SitePage {
        path: path.into(),
        file: format!("docs/{path}"),
        title: String::new(),
        oid: path.into(),
        size: 1,
        skipped: skipped.map(ToOwned::to_owned),
    }
}

fn record(source: &str, site: Site, texts: &[(&str, bool, &str)]) -> DocSiteRecord {
    DocSiteRecord {
        source: source.into(),
        state: json!({}),
        site,
        texts: texts
            .iter()
            .map(|(path, is_snippet, text)| StoredText {
                path: (*path).into(),
                is_snippet: *is_snippet,
                oid: (*path).into(),
                text: (*text).into(),
            })
            .collect(),
        fetched_at: 100,
    }
}

/// An entity whose catalog file has these annotations.
fn entity(name: &str, annotations: serde_json::Value) -> EntityRecord {
    EntityRecord {
        entity_ref: format!("component:default/{name}"),
        document: 0,
        entity: json!({
            "apiVersion": "backstage.io/v1alpha1", "kind": "Component",
            "metadata": {"name": name, "namespace": "default", "annotations": annotations},
            "spec": {"type": "service", "lifecycle": "production", "owner": "team"},
        }),
        positions: vec![],
        problems: vec![],
    }
}

/// The lanes over a cache: `pay` has a site with a runbook, a snippet and a page too large to keep, `bare` only a
/// runbook that was fetched from elsewhere, `lost` documentation that could not be read.
struct Lanes {
    _folder: tempfile::TempDir,
    runner: Runner,
    told: Receiver<Incoming>,
    next: u64,
}

impl Lanes {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let paths = Paths {
            cache_dir: folder.path().join("cache"),
            state_dir: folder.path().join("state"),
        };
        let mut cache = Cache::open(&paths.cache_dir, OpenMode::ReadWrite).unwrap();
        let cache = &mut cache.cache;
        let annotated = json!({"backstage.io/runbook-url": WIKI});
        let unit = UnitRecord {
            source: "github:acme".into(),
            unit: "acme/pay".into(),
            state: json!({}),
            files: vec![FileRecord {
                location: "url:https://github.com/acme/pay/blob/main/catalog-info.yaml".into(),
                origin: "url:x".into(),
                refused: Vec::new(),
                entities: vec![
                    entity("pay", json!({})),
                    entity("bare", annotated),
                    entity("lost", json!({})),
                ],
                problems: vec![],
            }],
        };
        cache.replace_unit(&unit).unwrap();
        let node = |path: &str, title: &str| NavNode {
            title: title.into(),
            level: 0,
            target: NavTarget::Page(path.into()),
        };
        let site = Site {
            nav: vec![node("index.md", "Home"), node("runbooks/pool.md", "")],
            pages: vec![
                page("index.md", None),
                page("runbooks/pool.md", None),
                page("runbooks/huge.md", Some("is larger than 1 MB")),
            ],
            snippet_paths: vec!["docs".into()],
            ..Site::default()
        };
        let long = format!("# Home\n\n```rust\n{}```\n", "fn f() {} // x\n".repeat(400));
        let texts = [
            ("index.md", false, long.as_str()),
            ("runbooks/pool.md", false, POOL),
            ("docs/shared/alarm.md", true, "Silence the alarm first.\n"),
        ];
        let fetched = Site {
            pages: vec![page("incident.md", None)],
            ..Site::default()
        };
        let wiki = [("incident.md", false, "# Incident at pay\n\nCall Jin.\n")];
        cache
            .put_docs(&[
                record(SOURCE, site, &texts),
                record(&format!("url:{WIKI}"), fetched, &wiki),
            ])
            .unwrap();
        let has = |name: &str, source: Option<&str>, problem: Option<&str>| DocEntity {
            entity_ref: format!("component:default/{name}"),
            source: source.map(ToOwned::to_owned),
            page: None,
            problem: problem.map(ToOwned::to_owned),
        };
        cache
            .set_doc_entities(&[
                has("pay", Some(SOURCE), None),
                has("lost", None, Some("dir:docs is no folder")),
            ])
            .unwrap();
        let snapshot = Arc::new(cache.snapshot().unwrap());
        let services = Services {
            paths,
            offline: true,
            sync: None,
            user: Arc::new(|| None),
            card_sources: CardSources::default(),
            snapshot: std::sync::Mutex::new(snapshot),
        };
        let (tell, told) = channel(1024);
        Self {
            _folder: folder,
            runner: Runner::new(workers(Arc::new(services)), tell),
            told,
            next: 0,
        }
    }

    fn start(&mut self, job: Job) -> JobId {
        self.next += 1;
        let id = JobId(self.next);
        let policy = match &job {
            Job::RememberPlaces { .. } => Policy::Queue(Slot::State),
            Job::LoadEntity { .. } => Policy::Latest(Slot::Entity),
            Job::OpenCache { .. } => Policy::Exclusive(Slot::Cache),
            _ => Policy::Latest(Slot::Docs),
        };
        self.runner.start(id, policy, job).unwrap();
        id
    }

    /// What a job says next; none where it has ended.
    fn next(&mut self, id: JobId) -> Option<Output> {
        loop {
            let Some(Incoming::Msg(Msg::Job(report))) = self.told.blocking_recv() else {
                panic!("nobody says anything any more");
            };
            match report.event {
                JobEvent::Output(output) if report.id == id => return Some(output),
                JobEvent::Finished(result) if report.id == id => {
                    result.unwrap();
                    return None;
                }
                _ => {}
            }
        }
    }

    fn run(&mut self, job: Job) -> Vec<Output> {
        let id = self.start(job);
        std::iter::from_fn(|| self.next(id)).collect()
    }

    fn open(&mut self, name: &str, goal: DocsGoal) -> Vec<Output> {
        self.run(Job::OpenDocs {
            entity_ref: format!("component:default/{name}"),
            goal,
            view: view(60),
        })
    }
}

fn view(columns: usize) -> PageView {
    PageView {
        columns,
        ..PageView::default()
    }
}

fn laid_out(outputs: &[Output]) -> Vec<&LaidOut> {
    let pages = outputs.iter().filter_map(|output| match output {
        Output::Doc(laid_out) => Some(laid_out),
        _ => None,
    });
    pages.collect()
}

fn said(laid_out: &LaidOut) -> String {
    laid_out.page.to_text()
}

#[test]
fn a_runbook_comes_with_its_snippets_and_the_pages_around_it() {
    let mut lanes = Lanes::new();
    let outputs = lanes.open("pay", DocsGoal::Runbook);
    let Some(Output::Docs(Ok(set))) = outputs.first() else {
        panic!("{outputs:?}");
    };
    assert_eq!((set.source.as_str(), set.fetched_at), (SOURCE, 100));
    assert_eq!(set.start.as_deref(), Some("index.md"));
    // A page whose text is not kept is none to read.
    let runbooks: Vec<&str> = set.runbooks.iter().map(|r| r.target.shown()).collect();
    assert_eq!(runbooks, ["runbooks/pool.md"]);
    let pages = laid_out(&outputs);
    let last = pages.last().unwrap();
    assert_eq!(
        (last.text.path.as_str(), last.text.title.as_str()),
        ("runbooks/pool.md", "Pool")
    );
    assert!(
        said(last).contains("Silence the alarm first."),
        "{}",
        said(last)
    );
}

#[test]
fn a_fetched_runbook_is_read_here_by_key_and_from_the_card_by_one_rule() {
    let mut lanes = Lanes::new();
    let outputs = lanes.open("bare", DocsGoal::Runbook);
    let Some(Output::Docs(Ok(set))) = outputs.first() else {
        panic!("{outputs:?}");
    };
    assert_eq!(set.source, "");
    assert!(said(laid_out(&outputs)[0]).contains("Call Jin."));
    let of_docs = set.runbooks.clone();
    let outputs = lanes.run(Job::LoadEntity {
        entity_ref: "component:default/bare".into(),
    });
    let Some(Output::Entity {
        card: Some(card), ..
    }) = outputs.first()
    else {
        panic!("{outputs:?}");
    };
    assert_eq!(card.runbooks, of_docs);
    assert_eq!(card.runbooks[0].target, RunbookTarget::Fetched(WIKI.into()));
    // What the card opens is the page that the key opened.
    let (source, path) = card.runbooks[0].target.page(None).unwrap();
    let goal = DocsGoal::Page {
        source: Some(source),
        path,
    };
    let outputs = lanes.open("bare", goal);
    assert!(said(laid_out(&outputs)[0]).contains("Call Jin."));
}

#[test]
fn what_cannot_be_read_says_why() {
    let mut lanes = Lanes::new();
    let none = |outputs: &[Output]| match outputs {
        [Output::Docs(Err(none))] => none.message.clone(),
        [Output::Docs(Ok(_)), Output::NoDoc(why)] => why.clone(),
        other => panic!("{other:?}"),
    };
    let goal = |path: &str| DocsGoal::Page {
        source: None,
        path: path.into(),
    };
    let mut said = |name: &str, goal: DocsGoal| none(&lanes.open(name, goal));
    assert!(said("lost", DocsGoal::Start).contains("dir:docs is no folder"));
    assert!(said("bare", DocsGoal::Start).contains("backstage.io/techdocs-ref"));
    assert!(said("lost", DocsGoal::Runbook).contains("runbook-url"));
    assert_eq!(
        said("pay", goal("runbooks/huge.md")),
        "runbooks/huge.md is larger than 1 MB"
    );
    assert!(said("pay", goal("gone.md")).contains("not in the cache"));
}

#[test]
fn a_page_that_is_laid_out_anew_while_its_code_is_coloured_ends_in_the_new_width_with_colours() {
    let mut lanes = Lanes::new();
    let first = lanes.start(Job::OpenDocs {
        entity_ref: PAY.into(),
        goal: DocsGoal::Start,
        view: view(60),
    });
    let plain = loop {
        match lanes.next(first) {
            Some(Output::Doc(page)) => break page,
            Some(_) => {}
            None => panic!("no page came"),
        }
    };
    // Its text is there before its colours are.
    assert!(!plain.painted && said(&plain).contains("fn f() {}"));
    let outputs = lanes.run(Job::LayDoc {
        text: Arc::clone(&plain.text),
        view: view(40),
    });
    let pages = laid_out(&outputs);
    assert!(pages.iter().all(|page| page.view.columns == 40));
    let last = pages.last().unwrap();
    assert!(last.painted && said(last).contains("fn f() {}"));
    // Colours that are known come with the page.
    let outputs = lanes.run(Job::LayDoc {
        text: Arc::clone(&plain.text),
        view: view(50),
    });
    assert_eq!(laid_out(&outputs).len(), 1);
    assert!(laid_out(&outputs)[0].painted);
}

#[test]
fn a_fold_that_was_opened_is_laid_out_open() {
    let mut lanes = Lanes::new();
    let text = "??? note \"More\"\n    hidden words\n";
    let document = markdown::parse(text, Limits::default(), &mut |_: &str| None);
    let text = Arc::new(DocText {
        document,
        ..DocText::default()
    });
    let mut lay = |toggled: bool| {
        let mut view = view(60);
        if toggled {
            let page = markdown::layout(&text.document, 60, &view.options());
            for link in &page.links {
                if let markdown::Target::Fold(fold) = link.target {
                    view.toggled.insert(fold);
                }
            }
        }
        let outputs = lanes.run(Job::LayDoc {
            text: Arc::clone(&text),
            view,
        });
        said(laid_out(&outputs)[0])
    };
    assert!(!lay(false).contains("hidden words"));
    assert!(lay(true).contains("hidden words"));
}

#[test]
fn places_are_remembered_for_each_page_from_one_start_to_the_next() {
    let mut lanes = Lanes::new();
    let places: Vec<Place> = vec![
        (SOURCE.into(), "index.md".into(), (7, 0)),
        (SOURCE.into(), "runbooks/pool.md".into(), (3, 1)),
        (format!("url:{WIKI}"), "incident.md".into(), (2, 0)),
    ];
    lanes.run(Job::RememberPlaces {
        places: places.clone(),
    });
    let outputs = lanes.run(Job::OpenCache { generation: 0 });
    let kept = outputs.into_iter().find_map(|output| match output {
        Output::Cache(update) => {
            let CacheUpdate { places, .. } = *update;
            places
        }
        _ => None,
    });
    assert_eq!(kept, Some(places));
}

#[test]
fn a_search_finds_pages_of_the_cache_and_says_where() {
    let mut lanes = Lanes::new();
    let outputs = lanes.run(Job::SearchDocs {
        question: "kubectl pods".into(),
    });
    let [Output::DocsFound(found)] = outputs.as_slice() else {
        panic!("{outputs:?}");
    };
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].entity_ref.as_str(), found[0].path.as_str()),
        (PAY, "runbooks/pool.md")
    );
    assert_eq!(found[0].heading, "Pool");
    assert_eq!(found[0].line, Some(6));
}

#[test]
fn a_cache_that_a_sync_replaces_meanwhile_is_read_anew() {
    let mut lanes = Lanes::new();
    lanes.open("pay", DocsGoal::Start);
    let folder = lanes._folder.path().join("cache");
    let mut cache = Cache::open(&folder, OpenMode::ReadWrite).unwrap().cache;
    let site = Site {
        pages: vec![page("index.md", None)],
        ..Site::default()
    };
    let mut next = record(SOURCE, site, &[("index.md", false, "# New words\n")]);
    next.fetched_at = 200;
    next.texts[0].oid = "another".into();
    next.site.pages[0].oid = "another".into();
    cache.put_docs(&[next]).unwrap();
    drop(cache);
    let outputs = lanes.open("pay", DocsGoal::Start);
    assert!(said(laid_out(&outputs)[0]).contains("New words"));
}
