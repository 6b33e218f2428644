//! Which words of code are keywords, strings, comments: roles of the theme, not colours of its own.
//!
//! Loading the syntaxes and the first block of a language cost tens of milliseconds and megabytes: it is work for a job,
//! done when a page with code is open, and never by a screen that shows none. A [`Highlighter`] belongs to whoever made it.

use std::ops::Range;
use std::str::FromStr;

use syntect::parsing::{ParseState, Scope, ScopeStack, SyntaxReference, SyntaxSet};

use crate::theme::Role;

/// A block with more bytes stays plain.
pub const BLOCK_LIMIT: usize = 200 * 1024;

/// A line with more bytes stays plain.
pub const LINE_LIMIT: usize = 2_000;

/// Names of languages that the syntaxes do not know by themselves. Empty for those that are better left plain.
const ALIASES: &[(&str, &str)] = &[
    ("console", "bash"),
    ("shell", "bash"),
    ("shell-session", "bash"),
    ("shellsession", "bash"),
    ("terminal", "bash"),
    ("zsh", "bash"),
    ("jsonc", "json"),
    ("json5", "json"),
    ("hcl", "tf"),
    ("golang", "go"),
    ("postgres", "sql"),
    ("postgresql", "sql"),
    ("mysql", "sql"),
    ("docker", "dockerfile"),
    ("node", "js"),
    ("text", ""),
    ("txt", ""),
    ("plain", ""),
    ("plaintext", ""),
    ("output", ""),
    ("none", ""),
];

/// The roles of scopes, as Sublime Text's naming has them: the first prefix that fits counts, the innermost scope first.
const SCOPES: &[(&str, Option<Role>)] = &[
    ("comment", Some(Role::CodeComment)),
    ("string.unquoted", None),
    ("string", Some(Role::CodeString)),
    ("constant.numeric", Some(Role::CodeNumber)),
    ("constant", Some(Role::CodeNumber)),
    ("keyword.operator", None),
    ("keyword", Some(Role::CodeKeyword)),
    ("storage", Some(Role::CodeKeyword)),
    ("variable.function", Some(Role::CodeFunction)),
    ("entity.name.function", Some(Role::CodeFunction)),
    ("support.function", Some(Role::CodeFunction)),
    ("entity.other.attribute-name", Some(Role::CodeFunction)),
    ("entity.name.tag", Some(Role::CodeType)),
    ("entity.name", Some(Role::CodeType)),
    ("entity.other.inherited-class", Some(Role::CodeType)),
    ("support.type", Some(Role::CodeType)),
    ("support.class", Some(Role::CodeType)),
    ("markup.inserted", Some(Role::Good)),
    ("markup.deleted", Some(Role::Bad)),
    ("markup.heading", Some(Role::CodeKeyword)),
];

/// The roles of a block's code, line by line.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Highlighted {
    lines: Vec<Vec<(Range<usize>, Role)>>,
}

impl Highlighted {
    /// The parts of a line that have a role of their own, in order, as bytes of the shown text. A line past the end has
    /// none.
    pub fn line(&self, index: usize) -> &[(Range<usize>, Role)] {
        self.lines.get(index).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether nothing in it has a role of its own.
    pub fn is_plain(&self) -> bool {
        self.lines.iter().all(Vec::is_empty)
    }
}

/// Knows the syntaxes of some two hundred languages.
pub struct Highlighter {
    syntaxes: SyntaxSet,
    scopes: Vec<(Scope, Option<Role>)>,
}

impl Highlighter {
    /// Loads the syntaxes: some milliseconds, some megabytes.
    pub fn load() -> Self {
        let scopes = SCOPES
            .iter()
            .filter_map(|&(name, role)| Some((Scope::from_str(name).ok()?, role)));
        Highlighter {
            syntaxes: two_face::syntax::extra_newlines(),
            scopes: scopes.collect(),
        }
    }

    /// Whether a language is known, by the name that a fence gives it.
    pub fn knows(&self, language: &str) -> bool {
        self.syntax(language).is_some()
    }

    fn syntax(&self, language: &str) -> Option<&SyntaxReference> {
        let language = language.to_lowercase();
        let alias = ALIASES.iter().find(|(name, _)| *name == language);
        let name = alias.map_or(language.as_str(), |(_, name)| name);
        (!name.is_empty())
            .then(|| self.syntaxes.find_syntax_by_token(name))
            .flatten()
    }

