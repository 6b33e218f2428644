//! Entities that wait for what their placeholders stand for, and what becomes of them once it is there.

use serde_json::Value;

use super::{ParsedFile, Refusal, problem};
use crate::catalog::placeholder::{self, PlaceholderRequest};
use crate::catalog::policy::Fault;
use crate::catalog::refused::{self, RefusedDocument};
use crate::catalog::yaml::{Mark, YamlDocument};

/// An entity that waits for content.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    pub(super) document: YamlDocument,
    pub(super) entity_ref: String,
    /// How many of the file's requests are its.
    pub(super) requests: usize,
    /// Its text, should it not become an entity after all.
    pub(super) source: Option<RefusedDocument>,
}

impl ParsedFile {
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
                    refused::keep(&mut self.file.refused, || source);
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
    pub(in crate::catalog) fn assume_placeholders(mut self) -> Self {
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
                    placeholder::interpret(request.kind, &request.target, content, &self.limits)
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
}
