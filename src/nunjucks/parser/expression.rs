//! Expressions. The order in which operators bind is nunjucks', oddities included: `not a == b` is `(not a) == b`,
//! `a ** -b` is an error, a filter binds closer than `**`.

use std::cell::Cell;

use super::super::ast::{
    Arguments, Comparison, Expr, ExprKind, Filter, InlineIf, Operator, Parameter, Target,
    is_reserved,
};
use super::super::error::{Error, Pos, Result, quoted};
use super::super::lexer::{Token, TokenKind, tokens};
use super::super::limits::{DEEPEST_WRITTEN, HIGHEST};
use super::super::text::Text;
use super::primary::height_of;

/// Counts what a template is made of.
pub(crate) struct Nodes {
    left: Cell<usize>,
    most: usize,
}

impl Nodes {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            left: Cell::new(most),
            most,
        }
    }

    pub(crate) fn add(&self, at: Pos) -> Result<()> {
        match self.left.get().checked_sub(1) {
            Some(left) => {
                self.left.set(left);
                Ok(())
            }
            None => Err(Error::limit(format!(
                "Template parsing exceeded the AST node limit of {}",
                self.most
            ))
            .at(at)),
        }
    }
}

/// Reads the code of one tag, or of a part of one.
pub(crate) struct Parser<'a> {
    tokens: Vec<Token>,
    pub(super) index: usize,
    depth: usize,
    pub(super) nodes: &'a Nodes,
}

pub(super) const LITERALS: [&str; 4] = ["true", "false", "null", "none"];

impl<'a> Parser<'a> {
    pub(crate) fn new(code: &[u16], at: Pos, nodes: &'a Nodes) -> Result<Self> {
        Ok(Self {
            tokens: tokens(code, at)?,
            index: 0,
            depth: 0,
            nodes,
        })
    }

    /// All of the code as one expression.
    pub(crate) fn whole(mut self) -> Result<Expr> {
        let expression = self.inline_if()?;
        self.end()?;
        Ok(expression)
    }

    /// Names to bind, with commas between them.
    pub(crate) fn targets(mut self) -> Result<Vec<Target>> {
        let mut targets = Vec::new();
        loop {
            let (name, at) = self.name()?;
            if LITERALS.iter().any(|literal| name.is(literal)) {
                return Err(Error::syntax("Binding targets must be ordinary names", at));
            }
            targets.push(self.target(name, at)?);
            if !self.take(",") {
                self.end()?;
                return Ok(targets);
            }
        }
    }

    /// The parameters of a macro, without their parentheses.
    pub(crate) fn parameters(mut self) -> Result<Vec<Parameter>> {
        let arguments = self.arguments_until(&TokenKind::End)?;
        let mut parameters = Vec::new();
        for argument in arguments.positional {
            let ExprKind::Symbol(target) = argument.kind else {
                return Err(Error::syntax(
                    "Formal parameters must be names",
                    argument.at,
                ));
            };
            parameters.push(Parameter {
                target,
                default: None,
            });
        }
        for (name, default) in arguments.keyword {
            parameters.push(Parameter {
                target: Target { name, slot: None },
                default: Some(default),
            });
        }
        Ok(parameters)
    }

    /// A filter's name and arguments, applied to what a filter block holds.
    pub(crate) fn filter_block(mut self, input: Expr) -> Result<Expr> {
        let filter = self.filter(input)?;
        self.end()?;
        Ok(filter)
    }

    pub(super) fn inline_if(&mut self) -> Result<Expr> {
        let then = self.or()?;
        if !self.take_name("if") {
            return Ok(then);
        }
        let condition = self.or()?;
        let otherwise = if self.take_name("else") {
            Some(self.nested(Self::or)?)
        } else {
            None
        };
        let height = then
            .height
            .max(condition.height)
            .max(otherwise.as_ref().map_or(0, |e| e.height));
        let kind = ExprKind::InlineIf(Box::new(InlineIf {
            condition,
            then,
            otherwise,
        }));
        let at = self.peek().at;
        self.make(at, height, kind)
    }

