//! Sorting by an order that need not be one: `NaN` stands in no order to anything. JavaScript's engine sorts short
//! lists by insertion, and a template's result can show it; longer ones are merged, as it does too.

use super::error::Result;
use super::limits::Meter;
use super::value::Value;

/// Lists up to this length are sorted by insertion.
const SHORT: usize = 32;

/// Sorts in place; equal items stay in their order. The comparison gives a negative number, zero or a positive one.
pub(crate) fn sort(
    items: &mut [Value],
    meter: &Meter,
    compare: &mut dyn FnMut(&Value, &Value) -> Result<f64>,
) -> Result<()> {
    if items.len() <= SHORT {
        return insert(items, meter, compare);
    }
    let (left, right) = items.split_at_mut(items.len() / 2);
    sort(left, meter, compare)?;
    sort(right, meter, compare)?;
    let mut merged = Vec::with_capacity(left.len() + right.len());
    let (mut left, mut right) = (left.iter().peekable(), right.iter().peekable());
    while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
        meter.steps(1)?;
        let from = if compare(b, a)? < 0.0 {
            &mut right
        } else {
            &mut left
        };
        merged.extend(from.next().cloned());
    }
    merged.extend(left.cloned());
    merged.extend(right.cloned());
    items.clone_from_slice(&merged);
    Ok(())
}

fn insert(
    items: &mut [Value],
    meter: &Meter,
    compare: &mut dyn FnMut(&Value, &Value) -> Result<f64>,
) -> Result<()> {
    let start = run(items, compare)?;
    for at in start..items.len() {
        let Some(pivot) = items.get(at).cloned() else {
            break;
        };
        let (mut low, mut high) = (0, at);
        while low < high {
            meter.steps(1)?;
            let middle = low + (high - low) / 2;
            let Some(other) = items.get(middle) else {
                break;
            };
            if compare(&pivot, other)? < 0.0 {
                high = middle
            } else {
                low = middle + 1
            }
        }
        if let Some(part) = items.get_mut(low..=at) {
            part.rotate_right(1);
        }
    }
    Ok(())
}

/// The length of the part at the beginning that is in order already; one that falls is turned round.
fn run(
    items: &mut [Value],
    compare: &mut dyn FnMut(&Value, &Value) -> Result<f64>,
) -> Result<usize> {
    let [first, second, ..] = items else {
        return Ok(items.len());
    };
    let falls = compare(second, first)? < 0.0;
    let mut length = 2;
    while let Some([previous, next]) = items.get(length - 1..=length) {
        if (compare(next, previous)? < 0.0) != falls {
            break;
        }
        length += 1;
    }
    if falls && let Some(part) = items.get_mut(..length) {
        part.reverse();
    }
    Ok(length)
}

#[cfg(test)]
mod tests {
    use super::super::limits::Limits;
    use super::*;

    fn numbers(values: &[f64]) -> Vec<f64> {
        let mut items: Vec<Value> = values.iter().map(|value| Value::Number(*value)).collect();
        let meter = Meter::new(Limits::default());
        let number = |value: &Value| {
            if let Value::Number(number) = value {
                *number
            } else {
                f64::NAN
            }
        };
        sort(&mut items, &meter, &mut |left, right| {
            Ok(number(left) - number(right))
        })
        .unwrap();
        items.iter().map(number).collect()
    }

    #[test]
    fn short_and_long_lists_are_sorted() {
        for length in [0, 1, 2, 3, 31, 32, 33, 100, 1000] {
            let values: Vec<f64> = (0..length).map(|n| f64::from((n * 7919) % 1009)).collect();
            let mut expected = values.clone();
            expected.sort_by(f64::total_cmp);
            assert_eq!(numbers(&values), expected);
        }
    }

    #[test]
    fn an_order_that_is_none_does_no_harm() {
        let values: Vec<f64> = (0..200)
            .map(|n| {
                if n % 3 == 0 {
                    f64::NAN
                } else {
                    f64::from(n % 17)
                }
            })
            .collect();
        assert_eq!(numbers(&values).len(), 200);
    }
}
