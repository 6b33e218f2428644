//! What a REF on the command line stands for: `[kind:][namespace/]name`, without case.

use super::{CliError, Exit};
use crate::catalog::{Named, PartialRef, Resolution, RowId, Snapshot};
use crate::text;

/// How many candidates of an ambiguous name are listed.
const LISTED: usize = 20;

/// The one entity that a REF stands for ([`PartialRef::resolve`]). `commands` are offered too where nothing matches.
///
/// # Errors
/// [`Exit::NotFound`] with the nearest names, [`Exit::Ambiguous`] with the candidates, [`Exit::Usage`] for a text
/// that is no reference.
pub fn resolve(reference: &str, snapshot: &Snapshot, commands: &[&str]) -> Result<RowId, CliError> {
    let wanted = parse(reference)?;
    match wanted.resolve(snapshot) {
        Resolution::Found(id) => Ok(id),
        Resolution::Ambiguous(several) => Err(ambiguous(reference, &several)),
        Resolution::NotFound => Err(not_found(reference, &wanted, snapshot, commands)),
    }
}

/// As [`resolve`]; where the catalog has nothing of the name, what relations name and is not there counts.
///
/// # Errors
/// As [`resolve`].
pub fn resolve_named<'a>(reference: &str, snapshot: &'a Snapshot) -> Result<Named<'a>, CliError> {
    let wanted = parse(reference)?;
    match wanted.resolve_named(snapshot) {
        Resolution::Found(named) => Ok(named),
        Resolution::Ambiguous(several) => Err(ambiguous(reference, &several)),
        Resolution::NotFound => Err(not_found(reference, &wanted, snapshot, &[])),
    }
}

fn parse(reference: &str) -> Result<PartialRef, CliError> {
    PartialRef::parse(reference).ok_or_else(|| {
        CliError::usage(format!("\"{reference}\" is no entity reference"))
            .hint("write it as [kind:][namespace/]name, for instance component:payments")
    })
}

fn not_found(
    reference: &str,
    wanted: &PartialRef,
    snapshot: &Snapshot,
    commands: &[&str],
) -> CliError {
    let error = CliError::new(Exit::NotFound, format!("nothing is called \"{reference}\""));
    let mut near: Vec<String> = Vec::new();
    if wanted.is_bare()
        && let Some(command) = text::nearest(wanted.name(), commands.iter().copied())
    {
        near.push(format!("the command `callboard {command}`"));
    }
    let entities = wanted.nearest(snapshot, &|name, names| {
        text::nearest(name, names.iter().copied())
    });
    near.extend(entities.into_iter().map(str::to_owned));
    if near.is_empty() {
        error.hint(format!("look for it: callboard search {}", wanted.name()))
    } else {
        error.hint(format!("did you mean {}?", near.join(" or ")))
    }
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
