//! What several files together, the cache and the folder around them tell of each: entities that two files give,
//! references that lead nowhere, and files that are named and missing.

use std::collections::{HashMap, HashSet};
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

use super::Checked;
use crate::catalog::{
    self, CheckedFile, Conflict, Position, Presence, Problem, Severity, Snapshot, kinds,
};

/// Adds what is found to the problems of each file.
pub fn check(files: &mut [Checked], cached: Option<&Snapshot>) {
    let mut found: Vec<Vec<Problem>> = files.iter().map(missing_files).collect();
    for (at, conflict) in conflicts(files) {
        found.extend_at(at, [conflict]);
    }
    // One file is no catalog: without a cache, nothing says what its references should lead to.
    let catalog_files = files.iter().filter(|file| file.catalog.is_some()).count();
    if cached.is_some() || catalog_files > 1 {
        let known = known(files);
        let kinds = known_kinds(&known, cached);
        // Of a kind of one's own, not one entity of which is known, nothing says what there is.
        let is_foreign =
            |target: &str| kinds::find(kind(target)).is_none() && !kinds.contains(kind(target));
        let exists = |target: &str| {
            known.contains(target)
                || is_foreign(target)
                || cached.is_some_and(|cached| {
                    let row = cached.find(target);
                    row.is_some_and(|id| !cached.flags(id).unserved)
                })
        };
        for (at, file) in files.iter().enumerate() {
            let dangling = file.catalog.iter().flat_map(|file| dangling(file, &exists));
            found.extend_at(at, dangling);
        }
    }
    for (file, found) in files.iter_mut().zip(found) {
        file.problems.extend(found);
        file.problems
            .sort_by_key(|problem| (problem.line, problem.column));
    }
}

/// The kinds of everything that is known, here and in the cache: gathered once, not for each reference.
fn known_kinds<'a>(known: &'a HashSet<String>, cached: Option<&'a Snapshot>) -> HashSet<&'a str> {
    let cached = cached.into_iter();
    let cached = cached.flat_map(|cached| cached.ids().map(|id| cached.entity_ref(id)));
    known
        .iter()
        .map(String::as_str)
        .chain(cached)
        .map(kind)
        .collect()
}

/// The kind of a complete reference.
fn kind(entity_ref: &str) -> &str {
    entity_ref.split_once(':').map_or("", |(kind, _)| kind)
}

/// Adding to one of several lists.
trait ExtendAt {
    fn extend_at(&mut self, at: usize, problems: impl IntoIterator<Item = Problem>);
}

impl ExtendAt for Vec<Vec<Problem>> {
    fn extend_at(&mut self, at: usize, problems: impl IntoIterator<Item = Problem>) {
        if let Some(list) = self.get_mut(at) {
            list.extend(problems);
        }
    }
}

/// Entities that an earlier file gives already, as problems of the later one.
fn conflicts(files: &[Checked]) -> Vec<(usize, Problem)> {
    let mut first: HashMap<&str, (usize, Option<&Position>)> = HashMap::new();
    let mut conflicts = Vec::new();
    for (at, file) in files.iter().enumerate() {
        let entities = file.catalog.iter().flat_map(|file| &file.file.entities);
        for record in entities {
            let name = record
                .positions
                .iter()
                .find(|p| p.field == "/metadata/name");
            match first.get(record.entity_ref.as_str()) {
                None => {
                    first.insert(&record.entity_ref, (at, name));
                }
                Some((kept, _)) if *kept == at => {}
                Some((kept, kept_name)) => {
                    let mut place = files
                        .get(*kept)
                        .map_or_else(String::new, |kept| kept.path.display().to_string());
                    if let Some(name) = kept_name {
                        place.push_str(&format!(":{}:{}", name.line, name.column));
                    }
                    let name_at = name.map(|name| (name.line, name.column));
                    let path = file.path.display().to_string();
                    let conflict = Conflict::new(&record.entity_ref, name_at, &place, &path);
                    conflicts.push((at, conflict.problem));
                }
            }
        }
    }
    conflicts
}

/// Every entity that the files give, and those they mean to give and that are invalid: what is wrong with these is said
/// where they stand.
fn known(files: &[Checked]) -> HashSet<String> {
    let mut known = HashSet::new();
    for file in files {
        let entities = file.catalog.iter().flat_map(|file| &file.file.entities);
        known.extend(entities.map(|record| record.entity_ref.clone()));
        known.extend(file.problems.iter().filter_map(|p| p.entity_ref.clone()));
    }
    known
}

