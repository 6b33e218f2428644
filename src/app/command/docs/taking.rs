//! Taking something from a page: to the clipboard, to a browser, to an editor.

use super::super::super::docs::{Followed, file_of, web_address};
use super::super::super::job::{Effect, HandOver};
use super::super::super::picker::{Choice, Picker, PickerKind, PickerRow};
use super::super::super::screen::DocsFocus;
use super::super::super::state::{Level, State};
use super::super::entity::{copy, nothing_selected, open_link};
use super::super::windows::shell_word;
use super::docs;
use super::going::followed;
use crate::markdown::Target as Follows;
use crate::techdocs::NavTarget;
use crate::text::{self, Cleaned};

/// Copies the code block under the cursor or the selected link; else the nearest code that is seen, else the line.
pub(in crate::app::command) fn copy_here(state: &mut State, effects: &mut Vec<Effect>) {
    let size = state.size;
    let Some(screen) = docs(state) else { return };
    if screen.focus == DocsFocus::Nav {
        let node = screen.nav.node(screen.nav.at.cursor);
        let target = node.map(|node| match &node.target {
            NavTarget::Page(place) | NavTarget::Url(place) | NavTarget::Missing(place) => {
                place.clone()
            }
            NavTarget::Section => node.title.clone(),
        });
        if let Some(target) = target {
            copy(state, &target, effects);
        }
        return;
    }
    let Some(laid_out) = screen.laid_out() else {
        nothing_selected(state, effects);
        return;
    };
    let (page, document) = (&laid_out.page, &laid_out.text.document);
    let under = page.code_at(screen.at.cursor);
    let selected = match screen.link_here().filter(|_| screen.link.is_some()) {
        Some((_, link)) if under.is_none() => match link.target {
            Follows::Link(id) => document.links.get(id.index()),
            Follows::Fold(_) | Follows::Tab(..) => None,
        },
        _ => None,
    };
    if let Some(link) = selected {
        let target = link.target.clone();
        copy(state, &target, effects);
        return;
    }
    let code = under.or_else(|| screen.code_here(size));
    let code = code.and_then(|id| document.code.get(id.index()));
    match code {
        Some(code) => {
            let Cleaned { text, removed } = code.to_copy();
            let (content, language) = (text.into_owned(), code.language.clone());
            copy_code(state, content, &language, removed, effects);
        }
        None => {
            let line = page.lines.get(screen.at.cursor);
            let line = line.map(|line| line.text().trim().to_owned());
            match line.filter(|line| !line.is_empty()) {
                Some(line) => copy(state, &line, effects),
                None => state.say(effects, Level::Info, "Nothing to copy on this line"),
            }
        }
    }
}

fn copy_code(
    state: &mut State,
    content: String,
    language: &str,
    removed: usize,
    effects: &mut Vec<Effect>,
) {
    let lines = content.lines().count();
    let shown = match lines {
        0 | 1 => text::truncate(content.trim_end(), 80).into_owned(),
        lines => format!(
            "{lines} lines of {}",
            if language.is_empty() {
                "code"
            } else {
                language
            }
        ),
    };
    let lost = match removed {
        0 => String::new(),
        1 => ", without 1 control character".to_owned(),
        many => format!(", without {many} control characters"),
    };
    effects.push(Effect::Copy(content));
    state.say(effects, Level::Info, &format!("Copied {shown}{lost}"));
}

/// The menu of what can be copied of a page. Returns false where none is shown.
pub(in crate::app::command) fn copy_menu(state: &mut State) -> bool {
    let Some(screen) = docs(state) else {
        return false;
    };
    let (Some(set), Some(laid_out)) = (&screen.set, screen.laid_out()) else {
        return false;
    };
    let text = &laid_out.text;
    let address = web_address(&text.source, &set.site, &text.path);
    let file = file_of(&text.source, &set.site, &text.path);
    let command = format!(
        "callboard docs {} {}",
        shell_word(&screen.entity_ref),
        shell_word(&text.path)
    );
    let heading = laid_out.page.heading_at(screen.at.cursor);
    let anchor = heading.and_then(|at| laid_out.page.headings.get(at));
    let link = address.as_ref().map(|address| match anchor {
        Some(heading) if screen.at.cursor > 0 => format!("{address}#{}", heading.anchor),
        _ => address.clone(),
    });
    let title = &text.title;
    let choices = [
        ("link", link.clone()),
        ("path", file.or_else(|| Some(text.path.clone()))),
        ("command", Some(command)),
        (
            "Markdown link",
            link.map(|link| format!("[{title}]({link})")),
        ),
        ("page as Markdown", Some(text.text.clone())),
        ("entity", Some(screen.entity_ref.clone())),
    ];
    let rows = choices
        .into_iter()
        .filter_map(|(name, content)| {
            let content = content?;
            let first = content.lines().find(|line| !line.trim().is_empty());
            Some(PickerRow {
                name: name.to_owned(),
                detail: text::truncate(&text::clean(first.unwrap_or("")), 120).into_owned(),
                keys: String::new(),
                choice: Choice::Copy(content),
            })
        })
        .collect();
    state.picker = Some(Picker::new(PickerKind::Menu, "Copy", rows));
    true
}

/// Opens the link under the cursor in a browser, else the page itself.
pub(in crate::app::command) fn open_outside(state: &mut State, effects: &mut Vec<Effect>) {
    let of_page = |state: &State, path: Option<&str>| {
        let screen = docs(state)?;
        let set = screen.set.as_ref()?;
        let text = &screen.laid_out()?.text;
        web_address(&text.source, &set.site, path.unwrap_or(&text.path))
    };
    let target = match followed(state) {
        Some(Followed::Web(target)) => Some(target),
        Some(Followed::Page { path, .. }) => of_page(state, Some(&path)),
        _ => of_page(state, None),
    };
    match target {
        Some(target) => open_link(state, &target, effects),
        None => {
            let message = "This page is on this machine alone; e opens its file";
            state.say(effects, Level::Info, message);
        }
    }
}

/// Opens the page's file in an editor, at the line under the cursor.
pub(in crate::app::command) fn edit(state: &mut State, effects: &mut Vec<Effect>) {
    let file = docs(state).and_then(|screen| {
        let text = &screen.laid_out()?.text;
        let line = screen.visit().map_or(1, |visit| visit.line);
        let path = file_of(&text.source, &screen.set.as_ref()?.site, &text.path)?;
        Some((path, u32::try_from(line).ok()))
    });
    match file {
        Some((path, line)) => effects.push(Effect::HandOver(HandOver::EditFile { path, line })),
        None => {
            let message =
                "Its file is not on this machine; b opens it in a browser, P shows it in $PAGER";
            state.say(effects, Level::Info, message);
        }
    }
}
