//! GraphQL: the query is parsed and validated against `schema.graphql`, held to GitHub's page and node
//! limits, and executed with GitHub's error types.

use std::cell::RefCell;
use std::sync::LazyLock;

use apollo_compiler::executable::{Field, Selection, SelectionSet};
use apollo_compiler::resolvers::{Execution, FieldError, ObjectValue, ResolveInfo, ResolvedValue};
use apollo_compiler::response::{JsonMap, JsonValue};
use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Schema, ast};
use base64::Engine as _;
use serde_json::{Map, Value, json};

use super::access::Who;
use super::git;
use super::http::{Recorded, Reply};
use super::rest::date;
use super::strict;
use super::world::{Account, Repository, Team, Token, User, World};

static SCHEMA: LazyLock<Valid<Schema>> = LazyLock::new(|| {
    Schema::parse_and_validate(include_str!("schema.graphql"), "schema.graphql")
        .expect("a valid schema")
});

/// GitHub: a query may ask for at most this many nodes.
const MOST_NODES: u64 = 500_000;
/// GitHub cuts a blob's text here.
const TEXT_LIMIT: usize = 512 * 1024;

/// What every resolver reads.
struct Asked<'w> {
    world: &'w World,
    who: &'w Who,
    web: &'w str,
    now: i64,
    cost: u64,
    nodes: u64,
    remaining: u64,
    /// Errors that GitHub answers without any data.
    fatal: RefCell<Vec<Value>>,
}

pub fn answer(request: &Recorded, who: &Who, world: &mut World, web: &str, now: i64) -> Reply {
    if request.method != "POST" {
        return Reply::error(404, "Not Found");
    }
    if let Some(refused) = strict::check(request, None) {
        return refused;
    }
    match who {
        Who::Anonymous => {
            return Reply::error(401, "This endpoint requires you to be authenticated.");
        }
        Who::App(_) => return Reply::error(403, "Resource not accessible by integration"),
        Who::Person(_) | Who::Installation { .. } => {}
    }
    let Ok(body) = serde_json::from_slice::<Map<String, Value>>(&request.body) else {
        return Reply::error(400, "Problems parsing JSON");
    };
    if let Some(key) = body
        .keys()
        .find(|key| !matches!(key.as_str(), "query" | "variables" | "operationName"))
    {
        return Reply::error(400, &format!("Unknown key in the body: {key}"));
    }
    let Some(query) = body.get("query").and_then(Value::as_str) else {
        return Reply::error(
            400,
            "A query attribute must be specified and must be a string.",
        );
    };
    let variables = match body.get("variables") {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(variables)) => variables.clone(),
        Some(_) => return Reply::error(400, "Variables must be an object"),
    };
    let document = match ExecutableDocument::parse_and_validate(&SCHEMA, query, "query.graphql") {
        Ok(document) => document,
        Err(invalid) => {
            let errors: Vec<Value> = invalid
                .errors
                .iter()
                .map(|error| json!({"message": error.error.to_string()}))
                .collect();
            return Reply::json(200, &json!({"errors": errors}));
        }
    };
    let name = body.get("operationName").and_then(Value::as_str);
    let Ok(operation) = document.operations.get(name) else {
        return Reply::json(
            200,
            &json!({"errors": [{"message": "No operation named so"}]}),
        );
    };
    let mut bounds = Bounds {
        document: &document,
        variables: &variables,
        nodes: 0,
        requests: 0,
        errors: Vec::new(),
    };
    bounds.walk(&operation.selection_set, 1);
    if bounds.nodes > MOST_NODES {
        bounds.errors.push(json!({
            "type": "MAX_NODE_LIMIT_EXCEEDED",
            "message": format!("This query requests up to {} possible nodes which exceeds the maximum limit of {MOST_NODES}.", bounds.nodes),
        }));
    }
    if !bounds.errors.is_empty() {
        return Reply::json(200, &json!({"errors": bounds.errors}));
    }
    let cost = (bounds.requests / 100).max(1);
    let nodes = bounds.nodes;
    world.points_used += cost;
    let asked = Asked {
        world,
        who,
        web,
        now,
        cost,
        nodes,
        remaining: world.hourly_limit.saturating_sub(world.points_used),
        fatal: RefCell::default(),
    };
    let reply = execute(&asked, &document, name, &variables);
    let limited = |reply: Reply| {
        reply
            .header("x-ratelimit-limit", &asked.world.hourly_limit.to_string())
            .header("x-ratelimit-remaining", &asked.remaining.to_string())
            .header("x-ratelimit-reset", &reset(now).to_string())
            .header("x-ratelimit-resource", "graphql")
    };
    let blocked: Vec<&Account> = asked
        .world
        .accounts
        .iter()
        .filter(|account| who.lacks_sso(account))
        .collect();
    match blocked
        .iter()
        .find(|account| query_names(&variables, &account.login))
    {
        Some(account) => limited(reply).header(
            "x-github-sso",
            &format!(
                "required; url={web}/orgs/{}/sso?authorization_request=AB12",
                account.login
            ),
        ),
        None => limited(reply),
    }
}

