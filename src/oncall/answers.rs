//! What is read of PagerDuty's answers (REST API v2). Everything that is not needed may be missing or strange; what
//! is needed and missing makes the one entry be left out, not the answer.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::catalog::oncall::{Incident, OnCallPerson};

/// A page of a list.
pub(super) struct Page {
    /// The entries.
    pub entries: Vec<Value>,
    /// Whether there are more.
    pub more: bool,
}

/// Reads a page whose entries stand under `key`; none where the answer is no such page.
pub(super) fn page(mut answer: Value, key: &str) -> Option<Page> {
    let more = answer.get("more").and_then(Value::as_bool).unwrap_or(false);
    match answer.get_mut(key)?.take() {
        Value::Array(entries) => Some(Page { entries, more }),
        _ => None,
    }
}

/// A service.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub(super) struct Service {
    pub id: String,
    #[serde(default)]
    pub html_url: Option<String>,
    pub escalation_policy: Reference,
    #[serde(default)]
    pub integrations: Vec<Integration>,
}

/// One of a service's integrations.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub(super) struct Integration {
    #[serde(default)]
    pub integration_key: Option<String>,
}

/// Something that is named in passing.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub(super) struct Reference {
    pub id: String,
    #[serde(default)]
    pub summary: Option<String>,
}

/// One entry of `/oncalls`.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub(super) struct OnCall {
    pub escalation_policy: Reference,
    pub escalation_level: u32,
    pub user: User,
    #[serde(default)]
    pub start: Option<Timestamp>,
    #[serde(default)]
    pub end: Option<Timestamp>,
}

/// A user: whole where `include[]=users` was asked for, else a reference.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub(super) struct User {
    pub id: String,
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub summary: Option<String>,
    #[serde(default)]
    pub email: Option<String>,
    #[serde(default)]
    pub contact_methods: Vec<ContactMethod>,
}

/// A way to reach a user: whole where `include[]=contact_methods` was asked for.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub(super) struct ContactMethod {
    #[serde(default, rename = "type")]
    pub kind: String,
    #[serde(default)]
    pub address: Option<String>,
    #[serde(default)]
    pub country_code: Option<u32>,
}

impl User {
    /// As the card shows them; the phone as far as it is known.
    pub fn person(&self) -> OnCallPerson {
        let name = [&self.name, &self.summary, &self.email]
            .into_iter()
            .flatten()
            .find(|name| !name.trim().is_empty());
        OnCallPerson {
            name: name.unwrap_or(&self.id).trim().to_owned(),
            email: self.email.clone().filter(|email| !email.is_empty()),
            phone: self.phone(),
        }
    }

    /// The first number that can be rung, else one that takes messages.
    pub fn phone(&self) -> Option<String> {
        let number = |kind: &str| {
            self.contact_methods.iter().find_map(|method| {
                let address = method.address.as_deref()?.trim();
                if method.kind != kind || address.is_empty() {
                    return None;
                }
                Some(match method.country_code {
                    Some(code) if !address.starts_with('+') => format!("+{code} {address}"),
                    _ => address.to_owned(),
                })
            })
        };
        number("phone_contact_method").or_else(|| number("sms_contact_method"))
    }
}

/// An open incident, with the id of its service; none where that is missing.
pub(super) fn incident(value: &Value) -> Option<(String, Incident)> {
    let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default();
    let service = value.pointer("/service/id")?.as_str()?.to_owned();
    let title = [text("title"), text("summary"), "incident"]
        .into_iter()
        .find(|title| !title.trim().is_empty())?
        .to_owned();
    Some((
        service,
        Incident {
            title,
            status: text("status").to_owned(),
            urgency: text("urgency").to_owned(),
            since: text("created_at").parse().ok(),
            url: Some(text("html_url").to_owned()).filter(|url| !url.is_empty()),
        },
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_phone_comes_with_its_countrys_code() {
        let user: User = serde_json::from_value(
            json!({"id": "PU1", "summary": "Jin Park", "contact_methods": [
                {"type": "email_contact_method", "address": "jin@example.org"},
                {"type": "sms_contact_method", "address": "1000000001", "country_code": 82},
                {"type": "phone_contact_method", "address": "1000000000", "country_code": 82},
            ]}),
        )
        .unwrap();
        assert_eq!(user.person().phone.as_deref(), Some("+82 1000000000"));
        assert_eq!(user.person().name, "Jin Park");
    }

    #[test]
    fn a_contact_method_that_is_only_named_is_no_number() {
        let user: User =
            serde_json::from_value(json!({"id": "PU1", "name": "", "contact_methods": [
            {"id": "PC1", "type": "phone_contact_method_reference", "summary": "Mobile"}]}))
            .unwrap();
        assert_eq!(user.person().phone, None);
        assert_eq!(user.person().name, "PU1");
    }

    #[test]
    fn nonsense_is_no_page() {
        assert!(page(json!({"oncalls": "many"}), "oncalls").is_none());
        assert!(page(json!([]), "oncalls").is_none());
        assert!(incident(&json!({"title": "no service"})).is_none());
    }
}
