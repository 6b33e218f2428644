//! A line with a list to choose from, over the screen: the palette, help, and the menus of links and copies.

use fuzzy_matcher::FuzzyMatcher;
use fuzzy_matcher::skim::SkimMatcherV2;

use super::actions::Action;
use super::complete::Offer;
use super::editor::Editor;
use super::list::Position;
use crate::text;

/// What a window is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PickerKind {
    /// Every command.
    Palette,
    /// The keys of the screen below.
    Help,
    /// A few things to choose from.
    Menu,
}

/// What choosing a row does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Choice {
    /// Runs an action with an argument.
    Run(Action, Option<String>),
    /// Puts text on the clipboard.
    Copy(String),
    /// Opens a link.
    Link(String),
    /// Opens an entity.
    Entity(String),
    /// Goes to a line of the page of documentation.
    DocLine(usize),
    /// Reads a runbook of the documentation that is shown: its place among them.
    DocRunbook(usize),
    /// Nothing: the row only says something.
    Nothing,
}

/// One row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PickerRow {
    /// What is searched first and shown first.
    pub name: String,
    /// What it means.
    pub detail: String,
    /// The keys that do the same.
    pub keys: String,
    pub choice: Choice,
}

impl PickerRow {
    /// Whether it is a command with one of the words that can follow it.
    fn is_argument(&self) -> bool {
        matches!(self.choice, Choice::Run(_, Some(_)))
    }

    /// Whether it is a command with a reference that was offered for the one being typed.
    fn is_offer(&self) -> bool {
        matches!(&self.choice, Choice::Run(action, Some(_)) if takes_references(*action))
    }
}

/// A row that fits what is typed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shown {
    /// Which of the rows.
    pub row: usize,
    /// Which characters of its name matched.
    pub matched: Vec<usize>,
}

/// See the module.
#[derive(Clone, Debug)]
pub struct Picker {
    pub kind: PickerKind,
    pub title: String,
    pub editor: Editor,
    pub rows: Vec<PickerRow>,
    pub shown: Vec<Shown>,
    pub at: Position,
    /// What the references among the rows were offered for.
    offered_for: String,
}

/// Whether a command is followed by references.
fn takes_references(action: Action) -> bool {
    matches!(action, Action::Entity | Action::Path)
}

/// The words of an argument that are whole, and the one that is being typed.
fn last_word(argument: &str) -> (&str, &str) {
    argument
        .rsplit_once(char::is_whitespace)
        .unwrap_or(("", argument))
}

impl Picker {
    /// A window with all its rows shown.
    pub fn new(kind: PickerKind, title: &str, rows: Vec<PickerRow>) -> Self {
        let mut picker = Self {
            kind,
            title: title.to_owned(),
            editor: Editor::default(),
            rows,
            shown: Vec::new(),
            at: Position::default(),
            offered_for: String::new(),
        };
        picker.filter();
        picker
    }

    /// The row under the cursor.
    pub fn selected(&self) -> Option<&PickerRow> {
        self.rows.get(self.shown.get(self.at.cursor)?.row)
    }

