use proptest::prelude::*;

use super::*;
use crate::catalog::{RowFlags, RowInput};

fn row(
    kind: &str,
    name: &str,
    title: &str,
    tags: &str,
    owner: &str,
    description: &str,
) -> RowInput {
    RowInput {
        entity_ref: format!("{}:default/{}", kind.to_lowercase(), name.to_lowercase()),
        kind: kind.into(),
        namespace: "default".into(),
        name: name.into(),
        title: title.into(),
        tags: tags.into(),
        owner: if owner.is_empty() {
            String::new()
        } else {
            format!("group:default/{owner}")
        },
        description: description.into(),
        ..RowInput::default()
    }
}

fn named(name: &str) -> RowInput {
    row("Component", name, "", "", "", "")
}

fn searcher(rows: Vec<RowInput>) -> Searcher {
    Searcher::new(Arc::new(Snapshot::build(rows, 1)))
}

fn run(searcher: &Searcher, query: &str) -> Matches {
    search(searcher, query, &SearchContext::NOBODY)
}

fn search(searcher: &Searcher, query: &str, context: &SearchContext<'_>) -> Matches {
    searcher
        .run(&Query::parse(query), context, &|| false)
        .unwrap()
}

fn names<'a>(searcher: &'a Searcher, matches: &Matches) -> Vec<&'a str> {
    matches
        .ids
        .iter()
        .map(|id| searcher.snapshot.row(*id).name)
        .collect()
}

fn found<'a>(searcher: &'a Searcher, query: &str) -> Vec<&'a str> {
    let matches = run(searcher, query);
    names(searcher, &matches)
}

fn shop() -> Searcher {
    let mut rows = vec![
        row("Component", "pay", "", "java", "payments", "Takes money"),
        row(
            "Component",
            "payment-service",
            "",
            "go critical",
            "payments",
            "",
        ),
        row(
            "Component",
            "card-payments",
            "",
            "java legacy",
            "checkout",
            "",
        ),
        row("Component", "prepaid-yard", "", "", "", ""),
        row("Component", "billing", "Pay later", "", "", ""),
        row("Component", "ledger", "", "pay", "", ""),
        row("Component", "books", "", "", "payroll", ""),
        row(
            "API",
            "statements",
            "",
            "",
            "",
            "What customers pay, month by month",
        ),
        row(
            "API",
            "unrelated",
            "",
            "",
            "",
            "Stops when a run of many hundred of them is overdue, eventually",
        ),
    ];
    rows[2].spec_type = "service".into();
    rows[2].lifecycle = "production".into();
    rows[2].system = "system:default/checkout".into();
    rows[3].flags = RowFlags {
        orphan: true,
        docs: true,
        ..RowFlags::default()
    };
    rows[4].flags = RowFlags {
        invalid: true,
        runbook: true,
        stale: true,
        ..RowFlags::default()
    };
    searcher(rows)
}

#[test]
fn matches_come_by_tier() {
    assert_eq!(
        found(&shop(), "pay"),
        [
            "pay",
            "payment-service",
            "card-payments",
            "prepaid-yard",
            "billing",
            "ledger",
            "books",
            "statements"
        ]
    );
}

#[test]
fn every_word_must_match_in_whatever_field() {
    let shop = shop();
    assert_eq!(found(&shop, "pay java"), ["pay", "card-payments"]);
    assert_eq!(found(&shop, "pay checkout"), ["card-payments"]);
    assert_eq!(found(&shop, "pay zzz"), [""; 0]);
}

#[test]
fn letters_need_not_stand_together_but_must_stand_in_one_field() {
    let shop = shop();
    assert_eq!(found(&shop, "pysvc"), ["payment-service"]);
    assert_eq!(found(&shop, "ledgerpay"), [""; 0]);
}

#[test]
fn exact_words_and_excluded_words_are_in_one_piece() {
    let shop = shop();
    assert_eq!(found(&shop, "\"card-p\""), ["card-payments"]);
    assert_eq!(found(&shop, "\"pysvc\""), [""; 0]);
    assert_eq!(
        found(&shop, "pay -ment -java kind:component"),
        ["prepaid-yard", "billing", "ledger", "books"]
    );
}

