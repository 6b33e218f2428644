//! Template: a software template for the scaffolder.

use super::{Column, Kind, OWNER};
use crate::catalog::schema::{ANY_OBJECT, NAME, ObjectSchema, Others, Schema};

pub(super) const KIND: Kind = Kind {
    name: "Template",
    plural: "Templates",
    glyph: "▤",
    ascii: "t",
    api_versions: &["scaffolder.backstage.io/v1beta3"],
    columns: &[Column::Title, Column::Type, Column::Owner],
    relations: &[OWNER],
    spec: &SPEC,
};

const TEXT: Schema = Schema::Text(0);

const fn object(properties: &'static [(&'static str, Schema)]) -> ObjectSchema {
    ObjectSchema {
        required: &[],
        properties,
        others: Others::Anything,
    }
}

static SPEC: ObjectSchema = ObjectSchema {
    required: &["type", "steps"],
    properties: &[
        ("type", NAME),
        ("owner", NAME),
        ("lifecycle", NAME),
        ("parameters", Schema::Either(&PAGE, &Schema::List(&PAGE))),
        (
            "secrets",
            Schema::Object(&object(&[("schema", ANY_OBJECT)])),
        ),
        (
            "presentation",
            Schema::Object(&object(&[("buttonLabels", BUTTON_LABELS)])),
        ),
        (
            "EXPERIMENTAL_recovery",
            Schema::Object(&object(&[("EXPERIMENTAL_strategy", TEXT)])),
        ),
        ("formDecorators", DECORATORS),
        ("EXPERIMENTAL_formDecorators", DECORATORS),
        ("steps", Schema::List(&STEP)),
        ("output", OUTPUT),
    ],
    others: Others::Anything,
};

const BUTTON_LABELS: Schema = Schema::Object(&object(&[
    ("backButtonText", TEXT),
    ("createButtonText", TEXT),
    ("reviewButtonText", TEXT),
]));

const PERMISSIONS: Schema = Schema::Object(&object(&[("tags", Schema::List(&TEXT))]));

static PAGE: Schema = Schema::Object(&object(&[("backstage:permissions", PERMISSIONS)]));

const DECORATORS: Schema = Schema::List(&Schema::Object(&object(&[
    ("id", TEXT),
    ("input", ANY_OBJECT),
])));

static STEP: Schema = Schema::Object(&ObjectSchema {
    required: &["action"],
    properties: &[
        ("id", TEXT),
        ("name", TEXT),
        ("action", TEXT),
        ("input", ANY_OBJECT),
        ("if", Schema::TextOrBool),
        ("backstage:permissions", PERMISSIONS),
    ],
    others: Others::Anything,
});

const OUTPUT: Schema = Schema::Object(&ObjectSchema {
    required: &[],
    properties: &[
        (
            "links",
            Schema::List(&Schema::Object(&object(&[
                ("if", Schema::TextOrBool),
                ("url", NAME),
                ("entityRef", NAME),
                ("title", NAME),
                ("icon", NAME),
            ]))),
        ),
        (
            "text",
            Schema::List(&Schema::Object(&object(&[
                ("if", Schema::TextOrBool),
                ("title", NAME),
                ("icon", NAME),
                ("content", TEXT),
            ]))),
        ),
    ],
    others: Others::Each(&TEXT),
});
