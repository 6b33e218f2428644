//! Reading one catalog file: bytes to entities and problems, as Backstage would process them.
//!
//! For each document: envelope, rules, placeholders, policies, kind schema, references, then defaults, location
//! annotations and sorted lists. Unlike Backstage, a document that cannot be read keeps out itself alone.
//! Nothing here reads anything: what placeholders and Location entities name is handed to the caller.

mod complete;
mod pending;
mod repeated;

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::entity_ref::{self, DEFAULT_NAMESPACE};
use super::location::LocationTarget;
use super::placeholder::{self, PlaceholderRequest};
use super::places::{mark_of, place};
use super::policy::{self, Fault};
use super::record::{FileRecord, Problem, Severity, entry, entry_of};
use super::refused::{self, Boundaries, RefusedDocument};
use super::rules::{Rules, Trust};
use super::unserved::REFUSED;
use super::yaml::{self, Mark, YamlDocument, YamlLimits};
use pending::Pending;

/// No room is made for more entities than these before they are known to be some.
const MOST_ROOM: usize = 64;

/// A document with more placeholders is refused.
const MAX_PLACEHOLDERS: usize = 200;

/// What is known of a file besides its bytes.
#[derive(Clone, Copy, Debug)]
pub struct FileContext<'a> {
    /// The file as a location: `url:https://…/catalog-info.yaml`, `file:/…/catalog-info.yaml`.
    pub location: &'a str,
    /// The configured location it was reached from.
    pub origin: &'a str,
    /// `backstage.io/view-url`, for entities that name none. Backstage sets it for `url` locations.
    pub view_url: Option<&'a str>,
    /// `backstage.io/edit-url`, likewise; not for a URL that holds a commit's hash.
    pub edit_url: Option<&'a str>,
    /// `backstage.io/source-location`, likewise: the folder as a location, `url:https://…/`.
    pub source_location: Option<&'a str>,
    /// Which kinds may come from here.
    pub rules: &'a Rules,
    /// How the origin came to be read.
    pub trust: Trust,
    /// What the file may ask for.
    pub limits: YamlLimits,
}

/// A file that was read, as far as that goes without reading others.
#[derive(Clone, Debug)]
pub struct ParsedFile {
    /// Entities and problems. Complete where there are no [`placeholders`](Self::placeholders).
    pub file: FileRecord,
    /// Content that is needed before the rest of the entities is complete; give it to [`resolve`](Self::resolve).
    pub placeholders: Vec<PlaceholderRequest>,
    /// What the file's Location entities name.
    pub locations: Vec<LocationTarget>,
    pending: Vec<Pending>,
    /// What of the context a pending entity still needs.
    limits: YamlLimits,
    annotations: Annotations,
}

/// The annotations of entities that name none of their own.
#[derive(Clone, Debug)]
struct Annotations {
    view_url: Option<String>,
    edit_url: Option<String>,
    source_location: Option<String>,
}

/// Reads a catalog file.
pub fn read(bytes: &[u8], context: &FileContext<'_>) -> ParsedFile {
    let mut parsed = ParsedFile::empty(context);
    let Some(text) = parsed.decode(bytes, &context.limits) else {
        return parsed;
    };
    let documents = yaml::parse(&text, &context.limits);
    let mut boundaries = Boundaries::of(&text);
    // Most files give one entity or two: room for exactly those, not for the four that a first push makes.
    let room = documents.len().min(MOST_ROOM);
    parsed.file.entities.reserve_exact(room);
    for document in documents {
        let waiting = parsed.pending.len();
        if let Err((fault, mark, entity_ref)) = parsed.document(document, context) {
            if let Some(entity_ref) = entity_ref.as_deref().filter(|_| fault.name != REFUSED) {
                refused::keep(&mut parsed.file.refused, || {
                    RefusedDocument::from_file(&mut boundaries, mark.line, entity_ref)
                });
            }
            parsed.file.problems.push(problem(fault, mark, entity_ref));
        } else if let Some(pending) = parsed.pending.get_mut(waiting) {
            let line = pending.document.start.line;
            let source = RefusedDocument::from_file(&mut boundaries, line, &pending.entity_ref);
            pending.source = Some(source);
        }
    }
    parsed.file.keep_last_of_each();
    parsed
}

