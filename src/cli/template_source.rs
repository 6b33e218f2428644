//! The template that a command names: a reference into the catalog, or a path to its file.
//!
//! A template from a file is read as a sync would read it, its placeholders under the same rules: from disk, only below its
//! own folder.

use std::path::{Path, PathBuf};

use serde_json::Value;
use url::Url;

use super::catalog::Catalog;
use super::reference;
use super::{CliError, Context, Exit};
use crate::catalog::location::{MANAGED_BY_LOCATION, SOURCE_LOCATION};
use crate::catalog::{self, FileContext, Rules, Severity, Trust, yaml::YamlLimits};
use crate::scaffolder::{TemplateFolder, TemplateSpec, shipped};
use crate::sync::policy::{
    Base, CATALOG_FILE_LIMIT, PLACEHOLDER_LIMIT, Readable, ReadingPolicy, open_below, read_file,
};

/// The file that is meant where a folder is named.
const USUAL_NAMES: [&str; 2] = ["template.yaml", "template.yml"];

/// A template to show or to run.
pub struct TemplateSource {
    /// The entity, as the catalog serves it.
    pub entity: Value,
    /// What can be run of it.
    pub spec: TemplateSpec,
    /// Where its relative URLs resolve.
    pub folder: TemplateFolder,
    /// Whether the person named its file.
    pub from_command_line: bool,
}

/// Finds and reads a template. What the catalog does not have may be one that ships with callboard.
///
/// # Errors
/// Where there is none of that name, several, or one that cannot be run.
pub fn load(named: &str, context: &Context) -> Result<TemplateSource, CliError> {
    match path_of(named) {
        Some(path) => from_file(&path),
        None => match from_catalog(named, context) {
            Err(_) if shipped::names().contains(&named) => from_binary(named, context),
            found => found,
        },
    }
}

/// A template that ships with callboard, written out where tasks find its skeleton again.
fn from_binary(name: &str, context: &Context) -> Result<TemplateSource, CliError> {
    let into = context.paths()?.state_dir.join("templates");
    let failed = |what: &dyn std::fmt::Display| {
        CliError::failed(format!("{}: {what}", into.join(name).display()))
    };
    match shipped::unpack(name, &into) {
        Ok(Some(path)) => from_file(&path),
        Ok(None) => Err(failed(&"there is no such template")),
        Err(error) => Err(failed(&error)),
    }
}

/// The file that is meant, where a file is: by its ending, its first characters, or because it is there.
fn path_of(named: &str) -> Option<PathBuf> {
    let path = Path::new(named);
    if path.is_dir() {
        let inside = USUAL_NAMES.iter().map(|name| path.join(name));
        return inside.into_iter().find(|file| file.is_file());
    }
    let looks_so = named.starts_with(['/', '.'])
        || path
            .extension()
            .is_some_and(|ending| ending == "yaml" || ending == "yml");
    (looks_so || path.is_file()).then(|| path.to_owned())
}

fn from_file(path: &Path) -> Result<TemplateSource, CliError> {
    let failed = |what: String| CliError::failed(format!("{}: {what}", path.display()));
    let bytes = read_file(path, CATALOG_FILE_LIMIT).map_err(|error| failed(error.to_string()))?;
    let file = path
        .canonicalize()
        .map_err(|error| failed(error.to_string()))?;
    let folder = file.parent().unwrap_or(Path::new("/")).to_owned();
    let location = format!("file:{}", file.display());
    let rules = Rules::standard(Vec::new());
    let parsed = catalog::file::read(
        &bytes,
        &FileContext {
            location: &location,
            origin: &location,
            view_url: None,
            edit_url: None,
            source_location: None,
            rules: &rules,
            trust: Trust::Configured,
            limits: YamlLimits::default(),
        },
    );
    let answers = parsed
        .placeholders
        .iter()
        .map(|request| placeholder(&folder, &request.target))
        .collect();
    let parsed = parsed.resolve(answers);
    let kind = |entity: &Value| entity.get("kind").and_then(Value::as_str) == Some("Template");
    let mut templates = parsed.file.entities.iter().filter(|e| kind(&e.entity));
    let (found, more) = (templates.next(), templates.next());
    if more.is_some() {
        return Err(failed("the file has several templates".to_owned())
            .hint("keep each in a file of its own, or name one by its reference"));
    }
    let Some(found) = found else {
        let problems: Vec<String> = parsed
            .file
            .problems
            .iter()
            .filter(|problem| problem.severity == Severity::Error)
            .map(|problem| {
                let (line, column) = (problem.line.unwrap_or(1), problem.column.unwrap_or(1));
                format!(
                    "\n  {}:{line}:{column}: {}",
                    path.display(),
                    problem.message
                )
            })
            .collect();
        if problems.is_empty() {
            return Err(failed("there is no template in it".to_owned()));
        }
        return Err(failed(format!(
            "there is no good template in it:{}",
            problems.concat()
        )));
    };
    Ok(TemplateSource {
        spec: spec(&found.entity, &path.display().to_string())?,
        entity: found.entity.clone(),
        folder: TemplateFolder::Local(folder),
        from_command_line: true,
    })
}

