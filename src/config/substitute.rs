//! `${VAR}`, `${VAR:-default}` and `$${literal}` in a text. Pure.
//!
//! As Backstage's config loader: names are trimmed, values are trimmed, a text with one unset variable is absent as a whole, and
//! what has a brace inside is no reference.

/// Why a text is absent: the variable that is not set, and whether it is set to nothing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Unset {
    pub name: String,
    pub empty: bool,
}

/// Puts variables into a text.
///
/// # Errors
/// The first variable that is not set and has no default; or one that is set to nothing, where nothing is left.
pub(super) fn substitute(
    text: &str,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<String, Unset> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut emptied = None;
    while let Some(start) = rest.find("${") {
        let (before, from) = rest.split_at(start);
        let inside = from.get(2..).unwrap_or_default();
        let end = match inside.find(['{', '}']) {
            Some(end) if inside[end..].starts_with('}') => end,
            // Not a reference: go on behind it.
            _ => {
                out.push_str(before);
                out.push_str("${");
                rest = inside;
                continue;
            }
        };
        let (name, after) = (
            inside.get(..end).unwrap_or_default(),
            inside.get(end + 1..).unwrap_or_default(),
        );
        if let Some(before) = before.strip_suffix('$') {
            out.push_str(before);
            out.push_str("${");
            out.push_str(name);
            out.push('}');
        } else {
            out.push_str(before);
            let (name, default) = match name.split_once(":-") {
                Some((name, default)) => (name.trim(), Some(default)),
                None => (name.trim(), None),
            };
            let value = env(name).map(|value| value.trim().to_owned());
            match (value, default) {
                (Some(value), None) => {
                    if value.is_empty() {
                        emptied.get_or_insert_with(|| name.to_owned());
                    }
                    out.push_str(&value);
                }
                (Some(value), Some(_)) if !value.is_empty() => out.push_str(&value),
                (_, Some(default)) => out.push_str(default),
                (None, None) => {
                    return Err(Unset {
                        name: name.to_owned(),
                        empty: false,
                    });
                }
            }
        }
        rest = after;
    }
    out.push_str(rest);
    match emptied {
        Some(name) if out.is_empty() => Err(Unset { name, empty: true }),
        _ => Ok(out),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(text: &str) -> Result<String, Unset> {
        substitute(text, &|name| match name {
            "HOST" => Some(" example.com\n".into()),
            "PORT" => Some("8080".into()),
            "EMPTY" => Some(String::new()),
            _ => None,
        })
    }

    #[test]
    fn variables_are_put_into_a_text() {
        assert_eq!(
            with("https://${HOST}:${ PORT }/x").as_deref(),
            Ok("https://example.com:8080/x")
        );
        assert_eq!(
            with("no variable, $HOST, $ {HOST}").as_deref(),
            Ok("no variable, $HOST, $ {HOST}")
        );
    }

    #[test]
    fn a_default_takes_the_place_of_what_is_unset_or_empty() {
        assert_eq!(with("${NONE:-here}").as_deref(), Ok("here"));
        assert_eq!(with("${EMPTY:-here}").as_deref(), Ok("here"));
        assert_eq!(with("${HOST:-here}").as_deref(), Ok("example.com"));
        assert_eq!(with("${NONE:-}").as_deref(), Ok(""));
        assert_eq!(with("${NONE:-http://a:-b}").as_deref(), Ok("http://a:-b"));
    }

    #[test]
    fn two_dollars_are_a_literal() {
        assert_eq!(
            with("$${HOST} ${HOST}").as_deref(),
            Ok("${HOST} example.com")
        );
        assert_eq!(with("$$${HOST}").as_deref(), Ok("$${HOST}"));
        assert_eq!(with("a$b").as_deref(), Ok("a$b"));
    }

    #[test]
    fn one_unset_variable_makes_the_whole_absent() {
        assert_eq!(
            with("${HOST}${NONE}"),
            Err(Unset {
                name: "NONE".into(),
                empty: false
            })
        );
        assert_eq!(
            with("${EMPTY}"),
            Err(Unset {
                name: "EMPTY".into(),
                empty: true
            })
        );
        assert_eq!(with("x${EMPTY}").as_deref(), Ok("x"));
    }

    #[test]
    fn what_is_no_reference_stays() {
        for text in ["${", "${a", "${a{b}", "}", "$", "$$", "${한글", "${${"] {
            assert_eq!(with(text).as_deref(), Ok(text), "{text}");
        }
        assert_eq!(with("${{ ${HOST} }}").as_deref(), Ok("${{ example.com }}"));
    }
}
