//! Which of Backstage's own fields a `ui:field` names.

use serde_json::Value;

use super::super::field::Kind;
use super::super::hints::Hints;
use super::super::picker::{EntityPicker, FacetPicker, RepoPicker, RepoUrl, TagsPicker};
use super::super::schema_type::Type;
use super::{At, Builder, Fields};

impl Builder<'_> {
    /// The field of its own that a schema asks for; nothing where it asks for none, or for one of another portal.
    pub(super) fn picker(
        &self,
        at: &At<'_>,
        schema: &Fields,
        hints: &Hints,
        kind: Option<Type>,
    ) -> Option<Kind> {
        let is_list = kind == Some(Type::Array);
        let is_text = matches!(kind, Some(Type::String) | None);
        let field = match hints.field() {
            Some(field) => field,
            None => {
                let secret = self.plain_secret(schema, hints, kind);
                return secret.then(|| Kind::Secret {
                    name: at.own_name(),
                });
            }
        };
        Some(match field {
            "EntityPicker" | "OwnerPicker" | "OwnedEntityPicker" | "MyGroupsPicker" if is_text => {
                Kind::Entity(EntityPicker::read(field, hints)?)
            }
            "MultiEntityPicker" => Kind::Entities(EntityPicker::read(field, hints)?),
            "EntityNamePicker" if is_text => Kind::EntityName,
            "EntityTagsPicker" => Kind::Tags(TagsPicker::read(hints)),
            "EntityFacetPicker" if is_text || is_list => {
                Kind::Facet(FacetPicker::read(hints, is_list))
            }
            "RepoUrlPicker" if is_text => Kind::RepoUrl(RepoPicker::read(hints)),
            "RepoBranchPicker" if is_text => Kind::RepoBranch,
            "RepoOwnerPicker" if is_text => Kind::RepoOwner(RepoPicker::read(hints)),
            "Secret" => Kind::Secret {
                name: at.own_name(),
            },
            _ => return None,
        })
    }

    fn plain_secret(&self, schema: &Fields, hints: &Hints, kind: Option<Type>) -> bool {
        matches!(kind, Some(Type::String) | None)
            && !schema.contains_key("const")
            && hints.widget().is_some_and(is_secret_widget)
    }

    /// What a field begins with that nobody gave or answered: a repository's only host and owner.
    pub(super) fn start(&self, at: &At<'_>, kind: &Kind) -> Option<String> {
        let Kind::RepoUrl(picker) = kind else {
            return None;
        };
        let url = picker.start(RepoUrl::default());
        // What is asked for by nobody is not begun: an optional repository stays away.
        (at.required || url.missing().is_none())
            .then(|| url.stored())
            .flatten()
    }
}

/// Whether a widget holds secrets: Backstage's password widget keeps what is typed among them.
pub(in super::super) fn is_secret_widget(widget: &str) -> bool {
    widget.eq_ignore_ascii_case("password") || widget == "PasswordWidget" || widget == "Secret"
}

/// Whether a schema asks for a secret, wherever it stands.
pub(in super::super) fn is_secret(schema: &Fields) -> bool {
    let hints = Hints::new(schema, None);
    hints.field() == Some("Secret")
        || hints.widget().is_some_and(is_secret_widget)
            && matches!(
                schema.get("type"),
                None | Some(Value::String(_)) | Some(Value::Array(_))
            )
}