/// The content of a file beside the template.
fn placeholder(folder: &Path, target: &str) -> Result<String, String> {
    let policy = ReadingPolicy::default();
    match policy.resolve(&Base::Disk(folder.to_owned()), target) {
        Ok(Readable::Disk { folder, path }) => open_below(&folder, &path, PLACEHOLDER_LIMIT)
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .map_err(|error| error.to_string()),
        Ok(_) => Err("a template that is named by its path reads files beside it alone".to_owned()),
        Err(refusal) => Err(format!("NotAllowedError: {refusal}")),
    }
}

fn from_catalog(named: &str, context: &Context) -> Result<TemplateSource, CliError> {
    let catalog = Catalog::open(context)?;
    let snapshot = catalog.snapshot();
    // A bare name means a template here, whatever else is called so.
    let id = if named.contains(':') {
        reference::resolve(named, snapshot, &[])?
    } else {
        match reference::resolve(&format!("template:{named}"), snapshot, &[]) {
            Err(error) if error.exit == Exit::NotFound => {
                reference::resolve(named, snapshot, &[]).map_err(|_| error)?
            }
            found => found?,
        }
    };
    let entity_ref = snapshot.entity_ref(id).to_owned();
    if !entity_ref.starts_with("template:") {
        return Err(CliError::failed(format!("{entity_ref} is no template"))
            .hint("`callboard templates` lists them"));
    }
    if snapshot.flags(id).unserved {
        return Err(
            CliError::failed(format!("{entity_ref} is invalid and was never good")).hint(format!(
                "`callboard show {entity_ref}` says what is wrong with it"
            )),
        );
    }
    let entity = catalog.served(id)?.ok_or_else(|| {
        CliError::failed(format!("{entity_ref} has just gone"))
            .hint("another callboard is syncing; ask again")
    })?;
    Ok(TemplateSource {
        spec: spec(&entity, &entity_ref)?,
        folder: folder(&entity)?,
        entity,
        from_command_line: false,
    })
}

fn spec(entity: &Value, name: &str) -> Result<TemplateSpec, CliError> {
    TemplateSpec::read(entity).map_err(|problems| {
        let lines: Vec<String> = problems
            .iter()
            .map(|problem| format!("\n  {}: {}", problem.pointer, problem.message))
            .collect();
        CliError::failed(format!("{name} cannot be run:{}", lines.concat()))
            .hint("`callboard validate` on its file gives the places")
    })
}

/// Where an entity of the catalog has its files: beside its source, as Backstage has it.
fn folder(entity: &Value) -> Result<TemplateFolder, CliError> {
    let annotation = |name: &str| {
        entity
            .pointer("/metadata/annotations")
            .and_then(|annotations| annotations.get(name))
            .and_then(Value::as_str)
    };
    let url = |location: &str| {
        location
            .strip_prefix("url:")
            .and_then(|url| Url::parse(url).ok())
            .map(TemplateFolder::Remote)
    };
    if let Some(folder) = annotation(SOURCE_LOCATION).and_then(url) {
        return Ok(folder);
    }
    let location = annotation(MANAGED_BY_LOCATION).unwrap_or_default();
    if let Some(folder) = url(location) {
        return Ok(folder);
    }
    let file = location.strip_prefix("file:").map(Path::new);
    match file
        .and_then(Path::parent)
        .filter(|folder| folder.is_absolute())
    {
        Some(folder) => Ok(TemplateFolder::Local(folder.to_owned())),
        None => Err(CliError::failed(format!(
            "the template's files cannot be found: its location is \"{location}\""
        ))),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const TEMPLATE: &str = "apiVersion: scaffolder.backstage.io/v1beta3\nkind: Template\nmetadata:\n  name: t\nspec:\n  type: service\n  steps:\n    $yaml: ./steps.yaml\n";

    #[test]
    fn a_path_is_told_from_a_reference() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("template.yaml"), "").unwrap();
        let at = folder.path().to_str().unwrap();
        assert_eq!(path_of(at), Some(folder.path().join("template.yaml")));
        assert_eq!(path_of("./x"), Some("./x".into()));
        assert_eq!(path_of("x.yml"), Some("x.yml".into()));
        assert_eq!(path_of("template:default/x"), None);
        assert_eq!(path_of("ns/x"), None);
    }

    #[test]
    fn steps_that_stand_in_a_file_of_their_own_are_read() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("template.yaml"), TEMPLATE).unwrap();
        fs::write(folder.path().join("steps.yaml"), "- action: debug:log\n").unwrap();
        let found = from_file(&folder.path().join("template.yaml")).unwrap();
        assert_eq!(found.spec.steps[0].action, "debug:log");
        assert_eq!(
            found.folder,
            TemplateFolder::Local(folder.path().canonicalize().unwrap())
        );
        assert!(found.from_command_line);
    }

    #[test]
    fn a_placeholder_outside_the_folder_is_an_error_with_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let text = TEMPLATE.replace("./steps.yaml", "../steps.yaml");
        fs::create_dir(folder.path().join("t")).unwrap();
        fs::write(folder.path().join("t/template.yaml"), text).unwrap();
        fs::write(folder.path().join("steps.yaml"), "- action: debug:log\n").unwrap();
        let error = from_file(&folder.path().join("t/template.yaml"))
            .err()
            .unwrap();
        assert!(error.message.contains("template.yaml:8:5: "), "{error}");
    }
}
