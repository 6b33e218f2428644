//! `publish:local`: the workspace as a new git repository in a folder of this machine, for people without GitHub.
//!
//! A template names the folder, so it is held to what cannot do harm: a new or empty one below the home folder or the folder
//! for temporary files, no part of whose path is hidden.

use std::path::{Component, Path, PathBuf};

use serde_json::{Map, Value, json};

use crate::scaffolder::action::{Action, Example, Level, Outcome, StepContext, Target};
use crate::scaffolder::error::ActionError;
use crate::scaffolder::git::Git;
use crate::scaffolder::github::{inputs, push};

/// See the module.
pub struct PublishLocal;

impl Action for PublishLocal {
    fn id(&self) -> &'static str {
        "publish:local"
    }

    fn description(&self) -> &'static str {
        "Makes a git repository of the workspace in a folder of this machine."
    }

    fn input_schema(&self) -> Value {
        let mut properties = vec![(
            "path",
            inputs::text(
                "The folder: new or empty, below your home folder (`~/…`) or the folder for temporary files",
            ),
        )];
        properties.extend(
            inputs::pushing().into_iter().filter(|(name, _)| {
                !matches!(*name, "protectDefaultBranch" | "protectEnforceAdmins")
            }),
        );
        inputs::object(&properties, &["path"])
    }

    fn output_schema(&self) -> Value {
        inputs::object(
            &[
                (
                    "remoteUrl",
                    inputs::text("The repository as a `file:` address"),
                ),
                (
                    "repoContentsUrl",
                    inputs::text("The folder as a `file:` address"),
                ),
                ("commitHash", inputs::text("The first commit's id")),
                ("path", inputs::text("The folder")),
            ],
            &["remoteUrl", "repoContentsUrl", "commitHash", "path"],
        )
    }

    fn examples(&self) -> &'static [Example] {
        &[Example {
            description: "A new project in the home folder",
            example: "steps:\n  - id: publish\n    action: publish:local\n    input:\n      path: ~/projects/${{ parameters.name }}\n",
        }]
    }

    fn targets(&self, input: &Map<String, Value>) -> Vec<Target> {
        input
            .get("path")
            .and_then(Value::as_str)
            .map(|path| Target {
                host: "this machine".to_owned(),
                what: path.to_owned(),
                verb: "create folder".to_owned(),
                creates: true,
            })
            .into_iter()
            .collect()
    }

    fn run<'a>(&'a self, step: &'a mut StepContext<'_>) -> Outcome<'a> {
        Box::pin(async move {
            let home = directories::BaseDirs::new().map(|dirs| dirs.home_dir().to_owned());
            let path = step.text("path").unwrap_or_default();
            let folder = place(path, home.as_deref(), &std::env::temp_dir())?;
            let branch = step.text("defaultBranch").unwrap_or(push::BRANCH);
            let files = push::source(step)?;
            let git = Git::find(step.cancel).await?;
            git.check_branch(branch, step.cancel).await?;
            let committed = git
                .commit(
                    &files,
                    &push::message(step),
                    &push::author(step),
                    step.cancel,
                )
                .await?;
            make_empty(&folder)?;
            let commit = git.settle(committed, &folder, branch, step.cancel).await?;
            step.log(Level::Info, &format!("Made {}", folder.display()));
            let address = url::Url::from_directory_path(&folder)
                .map(|url| url.to_string())
                .unwrap_or_default();
            step.output("remoteUrl", json!(address));
            step.output("repoContentsUrl", json!(address));
            step.output("commitHash", json!(commit));
            step.output("path", json!(folder));
            Ok(())
        })
    }
}

/// The folder that `path` names, if a template may make it.
fn place(path: &str, home: Option<&Path>, temporary: &Path) -> Result<PathBuf, ActionError> {
    let refuse = |why: &str| {
        ActionError::not_allowed(format!("`path` is `{path}`: {why}"))
            .hint("name a new folder below your home folder, as `~/projects/NAME`")
    };
    let folder = match (path.strip_prefix("~/"), home) {
        (Some(rest), Some(home)) => home.join(rest),
        (Some(_), None) => return Err(refuse("there is no home folder")),
        (None, _) => PathBuf::from(path),
    };
    if !folder.is_absolute() {
        return Err(refuse("it is neither absolute nor below `~/`"));
    }
    if folder
        .components()
        .any(|part| matches!(part, Component::ParentDir))
    {
        return Err(refuse("it holds `..`"));
    }
    // Links on the way lead where they lead: what counts is where the folder would be.
    let mut existing = folder.as_path();
    while existing.symlink_metadata().is_err() {
        existing = existing.parent().ok_or_else(|| refuse("it is nowhere"))?;
    }
    let real = existing
        .canonicalize()
        .map_err(|error| ActionError::io(existing.display(), &error))?;
    let rest = folder.strip_prefix(existing).unwrap_or(Path::new(""));
    let real = if rest.as_os_str().is_empty() {
        real
    } else {
        real.join(rest)
    };
    let below = [home, Some(temporary)]
        .into_iter()
        .flatten()
        .filter_map(|root| root.canonicalize().ok())
        .find_map(|root| real.strip_prefix(&root).ok().map(Path::to_owned))
        .filter(|below| !below.as_os_str().is_empty())
        .ok_or_else(|| {
            refuse("it is not below your home folder or the folder for temporary files")
        })?;
    // The folder for temporary files may itself lie below a hidden one; what a template adds may not.
    let hidden = below
        .components()
        .any(|part| part.as_os_str().to_string_lossy().starts_with('.'));
    let is_temporary = temporary
        .canonicalize()
        .is_ok_and(|temporary| real.starts_with(temporary));
    if hidden && !is_temporary {
        return Err(refuse("a part of it is hidden"));
    }
    Ok(real)
}

/// Makes the folder, or takes one that is empty.
fn make_empty(folder: &Path) -> Result<(), ActionError> {
    let failed = |error: std::io::Error| ActionError::io(folder.display(), &error);
    std::fs::create_dir_all(folder).map_err(failed)?;
    if std::fs::read_dir(folder).map_err(failed)?.next().is_none() {
        return Ok(());
    }
    Err(ActionError::conflict(format!(
        "{} is there already and not empty",
        folder.display()
    ))
    .hint("choose another folder; nothing was changed"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scaffolder::ActionErrorKind;

    #[test]
    fn a_template_makes_folders_in_the_home_folder_alone() {
        let home = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        let nowhere = Path::new("/callboard-no-temporary-folder");
        let real = home.path().canonicalize().unwrap();
        std::os::unix::fs::symlink(elsewhere.path(), home.path().join("link")).unwrap();
        let at = |path: &str| place(path, Some(home.path()), nowhere);
        assert_eq!(at("~/projects/pay").unwrap(), real.join("projects/pay"));
        let absolute = home.path().join("a").display().to_string();
        assert_eq!(at(&absolute).unwrap(), real.join("a"));
        for bad in [
            "~/.config/autostart",
            "~/a/../../x",
            "relative",
            "/etc/cron.d",
            "~/",
            "",
            "~/link/x",
        ] {
            let error = at(bad).unwrap_err();
            assert_eq!(error.kind, ActionErrorKind::NotAllowed, "{bad}");
        }
    }

    #[test]
    fn a_folder_that_holds_something_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        make_empty(folder.path()).unwrap();
        std::fs::write(folder.path().join("a"), "a").unwrap();
        assert_eq!(
            make_empty(folder.path()).unwrap_err().kind,
            ActionErrorKind::Conflict
        );
    }
}
