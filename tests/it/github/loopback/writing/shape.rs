//! Holds a request's body to what GitHub documents for its address.

use serde_json::Value;

/// Every address of the writing half: fields, types and what is required, of GitHub's OpenAPI description.
const REQUESTS: &str = include_str!("requests.json");

/// One address and its method.
pub struct Operation(Value);

/// The operation of a method and an address; none where GitHub has none, or the loopback does not have it.
pub fn operation(method: &str, parts: &[&str]) -> Option<Operation> {
    let all: Vec<Value> = serde_json::from_str(REQUESTS).expect("a list");
    all.into_iter()
        .find(|one| {
            one["method"] == method && fits(one["path"].as_str().unwrap_or_default(), parts)
        })
        .map(Operation)
}

/// A template of a path; `{ref}` at its end stands for several names.
fn fits(template: &str, parts: &[&str]) -> bool {
    let template: Vec<&str> = template.split('/').collect();
    if template.last() == Some(&"{ref}") && parts.len() > template.len() {
        return fits(&template.join("/"), &parts[..template.len()]);
    }
    template.len() == parts.len()
        && template
            .iter()
            .zip(parts)
            .all(|(wanted, part)| wanted.starts_with('{') || wanted == part)
}

impl Operation {
    /// Why the body is not as it is documented.
    pub fn check(&self, body: &Value, empty: bool) -> Result<(), String> {
        let Some(schema) = self.0.get("body") else {
            return if empty {
                Ok(())
            } else {
                Err("there is no body here".to_owned())
            };
        };
        if empty {
            return if self.0["needed"] == true {
                Err("a body is required".to_owned())
            } else {
                Ok(())
            };
        }
        holds(schema, body, "")
    }
}

fn holds(schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    let wrong = |what: &str| Err(format!("For '{at}', {value} is not {what}."));
    if let Some(choices) = schema["oneOf"].as_array() {
        let any = choices
            .iter()
            .any(|choice| holds(choice, value, at).is_ok());
        return if any {
            Ok(())
        } else {
            wrong("one of what is possible")
        };
    }
    if value.is_null() && schema["null"] == true {
        return Ok(());
    }
    let kind = |kind: &str| match kind {
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => false,
    };
    let fits = match &schema["type"] {
        Value::String(one) => kind(one),
        Value::Array(several) => several.iter().filter_map(Value::as_str).any(kind),
        _ => true,
    };
    if !fits {
        return wrong(&schema["type"].to_string());
    }
    if let Some(words) = schema["enum"].as_array()
        && !words.contains(value)
    {
        return wrong(&format!("a member of {}", schema["enum"]));
    }
    if let (Some(items), Some(list)) = (schema.get("items"), value.as_array()) {
        if schema["minItems"]
            .as_u64()
            .is_some_and(|least| (list.len() as u64) < least)
        {
            return wrong("long enough");
        }
        for (number, item) in list.iter().enumerate() {
            holds(items, item, &format!("{at}[{number}]"))?;
        }
    }
    let (Some(properties), Some(object)) = (schema["properties"].as_object(), value.as_object())
    else {
        return Ok(());
    };
    for (name, value) in object {
        let below = if at.is_empty() {
            name.clone()
        } else {
            format!("{at}.{name}")
        };
        match properties.get(name) {
            Some(schema) => holds(schema, value, &below)?,
            None => return Err(format!("\"{below}\" is not a permitted key.")),
        }
    }
    for name in schema["required"].as_array().into_iter().flatten() {
        let name = name.as_str().unwrap_or_default();
        if !object.contains_key(name) {
            return Err(format!("\"{name}\" wasn't supplied at '{at}'."));
        }
    }
    Ok(())
}

#[test]
fn bodies_are_held_to_what_is_documented() {
    use serde_json::json;
    let create = operation("POST", &["orgs", "acme", "repos"]).unwrap();
    assert!(
        create
            .check(&json!({"name": "pay", "private": true}), false)
            .is_ok()
    );
    for bad in [
        json!({}),
        json!({"name": 1}),
        json!({"name": "pay", "visibility": "secret"}),
        json!({"name": "pay", "allow_update_branch": true}),
    ] {
        assert!(create.check(&bad, false).is_err(), "{bad}");
    }
    let update = operation(
        "PATCH",
        &["repos", "o", "r", "git", "refs", "heads", "a", "b"],
    )
    .unwrap();
    assert!(update.check(&json!({"sha": "1"}), false).is_ok());
    assert!(operation("POST", &["repos", "o", "r", "nothing"]).is_none());
}