    fn or(&mut self) -> Result<Expr> {
        let mut left = self.and()?;
        while self.take_name("or") {
            let right = self.and()?;
            left = self.pair(left, right, |pair| ExprKind::Or(Box::new(pair)))?;
        }
        Ok(left)
    }

    fn and(&mut self) -> Result<Expr> {
        let mut left = self.not()?;
        while self.take_name("and") {
            let right = self.not()?;
            left = self.pair(left, right, |pair| ExprKind::And(Box::new(pair)))?;
        }
        Ok(left)
    }

    fn not(&mut self) -> Result<Expr> {
        let at = self.peek().at;
        if self.take_name("not") {
            let target = self.nested(Self::not)?;
            return self.negate_leftmost(target, at);
        }
        self.membership()
    }

    /// `not` takes hold of the leftmost operand of arithmetic and comparisons, as it does where `!` is put before the
    /// JavaScript that nunjucks makes of them.
    fn negate_leftmost(&mut self, mut target: Expr, at: Pos) -> Result<Expr> {
        match target.kind {
            ExprKind::Binary(operator, pair) if operator != Operator::Pow => {
                let (left, right) = *pair;
                let left = self.negate_leftmost(left, at)?;
                let height = left.height.max(right.height);
                self.make(
                    at,
                    height,
                    ExprKind::Binary(operator, Box::new((left, right))),
                )
            }
            ExprKind::Compare(first, rest) => {
                target.kind = ExprKind::Compare(Box::new(self.negate_leftmost(*first, at)?), rest);
                target.at = at;
                target.height = target.height.saturating_add(1);
                Ok(target)
            }
            _ => {
                let height = target.height;
                self.make(at, height, ExprKind::Not(Box::new(target)))
            }
        }
    }

    fn membership(&mut self) -> Result<Expr> {
        let mut left = self.test()?;
        loop {
            let negated = self.peek().is_name("not") && self.peek_at(1).is_name("in");
            if negated {
                self.index += 2;
            } else if !self.take_name("in") {
                return Ok(left);
            }
            let right = self.test()?;
            left = self.pair(left, right, |pair| ExprKind::In(Box::new(pair)))?;
            if negated {
                let (at, height) = (left.at, left.height);
                left = self.make(at, height, ExprKind::Not(Box::new(left)))?;
            }
        }
    }

    fn test(&mut self) -> Result<Expr> {
        let left = self.equality()?;
        if !self.take_name("is") {
            return Ok(left);
        }
        let negated = self.take_name("not");
        let right = self.equality()?;
        let (left_at, right_at) = (left.at, right.at);
        let height = left.height.max(right.height);
        let test = self.make(right_at, height, ExprKind::Is(Box::new((left, right))))?;
        if !negated {
            return Ok(test);
        }
        let height = test.height;
        self.make(left_at, height, ExprKind::Not(Box::new(test)))
    }

    fn equality(&mut self) -> Result<Expr> {
        self.comparison(
            &[
                ("==", Comparison::Equal),
                ("===", Comparison::Identical),
                ("!=", Comparison::Different),
                ("!==", Comparison::NotIdentical),
            ],
            Self::relational,
        )
    }

    fn relational(&mut self) -> Result<Expr> {
        self.comparison(
            &[
                ("<", Comparison::Less),
                ("<=", Comparison::LessOrEqual),
                (">", Comparison::Greater),
                (">=", Comparison::GreaterOrEqual),
            ],
            Self::additive,
        )
    }

    fn comparison(
        &mut self,
        operators: &[(&str, Comparison)],
        operand: fn(&mut Self) -> Result<Expr>,
    ) -> Result<Expr> {
        let left = operand(self)?;
        let mut rest = Vec::new();
        let mut height = left.height;
        while let Some((_, comparison)) = operators
            .iter()
            .find(|(text, _)| self.peek().is_operator(text))
        {
            self.index += 1;
            let right = operand(self)?;
            height = height.max(right.height);
            self.nodes.add(right.at)?;
            rest.push((*comparison, right));
        }
        if rest.is_empty() {
            return Ok(left);
        }
        let at = left.at;
        self.make(at, height, ExprKind::Compare(Box::new(left), rest))
    }

