//! `EntityTagsPicker`, `EntityFacetPicker`, and the names of new entities.

use super::super::hints::Hints;

/// The options of an `EntityTagsPicker`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TagsPicker {
    /// Tags of entities of these kinds are offered; of all where empty.
    pub kinds: Vec<String>,
    /// Whether to show how many entities have a tag.
    pub show_counts: bool,
}

impl TagsPicker {
    pub(in super::super) fn read(hints: &Hints) -> Self {
        Self {
            kinds: hints.texts("kinds"),
            show_counts: hints.is("showCounts"),
        }
    }

    /// A tag as it is stored: lower case, without space around it.
    pub fn stored(&self, typed: &str) -> String {
        typed.trim().to_lowercase()
    }
}

/// The options of an `EntityFacetPicker`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FacetPicker {
    /// What of an entity is offered: `spec.type`, `metadata.namespace`.
    pub facet: String,
    /// Of entities of these kinds; of all where empty.
    pub kinds: Vec<String>,
    /// Whether to show how many entities have a value.
    pub show_counts: bool,
    /// Whether several may be chosen: the value is then a list.
    pub multiple: bool,
}

impl FacetPicker {
    pub(in super::super) fn read(hints: &Hints, list: bool) -> Self {
        Self {
            facet: hints.text("facet").unwrap_or_default().to_owned(),
            kinds: hints.texts("kinds"),
            show_counts: hints.is("showCounts"),
            multiple: hints.flag("multiple").unwrap_or(list),
        }
    }
}

/// Whether a text can be a tag: `[a-z0-9+#]` in words joined by `-`, up to 63 (the catalog's rule).
pub fn valid_tag(tag: &str) -> bool {
    !tag.is_empty()
        && tag.len() <= 63
        && tag.split('-').all(|word| {
            !word.is_empty()
                && word.bytes().all(|b| {
                    b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'+' | b'#')
                })
        })
}

/// Whether a text can be the name of an entity: letters and digits at its ends, `-`, `_` and `.` inside, up to 63.
pub fn valid_entity_name(name: &str) -> bool {
    let (Some(first), Some(last)) = (name.bytes().next(), name.bytes().next_back()) else {
        return false;
    };
    name.len() <= 63
        && first.is_ascii_alphanumeric()
        && last.is_ascii_alphanumeric()
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_and_names_follow_the_catalogs_rules() {
        assert!(valid_tag("c++") && valid_tag("java-17") && valid_tag("c#"));
        assert!(!valid_tag("a--b") && !valid_tag("Java") && !valid_tag("") && !valid_tag("a_b"));
        assert!(valid_entity_name("a..b") && valid_entity_name("A-1_b"));
        assert!(!valid_entity_name("-a") && !valid_entity_name("a b") && !valid_entity_name(""));
        assert!(!valid_entity_name(&"a".repeat(64)));
    }
}
