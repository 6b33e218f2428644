//! Reading one catalog file: bytes to entities and problems, as Backstage would process them.
//!
//! For each document: envelope, rules, placeholders, policies, kind schema, references, then defaults, location
//! annotations and sorted lists. Unlike Backstage, a document that cannot be read keeps out itself alone.
//! Nothing here reads anything: what placeholders and Location entities name is handed to the caller.

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::{Map, Value};

use super::entity_ref::{self, DEFAULT_NAMESPACE};
use super::location::{
    EDIT_URL, LocationTarget, MANAGED_BY_LOCATION, MANAGED_BY_ORIGIN_LOCATION, Presence,
    SOURCE_LOCATION, VIEW_URL,
};
use super::placeholder::{self, PlaceholderRequest};
use super::places::{mark_of, place, positions, sort_lists};
use super::policy::{self, Fault};
use super::record::{EntityRecord, FileRecord, Problem, Severity, entry, entry_of};
use super::refused::{self, RefusedDocument};
use super::relations;
use super::rules::{Rules, Trust};
use super::unserved::REFUSED;
use super::yaml::{self, Mark, YamlDocument, YamlLimits};

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
    frame: Frame,
}

/// What of the context a pending entity still needs.
#[derive(Clone, Debug)]
struct Frame {
    annotations: Vec<(&'static str, String)>,
    limits: YamlLimits,
}

/// An entity that waits for content.
#[derive(Clone, Debug)]
struct Pending {
    document: YamlDocument,
    entity_ref: String,
    /// How many of the file's requests are its.
    requests: usize,
    /// Its text, should it not become an entity after all.
    source: Option<RefusedDocument>,
}

/// Reads a catalog file.
pub fn read(bytes: &[u8], context: &FileContext<'_>) -> ParsedFile {
    let mut parsed = ParsedFile::empty(context);
    let Some(text) = parsed.decode(bytes, &context.limits) else {
        return parsed;
    };
    for document in yaml::parse(&text, &context.limits) {
        let waiting = parsed.pending.len();
        if let Err((fault, mark, entity_ref)) = parsed.document(document, context) {
            if let Some(entity_ref) = entity_ref.as_deref().filter(|_| fault.name != REFUSED) {
                let source = RefusedDocument::from_file(&text, mark.line, entity_ref);
                refused::keep(&mut parsed.file.refused, source);
            }
            parsed.file.problems.push(problem(fault, mark, entity_ref));
        } else if let Some(pending) = parsed.pending.get_mut(waiting) {
            let line = pending.document.start.line;
            pending.source = Some(RefusedDocument::from_file(&text, line, &pending.entity_ref));
        }
    }
    parsed.file.keep_last_of_each();
    parsed
}

type Refusal = (Fault, Mark, Option<String>);

impl ParsedFile {
    fn empty(context: &FileContext<'_>) -> Self {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        let annotations = [
            (MANAGED_BY_LOCATION, Some(context.location.to_owned())),
            (MANAGED_BY_ORIGIN_LOCATION, Some(context.origin.to_owned())),
            (VIEW_URL, owned(context.view_url)),
            (EDIT_URL, owned(context.edit_url)),
            (SOURCE_LOCATION, owned(context.source_location)),
        ];
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
            frame: Frame {
                annotations: annotations
                    .into_iter()
                    .filter_map(|(k, v)| v.map(|v| (k, v)))
                    .collect(),
                limits: context.limits,
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

    /// Completes the entities that waited for content. `answers` are in the order of
    /// [`placeholders`](Self::placeholders): the content of each, or why it could not be read (`NotAllowedError:
    /// Reading from … is not allowed`). An answer that is missing counts as one that could not be read.
    #[must_use]
    pub fn resolve(mut self, answers: Vec<Result<String, String>>) -> Self {
        let mut requests = std::mem::take(&mut self.placeholders).into_iter().zip(
            answers
                .into_iter()
                .chain(std::iter::repeat_with(|| Err("it was not read".to_owned()))),
        );
        for mut pending in std::mem::take(&mut self.pending) {
            let mine: Vec<_> = requests.by_ref().take(pending.requests).collect();
            let source = pending.source.take();
            if let Err((fault, mark, entity_ref)) = self.fill(pending, mine) {
                if let Some(source) = source {
                    refused::keep(&mut self.file.refused, source);
                }
                self.file.problems.push(problem(fault, mark, entity_ref));
            }
        }
        self.file.entities.sort_by_key(|entity| entity.document);
        self.file.keep_last_of_each();
        self
    }

    /// Completes the entities that wait for content as if all of it were good: a fault at or below a placeholder does
    /// not count.
    pub(super) fn assume_placeholders(mut self) -> Self {
        let mut requests = std::mem::take(&mut self.placeholders).into_iter();
        for pending in std::mem::take(&mut self.pending) {
            let mine: Vec<_> = requests.by_ref().take(pending.requests).collect();
            let Ok(mut assumed) = pending.document.content.clone() else {
                continue;
            };
            for request in &mine {
                if let Some(slot) = assumed.pointer_mut(&request.pointer) {
                    *slot = Value::from("-");
                }
            }
            let within = |pointer: &str| {
                mine.iter().any(|r| {
                    pointer
                        .strip_prefix(&r.pointer)
                        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
                })
            };
            if let Err((fault, mark, entity_ref)) =
                self.complete(pending.document, Some(assumed), pending.entity_ref)
                && !within(&fault.pointer)
            {
                self.file.problems.push(problem(fault, mark, entity_ref));
            }
        }
        self.file.entities.sort_by_key(|entity| entity.document);
        self.file.keep_last_of_each();
        self
    }

    fn fill(
        &mut self,
        pending: Pending,
        answers: Vec<(PlaceholderRequest, Result<String, String>)>,
    ) -> Result<(), Refusal> {
        let Pending {
            document,
            entity_ref,
            ..
        } = pending;
        let mut resolved = match &document.content {
            Ok(value) => value.clone(),
            Err(_) => return Ok(()),
        };
        for (request, answer) in answers {
            let value = answer
                .map_err(|error| {
                    format!(
                        "Placeholder {} could not read location {}, {error}",
                        request.kind.key(),
                        request.target
                    )
                })
                .and_then(|content| {
                    placeholder::interpret(
                        request.kind,
                        &request.target,
                        content,
                        &self.frame.limits,
                    )
                });
            match (value, resolved.pointer_mut(&request.pointer)) {
                (Ok(value), Some(slot)) => *slot = value,
                (Ok(_), None) => {}
                (Err(message), _) => {
                    let mark = Mark {
                        line: request.line,
                        column: request.column,
                    };
                    let fault = Fault {
                        name: "InputError",
                        message,
                        pointer: request.pointer,
                        at_key: false,
                    };
                    return Err((fault, mark, Some(entity_ref)));
                }
            }
        }
        self.complete(document, Some(resolved), entity_ref)
    }

    /// Checks an entity that lacks nothing any more, and adds it. `resolved` is the document with its placeholders
    /// filled in, where it had any; places are looked up in the document as it was written.
    fn complete(
        &mut self,
        mut document: YamlDocument,
        resolved: Option<Value>,
        entity_ref: String,
    ) -> Result<(), Refusal> {
        let written = match &document.content {
            Ok(value) => value,
            Err(_) => return Ok(()),
        };
        let Some(map) = resolved.as_ref().unwrap_or(written).as_object() else {
            return Ok(());
        };
        let checked = policy::policies(map)
            .and_then(|()| policy::kind(map, &entity_ref))
            .and_then(|()| relations::check(map));
        if let Err(fault) = checked {
            let mark = place(&document, &fault);
            return Err((fault, mark, Some(entity_ref)));
        }
        if entry(map, "kind").and_then(Value::as_str) == Some("Location") {
            self.targets(&document, map, &entity_ref);
        }
        let mut positions = positions(&document);
        let Some(Value::Object(mut entity)) =
            resolved.or_else(|| document.content.as_mut().ok().map(Value::take))
        else {
            return Ok(());
        };
        sort_lists(&mut entity, &mut positions);
        self.annotate(&mut entity);
        self.file.entities.push(EntityRecord {
            entity_ref,
            document: document.index,
            entity: Value::Object(entity),
            positions,
            problems: Vec::new(),
        });
        Ok(())
    }

    fn targets(&mut self, document: &YamlDocument, entity: &Map<String, Value>, entity_ref: &str) {
        let Some(spec) = entity.get("spec") else {
            return;
        };
        let text = |key: &str| spec.get(key).and_then(Value::as_str);
        let own_type = self
            .file
            .location
            .split_once(':')
            .map_or("url", |(location_type, _)| location_type);
        let location_type = text("type").unwrap_or(own_type).to_owned();
        let presence = match text("presence") {
            Some("optional") => Presence::Optional,
            _ => Presence::Required,
        };
        let list = spec.get("targets").and_then(Value::as_array);
        let one = text("target").map(|target| ("/spec/target".to_owned(), target));
        let many = list.into_iter().flatten().enumerate();
        let many =
            many.filter_map(|(i, item)| Some((format!("/spec/targets/{i}"), item.as_str()?)));
        for (pointer, target) in one.into_iter().chain(many) {
            let mark = document.position(&pointer);
            self.locations.push(LocationTarget {
                entity_ref: entity_ref.to_owned(),
                location_type: location_type.clone(),
                target: target.to_owned(),
                presence,
                line: mark.line,
                column: mark.column,
            });
        }
    }

    /// Fills in the default namespace and the location annotations. What the author wrote comes first, in its order;
    /// of the annotations only the two `managed-by` ones are not the author's to choose.
    fn annotate(&self, entity: &mut Map<String, Value>) {
        let Some(Value::Object(metadata)) = entity.get_mut("metadata") else {
            return;
        };
        if entry(metadata, "namespace").is_none() {
            let after_name = metadata
                .keys()
                .position(|key| key == "name")
                .map_or(0, |at| at + 1);
            metadata.shift_insert(
                after_name,
                "namespace".to_owned(),
                Value::from(DEFAULT_NAMESPACE),
            );
        }
        let annotations = metadata
            .entry("annotations")
            .or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(annotations) = annotations {
            for (key, value) in &self.frame.annotations {
                let forced = matches!(*key, MANAGED_BY_LOCATION | MANAGED_BY_ORIGIN_LOCATION);
                if forced || entry(annotations, key).is_none() {
                    annotations.insert((*key).to_owned(), Value::String(value.clone()));
                }
            }
        }
    }
}

impl FileRecord {
    /// Where one file gives an entity twice, Backstage serves the later document and says nothing; the earlier one is
    /// reported here.
    fn keep_last_of_each(&mut self) {
        if self.entities.len() < 2 {
            return;
        }
        // Read from the end: the document that a reference was last seen in is the next one that gives it.
        let mut next = HashMap::with_capacity(self.entities.len());
        let mut later: Vec<Option<u32>> = (self.entities.iter().rev())
            .map(|entity| next.insert(entity.entity_ref.as_str(), entity.document))
            .collect();
        if next.len() == self.entities.len() {
            return;
        }
        let problems = &mut self.problems;
        self.entities.retain(|entity| {
            let Some(later) = later.pop().flatten() else {
                return true;
            };
            let mark = entity.position("/metadata/name").unwrap_or_default();
            let fault = Fault {
                name: "ConflictError",
                message: format!(
                    "Entity {} stands in this file again, in its document {}, which is the one that counts",
                    entity.entity_ref,
                    later + 1
                ),
                pointer: "/metadata/name".to_owned(),
                at_key: false,
            };
            problems.push(problem(fault, mark, Some(entity.entity_ref.clone())));
            false
        });
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
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn read_as(bytes: &[u8], rules: &Rules) -> ParsedFile {
        let context = FileContext {
            location: "url:https://github.com/o/r/blob/main/catalog-info.yaml",
            origin: "url:https://github.com/o/r/blob/main/all.yaml",
            view_url: Some("https://view"),
            edit_url: None,
            source_location: Some("url:https://github.com/o/r/tree/main/"),
            rules,
            trust: Trust::Discovered,
            limits: YamlLimits::default(),
        };
        read(bytes, &context)
    }

    fn read_text(text: &str) -> ParsedFile {
        read_as(text.as_bytes(), &Rules::standard(Vec::new()))
    }

    fn refs(file: &ParsedFile) -> Vec<&str> {
        file.file
            .entities
            .iter()
            .map(|e| e.entity_ref.as_str())
            .collect()
    }

    fn places(file: &ParsedFile) -> Vec<(Option<u32>, Option<u32>)> {
        file.file
            .problems
            .iter()
            .map(|p| (p.line, p.column))
            .collect()
    }

    fn system(name: &str) -> String {
        format!(
            "apiVersion: backstage.io/v1alpha1\nkind: System\nmetadata:\n  name: {name}\nspec:\n  owner: o\n"
        )
    }

    #[test]
    fn a_bad_document_keeps_out_itself_alone() {
        let text = format!(
            "{}---\na: [\n---\n{}---\n- 1\n---\n---\n{}",
            system("a"),
            system("b"),
            system("c")
        );
        let file = read_text(&text);
        assert_eq!(
            refs(&file),
            ["system:default/a", "system:default/b", "system:default/c"]
        );
        assert_eq!(file.file.problems.len(), 2, "{:?}", file.file.problems);
        assert!(file.file.problems.iter().all(|p| p.line.is_some()));
        assert_eq!(file.file.entities[2].document, 5);
        assert_eq!(
            file.file.entities[2]
                .position("/metadata/name")
                .map(|m| m.line),
            Some(23)
        );
    }

    #[test]
    fn location_annotations_are_set_and_the_authors_own_kept() {
        let text = system("a").replace(
            "spec:",
            "  annotations:\n    backstage.io/view-url: https://mine\n    \
                    backstage.io/managed-by-location: url:https://forged\nspec:",
        );
        let file = read_text(&text);
        assert_eq!(
            file.file.entities[0].entity["metadata"],
            json!({
                "name": "a", "namespace": "default", "annotations": {
                    "backstage.io/view-url": "https://mine",
                    "backstage.io/managed-by-location": "url:https://github.com/o/r/blob/main/catalog-info.yaml",
                    "backstage.io/managed-by-origin-location": "url:https://github.com/o/r/blob/main/all.yaml",
                    "backstage.io/source-location": "url:https://github.com/o/r/tree/main/",
                }
            })
        );
    }

    #[test]
    fn lists_are_sorted_and_their_places_follow() {
        let text = "apiVersion: backstage.io/v1alpha1\nkind: Resource\nmetadata: {name: a}\nspec:\n  type: t\n  owner: o\n  \
                    dependsOn:\n  - resource:z\n  - component:b\n  - Resource:c\n";
        let file = read_text(text);
        let entity = &file.file.entities[0];
        assert_eq!(
            entity.entity["spec"]["dependsOn"],
            json!(["Resource:c", "component:b", "resource:z"])
        );
        let line = |i: u32| {
            entity
                .position(&format!("/spec/dependsOn/{i}"))
                .map(|m| m.line)
        };
        assert_eq!([line(0), line(1), line(2)], [Some(10), Some(9), Some(8)]);
    }

    #[test]
    fn placeholders_wait_for_content_and_a_failed_one_is_a_problem_at_its_place() {
        let api = |name: &str, key: &str| {
            format!(
                "apiVersion: backstage.io/v1alpha1\nkind: API\nmetadata:\n  name: {name}\nspec:\n  type: t\n  lifecycle: l\n  \
                     owner: o\n  definition:\n    {key}: ./{name}.x\n"
            )
        };
        let text = [
            api("a", "$text"),
            api("b", "$openapi"),
            api("c", "$json"),
            api("d", "$unknown"),
        ]
        .join("---\n");
        let file = read_text(&text);
        assert_eq!(
            file.placeholders
                .iter()
                .map(|p| p.target.as_str())
                .collect::<Vec<_>>(),
            ["./a.x", "./b.x", "./c.x"]
        );
        // What is no placeholder stays what it is, and a mapping is no definition.
        assert_eq!(file.file.problems.len(), 1);
        let file = file.resolve(vec![
            Ok("hello".into()),
            Err("NotAllowedError: no".into()),
            Ok("{\"x\": 1.0}".into()),
        ]);
        assert_eq!(refs(&file), ["api:default/a"]);
        assert_eq!(file.file.entities[0].entity["spec"]["definition"], "hello");
        let said: Vec<_> = file
            .file
            .problems
            .iter()
            .map(|p| (p.line, p.message.as_str()))
            .collect();
        assert_eq!(
            said[1],
            (
                Some(21),
                "Placeholder $openapi could not read location ./b.x, NotAllowedError: no"
            )
        );
        assert_eq!(said[2], (Some(32), "/spec/definition must be string"));
    }

    #[test]
    fn locations_name_what_to_read_with_its_place() {
        let file = read_text(
            "apiVersion: backstage.io/v1alpha1\nkind: Location\nmetadata:\n  name: all\nspec:\n  target: ./a.yaml\n  targets:\n    \
             - ./b/*.yaml\n  presence: optional\n",
        );
        let targets: Vec<_> = file
            .locations
            .iter()
            .map(|l| {
                (
                    l.location_type.as_str(),
                    l.target.as_str(),
                    l.line,
                    l.column,
                )
            })
            .collect();
        assert_eq!(
            targets,
            [("url", "./a.yaml", 6, 11), ("url", "./b/*.yaml", 8, 7)]
        );
        assert!(
            file.locations
                .iter()
                .all(|l| l.presence == Presence::Optional)
        );
    }

    #[test]
    fn a_kind_the_rules_refuse_is_a_problem_at_its_kind() {
        let file = read_as(system("a").as_bytes(), &Rules::allow(&["Component"]));
        assert_eq!(
            (refs(&file), places(&file)),
            (vec![], vec![(Some(2), Some(7))])
        );
        assert_eq!(file.file.problems[0].name, "NotAllowedError");
    }

    #[test]
    fn an_entity_given_twice_by_one_file_is_the_later_one() {
        let file = read_text(&format!(
            "{}---\n{}",
            system("a"),
            system("A").replace("owner: o", "owner: later")
        ));
        assert_eq!(refs(&file), ["system:default/a"]);
        assert_eq!(file.file.entities[0].entity["spec"]["owner"], "later");
        assert_eq!(places(&file), [(Some(4), Some(9))]);
    }

    #[test]
    fn what_is_no_text_is_one_problem_with_a_place() {
        let rules = Rules::standard(Vec::new());
        let good = system("a").into_bytes();
        let with = |tail: &[u8]| [good.as_slice(), tail].concat();
        assert_eq!(
            places(&read_as(&with(b"\0\x01\x02"), &rules)),
            [(Some(7), Some(1))]
        );
        assert_eq!(
            places(&read_as(b"\xff\xfea\0", &rules)),
            [(Some(1), Some(1))]
        );
        let large = vec![b'#'; (16 << 20) + 1];
        assert_eq!(places(&read_as(&large, &rules)), [(Some(1), Some(1))]);
        // Text that is not UTF-8 somewhere is read with a mark in that place, as Backstage reads it.
        let latin = read_as(&with(b"  domain: caf\xe9\n"), &rules);
        assert_eq!(places(&latin), [(Some(7), Some(14))]);
        assert_eq!(
            latin.file.entities[0].entity["spec"]["domain"],
            "caf\u{fffd}"
        );
    }

    #[test]
    fn windows_line_ends_a_mark_at_the_start_and_python_tags_do_no_harm() {
        let text = format!("\u{feff}{}", system("a").replace('\n', "\r\n"))
            .replace("owner: o", "owner: o\r\n  x: !!python/name:a.b c");
        let file = read_text(&text);
        assert_eq!(
            refs(&file),
            ["system:default/a"],
            "{:?}",
            file.file.problems
        );
        assert_eq!(
            file.file.entities[0].entity["spec"],
            json!({"owner": "o", "x": "c"})
        );
    }

    #[test]
    fn bombs_and_towers_are_refused_with_a_place_and_the_rest_is_kept() {
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for i in 1..12 {
            let aliases = vec![format!("*a{}", i - 1); 10].join(", ");
            bomb.push_str(&format!("a{i}: &a{i} [{aliases}]\n"));
        }
        let nested = format!("a: {}1{}\n", "[".repeat(5000), "]".repeat(5000));
        let anchors = format!("a: {}1{}\n", "&a [".repeat(90), "]".repeat(90));
        for bad in [
            bomb,
            nested,
            "k: 1\nk: 2\n".to_owned(),
            "\tk: [\n".to_owned(),
            "a: &a [*a]\n".to_owned(),
        ] {
            let file = read_text(&format!("{bad}---\n{}", system("a")));
            assert_eq!(refs(&file), ["system:default/a"]);
            assert!(
                matches!(places(&file)[..], [(Some(_), Some(_))]),
                "{:?}",
                file.file.problems
            );
        }
        assert_eq!(
            refs(&read_text(&format!("{anchors}---\n{}", system("a")))),
            ["system:default/a"]
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = read_as(&bytes, &Rules::standard(Vec::new())).resolve(Vec::new());
        }

        #[test]
        fn no_yaml_like_text_makes_it_panic(text in "([-:#'\"|>&*!%@?\\[\\]{}, \n\ta1~é$]|kind|metadata|apiVersion|name|---\n|\\$text: |: |- |\n  ){0,60}") {
            let _ = read_text(&text).resolve(vec![Ok("a: b".to_owned())]);
            let _ = read_text(&format!("{}{text}", system("a"))).resolve(Vec::new());
        }
    }

    #[test]
    fn of_many_documents_of_one_entity_each_earlier_one_names_the_next() {
        let text = ["a", "b", "a", "c", "a", "b"].map(system).join("---\n");
        let file = read_text(&text).file;
        let kept: Vec<(&str, u32)> = (file.entities.iter())
            .map(|e| (e.entity_ref.as_str(), e.document))
            .collect();
        assert_eq!(
            kept,
            [
                ("system:default/c", 3),
                ("system:default/a", 4),
                ("system:default/b", 5)
            ]
        );
        let reported: Vec<(&str, bool, Option<u32>)> = (file.problems.iter())
            .map(|p| {
                let entity_ref = p.entity_ref.as_deref().unwrap();
                let next = if p.line == Some(4) {
                    "document 3,"
                } else if p.line == Some(18) {
                    "document 5,"
                } else {
                    "document 6,"
                };
                (entity_ref, p.message.contains(next), p.line)
            })
            .collect();
        assert_eq!(
            reported,
            [
                ("system:default/a", true, Some(4)),
                ("system:default/b", true, Some(11)),
                ("system:default/a", true, Some(18))
            ]
        );
    }

    #[test]
    fn a_document_with_too_many_placeholders_asks_for_nothing() {
        let document = |count: usize| {
            let items = "  - $text: ./t\n".repeat(count);
            format!("{}  list:\n{items}", system("a"))
        };
        assert_eq!(read_text(&document(200)).placeholders.len(), 200);
        let parsed = read_text(&document(201));
        assert!(parsed.placeholders.is_empty() && parsed.file.entities.is_empty());
        assert_eq!(parsed.file.problems.len(), 1);
        assert!(parsed.file.problems[0].message.contains("more than 200"));
    }
}
