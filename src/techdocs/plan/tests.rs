use super::*;
use proptest::prelude::*;

/// A folder of the material that tests read where it is; none, and a word of it, where it is not there.
fn shared(folder: &str) -> Option<std::path::PathBuf> {
    let beside = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let root = std::env::var_os("CALLBOARD_SHARED").map_or(beside, Into::into);
    let found = root.join(folder);
    if found.exists() {
        return Some(found);
    }
    eprintln!("skipped: {} is not there", found.display());
    None
}

/// A whole site by its files; a page's text is its size alone, a configuration's is kept.
fn source(files: &[(&str, &str)]) -> Source {
    let mut source = Source {
        whole: BTreeSet::from([String::new()]),
        ..Source::default()
    };
    for (at, text) in files {
        let mut folder = path::folder_of(at);
        while !folder.is_empty() {
            let entry = Entry {
                kind: EntryKind::Folder,
                oid: String::new(),
                size: 0,
            };
            source.entries.insert(folder.to_owned(), entry);
            folder = path::folder_of(folder);
        }
        let entry = Entry {
            kind: EntryKind::File,
            oid: format!("oid of {at}"),
            size: text.len() as u64,
        };
        source.entries.insert((*at).to_owned(), entry);
        if at.ends_with(".yml") || at.ends_with(".yaml") {
            source
                .texts
                .insert((*at).to_owned(), Some((*text).to_owned()));
        }
    }
    source
}

fn planned(files: &[(&str, &str)]) -> Site {
    let plan = plan(&source(files), Limits::default(), &RunbookRules::default());
    assert!(plan.wants.is_nothing(), "{:?}", plan.wants);
    plan.site
}

fn lines(site: &Site) -> Vec<String> {
    let named = {
        let mut site = site.clone();
        site.name_pages(|_| None);
        site
    };
    named
        .nav
        .iter()
        .map(|node| {
            let indent = "  ".repeat(usize::from(node.level));
            match &node.target {
                NavTarget::Section => format!("{indent}{}:", node.title),
                NavTarget::Page(path) => format!("{indent}{} = {path}", node.title),
                NavTarget::Url(url) => format!("{indent}{} -> {url}", node.title),
                NavTarget::Missing(path) => format!("{indent}{} ? {path}", node.title),
            }
        })
        .collect()
}

fn paths(site: &Site) -> Vec<&str> {
    site.pages.iter().map(|page| page.path.as_str()).collect()
}

#[test]
fn a_navigation_is_followed_with_what_is_missing_in_its_place() {
    let site = planned(&[
        (
            "mkdocs.yml",
            "site_name: Pay\nnav:\n  - index.md\n  - Design: design.md\n  - Runbooks:\n      - Pool: runbooks/pool.md#top\n      \
             - Gone: runbooks/gone.md\n      - Dashboard: https://grafana.example/d\n  - Guides: guides/\n  - Out: \
             ../../etc/passwd\n  - Abs: /etc/passwd\n",
        ),
        ("docs/index.md", "x"),
        ("docs/design.md", "x"),
        ("docs/runbooks/pool.md", "x"),
        ("docs/guides/b.md", "x"),
        ("docs/guides/a/c.md", "x"),
        ("docs/extra.md", "x"),
        ("docs/logo.png", "x"),
    ]);
    assert_eq!(site.name, "Pay");
    assert_eq!(
        lines(&site),
        [
            "Home = index.md",
            "Design = design.md",
            "Runbooks:",
            "  Pool = runbooks/pool.md",
            "  Gone ? runbooks/gone.md",
            "  Dashboard -> https://grafana.example/d",
            "Guides:",
            "  B = guides/b.md",
            "  A:",
            "    C = guides/a/c.md",
            "Out ? ../../etc/passwd",
            "Abs ? /etc/passwd"
        ]
    );
    // Pages that the navigation does not name are pages all the same.
    assert_eq!(paths(&site).last(), Some(&"extra.md"));
    assert_eq!(site.pages.len(), 6);
    assert_eq!(site.problems, Vec::<String>::new());
}

