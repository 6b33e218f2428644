//! Colours, and the nearest one a terminal has.

/// How many colours a terminal shows.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub enum Depth {
    /// None: `NO_COLOR`, or a terminal without.
    None,
    /// The terminal's own sixteen.
    Ansi16,
    /// Those, a cube of 216 and 24 greys.
    Ansi256,
    /// Red, green and blue with 8 bits each.
    TrueColor,
}

/// A colour.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Color {
    /// What the terminal uses without being told.
    Default,
    /// One of the terminal's own sixteen (0 to 15) or of the fixed colours (16 to 255).
    Indexed(u8),
    /// Red, green, blue.
    Rgb(u8, u8, u8),
}

/// The names of the first sixteen, in their order.
pub(super) const ANSI: [&str; 16] = [
    "black",
    "red",
    "green",
    "yellow",
    "blue",
    "magenta",
    "cyan",
    "white",
    "bright-black",
    "bright-red",
    "bright-green",
    "bright-yellow",
    "bright-blue",
    "bright-magenta",
    "bright-cyan",
    "bright-white",
];

/// The steps of the colour cube that terminals agree on.
const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];

impl Color {
    /// Reads `#rrggbb`, `#rgb`, `default`, a number from 0 to 255, or the name of one of the sixteen.
    pub(super) fn parse(text: &str) -> Option<Color> {
        if let Some(hex) = text.strip_prefix('#') {
            let digits = hex
                .chars()
                .map(|digit| digit.to_digit(16))
                .collect::<Option<Vec<u32>>>()?;
            let byte = |high: u32, low: u32| u8::try_from(high * 16 + low).ok();
            return match digits.as_slice() {
                [r, g, b] => Some(Color::Rgb(byte(*r, *r)?, byte(*g, *g)?, byte(*b, *b)?)),
                [a, b, c, d, e, f] => Some(Color::Rgb(byte(*a, *b)?, byte(*c, *d)?, byte(*e, *f)?)),
                _ => None,
            };
        }
        if text == "default" {
            return Some(Color::Default);
        }
        if let Ok(number) = text.parse::<u8>() {
            return Some(Color::Indexed(number));
        }
        let position = ANSI.iter().position(|name| *name == text)?;
        u8::try_from(position).ok().map(Color::Indexed)
    }

    /// The nearest of the 240 colours that are the same in every terminal.
    pub(super) fn to_256(self) -> Color {
        let Color::Rgb(red, green, blue) = self else {
            return self;
        };
        let step = |value: u8| -> (u8, u8) {
            let mut best = (0, STEPS[0]);
            for (index, &level) in (0u8..).zip(STEPS.iter()) {
                if level.abs_diff(value) < best.1.abs_diff(value) {
                    best = (index, level);
                }
            }
            best
        };
        let ((r, red_level), (g, green_level), (b, blue_level)) =
            (step(red), step(green), step(blue));
        let average = (u16::from(red) + u16::from(green) + u16::from(blue)) / 3;
        let grey = u8::try_from((average.saturating_sub(3) / 10).min(23)).unwrap_or(23);
        let grey_level = 8 + 10 * grey;
        let distance = |levels: (u8, u8, u8)| {
            let square = |one: u8, other: u8| u32::from(one.abs_diff(other)).pow(2);
            square(levels.0, red) + square(levels.1, green) + square(levels.2, blue)
        };
        if distance((grey_level, grey_level, grey_level))
            < distance((red_level, green_level, blue_level))
        {
            Color::Indexed(232 + grey)
        } else {
            Color::Indexed(16 + 36 * r + 6 * g + b)
        }
    }

    /// Red, green and blue, for the colours whose look is fixed; `None` for those that are the terminal's own.
    pub fn to_rgb(self) -> Option<(u8, u8, u8)> {
        match self {
            Color::Rgb(red, green, blue) => Some((red, green, blue)),
            Color::Indexed(index @ 232..) => {
                let level = 8 + 10 * (index - 232);
                Some((level, level, level))
            }
            Color::Indexed(index @ 16..) => {
                let level = |digit: u8| STEPS.get(usize::from(digit % 6)).copied().unwrap_or(0);
                let index = index - 16;
                Some((level(index / 36), level(index / 6), level(index)))
            }
            Color::Indexed(_) | Color::Default => None,
        }
    }

    /// How well one is read on the other, from 1 (not at all) to 21 (black on white); WCAG 2's contrast ratio.
    /// `None` where one of them is the terminal's own.
    pub fn contrast(self, other: Color) -> Option<f64> {
        let (one, other) = (luminance(self.to_rgb()?), luminance(other.to_rgb()?));
        Some((one.max(other) + 0.05) / (one.min(other) + 0.05))
    }
}

/// WCAG 2's relative luminance, 0 to 1.
fn luminance((red, green, blue): (u8, u8, u8)) -> f64 {
    let linear = |value: u8| {
        let value = f64::from(value) / 255.0;
        if value <= 0.04045 {
            value / 12.92
        } else {
            ((value + 0.055) / 1.055).powf(2.4)
        }
    };
    0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_read_as_they_are_written() {
        for (text, color) in [
            ("#ff8000", Color::Rgb(255, 128, 0)),
            ("#f80", Color::Rgb(255, 136, 0)),
            ("default", Color::Default),
            ("208", Color::Indexed(208)),
            ("bright-black", Color::Indexed(8)),
        ] {
            assert_eq!(Color::parse(text), Some(color), "{text}");
        }
        for text in ["#ff", "#gggggg", "256", "-1", "mauve", "", "#한글한글한글"] {
            assert_eq!(Color::parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_nearest_of_256_is_found_in_the_cube_and_among_the_greys() {
        assert_eq!(Color::Rgb(255, 135, 0).to_256(), Color::Indexed(208));
        assert_eq!(Color::Rgb(0, 0, 0).to_256(), Color::Indexed(16));
        assert_eq!(Color::Rgb(255, 255, 255).to_256(), Color::Indexed(231));
        assert_eq!(Color::Rgb(30, 30, 30).to_256(), Color::Indexed(234));
        for index in 16..=255 {
            let color = Color::Indexed(index);
            let (red, green, blue) = color.to_rgb().expect("fixed");
            let back = Color::Rgb(red, green, blue).to_256();
            assert_eq!(back.to_rgb(), color.to_rgb(), "{index}");
        }
    }

    #[test]
    fn black_on_white_is_the_most_contrast_there_is() {
        let ratio = Color::Rgb(0, 0, 0)
            .contrast(Color::Rgb(255, 255, 255))
            .expect("fixed colours");
        assert!((ratio - 21.0).abs() < 0.01);
        assert_eq!(Color::Indexed(1).contrast(Color::Rgb(0, 0, 0)), None);
    }
}