type Refusal = (Fault, Mark, Option<String>);

impl ParsedFile {
    fn empty(context: &FileContext<'_>) -> Self {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Self {
            file: FileRecord {
                location: context.location.to_owned(),
                origin: context.origin.to_owned(),
                entities: Vec::new(),
                problems: Vec::new(),
                refused: Vec::new(),
            },
            placeholders: Vec::new(),
            locations: Vec::new(),
            pending: Vec::new(),
            limits: context.limits,
            annotations: Annotations {
                view_url: owned(context.view_url),
                edit_url: owned(context.edit_url),
                source_location: owned(context.source_location),
            },
        }
    }

    /// The bytes as text; nothing where they are no text at all.
    ///
    /// Bytes that are not UTF-8 become U+FFFD, as in Backstage, and are reported.
    fn decode<'a>(&mut self, bytes: &'a [u8], limits: &YamlLimits) -> Option<Cow<'a, str>> {
        let refuse = |message: String, mark: Mark| {
            problem(
                Fault {
                    name: "Error",
                    message,
                    pointer: String::new(),
                    at_key: false,
                },
                mark,
                None,
            )
        };
        let start = Mark { line: 1, column: 1 };
        if bytes.len() > limits.bytes {
            let message = format!("the file is larger than {} MiB", limits.bytes >> 20);
            self.file.problems.push(refuse(message, start));
            return None;
        }
        if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
            let message = "the file is UTF-16; catalog files are UTF-8".to_owned();
            self.file.problems.push(refuse(message, start));
            return None;
        }
        if let Some(at) = memchr::memchr(0, bytes) {
            let message = "the file is binary: it holds a NUL byte".to_owned();
            self.file.problems.push(refuse(message, mark_of(bytes, at)));
            return None;
        }
        match std::str::from_utf8(bytes) {
            Ok(text) => Some(Cow::Borrowed(text)),
            Err(error) => {
                let message =
                    "the file is not UTF-8 here; what cannot be read is replaced by U+FFFD"
                        .to_owned();
                self.file
                    .problems
                    .push(refuse(message, mark_of(bytes, error.valid_up_to())));
                Some(String::from_utf8_lossy(bytes))
            }
        }
    }

    fn document(
        &mut self,
        mut document: YamlDocument,
        context: &FileContext<'_>,
    ) -> Result<(), Refusal> {
        let start = document.start;
        let bare = |message: String, mark: Mark| {
            (
                Fault {
                    name: "Error",
                    message,
                    pointer: String::new(),
                    at_key: false,
                },
                mark,
                None,
            )
        };
        let map = match &mut document.content {
            Err(error) => return Err(bare(format!("YAML error: {}", error.message), error.mark)),
            Ok(Value::Null) => return Ok(()),
            Ok(Value::Object(map)) => map,
            Ok(other) => {
                let found = match other {
                    Value::Bool(_) => "boolean",
                    Value::Number(_) => "number",
                    Value::String(_) => "string",
                    _ => "a list",
                };
                return Err(bare(format!("Expected object at root, got {found}"), start));
            }
        };
        forgive_empty_annotations(map);
        let refuse = |document: &YamlDocument, fault: Fault, entity_ref: Option<&str>| {
            let mark = place(document, &fault);
            (fault, mark, entity_ref.map(str::to_owned))
        };
        if let Err(fault) = policy::envelope(map) {
            return Err(refuse(&document, fault, None));
        }
        let entity_ref = entity_ref_of(map);
        if entry(map, "metadata")
            .and_then(|m| entry_of(m, "annotations"))
            .is_some_and(|a| !a.is_object())
        {
            let fault = Fault {
                name: "Error",
                message: "metadata.annotations must be a valid object".to_owned(),
                pointer: "/metadata/annotations".to_owned(),
                at_key: false,
            };
            return Err(refuse(&document, fault, Some(&entity_ref)));
        }
        let allowed = match &document.content {
            Ok(entity) => context
                .rules
                .is_allowed(entity, context.origin, context.trust),
            Err(_) => true,
        };
        if !allowed {
            let fault = Fault {
                name: REFUSED,
                message: format!(
                    "Entity {entity_ref} at {}, originated at {}, is not of an allowed kind for that location",
                    context.location, context.origin
                ),
                pointer: "/kind".to_owned(),
                at_key: false,
            };
            return Err(refuse(&document, fault, Some(&entity_ref)));
        }
        let found = placeholder::find(&document);
        if found.is_empty() {
            return self.complete(document, None, entity_ref);
        }
        if let Some(bad) = found.iter().find(|f| f.target.is_none()) {
            let fault = Fault {
                name: "InputError",
                message: format!(
                    "Placeholder {} expected a string value parameter, in the form of an absolute URL or a relative path",
                    bad.kind.key()
                ),
                pointer: bad.pointer.clone(),
                at_key: false,
            };
            return Err(refuse(&document, fault, Some(&entity_ref)));
        }
        if found.len() > MAX_PLACEHOLDERS {
            let fault = Fault {
                name: "InputError",
                message: format!("the document has more than {MAX_PLACEHOLDERS} placeholders"),
                pointer: String::new(),
                at_key: false,
            };
            return Err(refuse(&document, fault, Some(&entity_ref)));
        }
        let requests = found.len();
        self.placeholders.extend(found.into_iter().filter_map(|f| {
            Some(PlaceholderRequest {
                entity_ref: entity_ref.clone(),
                pointer: f.pointer,
                kind: f.kind,
                target: f.target?,
                line: f.mark.line,
                column: f.mark.column,
            })
        }));
        self.pending.push(Pending {
            document,
            entity_ref,
            requests,
            source: None,
        });
        Ok(())
    }
}

