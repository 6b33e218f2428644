//! `callboard validate PATH...`: catalog, template and mkdocs files on disk, checked before they are pushed.
//!
//! A file that is named is checked whatever it is called. In a folder, catalog files are found by what they say
//! (`apiVersion: backstage.io/…`), whatever they are called, and documentation by the name `mkdocs.yml`; files below a
//! template's skeleton are left out, since they are not YAML before they are rendered. What git ignores is not looked at.
//! What one file alone cannot tell, [`whole`] asks of all of them.

mod template;
mod whole;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::catalog::Catalog;
use super::mkdocs;
use super::{CliError, Context, Exit, Format};
use crate::catalog::{self, CheckedFile, Problem, Severity};
use crate::sync::disk::says_it_holds_entities;
use crate::sync::policy::{CATALOG_FILE_LIMIT, DiskError, read_file};
use crate::sync::skeleton;
use crate::text;

/// What to check.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Files, and folders to look through. An entity that two of the files give is an error. References are looked up in
    /// all of the files and, once there has been a sync, in the cache; a single file without a cache has nothing to look
    /// them up in. One that leads nowhere is a warning, and so is a missing file of a placeholder or a Location
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// How to print what is wrong
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    output: Format,
}

/// One problem, as JSON has it.
#[derive(Serialize)]
struct Finding {
    path: String,
    line: u32,
    column: u32,
    #[serde(rename = "entityRef", skip_serializing_if = "Option::is_none")]
    entity_ref: Option<String>,
    severity: Severity,
    message: String,
}

/// Checks the files and prints their problems.
///
/// # Errors
/// Where a named path is not there; what standard output says.
pub fn run(args: Args, context: &Context) -> Result<Exit, CliError> {
    let (mut checked, mut known) = (Vec::new(), HashSet::new());
    for path in &args.paths {
        let found = if path.is_dir() {
            Candidate::below(path)
        } else {
            vec![Candidate::named(path)?]
        };
        for candidate in found {
            let real = candidate.path.canonicalize();
            if known.insert(real.unwrap_or_else(|_| candidate.path.clone())) {
                checked.push(candidate.check());
            }
        }
    }
    let files = checked.len();
    let cached = Catalog::open(context).ok();
    whole::check(&mut checked, cached.as_ref().map(|c| c.snapshot().as_ref()));
    let findings: Vec<Finding> = checked.into_iter().flat_map(Checked::findings).collect();
    let errors = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error)
        .count();
    let mut out = context.output();
    match args.output {
        Format::Json => out.json(&findings)?,
        Format::Text => {
            for finding in &findings {
                let warning = match finding.severity {
                    Severity::Error => "",
                    Severity::Warning => "warning: ",
                };
                let line = format!(
                    "{}:{}:{}: {warning}{}",
                    finding.path, finding.line, finding.column, finding.message
                );
                out.line(&text::clean(&line))?;
            }
        }
    }
    out.finish()?;
    if files == 0 {
        context.note("no catalog, template or mkdocs file was found");
    } else {
        context.note(&format!(
            "{} checked, {}",
            counted(files, "file"),
            counted(errors, "error")
        ));
    }
    Ok(if errors == 0 {
        Exit::Done
    } else {
        Exit::Failed
    })
}

fn counted(n: usize, what: &str) -> String {
    let s = if n == 1 { "" } else { "s" };
    format!("{n} {what}{s}")
}

/// A file to check.
struct Candidate {
    path: PathBuf,
    /// The folder that was named, or that of the file that was.
    root: PathBuf,
    content: Result<Vec<u8>, String>,
}

impl Candidate {
    fn named(path: &Path) -> Result<Self, CliError> {
        if !path.exists() {
            return Err(CliError::failed(format!(
                "{} does not exist",
                path.display()
            )));
        }
        let folder = path.parent().filter(|folder| *folder != Path::new(""));
        Ok(Self {
            path: path.to_owned(),
            root: folder.unwrap_or(Path::new(".")).to_owned(),
            content: read(path),
        })
    }

    /// The files below a folder that are worth checking, in order of path.
    fn below(folder: &Path) -> Vec<Self> {
        let mut found = Vec::new();
        let mut raw = Vec::new();
        let walk = ignore::WalkBuilder::new(folder)
            .hidden(false)
            .git_global(false)
            .filter_entry(|entry| entry.file_name() != ".git")
            .sort_by_file_path(Path::cmp)
            .build();
        for entry in walk.flatten() {
            let path = entry.path();
            if !entry.file_type().is_some_and(|kind| kind.is_file()) || !is_yaml(path) {
                continue;
            }
            let content = read(path);
            if let Ok(bytes) = &content {
                let text = String::from_utf8_lossy(bytes);
                if skeleton::is_template(&text) {
                    raw.extend(skeleton::folders(&relative(folder, path), &text));
                }
            }
            found.push(Self {
                path: path.to_owned(),
                root: folder.to_owned(),
                content,
            });
        }
        found.retain(|candidate| {
            !skeleton::is_below(&raw, &relative(folder, &candidate.path)) && candidate.is_known()
        });
        found
    }

    /// Whether the name or the text says that it is ours to check.
    fn is_known(&self) -> bool {
        let name = self.name();
        if mkdocs::is_name(&name) || name.starts_with("catalog-info.") {
            return true;
        }
        let content = self.content.as_deref();
        content.is_ok_and(says_it_holds_entities)
    }

