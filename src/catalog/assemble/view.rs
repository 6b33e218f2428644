//! What an assembled catalog tells: its entities, their relations and problems, and the rows of a snapshot.
//!
//! Only reads; nothing is settled here.

use super::{Assembled, AssembledEntity, AssembledRelation, Assembly, Conflict, Edge};
use crate::catalog::snapshot::RowInput;

impl Assembled {
    /// How many entities there are.
    pub fn len(&self) -> usize {
        self.entities.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entities.is_empty()
    }

    /// All entities, in order of reference.
    pub fn entities(&self) -> impl Iterator<Item = AssembledEntity<'_>> {
        self.entities.iter().filter_map(|a| self.view(a))
    }

    /// Entities that more than one location gives, in order of the refused location.
    pub fn conflicts(&self) -> &[Conflict] {
        &self.conflicts
    }

    /// The rows of a snapshot.
    pub fn rows(&self) -> Vec<RowInput> {
        self.entities().map(|entity| entity.row()).collect()
    }

    fn view<'a>(&'a self, assembly: &'a Assembly) -> Option<AssembledEntity<'a>> {
        let file = self.files.get(assembly.file as usize)?;
        Some(AssembledEntity {
            all: self,
            file,
            entity: file.entities.get(assembly.entity as usize)?,
            assembly,
        })
    }

    fn relation(&self, edge: &Edge) -> AssembledRelation<'_> {
        let target = self.refs.get(edge.target as usize);
        AssembledRelation {
            relation: edge.relation,
            target_ref: target.map_or("", |node| node.of(&self.files)),
            exists: target.is_some_and(|node| node.exists),
        }
    }
}

impl<'a> AssembledEntity<'a> {
    /// Its complete reference.
    pub fn entity_ref(&self) -> &'a str {
        self.entity.entity_ref.of(&self.file.text)
    }

    /// The location that gives it.
    pub fn location(&self) -> &'a str {
        &self.file.location
    }

    /// Its relations, reverse ones included, as Backstage serves them: by type, then target, none twice.
    pub fn relations(&self) -> impl Iterator<Item = AssembledRelation<'a>> + use<'a> {
        let all = self.all;
        let edges = all.edges.get(self.assembly.edges.clone());
        let edges = edges.unwrap_or_default();
        edges.iter().map(move |edge| all.relation(edge))
    }

    fn row(&self) -> RowInput {
        let relation =
            |r: AssembledRelation<'_>| (r.relation.name().to_owned(), r.target_ref.to_owned());
        RowInput {
            relations: self.relations().map(relation).collect(),
            problems: self.assembly.problems,
            ..self.file.row(self.entity)
        }
    }
}
