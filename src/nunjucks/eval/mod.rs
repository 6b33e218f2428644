//! Evaluating a template. Statements are here, expressions and calls beside.

mod call;
mod expression;
mod scope;

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use serde_json::Value as Json;

use super::ast::{
    Body, CallBlock, Expr, For, Macro, Node, NodeKind, SetValue, Slot, Switch, Target,
};
use super::coerce::{identical, render, to_number};
use super::error::{Error, Result, fail};
use super::limits::Meter;
use super::text::Text;
use super::value::{Callable, Value};
use super::{Options, StatusCheck};
use scope::{Definition, Frame, Place, Scope};

pub(crate) use expression::own_value;

/// One evaluation.
pub(crate) struct Evaluator<'a> {
    pub(crate) options: &'a Options,
    pub(crate) meter: Meter,
    context: &'a serde_json::Map<String, Json>,
    /// Values of the context that were asked for: they are copied in once, so that a list stays the same list.
    copied: RefCell<HashMap<Text, Value, foldhash::fast::FixedState>>,
    status: Option<&'a StatusCheck>,
    macros: RefCell<Vec<Definition>>,
    globals: RefCell<HashMap<&'static str, Rc<Callable>>>,
}

impl<'a> Evaluator<'a> {
    pub(crate) fn new(
        options: &'a Options,
        context: &'a serde_json::Map<String, Json>,
        status: Option<&'a StatusCheck>,
    ) -> Self {
        Self {
            options,
            meter: Meter::new(options.limits),
            context,
            copied: RefCell::default(),
            status,
            macros: RefCell::default(),
            globals: RefCell::default(),
        }
    }

    /// All output of a template.
    pub(crate) fn render(&self, body: &Body, slots: &[Slot]) -> Result<String> {
        let mut out = Vec::new();
        self.body(body, &root(slots), &mut out, 1)?;
        Ok(String::from_utf16_lossy(&out))
    }

    /// The value of a template that is one expression; of any other its output.
    pub(crate) fn value(&self, body: &Body, slots: &[Slot]) -> Result<Option<Json>> {
        let [
            Node {
                at,
                kind: NodeKind::Output(expression),
            },
        ] = body.as_slice()
        else {
            return self
                .render(body, slots)
                .map(|text| Some(Json::String(text)));
        };
        let value = || {
            let value = self.expression(expression, &root(slots), 3)?;
            value.plain()?;
            self.meter.output(render(&value, &self.meter)?.len())?;
            value.to_json(&self.meter, 0)
        };
        value().map_err(|error| error.at(*at))
    }

    fn body(&self, body: &Body, place: &Place, out: &mut Vec<u16>, depth: usize) -> Result<()> {
        self.meter.enter(depth)?;
        for node in body {
            self.node(node, place, out, depth + 1)
                .map_err(|error| error.at(node.at))?;
        }
        Ok(())
    }

    fn node(&self, node: &Node, place: &Place, out: &mut Vec<u16>, depth: usize) -> Result<()> {
        self.meter.enter(depth)?;
        match &node.kind {
            NodeKind::Text(text) => self.append(out, text),
            NodeKind::Output(expression) => {
                let value = self.expression(expression, place, depth + 1)?;
                self.append(out, &render(&value, &self.meter)?)
            }
            NodeKind::If {
                branches,
                otherwise,
            } => self.conditional(branches, otherwise.as_ref(), place, out, depth),
            NodeKind::For(repeated) => self.repeat(repeated, place, out, depth + 1),
            NodeKind::Set { targets, value } => self.set(targets, value, place, depth + 1),
            NodeKind::Macro(declared) => {
                self.declare(declared, place);
                Ok(())
            }
            NodeKind::Call(call) => self.call_block(call, place, out, depth + 1),
            NodeKind::Block(block) => {
                let inner = Place {
                    scope: place.scope.child(true),
                    frame: Frame::new(&block.slots, None),
                    exported: place.exported.clone(),
                    exports_macros: true,
                    exports_sets: false,
                };
                self.body(&block.body, &inner, out, depth + 2)
            }
            NodeKind::Switch(switch) => self.switch(switch, place, out, depth),
        }
    }

    fn conditional(
        &self,
        branches: &[(Expr, Body)],
        otherwise: Option<&Body>,
        place: &Place,
        out: &mut Vec<u16>,
        depth: usize,
    ) -> Result<()> {
        for (condition, body) in branches {
            if self.expression(condition, place, depth + 1)?.truthy() {
                return self.body(body, place, out, depth + 1);
            }
        }
        otherwise.map_or(Ok(()), |body| self.body(body, place, out, depth + 1))
    }

