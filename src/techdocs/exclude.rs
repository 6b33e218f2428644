//! Which files of a documentation folder are no pages, and which pages stand in no navigation: MkDocs' own defaults with
//! `exclude_docs`, `draft_docs` and `not_in_nav`, whose lines are patterns as of a `.gitignore`.

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::mkdocs::Config;

/// What MkDocs leaves out where nobody says otherwise: hidden files, and `templates/` at the top. A `!` line of
/// `exclude_docs` brings them back.
const DEFAULTS: [&str; 2] = [".*", "/templates/"];
/// Lines of one list that are read.
const MOST_LINES: usize = 1_000;
/// Bytes of a line; longer ones name nothing a repository has.
const LONGEST_LINE: usize = 1_000;

/// The patterns of a site.
#[derive(Debug)]
pub(super) struct Exclusions {
    excluded: Gitignore,
    drafts: Gitignore,
    unlisted: Gitignore,
}

impl Exclusions {
    /// What a configuration says; what of it is no pattern is told in `problems`.
    pub(super) fn of(config: &Config, problems: &mut Vec<String>) -> Self {
        let mut read = |key: &str, defaults: &[&str]| {
            let mut builder = GitignoreBuilder::new("");
            for line in defaults {
                let _ = builder.add_line(None, line);
            }
            let text = match config.patterns(key) {
                Ok(text) => text,
                Err(problem) => {
                    problems.push(problem);
                    ""
                }
            };
            if text.lines().nth(MOST_LINES).is_some() {
                problems.push(format!("{key} has more than {MOST_LINES} lines"));
            }
            for line in text.lines().take(MOST_LINES) {
                if line.len() > LONGEST_LINE || builder.add_line(None, line).is_err() {
                    let shown: String = line.chars().take(60).collect();
                    problems.push(format!("{key}: \"{shown}\" is no pattern"));
                }
            }
            builder.build().unwrap_or_else(|error| {
                problems.push(format!("{key}: {error}"));
                Gitignore::empty()
            })
        };
        Self {
            excluded: read("exclude_docs", &DEFAULTS),
            drafts: read("draft_docs", &[]),
            unlisted: read("not_in_nav", &[]),
        }
    }

    /// Whether a file, by its path within the documentation, is no page of the built site.
    pub(super) fn excludes(&self, page: &str) -> bool {
        matches(&self.excluded, page) || matches(&self.drafts, page)
    }

    /// Whether a page stands in no navigation that is made of the folders.
    pub(super) fn is_unlisted(&self, page: &str) -> bool {
        matches(&self.unlisted, page)
    }
}

fn matches(patterns: &Gitignore, page: &str) -> bool {
    // The library refuses absolute paths by a panic; a page has none.
    !page.starts_with('/')
        && patterns
            .matched_path_or_any_parents(page, false)
            .is_ignore()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> (Exclusions, Vec<String>) {
        let mut problems = Vec::new();
        let exclusions = Exclusions::of(&Config::read(text), &mut problems);
        (exclusions, problems)
    }

    #[test]
    fn hidden_files_and_templates_are_left_out_by_themselves() {
        let (found, problems) = of("");
        for page in [".github/x.md", "a/.x.md", "templates/x.md"] {
            assert!(found.excludes(page), "{page}");
        }
        assert!(!found.excludes("a/templates/x.md"));
        assert!(!found.excludes("/x.md"));
        assert_eq!(problems, Vec::<String>::new());
    }

    #[test]
    fn patterns_exclude_pages_and_bring_others_back() {
        let (found, problems) = of(
            "exclude_docs: |\n  # not yet\n  drafts/\n  *.tmp.md\n  /only-here.md\n  !/templates/\n  !keep.tmp.md\n\
             draft_docs: |\n  soon.md\nnot_in_nav: |\n  /includes/\n",
        );
        assert_eq!(problems, Vec::<String>::new());
        for page in [
            "drafts/a.md",
            "x/drafts/b.md",
            "a.tmp.md",
            "only-here.md",
            "x/soon.md",
        ] {
            assert!(found.excludes(page), "{page}");
        }
        for page in [
            "x/only-here.md",
            "templates/x.md",
            "keep.tmp.md",
            "includes/a.md",
        ] {
            assert!(!found.excludes(page), "{page}");
        }
        assert!(found.is_unlisted("includes/a.md"));
        assert!(!found.is_unlisted("x/includes/a.md"));
    }

    #[test]
    fn what_is_no_pattern_is_told_and_the_rest_holds() {
        let long = "x".repeat(2_000);
        let (found, problems) = of(&format!(
            "exclude_docs: |\n  a[.md\n  {long}\n  b.md\nnot_in_nav: [a.md]\n"
        ));
        assert!(found.excludes("b.md"));
        assert!(found.excludes(".hidden.md"));
        assert!(problems.iter().any(|problem| problem.contains("\"xxxx")));
        assert!(problems.contains(&"not_in_nav is not a text".to_owned()));
        let (_, problems) = of(&format!("exclude_docs: |\n{}", "  a.md\n".repeat(1_001)));
        assert_eq!(problems, ["exclude_docs has more than 1000 lines"]);
    }
}
