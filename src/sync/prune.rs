//! What may go: losing sight of something is not its deletion.
//!
//! A unit (a repository, a location) goes only when its provider lists completely, without an error, as the same
//! identity that listed last time, and does not see it. Where a great part would go at once, it stays and is marked
//! stale until the user says so: a narrowed token looks exactly like a mass deletion.

use std::collections::BTreeSet;

/// More than this many units, and more than [`MAX_SHARE`] of them, do not go by themselves.
const MAX_COUNT: usize = 10;
/// See [`MAX_COUNT`]; in percent.
const MAX_SHARE: usize = 20;

/// What a provider can say about its listing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Listing {
    /// Every page was read, nothing in it was null or failed, and the server held nothing back.
    pub complete: bool,
    /// Who listed, with which scopes: two listings compare only when this is equal.
    pub identity: String,
    /// The identity of the last complete listing, if there was one.
    pub last_identity: Option<String>,
}

/// What becomes of the units that a listing no longer shows.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Verdict {
    /// These go.
    pub remove: BTreeSet<String>,
    /// These stay, marked stale, and go only with `--prune` (or are seen again).
    pub keep: BTreeSet<String>,
    /// Why they stay, in one sentence for the user.
    pub reason: Option<String>,
}

/// Decides about `missing`, the known units that were not seen or no longer match.
///
/// `known` is how many units the provider has in the cache; `held` are those that an earlier verdict kept.
pub fn decide(
    missing: BTreeSet<String>,
    known: usize,
    held: &BTreeSet<String>,
    listing: &Listing,
    prune: bool,
) -> Verdict {
    if missing.is_empty() {
        return Verdict::default();
    }
    let keep_all = |missing: BTreeSet<String>, reason: String| Verdict {
        remove: BTreeSet::new(),
        keep: missing,
        reason: Some(reason),
    };
    if !listing.complete {
        let count = missing.len();
        return keep_all(
            missing,
            format!("{count} not seen in an incomplete listing are kept"),
        );
    }
    if prune {
        return Verdict {
            remove: missing,
            ..Verdict::default()
        };
    }
    if listing
        .last_identity
        .as_ref()
        .is_some_and(|last| *last != listing.identity)
    {
        let count = missing.len();
        return keep_all(
            missing,
            format!(
                "{count} no longer visible are kept, because another identity or other scopes listed this time; `callboard sync --prune` lets them go"
            ),
        );
    }
    // A unit that was held stays held: the passing of time makes no deletion of it.
    let (held_now, fresh): (BTreeSet<_>, BTreeSet<_>) =
        missing.into_iter().partition(|unit| held.contains(unit));
    let too_many = fresh.len() > MAX_COUNT && fresh.len() * 100 > known * MAX_SHARE;
    if too_many {
        let count = fresh.len() + held_now.len();
        return keep_all(
            fresh.into_iter().chain(held_now).collect(),
            format!(
                "{count} of {known} would go: they are kept as stale; `callboard sync --prune` lets them go"
            ),
        );
    }
    let reason = (!held_now.is_empty()).then(|| {
        format!(
            "{} stale are kept; `callboard sync --prune` lets them go",
            held_now.len()
        )
    });
    Verdict {
        remove: fresh,
        keep: held_now,
        reason,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(range: std::ops::Range<usize>) -> BTreeSet<String> {
        range.map(|i| format!("R_{i}")).collect()
    }

    fn same_identity() -> Listing {
        Listing {
            complete: true,
            identity: "octocat".into(),
            last_identity: Some("octocat".into()),
        }
    }

    #[test]
    fn a_complete_listing_lets_a_few_go() {
        let verdict = decide(units(0..3), 1000, &BTreeSet::new(), &same_identity(), false);
        assert_eq!(verdict.remove, units(0..3));
        assert!(verdict.keep.is_empty());
    }

    #[test]
    fn ten_may_go_even_if_they_are_all_there_is() {
        let verdict = decide(units(0..10), 10, &BTreeSet::new(), &same_identity(), false);
        assert_eq!(verdict.remove.len(), 10);
    }

    #[test]
    fn a_fifth_may_go_and_one_more_may_not() {
        let none = BTreeSet::new();
        assert_eq!(
            decide(units(0..20), 100, &none, &same_identity(), false)
                .remove
                .len(),
            20
        );
        let verdict = decide(units(0..21), 100, &none, &same_identity(), false);
        assert!(verdict.remove.is_empty());
        assert_eq!(verdict.keep.len(), 21);
        assert!(verdict.reason.unwrap().contains("--prune"));
    }

    #[test]
    fn pruning_lets_any_number_go() {
        let verdict = decide(units(0..90), 100, &units(0..90), &same_identity(), true);
        assert_eq!(verdict.remove.len(), 90);
    }

    #[test]
    fn an_incomplete_listing_lets_nothing_go_not_even_when_pruning() {
        let listing = Listing {
            complete: false,
            ..same_identity()
        };
        let verdict = decide(units(0..1), 100, &BTreeSet::new(), &listing, true);
        assert!(verdict.remove.is_empty());
        assert_eq!(verdict.keep.len(), 1);
    }

    #[test]
    fn another_identity_lets_nothing_go() {
        let listing = Listing {
            identity: "octocat with fewer scopes".into(),
            ..same_identity()
        };
        assert!(
            decide(units(0..1), 100, &BTreeSet::new(), &listing, false)
                .remove
                .is_empty()
        );
    }

    #[test]
    fn what_was_held_stays_held_while_others_go() {
        let verdict = decide(units(0..5), 1000, &units(0..3), &same_identity(), false);
        assert_eq!(verdict.keep, units(0..3));
        assert_eq!(verdict.remove, units(3..5));
    }
}