#[test]
fn without_a_navigation_the_order_is_that_of_mkdocs() {
    let site = planned(&[
        ("mkdocs.yaml", "docs_dir: ./pages/\nnav: []\n"),
        ("pages/zeta.md", "x"),
        ("pages/index.md", "x"),
        ("pages/README.md", "x"),
        ("pages/adr/0001.md", "x"),
        ("pages/.hidden/x.md", "x"),
        ("docs/other.md", "x"),
    ]);
    assert_eq!(
        lines(&site),
        [
            "Home = index.md",
            "Zeta = zeta.md",
            "Adr:",
            "  0001 = adr/0001.md"
        ]
    );
    assert_eq!(site.pages[0].file, "pages/index.md");
}

#[test]
fn what_the_configuration_excludes_is_no_page_and_not_in_nav_keeps_a_page_out_of_the_navigation() {
    let site = planned(&[
        (
            "mkdocs.yml",
            "exclude_docs: |\n  drafts/\n  /index.md\ndraft_docs: |\n  soon.md\nnot_in_nav: |\n  includes/\n",
        ),
        ("docs/index.md", "x"),
        ("docs/README.md", "x"),
        ("docs/soon.md", "x"),
        ("docs/drafts/a.md", "x"),
        ("docs/includes/b.md", "x"),
        ("docs/pool.md", "x"),
    ]);
    // The README stands for the index that is not there.
    assert_eq!(lines(&site), ["Home = README.md", "Pool = pool.md"]);
    assert_eq!(paths(&site), ["README.md", "pool.md", "includes/b.md"]);
    let site = planned(&[
        ("mkdocs.yml", "exclude_docs: [a]\nnav: [a.md, b.md]\n"),
        ("docs/a.md", "x"),
        ("docs/b.md", "x"),
    ]);
    assert_eq!(lines(&site), ["A = a.md", "B = b.md"]);
    assert_eq!(site.problems, ["exclude_docs is not a text"]);
}

#[test]
fn without_mkdocs_there_are_the_docs_and_else_the_readme() {
    let site = planned(&[("docs/b.md", "x"), ("docs/a/c.md", "x"), ("README.md", "x")]);
    assert_eq!(
        lines(&site),
        ["Home = index.md", "B = b.md", "A:", "  C = a/c.md"]
    );
    let site = planned(&[("README.md", "x"), ("src/main.md", "x")]);
    assert_eq!(lines(&site), ["Home = index.md"]);
    assert_eq!(site.pages[0].file, "README.md");
    assert_eq!(planned(&[("x.txt", "")]).pages, []);
}

#[test]
fn sites_within_the_site_are_included_under_their_names() {
    let site = planned(&[
        (
            "mkdocs.yml",
            "site_name: All\nnav:\n  - Home: index.md\n  - Pay: '!include ./services/pay/mkdocs.yml'\n  - Tagged: !include \
             services/ship/mkdocs.yml\n  - Gone: '!include services/gone/mkdocs.yml'\n  - Out: '!include ../x/mkdocs.yml'\n  \
             - Teams: '*include ./teams/*/mkdocs.yml'\n",
        ),
        ("docs/index.md", "x"),
        (
            "services/pay/mkdocs.yml",
            "site_name: pay-docs\nnav:\n  - Start: index.md\n  - Again: '!include ../pay/mkdocs.yml'\n",
        ),
        ("services/pay/docs/index.md", "x"),
        ("services/ship/mkdocs.yml", "site_name: 배송 Ship\n"),
        ("services/ship/docs/a.md", "x"),
        ("teams/a/mkdocs.yml", "site_name: team-a\n"),
        ("teams/a/docs/index.md", "x"),
        ("teams/b/other.yml", ""),
    ]);
    assert_eq!(
        lines(&site),
        [
            "Home = index.md",
            "Pay:",
            "  Start = pay-docs/index.md",
            "  Again ? services/pay/mkdocs.yml",
            "Tagged:",
            "  A = 배송-ship/a.md",
            "Gone ? services/gone/mkdocs.yml",
            "Out ? ../x/mkdocs.yml",
            "Teams:",
            "  team-a:",
            "    Index = team-a/index.md"
        ]
    );
    assert_eq!(site.pages[1].file, "services/pay/docs/index.md");
}

