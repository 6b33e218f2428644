//! `callboard themes`: the colour themes there are.

use serde_json::json;

use super::config::{folder, load, warn};
use super::{CliError, Context, Exit, Format};
use crate::config::{NameOrFile, own_themes};
use crate::term::{Capabilities, styled};
use crate::text::{clean, pad, width};
use crate::theme::{Appearance, BUILT_IN, Depth, Role, Style, Theme};

/// Its arguments.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Show a few lines in each theme, in as many colours as the terminal has
    #[arg(long)]
    preview: bool,
    /// How to print them
    #[arg(short, long, value_enum, default_value = "text")]
    output: Format,
}

/// A theme with its name.
struct Named {
    name: String,
    theme: Theme,
    own: bool,
    current: bool,
}

/// Runs it.
///
/// # Errors
/// A configuration file that cannot be read; what standard output says.
pub fn run(args: Args, context: &Context) -> Result<Exit, CliError> {
    let config = load(context)?;
    let (own, notices) = own_themes(folder(context).as_deref());
    warn(notices.iter().map(String::as_str));
    let current = match &config.callboard().theme {
        None => Some("default".to_owned()),
        Some(NameOrFile::Name(name)) => Some(name.clone()),
        Some(NameOrFile::File(_)) => None,
    };
    let built_in = BUILT_IN
        .iter()
        .filter_map(|(name, _)| Some(((*name).to_owned(), Theme::built_in(name)?, false)));
    // A theme of the user's own hides the built-in one of the same name.
    let hidden: Vec<String> = own.iter().map(|(name, _)| name.clone()).collect();
    let themes: Vec<Named> = built_in
        .filter(|(name, ..)| !hidden.contains(name))
        .chain(own.into_iter().map(|(name, theme)| (name, theme, true)))
        .map(|(name, theme, own)| Named {
            current: current.as_ref() == Some(&name),
            name,
            theme,
            own,
        })
        .collect();
    let mut out = context.output();
    match args.output {
        Format::Json => {
            let row = |named: &Named| {
                json!({
                    "name": named.name,
                    "title": named.theme.title,
                    "appearance": appearance(&named.theme),
                    "own": named.own,
                    "current": named.current,
                })
            };
            out.json(&themes.iter().map(row).collect::<Vec<_>>())?;
        }
        Format::Text => {
            let depth = depth(context);
            let widest = themes
                .iter()
                .map(|named| width(&named.name))
                .max()
                .unwrap_or(0);
            for named in &themes {
                let mark = if named.current { "*" } else { " " };
                let name = pad(&named.name, widest);
                let line = format!(
                    "{mark} {name}  {} ({})",
                    named.theme.title,
                    appearance(&named.theme)
                );
                out.line(&clean(&line))?;
                if args.preview {
                    for line in preview(&named.theme.at_depth(depth), context.colored()) {
                        out.line(&line)?;
                    }
                    out.line("")?;
                }
            }
        }
    }
    out.finish()?;
    Ok(Exit::Done)
}

fn appearance(theme: &Theme) -> &'static str {
    match theme.appearance {
        Appearance::Any => "dark or light",
        Appearance::Dark => "dark",
        Appearance::Light => "light",
    }
}

/// As many colours as the terminal has; sixteen where colours were asked for and it says nothing of any.
fn depth(context: &Context) -> Depth {
    let env = |name: &str| context.env(name).and_then(|value| value.into_string().ok());
    match (context.colored(), Capabilities::probe(&env).depth) {
        (false, _) => Depth::None,
        (true, Depth::None) => Depth::Ansi16,
        (true, depth) => depth,
    }
}

/// How wide the sample is, in columns.
const SAMPLE: usize = 64;

/// A search's results in small, as the catalog shows them.
fn preview(theme: &Theme, colored: bool) -> Vec<String> {
    let rows: [(bool, &[(&str, Role)]); 5] = [
        (
            false,
            &[
                ("› ", Role::Accent),
                ("pay", Role::Input),
                ("                        3 of 60 entities", Role::Dim),
            ],
        ),
        (
            true,
            &[
                ("◆ ", Role::Glyph),
                ("pay", Role::Match),
                ("ment-service   ", Role::Text),
                ("production  ", Role::Dim),
                ("● good", Role::Good),
            ],
        ),
        (
            false,
            &[
                ("◆ ", Role::Glyph),
                ("pay", Role::Match),
                ("ment-gateway   ", Role::Text),
                ("production  ", Role::Dim),
                ("▲ warning", Role::Warn),
            ],
        ),
        (
            false,
            &[
                ("○ ", Role::Glyph),
                ("pay", Role::Match),
                ("ment-api       ", Role::Text),
                ("deprecated  ", Role::Dim),
                ("✗ bad", Role::Bad),
                ("  ● info", Role::Info),
            ],
        ),
        (
            false,
            &[
                ("enter", Role::FooterKey),
                (" open  ", Role::Footer),
                ("https://example.com", Role::Link),
                ("  ", Role::Text),
                ("code", Role::Code),
                ("  ", Role::Text),
                ("Title", Role::Title),
            ],
        ),
    ];
    let ground = theme.style(Role::Text).over(theme.style(Role::Ground));
    let mut lines = Vec::new();
    for (selected, spans) in rows {
        let look = |role: Role| -> Style {
            match (colored, selected) {
                (false, _) => Style::default(),
                (true, true) => theme.on_selection(role),
                (true, false) => theme.style(role).over(ground),
            }
        };
        let mut line = String::from("    ");
        line.push_str(&styled(" ", look(Role::Text)));
        let mut used = 1;
        for (text, role) in spans {
            line.push_str(&styled(text, look(*role)));
            used += width(text);
        }
        line.push_str(&styled(
            &" ".repeat(SAMPLE.saturating_sub(used)),
            look(Role::Text),
        ));
        lines.push(if colored {
            line
        } else {
            line.trim_end().to_owned()
        });
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preview_without_colours_has_no_sequences() {
        let lines = preview(&Theme::default().at_depth(Depth::None), false);
        assert!(lines.iter().all(|line| !line.contains('\x1b')), "{lines:?}");
        assert!(lines[1].contains("payment-service"), "{lines:?}");
    }

    #[test]
    fn a_preview_in_colours_is_as_wide_as_its_sample() {
        for (name, _) in BUILT_IN {
            let theme = Theme::built_in(name).expect("built in");
            for line in preview(&theme, true) {
                assert_eq!(width(&clean(&line)), SAMPLE + 4, "{name}: {line:?}");
            }
        }
    }
}
