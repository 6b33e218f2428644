//! What an entity's annotations say about its documentation.

use serde_json::Value;

/// Where the documentation lies.
const TECHDOCS_REF: &str = "backstage.io/techdocs-ref";
/// The entity whose documentation it is.
const TECHDOCS_ENTITY: &str = "backstage.io/techdocs-entity";
/// The page of that documentation to begin with.
const TECHDOCS_ENTITY_PATH: &str = "backstage.io/techdocs-entity-path";
/// What `dir:` is relative to, before the place of the entity's own file.
const SOURCE_LOCATION: &str = "backstage.io/source-location";
const MANAGED_BY_LOCATION: &str = "backstage.io/managed-by-location";

/// Where documentation lies, as written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DocsRef {
    /// A folder relative to the entity's source (`dir:./docs-site`); a bare path means the same here, which Backstage
    /// refuses.
    Dir(String),
    /// A folder of a repository by its address (`url:https://…`, and `github:`, `git:` of old).
    Url(String),
}

/// What an entity declares.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Declared {
    /// Documentation of its own.
    Own {
        /// Where.
        docs: DocsRef,
        /// The location it is relative to: `url:https://…` or `file:/…`; Backstage: the source location, else where the
        /// entity was read.
        base: String,
    },
    /// That of another entity.
    Entity {
        /// The reference, as written.
        reference: String,
        /// The page to begin with, where one is named.
        page: Option<String>,
    },
    /// Something that cannot be used; the sentence says why.
    Unusable(String),
}

/// An annotation's text, where it has one.
pub fn annotation<'a>(entity: &'a Value, key: &str) -> Option<&'a str> {
    entity
        .get("metadata")?
        .get("annotations")?
        .get(key)?
        .as_str()
        .map(str::trim)
        .filter(|text| !text.is_empty())
}

/// What an entity says about its documentation; none where it says nothing.
///
/// Backstage shows the other entity's documentation where both annotations are there.
pub fn declared(entity: &Value) -> Option<Declared> {
    if let Some(reference) = annotation(entity, TECHDOCS_ENTITY) {
        return Some(Declared::Entity {
            reference: reference.to_owned(),
            page: annotation(entity, TECHDOCS_ENTITY_PATH).map(page_of_address),
        });
    }
    let text = annotation(entity, TECHDOCS_REF)?;
    let base = annotation(entity, SOURCE_LOCATION)
        .or_else(|| annotation(entity, MANAGED_BY_LOCATION))
        .unwrap_or_default();
    Some(match read(text) {
        Ok(docs) => Declared::Own {
            docs,
            base: base.to_owned(),
        },
        Err(problem) => Declared::Unusable(problem),
    })
}

fn read(text: &str) -> Result<DocsRef, String> {
    let Some((kind, target)) = text.split_once(':') else {
        return Ok(DocsRef::Dir(text.to_owned()));
    };
    let target = target.trim();
    match kind.trim() {
        "dir" if target.is_empty() => Ok(DocsRef::Dir(".".to_owned())),
        "dir" => Ok(DocsRef::Dir(target.to_owned())),
        "url" | "github" | "git" if !target.is_empty() => Ok(DocsRef::Url(target.to_owned())),
        "http" | "https" => Ok(DocsRef::Url(text.to_owned())),
        _ => Err(format!(
            "{TECHDOCS_REF}: \"{text}\" is neither dir:PATH nor url:ADDRESS"
        )),
    }
}

/// The page that an address within built documentation means: `/runbooks/pool/` is `runbooks/pool`.
fn page_of_address(address: &str) -> String {
    let path = address.split(['?', '#']).next().unwrap_or_default();
    path.trim_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(annotations: Value) -> Option<Declared> {
        declared(&json!({"metadata": {"annotations": annotations}}))
    }

    fn own(text: &str) -> Option<DocsRef> {
        match of(json!({ TECHDOCS_REF: text })) {
            Some(Declared::Own { docs, .. }) => Some(docs),
            _ => None,
        }
    }

    #[test]
    fn every_form_of_a_reference_is_read() {
        assert_eq!(own("dir:."), Some(DocsRef::Dir(".".into())));
        assert_eq!(own("dir:./sub"), Some(DocsRef::Dir("./sub".into())));
        assert_eq!(own("./sub"), Some(DocsRef::Dir("./sub".into())));
        let url = "https://github.com/acme/pay/tree/main";
        assert_eq!(own(&format!("url:{url}")), Some(DocsRef::Url(url.into())));
        assert_eq!(
            own(&format!("github:{url}")),
            Some(DocsRef::Url(url.into()))
        );
        assert_eq!(own(url), Some(DocsRef::Url(url.into())));
        assert!(matches!(
            of(json!({ TECHDOCS_REF: "s3:bucket" })),
            Some(Declared::Unusable(_))
        ));
        assert_eq!(of(json!({})), None);
        assert_eq!(declared(&json!({"metadata": {"annotations": [1]}})), None);
    }

    #[test]
    fn a_folder_is_relative_to_the_source_location_first() {
        let both = of(json!({
            TECHDOCS_REF: "dir:.", SOURCE_LOCATION: "url:https://a/", MANAGED_BY_LOCATION: "url:https://b/x.yaml",
        }));
        assert!(matches!(both, Some(Declared::Own { base, .. }) if base == "url:https://a/"));
        let one = of(json!({ TECHDOCS_REF: "dir:.", MANAGED_BY_LOCATION: "file:/b/x.yaml" }));
        assert!(matches!(one, Some(Declared::Own { base, .. }) if base == "file:/b/x.yaml"));
    }

    #[test]
    fn another_entitys_documentation_may_name_its_page() {
        let found = of(json!({
            TECHDOCS_ENTITY: "system:default/pay", TECHDOCS_ENTITY_PATH: "/runbooks/pool/#x",
            TECHDOCS_REF: "dir:.",
        }));
        assert_eq!(
            found,
            Some(Declared::Entity {
                reference: "system:default/pay".into(),
                page: Some("runbooks/pool".into())
            })
        );
    }
}
