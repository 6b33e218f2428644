//! `callboard docs` and `callboard runbook` over documentation that means harm or is beyond measure: a clear line, the rest
//! whole, in every form of output.

use crate::cli::World;
use crate::cli_docs::synced;

fn entity(name: &str, reference: &str) -> String {
    format!(
        "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: {name}\n  annotations:\n    \
         backstage.io/techdocs-ref: {reference}\nspec: {{type: service, lifecycle: production, owner: team-a}}\n"
    )
}

/// An entity `x` documented by these files.
fn site(files: &[(&str, &str)]) -> World {
    let own = entity("x", "dir:.");
    let mut all = vec![("x/catalog-info.yaml".to_owned(), own.as_str())];
    all.extend((files.iter()).map(|(at, text)| (format!("x/{at}"), *text)));
    let all: Vec<(&str, &str)> = (all.iter())
        .map(|(at, text)| (at.as_str(), *text))
        .collect();
    synced(&all)
}

/// What a command prints to both, however it ends.
fn both(world: &World, args: &[&str]) -> (String, String) {
    let output = world.run(args);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr))
}

/// Characters that act on a terminal or on the order of what is read.
fn acts(c: char) -> bool {
    c.is_control() && c != '\n'
        || matches!(c, '\u{200b}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[test]
fn nothing_in_a_page_or_a_title_acts_on_the_terminal() {
    let world = site(&[
        (
            "mkdocs.yml",
            "nav:\n  - \"Run\\e]0;pwned\\abook\\u202e\": runbook.md\n  - \"Gone\\e[31m\": \"gone\\u009b1m.md\"\n",
        ),
        (
            "docs/runbook.md",
            "# Drain\u{1b}[2J\u{202e} it\u{200b}\n\n\u{1b}]52;c;aGFjaw==\u{7}Now \u{9b}31m\u{2066}here\u{0}\u{8}.\r\n\n\
             ```sh\nls \u{202e}x\u{1b}[A\n```\n\n| a\u{1b}[1m | b |\n|--|--|\n| c\u{202d} | d\u{7} |\n",
        ),
    ]);
    for args in [
        vec!["docs", "x"],
        vec!["docs", "x", "-o", "markdown"],
        vec!["docs", "x", "--list"],
        vec!["runbook", "x"],
        vec!["docs", "x", "-o", "json"],
        vec!["docs", "x", "--list", "-o", "json"],
        vec!["docs", "x", "gone\u{1b}[2J"],
        vec!["who", "x"],
    ] {
        let (out, told) = both(&world, &args);
        for (at, text) in [("stdout", &out), ("stderr", &told)] {
            // JSON escapes what is no text of its own; the zero-width space is.
            let found: Vec<char> = (text.chars())
                .filter(|c| {
                    acts(*c) && !(args.contains(&"json") && matches!(c, '\u{200b}' | '\u{feff}'))
                })
                .collect();
            assert!(found.is_empty(), "{args:?} {at}: {found:?}");
        }
    }
    let text = world.out(&["runbook", "x"]);
    assert!(text.starts_with("# Drain it\n"), "{text}");
    assert!(text.contains("ls x\n") && text.contains("a │ b"), "{text}");
    let json = world.json(&["runbook", "x", "-o", "json"]);
    assert!(
        json["markdown"]
            .as_str()
            .unwrap()
            .contains("\u{1b}[2J\u{202e}")
    );
}

#[test]
fn a_navigation_that_includes_itself_ends_and_keeps_its_pages() {
    let world = site(&[
        (
            "mkdocs.yml",
            "nav:\n  - Home: index.md\n  - A: '!include ./a/mkdocs.yml'\n  - Me: '!include ./mkdocs.yml'\n",
        ),
        ("docs/index.md", "# Home\n"),
        (
            "a/mkdocs.yml",
            "site_name: a\nINHERIT: ../mkdocs.yml\nnav:\n  - Own: index.md\n  - Up: '!include ../mkdocs.yml'\n  - Out: '!include \
             ../../../mkdocs.yml'\n",
        ),
        ("a/docs/index.md", "# A of its own\n"),
    ]);
    let list = world.out(&["docs", "x", "--list"]);
    assert_eq!(list.matches("(missing)").count(), 3, "{list}");
    assert_eq!(world.out(&["docs", "x", "a/index.md"]), "# A of its own\n");
}

#[test]
fn no_link_leads_out_of_the_folder() {
    let world = site(&[
        (
            "mkdocs.yml",
            "nav:\n  - Home: index.md\n  - P: ../../secret.md\n  - Q: /etc/passwd\n  - S: link.md\n  - T: folder/x.md\n",
        ),
        (
            "docs/index.md",
            "# Home\n\n[up](../../secret.md)\n\n--8<-- \"../../secret.md\"\n\n--8<-- \"/etc/passwd\"\n",
        ),
        ("../outside/x.md", "SECRET\n"),
        ("../secret.md", "SECRET\n"),
    ]);
    let docs = world.folder.path().join("services/x/docs");
    std::os::unix::fs::symlink("../../secret.md", docs.join("link.md")).unwrap();
    std::os::unix::fs::symlink("../../outside", docs.join("folder")).unwrap();
    let (_, told) = both(&world, &["sync"]);
    assert!(
        told.contains("docs/link.md is a link, which is not followed"),
        "{told}"
    );
    let list = world.out(&["docs", "x", "--list"]);
    assert!(
        list.contains("link.md  (is a link, which is not followed)"),
        "{list}"
    );
    assert_eq!(list.matches("(missing)").count(), 3, "{list}");
    for page in [
        "",
        "link.md",
        "folder/x.md",
        "../../secret.md",
        "/etc/passwd",
    ] {
        let args: Vec<&str> = ["docs", "x", page]
            .into_iter()
            .filter(|a| !a.is_empty())
            .collect();
        let (out, told) = both(&world, &args);
        assert!(
            !out.contains("SECRET") && !out.contains("root:"),
            "{page}: {out}"
        );
        assert_eq!(out.is_empty(), !page.is_empty(), "{page}: {told}");
    }
    let (_, told) = both(&world, &["docs", "x"]);
    assert!(
        told.contains("snippet not found: ../../secret.md"),
        "{told}"
    );
}

#[test]
fn documentation_outside_of_the_entitys_folder_is_refused_with_its_reason() {
    let world = synced(&[
        ("dir/catalog-info.yaml", &entity("dir", "dir:.")),
        ("dir/mkdocs.yml", "docs_dir: ../../..\n"),
        (
            "reference/catalog-info.yaml",
            &entity("reference", "dir:/etc"),
        ),
        ("named/catalog-info.yaml", &entity("named", "dir:.")),
        ("named/mkdocs.yml", "nav: [runbooks/incident.md]\n"),
    ]);
    for (name, wanted) in [
        ("dir", "leads out of the site"),
        ("reference", "not below the folder"),
        ("named", "its navigation names files that are not there"),
    ] {
        let (code, told) = world.failure(&["docs", name]);
        assert_eq!(code, 3, "{told}");
        assert!(told.contains(wanted) && told.contains("hint: "), "{told}");
    }
    let (out, told) = both(&world, &["docs", "dir", "--list"]);
    assert!(
        out.is_empty() && told.contains("leads out of the site"),
        "{told}"
    );
}

#[test]
fn a_page_of_50_mb_is_left_out_with_its_size_and_the_rest_is_whole() {
    let huge = "x y z ".repeat(50 * 1024 * 1024 / 6);
    let world = site(&[
        ("docs/index.md", "# Home\n"),
        ("docs/runbook.md", &huge),
        ("docs/troubleshooting.md", "# When it fails\n"),
        // A single line just below the limit.
        ("docs/long.md", &"가나다 ".repeat(90_000)),
    ]);
    assert_eq!(world.out(&["docs", "x"]), "# Home\n");
    let (code, told) = world.failure(&["docs", "x", "runbook.md"]);
    assert_eq!(code, 1);
    assert!(told.contains("has 52428798 bytes"), "{told}");
    assert!(
        world
            .out(&["docs", "x", "--list"])
            .contains("(has 52428798 bytes")
    );
    // What can be read comes first; what cannot is named beside it.
    let (out, told) = both(&world, &["runbook", "x"]);
    assert_eq!(out, "# When it fails\n");
    assert!(
        told.contains("docs component:default/x runbook.md"),
        "{told}"
    );
    let long = world.out(&["docs", "x", "long"]);
    assert_eq!(long.matches("가나다").count(), 90_000);
}

#[test]
fn a_table_of_500_columns_and_what_is_nested_without_end_lose_no_word() {
    let row = |cell: &dyn Fn(usize) -> String| {
        let cells: Vec<String> = (0..500).map(cell).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let table = format!(
        "{}{}{}\nAfter the table.\n",
        row(&|n| format!("head{n}")),
        row(&|_| "---".into()),
        row(&|n| format!("값{n}"))
    );
    let mut deep = String::new();
    for n in 0..300 {
        deep.push_str(&format!("{}- item{n}\n", "  ".repeat(n)));
    }
    deep.push_str(&format!("\n{} quoted\n\n", ">".repeat(2_000)));
    deep.push_str(&format!(
        "{}x{}\n\nThe end.\n",
        "[".repeat(20_000),
        "](y)".repeat(20_000)
    ));
    let world = site(&[("docs/table.md", &table), ("docs/deep.md", &deep)]);
    let text = world.out(&["docs", "x", "table"]);
    for n in 0..500 {
        assert!(
            text.contains(&format!("head{n}")) && text.contains(&format!("값{n}")),
            "{n}"
        );
    }
    assert!(text.ends_with("After the table.\n"));
    let (text, told) = both(&world, &["docs", "x", "deep"]);
    assert!(told.contains("too deep in each other"), "{told}");
    for n in 0..300 {
        assert!(text.contains(&format!("item{n}\n")), "{n}");
    }
    assert!(text.contains("quoted") && text.ends_with("The end.\n"));
    for page in [("table", &table), ("deep", &deep)] {
        assert_eq!(&world.out(&["docs", "x", page.0, "-o", "markdown"]), page.1);
        let json = world.json(&["docs", "x", page.0, "-o", "json"]);
        assert_eq!(json["markdown"].as_str().unwrap(), page.1);
    }
}

#[test]
fn a_configuration_that_is_none_or_grows_without_end_leaves_the_pages() {
    let mut bomb = String::from("a: &a [x,x,x,x,x,x,x,x,x]\n");
    for at in b'b'..=b'i' {
        let (this, last) = (char::from(at), char::from(at - 1));
        let items = format!("*{last},").repeat(9);
        bomb.push_str(&format!("{this}: &{this} [{items}]\n"));
    }
    for config in [
        "nav: [\n",
        "\u{0}\u{1}",
        bomb.as_str(),
        "nav: {a: b}\n",
        "- a\n",
    ] {
        let world = site(&[
            ("mkdocs.yml", config),
            ("docs/runbook.md", "# Still here\n"),
        ]);
        assert_eq!(world.out(&["runbook", "x"]), "# Still here\n", "{config:?}");
    }
}
