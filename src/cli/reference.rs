//! What a REF on the command line stands for: `[kind:][namespace/]name`, without case.

use super::{CliError, Exit};
use crate::catalog::{DEFAULT_NAMESPACE, RowId, Snapshot};
use crate::text;

/// How many names a mistyped one is offered.
const OFFERED: usize = 3;

/// How many candidates of an ambiguous name are listed.
const LISTED: usize = 20;

/// The one entity that a REF stands for.
///
/// Without a kind it may be of any; without a namespace the default one goes first, and another counts only where the
/// default one has nothing of that name. What is invalid and was never good counts only where nothing else is meant.
/// `commands` are offered too where nothing matches.
///
/// # Errors
/// [`Exit::NotFound`] with the nearest names, [`Exit::Ambiguous`] with the candidates, [`Exit::Usage`] for a text
/// that is no reference.
pub fn resolve(reference: &str, snapshot: &Snapshot, commands: &[&str]) -> Result<RowId, CliError> {
    let wanted = Wanted::parse(reference)?;
    let mut found: Vec<RowId> = snapshot
        .ids()
        .filter(|&id| wanted.matches(snapshot.entity_ref(id)))
        .collect();
    let is_served = |id: &RowId| !snapshot.flags(*id).unserved;
    if found.iter().any(is_served) {
        found.retain(is_served);
    }
    if wanted.namespace.is_none() {
        let is_default =
            |id: &RowId| Parts::of(snapshot.entity_ref(*id)).namespace == DEFAULT_NAMESPACE;
        if found.iter().any(is_default) {
            found.retain(is_default);
        }
    }
    match found.as_slice() {
        [one] => Ok(*one),
        [] => Err(not_found(reference, &wanted, snapshot, commands)),
        several => {
            let several: Vec<&str> = several.iter().map(|&id| snapshot.entity_ref(id)).collect();
            Err(ambiguous(reference, &several))
        }
    }
}

/// What a REF stands for where what is only referred to counts too.
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

/// As [`resolve`]; where the catalog has nothing of the name, what relations name and is not there counts.
///
/// # Errors
/// As [`resolve`].
pub fn resolve_named<'a>(reference: &str, snapshot: &'a Snapshot) -> Result<Named<'a>, CliError> {
    let error = match resolve(reference, snapshot, &[]) {
        Ok(id) => return Ok(Named::Row(id)),
        Err(error) if error.exit == Exit::NotFound => error,
        Err(error) => return Err(error),
    };
    let wanted = Wanted::parse(reference)?;
    let mut found = snapshot.dangling_refs();
    found.retain(|entity_ref| wanted.matches(entity_ref));
    let is_default = |entity_ref: &&str| Parts::of(entity_ref).namespace == DEFAULT_NAMESPACE;
    if wanted.namespace.is_none() && found.iter().any(is_default) {
        found.retain(is_default);
    }
    match found.as_slice() {
        [] => Err(error),
        [one] => Ok(Named::Missing(one)),
        several => Err(ambiguous(reference, several)),
    }
}

struct Wanted {
    kind: Option<String>,
    namespace: Option<String>,
    name: String,
}

