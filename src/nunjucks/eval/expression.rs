//! Expressions.

use std::rc::Rc;

use super::super::ast::{
    Comparison, Expr, ExprKind, Filter, Literal, Operator, Target, is_reserved,
};
use super::super::checks;
use super::super::coerce::{add, concat, equal, identical, order, to_key, to_number};
use super::super::error::{Result, did_you_mean, fail, quoted};
use super::super::filters;
use super::super::methods;
use super::super::text::{Text, find, same};
use super::super::value::{Callable, RegexValue, Value, index};
use super::call::Given;
use super::scope::Place;
use super::{Evaluator, located};

impl Evaluator<'_> {
    pub(super) fn expression(
        &self,
        expression: &Expr,
        place: &Place,
        depth: usize,
    ) -> Result<Value> {
        self.meter
            .enter(depth)
            .map_err(|error| error.at(expression.at))?;
        let value = match &expression.kind {
            ExprKind::Literal(literal) => return Ok(literal_value(literal)),
            ExprKind::Symbol(target) => return Ok(self.symbol(target, place)),
            ExprKind::Lookup(lookup) => {
                if let Some(leaf) = self.leaf(expression, place) {
                    return Ok(leaf);
                }
                self.lookup(&lookup.0, &lookup.1, place, depth)
            }
            ExprKind::Filter(filter) => self.filter(filter, place, depth + 1),
            ExprKind::Call(call) => self.call(&call.0, &call.1, place, depth + 1),
            ExprKind::Compare(first, rest) => self.compare(first, rest, place, depth + 2),
            ExprKind::Binary(operator, pair) => self.binary(*operator, pair, place, depth + 2),
            ExprKind::Array(items) => self.all(items, place, depth + 1).map(Value::array),
            ExprKind::Group(parts) => self.group(parts, place, depth + 1),
            ExprKind::Dict(entries) => self.dictionary(entries, place, depth + 1),
            ExprKind::Slice(slice) => self.slice(&slice.0, &slice.1, place, depth + 1),
            ExprKind::Capture(body) => self
                .capture(body, &place.in_scope(place.scope.child(false)), depth + 1)
                .map(Value::Text),
            _ => self.logic(expression, place, depth + 1),
        };
        located(value, expression.at)
    }

    /// Operators that choose among their operands, or have but one.
    fn logic(&self, expression: &Expr, place: &Place, depth: usize) -> Result<Value> {
        let number =
            |operand: &Expr| to_number(&self.expression(operand, place, depth)?, &self.meter);
        Ok(match &expression.kind {
            ExprKind::InlineIf(inline) => {
                if self.expression(&inline.condition, place, depth)?.truthy() {
                    self.expression(&inline.then, place, depth)?
                } else {
                    match &inline.otherwise {
                        Some(otherwise) => self.expression(otherwise, place, depth)?,
                        None => Value::text(""),
                    }
                }
            }
            ExprKind::Or(pair) => {
                let left = self.expression(&pair.0, place, depth)?;
                if left.truthy() {
                    left
                } else {
                    self.expression(&pair.1, place, depth)?
                }
            }
            ExprKind::And(pair) => {
                let left = self.expression(&pair.0, place, depth)?;
                if left.truthy() {
                    self.expression(&pair.1, place, depth)?
                } else {
                    left
                }
            }
            ExprKind::Not(operand) => {
                Value::Bool(!self.expression(operand, place, depth)?.truthy())
            }
            ExprKind::Negative(operand) => Value::Number(-number(operand)?),
            ExprKind::Positive(operand) => Value::Number(number(operand)?),
            ExprKind::Floor(operand) => Value::Number(number(operand)?.floor()),
            ExprKind::In(pair) => {
                let needle = self.expression(&pair.0, place, depth)?;
                let container = self.expression(&pair.1, place, depth)?;
                Value::Bool(self.contains(&container, &needle)?)
            }
            ExprKind::Is(pair) => self.test(&pair.0, &pair.1, place, depth)?,
            _ => return fail("Template evaluation failed"),
        })
    }

    pub(super) fn all(
        &self,
        expressions: &[Expr],
        place: &Place,
        depth: usize,
    ) -> Result<Vec<Value>> {
        expressions
            .iter()
            .map(|expression| self.expression(expression, place, depth))
            .collect()
    }

    fn symbol(&self, target: &Target, place: &Place) -> Value {
        if let Some(slot) = target.slot {
            return place.frame.get(slot);
        }
        if let Some(value) = place.scope.get(&target.name) {
            return value;
        }
        let mut copied = self.copied.borrow_mut();
        if let Some(value) = copied.get(&target.name) {
            return value.clone();
        }
        let name = target.name.to_string();
        if let Some(json) = self.context.get(&name) {
            let value = Value::from_json(json);
            copied.insert(target.name.clone(), value.clone());
            return value;
        }
        match name.as_str() {
            "True" if self.options.cookiecutter => Value::Bool(true),
            "False" if self.options.cookiecutter => Value::Bool(false),
            "None" if self.options.cookiecutter => Value::Null,
            "always" if self.status.is_some() => self.global("always", || Callable::Always),
            "failure" if self.status.is_some() => self.global("failure", || Callable::Failure),
            "range" => self.global("range", || Callable::Range),
            "cycler" => self.global("cycler", || Callable::Cycler),
            "joiner" => self.global("joiner", || Callable::Joiner),
            _ => Value::Undefined,
        }
    }

    /// A global is one and the same each time it is named.
    fn global(&self, name: &'static str, make: fn() -> Callable) -> Value {
        Value::Callable(
            self.globals
                .borrow_mut()
                .entry(name)
                .or_insert_with(|| Rc::new(make()))
                .clone(),
        )
    }

    fn group(&self, parts: &[Expr], place: &Place, depth: usize) -> Result<Value> {
        let mut last = Value::Undefined;
        for part in parts {
            last.plain()?;
            last = self.expression(part, place, depth)?;
        }
        Ok(last)
    }

    fn dictionary(&self, entries: &[(Text, Expr)], place: &Place, depth: usize) -> Result<Value> {
        let mut made = Vec::with_capacity(entries.len());
        for (name, value) in entries {
            made.push((name.clone(), self.expression(value, place, depth)?));
        }
        Ok(Value::record(made))
    }

    /// A string, number or the like of the context, reached by names alone: copying all around it in would cost most
    /// of the time. What was copied in already is looked up there, since the template may have changed it.
    fn leaf(&self, expression: &Expr, place: &Place) -> Option<Value> {
        const LONGEST: usize = 8;
        let mut names = Vec::new();
        let mut at = expression;
        while let ExprKind::Lookup(lookup) = &at.kind {
            let ExprKind::Literal(Literal::Text(name)) = &lookup.1.kind else {
                return None;
            };
            names.push(name);
            at = &lookup.0;
            if names.len() > LONGEST {
                return None;
            }
        }
        let ExprKind::Symbol(target) = &at.kind else {
            return None;
        };
        let is_bound = target.slot.is_some() || place.scope.get(&target.name).is_some();
        if is_bound || self.copied.borrow().contains_key(&target.name) {
            return None;
        }
        let mut found = self.context.get(&target.name.to_string())?;
        for name in names.into_iter().rev() {
            found = found.as_object()?.get(&name.to_string())?;
        }
        (!found.is_object() && !found.is_array()).then(|| Value::from_json(found))
    }

    fn lookup(&self, target: &Expr, key: &Expr, place: &Place, depth: usize) -> Result<Value> {
        let target = self.expression(target, place, depth + 1)?;
        let key = self.expression(key, place, depth + 1)?;
        if let (Value::Array(array), Value::Number(at)) = (&target, &key)
            && *at >= 0.0
            && at.fract() == 0.0
        {
            return Ok(array
                .items
                .borrow()
                .get(*at as usize)
                .map_or(Value::Undefined, fresh));
        }
        let key = to_key(&key, &self.meter)?;
        if let Value::Callable(callable) = &target {
            return Ok(cycle_member(callable, &key));
        }
        let own = own_value(&target, &key);
        if let Some(own) = own {
            return Ok(fresh(&own));
        }
        if is_reserved(&key) {
            return Ok(Value::Undefined);
        }
        let name = key.to_string();
        if methods::exists(&target, &name, self.options.cookiecutter) {
            return Ok(Value::callable(Callable::Method {
                receiver: target,
                name,
            }));
        }
        Ok(Value::Undefined)
    }

    fn slice(
        &self,
        target: &Expr,
        bounds: &[Expr; 3],
        place: &Place,
        depth: usize,
    ) -> Result<Value> {
        let meter = &self.meter;
        let mut target = self.expression(target, place, depth + 1)?;
        if matches!(target, Value::Callable(_)) {
            return fail("Callable values cannot be sliced");
        }
        if !target.truthy() {
            target = Value::array(Vec::new());
        }
        let length = own_value(&target, &Text::from("length")).unwrap_or(Value::Undefined);
        let zero = Value::Number(0.0);
        let before = |value: &Value, bound: &Value| -> Result<bool> {
            Ok(order(value, bound, meter)? == Some(std::cmp::Ordering::Less))
        };
        let after = |value: &Value, bound: &Value| -> Result<bool> {
            Ok(order(value, bound, meter)? == Some(std::cmp::Ordering::Greater))
        };
        let [start, stop, step] = bounds;
        let mut start = self.expression(start, place, depth + 1)?;
        let mut stop = self.expression(stop, place, depth + 1)?;
        let step = self.expression(step, place, depth + 1)?;
        let by = to_number(&step, meter)?;
        if !by.is_finite() || by == 0.0 {
            return fail("Slice step must have finite non-zero numeric coercion");
        }
        if matches!(start, Value::Null) {
            start = Value::Number(if by < 0.0 {
                to_number(&length, meter)? - 1.0
            } else {
                0.0
            });
        }
        if matches!(stop, Value::Null) {
            stop = if by < 0.0 {
                Value::Number(-1.0)
            } else {
                length.clone()
            };
        } else if before(&stop, &zero)? {
            stop = add(&stop, &length, meter)?;
        }
        if before(&start, &zero)? {
            start = add(&start, &length, meter)?;
        }
        let mut out = Vec::new();
        let mut at = start;
        loop {
            if before(&at, &zero)? || after(&at, &length)? {
                break;
            }
            let done = if by > 0.0 {
                !before_or_unknown(&at, &stop, meter)?
            } else {
                !after_or_unknown(&at, &stop, meter)?
            };
            if done {
                break;
            }
            meter.steps(1)?;
            let value = own_value(&target, &to_key(&at, meter)?).unwrap_or(Value::Undefined);
            value.plain()?;
            out.push(value);
            if out.len() > super::super::limits::LONGEST_LIST {
                meter.list(out.len())?;
            }
            at = add(&at, &step, meter)?;
        }
        Ok(Value::array(out))
    }

    fn binary(
        &self,
        operator: Operator,
        pair: &(Expr, Expr),
        place: &Place,
        depth: usize,
    ) -> Result<Value> {
        let left = self.expression(&pair.0, place, depth)?;
        let right = self.expression(&pair.1, place, depth)?;
        match operator {
            Operator::Add => return add(&left, &right, &self.meter),
            Operator::Concat => return concat(&left, &right, &self.meter),
            _ => {}
        }
        let left = to_number(&left, &self.meter)?;
        let right = to_number(&right, &self.meter)?;
        Ok(Value::Number(match operator {
            Operator::Sub => left - right,
            Operator::Mul => left * right,
            Operator::Div => left / right,
            Operator::Mod => left % right,
            _ => power(left, right),
        }))
    }

    fn compare(
        &self,
        first: &Expr,
        rest: &[(Comparison, Expr)],
        place: &Place,
        depth: usize,
    ) -> Result<Value> {
        let mut left = self.expression(first, place, depth)?;
        for (comparison, operand) in rest {
            let right = self.expression(operand, place, depth)?;
            left = Value::Bool(self.holds(*comparison, &left, &right)?);
        }
        Ok(left)
    }

    fn holds(&self, comparison: Comparison, left: &Value, right: &Value) -> Result<bool> {
        use std::cmp::Ordering::{Greater, Less};
        let meter = &self.meter;
        let ordered = |accepts: fn(std::cmp::Ordering) -> bool| {
            Ok(order(left, right, meter)?.is_some_and(accepts))
        };
        match comparison {
            Comparison::Equal => equal(left, right, meter),
            Comparison::Different => equal(left, right, meter).map(|equal| !equal),
            Comparison::Identical => Ok(identical(left, right)),
            Comparison::NotIdentical => Ok(!identical(left, right)),
            Comparison::Less => ordered(|order| order == Less),
            Comparison::LessOrEqual => ordered(|order| order != Greater),
            Comparison::Greater => ordered(|order| order == Greater),
            Comparison::GreaterOrEqual => ordered(|order| order != Less),
        }
    }

    fn contains(&self, container: &Value, needle: &Value) -> Result<bool> {
        match container {
            Value::Text(text) => {
                let needle = super::super::coerce::to_text(needle, &self.meter)?;
                self.meter.search(text.len())?;
                Ok(find(text, &needle, 0).is_some())
            }
            // A safe string is an object of two entries.
            Value::Safe(_) => {
                let key = to_key(needle, &self.meter)?;
                Ok(key.is("length") || key.is("val"))
            }
            Value::Array(array) => {
                let items = array.items.borrow();
                self.meter.steps(items.len())?;
                Ok(items.iter().any(|item| identical(item, needle)))
            }
            Value::Record(record) => Ok(record.get(&to_key(needle, &self.meter)?).is_some()),
            _ => fail("Membership requires an array, record, or string"),
        }
    }

    fn test(&self, subject: &Expr, test: &Expr, place: &Place, depth: usize) -> Result<Value> {
        let (name, input, arguments) = match &test.kind {
            ExprKind::Call(call) => (test_name(&call.0), None, Some(&call.1)),
            ExprKind::Filter(filter) => (
                filter.name.clone(),
                Some(&filter.input),
                Some(&filter.arguments),
            ),
            _ => (test_name(test), None, None),
        };
        let Some(arity) = checks::arity(&name) else {
            return fail(format!(
                "Unknown template test {}{}",
                quoted(&name),
                did_you_mean(&name, &checks::names())
            ));
        };
        if arguments.is_some_and(|arguments| !arguments.keyword.is_empty()) {
            return fail(format!(
                "Template test {name} does not accept keyword arguments"
            ));
        }
        let given = usize::from(input.is_some())
            + arguments.map_or(0, |arguments| arguments.positional.len());
        checks::check_arity(&name, arity, given)?;
        let subject = self.expression(subject, place, depth)?;
        let mut values = Vec::new();
        if let Some(input) = input {
            values.push(self.expression(input, place, depth)?);
        }
        if let Some(arguments) = arguments {
            values.extend(self.all(&arguments.positional, place, depth)?);
        }
        checks::apply(&name, &subject, &values, &self.meter)
            .map(Value::Bool)
            .map_err(|error| {
                error.during(
                    &format!("Test {} failed for {} input", quoted(&name), subject.kind()),
                    test.at,
                )
            })
    }

    fn filter(&self, filter: &Filter, place: &Place, depth: usize) -> Result<Value> {
        let name = filters::canonical(&filter.name, self.options.cookiecutter);
        let Some(kind) = filters::kind(name) else {
            let near = did_you_mean(&filter.name, &filters::names(self.options.cookiecutter));
            return fail(format!(
                "Unknown template filter {}{near}",
                quoted(&filter.name)
            ));
        };
        let scaffolder = kind == filters::Kind::Scaffolder;
        if scaffolder && !filter.arguments.keyword.is_empty() {
            return fail(format!(
                "Registered filter {name} does not accept keyword arguments"
            ));
        }
        let input = self.expression(&filter.input, place, depth + 1)?;
        let Given {
            positional,
            keyword,
        } = self.arguments(&filter.arguments, place, depth + 1)?;
        input.plain()?;
        positional
            .iter()
            .chain(keyword.iter().map(|(_, value)| value))
            .try_for_each(Value::plain)?;
        let kind = input.kind();
        if scaffolder {
            return filters::scaffolder::apply(
                name,
                &input,
                &positional,
                self.options,
                &self.meter,
            )
            .map_err(|error| {
                error.during(
                    &format!("Template filter {} failed", quoted(name)),
                    filter.name_at,
                )
            });
        }
        let arguments = filters::arguments(name, positional, keyword);
        filters::apply(name, &input, &arguments, &self.meter).map_err(|error| {
            error.during(
                &format!("Filter {} failed for {kind} input", quoted(name)),
                filter.name_at,
            )
        })
    }
}