    /// Shows the rows that fit what is typed, the best first; all of them, in their order, for an empty line.
    ///
    /// Names count more than meanings. In the palette a word after a command's whole name is its argument and is
    /// not searched for.
    pub fn filter(&mut self) {
        self.at = Position::default();
        let typed = self.editor.text().trim();
        if typed.is_empty() {
            self.shown = (0..self.rows.len())
                .filter(|row| !self.rows.get(*row).is_some_and(PickerRow::is_argument))
                .map(|row| Shown {
                    row,
                    matched: Vec::new(),
                })
                .collect();
            return;
        }
        if let Some((row, argument)) = self.command() {
            let mut rows = self.arguments(row, &argument);
            // Without its argument, or with one that nobody can list, it is the command itself that runs.
            let alone = argument.is_empty() && !self.needs_argument(row);
            // What is offered comes when it is found: enter means what is typed, whenever that is.
            let offered = self.reference_wanted().is_some();
            if rows.is_empty() || alone || offered {
                rows.insert(0, row);
            }
            let shown = rows.into_iter().map(|row| Shown {
                row,
                matched: Vec::new(),
            });
            self.shown = shown.collect();
            return;
        }
        let matcher = SkimMatcherV2::default().ignore_case();
        let mut found: Vec<(i64, Shown)> = Vec::new();
        let rows = self.rows.iter().enumerate();
        for (row, content) in rows.filter(|(_, row)| !row.is_offer()) {
            let by_name = matcher.fuzzy_indices(&content.name, typed);
            let by_keys = (content.keys == typed).then_some(1_000_000);
            let by_detail = matcher
                .fuzzy_match(&content.detail, typed)
                .filter(|_| contains(&content.detail, typed));
            let exact = i64::from(content.name == typed) * 2_000_000;
            let (score, matched) = match (by_name, by_keys, by_detail) {
                (Some((score, matched)), keys, _) => {
                    (score + 10_000 + exact + keys.unwrap_or(0), matched)
                }
                (None, Some(keys), _) => (keys, Vec::new()),
                (None, None, Some(score)) => (score, Vec::new()),
                (None, None, None) => continue,
            };
            // A command comes before what it can be followed by.
            let score = score - i64::from(content.is_argument()) * 5_000;
            found.push((score, Shown { row, matched }));
        }
        // Of names that fit equally well the shortest leaves the least unsaid.
        let length = |shown: &Shown| self.rows.get(shown.row).map_or(0, |row| row.name.len());
        found.sort_by(|a, b| {
            b.0.cmp(&a.0)
                .then_with(|| length(&a.1).cmp(&length(&b.1)))
                .then(a.1.row.cmp(&b.1.row))
        });
        self.shown = found.into_iter().map(|(_, shown)| shown).collect();
    }

    /// The palette's row whose name is the first word, with the words after it.
    fn command(&self) -> Option<(usize, String)> {
        if self.kind != PickerKind::Palette {
            return None;
        }
        let (name, argument) = self.editor.text().trim_start().split_once(' ')?;
        let row = self.rows.iter().position(
            |row| matches!(&row.choice, Choice::Run(action, None) if action.id() == name && action.info().argument.is_some()),
        )?;
        Some((row, argument.trim().to_owned()))
    }

    /// The rows of a command's arguments that fit what is typed of one, those that begin with it first.
    fn arguments(&self, command: usize, typed: &str) -> Vec<usize> {
        let Some(Choice::Run(command, None)) = self.rows.get(command).map(|row| &row.choice) else {
            return Vec::new();
        };
        let typed = typed.to_lowercase();
        if takes_references(*command) {
            let wanted = self.reference_wanted();
            let offered = wanted.is_some_and(|(_, word)| word == self.offered_for);
            let rows = self.rows.iter().enumerate();
            return rows
                .filter(|(_, row)| offered && row.is_offer())
                .map(|(index, _)| index)
                .collect();
        }
        let mut found: Vec<(bool, usize)> = Vec::new();
        for (index, row) in self.rows.iter().enumerate() {
            if let Choice::Run(action, Some(argument)) = &row.choice
                && action == command
                && argument.to_lowercase().contains(&typed)
            {
                found.push((!argument.to_lowercase().starts_with(&typed), index));
            }
        }
        found.sort();
        found.into_iter().map(|(_, index)| index).collect()
    }

    /// The reference that is being typed as an argument, with the command it is one of.
    pub fn reference_wanted(&self) -> Option<(Action, String)> {
        let (row, _) = self.command()?;
        let Some(Choice::Run(action, None)) = self.rows.get(row).map(|row| &row.choice) else {
            return None;
        };
        let (_, argument) = self.editor.text().trim_start().split_once(' ')?;
        let (before, word) = last_word(argument);
        let most = if *action == Action::Path { 1 } else { 0 };
        let fits = takes_references(*action) && before.split_whitespace().count() <= most;
        (fits && !word.is_empty()).then(|| (*action, word.to_owned()))
    }

