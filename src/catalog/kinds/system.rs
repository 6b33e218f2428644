//! System: components, APIs and resources that belong together.

use super::{Column, Kind, MODEL, OWNER, Relation, relates};
use crate::catalog::schema::{NAME, ObjectSchema, Others};

pub(super) const KIND: Kind = Kind {
    name: "System",
    plural: "Systems",
    glyph: "◇",
    ascii: "s",
    api_versions: MODEL,
    columns: &[Column::Type, Column::Owner, Column::Description],
    relations: &[
        OWNER,
        relates(
            "domain",
            Some("domain"),
            Relation::PartOf,
            Relation::HasPart,
        ),
    ],
    spec: &SPEC,
};

static SPEC: ObjectSchema = ObjectSchema {
    required: &["owner"],
    properties: &[("owner", NAME), ("domain", NAME), ("type", NAME)],
    others: Others::Anything,
};
