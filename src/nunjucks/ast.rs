//! What a template is made of once it is read.
//!
//! nunjucks compiles a template to JavaScript, where the names that loops, macros and their parameters bind are the
//! variables of a function, and all other names are looked up while it runs. What is bound where is settled after
//! reading ([`super::slots`]); until then every slot is empty.

use std::sync::Arc;

use super::error::Pos;
use super::regex::Regex;
use super::text::Text;

/// The variable of the compiled function that a name stands for.
pub(crate) type Slot = u32;

/// A sequence of what is rendered one after the other.
pub(crate) type Body = Vec<Node>;

#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) at: Pos,
    pub(crate) kind: NodeKind,
}

#[derive(Clone, Debug)]
pub(crate) enum NodeKind {
    Text(Text),
    Output(Expr),
    If {
        branches: Vec<(Expr, Body)>,
        otherwise: Option<Body>,
    },
    For(Box<For>),
    Set {
        targets: Vec<Target>,
        value: SetValue,
    },
    Macro(Arc<Macro>),
    Call(Box<CallBlock>),
    Block(Box<Block>),
    Switch(Box<Switch>),
}

#[derive(Clone, Debug)]
pub(crate) enum SetValue {
    Expr(Expr),
    Body(Body),
}

/// A name that is bound.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) name: Text,
    pub(crate) slot: Option<Slot>,
}

#[derive(Clone, Debug)]
pub(crate) struct For {
    pub(crate) list: Expr,
    pub(crate) length: Slot,
    pub(crate) targets: Vec<Target>,
    pub(crate) body: Body,
    /// Where several names are bound, the same once more for records, whose names are bound otherwise.
    pub(crate) record: Option<(Vec<Target>, Body)>,
    pub(crate) otherwise: Option<Body>,
}

/// A macro, or the body of a call block.
#[derive(Clone, Debug)]
pub(crate) struct Macro {
    pub(crate) target: Target,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) body: Body,
    pub(crate) slots: Vec<Slot>,
}

#[derive(Clone, Debug)]
pub(crate) struct Parameter {
    pub(crate) target: Target,
    /// What it is where nothing is given; such parameters stand last.
    pub(crate) default: Option<Expr>,
}

#[derive(Clone, Debug)]
pub(crate) struct CallBlock {
    pub(crate) callee: Expr,
    pub(crate) arguments: Arguments,
    pub(crate) caller: Arc<Macro>,
}

#[derive(Clone, Debug)]
pub(crate) struct Block {
    pub(crate) body: Body,
    pub(crate) slots: Vec<Slot>,
}

#[derive(Clone, Debug)]
pub(crate) struct Switch {
    pub(crate) subject: Expr,
    pub(crate) cases: Vec<(Expr, Body)>,
    pub(crate) default: Option<Body>,
}

#[derive(Clone, Debug)]
pub(crate) struct Expr {
    pub(crate) at: Pos,
    /// How many expressions lie in each other in it.
    pub(crate) height: u16,
    pub(crate) kind: ExprKind,
}

#[derive(Clone, Debug)]
pub(crate) enum ExprKind {
    Literal(Literal),
    Symbol(Target),
    Array(Vec<Expr>),
    /// Expressions in parentheses; the value is the last one's.
    Group(Vec<Expr>),
    Dict(Vec<(Text, Expr)>),
    /// `target.key`, `target[key]`
    Lookup(Box<(Expr, Expr)>),
    /// `target[start:stop:step]`
    Slice(Box<(Expr, [Expr; 3])>),
    InlineIf(Box<InlineIf>),
    Or(Box<(Expr, Expr)>),
    And(Box<(Expr, Expr)>),
    Not(Box<Expr>),
    Negative(Box<Expr>),
    Positive(Box<Expr>),
    Floor(Box<Expr>),
    Binary(Operator, Box<(Expr, Expr)>),
    Compare(Box<Expr>, Vec<(Comparison, Expr)>),
    In(Box<(Expr, Expr)>),
    Is(Box<(Expr, Expr)>),
    Filter(Box<Filter>),
    Call(Box<(Expr, Arguments)>),
    /// The body of a filter block.
    Capture(Body),
}

#[derive(Clone, Debug)]
pub(crate) struct InlineIf {
    pub(crate) condition: Expr,
    pub(crate) then: Expr,
    pub(crate) otherwise: Option<Expr>,
}

#[derive(Clone, Debug)]
pub(crate) struct Filter {
    pub(crate) name: String,
    pub(crate) name_at: Pos,
    pub(crate) input: Expr,
    pub(crate) arguments: Arguments,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Arguments {
    pub(crate) positional: Vec<Expr>,
    pub(crate) keyword: Vec<(Text, Expr)>,
}

#[derive(Clone, Debug)]
pub(crate) enum Literal {
    Null,
    Bool(bool),
    Number(f64),
    Text(Text),
    Regex(Arc<Regex>),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Operator {
    Add,
    Concat,
    Sub,
    Mul,
    Div,
    Mod,
    Pow,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Comparison {
    Equal,
    Identical,
    Different,
    NotIdentical,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// Names that would reach into JavaScript's objects, refused everywhere.
pub(crate) fn is_reserved(name: &[u16]) -> bool {
    ["constructor", "prototype", "__proto__"]
        .iter()
        .any(|reserved| super::text::same(name, reserved))
}
