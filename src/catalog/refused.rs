//! The source of a document that no entity is served for, as its file has it: whoever has to correct it sees it.
//!
//! A document ends where YAML ends it, at a line that begins with `---` or `...`, whatever is wrong inside of it; so
//! its text is found without understanding it. Bounded, and as hostile as the file: nothing here cleans it.

use serde::{Deserialize, Serialize};

use super::record::{FileRecord, Problem};
use super::yaml;

/// How much of a document is kept, in bytes; whole lines only.
const MAX_BYTES: usize = 32 * 1024;

/// How many documents of a file are kept: a file of nothing but faults is read where it lies.
const MAX_DOCUMENTS: usize = 100;

/// The text of a document that is not served.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RefusedDocument {
    /// What it says it is: complete reference, lower-cased.
    pub entity_ref: String,
    /// The 1-based line of the file that `text` begins at; 0 where `text` is written anew from what was read.
    pub line: u32,
    /// Its lines, the first ones where it is very long.
    pub text: String,
    /// Whether lines at its end are left out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cut: bool,
}

impl RefusedDocument {
    /// Takes the document that has `line` (1-based) out of its file.
    pub(super) fn from_file(file: &mut Boundaries<'_>, line: u32, entity_ref: &str) -> Self {
        let (first, text) = file.around(line);
        Self::bounded(entity_ref, first, text)
    }

    /// The same, of YAML that was written from what had been read.
    pub(super) fn written(entity_ref: &str, text: &str) -> Self {
        Self::bounded(entity_ref, 0, text)
    }

    fn bounded(entity_ref: &str, line: u32, text: &str) -> Self {
        let mut kept = 0;
        for content in text.split_inclusive('\n') {
            if kept + content.len() > MAX_BYTES {
                break;
            }
            kept += content.len();
        }
        Self {
            entity_ref: entity_ref.to_owned(),
            line,
            text: text.get(..kept).unwrap_or_default().to_owned(),
            cut: kept < text.len(),
        }
    }
}

/// A file, and where its documents end: looked for once, when it is first asked, however many are taken out of it.
#[derive(Debug)]
pub(super) struct Boundaries<'t> {
    file: &'t str,
    /// Its lines that end a document: `(1-based number, first byte, byte after the last)`.
    markers: Option<Vec<(u32, usize, usize)>>,
}

impl<'t> Boundaries<'t> {
    /// Of a file.
    pub(super) fn of(file: &'t str) -> Self {
        Self {
            file,
            markers: None,
        }
    }

    /// The document that has `line`, and the line that its text begins at, both 1-based.
    fn around(&mut self, line: u32) -> (u32, &'t str) {
        let file = self.file;
        let wanted = line.max(1);
        let markers = self.markers.get_or_insert_with(|| markers(file));
        let after = markers.partition_point(|&(number, ..)| number <= wanted);
        let (first, start) = match after.checked_sub(1).and_then(|at| markers.get(at)) {
            None => (1, 0),
            // A document may begin on the line of its marker.
            Some(&(number, from, _)) if number == wanted => (number, from),
            Some(&(number, _, to)) => (number + 1, to),
        };
        let end = markers.get(after).map_or(file.len(), |&(_, from, _)| from);
        (first, file.get(start..end).unwrap_or_default())
    }
}

fn markers(file: &str) -> Vec<(u32, usize, usize)> {
    let mut at = 0;
    let lines = (1u32..).zip(file.split_inclusive('\n'));
    let placed = lines.map(|(number, content)| {
        let from = at;
        at += content.len();
        (number, from, at, content)
    });
    placed
        .filter(|(.., content)| is_marker(content, "---") || is_marker(content, "..."))
        .map(|(number, from, to, _)| (number, from, to))
        .collect()
}

impl FileRecord {
    /// Takes an entity out because of an error that reading it alone did not show (a Location's target that does not
    /// exist), as Backstage does. An entity that was good before is kept by the store, with this problem.
    pub fn reject(&mut self, entity_ref: &str, problem: Problem) {
        let rejected = (self.entities.iter()).position(|entity| entity.entity_ref == entity_ref);
        if let Some(rejected) = rejected {
            let entity = self.entities.remove(rejected);
            keep(&mut self.refused, || {
                RefusedDocument::written(entity_ref, &yaml::emit(&entity.entity))
            });
        }
        self.problems.push(problem);
    }
}