#[test]
fn includes_that_lead_round_end() {
    let site = planned(&[
        ("mkdocs.yml", "nav:\n  - A: '!include a/mkdocs.yml'\n"),
        (
            "a/mkdocs.yml",
            "site_name: a\nnav:\n  - B: '!include b/mkdocs.yml'\n  - Self: '!include mkdocs.yml'\n",
        ),
        (
            "a/b/mkdocs.yml",
            "INHERIT: mkdocs.yml\nsite_name: b\nnav: [x.md]\n",
        ),
    ]);
    assert_eq!(
        lines(&site),
        ["A:", "  B:", "    X ? x.md", "  Self ? a/mkdocs.yml"]
    );
    assert_eq!(site.problems.len(), 2);
}

#[test]
fn an_inherited_configuration_gives_what_this_one_lacks() {
    let site = planned(&[
        ("mkdocs.yml", "INHERIT: ./base/mkdocs.yml\nsite_name: Own\n"),
        (
            "base/mkdocs.yml",
            "site_name: Base\nnav:\n  - First: a.md\n",
        ),
        ("docs/a.md", "x"),
    ]);
    assert_eq!(site.name, "Own");
    assert_eq!(lines(&site), ["First = a.md"]);
    let site = planned(&[
        ("mkdocs.yml", "INHERIT: ../base.yml\nnav: [a.md]\n"),
        ("docs/a.md", "x"),
    ]);
    assert_eq!(lines(&site), ["A = a.md"]);
    assert_eq!(site.problems.len(), 1);
}

#[test]
fn documentation_outside_of_the_site_is_refused() {
    for docs_dir in ["../docs", "/docs", "a/../../docs"] {
        let site = planned(&[
            ("mkdocs.yml", &format!("docs_dir: {docs_dir}\n")),
            ("docs/a.md", "x"),
        ]);
        assert_eq!(site.pages, [], "{docs_dir}");
        assert_eq!(site.problems.len(), 1, "{docs_dir}");
    }
}

#[test]
fn only_what_is_needed_is_asked_for_step_by_step() {
    let whole = source(&[
        (
            "mkdocs.yml",
            "docs_dir: pages\nnav:\n  - A: a.md\n  - Pay: '!include services/pay/mkdocs.yml'\n",
        ),
        ("pages/a.md", "x"),
        ("services/pay/mkdocs.yml", "site_name: pay\n"),
        ("services/pay/docs/b.md", "x"),
        ("services/pay/src/main.md", "x"),
    ]);
    let mut seen = Source::default();
    let mut asked = Vec::new();
    let site = loop {
        let plan = plan(&seen, Limits::default(), &RunbookRules::default());
        if plan.wants.is_nothing() {
            break plan.site;
        }
        assert!(asked.len() < 10);
        for file in &plan.wants.files {
            seen.texts.insert(file.clone(), whole.texts[file].clone());
        }
        for (folders, deep) in [(&plan.wants.folders, true), (&plan.wants.shallow, false)] {
            for folder in folders {
                let entries = whole.entries.iter().filter(|(at, _)| {
                    path::below(folder, at).is_some_and(|rest| deep || !rest.contains('/'))
                });
                seen.entries
                    .extend(entries.map(|(at, entry)| (at.clone(), entry.clone())));
                let listed = if deep {
                    &mut seen.whole
                } else {
                    &mut seen.shallow
                };
                listed.insert(folder.clone());
            }
        }
        asked.push(plan.wants);
    };
    let all: Vec<&String> = asked
        .iter()
        .flat_map(|w| w.shallow.iter().chain(&w.files).chain(&w.folders))
        .collect();
    assert_eq!(
        all,
        [
            "",
            "mkdocs.yml",
            "pages",
            "services/pay",
            "services/pay/mkdocs.yml",
            "services/pay/docs"
        ]
    );
    assert_eq!(paths(&site), ["a.md", "pay/b.md"]);
}

