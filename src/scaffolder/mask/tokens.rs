//! Tokens of GitHub, which can be told by how they begin: those that nobody named (an App's, one that a server sent) are
//! hidden too.

use std::ops::Range;

/// How tokens begin, and how many letters and digits follow at least.
const BEGINNINGS: [(&str, usize); 6] = [
    ("ghp_", 30),
    ("gho_", 30),
    ("ghu_", 30),
    ("ghs_", 30),
    ("ghr_", 30),
    ("github_pat_", 40),
];

/// Where tokens stand in a text.
pub(super) fn of(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let shapes = [&b"gh"[..], &b"github_pat_"[..]];
    let found = shapes
        .into_iter()
        .flat_map(|shape| memchr::memmem::find_iter(text.as_bytes(), shape));
    found.filter_map(|at| {
        let rest = text.get(at..)?;
        BEGINNINGS.iter().find_map(|(beginning, least)| {
            let rest = rest.strip_prefix(beginning)?;
            let length = rest
                .bytes()
                .take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
                .count();
            (length >= *least).then(|| at..at + beginning.len() + length)
        })
    })
}
