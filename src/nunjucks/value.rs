//! Values while a template is evaluated: JSON's, and what JavaScript has beside them.
//!
//! Lists can be changed by a template (`list.push(x)`), so they are shared by reference; a change never leaves the
//! evaluation, since values are copied in from JSON and out to it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value as Json;

use super::ast::is_reserved;
use super::error::{Result, fail};
use super::limits::{DEEPEST_VALUE, LONGEST_LIST, Meter};
use super::regex::Regex;
use super::text::Text;

#[derive(Clone)]
pub(crate) enum Value {
    Undefined,
    Null,
    Bool(bool),
    Number(f64),
    Text(Text),
    /// A string marked as escaped: an object of its own to JavaScript.
    Safe(Rc<Text>),
    Array(Rc<Array>),
    Record(Rc<Record>),
    Regex(Rc<RegexValue>),
    Callable(Rc<Callable>),
}

/// A list that can be changed.
pub(crate) struct Array {
    pub(crate) items: RefCell<Vec<Value>>,
    /// Whether something that can be called lies in it, at any depth. Such a list is of no use but to be looked into.
    calls: bool,
}

/// Entries by name, in JavaScript's order: whole numbers first, then as they were made. Never changed.
pub(crate) struct Record {
    pub(crate) entries: Entries,
    calls: bool,
}

pub(crate) type Entries = IndexMap<Text, Value, foldhash::fast::FixedState>;

/// A regular expression, and where the next match with flag `g` or `y` begins.
pub(crate) struct RegexValue {
    pub(crate) regex: Arc<Regex>,
    pub(crate) last_index: Cell<usize>,
}

/// What can be called.
pub(crate) enum Callable {
    /// A macro, by its number in the evaluation.
    Macro(usize),
    /// What `caller()` calls, by its number.
    Caller(usize),
    Range,
    Cycler,
    Joiner,
    /// `always()`, `failure()`: questions about the task so far.
    Always,
    Failure,
    /// What `cycler(…)` made.
    Cycle(Rc<Cycle>),
    CycleNext(Rc<Cycle>),
    CycleReset(Rc<Cycle>),
    /// What `joiner(…)` made.
    Join {
        separator: Value,
        used: Cell<bool>,
    },
    /// A method of a string, number, list, record or regular expression.
    Method {
        receiver: Value,
        name: String,
    },
}

/// Values taken in turn.
pub(crate) struct Cycle {
    pub(crate) values: Vec<Value>,
    pub(crate) index: Cell<Option<usize>>,
}

impl Value {
    pub(crate) fn text(text: &str) -> Self {
        Self::Text(Text::from(text))
    }

    pub(crate) fn safe(text: Text) -> Self {
        Self::Safe(Rc::new(text))
    }

    pub(crate) fn array(items: Vec<Value>) -> Self {
        let calls = items.iter().any(Self::has_call);
        Self::Array(Rc::new(Array {
            items: RefCell::new(items),
            calls,
        }))
    }

    pub(crate) fn record(entries: impl IntoIterator<Item = (Text, Value)>) -> Self {
        Self::Record(Rc::new(Record::new(entries)))
    }

    pub(crate) fn callable(callable: Callable) -> Self {
        Self::Callable(Rc::new(callable))
    }

