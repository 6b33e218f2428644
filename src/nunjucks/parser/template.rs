//! Statements: which tags there are, what they hold and how they end.

use std::collections::HashMap;
use std::sync::Arc;

use super::super::ast::{
    Arguments, Block, Body, CallBlock, Expr, ExprKind, For, Literal, Macro, Node, NodeKind,
    Parameter, SetValue, Switch, Target,
};
use super::super::error::{Error, Pos, Result, did_you_mean, quoted};
use super::super::limits::{DEEPEST_WRITTEN, Limits};
use super::super::scan::{
    Piece, Syntax, Tag, closing_bracket, scan, top_level, top_level_word, trim_code,
    trim_code_start,
};
use super::super::text::{Text, is_ascii, same};
use super::expression::{Nodes, Parser};

/// Tags that end a block or part it, and the ones of them that hold nothing themselves.
const STOPS: [&str; 12] = [
    "else",
    "endif",
    "endfor",
    "endmacro",
    "endcall",
    "endfilter",
    "endset",
    "default",
    "endswitch",
    "elif",
    "elseif",
    "case",
];
const EMPTY_STOPS: usize = 9;
const STATEMENTS: [&str; 12] = [
    "if", "for", "set", "macro", "call", "filter", "block", "switch", "include", "import", "from",
    "extends",
];

/// Reads a template.
pub(crate) fn parse(source: &[u16], syntax: Syntax, limits: Limits) -> Result<Body> {
    if source.len() > limits.source {
        return Err(Error::limit(format!(
            "Template parsing exceeded the source code unit limit of {}",
            limits.source
        )));
    }
    let nodes = Nodes::new(limits.nodes);
    let mut reader = Reader {
        pieces: scan(source, syntax)?.into_iter(),
        nodes: &nodes,
        depth: 0,
        macros: 0,
        blocks: HashMap::new(),
        twice: None,
    };
    let (body, _) = reader.body(&[])?;
    match reader.twice {
        Some(error) => Err(error),
        None => Ok(body),
    }
}

struct Reader<'a> {
    pieces: std::vec::IntoIter<Piece>,
    nodes: &'a Nodes,
    depth: usize,
    /// How many macros were declared so far.
    macros: usize,
    blocks: HashMap<Text, Pos>,
    /// A block that has the name of another, told of once all else is known to be right.
    twice: Option<Box<Error>>,
}

