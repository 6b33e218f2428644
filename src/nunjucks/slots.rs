//! Which names are variables of a compiled function.
//!
//! nunjucks compiles the template, each macro, each call block's body and each block to a JavaScript function. Where a
//! loop, a macro or a parameter binds a name, all that follows it in the text sees that variable, whatever branch the
//! evaluation takes; a name bound by `set` alone is looked up while it runs. A loop over several names is compiled
//! twice, for lists and for records, so its body is here twice too.

use std::collections::HashMap;
use std::sync::Arc;

use super::ast::{Arguments, Body, Expr, ExprKind, Macro, Node, NodeKind, SetValue, Slot, Target};
use super::error::{Error, Result};
use super::text::Text;

/// What each name stands for at a place of the text.
type Bindings = HashMap<Text, Slot>;

/// Settles the slots of a whole template, and says which ones its own function has.
pub(crate) fn settle(body: &mut Body, most_nodes: usize) -> Result<Vec<Slot>> {
    let mut planner = Planner {
        next: 0,
        nodes: 0,
        most_nodes,
    };
    let mut frame = Vec::new();
    planner.body(body, &mut Bindings::new(), &mut frame)?;
    Ok(frame)
}

struct Planner {
    next: Slot,
    nodes: usize,
    most_nodes: usize,
}

impl Planner {
    fn slot(&mut self, frame: &mut Vec<Slot>) -> Slot {
        let slot = self.next;
        self.next += 1;
        frame.push(slot);
        slot
    }

    fn bind(&mut self, target: &mut Target, bindings: &mut Bindings, frame: &mut Vec<Slot>) {
        let slot = self.slot(frame);
        target.slot = Some(slot);
        bindings.insert(target.name.clone(), slot);
    }

    /// Loops in loops are copied, and their copies are: that too is bounded.
    fn count(&mut self) -> Result<()> {
        self.nodes += 1;
        if self.nodes > self.most_nodes {
            return Err(Error::limit(format!(
                "Template parsing exceeded the AST node limit of {}",
                self.most_nodes
            )));
        }
        Ok(())
    }

    fn body(
        &mut self,
        body: &mut Body,
        bindings: &mut Bindings,
        frame: &mut Vec<Slot>,
    ) -> Result<()> {
        for node in body {
            self.node(node, bindings, frame)
                .map_err(|error| error.at(node.at))?;
        }
        Ok(())
    }

    fn node(
        &mut self,
        node: &mut Node,
        bindings: &mut Bindings,
        frame: &mut Vec<Slot>,
    ) -> Result<()> {
        self.count()?;
        match &mut node.kind {
            NodeKind::Text(_) => {}
            NodeKind::Output(expression) => self.expression(expression, bindings, frame)?,
            NodeKind::If {
                branches,
                otherwise,
            } => {
                for (condition, body) in branches {
                    self.expression(condition, bindings, frame)?;
                    self.body(body, bindings, frame)?;
                }
                if let Some(otherwise) = otherwise {
                    self.body(otherwise, bindings, frame)?;
                }
            }
            NodeKind::For(_) => self.loop_over(node, bindings, frame)?,
            NodeKind::Set { targets, value } => {
                match value {
                    SetValue::Expr(value) => self.expression(value, bindings, frame)?,
                    SetValue::Body(body) => self.body(body, bindings, frame)?,
                }
                for target in targets {
                    target.slot = bindings.get(&target.name).copied();
                }
            }
            NodeKind::Macro(declared) => {
                let declared = Arc::make_mut(declared);
                self.bind(&mut declared.target, bindings, frame);
                self.callable(declared, Bindings::new())?;
            }
            NodeKind::Call(call) => {
                self.expression(&mut call.callee, bindings, frame)?;
                self.arguments(&mut call.arguments, bindings, frame)?;
                self.callable(Arc::make_mut(&mut call.caller), bindings.clone())?;
            }
            NodeKind::Block(block) => {
                block.slots.clear();
                self.body(&mut block.body, &mut Bindings::new(), &mut block.slots)?;
            }
            NodeKind::Switch(switch) => {
                self.expression(&mut switch.subject, bindings, frame)?;
                for (value, body) in &mut switch.cases {
                    self.expression(value, bindings, frame)?;
                    self.body(body, bindings, frame)?;
                }
                if let Some(default) = &mut switch.default {
                    self.body(default, bindings, frame)?;
                }
            }
        }
        Ok(())
    }

