//! What callboard reads from the configuration, as types.
//!
//! Plain data: filled by [`Config::load`](super::Config::load), read by everyone else. Names are Backstage's keys
//! in snake case; a field that is absent in the files is `None`, empty or its documented default.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::schedule::Schedule;
use super::secret::Secret;
use crate::techdocs::{Limits, RunbookRules};

/// The place in a configuration file where a value stands.
#[derive(Clone, PartialEq, Eq, Debug, Hash)]
pub struct Origin {
    /// The file, as it was named on the command line or in an `$include`.
    pub file: Arc<Path>,
    /// 1-based.
    pub line: u32,
    /// 1-based, in characters.
    pub column: u32,
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.file.display(), self.line, self.column)
    }
}

/// One entry of `catalog.locations`.
#[derive(Clone, PartialEq, Debug)]
pub struct LocationConfig {
    /// `type`: `file`, `url`, `github-discovery`, `github-org`, or one that callboard does not know.
    pub location_type: String,
    /// `target`: a path or a URL, globs as written.
    pub target: String,
    /// The location's own `rules`; empty where it has none, and then `catalog.rules` alone decide.
    pub rules: Vec<RuleConfig>,
    /// The folder of the configuration file the target is written in.
    pub base_dir: PathBuf,
    /// Where the entry stands.
    pub origin: Origin,
}

impl LocationConfig {
    /// Where a `file` target may lie, best first; globs stay in it.
    ///
    /// Backstage resolves a relative target against the working folder of its backend, which is `packages/backend`
    /// below the folder of app-config.yaml; a file written for callboard means its own folder. The first of the two that
    /// exists is meant.
    pub fn file_candidates(&self) -> Vec<PathBuf> {
        let target = Path::new(&self.target);
        if target.is_absolute() {
            return vec![lexically_normal(target)];
        }
        let own = lexically_normal(&self.base_dir.join(target));
        let backend = lexically_normal(&self.base_dir.join("packages/backend").join(target));
        if own == backend {
            vec![own]
        } else {
            vec![own, backend]
        }
    }
}

/// Removes `.` and resolves `..` by name, without asking the file system.
fn lexically_normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                let last = normal.components().next_back();
                match last {
                    Some(Component::Normal(_)) => {
                        normal.pop();
                    }
                    Some(Component::RootDir | Component::Prefix(_)) => {}
                    _ => normal.push(".."),
                }
            }
            other => normal.push(other),
        }
    }
    normal
}

/// One entry of `catalog.rules` or of a location's `rules`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RuleConfig {
    /// What may be read; an entity passes if one of them matches it.
    pub allow: Vec<AllowedKind>,
    /// Where the rule holds; `None` means everywhere. (`catalog.rules[].locations`.)
    pub locations: Option<Vec<RuleLocation>>,
    /// Where the rule stands.
    pub origin: Origin,
}

/// One entry of a rule's `allow`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AllowedKind {
    /// Compared without case, as Backstage does.
    pub kind: String,
    /// `spec.type`, compared without case; `None` allows every type.
    pub spec_type: Option<String>,
}

/// Which locations a rule is about: all given fields must fit.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RuleLocation {
    /// The location's type (`url`, `file`, …).
    pub location_type: Option<String>,
    /// The location's target, equal.
    pub exact: Option<String>,
    /// A minimatch glob for the location's target.
    pub pattern: Option<String>,
}

/// One provider of `catalog.providers.github`.
#[derive(Clone, PartialEq, Debug)]
pub struct GithubProviderConfig {
    /// The key it stands under; `default` for the form with `organization` at the top level.
    pub id: String,
    /// The organization or user whose repositories are discovered.
    pub organization: String,
    /// The integration's host; `github.com` by default.
    pub host: String,
    /// Where the catalog file is in each repository, globs allowed; `/catalog-info.yaml` by default.
    pub catalog_path: String,
    /// Which repositories count.
    pub filters: GithubFilters,
    /// `validateLocationsExist`; false by default. (callboard reads the files anyway: a missing file is never an error.)
    pub validate_locations_exist: bool,
    /// When to look again; the sync has a default where there is none.
    pub schedule: Option<Schedule>,
    /// Where the provider stands.
    pub origin: Origin,
}