    /// The code units of a string, be it marked safe or not.
    pub(crate) fn as_text(&self) -> Option<&Text> {
        match self {
            Self::Text(text) => Some(text),
            Self::Safe(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn is_nullish(&self) -> bool {
        matches!(self, Self::Undefined | Self::Null)
    }

    /// Whether it is a primitive of JavaScript, which is compared by what it holds.
    pub(crate) fn is_primitive(&self) -> bool {
        matches!(
            self,
            Self::Undefined | Self::Null | Self::Bool(_) | Self::Number(_) | Self::Text(_)
        )
    }

    /// Whether it can be called, or holds something that can.
    pub(crate) fn has_call(&self) -> bool {
        match self {
            Self::Callable(_) => true,
            Self::Array(array) => array.calls,
            Self::Record(record) => record.calls,
            _ => false,
        }
    }

    /// Refuses what can be called where plain data is wanted.
    pub(crate) fn plain(&self) -> Result<()> {
        if self.has_call() {
            fail("Callable values cannot be coerced")
        } else {
            Ok(())
        }
    }

    /// JavaScript's truthiness: lists and records are true even where they are empty.
    pub(crate) fn truthy(&self) -> bool {
        match self {
            Self::Undefined | Self::Null | Self::Bool(false) => false,
            Self::Number(number) => *number != 0.0 && !number.is_nan(),
            Self::Text(text) => !text.is_empty(),
            _ => true,
        }
    }

    /// What kind of value it is, for a message.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Undefined => "undefined",
            Self::Null => "null",
            Self::Bool(_) => "boolean",
            Self::Number(_) => "number",
            Self::Text(_) => "string",
            Self::Safe(_) => "safe string",
            Self::Array(_) => "array",
            Self::Record(_) => "record",
            Self::Regex(_) => "regular expression",
            Self::Callable(_) => "callable",
        }
    }

    /// A value of JSON. Names that are refused in templates are left out of records.
    pub(crate) fn from_json(json: &Json) -> Self {
        match json {
            Json::Null => Self::Null,
            Json::Bool(bool) => Self::Bool(*bool),
            Json::Number(number) => Self::Number(number.as_f64().unwrap_or(f64::NAN)),
            Json::String(text) => Self::Text(Text::from(text.as_str())),
            Json::Array(items) => Self::array(items.iter().map(Self::from_json).collect()),
            Json::Object(entries) => Self::record(
                entries
                    .iter()
                    .map(|(name, value)| (Text::from(name.as_str()), Self::from_json(value)))
                    .filter(|(name, _)| !is_reserved(name)),
            ),
        }
    }

    /// The value as JSON; nothing where it is undefined. In lists undefined becomes null, in records it is left out.
    pub(crate) fn to_json(&self, meter: &Meter, depth: usize) -> Result<Option<Json>> {
        if depth > DEEPEST_VALUE {
            return too_deep();
        }
        Ok(Some(match self {
            Self::Undefined => return Ok(None),
            Self::Null => Json::Null,
            Self::Bool(bool) => Json::Bool(*bool),
            Self::Number(number) => number_to_json(*number),
            Self::Text(text) => Json::String(text.to_string()),
            Self::Safe(text) => Json::String(text.to_string()),
            Self::Array(array) => {
                let mut items = Vec::new();
                for item in array.items.borrow().iter() {
                    meter.steps(1)?;
                    items.push(item.to_json(meter, depth + 1)?.unwrap_or(Json::Null));
                }
                Json::Array(items)
            }
            Self::Record(record) => {
                let mut entries = serde_json::Map::new();
                for (name, value) in &record.entries {
                    meter.steps(1)?;
                    if let Some(value) = value.to_json(meter, depth + 1)? {
                        entries.insert(name.to_string(), value);
                    }
                }
                Json::Object(entries)
            }
            Self::Regex(regex) => Json::String(regex.regex.to_string()),
            Self::Callable(_) => {
                return fail("Callable values cannot cross the capability boundary");
            }
        }))
    }
}

/// A number as JSON has it: no infinity, and whole numbers without a point.
pub(crate) fn number_to_json(number: f64) -> Json {
    const SAFE: f64 = 9_007_199_254_740_991.0;
    if number.fract() == 0.0 && number.abs() <= SAFE {
        return Json::from(number as i64);
    }
    serde_json::Number::from_f64(number).map_or(Json::Null, Json::Number)
}

/// Lists and records lie too deep in each other.
pub(crate) fn too_deep<T>() -> Result<T> {
    Err(super::error::Error::limit(format!(
        "Template value nesting cannot exceed {DEEPEST_VALUE} levels"
    )))
}

impl Record {
    pub(crate) fn new(given: impl IntoIterator<Item = (Text, Value)>) -> Self {
        let mut entries = Entries::default();
        for (name, value) in given {
            entries.insert(name, value);
        }
        if entries.keys().any(|name| index_of(name).is_some()) {
            entries.sort_by(
                |left, _, right, _| match (index_of(left), index_of(right)) {
                    (Some(left), Some(right)) => left.cmp(&right),
                    (Some(_), None) => std::cmp::Ordering::Less,
                    (None, Some(_)) => std::cmp::Ordering::Greater,
                    (None, None) => std::cmp::Ordering::Equal,
                },
            );
        }
        let calls = entries.values().any(Value::has_call);
        Self { entries, calls }
    }

