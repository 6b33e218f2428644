//! The answers of [`super::queries`] as GitHub shapes them, before they become callboard's own types.

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::error::GithubError;
use super::queries::{RepositoryNode, TeamNode, file_of};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawConnection {
    pub total_count: u64,
    pub page_info: RawPageInfo,
    #[serde(default)]
    pub nodes: Option<Vec<Value>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawPageInfo {
    pub has_next_page: bool,
    #[serde(default)]
    pub end_cursor: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct RawLogin {
    pub login: String,
}

#[derive(Deserialize)]
pub(super) struct RawSlug {
    pub slug: String,
}

#[derive(Deserialize)]
pub(super) struct RawNodes {
    #[serde(default)]
    pub nodes: Option<Vec<Option<RawTopicNode>>>,
}

#[derive(Deserialize)]
pub(super) struct RawTopicNode {
    pub topic: RawName,
}

#[derive(Deserialize)]
pub(super) struct RawName {
    pub name: String,
}

#[derive(Deserialize)]
pub(super) struct RawRef {
    pub name: String,
    #[serde(default)]
    pub target: Option<RawOid>,
}

#[derive(Deserialize)]
pub(super) struct RawOid {
    pub oid: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawRepository {
    pub id: String,
    pub name: String,
    pub name_with_owner: String,
    pub url: String,
    pub is_archived: bool,
    pub is_fork: bool,
    pub is_empty: bool,
    pub visibility: String,
    #[serde(default)]
    pub pushed_at: Option<String>,
    #[serde(default)]
    pub updated_at: Option<String>,
    #[serde(default)]
    pub default_branch_ref: Option<RawRef>,
    #[serde(default)]
    pub repository_topics: Option<RawNodes>,
    /// The aliased files, `f0`, `f1`, ….
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

impl RawRepository {
    pub fn into_node(self, paths: usize) -> Result<RepositoryNode, GithubError> {
        let mut files = Vec::with_capacity(paths);
        for number in 0..paths {
            let object = self.rest.get(&format!("f{number}")).unwrap_or(&Value::Null);
            files.push(file_of(object, &self.name_with_owner)?);
        }
        let topics = self
            .repository_topics
            .and_then(|topics| topics.nodes)
            .unwrap_or_default();
        let mut seen = HashSet::new();
        let topics = topics
            .into_iter()
            .flatten()
            .map(|node| node.topic.name)
            .filter(|name| seen.insert(name.clone()))
            .collect();
        let (default_branch, head_oid) = match self.default_branch_ref {
            Some(branch) => (Some(branch.name), branch.target.map(|target| target.oid)),
            None => (None, None),
        };
        Ok(RepositoryNode {
            id: self.id,
            name: self.name,
            name_with_owner: self.name_with_owner,
            url: self.url,
            is_archived: self.is_archived,
            is_fork: self.is_fork,
            is_empty: self.is_empty,
            visibility: self.visibility.to_ascii_lowercase(),
            pushed_at: self.pushed_at,
            updated_at: self.updated_at,
            default_branch,
            head_oid,
            topics,
            files,
        })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawTeam {
    pub slug: String,
    pub combined_slug: String,
    pub name: String,
    #[serde(default)]
    pub description: Option<String>,
    #[serde(default)]
    pub avatar_url: Option<String>,
    #[serde(default)]
    pub edit_team_url: Option<String>,
    #[serde(default)]
    pub parent_team: Option<RawSlug>,
    pub members: RawMembers,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawMembers {
    pub page_info: RawPageInfo,
    #[serde(default)]
    pub nodes: Option<Vec<Option<RawLogin>>>,
}

impl RawTeam {
    pub fn into_node(self) -> TeamNode {
        let info = self.members.page_info;
        TeamNode {
            slug: self.slug,
            combined_slug: self.combined_slug,
            name: self.name,
            description: self.description,
            avatar_url: self.avatar_url,
            edit_team_url: self.edit_team_url,
            parent: self.parent_team.map(|team| team.slug),
            members: self
                .members
                .nodes
                .into_iter()
                .flatten()
                .flatten()
                .map(|user| user.login)
                .collect(),
            more_members: info.end_cursor.filter(|_| info.has_next_page),
        }
    }
}
