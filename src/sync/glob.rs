//! Globs of catalog paths and location targets, with the meaning of Backstage's `minimatch` and `glob`: `*` and `?`
//! stay within one segment, `**` crosses them, and neither matches a name that begins with a dot.

use globset::{GlobBuilder, GlobMatcher};

/// Whether a text is a glob, as the `is-glob` that Backstage asks: `*`, `?`, `[…]`, `{…}`, `!(…)` and the like.
pub fn is_glob(text: &str) -> bool {
    let paired = |open: char, close: char| {
        text.find(open)
            .is_some_and(|at| text.get(at + 1..).is_some_and(|rest| rest.contains(close)))
    };
    text.contains(['*', '?']) || paired('[', ']') || paired('{', '}')
}

/// A compiled path glob.
#[derive(Clone, Debug)]
pub struct PathGlob {
    pattern: String,
    matcher: GlobMatcher,
    dots: bool,
}

impl PathGlob {
    /// Compiles a glob over `/`-separated paths without a leading slash; one in `pattern` is dropped.
    ///
    /// # Errors
    /// A sentence that says what is wrong with the pattern.
    pub fn new(pattern: &str) -> Result<Self, String> {
        let pattern = pattern.trim_start_matches("./").trim_start_matches('/');
        let matcher = GlobBuilder::new(pattern)
            .literal_separator(true)
            .backslash_escape(true)
            .build()
            .map_err(|e| format!("{pattern}: {}", e.kind()))?
            .compile_matcher();
        Ok(Self {
            pattern: pattern.to_owned(),
            matcher,
            dots: pattern.split('/').any(|s| s.starts_with('.')),
        })
    }

    /// Whether a path matches.
    pub fn matches(&self, path: &str) -> bool {
        let path = path.trim_start_matches('/');
        let hidden = !self.dots && path.split('/').any(|s| s.starts_with('.'));
        !hidden && self.matcher.is_match(path)
    }

    /// The folder, without a trailing slash, below which every match lies; empty for the top.
    pub fn literal_prefix(&self) -> String {
        let mut segments: Vec<&str> = self.pattern.split('/').collect();
        let literal = segments.iter().take_while(|s| !is_glob(s)).count();
        segments.truncate(literal.min(segments.len().saturating_sub(1)));
        segments.join("/")
    }

    /// The pattern as it was compiled.
    pub fn pattern(&self) -> &str {
        &self.pattern
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_are_told_from_names() {
        for glob in ["*.yaml", "**/x", "a?", "[ab]", "{a,b}.yaml"] {
            assert!(is_glob(glob), "{glob}");
        }
        for name in ["catalog-info.yaml", "a]b[", "a}b", "dir/x"] {
            assert!(!is_glob(name), "{name}");
        }
    }

    #[test]
    fn a_star_stays_in_its_segment_and_two_cross_them() {
        let one = PathGlob::new("/services/*/catalog-info.yaml").unwrap();
        assert!(one.matches("services/pay/catalog-info.yaml"));
        assert!(!one.matches("services/a/b/catalog-info.yaml"));
        let any = PathGlob::new("**/catalog-info.{yaml,yml}").unwrap();
        assert!(any.matches("catalog-info.yaml"));
        assert!(any.matches("a/b/catalog-info.yml"));
        assert!(!any.matches("a/b/my-catalog-info.yml"));
    }

    #[test]
    fn hidden_names_match_only_where_they_are_named() {
        assert!(
            !PathGlob::new("**/*.yaml")
                .unwrap()
                .matches(".github/x.yaml")
        );
        assert!(
            PathGlob::new(".backstage/*.yaml")
                .unwrap()
                .matches(".backstage/x.yaml")
        );
    }

    #[test]
    fn the_literal_prefix_is_where_a_walk_begins() {
        let prefix = |p: &str| PathGlob::new(p).unwrap().literal_prefix();
        assert_eq!(prefix("a/b/*/x.yaml"), "a/b");
        assert_eq!(prefix("**/x.yaml"), "");
        assert_eq!(prefix("a/x.yaml"), "a");
    }

    #[test]
    fn a_broken_glob_is_an_error_that_names_it() {
        assert!(PathGlob::new("a/[b").unwrap_err().contains("a/[b"));
    }
}
