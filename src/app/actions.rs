//! The Action table: everything a key, the palette or the mouse can ask for, one row each.
//!
//! The palette, `?` help, the validation of keymaps and the reference in the docs all come from [`TABLE`], so a
//! row here is all that a new command needs besides the code that does it. Nothing here does anything.

use crate::keymap::KnownAction;

/// Where an action means something, and the name of the keymap section that may bind it.
///
/// A [`Scope::Global`] action may be bound in any section; another only in its own. A key is looked up in the
/// section of the screen first, then in `global`, so a screen's own key shadows a global one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Scope {
    /// Every screen, while no text is being typed.
    Global,
    /// While a line of text is being typed. Readline's editing keys come before it.
    Line,
    /// The catalog's list, while its line is left.
    Catalog,
    /// An entity's page.
    Entity,
    /// A tree, while its filter is not typed.
    Tree,
    /// A page of documentation.
    Docs,
    /// The message log.
    Log,
    /// The help screen.
    Help,
}

impl Scope {
    /// Every scope, in the order help lists them.
    pub const ALL: [Scope; 8] = [
        Scope::Global,
        Scope::Line,
        Scope::Catalog,
        Scope::Entity,
        Scope::Tree,
        Scope::Docs,
        Scope::Log,
        Scope::Help,
    ];

    /// The scope's name in a keymap file.
    pub const fn name(self) -> &'static str {
        match self {
            Scope::Global => "global",
            Scope::Line => "line",
            Scope::Catalog => "catalog",
            Scope::Entity => "entity",
            Scope::Tree => "tree",
            Scope::Docs => "docs",
            Scope::Log => "log",
            Scope::Help => "help",
        }
    }

    /// The scope of that name.
    pub fn from_name(name: &str) -> Option<Scope> {
        Self::ALL.into_iter().find(|scope| scope.name() == name)
    }
}

/// One row of the [`TABLE`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ActionInfo {
    /// What it is in code.
    pub action: Action,
    /// Its name in keymaps and in the palette: lower case, words joined by `-`.
    pub id: &'static str,
    /// What it does, in one line without a full stop.
    pub doc: &'static str,
    /// Where it may be bound.
    pub scope: Scope,
    /// What may follow the name in the palette (`NAME`; in brackets where it can be left out).
    pub argument: Option<&'static str>,
}

macro_rules! actions {
    ($( $variant:ident $id:literal $scope:ident $argument:expr, $doc:literal; )*) => {
        /// What can be asked for. See [`TABLE`] for what each does.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        pub enum Action {
            $( #[doc = $doc] $variant, )*
        }

        /// One row an action, in the order help lists them.
        pub const TABLE: &[ActionInfo] = &[
            $( ActionInfo {
                action: Action::$variant,
                id: $id,
                doc: $doc,
                scope: Scope::$scope,
                argument: $argument,
            }, )*
        ];
    };
}

