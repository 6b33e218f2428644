use serde_json::json;

use super::*;
use crate::store::{Cache, OpenMode};
use crate::techdocs::{NavNode, NavTarget, SitePage};

fn cache() -> (tempfile::TempDir, Cache) {
    let dir = tempfile::tempdir().unwrap();
    let cache = Cache::open(dir.path(), OpenMode::ReadWrite).unwrap().cache;
    (dir, cache)
}

fn record(source: &str, pages: &[(&str, &str)]) -> DocSiteRecord {
    DocSiteRecord {
        source: source.into(),
        state: json!({}),
        site: Site {
            name: "Pay".into(),
            nav: pages
                .iter()
                .map(|(path, _)| NavNode {
                    title: String::new(),
                    level: 0,
                    target: NavTarget::Page((*path).into()),
                })
                .collect(),
            pages: pages
                .iter()
                .map(|(path, text)| SitePage {
                    path: (*path).into(),
                    file: format!("docs/{path}"),
                    title: String::new(),
                    oid: (*text).into(),
                    size: text.len() as u64,
                    skipped: None,
                })
                .collect(),
            ..Site::default()
        },
        texts: pages
            .iter()
            .map(|(path, text)| DocText {
                path: (*path).into(),
                is_snippet: false,
                oid: (*text).into(),
                text: (*text).into(),
            })
            .collect(),
        fetched_at: 100,
    }
}

fn of(entity_ref: &str, source: &str) -> DocEntity {
    DocEntity {
        entity_ref: entity_ref.into(),
        source: Some(source.into()),
        page: None,
        problem: None,
    }
}

fn found(cache: &Cache, question: &str) -> Vec<String> {
    cache
        .search_docs(question, 50)
        .unwrap()
        .into_iter()
        .map(|hit| hit.path)
        .collect()
}

fn shown(hit: &DocHit) -> String {
    hit.snippet
        .iter()
        .map(|f| match f.matched {
            true => format!("[{}]", f.text),
            false => f.text.clone(),
        })
        .collect()
}

#[test]
fn a_site_is_read_back_with_the_titles_of_its_texts() {
    let (_dir, mut cache) = cache();
    let record = record("url:a", &[("index.md", "# Start here\n"), ("b.md", "text")]);
    assert_eq!(cache.put_docs(std::slice::from_ref(&record)).unwrap(), 2);
    let mut mine = of("component:default/pay", "url:a");
    mine.page = Some("b".into());
    assert!(
        cache
            .set_doc_entities(&[mine.clone(), of("api:default/pay", "url:a")])
            .unwrap()
    );
    let docs = cache.docs("component:default/pay").unwrap().unwrap();
    let titles: Vec<&str> = docs.site.nav.iter().map(|n| n.title.as_str()).collect();
    assert_eq!(titles, ["Start here", "B"]);
    assert_eq!(docs.start.as_deref(), Some("b.md"));
    let other = cache.docs("api:default/pay").unwrap().unwrap();
    assert_eq!(other.start.as_deref(), Some("index.md"));
    let page = cache.doc_page("url:a", "index.md").unwrap().unwrap();
    assert_eq!(
        (page.text.as_str(), page.fetched_at),
        ("# Start here\n", 100)
    );
    assert_eq!(cache.docs("component:default/none").unwrap(), None);
    assert_eq!(
        cache.doc_counts().unwrap(),
        DocCounts { sites: 1, pages: 2 }
    );
}

#[test]
fn a_text_that_did_not_come_stays_and_a_page_that_went_goes_from_the_search_too() {
    let (_dir, mut cache) = cache();
    cache
        .put_docs(&[record(
            "url:a",
            &[("a.md", "alpha"), ("b.md", "beta"), ("c.md", "gamma")],
        )])
        .unwrap();
    let mut next = record("url:a", &[("a.md", "alpha"), ("b.md", "delta")]);
    next.texts.retain(|text| text.path == "b.md");
    next.fetched_at = 200;
    assert_eq!(cache.put_docs(&[next]).unwrap(), 2);
    assert_eq!(found(&cache, "alpha"), ["a.md"]);
    assert_eq!(found(&cache, "delta"), ["b.md"]);
    assert_eq!(found(&cache, "beta"), Vec::<String>::new());
    assert_eq!(found(&cache, "gamma"), Vec::<String>::new());
    assert_eq!(
        cache.doc_page("url:a", "a.md").unwrap().unwrap().fetched_at,
        100
    );
    assert_eq!(cache.retain_docs(&Default::default()).unwrap(), 1);
    assert_eq!(found(&cache, "alpha"), Vec::<String>::new());
}

#[test]
fn nothing_is_written_where_nothing_differs() {
    let (dir, mut cache) = cache();
    let record = record("url:a", &[("a.md", "alpha")]);
    let entities = [of("component:default/pay", "url:a")];
    cache.put_docs(std::slice::from_ref(&record)).unwrap();
    cache.set_doc_entities(&entities).unwrap();
    let other = Cache::open(dir.path(), OpenMode::ReadOnly).unwrap().cache;
    let before = other.data_version().unwrap();
    assert_eq!(cache.put_docs(&[record]).unwrap(), 0);
    assert!(!cache.set_doc_entities(&entities).unwrap());
    assert_eq!(cache.retain_docs(&["url:a".to_owned()].into()).unwrap(), 0);
    assert_eq!(other.data_version().unwrap(), before);
}

