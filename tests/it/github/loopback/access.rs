//! Who asks, and what they may see.

use jsonwebtoken::{Algorithm, DecodingKey, Validation};

use super::http::{Recorded, Reply};
use super::world::{Account, Repository, Token, Visibility, World};

/// Who a request's token stands for.
#[derive(Debug, Clone)]
pub enum Who {
    Anonymous,
    Person(Token),
    /// An App itself, by its JWT.
    App(u64),
    Installation {
        app: u64,
        owner: String,
    },
}

/// Checks `User-Agent` and `Authorization` as GitHub does.
pub fn identify(request: &Recorded, world: &World, now: i64) -> Result<Who, Reply> {
    if request.header("user-agent").is_none_or(str::is_empty) {
        return Err(Reply::error(
            403,
            "Request forbidden by administrative rules. Please make sure your request has a User-Agent header",
        ));
    }
    if request.header("authorization").is_none() {
        return Ok(Who::Anonymous);
    }
    let bad = || Reply::error(401, "Bad credentials");
    let token = request.token().ok_or_else(bad)?;
    if let Some(person) = world.tokens.get(token) {
        return Ok(Who::Person(person.clone()));
    }
    if let Some(issued) = world.issued.iter().find(|issued| issued.token == token) {
        if issued.expires_at <= now {
            return Err(bad());
        }
        let installation = world
            .apps
            .iter()
            .find(|app| app.id == issued.app_id)
            .and_then(|app| app.installations.iter().find(|at| at.owner == issued.owner));
        return match installation {
            Some(installation) if installation.suspended => {
                Err(Reply::error(403, "This installation has been suspended"))
            }
            Some(_) => Ok(Who::Installation {
                app: issued.app_id,
                owner: issued.owner.clone(),
            }),
            None => Err(bad()),
        };
    }
    if token.matches('.').count() == 2 {
        return check_jwt(token, world, now);
    }
    Err(bad())
}

#[derive(serde::Deserialize)]
struct Claims {
    iss: serde_json::Value,
    iat: i64,
    exp: i64,
}

fn check_jwt(token: &str, world: &World, now: i64) -> Result<Who, Reply> {
    let mut validation = Validation::new(Algorithm::RS256);
    validation.validate_exp = false;
    validation.required_spec_claims.clear();
    for app in &world.apps {
        let Ok(key) = DecodingKey::from_rsa_pem(app.public_key.as_bytes()) else {
            continue;
        };
        let Ok(decoded) = jsonwebtoken::decode::<Claims>(token, &key, &validation) else {
            continue;
        };
        let claims = decoded.claims;
        let issuer = match &claims.iss {
            serde_json::Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        if issuer != app.id.to_string() {
            continue;
        }
        if claims.iat > now + 5 {
            return Err(Reply::error(
                401,
                "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued",
            ));
        }
        if claims.exp <= now || claims.exp > now + 600 || claims.exp - claims.iat > 660 {
            return Err(Reply::error(
                401,
                "'Expiration time' claim ('exp') is too far in the future",
            ));
        }
        return Ok(Who::App(app.id));
    }
    Err(Reply::error(401, "A JSON web token could not be decoded"))
}

impl Who {
    /// Login of the account that signs.
    pub fn login(&self) -> Option<String> {
        match self {
            Self::Person(token) => Some(token.login.clone()),
            Self::Installation { app, .. } => Some(format!("app-{app}[bot]")),
            Self::Anonymous | Self::App(_) => None,
        }
    }

    /// Whether a classic token carries one of these scopes; other credentials always do.
    pub fn has_scope(&self, any_of: &[&str]) -> bool {
        let Self::Person(Token {
            scopes: Some(scopes),
            ..
        }) = self
        else {
            return true;
        };
        any_of.is_empty() || scopes.iter().any(|scope| any_of.contains(&scope.as_str()))
    }

    /// Whether the account wants single sign-on that this token is not authorised for.
    pub fn lacks_sso(&self, account: &Account) -> bool {
        match self {
            Self::Person(token) => {
                account.requires_sso
                    && !token
                        .sso
                        .iter()
                        .any(|own| own.eq_ignore_ascii_case(&account.login))
            }
            _ => false,
        }
    }

    /// Whether this identity may write in the account's repositories.
    pub fn may_write(&self, account: &Account) -> bool {
        match self {
            Self::Anonymous | Self::App(_) => false,
            Self::Installation { owner, .. } => owner.eq_ignore_ascii_case(&account.login),
            Self::Person(token) => {
                token.login.eq_ignore_ascii_case(&account.login)
                    || account
                        .members
                        .iter()
                        .any(|member| member.eq_ignore_ascii_case(&token.login))
            }
        }
    }

    /// Whether this identity sees the repository.
    pub fn sees(&self, account: &Account, repository: &Repository) -> bool {
        if self.lacks_sso(account) {
            return false;
        }
        let public = repository.visibility == Visibility::Public;
        match self {
            Self::Anonymous => public,
            Self::App(_) => false,
            Self::Installation { owner, .. } => {
                public || owner.eq_ignore_ascii_case(&account.login)
            }
            Self::Person(token) => {
                let full = format!("{}/{}", account.login, repository.name);
                if let Some(only) = &token.only {
                    return public || only.iter().any(|name| name.eq_ignore_ascii_case(&full));
                }
                let belongs = token.login.eq_ignore_ascii_case(&account.login)
                    || account
                        .members
                        .iter()
                        .any(|member| member.eq_ignore_ascii_case(&token.login));
                public || (belongs && self.has_scope(&["repo"]))
            }
        }
    }
}
