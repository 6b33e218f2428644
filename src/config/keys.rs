//! The keys that callboard reads, as one table: what is resolved, checked, shown in the schema and in the reference.
//!
//! Paths are dotted; `[]` stands for the items of a list and `*` for any key. Sources: the `config.d.ts` files of
//! Backstage's packages, and for `callboard` this program itself.

/// What a value must be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Text; numbers and booleans are taken as text.
    Text,
    /// Text that is never shown.
    Secret,
    /// `true` or `false`, or text that says so.
    Bool,
    /// A whole number, or text that is one.
    Integer,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// A path, relative to the file it is written in; `~/` is the home folder.
    Path,
    /// A name, or a path to a YAML file.
    NameOrFile,
    /// A duration: `{minutes: 30}`, `30m`, `PT30M`.
    Duration,
    /// A duration, `{cron: '0 * * * *'}` or `{trigger: manual}`.
    Frequency,
    /// A kind's name, or `{kind, spec.type}`.
    Allow,
}

/// One key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KeyInfo {
    /// Where it stands, below its section.
    pub path: &'static str,
    /// What it must be.
    pub kind: Kind,
    /// What it does, in one line.
    pub doc: &'static str,
}

/// A section: where it is mounted and its keys.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Section {
    /// The places it may stand in; the empty path is the root.
    pub mounts: &'static [&'static str],
    /// Its keys.
    pub keys: &'static [KeyInfo],
}

const fn key(path: &'static str, kind: Kind, doc: &'static str) -> KeyInfo {
    KeyInfo { path, kind, doc }
}

const GITHUB: &str = "catalog.providers.github";
const GITHUB_ORG: &str = "catalog.providers.githubOrg";

/// Sections that may be one object or a map of them, and the keys by which the one object is known.
pub(super) const SINGLE_IF: &[(&str, &[&str])] = &[
    (GITHUB, &["organization"]),
    (GITHUB_ORG, &["id", "githubUrl", "orgs"]),
];

