//! Checking the text of one catalog file by itself, as `callboard validate` does.

use super::file::{self, FileContext};
use super::location::LocationTarget;
use super::placeholder::PlaceholderRequest;
use super::record::{FileRecord, Problem};
use super::rules::{Rules, Trust};
use super::yaml::YamlLimits;

/// A catalog file that was checked by itself, with what only others can answer.
#[derive(Clone, Debug)]
pub struct CheckedFile {
    /// Its entities, and its problems in order of place.
    pub file: FileRecord,
    /// The files whose content it wants.
    pub placeholders: Vec<PlaceholderRequest>,
    /// What its Location entities name.
    pub locations: Vec<LocationTarget>,
}

/// The problems of one catalog file, in order of place; see [`check_file`].
pub fn check(bytes: &[u8]) -> Vec<Problem> {
    check_file(bytes, "file:/catalog-info.yaml").file.problems
}

/// Checks one catalog file of a location.
///
/// Every kind is allowed here: rules belong to a configuration, not to a file. What placeholders stand for is taken to
/// be good, and references are not followed, since only the whole catalog has what they lead to.
pub fn check_file(bytes: &[u8], location: &str) -> CheckedFile {
    let rules = Rules::standard(Vec::new());
    let context = FileContext {
        location,
        origin: location,
        view_url: None,
        edit_url: None,
        source_location: None,
        rules: &rules,
        trust: Trust::Configured,
        limits: YamlLimits::default(),
    };
    let parsed = file::read(bytes, &context);
    let placeholders = parsed.placeholders.clone();
    let assumed = parsed.assume_placeholders();
    let mut file = assumed.file;
    file.problems
        .sort_by_key(|problem| (problem.line, problem.column));
    CheckedFile {
        file,
        placeholders,
        locations: assumed.locations,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(text: &str) -> Vec<String> {
        let show = |p: &Problem| {
            format!(
                "{}:{}: {}",
                p.line.unwrap_or(0),
                p.column.unwrap_or(0),
                p.message
            )
        };
        check(text.as_bytes()).iter().map(show).collect()
    }

    #[test]
    fn a_good_file_has_no_problems_and_placeholders_count_as_good() {
        let text = "apiVersion: backstage.io/v1alpha1\nkind: API\nmetadata:\n  name: a\nspec:\n  type: openapi\n  lifecycle: x\n  \
                    owner: o\n  definition:\n    $text: ./api.yaml\n---\napiVersion: scaffolder.backstage.io/v1beta3\nkind: \
                    Template\nmetadata: {name: t}\nspec: {type: s, steps: {$yaml: ./steps.yaml}}\n";
        assert_eq!(places(text), [""; 0]);
    }

    #[test]
    fn an_entity_that_stands_twice_is_a_problem_whatever_waits_for_content() {
        let text = "apiVersion: backstage.io/v1alpha1\nkind: System\nmetadata:\n  name: x\nspec: {owner: {$text: ./o}}\n---\n\
                    apiVersion: backstage.io/v1alpha1\nkind: System\nmetadata:\n  name: X\nspec: {owner: o}\n";
        let places = places(text);
        assert_eq!(places.len(), 1, "{places:?}");
        assert!(
            places[0].starts_with("4:9: Entity system:default/x stands in this file again"),
            "{places:?}"
        );
    }

    #[test]
    fn problems_have_their_places() {
        let text = "kind: X\n---\napiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: a b\nspec: {}\n---\n\
                    apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: a\n  tags: [ok, Bad]\nspec: {type: a, lifecycle: b, owner: c}\n---\n\
                    apiVersion: backstage.io/v1alpha1\nkind: System\nmetadata:\n  name: s\nspec:\n  domain: d\n";
        let places = places(text);
        assert!(
            places[0].starts_with("1:1: <root> must have required property 'apiVersion'"),
            "{places:?}"
        );
        assert!(
            places[1].starts_with("6:9: \"metadata.name\" is not valid"),
            "{places:?}"
        );
        assert!(
            places[2].starts_with("13:14: \"tags.1\" is not valid"),
            "{places:?}"
        );
        assert!(
            places[3].starts_with("20:1: /spec must have required property 'owner'"),
            "{places:?}"
        );
        assert_eq!(places.len(), 4);
    }
}