fn query_names(variables: &Map<String, Value>, login: &str) -> bool {
    variables.values().any(|value| {
        value
            .as_str()
            .is_some_and(|text| text.eq_ignore_ascii_case(login))
    })
}

fn reset(now: i64) -> i64 {
    now - now % 3_600 + 3_600
}

fn execute(
    asked: &Asked<'_>,
    document: &Valid<ExecutableDocument>,
    name: Option<&str>,
    variables: &Map<String, Value>,
) -> Reply {
    let raw: JsonMap = match JsonValue::from(Value::Object(variables.clone())) {
        JsonValue::Object(map) => map,
        _ => JsonMap::new(),
    };
    let root = query(asked);
    let outcome = Execution::new(&SCHEMA, document)
        .raw_variable_values(&raw)
        .operation_name(name)
        .and_then(|execution| execution.execute_sync(&root));
    let response = match outcome {
        Ok(response) => response,
        Err(error) => {
            return Reply::json(
                200,
                &json!({"errors": [{"message": error.message().to_string()}]}),
            );
        }
    };
    let fatal = asked.fatal.borrow();
    if !fatal.is_empty() {
        return Reply::json(200, &json!({"errors": *fatal}));
    }
    let mut answer = serde_json::to_value(&response).expect("an answer as JSON");
    if let Some(errors) = answer.get_mut("errors").and_then(Value::as_array_mut) {
        for error in errors.iter_mut() {
            spell(error);
        }
        // One item fails once, however many fields were asked of it.
        errors.dedup_by(|a, b| a["path"] == b["path"]);
    }
    Reply::json(200, &answer)
}

/// Resolvers put GitHub's type in front of the message; here it gets its own key, as GitHub has it.
fn spell(error: &mut Value) {
    let text = error["message"].as_str().unwrap_or_default().to_owned();
    let Some((kind, message)) = text.split_once('\u{1}') else {
        return;
    };
    // The library says first who failed.
    let kind = kind.rsplit(' ').next().unwrap_or_default();
    if kind.starts_with(HOLE)
        && let Some(path) = error["path"].as_array_mut()
    {
        path.pop();
    }
    error["type"] = kind.trim_start_matches(HOLE).into();
    error["message"] = message.into();
    if message.contains("SAML") {
        error["extensions"] = json!({"saml_failure": true});
    }
}

fn failure(kind: &str, message: impl AsRef<str>) -> FieldError {
    FieldError {
        message: format!("{kind}\u{1}{}", message.as_ref()),
    }
}

/// Counts what a query could return, and finds pages without bounds, before anything runs.
struct Bounds<'a> {
    document: &'a Valid<ExecutableDocument>,
    variables: &'a Map<String, Value>,
    nodes: u64,
    requests: u64,
    errors: Vec<Value>,
}

impl Bounds<'_> {
    fn walk(&mut self, set: &SelectionSet, times: u64) {
        for selection in &set.selections {
            match selection {
                Selection::Field(field) => self.field(field, times),
                Selection::InlineFragment(fragment) => self.walk(&fragment.selection_set, times),
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = self.document.fragments.get(&spread.fragment_name) {
                        self.walk(&fragment.selection_set, times);
                    }
                }
            }
        }
    }

    fn field(&mut self, field: &Field, times: u64) {
        let kind = field.definition.ty.inner_named_type().as_str();
        if !kind.ends_with("Connection") {
            return self.walk(&field.selection_set, times);
        }
        self.requests += times;
        let lists = field
            .selection_set
            .selections
            .iter()
            .any(|selection| match selection {
                Selection::Field(inner) => matches!(inner.name.as_str(), "nodes" | "edges"),
                _ => true,
            });
        let first = self.argument(field, "first");
        let last = self.argument(field, "last");
        let name = field.name.as_str();
        let Some(page) = first.or(last) else {
            if lists {
                self.errors.push(json!({
                    "type": "MISSING_PAGINATION_BOUNDARIES",
                    "message": format!("You must provide a `first` or `last` value to properly paginate the `{name}` connection."),
                }));
            }
            return self.walk(&field.selection_set, times);
        };
        if !(1..=100).contains(&page) {
            self.errors.push(json!({
                "type": "EXCESSIVE_PAGINATION",
                "message": format!("Requesting {page} records on the `{name}` connection exceeds the `first` limit of 100 records."),
            }));
        }
        let page = u64::try_from(page).unwrap_or_default();
        self.nodes += times * page;
        self.walk(&field.selection_set, times * page);
    }

    fn argument(&self, field: &Field, name: &str) -> Option<i64> {
        let argument = field
            .arguments
            .iter()
            .find(|argument| argument.name.as_str() == name)?;
        match &*argument.value {
            ast::Value::Int(number) => number.as_str().parse().ok(),
            ast::Value::Variable(variable) => self.variables.get(variable.as_str())?.as_i64(),
            _ => None,
        }
    }
}

