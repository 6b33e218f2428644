//! What the loopback GitHub holds: accounts, repositories with their files, teams, people, tokens, Apps.
//!
//! Builders take what a test says and fill in the rest; everything stays public, so that a test can change it
//! while the server runs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use super::bare::Bare;
use super::git;

/// Everything on the server.
#[derive(Debug, Default)]
pub struct World {
    pub accounts: Vec<Account>,
    pub people: BTreeMap<String, User>,
    pub tokens: BTreeMap<String, Token>,
    pub apps: Vec<App>,
    pub device: DeviceFlow,
    /// Requests an hour, as the headers tell.
    pub hourly_limit: u64,
    /// Requests used so far in this hour.
    pub used: u64,
    /// Points used so far in this hour.
    pub points_used: u64,
    /// Tokens handed out to installations: the token, its App and owner, and when it ends (Unix seconds).
    pub issued: Vec<IssuedToken>,
    /// Entries after which a recursive tree listing is cut short.
    pub tree_limit: Option<usize>,
    /// The two halves of the key that secrets are sealed for.
    pub seal: ([u8; 32], [u8; 32]),
    next_id: u64,
}

/// A token handed out to an installation.
#[derive(Debug, Clone)]
pub struct IssuedToken {
    pub token: String,
    pub app_id: u64,
    pub owner: String,
    pub expires_at: i64,
}

/// An organisation or a user with repositories.
#[derive(Debug, Clone)]
pub struct Account {
    pub login: String,
    pub is_organization: bool,
    pub id: u64,
    pub repositories: Vec<Repository>,
    pub teams: Vec<Team>,
    /// Logins of members.
    pub members: Vec<String>,
    /// Tokens that are not authorised for single sign-on see nothing of it.
    pub requires_sso: bool,
}

/// A repository.
#[derive(Debug, Clone)]
pub struct Repository {
    pub id: u64,
    pub name: String,
    pub description: Option<String>,
    pub default_branch: String,
    /// Files by branch, by path. No branch at all: an empty repository.
    pub branches: BTreeMap<String, git::Files>,
    /// Earlier and present heads: commit id and its files.
    pub history: Vec<(String, git::Files)>,
    /// Unix seconds.
    pub pushed_at: i64,
    pub updated_at: i64,
    pub archived: bool,
    pub fork: bool,
    pub visibility: Visibility,
    pub topics: Vec<String>,
    /// Comes back as null with an error in lists of GraphQL, as a repository that a policy hides.
    pub unreadable: bool,
    /// GraphQL refuses its files, as for a token without the right to contents.
    pub contents_refused: bool,
    /// Paths of files that are symbolic links; their content is the target.
    pub links: Vec<String>,
    /// Paths of files that can be run, as trees of REST tell.
    pub executables: Vec<String>,
    /// What was written to it.
    pub hub: Hub,
}

/// What a repository was given by requests that write.
#[derive(Debug, Clone, Default)]
pub struct Hub {
    /// The repository as git keeps it, once something was written to it.
    pub bare: Option<Arc<Bare>>,
    /// Branches and their commits there.
    pub heads: BTreeMap<String, String>,
    /// Unix seconds; `pushed_at` where it was not made by a request.
    pub created_at: Option<i64>,
    /// What it was made with, and what was changed since.
    pub body: Value,
    /// People and their level.
    pub people: BTreeMap<String, String>,
    /// Teams and their level.
    pub teams: BTreeMap<String, String>,
    pub variables: BTreeMap<String, String>,
    /// Secrets, opened.
    pub secrets: BTreeMap<String, String>,
    pub environments: BTreeMap<String, Environment>,
    /// Protected branches.
    pub protection: BTreeMap<String, Value>,
    /// Branches that want signed commits.
    pub signed: BTreeSet<String>,
    pub hooks: Vec<Value>,
    pub autolinks: Vec<Value>,
    pub keys: Vec<Value>,
    pub pages: Option<Value>,
    pub issues: Vec<Value>,
    pub pulls: Vec<Value>,
    pub runs: Vec<Value>,
    pub oidc: Value,
    pub subscription: Value,
    pub workflow_access: String,
    /// `id`, `name`, `source`, `source_type` and `rules`, a list of their types.
    pub rulesets: Vec<Value>,
    /// Whether the owner's plan has no protection for private repositories.
    pub free_plan: bool,
}

