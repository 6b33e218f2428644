//! What was probably meant: the nearest of some known names, for hints.

/// Longer names are not compared: no hint is worth the square of their length.
const LENGTH_LIMIT: usize = 80;

/// The known name nearest to a mistyped one, where one is near enough to be meant: one slip in three characters.
/// Upper and lower case are the same; the first of equals wins.
///
/// # Examples
/// ```
/// assert_eq!(callboard::text::nearest("serach", ["search", "show"]), Some("search"));
/// ```
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name = letters(name)?;
    known
        .into_iter()
        .filter_map(|candidate| {
            let letters = letters(candidate)?;
            let limit = (name.len().max(letters.len()) / 3).max(1);
            let slips = distance(&name, &letters);
            (slips <= limit && slips < letters.len()).then_some((slips, candidate))
        })
        .min_by_key(|&(slips, _)| slips)
        .map(|(_, candidate)| candidate)
}

fn letters(name: &str) -> Option<Vec<char>> {
    let letters: Vec<char> = name
        .chars()
        .flat_map(char::to_lowercase)
        .take(LENGTH_LIMIT + 1)
        .collect();
    (!letters.is_empty() && letters.len() <= LENGTH_LIMIT).then_some(letters)
}

/// Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    let mut previous: Option<char> = None;
    for (i, &x) in a.iter().enumerate() {
        let mut next = Vec::with_capacity(row.len());
        next.push(i + 1);
        let mut left = i + 1;
        let mut behind: Option<char> = None;
        for (j, (&y, pair)) in b.iter().zip(row.windows(2)).enumerate() {
            let &[diagonal, above] = pair else { continue };
            let mut best = (diagonal + usize::from(x != y))
                .min(above + 1)
                .min(left + 1);
            if previous == Some(y)
                && behind == Some(x)
                && let Some(swapped) = j.checked_sub(1).and_then(|k| before.get(k))
            {
                best = best.min(swapped + 1);
            }
            next.push(best);
            left = best;
            behind = Some(y);
        }
        before = std::mem::replace(&mut row, next);
        previous = Some(x);
    }
    row.last().copied().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_found() {
        let known = ["theme", "keymap", "icons", "clipboard"];
        assert_eq!(nearest("keymaps", known), Some("keymap"));
        assert_eq!(nearest("Thmee", known), Some("theme"));
        assert_eq!(nearest("clipbord", known), Some("clipboard"));
        assert_eq!(nearest("결재", ["결제"]), Some("결제"));
    }

    #[test]
    fn what_is_far_away_is_not_offered() {
        assert_eq!(nearest("banana", ["theme", "keymap"]), None);
        assert_eq!(nearest("x", ["y"]), None);
        assert_eq!(nearest("", ["theme"]), None);
        assert_eq!(nearest(&"a".repeat(1000), ["theme"]), None);
    }

    #[test]
    fn distances_are_those_of_the_textbook() {
        let d = |a: &str, b: &str| {
            distance(
                &a.chars().collect::<Vec<_>>(),
                &b.chars().collect::<Vec<_>>(),
            )
        };
        assert_eq!(d("kitten", "sitting"), 3);
        assert_eq!(d("ca", "ac"), 1);
        assert_eq!(d("", "abc"), 3);
        assert_eq!(d("abc", "abc"), 0);
    }
}
