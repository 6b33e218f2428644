//! The GraphQL documents callboard sends, and their answers as types.
//!
//! Every document is valid against GitHub's published schema. Names of organisations, paths and ids go in
//! as variables, never into the text of a query. Each asks for `rateLimit`, so that the cost is known.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::client::Client;
use super::error::{ErrorKind, GithubError};
use super::graphql::{GraphqlAnswer, GraphqlProblem, Paging};
use super::query_answers::{RawConnection, RawLogin, RawRepository, RawTeam};

/// Most items of one page that GitHub allows.
pub const LARGEST_PAGE: u32 = 100;

/// One page of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    /// The items that could be read, in order.
    pub items: Vec<T>,
    /// Items of the list as a whole, on all pages.
    pub total: u64,
    /// What to pass as `after` for the next page; `None` at the end.
    pub next: Option<String>,
    /// Items that came back as null, with the problems that explain them. While there are any, the list
    /// is not complete and nothing may be concluded from what it lacks.
    pub holes: usize,
    /// What GitHub could not or would not read.
    pub problems: Vec<GraphqlProblem>,
    /// Organisations left out for want of single sign-on (database ids).
    pub withheld: Vec<String>,
}

impl<T> Page<T> {
    /// Whether everything on this page was answered.
    pub fn is_complete(&self) -> bool {
        self.holes == 0 && self.problems.is_empty() && self.withheld.is_empty()
    }
}

/// Which repositories to list, and what of them.
#[derive(Debug, Clone)]
pub struct RepositoryQuery<'a> {
    /// The login of an organisation or user.
    pub owner: &'a str,
    /// Files to read, from each repository's root, without globs. Empty for none.
    pub paths: &'a [String],
    /// The branch they are read from; the default branch where `None`.
    pub branch: Option<&'a str>,
    /// Whether the files' text comes too; a sweep goes without.
    pub with_text: bool,
    /// Items a page, at most [`LARGEST_PAGE`].
    pub first: u32,
    /// The page after this cursor; the first page where `None`.
    pub after: Option<&'a str>,
}

/// A repository as discovery sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepositoryNode {
    /// GitHub's id, which a rename does not change.
    pub id: String,
    pub name: String,
    pub name_with_owner: String,
    pub url: String,
    pub is_archived: bool,
    pub is_fork: bool,
    pub is_empty: bool,
    /// `public`, `private` or `internal`.
    pub visibility: String,
    /// RFC 3339; `None` where nothing was ever pushed. Does not move on rename, archive or topic change.
    pub pushed_at: Option<String>,
    pub updated_at: Option<String>,
    pub default_branch: Option<String>,
    /// The commit at the default branch's head.
    pub head_oid: Option<String>,
    pub topics: Vec<String>,
    /// One for each asked path, in order; `None` where there is no such file.
    pub files: Vec<Option<FileNode>>,
}

/// A file's blob.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FileNode {
    pub oid: String,
    /// Bytes.
    pub byte_size: u64,
    /// `None` where GitHub has not looked.
    #[serde(default)]
    pub is_binary: Option<bool>,
    /// Whether `text` is cut short (GitHub cuts at 512 kB); fetch the blob instead.
    #[serde(default)]
    pub is_truncated: bool,
    /// `None` for binary files and where text was not asked for.
    #[serde(default)]
    pub text: Option<String>,
}

/// A page of repositories and what was counted beside it.
#[derive(Debug, Clone, PartialEq)]
pub struct RepositoryPage {
    pub page: Page<RepositoryNode>,
    /// Whether the owner is a user rather than an organisation.
    pub owner_is_user: bool,
    /// Archived repositories among `page.total`: together they tell a deletion, a creation and an
    /// archiving without reading every page.
    pub archived_total: u64,
    /// Repositories on this page of which something was refused, by id: what is null of them says nothing.
    pub refused: BTreeMap<String, GraphqlProblem>,
}

/// A team, as Backstage's githubOrg provider reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TeamNode {
    pub slug: String,
    /// `organisation/slug`.
    pub combined_slug: String,
    pub name: String,
    pub description: Option<String>,
    pub avatar_url: Option<String>,
    pub edit_team_url: Option<String>,
    /// The parent team's slug.
    pub parent: Option<String>,
    /// Logins of the immediate members on the first page.
    pub members: Vec<String>,
    /// Where the rest of the members begins, if there is more; see [`team_members`].
    pub more_members: Option<String>,
}

