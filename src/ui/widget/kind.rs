//! The sign of a kind.

/// The glyph of a kind, or its ASCII twin. Kinds that are not built in share one.
pub fn glyph(kind: &str, unicode: bool) -> &'static str {
    let (glyph, ascii) = match kind.to_ascii_lowercase().as_str() {
        "component" => ("◆", "*"),
        "api" => ("○", "o"),
        "resource" => ("▪", "#"),
        "system" => ("◇", "+"),
        "domain" => ("◈", "%"),
        "group" => ("●", "@"),
        "user" => ("•", "."),
        "template" => ("▤", "="),
        "location" => ("▹", ">"),
        _ => ("·", "-"),
    };
    if unicode { glyph } else { ascii }
}
