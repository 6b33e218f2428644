//! What a keymap promises.

use super::*;

const ACTIONS: &[KnownAction<'static>] = &[
    KnownAction {
        id: "open",
        scope: GLOBAL,
        takes_argument: false,
    },
    KnownAction {
        id: "quit",
        scope: GLOBAL,
        takes_argument: false,
    },
    KnownAction {
        id: "first",
        scope: GLOBAL,
        takes_argument: false,
    },
    KnownAction {
        id: "who",
        scope: GLOBAL,
        takes_argument: false,
    },
    KnownAction {
        id: "palette",
        scope: GLOBAL,
        takes_argument: false,
    },
    KnownAction {
        id: "kind",
        scope: GLOBAL,
        takes_argument: true,
    },
    KnownAction {
        id: "leave-line",
        scope: LINE,
        takes_argument: false,
    },
];
const SCOPES: &[&str] = &[GLOBAL, LINE, "catalog"];
const CHAIN: &[&str] = &["catalog", GLOBAL];

fn load(texts: &[&str]) -> (Keymap, Vec<KeymapProblem>) {
    let layers: Vec<_> = texts
        .iter()
        .enumerate()
        .map(|(number, text)| Layer {
            name: format!("{number}.yaml").into(),
            text: (*text).into(),
        })
        .collect();
    Keymap::load(&layers, ACTIONS, SCOPES)
}

fn good(texts: &[&str]) -> Keymap {
    let (keymap, problems) = load(texts);
    assert_eq!(problems, []);
    keymap
}

fn keys(text: &str) -> Vec<Key> {
    parse_sequence(text).expect(text)
}

fn action(lookup: Lookup<'_>) -> Option<String> {
    match lookup {
        Lookup::Action(binding) => Some(binding.action.clone()),
        _ => None,
    }
}

#[test]
fn a_screens_own_key_shadows_a_global_one() {
    let keymap = good(&["global: {x: quit, enter: open}\ncatalog: {x: who}"]);
    assert_eq!(
        action(keymap.lookup(CHAIN, &keys("x"))).as_deref(),
        Some("who")
    );
    assert_eq!(
        action(keymap.lookup(&[GLOBAL], &keys("x"))).as_deref(),
        Some("quit")
    );
    assert_eq!(
        action(keymap.lookup(CHAIN, &keys("enter"))).as_deref(),
        Some("open")
    );
    assert!(keymap.keys_for(CHAIN, "quit").is_empty());
}

#[test]
fn a_sequence_waits_for_its_last_key() {
    let keymap = good(&["global: {ctrl-x ctrl-c: quit}"]);
    assert_eq!(keymap.lookup(CHAIN, &keys("ctrl-x")), Lookup::Prefix);
    assert_eq!(
        action(keymap.lookup(CHAIN, &keys("ctrl-x ctrl-c"))).as_deref(),
        Some("quit")
    );
    assert_eq!(keymap.lookup(CHAIN, &keys("ctrl-x a")), Lookup::None);
    assert_eq!(keymap.lookup(CHAIN, &[]), Lookup::None);
}

#[test]
fn a_higher_layer_wins_and_null_unbinds() {
    let keymap = good(&[
        "global: {x: quit, g: first, w: who}",
        "global: {x: open, g g: first, w: null}",
    ]);
    assert_eq!(
        action(keymap.lookup(CHAIN, &keys("x"))).as_deref(),
        Some("open")
    );
    assert_eq!(keymap.lookup(CHAIN, &keys("g")), Lookup::Prefix);
    assert_eq!(
        action(keymap.lookup(CHAIN, &keys("g g"))).as_deref(),
        Some("first")
    );
    assert_eq!(keymap.lookup(CHAIN, &keys("w")), Lookup::None);
}

#[test]
fn null_on_a_screen_hides_the_global_key_there() {
    let keymap = good(&["global: {x: quit}\ncatalog: {x: null}"]);
    assert_eq!(keymap.lookup(CHAIN, &keys("x")), Lookup::None);
    assert!(keymap.keys_for(CHAIN, "quit").is_empty());
    assert_eq!(keymap.keys_for(&[GLOBAL], "quit"), [keys("x")]);
}

