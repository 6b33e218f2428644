//! Where the `url` of a fetch action leads: a path beside the template, or an address under the reading rules.
//!
//! A template of this machine reads below its own folder only; one that came from an address reads in its own repository,
//! and this machine never.

use url::Url;

use crate::scaffolder::error::ActionError;
use crate::scaffolder::template_folder::TemplateFolder;
use crate::scaffolder::workspace::shown;

/// Where a `url` leads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Place {
    /// A path below the template's folder on this machine; empty for the folder itself.
    Beside(String),
    /// An address.
    Address(String),
}

/// Decides where a `url` leads.
///
/// # Errors
/// `NotAllowed` for `file:`, absolute paths, and paths that climb out.
pub fn place(template: &TemplateFolder, url: &str) -> Result<Place, ActionError> {
    let url = url.trim();
    if let Ok(address) = Url::parse(url) {
        return match address.scheme() {
            "http" | "https" => Ok(Place::Address(url.to_owned())),
            "file" => Err(refused(url, "is a path of this machine", template)),
            scheme => Err(ActionError::not_allowed(format!(
                "{} cannot be fetched: {} is not http or https",
                shown(url),
                shown(scheme)
            ))),
        };
    }
    if url.starts_with(['/', '\\']) {
        return Err(refused(url, "is an absolute path", template));
    }
    if url.contains(['\\', '\0']) {
        return Err(ActionError::input(format!("{} is no path", shown(url))));
    }
    match template {
        TemplateFolder::Local(_) => {
            let mut parts = Vec::new();
            climb(url, 0, &mut parts)
                .ok_or_else(|| refused(url, "leads out of the template's folder", template))?;
            Ok(Place::Beside(parts.join("/")))
        }
        TemplateFolder::Remote(base) => {
            let mut parts: Vec<String> = (base.path_segments().into_iter().flatten())
                .map(decoded)
                .collect();
            parts.pop();
            // Owner, repository, kind of page and branch are never given up; elsewhere nothing is known, so nothing is.
            let pages = ["blob", "tree", "edit", "raw"];
            let (kept, is_page) = match parts.get(2) {
                Some(kind) if pages.contains(&kind.as_str()) => (4, true),
                _ => (parts.len(), false),
            };
            climb(url, kept, &mut parts)
                .ok_or_else(|| refused(url, "leads out of the template's repository", template))?;
            if let (true, Some(kind)) = (is_page, parts.get_mut(2)) {
                *kind = "tree".to_owned();
            }
            let mut address = base.clone();
            address.set_query(None);
            address.set_fragment(None);
            address
                .path_segments_mut()
                .map_err(|()| {
                    ActionError::input(format!("{} has no folders", shown(base.as_str())))
                })?
                .clear()
                .extend(&parts);
            Ok(Place::Address(address.into()))
        }
    }
}

/// Follows a relative path; none where it would give up one of the first `kept` parts.
fn climb(path: &str, kept: usize, parts: &mut Vec<String>) -> Option<()> {
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.len() <= kept => return None,
            ".." => {
                parts.pop();
            }
            part => parts.push(part.to_owned()),
        }
    }
    Some(())
}

fn decoded(part: &str) -> String {
    let mut out = Vec::with_capacity(part.len());
    let mut rest = part.as_bytes();
    while let [byte, after @ ..] = rest {
        let hex = |digit: &u8| char::from(*digit).to_digit(16);
        rest = match (byte, after) {
            (b'%', [high, low, after @ ..]) if hex(high).is_some() && hex(low).is_some() => {
                let value = hex(high).unwrap_or(0) * 16 + hex(low).unwrap_or(0);
                out.push(u8::try_from(value).unwrap_or(b'?'));
                after
            }
            _ => {
                out.push(*byte);
                after
            }
        };
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn refused(url: &str, why: &str, template: &TemplateFolder) -> ActionError {
    let own = match template {
        TemplateFolder::Local(_) => "A template of this machine reads only below its own folder",
        TemplateFolder::Remote(_) => {
            "A template that came from an address reads in its own repository, never this machine"
        }
    };
    ActionError::not_allowed(format!(
        "{} {why}, which a template may not read",
        shown(url)
    ))
    .hint(own)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scaffolder::error::ActionErrorKind;

    fn local(url: &str) -> Result<Place, ActionErrorKind> {
        place(&TemplateFolder::Local("/templates/x".into()), url).map_err(|error| error.kind)
    }

    fn remote(url: &str) -> Result<Place, ActionErrorKind> {
        let base = "https://github.com/acme/tpl/blob/main/a%20b/svc/template.yaml?x#y";
        place(&TemplateFolder::Remote(Url::parse(base).unwrap()), url).map_err(|error| error.kind)
    }

    fn beside(path: &str) -> Result<Place, ActionErrorKind> {
        Ok(Place::Beside(path.to_owned()))
    }

    fn address(url: &str) -> Result<Place, ActionErrorKind> {
        Ok(Place::Address(url.to_owned()))
    }

    #[test]
    fn a_template_of_this_machine_reads_below_its_folder() {
        assert_eq!(local("./skeleton"), beside("skeleton"));
        assert_eq!(local("skeleton/"), beside("skeleton"));
        assert_eq!(local("."), beside(""));
        assert_eq!(local("a/../b"), beside("b"));
        for url in [
            "..",
            "../x",
            "./../../etc",
            "/etc",
            "file:///etc/passwd",
            "FILE:x",
            "\\x",
        ] {
            assert_eq!(local(url), Err(ActionErrorKind::NotAllowed), "{url}");
        }
        assert_eq!(
            local("ssh://git@github.com/a/b"),
            Err(ActionErrorKind::NotAllowed)
        );
        assert_eq!(local("a\0b"), Err(ActionErrorKind::Input));
    }

    #[test]
    fn an_address_is_taken_as_it_is() {
        let url = "https://github.com/a/b/tree/main/x";
        assert_eq!(local(url), address(url));
        assert_eq!(remote(url), address(url));
    }

    #[test]
    fn a_template_from_an_address_reads_in_its_own_repository() {
        let own = "https://github.com/acme/tpl/tree/main";
        assert_eq!(
            remote("./skeleton"),
            address(&format!("{own}/a%20b/svc/skeleton"))
        );
        assert_eq!(
            remote("../sk?e#l%41"),
            address(&format!("{own}/a%20b/sk%3Fe%23l%2541"))
        );
        assert_eq!(remote("../../"), address(own));
        for url in [
            "../../..",
            "../../../other/x",
            "/skeleton",
            "file:///etc/passwd",
            "/etc",
        ] {
            assert_eq!(remote(url), Err(ActionErrorKind::NotAllowed), "{url}");
        }
    }

    #[test]
    fn beside_another_address_nothing_climbs() {
        let base = Url::parse("https://raw.example.com/acme/tpl/main/t/template.yaml").unwrap();
        let at = |url: &str| place(&TemplateFolder::Remote(base.clone()), url);
        assert_eq!(
            at("x.txt"),
            Ok(Place::Address(
                "https://raw.example.com/acme/tpl/main/t/x.txt".to_owned()
            ))
        );
        assert!(at("../x").is_err());
    }
}