/// `filters` of a GitHub provider. The default lets everything through that is not archived.
#[derive(Clone, PartialEq, Debug)]
pub struct GithubFilters {
    /// The repository's name must match as a whole.
    pub repository: Option<NamePattern>,
    /// Read this branch instead of the default branch.
    pub branch: Option<String>,
    /// The repository must have one of these topics, where there are any.
    pub topic_include: Vec<String>,
    /// The repository must have none of these topics.
    pub topic_exclude: Vec<String>,
    /// True by default.
    pub allow_forks: bool,
    /// False by default.
    pub allow_archived: bool,
    /// `public`, `private`, `internal`; `None` or empty means all.
    pub visibility: Option<Vec<String>>,
}

impl Default for GithubFilters {
    fn default() -> Self {
        Self {
            repository: None,
            branch: None,
            topic_include: Vec::new(),
            topic_exclude: Vec::new(),
            allow_forks: true,
            allow_archived: false,
            visibility: None,
        }
    }
}

/// An ECMAScript regular expression that a whole name must match: as Backstage does, `^` and `$` are added where
/// the pattern does not begin or end with them.
#[derive(Clone)]
pub struct NamePattern {
    source: String,
    regex: regress::Regex,
}

impl NamePattern {
    /// Compiles the pattern.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn new(pattern: &str) -> Result<Self, String> {
        let mut anchored = String::with_capacity(pattern.len() + 2);
        if !pattern.starts_with('^') {
            anchored.push('^');
        }
        anchored.push_str(pattern);
        if !pattern.ends_with('$') {
            anchored.push('$');
        }
        let regex = regress::Regex::new(&anchored).map_err(|error| error.to_string())?;
        Ok(Self {
            source: pattern.to_owned(),
            regex,
        })
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.source
    }

    /// Whether the name matches.
    pub fn matches(&self, name: &str) -> bool {
        self.regex.find(name).is_some()
    }
}

impl std::fmt::Debug for NamePattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "/{}/", self.source)
    }
}

impl PartialEq for NamePattern {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

/// One provider of `catalog.providers.githubOrg`: teams become groups, members become users.
#[derive(Clone, PartialEq, Debug)]
pub struct GithubOrgProviderConfig {
    /// `id`, or the key it stands under; `default` where there is neither.
    pub id: String,
    /// The instance, without a trailing slash: `https://github.com`.
    pub github_url: String,
    /// The organizations; empty means all that the credentials can see.
    pub orgs: Vec<String>,
    /// Backstage puts groups and users into the namespace of their organization unless exactly one provider with
    /// exactly one organization is configured.
    pub default_namespace: bool,
    /// When to look again.
    pub schedule: Option<Schedule>,
    /// Where the provider stands.
    pub origin: Origin,
}

/// One entry of `integrations.github`. github.com is always among them, as in Backstage.
#[derive(Clone, PartialEq, Debug)]
pub struct GithubIntegration {
    /// The host, with a port where it has one.
    pub host: String,
    /// Without a trailing slash. `None` only for a host other than github.com that gives none.
    pub api_base_url: Option<String>,
    /// Without a trailing slash. `None` only for a host other than github.com that gives none.
    pub raw_base_url: Option<String>,
    /// The configured token.
    pub token: Option<Secret>,
    /// GitHub Apps that may be used instead of the token.
    pub apps: Vec<GithubApp>,
    /// Where the entry stands; `None` for the github.com that is added by default.
    pub origin: Option<Origin>,
}

impl GithubIntegration {
    /// The integration for public GitHub without any credentials.
    pub fn public() -> Self {
        Self {
            host: "github.com".into(),
            api_base_url: Some("https://api.github.com".into()),
            raw_base_url: Some("https://raw.githubusercontent.com".into()),
            token: None,
            apps: Vec::new(),
            origin: None,
        }
    }

    /// The GraphQL address that belongs to `apiBaseUrl`: `…/api/v3` → `…/api/graphql`, anything else `…/graphql`.
    pub fn graphql_url(&self) -> Option<String> {
        let base = self.api_base_url.as_deref()?;
        Some(match base.strip_suffix("/api/v3") {
            Some(server) => format!("{server}/api/graphql"),
            None => format!("{base}/graphql"),
        })
    }
}

/// One entry of `integrations.github[].apps`.
#[derive(Clone, PartialEq, Debug)]
pub struct GithubApp {
    /// The App's numeric id.
    pub app_id: u64,
    /// The private key in PEM form; `\n` written as two characters has been turned into line ends.
    pub private_key: Secret,
    /// For sign-in by the App; not needed to read.
    pub client_id: Option<String>,
    /// The accounts whose installation may be used, compared without case; `None` means all.
    pub allowed_installation_owners: Option<Vec<String>>,
    /// Where the App stands.
    pub origin: Origin,
}

/// One entry of `backend.reading.allow`: a host that may be read besides the integrations' own.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReadingAllow {
    /// `example.com`, `example.com:8080`, or `*.example.com` for every host below it.
    pub host: String,
    /// Path prefixes; `None` allows every path.
    pub paths: Option<Vec<String>>,
}