/// What a field has; lifetimes of the library's own type could not be shortened.
enum Answered<'a> {
    Leaf(JsonValue),
    Object(Object<'a>),
    List(Vec<Resolved<'a>>),
}

fn into_value<'long: 'short, 'short>(
    item: Resolved<'long>,
) -> Result<ResolvedValue<'short>, FieldError> {
    item.map(|answered| match answered {
        Answered::Leaf(value) => ResolvedValue::Leaf(value),
        Answered::Object(object) => ResolvedValue::Object(Box::new(object)),
        Answered::List(items) => ResolvedValue::List(Box::new(items.into_iter().map(into_value))),
    })
}

type Resolved<'a> = Result<Answered<'a>, FieldError>;
type Resolver<'a> = Box<dyn Fn(&str, &JsonMap) -> Resolved<'a> + 'a>;

/// An object whose fields a closure resolves.
struct Object<'a> {
    type_name: &'static str,
    resolve: Resolver<'a>,
}

impl ObjectValue for Object<'_> {
    fn type_name(&self) -> &str {
        self.type_name
    }

    fn resolve_field<'a>(
        &'a self,
        info: &'a ResolveInfo<'a>,
    ) -> Result<ResolvedValue<'a>, FieldError> {
        into_value((self.resolve)(info.field_name(), info.arguments()))
    }
}

fn object<'a>(
    type_name: &'static str,
    resolve: impl Fn(&str, &JsonMap) -> Resolved<'a> + 'a,
) -> Object<'a> {
    Object {
        type_name,
        resolve: Box::new(resolve),
    }
}

/// An object of leaves alone.
fn plain<'a>(type_name: &'static str, fields: Value) -> Answered<'a> {
    Answered::Object(object(type_name, move |name, _| match fields.get(name) {
        Some(value) => leaf(value.clone()),
        None => unanswered(type_name, name),
    }))
}

fn leaf<'a>(value: impl Into<Value>) -> Resolved<'a> {
    Ok(Answered::Leaf(JsonValue::from(value.into())))
}

fn null<'a>() -> Resolved<'a> {
    leaf(Value::Null)
}

fn maybe<'a>(object: Option<Object<'a>>) -> Resolved<'a> {
    match object {
        Some(object) => Ok(Answered::Object(object)),
        None => null(),
    }
}

fn unanswered<'a>(type_name: &str, field: &str) -> Resolved<'a> {
    Err(failure(
        "INTERNAL",
        format!("the loopback server does not answer {type_name}.{field}"),
    ))
}

fn text<'a>(arguments: &'a JsonMap, name: &str) -> Option<&'a str> {
    arguments.get(name)?.as_str()
}

fn query<'a>(asked: &'a Asked<'a>) -> Object<'a> {
    object("Query", move |field, arguments| match field {
        "viewer" => match asked.who {
            Who::Person(token) => maybe(
                asked
                    .world
                    .people
                    .get(&token.login.to_lowercase())
                    .map(|p| user(asked, p)),
            ),
            _ => Ok(plain(
                "User",
                json!({
                    "login": asked.who.login(), "name": null, "avatarUrl": asked.web, "id": "BOT_1",
                }),
            )),
        },
        "rateLimit" => Ok(plain(
            "RateLimit",
            json!({
                "cost": asked.cost, "limit": asked.world.hourly_limit, "nodeCount": asked.nodes,
                "remaining": asked.remaining, "resetAt": date(reset(asked.now)), "used": asked.world.points_used,
            }),
        )),
        "organization" | "repositoryOwner" | "user" => {
            let login = text(arguments, "login").unwrap_or_default();
            owner(asked, login, field)
        }
        "repository" => {
            let login = text(arguments, "owner").unwrap_or_default();
            let name = text(arguments, "name").unwrap_or_default();
            find_repository(asked, login, name)
        }
        "nodes" => {
            let ids: Vec<String> = arguments
                .get("ids")
                .and_then(JsonValue::as_array)
                .into_iter()
                .flatten()
                .filter_map(|id| id.as_str().map(str::to_owned))
                .collect();
            Ok(Answered::List(
                ids.iter().map(|id| node(asked, id)).collect(),
            ))
        }
        "node" => node(asked, text(arguments, "id").unwrap_or_default()),
        _ => unanswered("Query", field),
    })
}

