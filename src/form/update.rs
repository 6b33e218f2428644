//! What a message does to a form.

use secrecy::ExposeSecret;
use serde_json::Value;

use super::answers::Entry;
use super::field::{Field, Kind};
use super::msg::{CheckState, Effect, Msg};
use super::path::{FieldPath, Segment};
use super::picker::{RepoPart, RepoUrl};
use super::state::{Check, Form};
use super::value;

/// The longest name of an entry.
const LONGEST_NAME: usize = 200;

impl Form {
    /// Does what a message says, and tells what is wanted of the outside.
    pub fn update(&mut self, msg: Msg) -> Vec<Effect> {
        let focus = self.focus.clone();
        let page = self.current;
        let mut effects = Vec::new();
        let changed = self.apply(msg, &mut effects);
        if changed {
            self.drop_stale_checks();
            effects.push(Effect::Changed);
        }
        if self.current != page {
            effects.push(Effect::Turned);
        }
        self.keep_focus();
        if self.focus != focus || self.current != page {
            effects.extend(self.focus.clone().map(Effect::Focused));
        }
        effects
    }

    /// Whether an answer changed.
    fn apply(&mut self, msg: Msg, effects: &mut Vec<Effect>) -> bool {
        match msg {
            Msg::Focus(path) => {
                if self.field(&path).is_some_and(Field::takes_focus) {
                    self.focus_on(path, effects);
                }
                false
            }
            Msg::FocusNext => {
                self.focus_by(1, effects);
                false
            }
            Msg::FocusPrevious => {
                self.focus_by(-1, effects);
                false
            }
            Msg::Paused => {
                if let Some(path) = self.focus.clone() {
                    self.leave(&path, effects);
                }
                false
            }
            Msg::Text { path, text } => self.text(&path, text),
            Msg::Set { path, value } => self.edit(&path, |field| {
                let fits = match &field.kind {
                    Kind::Toggle { .. } => value.is_boolean(),
                    Kind::Entities(_) | Kind::Tags(_) => value.is_array(),
                    Kind::Facet(picker) => value.is_array() == picker.multiple,
                    Kind::Choice { options, .. } => options.iter().any(|o| o.value == value),
                    Kind::Entity(_)
                    | Kind::EntityName
                    | Kind::RepoUrl(_)
                    | Kind::RepoBranch
                    | Kind::RepoOwner(_)
                    | Kind::Text { .. } => value.is_string(),
                    Kind::Yaml { .. } | Kind::Checkboxes { .. } => true,
                    _ => false,
                };
                fits.then_some(Entry::Value(value))
            }),
            Msg::Pick { path, option } => self.pick(&path, option),
            Msg::Repo { path, part, text } => self.repo(&path, part, &text),
            Msg::Step { path, by } => self.edit(&path, |field| stepped(field, by)),
            Msg::Secret { path, text } => {
                let editable = self.field(&path).is_some_and(|field| {
                    field.is_editable() && matches!(field.kind, Kind::Secret { .. })
                });
                if !editable || text.expose_secret().len() > self.limits.text {
                    return false;
                }
                if text.expose_secret().is_empty() {
                    self.secrets.remove(&path);
                } else {
                    self.secrets.insert(path, text);
                }
                self.rebuild(self.current);
                true
            }
            Msg::Clear(path) => {
                if self
                    .field(&path)
                    .is_some_and(|f| matches!(f.kind, Kind::Secret { .. }))
                {
                    self.secrets.remove(&path);
                    self.rebuild(self.current);
                    return true;
                }
                self.edit(&path, |_| Some(Entry::Cleared))
            }
            Msg::Reset(path) => {
                if !self.field(&path).is_some_and(Field::is_editable) {
                    return false;
                }
                self.answers.reset(&path);
                self.secrets.retain(|other, _| !other.is_within(&path));
                self.rebuild(self.current);
                true
            }
            Msg::Add(path) => self.add(&path, effects),
            Msg::Remove(path) => self.remove(&path),
            Msg::Move { path, by } => self.shift(&path, by),
            Msg::AddName { path, name } => self.add_name(&path, &name),
            Msg::Rename { path, name } => self.rename(&path, &name),
            Msg::Next => {
                self.next(effects);
                false
            }
            Msg::Back => {
                let before = (0..self.current.min(self.pages.len()))
                    .rev()
                    .find(|page| self.shown.get(*page) == Some(&true));
                if let Some(page) = before {
                    self.turn_to(page);
                }
                false
            }
            Msg::GoTo(page) => {
                self.go_to(page, effects);
                false
            }
            Msg::Offered { path, values } => self.offer(path, values),
            Msg::Checked {
                path,
                generation,
                outcome,
            } => {
                if let Some(check) = self.checks.get_mut(&path)
                    && check.generation == generation
                {
                    check.state = CheckState::Done(outcome);
                }
                false
            }
        }
    }

