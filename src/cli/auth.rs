//! `callboard auth`: signing in to GitHub, and saying as whom.

use std::io::{self, IsTerminal, Read as _};
use std::time::Duration;

use jiff::Timestamp;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::output::Format;
use super::secret_prompt;
use super::{CliError, Context, Exit};
use crate::config::Config;
use crate::github::login_store::Login;
use crate::github::{Client, Credentials, Endpoint, GithubError, Identities, Settings, Source};
use crate::text;

/// What callboard asks for: to read private repositories, and teams with their members.
const SCOPES: [&str; 2] = ["repo", "read:org"];
/// Most bytes of a token on standard input.
const TOKEN_LIMIT: u64 = 16 * 1024;

/// What to do.
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(subcommand)]
    command: AuthCommand,
}

#[derive(clap::Subcommand, Debug)]
enum AuthCommand {
    /// Sign in: in the browser where a client id is configured, else with gh's token or a pasted one
    Login(LoginArgs),
    /// Tell who is signed in, where that comes from, with which scopes, and the rate limit
    Status(StatusArgs),
    /// Forget a sign-in made with `auth login`
    Logout(LogoutArgs),
}

#[derive(clap::Args, Debug)]
struct LoginArgs {
    /// The GitHub to sign in to; the only configured one by default, else github.com
    #[arg(long, value_name = "HOST")]
    hostname: Option<String>,
    /// Read the token from standard input
    #[arg(long)]
    with_token: bool,
}

#[derive(clap::Args, Debug)]
struct StatusArgs {
    /// Only this GitHub
    #[arg(long, value_name = "HOST")]
    hostname: Option<String>,
    /// How to print it
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    output: Format,
}

#[derive(clap::Args, Debug)]
struct LogoutArgs {
    /// The GitHub to forget; the only configured one by default, else github.com
    #[arg(long, value_name = "HOST")]
    hostname: Option<String>,
}

/// Runs it.
///
/// # Errors
/// 5 where GitHub does not accept the token or nobody is signed in, 6 where it cannot be reached, 2 where a
/// token would have to be typed and there is no terminal.
pub fn run(args: Args, context: &Context) -> Result<Exit, CliError> {
    let session = Session::open(context)?;
    match args.command {
        AuthCommand::Login(args) => session.login(&args),
        AuthCommand::Status(args) => session.status(&args),
        AuthCommand::Logout(args) => session.logout(&args),
    }
}

/// The account behind a token, as `GET /user` tells.
#[derive(Deserialize)]
struct Account {
    login: String,
}

/// Who reads from one GitHub, as `auth status` and `doctor` tell.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Status {
    pub host: String,
    /// None where nobody is signed in, GitHub was not asked or did not answer, or an App reads.
    pub login: Option<String>,
    /// Where the credentials come from.
    pub source: &'static str,
    pub scopes: Option<Vec<String>>,
    pub rate_limit: Option<Rate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    #[serde(skip)]
    pub hint: Option<String>,
    #[serde(skip)]
    pub exit: Exit,
    /// Whether there are credentials at all.
    #[serde(skip)]
    pub signed_in: bool,
    /// Whether the error is one of the configuration, whoever reads.
    #[serde(skip)]
    pub misconfigured: bool,
}

/// What is left of a rate limit.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Rate {
    pub limit: u64,
    pub remaining: u64,
    pub reset_at: Timestamp,
}

/// Who reads from each configured GitHub, asked within the bounds of `settings`; with `--offline` nobody is asked.
///
/// # Errors
/// A configuration or a stored sign-in that cannot be read, an integration that is of no use.
pub(super) fn survey(context: &Context, settings: &Settings) -> Result<Vec<Status>, CliError> {
    let session = Session::open(context)?;
    let hosts = session.hosts();
    hosts
        .iter()
        .map(|host| session.status_of(host, settings))
        .collect()
}

struct Session<'a> {
    context: &'a Context,
    config: Config,
    identities: Identities,
}