impl Wanted {
    fn parse(reference: &str) -> Result<Self, CliError> {
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
            return Err(
                CliError::usage(format!("\"{reference}\" is no entity reference"))
                    .hint("write it as [kind:][namespace/]name, for instance component:payments"),
            );
        }
        Ok(Self {
            kind: kind.map(str::to_owned),
            namespace: namespace.map(str::to_owned),
            name: name.to_owned(),
        })
    }

    fn matches(&self, entity_ref: &str) -> bool {
        let parts = Parts::of(entity_ref);
        parts.name == self.name
            && self.kind.as_deref().is_none_or(|kind| kind == parts.kind)
            && self
                .namespace
                .as_deref()
                .is_none_or(|namespace| namespace == parts.namespace)
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

fn not_found(reference: &str, wanted: &Wanted, snapshot: &Snapshot, commands: &[&str]) -> CliError {
    let error = CliError::new(Exit::NotFound, format!("nothing is called \"{reference}\""));
    let mut near: Vec<String> = Vec::new();
    if wanted.kind.is_none()
        && wanted.namespace.is_none()
        && let Some(command) = text::nearest(&wanted.name, commands.iter().copied())
    {
        near.push(format!("the command `callboard {command}`"));
    }
    for entity_ref in nearest_entities(wanted, snapshot) {
        near.push(entity_ref.to_owned());
    }
    if near.is_empty() {
        error.hint(format!("look for it: callboard search {}", wanted.name))
    } else {
        error.hint(format!("did you mean {}?", near.join(" or ")))
    }
}

/// Entities of nearly that name: the same name elsewhere first, then slips of the pen.
fn nearest_entities<'a>(wanted: &Wanted, snapshot: &'a Snapshot) -> Vec<&'a str> {
    let all = || snapshot.ids().map(|id| snapshot.entity_ref(id));
    let mut near: Vec<&str> = all()
        .filter(|entity_ref| Parts::of(entity_ref).name == wanted.name)
        .take(OFFERED)
        .collect();
    let mut names: Vec<&str> = all().map(|entity_ref| Parts::of(entity_ref).name).collect();
    names.sort_unstable();
    names.dedup();
    names.retain(|name| *name != wanted.name);
    while near.len() < OFFERED {
        let Some(name) = text::nearest(&wanted.name, names.iter().copied()) else {
            break;
        };
        names.retain(|other| *other != name);
        let room = OFFERED - near.len();
        near.extend(
            all()
                .filter(|entity_ref| {
                    let parts = Parts::of(entity_ref);
                    parts.name == name
                        && wanted.kind.as_deref().is_none_or(|kind| kind == parts.kind)
                })
                .take(room),
        );
    }
    near
}

fn ambiguous(reference: &str, found: &[&str]) -> CliError {
    let mut message = format!("\"{reference}\" stands for {} entities:", found.len());
    for entity_ref in found.iter().take(LISTED) {
        message.push_str("\n  ");
        message.push_str(entity_ref);
    }
    if found.len() > LISTED {
        message.push_str(&format!("\n  and {} more", found.len() - LISTED));
    }
    CliError::new(Exit::Ambiguous, message)
        .hint("give its kind, and its namespace where that is not enough")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::RowInput;

    fn snapshot() -> Snapshot {
        let rows = [
            "component:default/payments",
            "system:default/payments",
            "component:eu/orders",
            "component:default/orders",
            "component:eu/only-here",
            "api:default/Petstore",
        ];
        let rows = rows
            .iter()
            .map(|entity_ref| RowInput {
                entity_ref: entity_ref.to_lowercase(),
                ..RowInput::default()
            })
            .collect();
        Snapshot::build(rows, 1)
    }

    fn resolved(reference: &str) -> Result<String, CliError> {
        let snapshot = snapshot();
        resolve(reference, &snapshot, &["list", "search"])
            .map(|id| snapshot.entity_ref(id).to_owned())
    }

    #[test]
    fn a_name_that_is_unique_needs_no_more() {
        assert_eq!(resolved("petstore").unwrap(), "api:default/petstore");
        assert_eq!(resolved("PetStore").unwrap(), "api:default/petstore");
    }

    #[test]
    fn the_default_namespace_goes_first() {
        assert_eq!(resolved("orders").unwrap(), "component:default/orders");
        assert_eq!(resolved("eu/orders").unwrap(), "component:eu/orders");
        assert_eq!(resolved("only-here").unwrap(), "component:eu/only-here");
    }

    #[test]
    fn a_name_of_two_kinds_is_ambiguous_and_lists_them() {
        let error = resolved("payments").unwrap_err();
        assert_eq!(error.exit, Exit::Ambiguous);
        assert!(error.message.contains("component:default/payments"));
        assert!(error.message.contains("system:default/payments"));
        assert_eq!(
            resolved("system:payments").unwrap(),
            "system:default/payments"
        );
    }

    #[test]
    fn a_slip_is_answered_with_the_nearest_names_and_commands() {
        let error = resolved("paymnets").unwrap_err();
        assert_eq!(error.exit, Exit::NotFound);
        assert!(error.hint.unwrap().contains("component:default/payments"));
        let error = resolved("serach").unwrap_err();
        assert!(error.hint.unwrap().contains("callboard search"));
    }

    #[test]
    fn a_name_of_another_kind_is_offered() {
        let error = resolved("api:payments").unwrap_err();
        assert!(error.hint.unwrap().contains("component:default/payments"));
    }

    #[test]
    fn what_is_no_reference_is_wrong_usage() {
        for text in ["", "a:b:c", "/x", "x/", ":x"] {
            assert_eq!(resolved(text).unwrap_err().exit, Exit::Usage, "{text}");
        }
    }
}
