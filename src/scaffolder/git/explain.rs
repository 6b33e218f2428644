//! What git's complaints mean, for people. Pure: text in, an error out.

use url::Url;

use crate::github::endpoint::shown;
use crate::github::error::printable;
use crate::scaffolder::error::{ActionError, ActionErrorKind};

/// Why git did not take a folder's files.
pub(super) fn adding(told: &str) -> ActionError {
    let line = reason(told);
    if let Some(full) = full_disk(told) {
        return full;
    }
    if told.contains("invalid path") || told.contains("Invalid path") {
        return ActionError::input(format!("git refuses a path of the workspace: {line}"))
            .hint("no part of a path may be `.git`, in any spelling");
    }
    ActionError::new(ActionErrorKind::Other, format!("git add failed: {line}"))
}

/// Why a call failed that has nothing to do with what was rendered.
pub(super) fn other(what: &str, told: &str) -> ActionError {
    full_disk(told).unwrap_or_else(|| {
        ActionError::new(
            ActionErrorKind::Other,
            format!("git {what} failed: {}", reason(told)),
        )
    })
}

/// Why a push or fetch failed. GitHub's own words are kept: its refusals name the rule that refused.
pub(super) fn speaking(what: &str, url: &Url, told: &str) -> ActionError {
    let to = shown(url);
    let has = |needle: &str| told.contains(needle);
    let error = |kind, text: String| ActionError::new(kind, format!("git {what} {to}: {text}"));
    if let Some(full) = full_disk(told) {
        return full;
    }
    if has("without `workflow` scope") || has("without `workflows` permission") {
        return error(ActionErrorKind::NotAllowed, remote(told)).hint(
            "files below .github/workflows need the `workflow` scope (a fine-grained token or App: `workflows: write`)",
        );
    }
    if has("GH009") || has("PUSH PROTECTION") {
        return error(ActionErrorKind::NotAllowed, remote(told))
            .hint("GitHub found a secret in what was rendered: take it out of the template");
    }
    if has("verified signatures") {
        return error(ActionErrorKind::NotAllowed, remote(told))
            .hint("a rule of the repository or organisation requires signed commits, which callboard does not make");
    }
    if has("GH001") || has("exceeds GitHub's file size limit") {
        return error(ActionErrorKind::Limit, remote(told)).hint("GitHub takes files up to 100 MB");
    }
    if has("GH006") || has("GH013") || has("protected branch") || has("rule violations") {
        return error(ActionErrorKind::NotAllowed, remote(told)).hint(
            "the branch is protected against pushes: publish by pull request, or to another branch",
        );
    }
    if has("fetch first") || has("non-fast-forward") || has("[rejected]") {
        return error(
            ActionErrorKind::Conflict,
            "the branch has commits that are not in this push".to_owned(),
        )
        .hint("somebody pushed to it meanwhile, or it was not empty: nothing was overwritten");
    }
    if has("denied to") || has("error: 403") || has("HTTP 403") || has("Write access") {
        return error(ActionErrorKind::NotAllowed, remote(told))
            .hint("the token may not push there: it needs `repo` (a fine-grained token or App: `contents: write`)");
    }
    if has("Authentication failed")
        || has("could not read Username")
        || has("could not read Password")
        || has("error: 401")
        || has("HTTP 401")
    {
        return error(
            ActionErrorKind::NotAllowed,
            "GitHub does not accept the token".to_owned(),
        )
        .hint("sign in with `callboard auth login`");
    }
    if has("not found") && (has("repository") || has("Repository")) || has("error: 404") {
        return error(
            ActionErrorKind::NotFound,
            "the repository is not there".to_owned(),
        )
        .hint("check the name, and that this identity may see it");
    }
    if has("[remote rejected]") || has("pre-receive hook declined") {
        return error(ActionErrorKind::NotAllowed, remote(told));
    }
    if has("unable to access")
        || has("Could not resolve host")
        || has("hung up")
        || has("RPC failed")
        || has("error: 5")
        || has("early EOF")
        || has("timed out")
    {
        return error(ActionErrorKind::Network, reason(told))
            .hint("check the network; nothing that was pushed before is lost");
    }
    error(ActionErrorKind::Other, reason(told))
}

