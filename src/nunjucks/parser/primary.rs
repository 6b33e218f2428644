//! What operators stand between: names, literals, lists, and what is looked up in them or called.

use super::super::ast::{Arguments, Expr, ExprKind, Literal};
use super::super::error::{Error, Pos, Result};
use super::super::lexer::TokenKind;
use super::super::text::Text;
use super::expression::{LITERALS, Parser, allowed};

impl Parser<'_> {
    pub(super) fn postfix(&mut self) -> Result<Expr> {
        let mut expression = self.primary()?;
        loop {
            if self.take(".") {
                let (key, at) = self.name()?;
                allowed(&key, at)?;
                let key = self.make(at, 0, ExprKind::Literal(Literal::Text(key)))?;
                let height = expression.height;
                expression =
                    self.make(at, height, ExprKind::Lookup(Box::new((expression, key))))?;
            } else if self.take("[") {
                expression = self.subscript(expression)?;
            } else if self.take("(") {
                let arguments = self.nested(Self::arguments)?;
                let (at, height) = (expression.at, expression.height.max(height_of(&arguments)));
                expression = self.make(
                    at,
                    height,
                    ExprKind::Call(Box::new((expression, arguments))),
                )?;
            } else {
                return Ok(expression);
            }
        }
    }

    fn subscript(&mut self, target: Expr) -> Result<Expr> {
        let at = self.peek().at;
        let ends = |parser: &Self| parser.peek().is_operator(":") || parser.peek().is_operator("]");
        let start = if ends(self) {
            None
        } else {
            Some(self.nested(Self::inline_if)?)
        };
        if !self.take(":") {
            let Some(key) = start else {
                return Err(Error::syntax("Expected subscript expression", at));
            };
            self.require("]")?;
            if let ExprKind::Literal(Literal::Text(name)) = &key.kind {
                allowed(name, key.at)?;
            }
            let (at, height) = (key.at, target.height.max(key.height));
            return self.make(at, height, ExprKind::Lookup(Box::new((target, key))));
        }
        let stop = if ends(self) {
            None
        } else {
            Some(self.nested(Self::inline_if)?)
        };
        let mut step = None;
        if self.take(":") && !self.peek().is_operator("]") {
            step = Some(self.nested(Self::inline_if)?);
        }
        self.require("]")?;
        let bounds = [
            self.or_literal(start, Literal::Null, at)?,
            self.or_literal(stop, Literal::Null, at)?,
            self.or_literal(step, Literal::Number(1.0), at)?,
        ];
        let height = bounds
            .iter()
            .map(|e| e.height)
            .fold(target.height, u16::max);
        self.make(at, height, ExprKind::Slice(Box::new((target, bounds))))
    }

    fn or_literal(&mut self, given: Option<Expr>, literal: Literal, at: Pos) -> Result<Expr> {
        match given {
            Some(given) => Ok(given),
            None => self.make(at, 0, ExprKind::Literal(literal)),
        }
    }

    fn primary(&mut self) -> Result<Expr> {
        let token = self.peek().clone();
        self.index += 1;
        let literal = match token.kind {
            TokenKind::Number(value, _) => Literal::Number(value),
            TokenKind::Text(text) => Literal::Text(text),
            TokenKind::Regex(regex) => Literal::Regex(regex),
            TokenKind::Name(name) if name.is("true") => Literal::Bool(true),
            TokenKind::Name(name) if name.is("false") => Literal::Bool(false),
            TokenKind::Name(name) if name.is("none") || name.is("null") => Literal::Null,
            TokenKind::Name(name) => {
                let target = self.target(name, token.at)?;
                return self.make(token.at, 0, ExprKind::Symbol(target));
            }
            TokenKind::Operator("(") => {
                let parts = self.nested(|parser| parser.list(")"))?;
                if parts.is_empty() {
                    return Err(Error::syntax(
                        "Parenthesized expression cannot be empty",
                        token.at,
                    ));
                }
                return self.make(token.at, highest(&parts), ExprKind::Group(parts));
            }
            TokenKind::Operator("[") => {
                let items = self.nested(|parser| parser.list("]"))?;
                return self.make(token.at, highest(&items), ExprKind::Array(items));
            }
            TokenKind::Operator("{") => {
                let entries = self.nested(Self::dictionary)?;
                let height = entries
                    .iter()
                    .map(|(_, value)| value.height)
                    .max()
                    .unwrap_or(0);
                return self.make(token.at, height, ExprKind::Dict(entries));
            }
            TokenKind::Operator(_) => {
                return Err(Error::syntax(
                    format!("Unexpected expression token {}", token.shown()),
                    token.at,
                ));
            }
            TokenKind::End => {
                self.index -= 1;
                return Err(Error::syntax(
                    "Unexpected expression token at end of input",
                    token.at,
                ));
            }
        };
        self.make(token.at, 0, ExprKind::Literal(literal))
    }

    fn list(&mut self, end: &str) -> Result<Vec<Expr>> {
        let mut items = Vec::new();
        if self.take(end) {
            return Ok(items);
        }
        loop {
            items.push(self.inline_if()?);
            if !self.take(",") {
                self.require(end)?;
                return Ok(items);
            }
        }
    }

    fn dictionary(&mut self) -> Result<Vec<(Text, Expr)>> {
        let mut entries = Vec::new();
        if self.take("}") {
            return Ok(entries);
        }
        loop {
            let token = self.peek().clone();
            let key = match token.kind {
                TokenKind::Name(name) if !LITERALS.iter().any(|literal| name.is(literal)) => name,
                TokenKind::Text(text) => text,
                _ => {
                    return Err(Error::syntax(
                        "Dictionary keys must be strings or names",
                        token.at,
                    ));
                }
            };
            self.index += 1;
            allowed(&key, token.at)?;
            self.require(":")?;
            self.nodes.add(token.at)?;
            entries.push((key, self.inline_if()?));
            if !self.take(",") {
                self.require("}")?;
                return Ok(entries);
            }
        }
    }

    pub(super) fn arguments(&mut self) -> Result<Arguments> {
        self.arguments_until(&TokenKind::Operator(")"))
    }

    pub(super) fn arguments_until(&mut self, end: &TokenKind) -> Result<Arguments> {
        let mut arguments = Arguments::default();
        if self.take_end(end) {
            return Ok(arguments);
        }
        loop {
            if matches!(self.peek().kind, TokenKind::Name(_)) && self.peek_at(1).is_operator("=") {
                let (name, at) = self.name()?;
                allowed(&name, at)?;
                self.require("=")?;
                let value = self.inline_if()?;
                self.nodes.add(at)?;
                arguments.keyword.push((name, value));
            } else {
                arguments.positional.push(self.inline_if()?);
            }
            if !self.take(",") {
                break;
            }
        }
        if self.take_end(end) {
            Ok(arguments)
        } else {
            Err(Error::syntax("Expected )", self.peek().at))
        }
    }

    fn take_end(&mut self, end: &TokenKind) -> bool {
        match end {
            TokenKind::Operator(operator) => self.take(operator),
            _ => matches!(self.peek().kind, TokenKind::End),
        }
    }
}

pub(super) fn highest(parts: &[Expr]) -> u16 {
    parts.iter().map(|part| part.height).max().unwrap_or(0)
}

pub(super) fn height_of(arguments: &Arguments) -> u16 {
    let keyword = arguments
        .keyword
        .iter()
        .map(|(_, value)| value.height)
        .max()
        .unwrap_or(0);
    highest(&arguments.positional).max(keyword)
}
