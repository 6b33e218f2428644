//! Domain: systems of one business purpose.

use super::{Column, Kind, MODEL, OWNER, Relation, relates};
use crate::catalog::schema::{NAME, ObjectSchema, Others};

pub(super) const KIND: Kind = Kind {
    name: "Domain",
    plural: "Domains",
    glyph: "◈",
    ascii: "d",
    api_versions: MODEL,
    columns: &[Column::Type, Column::Owner, Column::Description],
    relations: &[
        OWNER,
        relates(
            "subdomainOf",
            Some("domain"),
            Relation::PartOf,
            Relation::HasPart,
        ),
    ],
    spec: &SPEC,
};

static SPEC: ObjectSchema = ObjectSchema {
    required: &["owner"],
    properties: &[("owner", NAME), ("subdomainOf", NAME), ("type", NAME)],
    others: Others::Anything,
};
