//! Writing a text into something else: a JSON document, a hyperlink.

use std::borrow::Cow;
use std::fmt::Write;

use url::Url;

use super::clean::is_control_or_bidi;

/// The longest link that is made: terminals give up a little above it.
const LINK_LIMIT: usize = 2000;

/// A whole JSON text with what could control a terminal as `\u` escapes: C1 controls, DEL, bidi controls, and
/// C0 controls other than newlines. They can stand only inside its strings, so that its value stays the same.
pub fn json_escape(json: &str) -> Cow<'_, str> {
    let unsafe_char = |c: char| c != '\n' && is_control_or_bidi(c);
    if !json.contains(unsafe_char) {
        return Cow::Borrowed(json);
    }
    let mut out = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        if unsafe_char(c) {
            // All of them are in the basic plane. Writing to a string cannot fail.
            let _ = write!(out, "\\u{:04x}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// The target of a hyperlink as a terminal may be given it: http, https and mailto only, nothing but printable
/// ASCII, everything else percent-encoded. None where it is no such link.
pub fn link_target(url: &str) -> Option<String> {
    let url = url.trim();
    if url.len() > LINK_LIMIT || url.chars().any(is_control_or_bidi) {
        return None;
    }
    let parsed = Url::parse(url).ok()?;
    match parsed.scheme() {
        "http" | "https" => parsed.host_str().filter(|host| !host.is_empty())?,
        "mailto" => parsed.path(),
        _ => return None,
    };
    let mut out = String::with_capacity(url.len());
    for byte in parsed.as_str().bytes() {
        if matches!(byte, b'!'..=b'~')
            && !matches!(
                byte,
                b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}'
            )
        {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    (out.len() <= LINK_LIMIT).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    #[test]
    fn json_keeps_its_value() {
        let value = Value::from("a\u{1b}\u{7f}\u{9b}\u{202e}\n결제");
        let json = serde_json::to_string_pretty(&vec![value.clone()]).unwrap();
        let escaped = json_escape(&json);
        assert!(
            escaped.contains("\\u009b")
                && escaped.contains("\\u202e")
                && escaped.contains("\\u007f")
        );
        assert_eq!(
            serde_json::from_str::<Vec<Value>>(&escaped).unwrap(),
            [value]
        );
        assert!(matches!(json_escape("[\n  \"plain\"\n]"), Cow::Borrowed(_)));
    }

    #[test]
    fn only_web_and_mail_links_are_made() {
        assert_eq!(
            link_target("https://a.example/b?c=d#e").as_deref(),
            Some("https://a.example/b?c=d#e")
        );
        assert_eq!(
            link_target("mailto:a@b.example").as_deref(),
            Some("mailto:a@b.example")
        );
        assert_eq!(
            link_target("https://a.example/결제 x").as_deref(),
            Some("https://a.example/%EA%B2%B0%EC%A0%9C%20x")
        );
        for bad in [
            "javascript:alert(1)",
            "file:///etc/passwd",
            "ssh://a",
            "",
            "https://",
            "https://a\x1b\\b",
            "relative/path",
        ] {
            assert_eq!(link_target(bad), None, "{bad:?}");
        }
        assert_eq!(
            link_target(&format!("https://a.example/{}", "x".repeat(3000))),
            None
        );
    }

    proptest! {
        #[test]
        fn a_target_is_printable_ascii(tail in any::<String>()) {
            if let Some(target) = link_target(&format!("https://a.example/{tail}")) {
                prop_assert!(target.bytes().all(|b| b.is_ascii_graphic()));
            }
        }
    }
}