    /// Offers what a reference that was being typed may become, if it still is.
    pub fn offer(&mut self, word: &str, offers: Vec<Offer>) {
        let Some((action, _)) = self.reference_wanted().filter(|(_, now)| now == word) else {
            return;
        };
        let typed = self.editor.text().trim_start();
        let argument = typed.split_once(' ').map_or("", |(_, argument)| argument);
        let before: Vec<&str> = last_word(argument).0.split_whitespace().collect();
        let rows = offers.into_iter().map(|offer| {
            let words = before.iter().copied().chain([offer.reference.as_str()]);
            let argument = words.collect::<Vec<_>>().join(" ");
            PickerRow {
                name: format!("{} {}", action.id(), text::clean(&argument)),
                detail: offer.title,
                keys: String::new(),
                choice: Choice::Run(action, Some(argument)),
            }
        });
        let rows: Vec<PickerRow> = rows.collect();
        self.rows.retain(|row| !row.is_offer());
        self.rows.extend(rows);
        word.clone_into(&mut self.offered_for);
        let at = self.at;
        self.filter();
        // Whoever has moved already stays there.
        if at.cursor < self.shown.len() {
            self.at = at;
        }
    }

    fn needs_argument(&self, row: usize) -> bool {
        match self.rows.get(row).map(|row| &row.choice) {
            Some(Choice::Run(action, _)) => {
                (action.info().argument).is_some_and(|argument| !argument.starts_with('['))
            }
            _ => false,
        }
    }

    /// What choosing the row under the cursor does, with what was typed as its argument.
    pub fn choice(&self) -> Option<Choice> {
        let row = self.selected()?;
        if let (Some((_, argument)), Choice::Run(action, None)) = (self.command(), &row.choice) {
            return Some(Choice::Run(
                *action,
                Some(argument).filter(|argument| !argument.is_empty()),
            ));
        }
        Some(row.choice.clone())
    }

    /// The name of the selected command, to be completed in the line.
    pub fn completion(&self) -> Option<String> {
        let selected = self.selected()?;
        // Of what is typed itself nothing is left to complete: the first that is offered is meant.
        let offered = || self.rows.get(self.shown.get(1)?.row);
        let selected = match offered() {
            Some(first) if self.at.cursor == 0 && first.is_offer() => first,
            _ => selected,
        };
        match &selected.choice {
            // Another reference may follow.
            Choice::Run(Action::Path, Some(argument)) if !argument.contains(' ') => {
                Some(format!("{} {argument} ", Action::Path.id()))
            }
            Choice::Run(action, Some(argument)) if self.kind == PickerKind::Palette => {
                Some(format!("{} {argument}", action.id()))
            }
            Choice::Run(action, _) if self.kind == PickerKind::Palette => {
                let space = if action.info().argument.is_some() {
                    " "
                } else {
                    ""
                };
                Some(format!("{}{space}", action.id()))
            }
            _ => None,
        }
    }
}

