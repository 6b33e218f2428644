//! How much a task may log: a step that writes without end is cut, and says so.

use std::collections::HashMap;

/// Most bytes of one message.
const MESSAGE: usize = 64 * 1024;
/// Most bytes of all messages of one step.
const STEP: usize = 8 * 1024 * 1024;

/// What was logged so far, by step.
#[derive(Default)]
pub(super) struct Budget {
    spent: HashMap<String, Spent>,
}

#[derive(Default)]
struct Spent {
    bytes: usize,
    dropped: u64,
}

/// What becomes of a message.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is kept, maybe shortened.
    Keep(String),
    /// It is replaced by this, and nothing of the step is kept after it.
    Last(String),
    /// It is not kept.
    Drop,
}

impl Budget {
    /// Decides about a line that a step logs.
    pub fn admit(&mut self, step: &str, message: String) -> Verdict {
        let spent = self.spent.entry(step.to_owned()).or_default();
        if spent.bytes > STEP {
            spent.dropped = spent.dropped.saturating_add(1);
            return Verdict::Drop;
        }
        let message = shortened(message, MESSAGE);
        // What a row costs besides.
        spent.bytes = spent.bytes.saturating_add(message.len() + 64);
        if spent.bytes > STEP {
            spent.dropped = 1;
            return Verdict::Last(format!(
                "warn: The log of this step is cut here: more than {} MB are not kept",
                STEP / 1024 / 1024
            ));
        }
        Verdict::Keep(message)
    }

    /// How many lines of a step were not kept; asked when the step ends, and forgotten then.
    pub fn dropped(&mut self, step: &str) -> Option<u64> {
        let spent = self.spent.remove(step)?;
        (spent.dropped > 0).then_some(spent.dropped)
    }
}

/// The text, cut where it is longer than `most` bytes, with a word about it.
pub(super) fn shortened(mut text: String, most: usize) -> String {
    if text.len() <= most {
        return text;
    }
    let whole = text.len();
    let mut end = most;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    text.push_str(&format!("… ({} more bytes are not kept)", whole - end));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_that_logs_without_end_is_cut_and_says_so_once() {
        let mut budget = Budget::default();
        let line = "x".repeat(1000);
        let mut kept = 0;
        let mut said = 0;
        for _ in 0..20_000 {
            match budget.admit("noisy", line.clone()) {
                Verdict::Keep(_) => kept += 1,
                Verdict::Last(text) => {
                    assert!(text.contains("8 MB"));
                    said += 1;
                }
                Verdict::Drop => {}
            }
        }
        assert_eq!(said, 1);
        assert!((7_000..9_000).contains(&kept), "{kept}");
        assert_eq!(budget.dropped("noisy"), Some(20_000 - kept));
        assert_eq!(
            budget.admit("other", "fine".into()),
            Verdict::Keep("fine".into())
        );
        assert_eq!(budget.dropped("other"), None);
    }

    #[test]
    fn a_message_without_end_is_cut_between_characters() {
        let text = "한".repeat(MESSAGE);
        let Verdict::Keep(cut) = Budget::default().admit("step", text) else {
            panic!("not kept");
        };
        assert!(cut.len() < MESSAGE + 64);
        assert!(
            cut.contains("more bytes are not kept"),
            "{:?}",
            &cut[MESSAGE - 9..]
        );
    }
}