/// Every key that callboard reads.
pub const SECTIONS: &[Section] = &[
    Section {
        mounts: &[""],
        keys: &[
            key(
                "organization.name",
                Kind::Text,
                "The organization's name, shown in the top line",
            ),
            key(
                "backend.baseUrl",
                Kind::Text,
                "The address of a Backstage backend",
            ),
            key(
                "backend.reading.allow[].host",
                Kind::Text,
                "A host that may be read besides the integrations' own",
            ),
            key(
                "backend.reading.allow[].paths[]",
                Kind::Text,
                "Path prefixes on that host; all where there are none",
            ),
            key(
                "catalog.locations[].type",
                Kind::Text,
                "file, url, github-discovery or github-org",
            ),
            key(
                "catalog.locations[].target",
                Kind::Text,
                "A path or URL, globs allowed",
            ),
            key(
                "catalog.locations[].rules[].allow[]",
                Kind::Allow,
                "Kinds that this location may bring besides",
            ),
            key(
                "catalog.rules[].allow[]",
                Kind::Allow,
                "Kinds that may enter the catalog",
            ),
            key(
                "catalog.rules[].locations[].type",
                Kind::Text,
                "The rule holds for locations of this type",
            ),
            key(
                "catalog.rules[].locations[].exact",
                Kind::Text,
                "The rule holds for this target",
            ),
            key(
                "catalog.rules[].locations[].pattern",
                Kind::Text,
                "The rule holds for targets that match this glob",
            ),
            key(
                "catalog.import.entityFilename",
                Kind::Text,
                "The name of catalog files; catalog-info.yaml by default",
            ),
            key(
                "auth.environment",
                Kind::Text,
                "Which of the providers' environments counts",
            ),
            key(
                "auth.providers.github.*.clientId",
                Kind::Text,
                "The OAuth App that sign-in by device flow uses",
            ),
            key(
                "auth.providers.github.*.enterpriseInstanceUrl",
                Kind::Text,
                "The server the App belongs to",
            ),
            key("techdocs.builder", Kind::Text, "local or external"),
            key(
                "pagerDuty.apiBaseUrl",
                Kind::Text,
                "The address of PagerDuty's API",
            ),
            key(
                "pagerDuty.apiToken",
                Kind::Secret,
                "The token to ask who is on call",
            ),
            key(
                "pagerDuty.accounts[].id",
                Kind::Text,
                "The name entities call the account by",
            ),
            key(
                "pagerDuty.accounts[].isDefault",
                Kind::Bool,
                "The account for entities that name none",
            ),
            key(
                "pagerDuty.accounts[].apiBaseUrl",
                Kind::Text,
                "The address of the account's API",
            ),
            key(
                "pagerDuty.accounts[].apiToken",
                Kind::Secret,
                "The account's token",
            ),
            key(
                "argocd.appLocatorMethods[].instances[].name",
                Kind::Text,
                "An Argo CD instance",
            ),
            key(
                "argocd.appLocatorMethods[].instances[].url",
                Kind::Text,
                "Its address",
            ),
            key(
                "argocd.appLocatorMethods[].instances[].token",
                Kind::Secret,
                "Its token",
            ),
            key(
                "argocd.appLocatorMethods[].instances[].username",
                Kind::Text,
                "Who signs in where there is no token",
            ),
            key(
                "argocd.appLocatorMethods[].instances[].password",
                Kind::Secret,
                "The password for the user name",
            ),
            key(
                "scaffolder.defaultAuthor.name",
                Kind::Text,
                "The author of commits that templates make",
            ),
            key(
                "scaffolder.defaultAuthor.email",
                Kind::Text,
                "The author's address",
            ),
            key(
                "scaffolder.defaultCommitMessage",
                Kind::Text,
                "The message of a new repository's first commit",
            ),
        ],
    },
    Section {
        mounts: &["integrations.github[]"],
        keys: &[
            key(
                "host",
                Kind::Text,
                "The host, with a port where it has one; github.com by default",
            ),
            key(
                "apiBaseUrl",
                Kind::Text,
                "The address of the REST API; GraphQL's follows from it",
            ),
            key("rawBaseUrl", Kind::Text, "The address of raw files"),
            key("token", Kind::Secret, "The token for reading"),
            key("apps[].appId", Kind::Integer, "The App's id"),
            key("apps[].clientId", Kind::Text, "The App's client id"),
            key(
                "apps[].privateKey",
                Kind::Secret,
                "The App's private key, PEM",
            ),
            key(
                "apps[].allowedInstallationOwners[]",
                Kind::Text,
                "Accounts whose installation may be used; all by default",
            ),
        ],
    },
    Section {
        mounts: &[GITHUB, "catalog.providers.github.*"],
        keys: &[
            key(
                "organization",
                Kind::Text,
                "The organization or user whose repositories are discovered",
            ),
            key(
                "host",
                Kind::Text,
                "The integration's host; github.com by default",
            ),
            key(
                "catalogPath",
                Kind::Text,
                "The catalog file in each repository, globs allowed; /catalog-info.yaml by default",
            ),
            key(
                "validateLocationsExist",
                Kind::Bool,
                "Accepted; a repository without the file is never an error",
            ),
            key(
                "filters.repository",
                Kind::Text,
                "A regular expression that the repository's whole name must match",
            ),
            key(
                "filters.branch",
                Kind::Text,
                "The branch to read instead of the default branch",
            ),
            key(
                "filters.topic.include[]",
                Kind::Text,
                "The repository must have one of these topics",
            ),
            key(
                "filters.topic.exclude[]",
                Kind::Text,
                "The repository must have none of these topics",
            ),
            key(
                "filters.allowForks",
                Kind::Bool,
                "Whether forks count; true by default",
            ),
            key(
                "filters.allowArchived",
                Kind::Bool,
                "Whether archived repositories count; false by default",
            ),
            key(
                "filters.visibility[]",
                Kind::OneOf(&["public", "private", "internal"]),
                "Which visibilities count; all by default",
            ),
        ],
    },
    Section {
        mounts: &[
            GITHUB_ORG,
            "catalog.providers.githubOrg[]",
            "catalog.providers.githubOrg.*",
        ],
        keys: &[
            key("id", Kind::Text, "The provider's name"),
            key(
                "githubUrl",
                Kind::Text,
                "The instance; https://github.com by default",
            ),
            key(
                "orgs[]",
                Kind::Text,
                "The organizations whose teams and members are read",
            ),
        ],
    },
    Section {
        mounts: &[
            "catalog.providers.github.schedule",
            "catalog.providers.github.*.schedule",
            "catalog.providers.githubOrg.schedule",
            "catalog.providers.githubOrg[].schedule",
            "catalog.providers.githubOrg.*.schedule",
        ],
        keys: &[
            key(
                "frequency",
                Kind::Frequency,
                "How often: {minutes: 30}, 30m, PT30M, {cron: '0 * * * *'} or {trigger: manual}",
            ),
            key("timeout", Kind::Duration, "How long one run may take"),
            key(
                "initialDelay",
                Kind::Duration,
                "How long to wait before the first run",
            ),
            key(
                "scope",
                Kind::OneOf(&["global", "local"]),
                "Accepted; callboard runs in one place",
            ),
        ],
    },
    Section {
        mounts: &["callboard"],
        keys: &[
            key(
                "theme",
                Kind::NameOrFile,
                "A theme's name, or a file of one's own",
            ),
            key(
                "keymap",
                Kind::NameOrFile,
                "A keymap's name, or a file of one's own",
            ),
            key(
                "icons",
                Kind::OneOf(&["auto", "unicode", "ascii"]),
                "The glyphs; by the locale where auto",
            ),
            key(
                "mouse",
                Kind::Bool,
                "Whether clicks and the wheel are taken at the start; false by default",
            ),
            key(
                "clipboard",
                Kind::OneOf(&["auto", "osc52", "off"]),
                "How copies reach the clipboard",
            ),
            key(
                "motion",
                Kind::Bool,
                "Whether anything on screen may move by itself; true by default",
            ),
            key(
                "sync.auto",
                Kind::Bool,
                "Whether the interface syncs by itself; true by default",
            ),
            key(
                "auth.clientId",
                Kind::Text,
                "The OAuth or GitHub App for sign-in by device flow",
            ),
            key(
                "docs.pageLimit",
                Kind::Integer,
                "Most bytes of one documentation page; 1000000 by default",
            ),
            key(
                "docs.siteLimit",
                Kind::Integer,
                "Most bytes of all pages of one documentation site; 20000000 by default",
            ),
            key(
                "docs.runbooks.annotations[]",
                Kind::Text,
                "Annotations that hold a runbook's address; backstage.io/runbook-url by default",
            ),
            key(
                "docs.runbooks.words[]",
                Kind::Text,
                "Words by which titles and paths of runbooks are known, the surest first",
            ),
            key("oncall.rota", Kind::Path, "A file that says who is on call"),
            key(
                "scaffolder.trusted[]",
                Kind::Text,
                "Where templates may come from without a question",
            ),
            key(
                "scaffolder.allowedOwners[]",
                Kind::Text,
                "Accounts in which templates may make repositories",
            ),
            key(
                "scaffolder.identity",
                Kind::OneOf(&["user", "integration"]),
                "Whose rights templates use; user by default",
            ),
            key(
                "scaffolder.httpHosts[]",
                Kind::Text,
                "Hosts that a template may send requests to",
            ),
            key(
                "scaffolder.kube.context",
                Kind::Text,
                "The only Kubernetes context a template may use",
            ),
        ],
    },
];