    fn switch(
        &self,
        switch: &Switch,
        place: &Place,
        out: &mut Vec<u16>,
        depth: usize,
    ) -> Result<()> {
        let subject = self.expression(&switch.subject, place, depth + 1)?;
        let mut matched = false;
        for (value, body) in &switch.cases {
            matched = matched || identical(&subject, &self.expression(value, place, depth + 1)?);
            // A case that holds nothing falls through to the next one.
            if matched && !body.is_empty() {
                return self.body(body, place, out, depth + 1);
            }
        }
        switch
            .default
            .as_ref()
            .map_or(Ok(()), |body| self.body(body, place, out, depth + 1))
    }

    fn repeat(
        &self,
        repeated: &For,
        place: &Place,
        out: &mut Vec<u16>,
        depth: usize,
    ) -> Result<()> {
        let list = self.expression(&repeated.list, place, depth + 1)?;
        let several = repeated.targets.len() > 1;
        let as_list = matches!(list, Value::Array(_) | Value::Safe(_));
        let (targets, body) = match &repeated.record {
            Some((targets, body)) if !as_list => (targets, body),
            _ => (&repeated.targets, &repeated.body),
        };
        let inner = Place {
            exports_macros: false,
            exports_sets: false,
            ..place.in_scope(place.scope.child(false))
        };
        let mut length = place.frame.get(repeated.length);
        if list.truthy() {
            length = length_of(&list, several);
            place.frame.set(repeated.length, length.clone());
        }
        let number = to_number(&length, &self.meter)?;
        let mut index = 0usize;
        while let Some(item) = item_at(&list, index, several, &self.meter)? {
            self.meter.steps(1)?;
            if !several {
                bind(&repeated.targets, [item], &inner);
            } else if as_list {
                for (at, target) in targets.iter().enumerate() {
                    let part = destructure(&item, at)?;
                    if let Some(slot) = target.slot {
                        inner.frame.set(slot, part);
                    }
                }
            } else {
                bind(
                    targets,
                    [destructure(&item, 0)?, destructure(&item, 1)?],
                    &inner,
                );
            }
            inner
                .scope
                .set(&Text::from("loop"), loop_record(index, number, &length));
            self.body(body, &inner, out, depth + 1)?;
            index += 1;
        }
        match &repeated.otherwise {
            Some(otherwise) if !length.truthy() => self.body(otherwise, &inner, out, depth + 1),
            _ => Ok(()),
        }
    }

    fn set(&self, targets: &[Target], value: &SetValue, place: &Place, depth: usize) -> Result<()> {
        let value = match value {
            SetValue::Expr(expression) => self.expression(expression, place, depth + 1)?,
            SetValue::Body(body) => Value::Text(self.capture(body, place, depth + 1)?),
        };
        for target in targets {
            place.scope.assign(&target.name, value.clone());
            if let Some(slot) = target.slot {
                place.frame.set(slot, value.clone());
            }
            if place.exports_sets {
                place.exported.set(&target.name, value.clone());
            }
        }
        Ok(())
    }

    fn declare(&self, declared: &Arc<Macro>, place: &Place) {
        let handle = self.define(Definition {
            declared: declared.clone(),
            scope: place.exported.clone(),
            exported: place.exported.clone(),
            around: None,
        });
        let handle = Value::callable(Callable::Macro(handle));
        if let Some(slot) = declared.target.slot {
            place.frame.set(slot, handle.clone());
        }
        if place.exports_macros {
            place.exported.set(&declared.target.name, handle);
        }
    }

    /// Keeps a definition, and gives its number. Handles hold numbers, so that no macro keeps its own scope alive.
    fn define(&self, definition: Definition) -> usize {
        let mut macros = self.macros.borrow_mut();
        macros.push(definition);
        macros.len() - 1
    }

