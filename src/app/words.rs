//! What relations and blast radii are called: the one vocabulary of screens, cards, copied messages and commands.
//!
//! Pure words. Names of a repository come out of here stripped of control characters.

use super::screen::head::{count_of, kind_count};
use super::status::thousands;
use crate::catalog::graph::{Direction, Summary};
use crate::catalog::kinds;
use crate::text;

/// What an edge of a walk means, said of the entity it leads to; `from` is the name of the one it comes from, none
/// where that goes without saying.
///
/// `dependencyOf` is "depends on payment-service", `apiConsumedBy` "consumes payment-api".
pub fn edge(relation: &str, from: Option<&str>) -> String {
    let words = match relation {
        "dependsOn" => "needed by",
        "dependencyOf" => "depends on",
        "consumesApi" => "consumed by",
        "apiConsumedBy" => "consumes",
        "providesApi" => "provided by",
        "apiProvidedBy" => "provides",
        "hasPart" => "part of",
        "partOf" => "has part",
        "parentOf" => "child of",
        "childOf" => "parent of",
        "ownerOf" => "owned by",
        "ownedBy" => "owns",
        "hasMember" => "member of",
        "memberOf" => "has member",
        _ => return chain(relation),
    };
    format!("{words} {}", text::clean(from.unwrap_or("it")))
}

/// What a relation of a chain means, read from the entity before to the one after: `dependsOn` is "depends on".
pub fn chain(relation: &str) -> String {
    let mut words = String::with_capacity(relation.len() + 4);
    for c in text::clean(relation).chars() {
        if c.is_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.extend(c.to_lowercase());
    }
    words
}

/// What is said of a reference that leads nowhere.
pub const NOT_FOUND: &str = "not found";

/// What is said of an owner that names no way to reach it, and none of whose groups above does.
pub const NO_CONTACT: &str = "no contact";

/// `14 components, 2 APIs`, in the order of the table of kinds; empty where there is nothing.
pub fn counts(summary: &Summary) -> String {
    let place = |kind: &str| {
        let mut known = kinds::TABLE.iter();
        known
            .position(|k| k.name.eq_ignore_ascii_case(kind))
            .unwrap_or(usize::MAX)
    };
    let mut kinds: Vec<(&str, u32)> = summary
        .by_kind
        .iter()
        .map(|(kind, count)| (kind.as_str(), *count))
        .collect();
    kinds.sort_by_key(|(kind, _)| place(kind));
    let words: Vec<String> = kinds
        .into_iter()
        .map(|(kind, count)| kind_count(kind, count as usize))
        .collect();
    words.join(", ")
}

/// What a walk amounts to, in one line: `14 components, 2 APIs in 3 teams may break`.
pub fn headline(summary: &Summary, direction: Direction) -> String {
    let breaks = direction == Direction::Dependents;
    let missing = match summary.missing {
        _ if breaks => None,
        0 => None,
        1 => Some("1 that is not found".to_owned()),
        missing => Some(format!("{missing} that are not found")),
    };
    if summary.total() == 0 {
        return match missing {
            _ if breaks => "Nothing depends on it".to_owned(),
            Some(missing) => format!("It needs {missing}"),
            None => "It depends on nothing".to_owned(),
        };
    }
    let what = counts(summary);
    let teams = match summary.owners() {
        0 => String::new(),
        owners => format!(" in {}", count_of(owners, "team", "teams")),
    };
    if breaks {
        return format!("{what}{teams} may break");
    }
    let missing = missing.map_or_else(String::new, |missing| format!(" and {missing}"));
    format!("It needs {what}{teams}{missing}")
}

/// `5 direct, 11 indirect`.
pub fn distances(summary: &Summary) -> String {
    let [direct, indirect] = [summary.direct, summary.indirect].map(|n| thousands(n as usize));
    format!("{direct} direct, {indirect} indirect")
}

/// Headline and distances: `2 components in 1 team may break: 1 direct, 1 indirect`.
pub fn sentence(summary: &Summary, direction: Direction) -> String {
    let headline = headline(summary, direction);
    match summary.total() {
        0 => headline,
        _ => format!("{headline}: {}", distances(summary)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reached(kinds: &[(&str, u32)], missing: u32) -> Summary {
        Summary {
            direct: kinds.iter().map(|(_, count)| count).sum(),
            by_kind: kinds.iter().map(|(k, n)| ((*k).to_owned(), *n)).collect(),
            missing,
            ..Summary::default()
        }
    }

    #[test]
    fn what_is_needed_and_not_found_is_said() {
        let needs = |resources: u32, missing: u32| {
            let some = [("Resource", resources)];
            let kinds = if resources > 0 { &some[..] } else { &[] };
            headline(&reached(kinds, missing), Direction::Dependencies)
        };
        assert_eq!(needs(0, 0), "It depends on nothing");
        assert_eq!(needs(0, 1), "It needs 1 that is not found");
        assert_eq!(needs(2, 1), "It needs 2 resources and 1 that is not found");
        assert_eq!(needs(1, 2), "It needs 1 resource and 2 that are not found");
    }

    #[test]
    fn kinds_are_counted_in_their_own_order_and_in_their_own_plural() {
        let of = reached(
            &[
                ("API", 2),
                ("Component", 1_400),
                ("Factory", 2),
                ("Workflow", 1),
            ],
            0,
        );
        assert_eq!(
            sentence(&of, Direction::Dependents),
            "1,400 components, 2 APIs, 2 factories, 1 workflow may break: 1,405 direct, 0 indirect"
        );
        assert_eq!(
            sentence(&Summary::default(), Direction::Dependents),
            "Nothing depends on it"
        );
    }

    #[test]
    fn an_edge_is_said_of_the_entity_it_leads_to() {
        assert_eq!(edge("apiConsumedBy", Some("pay-api")), "consumes pay-api");
        assert_eq!(edge("providesApi", None), "provided by it");
        assert_eq!(edge("dependsOn", Some("web")), "needed by web");
        assert_eq!(edge("runsOn\u{1b}[2J", Some("web")), "runs on");
        assert_eq!(chain("apiProvidedBy"), "api provided by");
    }
}