/// A person, as Backstage's githubOrg provider reads them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserNode {
    pub login: String,
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub bio: Option<String>,
    #[serde(default)]
    pub avatar_url: Option<String>,
    /// Public e-mail address; empty or `None` where hidden or not asked for.
    #[serde(default)]
    pub email: Option<String>,
    #[serde(default)]
    pub organization_verified_domain_emails: Vec<String>,
}

/// A file asked for by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRequest {
    pub owner: String,
    pub repository: String,
    /// A Git expression: `HEAD:path`, `main:path`, or an object id.
    pub expression: String,
}

/// Lists repositories, the last pushed first.
///
/// # Errors
/// `NotFound` where the owner does not exist, `ResourceLimits` where the page should be halved; else as
/// [`Client::graphql`].
pub async fn repositories(
    client: &Client,
    query: &RepositoryQuery<'_>,
) -> Result<RepositoryPage, GithubError> {
    let (document, variables) = repositories_document(query);
    let answer = client
        .graphql(&document, &variables, Paging::Halving)
        .await?;
    let what = format!("repositories of {}", query.owner);
    let owner = answer.require("repositoryOwner", &what)?;
    let connection = owner
        .get("repositories")
        .filter(|value| !value.is_null())
        .ok_or_else(|| answer.why_null(&["repositoryOwner", "repositories"], &what))?;
    let page = page_of(connection, &answer, &what, |node: RawRepository| {
        node.into_node(query.paths.len())
    })?;
    Ok(RepositoryPage {
        owner_is_user: owner.get("__typename").and_then(Value::as_str) == Some("User"),
        archived_total: owner
            .pointer("/archived/totalCount")
            .and_then(Value::as_u64)
            .unwrap_or_default(),
        refused: refused(connection, &answer.problems),
        page,
    })
}

/// The problems that lie inside of a node of `repositoryOwner.repositories`, by the node's id.
fn refused(connection: &Value, problems: &[GraphqlProblem]) -> BTreeMap<String, GraphqlProblem> {
    let of = |problem: &GraphqlProblem| {
        let [owner, list, nodes, number, _, ..] = problem.path.as_slice() else {
            return None;
        };
        if (owner.as_str(), list.as_str(), nodes.as_str())
            != ("repositoryOwner", "repositories", "nodes")
        {
            return None;
        }
        let node = connection
            .get("nodes")?
            .get(number.parse::<usize>().ok()?)?;
        Some((node.get("id")?.as_str()?.to_owned(), problem.clone()))
    };
    problems.iter().filter_map(of).collect()
}

/// The document and variables of [`repositories`].
pub fn repositories_document(query: &RepositoryQuery<'_>) -> (String, Value) {
    let mut variables = Map::new();
    variables.insert("login".into(), query.owner.into());
    variables.insert("first".into(), query.first.clamp(1, LARGEST_PAGE).into());
    variables.insert("after".into(), query.after.into());
    let mut declared = String::new();
    let mut files = String::new();
    if !query.paths.is_empty() {
        declared.push_str(", $text: Boolean!");
        variables.insert("text".into(), query.with_text.into());
    }
    for (number, path) in query.paths.iter().enumerate() {
        let _ = write!(declared, ", $p{number}: String!");
        let _ = write!(
            files,
            " f{number}: object(expression: $p{number}) {{ ...file }}"
        );
        let path = path.trim_start_matches('/');
        let expression = format!("{}:{path}", query.branch.unwrap_or("HEAD"));
        variables.insert(format!("p{number}"), expression.into());
    }
    let fragment = if query.paths.is_empty() {
        ""
    } else {
        FILE_FRAGMENT
    };
    let document = format!(
        "query Repositories($login: String!, $first: Int!, $after: String{declared}) {{ \
         repositoryOwner(login: $login) {{ __typename login \
         archived: repositories(ownerAffiliations: [OWNER], isArchived: true) {{ totalCount }} \
         repositories(first: $first, after: $after, ownerAffiliations: [OWNER], \
         orderBy: {{field: PUSHED_AT, direction: DESC}}) {{ totalCount pageInfo {{ hasNextPage endCursor }} \
         nodes {{ id name nameWithOwner url isArchived isFork isEmpty visibility pushedAt updatedAt \
         defaultBranchRef {{ name target {{ oid }} }} \
         repositoryTopics(first: 20) {{ nodes {{ topic {{ name }} }} }}{files} }} }} }} \
         {RATE_LIMIT} }}{fragment}"
    );
    (document, Value::Object(variables))
}

