//! Whether a document is an entity, and a good one: the envelope, the policies every entity must pass and the schema of
//! its kind, in Backstage's order and with its wording. Each check stops at the first fault, as Backstage's do.

use serde_json::{Map, Value};
use url::Url;

use super::entity_ref::cut;
use super::kinds;
use super::record::{entry, entry_of};
use super::schema::{self, ANY_OBJECT, NAME, ObjectSchema, Others, Schema, Violation};
use super::yaml::{Step, push_pointer};

/// What is wrong with an entity, and where in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Fault {
    /// Backstage's name of the error.
    pub name: &'static str,
    pub message: String,
    /// JSON pointer of the value at fault; of a missing key the mapping it is missing from.
    pub pointer: String,
    /// Whether the key at the pointer, rather than its value, is what to look at.
    pub at_key: bool,
}

impl Fault {
    fn of(name: &'static str, prefix: &str, violation: Violation, with_parameter: bool) -> Self {
        let mut message = format!("{prefix}{}", violation.text());
        let mut pointer = violation.pointer;
        let missing = violation.parameter.starts_with("missingProperty");
        match &violation.surplus {
            Some(key) => {
                message.push_str(": ");
                message.push_str(key);
                push_pointer(&mut pointer, Step::Key(key));
            }
            None if with_parameter => {
                message.push_str(" - ");
                message.push_str(&violation.parameter);
            }
            None => {}
        }
        Self {
            name,
            message,
            pointer,
            at_key: missing || violation.surplus.is_some(),
        }
    }
}

static ENVELOPE: ObjectSchema = ObjectSchema {
    required: &["apiVersion", "kind", "metadata"],
    properties: &[
        ("apiVersion", NAME),
        ("kind", NAME),
        (
            "metadata",
            Schema::Object(&ObjectSchema {
                required: &["name"],
                properties: &[("name", NAME), ("namespace", NAME)],
                others: Others::Anything,
            }),
        ),
    ],
    others: Others::Anything,
};

static ENTITY: ObjectSchema = ObjectSchema {
    required: &["apiVersion", "kind", "metadata"],
    properties: &[
        ("apiVersion", NAME),
        ("kind", NAME),
        ("metadata", Schema::Object(&METADATA)),
        ("spec", ANY_OBJECT),
        // Known to the schema, refused a step later: no file may set them.
        ("relations", RELATIONS),
        ("status", STATUS),
    ],
    others: Others::Nothing,
};

const TEXTS: Schema = Schema::Object(&ObjectSchema {
    required: &[],
    properties: &[],
    others: Others::EachLine(&Schema::Text(0)),
});

static METADATA: ObjectSchema = ObjectSchema {
    required: &["name"],
    properties: &[
        ("uid", NAME),
        ("etag", NAME),
        ("name", NAME),
        ("namespace", NAME),
        ("title", NAME),
        ("description", Schema::Text(0)),
        ("labels", TEXTS),
        ("annotations", TEXTS),
        ("tags", schema::NAMES),
        (
            "links",
            Schema::List(&Schema::Object(&ObjectSchema {
                required: &["url"],
                properties: &[
                    ("url", NAME),
                    ("title", NAME),
                    ("icon", NAME),
                    ("type", NAME),
                ],
                others: Others::Anything,
            })),
        ),
    ],
    others: Others::Anything,
};

const RELATIONS: Schema = Schema::List(&Schema::Object(&ObjectSchema {
    required: &["type", "targetRef"],
    properties: &[("type", NAME), ("target", ANY_OBJECT), ("targetRef", NAME)],
    others: Others::Nothing,
}));

const STATUS: Schema = Schema::Object(&ObjectSchema {
    required: &[],
    properties: &[("items", Schema::List(&ANY_OBJECT))],
    others: Others::Anything,
});

/// The envelope: whatever is needed to know which entity a document is.
pub(super) fn envelope(document: &Map<String, Value>) -> Result<(), Fault> {
    schema::check_object(&ENVELOPE, document, &mut String::new())
        .map_err(|violation| Fault::of("TypeError", "", violation, true))
}

/// The policies: the schema common to all entities, no foreign root fields, the formats of single fields.
pub(super) fn policies(entity: &Map<String, Value>) -> Result<(), Fault> {
    schema::check_object(&ENTITY, entity, &mut String::new())
        .map_err(|violation| Fault::of("InputError", "Malformed envelope, ", violation, false))?;
    if let Some(field) = entity
        .keys()
        .find(|key| matches!(key.as_str(), "relations" | "status"))
    {
        return Err(Fault {
            name: "InputError",
            message: format!("Unknown field {field}"),
            pointer: format!("/{field}"),
            at_key: true,
        });
    }
    formats(entity)
}