/// `auth.providers.github.<environment>`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GithubAuthProvider {
    /// The OAuth App's client id.
    pub client_id: String,
    /// `enterpriseInstanceUrl`: the server this client id belongs to; `None` means github.com.
    pub enterprise_instance_url: Option<String>,
}

/// `pagerDuty`.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct PagerDutyConfig {
    /// `apiBaseUrl`; PagerDuty's own where absent.
    pub api_base_url: Option<String>,
    /// `apiToken`.
    pub api_token: Option<Secret>,
    /// `accounts`, in order.
    pub accounts: Vec<PagerDutyAccount>,
}

/// One entry of `pagerDuty.accounts`.
#[derive(Clone, PartialEq, Debug)]
pub struct PagerDutyAccount {
    /// `id`, which entities name in `pagerduty.com/account`.
    pub id: Option<String>,
    /// `isDefault`.
    pub is_default: bool,
    /// `apiBaseUrl`.
    pub api_base_url: Option<String>,
    /// `apiToken`.
    pub api_token: Option<Secret>,
}

/// `techdocs`, as far as it says anything to a reader without a docs server.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TechdocsConfig {
    /// `techdocs.builder`: `local` or `external`.
    pub builder: Option<String>,
}

/// The glyphs of the interface.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Icons {
    /// Unicode where the locale says UTF-8, else ASCII.
    #[default]
    Auto,
    /// Always Unicode.
    Unicode,
    /// Always ASCII.
    Ascii,
}

/// How text is put on the clipboard.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Clipboard {
    /// OSC 52 where the terminal may have it.
    #[default]
    Auto,
    /// Always OSC 52.
    Osc52,
    /// Never.
    Off,
}

/// A theme or keymap: one of callboard's own by name, or a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NameOrFile {
    /// A name without a path separator or `.yaml`.
    Name(String),
    /// A path, resolved against the configuration file that names it.
    File(PathBuf),
}

/// Whose rights a template's steps use.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ScaffolderIdentity {
    /// The signed-in person.
    #[default]
    User,
    /// The configured token or App.
    Integration,
}

/// `callboard.scaffolder`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ScaffolderConfig {
    /// `trusted`: where templates may come from without a question.
    pub trusted: Vec<String>,
    /// `allowedOwners`: accounts in which repositories may be made.
    pub allowed_owners: Vec<String>,
    /// `identity`.
    pub identity: ScaffolderIdentity,
    /// `httpHosts`: hosts a step may send requests to.
    pub http_hosts: Vec<String>,
    /// `kube.context`: the only Kubernetes context a step may use.
    pub kube_context: Option<String>,
    /// `scaffolder.defaultAuthor.name` and `.email` (Backstage's own section).
    pub default_author: (Option<String>, Option<String>),
    /// `scaffolder.defaultCommitMessage` (Backstage's own section).
    pub default_commit_message: Option<String>,
}

/// `callboard.docs`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DocsConfig {
    /// `pageLimit`: most bytes of one page.
    pub page_limit: Option<u64>,
    /// `siteLimit`: most bytes of all pages of one site.
    pub site_limit: Option<u64>,
    /// `runbooks.annotations`; empty where not given.
    pub runbook_annotations: Vec<String>,
    /// `runbooks.words`; empty where not given.
    pub runbook_words: Vec<String>,
}

impl DocsConfig {
    /// How much of a site is kept.
    pub fn limits(&self) -> Limits {
        let default = Limits::default();
        Limits {
            page: self.page_limit.unwrap_or(default.page),
            site: self.site_limit.unwrap_or(default.site),
        }
    }

    /// By what runbooks are known.
    pub fn runbook_rules(&self) -> RunbookRules {
        let default = RunbookRules::default();
        let or = |given: &Vec<String>, default: Vec<String>| {
            if given.is_empty() {
                default
            } else {
                given.clone()
            }
        };
        RunbookRules {
            annotations: or(&self.runbook_annotations, default.annotations),
            words: or(&self.runbook_words, default.words),
        }
    }
}