    fn additive(&mut self) -> Result<Expr> {
        let mut left = self.multiplicative()?;
        loop {
            let operator = if self.take("+") {
                Operator::Add
            } else if self.take("-") {
                Operator::Sub
            } else if self.take("~") {
                Operator::Concat
            } else {
                return Ok(left);
            };
            let right = self.multiplicative()?;
            left = self.binary(operator, left, right)?;
        }
    }

    /// `*`, `/`, `//` and `%`: read as each binding closer than the one before it, yet worked out from left to right,
    /// as JavaScript does with the code that nunjucks makes of them; only `//` keeps to itself.
    fn multiplicative(&mut self) -> Result<Expr> {
        let (mut left, rest) = self.products()?;
        for (operator, right) in rest {
            left = self.binary(operator, left, right)?;
        }
        Ok(left)
    }

    fn products(&mut self) -> Result<Sequence> {
        let mut sequence = self.quotients()?;
        while self.take("*") {
            let (first, rest) = self.quotients()?;
            sequence.1.push((Operator::Mul, first));
            sequence.1.extend(rest);
        }
        Ok(sequence)
    }

    fn quotients(&mut self) -> Result<Sequence> {
        let mut sequence = self.floored_quotients()?;
        while self.take("/") {
            let (first, rest) = self.floored_quotients()?;
            sequence.1.push((Operator::Div, first));
            sequence.1.extend(rest);
        }
        Ok(sequence)
    }

    fn floored_quotients(&mut self) -> Result<Sequence> {
        let mut sequence = self.remainders()?;
        while self.take("//") {
            let (first, rest) = self.remainders()?;
            sequence.1.push((Operator::Div, first));
            sequence.1.extend(rest);
            let mut quotient = sequence.0;
            for (operator, right) in sequence.1 {
                quotient = self.binary(operator, quotient, right)?;
            }
            let (at, height) = (quotient.at, quotient.height);
            sequence = (
                self.make(at, height, ExprKind::Floor(Box::new(quotient)))?,
                Vec::new(),
            );
        }
        Ok(sequence)
    }

    fn remainders(&mut self) -> Result<Sequence> {
        let first = self.power()?;
        let mut rest = Vec::new();
        while self.take("%") {
            rest.push((Operator::Mod, self.power()?));
        }
        Ok((first, rest))
    }

    fn power(&mut self) -> Result<Expr> {
        let mut left = self.filtered()?;
        while self.take("**") {
            let right = self.filtered()?;
            left = self.binary(Operator::Pow, left, right)?;
        }
        Ok(left)
    }

    fn filtered(&mut self) -> Result<Expr> {
        let mut expression = self.unary()?;
        while self.take("|") {
            expression = self.filter(expression)?;
        }
        Ok(expression)
    }

    fn filter(&mut self, input: Expr) -> Result<Expr> {
        let (first, name_at) = self.name()?;
        allowed(&first, name_at)?;
        let mut name = first.to_string();
        while self.take(".") {
            let (segment, at) = self.name()?;
            allowed(&segment, at)?;
            name.push('.');
            name.push_str(&segment.to_string());
        }
        let arguments = if self.take("(") {
            self.nested(Self::arguments)?
        } else {
            Arguments::default()
        };
        let height = input.height.max(height_of(&arguments));
        self.make(
            name_at,
            height,
            ExprKind::Filter(Box::new(Filter {
                name,
                name_at,
                input,
                arguments,
            })),
        )
    }