/// A deployment environment.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    pub body: Value,
    pub policies: Vec<Value>,
    pub variables: BTreeMap<String, String>,
    /// Secrets, opened.
    pub secrets: BTreeMap<String, String>,
}

/// Who sees a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visibility {
    Public,
    Private,
    Internal,
}

impl Visibility {
    pub(super) fn lower(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Private => "private",
            Self::Internal => "internal",
        }
    }
}

/// A team of an organisation.
#[derive(Debug, Clone)]
pub struct Team {
    pub id: u64,
    pub slug: String,
    pub name: String,
    pub description: Option<String>,
    /// The parent's slug.
    pub parent: Option<String>,
    pub members: Vec<String>,
}

/// A person.
#[derive(Debug, Clone)]
pub struct User {
    pub id: u64,
    pub login: String,
    pub name: Option<String>,
    pub bio: Option<String>,
    pub email: String,
    /// E-mail addresses at the organisations' verified domains.
    pub verified_emails: Vec<String>,
}

/// A person's token.
#[derive(Debug, Clone)]
pub struct Token {
    pub login: String,
    /// A classic token's scopes; `None` for a fine-grained one.
    pub scopes: Option<Vec<String>>,
    /// A fine-grained token sees these repositories alone (`owner/name`); `None` for all.
    pub only: Option<Vec<String>>,
    /// Organisations (logins) for which it is authorised for single sign-on.
    pub sso: Vec<String>,
}

/// A GitHub App.
#[derive(Debug, Clone)]
pub struct App {
    pub id: u64,
    /// PEM of the public key that its JWTs are checked with.
    pub public_key: String,
    pub installations: Vec<Installation>,
    /// Seconds an installation token lasts.
    pub token_seconds: i64,
}

/// An App's installation at an owner.
#[derive(Debug, Clone)]
pub struct Installation {
    pub id: u64,
    pub owner: String,
    pub suspended: bool,
    /// `contents` → `read`.
    pub permissions: BTreeMap<String, String>,
}

/// The device flow's state: what a person at the browser has done so far.
#[derive(Debug, Clone, Default)]
pub struct DeviceFlow {
    /// The client id that is known; any other is refused.
    pub client_id: Option<String>,
    /// Answers to coming polls, first to last: an error code (`authorization_pending`, `slow_down`,
    /// `expired_token`, `access_denied`) or, beginning with `token:`, the token. The last one stays.
    pub answers: Vec<String>,
    /// Seconds between polls that the client is told.
    pub interval: u64,
    /// Scopes asked for at the last start.
    pub asked_scopes: Option<String>,
}

impl World {
    pub fn new() -> Self {
        Self {
            hourly_limit: 5_000,
            next_id: 1_000,
            seal: dryoc::classic::crypto_box::crypto_box_keypair(),
            ..Self::default()
        }
    }

    /// A number nobody has yet.
    pub fn fresh_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    /// Adds a token; its person is made where there is none of that login.
    #[must_use]
    pub fn token(mut self, secret: &str, token: Token) -> Self {
        self.ensure_person(&token.login.clone());
        self.tokens.insert(secret.to_owned(), token);
        self
    }

    #[must_use]
    pub fn organization(self, account: Account) -> Self {
        self.account(account)
    }

    /// Adds an account; people and ids are made where they are missing.
    #[must_use]
    pub fn account(mut self, account: Account) -> Self {
        self.add_account(account);
        self
    }

    pub fn add_account(&mut self, mut account: Account) {
        account.id = self.fresh_id();
        for team in &mut account.teams {
            team.id = self.fresh_id();
        }
        let mut logins: Vec<String> = account.members.clone();
        logins.extend(account.teams.iter().flat_map(|team| team.members.clone()));
        for login in logins {
            self.ensure_person(&login);
            if !account.members.contains(&login) {
                account.members.push(login);
            }
        }
        let repositories = std::mem::take(&mut account.repositories);
        if !account.is_organization {
            self.ensure_person(&account.login);
        }
        let login = account.login.clone();
        self.accounts.push(account);
        for repository in repositories {
            self.add_repository(&login, repository);
        }
    }

