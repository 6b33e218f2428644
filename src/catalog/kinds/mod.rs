//! The kinds of entities: one file a kind, one line in [`TABLE`]. A kind says how it is named and drawn, which columns
//! its lists have, what its `spec` must hold and which of its fields relate it to other entities. A kind that is not in
//! the table is shown generically.

mod api;
mod component;
mod domain;
mod group;
mod location;
mod profile;
mod resource;
mod system;
mod template;
mod user;

use super::schema::ObjectSchema;

/// A kind that callboard knows.
#[derive(Debug)]
pub struct Kind {
    /// As `kind` has it, case-sensitive: `Component`.
    pub name: &'static str,
    /// For headings: `Components`.
    pub plural: &'static str,
    /// One column wide.
    pub glyph: &'static str,
    /// The same for a terminal without Unicode.
    pub ascii: &'static str,
    /// The values of `apiVersion` that have this meaning.
    pub api_versions: &'static [&'static str],
    /// The columns of a list of this kind, after the name.
    pub columns: &'static [Column],
    /// The fields of `spec` that relate it to others, in Backstage's order.
    pub relations: &'static [RelationField],
    pub(super) spec: &'static ObjectSchema,
}

/// A column of a list.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Column {
    /// `metadata.title` or the profile's display name.
    Title,
    /// `spec.type`.
    Type,
    /// `spec.lifecycle`.
    Lifecycle,
    /// The owner.
    Owner,
    /// The system.
    System,
    /// `metadata.description`.
    Description,
}

impl Column {
    /// The column's heading.
    pub fn heading(self) -> &'static str {
        match self {
            Column::Title => "TITLE",
            Column::Type => "TYPE",
            Column::Lifecycle => "LIFECYCLE",
            Column::Owner => "OWNER",
            Column::System => "SYSTEM",
            Column::Description => "DESCRIPTION",
        }
    }
}

/// A field of `spec` that holds one reference or a list of them.
#[derive(PartialEq, Eq, Debug)]
pub struct RelationField {
    /// The key in `spec`.
    pub field: &'static str,
    /// The kind of a reference that names none; where there is no default such a reference is an error.
    pub default_kind: Option<&'static str>,
    /// The relation that the entity gets.
    pub forward: Relation,
    /// The relation that the entity it points at gets.
    pub reverse: Relation,
}

/// The types of relations. Ordered as their names are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
#[allow(
    missing_docs,
    reason = "the names are Backstage's and say what they are"
)]
pub enum Relation {
    ApiConsumedBy,
    ApiProvidedBy,
    ChildOf,
    ConsumesApi,
    DependencyOf,
    DependsOn,
    HasMember,
    HasPart,
    MemberOf,
    OwnedBy,
    OwnerOf,
    ParentOf,
    PartOf,
    ProvidesApi,
}

impl Relation {
    /// All of them, in order.
    pub const ALL: [Relation; 14] = [
        Relation::ApiConsumedBy,
        Relation::ApiProvidedBy,
        Relation::ChildOf,
        Relation::ConsumesApi,
        Relation::DependencyOf,
        Relation::DependsOn,
        Relation::HasMember,
        Relation::HasPart,
        Relation::MemberOf,
        Relation::OwnedBy,
        Relation::OwnerOf,
        Relation::ParentOf,
        Relation::PartOf,
        Relation::ProvidesApi,
    ];

    /// As `relations[].type` has it.
    pub fn name(self) -> &'static str {
        match self {
            Relation::ApiConsumedBy => "apiConsumedBy",
            Relation::ApiProvidedBy => "apiProvidedBy",
            Relation::ChildOf => "childOf",
            Relation::ConsumesApi => "consumesApi",
            Relation::DependencyOf => "dependencyOf",
            Relation::DependsOn => "dependsOn",
            Relation::HasMember => "hasMember",
            Relation::HasPart => "hasPart",
            Relation::MemberOf => "memberOf",
            Relation::OwnedBy => "ownedBy",
            Relation::OwnerOf => "ownerOf",
            Relation::ParentOf => "parentOf",
            Relation::PartOf => "partOf",
            Relation::ProvidesApi => "providesApi",
        }
    }
}

