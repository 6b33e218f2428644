//! Fields that hold references to entities.

use serde_json::Value;

use crate::catalog::EntityRef;

use super::super::hints::Hints;
use super::filter::EntityFilter;

/// Which entities a picker chooses among.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EntitySource {
    /// Those that its filter wants.
    Catalog,
    /// Those of them that the person, or a group of theirs, owns.
    Owned,
    /// Groups the person is a member of.
    MyGroups,
}

/// `EntityPicker`, `MultiEntityPicker`, `OwnerPicker`, `OwnedEntityPicker`, `MyGroupsPicker`.
#[derive(Clone, PartialEq, Debug)]
pub struct EntityPicker {
    /// Among which entities it chooses.
    pub source: EntitySource,
    /// Which of them it offers.
    pub filter: EntityFilter,
    /// The kind that a reference without one means.
    pub default_kind: Option<String>,
    /// The namespace that a reference without one means; none where `defaultNamespace: false` wants it always shown.
    pub default_namespace: Option<String>,
    /// Whether something that is not offered may be entered.
    pub allow_arbitrary: bool,
}

/// An entity that can be picked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Candidate {
    /// What is stored.
    pub value: String,
    /// What is shown.
    pub label: String,
    /// The entity.
    pub entity: EntityRef,
}

impl EntityPicker {
    pub(in super::super) fn read(field: &str, hints: &Hints) -> Option<Self> {
        let (source, owners) = match field {
            "EntityPicker" | "MultiEntityPicker" => (EntitySource::Catalog, false),
            "OwnerPicker" => (EntitySource::Catalog, true),
            "OwnedEntityPicker" => (EntitySource::Owned, false),
            "MyGroupsPicker" => (EntitySource::MyGroups, false),
            _ => return None,
        };
        let kinds = hints.texts("allowedKinds");
        let written = hints
            .get("catalogFilter")
            .filter(|filter| filter.is_object() || filter.is_array());
        let filter = match (written, source) {
            (_, EntitySource::MyGroups) => EntityFilter::kinds(&["Group"]),
            (Some(written), _) => EntityFilter::read(written),
            (None, _) if !kinds.is_empty() => EntityFilter::kinds(&kinds),
            (None, _) if owners => EntityFilter::kinds(&["Group", "User"]),
            (None, _) => EntityFilter::default(),
        };
        let default_kind = hints.text("defaultKind").map(str::to_owned);
        Some(Self {
            source,
            filter,
            default_kind: default_kind.or_else(|| owners.then(|| "Group".to_owned())),
            default_namespace: match hints.get("defaultNamespace") {
                Some(Value::Bool(false)) => None,
                Some(Value::String(name)) if !name.is_empty() => Some(name.clone()),
                _ => Some(crate::catalog::DEFAULT_NAMESPACE.to_owned()),
            },
            allow_arbitrary: hints
                .flag("allowArbitraryValues")
                .unwrap_or(source != EntitySource::MyGroups),
        })
    }

    /// What is stored for a text that was typed: the complete reference where it is one, else the text itself
    /// (Backstage's `stringifyEntityRef(parseEntityRef(…))`).
    pub fn stored(&self, typed: &str) -> String {
        let namespace = self
            .default_namespace
            .as_deref()
            .unwrap_or(crate::catalog::DEFAULT_NAMESPACE);
        EntityRef::parse(typed, self.default_kind.as_deref(), namespace)
            .map_or_else(|_| typed.to_owned(), |reference| reference.to_string())
    }

    /// A reference as a person reads it: without the kind and the namespace that are implied.
    pub fn label(&self, reference: &EntityRef) -> String {
        let implied = |part: &str, default: &Option<String>| {
            default
                .as_ref()
                .is_some_and(|default| default.to_lowercase() == part)
        };
        let mut label = String::new();
        if !implied(reference.kind(), &self.default_kind) {
            label.push_str(reference.kind());
            label.push(':');
        }
        if !implied(reference.namespace(), &self.default_namespace) {
            label.push_str(reference.namespace());
            label.push('/');
        }
        label.push_str(reference.name());
        label
    }

    /// How a stored value is shown.
    pub fn label_of(&self, stored: &str) -> String {
        let namespace = self
            .default_namespace
            .as_deref()
            .unwrap_or(crate::catalog::DEFAULT_NAMESPACE);
        match EntityRef::parse(stored, self.default_kind.as_deref(), namespace) {
            Ok(reference) => self.label(&reference),
            Err(_) => stored.to_owned(),
        }
    }

    /// What is stored and shown for an entity: the complete reference, and its `metadata.title` or the reference as a
    /// person reads it.
    pub fn candidate(&self, entity: EntityRef, title: Option<&str>) -> Candidate {
        Candidate {
            value: entity.to_string(),
            label: match title.filter(|title| !title.is_empty()) {
                Some(title) => crate::text::clean(title).into_owned(),
                None => self.label(&entity),
            },
            entity,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn picker(field: &str, options: Value) -> EntityPicker {
        let schema = json!({ "ui:options": options });
        EntityPicker::read(field, &Hints::new(schema.as_object().unwrap(), None)).unwrap()
    }

    #[test]
    fn an_owner_is_a_group_or_a_user_and_a_group_where_no_kind_is_told() {
        let owner = picker("OwnerPicker", json!({}));
        assert_eq!(owner.filter, EntityFilter::kinds(&["Group", "User"]));
        assert_eq!(owner.stored("Team-A"), "group:default/team-a");
        assert_eq!(owner.stored("user:guest"), "user:default/guest");
        assert_eq!(owner.label_of("group:default/team-a"), "team-a");
        assert_eq!(owner.label_of("user:ns/guest"), "user:ns/guest");
    }

    #[test]
    fn what_is_no_reference_is_stored_as_it_is() {
        let any = picker("EntityPicker", json!({}));
        assert_eq!(any.stored("just words"), "just words");
        assert_eq!(any.stored("component:a"), "component:default/a");
        let apis = picker(
            "EntityPicker",
            json!({"defaultKind": "API", "defaultNamespace": "x"}),
        );
        assert_eq!(apis.stored("pay"), "api:x/pay");
    }

    #[test]
    fn several_filters_take_the_place_of_allowed_kinds() {
        let read = picker(
            "EntityPicker",
            json!({"allowedKinds": ["API"], "catalogFilter": [{"kind": "System"}, {"kind": "Domain"}], "allowArbitraryValues": false}),
        );
        assert_eq!(read.filter.any.len(), 2);
        assert!(!read.allow_arbitrary);
        assert_eq!(
            picker("EntityPicker", json!({"allowedKinds": ["API"]})).filter,
            EntityFilter::kinds(&["API"])
        );
    }

    #[test]
    fn ones_own_entities_and_groups_are_stored_as_complete_references() {
        let owned = picker("OwnedEntityPicker", json!({"defaultKind": "Component"}));
        let candidate = owned.candidate(EntityRef::new("component", "default", "pay"), None);
        assert_eq!(
            (candidate.value.as_str(), candidate.label.as_str()),
            ("component:default/pay", "pay")
        );
        let groups = picker("MyGroupsPicker", json!({}));
        let candidate = groups.candidate(EntityRef::new("group", "default", "a"), Some("Team A"));
        assert_eq!(
            (candidate.value.as_str(), candidate.label.as_str()),
            ("group:default/a", "Team A")
        );
        assert!(!groups.allow_arbitrary && owned.allow_arbitrary);
    }
}
