//! Where a template's relative URLs resolve.

use std::path::PathBuf;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use url::Url;

/// The place of a template's file: `./skeleton` is beside it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TemplateFolder {
    /// A folder of this machine; nothing outside it is read.
    Local(PathBuf),
    /// The URL of the template's file; what is beside it is read under the rules of reading, never this machine.
    Remote(Url),
}

/// A folder is stored as its absolute path, an address as it is.
impl Serialize for TemplateFolder {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Local(path) => path.serialize(serializer),
            Self::Remote(url) => serializer.serialize_str(url.as_str()),
        }
    }
}

impl<'de> Deserialize<'de> for TemplateFolder {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match Url::parse(&text) {
            Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(Self::Remote(url)),
            _ => Ok(Self::Local(PathBuf::from(text))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_read_back_as_it_was_stored() {
        for folder in [
            TemplateFolder::Local("/srv/템플릿".into()),
            TemplateFolder::Remote(
                Url::parse("https://github.com/acme/t/blob/main/template.yaml").unwrap(),
            ),
        ] {
            let stored = serde_json::to_string(&folder).unwrap();
            assert_eq!(
                serde_json::from_str::<TemplateFolder>(&stored).unwrap(),
                folder
            );
        }
    }
}
