//! The name that somebody probably meant. Pure.

/// Longer words are not compared: nobody mistypes a name of this many characters into another.
const LONGEST: usize = 64;

/// The candidate most like `wanted`, compared without case; `None` where nothing is near enough to suggest.
/// The first of equally near ones wins.
pub fn nearest<'a>(wanted: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted: Vec<char> = wanted.chars().flat_map(char::to_lowercase).collect();
    if wanted.is_empty() || wanted.len() > LONGEST {
        return None;
    }
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let other: Vec<char> = candidate
            .chars()
            .flat_map(char::to_lowercase)
            .take(LONGEST + 1)
            .collect();
        let allowed = (wanted.len().max(other.len()) / 3).max(1);
        if other.len() > LONGEST || wanted.len().abs_diff(other.len()) > allowed {
            continue;
        }
        let distance = distance(&wanted, &other);
        if distance <= allowed && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, name)| name)
}

/// How many letters must be put in, left out, changed or swapped with their neighbour (optimal string alignment).
fn distance(one: &[char], other: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=other.len()).collect();
    for (row, &left) in one.iter().enumerate() {
        let mut current = Vec::with_capacity(other.len() + 1);
        current.push(row + 1);
        for (column, &right) in other.iter().enumerate() {
            let replaced = last[column] + usize::from(left != right);
            let mut least = replaced.min(last[column + 1] + 1).min(current[column] + 1);
            if row > 0 && column > 0 && left == other[column - 1] && one[row - 1] == right {
                least = least.min(before[column - 1] + 1);
            }
            current.push(least);
        }
        before = std::mem::replace(&mut last, current);
    }
    last[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_the_name_that_was_meant() {
        let names = ["theme", "keymap", "scaffolder", "clipboard", "oncall"];
        assert_eq!(nearest("thmee", names), Some("theme"));
        assert_eq!(nearest("keyMap", names), Some("keymap"));
        assert_eq!(nearest("scafolder", names), Some("scaffolder"));
        assert_eq!(nearest("onCal", names), Some("oncall"));
    }

    #[test]
    fn nothing_near_is_nothing() {
        assert_eq!(nearest("zebra", ["theme", "keymap"]), None);
        assert_eq!(nearest("", ["a"]), None);
        assert_eq!(nearest(&"x".repeat(1000), ["x"]), None);
    }
}
