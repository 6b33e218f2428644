use proptest::prelude::*;
use serde_json::json;

use super::*;

fn context() -> Map<String, Value> {
    let context = json!({
        "name": "demo-app", "port": 8080, "flag": true, "off": false, "list": ["b", "a", "c"],
        "obj": { "a": 1, "b": { "c": "x" } }, "objs": [{ "n": "x", "k": 2 }, { "n": "y", "k": 1 }],
        "empty": "", "zero": 0, "nul": null, "html": "<b>&\"'", "emoji": "a😀b", "한글": "값",
        "steps": { "a-b": { "output": { "url": "https://x.y" } } }
    });
    context.as_object().unwrap().clone()
}

fn evaluated(template: &str) -> Option<Value> {
    value(template, &context(), &Options::default(), None).unwrap()
}

fn rendered(template: &str) -> String {
    render(template, &context(), &Options::default()).unwrap()
}

fn refused(template: &str) -> Error {
    render(template, &context(), &Options::default()).unwrap_err()
}

#[test]
fn one_expression_alone_keeps_its_type() {
    assert_eq!(evaluated("${{ port }}"), Some(json!(8080)));
    assert_eq!(evaluated("${{ list }}"), Some(json!(["b", "a", "c"])));
    assert_eq!(evaluated("${{ nul }}"), Some(json!(null)));
    assert_eq!(evaluated("${{ missing.at.any.depth }}"), None);
    assert_eq!(evaluated("${{ port }} "), Some(json!("8080 ")));
    assert_eq!(
        evaluated("${{ list }}${{ obj }}"),
        Some(json!("b,a,c[object Object]"))
    );
    assert_eq!(
        evaluated("${{ steps['a-b'].output.url }}"),
        Some(json!("https://x.y"))
    );
    assert_eq!(evaluated("plain"), Some(json!("plain")));
}

#[test]
fn comparisons_and_arithmetic_are_javascripts() {
    for (template, expected) in [
        ("${{ 1 == '1' }}", json!(true)),
        ("${{ 1 === '1' }}", json!(false)),
        ("${{ nul == missing }}", json!(true)),
        ("${{ nul === missing }}", json!(false)),
        ("${{ zero == '' }}", json!(true)),
        ("${{ [] == '' }}", json!(true)),
        ("${{ [1] == 1 }}", json!(true)),
        ("${{ '10' < '9' }}", json!(true)),
        ("${{ '10' < 9 }}", json!(false)),
        ("${{ not port == 8080 }}", json!(false)),
        ("${{ 7 // 2 * 2 }}", json!(6)),
        ("${{ 2 * 7 % 4 }}", json!(2)),
        ("${{ '5' * '2' }}", json!(10)),
        ("${{ '5' + 2 }}", json!("52")),
        ("${{ 1e1000 }}", json!(null)),
        ("${{ 1 / 0 }}", json!(null)),
    ] {
        let found = value(template, &context(), &Options::default(), None);
        match found {
            Ok(found) => assert_eq!(found, Some(expected), "{template}"),
            Err(error) => assert_eq!(error.message(), "Invalid numeric literal", "{template}"),
        }
    }
}

#[test]
fn strings_are_counted_in_utf_16_and_come_out_whole() {
    assert_eq!(evaluated("${{ emoji.length }}"), Some(json!(4)));
    assert_eq!(rendered("{% for c in emoji %}${{ c }}{% endfor %}"), "a😀b");
    assert_eq!(
        evaluated("${{ emoji|reverse|reverse }}"),
        Some(json!("a😀b"))
    );
    assert_eq!(evaluated("${{ emoji[1] }}"), Some(json!("\u{fffd}")));
    assert_eq!(rendered("가 ${{ name }} 나"), "가 demo-app 나");
}

#[test]
fn a_change_to_a_list_is_seen_by_the_template_alone() {
    assert_eq!(rendered("${{ list.push('z') }}${{ list }}"), "4b,a,c,z");
    assert_eq!(rendered("${{ list }}"), "b,a,c");
    assert_eq!(
        refused("${{ list.push(list) }}").message(),
        "Cyclic template values are not supported"
    );
}

