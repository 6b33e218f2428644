//! Where a template's relative URLs resolve.

use std::path::PathBuf;

use url::Url;

/// The place of a template's file: `./skeleton` is beside it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TemplateFolder {
    /// A folder of this machine; nothing outside it is read.
    Local(PathBuf),
    /// The URL of the template's file; what is beside it is read under the rules of reading, never this machine.
    Remote(Url),
}