fn problem(fault: Fault, mark: Mark, entity_ref: Option<String>) -> Problem {
    Problem {
        severity: Severity::Error,
        name: fault.name.to_owned(),
        message: fault.message,
        entity_ref,
        field: (!fault.pointer.is_empty()).then_some(fault.pointer),
        line: (mark.line > 0).then_some(mark.line),
        column: (mark.line > 0).then_some(mark.column),
    }
}

/// Backstage takes `annotations: null`, `""`, `0` and `false` for no annotations at all.
fn forgive_empty_annotations(document: &mut Map<String, Value>) {
    let has_some = entry(document, "metadata")
        .and_then(|metadata| entry_of(metadata, "annotations"))
        .is_none_or(Value::is_object);
    if has_some {
        return;
    }
    let annotations = document
        .get_mut("metadata")
        .and_then(|metadata| metadata.get_mut("annotations"));
    if let Some(annotations) = annotations {
        let empty = match annotations {
            Value::Null | Value::Bool(false) => true,
            Value::String(text) => text.is_empty(),
            Value::Number(n) => n.as_f64() == Some(0.0),
            _ => false,
        };
        if empty {
            *annotations = Value::Object(Map::new());
        }
    }
}

fn entity_ref_of(entity: &Map<String, Value>) -> String {
    let metadata = entry(entity, "metadata");
    let part = |key: &str| {
        metadata
            .and_then(|m| entry_of(m, key))
            .and_then(Value::as_str)
    };
    entity_ref::join(
        entry(entity, "kind")
            .and_then(Value::as_str)
            .unwrap_or_default(),
        part("namespace").unwrap_or(DEFAULT_NAMESPACE),
        part("name").unwrap_or_default(),
    )
}

#[cfg(test)]
mod tests;
