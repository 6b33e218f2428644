//! Sealed boxes: how GitHub takes secrets of Actions. Only GitHub can open them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dryoc::classic::crypto_box::crypto_box_seal;
use dryoc::constants::CRYPTO_BOX_SEALBYTES;
use serde_json::Value;

use super::text_at;
use crate::scaffolder::error::{ActionError, ActionErrorKind};

/// The key that a repository's or an environment's secrets are sealed for.
#[derive(Clone, Debug)]
pub struct SealingKey {
    /// GitHub's name of the key.
    pub id: String,
    key: [u8; 32],
}

impl SealingKey {
    /// Reads GitHub's answer: `key_id` and `key`, in base64.
    ///
    /// # Errors
    /// Where it is not a key.
    pub fn read(answer: &Value) -> Result<Self, ActionError> {
        let bad = || {
            ActionError::new(
                ActionErrorKind::Network,
                "GitHub's public key for secrets cannot be understood",
            )
        };
        let key = text_at(answer, &["key"]).ok_or_else(bad)?;
        let key = STANDARD.decode(key).map_err(|_| bad())?;
        Ok(Self {
            id: text_at(answer, &["key_id"]).ok_or_else(bad)?,
            key: key.try_into().map_err(|_| bad())?,
        })
    }

    /// Seals a secret, in base64. The same secret looks different each time.
    ///
    /// # Errors
    /// Where the key is no point of the curve.
    pub fn seal(&self, secret: &str) -> Result<String, ActionError> {
        let mut sealed = vec![0; secret.len() + CRYPTO_BOX_SEALBYTES];
        crypto_box_seal(&mut sealed, secret.as_bytes(), &self.key).map_err(|_| {
            ActionError::new(
                ActionErrorKind::Other,
                "a secret cannot be sealed with GitHub's public key",
            )
        })?;
        Ok(STANDARD.encode(sealed))
    }
}

#[cfg(test)]
mod tests {
    use dryoc::classic::crypto_box::{crypto_box_keypair, crypto_box_seal_open};
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_sealed_opens_with_the_other_half_of_the_key_alone() {
        let (public, private) = crypto_box_keypair();
        let answer = json!({"key_id": "1", "key": STANDARD.encode(public)});
        let key = SealingKey::read(&answer).unwrap();
        let sealed = key.seal("비밀 s3cret").unwrap();
        assert_ne!(sealed, key.seal("비밀 s3cret").unwrap());
        let sealed = STANDARD.decode(sealed).unwrap();
        let mut opened = vec![0; sealed.len() - CRYPTO_BOX_SEALBYTES];
        crypto_box_seal_open(&mut opened, &sealed, &public, &private).unwrap();
        assert_eq!(String::from_utf8(opened).unwrap(), "비밀 s3cret");
        let (_, other) = crypto_box_keypair();
        let mut not = vec![0; sealed.len() - CRYPTO_BOX_SEALBYTES];
        assert!(crypto_box_seal_open(&mut not, &sealed, &public, &other).is_err());
    }

    #[test]
    fn a_key_of_another_length_is_no_key() {
        assert!(SealingKey::read(&json!({"key_id": "1", "key": "AAAA"})).is_err());
        assert!(SealingKey::read(&json!({})).is_err());
    }
}
