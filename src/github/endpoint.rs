//! The addresses of one GitHub, and which of them may see its token.

use url::{Host, Url};

use super::error::{ErrorKind, GithubError};

/// One GitHub: github.com or a server of one's own.
///
/// Backstage: `integrations.github[]` with `host`, `apiBaseUrl` and `rawBaseUrl`; the GraphQL address
/// follows from `apiBaseUrl` (`/api/v3` becomes `/api/graphql`, else `/graphql` is appended).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    host: String,
    web: Url,
    api: Url,
    raw: Option<Url>,
    graphql: Url,
}

impl Endpoint {
    /// github.com itself.
    ///
    /// # Errors
    /// None in practice: the addresses are constant.
    pub fn github_com() -> Result<Self, GithubError> {
        Self::new("github.com", None, None)
    }

    /// The endpoint of a configured integration. `host` may carry a port. Without `api_base_url`,
    /// github.com has its own addresses and any other host `https://HOST/api/v3`.
    ///
    /// # Errors
    /// `Configuration` where an address is not a URL, carries a user name, a query or a fragment, or is
    /// not https (http is only for loopback).
    pub fn new(
        host: &str,
        api_base_url: Option<&str>,
        raw_base_url: Option<&str>,
    ) -> Result<Self, GithubError> {
        let host = host.trim().to_ascii_lowercase();
        let is_com = host == "github.com";
        let api = match api_base_url {
            Some(url) => base("apiBaseUrl", url)?,
            None if is_com => base("apiBaseUrl", "https://api.github.com")?,
            None => base("apiBaseUrl", &format!("https://{host}/api/v3"))?,
        };
        let raw = match raw_base_url {
            Some(url) => Some(base("rawBaseUrl", url)?),
            None if is_com => Some(base("rawBaseUrl", "https://raw.githubusercontent.com")?),
            None => None,
        };
        // A loopback server speaks plain http on its API address; its pages are on the same scheme.
        let scheme = if is_loopback(&api) {
            api.scheme()
        } else {
            "https"
        };
        let web = base("host", &format!("{scheme}://{host}"))?;
        if web.path() != "/" || web.host_str().is_none() {
            return Err(bad("host", &host, "is not a host name"));
        }
        let graphql = graphql_url(&api);
        Ok(Self {
            host,
            web,
            api,
            raw,
            graphql,
        })
    }

    /// The host as configured, in lower case, with its port where it has one.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether this is github.com rather than a server of one's own.
    pub fn is_github_com(&self) -> bool {
        self.host == "github.com"
    }

    /// The address of the pages people see, as `https://github.com/`.
    pub fn web_url(&self) -> &Url {
        &self.web
    }

    /// The REST address, without a slash at its end where it has a path.
    pub fn api_base_url(&self) -> &Url {
        &self.api
    }

    /// Where raw files are served, if anywhere.
    pub fn raw_base_url(&self) -> Option<&Url> {
        self.raw.as_ref()
    }

    /// The GraphQL address.
    pub fn graphql_url(&self) -> &Url {
        &self.graphql
    }

    /// Whether a token of this integration may be sent to `url`: same scheme, host and port as one of
    /// its own addresses, and encrypted unless on this machine.
    pub fn may_see_token(&self, url: &Url) -> bool {
        may_speak(url)
            && [Some(&self.web), Some(&self.api), self.raw.as_ref()]
                .into_iter()
                .flatten()
                .any(|own| own.origin() == url.origin())
    }

    /// The address of a REST path (`/user`, `repos/o/r`), or of a full URL that GitHub handed out (the
    /// next page).
    ///
    /// # Errors
    /// `Refused` where a full URL is not on this integration.
    pub fn rest_url(&self, path: &str) -> Result<Url, GithubError> {
        if path.contains("://") {
            let url = Url::parse(path)
                .map_err(|_| GithubError::new(ErrorKind::Refused, format!("bad address {path}")))?;
            if !self.may_see_token(&url) {
                return Err(GithubError::new(
                    ErrorKind::Refused,
                    format!("{} is not an address of {}", shown(&url), self.host),
                ));
            }
            return Ok(url);
        }
        let joined = format!(
            "{}/{}",
            self.api.as_str().trim_end_matches('/'),
            path.trim_start_matches('/')
        );
        let url = Url::parse(&joined)
            .map_err(|_| GithubError::new(ErrorKind::Refused, format!("bad path {path}")))?;
        Ok(url)
    }

    /// A page on this GitHub, taken from a server's answer: `Some` only where it is https (or loopback)
    /// on the integration's own host, so that nobody is sent elsewhere to authorise a token.
    pub fn own_page(&self, url: &str) -> Option<String> {
        let url = Url::parse(url.trim()).ok()?;
        let plain = url.username().is_empty() && url.password().is_none();
        (plain && may_speak(&url) && url.origin() == self.web.origin()).then(|| url.to_string())
    }
}

