//! Lists: of any length, of fixed ones, and those that are a choice of several values.

use serde_json::Value;

use super::super::field::{ChoiceStyle, Kind, Member};
use super::super::hints::Hints;
use super::super::options;
use super::{At, Builder, Fields, checked};

impl Builder<'_> {
    pub(super) fn array(&mut self, at: At<'_>, schema: &Fields, hints: &Hints) -> Option<Value> {
        if hints.widget() == Some("hidden") || hints.field().is_some() {
            return self.leaf(at, schema, hints);
        }
        let items = match schema.get("items") {
            Some(Value::Object(items)) if items.contains_key("$ref") => {
                Some(self.resolver().follow(items.clone()))
            }
            Some(Value::Object(items)) => Some(items.clone()),
            _ => None,
        };
        if let Some(items) = &items
            && schema.get("uniqueItems") == Some(&Value::Bool(true))
            && (items.get("enum").is_some_and(Value::is_array)
                || options::choices(items)
                    .is_some_and(|choices| options::constants(choices).is_some()))
        {
            return self.several(at, schema, items, hints);
        }
        let tuple = match schema.get("items") {
            Some(Value::Array(tuple)) => tuple.as_slice(),
            _ => &[],
        };
        if items.is_none() && tuple.is_empty() {
            // Nothing is said of the items: they are written as YAML.
            return self.leaf(at, schema, hints);
        }
        self.list(at, schema, items, tuple, hints)
    }

    fn list(
        &mut self,
        at: At<'_>,
        schema: &Fields,
        items: Option<Fields>,
        tuple: &[Value],
        hints: &Hints,
    ) -> Option<Value> {
        let more = match schema.get("additionalItems") {
            Some(Value::Object(more)) if !tuple.is_empty() => Some(more.clone()),
            _ => None,
        };
        let count = |key: &str| {
            schema
                .get(key)
                .and_then(Value::as_u64)
                .and_then(|count| usize::try_from(count).ok())
        };
        let known = at.given.or(at.default).and_then(Value::as_array);
        let least = count("minItems").unwrap_or(0).max(tuple.len());
        let ids: Vec<u32> = match self.answers.items(&at.path) {
            Some(ids) => ids.to_vec(),
            None => {
                let length = known.map_or(0, Vec::len).max(least);
                (0..u32::try_from(length).unwrap_or(u32::MAX).min(10_000)).collect()
            }
        };
        if ids.len() > self.limits.items {
            self.built.overflow = true;
        }
        let ids: Vec<u32> = ids.into_iter().take(self.limits.items).collect();
        let open = tuple.is_empty() || more.is_some();
        let can_add = open
            && hints.flag("addable").unwrap_or(true)
            && ids.len()
                < count("maxItems")
                    .unwrap_or(usize::MAX)
                    .min(self.limits.items);
        let kind = Kind::List {
            items: ids.len(),
            can_add,
        };
        let mut heading = None;
        if self.quiet == 0 {
            let mut row = self.row(&at, schema, hints, kind, None);
            row.schema = checked(schema, &["items", "additionalItems"]);
            heading = Some(self.built.rows.len());
            row.field.untouched = self.answers.items(&at.path).is_none();
            self.built.rows.push(row);
        }
        let label = super::title_of(schema, hints).unwrap_or_else(|| at.name.clone());
        let orderable = hints.flag("orderable").unwrap_or(true);
        let removable = hints.flag("removable").unwrap_or(true);
        let empty = Fields::new();
        let mut values = Vec::with_capacity(ids.len());
        let last = ids.len().saturating_sub(1);
        for (place, id) in ids.into_iter().enumerate() {
            let fixed = place < tuple.len();
            let part = match (tuple.get(place), &more, &items) {
                (Some(part), _, _) => part.as_object().unwrap_or(&empty),
                (None, Some(more), _) => more,
                (None, None, Some(items)) => items,
                (None, None, None) => &empty,
            };
            let mut pointer = at.pointer.clone();
            pointer.push(Value::from(place));
            // An untouched list's items are those that were given, else the defaults, each in its place.
            let place_of = if self.answers.items(&at.path).is_some() {
                None
            } else {
                known.and_then(|known| known.get(place))
            };
            let inner_hints = at.hints.and_then(|hints| {
                hints.get(if fixed || items.is_some() {
                    "items"
                } else {
                    "additionalItems"
                })
            });
            let value = self.node(At {
                path: at.path.item(id),
                pointer,
                schema: part,
                hints: match inner_hints {
                    Some(Value::Array(list)) => list.get(place),
                    other => other,
                },
                given: place_of.filter(|_| at.given.is_some()),
                default: place_of.filter(|_| at.given.is_none()),
                required: true,
                depth: at.depth + 1,
                member: (!fixed).then_some(Member {
                    can_remove: removable,
                    can_move_up: orderable && place > tuple.len(),
                    can_move_down: orderable && place < last,
                    can_rename: false,
                }),
                words: Vec::new(),
                name: format!("{label} {}", place + 1),
            });
            values.push(value.unwrap_or(Value::Null));
        }
        let value = Some(Value::Array(values));
        if let Some(row) = heading.and_then(|at| self.built.rows.get_mut(at)) {
            row.field.value.clone_from(&value);
        }
        value
    }

    /// Any number of values out of some.
    fn several(
        &mut self,
        at: At<'_>,
        schema: &Fields,
        items: &Fields,
        hints: &Hints,
    ) -> Option<Value> {
        let value = self.raw(&at);
        let picked: Vec<Value> = match &value {
            Some(Value::Array(list)) => list.clone(),
            _ => Vec::new(),
        };
        let kept = match value {
            Some(other) if !other.is_array() && !other.is_null() => other,
            _ => Value::Array(picked.clone()),
        };
        if self.quiet == 0 {
            let inner = Hints::new(items, at.hints.and_then(|hints| hints.get("items")));
            let mut choices = self.choices(items, &inner);
            let disabled = hints.get("enumDisabled").and_then(Value::as_array);
            for choice in &mut choices {
                choice.chosen = picked.contains(&choice.value);
                choice.disabled |= disabled.is_some_and(|list| list.contains(&choice.value));
            }
            let style = match hints.widget() {
                Some("select") => ChoiceStyle::Select,
                Some("radio") => ChoiceStyle::Radio,
                _ => ChoiceStyle::Boxes,
            };
            let kind = Kind::Checkboxes {
                options: choices,
                style,
            };
            let mut row = self.row(&at, schema, hints, kind, Some(kept.clone()));
            row.schema = checked(schema, &[]);
            row.field.note = super::custom(hints);
            self.push(row, hints);
        }
        Some(kept)
    }
}
