//! Group: a team or a larger part of the organisation.

use super::{Column, Kind, MODEL, Relation, profile::PROFILE, relates};
use crate::catalog::schema::{NAME, NAMES, ObjectSchema, Others};

pub(super) const KIND: Kind = Kind {
    name: "Group",
    plural: "Groups",
    glyph: "▣",
    ascii: "g",
    api_versions: MODEL,
    columns: &[Column::Title, Column::Type, Column::Description],
    relations: &[
        relates(
            "parent",
            Some("group"),
            Relation::ChildOf,
            Relation::ParentOf,
        ),
        relates(
            "children",
            Some("group"),
            Relation::ParentOf,
            Relation::ChildOf,
        ),
        relates(
            "members",
            Some("user"),
            Relation::HasMember,
            Relation::MemberOf,
        ),
    ],
    spec: &SPEC,
};

static SPEC: ObjectSchema = ObjectSchema {
    required: &["type", "children"],
    properties: &[
        ("type", NAME),
        ("profile", PROFILE),
        ("parent", NAME),
        ("children", NAMES),
        ("members", NAMES),
    ],
    others: Others::Anything,
};