#[test]
fn in_a_line_letters_type_and_alt_letters_command() {
    let keymap =
        good(&["global: {w: who, ctrl-q: quit, alt-x: palette, x: quit}\nline: {esc: leave-line}"]);
    let typing = |text: &str| keymap.lookup_typing(CHAIN, &keys(text));
    assert_eq!(typing("w"), Lookup::None);
    assert_eq!(action(typing("alt-w")).as_deref(), Some("who"));
    assert_eq!(action(typing("ctrl-q")).as_deref(), Some("quit"));
    assert_eq!(
        action(typing("alt-x")).as_deref(),
        Some("palette"),
        "what is bound with alt comes first"
    );
    assert_eq!(action(typing("esc")).as_deref(), Some("leave-line"));
    assert_eq!(keymap.keys_for_typing(CHAIN, "who"), [keys("alt-w")]);
    assert_eq!(
        keymap.keys_for_typing(CHAIN, "quit"),
        [keys("ctrl-q")],
        "alt-x is the palette's"
    );
}

#[test]
fn keys_are_listed_the_users_own_first_then_in_the_order_of_the_file() {
    let keymap = good(&["global: {enter: open, o: open}", "global: {ctrl-o: open}"]);
    assert_eq!(
        keymap.keys_for(CHAIN, "open"),
        [keys("ctrl-o"), keys("enter"), keys("o")]
    );
}

#[test]
fn an_argument_follows_its_action() {
    let keymap = good(&["catalog: {a: kind api}"]);
    let Lookup::Action(binding) = keymap.lookup(CHAIN, &keys("a")) else {
        panic!("bound")
    };
    assert_eq!(
        (binding.action.as_str(), binding.argument.as_deref()),
        ("kind", Some("api"))
    );
}

#[test]
fn what_makes_no_sense_is_a_problem_with_its_line_and_the_rest_counts() {
    let (keymap, problems) = load(&["\
global:
  x: qiut
  ctrl-j: quit
  hyper-y: quit
  z: leave-line
  q: quit
  w: who x
  v: [quit]
catalgo:
  x: quit
line:
  a: open
"]);
    let found: Vec<(u32, String)> = problems
        .iter()
        .map(|problem| (problem.line, problem.to_string()))
        .collect();
    let lines: Vec<u32> = found.iter().map(|(line, _)| *line).collect();
    assert_eq!(lines, [2, 3, 4, 5, 7, 8, 9, 12], "{found:#?}");
    assert!(
        found[0].1.contains("did you mean `quit`?"),
        "{}",
        found[0].1
    );
    assert!(found[0].1.starts_with("0.yaml:2:6: "), "{}", found[0].1);
    assert!(
        found[6].1.contains("did you mean `catalog`?"),
        "{}",
        found[6].1
    );
    assert_eq!(
        action(keymap.lookup(CHAIN, &keys("q"))).as_deref(),
        Some("quit")
    );
}

#[test]
fn two_bindings_of_one_layer_that_cannot_both_work_are_a_conflict() {
    let (keymap, problems) =
        load(&["global:\n  g: first\n  g g: quit\n  C-x: open\n  ctrl-x: quit\n"]);
    assert_eq!(
        problems
            .iter()
            .map(|problem| problem.line)
            .collect::<Vec<_>>(),
        [3, 5]
    );
    assert_eq!(
        action(keymap.lookup(CHAIN, &keys("g"))).as_deref(),
        Some("first")
    );
    assert_eq!(
        action(keymap.lookup(CHAIN, &keys("ctrl-x"))).as_deref(),
        Some("open")
    );
}

#[test]
fn a_broken_file_leaves_the_layers_below_it() {
    let (keymap, problems) = load(&["global: {q: quit}", "global: [\n"]);
    assert_eq!(problems.len(), 1);
    assert_eq!(
        action(keymap.lookup(CHAIN, &keys("q"))).as_deref(),
        Some("quit")
    );
    for text in ["", "- a\n", "global: 3\n", "3"] {
        let _ = load(&[text]);
    }
}

#[test]
fn a_users_file_lies_over_the_preset_it_names() {
    let file = Layer {
        name: "mine.yaml".into(),
        text: "extends: vim\n".into(),
    };
    let names: Vec<_> = over_preset(file)
        .into_iter()
        .map(|layer| layer.name.into_owned())
        .collect();
    assert_eq!(names, ["default", "vim", "mine.yaml"]);
    let file = Layer {
        name: "mine.yaml".into(),
        text: "extends: nano\n".into(),
    };
    let layers = over_preset(file);
    assert_eq!(layers.len(), 2);
    let (_, problems) = Keymap::load(layers.get(1..).expect("the file"), ACTIONS, SCOPES);
    assert_eq!(problems.len(), 1);
}
