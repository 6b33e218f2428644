//! Resource: infrastructure that a system needs.

use super::{Column, DEPENDENCY_OF, DEPENDS_ON, Kind, MODEL, OWNER, SYSTEM};
use crate::catalog::schema::{NAME, NAMES, ObjectSchema, Others};

pub(super) const KIND: Kind = Kind {
    name: "Resource",
    plural: "Resources",
    glyph: "▪",
    ascii: "r",
    api_versions: MODEL,
    columns: &[Column::Type, Column::Owner, Column::System],
    relations: &[OWNER, DEPENDS_ON, DEPENDENCY_OF, SYSTEM],
    spec: &SPEC,
};

static SPEC: ObjectSchema = ObjectSchema {
    required: &["type", "owner"],
    properties: &[
        ("type", NAME),
        ("owner", NAME),
        ("dependsOn", NAMES),
        ("system", NAME),
    ],
    others: Others::Anything,
};
