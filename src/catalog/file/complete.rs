//! An entity that lacks nothing any more: its checks, what it names, and what Backstage adds to it.

use serde_json::{Map, Value};

use super::{ParsedFile, Refusal};
use crate::catalog::entity_ref::DEFAULT_NAMESPACE;
use crate::catalog::location::{
    EDIT_URL, LocationTarget, MANAGED_BY_LOCATION, MANAGED_BY_ORIGIN_LOCATION, Presence,
    SOURCE_LOCATION, VIEW_URL,
};
use crate::catalog::places::{place, positions, sort_lists};
use crate::catalog::policy;
use crate::catalog::record::{EntityRecord, entry};
use crate::catalog::relations;
use crate::catalog::yaml::YamlDocument;

/// How many targets of one Location are handed on: one more than are read, so that the reader sees there are more.
const MAX_TARGETS: usize = 1_001;

impl ParsedFile {
    /// Checks an entity that lacks nothing any more, and adds it. `resolved` is the document with its placeholders
    /// filled in, where it had any; places are looked up in the document as it was written.
    pub(super) fn complete(
        &mut self,
        mut document: YamlDocument,
        resolved: Option<Value>,
        entity_ref: String,
    ) -> Result<(), Refusal> {
        let written = match &document.content {
            Ok(value) => value,
            Err(_) => return Ok(()),
        };
        let Some(map) = resolved.as_ref().unwrap_or(written).as_object() else {
            return Ok(());
        };
        let checked = policy::policies(map)
            .and_then(|()| policy::kind(map, &entity_ref))
            .and_then(|()| relations::check(map));
        if let Err(fault) = checked {
            let mark = place(&document, &fault);
            return Err((fault, mark, Some(entity_ref)));
        }
        if entry(map, "kind").and_then(Value::as_str) == Some("Location") {
            self.targets(&document, map, &entity_ref);
        }
        let mut positions = positions(&document);
        let Some(Value::Object(mut entity)) =
            resolved.or_else(|| document.content.as_mut().ok().map(Value::take))
        else {
            return Ok(());
        };
        sort_lists(&mut entity, &mut positions);
        self.annotate(&mut entity);
        self.file.entities.push(EntityRecord {
            entity_ref,
            document: document.index,
            entity: Value::Object(entity),
            positions,
            problems: Vec::new(),
        });
        Ok(())
    }

    fn targets(&mut self, document: &YamlDocument, entity: &Map<String, Value>, entity_ref: &str) {
        let Some(spec) = entity.get("spec") else {
            return;
        };
        let text = |key: &str| spec.get(key).and_then(Value::as_str);
        let own_type = self
            .file
            .location
            .split_once(':')
            .map_or("url", |(location_type, _)| location_type);
        let location_type = text("type").unwrap_or(own_type).to_owned();
        let presence = match text("presence") {
            Some("optional") => Presence::Optional,
            _ => Presence::Required,
        };
        let list = spec.get("targets").and_then(Value::as_array);
        let one = text("target").map(|target| (document.position("/spec/target"), target));
        // Places are found on one way through the list: looking each up would go through it from its start.
        let mut places = document.items("/spec/targets").map(|item| item.mark());
        let nowhere = document.position("/spec/targets");
        let many = list.into_iter().flatten().filter_map(|item| {
            let mark = places.next().unwrap_or(nowhere);
            Some((mark, item.as_str()?))
        });
        for (mark, target) in one.into_iter().chain(many).take(MAX_TARGETS) {
            self.locations.push(LocationTarget {
                entity_ref: entity_ref.to_owned(),
                location_type: location_type.clone(),
                target: target.to_owned(),
                presence,
                line: mark.line,
                column: mark.column,
            });
        }
    }

    /// Fills in the default namespace and the location annotations. What the author wrote comes first, in its order;
    /// of the annotations only the two `managed-by` ones are not the author's to choose.
    fn annotate(&self, entity: &mut Map<String, Value>) {
        let Some(Value::Object(metadata)) = entity.get_mut("metadata") else {
            return;
        };
        if entry(metadata, "namespace").is_none() {
            let after_name = metadata
                .keys()
                .position(|key| key == "name")
                .map_or(0, |at| at + 1);
            metadata.shift_insert(
                after_name,
                "namespace".to_owned(),
                Value::from(DEFAULT_NAMESPACE),
            );
        }
        if entry(metadata, "annotations").is_none() {
            let room_for_two = Map::with_capacity(2);
            metadata.insert("annotations".to_owned(), Value::Object(room_for_two));
        }
        let Some(Value::Object(annotations)) = metadata.get_mut("annotations") else {
            return;
        };
        for (key, value) in [
            (MANAGED_BY_LOCATION, &self.file.location),
            (MANAGED_BY_ORIGIN_LOCATION, &self.file.origin),
        ] {
            annotations.insert(key.to_owned(), Value::String(value.clone()));
        }
        let absent = [
            (VIEW_URL, &self.annotations.view_url),
            (EDIT_URL, &self.annotations.edit_url),
            (SOURCE_LOCATION, &self.annotations.source_location),
        ];
        for (key, value) in absent {
            if let Some(value) = value
                && entry(annotations, key).is_none()
            {
                annotations.insert(key.to_owned(), Value::String(value.clone()));
            }
        }
    }
}