fn contains(text: &str, typed: &str) -> bool {
    text.to_lowercase().contains(&typed.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::TABLE;

    fn palette(typed: &str) -> Picker {
        let rows = TABLE
            .iter()
            .map(|row| PickerRow {
                name: row.id.into(),
                detail: row.doc.into(),
                keys: String::new(),
                choice: Choice::Run(row.action, None),
            })
            .collect();
        let mut picker = Picker::new(PickerKind::Palette, "", rows);
        picker.editor.insert(typed);
        picker.filter();
        picker
    }

    #[test]
    fn a_few_letters_find_a_command() {
        assert_eq!(palette("yml").selected().unwrap().name, "yaml");
        assert_eq!(palette("qu").selected().unwrap().name, "quit");
        assert_eq!(palette("colours").selected().unwrap().name, "theme");
        assert!(palette("zzzz").selected().is_none());
        assert_eq!(palette("").shown.len(), TABLE.len());
    }

    #[test]
    fn what_a_command_can_be_followed_by_is_offered_and_completed() {
        let with = |typed: &str| {
            let mut picker = palette("");
            for theme in ["default", "dark", "colour-blind"] {
                picker.rows.push(PickerRow {
                    name: format!("theme {theme}"),
                    detail: String::new(),
                    keys: String::new(),
                    choice: Choice::Run(Action::Theme, Some(theme.into())),
                });
            }
            picker.editor.set(typed);
            picker.filter();
            picker
        };
        let names = |picker: &Picker| -> Vec<String> {
            let rows = picker.shown.iter().map(|shown| &picker.rows[shown.row]);
            rows.map(|row| row.name.clone()).collect()
        };
        assert_eq!(with("").shown.len(), TABLE.len());
        let all = ["theme default", "theme dark", "theme colour-blind"];
        assert_eq!(names(&with("theme ")), all);
        assert_eq!(
            names(&with("theme d")),
            ["theme default", "theme dark", "theme colour-blind"]
        );
        assert_eq!(names(&with("theme DA")), ["theme dark"]);
        assert_eq!(with("theme da").completion().as_deref(), Some("theme dark"));
        assert_eq!(
            with("theme da").choice(),
            Some(Choice::Run(Action::Theme, Some("dark".into())))
        );
        // What nobody can list is taken as it is typed; the command itself comes first where it is searched for.
        assert_eq!(
            with("theme own").choice(),
            Some(Choice::Run(Action::Theme, Some("own".into())))
        );
        assert_eq!(names(&with("theme"))[0], "theme");
        assert_eq!(names(&with("colour-b")), ["theme colour-blind"]);
    }

    #[test]
    fn references_are_offered_for_the_word_being_typed_and_enter_means_what_is_typed() {
        let offer = |reference: &str| Offer {
            reference: reference.into(),
            title: "Title".into(),
        };
        let names = |picker: &Picker| -> Vec<String> {
            let rows = picker.shown.iter().map(|shown| &picker.rows[shown.row]);
            rows.map(|row| row.name.clone()).collect()
        };
        let mut picker = palette("path pay");
        let wanted = (Action::Path, "pay".to_owned());
        assert_eq!(picker.reference_wanted(), Some(wanted));
        picker.offer("pa", vec![offer("component:old")]);
        assert_eq!(names(&picker), ["path"]);
        picker.offer("pay", vec![offer("component:pay"), offer("system:pay")]);
        assert_eq!(
            names(&picker),
            ["path", "path component:pay", "path system:pay"]
        );
        assert_eq!(
            picker.choice(),
            Some(Choice::Run(Action::Path, Some("pay".into())))
        );
        assert_eq!(picker.completion().as_deref(), Some("path component:pay "));
        picker.editor.set("path component:pay led");
        picker.filter();
        assert_eq!(names(&picker), ["path"], "what was offered is out of date");
        picker.offer("led", vec![offer("resource:ledger")]);
        let both = "path component:pay resource:ledger";
        assert_eq!(names(&picker), ["path", both]);
        assert_eq!(picker.completion().as_deref(), Some(both));
        picker.at.cursor = 1;
        let argument = Some("component:pay resource:ledger".into());
        assert_eq!(picker.choice(), Some(Choice::Run(Action::Path, argument)));
        for none in ["path a b c", "path ", "entity a b", "kind a", "pat"] {
            assert_eq!(palette(none).reference_wanted(), None, "{none}");
        }
        assert_eq!(palette("ent").completion().as_deref(), Some("entity "));
    }

    #[test]
    fn words_after_a_commands_name_are_its_argument() {
        assert_eq!(
            palette("kind api").choice(),
            Some(Choice::Run(Action::Kind, Some("api".into())))
        );
        assert_eq!(
            palette("sync ").choice(),
            Some(Choice::Run(Action::Sync, None))
        );
        assert_eq!(palette("kin").completion().as_deref(), Some("kind "));
    }
}