#[test]
fn filters_narrow_and_exclude() {
    let shop = shop();
    assert_eq!(found(&shop, "kind:API"), ["statements", "unrelated"]);
    assert_eq!(found(&shop, "kind:api -unrelated"), ["statements"]);
    assert_eq!(found(&shop, "owner:payments -tag:go"), ["pay"]);
    assert_eq!(
        found(&shop, "owner:group:default/checkout "),
        ["card-payments"]
    );
    assert_eq!(found(&shop, "owner:user:checkout "), [""; 0]);
    assert_eq!(found(&shop, "tag:java tag:legacy"), ["card-payments"]);
    assert_eq!(
        found(&shop, "tag:go,legacy"),
        ["card-payments", "payment-service"]
    );
    assert_eq!(
        found(&shop, "type:service lifecycle:production"),
        ["card-payments"]
    );
    assert_eq!(found(&shop, "system:checkout"), ["card-payments"]);
    assert_eq!(found(&shop, "is:orphan has:docs"), ["prepaid-yard"]);
    assert_eq!(found(&shop, "is:invalid is:stale has:runbook"), ["billing"]);
    assert_eq!(
        found(&shop, "ns:default kind:component -has:docs pay java"),
        ["pay", "card-payments"]
    );
    assert_eq!(found(&shop, "component:default/pay")[0], "pay");
}

#[test]
fn a_half_typed_value_narrows_until_it_is_whole() {
    let shop = shop();
    assert_eq!(
        found(&shop, "owner:pay"),
        ["books", "pay", "payment-service"]
    );
    assert_eq!(found(&shop, "owner:payments"), ["pay", "payment-service"]);
    assert_eq!(found(&shop, "owner:pay "), [""; 0]);
    assert_eq!(found(&shop, "tag:leg"), ["card-payments"]);
}

#[test]
fn mine_is_what_my_groups_own() {
    let shop = shop();
    let me = ["group:default/checkout".to_owned()];
    let context = SearchContext {
        me: &me,
        ..SearchContext::NOBODY
    };
    let matches = search(&shop, "owner:me", &context);
    assert_eq!(names(&shop, &matches), ["card-payments"]);
    assert_eq!(found(&shop, "owner:me"), [""; 0]);
}

#[test]
fn without_words_the_starred_come_first_then_those_opened_lately() {
    let shop = shop();
    let starred = BTreeSet::from([
        "component:default/ledger".to_owned(),
        "component:default/no".into(),
    ]);
    let recent = [
        "component:default/pay".to_owned(),
        "api:default/statements".into(),
    ];
    let context = SearchContext {
        starred: &starred,
        recent: &recent,
        ..SearchContext::NOBODY
    };
    let all = search(&shop, "", &context);
    assert_eq!(all.ids.len(), 9);
    assert_eq!(
        names(&shop, &all)[..5],
        ["ledger", "pay", "statements", "unrelated", "billing"]
    );
    let api = search(&shop, "kind:api", &context);
    assert_eq!(names(&shop, &api), ["statements", "unrelated"]);
    let starred = search(&shop, "is:starred", &context);
    assert_eq!(names(&shop, &starred), ["ledger"]);
    assert_eq!(search(&shop, "-is:starred", &context).ids.len(), 8);
}

#[test]
fn a_capital_means_its_case() {
    let searcher = searcher(vec![named("payApi"), named("paapi-x")]);
    assert_eq!(found(&searcher, "papi").len(), 2);
    assert_eq!(found(&searcher, "pApi"), ["payApi"]);
}

#[test]
fn accents_and_hangul_are_found_as_typed() {
    let searcher = searcher(vec![
        row("Component", "a", "Øslo Café", "", "", ""),
        row("Component", "b", "결제 서비스", "", "", ""),
        row("Component", "c", "구나", "", "", "가로 세로"),
        row("Component", "d", "ПЛАТЁЖ", "", "", ""),
    ]);
    assert_eq!(found(&searcher, "oslo cafe"), ["a"]);
    assert_eq!(found(&searcher, "Øslo"), ["a"]);
    for typed in ["ㄱ", "겨", "결", "결ㅈ", "결제", "ㄱㅈ", "결서"] {
        assert!(found(&searcher, typed).contains(&"b"), "{typed}");
    }
    assert_eq!(found(&searcher, "결제 서비"), ["b"]);
    assert_eq!(found(&searcher, "\u{1100}\u{1167}\u{11af}"), ["b"]);
    assert_eq!(found(&searcher, "가"), ["c"]);
    assert_eq!(found(&searcher, "갈"), ["c"]);
    assert_eq!(found(&searcher, "платеж"), ["d"]);
}