pub(super) const RATE_LIMIT: &str = "rateLimit { cost remaining resetAt }";
const FILE_FRAGMENT: &str = " fragment file on GitObject { __typename \
    ... on Blob { oid byteSize isBinary isTruncated text @include(if: $text) } }";

/// Lists teams with their immediate members, 100 of each.
///
/// # Errors
/// `NotFound` where there is no such organisation (a user has no teams), `MissingScopes` without
/// `read:org`; else as [`repositories`].
pub async fn teams(
    client: &Client,
    organization: &str,
    first: u32,
    after: Option<&str>,
) -> Result<Page<TeamNode>, GithubError> {
    let variables = json!({
        "login": organization, "first": first.clamp(1, LARGEST_PAGE), "after": after,
    });
    let answer = client.graphql(TEAMS, &variables, Paging::Halving).await?;
    let what = format!("teams of {organization}");
    let connection = below(&answer, &["organization", "teams"], &what)?;
    page_of(connection, &answer, &what, |team: RawTeam| {
        Ok(team.into_node())
    })
}

const TEAMS: &str = "query Teams($login: String!, $first: Int!, $after: String) { \
    organization(login: $login) { teams(first: $first, after: $after) { totalCount \
    pageInfo { hasNextPage endCursor } nodes { slug combinedSlug name description avatarUrl editTeamUrl \
    parentTeam { slug } members(first: 100, membership: IMMEDIATE) { totalCount \
    pageInfo { hasNextPage endCursor } nodes { login } } } } } \
    rateLimit { cost remaining resetAt } }";

/// The immediate members of one team beyond those that came with it.
///
/// # Errors
/// As [`teams`].
pub async fn team_members(
    client: &Client,
    organization: &str,
    slug: &str,
    after: Option<&str>,
) -> Result<Page<String>, GithubError> {
    let variables = json!({ "login": organization, "slug": slug, "after": after });
    let answer = client
        .graphql(TEAM_MEMBERS, &variables, Paging::Fixed)
        .await?;
    let what = format!("members of {organization}/{slug}");
    let connection = below(&answer, &["organization", "team", "members"], &what)?;
    page_of(connection, &answer, &what, |user: RawLogin| Ok(user.login))
}

const TEAM_MEMBERS: &str = "query TeamMembers($login: String!, $slug: String!, $after: String) { \
    organization(login: $login) { team(slug: $slug) { members(first: 100, after: $after, \
    membership: IMMEDIATE) { totalCount pageInfo { hasNextPage endCursor } nodes { login } } } } \
    rateLimit { cost remaining resetAt } }";

/// Lists an organisation's members. `with_email` asks for public e-mail addresses, which Apps may not
/// read (Backstage asks for them with tokens only).
///
/// # Errors
/// As [`teams`].
pub async fn members(
    client: &Client,
    organization: &str,
    with_email: bool,
    first: u32,
    after: Option<&str>,
) -> Result<Page<UserNode>, GithubError> {
    let variables = json!({
        "login": organization, "first": first.clamp(1, LARGEST_PAGE), "after": after, "email": with_email,
    });
    let answer = client.graphql(MEMBERS, &variables, Paging::Halving).await?;
    let what = format!("members of {organization}");
    let connection = below(&answer, &["organization", "membersWithRole"], &what)?;
    page_of(connection, &answer, &what, |user: UserNode| Ok(user))
}

const MEMBERS: &str = "query Members($login: String!, $first: Int!, $after: String, $email: Boolean!) { \
    organization(login: $login) { membersWithRole(first: $first, after: $after) { totalCount \
    pageInfo { hasNextPage endCursor } nodes { login name bio avatarUrl email @include(if: $email) \
    organizationVerifiedDomainEmails(login: $login) } } } \
    rateLimit { cost remaining resetAt } }";

/// The account whose token signs the requests.
///
/// # Errors
/// As [`Client::graphql`].
pub async fn viewer(client: &Client) -> Result<UserNode, GithubError> {
    let answer = client.graphql(VIEWER, &json!({}), Paging::Fixed).await?;
    let viewer = answer.require("viewer", "the signed-in user")?;
    typed(viewer, "the signed-in user")
}

const VIEWER: &str =
    "query Viewer { viewer { login name avatarUrl } rateLimit { cost remaining resetAt } }";