#[test]
fn names_are_bound_as_nunjucks_binds_them() {
    assert_eq!(
        rendered("{% set n = 0 %}{% for x in list %}{% set n = n + 1 %}{% endfor %}${{ n }}"),
        "3"
    );
    assert_eq!(
        rendered("{% for x in list %}{% set new = x %}{% endfor %}[${{ new }}${{ x }}]"),
        "[]"
    );
    assert_eq!(rendered("{% for k, v in obj %}${{ k }}{% endfor %}"), "ab");
    assert_eq!(
        rendered(
            "{% macro f(a, b='d') %}${{ a }}${{ b }}{% endmacro %}${{ f(1) }}${{ f(b=3, a=1) }}"
        ),
        "1d13"
    );
    assert_eq!(
        rendered(
            "{% macro f() %}<${{ caller() }}>{% endmacro %}{% call f() %}x${{ name }}{% endcall %}"
        ),
        "<xdemo-app>"
    );
    assert_eq!(
        rendered(
            "{% for x in list %}{% if loop.first %}${{ x }}/${{ loop.length }}{% endif %}{% else %}none{% endfor %}"
        ),
        "b/3"
    );
}

#[test]
fn regular_expressions_are_run() {
    assert_eq!(
        evaluated("${{ name|replace(r/[aeiou]/g, '*') }}"),
        Some(json!("d*m*-*pp"))
    );
    assert_eq!(
        evaluated("${{ name.replace(r/(\\w+)-(\\w+)/, '$2-$1') }}"),
        Some(json!("app-demo"))
    );
    assert_eq!(
        evaluated("${{ name.split(r/[-m]/) }}"),
        Some(json!(["de", "o", "app"]))
    );
    assert_eq!(evaluated("${{ r/^demo/.test(name) }}"), Some(json!(true)));
    assert_eq!(evaluated("${{ r/a|b/g }}"), Some(json!("/a|b/g")));
}

#[test]
fn backstages_filters_take_repositories_and_references_apart() {
    assert_eq!(
        evaluated("${{ 'github.com?owner=o&repo=r' | parseRepoUrl }}"),
        Some(json!({ "host": "github.com", "owner": "o", "repo": "r" }))
    );
    assert_eq!(
        evaluated("${{ 'github.com?owner=o&repo=r' | projectSlug }}"),
        Some(json!("o/r"))
    );
    assert_eq!(
        evaluated("${{ 'X' | parseEntityRef({ defaultKind: 'User', defaultNamespace: 'n' }) }}"),
        Some(json!({ "kind": "User", "namespace": "n", "name": "X" }))
    );
    assert_eq!(evaluated("${{ objs | pick('[1].n') }}"), Some(json!("y")));
    assert_eq!(evaluated("${{ obj | pick('b.c') }}"), Some(json!("x")));
    assert_eq!(evaluated("${{ obj | pick('b.nothing') }}"), None);
    assert!(
        refused("${{ 'git.example.com?owner=o&repo=r' | parseRepoUrl }}")
            .message()
            .contains("No matching integration")
    );
    assert!(
        refused("${{ 'github.com?owner=o' | parseRepoUrl }}")
            .message()
            .contains("missing repo")
    );
    assert!(
        refused("${{ 'x' | parseEntityRef }}")
            .message()
            .contains("missing or empty kind")
    );
}

#[test]
fn cookiecutters_templates_have_their_own_signs_and_names() {
    let options = Options {
        cookiecutter: true,
        ..Options::default()
    };
    let context = json!({ "cookiecutter": { "name": "x", "list": [1], "obj": { "a": 1 } } });
    let render = |template| render(template, context.as_object().unwrap(), &options).unwrap();
    assert_eq!(
        render("{{ cookiecutter.name }} ${{ cookiecutter.name }}"),
        "x $x"
    );
    assert_eq!(render("{{ cookiecutter.obj | jsonify }}"), "{\"a\":1}");
    assert_eq!(
        render("{% if cookiecutter.list.count(1) == 1 and True %}y{% endif %}"),
        "y"
    );
    assert_eq!(
        render("{% for k, v in cookiecutter.obj.items() %}{{ k }}{{ v }}{% endfor %}"),
        "a1"
    );
}