/// Repositories by id; other nodes are not asked for by anybody.
fn node<'a>(asked: &'a Asked<'a>, id: &str) -> Resolved<'a> {
    for account in &asked.world.accounts {
        for found in &account.repositories {
            if repository_id(found) == id && asked.who.sees(account, found) {
                return Ok(Answered::Object(repository(asked, account, found)));
            }
        }
    }
    Err(failure(
        "NOT_FOUND",
        format!("Could not resolve to a node with the global id of '{id}'"),
    ))
}

fn owner<'a>(asked: &'a Asked<'a>, login: &str, field: &str) -> Resolved<'a> {
    let missing = |kind: &str| {
        Err(failure(
            "NOT_FOUND",
            format!("Could not resolve to {kind} with the login of '{login}'."),
        ))
    };
    if let Some(account) = asked.world.find_account(login) {
        if asked.who.lacks_sso(account) {
            return Err(failure(
                "FORBIDDEN",
                "Resource protected by organization SAML enforcement. You must grant your Personal Access token access to this organization.",
            ));
        }
        if account.is_organization && field != "user" {
            return Ok(Answered::Object(organization(asked, account)));
        }
    }
    match field {
        "organization" => missing("an Organization"),
        // Unknown owners are null without an error, as GitHub has it.
        "repositoryOwner" => maybe(
            asked
                .world
                .people
                .get(&login.to_lowercase())
                .map(|p| user(asked, p)),
        ),
        _ => match asked.world.people.get(&login.to_lowercase()) {
            Some(person) => Ok(Answered::Object(user(asked, person))),
            None => missing("a User"),
        },
    }
}

fn find_repository<'a>(asked: &'a Asked<'a>, login: &str, name: &str) -> Resolved<'a> {
    let account = asked.world.find_account(login);
    if account.is_some_and(|account| asked.who.lacks_sso(account)) {
        return Err(failure(
            "FORBIDDEN",
            "Resource protected by organization SAML enforcement. You must grant your Personal Access token access to this organization.",
        ));
    }
    let found = account.and_then(|account| {
        let found = account.find_repository(name)?;
        asked
            .who
            .sees(account, found)
            .then(|| repository(asked, account, found))
    });
    match found {
        Some(found) => Ok(Answered::Object(found)),
        None => Err(failure(
            "NOT_FOUND",
            format!("Could not resolve to a Repository with the name '{login}/{name}'."),
        )),
    }
}

/// Refuses the whole query where a classic token lacks the scope of a field, as GitHub does.
fn needs_scope(asked: &Asked<'_>, field: &str, any_of: &[&str]) {
    let Who::Person(Token {
        scopes: Some(scopes),
        ..
    }) = asked.who
    else {
        return;
    };
    let wider = ["admin:org", "write:org", "user"];
    if asked.who.has_scope(any_of) || scopes.iter().any(|scope| wider.contains(&scope.as_str())) {
        return;
    }
    let quoted = |list: Vec<String>| {
        list.iter()
            .map(|scope| format!("'{scope}'"))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let message = format!(
        "Your token has not been granted the required scopes to execute this query. The '{field}' field requires one of the following scopes: [{}], but your token has only been granted the: [{}] scopes.",
        quoted(any_of.iter().map(|scope| (*scope).to_owned()).collect()),
        quoted(scopes.clone()),
    );
    asked
        .fatal
        .borrow_mut()
        .push(json!({"type": "INSUFFICIENT_SCOPES", "message": message}));
}

fn organization<'a>(asked: &'a Asked<'a>, account: &'a Account) -> Object<'a> {
    object("Organization", move |field, arguments| match field {
        "login" => leaf(account.login.as_str()),
        "id" => leaf(format!("O_{}", account.id)),
        "databaseId" => leaf(account.id),
        "name" => leaf(account.login.as_str()),
        "description" => null(),
        "avatarUrl" => leaf(format!("{}/avatars/u/{}", asked.web, account.id)),
        "url" => leaf(format!("{}/{}", asked.web, account.login)),
        "repositories" => repositories(asked, account, arguments),
        "repository" => find_repository(
            asked,
            &account.login,
            text(arguments, "name").unwrap_or_default(),
        ),
        "teams" => {
            needs_scope(asked, "teams", &["read:org"]);
            let teams = account
                .teams
                .iter()
                .map(|t| (Key::Text(t.name.clone()), t.id, t))
                .collect();
            connection(teams, false, arguments, "TeamConnection", move |team| {
                Ok(team_object(asked, account, team))
            })
        }
        "team" => {
            needs_scope(asked, "team", &["read:org"]);
            let slug = text(arguments, "slug").unwrap_or_default();
            maybe(
                account
                    .teams
                    .iter()
                    .find(|team| team.slug == slug)
                    .map(|team| team_object(asked, account, team)),
            )
        }
        "membersWithRole" => {
            needs_scope(asked, "membersWithRole", &["read:org"]);
            people(
                asked,
                &account.members,
                arguments,
                "OrganizationMemberConnection",
            )
        }
        _ => unanswered("Organization", field),
    })
}

