//! `spec.profile` of Groups and Users.

use crate::catalog::schema::{NAME, ObjectSchema, Others, Schema};

/// Who they are, for people to see.
pub(super) const PROFILE: Schema = Schema::Object(&ObjectSchema {
    required: &[],
    properties: &[("displayName", NAME), ("email", NAME), ("picture", NAME)],
    others: Others::Anything,
});