/// callboard's own section.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CallboardConfig {
    /// `theme`.
    pub theme: Option<NameOrFile>,
    /// `keymap`.
    pub keymap: Option<NameOrFile>,
    /// `icons`.
    pub icons: Icons,
    /// `mouse`: whether clicks and the wheel are taken at the start; false by default, so that text can be selected.
    pub mouse: bool,
    /// `clipboard`.
    pub clipboard: Clipboard,
    /// `motion`: whether anything on screen may move by itself (spinners); true by default.
    pub motion: bool,
    /// `sync.auto`: whether the interface syncs by itself; true by default.
    pub sync_auto: bool,
    /// `docs`: how much documentation is kept, and what of it are runbooks.
    pub docs: DocsConfig,
    /// `auth.clientId`: the OAuth or GitHub App for the device flow.
    pub auth_client_id: Option<String>,
    /// `oncall.rota`: a file that says who is on call.
    pub oncall_rota: Option<PathBuf>,
}

impl Default for CallboardConfig {
    fn default() -> Self {
        Self {
            theme: None,
            keymap: None,
            icons: Icons::default(),
            mouse: false,
            clipboard: Clipboard::default(),
            motion: true,
            sync_auto: true,
            docs: DocsConfig::default(),
            auth_client_id: None,
            oncall_rota: None,
        }
    }
}

/// Everything callboard reads, resolved.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Settings {
    /// `organization.name`.
    pub organization_name: Option<String>,
    /// `backend.baseUrl`.
    pub backend_base_url: Option<String>,
    /// `backend.reading.allow`.
    pub reading_allow: Vec<ReadingAllow>,
    /// `integrations.github`, github.com always among them.
    pub github_integrations: Vec<GithubIntegration>,
    /// `catalog.locations`.
    pub locations: Vec<LocationConfig>,
    /// `catalog.rules`; `None` where no file has the key.
    pub rules: Option<Vec<RuleConfig>>,
    /// `catalog.import.entityFilename`; `catalog-info.yaml` where absent.
    pub entity_filename: Option<String>,
    /// `catalog.providers.github`.
    pub github_providers: Vec<GithubProviderConfig>,
    /// `catalog.providers.githubOrg`.
    pub github_org_providers: Vec<GithubOrgProviderConfig>,
    /// `auth.providers.github.<environment>`, the environment of `auth.environment` first.
    pub github_auth: Vec<GithubAuthProvider>,
    /// `pagerDuty`.
    pub pager_duty: PagerDutyConfig,
    /// `techdocs`.
    pub techdocs: TechdocsConfig,
    /// `argocd.appLocatorMethods[].instances[]`: what the page of an entity links to.
    pub argocd_instances: Vec<ArgoCdInstance>,
    /// `callboard.scaffolder` and Backstage's `scaffolder`.
    pub scaffolder: ScaffolderConfig,
    /// `callboard`.
    pub callboard: CallboardConfig,
}

/// One entry of `argocd.appLocatorMethods[].instances[]`.
#[derive(Clone, PartialEq, Debug)]
pub struct ArgoCdInstance {
    /// `name`.
    pub name: String,
    /// `url`, without a trailing slash.
    pub url: String,
    /// `token`.
    pub token: Option<Secret>,
    /// `username`, where there is no token.
    pub username: Option<String>,
    /// `password`, where there is no token.
    pub password: Option<Secret>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_pattern_matches_whole_names_and_knows_lookaheads() {
        let pattern = NamePattern::new("(?!archived-).*").expect("compiles");
        assert!(pattern.matches("payments"));
        assert!(!pattern.matches("archived-payments"));
        assert!(
            !NamePattern::new("pay")
                .expect("compiles")
                .matches("payments")
        );
        assert!(NamePattern::new("(").is_err());
    }

    #[test]
    fn a_relative_file_target_is_looked_for_as_backstage_and_as_the_reader_mean_it() {
        let location = LocationConfig {
            location_type: "file".into(),
            target: "../../examples/entities.yaml".into(),
            rules: Vec::new(),
            base_dir: "/org/portal".into(),
            origin: Origin {
                file: Path::new("/org/portal/app-config.yaml").into(),
                line: 1,
                column: 1,
            },
        };
        assert_eq!(
            location.file_candidates(),
            [
                PathBuf::from("/examples/entities.yaml"),
                PathBuf::from("/org/portal/examples/entities.yaml")
            ]
        );
    }

    #[test]
    fn the_graphql_address_follows_from_the_api_address() {
        let mut integration = GithubIntegration::public();
        assert_eq!(
            integration.graphql_url().as_deref(),
            Some("https://api.github.com/graphql")
        );
        integration.api_base_url = Some("https://ghe.example.com:8443/api/v3".into());
        assert_eq!(
            integration.graphql_url().as_deref(),
            Some("https://ghe.example.com:8443/api/graphql")
        );
        integration.api_base_url = None;
        assert_eq!(integration.graphql_url(), None);
    }
}