fn literal_value(literal: &Literal) -> Value {
    match literal {
        Literal::Null => Value::Null,
        Literal::Bool(bool) => Value::Bool(*bool),
        Literal::Number(number) => Value::Number(*number),
        Literal::Text(text) => Value::Text(text.clone()),
        Literal::Regex(regex) => Value::Regex(Rc::new(RegexValue {
            regex: regex.clone(),
            last_index: 0.into(),
        })),
    }
}

/// `left ** right`: unlike elsewhere, one to an infinite power is no number.
fn power(left: f64, right: f64) -> f64 {
    if right.is_nan() || (left.abs() == 1.0 && right.is_infinite()) {
        f64::NAN
    } else {
        left.powf(right)
    }
}

/// A slice goes on where its bounds cannot be compared.
fn before_or_unknown(
    left: &Value,
    right: &Value,
    meter: &super::super::limits::Meter,
) -> Result<bool> {
    Ok(order(left, right, meter)?.is_none_or(|order| order == std::cmp::Ordering::Less))
}

fn after_or_unknown(
    left: &Value,
    right: &Value,
    meter: &super::super::limits::Meter,
) -> Result<bool> {
    Ok(order(left, right, meter)?.is_none_or(|order| order == std::cmp::Ordering::Greater))
}

/// What a value itself holds under a name.
pub(crate) fn own_value(target: &Value, key: &[u16]) -> Option<Value> {
    match target {
        Value::Record(record) => record.get(key).cloned(),
        Value::Array(array) => {
            let items = array.items.borrow();
            if same(key, "length") {
                return Some(Value::Number(items.len() as f64));
            }
            index(key, items.len())
                .and_then(|at| items.get(at))
                .cloned()
        }
        Value::Safe(text) if same(key, "val") => Some(Value::Text(text.as_ref().clone())),
        _ => {
            let text = target.as_text()?;
            if same(key, "length") {
                return Some(Value::Number(text.len() as f64));
            }
            index(key, text.len())
                .and_then(|at| text.get(at))
                .map(|unit| Value::Text(Text::from([*unit].as_slice())))
        }
    }
}

