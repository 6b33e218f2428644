//! Calls: of macros, of nunjucks' globals, of methods.

use std::cell::Cell;
use std::rc::Rc;

use super::super::ast::{Arguments, Expr, ExprKind, Literal};
use super::super::coerce::{add, order};
use super::super::error::{Result, fail, quoted};
use super::super::limits::LONGEST_LIST;
use super::super::methods;
use super::super::text::Text;
use super::super::value::{Callable, Cycle, Value};
use super::Evaluator;
use super::scope::{Frame, Place};

/// Arguments, evaluated.
pub(crate) struct Given {
    pub(crate) positional: Vec<Value>,
    pub(crate) keyword: Vec<(Text, Value)>,
}

impl Given {
    /// Gives a keyword, in place of one of the same name.
    pub(super) fn set_keyword(&mut self, name: Text, value: Value) {
        match self.keyword.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = value,
            None => self.keyword.push((name, value)),
        }
    }

    fn take_keyword(&mut self, name: &Text) -> Option<Value> {
        let at = self.keyword.iter().position(|(known, _)| known == name)?;
        Some(self.keyword.remove(at).1)
    }

    fn keyword(&self, name: &Text) -> Option<&Value> {
        self.keyword
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value)
    }

    fn plain(&self) -> Result<()> {
        self.positional
            .iter()
            .chain(self.keyword.iter().map(|(_, value)| value))
            .try_for_each(Value::plain)
    }
}

impl Evaluator<'_> {
    pub(super) fn arguments(
        &self,
        arguments: &Arguments,
        place: &Place,
        depth: usize,
    ) -> Result<Given> {
        let mut given = Given {
            positional: self.all(&arguments.positional, place, depth + 1)?,
            keyword: Vec::new(),
        };
        for (name, value) in &arguments.keyword {
            let value = self.expression(value, place, depth + 1)?;
            given.set_keyword(name.clone(), value);
        }
        Ok(given)
    }

    pub(super) fn call(
        &self,
        callee: &Expr,
        arguments: &Arguments,
        place: &Place,
        depth: usize,
    ) -> Result<Value> {
        let target = self.expression(callee, place, depth + 1)?;
        let Value::Callable(callable) = &target else {
            return fail(match path(callee) {
                Some(path) => format!(
                    "Template value {} resolved to {} and cannot be called",
                    quoted(&path),
                    target.kind()
                ),
                None => format!(
                    "Template expression resolved to {} and cannot be called",
                    target.kind()
                ),
            });
        };
        if let Callable::Macro(number) | Callable::Caller(number) = callable.as_ref() {
            let given = self.arguments(arguments, place, depth + 1)?;
            return self.invoke(*number, given, depth + 1);
        }
        check_arguments(callable, arguments, self.options.cookiecutter)?;
        let given = self.arguments(arguments, place, depth + 1)?;
        given.plain()?;
        self.builtin(callable, given.positional)
    }

    fn builtin(&self, callable: &Callable, given: Vec<Value>) -> Result<Value> {
        match callable {
            Callable::Range => self.range(&given),
            Callable::Cycler => Ok(Value::callable(Callable::Cycle(Rc::new(Cycle {
                values: given,
                index: Cell::new(None),
            })))),
            Callable::Joiner => {
                let separator = given
                    .into_iter()
                    .next()
                    .filter(Value::truthy)
                    .unwrap_or_else(|| Value::text(","));
                Ok(Value::callable(Callable::Join {
                    separator,
                    used: Cell::new(false),
                }))
            }
            Callable::Join { separator, used } => Ok(if used.replace(true) {
                separator.clone()
            } else {
                Value::text("")
            }),
            Callable::CycleNext(cycle) => {
                let length = cycle.values.len();
                let next = cycle
                    .index
                    .get()
                    .map_or(0, |at| if length == 0 { 0 } else { (at + 1) % length });
                cycle.index.set(Some(next));
                Ok(cycle.values.get(next).cloned().unwrap_or(Value::Undefined))
            }
            Callable::CycleReset(cycle) => {
                cycle.index.set(None);
                Ok(Value::Undefined)
            }
            Callable::Always | Callable::Failure => {
                let Some(status) = self.status else {
                    return fail("Unknown template capability");
                };
                status.ask();
                Ok(Value::Bool(
                    matches!(callable, Callable::Always) || status.has_failed(),
                ))
            }
            Callable::Method { receiver, name } => methods::call(
                receiver,
                name,
                given,
                self.options.cookiecutter,
                &self.meter,
            ),
            Callable::Cycle(_) | Callable::Macro(_) | Callable::Caller(_) => {
                fail("Interpreter builtin object is not directly callable")
            }
        }
    }

    /// `range(stop)`, `range(start, stop, step)`
    fn range(&self, given: &[Value]) -> Result<Value> {
        use std::cmp::Ordering::{Greater, Less};
        let meter = &self.meter;
        let argument = |at: usize| given.get(at).cloned().unwrap_or(Value::Undefined);
        let (start, stop, step) = match argument(1) {
            Value::Undefined => (Value::Number(0.0), argument(0), Value::Number(1.0)),
            stop => (
                argument(0),
                stop,
                Some(argument(2))
                    .filter(Value::truthy)
                    .unwrap_or(Value::Number(1.0)),
            ),
        };
        let upwards = order(&step, &Value::Number(0.0), meter)? == Some(Greater);
        let mut out = Vec::new();
        let mut value = start;
        while order(&value, &stop, meter)? == Some(if upwards { Less } else { Greater }) {
            meter.steps(1)?;
            if out.len() >= LONGEST_LIST {
                meter.list(out.len() + 1)?;
            }
            out.push(value.clone());
            value = add(&value, &step, meter)?;
        }
        Ok(Value::array(out))
    }

    /// Calls a macro, or the body of a call block; gives what it puts out, marked safe.
    pub(super) fn invoke(&self, number: usize, mut given: Given, depth: usize) -> Result<Value> {
        let Some(definition) = self.macros.borrow().get(number).cloned() else {
            return fail("Unknown template macro");
        };
        let declared = &definition.declared;
        let place = Place {
            scope: definition.scope.child(true),
            exports_macros: definition.around.is_none(),
            frame: Frame::new(&declared.slots, definition.around),
            exported: definition.exported,
            exports_sets: false,
        };
        let count = declared
            .parameters
            .iter()
            .filter(|parameter| parameter.default.is_none())
            .count();
        // Further arguments are those that have a default, in order; missing ones can be given by name.
        let surplus = given
            .positional
            .split_off(count.min(given.positional.len()));
        for (parameter, value) in declared.parameters.iter().skip(count).zip(surplus) {
            given.set_keyword(parameter.target.name.clone(), value);
        }
        for parameter in declared
            .parameters
            .iter()
            .take(count)
            .skip(given.positional.len())
        {
            let value = given
                .take_keyword(&parameter.target.name)
                .unwrap_or(Value::Undefined);
            given.positional.push(value);
        }
        let mut positional = given.positional.iter();
        for parameter in &declared.parameters {
            let name = &parameter.target.name;
            let value = match &parameter.default {
                None => positional.next().cloned().unwrap_or(Value::Undefined),
                Some(default) => match given.keyword(name) {
                    Some(value) => value.clone(),
                    None => self.expression(default, &place, depth + 1)?,
                },
            };
            super::bind(std::slice::from_ref(&parameter.target), [value], &place);
        }
        let caller = Text::from("caller");
        let declares_caller = declared
            .parameters
            .iter()
            .any(|parameter| parameter.target.name == caller);
        if let Some(value) = given.keyword(&caller).filter(|_| !declares_caller) {
            place.scope.set(&caller, value.clone());
        }
        self.capture(&declared.body, &place, depth + 1)
            .map(Value::safe)
    }
}

