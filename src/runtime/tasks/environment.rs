//! Which variables of the environment a task's process must not inherit.
//!
//! The environment of a process can be read from outside for as long as it lives, and is handed on to every program it
//! starts. What is, or may be, secret travels in the message instead.

/// Parts of names that say that the value is secret.
const TELLING: [&str; 12] = [
    "TOKEN",
    "SECRET",
    "PASSWORD",
    "PASSWD",
    "PASSPHRASE",
    "CREDENTIAL",
    "PRIVATE_KEY",
    "ACCESS_KEY",
    "API_KEY",
    "APIKEY",
    "WEBHOOK_URL",
    "_DSN",
];
/// Ends of such names.
const TELLING_ENDS: [&str; 3] = ["_PAT", "_KEY", "_PASS"];

/// Whether a variable must not stand in the environment of a task's process: by its name, or because one of the `secrets`
/// stands in its value.
pub fn is_sensitive(name: &str, value: &str, secrets: &[&str]) -> bool {
    let upper = name.to_ascii_uppercase();
    // A proxy's address may have a password, but nothing reaches the network without it.
    if upper.ends_with("_PROXY") {
        return false;
    }
    TELLING.iter().any(|part| upper.contains(part))
        || TELLING_ENDS.iter().any(|end| upper.ends_with(end))
        || secrets
            .iter()
            .any(|secret| !secret.is_empty() && value.contains(secret))
        || has_password(value)
}

/// Whether an address names a password: `postgres://user:password@host`.
fn has_password(value: &str) -> bool {
    value
        .split_once("://")
        .and_then(|(_, rest)| rest.split(['/', '?', '#']).next())
        .and_then(|authority| authority.rsplit_once('@'))
        .is_some_and(|(user, _)| user.contains(':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_tell() {
        for (name, value) in [
            ("GITHUB_TOKEN", "x"),
            ("gh_token", "x"),
            ("AWS_SECRET_ACCESS_KEY", "x"),
            ("PGPASSWORD", "x"),
            ("GITHUB_PAT", "x"),
            ("DATABASE_URL", "postgres://me:pass@db/x"),
            ("HARMLESS", "before hunter2 after"),
        ] {
            assert!(is_sensitive(name, value, &["hunter2", ""]), "{name}");
        }
        for (name, value) in [
            ("PATH", "/usr/bin"),
            ("HOME", "/home/me"),
            ("SSH_AUTH_SOCK", "/run/ssh"),
            ("KUBECONFIG", "/home/me/.kube/config"),
            ("HTTPS_PROXY", "http://me:pass@proxy:3128"),
            ("EDITOR", "vim"),
            ("URL", "https://me@example.com/a:b@c"),
        ] {
            assert!(!is_sensitive(name, value, &["hunter2", ""]), "{name}");
        }
    }
}
