//! Skeleton folders of software templates: files below them are templates of files, not catalog files.
//!
//! 89 of 272 catalog files inside skeletons of public repositories are not even YAML before they are rendered.

/// Whether a file's text looks like a software template.
pub fn is_template(text: &str) -> bool {
    text.contains("scaffolder.backstage.io/")
        && text
            .lines()
            .any(|l| value_of(l.trim_start(), "kind").is_some_and(|v| v == "Template"))
}

/// The folders, from the same root as `template_path` and without a slash at the end, that a template takes its files
/// from. A template's own folder is none: a template beside its files says nothing about which of them are raw.
pub fn folders(template_path: &str, text: &str) -> Vec<String> {
    let own = template_path
        .rsplit_once('/')
        .map_or("", |(folder, _)| folder);
    let mut out: Vec<String> = text
        .lines()
        .flat_map(urls_of_line)
        .filter_map(|url| resolve(own, url))
        .filter(|folder| {
            folder != own && !own.starts_with(&format!("{folder}/")) && !folder.is_empty()
        })
        .collect();
    out.sort();
    out.dedup();
    out
}

/// Whether a path lies below one of the folders.
pub fn is_below(folders: &[String], path: &str) -> bool {
    folders.iter().any(|folder| {
        path.strip_prefix(folder.as_str())
            .is_some_and(|rest| rest.starts_with('/'))
    })
}

/// Every `url: …` of a line, block or flow style, quotes taken off.
fn urls_of_line(line: &str) -> impl Iterator<Item = &str> {
    line.match_indices("url:").filter_map(move |(at, _)| {
        let before = line.get(..at)?.chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '-') {
            return None;
        }
        value_of(line.get(at..)?, "url")
    })
}

/// The scalar after `key:`, without quotes and comment.
fn value_of<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let rest = text
        .trim_start_matches("- ")
        .strip_prefix(key)?
        .strip_prefix(':')?;
    let rest = rest.trim_start();
    let value = match rest.chars().next()? {
        quote @ ('"' | '\'') => rest.get(1..)?.split(quote).next()?,
        _ => rest.split([' ', '\t', '#', ',', '}', '\r']).next()?,
    };
    (!value.is_empty()).then_some(value)
}

/// A relative folder, as far as it is known before the template is rendered.
fn resolve(own: &str, url: &str) -> Option<String> {
    if url.contains("://")
        || url.starts_with(['/', '$', '{', '<', '&', '*', '|', '>']) && !url.starts_with("./")
    {
        return None;
    }
    let literal = match url.find("${{") {
        // Only whole folders before the expression are known.
        Some(at) => url.get(..at)?.rsplit_once('/')?.0,
        None => url,
    };
    let mut parts: Vec<&str> = own.split('/').filter(|p| !p.is_empty()).collect();
    for part in literal.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &str = "apiVersion: scaffolder.backstage.io/v1beta3\nkind: Template\nspec:\n  steps:\n    - action: fetch:template\n      input:\n        url: ./skeleton # files\n        targetPath: .\n    - { action: fetch:plain, input: { url: \"../shared/base\" } }\n    - action: fetch:template\n      input:\n        url: './kinds/${{ parameters.kind }}/x'\n    - input:\n        url: https://github.com/acme/x\n        repoUrl: ./no\n";

    #[test]
    fn relative_sources_of_a_template_are_skeletons() {
        assert!(is_template(TEMPLATE));
        assert_eq!(
            folders("templates/go/template.yaml", TEMPLATE),
            [
                "templates/go/kinds",
                "templates/go/skeleton",
                "templates/shared/base"
            ]
        );
        assert_eq!(folders("template.yaml", "url: ./skeleton"), ["skeleton"]);
    }

    #[test]
    fn a_templates_own_folder_is_no_skeleton() {
        assert!(folders("a/template.yaml", "url: .").is_empty());
        assert!(folders("a/template.yaml", "url: ./").is_empty());
        assert!(folders("a/b/template.yaml", "url: ..").is_empty());
        assert!(folders("template.yaml", "url: ../x").is_empty());
        assert!(folders("a/template.yaml", "url: ${{ parameters.x }}").is_empty());
    }

    #[test]
    fn only_what_is_below_counts() {
        let folders = vec!["a/skeleton".to_owned()];
        assert!(is_below(&folders, "a/skeleton/catalog-info.yaml"));
        assert!(!is_below(&folders, "a/skeleton-2/catalog-info.yaml"));
        assert!(!is_below(&folders, "a/skeleton"));
    }

    #[test]
    fn other_files_are_no_templates() {
        assert!(!is_template(
            "apiVersion: backstage.io/v1alpha1\nkind: Component\n"
        ));
        assert!(!is_template(
            "# scaffolder.backstage.io/v1beta3\nkind: Component\n"
        ));
    }
}
