//! What a theme promises.

use super::*;

/// Every built-in theme, checked to be without problems.
fn themes() -> Vec<(&'static str, Theme)> {
    BUILT_IN
        .into_iter()
        .map(|(name, text)| {
            let (theme, problems) = Theme::load(Layer {
                name: name.into(),
                text: text.into(),
            });
            assert_eq!(problems, [], "{name}");
            (name, theme)
        })
        .collect()
}

/// Roles in which text is read.
fn read_roles() -> impl Iterator<Item = Role> {
    Role::ALL.into_iter().filter(|role| {
        !matches!(
            role,
            Role::Ground | Role::Popup | Role::Selection | Role::Border
        )
    })
}

fn load(text: &str) -> (Theme, Vec<ThemeProblem>) {
    Theme::load(Layer {
        name: "mine.yaml".into(),
        text: text.into(),
    })
}

#[test]
fn every_parent_stands_before_its_children() {
    for (position, role) in Role::ALL.into_iter().enumerate() {
        assert_eq!(role as usize, position);
        assert_eq!(Role::from_name(role.name()), Some(role));
        assert!(
            role.parent()
                .is_none_or(|parent| (parent as usize) < position),
            "{role:?}"
        );
        assert!(!role.doc().is_empty());
    }
}

#[test]
fn every_theme_of_fixed_colours_is_readable_on_its_own_ground() {
    for (name, theme) in themes() {
        for depth in [Depth::TrueColor, Depth::Ansi256] {
            let theme = theme.at_depth(depth);
            let Some(ground) = theme.style(Role::Ground).bg else {
                // It paints no ground: what is not the terminal's own colour must be read on black and on white.
                for role in Role::ALL {
                    let style = theme.style(role);
                    assert_eq!(style.bg, None, "{name}: {}", role.name());
                    for ground in [Color::Rgb(0, 0, 0), Color::Rgb(255, 255, 255)] {
                        let ratio = style.fg.and_then(|fg| fg.contrast(ground));
                        assert!(
                            ratio.is_none_or(|ratio| ratio >= 3.9),
                            "{name}: {} is {ratio:?} on {ground:?}",
                            role.name()
                        );
                    }
                }
                continue;
            };
            let popup = theme.style(Role::Popup).bg.expect("a ground for popups");
            let bar = theme.style(Role::Selection).bg.expect("a bar");
            let least = if name == "high-contrast" { 7.0 } else { 4.5 };
            for role in read_roles() {
                let fg = theme.style(role).fg.expect("a colour");
                for (place, behind, least) in [("ground", ground, least), ("popup", popup, least)] {
                    let ratio = fg.contrast(behind).expect("fixed colours");
                    assert!(
                        ratio >= least,
                        "{name} {depth:?}: {} on {place} is {ratio:.2}",
                        role.name()
                    );
                }
                let style = theme.on_selection(role);
                let ratio = style
                    .fg
                    .expect("a colour")
                    .contrast(bar)
                    .expect("fixed colours");
                let least = if role == Role::Text { 6.0 } else { 3.9 };
                assert_eq!(style.bg, Some(bar));
                assert!(
                    ratio >= least,
                    "{name} {depth:?}: {} on the selection is {ratio:.2}",
                    role.name()
                );
            }
            let ratio = bar.contrast(ground).expect("fixed colours");
            assert!(
                ratio >= 1.15,
                "{name} {depth:?}: the selection is lost on the ground: {ratio:.2}"
            );
        }
    }
}

#[test]
fn in_sixteen_colours_every_theme_uses_nothing_but_the_terminals_own() {
    let default = Theme::default().at_depth(Depth::Ansi16);
    for (name, theme) in themes() {
        let theme = theme.at_depth(Depth::Ansi16);
        assert!(theme.is_ansi(), "{name}");
        for role in Role::ALL {
            assert_eq!(
                theme.style(role),
                default.style(role),
                "{name}: {}",
                role.name()
            );
        }
        let selection = theme.style(Role::Selection);
        assert!(selection.reverse, "{name}");
    }
}

#[test]
fn without_colours_selection_status_and_matches_differ_by_an_attribute() {
    for (name, theme) in themes() {
        let theme = theme.at_depth(Depth::None);
        let text = theme.style(Role::Text);
        for role in Role::ALL {
            let style = theme.style(role);
            assert_eq!((style.fg, style.bg), (None, None), "{name}");
        }
        for role in [
            Role::Selection,
            Role::Match,
            Role::Bad,
            Role::Warn,
            Role::Title,
            Role::Link,
            Role::Tab,
        ] {
            assert_ne!(theme.style(role), text, "{name}: {}", role.name());
        }
        assert_ne!(
            theme.on_selection(Role::Match),
            theme.on_selection(Role::Text),
            "{name}"
        );
    }
}

#[test]
fn matches_and_the_selection_never_rest_on_hue_alone() {
    for (name, theme) in themes() {
        let found = theme.style(Role::Match);
        assert!(found.bold || found.underline, "{name}");
        let bad = theme.style(Role::Bad);
        assert_ne!(bad, theme.style(Role::Good), "{name}");
    }
}

#[test]
fn a_reversed_selection_is_one_bar_whatever_stands_in_it() {
    let theme = Theme::default();
    for role in Role::ALL {
        let style = theme.on_selection(role);
        assert!(
            style.reverse && style.fg.is_none() && style.bg.is_none() && !style.dim,
            "{}",
            role.name()
        );
    }
}

#[test]
fn a_users_theme_is_laid_over_the_one_it_extends() {
    let (theme, problems) = load(
        "extends: gruvbox\npalette: {mine: '#ff00ff'}\nroles: {accent: mine, tab: {bold: false}}",
    );
    assert_eq!(problems, []);
    let gruvbox = Theme::built_in("gruvbox").expect("built in");
    assert_eq!(theme.style(Role::Accent).fg, Some(Color::Rgb(255, 0, 255)));
    assert_eq!(
        theme.style(Role::Glyph).fg,
        Some(Color::Rgb(255, 0, 255)),
        "a role follows its parent"
    );
    assert_eq!(theme.style(Role::Text), gruvbox.style(Role::Text));
    assert!(!theme.style(Role::Tab).bold);
}

#[test]
fn what_makes_no_sense_is_a_problem_with_its_line_and_the_rest_counts() {
    let (theme, problems) = load(
        "\
extends: gruvboks
titel: x
roles:
  acent: red
  accent: rde
  good: {fg: green, blod: true}
  bad: {bold: 1}
  info: #123456
  warn: yellow
",
    );
    let lines: Vec<u32> = problems.iter().map(|problem| problem.line).collect();
    assert_eq!(lines, [1, 2, 4, 5, 6, 7, 8], "{problems:#?}");
    assert_eq!(
        problems.first().map(ToString::to_string).as_deref(),
        Some("mine.yaml:1:10: there is no theme `gruvboks` (did you mean `gruvbox`?)")
    );
    assert_eq!(theme.style(Role::Warn).fg, Some(Color::Indexed(3)));
    for text in [
        "",
        "3",
        "- a",
        "roles: 3",
        "roles: {text: {fg: [1]}}",
        "[",
        "extends: [1]",
    ] {
        let _ = load(text);
    }
}
