//! Where callboard keeps what it writes: flags first, then the environment, then the XDG base directories.

use std::path::PathBuf;

use super::StoreError;

/// What the command line and the environment say of the folders.
#[derive(Clone, Debug, Default)]
pub struct PathOptions {
    /// `--cache-dir`.
    pub cache_dir: Option<PathBuf>,
    /// `--state-dir`.
    pub state_dir: Option<PathBuf>,
}

/// The folders that callboard writes to. None of them need exist. Where the configuration is read from is said by
/// [`config_dir`](crate::config::config_dir) alone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Paths {
    /// The catalog's cache; may be deleted at any time.
    pub cache_dir: PathBuf,
    /// Stars, registered locations, the session, tasks; must not be deleted.
    pub state_dir: PathBuf,
}

impl Paths {
    /// Finds the folders: `options`, else `CALLBOARD_CACHE_DIR` and `CALLBOARD_STATE_DIR`, else `callboard` below
    /// the XDG folders (on macOS too, where `XDG_*` are set; else the system's own places).
    ///
    /// # Errors
    /// [`StoreError::NoHome`] where a folder is not given and the user has no home.
    pub fn find(
        options: &PathOptions,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, StoreError> {
        let project = directories::ProjectDirs::from("", "", "callboard");
        let below = |variable: &str| {
            // The specification: a relative path there is invalid and to be ignored.
            env(variable)
                .map(PathBuf::from)
                .filter(|path| path.is_absolute())
                .map(|path| path.join("callboard"))
        };
        let named = |given: &Option<PathBuf>, variable: &str| {
            given
                .clone()
                .or_else(|| env(variable).filter(|v| !v.is_empty()).map(PathBuf::from))
        };
        let cache_dir = named(&options.cache_dir, "CALLBOARD_CACHE_DIR")
            .or_else(|| below("XDG_CACHE_HOME"))
            .or_else(|| project.as_ref().map(|p| p.cache_dir().to_owned()));
        let state_dir = named(&options.state_dir, "CALLBOARD_STATE_DIR")
            .or_else(|| below("XDG_STATE_HOME"))
            .or_else(|| {
                project
                    .as_ref()
                    .map(|p| p.state_dir().unwrap_or(p.data_local_dir()).to_owned())
            });
        Ok(Self {
            cache_dir: cache_dir.ok_or(StoreError::NoHome)?,
            state_dir: state_dir.ok_or(StoreError::NoHome)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(options: &PathOptions, pairs: &[(&str, &str)]) -> Paths {
        Paths::find(options, &|name| {
            pairs
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        })
        .unwrap()
    }

    #[test]
    fn a_flag_wins_over_the_environment_and_that_over_xdg() {
        let env = [
            ("CALLBOARD_CACHE_DIR", "/env"),
            ("XDG_CACHE_HOME", "/xdg/cache"),
            ("XDG_STATE_HOME", "/xdg/state"),
        ];
        let flag = PathOptions {
            cache_dir: Some("/flag".into()),
            state_dir: None,
        };
        assert_eq!(find(&flag, &env).cache_dir, PathBuf::from("/flag"));
        let paths = find(&PathOptions::default(), &env);
        assert_eq!(paths.cache_dir, PathBuf::from("/env"));
        assert_eq!(paths.state_dir, PathBuf::from("/xdg/state/callboard"));
        let paths = find(&PathOptions::default(), &env[1..]);
        assert_eq!(paths.cache_dir, PathBuf::from("/xdg/cache/callboard"));
    }

    #[test]
    fn a_relative_xdg_folder_is_ignored() {
        let paths = find(
            &PathOptions {
                cache_dir: Some("/c".into()),
                state_dir: None,
            },
            &[("XDG_STATE_HOME", "relative"), ("HOME", "/home/me")],
        );
        assert_ne!(paths.state_dir, PathBuf::from("relative/callboard"));
    }
}