    fn loop_over(
        &mut self,
        node: &mut Node,
        bindings: &mut Bindings,
        frame: &mut Vec<Slot>,
    ) -> Result<()> {
        let NodeKind::For(repeated) = &mut node.kind else {
            return Ok(());
        };
        self.expression(&mut repeated.list, bindings, frame)?;
        repeated.length = self.slot(frame);
        let mut inner = bindings.clone();
        let unplanned = (repeated.targets.len() > 1).then(|| repeated.body.clone());
        for target in &mut repeated.targets {
            self.bind(target, &mut inner, frame);
        }
        self.body(&mut repeated.body, &mut inner, frame)?;
        if let Some(mut body) = unplanned {
            let mut targets: Vec<Target> = repeated.targets.iter().take(2).cloned().collect();
            for target in &mut targets {
                self.bind(target, &mut inner, frame);
            }
            self.body(&mut body, &mut inner, frame)?;
            repeated.record = Some((targets, body));
        }
        if let Some(otherwise) = &mut repeated.otherwise {
            self.body(otherwise, &mut inner, frame)?;
        }
        Ok(())
    }

    fn callable(&mut self, callable: &mut Macro, mut bindings: Bindings) -> Result<()> {
        let mut frame = Vec::new();
        let mut bound: HashMap<Text, Slot> = HashMap::new();
        for parameter in &mut callable.parameters {
            if let Some(default) = &mut parameter.default {
                self.expression(default, &mut bindings, &mut frame)?;
                continue;
            }
            match bound.get(&parameter.target.name) {
                Some(slot) => parameter.target.slot = Some(*slot),
                None => {
                    self.bind(&mut parameter.target, &mut bindings, &mut frame);
                    bound.extend(
                        parameter
                            .target
                            .slot
                            .map(|slot| (parameter.target.name.clone(), slot)),
                    );
                }
            }
        }
        self.body(&mut callable.body, &mut bindings, &mut frame)?;
        callable.slots = frame;
        Ok(())
    }

    fn arguments(
        &mut self,
        arguments: &mut Arguments,
        bindings: &mut Bindings,
        frame: &mut Vec<Slot>,
    ) -> Result<()> {
        self.all(&mut arguments.positional, bindings, frame)?;
        for (_, value) in &mut arguments.keyword {
            self.expression(value, bindings, frame)?;
        }
        Ok(())
    }

    fn all(
        &mut self,
        expressions: &mut [Expr],
        bindings: &mut Bindings,
        frame: &mut Vec<Slot>,
    ) -> Result<()> {
        expressions
            .iter_mut()
            .try_for_each(|expression| self.expression(expression, bindings, frame))
    }

    fn pair(
        &mut self,
        pair: &mut (Expr, Expr),
        bindings: &mut Bindings,
        frame: &mut Vec<Slot>,
    ) -> Result<()> {
        self.expression(&mut pair.0, bindings, frame)?;
        self.expression(&mut pair.1, bindings, frame)
    }

    fn expression(
        &mut self,
        expression: &mut Expr,
        bindings: &mut Bindings,
        frame: &mut Vec<Slot>,
    ) -> Result<()> {
        self.count()?;
        match &mut expression.kind {
            ExprKind::Literal(_) => Ok(()),
            ExprKind::Symbol(target) => {
                target.slot = bindings.get(&target.name).copied();
                Ok(())
            }
            ExprKind::Array(items) | ExprKind::Group(items) => self.all(items, bindings, frame),
            ExprKind::Dict(entries) => entries
                .iter_mut()
                .try_for_each(|(_, value)| self.expression(value, bindings, frame)),
            ExprKind::Lookup(pair)
            | ExprKind::Or(pair)
            | ExprKind::And(pair)
            | ExprKind::Binary(_, pair)
            | ExprKind::In(pair)
            | ExprKind::Is(pair) => self.pair(pair, bindings, frame),
            ExprKind::Slice(slice) => {
                self.expression(&mut slice.0, bindings, frame)?;
                self.all(&mut slice.1, bindings, frame)
            }
            ExprKind::InlineIf(inline) => {
                self.expression(&mut inline.condition, bindings, frame)?;
                self.expression(&mut inline.then, bindings, frame)?;
                inline.otherwise.as_mut().map_or(Ok(()), |otherwise| {
                    self.expression(otherwise, bindings, frame)
                })
            }
            ExprKind::Not(inner)
            | ExprKind::Negative(inner)
            | ExprKind::Positive(inner)
            | ExprKind::Floor(inner) => self.expression(inner, bindings, frame),
            ExprKind::Compare(first, rest) => {
                self.expression(first, bindings, frame)?;
                rest.iter_mut()
                    .try_for_each(|(_, operand)| self.expression(operand, bindings, frame))
            }
            ExprKind::Filter(filter) => {
                self.expression(&mut filter.input, bindings, frame)?;
                self.arguments(&mut filter.arguments, bindings, frame)
            }
            ExprKind::Call(call) => {
                self.expression(&mut call.0, bindings, frame)?;
                self.arguments(&mut call.1, bindings, frame)
            }
            ExprKind::Capture(body) => self.body(body, bindings, frame),
        }
    }
}
