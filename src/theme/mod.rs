//! Themes: what each role of the interface looks like.
//!
//! A screen names roles, never colours. A theme is YAML: a palette and a style for each role; what it leaves out comes from
//! the role's parent, the theme it `extends`, and at last from `default`, which uses nothing but the terminal's own
//! colours. Status and selection never rest on hue alone: without colours every role that matters still differs by an
//! attribute. Pure: text in, styles out; it knows neither files nor a terminal.

mod color;
mod load;
mod role;

use std::borrow::Cow;
use std::fmt;

pub use color::{Color, Depth};
pub use role::Role;

/// The built-in themes: name and text.
pub const BUILT_IN: [(&str, &str); 8] = [
    ("default", include_str!("../../themes/default.yaml")),
    ("dark", include_str!("../../themes/dark.yaml")),
    ("light", include_str!("../../themes/light.yaml")),
    (
        "high-contrast",
        include_str!("../../themes/high-contrast.yaml"),
    ),
    (
        "colour-blind",
        include_str!("../../themes/colour-blind.yaml"),
    ),
    ("catppuccin", include_str!("../../themes/catppuccin.yaml")),
    ("gruvbox", include_str!("../../themes/gruvbox.yaml")),
    ("tokyo-night", include_str!("../../themes/tokyo-night.yaml")),
];

/// How text looks. `None` for a colour leaves what is there (or the terminal's own).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Style {
    /// The colour of the text.
    pub fg: Option<Color>,
    /// The colour behind it.
    pub bg: Option<Color>,
    /// Bold.
    pub bold: bool,
    /// Faint.
    pub dim: bool,
    /// Italic.
    pub italic: bool,
    /// Underlined.
    pub underline: bool,
    /// Text and background swapped.
    pub reverse: bool,
}

impl Style {
    /// This style upon another: its colours where it has any, the attributes of both.
    pub fn over(self, below: Style) -> Style {
        Style {
            fg: self.fg.or(below.fg),
            bg: self.bg.or(below.bg),
            bold: self.bold || below.bold,
            dim: self.dim || below.dim,
            italic: self.italic || below.italic,
            underline: self.underline || below.underline,
            reverse: self.reverse || below.reverse,
        }
    }

    /// For a terminal with only its own sixteen colours: text in a fixed colour becomes faint instead.
    fn without_fixed_colors(self) -> Style {
        let fixed = |color: Option<Color>| {
            color.filter(|c| matches!(c, Color::Rgb(..) | Color::Indexed(16..)))
        };
        Style {
            fg: self.fg.filter(|_| fixed(self.fg).is_none()),
            bg: self.bg.filter(|_| fixed(self.bg).is_none()),
            dim: self.dim || fixed(self.fg).is_some(),
            ..self
        }
    }
}

/// Which ground a theme is made for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Appearance {
    /// Whatever the terminal has.
    #[default]
    Any,
    /// A dark ground.
    Dark,
    /// A light ground.
    Light,
}

/// One file of a theme.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Layer<'a> {
    /// What it is called in messages: a built-in name or a path.
    pub name: Cow<'a, str>,
    /// Its YAML.
    pub text: Cow<'a, str>,
}

/// What is wrong in a theme's file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ThemeProblem {
    /// The layer: a built-in name or a path.
    pub layer: String,
    /// 1-based.
    pub line: u32,
    /// 1-based, in characters.
    pub column: u32,
    /// What is wrong; text of the file may be in it.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl fmt::Display for ThemeProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}:{}: {}",
            self.layer, self.line, self.column, self.message
        )?;
        self.hint.iter().try_for_each(|hint| write!(f, " ({hint})"))
    }
}

/// A style for every role.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Theme {
    /// What people call it.
    pub title: String,
    /// Which ground it is made for.
    pub appearance: Appearance,
    depth: Depth,
    styles: [Style; Role::COUNT],
}

impl Theme {
    /// A built-in theme at full depth; `None` where there is none of that name.
    pub fn built_in(name: &str) -> Option<Theme> {
        let (name, text) = BUILT_IN.into_iter().find(|(known, _)| *known == name)?;
        let (theme, _) = Theme::load(Layer {
            name: name.into(),
            text: text.into(),
        });
        Some(theme)
    }

    /// Reads a theme file over the built-in theme that its `extends` names (`default` where it names none).
    /// What makes no sense becomes a problem, the rest counts.
    pub fn load(layer: Layer<'_>) -> (Theme, Vec<ThemeProblem>) {
        load::load(&layer)
    }

    /// The style of a role, to be laid [`over`](Style::over) what is below it; only [`Role::Ground`], [`Role::Popup`]
    /// and [`Role::Selection`] bring a background as a rule.
    pub fn style(&self, role: Role) -> Style {
        self.styles.get(role as usize).copied().unwrap_or_default()
    }

    /// The style of a role on the selected row: complete, the selection's background included. Where the selection is
    /// shown in reverse, only attributes tell roles apart on it, so that the bar stays one bar.
    pub fn on_selection(&self, role: Role) -> Style {
        let selection = self.style(Role::Selection);
        let style = self.style(role);
        if selection.reverse {
            return Style {
                fg: None,
                bg: None,
                dim: false,
                reverse: false,
                ..style
            }
            .over(selection);
        }
        let plain = matches!(
            role,
            Role::Text | Role::Ground | Role::Selection | Role::Input
        );
        let fg = if plain {
            selection.fg.or(style.fg)
        } else {
            style.fg.or(selection.fg)
        };
        Style {
            fg,
            bg: selection.bg,
            ..style.over(selection)
        }
    }

    /// How many colours it uses at most.
    pub fn depth(&self) -> Depth {
        self.depth
    }

    /// The theme for a terminal with fewer colours.
    ///
    /// In 256 colours each becomes the nearest of the fixed ones. The first sixteen are the terminal's own and may look
    /// like anything, so in 16 a theme's role takes the look it has in `default`, which is made of them but for its quiet
    /// text, faint there. Without colours
    /// roles keep or get attributes: see [`Role::plain`].
    pub fn at_depth(&self, depth: Depth) -> Theme {
        let mut theme = self.clone();
        theme.depth = depth;
        let fallback = match depth {
            Depth::Ansi16 => Theme::built_in("default"),
            _ => None,
        };
        for (role, style) in Role::ALL.into_iter().zip(theme.styles.iter_mut()) {
            *style = match depth {
                Depth::TrueColor => *style,
                Depth::Ansi256 => Style {
                    fg: style.fg.map(Color::to_256),
                    bg: style.bg.map(Color::to_256),
                    ..*style
                },
                Depth::Ansi16 => match &fallback {
                    Some(default) if !self.is_ansi() => default.style(role),
                    _ => *style,
                }
                .without_fixed_colors(),
                Depth::None => role.plain(),
            };
        }
        theme
    }

    /// Whether it uses nothing but the terminal's own sixteen colours.
    fn is_ansi(&self) -> bool {
        let ansi =
            |color: Option<Color>| !matches!(color, Some(Color::Rgb(..) | Color::Indexed(16..)));
        self.styles
            .iter()
            .all(|style| ansi(style.fg) && ansi(style.bg))
    }
}

impl Default for Theme {
    /// The built-in `default`.
    fn default() -> Self {
        Theme::built_in("default").unwrap_or(Theme {
            title: String::new(),
            appearance: Appearance::Any,
            depth: Depth::TrueColor,
            styles: Role::ALL.map(Role::plain),
        })
    }
}

#[cfg(test)]
mod tests;
