//! API: what components provide and consume.

use super::{Column, Kind, MODEL, OWNER, SYSTEM};
use crate::catalog::schema::{NAME, ObjectSchema, Others};

pub(super) const KIND: Kind = Kind {
    name: "API",
    plural: "APIs",
    glyph: "○",
    ascii: "a",
    api_versions: MODEL,
    columns: &[
        Column::Type,
        Column::Lifecycle,
        Column::Owner,
        Column::System,
    ],
    relations: &[OWNER, SYSTEM],
    spec: &SPEC,
};

static SPEC: ObjectSchema = ObjectSchema {
    required: &["type", "lifecycle", "owner", "definition"],
    properties: &[
        ("type", NAME),
        ("lifecycle", NAME),
        ("owner", NAME),
        ("system", NAME),
        ("definition", NAME),
    ],
    others: Others::Anything,
};