impl Reader<'_> {
    /// All up to one of the tags given, and that tag; up to the end of the template where it never comes.
    fn body(&mut self, stops: &[&str]) -> Result<(Body, Option<Tag>)> {
        self.depth += 1;
        let mut body = Body::new();
        while let Some(piece) = self.pieces.next() {
            let (at, kind) = match piece {
                Piece::Text(text, at) => (at, NodeKind::Text(Text::from(text))),
                Piece::Variable(tag) => (
                    tag.at,
                    NodeKind::Output(self.expression(&tag.code, tag.code_at)?),
                ),
                Piece::Block(tag) => {
                    let name = String::from_utf16_lossy(tag.name());
                    if stops.contains(&name.as_str()) {
                        let empty = STOPS.iter().take(EMPTY_STOPS).any(|stop| *stop == name);
                        if empty && !tag.rest().is_empty() {
                            return Err(Error::syntax(
                                format!("{name} tag does not accept trailing content"),
                                tag.at,
                            ));
                        }
                        self.depth -= 1;
                        return Ok((body, Some(tag)));
                    }
                    if STOPS.contains(&name.as_str()) {
                        return Err(Error::syntax(unexpected(&name, stops), tag.at));
                    }
                    if self.depth > DEEPEST_WRITTEN {
                        let message = format!(
                            "Template parsing exceeded the nesting depth limit of {DEEPEST_WRITTEN}"
                        );
                        return Err(Error::limit(message).at(tag.at));
                    }
                    (tag.at, self.statement(&name, &tag)?)
                }
            };
            self.nodes.add(at)?;
            body.push(Node { at, kind });
        }
        self.depth -= 1;
        Ok((body, None))
    }

    fn statement(&mut self, name: &str, tag: &Tag) -> Result<NodeKind> {
        match name {
            "if" => self.conditional(tag),
            "for" => self.loop_over(tag),
            "set" => self.set(tag),
            "macro" => self.macro_(tag),
            "call" => self.call(tag),
            "filter" => self.filter(tag),
            "block" => self.block(tag),
            "switch" => self.switch(tag),
            "include" | "import" | "from" | "extends" => Err(Error::syntax(
                format!("Unsupported template-loading tag {}", quoted(name)),
                tag.at,
            )),
            "" => Err(Error::syntax("Template block tag cannot be empty", tag.at)),
            _ => {
                let near = did_you_mean(name, &STATEMENTS);
                Err(Error::syntax(
                    format!("Unknown template tag {}{near}", quoted(name)),
                    tag.at,
                ))
            }
        }
    }

    fn conditional(&mut self, tag: &Tag) -> Result<NodeKind> {
        let mut branches = Vec::new();
        let mut opening = tag.clone();
        loop {
            let condition = self.rest(&opening)?;
            let (body, stop) = self.body(&["elif", "elseif", "else", "endif"])?;
            branches.push((condition, body));
            let Some(stop) = stop else {
                return Err(missing("endif", &opening));
            };
            if same(stop.name(), "endif") {
                return Ok(NodeKind::If {
                    branches,
                    otherwise: None,
                });
            }
            if same(stop.name(), "else") {
                let otherwise = Some(self.body_until("endif", &opening)?);
                return Ok(NodeKind::If {
                    branches,
                    otherwise,
                });
            }
            self.nodes.add(stop.at)?;
            opening = stop;
        }
    }

    fn loop_over(&mut self, tag: &Tag) -> Result<NodeKind> {
        let header = tag.rest();
        let Some(word) = top_level_word(header, "in") else {
            return Err(Error::syntax("For tag requires an in expression", tag.at));
        };
        let offset = tag.rest_offset();
        let names = trim_code(header.get(..word).unwrap_or_default());
        let targets = Parser::new(names, tag.position(offset), self.nodes)?.targets()?;
        if let [target] = targets.as_slice()
            && target.name.is("loop")
        {
            return Err(Error::syntax(
                "A single loop target cannot be named loop",
                tag.at,
            ));
        }
        let list = self.part(
            tag,
            offset + word + 2,
            header.get(word + 2..).unwrap_or_default(),
        )?;
        let (body, stop) = self.body(&["else", "endfor"])?;
        let otherwise = match stop {
            None => return Err(missing("endfor", tag)),
            Some(stop) if same(stop.name(), "else") => Some(self.body_until("endfor", tag)?),
            Some(_) => None,
        };
        Ok(NodeKind::For(Box::new(For {
            list,
            length: 0,
            targets,
            body,
            record: None,
            otherwise,
        })))
    }

    fn set(&mut self, tag: &Tag) -> Result<NodeKind> {
        let header = tag.rest();
        let offset = tag.rest_offset();
        if let Some(sign) = top_level(header, '=') {
            let names = header.get(..sign).unwrap_or_default();
            let targets = Parser::new(names, tag.position(offset), self.nodes)?.targets()?;
            let value = self.part(
                tag,
                offset + sign + 1,
                header.get(sign + 1..).unwrap_or_default(),
            )?;
            return Ok(NodeKind::Set {
                targets,
                value: SetValue::Expr(value),
            });
        }
        let targets = Parser::new(header, tag.position(offset), self.nodes)?.targets()?;
        let body = self.captured("endset", "set", tag)?;
        Ok(NodeKind::Set {
            targets,
            value: SetValue::Body(body),
        })
    }

    fn macro_(&mut self, tag: &Tag) -> Result<NodeKind> {
        let invalid = || Error::syntax("Invalid macro signature", tag.at);
        let header = tag.rest();
        let end = super::super::lexer::identifier(header, 0, false).ok_or_else(invalid)?;
        let name = header.get(..end).unwrap_or_default();
        let after = trim_code_start(header.get(end..).unwrap_or_default());
        let inner = match after {
            [40, inner @ .., 41] => inner,
            _ => return Err(invalid()),
        };
        let offset = tag.rest_offset() + header.len() - inner.len() - 1;
        let name = self.expression(name, tag.position(tag.rest_offset()))?;
        let ExprKind::Symbol(target) = name.kind else {
            return Err(Error::syntax("Macro name must be an identifier", tag.at));
        };
        let parameters = self.parameters(inner, tag.position(offset))?;
        let body = self.body_until("endmacro", tag)?;
        self.macros += 1;
        Ok(NodeKind::Macro(Arc::new(Macro {
            target,
            parameters,
            body,
            slots: Vec::new(),
        })))
    }

    fn call(&mut self, tag: &Tag) -> Result<NodeKind> {
        let header = tag.rest();
        let mut offset = tag.rest_offset();
        let mut parameters = Vec::new();
        let mut callee = header;
        if header.first().is_some_and(|unit| is_ascii(*unit, "(")) {
            let Some(closing) = closing_bracket(header) else {
                return Err(Error::syntax("Invalid call-block arguments", tag.at));
            };
            parameters = self.parameters(
                header.get(1..closing).unwrap_or_default(),
                tag.position(offset + 1),
            )?;
            callee = header.get(closing + 1..).unwrap_or_default();
            offset += closing + 1;
        }
        let call = self.part(tag, offset, callee)?;
        let ExprKind::Call(call) = call.kind else {
            return Err(Error::syntax("Call block requires a function call", tag.at));
        };
        let (callee, arguments): (Expr, Arguments) = *call;
        if !is_static(&callee) {
            return Err(Error::syntax(
                "Call block target must be a static macro reference",
                tag.at,
            ));
        }
        let body = self.body_until("endcall", tag)?;
        let target = Target {
            name: Text::from("caller"),
            slot: None,
        };
        let caller = Arc::new(Macro {
            target,
            parameters,
            body,
            slots: Vec::new(),
        });
        Ok(NodeKind::Call(Box::new(CallBlock {
            callee,
            arguments,
            caller,
        })))
    }

    fn filter(&mut self, tag: &Tag) -> Result<NodeKind> {
        let body = self.captured("endfilter", "filter", tag)?;
        let capture = Expr {
            at: tag.at,
            height: 1,
            kind: ExprKind::Capture(body),
        };
        let at = tag.position(tag.rest_offset());
        Ok(NodeKind::Output(
            Parser::new(tag.rest(), at, self.nodes)?.filter_block(capture)?,
        ))
    }

    fn block(&mut self, tag: &Tag) -> Result<NodeKind> {
        let name = self.rest(tag)?;
        let ExprKind::Symbol(target) = name.kind else {
            return Err(Error::syntax("Block name must be an identifier", tag.at));
        };
        let (body, stop) = self.body(&["endblock"])?;
        let Some(stop) = stop else {
            return Err(missing("endblock", tag));
        };
        if !stop.rest().is_empty() && stop.rest() != &*target.name {
            return Err(Error::syntax(
                "Endblock name must match its opening block",
                stop.at,
            ));
        }
        // Blocks are compared in the order in which they begin, so an outer one is found where it ends.
        match self.blocks.insert(target.name.clone(), tag.at) {
            Some(first) if self.twice.is_none() => {
                let shown = quoted(&target.name.to_string());
                let message = format!(
                    "Block {shown} is declared more than once; another declaration is at line {}, column {}",
                    first.line + 1,
                    first.column + 1
                );
                self.twice = Some(Error::syntax(message, tag.at));
            }
            _ => {}
        }
        Ok(NodeKind::Block(Box::new(Block {
            body,
            slots: Vec::new(),
        })))
    }

    fn switch(&mut self, tag: &Tag) -> Result<NodeKind> {
        const PARTS: [&str; 3] = ["case", "default", "endswitch"];
        let subject = self.rest(tag)?;
        let (before, mut stop) = self.body(&PARTS)?;
        if !before.is_empty() {
            return Err(Error::syntax(
                "Switch content must begin with case or default",
                tag.at,
            ));
        }
        let mut cases = Vec::new();
        let mut default = None;
        while let Some(case) = stop.take_if(|stop| same(stop.name(), "case")) {
            let value = self.rest(&case)?;
            let (body, next) = self.body(&PARTS)?;
            self.nodes.add(case.at)?;
            cases.push((value, body));
            stop = next;
        }
        if stop
            .as_ref()
            .is_some_and(|stop| same(stop.name(), "default"))
        {
            let (body, next) = self.body(&["endswitch"])?;
            default = Some(body);
            stop = next;
        }
        if stop.is_none() {
            return Err(missing("endswitch", tag));
        }
        if cases.is_empty() && default.is_none() {
            return Err(Error::syntax(
                "Switch requires at least one case or default",
                tag.at,
            ));
        }
        Ok(NodeKind::Switch(Box::new(Switch {
            subject,
            cases,
            default,
        })))
    }

    /// A body whose output is kept, in which no macro can be declared.
    fn captured(&mut self, end: &str, name: &str, tag: &Tag) -> Result<Body> {
        let before = self.macros;
        let body = self.body_until(end, tag)?;
        if self.macros > before {
            return Err(Error::syntax(
                format!("Macro declarations are not supported inside {name} captures"),
                tag.at,
            ));
        }
        Ok(body)
    }

    fn body_until(&mut self, end: &str, tag: &Tag) -> Result<Body> {
        let (body, stop) = self.body(&[end])?;
        if stop.is_some() {
            Ok(body)
        } else {
            Err(missing(end, tag))
        }
    }

    fn parameters(&self, code: &[u16], at: Pos) -> Result<Vec<Parameter>> {
        Parser::new(code, at, self.nodes)?.parameters()
    }

    fn rest(&self, tag: &Tag) -> Result<Expr> {
        self.expression(tag.rest(), tag.position(tag.rest_offset()))
    }

    fn part(&self, tag: &Tag, offset: usize, code: &[u16]) -> Result<Expr> {
        self.expression(code, tag.position(offset))
    }

    fn expression(&self, code: &[u16], at: Pos) -> Result<Expr> {
        Parser::new(code, at, self.nodes)?.whole()
    }
}

/// Whether a call block's macro is named outright: `forms.field`, not `forms[name]`.
fn is_static(expression: &Expr) -> bool {
    match &expression.kind {
        ExprKind::Symbol(_) => true,
        ExprKind::Lookup(lookup) => {
            let (target, key) = lookup.as_ref();
            is_static(target)
                && matches!(&key.kind, ExprKind::Literal(literal) if !matches!(literal, Literal::Regex(_)))
        }
        _ => false,
    }
}

fn missing(end: &str, tag: &Tag) -> Box<Error> {
    Error::syntax(format!("Missing {end} tag"), tag.at)
}

fn unexpected(name: &str, expected: &[&str]) -> String {
    let name = quoted(name);
    let names: Vec<String> = expected.iter().map(|name| quoted(name)).collect();
    match names.as_slice() {
        [] => format!("Unexpected {name} tag without a matching opening tag"),
        [only] => format!("Unexpected {name} tag; expected {only}"),
        [rest @ .., last] => format!(
            "Unexpected {name} tag; expected {}, or {last}",
            rest.join(", ")
        ),
    }
}