impl<'a> Session<'a> {
    fn open(context: &'a Context) -> Result<Self, CliError> {
        let config = super::config::load(context)?;
        let state_dir = context.paths()?.state_dir;
        let env = |name: &str| std::env::var(name).ok();
        let identities =
            Identities::new(config.github_integrations(), &state_dir, env).map_err(failure)?;
        Ok(Self {
            context,
            config,
            identities,
        })
    }

    /// The hosts that somebody wrote into the configuration; github.com where nobody did.
    fn hosts(&self) -> Vec<String> {
        let written: Vec<String> = self
            .config
            .github_integrations()
            .iter()
            .filter(|integration| integration.origin.is_some())
            .map(|integration| integration.host.clone())
            .collect();
        if written.is_empty() {
            vec!["github.com".to_owned()]
        } else {
            written
        }
    }

    fn endpoint(&self, named: Option<&str>) -> Result<Endpoint, CliError> {
        let hosts = self.hosts();
        let host = match (named, hosts.as_slice()) {
            (Some(host), _) => host,
            (None, [only]) => only,
            (None, _) => "github.com",
        };
        if let Some(endpoint) = self.identities.endpoint(host) {
            return Ok(endpoint.clone());
        }
        Err(self
            .identities
            .problem(host)
            .cloned()
            .map_or_else(|| self.unknown(host, &hosts), failure))
    }

    fn unknown(&self, host: &str, hosts: &[String]) -> CliError {
        CliError::usage(format!("{host} is not a configured GitHub")).hint(
            "add it under integrations.github; configured are: ".to_owned() + &hosts.join(", "),
        )
    }

    fn login(&self, args: &LoginArgs) -> Result<Exit, CliError> {
        let endpoint = self.endpoint(args.hostname.as_deref())?;
        if self.context.offline() {
            return Err(
                CliError::new(Exit::Unavailable, "signing in needs the network")
                    .hint("leave out --offline"),
            );
        }
        let token = self.obtain(args, &endpoint)?;
        let (account, scopes) = self.verify(&endpoint, token.clone())?;
        let login = Login {
            login: account.login.clone(),
            token,
            scopes: scopes.clone().unwrap_or_default(),
        };
        self.identities
            .store()
            .put(endpoint.host(), &login)
            .map_err(failure)?;
        let mut out = self.context.output();
        let host = text::clean(endpoint.host()).into_owned();
        let name = text::clean(&account.login).into_owned();
        out.line(&format!(
            "Signed in to {host} as {name} ({})",
            scopes_text(scopes.as_deref())
        ))?;
        let missing = missing_scopes(scopes.as_deref());
        if !missing.is_empty() {
            self.context.note(&format!(
                "hint: the token lacks {}: private repositories or teams will be missing",
                missing.join(" and ")
            ));
        }
        out.finish()?;
        Ok(Exit::Done)
    }

    /// A token by the first way that is open.
    fn obtain(&self, args: &LoginArgs, endpoint: &Endpoint) -> Result<SecretString, CliError> {
        let host = endpoint.host();
        if args.with_token {
            let mut line = String::new();
            io::stdin()
                .take(TOKEN_LIMIT)
                .read_to_string(&mut line)
                .map_err(|error| CliError::failed(format!("standard input: {error}")))?;
            return plausible(&line);
        }
        if let Some(client_id) = self.config.auth_client_id(host) {
            return self.device_flow(client_id, endpoint);
        }
        self.context.note(&format!(
            "There is no client id for {host}, so there is no sign-in in the browser. To have one, register an \
             OAuth app with the device flow at {}settings/applications/new and set callboard.auth.clientId.",
            endpoint.web_url()
        ));
        if let Some(token) = self.identities.gh_token(host) {
            self.context
                .note("Taking the token of gh (`gh auth token`).");
            return Ok(token);
        }
        if !io::stdin().is_terminal() {
            return Err(CliError::usage("there is no terminal to type a token into")
                .hint("pipe it into `callboard auth login --with-token`"));
        }
        let prompt = format!(
            "Make a token with the scopes {} at {}settings/tokens\nPaste it here (it is not shown): ",
            SCOPES.join(" and "),
            endpoint.web_url()
        );
        plausible(&secret_prompt::ask(&prompt)?)
    }