/// A URL as it is shown in messages: without its query (which may carry a signature), user or fragment.
pub fn shown(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.to_string()
}

/// Whether callboard speaks to this address at all: https, or http on this machine.
pub fn may_speak(url: &Url) -> bool {
    match url.scheme() {
        "https" => url.host().is_some(),
        "http" => is_loopback(url),
        _ => false,
    }
}

/// Whether the address names this machine: 127.0.0.0/8, `::1` or `localhost`.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

fn base(key: &str, text: &str) -> Result<Url, GithubError> {
    let trimmed = text.trim().trim_end_matches('/');
    let url = Url::parse(trimmed).map_err(|_| bad(key, trimmed, "is not a URL"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(GithubError::new(
            ErrorKind::Configuration,
            format!("{key} carries a user name or password"),
        ));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(bad(key, trimmed, "has a query or a fragment"));
    }
    if !may_speak(&url) {
        return Err(bad(key, trimmed, "is not https"));
    }
    Ok(url)
}

fn bad(key: &str, value: &str, what: &str) -> GithubError {
    GithubError::new(ErrorKind::Configuration, format!("{key}: `{value}` {what}"))
        .with_hint("see integrations.github in the configuration")
}

fn graphql_url(api: &Url) -> Url {
    let mut url = api.clone();
    let path = api.path().trim_end_matches('/').to_owned();
    match path.strip_suffix("/api/v3") {
        Some(before) => url.set_path(&format!("{before}/api/graphql")),
        None => url.set_path(&format!("{path}/graphql")),
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server() -> Endpoint {
        Endpoint::new("GHE.example.com", None, None).unwrap()
    }

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn github_com_has_its_own_addresses() {
        let com = Endpoint::github_com().unwrap();
        assert_eq!(com.graphql_url().as_str(), "https://api.github.com/graphql");
        assert_eq!(
            com.rest_url("/user").unwrap().as_str(),
            "https://api.github.com/user"
        );
    }

    #[test]
    fn a_server_of_ones_own_derives_graphql_from_its_rest_address() {
        assert_eq!(
            server().graphql_url().as_str(),
            "https://ghe.example.com/api/graphql"
        );
        let odd = Endpoint::new("g.test", Some("https://api.g.test/x/"), None).unwrap();
        assert_eq!(odd.graphql_url().as_str(), "https://api.g.test/x/graphql");
    }

    #[test]
    fn a_token_goes_to_the_integrations_own_addresses_only() {
        let com = Endpoint::github_com().unwrap();
        assert!(com.may_see_token(&url("https://raw.githubusercontent.com/o/r/main/f")));
        assert!(com.may_see_token(&url("https://github.com/o/r")));
        assert!(!com.may_see_token(&url("https://codeload.github.com/o/r")));
        assert!(!com.may_see_token(&url("http://api.github.com/user")));
        assert!(!com.may_see_token(&url("https://api.github.com:8443/user")));
        assert!(!com.may_see_token(&url("https://api.github.com.evil.test/user")));
    }

    #[test]
    fn plain_http_is_refused_except_on_this_machine() {
        assert!(Endpoint::new("g.test", Some("http://g.test/api/v3"), None).is_err());
        let local =
            Endpoint::new("127.0.0.1:81", Some("http://127.0.0.1:81/api/v3"), None).unwrap();
        assert_eq!(local.web_url().as_str(), "http://127.0.0.1:81/");
        assert!(local.may_see_token(&url("http://127.0.0.1:81/api/graphql")));
    }

    #[test]
    fn an_address_with_a_password_is_refused_without_repeating_it() {
        let error = Endpoint::new("g.test", Some("https://u:hunter2@g.test"), None).unwrap_err();
        assert!(!error.to_string().contains("hunter2"));
    }

    #[test]
    fn the_next_page_must_be_on_the_same_integration() {
        assert!(
            server()
                .rest_url("https://ghe.example.com/api/v3/x?page=2")
                .is_ok()
        );
        let error = server().rest_url("https://evil.test/api/v3/x").unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::Refused);
    }

    #[test]
    fn an_authorisation_page_elsewhere_is_not_shown() {
        assert!(
            server()
                .own_page("https://ghe.example.com/orgs/o/sso?x=1")
                .is_some()
        );
        assert!(
            server()
                .own_page("https://ghe.example.com.evil.test/orgs/o/sso")
                .is_none()
        );
        assert!(
            server()
                .own_page("https://ghe.example.com@evil.test/")
                .is_none()
        );
        assert!(
            server()
                .own_page("http://ghe.example.com/orgs/o/sso")
                .is_none()
        );
    }
}
