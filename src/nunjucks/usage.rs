//! What a template names, for checks that need no values: `parameters.name`, `steps['fetch'].output.url`, filters.

use super::ast::{Arguments, Body, Expr, ExprKind, Literal, NodeKind, SetValue};
use super::error::Pos;
use super::filters;

/// What a template names.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Usage {
    /// Entries of the context, each as far as it is named outright; in the order of the text.
    pub paths: Vec<UsedPath>,
    /// Filters, in the order of the text.
    pub filters: Vec<UsedFilter>,
}

/// An entry of the context: `["steps", "fetch", "output"]`. Names that the template itself binds are not left out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UsedPath {
    /// The names, outermost first.
    pub names: Vec<String>,
    /// The line, counted from 1.
    pub line: u32,
    /// The column, counted from 1 in UTF-16 code units.
    pub column: u32,
}

/// A filter that is applied.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UsedFilter {
    /// Its name.
    pub name: String,
    /// Whether there is such a filter; where there is none, evaluation fails.
    pub is_known: bool,
    /// The known filter whose name is nearest to one that is not known.
    pub nearest: Option<&'static str>,
    /// The line, counted from 1.
    pub line: u32,
    /// The column, counted from 1 in UTF-16 code units.
    pub column: u32,
}

/// What a template names.
pub(super) fn of(body: &Body) -> Usage {
    let mut usage = Usage::default();
    in_body(body, &mut usage);
    usage
}

fn in_body(body: &Body, usage: &mut Usage) {
    for node in body {
        match &node.kind {
            NodeKind::Text(_) => {}
            NodeKind::Output(expression) => in_expression(expression, usage),
            NodeKind::If {
                branches,
                otherwise,
            } => {
                for (condition, body) in branches {
                    in_expression(condition, usage);
                    in_body(body, usage);
                }
                otherwise.iter().for_each(|body| in_body(body, usage));
            }
            NodeKind::For(repeated) => {
                in_expression(&repeated.list, usage);
                in_body(&repeated.body, usage);
                repeated
                    .otherwise
                    .iter()
                    .for_each(|body| in_body(body, usage));
            }
            NodeKind::Set {
                value: SetValue::Expr(value),
                ..
            } => in_expression(value, usage),
            NodeKind::Set {
                value: SetValue::Body(body),
                ..
            } => in_body(body, usage),
            NodeKind::Macro(declared) => {
                declared
                    .parameters
                    .iter()
                    .filter_map(|p| p.default.as_ref())
                    .for_each(|e| in_expression(e, usage));
                in_body(&declared.body, usage);
            }
            NodeKind::Call(call) => {
                in_expression(&call.callee, usage);
                in_arguments(&call.arguments, usage);
                in_body(&call.caller.body, usage);
            }
            NodeKind::Block(block) => in_body(&block.body, usage),
            NodeKind::Switch(switch) => {
                in_expression(&switch.subject, usage);
                for (value, body) in &switch.cases {
                    in_expression(value, usage);
                    in_body(body, usage);
                }
                switch.default.iter().for_each(|body| in_body(body, usage));
            }
        }
    }
}

fn in_arguments(arguments: &Arguments, usage: &mut Usage) {
    arguments
        .positional
        .iter()
        .for_each(|expression| in_expression(expression, usage));
    arguments
        .keyword
        .iter()
        .for_each(|(_, expression)| in_expression(expression, usage));
}

fn in_expression(expression: &Expr, usage: &mut Usage) {
    if let Some((names, at)) = path(expression) {
        usage.paths.push(UsedPath {
            names,
            line: at.line + 1,
            column: at.column + 1,
        });
        return;
    }
    match &expression.kind {
        ExprKind::Literal(_) | ExprKind::Symbol(_) => {}
        ExprKind::Array(parts) | ExprKind::Group(parts) => {
            parts.iter().for_each(|part| in_expression(part, usage))
        }
        ExprKind::Dict(entries) => entries
            .iter()
            .for_each(|(_, value)| in_expression(value, usage)),
        ExprKind::Lookup(pair)
        | ExprKind::Or(pair)
        | ExprKind::And(pair)
        | ExprKind::Binary(_, pair)
        | ExprKind::In(pair) => {
            in_expression(&pair.0, usage);
            in_expression(&pair.1, usage);
        }
        ExprKind::Is(pair) => {
            in_expression(&pair.0, usage);
            match &pair.1.kind {
                ExprKind::Call(call) => in_arguments(&call.1, usage),
                ExprKind::Filter(filter) => in_arguments(&filter.arguments, usage),
                _ => {}
            }
        }
        ExprKind::Slice(slice) => {
            in_expression(&slice.0, usage);
            slice.1.iter().for_each(|bound| in_expression(bound, usage));
        }
        ExprKind::InlineIf(inline) => {
            in_expression(&inline.then, usage);
            in_expression(&inline.condition, usage);
            inline
                .otherwise
                .iter()
                .for_each(|otherwise| in_expression(otherwise, usage));
        }
        ExprKind::Not(inner)
        | ExprKind::Negative(inner)
        | ExprKind::Positive(inner)
        | ExprKind::Floor(inner) => {
            in_expression(inner, usage);
        }
        ExprKind::Compare(first, rest) => {
            in_expression(first, usage);
            rest.iter()
                .for_each(|(_, operand)| in_expression(operand, usage));
        }
        ExprKind::Filter(filter) => {
            in_expression(&filter.input, usage);
            used_filter(&filter.name, filter.name_at, usage);
            in_arguments(&filter.arguments, usage);
        }
        ExprKind::Call(call) => {
            in_expression(&call.0, usage);
            in_arguments(&call.1, usage);
        }
        ExprKind::Capture(body) => in_body(body, usage),
    }
}

fn used_filter(name: &str, at: Pos, usage: &mut Usage) {
    let is_known = filters::kind(filters::canonical(name, true)).is_some();
    let nearest = if is_known {
        None
    } else {
        super::error::nearest(name, &filters::names(false))
    };
    usage.filters.push(UsedFilter {
        name: name.to_owned(),
        is_known,
        nearest,
        line: at.line + 1,
        column: at.column + 1,
    });
}

/// The names of an expression that is names and points alone, or names in brackets and quotes.
fn path(expression: &Expr) -> Option<(Vec<String>, Pos)> {
    match &expression.kind {
        ExprKind::Symbol(target) => Some((vec![target.name.to_string()], expression.at)),
        ExprKind::Lookup(lookup) => {
            let (mut names, at) = path(&lookup.0)?;
            let ExprKind::Literal(Literal::Text(name)) = &lookup.1.kind else {
                return None;
            };
            names.push(name.to_string());
            Some((names, at))
        }
        _ => None,
    }
}