/// The kinds, in the order in which they are offered.
pub const TABLE: &[Kind] = &[
    component::KIND,
    api::KIND,
    resource::KIND,
    system::KIND,
    domain::KIND,
    group::KIND,
    user::KIND,
    template::KIND,
    location::KIND,
];

/// The glyph of a kind that is not in the table.
pub const OTHER_GLYPH: &str = "□";
/// Its ASCII twin.
pub const OTHER_ASCII: &str = "+";
/// The columns of a list of several kinds, or of one that is not in the table.
pub const OTHER_COLUMNS: &[Column] = &[Column::Type, Column::Lifecycle, Column::Owner];

/// The kind of a name, without case (`component`, `API`).
pub fn find(name: &str) -> Option<&'static Kind> {
    TABLE
        .iter()
        .find(|kind| kind.name.eq_ignore_ascii_case(name))
}

/// The kind of exactly this name, as Backstage's schemas ask for it.
pub(super) fn find_exact(name: &str) -> Option<&'static Kind> {
    TABLE.iter().find(|kind| kind.name == name)
}

/// The glyph of a kind, known or not.
pub fn glyph(name: &str) -> &'static str {
    find(name).map_or(OTHER_GLYPH, |kind| kind.glyph)
}

/// The ASCII twin of [`glyph`].
pub fn ascii(name: &str) -> &'static str {
    find(name).map_or(OTHER_ASCII, |kind| kind.ascii)
}

/// The columns of a list of this kind, known or not.
pub fn columns(name: &str) -> &'static [Column] {
    find(name).map_or(OTHER_COLUMNS, |kind| kind.columns)
}

/// `apiVersion` of all kinds of Backstage's own model.
const MODEL: &[&str] = &["backstage.io/v1alpha1", "backstage.io/v1beta1"];

/// A relation field; `None` stands for "no default kind".
const fn relates(
    field: &'static str,
    default_kind: Option<&'static str>,
    forward: Relation,
    reverse: Relation,
) -> RelationField {
    RelationField {
        field,
        default_kind,
        forward,
        reverse,
    }
}

const OWNER: RelationField = relates("owner", Some("group"), Relation::OwnedBy, Relation::OwnerOf);
const SYSTEM: RelationField = relates(
    "system",
    Some("system"),
    Relation::PartOf,
    Relation::HasPart,
);
const DEPENDS_ON: RelationField = relates(
    "dependsOn",
    None,
    Relation::DependsOn,
    Relation::DependencyOf,
);
const DEPENDENCY_OF: RelationField = relates(
    "dependencyOf",
    None,
    Relation::DependencyOf,
    Relation::DependsOn,
);

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_kind_is_told_apart_by_its_glyphs() {
        let glyphs: BTreeSet<_> = TABLE
            .iter()
            .map(|kind| kind.glyph)
            .chain([OTHER_GLYPH])
            .collect();
        let ascii: BTreeSet<_> = TABLE
            .iter()
            .map(|kind| kind.ascii)
            .chain([OTHER_ASCII])
            .collect();
        assert_eq!(glyphs.len(), TABLE.len() + 1);
        assert_eq!(ascii.len(), TABLE.len() + 1);
        assert!(ascii.iter().all(|a| a.is_ascii() && a.len() == 1));
    }

    #[test]
    fn relations_are_ordered_as_their_names_are() {
        let names: Vec<_> = Relation::ALL.iter().map(|r| r.name()).collect();
        assert!(names.is_sorted(), "{names:?}");
        assert!(
            Relation::ALL
                .iter()
                .enumerate()
                .all(|(i, r)| *r as usize == i)
        );
    }

    #[test]
    fn a_kind_is_found_without_case_and_an_unknown_one_is_drawn_generically() {
        assert_eq!(find("COMPONENT").map(|k| k.name), Some("Component"));
        assert_eq!(glyph("api"), "○");
        assert_eq!(glyph("AIResource"), OTHER_GLYPH);
        assert!(find_exact("component").is_none());
    }
}
