//! The top line (where one is, the state of the data) and the bottom line (the keys that matter here).

use std::time::Duration;

use super::super::ViewCache;
use super::super::paint::{Painter, Span, spans_width};
use crate::app::layout::Area;
use crate::app::picker::PickerKind;
use crate::app::screen::{DocsFocus, Focus, Screen, Tab};
use crate::app::status::{Status, StatusTone, thousands};
use crate::app::{Action, Level, Target};
use crate::keymap::display_sequence;
use crate::text;
use crate::theme::Role;

/// How often a spinner turns.
const SPIN: Duration = Duration::from_millis(250);

/// Columns between a message and the keys behind it.
const BESIDE: u16 = 3;

/// Draws the top line: `path` behind the program's name, and the state of the data at the right end.
pub fn status(painter: &mut Painter<'_>, area: Area, path: &[String], cache: &mut ViewCache) {
    let status = painter.state.status();
    status_of(painter, area, path, &status, cache);
}

/// The same with the state of something else than the catalog.
pub fn status_of(
    painter: &mut Painter<'_>,
    area: Area,
    path: &[String],
    status: &Status,
    cache: &mut ViewCache,
) {
    if area.height == 0 {
        return;
    }
    let state = painter.state;
    let unicode = state.unicode;
    let (sign, role) = match status.tone {
        StatusTone::Good => ("●", Role::Good),
        StatusTone::Warning => ("▲", Role::Warn),
        StatusTone::Bad => ("✗", Role::Bad),
        StatusTone::Quiet => ("○", Role::Dim),
        StatusTone::Busy => {
            if state.motion {
                painter.rendered.next_frame = Some(SPIN);
                cache.spinner = cache.spinner.wrapping_add(1);
            }
            let frames = if unicode {
                ["◐", "◓", "◑", "◒"]
            } else {
                ["|", "/", "-", "\\"]
            };
            let frame = frames.get(cache.spinner % frames.len());
            (frame.copied().unwrap_or("*"), Role::Info)
        }
    };
    let sign = match (unicode, status.tone) {
        (false, StatusTone::Bad) => "x",
        (false, StatusTone::Warning) => "!",
        (false, StatusTone::Good | StatusTone::Quiet) => "*",
        _ => sign,
    };
    let width = usize::from(area.width);
    // The name of the program gives way to the place, the place to the state.
    let place = path.join(" › ");
    let mut left: Vec<Span> = vec![("callboard".into(), Role::Title)];
    if !place.is_empty() {
        let between = if state.behind.is_empty() {
            "  "
        } else {
            " › "
        };
        left.push((between.into(), Role::Dim));
        left.push((place, Role::Dim));
    }
    let wanted = spans_width(&left).min(width / 2);
    let mut right: Vec<Span> = vec![(format!("{sign} "), role), (status.short.clone(), role)];
    if status.tone == StatusTone::Good {
        right = vec![
            (format!("{sign} "), role),
            (status.short.clone(), Role::Dim),
        ];
    }
    // The age belongs to the time it follows.
    let mut separator = if status.tone == StatusTone::Good {
        ", "
    } else {
        " · "
    };
    let time_of = |words: &str| {
        let time = words.strip_prefix("synced ");
        time.or_else(|| words.strip_prefix("fetched "))
            .map(str::to_owned)
    };
    let is_time = |words: &str| time_of(words).is_some();
    for more in &status.more {
        let next = spans_width(&right) + text::width(separator) + text::width(more);
        // How old the data is stays in sight: the place gives way to it.
        let beside = if is_time(more) { 0 } else { wanted + 2 };
        if beside + next + 2 > width {
            break;
        }
        right.push((format!("{separator}{more}"), Role::Dim));
        separator = " · ";
    }
    let time = std::iter::once(&status.short)
        .chain(&status.more)
        .find_map(|words| time_of(words));
    let says_time = right
        .iter()
        .any(|(words, _)| is_time(words.trim_start_matches([',', ' ', '·'])));
    if let Some(time) = time
        && (!says_time || spans_width(&right) + 2 > width)
    {
        right = vec![(format!("{sign} "), role), (time, Role::Dim)];
    }
    if spans_width(&right) + 2 > width {
        right = vec![(sign.to_owned(), role)];
    }
    let right_width = u16::try_from(spans_width(&right)).unwrap_or(area.width);
    let x = area.width.saturating_sub(right_width + 1);
    // Half a name says nothing.
    let room = x.saturating_sub(2);
    if usize::from(room) >= "callboard".len() {
        painter.put_spans(area.x + 1, area.y, room, &left);
    }
    painter.put_spans(area.x + x, area.y, right_width, &right);
    // What is wrong in the catalog, where there is room between the place and the state.
    if state.invalid > 0 {
        let words = format!("▲ {} invalid", thousands(state.invalid));
        let width = u16::try_from(text::width(&words)).unwrap_or(u16::MAX);
        let start = x.saturating_sub(width.saturating_add(3));
        if usize::from(start) >= spans_width(&left) + 3 {
            painter.put(area.x + start, area.y, width, &words, Role::Warn);
            let place = Area {
                x: area.x + start,
                width,
                ..area
            };
            painter.region(place, Target::Problems);
        }
    }
}

