//! The references of one entity that lead nowhere, each as a warning with its place.

use std::collections::HashMap;

use crate::catalog::record::{EntityRecord, Problem, Severity};
use crate::catalog::relations::{self, Reference};

/// A warning for each reference of one entity that leads nowhere, for a reader that holds the catalog's references but
/// not its files.
pub fn dangling_references(record: &EntityRecord, exists: impl Fn(&str) -> bool) -> Vec<Problem> {
    let Some(entity) = record.entity.as_object() else {
        return Vec::new();
    };
    let (mut text, mut references) = (String::new(), Vec::new());
    if relations::references(entity, &mut text, &mut references).is_err() {
        return Vec::new();
    }
    references.retain(|reference| !exists(reference.target.of(&text)));
    if references.is_empty() {
        return Vec::new();
    }
    let places: HashMap<&str, (u32, u32)> = (record.positions.iter().rev())
        .map(|p| (p.field.as_str(), (p.line, p.column)))
        .collect();
    let problem = |reference: &Reference| {
        let field = reference.field.field;
        let pointer = relations::pointer(field, reference.index);
        let at = places.get(pointer.as_str());
        Problem {
            severity: Severity::Warning,
            name: "NotFoundError".to_owned(),
            message: format!(
                "{field} refers to {}, which is not in the catalog",
                reference.target.of(&text)
            ),
            entity_ref: Some(record.entity_ref.clone()),
            field: Some(pointer.into()),
            line: at.map(|(line, _)| *line),
            column: at.map(|(_, column)| *column),
        }
    };
    references.iter().map(problem).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::record::Position;
    use serde_json::json;

    #[test]
    fn each_of_few_and_of_very_many_references_has_its_own_place() {
        for count in [3, 640] {
            let names: Vec<String> = (0..count).map(|i| format!("component:x{i}")).collect();
            let position = |(i, line): (usize, u32)| Position {
                field: format!("/spec/dependsOn/{i}").into(),
                line,
                column: 5,
            };
            let record = EntityRecord {
                entity_ref: "component:default/a".to_owned(),
                document: 0,
                entity: json!({"kind": "Component", "metadata": {"name": "a"}, "spec": {"dependsOn": names}}),
                positions: (0..count).zip(100..).map(position).collect(),
                problems: Vec::new(),
            };
            let lines: Vec<Option<u32>> = dangling_references(&record, |_| false)
                .iter()
                .map(|problem| problem.line)
                .collect();
            let expected: Vec<Option<u32>> = (100..).take(count).map(Some).collect();
            assert_eq!(lines, expected);
        }
    }
}