fn people<'a>(
    asked: &'a Asked<'a>,
    logins: &'a [String],
    arguments: &JsonMap,
    type_name: &'static str,
) -> Resolved<'a> {
    let found = logins
        .iter()
        .filter_map(|login| asked.world.people.get(&login.to_lowercase()))
        .map(|person| (Key::Text(person.login.to_lowercase()), person.id, person))
        .collect();
    connection(found, false, arguments, type_name, move |person| {
        Ok(user(asked, person))
    })
}

fn user<'a>(asked: &'a Asked<'a>, person: &'a User) -> Object<'a> {
    object("User", move |field, arguments| match field {
        "login" => leaf(person.login.as_str()),
        "id" => leaf(format!("U_{}", person.id)),
        "databaseId" => leaf(person.id),
        "name" => leaf(person.name.clone()),
        "bio" => leaf(person.bio.clone()),
        "company" => null(),
        "email" => {
            needs_scope(asked, "email", &["user:email", "read:user"]);
            leaf(person.email.as_str())
        }
        "avatarUrl" => leaf(format!("{}/avatars/u/{}", asked.web, person.id)),
        "url" => leaf(format!("{}/{}", asked.web, person.login)),
        "organizationVerifiedDomainEmails" => Ok(Answered::List(
            person
                .verified_emails
                .iter()
                .map(|address| leaf(address.as_str()))
                .collect(),
        )),
        "organizations" => {
            let member = |account: &&'a Account| {
                account.is_organization && account.members.contains(&person.login)
            };
            let found = asked
                .world
                .accounts
                .iter()
                .filter(member)
                .map(|account| (Key::Text(account.login.clone()), account.id, account))
                .collect();
            connection(
                found,
                false,
                arguments,
                "OrganizationConnection",
                move |account| Ok(organization(asked, account)),
            )
        }
        "repositories" => match asked.world.find_account(&person.login) {
            Some(account) => repositories(asked, account, arguments),
            None => connection(
                Vec::<(Key, u64, ())>::new(),
                false,
                arguments,
                "RepositoryConnection",
                |()| Err(failure("INTERNAL", "no repository")),
            ),
        },
        "repository" => find_repository(
            asked,
            &person.login,
            text(arguments, "name").unwrap_or_default(),
        ),
        _ => unanswered("User", field),
    })
}

fn team_object<'a>(asked: &'a Asked<'a>, account: &'a Account, team: &'a Team) -> Object<'a> {
    object("Team", move |field, arguments| match field {
        "id" => leaf(format!("T_{}", team.id)),
        "databaseId" => leaf(team.id),
        "slug" => leaf(team.slug.as_str()),
        "combinedSlug" => leaf(format!("{}/{}", account.login, team.slug)),
        "name" => leaf(team.name.as_str()),
        "description" => leaf(team.description.clone()),
        "avatarUrl" => leaf(format!("{}/avatars/t/{}", asked.web, team.id)),
        "url" => leaf(format!(
            "{}/orgs/{}/teams/{}",
            asked.web, account.login, team.slug
        )),
        "editTeamUrl" => leaf(format!(
            "{}/orgs/{}/teams/{}/edit",
            asked.web, account.login, team.slug
        )),
        "privacy" => leaf("VISIBLE"),
        "organization" => Ok(Answered::Object(organization(asked, account))),
        "parentTeam" => {
            let parent = account
                .teams
                .iter()
                .find(|other| Some(&other.slug) == team.parent.as_ref());
            maybe(parent.map(|parent| team_object(asked, account, parent)))
        }
        "members" => people(asked, &team.members, arguments, "TeamMemberConnection"),
        _ => unanswered("Team", field),
    })
}