    fn call_block(
        &self,
        call: &CallBlock,
        place: &Place,
        out: &mut Vec<u16>,
        depth: usize,
    ) -> Result<()> {
        let target = self.expression(&call.callee, place, depth + 1)?;
        let macro_number = match &target {
            Value::Callable(callable) => match callable.as_ref() {
                Callable::Macro(number) => Some(*number),
                _ => None,
            },
            _ => None,
        };
        let Some(number) = macro_number else {
            return fail("Call blocks can target only template macros");
        };
        let mut given = self.arguments(&call.arguments, place, depth + 1)?;
        let caller = self.define(Definition {
            declared: call.caller.clone(),
            scope: place.scope.clone(),
            exported: place.exported.clone(),
            around: Some(place.frame.clone()),
        });
        given.set_keyword(
            Text::from("caller"),
            Value::callable(Callable::Caller(caller)),
        );
        let value = self.invoke(number, given, depth + 1)?;
        self.append(out, &render(&value, &self.meter)?)
    }

    fn capture(&self, body: &Body, place: &Place, depth: usize) -> Result<Text> {
        let mut out = Vec::new();
        self.body(body, place, &mut out, depth + 1)?;
        self.meter.made(out)
    }

    fn append(&self, out: &mut Vec<u16>, text: &[u16]) -> Result<()> {
        self.meter.output(text.len())?;
        out.extend_from_slice(text);
        Ok(())
    }
}

fn root(slots: &[Slot]) -> Place {
    let exported = Scope::root();
    Place {
        scope: exported.child(true),
        frame: Frame::new(slots, None),
        exported,
        exports_macros: true,
        exports_sets: true,
    }
}

fn bind<const N: usize>(targets: &[Target], values: [Value; N], place: &Place) {
    for (target, value) in targets.iter().zip(values) {
        if let Some(slot) = target.slot {
            place.frame.set(slot, value.clone());
        }
        place.scope.set(&target.name, value);
    }
}

/// What `loop.length` is, before the first round.
fn length_of(list: &Value, several: bool) -> Value {
    match list {
        Value::Array(array) => Value::Number(array.items.borrow().len() as f64),
        Value::Record(record) if several => Value::Number(record.entries.len() as f64),
        Value::Record(record) => record
            .get(&super::text::units("length"))
            .cloned()
            .unwrap_or(Value::Undefined),
        _ => match list.as_text() {
            Some(text) => Value::Number(text.len() as f64),
            None if several => Value::Number(0.0),
            None => Value::Undefined,
        },
    }
}

/// What a round of a loop is about. A list that grows in the loop has further rounds.
fn item_at(list: &Value, index: usize, several: bool, meter: &Meter) -> Result<Option<Value>> {
    Ok(match list {
        Value::Array(array) => array.items.borrow().get(index).cloned(),
        Value::Record(record) if several => record
            .entries
            .get_index(index)
            .map(|(name, value)| Value::array(vec![Value::Text(name.clone()), value.clone()])),
        Value::Record(record) => {
            let length = match record.get(&super::text::units("length")) {
                Some(length) => to_number(length, meter)?,
                None => return Ok(None),
            };
            let name = super::text::units(&index.to_string());
            ((index as f64) < length)
                .then(|| record.get(&name).cloned().unwrap_or(Value::Undefined))
        }
        _ => list.as_text().and_then(|text| text.get(index)).map(|unit| {
            let unit = Value::Text(Text::from([*unit].as_slice()));
            if several && matches!(list, Value::Text(_)) {
                Value::array(vec![Value::text(&index.to_string()), unit])
            } else {
                unit
            }
        }),
    })
}

/// A part of what a round is about.
fn destructure(item: &Value, at: usize) -> Result<Value> {
    let part = match item {
        Value::Undefined | Value::Null => return fail("Cannot destructure a nullish loop value"),
        Value::Array(array) => array.items.borrow().get(at).cloned(),
        Value::Record(record) => record.get(&super::text::units(&at.to_string())).cloned(),
        Value::Text(text) => text
            .get(at)
            .map(|unit| Value::Text(Text::from([*unit].as_slice()))),
        _ => None,
    };
    Ok(part.unwrap_or(Value::Undefined))
}

fn loop_record(index: usize, length: f64, written: &Value) -> Value {
    let at = index as f64;
    Value::record([
        (Text::from("index"), Value::Number(at + 1.0)),
        (Text::from("index0"), Value::Number(at)),
        (Text::from("revindex"), Value::Number(length - at)),
        (Text::from("revindex0"), Value::Number(length - at - 1.0)),
        (Text::from("first"), Value::Bool(index == 0)),
        (Text::from("last"), Value::Bool(at == length - 1.0)),
        (Text::from("length"), written.clone()),
    ])
}

/// An error with the place of what it came from.
fn located<T>(result: Result<T>, at: super::error::Pos) -> Result<T> {
    result.map_err(|error: Box<Error>| error.at(at))
}