#[test]
fn asking_for_the_tasks_status_is_noticed() {
    let status = StatusCheck::new(true);
    let options = Options::default();
    assert_eq!(
        value("${{ failure() }}", &context(), &options, Some(&status)).unwrap(),
        Some(json!(true))
    );
    assert!(status.was_asked());
    let status = StatusCheck::new(false);
    assert_eq!(
        value("${{ port }}", &context(), &options, Some(&status)).unwrap(),
        Some(json!(8080))
    );
    assert!(!status.was_asked());
    assert!(value("${{ always() }}", &context(), &options, None).is_err());
}

#[test]
fn errors_say_where_and_what_to_write_instead() {
    let error = refused("a\n${{ flag ? 1 : 2 }}");
    assert_eq!(
        (error.line(), error.column(), error.kind()),
        (Some(2), Some(10), ErrorKind::Syntax)
    );
    assert_eq!(
        error.hint(),
        Some("There is no `a ? b : c`: write `b if a else c`")
    );
    let error = refused("{% if flag %}\n  ${{ name | uper }}{% endif %}");
    assert_eq!(
        error.to_string(),
        "line 2, column 14: Unknown template filter \"uper\"; did you mean \"upper\"?"
    );
    assert_eq!(
        refused("${{ 8080 | upper }}").message(),
        "Filter \"upper\" failed for number input: Filter input must be a string"
    );
    assert_eq!(
        refused("${{ obj.constructor }}").message(),
        "Template name \"constructor\" is reserved"
    );
    assert_eq!(
        refused("{% include 'x' %}").hint(),
        Some("A template is one file: nothing can be included, imported or extended")
    );
}

#[test]
fn no_template_hangs_or_grows_without_end() {
    for template in [
        "{% for a in range(2000) %}{% for b in range(2000) %}x{% endfor %}{% endfor %}".to_owned(),
        "${{ range(100000000) }}".into(),
        "{% set s = 'xxxxxxxxxx' %}{% for i in range(40) %}{% set s = s ~ s %}{% endfor %}${{ s }}".into(),
        "{% macro f() %}${{ f() }}{% endmacro %}${{ f() }}".into(),
        "${{ 'a'|center(1000000000000) }}".into(),
        "${{ 'a'|indent(99999999999) }}".into(),
        "${{ [1]|batch(9999999999, 'x') }}".into(),
        "${{ [1]|slice(9999999999) }}".into(),
        "${{ {length: 9999999999}|reverse }}".into(),
        "{% for x in {length: 99999999999} %}x{% endfor %}".into(),
        "{% set l = [1] %}{% for x in l %}${{ l.push(x) }}{% endfor %}".into(),
        "{% set a = [1] %}{% for i in range(60) %}{% set a = [a, a] %}{% endfor %}${{ a }}".into(),
        "{% set a = [] %}{% set b = a %}{% for i in range(600) %}{% set c = [] %}{% set x = b.push(c) %}{% set b = c %}{% endfor %}${{ a|dump }}".into(),
        format!("${{{{ '{}b'|replace(r/^(a+)+$/, '') }}}}", "a".repeat(60)),
        format!("${{{{ {}1{} }}}}", "(".repeat(5000), ")".repeat(5000)),
        format!("${{{{ {}1 }}}}", "not ".repeat(5000)),
        format!("${{{{ 1{} }}}}", " + 1".repeat(5000)),
        format!("${{{{ a{} }}}}", ".b".repeat(5000)),
        format!("{}{}", "{% if 1 %}".repeat(5000), "{% endif %}".repeat(5000)),
    ] {
        let shown: String = template.chars().take(80).collect();
        assert!(render(&template, &context(), &Options::default()).is_err(), "{shown}");
    }
    let source = "x".repeat(5 << 20);
    assert_eq!(refused(&source).kind(), ErrorKind::Limit);
}

#[test]
fn a_long_chain_of_branches_is_no_deep_one() {
    let template = format!(
        "{{% if off %}}{}{{% else %}}end{{% endif %}}",
        "{% elif off %}".repeat(5000)
    );
    assert_eq!(rendered(&template), "end");
}