    fn device_flow(&self, client_id: &str, endpoint: &Endpoint) -> Result<SecretString, CliError> {
        let client = Client::new(
            endpoint.clone(),
            Credentials::Anonymous,
            Settings::default(),
        )
        .map_err(failure)?;
        let flow = async {
            let code = client.start_device_flow(client_id, &SCOPES).await?;
            self.context.note(&format!(
                "Open {} and type {}\nWaiting; ctrl-c gives up.",
                code.verification_url, code.user_code
            ));
            client
                .finish_device_flow(client_id, &code, Duration::from_secs(1))
                .await
        };
        self.context.block_on(flow)?.map_err(failure)
    }

    fn verify(
        &self,
        endpoint: &Endpoint,
        token: SecretString,
    ) -> Result<(Account, Option<Vec<String>>), CliError> {
        let client = Client::new(
            endpoint.clone(),
            Credentials::Token(token),
            Settings::default(),
        )
        .map_err(failure)?;
        let account: Account = self
            .context
            .block_on(client.rest_json("/user"))?
            .map_err(failure)?;
        Ok((account, client.seen().scopes))
    }

    fn status(&self, args: &StatusArgs) -> Result<Exit, CliError> {
        let hosts = match &args.hostname {
            Some(_) => vec![self.endpoint(args.hostname.as_deref())?.host().to_owned()],
            None => self.hosts(),
        };
        let all = hosts
            .iter()
            .map(|host| self.status_of(host, &Settings::default()))
            .collect::<Result<Vec<Status>, CliError>>()?;
        let exit = all
            .iter()
            .map(|status| status.exit)
            .find(|exit| *exit != Exit::Done);
        let mut out = self.context.output();
        match args.output {
            Format::Json => out.json(&all)?,
            Format::Text => {
                for status in &all {
                    out.text(&status.page())?;
                }
            }
        }
        out.finish()?;
        for status in &all {
            if let (Some(error), Some(hint)) = (&status.error, &status.hint) {
                self.context.note(&format!("error: {error}\nhint: {hint}"));
            }
        }
        Ok(exit.unwrap_or(Exit::Done))
    }

    fn status_of(&self, host: &str, settings: &Settings) -> Result<Status, CliError> {
        let identity = self.identities.reading(host, "").map_err(failure)?;
        // Which owners an App reads for is asked when one is read.
        let source = if self.identities.has_app(host) {
            Source::ConfiguredApp
        } else {
            identity.source
        };
        let mut status = Status {
            host: host.to_lowercase(),
            login: None,
            source: source.describe(),
            scopes: None,
            rate_limit: None,
            error: None,
            hint: None,
            exit: Exit::Done,
            signed_in: source != Source::Nobody,
            misconfigured: false,
        };
        if let Some(problem) = self.identities.problem(host) {
            status.misconfigured = true;
            status.fail(problem);
            return Ok(status);
        }
        let endpoint = self.endpoint(Some(host))?;
        match source {
            Source::Nobody => {
                let text = format!("nobody is signed in to {}", endpoint.host());
                let error = GithubError::new(crate::github::ErrorKind::Unauthorized, text);
                status.fail(&error.with_hint(crate::github::SIGN_IN));
                return Ok(status);
            }
            // An App has no account of its own: what it may do is known for each owner.
            Source::ConfiguredApp => return Ok(status),
            _ if self.context.offline() => return Ok(status),
            _ => {}
        }
        let client =
            Client::new(endpoint, identity.credentials, settings.clone()).map_err(failure)?;
        match self
            .context
            .block_on(client.rest_json::<Account>("/user"))?
        {
            Ok(account) => status.login = Some(account.login),
            Err(error) => status.fail(&error),
        }
        status.scopes = client.seen().scopes;
        status.rate_limit = client.rate_limits().tightest().map(|limit| Rate {
            limit: limit.limit,
            remaining: limit.remaining,
            reset_at: limit.reset_at,
        });
        Ok(status)
    }