/// What is taken out of a list or record can be called as it could before, yet it is not the same any more.
fn fresh(value: &Value) -> Value {
    match value {
        Value::Callable(callable) => match callable.as_ref() {
            Callable::Macro(number) => Value::callable(Callable::Macro(*number)),
            Callable::Caller(number) => Value::callable(Callable::Caller(*number)),
            Callable::Range => Value::callable(Callable::Range),
            Callable::Cycler => Value::callable(Callable::Cycler),
            Callable::Joiner => Value::callable(Callable::Joiner),
            _ => value.clone(),
        },
        _ => value.clone(),
    }
}

/// What `cycler(…)` gives has three members; nothing else that can be called has any.
fn cycle_member(callable: &Callable, key: &[u16]) -> Value {
    let Callable::Cycle(cycle) = callable else {
        return Value::Undefined;
    };
    match String::from_utf16_lossy(key).as_str() {
        "current" => match cycle.index.get() {
            None => Value::Null,
            Some(at) => cycle.values.get(at).map_or(Value::Undefined, fresh),
        },
        "next" => Value::callable(Callable::CycleNext(cycle.clone())),
        "reset" => Value::callable(Callable::CycleReset(cycle.clone())),
        _ => Value::Undefined,
    }
}

/// The name of a test. What is no name at all is the test `undefined`.
fn test_name(test: &Expr) -> String {
    match &test.kind {
        ExprKind::Symbol(target) => target.name.to_string(),
        ExprKind::Literal(Literal::Null) => "null".into(),
        ExprKind::Literal(Literal::Bool(bool)) => bool.to_string(),
        ExprKind::Literal(Literal::Number(number)) => super::super::number::to_text(*number),
        ExprKind::Literal(Literal::Text(text)) => text.to_string(),
        ExprKind::Literal(Literal::Regex(regex)) => regex.to_string(),
        _ => "undefined".into(),
    }
}