actions! {
    Open "open" Global None, "Open what is selected";
    Back "back" Global None, "Go back, with filter, cursor and scroll as they were";
    NextPane "next-pane" Global None, "Go to the next pane or tab";
    PreviousPane "previous-pane" Global None, "Go to the previous pane or tab";
    Search "search" Global None, "Search here";
    NextMatch "next-match" Global None, "Go to the next match";
    PreviousMatch "previous-match" Global None, "Go to the previous match";
    Who "who" Global None, "Show who is on call for it, its owner, runbook, dashboards, and what breaks with it";
    Runbook "runbook" Global None, "Open its runbook; again for the others";
    Docs "docs" Global None, "Read its documentation";
    Owner "owner" Global None, "Open its owner";
    Dependencies "dependencies" Global None, "Show what it depends on, directly or not";
    Dependents "dependents" Global None, "Show what depends on it, directly or not: the blast radius";
    Yaml "yaml" Global None, "Show the YAML as the catalog serves it";
    YamlInPager "yaml-in-pager" Global None, "Show the YAML in $PAGER";
    EditFile "edit-file" Global None, "Open its file in $EDITOR, where it is on this machine";
    OpenLink "open-link" Global None, "Open a link";
    Copy "copy" Global None, "Copy what is under the cursor";
    CopyMenu "copy-menu" Global None, "Choose what to copy: reference, link, command, Markdown";
    Star "star" Global None, "Star it, or take the star away";
    Refresh "refresh" Global None, "Fetch this entity again";
    Zoom "zoom" Global None, "Give the room to the preview or to the tree, and back";
    QuickOpen "quick-open" Global None, "Find an entity by name from any screen";
    Catalog "catalog" Global None, "Go to the catalog";
    Tree "tree" Global None, "Go to the tree of the whole catalog: its structure, or who owns what";
    Path "path" Global Some("[FROM] TO"), "Show the shortest chain of relations between two entities";
    DocsList "docs-list" Global None, "List what has documentation";
    SearchDocs "search-docs" Global None, "Search all documentation";
    Entity "entity" Global Some("NAME"), "Open an entity by its reference";
    Kind "kind" Global Some("KIND"), "List the entities of one kind";
    Problems "problems" Global None, "List what is invalid";
    Sync "sync" Global Some("[full]"), "Fetch what has changed from every source";
    Log "log" Global None, "Show the messages of this session";
    Theme "theme" Global Some("NAME"), "Change the colours until the end of the session";
    Mouse "mouse" Global None, "Turn the mouse on or off";
    Palette "palette" Global None, "Find and run any command";
    Help "help" Global None, "Show the keys of this screen";
    Redraw "redraw" Global None, "Draw the screen anew";
    Suspend "suspend" Global None, "Suspend the program";
    Quit "quit" Global None, "Quit";
    MoveDown "move-down" Global None, "Move to the next row";
    MoveUp "move-up" Global None, "Move to the previous row";
    PageDown "page-down" Global None, "Move to the last visible row, then by pages";
    PageUp "page-up" Global None, "Move to the first visible row, then by pages";
    HalfPageDown "half-page-down" Global None, "Move half a page down";
    HalfPageUp "half-page-up" Global None, "Move half a page up";
    First "first" Global None, "Move to the first row";
    Last "last" Global None, "Move to the last row";
    Left "left" Global None, "Scroll to the left; in a tree close the branch, or go up to it";
    Right "right" Global None, "Scroll to the right; in a tree open the branch, or go into it";
    SwitchTree "switch-tree" Tree None, "Switch between structure and ownership";
    ExpandBelow "expand-below" Tree None, "Open everything below this line";
    CollapseAll "collapse-all" Tree None, "Close every branch";
    Deeper "deeper" Tree None, "Open one level more";
    Shallower "shallower" Tree None, "Open one level less";
    NextHeading "next-heading" Docs None, "Go to the next heading";
    PreviousHeading "previous-heading" Docs None, "Go to the previous heading";
    NextCode "next-code" Docs None, "Go to the next code block";
    PreviousCode "previous-code" Docs None, "Go to the previous code block";
    NextLink "next-link" Docs None, "Select the next link of the page";
    PreviousLink "previous-link" Docs None, "Select the previous link of the page";
    Contents "contents" Docs None, "Choose a heading of the page";
    PageInPager "page-in-pager" Docs None, "Show the page as it is written in $PAGER";
    LeaveLine "leave-line" Line None, "Leave the line: letters become commands";
    EditLine "edit-line" Line None, "Edit the line in $EDITOR";
    Complete "complete" Line None, "Complete a filter, else go to the next pane";
}

impl Action {
    /// Its row of the [`TABLE`].
    pub fn info(self) -> &'static ActionInfo {
        // The table is written by the same macro as the enum, in the same order.
        &TABLE[self as usize]
    }

    /// Its name in keymaps and in the palette.
    pub fn id(self) -> &'static str {
        self.info().id
    }

    /// The action of that name.
    pub fn from_id(id: &str) -> Option<Action> {
        TABLE.iter().find(|row| row.id == id).map(|row| row.action)
    }
}

/// The actions as a keymap is checked against them.
pub fn known() -> Vec<KnownAction<'static>> {
    TABLE
        .iter()
        .map(|row| KnownAction {
            id: row.id,
            scope: row.scope.name(),
            takes_argument: row.argument.is_some(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_action_says_what_it_does() {
        for row in TABLE {
            assert!(row.doc.len() > 3, "{} has no doc line", row.id);
            assert!(!row.doc.ends_with('.'), "{}", row.id);
            assert!(row.doc.starts_with(char::is_uppercase), "{}", row.id);
        }
    }

    #[test]
    fn every_id_is_a_plain_word_and_stands_once() {
        let ids: BTreeSet<_> = TABLE.iter().map(|row| row.id).collect();
        assert_eq!(ids.len(), TABLE.len());
        for id in ids {
            assert!(id.chars().all(|c| c.is_ascii_lowercase() || c == '-'));
        }
    }

    #[test]
    fn an_action_finds_its_own_row_by_value_and_by_name() {
        for row in TABLE {
            assert_eq!(row.action.info().id, row.id);
            assert_eq!(Action::from_id(row.id), Some(row.action));
        }
        assert_eq!(Action::from_id("no-such-action"), None);
    }

    #[test]
    fn scopes_are_known_by_their_names() {
        for scope in Scope::ALL {
            assert_eq!(Scope::from_name(scope.name()), Some(scope));
        }
    }
}
