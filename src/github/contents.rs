//! Git objects over GraphQL: trees and texts of many repositories in one request, and what their branches point at.
//!
//! Every document is valid against GitHub's published schema; names, expressions and ids go in as variables.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::client::Client;
use super::error::{ErrorKind, GithubError};
use super::graphql::Paging;
use super::queries::{FileNode, file_of};

/// Ids in one `nodes` field: the most GitHub takes.
const IDS: usize = 100;
/// Ids in one request for heads.
const HEADS: usize = 500;
/// `nodes` fields in one request for heads: one for each branch name.
const HEAD_FIELDS: usize = 20;
/// Folders within folders of one [`Look::Deep`]; what lies deeper is listed by its own id.
const LEVELS: usize = 4;

/// How much of an object is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Look {
    /// Its id.
    Id,
    /// The names directly in a folder.
    Names,
    /// The names in a folder and in those below it, four levels down.
    Deep,
    /// A file with its text.
    Text,
}

/// Which object of a repository.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Locator {
    /// A Git expression: `main`, `main:docs`, `HEAD:mkdocs.yml`.
    Expression(String),
    /// An object id.
    Oid(String),
}

/// Objects of one repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectsRequest {
    /// User or organisation.
    pub owner: String,
    /// Its name.
    pub repository: String,
    /// What of it.
    pub objects: Vec<(Look, Locator)>,
}

/// A name in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeNode {
    /// Its name.
    pub name: String,
    /// `blob`, `tree` or `commit` (a submodule).
    pub kind: String,
    /// Git's mode; of a link `0o120000`.
    pub mode: u64,
    /// Object id.
    pub oid: String,
    /// Bytes of a file.
    pub size: u64,
    /// What is in it, where it is a folder and was listed too.
    pub below: Option<Vec<TreeNode>>,
}

/// An object as it was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ObjectNode {
    /// A folder with its names.
    Tree(Vec<TreeNode>),
    /// A file.
    Blob(FileNode),
    /// Anything, by its id alone.
    Id(String),
}

/// What a repository answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepositoryObjects {
    /// GitHub's id of the repository, which a rename does not change.
    pub id: String,
    /// One for each object asked for; `None` for what is not there or is of another kind.
    pub objects: Vec<Option<ObjectNode>>,
}

/// Reads objects of several repositories at once, in the order asked.
///
/// # Errors
/// `ResourceLimits` where less should be asked for; else as [`Client::graphql`]. A repository that cannot be read is an error
/// of its own.
pub async fn objects(
    client: &Client,
    requests: &[ObjectsRequest],
) -> Result<Vec<Result<RepositoryObjects, GithubError>>, GithubError> {
    if requests.is_empty() {
        return Ok(Vec::new());
    }
    let (document, variables) = objects_document(requests);
    let answer = client
        .graphql(&document, &variables, Paging::Halving)
        .await?;
    let read = |(number, request): (usize, &ObjectsRequest)| {
        let field = format!("r{number}");
        let what = format!("{}/{}", request.owner, request.repository);
        let Some(repository) = answer.data.get(&field).filter(|found| found.is_object()) else {
            return Err(answer.why_null(&[&field], &what));
        };
        let mut objects = Vec::with_capacity(request.objects.len());
        for (at, (look, _)) in request.objects.iter().enumerate() {
            let name = format!("o{at}");
            let node = repository.get(&name).filter(|node| !node.is_null());
            // A refused object is null as one that is not there; its problem tells them apart.
            let refused = answer.problems.iter().find(|problem| {
                problem.path.first() == Some(&field) && problem.path.get(1) == Some(&name)
            });
            match (node, refused) {
                (Some(node), _) => objects.push(object_of(node, *look, &what)?),
                (None, Some(problem)) => return Err(problem.to_error(&what)),
                (None, None) => objects.push(None),
            }
        }
        Ok(RepositoryObjects {
            id: text(repository, "id"),
            objects,
        })
    };
    Ok(requests.iter().enumerate().map(read).collect())
}