/// References that lead nowhere. What a placeholder stands for is not known, and not said to be wrong.
fn dangling<'a>(
    file: &'a CheckedFile,
    exists: &'a impl Fn(&str) -> bool,
) -> impl Iterator<Item = Problem> + 'a {
    let is_assumed = |problem: &Problem| {
        file.placeholders.iter().any(|request| {
            problem.entity_ref.as_ref() == Some(&request.entity_ref)
                && problem
                    .field
                    .as_ref()
                    .is_some_and(|field| field.starts_with(&request.pointer))
        })
    };
    file.file
        .entities
        .iter()
        .flat_map(move |record| catalog::dangling_references(record, exists))
        .filter(move |problem| !is_assumed(problem))
}

/// Files that placeholders and Locations name and that are not there.
fn missing_files(file: &Checked) -> Vec<Problem> {
    let Some(catalog) = &file.catalog else {
        return Vec::new();
    };
    let problem = |message: String, entity_ref: &str, (line, column): (u32, u32)| Problem {
        severity: Severity::Warning,
        name: "NotFoundError".to_owned(),
        message,
        entity_ref: Some(entity_ref.to_owned()),
        field: None,
        line: Some(line),
        column: Some(column),
    };
    let is_missing = |target: &str| is_missing(&file.path, &file.root, target);
    let mut problems = Vec::new();
    for request in &catalog.placeholders {
        if is_missing(&request.target) {
            problems.push(problem(
                format!(
                    "{} names {}, which does not exist",
                    request.kind.key(),
                    request.target
                ),
                &request.entity_ref,
                (request.line, request.column),
            ));
        }
    }
    for target in &catalog.locations {
        let is_pattern = target.target.contains(['*', '?', '[', '{']);
        if target.presence == Presence::Required && !is_pattern && is_missing(&target.target) {
            problems.push(problem(
                format!("the target {} does not exist", target.target),
                &target.entity_ref,
                (target.line, target.column),
            ));
        }
    }
    problems
}

/// Whether a target is a path below `root` and nothing is there. What leads out of it is nobody's business here.
fn is_missing(file: &Path, root: &Path, target: &str) -> bool {
    let is_relative = !target.is_empty() && !target.starts_with('/') && !target.contains(':');
    if !is_relative {
        return false;
    }
    let folder = file.parent().unwrap_or(Path::new("")).join(".");
    let (Ok(folder), Ok(root)) = (folder.canonicalize(), root.canonicalize()) else {
        return false;
    };
    let path = without_dots(&folder.join(target));
    path.starts_with(&root)
        && path
            .canonicalize()
            .is_err_and(|error| error.kind() == ErrorKind::NotFound)
}

