//! Entities that one file gives more than once.

use std::collections::HashMap;

use super::problem;
use crate::catalog::policy::Fault;
use crate::catalog::record::FileRecord;

impl FileRecord {
    /// Where one file gives an entity twice, Backstage serves the later document and says nothing; the earlier one is
    /// reported here.
    pub(super) fn keep_last_of_each(&mut self) {
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
