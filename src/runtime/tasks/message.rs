//! What a task's process is told when it starts, through a pipe that nobody else can read.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// The longest message, in bytes.
pub const LONGEST: u64 = 16 * 1024 * 1024;

/// Everything that a task's process must know and nobody else may.
#[derive(Clone, Serialize, Deserialize)]
pub struct Message {
    /// The attempt it is started for.
    pub attempt: i64,
    /// The secrets of the task, by their names.
    pub secrets: BTreeMap<String, String>,
    /// Variables that its environment lacks because their values are, or may be, secret.
    pub environment: BTreeMap<String, String>,
}

impl Message {
    /// As it is written.
    pub fn to_bytes(&self) -> Vec<u8> {
        // Maps of texts and numbers can always be written.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// As it is read.
    ///
    /// # Errors
    /// Where it is no message; the error says nothing of its contents.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, &'static str> {
        serde_json::from_slice(bytes).map_err(|_| "what stands in the pipe is no message")
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("attempt", &self.attempt)
            .field("secrets", &self.secrets.keys())
            .field("environment", &self.environment.keys())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_arrives_as_it_was_sent_and_never_shows_what_is_in_it() {
        let message = Message {
            attempt: 2,
            secrets: BTreeMap::from([("PASSWORD".to_owned(), "hunter2 \"한\"\n".to_owned())]),
            environment: BTreeMap::from([("GITHUB_TOKEN".to_owned(), "ghp_x".to_owned())]),
        };
        let read = Message::from_bytes(&message.to_bytes()).unwrap();
        assert_eq!(read.secrets, message.secrets);
        assert_eq!((read.attempt, read.environment.len()), (2, 1));
        let shown = format!("{message:?}");
        assert!(shown.contains("PASSWORD") && !shown.contains("hunter2") && !shown.contains("ghp"));
        let error = Message::from_bytes(b"{\"secrets\": \"hunter2\"}").unwrap_err();
        assert!(!error.contains("hunter2"));
    }
}
