//! A first sync: what is found, what is left out, and how many requests it takes.

use callboard::config::NamePattern;
use callboard::sync::SyncOptions;

use super::{Catalog, acme, component, service};
use crate::github::loopback::{Loopback, Repository, Token, Visibility, generate};

fn thousand() -> Loopback {
    let world = generate::world("acme", 1_000, 950)
        .token(super::TOKEN, Token::classic("ann", &["repo", "read:org"]));
    Loopback::start(world)
}

#[tokio::test]
async fn a_thousand_repositories_are_read_in_ten_to_fifteen_requests_and_refreshed_in_three() {
    let github = thousand();
    let catalog = Catalog::discovering(&github, |_| {});
    // What documentation takes is counted where it is tested.
    let entities = SyncOptions {
        no_docs: true,
        ..SyncOptions::default()
    };
    let summary = catalog.try_sync(entities.clone()).await.unwrap();
    assert_eq!(summary.failures, []);
    assert_eq!(summary.entities, 1_900);
    assert_eq!(summary.added, 1_900);
    let first = github.take_requests();
    assert!((10..=15).contains(&first.len()), "{} requests", first.len());
    assert_eq!(summary.requests.graphql, first.len() as u64);

    let before = catalog.database();
    let summary = catalog.try_sync(entities).await.unwrap();
    assert_eq!(summary.failures, []);
    assert_eq!((summary.added, summary.changed, summary.removed), (0, 0, 0));
    assert_eq!(summary.unchanged, 1_900);
    let second = github.take_requests();
    assert!(second.len() <= 3, "{} requests", second.len());
    assert_eq!(catalog.database(), before);
}

#[tokio::test]
async fn a_full_sync_reads_everything_again_and_changes_nothing() {
    let github = Loopback::start(acme(super::services(30)));
    let catalog = Catalog::discovering(&github, |_| {});
    catalog.sync().await;
    let options = SyncOptions {
        full: true,
        ..SyncOptions::default()
    };
    let summary = catalog.try_sync(options).await.unwrap();
    assert_eq!(
        (summary.added, summary.changed, summary.unchanged),
        (0, 0, 30)
    );
}

#[tokio::test]
async fn filters_take_names_topics_forks_visibility_and_leave_archived_ones_out() {
    let github = Loopback::start(acme([
        service("pay").topic("catalog"),
        service("archived-pay").topic("catalog"),
        service("old").topic("catalog").archived(),
        service("forked").topic("catalog").fork(),
        service("hidden")
            .topic("catalog")
            .visibility(Visibility::Private),
        service("plain"),
        service("secret").topic("catalog").topic("wip"),
        Repository::new("without").topic("catalog"),
        Repository::empty("empty").topic("catalog"),
    ]));
    let catalog = Catalog::discovering(&github, |p| {
        p.filters.repository = Some(NamePattern::new("^(?!archived-).*$").unwrap());
        p.filters.topic_include = vec!["catalog".into()];
        p.filters.topic_exclude = vec!["wip".into()];
        p.filters.allow_forks = false;
        p.filters.visibility = Some(vec!["public".into()]);
    });
    let summary = catalog.sync().await;
    assert_eq!(summary.failures, []);
    assert_eq!(catalog.refs(), ["component:default/pay"]);
}

#[tokio::test]
async fn a_globbed_path_reads_every_match_but_no_skeleton_with_one_tree_request_a_changed_repository()
 {
    let template = "apiVersion: scaffolder.backstage.io/v1beta3\nkind: Template\nmetadata: {name: t}\nspec:\n  type: x\n  steps:\n  - id: a\n    action: fetch:template\n    input:\n      url: ./skeleton\n";
    let github = Loopback::start(acme([
        Repository::new("mono")
            .file("services/a/catalog-info.yaml", component("a", "first"))
            .file("services/b/catalog-info.yaml", component("b", "first"))
            .file("template/template.yaml", template)
            .file(
                "template/skeleton/catalog-info.yaml",
                "name: ${{ values.name }}\n  : {{",
            )
            .pushed_at(1_700_000_000),
        service("other").pushed_at(1_700_000_001),
    ]));
    let catalog =
        Catalog::discovering(&github, |p| p.catalog_path = "/**/catalog-info.yaml".into());
    let summary = catalog.sync().await;
    assert_eq!(summary.errors, []);
    assert_eq!(
        catalog.refs(),
        [
            "component:default/a",
            "component:default/b",
            "component:default/other"
        ]
    );
    github.take_requests();
    super::push(
        &github,
        "mono",
        "services/a/catalog-info.yaml",
        &component("a", "second"),
        1_800_000_000,
    );
    let summary = catalog.sync().await;
    assert_eq!((summary.changed, summary.removed), (1, 0));
    let trees = github
        .requests()
        .iter()
        .filter(|r| r.path.contains("/git/trees/"))
        .count();
    assert_eq!(trees, 1);
}