#[test]
fn what_a_template_names_is_known_without_values() {
    let template = Template::new(
        "${{ parameters.repoUrl | parseRepoUrl | pick(steps['a-b'].output.x) | tojson }}",
        &Options::default(),
    );
    let usage = template.unwrap().usage();
    let paths: Vec<String> = usage
        .paths
        .iter()
        .map(|path| path.names.join("/"))
        .collect();
    assert_eq!(paths, ["parameters/repoUrl", "steps/a-b/output/x"]);
    let unknown: Vec<&str> = usage
        .filters
        .iter()
        .filter(|filter| !filter.is_known)
        .map(|filter| filter.name.as_str())
        .collect();
    assert_eq!(unknown, ["tojson"]);
    assert_eq!((usage.paths[1].line, usage.paths[1].column), (1, 46));
}

#[test]
fn a_text_without_signs_is_its_own_output() {
    assert!(is_plain(
        "{{ helm }} <%= erb %> $x ${y}",
        &Options::default()
    ));
    assert_eq!(rendered("{{ helm }}"), "{{ helm }}");
    assert!(!is_plain("a #} b", &Options::default()));
}

/// Pieces that templates are made of, sensible or not.
fn piece() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "${{",
        "}}",
        "{%",
        "%}",
        "{#",
        "#}",
        "-",
        " ",
        "\n",
        "'",
        "\"",
        "\\",
        "r/",
        "/g",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ":",
        ",",
        ".",
        "|",
        "~",
        "**",
        "//",
        "==",
        "===",
        "!=",
        "<",
        "not ",
        "in ",
        "is ",
        "if ",
        "else",
        "elif ",
        "endif",
        "for ",
        "x",
        "y",
        "endfor",
        "set ",
        "=",
        "endset",
        "macro ",
        "f(",
        "endmacro",
        "call ",
        "endcall",
        "filter ",
        "upper",
        "endfilter",
        "raw",
        "endraw",
        "switch ",
        "case ",
        "default",
        "endswitch",
        "block ",
        "endblock",
        "name",
        "list",
        "obj",
        "emoji",
        "1",
        "-1",
        "2.5",
        "1e",
        "none",
        "true",
        "range(3)",
        "|sort",
        "|join(',')",
        ".split('')",
        ".length",
        "loop.index",
        "😀",
        "가",
        "[::-1]",
        "[1:]",
        "odd",
        "replace(r/a*/g,'$&')",
        "cycler(1,2)",
        ".next()",
    ]);
    prop_oneof![8 => known.prop_map(str::to_owned), 1 => any::<char>().prop_map(String::from)]
}

proptest! {
    #[test]
    fn no_template_panics(pieces in prop::collection::vec(piece(), 0..40), cookiecutter: bool, trim_blocks: bool, lstrip_blocks: bool) {
        let template = pieces.concat();
        let limits = Limits { steps: 20_000, volume: 1 << 20, matching: 100_000, ..Limits::default() };
        let options = Options { cookiecutter, trim_blocks, lstrip_blocks, limits, ..Options::default() };
        let _ = render(&template, &context(), &options);
        let _ = value(&template, &context(), &options, None);
    }

    #[test]
    fn no_expression_panics(pieces in prop::collection::vec(piece(), 0..12)) {
        let limits = Limits { steps: 20_000, volume: 1 << 20, matching: 100_000, ..Limits::default() };
        let options = Options { limits, ..Options::default() };
        let _ = value(&format!("${{{{ {} }}}}", pieces.concat()), &context(), &options, None);
    }

    #[test]
    fn no_regular_expression_panics(pattern in "[ab()|*+?{}\\[\\]^$.\\\\0-3,dwsbBkx<>=!:-]{0,16}", text in "[ab01 \n]{0,12}") {
        if let Some(regex) = super::regex::Regex::new(&super::text::units(&pattern), "im") {
            let meter = super::limits::Meter::new(Limits { matching: 200_000, ..Limits::default() });
            let _ = regex.find(&super::text::units(&text), 0, false, &meter);
        }
    }

    #[test]
    fn text_without_signs_comes_out_as_it_is(text in "[^{}#$%]*") {
        prop_assert_eq!(render(&text, &context(), &Options::default()).unwrap(), text);
    }
}