/// Reads files of several repositories at once, in the order asked. `None` for a file that is not there;
/// an error for a repository that could not be read.
///
/// At most 100 in one call; more are left out of the answer, so split before.
///
/// # Errors
/// As [`repositories`].
pub async fn files(
    client: &Client,
    requests: &[FileRequest],
) -> Result<Vec<Result<Option<FileNode>, GithubError>>, GithubError> {
    let requests = requests
        .get(..requests.len().min(LARGEST_PAGE as usize))
        .unwrap_or_default();
    if requests.is_empty() {
        return Ok(Vec::new());
    }
    let (document, variables) = files_document(requests);
    let answer = client
        .graphql(&document, &variables, Paging::Halving)
        .await?;
    let read = |(number, request): (usize, &FileRequest)| {
        let name = format!("r{number}");
        let what = format!(
            "{}/{}: {}",
            request.owner, request.repository, request.expression
        );
        match answer.data.get(&name) {
            Some(Value::Object(repository)) => match repository.get("object") {
                Some(object) if !object.is_null() => file_of(object, &what),
                _ => match answer
                    .problems
                    .iter()
                    .find(|problem| problem.path.first() == Some(&name))
                {
                    Some(problem) => Err(problem.to_error(&what)),
                    None => Ok(None),
                },
            },
            _ => Err(answer.why_null(&[&name], &what)),
        }
    };
    Ok(requests.iter().enumerate().map(read).collect())
}

/// The document and variables of [`files`].
pub fn files_document(requests: &[FileRequest]) -> (String, Value) {
    let mut declared = String::from("$text: Boolean!");
    let mut fields = String::new();
    let mut variables = Map::new();
    variables.insert("text".into(), true.into());
    for (number, request) in requests.iter().enumerate() {
        let _ = write!(
            declared,
            ", $o{number}: String!, $n{number}: String!, $e{number}: String!"
        );
        let _ = write!(
            fields,
            " r{number}: repository(owner: $o{number}, name: $n{number}) {{ \
             object(expression: $e{number}) {{ ...file }} }}"
        );
        variables.insert(format!("o{number}"), request.owner.as_str().into());
        variables.insert(format!("n{number}"), request.repository.as_str().into());
        variables.insert(format!("e{number}"), request.expression.as_str().into());
    }
    let document = format!("query Files({declared}) {{{fields} {RATE_LIMIT} }}{FILE_FRAGMENT}");
    (document, Value::Object(variables))
}

pub(super) fn file_of(object: &Value, what: &str) -> Result<Option<FileNode>, GithubError> {
    match object.get("__typename").and_then(Value::as_str) {
        Some("Blob") => typed(object, what).map(Some),
        // A folder or a submodule of that name is no file.
        _ => Ok(None),
    }
}

fn below<'a>(
    answer: &'a GraphqlAnswer,
    path: &[&str],
    what: &str,
) -> Result<&'a Value, GithubError> {
    let mut value = &answer.data;
    for step in path {
        value = value
            .get(step)
            .filter(|value| !value.is_null())
            .ok_or_else(|| answer.why_null(path, what))?;
    }
    Ok(value)
}

fn page_of<R: DeserializeOwned, T>(
    connection: &Value,
    answer: &GraphqlAnswer,
    what: &str,
    read: impl Fn(R) -> Result<T, GithubError>,
) -> Result<Page<T>, GithubError> {
    let raw: RawConnection = typed(connection, what)?;
    let nodes = raw.nodes.unwrap_or_default();
    let holes = nodes.iter().filter(|node| node.is_null()).count();
    let items = nodes
        .into_iter()
        .filter(|node| !node.is_null())
        .map(|node| {
            serde_json::from_value(node)
                .map_err(|_| not_understood(what))
                .and_then(&read)
        })
        .collect::<Result<Vec<T>, _>>()?;
    Ok(Page {
        items,
        total: raw.total_count,
        next: raw
            .page_info
            .end_cursor
            .filter(|_| raw.page_info.has_next_page),
        holes,
        problems: answer.problems.clone(),
        withheld: answer.withheld.clone(),
    })
}

fn typed<T: DeserializeOwned>(value: &Value, what: &str) -> Result<T, GithubError> {
    serde_json::from_value(value.clone()).map_err(|_| not_understood(what))
}

fn not_understood(what: &str) -> GithubError {
    GithubError::new(
        ErrorKind::Malformed,
        format!("{what}: the answer cannot be understood"),
    )
}
