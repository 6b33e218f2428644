//! What a reference that a person writes stands for: `[kind:][namespace/]name`, without case.
//!
//! Says what is meant, what it could mean, or what is near; in which words that is answered is the asker's.

use super::{DEFAULT_NAMESPACE, RowId, Snapshot};

/// How many names a mistyped one is offered.
const OFFERED: usize = 3;

/// A reference as a person writes it: complete or not, lower-cased.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PartialRef {
    kind: Option<String>,
    namespace: Option<String>,
    name: String,
}

/// What a [`PartialRef`] stands for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Resolution<'a, T> {
    /// One thing.
    Found(T),
    /// Several: their complete references, in the catalog's order.
    Ambiguous(Vec<&'a str>),
    /// Nothing.
    NotFound,
}

/// What a reference stands for where what is only referred to counts too.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Named<'a> {
    /// An entity of the catalog.
    Row(RowId),
    /// The complete reference of an entity that is not there, but that others name.
    Missing(&'a str),
}

impl<'a> Named<'a> {
    /// Its kind.
    pub fn kind(self, snapshot: &'a Snapshot) -> &'a str {
        match self {
            Self::Row(id) => snapshot.row(id).kind,
            Self::Missing(entity_ref) => Parts::of(entity_ref).kind,
        }
    }
}

impl PartialRef {
    /// Reads one; none where the text is no reference.
    pub fn parse(reference: &str) -> Option<Self> {
        let lower = reference.trim().to_lowercase();
        let (kind, rest) = match lower.split_once(':') {
            Some((kind, rest)) => (Some(kind), rest),
            None => (None, lower.as_str()),
        };
        let (namespace, name) = match rest.split_once('/') {
            Some((namespace, name)) => (Some(namespace), name),
            None => (None, rest),
        };
        let empty = |part: Option<&str>| part.is_some_and(str::is_empty);
        if name.is_empty() || name.contains([':', '/']) || empty(kind) || empty(namespace) {
            return None;
        }
        Some(Self {
            kind: kind.map(str::to_owned),
            namespace: namespace.map(str::to_owned),
            name: name.to_owned(),
        })
    }

    /// The name, lower-cased.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is a name alone, without kind and namespace.
    pub fn is_bare(&self) -> bool {
        self.kind.is_none() && self.namespace.is_none()
    }

    /// The one entity that it stands for.
    ///
    /// Without a kind it may be of any; without a namespace the default one goes first, and another counts only where
    /// the default one has nothing of that name. What is invalid and was never good counts only where nothing else is
    /// meant.
    pub fn resolve<'a>(&self, snapshot: &'a Snapshot) -> Resolution<'a, RowId> {
        let mut found: Vec<RowId> = snapshot
            .ids()
            .filter(|&id| self.matches(snapshot.entity_ref(id)))
            .collect();
        let is_served = |id: &RowId| !snapshot.flags(*id).unserved;
        if found.iter().any(is_served) {
            found.retain(is_served);
        }
        self.prefer_default(&mut found, |id| snapshot.entity_ref(*id));
        match found.as_slice() {
            [] => Resolution::NotFound,
            [one] => Resolution::Found(*one),
            several => {
                let refs = several.iter().map(|&id| snapshot.entity_ref(id));
                Resolution::Ambiguous(refs.collect())
            }
        }
    }

    /// As [`resolve`](Self::resolve); where the catalog has nothing of the name, what relations name and is not there
    /// counts.
    pub fn resolve_named<'a>(&self, snapshot: &'a Snapshot) -> Resolution<'a, Named<'a>> {
        match self.resolve(snapshot) {
            Resolution::Found(id) => return Resolution::Found(Named::Row(id)),
            Resolution::Ambiguous(several) => return Resolution::Ambiguous(several),
            Resolution::NotFound => {}
        }
        let mut found = snapshot.dangling_refs();
        found.retain(|entity_ref| self.matches(entity_ref));
        self.prefer_default(&mut found, |entity_ref| *entity_ref);
        match found.as_slice() {
            [] => Resolution::NotFound,
            [one] => Resolution::Found(Named::Missing(one)),
            _ => Resolution::Ambiguous(found),
        }
    }

    /// Complete references of nearly that name, a few at most: the same name elsewhere first, then slips of the pen.
    /// `nearest` finds the name of a list that is nearest to a mistyped one, if any is near.
    pub fn nearest<'a>(
        &self,
        snapshot: &'a Snapshot,
        nearest: &dyn Fn(&str, &[&'a str]) -> Option<&'a str>,
    ) -> Vec<&'a str> {
        let all = || snapshot.ids().map(|id| snapshot.entity_ref(id));
        let mut near: Vec<&str> = all()
            .filter(|entity_ref| Parts::of(entity_ref).name == self.name)
            .take(OFFERED)
            .collect();
        let mut names: Vec<&str> = all().map(|entity_ref| Parts::of(entity_ref).name).collect();
        names.sort_unstable();
        names.dedup();
        names.retain(|name| *name != self.name);
        while near.len() < OFFERED {
            let Some(name) = nearest(&self.name, &names) else {
                break;
            };
            names.retain(|other| *other != name);
            let is_meant = |entity_ref: &&str| {
                let parts = Parts::of(entity_ref);
                parts.name == name && self.kind.as_deref().is_none_or(|kind| kind == parts.kind)
            };
            near.extend(all().filter(is_meant).take(OFFERED - near.len()));
        }
        near
    }

    /// Without a namespace, leaves those of the default one where there are any.
    fn prefer_default<'a, T>(&self, found: &mut Vec<T>, entity_ref: impl Fn(&T) -> &'a str) {
        let is_default = |one: &T| Parts::of(entity_ref(one)).namespace == DEFAULT_NAMESPACE;
        if self.namespace.is_none() && found.iter().any(is_default) {
            found.retain(is_default);
        }
    }

    fn matches(&self, entity_ref: &str) -> bool {
        let is = |wanted: Option<&str>, part: &str| wanted.is_none_or(|wanted| wanted == part);
        let parts = Parts::of(entity_ref);
        parts.name == self.name
            && is(self.kind.as_deref(), parts.kind)
            && is(self.namespace.as_deref(), parts.namespace)
    }
}