/// An item that is null with an error of its own: each of its fields fails, and [`spell`] gives the error
/// the item's path.
fn hole<'a>(type_name: &'static str, kind: &'static str, message: &'static str) -> Object<'a> {
    object(type_name, move |_, _| {
        Err(failure(&format!("{HOLE}{kind}"), message))
    })
}

const HOLE: &str = "HOLE:";

/// What a list is sorted by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Number(i64),
    Text(String),
}

fn repositories<'a>(
    asked: &'a Asked<'a>,
    account: &'a Account,
    arguments: &JsonMap,
) -> Resolved<'a> {
    let order = arguments.get("orderBy").and_then(JsonValue::as_object);
    let by = order
        .and_then(|order| order.get("field"))
        .and_then(JsonValue::as_str)
        .unwrap_or("CREATED_AT");
    let descending = order
        .and_then(|order| order.get("direction"))
        .and_then(JsonValue::as_str)
        == Some("DESC");
    let archived = arguments.get("isArchived").and_then(JsonValue::as_bool);
    let fork = arguments.get("isFork").and_then(JsonValue::as_bool);
    let visibility = text(arguments, "visibility").map(str::to_lowercase);
    let found = account
        .repositories
        .iter()
        .filter(|repository| asked.who.sees(account, repository))
        .filter(|repository| archived.is_none_or(|want| repository.archived == want))
        .filter(|repository| fork.is_none_or(|want| repository.fork == want))
        .filter(|repository| {
            visibility
                .as_ref()
                .is_none_or(|want| repository.visibility.lower() == want)
        })
        .map(|repository| {
            let key = match by {
                "NAME" => Key::Text(repository.name.to_lowercase()),
                "PUSHED_AT" => Key::Number(repository.pushed_at),
                "UPDATED_AT" => Key::Number(repository.updated_at),
                _ => Key::Number(i64::try_from(repository.id).unwrap_or_default()),
            };
            (key, repository.id, repository)
        })
        .collect();
    connection(
        found,
        descending,
        arguments,
        "RepositoryConnection",
        move |found| {
            if found.unreadable {
                return Ok(hole(
                    "Repository",
                    "FORBIDDEN",
                    "Although you appear to have the correct authorization credentials, the organization has enabled an access policy.",
                ));
            }
            Ok(repository(asked, account, found))
        },
    )
}

fn repository_id(repository: &Repository) -> String {
    format!("R_{}", repository.id)
}

fn repository<'a>(asked: &'a Asked<'a>, account: &'a Account, found: &'a Repository) -> Object<'a> {
    object("Repository", move |field, arguments| match field {
        "id" => leaf(repository_id(found)),
        "databaseId" => leaf(found.id),
        "name" => leaf(found.name.as_str()),
        "nameWithOwner" => leaf(format!("{}/{}", account.login, found.name)),
        "url" => leaf(format!("{}/{}/{}", asked.web, account.login, found.name)),
        "description" => leaf(found.description.clone()),
        "isArchived" => leaf(found.archived),
        "isFork" => leaf(found.fork),
        "isEmpty" => leaf(found.branches.is_empty()),
        "isPrivate" => leaf(found.visibility.lower() != "public"),
        "isDisabled" | "isTemplate" => leaf(false),
        "visibility" => leaf(found.visibility.lower().to_uppercase()),
        "pushedAt" => leaf(date(found.pushed_at)),
        "updatedAt" => leaf(date(found.updated_at)),
        "owner" => owner(asked, &account.login, "repositoryOwner"),
        "defaultBranchRef" => {
            let exists = found.branches.contains_key(&found.default_branch);
            maybe(exists.then(|| reference(found, &found.default_branch)))
        }
        "ref" => {
            let name = text(arguments, "qualifiedName").unwrap_or_default();
            let name = name.strip_prefix("refs/heads/").unwrap_or(name);
            maybe(
                found
                    .branches
                    .get_key_value(name)
                    .map(|(name, _)| reference(found, name)),
            )
        }
        "repositoryTopics" => {
            let topics = found
                .topics
                .iter()
                .zip(0_u64..)
                .map(|(topic, number)| (Key::Number(number.cast_signed()), number, topic))
                .collect();
            connection(
                topics,
                false,
                arguments,
                "RepositoryTopicConnection",
                move |topic| {
                    let (name, web) = (topic.clone(), asked.web);
                    Ok(object("RepositoryTopic", move |field, _| match field {
                        "id" => leaf(format!("RT_{name}")),
                        "url" => leaf(format!("{web}/topics/{name}")),
                        "topic" => Ok(plain(
                            "Topic",
                            json!({"id": format!("TO_{name}"), "name": name}),
                        )),
                        _ => unanswered("RepositoryTopic", field),
                    }))
                },
            )
        }
        "object" if found.contents_refused => Err(failure(
            "FORBIDDEN",
            "Resource not accessible by personal access token",
        )),
        "object" => match (text(arguments, "expression"), text(arguments, "oid")) {
            (Some(expression), None) => git_object(found, expression),
            (None, Some(oid)) => git_object(found, oid),
            _ => Err(failure("INVALID", "give one of `expression` and `oid`")),
        },
        _ => unanswered("Repository", field),
    })
}

