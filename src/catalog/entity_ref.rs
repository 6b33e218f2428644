//! References to entities, in Backstage's compact form `[kind:][namespace/]name`.
//!
//! An [`EntityRef`] is always complete and lower-cased, the form Backstage writes into `relations[].targetRef`;
//! the spelling an author used stays in the entity itself. Nothing here looks anything up.

use std::fmt;

use super::span::Span;

/// The namespace of a reference or an entity that names none.
pub const DEFAULT_NAMESPACE: &str = "default";

/// A complete reference to an entity: kind, namespace and name, lower-cased.
///
/// Ordered and hashed by its three parts, so that `BTreeMap` order is the order of the written form's parts.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct EntityRef {
    kind: String,
    namespace: String,
    name: String,
}

/// Why a text is no entity reference. The wording is Backstage's.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RefError {
    /// A part of the text is empty.
    #[error("Entity reference \"{0}\" was not on the form [<kind>:][<namespace>/]<name>")]
    Malformed(String),
    /// No kind in the text and none implied by the place it stands in (`dependsOn: [foo]`).
    #[error(
        "Entity reference \"{0}\" had missing or empty kind (e.g. did not start with \"component:\" or similar)"
    )]
    MissingKind(String),
}

impl EntityRef {
    /// Makes a reference from complete parts, lower-casing each.
    pub fn new(kind: &str, namespace: &str, name: &str) -> Self {
        Self {
            kind: kind.to_lowercase(),
            namespace: namespace.to_lowercase(),
            name: name.to_lowercase(),
        }
    }

    /// Reads `[kind:][namespace/]name`, filling in what the text leaves out.
    ///
    /// As Backstage's `parseEntityRef`: parts are not trimmed and hardly validated (`a b c` is a name, and so is `b:c`
    /// in `a/b:c`, since a `:` after the first `/` belongs to the name).
    ///
    /// # Errors
    /// [`RefError::Malformed`] for a text with an empty part, [`RefError::MissingKind`] where neither the text
    /// nor `default_kind` gives a kind.
    pub fn parse(
        text: &str,
        default_kind: Option<&str>,
        default_namespace: &str,
    ) -> Result<Self, RefError> {
        let (kind, namespace, name) = split(text)?;
        let kind = kind
            .or(default_kind)
            .ok_or_else(|| RefError::MissingKind(text.to_owned()))?;
        Ok(Self::new(
            kind,
            namespace.unwrap_or(default_namespace),
            name,
        ))
    }

    /// The kind, lower-cased: `component`.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The namespace, lower-cased: `default`.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The name, lower-cased.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The shortest form that still says which entity is meant where `kind` is implied:
    /// no kind where it is the implied one, no namespace where it is the default one.
    pub fn short(&self, implied_kind: Option<&str>) -> String {
        let mut out = String::new();
        if implied_kind != Some(self.kind.as_str()) {
            out.push_str(&self.kind);
            out.push(':');
        }
        if self.namespace != DEFAULT_NAMESPACE {
            out.push_str(&self.namespace);
            out.push('/');
        }
        out.push_str(&self.name);
        out
    }
}

/// A complete reference in its shortest form ([`EntityRef::short`]), with its kind in any case where `implied_kind` is
/// empty; what is no reference stays as it is.
pub fn short_ref(entity_ref: &str, implied_kind: &str) -> String {
    EntityRef::parse(entity_ref, None, DEFAULT_NAMESPACE)
        .map_or_else(|_| entity_ref.to_owned(), |r| r.short(Some(implied_kind)))
}