fn full_disk(told: &str) -> Option<ActionError> {
    told.contains("No space left on device").then(|| {
        ActionError::new(
            ActionErrorKind::Storage,
            "the disk is full: git could not write",
        )
        .hint("free room in the folder for temporary files (TMPDIR), then retry")
    })
}

/// What the other side said: its `remote:` lines, else git's own reason.
fn remote(told: &str) -> String {
    let said: Vec<&str> = told
        .lines()
        .filter_map(|line| line.trim().strip_prefix("remote:"))
        .map(str::trim)
        .filter(|line| line.chars().any(char::is_alphanumeric))
        .collect();
    if said.is_empty() {
        return reason(told);
    }
    printable(&said.join(" "), 400)
}

/// The line of git's that says why.
fn reason(told: &str) -> String {
    let lines = || told.lines().map(str::trim).filter(|line| !line.is_empty());
    let why = lines()
        .find(|line| line.starts_with("!"))
        .or_else(|| lines().find(|line| line.starts_with("fatal:") || line.starts_with("error:")))
        .or_else(|| lines().next_back())
        .unwrap_or("no reason told");
    printable(&why.replace('\t', " "), 300)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(told: &str) -> ActionError {
        let url = Url::parse("https://github.com/acme/pay.git").unwrap();
        speaking("push", &url, told)
    }

    #[test]
    fn a_protected_branch_is_named_with_the_rule() {
        let error = push(
            "remote: error: GH013: Repository rule violations found for refs/heads/main.\nremote: \nremote: - Cannot create ref due to creations being restricted.\n!\tabc:refs/heads/main\t[remote rejected] (push declined due to repository rule violations)\nerror: failed to push some refs",
        );
        assert_eq!(error.kind, ActionErrorKind::NotAllowed);
        assert!(error.message.contains("Cannot create ref"));
    }

    #[test]
    fn a_missing_workflow_scope_is_named() {
        let error = push(
            "!\ta:refs/heads/main\t[remote rejected] (refusing to allow a Personal Access Token to create or update workflow `.github/workflows/ci.yml` without `workflow` scope)",
        );
        assert!(error.hint.unwrap().contains("`workflow` scope"));
        assert!(error.message.contains("ci.yml"));
    }

    #[test]
    fn a_branch_with_commits_is_a_conflict() {
        let error = push("!\ta:refs/heads/main\t[rejected] (fetch first)\nerror: failed");
        assert_eq!(error.kind, ActionErrorKind::Conflict);
    }

    #[test]
    fn a_token_that_may_not_push_is_told_what_it_needs() {
        let error = push(
            "remote: Permission to acme/pay.git denied to ann.\nfatal: unable to access 'https://github.com/acme/pay.git/': The requested URL returned error: 403",
        );
        assert_eq!(error.kind, ActionErrorKind::NotAllowed);
        assert!(error.message.contains("denied to ann"));
        assert!(error.hint.unwrap().contains("contents: write"));
    }

    #[test]
    fn a_broken_network_is_told_apart() {
        for told in [
            "fatal: unable to access 'https://github.com/acme/pay.git/': Could not resolve host: github.com",
            "error: RPC failed; HTTP 502 curl 22 The requested URL returned error: 502\nfatal: the remote end hung up unexpectedly",
        ] {
            assert_eq!(push(told).kind, ActionErrorKind::Network, "{told}");
        }
    }

    #[test]
    fn a_servers_words_lose_their_escape_sequences() {
        let error = push(
            "remote: \u{1b}]52;c;AA\u{7}no\n! a [remote rejected] (pre-receive hook declined)",
        );
        assert!(!error.message.contains('\u{1b}'), "{}", error.message);
    }

    #[test]
    fn a_path_that_is_git_in_disguise_is_the_templates_fault() {
        let error = adding("error: Invalid path '.GIT/config'\nfatal: adding files failed");
        assert_eq!(error.kind, ActionErrorKind::Input);
    }

    #[test]
    fn a_full_disk_is_told() {
        let error = adding("error: unable to write file: No space left on device");
        assert_eq!(error.kind, ActionErrorKind::Storage);
    }
}
