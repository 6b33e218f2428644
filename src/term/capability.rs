//! What the terminal can do, as far as the environment tells without asking it.

/// How many colours there are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Colors {
    /// None, or none wanted (`NO_COLOR`).
    None,
    /// The 16 of the terminal's own palette.
    Ansi16,
    /// xterm's 256.
    Ansi256,
    /// 24 bits.
    TrueColor,
}

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
    pub colors: Colors,
    /// Whether the locale's characters are Unicode; else glyphs are ASCII.
    pub unicode: bool,
    /// Whether it can do nothing but print lines (`TERM=dumb`): no interface there.
    pub dumb: bool,
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
        let colors = if get("NO_COLOR").is_some() {
            Colors::None
        } else if truecolor {
            Colors::TrueColor
        } else if term.contains("256color") {
            Colors::Ansi256
        } else if term.starts_with("vt1") || term.starts_with("vt2") || term.is_empty() {
            Colors::None
        } else {
            Colors::Ansi16
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
            colors,
            unicode,
            dumb: term == "dumb",
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
        for (env, colors) in [
            (
                &[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")][..],
                Colors::TrueColor,
            ),
            (&[("TERM", "xterm-kitty")], Colors::TrueColor),
            (&[("TERM", "xterm-256color")], Colors::Ansi256),
            (&[("TERM", "xterm")], Colors::Ansi16),
            (&[("TERM", "linux")], Colors::Ansi16),
            (&[("TERM", "vt100")], Colors::None),
            (
                &[
                    ("TERM", "xterm-256color"),
                    ("COLORTERM", "truecolor"),
                    ("NO_COLOR", "1"),
                ],
                Colors::None,
            ),
            (
                &[("TERM", "xterm-256color"), ("NO_COLOR", "")],
                Colors::Ansi256,
            ),
        ] {
            assert_eq!(probe(env).colors, colors, "{env:?}");
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