/// Keeps a document among those of its file; where there is no room, it is not even made.
pub(super) fn keep(
    documents: &mut Vec<RefusedDocument>,
    document: impl FnOnce() -> RefusedDocument,
) {
    if documents.len() < MAX_DOCUMENTS {
        documents.push(document());
    }
}

/// Whether a line ends a document: the marker alone, or with a space behind it.
fn is_marker(line: &str, marker: &str) -> bool {
    line.strip_prefix(marker)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::file::{self, FileContext};
    use crate::catalog::rules::{Rules, Trust};
    use crate::catalog::yaml::YamlLimits;

    const FILE: &str =
        "# all of them\nkind: A\n---\n# the second\nkind: B\nx: ---y\n---\nkind: C\n";

    fn document(line: u32) -> RefusedDocument {
        RefusedDocument::from_file(&mut Boundaries::of(FILE), line, "b:default/b")
    }

    #[test]
    fn a_document_is_taken_out_from_one_marker_to_the_next_with_its_comments() {
        for line in [4, 5, 6] {
            let found = document(line);
            assert_eq!(
                (found.line, &found.text[..], found.cut),
                (4, "# the second\nkind: B\nx: ---y\n", false)
            );
        }
        assert_eq!(document(1).text, "# all of them\nkind: A\n");
        assert_eq!((document(8).line, &document(8).text[..]), (8, "kind: C\n"));
    }

    #[test]
    fn a_document_may_stand_on_the_line_of_its_marker() {
        let file = "kind: A\n--- {kind: B}\n--- {kind: C}\n";
        let found = RefusedDocument::from_file(&mut Boundaries::of(file), 2, "b:default/b");
        assert_eq!((found.line, &found.text[..]), (2, "--- {kind: B}\n"));
    }

    #[test]
    fn reading_a_file_keeps_the_text_of_what_it_refuses_and_of_nothing_else() {
        let file = "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: good\nspec: {type: a, lifecycle: b, owner: c}\n---\n# no lifecycle\napiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: bad\nspec: {type: a, owner: c}\n";
        let context = FileContext {
            location: "file:/a.yaml",
            origin: "file:/a.yaml",
            view_url: None,
            edit_url: None,
            source_location: None,
            rules: &Rules::allow(&["Component"]),
            trust: Trust::Configured,
            limits: YamlLimits::default(),
        };
        let read = file::read(file.as_bytes(), &context).file;
        let [kept] = read.refused.as_slice() else {
            panic!("{:?}", read.refused)
        };
        assert_eq!(
            (&kept.entity_ref[..], kept.line),
            ("component:default/bad", 7)
        );
        assert!(kept.text.starts_with("# no lifecycle\n") && kept.text.ends_with("owner: c}\n"));
    }

    #[test]
    fn a_line_that_the_file_does_not_have_gives_its_last_document() {
        assert_eq!(document(900).text, "kind: C\n");
        assert_eq!(Boundaries::of("").around(3), (1, ""));
    }

    #[test]
    fn of_a_long_document_whole_lines_are_kept() {
        let file = "결제: 1\n".repeat(10_000);
        let found = RefusedDocument::from_file(&mut Boundaries::of(&file), 1, "b:default/b");
        assert!(found.cut && found.text.len() <= MAX_BYTES && found.text.ends_with("1\n"));
        let one_line = RefusedDocument::written("b:default/b", &"x".repeat(MAX_BYTES + 1));
        assert!(one_line.cut && one_line.text.is_empty());
    }

    #[test]
    fn a_file_of_many_faults_keeps_the_first_documents_and_does_not_look_for_the_others() {
        let mut documents = Vec::new();
        for _ in 0..MAX_DOCUMENTS {
            keep(&mut documents, || document(1));
        }
        keep(&mut documents, || panic!("there is no room for it"));
        assert_eq!(documents.len(), MAX_DOCUMENTS);
    }

    #[test]
    fn the_documents_of_a_file_are_bounded_once_and_each_is_found_among_many() {
        let file = "--- {kind: B}\n".repeat(50_000);
        let mut boundaries = Boundaries::of(&file);
        assert!(boundaries.markers.is_none(), "a good file is not searched");
        for line in 1..=50_000 {
            assert_eq!(boundaries.around(line), (line, "--- {kind: B}\n"));
        }
    }
}