fn reference<'a>(found: &'a Repository, name: &'a str) -> Object<'a> {
    object("Ref", move |field, _| match field {
        "id" => leaf(format!("REF_{}_{name}", found.id)),
        "name" => leaf(name),
        "prefix" => leaf("refs/heads/"),
        "target" => git_object(found, name),
        _ => unanswered("Ref", field),
    })
}

/// What a Git expression names: `REF:path`, `REF:`, a ref, or an object id.
fn git_object<'a>(found: &'a Repository, expression: &str) -> Resolved<'a> {
    let base = |kind: &str, oid: &str| json!({"id": format!("{kind}_{oid}"), "oid": oid, "abbreviatedOid": &oid[..7]});
    let with = |mut fields: Value, more: Value| {
        if let (Some(fields), Value::Object(more)) = (fields.as_object_mut(), more) {
            fields.extend(more);
        }
        fields
    };
    let blob = |content: &[u8]| {
        let oid = git::blob_id(content);
        let is_binary = content.contains(&0) || std::str::from_utf8(content).is_err();
        let is_truncated = !is_binary && content.len() > TEXT_LIMIT;
        let shown = &content[..content.len().min(TEXT_LIMIT)];
        let text = (!is_binary).then(|| String::from_utf8_lossy(shown).into_owned());
        Ok(plain(
            "Blob",
            with(
                base("B", &oid),
                json!({
                    "byteSize": content.len(), "isBinary": is_binary, "isTruncated": is_truncated, "text": text,
                }),
            ),
        ))
    };
    if let Some((name, path)) = expression.split_once(':') {
        let Some(files) = found.files_at(name) else {
            return null();
        };
        if let Some(content) = files.get(path) {
            return blob(content);
        }
        let below = git::below(files, path);
        return if below.is_empty() && !path.is_empty() {
            null()
        } else {
            Ok(Answered::Object(tree(found, path.to_owned(), below)))
        };
    }
    if let Some(files) = found.files_at(expression) {
        let oid = git::commit_id(&found.name, found.id, &git::tree_id(files));
        return Ok(plain("Commit", base("C", &oid)));
    }
    let all = found.branches.values().flat_map(|files| files.values());
    if let Some(content) = all
        .into_iter()
        .find(|content| git::blob_id(content) == expression)
    {
        return blob(content);
    }
    for files in found.branches.values() {
        let folder = git::entries(files)
            .into_iter()
            .find(|entry| entry.is_tree && entry.id == expression);
        if let Some(folder) = folder {
            let below = git::below(files, &folder.path);
            return Ok(Answered::Object(tree(found, folder.path, below)));
        }
    }
    null()
}

/// A folder with its names; `at` is its path, for the links of the repository.
fn tree<'a>(found: &'a Repository, at: String, files: git::Files) -> Object<'a> {
    object("Tree", move |field, _| match field {
        "id" => leaf(format!("T_{}", git::tree_id(&files))),
        "oid" => leaf(git::tree_id(&files)),
        "abbreviatedOid" => leaf(&git::tree_id(&files)[..7]),
        "entries" => {
            let names: std::collections::BTreeSet<&str> = files
                .keys()
                .map(|path| path.split('/').next().unwrap_or_default())
                .collect();
            let entries = names.into_iter().map(|name| {
                let path = match at.as_str() {
                    "" => name.to_owned(),
                    at => format!("{at}/{name}"),
                };
                match files.get(name) {
                    Some(content) => Ok(Answered::Object(file_entry(
                        found,
                        name,
                        path,
                        content.clone(),
                    ))),
                    None => {
                        let below = git::below(&files, name);
                        Ok(Answered::Object(folder_entry(found, name, path, below)))
                    }
                }
            });
            Ok(Answered::List(entries.collect()))
        }
        _ => unanswered("Tree", field),
    })
}

