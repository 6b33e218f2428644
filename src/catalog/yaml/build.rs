//! From parser events to values.

use std::borrow::Cow;
use std::collections::HashMap;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, StrInput, Tag};
use serde_json::{Map, Value};

use super::marks::{Mark, Marks, count};
use super::repair::repair;
use super::scalar::{Scalar, plain, tagged};
use super::{YamlDocument, YamlError, YamlLimits, fast};

/// How many bytes may be read once more because of repairs.
const REPAIRS: usize = 32 << 20;

/// Reads all documents of a text.
///
/// A document that cannot be read stands in the list with its error; reading goes on at the next `---` line. Empty
/// documents are in the list, with the value null; a text without any document gives an empty list.
pub fn parse(text: &str, limits: &YamlLimits) -> Vec<YamlDocument> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.len() > limits.bytes {
        let message = format!("the file is larger than {} MiB", limits.bytes >> 20);
        return vec![failed(0, Mark { line: 1, column: 1 }, message)];
    }
    if let Some(documents) = fast::parse(text, limits) {
        return documents;
    }
    parse_with_events(text, limits)
}

/// [`parse`] by the parser's events alone.
pub(super) fn parse_with_events(text: &str, limits: &YamlLimits) -> Vec<YamlDocument> {
    let mut documents = Vec::new();
    let (mut text, mut begin, mut line_offset) = (Cow::Borrowed(text), 0, 0u32);
    let mut repairs = REPAIRS;
    loop {
        let rest = text.get(begin..).unwrap_or_default();
        let known = documents.len();
        let mut loader = Loader::new(rest, line_offset, documents, limits);
        let stopped_at = loader.run();
        documents = loader.documents;
        let Some(stopped_at) = stopped_at else { break };
        let line = stopped_at.line.saturating_sub(line_offset);
        if repairs >= rest.len()
            && let Some(repaired) = repair(rest, line as usize, stopped_at.column as usize)
        {
            repairs -= rest.len();
            documents.truncate(known);
            (text, begin) = (Cow::Owned(repaired), 0);
            continue;
        }
        // After an error the parser cannot go on: begin again at the next document, if there is one.
        let Some((next, lines)) = next_document(rest, line) else {
            break;
        };
        begin += rest.len() - next.len();
        line_offset = line_offset.saturating_add(lines);
        if documents.len() >= limits.documents {
            let mark = Mark {
                line: line_offset + 1,
                column: 1,
            };
            let message = format!("the file has more than {} documents", limits.documents);
            documents.push(failed(documents.len(), mark, message));
            break;
        }
    }
    documents
}

fn failed(index: usize, mark: Mark, message: String) -> YamlDocument {
    YamlDocument {
        index: u32::try_from(index).unwrap_or(u32::MAX),
        start: mark,
        content: Err(YamlError { message, mark }),
        marks: Marks::default(),
        has_dollar_keys: false,
    }
}

/// The text from the first `---` line after `line` (1-based), and how many lines come before it. The line itself counts
/// where it is nothing but a marker: then it ended the document that went wrong.
fn next_document(text: &str, line: u32) -> Option<(&str, u32)> {
    let mut offset = 0;
    for (before, content) in (0u32..).zip(text.split_inclusive('\n')) {
        let marker = content
            .strip_prefix("---")
            .is_some_and(|after| after.is_empty() || after.starts_with([' ', '\t', '\r', '\n']));
        let bare = content.trim_end() == "---";
        // The first line is where reading began: never again there.
        if marker && before > 0 && (before >= line || (bare && before + 1 >= line)) {
            return text.get(offset..).map(|rest| (rest, before));
        }
        offset += content.len();
    }
    None
}

/// A collection that is not complete yet.
struct Frame {
    anchor: usize,
    mark: Mark,
    kind: FrameKind,
}

enum FrameKind {
    Items(Vec<Value>),
    Entries {
        map: Map<String, Value>,
        /// The key whose value comes next.
        key: Option<String>,
        /// Whether that key's value takes the place of an entry with the same text but another type.
        replaces: bool,
        /// Keys that are no strings (`1:`), to tell `1` and `"1"` apart.
        typed: Vec<(String, KeyType)>,
    },
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum KeyType {
    Null,
    Bool,
    Number,
    Text,
    /// A collection or an alias as a key: never the same as another one.
    Other,
}

struct Loader<'t, 'l> {
    parser: Parser<'t, StrInput<'t>>,
    line_offset: u32,
    limits: &'l YamlLimits,
    documents: Vec<YamlDocument>,
    stack: Vec<Frame>,
    anchors: HashMap<usize, Value>,
    marks: Marks,
    nodes: usize,
    text: usize,
    dollar: bool,
    start: Option<Mark>,
    root: Option<Value>,
}

impl<'t, 'l> Loader<'t, 'l> {
    fn new(
        text: &'t str,
        line_offset: u32,
        documents: Vec<YamlDocument>,
        limits: &'l YamlLimits,
    ) -> Self {
        Self {
            parser: Parser::new_from_str(text),
            line_offset,
            limits,
            documents,
            stack: Vec::new(),
            anchors: HashMap::new(),
            marks: Marks::default(),
            nodes: 0,
            text: 0,
            dollar: false,
            start: None,
            root: None,
        }
    }

