//! User: a person.

use super::{Column, Kind, MODEL, Relation, profile::PROFILE, relates};
use crate::catalog::schema::{NAMES, ObjectSchema, Others};

pub(super) const KIND: Kind = Kind {
    name: "User",
    plural: "Users",
    glyph: "▢",
    ascii: "u",
    api_versions: MODEL,
    columns: &[Column::Title, Column::Description],
    relations: &[relates(
        "memberOf",
        Some("group"),
        Relation::MemberOf,
        Relation::HasMember,
    )],
    spec: &SPEC,
};

static SPEC: ObjectSchema = ObjectSchema {
    required: &["memberOf"],
    properties: &[("profile", PROFILE), ("memberOf", NAMES)],
    others: Others::Anything,
};