/// The document and variables of [`objects`].
pub fn objects_document(requests: &[ObjectsRequest]) -> (String, Value) {
    let mut declared = Vec::new();
    let mut fields = String::new();
    let mut variables = Map::new();
    let mut looks = Vec::new();
    for (number, request) in requests.iter().enumerate() {
        declared.push(format!("$w{number}: String!, $n{number}: String!"));
        variables.insert(format!("w{number}"), request.owner.as_str().into());
        variables.insert(format!("n{number}"), request.repository.as_str().into());
        let _ = write!(
            fields,
            " r{number}: repository(owner: $w{number}, name: $n{number}) {{ id"
        );
        for (at, (look, locator)) in request.objects.iter().enumerate() {
            let (argument, kind, value) = match locator {
                Locator::Expression(value) => ("expression", "String!", value),
                Locator::Oid(value) => ("oid", "GitObjectID!", value),
            };
            let variable = format!("x{number}_{at}");
            declared.push(format!("${variable}: {kind}"));
            variables.insert(variable.clone(), value.as_str().into());
            let _ = write!(
                fields,
                " o{at}: object({argument}: ${variable}) {{ ...{} }}",
                fragment_name(*look)
            );
            looks.push(*look);
        }
        fields.push_str(" }");
    }
    looks.sort_unstable();
    looks.dedup();
    let mut document = format!(
        "query Objects({}) {{{fields} rateLimit {{ cost remaining resetAt }} }}",
        declared.join(", ")
    );
    for look in looks {
        document.push_str(&fragment(look));
    }
    (document, Value::Object(variables))
}

fn fragment_name(look: Look) -> &'static str {
    match look {
        Look::Id => "id",
        Look::Names => "names",
        Look::Deep => "deep",
        Look::Text => "text",
    }
}

fn fragment(look: Look) -> String {
    const ENTRY: &str = "name type mode oid size";
    let body = match look {
        Look::Id => "__typename oid".to_owned(),
        Look::Names => format!("__typename oid ... on Tree {{ entries {{ {ENTRY} }} }}"),
        Look::Deep => {
            let mut entries = format!("entries {{ {ENTRY} }}");
            for _ in 1..LEVELS {
                entries = format!(
                    "entries {{ {ENTRY} object {{ ... on Tree {{ __typename {entries} }} }} }}"
                );
            }
            format!("__typename oid ... on Tree {{ {entries} }}")
        }
        Look::Text => {
            "__typename ... on Blob { oid byteSize isBinary isTruncated text }".to_owned()
        }
    };
    format!(
        " fragment {} on GitObject {{ {body} }}",
        fragment_name(look)
    )
}

fn object_of(node: &Value, look: Look, what: &str) -> Result<Option<ObjectNode>, GithubError> {
    Ok(match look {
        Look::Id => Some(ObjectNode::Id(text(node, "oid"))),
        Look::Text => file_of(node, what)?.map(ObjectNode::Blob),
        Look::Names | Look::Deep => node
            .get("entries")
            .and_then(Value::as_array)
            .map(|entries| ObjectNode::Tree(tree_of(entries))),
    })
}

// As deep as the query, no deeper.
fn tree_of(entries: &[Value]) -> Vec<TreeNode> {
    entries
        .iter()
        .map(|entry| TreeNode {
            name: text(entry, "name"),
            kind: text(entry, "type"),
            mode: entry.get("mode").and_then(Value::as_u64).unwrap_or(0),
            oid: text(entry, "oid"),
            size: entry.get("size").and_then(Value::as_u64).unwrap_or(0),
            below: entry
                .pointer("/object/entries")
                .and_then(Value::as_array)
                .map(|entries| tree_of(entries)),
        })
        .collect()
}

fn text(node: &Value, key: &str) -> String {
    let found = node.get(key).and_then(Value::as_str);
    found.unwrap_or_default().to_owned()
}