    /// Highlights a block's [shown](super::CodeBlock::shown) text. `keep_going` is asked before every line (a deadline, a
    /// cancelled job): what follows a no is plain, as are lines and blocks over the limits and languages unknown.
    pub fn highlight(
        &self,
        language: &str,
        shown: &str,
        keep_going: &dyn Fn() -> bool,
    ) -> Highlighted {
        let mut out = Highlighted::default();
        if shown.len() > BLOCK_LIMIT {
            return out;
        }
        let Some(syntax) = self.syntax(language) else {
            return out;
        };
        let mut state = ParseState::new(syntax);
        let mut stack = ScopeStack::new();
        for line in shown.split('\n') {
            if !keep_going() {
                break;
            }
            let roles = if line.len() > LINE_LIMIT {
                Vec::new()
            } else {
                self.line(line, &mut state, &mut stack)
            };
            out.lines.push(roles);
        }
        out
    }

    fn line(
        &self,
        line: &str,
        state: &mut ParseState,
        stack: &mut ScopeStack,
    ) -> Vec<(Range<usize>, Role)> {
        let mut roles: Vec<(Range<usize>, Role)> = Vec::new();
        // The syntaxes are written for lines with their newline.
        let Ok(changes) = state.parse_line(&format!("{line}\n"), &self.syntaxes) else {
            return roles;
        };
        let mut at = 0;
        let mut push = |range: Range<usize>, role: Option<Role>| {
            let range = range.start..range.end.min(line.len());
            let Some(role) = role.filter(|_| range.start < range.end) else {
                return;
            };
            match roles.last_mut() {
                Some((last, same)) if last.end == range.start && *same == role => {
                    last.end = range.end
                }
                _ => roles.push((range, role)),
            }
        };
        for (offset, change) in changes {
            push(at..offset, self.role(stack));
            at = offset;
            if stack.apply(&change).is_err() {
                return roles;
            }
        }
        push(at..line.len(), self.role(stack));
        roles
    }

    fn role(&self, stack: &ScopeStack) -> Option<Role> {
        stack.scopes.iter().rev().find_map(|scope| {
            let known = self
                .scopes
                .iter()
                .find(|(prefix, _)| prefix.is_prefix_of(*scope));
            known.map(|(_, role)| *role)
        })?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roles<'a>(highlighter: &Highlighter, language: &str, code: &'a str) -> Vec<(&'a str, Role)> {
        let found = highlighter.highlight(language, code, &|| true);
        code.split('\n')
            .enumerate()
            .flat_map(|(at, line)| {
                found
                    .line(at)
                    .iter()
                    .map(move |(range, role)| (&line[range.clone()], *role))
            })
            .map(|(text, role)| (text.trim(), role))
            .collect()
    }

    #[test]
    fn words_get_the_roles_of_the_theme() {
        let highlighter = Highlighter::load();
        let sql = roles(
            &highlighter,
            "sql",
            "SELECT name FROM t -- why\nWHERE n > 5 AND s = 'x';",
        );
        assert!(sql.contains(&("SELECT", Role::CodeKeyword)), "{sql:?}");
        assert!(sql.contains(&("5", Role::CodeNumber)), "{sql:?}");
        assert!(sql.contains(&("'x'", Role::CodeString)), "{sql:?}");
        assert!(
            sql.iter()
                .any(|(text, role)| text.contains("why") && *role == Role::CodeComment),
            "{sql:?}"
        );
        let rust = roles(&highlighter, "rs", "struct Pool;\nfn open() {}");
        assert!(
            rust.contains(&("Pool", Role::CodeType))
                && rust.contains(&("open", Role::CodeFunction)),
            "{rust:?}"
        );
    }

    #[test]
    fn the_languages_of_runbooks_are_known() {
        let highlighter = Highlighter::load();
        for language in [
            "bash",
            "sh",
            "shell",
            "console",
            "yaml",
            "yml",
            "json",
            "sql",
            "toml",
            "python",
            "go",
            "java",
            "kotlin",
            "typescript",
            "ts",
            "tsx",
            "dockerfile",
            "terraform",
            "hcl",
            "properties",
            "xml",
            "html",
            "diff",
            "http",
            "ini",
            "groovy",
            "proto",
            "graphql",
            "JSON",
            "nginx",
            "makefile",
        ] {
            assert!(highlighter.knows(language), "{language}");
        }
        for language in ["text", "", "mermaid", "no-such-language"] {
            assert!(!highlighter.knows(language), "{language}");
        }
    }

    #[test]
    fn what_is_too_much_stays_plain() {
        let highlighter = Highlighter::load();
        let long = format!("{}\nfoo = 1", "1 ".repeat(LINE_LIMIT));
        let found = highlighter.highlight("python", &long, &|| true);
        assert!(found.line(0).is_empty() && !found.line(1).is_empty());
        assert!(
            highlighter
                .highlight("python", &"1\n".repeat(BLOCK_LIMIT), &|| true)
                .is_plain()
        );
        assert!(
            highlighter
                .highlight("python", "1\n2", &|| false)
                .is_plain()
        );
        assert!(
            highlighter
                .highlight("nonsense", "1\n2", &|| true)
                .is_plain()
        );
    }
}
