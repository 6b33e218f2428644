//! What to look for: a secret as it is, its lines, and what of it stands in base64 and hexadecimal whatever is around it.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use super::SHORT;

/// A line of a secret is looked for by itself from this length on.
const LINE: usize = 8;
/// The beginnings of what is longer are not looked for at the end of a text: such secrets have lines.
const LONGEST_CUT: usize = 512;

/// One sequence of bytes that gives a secret away.
pub(super) struct Needle {
    pub bytes: Vec<u8>,
    /// Looked for only where no letter or digit stands beside it.
    pub alone: bool,
    /// The secret of this index, as it is.
    pub whole: Option<usize>,
    /// Its beginning at the end of a text counts.
    pub may_be_cut: bool,
}

/// Everything that gives one of the secrets away.
pub(super) fn of<'s>(secrets: impl Iterator<Item = &'s str>) -> Vec<Needle> {
    let mut needles: Vec<Needle> = Vec::new();
    let mut add = |bytes: &[u8], alone: bool, whole: Option<usize>| {
        if bytes.len() < 2 && !alone {
            return;
        }
        if !needles.iter().any(|known| known.bytes == bytes) {
            needles.push(Needle {
                bytes: bytes.to_vec(),
                alone,
                whole,
                may_be_cut: !alone && bytes.len() <= LONGEST_CUT,
            });
        }
    };
    for (index, secret) in secrets.enumerate() {
        let core = secret.trim();
        if core.chars().count() < SHORT {
            add(
                core.as_bytes(),
                true,
                Some(index).filter(|_| core == secret),
            );
            continue;
        }
        add(secret.as_bytes(), false, Some(index));
        add(core.as_bytes(), false, None);
        for line in core.lines().map(str::trim) {
            // The first and last line of a key say only that it is one.
            if line.len() >= LINE && !line.starts_with("-----") {
                add(line.as_bytes(), false, None);
            }
        }
        for encoded in base64(core.as_bytes()) {
            add(encoded.as_bytes(), false, None);
        }
        for encoded in hexadecimal(core.as_bytes()) {
            add(encoded.as_bytes(), false, None);
        }
    }
    needles
}

/// What of the bytes stands in the base64 of any text that has them, by how many bytes come before them (modulo three),
/// in both alphabets: the characters that follow from them alone.
fn base64(bytes: &[u8]) -> Vec<String> {
    let mut out = Vec::new();
    for before in 0..3_usize {
        let mut padded = vec![0; before];
        padded.extend_from_slice(bytes);
        // The first characters have bits of what comes before, the last one of what comes after.
        let skip = (before * 8).div_ceil(6);
        let whole = padded.len() * 8 / 6;
        for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
            let encoded = engine.encode(&padded);
            if let Some(known) = encoded
                .get(skip..whole)
                .filter(|known| known.len() >= SHORT)
            {
                out.push(known.to_owned());
            }
        }
    }
    out
}

fn hexadecimal(bytes: &[u8]) -> [String; 2] {
    let mut out = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a string cannot fail.
        let _ = write!(out, "{byte:02x}");
    }
    let upper = out.to_uppercase();
    [out, upper]
}
