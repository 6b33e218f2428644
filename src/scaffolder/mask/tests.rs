//! Every way in which a secret may stand in a text.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use proptest::prelude::*;
use serde_json::json;

use super::*;

const TOKEN: &str = "ghp_s3cr3t/T0ken+for=you";

fn masker(secrets: &[&str]) -> Masker {
    Masker::new(
        secrets
            .iter()
            .enumerate()
            .map(|(n, secret)| (format!("S{n}"), (*secret).to_owned())),
    )
}

#[test]
fn a_secret_is_hidden_wherever_it_stands() {
    let masker = masker(&[TOKEN]);
    assert_eq!(
        masker.mask(&format!("https://x:{TOKEN}@github.com {TOKEN}")),
        "https://x:***@github.com ***"
    );
    assert_eq!(masker.mask("nothing here"), "nothing here");
    assert!(matches!(
        masker.mask("ghp_s3cr3t is another"),
        Cow::Borrowed(_)
    ));
}

#[test]
fn base64_is_found_at_each_alignment_and_in_both_alphabets() {
    // The bytes 0xfb and 0xff make characters that the two alphabets write differently.
    for secret in [TOKEN, "k\u{7fb}\u{fff}?>~secret", "four"] {
        let masker = masker(&[secret]);
        for before in ["", "a", "ab", "abc", "octocat:"] {
            for after in ["", "\n", "zz"] {
                let whole = format!("{before}{secret}{after}");
                for encoded in [
                    STANDARD.encode(&whole),
                    URL_SAFE.encode(&whole),
                    URL_SAFE_NO_PAD.encode(&whole),
                ] {
                    let masked = masker.mask(&encoded).into_owned();
                    assert!(masked.contains(MASK), "{whole:?}: {encoded}");
                    let left = masked.replace(MASK, "").len();
                    // What stays are the characters that hold bits of its neighbours.
                    assert!(
                        left <= (before.len() + after.len()) * 2 + 6,
                        "{whole:?}: {masked}"
                    );
                }
            }
        }
    }
}

#[test]
fn percent_encoding_is_found_however_much_is_encoded() {
    let masker = masker(&["p@ss word/50%+ü"]);
    for encoded in [
        "p%40ss%20word%2F50%25%2B%C3%BC",
        "p%40ss%20word%2f50%25%2b%c3%bc",
        "p@ss%20word/50%25+ü",
        "p%40ss+word%2F50%25%2B%C3%BC",
        "%70%40%73%73%20%77%6f%72%64%2f%35%30%25%2b%c3%bc",
        "p%2540ss%2520word%252F50%2525%252B%25C3%25BC",
    ] {
        assert_eq!(masker.mask(&format!("?key={encoded}&b=1")), "?key=***&b=1");
    }
}