/// The commits that branches of repositories point at, by repository id and branch (or `HEAD`), in the order asked: five
/// hundred in one request. `None` for what is gone or out of sight.
///
/// # Errors
/// As [`objects`]; a request that is too much is halved.
pub async fn heads(
    client: &Client,
    asked: &[(String, String)],
) -> Result<Vec<Option<String>>, GithubError> {
    let mut found: BTreeMap<(String, String), String> = BTreeMap::new();
    let mut order: Vec<&(String, String)> = asked.iter().collect();
    order.sort_by(|a, b| (&a.1, &a.0).cmp(&(&b.1, &b.0)));
    order.dedup();
    let mut rest = order.as_slice();
    let mut size = HEADS;
    while !rest.is_empty() {
        let (fields, taken) = head_fields(rest, size);
        let (document, variables) = heads_document(&fields);
        match client.graphql(&document, &variables, Paging::Halving).await {
            Ok(answer) => {
                for (number, (branch, _)) in fields.iter().enumerate() {
                    let nodes = answer.data.get(format!("n{number}"));
                    for node in nodes.and_then(Value::as_array).into_iter().flatten() {
                        let oid = node.pointer("/object/oid").and_then(Value::as_str);
                        if let Some(oid) = oid {
                            found.insert((text(node, "id"), branch.clone()), oid.to_owned());
                        }
                    }
                }
                // A refusal of the whole request says nothing of what is there.
                if let Some(problem) = answer
                    .problems
                    .iter()
                    .find(|problem| problem.path.is_empty())
                {
                    return Err(problem.to_error("the branches of repositories"));
                }
            }
            // Some servers answer nothing at all where one of many is missing.
            Err(error) if *error.kind() == ErrorKind::NotFound => {}
            Err(error) if error.wants_smaller_page() && size > 10 => {
                size = taken.div_ceil(2).max(10);
                continue;
            }
            Err(error) => return Err(error),
        }
        rest = rest.get(taken..).unwrap_or_default();
    }
    Ok(asked.iter().map(|key| found.get(key).cloned()).collect())
}

/// The next ids by branch, at most `most`, and how many that are.
fn head_fields(rest: &[&(String, String)], most: usize) -> (Vec<(String, Vec<String>)>, usize) {
    let mut fields: Vec<(String, Vec<String>)> = Vec::new();
    let mut taken = 0;
    for (id, branch) in rest.iter().take(most) {
        let is_full = fields.len() == HEAD_FIELDS;
        match fields.last_mut() {
            Some((last, ids)) if last == branch && ids.len() < IDS => ids.push(id.clone()),
            _ if is_full => break,
            _ => fields.push((branch.clone(), vec![id.clone()])),
        }
        taken += 1;
    }
    (fields, taken)
}

/// The document and variables of one request of [`heads`].
pub fn heads_document(fields: &[(String, Vec<String>)]) -> (String, Value) {
    let mut declared = Vec::new();
    let mut selected = String::new();
    let mut variables = Map::new();
    for (number, (branch, ids)) in fields.iter().enumerate() {
        declared.push(format!("$i{number}: [ID!]!, $b{number}: String!"));
        let _ = write!(
            selected,
            " n{number}: nodes(ids: $i{number}) {{ ... on Repository {{ id object(expression: $b{number}) {{ oid }} }} }}"
        );
        variables.insert(format!("i{number}"), ids.clone().into());
        variables.insert(format!("b{number}"), branch.as_str().into());
    }
    let document = format!(
        "query Heads({}) {{{selected} rateLimit {{ cost remaining resetAt }} }}",
        declared.join(", ")
    );
    (document, Value::Object(variables))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_hundred_heads_of_one_branch_fit_one_request() {
        let asked: Vec<(String, String)> = (0..501)
            .map(|n| (format!("R_{n}"), "main".to_owned()))
            .collect();
        let order: Vec<&(String, String)> = asked.iter().collect();
        let (fields, taken) = head_fields(&order, HEADS);
        assert_eq!((fields.len(), taken), (5, 500));
        let many: Vec<(String, String)> = (0..30).map(|n| ("R".into(), format!("b{n}"))).collect();
        let order: Vec<&(String, String)> = many.iter().collect();
        assert_eq!(head_fields(&order, HEADS).1, HEAD_FIELDS);
    }

    #[test]
    fn only_the_fragments_in_use_are_part_of_a_query_and_no_name_is() {
        let request = ObjectsRequest {
            owner: "acme".into(),
            repository: "pay".into(),
            objects: vec![
                (Look::Text, Locator::Expression("main:mkdocs.yml".into())),
                (Look::Text, Locator::Oid("abc".into())),
            ],
        };
        let (document, variables) = objects_document(&[request]);
        assert_eq!(document.matches("fragment ").count(), 1);
        assert!(!document.contains("acme") && !document.contains("mkdocs"));
        assert_eq!(variables["x0_1"], "abc");
        assert!(document.contains("$x0_1: GitObjectID!"));
    }
}
