//! A repository as git keeps it: a bare one in a folder, made when something is first written to it.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::git::Files;

/// A bare repository on disk; its folder goes with it.
#[derive(Debug)]
pub struct Bare {
    folder: tempfile::TempDir,
}

/// One file of a commit.
#[derive(Debug, Clone)]
pub struct Listed {
    pub mode: String,
    pub kind: String,
    pub id: String,
    pub size: Option<u64>,
    pub path: String,
}

impl Bare {
    /// A repository with these branches, each one commit.
    pub fn new(branches: &BTreeMap<String, Files>, links: &[String], head: &str) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("loopback-")
            .tempdir()
            .expect("a folder");
        let bare = Self { folder };
        let start = format!("--initial-branch={head}");
        bare.run(&["init", "--quiet", "--bare", &start, "."], b"")
            .expect("a bare repository");
        for (key, value) in [
            ("http.receivepack", "true"),
            ("receive.autogc", "false"),
            ("uploadpack.allowAnySHA1InWant", "true"),
        ] {
            bare.run(&["config", key, value], b"")
                .expect("its configuration");
        }
        let mut stream = Vec::new();
        for (branch, files) in branches {
            stream.extend_from_slice(
                format!("commit refs/heads/{branch}\ncommitter Loopback <loopback@example.com> 1700000000 +0000\ndata 4\nseed\n").as_bytes(),
            );
            for (path, content) in files {
                let mode = if links.contains(path) {
                    "120000"
                } else {
                    "100644"
                };
                stream.extend_from_slice(
                    format!("M {mode} inline {path}\ndata {}\n", content.len()).as_bytes(),
                );
                stream.extend_from_slice(content);
                stream.push(b'\n');
            }
        }
        bare.run(&["fast-import", "--quiet"], &stream)
            .expect("its commits");
        bare
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Runs git in it; what it wrote, or what it said.
    pub fn run(&self, arguments: &[&str], input: &[u8]) -> Result<Vec<u8>, String> {
        run_in(self.path(), arguments, &[], input)
    }

    /// As [`Bare::run`], as text without the last line's end.
    pub fn text(&self, arguments: &[&str]) -> Result<String, String> {
        let output = self.run(arguments, b"")?;
        Ok(String::from_utf8_lossy(&output).trim_end().to_owned())
    }

    /// As [`Bare::run`], with an index of its own.
    pub fn with_index(
        &self,
        index: &Path,
        arguments: &[&str],
        input: &[u8],
    ) -> Result<Vec<u8>, String> {
        let index = index.display().to_string();
        run_in(self.path(), arguments, &[("GIT_INDEX_FILE", &index)], input)
    }

    /// As [`Bare::run`], with variables.
    pub fn with(
        &self,
        environment: &[(&str, &str)],
        arguments: &[&str],
        input: &[u8],
    ) -> Result<Vec<u8>, String> {
        run_in(self.path(), arguments, environment, input)
    }

    /// Branches and their commits.
    pub fn heads(&self) -> BTreeMap<String, String> {
        let told = self
            .text(&[
                "for-each-ref",
                "--format=%(refname:short) %(objectname)",
                "refs/heads",
            ])
            .expect("branches");
        told.lines()
            .filter_map(|line| line.rsplit_once(' '))
            .map(|(name, id)| (name.to_owned(), id.to_owned()))
            .collect()
    }

    /// Entries of a tree, of whatever names it.
    pub fn list(&self, reference: &str, recursive: bool) -> Result<Vec<Listed>, String> {
        let mut arguments = vec!["ls-tree", "-z", "-l"];
        if recursive {
            arguments.extend(["-r", "-t"]);
        }
        arguments.push(reference);
        let output = self.run(&arguments, b"")?;
        Ok(output
            .split(|byte| *byte == 0)
            .filter(|line| !line.is_empty())
            .filter_map(|line| {
                let line = String::from_utf8_lossy(line).into_owned();
                let (facts, path) = line.split_once('\t')?;
                let facts: Vec<&str> = facts.split_whitespace().collect();
                let [mode, kind, id, size] = facts.as_slice() else {
                    return None;
                };
                Some(Listed {
                    mode: (*mode).to_owned(),
                    kind: (*kind).to_owned(),
                    id: (*id).to_owned(),
                    size: size.parse().ok(),
                    path: path.to_owned(),
                })
            })
            .collect())
    }

    /// Every file of a commit, and which of them are links.
    pub fn files(&self, commit: &str) -> (Files, Vec<String>) {
        let mut files = Files::new();
        let mut links = Vec::new();
        for entry in self.list(commit, true).expect("a tree") {
            if entry.kind != "blob" {
                continue;
            }
            let content = self
                .run(&["cat-file", "blob", &entry.id], b"")
                .expect("a blob");
            if entry.mode == "120000" {
                links.push(entry.path.clone());
            }
            files.insert(entry.path, content);
        }
        (files, links)
    }

    /// Refuses every push from now on, saying this.
    pub fn refuse_pushes(&self, words: &str) {
        use std::os::unix::fs::PermissionsExt;
        let hooks = self.path().join("hooks");
        std::fs::create_dir_all(&hooks).expect("the folder of hooks");
        let hook: PathBuf = hooks.join("pre-receive");
        let script = format!("#!/bin/sh\ncat >&2 <<'WORDS'\n{words}\nWORDS\nexit 1\n");
        std::fs::write(&hook, script).expect("a hook");
        std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o755)).expect("its mode");
    }

    /// Takes pushes again.
    pub fn take_pushes(&self) {
        let _ = std::fs::remove_file(self.path().join("hooks").join("pre-receive"));
    }
}

/// Runs git in a folder, away from anybody's configuration.
pub fn run_in(
    folder: &Path,
    arguments: &[&str],
    environment: &[(&str, &str)],
    input: &[u8],
) -> Result<Vec<u8>, String> {
    let mut child = Command::new("git")
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_TERMINAL_PROMPT", "0")
        .envs(environment.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("git");
    let mut stdin = child.stdin.take().expect("its input");
    let bytes = input.to_vec();
    let writing = std::thread::spawn(move || {
        let _ = stdin.write_all(&bytes);
    });
    let output = child.wait_with_output().expect("its end");
    let _ = writing.join();
    if output.status.success() {
        return Ok(output.stdout);
    }
    Err(String::from_utf8_lossy(&output.stderr).into_owned())
}
