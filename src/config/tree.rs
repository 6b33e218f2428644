//! The merged configuration: every file laid over the ones before it, what callboard reads resolved, every value with
//! the place it came from.

use std::path::Path;
use std::sync::Arc;

use super::secret::Secret;
use super::settings::Origin;
use crate::yaml::Place;

/// A value and where it came from.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Tree {
    pub value: TreeValue,
    pub origin: Origin,
    /// The folder that relative paths in it begin at.
    pub dir: Arc<Path>,
}

/// What a [`Tree`] is. `null` and what is unset are simply not there.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum TreeValue {
    Bool(bool),
    Number(serde_json::Number),
    Text(String),
    /// Text that is never shown; its `Debug` hides it.
    Secret(Secret),
    List(Vec<Tree>),
    Map(Vec<(String, Tree)>),
}

impl Tree {
    pub fn get(&self, key: &str) -> Option<&Tree> {
        match &self.value {
            TreeValue::Map(entries) => entries
                .iter()
                .find(|(name, _)| name == key)
                .map(|(_, tree)| tree),
            _ => None,
        }
    }

    /// The value at a dotted path.
    pub fn at(&self, path: &str) -> Option<&Tree> {
        path.split('.').try_fold(self, |tree, key| tree.get(key))
    }

    pub fn entries(&self) -> &[(String, Tree)] {
        match &self.value {
            TreeValue::Map(entries) => entries,
            _ => &[],
        }
    }

    pub fn items(&self) -> &[Tree] {
        match &self.value {
            TreeValue::List(items) => items,
            _ => &[],
        }
    }

    /// Text, or a number or boolean as text.
    pub fn text(&self) -> Option<String> {
        match &self.value {
            TreeValue::Text(text) => Some(text.clone()),
            TreeValue::Number(number) => Some(number.to_string()),
            TreeValue::Bool(on) => Some(on.to_string()),
            _ => None,
        }
    }

    pub fn text_at(&self, path: &str) -> Option<String> {
        self.at(path)?.text()
    }

    pub fn bool_at(&self, path: &str) -> Option<bool> {
        match self.at(path)?.value {
            TreeValue::Bool(on) => Some(on),
            _ => None,
        }
    }

    pub fn number_at(&self, path: &str) -> Option<u64> {
        match &self.at(path)?.value {
            TreeValue::Number(number) => number.as_u64(),
            _ => None,
        }
    }

    pub fn secret_at(&self, path: &str) -> Option<Secret> {
        match &self.at(path)?.value {
            TreeValue::Secret(secret) => Some(secret.clone()),
            _ => None,
        }
    }

    /// The items of a list as text; empty where there is no list.
    pub fn texts_at(&self, path: &str) -> Vec<String> {
        self.at(path)
            .map(|tree| tree.items().iter().filter_map(Tree::text).collect())
            .unwrap_or_default()
    }
}

pub(super) fn origin(file: &Arc<Path>, at: Place) -> Origin {
    Origin {
        file: file.clone(),
        line: at.line,
        column: at.column,
    }
}

/// Whether a key that callboard does not read has a name under which people keep secrets.
pub(super) fn names_a_secret(key: &str) -> bool {
    const PARTS: [&str; 13] = [
        "token",
        "secret",
        "password",
        "passwd",
        "passphrase",
        "privatekey",
        "apikey",
        "accesskey",
        "credential",
        "authorization",
        "webhook",
        "cookie",
        "connectionstring",
    ];
    let key: String = key
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect::<String>()
        .to_ascii_lowercase();
    let public = key.contains("public") || key.ends_with("url") && !key.contains("webhook");
    !public
        && (key == "key"
            || key == "pass"
            || key == "pwd"
            || PARTS.iter().any(|part| key.contains(part)))
        || key.ends_with("key") && !key.contains("public")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets_are_known_in_any_spelling() {
        for key in [
            "token",
            "GITHUB_TOKEN",
            "clientSecret",
            "client_secret",
            "password",
            "privateKey",
            "secretAccessKey",
            "accessKeyId",
            "webhookSecret",
            "webhookUrl",
            "Authorization",
            "ageKey",
            "key",
            "apiKey",
        ] {
            assert!(names_a_secret(key), "{key}");
        }
        for key in [
            "host",
            "clientId",
            "publicKey",
            "backendPublicKey",
            "tokenUrl",
            "keys",
            "title",
            "keyword",
        ] {
            assert!(!names_a_secret(key), "{key}");
        }
    }
}