/// A path without `.` and `..`, by its letters alone.
fn without_dots(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                clean.pop();
            }
            part => clean.push(part),
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::super::Candidate;
    use super::*;
    use crate::catalog::RowInput;
    use std::fs;

    fn system(name: &str, domain: &str) -> String {
        format!(
            "apiVersion: backstage.io/v1alpha1\nkind: System\nmetadata:\n  name: {name}\nspec:\n  owner: user:me\n  domain: {domain}\n"
        )
    }

    const ME: &str = "apiVersion: backstage.io/v1alpha1\nkind: User\nmetadata:\n  name: me\nspec:\n  memberOf: []\n";
    const DOMAIN: &str = "apiVersion: backstage.io/v1alpha1\nkind: Domain\nmetadata:\n  name: d\nspec:\n  owner: user:me\n";

    /// What is found in files, as `file:line:column: message`.
    fn found(files: &[(&str, &str)], cached: Option<&Snapshot>) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let mut checked: Vec<Checked> = Candidate::below(folder.path())
            .into_iter()
            .map(Candidate::check)
            .collect();
        check(&mut checked, cached);
        let prefix = format!("{}/", folder.path().display());
        checked
            .into_iter()
            .flat_map(Checked::findings)
            .map(|f| {
                let severity = match f.severity {
                    Severity::Error => "",
                    Severity::Warning => "warning: ",
                };
                format!(
                    "{}:{}:{}: {severity}{}",
                    f.path, f.line, f.column, f.message
                )
                .replace(&prefix, "")
            })
            .collect()
    }

    #[test]
    fn an_entity_of_two_files_is_an_error_at_the_second_that_names_the_first() {
        assert_eq!(
            found(
                &[
                    ("a.yaml", &system("s", "d")),
                    ("b.yaml", &system("S", "d")),
                    ("d.yaml", DOMAIN),
                    ("me.yaml", ME),
                ],
                None
            ),
            ["b.yaml:4:9: Entity system:default/s is already given by a.yaml:4:9, which keeps it"]
        );
    }

    #[test]
    fn references_are_looked_up_in_all_of_the_files() {
        assert_eq!(
            found(
                &[
                    ("a.yaml", &system("s", "gone")),
                    ("b.yaml", &system("t", "d")),
                    ("d.yaml", DOMAIN),
                    ("me.yaml", ME),
                ],
                None
            ),
            [
                "a.yaml:7:11: warning: domain refers to domain:default/gone, which is not in the catalog"
            ]
        );
    }

    #[test]
    fn a_kind_of_ones_own_is_looked_up_where_any_of_it_is_known() {
        let component = |vessel: &str| {
            format!(
                "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: c\nspec:\n  type: x\n  lifecycle: x\n  \
                 owner: user:me\n  dependsOn:\n    - vessel:{vessel}\n"
            )
        };
        let vessel = "apiVersion: backstage.io/v1alpha1\nkind: Vessel\nmetadata:\n  name: v\n";
        let of = |name: &str, more: &[(&str, &str)]| {
            let component = component(name);
            let mut files = vec![("a.yaml", component.as_str()), ("me.yaml", ME)];
            files.extend(more);
            found(&files, None).len()
        };
        assert_eq!(of("gone", &[]), 0);
        assert_eq!(of("gone", &[("v.yaml", vessel)]), 1);
        assert_eq!(of("v", &[("v.yaml", vessel)]), 0);
    }

    #[test]
    fn a_single_file_without_a_cache_has_nothing_to_look_references_up_in() {
        let files = [("a.yaml", system("s", "gone"))];
        let files = [(files[0].0, files[0].1.as_str())];
        assert_eq!(found(&files, None), [""; 0]);
        let row = |entity_ref: &str| RowInput {
            entity_ref: entity_ref.into(),
            ..RowInput::default()
        };
        let cached = Snapshot::build(vec![row("user:default/me")], 1);
        assert_eq!(
            found(&files, Some(&cached)),
            [
                "a.yaml:7:11: warning: domain refers to domain:default/gone, which is not in the catalog"
            ]
        );
        let cached = Snapshot::build(vec![row("user:default/me"), row("domain:default/gone")], 1);
        assert_eq!(found(&files, Some(&cached)), [""; 0]);
    }

    #[test]
    fn an_invalid_entity_is_wrong_where_it_stands_and_not_where_it_is_named() {
        let bad = DOMAIN.replace("owner", "keeper");
        let found = found(
            &[
                ("a.yaml", &system("s", "d")),
                ("d.yaml", &bad),
                ("me.yaml", ME),
            ],
            None,
        );
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("d.yaml:"), "{found:?}");
    }

    #[test]
    fn files_that_are_named_and_missing_are_warnings_within_the_folder_alone() {
        let api = "apiVersion: backstage.io/v1alpha1\nkind: API\nmetadata:\n  name: a\nspec:\n  type: openapi\n  lifecycle: x\n  \
                   owner: user:me\n  definition:\n    $text: TARGET\n";
        let location = "apiVersion: backstage.io/v1alpha1\nkind: Location\nmetadata:\n  name: l\nspec:\n  targets:\n    \
                        - ./there.yaml\n    - ./gone.yaml\n    - ./all/*.yaml\n    - https://example.com/x.yaml\n    - ../outside.yaml\n";
        let with = |target: &str| {
            found(
                &[("a.yaml", &api.replace("TARGET", target)), ("sub/x", "")],
                None,
            )
        };
        assert_eq!(
            with("./api.yaml"),
            ["a.yaml:10:5: warning: $text names ./api.yaml, which does not exist"]
        );
        for fine in [
            "sub/x",
            "./sub/../sub/x",
            "../x",
            "/etc/x",
            "https://example.com/x",
        ] {
            assert_eq!(with(fine), [""; 0], "{fine}");
        }
        let found = found(&[("l.yaml", location), ("there.yaml", ME)], None);
        assert_eq!(
            found,
            ["l.yaml:8:7: warning: the target ./gone.yaml does not exist"]
        );
    }
}