    pub(crate) fn get(&self, name: &[u16]) -> Option<&Value> {
        // A name that is only looked at is no `Text`: it is found by the slice it holds.
        self.entries.get(&Units(name))
    }
}

/// Code units that hash and compare as a [`Text`] of them does.
#[derive(Hash)]
struct Units<'a>(&'a [u16]);

impl indexmap::Equivalent<Text> for Units<'_> {
    fn equivalent(&self, key: &Text) -> bool {
        self.0 == &**key
    }
}

/// The whole number a name spells, as JavaScript spells it.
fn index_of(name: &[u16]) -> Option<u32> {
    if name.is_empty() || name.len() > 10 || (name.len() > 1 && name.first() == Some(&48)) {
        return None;
    }
    let mut value = 0u64;
    for unit in name {
        if !(48..=57).contains(unit) {
            return None;
        }
        value = value * 10 + u64::from(unit - 48);
    }
    u32::try_from(value).ok().filter(|value| *value != u32::MAX)
}

/// The place in a list or string that a name spells.
pub(crate) fn index(name: &[u16], length: usize) -> Option<usize> {
    index_of(name)
        .map(|at| at as usize)
        .filter(|at| *at < length)
}

impl Array {
    /// Puts other items into the list. A list cannot come to lie in itself.
    pub(crate) fn replace(
        this: &Rc<Self>,
        items: Vec<Value>,
        added: &[Value],
        meter: &Meter,
    ) -> Result<()> {
        if items.len() > LONGEST_LIST {
            meter.list(items.len())?;
        }
        for value in added {
            if holds(value, this, meter, 0)? {
                return fail("Cyclic template values are not supported");
            }
        }
        *this.items.borrow_mut() = items;
        Ok(())
    }
}

fn holds(value: &Value, wanted: &Rc<Array>, meter: &Meter, depth: usize) -> Result<bool> {
    if depth > DEEPEST_VALUE {
        return too_deep();
    }
    match value {
        Value::Array(array) => {
            if Rc::ptr_eq(array, wanted) {
                return Ok(true);
            }
            for item in array.items.borrow().iter() {
                meter.steps(1)?;
                if holds(item, wanted, meter, depth + 1)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        Value::Record(record) => {
            for item in record.entries.values() {
                meter.steps(1)?;
                if holds(item, wanted, meter, depth + 1)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        _ => Ok(false),
    }
}

/// Lists pushed into each other can be deeper than the stack: they are taken apart one by one.
impl Drop for Array {
    fn drop(&mut self) {
        take_apart(std::mem::take(self.items.get_mut()));
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        if self.entries.values().any(|value| !value.is_primitive()) {
            take_apart(std::mem::take(&mut self.entries).into_values().collect());
        }
    }
}

fn take_apart(mut values: Vec<Value>) {
    while let Some(value) = values.pop() {
        match value {
            Value::Array(array) => {
                if let Some(mut array) = Rc::into_inner(array) {
                    values.append(array.items.get_mut());
                }
            }
            Value::Record(record) => {
                if let Some(mut record) = Rc::into_inner(record) {
                    values.extend(std::mem::take(&mut record.entries).into_values());
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_whole_numbers_come_first() {
        let record =
            Record::new(["b", "10", "9", "01", "a"].map(|name| (Text::from(name), Value::Null)));
        let names: Vec<String> = record.entries.keys().map(ToString::to_string).collect();
        assert_eq!(names, ["9", "10", "b", "01", "a"]);
    }

    #[test]
    fn a_list_a_million_deep_is_dropped() {
        let mut list = Value::array(Vec::new());
        for _ in 0..1_000_000 {
            list = Value::Array(Rc::new(Array {
                items: RefCell::new(vec![list]),
                calls: false,
            }));
        }
        drop(list);
    }

    #[test]
    fn whole_numbers_stay_whole_in_json() {
        assert_eq!(number_to_json(-0.0).to_string(), "0");
        assert_eq!(number_to_json(8080.0).to_string(), "8080");
        assert_eq!(number_to_json(f64::NAN), Json::Null);
        assert_eq!(number_to_json(1e21).as_f64(), Some(1e21));
    }
}
