//! Location: a file that names other files to read.

use super::{Column, Kind, MODEL};
use crate::catalog::schema::{NAME, NAMES, ObjectSchema, Others, Schema};

pub(super) const KIND: Kind = Kind {
    name: "Location",
    plural: "Locations",
    glyph: "◎",
    ascii: "l",
    api_versions: MODEL,
    columns: &[Column::Type, Column::Description],
    relations: &[],
    spec: &SPEC,
};

static SPEC: ObjectSchema = ObjectSchema {
    required: &[],
    properties: &[
        ("type", NAME),
        ("target", NAME),
        ("targets", NAMES),
        ("presence", Schema::Choice(&["required", "optional"])),
    ],
    others: Others::Anything,
};
