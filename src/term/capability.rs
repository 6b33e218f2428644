//! What the terminal can do, as far as the environment tells without asking it.

use crate::theme::Depth;

/// Where the program runs.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Session {
    /// Logged in from elsewhere: no browser can be opened here.
    pub ssh: bool,
    /// Inside tmux: some sequences must be passed through it.
    pub tmux: bool,
    /// Inside GNU screen.
    pub screen: bool,
}

/// What the environment says about the terminal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Capabilities {
    /// How many colours to use.
    pub depth: Depth,
    /// Whether the locale's characters are Unicode; else glyphs are ASCII.
    pub unicode: bool,
    /// Whether it can do nothing but print lines (`TERM=dumb`): no interface there.
    pub dumb: bool,
    /// The Linux console: it knows no links and few glyphs.
    pub console: bool,
    /// Where the program runs.
    pub session: Session,
}

impl Capabilities {
    /// Reads the environment; `env` gives a variable's value, none where it is unset.
    ///
    /// Follows no-color.org, and what terminals set: `COLORTERM`, the name in `TERM`. The locale is POSIX's:
    /// `LC_ALL`, else `LC_CTYPE`, else `LANG`.
    pub fn probe(env: &dyn Fn(&str) -> Option<String>) -> Self {
        let get = |name: &str| env(name).filter(|value| !value.is_empty());
        let term = get("TERM").unwrap_or_default();
        let truecolor = get("COLORTERM")
            .is_some_and(|value| matches!(value.as_str(), "truecolor" | "24bit"))
            || term.ends_with("-direct")
            || [
                "xterm-kitty",
                "xterm-ghostty",
                "alacritty",
                "foot",
                "wezterm",
            ]
            .iter()
            .any(|name| term.starts_with(name));
        let depth = if get("NO_COLOR").is_some() {
            Depth::None
        } else if truecolor {
            Depth::TrueColor
        } else if term.contains("256color") {
            Depth::Ansi256
        } else if term.starts_with("vt1") || term.starts_with("vt2") || term.is_empty() {
            Depth::None
        } else {
            Depth::Ansi16
        };
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
            .iter()
            .find_map(|name| get(name));
        let unicode = match locale {
            Some(locale) => {
                let locale = locale.to_ascii_lowercase();
                locale.contains("utf-8") || locale.contains("utf8")
            }
            // macOS and minimal containers leave it unset on terminals that are all Unicode; the Linux console
            // and named locales without UTF-8 are not.
            None => term != "linux",
        };
        Self {
            depth,
            unicode,
            dumb: term == "dumb",
            console: term == "linux",
            session: Session {
                ssh: ["SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT"]
                    .iter()
                    .any(|name| get(name).is_some()),
                tmux: get("TMUX").is_some(),
                screen: get("STY").is_some() && get("TMUX").is_none(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn probe(env: &[(&str, &str)]) -> Capabilities {
        Capabilities::probe(&|name| {
            env.iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn colours_follow_the_environment() {
        for (env, depth) in [
            (
                &[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")][..],
                Depth::TrueColor,
            ),
            (&[("TERM", "xterm-kitty")], Depth::TrueColor),
            (&[("TERM", "xterm-256color")], Depth::Ansi256),
            (&[("TERM", "xterm")], Depth::Ansi16),
            (&[("TERM", "linux")], Depth::Ansi16),
            (&[("TERM", "vt100")], Depth::None),
            (
                &[
                    ("TERM", "xterm-256color"),
                    ("COLORTERM", "truecolor"),
                    ("NO_COLOR", "1"),
                ],
                Depth::None,
            ),
            (
                &[("TERM", "xterm-256color"), ("NO_COLOR", "")],
                Depth::Ansi256,
            ),
        ] {
            assert_eq!(probe(env).depth, depth, "{env:?}");
        }
    }

    #[test]
    fn the_locale_decides_about_glyphs() {
        assert!(probe(&[("LANG", "ko_KR.UTF-8")]).unicode);
        assert!(probe(&[("LANG", "C"), ("LC_ALL", "C.utf8")]).unicode);
        assert!(!probe(&[("LANG", "ko_KR.UTF-8"), ("LC_ALL", "C")]).unicode);
        assert!(probe(&[]).unicode);
    }

    #[test]
    fn sessions_are_told_apart() {
        assert!(probe(&[("SSH_CONNECTION", "a 1 b 2")]).session.ssh);
        assert!(probe(&[("TMUX", "/tmp/tmux")]).session.tmux);
        assert!(probe(&[("TERM", "dumb")]).dumb);
        assert!(!probe(&[("TERM", "xterm")]).dumb);
    }
}