#[test]
fn the_finer_matcher_ranks_within_a_tier() {
    let searcher = searcher(vec![
        named("a-xfxoxo-bar"),
        named("a-foxxxxo-bar"),
        named("z-fo-o-bar"),
    ]);
    assert_eq!(found(&searcher, "foob")[0], "z-fo-o-bar");
}

#[test]
fn a_cancelled_search_has_no_answer() {
    assert_eq!(
        shop().run(&Query::parse("pay"), &SearchContext::NOBODY, &|| true),
        None
    );
}

#[test]
fn a_name_near_the_word_is_suggested() {
    let shop = shop();
    let suggested = |text: &str| shop.nearest(&Query::parse(text), &|| false);
    assert_eq!(suggested("ledgre"), Some("ledger"));
    assert_eq!(suggested("kind:api"), None);
}

#[test]
fn an_empty_catalog_can_be_searched() {
    let none = searcher(vec![]);
    assert!(run(&none, "pay kind:api").ids.is_empty());
    assert!(run(&none, "").ids.is_empty());
}

/// Many rows of few letters, so that words match in many ways.
fn many() -> Vec<RowInput> {
    let letters = ["pay", "ment", "card", "svc", "결제", "api", "Data", "x"];
    (0..9000_usize)
        .map(|n| {
            let part = |k: usize| letters[(n / 8_usize.pow(k as u32) + n * k) % letters.len()];
            let name = format!("{}-{}{}-{n}", part(0), part(1), part(2));
            row(
                "Component",
                &name,
                part(3),
                part(1),
                part(2),
                &format!("{} {}", part(4), part(0)),
            )
        })
        .collect()
}

#[test]
fn the_order_is_the_same_on_any_number_of_threads_and_scores_never_grow() {
    let searcher = searcher(many());
    for text in [
        "p", "pay", "psv", "결", "pay card", "a -x", "\"ment\"", "tag:pay", "", "zq",
    ] {
        let query = Query::parse(text);
        let on = |threads| {
            searcher
                .run_on(threads, &query, &SearchContext::NOBODY, &|| false)
                .unwrap()
        };
        let one = on(1);
        assert_eq!(one, on(2), "{text}");
        assert_eq!(one, on(5), "{text}");
        assert!(one.scores.is_sorted_by(|a, b| a >= b), "{text}");
        assert_eq!(one.scores.len(), one.ids.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_name_typed_whole_finds_its_entity_first(
        names in prop::collection::btree_set("[a-zA-Z0-9]([a-zA-Z0-9._-]{0,9}[a-zA-Z0-9])?", 1..12),
        pick in any::<prop::sample::Index>(),
    ) {
        let searcher = searcher(names.iter().map(|name| named(name)).collect());
        let names: Vec<_> = names.into_iter().collect();
        let wanted = pick.get(&names);
        let first = found(&searcher, wanted)[0];
        prop_assert!(first.eq_ignore_ascii_case(wanted), "{} for {}", first, wanted);
    }

    #[test]
    fn no_query_makes_a_search_fail(query in "\\PC{0,20}", title in "\\PC{0,20}") {
        let searcher = searcher(vec![row("Component", "a", &title, "t", "o", &query)]);
        let matches = run(&searcher, &query);
        prop_assert!(matches.ids.len() <= 1);
    }

    #[test]
    fn a_title_s_own_word_finds_it(title in "[\\PC--[\"\\-:]]{1,12}") {
        let searcher = searcher(vec![row("Component", "a", &title, "", "", "")]);
        prop_assert_eq!(run(&searcher, &title).ids.len(), 1, "{:?}", Query::parse(&title));
    }
}