    /// Gives a field another answer.
    fn edit(&mut self, path: &FieldPath, entry: impl FnOnce(&Field) -> Option<Entry>) -> bool {
        let entry = match self.field(path) {
            Some(field) if field.is_editable() => entry(field),
            _ => None,
        };
        let Some(entry) = entry else {
            return false;
        };
        if self.answers.entry(path) == Some(&entry) {
            return false;
        }
        self.answers.set(path, entry);
        self.rebuild(self.current);
        true
    }

    fn text(&mut self, path: &FieldPath, text: String) -> bool {
        let limit = self.limits.text;
        self.edit(path, |field| {
            let typed = field.kind.is_typed() && !matches!(field.kind, Kind::Secret { .. });
            // An editor that gives back what it was given changes nothing.
            if !typed || text.len() > limit || field.untouched && text == field.text {
                return None;
            }
            Some(Entry::Text(text))
        })
    }

    fn pick(&mut self, path: &FieldPath, option: usize) -> bool {
        let Some(field) = self.field(path).filter(|field| field.is_editable()) else {
            return false;
        };
        match &field.kind {
            Kind::Branch { titles, chosen } => {
                if option >= titles.len() || option == *chosen && !field.untouched {
                    return false;
                }
                self.answers.choose(path, option);
                self.rebuild(self.current);
                true
            }
            Kind::Choice { options, .. } => {
                let Some(option) = options.get(option).filter(|option| !option.disabled) else {
                    return false;
                };
                let value = option.value.clone();
                self.edit(path, |_| Some(Entry::Value(value)))
            }
            Kind::Checkboxes { options, .. } => {
                let Some(picked) = options.get(option).filter(|option| !option.disabled) else {
                    return false;
                };
                let known = |value: &Value| options.iter().any(|option| option.value == *value);
                let now = field.value.as_ref().and_then(Value::as_array);
                let strange = now.into_iter().flatten().filter(|value| !known(value));
                let mut values: Vec<Value> = strange.cloned().collect();
                // In the order of the options, whatever the order of picking.
                values.extend(
                    options
                        .iter()
                        .filter(|o| o.chosen != (o.value == picked.value))
                        .map(|o| o.value.clone()),
                );
                self.edit(path, |_| Some(Entry::Value(Value::Array(values))))
            }
            _ => false,
        }
    }

    fn repo(&mut self, path: &FieldPath, part: RepoPart, text: &str) -> bool {
        if text.len() > 1_000 {
            return false;
        }
        self.edit(path, |field| {
            let Kind::RepoUrl(picker) = &field.kind else {
                return None;
            };
            let now = match &field.value {
                Some(Value::String(stored)) => RepoUrl::parse(stored),
                _ => RepoUrl::default(),
            };
            let url = picker.start(now).with(part, text.trim());
            Some(match url.stored() {
                Some(stored) => Entry::Value(Value::from(stored)),
                None => Entry::Cleared,
            })
        })
    }

