//! Files that a page brings in by `--8<--` (pymdownx.snippets): which ones it names.

use super::path;

/// A page names at most this many that are fetched for it.
const MOST: usize = 50;

/// The files that a text's snippet lines name, as written, without section or line marks; addresses are not files.
///
/// Both forms count: `--8<-- "file"` on a line of its own, and a block of names between two bare `--8<--` lines.
pub fn names(text: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut block = false;
    for line in text.lines() {
        let line = line.trim();
        if let Some(rest) = mark(line) {
            let rest = rest.trim();
            if rest.is_empty() {
                block = !block;
            } else if let Some(name) = quoted(rest) {
                push(&mut out, name);
            }
        } else if block {
            push(&mut out, line);
        }
        if out.len() >= MOST {
            break;
        }
    }
    out
}

/// The paths, from the site's folder, where a snippet's file may lie, first to last.
pub fn candidates(name: &str, base_paths: &[String]) -> Vec<String> {
    let name = name.split_once(':').map_or(name, |(file, _)| file);
    base_paths
        .iter()
        .filter_map(|base| path::within(base, name))
        .filter(|path| !path.is_empty())
        .collect()
}

/// What follows the scissors, where a line begins with them: `--8<--`, with any number of dashes; `;` before them hides
/// the line.
fn mark(line: &str) -> Option<&str> {
    let rest = line.strip_prefix('-')?.trim_start_matches('-');
    let rest = rest.strip_prefix("8<-")?;
    Some(rest.trim_start_matches('-'))
}

fn quoted(text: &str) -> Option<&str> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let rest = text.get(1..)?;
    rest.split_once(quote).map(|(name, _)| name)
}

fn push(out: &mut Vec<String>, name: &str) {
    let file = name.split_once(':').map_or(name, |(file, _)| file).trim();
    let is_address = name.contains("://");
    if !file.is_empty() && !is_address && !file.starts_with(';') && !out.iter().any(|n| n == file) {
        out.push(file.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_a_snippet_name_their_files() {
        let text = "--8<-- \"shared/alarm.md\"\n  ---8<--- 'b.txt:3:5'\n--8<--\nc.md\n; d.md\n--8<--\ne.md\n\
                    --8<-- \"https://x.example/f.md\"\n";
        assert_eq!(names(text), ["shared/alarm.md", "b.txt", "c.md"]);
    }

    #[test]
    fn a_snippet_is_looked_for_in_every_base_path_and_never_outside() {
        let bases = [String::new(), "docs".to_owned()];
        assert_eq!(candidates("a.md:sec", &bases), ["a.md", "docs/a.md"]);
        assert_eq!(candidates("../a.md", &bases), ["a.md"]);
        assert_eq!(candidates("/etc/passwd", &bases), Vec::<String>::new());
    }
}
