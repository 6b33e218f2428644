//! Templates: what the catalog's checks do not look at, with the exact place in the file, and whether the files that a
//! template takes lie beside it.

use std::path::{Component, Path};

use serde_json::Value;

use crate::catalog::yaml::{self, YamlDocument, YamlLimits};
use crate::catalog::{Problem, Severity};
use crate::nunjucks::Options;
use crate::scaffolder::check::{Checked, Finding, Wanted, check};
use crate::scaffolder::{Registry, TemplateSpec};
use crate::sync::policy::{Base, PLACEHOLDER_LIMIT, Readable, ReadingPolicy, open_below};

/// Placeholders in each other.
const DEEPEST: usize = 16;

/// Everything about the templates of a file. `path` is where it lies.
pub fn problems(bytes: &[u8], path: &Path) -> Vec<Problem> {
    let text = String::from_utf8_lossy(bytes);
    let Some(folder) = path
        .canonicalize()
        .ok()
        .and_then(|file| file.parent().map(Path::to_owned))
    else {
        return Vec::new();
    };
    let registry = Registry::default();
    let hosts = Options::default().hosts;
    let mut found = Vec::new();
    for document in yaml::parse(&text, &YamlLimits::default()) {
        let Ok(written) = &document.content else {
            continue;
        };
        if written.get("kind").and_then(Value::as_str) != Some("Template") {
            continue;
        }
        let mut entity = written.clone();
        fill(&mut entity, &folder, 0);
        let source = Source {
            lines: text.lines().collect(),
            document: &document,
            entity: &entity,
        };
        match TemplateSpec::read(&entity) {
            // What is missing or of another type is the catalog's to say, which looked already.
            Err(problems) => found.extend(problems.into_iter().map(|problem| {
                source.problem(
                    &problem.pointer,
                    None,
                    false,
                    Severity::Error,
                    problem.message,
                )
            })),
            Ok(template) => {
                let Checked { findings, wanted } = check(&template, &registry, &hosts);
                found.extend(findings.into_iter().map(|finding| source.finding(finding)));
                let missing = wanted.iter().filter_map(|wanted| missing(wanted, &folder));
                found.extend(missing.map(|(wanted, severity, message)| {
                    source.problem(&wanted.pointer, None, false, severity, message)
                }));
            }
        }
    }
    found
}

/// A document and the lines it stands in.
struct Source<'a> {
    lines: Vec<&'a str>,
    document: &'a YamlDocument,
    /// The document with its placeholders filled in.
    entity: &'a Value,
}

impl Source<'_> {
    fn finding(&self, finding: Finding) -> Problem {
        let severity = if finding.is_error {
            Severity::Error
        } else {
            Severity::Warning
        };
        self.problem(
            &finding.pointer,
            finding.within,
            finding.at_key,
            severity,
            finding.message,
        )
    }

    fn problem(
        &self,
        pointer: &str,
        within: Option<(u32, u32)>,
        at_key: bool,
        severity: Severity,
        message: String,
    ) -> Problem {
        let mark = if at_key {
            self.document.key_position(pointer)
        } else {
            self.document.position(pointer)
        };
        let (line, column) = within
            .and_then(|within| {
                // What came from another file has no lines here.
                let written = self.document.content.as_ref().ok()?.pointer(pointer)?;
                let text = written.as_str()?;
                self.place(mark.line, mark.column, text, within)
            })
            .unwrap_or((mark.line, mark.column));
        let text = |pointer: &str| self.entity.pointer(pointer).and_then(Value::as_str);
        let name = text("/metadata/name").unwrap_or_default().to_lowercase();
        let namespace = text("/metadata/namespace")
            .unwrap_or("default")
            .to_lowercase();
        Problem {
            severity,
            name: "InputError".to_owned(),
            message,
            entity_ref: Some(format!("template:{namespace}/{name}")),
            field: None,
            line: Some(line),
            column: Some(column),
        }
    }

    /// The place in the file of a place in a text that begins at `line` and `column`; none where the text is not written
    /// as it is read: folded, or with escapes before the place.
    fn place(
        &self,
        line: u32,
        column: u32,
        text: &str,
        (inner_line, inner_column): (u32, u32),
    ) -> Option<(u32, u32)> {
        let at = |line: u32| self.lines.get(usize::try_from(line).ok()?.checked_sub(1)?);
        let inner = text
            .lines()
            .nth(usize::try_from(inner_line).ok()?.checked_sub(1)?)?;
        let found_line = line + inner_line - 1;
        let from = match inner_line {
            1 => usize::try_from(column).ok()?.checked_sub(1)?,
            _ => 0,
        };
        // Where the text of that line begins, quotes and indentation left behind.
        let shown = at(found_line)?;
        let tail: String = shown.chars().skip(from).collect();
        let offset = tail.find(inner).filter(|_| !inner.is_empty())?;
        let before = tail.get(..offset)?.chars().count();
        let place = from + before + usize::try_from(inner_column).ok()?;
        Some((found_line, u32::try_from(place).ok()?))
    }
}