    fn add(&mut self, path: &FieldPath, effects: &mut Vec<Effect>) -> bool {
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

    fn remove(&mut self, path: &FieldPath) -> bool {
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

    fn shift(&mut self, path: &FieldPath, by: i32) -> bool {
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

    fn add_name(&mut self, path: &FieldPath, name: &str) -> bool {
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

    fn rename(&mut self, path: &FieldPath, name: &str) -> bool {
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

    fn focus_on(&mut self, path: FieldPath, effects: &mut Vec<Effect>) {
        if let Some(old) = self.focus.clone().filter(|old| *old != path) {
            self.leave(&old, effects);
        }
        self.focus = Some(path);
    }

    fn focus_by(&mut self, by: isize, effects: &mut Vec<Effect>) {
        let free: Vec<&FieldPath> = self
            .rows()
            .iter()
            .filter(|row| row.field.takes_focus())
            .map(|row| &row.field.path)
            .collect();
        let now = self
            .focus
            .as_ref()
            .and_then(|focus| free.iter().position(|p| *p == focus));
        let to = match now {
            Some(now) => now
                .saturating_add_signed(by)
                .min(free.len().saturating_sub(1)),
            None => 0,
        };
        if let Some(path) = free.get(to).map(|path| (*path).clone()) {
            if self.focus.as_ref() == Some(&path) {
                // There is nothing to go to; it was tried all the same.
                self.leave(&path, effects);
            }
            self.focus_on(path, effects);
        }
    }

    /// A field was left, or the person paused in it: what is wrong with it may be said, and what must be asked outside is.
    fn leave(&mut self, path: &FieldPath, effects: &mut Vec<Effect>) {
        self.touched.insert(path.clone());
        let Some(field) = self.field(path) else {
            return;
        };
        let (Kind::RepoUrl(_), Some(subject)) = (&field.kind, field.value.clone()) else {
            return;
        };
        let Some(stored) = subject.as_str() else {
            return;
        };
        if self.problems.contains_key(path)
            || self
                .checks
                .get(path)
                .is_some_and(|check| check.subject == subject)
        {
            return;
        }
        let repo = RepoUrl::parse(stored);
        self.generation += 1;
        let generation = self.generation;
        self.checks.insert(
            path.clone(),
            Check {
                generation,
                subject,
                state: CheckState::Pending,
            },
        );
        effects.push(Effect::Check {
            path: path.clone(),
            generation,
            repo,
        });
    }

    /// A check of what is no longer the answer says nothing any more.
    fn drop_stale_checks(&mut self) {
        let rows: Vec<(FieldPath, Option<Value>)> = self
            .built
            .iter()
            .flat_map(|built| &built.rows)
            .filter(|row| self.checks.contains_key(&row.field.path))
            .map(|row| (row.field.path.clone(), row.field.value.clone()))
            .collect();
        self.checks.retain(|path, check| {
            rows.iter()
                .any(|(known, value)| known == path && value.as_ref() == Some(&check.subject))
        });
    }

    /// Tries the shown page; the review is the page after the last.
    fn next(&mut self, effects: &mut Vec<Effect>) {
        if self.is_review() || !self.try_page(effects) {
            return;
        }
        let next = self.shown_from(self.current + 1);
        self.turn_to(next);
    }

    /// Whether nothing is wrong with the shown page; else the focus goes to the first field that is.
    fn try_page(&mut self, effects: &mut Vec<Effect>) -> bool {
        if let Some(path) = self.focus.clone() {
            self.leave(&path, effects);
        }
        self.attempted.insert(self.current);
        let values = self.values_of(self.current + 1);
        let blockers = self.blockers_of(self.current, &values);
        self.page_problems = blockers
            .iter()
            .filter(|blocker| blocker.path.is_none())
            .map(|blocker| blocker.message.clone())
            .collect();
        for blocker in &blockers {
            if let Some(path) = &blocker.path {
                self.problems
                    .entry(path.clone())
                    .or_insert_with(|| blocker.message.clone());
            }
        }
        let first = blockers.iter().find_map(|blocker| blocker.path.clone());
        if let Some(path) = first {
            // A heading takes no focus; the first of its fields that does is nearest.
            let rows = self.rows().iter().map(|row| &row.field);
            let near = rows
                .filter(|field| field.path.is_within(&path) && field.takes_focus())
                .map(|field| field.path.clone())
                .next();
            self.focus = near.or(self.focus.take());
        }
        blockers.is_empty()
    }

    fn go_to(&mut self, page: usize, effects: &mut Vec<Effect>) {
        let page = page.min(self.pages.len());
        while self.current < page {
            let before = self.current;
            self.next(effects);
            if self.current == before {
                return;
            }
        }
        if page < self.current && self.shown.get(page) == Some(&true) {
            self.turn_to(page);
        }
    }

    fn turn_to(&mut self, page: usize) {
        if let Some(path) = self.focus.take() {
            self.touched.insert(path);
        }
        self.current = page;
        self.arrive();
    }

    fn offer(&mut self, path: FieldPath, values: Vec<String>) -> bool {
        let Some(field) = self.field(&path) else {
            return false;
        };
        let only = match values.as_slice() {
            [only] if field.untouched && field.is_editable() => Some(only.clone()),
            _ => None,
        };
        let entry = match (&field.kind, &field.value, only) {
            (Kind::Entity(_), None, Some(only)) => Some(Entry::Value(Value::from(only))),
            (Kind::Entities(picker), Some(Value::Array(list)), Some(only))
                if list.is_empty() && field.required && !picker.allow_arbitrary =>
            {
                Some(Entry::Value(Value::from(vec![only])))
            }
            _ => None,
        };
        self.offered.insert(path.clone(), values);
        match entry {
            Some(entry) => self.edit(&path, |_| Some(entry)),
            None => {
                self.find_problems();
                false
            }
        }
    }

    /// Where the focused field has vanished, the focus goes to the one that stands in its place.
    fn keep_focus(&mut self) {
        let Some(focus) = &self.focus else {
            if !self.is_review() && self.rows().iter().any(|row| row.field.takes_focus()) {
                let first = self.rows().iter().find(|row| row.field.takes_focus());
                self.focus = first.map(|row| row.field.path.clone());
            }
            return;
        };
        if self.field(focus).is_some_and(Field::takes_focus) {
            return;
        }
        let mut around = focus.parent();
        let mut found = None;
        while let (Some(path), None) = (&around, &found) {
            let rows = self.rows().iter().map(|row| &row.field);
            found = rows
                .filter(|field| field.path.is_within(path) && field.takes_focus())
                .map(|field| field.path.clone())
                .last();
            around = path.parent();
        }
        self.focus = found;
    }
}

/// The items of a list as values.
fn items_of(list: &Field) -> Vec<Value> {
    match &list.value {
        Some(Value::Array(items)) => items.clone(),
        _ => Vec::new(),
    }
}

/// A number some steps on, within its bounds and on its grid.
fn stepped(field: &Field, by: i32) -> Option<Entry> {
    let Kind::Number {
        integer,
        minimum,
        maximum,
        step,
        ..
    } = &field.kind
    else {
        return None;
    };
    let now = match &field.value {
        Some(value) => value.as_f64()?,
        None => minimum.unwrap_or(0.0) - step * f64::from(by),
    };
    let steps = (now / step).round() + f64::from(by);
    let mut next = steps * step;
    if let Some(minimum) = minimum {
        next = next.max(*minimum);
    }
    if let Some(maximum) = maximum {
        next = next.min(*maximum);
    }
    if *integer {
        next = next.round();
    }
    // Steps of a tenth are not to leave a tail of binary fractions.
    let text = format!("{next:.10}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    value::number(text)?;
    Some(Entry::Text(text.to_owned()))
}