    /// Adds a repository to an account that exists.
    pub fn add_repository(&mut self, owner: &str, mut repository: Repository) {
        repository.id = self.fresh_id();
        repository.remember_head();
        self.account_mut(owner)
            .expect("the account exists")
            .repositories
            .push(repository);
    }

    #[must_use]
    pub fn person(mut self, user: User) -> Self {
        let id = self.fresh_id();
        self.people
            .insert(user.login.to_lowercase(), User { id, ..user });
        self
    }

    #[must_use]
    pub fn app(mut self, app: App) -> Self {
        self.apps.push(app);
        self
    }

    /// Adds a folder: `FOLDER/OWNER/REPOSITORY/files…`; every owner becomes an organisation.
    pub fn add_folder(&mut self, folder: &Path) -> std::io::Result<()> {
        for owner in sorted_folders(folder)? {
            let mut account = Account::organization(&file_name(&owner));
            for path in sorted_folders(&owner)? {
                let mut files = git::Files::new();
                read_files(&path, "", &mut files)?;
                let mut repository = Repository::new(&file_name(&path));
                let branch = repository.default_branch.clone();
                repository.branches.insert(branch, files);
                account.repositories.push(repository);
            }
            self.add_account(account);
        }
        Ok(())
    }

    fn ensure_person(&mut self, login: &str) {
        if !self.people.contains_key(&login.to_lowercase()) {
            let id = self.fresh_id();
            self.people.insert(
                login.to_lowercase(),
                User {
                    id,
                    ..User::new(login)
                },
            );
        }
    }

    pub fn find_account(&self, login: &str) -> Option<&Account> {
        self.accounts
            .iter()
            .find(|account| account.login.eq_ignore_ascii_case(login))
    }

    pub fn account_mut(&mut self, login: &str) -> Option<&mut Account> {
        self.accounts
            .iter_mut()
            .find(|account| account.login.eq_ignore_ascii_case(login))
    }

    pub fn repository_mut(&mut self, owner: &str, name: &str) -> Option<&mut Repository> {
        self.account_mut(owner)?
            .repositories
            .iter_mut()
            .find(|repository| repository.name.eq_ignore_ascii_case(name))
    }

    /// Deletes a repository; nothing else moves.
    pub fn delete_repository(&mut self, owner: &str, name: &str) {
        let account = self.account_mut(owner).expect("the account exists");
        account
            .repositories
            .retain(|repository| !repository.name.eq_ignore_ascii_case(name));
    }
}

impl Account {
    pub fn organization(login: &str) -> Self {
        Self {
            login: login.to_owned(),
            is_organization: true,
            id: 0,
            repositories: Vec::new(),
            teams: Vec::new(),
            members: Vec::new(),
            requires_sso: false,
        }
    }

    pub fn user(login: &str) -> Self {
        Self {
            is_organization: false,
            ..Self::organization(login)
        }
    }

    #[must_use]
    pub fn repository(mut self, repository: Repository) -> Self {
        self.repositories.push(repository);
        self
    }

    #[must_use]
    pub fn team(mut self, team: Team) -> Self {
        self.teams.push(team);
        self
    }

    #[must_use]
    pub fn member(mut self, login: &str) -> Self {
        self.members.push(login.to_owned());
        self
    }

    #[must_use]
    pub fn requires_sso(mut self) -> Self {
        self.requires_sso = true;
        self
    }

    pub fn find_repository(&self, name: &str) -> Option<&Repository> {
        self.repositories
            .iter()
            .find(|repository| repository.name.eq_ignore_ascii_case(name))
    }
}

impl Repository {
    /// A public repository with an empty branch `main`, pushed at a time that its name decides.
    pub fn new(name: &str) -> Self {
        let spread: i64 = name.bytes().map(i64::from).sum();
        let pushed_at = 1_700_000_000 + spread;
        Self {
            id: 0,
            name: name.to_owned(),
            description: None,
            default_branch: "main".to_owned(),
            branches: BTreeMap::from([("main".to_owned(), git::Files::new())]),
            history: Vec::new(),
            pushed_at,
            updated_at: pushed_at,
            archived: false,
            fork: false,
            visibility: Visibility::Public,
            topics: Vec::new(),
            unreadable: false,
            contents_refused: false,
            links: Vec::new(),
            hub: Hub::default(),
            executables: Vec::new(),
        }
    }