    /// Reads to the end, or to the first error, whose place it returns.
    fn run(&mut self) -> Option<Mark> {
        loop {
            let (event, span) = match self.parser.next_event()? {
                Ok(event) => event,
                Err(error) => return Some(self.fail(self.scan_error(&error))),
            };
            let mark = self.mark(span.start);
            let done = match event {
                Event::DocumentStart(_) => {
                    self.begin(mark);
                    Ok(())
                }
                Event::DocumentEnd => {
                    self.end(mark);
                    if self.documents.len() >= self.limits.documents {
                        let message =
                            format!("the file has more than {} documents", self.limits.documents);
                        let index = self.documents.len();
                        self.documents.push(failed(index, mark, message));
                        return None;
                    }
                    Ok(())
                }
                Event::StreamEnd => return None,
                Event::StreamStart | Event::Nothing => Ok(()),
                Event::Scalar(text, style, anchor, tag) => {
                    self.scalar(&text, style, anchor, tag.as_deref(), mark)
                }
                Event::Alias(anchor) => self.alias(anchor, mark),
                Event::SequenceStart(anchor, _) => {
                    self.open(anchor, mark, FrameKind::Items(Vec::new()))
                }
                Event::MappingStart(anchor, _) => self.open(
                    anchor,
                    mark,
                    FrameKind::Entries {
                        map: Map::new(),
                        key: None,
                        replaces: false,
                        typed: Vec::new(),
                    },
                ),
                Event::SequenceEnd | Event::MappingEnd => self.close(),
            };
            if let Err(error) = done {
                return Some(self.fail(error));
            }
        }
    }

    fn mark(&self, marker: Marker) -> Mark {
        let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Mark {
            line: small(marker.line()).saturating_add(self.line_offset),
            column: small(marker.col()).saturating_add(1),
        }
    }

    fn scan_error(&self, error: &ScanError) -> YamlError {
        YamlError {
            message: error.info().to_owned(),
            mark: self.mark(*error.marker()),
        }
    }

    fn begin(&mut self, mark: Mark) {
        self.stack.clear();
        self.anchors.clear();
        self.marks = Marks::default();
        self.nodes = 0;
        self.text = 0;
        self.dollar = false;
        self.root = None;
        self.start = Some(mark);
    }

    fn end(&mut self, mark: Mark) {
        let marks = std::mem::take(&mut self.marks);
        let start = marks.list.first().copied().or(self.start).unwrap_or(mark);
        self.documents.push(YamlDocument {
            index: u32::try_from(self.documents.len()).unwrap_or(u32::MAX),
            start,
            content: Ok(self.root.take().unwrap_or(Value::Null)),
            marks,
            has_dollar_keys: self.dollar,
        });
        self.start = None;
    }

    fn fail(&mut self, error: YamlError) -> Mark {
        let mark = error.mark;
        let index = self.documents.len();
        self.documents.push(failed(index, mark, error.message));
        mark
    }

    /// Counts a value and its text against the limits.
    fn spend(&mut self, nodes: usize, text: usize, mark: Mark) -> Result<(), YamlError> {
        self.nodes = self.nodes.saturating_add(nodes);
        self.text = self.text.saturating_add(text);
        let message = if self.nodes > self.limits.nodes {
            format!(
                "the document has more than {} values, aliases counted",
                self.limits.nodes
            )
        } else if self.text > self.limits.text {
            format!(
                "the document has more than {} MiB of text, aliases counted",
                self.limits.text >> 20
            )
        } else {
            return Ok(());
        };
        Err(YamlError { message, mark })
    }

    fn open(&mut self, anchor: usize, mark: Mark, kind: FrameKind) -> Result<(), YamlError> {
        if self.stack.len() >= self.limits.depth {
            let message = format!(
                "collections are nested more than {} deep",
                self.limits.depth
            );
            return Err(YamlError { message, mark });
        }
        self.spend(1, 0, mark)?;
        self.marks.list.push(mark);
        self.stack.push(Frame { anchor, mark, kind });
        Ok(())
    }

