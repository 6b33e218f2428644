//! The PagerDuty accounts of the configuration: where to ask, and with which token.

use url::{Host, Url};

use super::OnCallError;
use crate::config::{PagerDutyConfig, Secret};

/// Where PagerDuty's API is, unless the configuration says otherwise.
const PAGERDUTY: &str = "https://api.pagerduty.com";

/// The variable whose token is used instead of a configured one.
pub(super) const TOKEN_VARIABLE: &str = "PAGERDUTY_TOKEN";

/// An account that can be asked.
#[derive(Clone, Debug)]
pub struct Account {
    /// `id`; none for the only one.
    pub name: Option<String>,
    /// Whether entities that name no account mean this one.
    pub is_default: bool,
    /// The API's address, and with which token; or why there is none.
    pub(super) access: Result<(Url, Secret), OnCallError>,
}

impl Account {
    /// The address that is asked, where it can be.
    ///
    /// # Errors
    /// Why it cannot: no token, or an address that is of no use.
    pub fn address(&self) -> Result<&str, &OnCallError> {
        self.access.as_ref().map(|(address, _)| address.as_str())
    }
}

/// The accounts of a configuration, as Backstage's PagerDuty plugin reads it: `accounts` where there are any, else the
/// one at the top. The variable `PAGERDUTY_TOKEN` stands for the token of the default one. Empty where nothing is said
/// of PagerDuty at all.
pub fn accounts(config: &PagerDutyConfig, env: &dyn Fn(&str) -> Option<String>) -> Vec<Account> {
    let variable = env(TOKEN_VARIABLE)
        .map(|token| token.trim().to_owned())
        .filter(|token| !token.is_empty())
        .map(Secret::new);
    if config.accounts.is_empty() {
        let token = variable.or_else(|| config.api_token.clone());
        if token.is_none() && config.api_base_url.is_none() {
            return Vec::new();
        }
        return vec![Account {
            name: None,
            is_default: true,
            access: access(config.api_base_url.as_deref(), token),
        }];
    }
    let only = config.accounts.len() == 1;
    config
        .accounts
        .iter()
        .map(|account| {
            let is_default = only || account.is_default;
            let token = variable
                .clone()
                .filter(|_| is_default)
                .or_else(|| account.api_token.clone());
            Account {
                name: account.id.clone(),
                is_default,
                access: access(account.api_base_url.as_deref(), token),
            }
        })
        .collect()
}

/// The account that an entity means.
pub(super) fn find<'a>(
    accounts: &'a [Account],
    name: Option<&str>,
) -> Result<&'a Account, OnCallError> {
    let found = match name {
        Some(name) => accounts
            .iter()
            .find(|account| account.name.as_deref() == Some(name))
            // With one account that has no name, the annotation has nothing to choose from.
            .or_else(|| accounts.first().filter(|only| only.name.is_none())),
        None => accounts.iter().find(|account| account.is_default),
    };
    found.ok_or_else(|| OnCallError::NoAccount {
        name: name.map(str::to_owned),
    })
}

fn access(address: Option<&str>, token: Option<Secret>) -> Result<(Url, Secret), OnCallError> {
    let bad = |reason: &str| OnCallError::BadAddress {
        reason: reason.to_owned(),
    };
    let address = address.unwrap_or(PAGERDUTY);
    let url = Url::parse(address).map_err(|_| bad("is not a URL"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(bad("must not hold a user or a password"));
    }
    if url.scheme() != "https" && !(url.scheme() == "http" && is_loopback(&url)) {
        return Err(bad("is not https"));
    }
    Ok((url, token.ok_or(OnCallError::NoToken)?))
}

/// Whether the address names this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::PagerDutyAccount;

    fn account(id: &str, is_default: bool) -> PagerDutyAccount {
        PagerDutyAccount {
            id: Some(id.into()),
            is_default,
            api_base_url: None,
            api_token: Some(Secret::new(format!("token-of-{id}"))),
        }
    }

    fn token(account: &Account) -> &str {
        account.access.as_ref().unwrap().1.expose()
    }

    #[test]
    fn without_a_word_of_pagerduty_there_is_no_account() {
        assert!(accounts(&PagerDutyConfig::default(), &|_| None).is_empty());
    }

    #[test]
    fn the_variable_wins_over_the_configured_token_of_the_default_account_alone() {
        let config = PagerDutyConfig {
            accounts: vec![account("eu", false), account("us", true)],
            ..PagerDutyConfig::default()
        };
        let all = accounts(&config, &|_| Some("from-the-environment".into()));
        assert_eq!(token(find(&all, None).unwrap()), "from-the-environment");
        assert_eq!(token(find(&all, Some("eu")).unwrap()), "token-of-eu");
        assert!(matches!(
            find(&all, Some("asia")),
            Err(OnCallError::NoAccount { name: Some(_) })
        ));
    }

    #[test]
    fn an_address_that_is_not_https_is_never_spoken_to() {
        for address in [
            "http://pagerduty.example",
            "file:///etc/passwd",
            "https://user:pass@api.example",
        ] {
            let config = PagerDutyConfig {
                api_base_url: Some(address.into()),
                api_token: Some(Secret::new("t".into())),
                ..PagerDutyConfig::default()
            };
            let all = accounts(&config, &|_| None);
            assert!(
                matches!(all[0].access, Err(OnCallError::BadAddress { .. })),
                "{address}"
            );
        }
    }

    #[test]
    fn a_token_is_not_in_what_is_printed() {
        let config = PagerDutyConfig {
            api_token: Some(Secret::new("very-secret".into())),
            ..PagerDutyConfig::default()
        };
        assert!(!format!("{:?}", accounts(&config, &|_| None)).contains("very-secret"));
    }
}
