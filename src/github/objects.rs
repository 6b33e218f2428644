//! Which objects Git expressions name, for many expressions of many repositories in one request: how callboard finds out
//! that files are as they were without reading them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::client::Client;
use super::error::GithubError;
use super::graphql::{GraphqlProblem, Paging};
use super::queries::{FileRequest, RATE_LIMIT};

/// What a Git expression names, without its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectNode {
    pub oid: String,
    /// A tree rather than a blob.
    pub is_folder: bool,
}

/// Asks which objects Git expressions name, in the order asked. `None` for what is not there, and for what is neither a
/// file nor a folder; an error for a repository that could not be read.
///
/// Each repository is named once, however many expressions are asked of it. The caller bounds both numbers.
///
/// # Errors
/// As [`Client::graphql`].
pub async fn object_ids(
    client: &Client,
    requests: &[FileRequest],
) -> Result<Vec<Result<Option<ObjectNode>, GithubError>>, GithubError> {
    if requests.is_empty() {
        return Ok(Vec::new());
    }
    let (document, variables, places) = object_ids_document(requests);
    let answer = client
        .graphql(&document, &variables, Paging::Halving)
        .await?;
    let read = |((repository, object), request): (&(String, String), &FileRequest)| {
        let what = format!(
            "{}/{}: {}",
            request.owner, request.repository, request.expression
        );
        let Some(Value::Object(found)) = answer.data.get(repository) else {
            return Err(answer.why_null(&[repository], &what));
        };
        match found.get(object) {
            Some(node) if !node.is_null() => Ok(object_of(node)),
            _ => {
                let of_this = |problem: &&GraphqlProblem| {
                    problem.path.first() == Some(repository)
                        && problem.path.get(1).is_none_or(|name| name == object)
                };
                match answer.problems.iter().find(of_this) {
                    Some(problem) => Err(problem.to_error(&what)),
                    None => Ok(None),
                }
            }
        }
    };
    Ok(places.iter().zip(requests).map(read).collect())
}

/// The document and variables of [`object_ids`], and under which names the answer of each request stands.
pub fn object_ids_document(requests: &[FileRequest]) -> (String, Value, Vec<(String, String)>) {
    let mut by_repository: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
    for (number, request) in requests.iter().enumerate() {
        let repository = (request.owner.as_str(), request.repository.as_str());
        by_repository.entry(repository).or_default().push(number);
    }
    let mut declared = Vec::new();
    let mut fields = String::new();
    let mut variables = Map::new();
    let mut places = vec![(String::new(), String::new()); requests.len()];
    for (number, ((owner, name), objects)) in by_repository.into_iter().enumerate() {
        declared.push(format!("$o{number}: String!, $n{number}: String!"));
        variables.insert(format!("o{number}"), owner.into());
        variables.insert(format!("n{number}"), name.into());
        let _ = write!(
            fields,
            " r{number}: repository(owner: $o{number}, name: $n{number}) {{"
        );
        for object in objects {
            declared.push(format!("$e{object}: String!"));
            let _ = write!(
                fields,
                " e{object}: object(expression: $e{object}) {{ __typename oid }}"
            );
            if let (Some(place), Some(request)) = (places.get_mut(object), requests.get(object)) {
                *place = (format!("r{number}"), format!("e{object}"));
                variables.insert(format!("e{object}"), request.expression.as_str().into());
            }
        }
        fields.push_str(" }");
    }
    let declared = declared.join(", ");
    let document = format!("query ObjectIds({declared}) {{{fields} {RATE_LIMIT} }}");
    (document, Value::Object(variables), places)
}

fn object_of(node: &Value) -> Option<ObjectNode> {
    let is_folder = match node.get("__typename").and_then(Value::as_str)? {
        "Blob" => false,
        "Tree" => true,
        _ => return None,
    };
    Some(ObjectNode {
        oid: node.get("oid").and_then(Value::as_str)?.to_owned(),
        is_folder,
    })
}