/// What a step reads beside its template, and is not there.
fn missing<'w>(wanted: &'w Wanted, folder: &Path) -> Option<(&'w Wanted, Severity, String)> {
    let url = wanted.url.trim();
    if url.contains("://") {
        let local = url.to_lowercase().starts_with("file:");
        let message = || format!("{url} is a path of this machine, which a template may not read");
        return local.then(|| (wanted, Severity::Error, message()));
    }
    // Only whole folders before an expression are known.
    let known = match url.find("${{").or_else(|| url.find("{%")) {
        Some(at) => url.get(..at)?.rsplit_once('/')?.0,
        None => url,
    };
    let mut depth = 0_usize;
    for component in Path::new(known).components() {
        match component {
            Component::CurDir => {}
            Component::Normal(_) => depth += 1,
            Component::ParentDir if depth > 0 => depth -= 1,
            _ => {
                let message = format!(
                    "{url} leads out of the template's folder, which a template may not read when it is on disk"
                );
                return Some((wanted, Severity::Warning, message));
            }
        }
    }
    let path = folder.join(known);
    let is_there = if known != url || wanted.is_folder {
        path.is_dir()
    } else {
        path.is_file()
    };
    let what = if wanted.is_folder { "folder" } else { "file" };
    (!is_there).then(|| {
        let message = format!("the {what} {known} is not beside the template");
        (wanted, Severity::Warning, message)
    })
}

/// Fills in what other files beside the template give; what cannot be read stays as it is, and is told elsewhere.
fn fill(value: &mut Value, folder: &Path, depth: usize) {
    if depth > DEEPEST {
        return;
    }
    match value {
        Value::Object(map) if map.len() == 1 => {
            let placeholder = map.iter().next().and_then(|(key, target)| {
                let target = target.as_str()?;
                content(key, target, folder)
            });
            match placeholder {
                Some(content) => *value = content,
                None => {
                    if let Value::Object(map) = value {
                        map.values_mut().for_each(|part| fill(part, folder, depth));
                    }
                }
            }
        }
        Value::Object(map) => map.values_mut().for_each(|part| fill(part, folder, depth)),
        Value::Array(items) => items.iter_mut().for_each(|part| fill(part, folder, depth)),
        _ => {}
    }
}

fn content(key: &str, target: &str, folder: &Path) -> Option<Value> {
    if !matches!(key, "$yaml" | "$json" | "$text") {
        return None;
    }
    let readable = ReadingPolicy::default()
        .resolve(&Base::Disk(folder.to_owned()), target)
        .ok()?;
    let Readable::Disk { folder, path } = readable else {
        return None;
    };
    let bytes = open_below(&folder, &path, PLACEHOLDER_LIMIT).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    if key == "$text" {
        return Some(Value::from(text.into_owned()));
    }
    // JSON is YAML.
    let document = yaml::parse(&text, &YamlLimits::default())
        .into_iter()
        .next()?;
    document.content.ok()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const HEAD: &str = "apiVersion: scaffolder.backstage.io/v1beta3\nkind: Template\nmetadata:\n  name: t\nspec:\n  type: service\n";

    fn found(text: &str, files: &[(&str, &str)]) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let path = folder.path().join("template.yaml");
        fs::write(&path, text).unwrap();
        problems(text.as_bytes(), &path)
            .into_iter()
            .map(|problem| {
                let severity = match problem.severity {
                    Severity::Error => "",
                    Severity::Warning => "warning: ",
                };
                format!(
                    "{}:{}: {severity}{}",
                    problem.line.unwrap(),
                    problem.column.unwrap(),
                    problem.message
                )
            })
            .collect()
    }

    #[test]
    fn places_are_those_of_the_words_themselves() {
        let text = format!(
            "{HEAD}  parameters: {{properties: {{name: {{type: string}}}}}}\n  steps:\n    - action: debug:log\n      if: ${{{{ parameters.nmae }}}}\n      input:\n        message: |\n          first\n          ${{{{ parameters.nam }}}} x\n        mesage: \"a ${{{{ parameters.name | uper }}}}\"\n"
        );
        assert_eq!(
            found(&text, &[]),
            [
                "10:15: warning: the template has no parameter nmae; did you mean name?",
                "14:15: warning: the template has no parameter nam; did you mean name?",
                "15:42: there is no filter uper, so this stays as it is written; did you mean upper?",
                "15:9: warning: mesage is not an input of debug:log; did the template mean message?",
            ]
        );
    }

    #[test]
    fn a_skeleton_that_is_not_there_is_told() {
        let steps = |url: &str| {
            format!("{HEAD}  steps:\n    - action: fetch:plain\n      input:\n        url: {url}\n")
        };
        let there = [("skeleton/a", "x"), ("kinds/go/x", "x")];
        for fine in [
            "./skeleton",
            "skeleton/",
            "./kinds/${{ parameters.x }}",
            "https://github.com/a/b/tree/main/x",
            "${{ parameters.x }}",
        ] {
            let told = found(&steps(fine), &there);
            assert!(
                told.iter().all(|line| line.contains("no parameter")),
                "{fine}: {told:?}"
            );
        }
        assert_eq!(
            found(&steps("./skeletton"), &there),
            ["10:14: warning: the folder ./skeletton is not beside the template"]
        );
        assert_eq!(
            found(&steps("file:///etc"), &there),
            ["10:14: file:///etc is a path of this machine, which a template may not read"]
        );
        assert!(found(&steps("../x"), &there)[0].contains("leads out of the template's folder"));
    }

    #[test]
    fn steps_in_a_file_of_their_own_are_checked_at_the_place_that_names_it() {
        let text = format!("{HEAD}  steps:\n    $yaml: ./steps.yaml\n");
        assert_eq!(
            found(
                &text,
                &[("steps.yaml", "- action: debug:lgo\n- action: debug:log\n")]
            ),
            ["8:5: warning: callboard does not have the action debug:lgo; did you mean debug:log?"]
        );
    }
}