    /// A repository that nothing was ever pushed to.
    pub fn empty(name: &str) -> Self {
        Self {
            branches: BTreeMap::new(),
            ..Self::new(name)
        }
    }

    /// Adds a file on the default branch.
    #[must_use]
    pub fn file(mut self, path: &str, content: impl Into<Vec<u8>>) -> Self {
        let branch = self.default_branch.clone();
        self.branches
            .entry(branch)
            .or_default()
            .insert(path.to_owned(), content.into());
        self
    }

    /// Adds a symbolic link on the default branch.
    #[must_use]
    pub fn link(mut self, path: &str, target: &str) -> Self {
        self.links.push(path.to_owned());
        self.file(path, target)
    }

    /// Sets a file's executable bit.
    #[must_use]
    pub fn executable(mut self, path: &str) -> Self {
        self.executables.push(path.to_owned());
        self
    }

    /// Adds a file on a branch.
    #[must_use]
    pub fn file_on(mut self, branch: &str, path: &str, content: impl Into<Vec<u8>>) -> Self {
        self.branches
            .entry(branch.to_owned())
            .or_default()
            .insert(path.to_owned(), content.into());
        self
    }

    #[must_use]
    pub fn topic(mut self, topic: &str) -> Self {
        self.topics.push(topic.to_owned());
        self
    }

    #[must_use]
    pub fn visibility(mut self, visibility: Visibility) -> Self {
        self.visibility = visibility;
        self
    }

    #[must_use]
    pub fn archived(mut self) -> Self {
        self.archived = true;
        self
    }

    #[must_use]
    pub fn fork(mut self) -> Self {
        self.fork = true;
        self
    }

    /// Unix seconds.
    #[must_use]
    pub fn pushed_at(mut self, seconds: i64) -> Self {
        self.pushed_at = seconds;
        self.updated_at = seconds;
        self
    }

    /// A push to the default branch: files change (`None` deletes one), `pushedAt` moves to `seconds`.
    pub fn push(&mut self, seconds: i64, changes: &[(&str, Option<&str>)]) {
        let branch = self.default_branch.clone();
        let files = self.branches.entry(branch).or_default();
        for (path, content) in changes {
            match content {
                Some(content) => files.insert((*path).to_owned(), content.as_bytes().to_vec()),
                None => files.remove(*path),
            };
        }
        self.pushed_at = seconds;
        self.updated_at = seconds;
        self.remember_head();
    }

    /// The repository as git keeps it, made of what is there where it was not yet.
    pub fn bare(&mut self) -> Arc<Bare> {
        if let Some(bare) = &self.hub.bare {
            return Arc::clone(bare);
        }
        let bare = Arc::new(Bare::new(&self.branches, &self.links, &self.default_branch));
        self.hub.heads = bare.heads();
        self.hub.bare = Some(Arc::clone(&bare));
        self.remember_head();
        bare
    }

    /// Takes over what git has, after a push.
    pub(super) fn refresh(&mut self, now: i64) {
        let Some(bare) = self.hub.bare.clone() else {
            return;
        };
        let heads = bare.heads();
        if heads == self.hub.heads {
            return;
        }
        if self.branches.is_empty()
            && let Some(first) = heads.keys().next()
            && !heads.contains_key(&self.default_branch)
        {
            self.default_branch.clone_from(first);
        }
        self.branches.clear();
        self.links.clear();
        for (branch, commit) in &heads {
            let (files, links) = bare.files(commit);
            self.branches.insert(branch.clone(), files);
            self.links.extend(links);
        }
        self.hub.heads = heads;
        self.pushed_at = now;
        self.updated_at = now;
        self.remember_head();
    }

    /// The commit at a branch's head.
    pub fn head(&self, branch: &str) -> Option<String> {
        if self.hub.bare.is_some() {
            return self.hub.heads.get(branch).cloned();
        }
        let files = self.branches.get(branch)?;
        Some(git::commit_id(&self.name, self.id, &git::tree_id(files)))
    }