/// Draws the bottom line: what may follow a key, or the keys of the screen; a message before them while there is one.
pub fn footer(painter: &mut Painter<'_>, area: Area) {
    if area.height == 0 {
        return;
    }
    let state = painter.state;
    let inner = Area {
        x: area.x + 1,
        width: area.width.saturating_sub(2),
        ..area
    };
    if !state.pending.is_empty() {
        let hints = which_key(painter);
        hint_line(painter, inner, &hints, &[], 0);
        return;
    }
    if let Some(toast) = &state.toast {
        let role = match toast.level {
            Level::Info => Role::Info,
            Level::Warning => Role::Warn,
            Level::Error => Role::Bad,
        };
        let content = toast.text.clone();
        let used = painter.put(inner.x, inner.y, inner.width, &content, role) + BESIDE;
        // Behind it the keys for which there is room: it covers nothing that somebody may be reading.
        let rest = Area {
            x: inner.x + used,
            width: inner.width.saturating_sub(used),
            ..inner
        };
        let (left, right) = hints(painter);
        hint_line(painter, rest, &left, &right, 2);
        return;
    }
    let (left, right) = hints(painter);
    hint_line(painter, inner, &left, &right, 2);
}

type Hint = (String, &'static str);

/// The hints of the screen, of the keys as they are bound: those of the left, and those of the right end.
fn hints(painter: &Painter<'_>) -> (Vec<Hint>, Vec<Hint>) {
    let state = painter.state;
    let typing = state.typing().is_some();
    if let Some(picker) = &state.picker {
        let word = match picker.kind {
            PickerKind::Palette | PickerKind::Help => "run",
            PickerKind::Menu => "choose",
        };
        let hints = [
            (Action::Open, word),
            (Action::MoveDown, "next"),
            (Action::LeaveLine, "close"),
        ];
        let left = hints
            .into_iter()
            .filter_map(|(action, word)| state.key_for(action).map(|key| (key, word)));
        return (left.collect(), Vec::new());
    }
    // What enter does on an entity's page is the tab's affair; where it does nothing it is not named.
    let opens = match &state.screen {
        Screen::Entity(page) if page.tab == Tab::Annotations => "open or copy",
        Screen::Entity(page) => match page.card_line() {
            Some(line) if line.target.is_none() => "copy",
            _ => "open",
        },
        _ => "open",
    };
    let wanted: &[(Action, &'static str)] = match &state.screen {
        Screen::Catalog(catalog) if catalog.focus == Focus::Line => &[
            (Action::Open, "open"),
            (Action::Who, "on call"),
            (Action::Runbook, "runbook"),
            (Action::LeaveLine, "commands"),
            (Action::Quit, "quit"),
        ],
        Screen::Catalog(catalog) if catalog.focus == Focus::Preview || catalog.zoomed => &[
            (Action::Open, "open"),
            (Action::MoveDown, "scroll"),
            (Action::NextPane, "pane"),
            (Action::Back, "back"),
            (Action::Quit, "quit"),
        ],
        Screen::Catalog(_) => &[
            (Action::Open, "open"),
            (Action::Owner, "owner"),
            (Action::Runbook, "runbook"),
            (Action::Dependents, "dependents"),
            (Action::OpenLink, "link"),
            (Action::Copy, "copy"),
            (Action::Star, "star"),
            (Action::Search, "search"),
            (Action::Quit, "quit"),
        ],
        Screen::Entity(page) if page.tree().is_some_and(|tree| tree.filter.typing) => {
            &[(Action::Open, "keep"), (Action::LeaveLine, "leave")]
        }
        Screen::Entity(page) if page.tree().is_some() => &[
            (Action::Open, "open"),
            (Action::NextPane, "tabs"),
            (Action::Copy, "copy"),
            (Action::CopyMenu, "copy as"),
            (Action::Deeper, "deeper"),
            (Action::Shallower, "less deep"),
            (Action::Search, "filter"),
            (Action::Back, "back"),
        ],
        Screen::Entity(page) if page.search.typing => {
            &[(Action::Open, "keep"), (Action::LeaveLine, "leave")]
        }
        Screen::Entity(_) => &[
            (Action::Open, opens),
            (Action::NextPane, "tabs"),
            (Action::Owner, "owner"),
            (Action::Runbook, "runbook"),
            (Action::Dependents, "dependents"),
            (Action::OpenLink, "link"),
            (Action::Copy, "copy"),
            (Action::Search, "search"),
            (Action::Back, "back"),
        ],
        Screen::Tree(tree) if tree.view.filter.typing => {
            &[(Action::Open, "keep"), (Action::LeaveLine, "leave")]
        }
        Screen::Tree(tree) if tree.view.kind.is_whole() => &[
            (Action::Open, "open"),
            (Action::Right, "expand"),
            (Action::Left, "collapse"),
            (Action::SwitchTree, "switch"),
            (Action::Dependents, "dependents"),
            (Action::ExpandBelow, "expand all"),
            (Action::CollapseAll, "collapse all"),
            (Action::Search, "filter"),
            (Action::Back, "back"),
        ],
        Screen::Tree(_) => &[
            (Action::Open, "open"),
            (Action::Copy, "copy"),
            (Action::CopyMenu, "copy as"),
            (Action::Deeper, "deeper"),
            (Action::Shallower, "less deep"),
            (Action::Right, "expand"),
            (Action::Search, "filter"),
            (Action::Back, "back"),
        ],
        Screen::Docs(docs) if docs.search.typing => {
            &[(Action::Open, "keep"), (Action::LeaveLine, "leave")]
        }
        Screen::Docs(docs) if docs.focus == DocsFocus::Nav => &[
            (Action::Open, "open"),
            (Action::Right, "expand"),
            (Action::Left, "collapse"),
            (Action::SearchDocs, "all docs"),
            (Action::Back, "page"),
        ],
        Screen::Docs(docs) if docs.page().is_some_and(|page| page.code.is_empty()) => &[
            (Action::NextHeading, "next heading"),
            (Action::NextLink, "next link"),
            (Action::Open, "follow"),
            (Action::Copy, "copy line"),
            (Action::Left, "pages"),
            (Action::Search, "search"),
            (Action::SearchDocs, "all docs"),
            (Action::Contents, "contents"),
            (Action::Back, "back"),
        ],
        Screen::Docs(_) => &[
            (Action::Copy, "copy code"),
            (Action::NextCode, "next code"),
            (Action::NextHeading, "next heading"),
            (Action::NextLink, "next link"),
            (Action::Open, "follow"),
            (Action::Left, "pages"),
            (Action::Search, "search"),
            (Action::SearchDocs, "all docs"),
            (Action::Contents, "contents"),
            (Action::Back, "back"),
        ],
        Screen::DocFind(find) if find.typing => &[
            (Action::Open, "read"),
            (Action::MoveDown, "next"),
            (Action::LeaveLine, "commands"),
        ],
        Screen::DocFind(_) => &[
            (Action::Open, "read"),
            (Action::Runbook, "runbook"),
            (Action::Who, "who"),
            (Action::Search, "search"),
            (Action::SearchDocs, "all docs"),
            (Action::Back, "back"),
        ],
        Screen::Log(_) => &[
            (Action::Search, "search"),
            (Action::NextMatch, "next match"),
            (Action::Copy, "copy"),
            (Action::Back, "back"),
        ],
    };
    let key = |action: Action| match action {
        // `:` works in an empty line as well, and is what people know.
        Action::Palette if typing && state.key_for(Action::Palette).is_some() => {
            let scopes = state.scopes();
            let plain = state.keymap.keys_for(&scopes, action.id());
            plain.first().map(|keys| display_sequence(keys))
        }
        _ => state.key_for(action),
    };
    let left = wanted
        .iter()
        .filter(|(action, _)| state.applies(*action))
        .filter_map(|(action, word)| key(*action).map(|key| (key, *word)))
        .collect();
    let right = [(Action::Palette, "palette"), (Action::Help, "help")]
        .into_iter()
        .filter_map(|(action, word)| key(action).map(|key| (key, word)))
        .collect();
    (left, right)
}

/// What may follow the keys pressed so far.
fn which_key(painter: &Painter<'_>) -> Vec<Hint> {
    let state = painter.state;
    let scopes = state.scopes();
    state
        .keymap
        .bindings()
        .filter(|binding| {
            let line = state.typing().is_some() && binding.scope == crate::keymap::LINE;
            line || scopes.contains(&binding.scope.as_str())
        })
        .filter_map(|binding| {
            let rest = binding.keys.strip_prefix(state.pending.as_slice())?;
            let action = Action::from_id(&binding.action)?;
            (!rest.is_empty()).then(|| (display_sequence(rest), action.info().doc))
        })
        .collect()
}

/// Hints from the left, `right` at the right end. Where not all of them fit, those in the middle go: the last `last` of
/// the left, which lead out of here, and help stay longest.
fn hint_line(painter: &mut Painter<'_>, area: Area, left: &[Hint], right: &[Hint], last: usize) {
    let render = |hints: &mut dyn Iterator<Item = &Hint>, between: &str| -> Vec<Span> {
        let mut spans: Vec<Span> = Vec::new();
        for (key, word) in hints {
            if !spans.is_empty() {
                spans.push((between.into(), Role::Footer));
            }
            spans.push((key.clone(), Role::FooterKey));
            spans.push((format!(" {word}"), Role::Footer));
        }
        spans
    };
    let room = usize::from(area.width);
    // Whole hints only: half a hint is none.
    let plans = [
        (last, 0),
        (last, 1),
        (1.min(last), 1),
        (1.min(last), 2),
        (0, 2),
    ];
    for (last, without) in plans {
        let last = last.min(left.len());
        let right_spans = render(&mut right.iter().skip(without), "  ");
        let right_width = spans_width(&right_spans);
        let space = match right_width {
            0 => room,
            _ => room.saturating_sub(right_width + 2),
        };
        let end = left.len() - last;
        let fitting = (0..=end).rev().find_map(|count| {
            let mut shown = left.iter().take(count).chain(left.iter().skip(end));
            let spans = render(&mut shown, " · ");
            (spans_width(&spans) <= space).then_some(spans)
        });
        if let Some(spans) = fitting {
            if right_width > 0 && right_width <= room {
                let x = area.x + u16::try_from(room - right_width).unwrap_or(area.width);
                painter.put_spans(x, area.y, area.width, &right_spans);
            }
            painter.put_spans(area.x, area.y, area.width, &spans);
            return;
        }
    }
}
