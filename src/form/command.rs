//! The command line that does what a filled form does.

use serde_json::{Map, Value};

/// `callboard create …` with the values in a here document, so that one copy holds everything but the secrets, which are
/// taken from the environment. Control characters are escaped, and nothing in a value can end the document or be run.
///
/// `secrets` are the names of the form's secrets.
pub(super) fn command(template: &str, values: &Map<String, Value>, secrets: &[String]) -> String {
    let mut line = format!("callboard create {}", quoted(template));
    for name in secrets {
        let variable: String = name
            .chars()
            .flat_map(|c| {
                // `apiToken` is API_TOKEN.
                let gap = c.is_ascii_uppercase().then_some('_');
                gap.into_iter().chain([c])
            })
            .map(|c| {
                if c.is_ascii_alphanumeric() {
                    c.to_ascii_uppercase()
                } else {
                    '_'
                }
            })
            .collect();
        let variable = variable.trim_start_matches(|c: char| c == '_' || c.is_ascii_digit());
        let variable = if variable.is_empty() {
            "SECRET"
        } else {
            variable
        };
        line.push_str(" --secret ");
        line.push_str(&quoted(&format!("{name}={variable}")));
    }
    let values = serde_json::to_string_pretty(values).unwrap_or_else(|_| "{}".to_owned());
    format!(
        "{line} --values /dev/stdin <<'VALUES'\n{}\nVALUES\n",
        crate::text::json_escape(&values)
    )
}

/// A word as a shell reads it back.
fn quoted(word: &str) -> String {
    let bare = !word.is_empty()
        && word.bytes().all(|b| {
            b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'/' | b':' | b'=' | b'@')
        });
    if bare {
        word.to_owned()
    } else {
        format!("'{}'", crate::text::clean(word).replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_copied_command_holds_the_values_and_names_the_secrets() {
        let values = json!({"name": "it's", "n": 1});
        assert_eq!(
            command(
                "template:default/a",
                values.as_object().unwrap(),
                &["apiToken".to_owned()]
            ),
            "callboard create template:default/a --secret apiToken=API_TOKEN --values /dev/stdin <<'VALUES'\n\
             {\n  \"name\": \"it's\",\n  \"n\": 1\n}\nVALUES\n"
        );
        let hostile = json!({"a": "x\nVALUES\n$(rm -rf /)\u{1b}[2J"});
        let text = command("./a b/$(x)", hostile.as_object().unwrap(), &[]);
        assert!(
            text.starts_with("callboard create './a b/$(x)' --values"),
            "{text}"
        );
        assert_eq!(text.lines().filter(|line| *line == "VALUES").count(), 1);
        assert!(!text.contains('\u{1b}'));
    }
}