#[test]
fn what_is_too_large_or_a_link_is_told_and_the_rest_is_whole() {
    let mut source = source(&[
        ("mkdocs.yml", ""),
        ("docs/a.md", "1234567890"),
        ("docs/b.md", "12345"),
        ("docs/runbook.md", "1234567"),
        ("docs/c.md", "1"),
        ("docs/link.md", ""),
    ]);
    if let Some(entry) = source.entries.get_mut("docs/link.md") {
        entry.kind = EntryKind::Link;
    }
    let limits = Limits { page: 9, site: 9 };
    let site = plan(&source, limits, &RunbookRules::default()).site;
    let kept: Vec<&str> = site
        .pages
        .iter()
        .filter(|page| page.skipped.is_none())
        .map(|page| page.path.as_str())
        .collect();
    // The runbook before what comes first.
    assert_eq!(kept, ["c.md", "runbook.md"]);
    assert_eq!(site.problems.len(), 3);
    assert_eq!(site.pages.len(), 5);
}

#[test]
fn real_sites_lose_no_page() {
    let Some(shared) = shared("corpus/docs") else {
        return;
    };
    let mut sites = 0;
    let mut pages = 0;
    for repository in std::fs::read_dir(shared).unwrap() {
        let root = repository.unwrap().path();
        let mut files: Vec<(String, String)> = Vec::new();
        for entry in ignore::WalkBuilder::new(&root)
            .standard_filters(false)
            .build()
        {
            let entry = entry.unwrap();
            if entry.file_type().is_some_and(|kind| kind.is_file()) {
                let at = entry.path().strip_prefix(&root).unwrap();
                let text =
                    String::from_utf8_lossy(&std::fs::read(entry.path()).unwrap()).into_owned();
                files.push((at.to_str().unwrap().to_owned(), text));
            }
        }
        let configs = files
            .iter()
            .map(|(at, _)| at.clone())
            .filter(|at| matches!(path::name_of(at), "mkdocs.yml" | "mkdocs.yaml"));
        for config in configs.collect::<Vec<_>>() {
            let folder = path::folder_of(&config);
            let own: Vec<(&str, &str)> = files
                .iter()
                .filter_map(|(at, text)| Some((path::below(folder, at)?, text.as_str())))
                .collect();
            let plan = plan(&source(&own), Limits::default(), &RunbookRules::default());
            assert!(plan.wants.is_nothing(), "{root:?} {config}");
            sites += 1;
            pages += plan.site.pages.len();
            let named = plan.site.nav.iter().filter_map(|node| match &node.target {
                NavTarget::Page(path) => Some(path),
                _ => None,
            });
            for page in named {
                assert!(plan.site.page(page).is_some(), "{config}: {page}");
            }
        }
    }
    assert!(sites > 20 && pages > 50, "{sites} sites, {pages} pages");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_configuration_leads_out_of_its_site_or_breaks_it(
        text in "(nav:\n)?(( {0,6}- )(a|b|Title: |!include |'\\*include \\*\\*/mkdocs.yml'|\\.\\./x\\.md|/etc/passwd|mkdocs.yml|\\[|\\{|!!python/name:a\\.b|INHERIT: mkdocs.yml|docs_dir: \\.|\\PC{0,12})\n){0,30}",
        docs_dir in "(\\.|\\./|\\.\\.|docs|/|a|\\PC{0,8})",
    ) {
        let text = format!("docs_dir: {docs_dir:?}\nINHERIT: mkdocs.yml\n{text}");
        let site = plan(
            &source(&[("mkdocs.yml", &text), ("docs/a.md", "x"), ("a/mkdocs.yml", &text), ("a/docs/b.md", "x")]),
            Limits::default(),
            &RunbookRules::default(),
        ).site;
        for page in &site.pages {
            prop_assert!(["docs/a.md", "a/docs/b.md"].contains(&page.file.as_str()));
        }
        prop_assert!(site.nav.len() < 20_000);
    }
}