    fn close(&mut self) -> Result<(), YamlError> {
        let Some(frame) = self.stack.pop() else {
            return Ok(());
        };
        let value = match frame.kind {
            FrameKind::Items(items) => Value::Array(items),
            FrameKind::Entries { map, .. } => Value::Object(map),
        };
        if self.expects_key() {
            // A collection as a key: its marks are dropped for the one of the key.
            let marks = self.marks.list.len().saturating_sub(count(&value)) + 1;
            self.marks.list.truncate(marks);
            let key = flow_text(&value);
            return self.key(key, KeyType::Other, frame.mark);
        }
        self.place(value, frame.anchor)
    }

    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<&Tag>,
        mark: Mark,
    ) -> Result<(), YamlError> {
        self.spend(1, text.len(), mark)?;
        self.marks.list.push(mark);
        let scalar = match tag {
            Some(tag) => tagged(text, &tag.handle, &tag.suffix),
            None if style == ScalarStyle::Plain => plain(text),
            None => Scalar::Text(text),
        };
        if self.expects_key() {
            if anchor != 0 {
                self.anchors.insert(anchor, scalar.to_value());
            }
            let key_type = match scalar {
                Scalar::Null => KeyType::Null,
                Scalar::Bool(_) => KeyType::Bool,
                Scalar::Number(_) => KeyType::Number,
                Scalar::Text(_) => KeyType::Text,
            };
            return self.key(scalar.to_key(), key_type, mark);
        }
        self.place(scalar.to_value(), anchor)
    }

    fn alias(&mut self, anchor: usize, mark: Mark) -> Result<(), YamlError> {
        let Some(value) = self.anchors.get(&anchor) else {
            return Err(YamlError {
                message: "the alias stands inside the value it refers to".to_owned(),
                mark,
            });
        };
        let (marks, text) = (count(value), text_length(value));
        self.spend(marks, text, mark)?;
        // The limits hold now; a clone before them would be the bomb itself.
        let Some(value) = self.anchors.get(&anchor).cloned() else {
            return Ok(());
        };
        if self.stack.len() + depth(&value) > self.limits.depth {
            let message = format!(
                "collections are nested more than {} deep",
                self.limits.depth
            );
            return Err(YamlError { message, mark });
        }
        if self.expects_key() {
            self.marks.list.push(mark);
            let key = match &value {
                Value::String(text) => text.clone(),
                Value::Null => String::new(),
                other => flow_text(other),
            };
            return self.key(key, KeyType::Other, mark);
        }
        self.marks.list.extend(std::iter::repeat_n(mark, marks));
        self.place(value, 0)
    }

    fn expects_key(&self) -> bool {
        matches!(
            self.stack.last(),
            Some(Frame {
                kind: FrameKind::Entries { key: None, .. },
                ..
            })
        )
    }

    fn key(&mut self, text: String, key_type: KeyType, mark: Mark) -> Result<(), YamlError> {
        self.dollar |= text.starts_with('$');
        let Some(Frame {
            kind:
                FrameKind::Entries {
                    map,
                    key,
                    replaces,
                    typed,
                },
            ..
        }) = self.stack.last_mut()
        else {
            return Ok(());
        };
        let earlier = map.contains_key(&text).then(|| {
            typed
                .iter()
                .find(|(known, _)| *known == text)
                .map_or(KeyType::Text, |(_, t)| *t)
        });
        if earlier == Some(key_type) && key_type != KeyType::Other {
            let message = format!("Map keys must be unique: \"{text}\" stands here a second time");
            return Err(YamlError { message, mark });
        }
        if key_type != KeyType::Text {
            typed.push((text.clone(), key_type));
        }
        *replaces = earlier.is_some();
        *key = Some(text);
        Ok(())
    }

    /// Puts a complete value where it belongs.
    fn place(&mut self, value: Value, anchor: usize) -> Result<(), YamlError> {
        if anchor != 0 {
            // Anchors within anchors keep copies of copies: they count as values do.
            let mark = self.marks.list.last().copied().unwrap_or_default();
            self.spend(count(&value), text_length(&value), mark)?;
            self.anchors.insert(anchor, value.clone());
        }
        match self.stack.last_mut() {
            None => self.root = Some(value),
            Some(Frame {
                kind: FrameKind::Items(items),
                ..
            }) => items.push(value),
            Some(Frame {
                kind:
                    FrameKind::Entries {
                        map, key, replaces, ..
                    },
                ..
            }) => {
                if let Some(key) = key.take() {
                    self.marks.unusable |= *replaces;
                    map.insert(key, value);
                }
            }
        }
        Ok(())
    }
}

fn text_length(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(text_length).sum(),
        Value::Object(map) => map.iter().map(|(k, v)| k.len() + text_length(v)).sum(),
        _ => 0,
    }
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(map) => 1 + map.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

/// A collection in flow style, as it stands for itself where it is a key.
fn flow_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) if items.is_empty() => "[]".to_owned(),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(flow_text).collect();
            format!("[ {} ]", items.join(", "))
        }
        Value::Object(map) if map.is_empty() => "{}".to_owned(),
        Value::Object(map) => {
            let entry = |(key, value): (&String, &Value)| match value {
                // `{{ name }}`, a template's: a key alone.
                Value::Null => key.clone(),
                value => format!("{key}: {}", flow_text(value)),
            };
            let entries: Vec<_> = map.iter().map(entry).collect();
            format!("{{ {} }}", entries.join(", "))
        }
        other => other.to_string(),
    }
}
