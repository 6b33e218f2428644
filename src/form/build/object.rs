//! Objects: their fields by the conditions that hold, the choice between forms, and names that are added.

use serde_json::Value;

use super::super::field::{Kind, Member};
use super::super::hints::{Hints, ordered, texts};
use super::super::merge::overlay;
use super::super::options;
use super::super::resolve;
use super::{At, Builder, Fields, Words, checked};

impl Builder<'_> {
    /// An object below the page: its heading, its fields, its value; nothing where it is empty and need not be there.
    pub(super) fn nested(&mut self, at: At<'_>, schema: &Fields, hints: &Hints) -> Option<Value> {
        let fields = |key: &str| schema.get(key).and_then(Value::as_object);
        let bare = fields("properties").is_none_or(Fields::is_empty)
            && !resolve::is_conditional(schema)
            && options::choices(schema).is_none();
        let any_name = takes_any_name(schema);
        if bare && !any_name {
            return self.leaf(at, schema, hints);
        }
        if self.quiet == 0 {
            let kind = if any_name { Kind::Names } else { Kind::Group };
            let mut row = self.row(&at, schema, hints, kind, None);
            row.schema = checked(
                schema,
                &[
                    "properties",
                    "required",
                    "dependencies",
                    "allOf",
                    "anyOf",
                    "oneOf",
                    "if",
                    "then",
                    "else",
                    "additionalProperties",
                    "$ref",
                    "not",
                ],
            );
            self.built.rows.push(row);
        }
        let heading = self.built.rows.len();
        let value = self.object(&at, schema, &Fields::new());
        let there = !value.is_empty() || at.required || at.given.is_some_and(Value::is_object);
        let value = there.then_some(Value::Object(value));
        if self.quiet == 0
            && let Some(row) = heading
                .checked_sub(1)
                .and_then(|at| self.built.rows.get_mut(at))
        {
            row.field.value.clone_from(&value);
        }
        value
    }

    /// An object's fields and its value. `others` are values beside its own that conditions may look at.
    pub(super) fn object(&mut self, at: &At<'_>, schema: &Fields, others: &Fields) -> Fields {
        let mut schema = schema.clone();
        if schema.contains_key("$ref") {
            schema = self.resolver().follow(schema);
        }
        if !resolve::is_conditional(&schema) && options::choices(&schema).is_none() {
            return self.children(at, &schema, others);
        }
        // Which fields there are depends on the values, and the values on which fields there are. It begins with the
        // fields that are there whatever is answered, so that an answer of a vanished field cannot bring itself back.
        self.quiet += 1;
        let mut values = self.children(at, &unconditional(&schema), others);
        for _ in 0..self.limits.rounds {
            let decided = self.decided(&schema, &values, others);
            let next = self.children(at, &decided, others);
            let settled = next == values;
            values = next;
            if settled || self.budget == 0 {
                break;
            }
        }
        self.quiet -= 1;
        let decided = self.decided(&schema, &values, others);
        self.children(at, &decided, others)
    }

    fn decided(&mut self, schema: &Fields, values: &Fields, others: &Fields) -> Fields {
        let mut all = others.clone();
        all.extend(
            values
                .iter()
                .map(|(name, value)| (name.clone(), value.clone())),
        );
        self.resolver().resolve(schema, &Value::Object(all))
    }

    /// The fields of a schema whose conditions are decided, those of a chosen form among them.
    fn children(&mut self, at: &At<'_>, schema: &Fields, others: &Fields) -> Fields {
        let Some(choices) = options::choices(schema) else {
            return self.properties(at, schema, &[], None);
        };
        let _ = choices;
        let mut base = options::without(schema);
        let mut chosen = Vec::new();
        let mut level = schema.clone();
        // Forms may lie in forms; each has a choice of its own.
        for nth in 0..4 {
            let known = match at.given.or(at.default) {
                Some(value) => value.clone(),
                None => Value::Object(others.clone()),
            };
            let known = self.answered(at, &known);
            let Some((which, option, path)) = self.chosen(&at.path, &level, Some(&known), nth)
            else {
                break;
            };
            chosen.push((level.clone(), which, path));
            let mut all = others.clone();
            if let Value::Object(known) = &known {
                all.extend(
                    known
                        .iter()
                        .map(|(name, value)| (name.clone(), value.clone())),
                );
            }
            let option = if resolve::is_conditional(&option) {
                self.option_decided(at, &option, &all)
            } else {
                option
            };
            base = overlay(base, options::without(&option));
            level = option;
            if options::choices(&level).is_none() {
                break;
            }
        }
        let first: Vec<String> = match schema.get("properties") {
            Some(Value::Object(properties)) => properties.keys().cloned().collect(),
            _ => Vec::new(),
        };
        self.properties(at, &base, &first, Some(&chosen))
    }

    /// A chosen form, its conditions decided by its own fields.
    fn option_decided(&mut self, at: &At<'_>, option: &Fields, known: &Fields) -> Fields {
        self.quiet += 1;
        let mut values = known.clone();
        let plain = unconditional(option);
        let own = self.properties(at, &plain, &[], None);
        values.extend(own);
        for _ in 0..self.limits.rounds {
            let decided = self
                .resolver()
                .resolve(option, &Value::Object(values.clone()));
            let own = self.properties(at, &options::without(&decided), &[], None);
            let mut next = known.clone();
            next.extend(own);
            let settled = next == values;
            values = next;
            if settled || self.budget == 0 {
                break;
            }
        }
        self.quiet -= 1;
        self.resolver().resolve(option, &Value::Object(values))
    }

    /// What is answered directly below a place, over what was known of it.
    fn answered(&self, at: &At<'_>, known: &Value) -> Value {
        let mut fields = known.as_object().cloned().unwrap_or_default();
        for (name, value) in self.answers.below(&at.path) {
            match value {
                Some(value) => {
                    fields.insert(name, value);
                }
                None => {
                    fields.shift_remove(&name);
                }
            }
        }
        Value::Object(fields)
    }

    /// The properties in their order. The choice between forms stands behind those that `first` names.
    fn properties(
        &mut self,
        at: &At<'_>,
        schema: &Fields,
        first: &[String],
        chosen: Option<&[(Fields, usize, super::FieldPath)]>,
    ) -> Fields {
        let empty = Fields::new();
        let properties = match schema.get("properties") {
            Some(Value::Object(properties)) => properties,
            _ => &empty,
        };
        let required: Vec<&str> = match schema.get("required") {
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        let order = texts(at.hints.and_then(|hints| hints.get("ui:order")));
        let names = ordered(properties.keys().cloned().collect(), &order);
        let mut values = Fields::new();
        let mut branches_due = chosen;
        let mut left = first
            .iter()
            .filter(|name| properties.contains_key(*name))
            .count();
        for name in &names {
            if left == 0 {
                self.choice_rows(at, branches_due.take());
            }
            if first.contains(name) {
                left = left.saturating_sub(1);
            }
            let part = properties
                .get(name)
                .and_then(Value::as_object)
                .unwrap_or(&empty);
            let must = required.contains(&name.as_str());
            if let Some(value) = self.property(at, schema, name, part, must, None) {
                values.insert(name.clone(), value);
            }
        }
        self.choice_rows(at, branches_due.take());
        if takes_any_name(schema) {
            self.added(at, schema, properties, &mut values);
        }
        values
    }

    fn choice_rows(&mut self, at: &At<'_>, chosen: Option<&[(Fields, usize, super::FieldPath)]>) {
        for (level, which, path) in chosen.unwrap_or_default() {
            let hints = Hints::new(level, None);
            let inner = At {
                path: at.path.clone(),
                pointer: at.pointer.clone(),
                schema: level,
                hints: None,
                given: None,
                default: None,
                required: false,
                depth: at.depth + 1,
                member: None,
                words: Vec::new(),
                name: "Option".to_owned(),
            };
            self.branch_row(&inner, level, &hints, *which, path.clone());
        }
    }

    fn property(
        &mut self,
        at: &At<'_>,
        schema: &Fields,
        name: &str,
        part: &Fields,
        required: bool,
        member: Option<Member>,
    ) -> Option<Value> {
        let mut pointer = at.pointer.clone();
        pointer.push(Value::from(name));
        let mut words = Vec::new();
        if let Some(own) = schema.get("errorMessage") {
            words.push(Words {
                written: own.clone(),
                property: Some(name.to_owned()),
            });
        }
        self.node(At {
            path: at.path.key(name),
            pointer,
            schema: part,
            hints: at.hints.and_then(|hints| hints.get(name)),
            given: at.given.and_then(|given| given.get(name)),
            default: at.default.and_then(|default| default.get(name)),
            required,
            depth: at.depth + 1,
            member,
            words,
            name: name.to_owned(),
        })
    }

    /// Fields under names that the person gave.
    fn added(&mut self, at: &At<'_>, schema: &Fields, own: &Fields, values: &mut Fields) {
        let names: Vec<String> = match self.answers.names(&at.path) {
            Some(names) => names.to_vec(),
            None => match at.given.or(at.default) {
                Some(Value::Object(known)) => known
                    .keys()
                    .filter(|name| !own.contains_key(*name))
                    .cloned()
                    .collect(),
                _ => Vec::new(),
            },
        };
        let mut part = match schema.get("additionalProperties") {
            Some(Value::Object(part)) => part.clone(),
            _ => Fields::new(),
        };
        if !super::Type::is_told(&part) && options::choices(&part).is_none() {
            part.insert("type".to_owned(), Value::from("string"));
        }
        for name in names.into_iter().take(self.limits.items) {
            let member = Member {
                can_remove: true,
                can_move_up: false,
                can_move_down: false,
                can_rename: true,
            };
            let hints = Value::Null;
            let inner = At {
                path: at.path.clone(),
                pointer: at.pointer.clone(),
                schema: at.schema,
                hints: at
                    .hints
                    .and_then(|hints| hints.get("additionalProperties"))
                    .or(Some(&hints)),
                given: at.given,
                default: at.default,
                required: at.required,
                depth: at.depth,
                member: None,
                words: Vec::new(),
                name: String::new(),
            };
            if let Some(value) =
                self.property(&inner, &Fields::new(), &name, &part, false, Some(member))
            {
                values.insert(name, value);
            }
        }
    }
}

/// Whether an object takes names that its schema does not list, and says of what type.
fn takes_any_name(schema: &Fields) -> bool {
    match schema.get("additionalProperties") {
        Some(Value::Object(_)) => true,
        Some(Value::Bool(true)) => schema
            .get("properties")
            .and_then(Value::as_object)
            .is_some_and(|properties| !properties.is_empty()),
        _ => false,
    }
}

/// What is there whatever is answered.
fn unconditional(schema: &Fields) -> Fields {
    let mut plain = options::without(schema);
    for key in ["dependencies", "allOf", "if", "then", "else"] {
        plain.shift_remove(key);
    }
    plain
}
