//! What an assembled catalog tells: its entities, their relations and problems, and the rows of a snapshot.
//!
//! Only reads; nothing is settled here.

use super::{Assembled, AssembledEntity, AssembledRelation, Assembly, Conflict, Edge};
use crate::catalog::record::Problem;
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
        self.entities.iter().map(|assembly| AssembledEntity {
            all: self,
            assembly,
        })
    }

    /// The entity of a complete, lower-cased reference.
    pub fn entity(&self, entity_ref: &str) -> Option<AssembledEntity<'_>> {
        let at = self
            .entities
            .binary_search_by(|a| a.row.entity_ref.as_str().cmp(entity_ref))
            .ok()?;
        self.entities.get(at).map(|assembly| AssembledEntity {
            all: self,
            assembly,
        })
    }

    /// Entities that more than one location gives, in order of the refused location.
    pub fn conflicts(&self) -> &[Conflict] {
        &self.conflicts
    }

    /// The problems that only the whole catalog shows, with their locations: conflicts, then dangling references.
    pub fn problems(&self) -> impl Iterator<Item = (&str, &Problem)> {
        let conflicts = self
            .conflicts
            .iter()
            .map(|c| (c.refused.as_str(), &c.problem));
        let dangling = self
            .entities
            .iter()
            .flat_map(|a| a.dangling.iter().map(|p| (a.location.as_str(), p)));
        conflicts.chain(dangling)
    }

    /// The rows of a snapshot.
    pub fn rows(&self) -> Vec<RowInput> {
        self.entities()
            .map(|entity| RowInput {
                relations: entity.relation_texts(),
                ..entity.assembly.row.clone()
            })
            .zip(&self.entities)
            .map(|(row, assembly)| RowInput {
                problems: assembly.problem_count(),
                ..row
            })
            .collect()
    }

    /// [`rows`](Self::rows), without a copy of their texts.
    pub fn into_rows(mut self) -> Vec<RowInput> {
        let relations: Vec<_> = self
            .entities()
            .map(|entity| entity.relation_texts())
            .collect();
        let entities = std::mem::take(&mut self.entities);
        entities
            .into_iter()
            .zip(relations)
            .map(|(assembly, relations)| {
                let problems = assembly.problem_count();
                RowInput {
                    relations,
                    problems,
                    ..assembly.row
                }
            })
            .collect()
    }

    fn relation(&self, edge: &Edge) -> AssembledRelation<'_> {
        let target = edge.target as usize;
        AssembledRelation {
            relation: edge.relation,
            target_ref: self.refs.get(target).map_or("", String::as_str),
            exists: self.entity_of.get(target).is_some_and(Option::is_some),
        }
    }
}

impl Assembly {
    fn problem_count(&self) -> u32 {
        self.own_problems
            .saturating_add(u32::try_from(self.dangling.len()).unwrap_or(u32::MAX))
    }
}

impl<'a> AssembledEntity<'a> {
    /// Its complete reference.
    pub fn entity_ref(&self) -> &'a str {
        &self.assembly.row.entity_ref
    }

    /// The location that gives it.
    pub fn location(&self) -> &'a str {
        &self.assembly.location
    }

    /// Its relations, reverse ones included, as Backstage serves them: by type, then target, none twice.
    pub fn relations(&self) -> impl Iterator<Item = AssembledRelation<'a>> + use<'a> {
        let all = self.all;
        let edges = all
            .edges
            .get(self.assembly.edges.clone())
            .unwrap_or_default();
        edges.iter().map(move |edge| all.relation(edge))
    }

    /// A warning for each of its references that leads nowhere.
    pub fn dangling(&self) -> &'a [Problem] {
        &self.assembly.dangling
    }

    fn relation_texts(&self) -> Vec<(String, String)> {
        self.relations()
            .map(|r| (r.relation.name().to_owned(), r.target_ref.to_owned()))
            .collect()
    }
}