/// The kind's own schema.
///
/// A kind that is not in the table passes: rules let it in, and it is shown generically. A known kind under an
/// `apiVersion` it does not have, or written in other case, is refused as Backstage refuses it.
pub(super) fn kind(entity: &Map<String, Value>, entity_ref: &str) -> Result<(), Fault> {
    let text = |key: &str| {
        entry(entity, key)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let (name, api_version) = (text("kind"), text("apiVersion"));
    let Some(kind) = kinds::find(name) else {
        return Ok(());
    };
    let foreign = |pointer: &str, hint: String| Fault {
        name: "InputError",
        message: format!(
            "No processor recognized the entity {entity_ref} as valid, possibly caused by a foreign kind or apiVersion: {hint}"
        ),
        pointer: pointer.to_owned(),
        at_key: false,
    };
    if kind.name != name {
        return Err(foreign(
            "/kind",
            format!("the kind is written \"{}\"", kind.name),
        ));
    }
    if !kind.api_versions.contains(&api_version) {
        let known = kind.api_versions.join(" or ");
        return Err(foreign(
            "/apiVersion",
            format!("the apiVersion of a {name} is {known}"),
        ));
    }
    let schema = ObjectSchema {
        required: &["spec"],
        properties: &[],
        others: Others::Anything,
    };
    let checked = schema::check_object(&schema, entity, &mut String::new()).and_then(|()| {
        match entry(entity, "spec").and_then(Value::as_object) {
            Some(spec) if schema::object_holds(kind.spec, spec) => Ok(()),
            Some(spec) => schema::check_object(kind.spec, spec, &mut "/spec".to_owned()),
            None => Ok(()),
        }
    });
    checked.map_err(|violation| Fault::of("InputError", "", violation, false))
}

const OBJECT_NAME: &str = "a string that is sequences of [a-zA-Z0-9] separated by any of [-_.], at most 63 characters in total";
const DNS_LABEL: &str =
    "a string that is sequences of [a-z0-9] separated by [-], at most 63 characters in total";
const TAG: &str =
    "a string that is sequences of [a-z0-9+#] separated by [-], at most 63 characters in total";
const PREFIXED: &str = "a valid prefix and/or suffix";
const KIND: &str =
    "a string that is a sequence of [a-zA-Z][a-z0-9A-Z], at most 63 characters in total";

/// Backstage's field format policy.
fn formats(entity: &Map<String, Value>) -> Result<(), Fault> {
    fn text(value: Option<&Value>) -> &str {
        value.and_then(Value::as_str).unwrap_or_default()
    }
    let expect = |good: bool,
                  field: &str,
                  expected: &str,
                  found: &str,
                  pointer: &[Step<'_>],
                  at_key: bool| {
        if good {
            return Ok(());
        }
        let mut at = String::new();
        pointer.iter().for_each(|step| push_pointer(&mut at, *step));
        Err(Fault {
            name: "InputError",
            message: format!("\"{field}\" is not valid; expected {expected} but found \"{found}\""),
            pointer: at,
            at_key,
        })
    };
    use Step::{Index, Key};
    let api_version = text(entry(entity, "apiVersion"));
    let suffix = |n: &str| sized(n, 63) && n.bytes().all(|b| b.is_ascii_alphanumeric());
    expect(
        prefixed(api_version, suffix),
        "apiVersion",
        PREFIXED,
        api_version,
        &[Key("apiVersion")],
        false,
    )?;
    let kind = text(entry(entity, "kind"));
    let good_kind = sized(kind, 63)
        && kind.starts_with(|c: char| c.is_ascii_alphabetic())
        && kind.bytes().all(|b| b.is_ascii_alphanumeric());
    expect(good_kind, "kind", KIND, kind, &[Key("kind")], false)?;

    let empty = Map::new();
    let metadata = entry(entity, "metadata")
        .and_then(Value::as_object)
        .unwrap_or(&empty);
    let within = |key: &str| {
        entry(metadata, key)
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
    };
    let name = text(entry(metadata, "name"));
    expect(
        is_object_name(name),
        "metadata.name",
        OBJECT_NAME,
        name,
        &[Key("metadata"), Key("name")],
        false,
    )?;
    if let Some(namespace) = entry(metadata, "namespace").and_then(Value::as_str) {
        let at = [Key("metadata"), Key("namespace")];
        expect(
            is_dns_label(namespace.as_bytes()),
            "metadata.namespace",
            DNS_LABEL,
            namespace,
            &at,
            false,
        )?;
    }
    for (key, value) in within("labels") {
        let value = text(Some(value));
        let good_value = value.is_empty() || is_object_name(value);
        if good_value && prefixed(key, is_object_name) {
            continue;
        }
        let field = format!("labels.{key}");
        let at = [Key("metadata"), Key("labels"), Key(key)];
        expect(
            prefixed(key, is_object_name),
            &field,
            PREFIXED,
            key,
            &at,
            true,
        )?;
        expect(good_value, &field, OBJECT_NAME, value, &at, false)?;
    }
    for (key, value) in within("annotations") {
        let at = [Key("metadata"), Key("annotations"), Key(key)];
        if !prefixed(key, is_object_name) {
            expect(
                false,
                &format!("annotations.{key}"),
                PREFIXED,
                key,
                &at,
                true,
            )?;
        }
        // Only a key that the schema's pattern does not see can still hold something else.
        if !value.is_string() {
            expect(
                false,
                &format!("annotations.{key}"),
                "a string",
                &value.to_string(),
                &at,
                false,
            )?;
        }
    }
    let items = |key: &str| {
        entry(metadata, key)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .enumerate()
    };
    for (i, tag) in items("tags") {
        let tag = tag.as_str().unwrap_or_default();
        if !is_tag(tag) {
            let at = [Key("metadata"), Key("tags"), Index(i)];
            expect(false, &format!("tags.{i}"), TAG, tag, &at, false)?;
        }
    }
    for (i, link) in items("links") {
        let at = |key| [Key("metadata"), Key("links"), Index(i), Key(key)];
        let url = text(entry_of(link, "url"));
        if !is_url(url) {
            expect(
                false,
                &format!("links.{i}.url"),
                "a string that is a valid url",
                url,
                &at("url"),
                false,
            )?;
        }
        for key in ["title", "icon"] {
            if let Some(value) = entry_of(link, key).and_then(Value::as_str) {
                let blank = value
                    .trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}')
                    .is_empty();
                if blank {
                    expect(
                        false,
                        &format!("links.{i}.{key}"),
                        "a non empty string",
                        value,
                        &at(key),
                        false,
                    )?;
                }
            }
        }
    }
    Ok(())
}

/// Whether a text is a URL. The usual `https://host.name/path` is known without taking it apart: any printable path is
/// good after a host of lower-case letters, digits and hyphens whose last label is no number.
fn is_url(text: &str) -> bool {
    let usual = || {
        let rest = text.strip_prefix("https://")?;
        let host = cut(rest, b'/').map_or(rest, |(host, _)| host);
        let labels = || host.as_bytes().split(|b| *b == b'.');
        let label = |label: &[u8]| {
            let inner = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-';
            matches!(label.len(), 1..=63) && !label.starts_with(b"xn--") && label.iter().all(inner)
        };
        let good = sized(host, 253)
            && labels().all(label)
            && labels().next_back()?.iter().all(u8::is_ascii_lowercase)
            && rest.bytes().all(|b| b.is_ascii_graphic());
        good.then_some(())
    };
    usual().is_some() || Url::parse(text).is_ok()
}

fn sized(text: &str, most: usize) -> bool {
    !text.is_empty() && text.len() <= most
}

/// `suffix` or `dns.subdomain/suffix`.
fn prefixed(text: &str, is_suffix: impl Fn(&str) -> bool) -> bool {
    match cut(text, b'/') {
        None => is_suffix(text),
        Some((prefix, suffix)) => {
            let mut labels = prefix.as_bytes().split(|b| *b == b'.');
            sized(prefix, 253) && labels.all(is_dns_label) && is_suffix(suffix)
        }
    }
}

/// Kubernetes' object name: alphanumeric ends, `-_.` between.
fn is_object_name(text: &str) -> bool {
    let ends = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = text.as_bytes();
    sized(text, 63)
        && ends(bytes.first())
        && ends(bytes.last())
        && bytes
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

/// A label of a domain name; unlike in DNS, hyphens may be doubled.
fn is_dns_label(text: &[u8]) -> bool {
    let inner = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    text.len() <= 63
        && text.first().is_some_and(inner)
        && text.last().is_some_and(inner)
        && text.iter().all(|b| inner(b) || *b == b'-')
}

fn is_tag(text: &str) -> bool {
    let word = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|b| {
                b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b':' | b'+' | b'#')
            })
    };
    sized(text, 63) && text.split('-').all(word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fault(entity: &Value) -> Option<Fault> {
        let map = entity.as_object().unwrap();
        envelope(map)
            .and_then(|()| policies(map))
            .and_then(|()| kind(map, "x:y/z"))
            .err()
    }

    fn component(metadata: &Value) -> Value {
        json!({"apiVersion": "backstage.io/v1alpha1", "kind": "Component", "metadata": metadata,
            "spec": {"type": "a", "lifecycle": "b", "owner": "c"}})
    }

    #[test]
    fn names_tags_and_namespaces_have_backstages_forms() {
        for name in ["a", "a..b", "A_b-c.D", &"x".repeat(63)] {
            assert_eq!(fault(&component(&json!({ "name": name }))), None, "{name}");
        }
        for name in ["-a", "a-", "a b", "ä", &"x".repeat(64)] {
            assert_eq!(
                fault(&component(&json!({ "name": name }))).unwrap().pointer,
                "/metadata/name",
                "{name}"
            );
        }
        for (tag, good) in [
            ("c++", true),
            ("c#", true),
            ("a:b", true),
            ("a-b", true),
            ("a--b", false),
            ("Java", false),
        ] {
            assert_eq!(
                fault(&component(&json!({"name": "a", "tags": [tag]}))).is_none(),
                good,
                "{tag}"
            );
        }
        for (namespace, good) in [
            ("a--b", true),
            ("a-b", true),
            ("-a", false),
            ("A", false),
            ("a_b", false),
        ] {
            assert_eq!(
                fault(&component(&json!({"name": "a", "namespace": namespace}))).is_none(),
                good,
                "{namespace}"
            );
        }
    }

    #[test]
    fn faults_are_worded_as_backstage_words_them() {
        let message = |entity: &Value| fault(entity).map(|f| f.message).unwrap_or_default();
        assert_eq!(
            message(&json!({"kind": "X"})),
            "<root> must have required property 'apiVersion' - missingProperty: apiVersion"
        );
        assert_eq!(
            message(&component(&json!({"name": 1}))),
            "/metadata/name must be string - type: string"
        );
        assert_eq!(
            message(&component(&json!({"name": "a", "annotations": {"a/b": 1}}))),
            "Malformed envelope, /metadata/annotations/a~1b must be string"
        );
        let mut foreign = component(&json!({"name": "a"}));
        foreign["extra"] = json!(1);
        assert_eq!(
            message(&foreign),
            "Malformed envelope, <root> must NOT have additional properties: extra"
        );
        let mut no_owner = component(&json!({"name": "a"}));
        no_owner["spec"] = json!({"type": "a", "lifecycle": "b"});
        assert_eq!(
            message(&no_owner),
            "/spec must have required property 'owner'"
        );
        no_owner["spec"] = json!({"type": "a", "lifecycle": "b", "owner": ""});
        assert_eq!(
            message(&no_owner),
            "/spec/owner must NOT have fewer than 1 characters"
        );
    }

    #[test]
    fn a_known_kind_needs_its_own_api_version_and_case_and_an_unknown_kind_passes() {
        let entity = |api: &str, kind: &str| json!({"apiVersion": api, "kind": kind, "metadata": {"name": "a"}});
        assert_eq!(fault(&entity("foo.bar/v1", "Anything")), None);
        assert_eq!(
            fault(&entity("backstage.io/v1beta2", "Template"))
                .unwrap()
                .pointer,
            "/apiVersion"
        );
        assert_eq!(
            fault(&entity("backstage.io/v1alpha1", "component"))
                .unwrap()
                .pointer,
            "/kind"
        );
        assert_eq!(
            fault(&entity("backstage.io/v1alpha1", "Component"))
                .unwrap()
                .message,
            "<root> must have required property 'spec'"
        );
    }

    #[test]
    fn a_template_may_have_one_page_or_several() {
        let template = |parameters: Value| {
            json!({"apiVersion": "scaffolder.backstage.io/v1beta3", "kind": "Template",
            "metadata": {"name": "a"}, "spec": {"type": "a", "steps": [{"action": "x", "if": true}], "parameters": parameters,
            "output": {"links": [{"url": "x"}], "more": "text"}}})
        };
        assert_eq!(fault(&template(json!({"title": "x"}))), None);
        assert_eq!(fault(&template(json!([{"title": "x"}]))), None);
        assert_eq!(
            fault(&template(json!("x"))).unwrap().message,
            "/spec/parameters must be object"
        );
        assert_eq!(
            fault(&template(json!([1]))).unwrap().pointer,
            "/spec/parameters/0"
        );
    }
}