fn file_entry<'a>(found: &'a Repository, name: &str, path: String, content: Vec<u8>) -> Object<'a> {
    let name = name.to_owned();
    let mode = match found.links.contains(&path) {
        true => 0o120_000,
        false => 0o100_644,
    };
    object("TreeEntry", move |field, _| match field {
        "name" => leaf(name.as_str()),
        "path" => leaf(path.as_str()),
        "type" => leaf("blob"),
        "mode" => leaf(mode),
        "size" => leaf(content.len()),
        "oid" => leaf(git::blob_id(&content)),
        "object" => git_object(found, &git::blob_id(&content)),
        _ => unanswered("TreeEntry", field),
    })
}

fn folder_entry<'a>(
    found: &'a Repository,
    name: &str,
    path: String,
    files: git::Files,
) -> Object<'a> {
    let name = name.to_owned();
    object("TreeEntry", move |field, _| match field {
        "name" => leaf(name.as_str()),
        "path" => leaf(path.as_str()),
        "type" => leaf("tree"),
        "mode" => leaf(0o040_000),
        "size" => leaf(0),
        "oid" => leaf(git::tree_id(&files)),
        "object" => Ok(Answered::Object(tree(found, path.clone(), files.clone()))),
        _ => unanswered("TreeEntry", field),
    })
}

/// One page of a sorted list. A cursor holds the sort value and the id, so that what is removed or moved
/// between two pages neither repeats nor hides the rest.
fn connection<'a, T: Clone + 'a>(
    mut items: Vec<(Key, u64, T)>,
    descending: bool,
    arguments: &JsonMap,
    type_name: &'static str,
    make: impl Fn(T) -> Result<Object<'a>, FieldError> + 'a,
) -> Resolved<'a> {
    items.sort_by(|a, b| {
        let order = (&a.0, a.1).cmp(&(&b.0, b.1));
        if descending { order.reverse() } else { order }
    });
    let total = items.len();
    let mut start = 0;
    if let Some(cursor) = text(arguments, "after") {
        let Some((key, id)) = read_cursor(cursor) else {
            return Err(failure(
                "INVALID_CURSOR_ARGUMENTS",
                format!("`{cursor}` does not appear to be a valid cursor."),
            ));
        };
        start = items.partition_point(|(have, at, _)| {
            let order = (have, *at).cmp(&(&key, id));
            if descending {
                order.is_ge()
            } else {
                order.is_le()
            }
        });
    }
    let first = arguments
        .get("first")
        .and_then(JsonValue::as_i64)
        .and_then(|n| usize::try_from(n).ok());
    let end = (start + first.unwrap_or(0)).min(total);
    let cursor = |index: usize| items.get(index).map(|(key, id, _)| write_cursor(key, *id));
    let info = json!({
        "endCursor": (end > start).then(|| cursor(end - 1)).flatten(),
        "startCursor": (end > start).then(|| cursor(start)).flatten(),
        "hasNextPage": end < total, "hasPreviousPage": start > 0,
    });
    let page: Vec<T> = items.drain(start..end).map(|(_, _, item)| item).collect();
    Ok(Answered::Object(object(
        type_name,
        move |field, _| match field {
            "totalCount" => leaf(total),
            "totalDiskUsage" => leaf(0),
            "pageInfo" => Ok(plain("PageInfo", info.clone())),
            "nodes" => Ok(Answered::List(
                page.iter()
                    .cloned()
                    .map(|item| make(item).map(Answered::Object))
                    .collect(),
            )),
            _ => unanswered(type_name, field),
        },
    )))
}

fn write_cursor(key: &Key, id: u64) -> String {
    let text = match key {
        Key::Number(number) => format!("n:{number}:{id}"),
        Key::Text(text) => format!("t:{text}:{id}"),
    };
    base64::engine::general_purpose::STANDARD.encode(format!("cursor:v2:{text}"))
}

fn read_cursor(cursor: &str) -> Option<(Key, u64)> {
    let bytes = base64::engine::general_purpose::STANDARD
        .decode(cursor)
        .ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (kind, rest) = text.strip_prefix("cursor:v2:")?.split_once(':')?;
    let (key, id) = rest.rsplit_once(':')?;
    let key = match kind {
        "n" => Key::Number(key.parse().ok()?),
        _ => Key::Text(key.to_owned()),
    };
    Some((key, id.parse().ok()?))
}