#[tokio::test]
async fn a_repository_that_cannot_be_listed_whole_loses_nothing_and_says_so() {
    let names: Vec<String> = (0..210).map(|n| format!("part-{n:03}")).collect();
    let mono = names.iter().fold(Repository::new("mono"), |mono, name| {
        mono.file(
            &format!("{name}/catalog-info.yaml"),
            component(name, "first"),
        )
    });
    let github = Loopback::start(acme([mono.pushed_at(1_700_000_000)]));
    let catalog =
        Catalog::discovering(&github, |p| p.catalog_path = "/**/catalog-info.yaml".into());
    assert_eq!(catalog.sync().await.entities, 210);
    // The listing is cut short from now on, and a walk of its folders ends before the last of them.
    github.change(|world| world.tree_limit = Some(100));
    let changed: Vec<String> = names.iter().map(|name| component(name, "second")).collect();
    let changes: Vec<(String, &str)> = names
        .iter()
        .map(|name| format!("{name}/catalog-info.yaml"))
        .zip(changed.iter().map(String::as_str))
        .collect();
    github.change(|world| {
        let changes: Vec<(&str, Option<&str>)> = changes
            .iter()
            .map(|(path, text)| (path.as_str(), Some(*text)))
            .collect();
        let mono = world.repository_mut("acme", "mono").unwrap();
        mono.push(1_800_000_000, &changes);
    });
    for _ in 0..2 {
        let summary = catalog.sync().await;
        assert_eq!((summary.entities, summary.removed), (210, 0));
        assert_eq!(summary.exit_code(), 1);
        let failure = &summary.failures[0].message;
        assert!(failure.contains("acme/mono has more files"), "{failure}");
    }
    // What was listed is up to date, and the rest is as it was.
    let seconds = names
        .iter()
        .filter(|name| catalog.description(name) == "second")
        .count();
    assert!((1..210).contains(&seconds), "{seconds}");
    // Nothing at all of a repository that is listed in part: not even then is anything gone.
    github.change(|world| {
        let gone: Vec<(&str, Option<&str>)> = changes
            .iter()
            .map(|(path, _)| (path.as_str(), None))
            .collect();
        let others: Vec<String> = names.iter().map(|name| format!("{name}/other")).collect();
        let others = others.iter().map(|path| (path.as_str(), Some("x")));
        let changes: Vec<(&str, Option<&str>)> = gone.into_iter().chain(others).collect();
        let mono = world.repository_mut("acme", "mono").unwrap();
        mono.push(1_800_000_001, &changes);
    });
    let summary = catalog.sync().await;
    assert_eq!((summary.entities, summary.removed), (210, 0));
    github.change(|world| world.tree_limit = None);
    let summary = catalog.sync().await;
    assert_eq!((summary.entities, summary.exit_code()), (0, 0));
}

#[tokio::test]
async fn a_branch_of_its_own_is_read_where_the_filter_names_one() {
    let github = Loopback::start(acme([Repository::new("pay")
        .file("catalog-info.yaml", component("on-main", "first"))
        .file_on(
            "catalog/next",
            "catalog-info.yaml",
            component("on-next", "first"),
        )]));
    let catalog = Catalog::discovering(&github, |p| p.filters.branch = Some("catalog/next".into()));
    catalog.sync().await;
    assert_eq!(catalog.refs(), ["component:default/on-next"]);
    let stored = catalog
        .cache()
        .entity("component:default/on-next")
        .unwrap()
        .unwrap();
    assert_eq!(
        stored.location,
        format!(
            "url:{}/acme/pay/blob/catalog/next/catalog-info.yaml",
            github.web_url()
        )
    );
}

#[tokio::test]
async fn the_old_discovery_location_finds_the_same_repositories() {
    let github = Loopback::start(acme([service("svc-a"), service("svc-b"), service("tool")]));
    let target = format!("{}/acme/svc-*/blob/-/catalog-info.yaml", github.web_url());
    let catalog =
        Catalog::of(&github).location("github-discovery", &target, std::path::Path::new("/"));
    let summary = catalog.sync().await;
    assert_eq!(summary.failures, []);
    assert_eq!(
        catalog.refs(),
        ["component:default/svc-a", "component:default/svc-b"]
    );
    let stored = catalog
        .cache()
        .entity("component:default/svc-a")
        .unwrap()
        .unwrap();
    assert_eq!(stored.origin, format!("github-discovery:{target}"));
}

#[tokio::test]
async fn a_discovered_repository_gives_no_people_and_no_templates_without_rules() {
    let github = Loopback::start(acme([Repository::new("evil").file(
        "catalog-info.yaml",
        "apiVersion: backstage.io/v1alpha1\nkind: Group\nmetadata: {name: admins}\nspec: {type: team, children: []}\n",
    )]));
    let catalog = Catalog::discovering(&github, |_| {});
    let summary = catalog.sync().await;
    assert_eq!(catalog.refs(), Vec::<String>::new());
    assert!(summary.errors[0].message.contains("not of an allowed kind"));
    assert_eq!(summary.exit_code(), 0);
}

#[tokio::test]
async fn one_hostile_repository_is_a_problem_of_its_own() {
    let bomb: String = (1..9).fold(
        "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned(),
        |text, n| {
            let row = vec![format!("*a{}", n - 1); 9].join(", ");
            format!("{text}a{n}: &a{n} [{row}]\n")
        },
    );
    let github = Loopback::start(acme([
        service("good"),
        Repository::new("bomb").file("catalog-info.yaml", bomb),
        Repository::new("binary").file("catalog-info.yaml", vec![0_u8, 159, 146, 150, 0, 1, 2]),
        Repository::new("large").file("catalog-info.yaml", vec![b'#'; 6 * 1024 * 1024]),
        Repository::new("long").file(
            "catalog-info.yaml",
            format!("# {}\n{}", "x".repeat(600_000), component("long", "first")),
        ),
    ]));
    let catalog = Catalog::discovering(&github, |_| {});
    let summary = catalog.sync().await;
    assert_eq!(summary.failures, []);
    assert_eq!(
        catalog.refs(),
        ["component:default/good", "component:default/long"]
    );
    for name in ["bomb", "binary", "large"] {
        assert!(
            summary
                .errors
                .iter()
                .any(|e| e.location.contains(&format!("/acme/{name}/"))),
            "{name}: {:?}",
            summary.errors
        );
    }
}