    fn name(&self) -> String {
        self.path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default()
    }

    fn check(self) -> Checked {
        let (problems, catalog) = match &self.content {
            Err(message) => {
                let problem = Problem {
                    severity: Severity::Error,
                    name: "InputError".to_owned(),
                    message: message.clone(),
                    entity_ref: None,
                    field: None,
                    line: None,
                    column: None,
                };
                (vec![problem], None)
            }
            Ok(bytes) if mkdocs::is_name(&self.name()) => (mkdocs::check(bytes), None),
            Ok(bytes) => {
                let location = format!("file:{}", self.path.display());
                let mut file = catalog::check_file(bytes, &location);
                let mut problems = std::mem::take(&mut file.file.problems);
                // What the catalog already said of a place is not said again.
                let more = template::problems(bytes, &self.path).into_iter();
                let known: HashSet<_> = problems.iter().map(|p| (p.line, p.column)).collect();
                problems.extend(more.filter(|p| {
                    p.severity == Severity::Warning || !known.contains(&(p.line, p.column))
                }));
                (problems, Some(file))
            }
        };
        Checked {
            path: self.path,
            root: self.root,
            problems,
            catalog,
        }
    }
}

/// A file that was checked by itself.
struct Checked {
    path: PathBuf,
    root: PathBuf,
    /// In order of place.
    problems: Vec<Problem>,
    /// What it gives to the catalog, where it is a file of it; its problems stand beside it.
    catalog: Option<CheckedFile>,
}

impl Checked {
    fn findings(self) -> impl Iterator<Item = Finding> {
        let path = self.path.display().to_string();
        self.problems.into_iter().map(move |problem| Finding {
            path: path.clone(),
            line: problem.line.unwrap_or(1),
            column: problem.column.unwrap_or(1),
            entity_ref: problem.entity_ref,
            severity: problem.severity,
            message: problem.message,
        })
    }
}

fn is_yaml(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension == "yaml" || extension == "yml")
}

/// The path below the folder that is looked through, with `/` between its parts.
fn relative(folder: &Path, path: &Path) -> String {
    path.strip_prefix(folder)
        .unwrap_or(path)
        .to_string_lossy()
        .into_owned()
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    // As a sync reads it, so that what passes here is read there.
    read_file(path, CATALOG_FILE_LIMIT).map_err(|error| match error {
        DiskError::TooLarge(_, limit) => format!("is larger than {} MiB", limit >> 20),
        DiskError::NotAFile(_) => "is not a file".to_owned(),
        DiskError::Io(_, error) => format!("cannot be read: {error}"),
        other => other.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    const GOOD: &str = "apiVersion: backstage.io/v1alpha1\nkind: System\nmetadata:\n  name: s\nspec:\n  owner: o\n";

    fn write(folder: &Path, path: &str, text: &str) {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn found(folder: &Path) -> Vec<String> {
        Candidate::below(folder)
            .iter()
            .map(|candidate| relative(folder, &candidate.path))
            .collect()
    }

    #[test]
    fn catalog_files_are_found_by_what_they_say() {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path();
        write(at, "org/teams.yaml", GOOD);
        write(at, ".backstage/catalog-info.yml", "");
        write(at, "mkdocs.yaml", "site_name: x\n");
        write(at, "deploy/service.yaml", "apiVersion: v1\nkind: Service\n");
        write(at, "notes.txt", GOOD);
        assert_eq!(
            found(at),
            [
                ".backstage/catalog-info.yml",
                "mkdocs.yaml",
                "org/teams.yaml"
            ]
        );
    }

    #[test]
    fn files_below_a_skeleton_are_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path();
        write(
            at,
            "t/template.yaml",
            "apiVersion: scaffolder.backstage.io/v1beta3\nkind: Template\nmetadata: {name: t}\nspec:\n  type: service\n  \
             steps:\n    - action: fetch:template\n      input:\n        url: ./files\n",
        );
        write(
            at,
            "t/files/catalog-info.yaml",
            "name: ${{ values.name }}: x\n",
        );
        assert_eq!(found(at), ["t/template.yaml"]);
    }

    #[test]
    fn a_named_file_is_checked_whatever_it_is_called() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "x.txt", "kind: System\n");
        let checked = Candidate::named(&folder.path().join("x.txt"))
            .unwrap()
            .check();
        let findings: Vec<Finding> = checked.findings().collect();
        assert_eq!(findings.len(), 1);
        assert_eq!((findings[0].line, findings[0].column), (1, 1));
    }

    #[test]
    fn what_a_sync_would_not_read_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let message = |path: &Path| {
            let checked = Candidate::named(path).unwrap().check();
            checked.problems[0].message.clone()
        };
        let large = fs::File::create(at("large.yaml")).unwrap();
        large.set_len(CATALOG_FILE_LIMIT + 1).unwrap();
        assert_eq!(message(&at("large.yaml")), "is larger than 5 MiB");
        rustix::fs::mknodat(
            rustix::fs::CWD,
            at("pipe.yaml"),
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
            0,
        )
        .unwrap();
        assert_eq!(message(&at("pipe.yaml")), "is not a file");
    }

    #[test]
    fn a_path_that_is_not_there_is_an_error() {
        assert!(Candidate::named(Path::new("/nowhere/catalog-info.yaml")).is_err());
    }
}