    fn logout(&self, args: &LogoutArgs) -> Result<Exit, CliError> {
        let endpoint = self.endpoint(args.hostname.as_deref())?;
        let removed = self
            .identities
            .store()
            .remove(endpoint.host())
            .map_err(failure)?;
        if !removed {
            return Err(CliError::new(
                Exit::NotFound,
                format!("no sign-in is stored for {}", endpoint.host()),
            ));
        }
        let mut out = self.context.output();
        out.line(&format!("Signed out of {}", text::clean(endpoint.host())))?;
        out.finish()?;
        self.context.note(&format!(
            "hint: the token itself still works until it is revoked at {}settings/tokens",
            endpoint.web_url()
        ));
        Ok(Exit::Done)
    }
}

impl Status {
    fn fail(&mut self, error: &GithubError) {
        self.error = Some(error.to_string());
        self.hint = error.hint().map(str::to_owned);
        self.exit = exit_of(error);
    }

    fn page(&self) -> String {
        let mut page = format!("{}\n", text::clean(&self.host));
        let mut field = |name: &str, value: &str| {
            page.push_str(&format!("  {name:<11}{}\n", text::clean(value)));
        };
        if let Some(login) = &self.login {
            field("account", login);
        }
        field("from", self.source);
        if self.login.is_some() {
            field("scopes", &scopes_text(self.scopes.as_deref()));
        }
        if let Some(rate) = &self.rate_limit {
            field("rate limit", &rate.text());
        }
        page
    }
}

impl Rate {
    /// For people.
    pub fn text(&self) -> String {
        format!(
            "{} of {} left until {}",
            self.remaining,
            self.limit,
            self.reset_at.strftime("%H:%M:%S UTC")
        )
    }
}

/// The scopes that a token lacks to read everything; a token without scopes of its own lacks none that is known.
pub(super) fn missing_scopes(scopes: Option<&[String]>) -> Vec<&'static str> {
    SCOPES
        .into_iter()
        .filter(|scope| scopes.is_some_and(|have| !crate::github::refusal::implies(have, scope)))
        .collect()
}

/// A token's scopes, for people.
pub(super) fn scopes_text(scopes: Option<&[String]>) -> String {
    match scopes {
        None => "a token without scopes of its own: its permissions are set at GitHub".to_owned(),
        Some([]) => "no scopes: public data only".to_owned(),
        Some(scopes) => format!("scopes {}", scopes.join(", ")),
    }
}

/// A token as it can be: one word, in ASCII.
fn plausible(text: &str) -> Result<SecretString, CliError> {
    let token = text.trim();
    let fits = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
    if !fits {
        return Err(CliError::usage("that is not a token")
            .hint("a token is one word, as `ghp_…` or `github_pat_…`"));
    }
    Ok(SecretString::from(token))
}

fn exit_of(error: &GithubError) -> Exit {
    match error.exit_code() {
        3 => Exit::NotFound,
        5 => Exit::NotAllowed,
        6 => Exit::Unavailable,
        _ => Exit::Failed,
    }
}

fn failure(error: GithubError) -> CliError {
    let failed = CliError::new(exit_of(&error), error.to_string());
    match error.hint() {
        Some(hint) => failed.hint(hint),
        None => failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_one_word() {
        assert!(plausible(" ghp_abc\n").is_ok());
        for text in ["", "  ", "two words", "ghp_\u{1b}[0m", "토큰"] {
            assert_eq!(plausible(text).unwrap_err().exit, Exit::Usage, "{text:?}");
        }
    }

    #[test]
    fn scopes_are_worded_for_every_sort_of_token() {
        assert!(scopes_text(None).contains("permissions"));
        assert!(scopes_text(Some(&[])).contains("public"));
        assert_eq!(
            scopes_text(Some(&["repo".into(), "user".into()])),
            "scopes repo, user"
        );
    }
}