/// Refuses arguments that nothing would be done with, before any is evaluated.
fn check_arguments(callable: &Callable, arguments: &Arguments, cookiecutter: bool) -> Result<()> {
    let (what, least, most) = match callable {
        Callable::Range => ("Built-in global range".to_owned(), 0, 3),
        Callable::Cycler => ("Built-in global cycler".to_owned(), 0, usize::MAX),
        Callable::Joiner => ("Built-in global joiner".to_owned(), 0, 1),
        Callable::Join { .. } => ("Joiner instance".to_owned(), 0, 0),
        Callable::CycleNext(_) => ("Cycler next".to_owned(), 0, 0),
        Callable::CycleReset(_) => ("Cycler reset".to_owned(), 0, 0),
        Callable::Method { receiver, name } => {
            let (least, most) = methods::arity(receiver, name, cookiecutter);
            (format!("Template intrinsic {name}"), least, most)
        }
        Callable::Always | Callable::Failure => ("Registered global".to_owned(), 0, usize::MAX),
        Callable::Cycle(_) | Callable::Macro(_) | Callable::Caller(_) => return Ok(()),
    };
    if !arguments.keyword.is_empty() {
        return fail(format!("{what} does not accept keyword arguments"));
    }
    let given = arguments.positional.len();
    if (least..=most).contains(&given) {
        return Ok(());
    }
    let range = match (least, most) {
        (least, most) if least == most => least.to_string(),
        (least, usize::MAX) => format!("at least {least}"),
        (least, most) => format!("{least} to {most}"),
    };
    fail(format!("{what} requires {range} positional arguments"))
}

/// How a callee is written, where that is names and points alone.
fn path(callee: &Expr) -> Option<String> {
    match &callee.kind {
        ExprKind::Symbol(target) => Some(target.name.to_string()),
        ExprKind::Lookup(lookup) => {
            let parent = path(&lookup.0)?;
            match &lookup.1.kind {
                ExprKind::Literal(Literal::Text(key)) => Some(format!("{parent}.{key}")),
                ExprKind::Symbol(target) => Some(format!("{parent}.{}", target.name)),
                _ => None,
            }
        }
        _ => None,
    }
}
