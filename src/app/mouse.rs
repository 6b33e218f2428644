//! What a press or a turn of the wheel does: the same actions that keys have, on what is under the pointer.

use super::actions::Action;
use super::command;
use super::job::Effect;
use super::msg::{Mouse, MouseKind, Target};
use super::outline::TreeKind;
use super::screen::Screen;
use super::search;
use super::state::State;
use super::update::fit;

/// Takes what the mouse did.
pub(super) fn take(state: &mut State, mouse: Mouse, effects: &mut Vec<Effect>) {
    match (mouse.kind, mouse.target) {
        (MouseKind::Wheel(lines), target) => command::scroll(state, lines, target, effects),
        (MouseKind::Press, Some(Target::Item(index))) => {
            let Some(picker) = &mut state.picker else {
                return;
            };
            if index < picker.shown.len() {
                picker.at.cursor = index;
                command::run(state, Action::Open, None, effects);
            }
        }
        // A press beside a window closes it.
        (MouseKind::Press, _) if state.picker.is_some() => state.picker = None,
        (MouseKind::Press, Some(Target::Line)) => {
            command::run(state, Action::Search, None, effects);
        }
        (MouseKind::Press, Some(Target::Row(index))) => {
            let again = match &mut state.screen {
                Screen::Catalog(catalog) => {
                    let again = catalog.at.cursor == index;
                    if index < catalog.results.len() {
                        catalog.at.cursor = index;
                    }
                    again
                }
                Screen::Entity(page) if page.tree().is_some() => {
                    page.tree_mut().is_some_and(|tree| {
                        let again = tree.at.cursor == index;
                        tree.at.cursor = index;
                        again
                    })
                }
                Screen::Entity(page) => {
                    let again = page.position().cursor == index;
                    page.position_mut().cursor = index;
                    again
                }
                Screen::Tree(tree) => {
                    let again = tree.view.at.cursor == index;
                    tree.view.at.cursor = index;
                    again
                }
                Screen::Docs(docs) => {
                    let again = docs.at.cursor == index && docs.link_here().is_some();
                    docs.at.cursor = index;
                    docs.focus = super::screen::DocsFocus::Page;
                    docs.link = None;
                    again
                }
                Screen::DocFind(find) => {
                    let again = find.at.cursor == index;
                    find.at.cursor = index;
                    again
                }
                Screen::Log(page) => {
                    page.at.cursor = index;
                    false
                }
            };
            fit(state);
            if again {
                command::run(state, Action::Open, None, effects);
            } else {
                search::follow(state, effects);
            }
        }
        (MouseKind::Press, Some(Target::Preview)) => {
            command::run(state, Action::Open, None, effects);
        }
        (MouseKind::Press, Some(Target::Problems)) => {
            command::run(state, Action::Problems, None, effects);
        }
        (MouseKind::Press, Some(Target::Tab(index))) if matches!(state.screen, Screen::Tree(_)) => {
            let shown = state.tree().map(|view| &view.kind);
            let pressed = TreeKind::WHOLE.get(index);
            if pressed.is_some() && pressed != shown {
                command::run(state, Action::SwitchTree, None, effects);
            }
        }
        (MouseKind::Press, Some(Target::Tab(index))) => command::show_tab(state, index, effects),
        (MouseKind::Press, Some(Target::Nav(row))) => command::click_nav(state, row, effects),
        (MouseKind::Press, Some(Target::Heading(line))) => command::go_to_line(state, line),
        (MouseKind::Press, Some(Target::List) | None) => {}
    }
}