    /// The files that a branch, tag, commit or `HEAD` names.
    pub(super) fn files_at(&self, reference: &str) -> Option<&git::Files> {
        let reference = reference
            .strip_prefix("refs/heads/")
            .or_else(|| reference.strip_prefix("refs/tags/"))
            .unwrap_or(reference);
        if reference == "HEAD" {
            return self.branches.get(&self.default_branch);
        }
        self.branches.get(reference).or_else(|| {
            let is_head = |branch: &String| self.head(branch).as_deref() == Some(reference);
            let past = || {
                self.history
                    .iter()
                    .find(|(id, _)| id == reference)
                    .map(|(_, files)| files)
            };
            let present = self
                .branches
                .iter()
                .find(|(branch, _)| is_head(branch))
                .map(|(_, files)| files);
            present.or_else(past)
        })
    }

    pub(super) fn remember_head(&mut self) {
        let branch = self.default_branch.clone();
        if let (Some(head), Some(files)) = (self.head(&branch), self.branches.get(&branch)) {
            let files = files.clone();
            if self.history.last().is_none_or(|(id, _)| *id != head) {
                self.history.push((head, files));
            }
        }
    }
}

impl Team {
    pub fn new(slug: &str) -> Self {
        Self {
            id: 0,
            slug: slug.to_owned(),
            name: slug.to_owned(),
            description: None,
            parent: None,
            members: Vec::new(),
        }
    }

    #[must_use]
    pub fn name(mut self, name: &str) -> Self {
        self.name = name.to_owned();
        self
    }

    #[must_use]
    pub fn description(mut self, text: &str) -> Self {
        self.description = Some(text.to_owned());
        self
    }

    #[must_use]
    pub fn parent(mut self, slug: &str) -> Self {
        self.parent = Some(slug.to_owned());
        self
    }

    #[must_use]
    pub fn member(mut self, login: &str) -> Self {
        self.members.push(login.to_owned());
        self
    }
}

impl User {
    pub fn new(login: &str) -> Self {
        Self {
            id: 0,
            login: login.to_owned(),
            name: None,
            bio: None,
            email: String::new(),
            verified_emails: Vec::new(),
        }
    }

    #[must_use]
    pub fn name(mut self, name: &str) -> Self {
        self.name = Some(name.to_owned());
        self
    }

    #[must_use]
    pub fn email(mut self, email: &str) -> Self {
        self.email = email.to_owned();
        self
    }
}

impl Token {
    /// A classic token of `login` with scopes.
    pub fn classic(login: &str, scopes: &[&str]) -> Self {
        Self {
            login: login.to_owned(),
            scopes: Some(scopes.iter().map(|scope| (*scope).to_owned()).collect()),
            only: None,
            sso: Vec::new(),
        }
    }

    /// A fine-grained token of `login` that sees these repositories (`owner/name`) alone, or all.
    pub fn fine_grained(login: &str, only: Option<&[&str]>) -> Self {
        Self {
            scopes: None,
            only: only.map(|names| names.iter().map(|name| (*name).to_owned()).collect()),
            ..Self::classic(login, &[])
        }
    }

    /// Authorised for an organisation's single sign-on.
    #[must_use]
    pub fn authorised_for(mut self, organization: &str) -> Self {
        self.sso.push(organization.to_owned());
        self
    }
}

impl App {
    pub fn new(id: u64, public_key: &str) -> Self {
        Self {
            id,
            public_key: public_key.to_owned(),
            installations: Vec::new(),
            token_seconds: 3_600,
        }
    }

    #[must_use]
    pub fn installed_at(mut self, owner: &str) -> Self {
        let permissions = [
            ("contents", "read"),
            ("members", "read"),
            ("metadata", "read"),
        ];
        self.installations.push(Installation {
            id: self.id * 100 + self.installations.len() as u64,
            owner: owner.to_owned(),
            suspended: false,
            permissions: permissions
                .map(|(name, level)| (name.to_owned(), level.to_owned()))
                .into(),
        });
        self
    }
}

fn sorted_folders(folder: &Path) -> std::io::Result<Vec<std::path::PathBuf>> {
    let mut folders = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() && !file_name(&path).starts_with('.') {
            folders.push(path);
        }
    }
    folders.sort();
    Ok(folders)
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

fn read_files(folder: &Path, prefix: &str, files: &mut git::Files) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = file_name(&path);
        if name == ".git" {
            continue;
        }
        let below = if prefix.is_empty() {
            name
        } else {
            format!("{prefix}/{name}")
        };
        if path.is_dir() {
            read_files(&path, &below, files)?;
        } else if path.is_file() {
            files.insert(below, std::fs::read(&path)?);
        }
    }
    Ok(())
}
