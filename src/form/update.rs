//! What a message does to a form.

use secrecy::ExposeSecret;
use serde_json::Value;

use super::answers::Entry;
use super::field::{Field, Kind};
use super::msg::{CheckState, Effect, Msg};
use super::path::FieldPath;
use super::picker::{RepoPart, RepoUrl};
use super::state::Form;
use super::value;

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

    fn offer(&mut self, path: FieldPath, values: Vec<String>) -> bool {
        let Some(field) = self.field(&path) else {
            return false;
        };
        let only = match values.as_slice() {
            [only] if field.untouched && field.is_editable() => Some(only.clone()),
            _ => None,
        };
        let entry = match (&field.kind, &field.value, only) {
            (Kind::Entity(picker), None, Some(only))
                if field.required && !picker.allow_arbitrary =>
            {
                Some(Entry::Value(Value::from(only)))
            }
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