/// A text in two at the first byte of a kind, an ASCII one. Quicker than [`str::split_once`] for texts as short as those
/// of entities.
pub(super) fn cut(text: &str, byte: u8) -> Option<(&str, &str)> {
    let at = text.bytes().position(|b| b == byte)?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

/// The parts of a reference as written: kind, namespace, name.
fn split(text: &str) -> Result<(Option<&str>, Option<&str>, &str), RefError> {
    let colon = text.bytes().find(|b| matches!(b, b':' | b'/')) == Some(b':');
    let (kind, rest) = match cut(text, b':').filter(|_| colon) {
        Some((kind, rest)) => (Some(kind), rest),
        None => (None, text),
    };
    let (namespace, name) = match cut(rest, b'/') {
        Some((namespace, name)) => (Some(namespace), name),
        None => (None, rest),
    };
    if kind == Some("") || namespace == Some("") || name.is_empty() {
        return Err(RefError::Malformed(text.to_owned()));
    }
    Ok((kind, namespace, name))
}

/// Whether [`complete`] can read a text.
pub(super) fn is_complete(text: &str, default_kind: Option<&str>) -> bool {
    split(text).is_ok_and(|(kind, _, _)| kind.or(default_kind).is_some())
}

/// [`EntityRef::parse`], written behind a text.
pub(super) fn complete(
    text: &str,
    default_kind: Option<&str>,
    default_namespace: &str,
    out: &mut String,
) -> Result<Span, RefError> {
    let (kind, namespace, name) = split(text)?;
    let kind = kind
        .or(default_kind)
        .ok_or_else(|| RefError::MissingKind(text.to_owned()))?;
    let namespace = namespace.unwrap_or(default_namespace);
    Ok(write(kind, namespace, name, out))
}

/// `kind:namespace/name`, lower-cased, written behind a text.
pub(super) fn write(kind: &str, namespace: &str, name: &str, out: &mut String) -> Span {
    let start = out.len();
    out.reserve(kind.len() + namespace.len() + name.len() + 2);
    for part in [kind, ":", namespace, "/", name] {
        out.push_str(part);
    }
    if let Some(written) = out.get_mut(start..) {
        if written.is_ascii() {
            written.make_ascii_lowercase();
        } else {
            let lower = written.to_lowercase();
            out.truncate(start);
            out.push_str(&lower);
        }
    }
    Span::since(out, start)
}

/// `kind:namespace/name`, lower-cased.
pub(super) fn join(kind: &str, namespace: &str, name: &str) -> String {
    let mut out = String::new();
    write(kind, namespace, name, &mut out);
    out
}

impl fmt::Display for EntityRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}/{}", self.kind, self.namespace, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<String, RefError> {
        EntityRef::parse(text, Some("component"), "ns").map(|r| r.to_string())
    }

    #[test]
    fn missing_parts_are_filled_in() {
        assert_eq!(parse("Pay").unwrap(), "component:ns/pay");
        assert_eq!(parse("other/Pay").unwrap(), "component:other/pay");
        assert_eq!(parse("API:Pay").unwrap(), "api:ns/pay");
        assert_eq!(parse("api:Other/Pay").unwrap(), "api:other/pay");
        assert_eq!(parse("a b c").unwrap(), "component:ns/a b c");
    }

    #[test]
    fn other_forms_are_refused() {
        for text in [
            "",
            ":",
            "/",
            "a:",
            "a/",
            ":a",
            "/a",
            "a:/b",
            "a:b/",
            "https://a.b/c",
        ] {
            assert!(matches!(parse(text), Err(RefError::Malformed(_))), "{text}");
        }
    }

    #[test]
    fn further_separators_belong_to_the_name() {
        assert_eq!(parse("a:b:c").unwrap(), "a:ns/b:c");
        assert_eq!(parse("a/b/c").unwrap(), "component:a/b/c");
        assert_eq!(parse("a/b:c").unwrap(), "component:a/b:c");
        let mut out = "before".to_owned();
        let span = complete("K:N/Ä", None, "ns", &mut out).unwrap();
        assert_eq!((span.of(&out), out.as_str()), ("k:n/ä", "beforek:n/ä"));
    }

    #[test]
    fn a_place_without_a_default_kind_needs_one() {
        assert_eq!(
            EntityRef::parse("foo", None, "default"),
            Err(RefError::MissingKind("foo".into()))
        );
    }

    #[test]
    fn the_short_form_leaves_out_what_is_implied() {
        let r = EntityRef::new("Component", "default", "pay");
        assert_eq!(r.short(Some("component")), "pay");
        assert_eq!(r.short(None), "component:pay");
        assert_eq!(
            EntityRef::new("api", "x", "pay").short(Some("component")),
            "api:x/pay"
        );
    }
}
