//! Location entities: the targets they name, and those that Backstage makes for a configured location.

use serde_json::{Value, json};
use sha1::{Digest, Sha1};

use super::record::EntityRecord;

/// The annotation that says which file an entity was read from.
pub const MANAGED_BY_LOCATION: &str = "backstage.io/managed-by-location";
/// The annotation that says which configured location that file was reached from.
pub const MANAGED_BY_ORIGIN_LOCATION: &str = "backstage.io/managed-by-origin-location";
/// The annotation with the page to look at the file.
pub const VIEW_URL: &str = "backstage.io/view-url";
/// The annotation with the page to edit the file.
pub const EDIT_URL: &str = "backstage.io/edit-url";
/// The annotation with the folder of the source code.
pub const SOURCE_LOCATION: &str = "backstage.io/source-location";

/// What it means that a target does not exist.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Presence {
    /// An error.
    #[default]
    Required,
    /// Nothing.
    Optional,
}

/// One target of a Location entity, for the caller to read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LocationTarget {
    /// The Location entity.
    pub entity_ref: String,
    /// `url`, `file`, …: the entity's `spec.type`, or that of the location it was read from.
    pub location_type: String,
    /// As written. Relative where the type is that of the location the entity was read from; otherwise whole.
    pub target: String,
    /// `spec.presence`.
    pub presence: Presence,
    /// 1-based line of the target.
    pub line: u32,
    /// 1-based column.
    pub column: u32,
}

/// The name of the Location entity that Backstage makes for a configured location.
pub fn generated_name(location_type: &str, target: &str) -> String {
    let mut hash = Sha1::new();
    hash.update(location_type.as_bytes());
    hash.update(b":");
    hash.update(target.as_bytes());
    let mut name = "generated-".to_owned();
    super::served::push_hex(&mut name, &hash.finalize());
    name
}

/// The Location entity that Backstage makes for a configured location; a location of its own file and origin.
pub fn generated_entity(location_type: &str, target: &str, presence: Presence) -> EntityRecord {
    let name = generated_name(location_type, target);
    let location = format!("{location_type}:{target}");
    let mut entity = json!({
        "apiVersion": "backstage.io/v1alpha1",
        "kind": "Location",
        "metadata": {
            "name": name,
            "namespace": "default",
            "annotations": { MANAGED_BY_LOCATION: location, MANAGED_BY_ORIGIN_LOCATION: location },
        },
        "spec": { "type": location_type, "target": target },
    });
    if presence == Presence::Optional
        && let Some(spec) = entity.get_mut("spec").and_then(Value::as_object_mut)
    {
        spec.insert("presence".to_owned(), Value::from("optional"));
    }
    EntityRecord {
        entity_ref: format!("location:default/{name}"),
        document: 0,
        entity,
        positions: Vec::new(),
        problems: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configured_location_has_the_name_backstage_gives_it() {
        // `printf 'url:https://example.com/a.yaml' | sha1sum`
        assert_eq!(
            generated_name("url", "https://example.com/a.yaml"),
            "generated-17fb6f13ffb6251438be1e4f37c6482b83ede45c"
        );
        let record = generated_entity("file", "/a.yaml", Presence::Optional);
        assert_eq!(record.entity["spec"]["presence"], "optional");
        assert_eq!(
            record.entity["metadata"]["annotations"][MANAGED_BY_LOCATION],
            "file:/a.yaml"
        );
    }
}