    fn unary(&mut self) -> Result<Expr> {
        let at = self.peek().at;
        if self.take("-") {
            let target = self.nested(Self::unary)?;
            if matches!(target.kind, ExprKind::Negative(_)) {
                return Err(Error::syntax(
                    "Repeated unparenthesized unary - is not supported",
                    target.at,
                ));
            }
            let height = target.height;
            return self.make(at, height, ExprKind::Negative(Box::new(target)));
        }
        if self.take("+") {
            let target = self.nested(Self::unary)?;
            if matches!(target.kind, ExprKind::Positive(_)) {
                return Err(Error::syntax(
                    "Repeated unparenthesized unary + is not supported",
                    target.at,
                ));
            }
            let height = target.height;
            return self.make(at, height, ExprKind::Positive(Box::new(target)));
        }
        self.postfix()
    }

    fn pair(
        &mut self,
        left: Expr,
        right: Expr,
        kind: fn((Expr, Expr)) -> ExprKind,
    ) -> Result<Expr> {
        let (at, height) = (left.at, left.height.max(right.height));
        self.make(at, height, kind((left, right)))
    }

    fn binary(&mut self, operator: Operator, left: Expr, right: Expr) -> Result<Expr> {
        let (at, height) = (left.at, left.height.max(right.height));
        self.make(
            at,
            height,
            ExprKind::Binary(operator, Box::new((left, right))),
        )
    }

    pub(super) fn target(&mut self, name: Text, at: Pos) -> Result<Target> {
        allowed(&name, at)?;
        Ok(Target { name, slot: None })
    }

    /// An expression around others, of which the highest is `below` high.
    pub(super) fn make(&mut self, at: Pos, below: u16, kind: ExprKind) -> Result<Expr> {
        self.nodes.add(at)?;
        if below >= HIGHEST {
            return Err(Error::limit(format!(
                "Template parsing exceeded the expression depth limit of {HIGHEST}"
            ))
            .at(at));
        }
        Ok(Expr {
            at,
            height: below + 1,
            kind,
        })
    }

    pub(super) fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.depth += 1;
        if self.depth > DEEPEST_WRITTEN {
            let at = self.peek().at;
            return Err(Error::limit(format!(
                "Template parsing exceeded the nesting depth limit of {DEEPEST_WRITTEN}"
            ))
            .at(at));
        }
        let read = read(self);
        self.depth -= 1;
        read
    }

    pub(super) fn peek(&self) -> &Token {
        self.peek_at(0)
    }

    pub(super) fn peek_at(&self, offset: usize) -> &Token {
        const NOTHING: &Token = &Token {
            at: Pos { line: 0, column: 0 },
            kind: TokenKind::End,
        };
        self.tokens
            .get(self.index + offset)
            .or_else(|| self.tokens.last())
            .unwrap_or(NOTHING)
    }

    pub(super) fn take(&mut self, operator: &str) -> bool {
        let taken = self.peek().is_operator(operator);
        self.index += usize::from(taken);
        taken
    }

    fn take_name(&mut self, name: &str) -> bool {
        let taken = self.peek().is_name(name);
        self.index += usize::from(taken);
        taken
    }

    pub(super) fn name(&mut self) -> Result<(Text, Pos)> {
        let token = self.peek().clone();
        let TokenKind::Name(name) = token.kind else {
            return Err(Error::syntax(
                format!("Expected name, received {}", token.shown()),
                token.at,
            ));
        };
        self.index += 1;
        Ok((name, token.at))
    }

    pub(super) fn require(&mut self, operator: &str) -> Result<()> {
        if self.take(operator) {
            Ok(())
        } else {
            Err(Error::syntax(
                format!("Expected {operator}"),
                self.peek().at,
            ))
        }
    }

    fn end(&mut self) -> Result<()> {
        let token = self.peek();
        match token.kind {
            TokenKind::End => Ok(()),
            _ => Err(Error::syntax(
                format!("Expected eof, received {}", token.shown()),
                token.at,
            )),
        }
    }
}

/// An operand, and operators with further ones.
type Sequence = (Expr, Vec<(Operator, Expr)>);

pub(super) fn allowed(name: &[u16], at: Pos) -> Result<()> {
    if is_reserved(name) {
        return Err(Error::syntax(
            format!(
                "Template name {} is reserved",
                quoted(&String::from_utf16_lossy(name))
            ),
            at,
        ));
    }
    Ok(())
}
