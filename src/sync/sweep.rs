//! A look at every known repository without its text: five hundred in one request, by id.
//!
//! Archiving, renaming, topics, visibility and deletion do not move `pushedAt`, so the list of the last pushed says
//! nothing of them.

use serde_json::{Map, Value, json};

use super::filter::RepositoryFacts;
use crate::github::graphql::Paging;
use crate::github::{Client, ErrorKind, GithubError};

/// Ids in one `nodes` field: the most GitHub takes.
const IDS: usize = 100;
/// `nodes` fields in one request.
const FIELDS: usize = 5;

/// A repository as a sweep sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Seen {
    /// GitHub's id.
    pub id: String,
    /// Where its pages are.
    pub url: String,
    /// What filters ask.
    pub facts: RepositoryFacts,
}

/// What became of a sweep.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Sweep {
    /// The repositories that were seen.
    pub seen: Vec<Seen>,
    /// Ids that the server answered with null: deleted, moved away or out of sight.
    pub lost: Vec<String>,
    /// Nothing was held back.
    pub complete: bool,
}

/// Looks at repositories by id.
///
/// # Errors
/// As [`Client::graphql`]; a request that is too much is halved.
pub async fn sweep(client: &Client, ids: &[String], topics: bool) -> Result<Sweep, GithubError> {
    let mut out = Sweep {
        complete: true,
        ..Sweep::default()
    };
    let mut size = IDS * FIELDS;
    let mut rest = ids;
    while !rest.is_empty() {
        let (now, later) = rest.split_at(size.min(rest.len()));
        let (document, variables) = document(now, topics);
        match client.graphql(&document, &variables, Paging::Halving).await {
            Ok(answer) => {
                out.complete &= answer.is_complete();
                for (field, chunk) in now.chunks(IDS).enumerate() {
                    let nodes = answer
                        .data
                        .get(format!("n{field}"))
                        .and_then(Value::as_array);
                    for (at, id) in chunk.iter().enumerate() {
                        match nodes.and_then(|n| n.get(at)).and_then(|n| read(n, id)) {
                            Some(seen) => out.seen.push(seen),
                            None => out.lost.push(id.clone()),
                        }
                    }
                }
                rest = later;
            }
            // Some servers answer nothing at all where one of many is missing.
            Err(error) if *error.kind() == ErrorKind::NotFound => {
                out.lost.extend(now.iter().cloned());
                rest = later;
            }
            Err(error) if error.wants_smaller_page() && size > 10 => {
                size = now.len().div_ceil(2).max(10)
            }
            Err(error) => return Err(error),
        }
    }
    Ok(out)
}

/// The query for some ids and its variables.
pub fn document(ids: &[String], topics: bool) -> (String, Value) {
    let mut declared = Vec::new();
    let mut fields = String::new();
    let mut variables = Map::new();
    for (field, chunk) in ids.chunks(IDS).enumerate() {
        declared.push(format!("$i{field}: [ID!]!"));
        fields.push_str(&format!(" n{field}: nodes(ids: $i{field}) {{ ...facts }}"));
        variables.insert(format!("i{field}"), json!(chunk));
    }
    let topics = if topics {
        " repositoryTopics(first: 20) { nodes { topic { name } } }"
    } else {
        ""
    };
    let document = format!(
        "query Sweep({}) {{{fields} rateLimit {{ cost remaining resetAt }} }} \
         fragment facts on Repository {{ id name url isArchived isFork visibility defaultBranchRef {{ name }}{topics} }}",
        declared.join(", ")
    );
    (document, Value::Object(variables))
}

fn read(node: &Value, id: &str) -> Option<Seen> {
    let text = |key: &str| node.get(key).and_then(Value::as_str).map(str::to_owned);
    let flag = |key: &str| node.get(key).and_then(Value::as_bool).unwrap_or_default();
    Some(Seen {
        id: text("id").filter(|have| have == id)?,
        url: text("url")?,
        facts: RepositoryFacts {
            name: text("name")?,
            is_archived: flag("isArchived"),
            is_fork: flag("isFork"),
            visibility: text("visibility").unwrap_or_default(),
            topics: node
                .pointer("/repositoryTopics/nodes")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(|t| t.pointer("/topic/name")?.as_str().map(str::to_owned))
                .collect(),
            default_branch: node
                .pointer("/defaultBranchRef/name")
                .and_then(Value::as_str)
                .map(str::to_owned),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_hundred_ids_fit_one_request() {
        let ids: Vec<String> = (0..500).map(|i| format!("R_{i}")).collect();
        let (document, variables) = document(&ids, true);
        assert_eq!(document.matches("nodes(ids:").count(), 5);
        assert_eq!(variables["i4"].as_array().unwrap().len(), 100);
        assert!(document.contains("repositoryTopics"));
    }

    #[test]
    fn a_node_of_another_id_or_none_is_not_seen() {
        let node = json!({ "id": "R_1", "name": "pay", "url": "https://github.com/acme/pay" });
        assert_eq!(read(&node, "R_1").unwrap().facts.name, "pay");
        assert_eq!(read(&node, "R_2"), None);
        assert_eq!(read(&Value::Null, "R_1"), None);
    }
}
