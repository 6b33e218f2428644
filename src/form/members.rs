//! Items of lists and entries of objects that take any name: adding, removing, moving, renaming.

use serde_json::Value;

use super::field::{Field, Kind};
use super::msg::Effect;
use super::path::{FieldPath, Segment};
use super::state::Form;

/// The longest name of an entry.
const LONGEST_NAME: usize = 200;

impl Form {
    pub(super) fn add(&mut self, path: &FieldPath, effects: &mut Vec<Effect>) -> bool {
        let Some(field) = self.field(path).filter(|field| field.is_editable()) else {
            return false;
        };
        let Kind::List { can_add: true, .. } = field.kind else {
            return false;
        };
        let now = items_of(field);
        let id = self.answers.items_mut(path, &now).add();
        self.rebuild(self.current);
        let item = path.item(id);
        let rows = self.rows().iter().map(|row| &row.field);
        let first = rows
            .filter(|field| field.path.is_within(&item) && field.takes_focus())
            .map(|field| field.path.clone())
            .next();
        if let Some(first) = first {
            self.focus_on(first, effects);
        }
        true
    }

    /// The object or list that a member belongs to, if it may be changed.
    fn owner(&self, path: &FieldPath) -> Option<&Field> {
        let parent = path.parent()?;
        self.field(&parent).filter(|field| field.is_editable())
    }

    pub(super) fn remove(&mut self, path: &FieldPath) -> bool {
        let can = |field: &Field| {
            field
                .member
                .as_ref()
                .is_some_and(|member| member.can_remove)
        };
        if !self.field(path).is_some_and(can) {
            return false;
        }
        let (Some(owner), Some(parent)) = (self.owner(path), path.parent()) else {
            return false;
        };
        match path.last() {
            Some(Segment::Item(id)) => {
                let now = items_of(owner);
                self.answers.items_mut(&parent, &now).remove(*id);
            }
            Some(Segment::Key(name)) => {
                let now = self.names_of(&parent);
                let names = self.answers.names_mut(&parent, &now);
                names.retain(|known| known != name);
            }
            None => return false,
        }
        self.answers.remove(path);
        self.secrets.retain(|other, _| !other.is_within(path));
        self.rebuild(self.current);
        true
    }

    pub(super) fn shift(&mut self, path: &FieldPath, by: i32) -> bool {
        let can = |field: &Field| {
            field.member.as_ref().is_some_and(|member| {
                by < 0 && member.can_move_up || by > 0 && member.can_move_down
            })
        };
        if !self.field(path).is_some_and(can) {
            return false;
        }
        let (Some(owner), Some(parent), Some(Segment::Item(id))) =
            (self.owner(path), path.parent(), path.last())
        else {
            return false;
        };
        let now = items_of(owner);
        self.answers.items_mut(&parent, &now).shift(*id, by);
        self.rebuild(self.current);
        true
    }

    /// The names of the entries of an object that takes any, as they are shown.
    fn names_of(&self, path: &FieldPath) -> Vec<String> {
        let depth = path.segments().len() + 1;
        let rows = self.rows().iter().map(|row| &row.field);
        rows.filter(|field| {
            field.path.is_within(path)
                && field.path.segments().len() == depth
                && field
                    .member
                    .as_ref()
                    .is_some_and(|member| member.can_rename)
        })
        .filter_map(|field| match field.path.last() {
            Some(Segment::Key(name)) => Some(name.clone()),
            _ => None,
        })
        .collect()
    }

    fn is_new_name(&self, object: &FieldPath, name: &str) -> bool {
        !name.is_empty() && name.len() <= LONGEST_NAME && self.field(&object.key(name)).is_none()
    }

    pub(super) fn add_name(&mut self, path: &FieldPath, name: &str) -> bool {
        let takes = |field: &Field| field.is_editable() && matches!(field.kind, Kind::Names);
        if !self.field(path).is_some_and(takes) || !self.is_new_name(path, name) {
            return false;
        }
        let now = self.names_of(path);
        let limit = self.limits.items;
        let names = self.answers.names_mut(path, &now);
        if names.len() >= limit {
            return false;
        }
        names.push(name.to_owned());
        self.rebuild(self.current);
        self.focus = Some(path.key(name));
        true
    }

    pub(super) fn rename(&mut self, path: &FieldPath, name: &str) -> bool {
        let can = |field: &Field| {
            field
                .member
                .as_ref()
                .is_some_and(|member| member.can_rename)
        };
        let (Some(field), Some(parent)) = (self.field(path), path.parent()) else {
            return false;
        };
        if !can(field) || self.owner(path).is_none() || !self.is_new_name(&parent, name) {
            return false;
        }
        let value = field.value.clone();
        let now = self.names_of(&parent);
        let old = path.name().to_owned();
        let names = self.answers.names_mut(&parent, &now);
        if let Some(known) = names.iter_mut().find(|known| **known == old) {
            name.clone_into(known);
        }
        let to = parent.key(name);
        // What was given or a default stood under the old name.
        if let Some(value) = value {
            self.answers.give(path, &value);
        }
        self.answers.move_to(path, &to);
        let was_focused = self
            .focus
            .as_ref()
            .is_some_and(|focus| focus.is_within(path));
        self.rebuild(self.current);
        if was_focused {
            self.focus = Some(to);
        }
        true
    }
}

/// The items of a list as values.
fn items_of(list: &Field) -> Vec<Value> {
    match &list.value {
        Some(Value::Array(items)) => items.clone(),
        _ => Vec::new(),
    }
}