struct Parts<'a> {
    kind: &'a str,
    namespace: &'a str,
    name: &'a str,
}

impl<'a> Parts<'a> {
    /// Of a complete reference.
    fn of(entity_ref: &'a str) -> Self {
        let (kind, rest) = entity_ref.split_once(':').unwrap_or(("", entity_ref));
        let (namespace, name) = rest.split_once('/').unwrap_or(("", rest));
        Self {
            kind,
            namespace,
            name,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{RowFlags, RowInput};

    fn snapshot() -> Snapshot {
        let row = |entity_ref: &str, unserved: bool| RowInput {
            entity_ref: entity_ref.to_owned(),
            flags: RowFlags {
                unserved,
                ..RowFlags::default()
            },
            relations: vec![("dependsOn".into(), "resource:eu/gone".into())],
            ..RowInput::default()
        };
        let rows = vec![
            row("component:default/payments", false),
            row("system:default/payments", false),
            row("component:eu/orders", false),
            row("component:default/orders", true),
            row("api:default/broken", true),
        ];
        Snapshot::build(rows, 1)
    }

    fn found(reference: &str) -> String {
        let snapshot = snapshot();
        match PartialRef::parse(reference)
            .unwrap()
            .resolve_named(&snapshot)
        {
            Resolution::Found(Named::Row(id)) => snapshot.entity_ref(id).to_owned(),
            Resolution::Found(Named::Missing(entity_ref)) => format!("missing {entity_ref}"),
            Resolution::Ambiguous(refs) => refs.join(" "),
            Resolution::NotFound => String::new(),
        }
    }

    #[test]
    fn a_name_stands_for_one_for_several_or_for_nothing() {
        assert_eq!(
            found("payments"),
            "component:default/payments system:default/payments"
        );
        assert_eq!(found(" System:Payments "), "system:default/payments");
        assert_eq!(found("payment"), "");
    }

    #[test]
    fn what_was_never_good_counts_where_nothing_else_is_meant() {
        assert_eq!(found("orders"), "component:eu/orders");
        assert_eq!(found("broken"), "api:default/broken");
    }

    #[test]
    fn what_is_only_referred_to_counts_where_there_is_nothing_else() {
        assert_eq!(found("gone"), "missing resource:eu/gone");
        let snapshot = snapshot();
        let gone = PartialRef::parse("gone").unwrap();
        assert_eq!(gone.resolve(&snapshot), Resolution::NotFound);
    }

    #[test]
    fn the_nearest_are_the_same_name_elsewhere_then_what_the_asker_finds_near() {
        let snapshot = snapshot();
        let wanted = PartialRef::parse("api:payments").unwrap();
        let near = wanted.nearest(&snapshot, &|_, names| {
            names.iter().copied().find(|name| *name == "broken")
        });
        assert_eq!(
            near,
            [
                "component:default/payments",
                "system:default/payments",
                "api:default/broken"
            ]
        );
    }

    #[test]
    fn text_without_a_name_is_no_reference() {
        for text in ["", " ", "a:b:c", "/x", "x/", ":x", "a:", "a/b/c"] {
            assert_eq!(PartialRef::parse(text), None, "{text}");
        }
    }
}
