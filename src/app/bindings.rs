//! Which keys mean what on the screen that is shown, and which actions make sense there.

use super::actions::{Action, Scope};
use super::editor::Editor;
use super::screen::{DocsFocus, Screen, Tab};
use super::state::State;
use crate::keymap::Key;
use crate::markdown::Page;

impl State {
    /// The keymap's sections that hold on this screen, nearest first.
    pub fn scopes(&self) -> Vec<&'static str> {
        let own: &[Scope] = match (&self.picker, &self.screen) {
            (Some(_), _) => &[Scope::Help],
            (None, Screen::Catalog(_)) => &[Scope::Catalog],
            (None, Screen::Entity(page)) if page.tree().is_some() => &[Scope::Tree, Scope::Entity],
            (None, Screen::Entity(_)) => &[Scope::Entity],
            (None, Screen::Tree(_)) => &[Scope::Tree],
            (None, Screen::Docs(_)) => &[Scope::Docs],
            // Nothing of its own.
            (None, Screen::DocFind(_)) => &[],
            (None, Screen::Log(_)) => &[Scope::Log],
        };
        own.iter()
            .chain([&Scope::Global])
            .map(|scope| scope.name())
            .collect()
    }

    /// The keys that ask for an action right now, the best one first and as people write it.
    pub fn key_for(&self, action: Action) -> Option<String> {
        let found = self.keys_of(action);
        // A key that means the same in the line and outside of it is easier to remember than its alt twin.
        let plain = |keys: &&Vec<Key>| keys.iter().all(|key| !key.modifiers.alt);
        found
            .iter()
            .find(plain)
            .or_else(|| found.first())
            .map(|keys| crate::keymap::display_sequence(keys))
    }

    /// Whether an action can do anything on the screen that is shown; footer, help and palette name no others.
    pub fn applies(&self, action: Action) -> bool {
        use Action as A;
        match &self.screen {
            Screen::Tree(tree) => tree.view.applies(action),
            Screen::Docs(docs) => {
                let page = docs.page();
                let has = |what: fn(&Page) -> bool| page.is_none_or(|page| what(page));
                let in_page = docs.focus == DocsFocus::Page;
                match action {
                    A::NextCode | A::PreviousCode => has(|page| !page.code.is_empty()),
                    A::NextHeading | A::PreviousHeading | A::Contents => {
                        has(|page| !page.headings.is_empty())
                    }
                    A::NextLink | A::PreviousLink => has(|page| !page.links.is_empty()),
                    A::Open if in_page && !docs.search.typing => has(|page| !page.links.is_empty()),
                    A::YamlInPager => false,
                    _ => action.info().scope != Scope::Tree,
                }
            }
            Screen::Entity(page) if page.tree().is_some() => {
                let tabs = matches!(action, A::NextPane | A::PreviousPane);
                let docs = action.info().scope == Scope::Docs;
                tabs || !docs && page.tree().is_some_and(|tree| tree.applies(action))
            }
            _ if matches!(action.info().scope, Scope::Tree | Scope::Docs) => false,
            Screen::DocFind(_) => !matches!(
                action,
                A::Left | A::Right | A::Zoom | A::Yaml | A::YamlInPager | A::EditFile
            ),
            Screen::Catalog(_) => !matches!(action, A::Left | A::Right),
            Screen::Entity(page) => match action {
                A::Zoom => false,
                A::Left | A::Right => page.tab == Tab::Yaml,
                A::Open => page.search.typing || !matches!(page.tab, Tab::Problems | Tab::Yaml),
                _ => true,
            },
            Screen::Log(page) if action == A::Open => page.search.typing,
            Screen::Log(_) => !matches!(
                action,
                A::NextPane
                    | A::PreviousPane
                    | A::Who
                    | A::Runbook
                    | A::Owner
                    | A::Dependencies
                    | A::Dependents
                    | A::Yaml
                    | A::OpenLink
                    | A::YamlInPager
                    | A::EditFile
                    | A::CopyMenu
                    | A::Star
                    | A::Refresh
                    | A::Zoom
                    | A::Log
                    | A::Left
                    | A::Right
            ),
        }
    }

    /// The keys that ask for an action right now, the best first; where a line is typed, none that edits it.
    pub(super) fn keys_of(&self, action: Action) -> Vec<Vec<Key>> {
        let scopes = self.scopes();
        if self.typing().is_none() {
            return self.keymap.keys_for(&scopes, action.id());
        }
        let mut found = self.keymap.keys_for_typing(&scopes, action.id());
        found.retain(|keys| !keys.first().is_some_and(|key| Editor::takes(*key)));
        found
    }
}
