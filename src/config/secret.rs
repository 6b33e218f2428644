//! A value that cannot be printed.
//!
//! Tokens, keys and passwords travel as [`Secret`] from the configuration to the request that needs them. The type
//! has no `Display`, no `Serialize` and a `Debug` without the value; its memory is wiped when it is dropped.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

/// A token, key or password. Only [`Secret::expose`] gives the text, so every use can be found by its name.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// Takes a text that must not be shown.
    pub fn new(text: String) -> Self {
        Self(SecretString::from(text))
    }

    /// The text itself, for the one place that sends it or signs with it. Never put it into an error, a log,
    /// an argument list or a cache.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Equal by value, so that two credentials can be compared without exposing them. Not in constant time: both
/// sides are this machine's own.
impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl Eq for Secret {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_of_a_secret_hides_its_text() {
        let secret = Secret::new("ghp_very_secret".into());
        assert_eq!(format!("{secret:?}"), "Secret(…)");
        assert_eq!(
            format!("{:?}", Some(vec![secret.clone()])),
            "Some([Secret(…)])"
        );
        assert_eq!(secret.expose(), "ghp_very_secret");
    }
}