#[test]
fn titles_come_before_headings_and_headings_before_text() {
    let (_dir, mut cache) = cache();
    cache
        .put_docs(&[record(
            "url:a",
            &[
                (
                    "text.md",
                    "# One\n\nThe pool is a pool of many.\nMore text, more text, more text.\n",
                ),
                (
                    "heading.md",
                    "# Two\n\n## The pool\n\nMore text, more text, more text and more of it.\n",
                ),
                (
                    "pool.md",
                    "More text, more text, more text and yet more of it, and nothing else.\n",
                ),
                ("none.md", "Nothing of it. Spool.\n"),
            ],
        )])
        .unwrap();
    assert_eq!(found(&cache, "pool"), ["pool.md", "heading.md", "text.md"]);
    assert_eq!(found(&cache, "Po"), ["pool.md", "heading.md", "text.md"]);
    assert_eq!(found(&cache, "pool many"), ["text.md"]);
    assert_eq!(found(&cache, "pool -many"), ["text.md"]);
}

#[test]
fn a_hit_names_its_line_and_heading_and_marks_the_words() {
    let (_dir, mut cache) = cache();
    let text = "---\nx: 1\n---\n# Night\n\n## Pool *full*\n\n- Drain the **pool**, then restart the \u{202e}pool.\n";
    cache
        .put_docs(&[record("url:a", &[("a.md", text)])])
        .unwrap();
    cache
        .set_doc_entities(&[
            of("component:default/pay", "url:a"),
            of("api:default/pay", "url:a"),
        ])
        .unwrap();
    let hit = cache.search_docs("Drain POOL", 9).unwrap().remove(0);
    assert_eq!(hit.line, Some(8));
    assert_eq!(text.lines().nth(7).unwrap().get(..7), Some("- Drain"));
    assert_eq!(hit.heading, "Pool full");
    assert_eq!(
        shown(&hit),
        "- [Drain] the **[pool]**, then restart the [pool]."
    );
    assert_eq!(
        (hit.entity_ref.as_str(), hit.others),
        ("api:default/pay", 1)
    );
}

#[test]
fn a_long_line_is_cut_around_the_match() {
    let (_dir, mut cache) = cache();
    let text = format!("{} needle {}\n", "hay ".repeat(200), "straw ".repeat(200));
    cache
        .put_docs(&[record("url:a", &[("a.md", &text)])])
        .unwrap();
    let hit = cache.search_docs("needle", 9).unwrap().remove(0);
    let line = shown(&hit);
    assert!(line.starts_with('…') && line.ends_with('…'), "{line}");
    assert!(line.contains("[needle]"));
    assert!(line.chars().count() < 200);
}

#[test]
fn korean_chinese_and_japanese_words_are_found_within_others() {
    let (_dir, mut cache) = cache();
    cache
        .put_docs(&[record(
            "url:a",
            &[
                ("ko.md", "# 런북\n\n결제장애가 나면 풀을 비운다.\n"),
                ("ja.md", "障害対応の手順です。\n"),
                ("zh.md", "数据库连接池已满\n"),
            ],
        )])
        .unwrap();
    assert_eq!(found(&cache, "장애"), ["ko.md"]);
    assert_eq!(found(&cache, "결제 비운"), ["ko.md"]);
    assert_eq!(found(&cache, "애장"), Vec::<String>::new());
    assert_eq!(found(&cache, "対応"), ["ja.md"]);
    assert_eq!(found(&cache, "连接池"), ["zh.md"]);
    let hit = cache.search_docs("장애", 9).unwrap().remove(0);
    assert_eq!(shown(&hit), "결제[장애]가 나면 풀을 비운다.");
    assert_eq!(hit.heading, "런북");
}

#[test]
fn ten_thousand_pages_are_searched_and_the_first_ones_come_back() {
    let (_dir, mut cache) = cache();
    let names: Vec<(String, String)> = (0..10_000)
        .map(|n| {
            let word = if n % 997 == 0 { "needle" } else { "hay" };
            (
                format!("p{n}.md"),
                format!("# Page {n}\n\nThe pool of {word} is common text.\n"),
            )
        })
        .collect();
    let pages: Vec<(&str, &str)> = names
        .iter()
        .map(|(a, b)| (a.as_str(), b.as_str()))
        .collect();
    cache.put_docs(&[record("url:a", &pages)]).unwrap();
    assert_eq!(cache.search_docs("needle", 50).unwrap().len(), 11);
    assert_eq!(cache.search_docs("common", 50).unwrap().len(), 50);
    assert_eq!(cache.search_docs("", 50).unwrap(), []);
}

#[test]
fn no_question_breaks_the_search() {
    let (_dir, mut cache) = cache();
    cache
        .put_docs(&[record("url:a", &[("a.md", "alpha")])])
        .unwrap();
    for question in [
        "\"",
        "a AND",
        "NEAR(",
        "*",
        "x:y",
        "^a",
        "{a b}",
        "\0",
        "'; DROP TABLE",
        "(((",
        "-",
        "a\u{301}",
    ] {
        cache.search_docs(question, 9).unwrap();
    }
}

#[test]
fn snippets_are_kept_apart_from_pages() {
    let (_dir, mut cache) = cache();
    let mut site = record("url:a", &[("a.md", "alpha")]);
    site.texts.push(DocText {
        path: "shared/x.txt".into(),
        is_snippet: true,
        oid: "1".into(),
        text: "omega".into(),
    });
    cache.put_docs(&[site]).unwrap();
    assert_eq!(
        cache
            .doc_snippet("url:a", "shared/x.txt")
            .unwrap()
            .as_deref(),
        Some("omega")
    );
    assert_eq!(
        cache.doc_snippet("url:a", "docs/a.md").unwrap().as_deref(),
        Some("alpha")
    );
    assert_eq!(cache.doc_page("url:a", "shared/x.txt").unwrap(), None);
    assert_eq!(found(&cache, "omega"), Vec::<String>::new());
}
