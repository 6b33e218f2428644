//! Component: a piece of software.

use super::{Column, DEPENDENCY_OF, DEPENDS_ON, Kind, MODEL, OWNER, Relation, SYSTEM, relates};
use crate::catalog::schema::{NAME, NAMES, ObjectSchema, Others};

pub(super) const KIND: Kind = Kind {
    name: "Component",
    plural: "Components",
    glyph: "◆",
    ascii: "c",
    api_versions: MODEL,
    columns: &[
        Column::Type,
        Column::Lifecycle,
        Column::Owner,
        Column::System,
    ],
    relations: &[
        OWNER,
        relates(
            "subcomponentOf",
            Some("component"),
            Relation::PartOf,
            Relation::HasPart,
        ),
        relates(
            "providesApis",
            Some("api"),
            Relation::ProvidesApi,
            Relation::ApiProvidedBy,
        ),
        relates(
            "consumesApis",
            Some("api"),
            Relation::ConsumesApi,
            Relation::ApiConsumedBy,
        ),
        DEPENDS_ON,
        DEPENDENCY_OF,
        SYSTEM,
    ],
    spec: &SPEC,
};

static SPEC: ObjectSchema = ObjectSchema {
    required: &["type", "lifecycle", "owner"],
    properties: &[
        ("type", NAME),
        ("lifecycle", NAME),
        ("owner", NAME),
        ("system", NAME),
        ("subcomponentOf", NAME),
        ("providesApis", NAMES),
        ("consumesApis", NAMES),
        ("dependsOn", NAMES),
    ],
    others: Others::Anything,
};