#[test]
fn escapes_of_json_are_found_within_each_other_too() {
    let secret = "line \"one\"\\\n한/글😀";
    let masker = masker(&[secret]);
    let once = json!({ "password": secret }).to_string();
    assert_eq!(masker.mask(&once), r#"{"password":"***"}"#);
    let twice = json!({ "body": once }).to_string();
    assert_eq!(masker.mask(&twice), r#"{"body":"{\"password\":\"***\"}"}"#);
    let ascii = r#"line \"one\"\\\n\ud55c\/\uae00\ud83d\ude00"#;
    assert_eq!(masker.mask(ascii), MASK);
    assert_eq!(masker.mask(&format!("{secret:?}")), "\"***\"");
}

#[test]
fn base64_in_a_url_in_json_is_found() {
    let masker = masker(&[TOKEN]);
    let encoded = STANDARD
        .encode(TOKEN)
        .replace('+', "%2B")
        .replace('=', "%3D");
    let masked = masker
        .mask(&json!({ "url": format!("https://x/?a={encoded}") }).to_string())
        .into_owned();
    assert!(masked.contains("a=***"), "{masked}");
}

#[test]
fn wrapped_base64_and_hexadecimal_are_found() {
    let masker =
        masker(&["a secret that is longer than a line of seventy-six characters allows, by far"]);
    let encoded = STANDARD
        .encode("a secret that is longer than a line of seventy-six characters allows, by far");
    let (first, second) = encoded.split_at(76);
    let masked = masker.mask(&format!("{first}\n{second}\n")).into_owned();
    assert!(masked.len() < 10, "{masked}");
    let masker = self::masker(&["hunter2!"]);
    assert_eq!(masker.mask("68756e7465723221 68756E7465723221"), "*** ***");
}

#[test]
fn every_line_of_a_key_is_hidden_and_its_frame_is_not() {
    let key = "-----BEGIN KEY-----\nMIIEvQIBADANBgkq\nhkiG9w0BAQEFAASC\n-----END KEY-----\n";
    let masker = masker(&[key]);
    assert_eq!(masker.mask(&format!("x{key}y")), "x***y");
    assert_eq!(masker.mask("MIIEvQIBADANBgkq"), MASK);
    assert_eq!(masker.mask("-----BEGIN KEY-----"), "-----BEGIN KEY-----");
    assert_eq!(masker.mask(key.trim()), MASK);
}

#[test]
fn secrets_that_overlap_leave_nothing_of_either() {
    let masker = masker(&["abcdef", "defghi", "abcd"]);
    assert_eq!(masker.mask("<abcdefghi>"), "<***>");
    assert_eq!(masker.mask("<abcd>"), "<***>");
    assert_eq!(masker.mask("abcdefabcdef"), "******");
}

#[test]
fn a_short_secret_is_hidden_where_it_stands_alone() {
    let masker = masker(&["42", "x"]);
    assert_eq!(
        masker.mask("port 42, 8042 files, x=42; text"),
        "port ***, 8042 files, ***=***; text"
    );
}

#[test]
fn tokens_that_nobody_named_are_hidden_by_how_they_begin() {
    let masker = masker(&[]);
    let text = "remote: ghs_0123456789abcdefghijABCDEFGHIJ012345, \
                github_pat_11ABCDEFG0123456789_abcdefghijklmnopqrstuvwxyz and ghp_short";
    assert_eq!(masker.mask(text), "remote: ***, *** and ghp_short");
}

#[test]
fn an_empty_secret_hides_nothing() {
    let masker = masker(&["", "  \n"]);
    assert_eq!(masker.mask("a  \n b"), "a  \n b");
}

#[test]
fn keys_and_values_at_any_depth_lose_their_secrets() {
    let masker = masker(&[TOKEN]);
    let value = json!({"a": [{"b": TOKEN, TOKEN: 1}], "n": 5});
    assert_eq!(
        masker.mask_value(&value),
        json!({"a": [{"b": MASK, MASK: 1}], "n": 5})
    );
}

#[test]
fn what_is_sealed_opens_with_the_same_secrets_alone() {
    let secrets = masker(&[TOKEN, "hunter2!"]);
    let value = json!({"url": format!("https://{TOKEN}@x"), "b": STANDARD.encode("hunter2!")});
    let sealed = secrets.seal(&value);
    let text = sealed.to_string();
    assert!(
        !text.contains(TOKEN) && !text.contains("aHVudGVyMi"),
        "{text}"
    );
    let opened = secrets.unseal(&sealed);
    assert_eq!(opened["url"], value["url"]);
    assert!(opened["b"].as_str().unwrap().starts_with(MASK));
    let other = masker(&[]);
    assert_eq!(other.unseal(&sealed)["url"], "https://***@x");
}

#[test]
fn a_secret_cut_in_two_is_hidden_in_both_pieces() {
    let masker = masker(&[TOKEN]);
    for cut in 1..TOKEN.len() {
        let mut sequence = Sequence::default();
        let first = sequence.next(&masker, &format!("token {}", &TOKEN[..cut]));
        let second = sequence.next(&masker, &format!("{} end", &TOKEN[cut..]));
        assert_eq!(second, " end", "cut at {cut}");
        let shown = first.strip_prefix("token ").unwrap();
        assert!(shown == MASK || shown.len() < 8, "cut at {cut}: {first}");
    }
}

#[test]
fn texts_without_secrets_follow_each_other_unchanged() {
    let masker = masker(&[TOKEN]);
    let mut sequence = Sequence::default();
    for text in ["한글 first", "", "second ghp_", "\u{1b}[31mthird"] {
        assert_eq!(sequence.next(&masker, text), text);
    }
    assert!(sequence.tail.len() <= masker.longest());
}

#[test]
fn nothing_that_can_be_printed_of_a_masker_is_a_secret() {
    let printed = format!("{:?}", masker(&[TOKEN]));
    assert!(!printed.contains("s3cr3t") && printed.contains("S0"));
}

proptest! {
    #[test]
    fn no_text_makes_it_fail_and_no_secret_is_left(
        secret in "\\PC{4,20}",
        before in ".{0,40}",
        after in ".{0,40}",
    ) {
        prop_assume!(!secret.trim().is_empty() && secret.trim().chars().count() >= 4);
        prop_assume!(!MASK.contains(secret.trim()) && !secret.contains('*'));
        let masker = masker(&[&secret]);
        let masked = masker.mask(&format!("{before}{secret}{after}")).into_owned();
        prop_assert!(!masked.contains(secret.trim()), "{masked:?}");
        let json = json!([before, secret, after]).to_string();
        prop_assert!(!masker.mask(&json).contains(secret.trim()));
        let mut sequence = Sequence::default();
        let mut out = sequence.next(&masker, &before);
        out.push_str(&sequence.next(&masker, &secret));
        out.push_str(&sequence.next(&masker, &after));
        prop_assert!(!out.contains(secret.trim()), "{out:?}");
    }
}
