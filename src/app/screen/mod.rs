//! The screens: what each holds. What they do is in `update` and `command`, how they look in `ui`.

pub mod catalog;
pub mod doc_find;
pub mod docs;
pub mod entity;
pub mod find;
pub mod head;
pub mod log;
pub mod tree;
pub mod tree_filter;
pub mod tree_head;
mod tree_open;

pub use catalog::{Catalog, Focus, Preview, Results};
pub use doc_find::{DocFind, DocFindKind};
pub use docs::{Arrive, DocsFocus, DocsLoad, DocsScreen};
pub use entity::{EntityPage, Tab};
pub use find::PageSearch;
pub use log::LogPage;
pub use tree::{TreeScreen, TreeView};

/// One screen.
#[derive(Clone, Debug)]
pub enum Screen {
    /// The catalog.
    Catalog(Box<Catalog>),
    /// An entity's page.
    Entity(Box<EntityPage>),
    /// A tree: of the whole catalog, of what an entity needs, of what needs it.
    Tree(Box<TreeScreen>),
    /// An entity's documentation.
    Docs(Box<DocsScreen>),
    /// Documentation to choose from.
    DocFind(Box<DocFind>),
    /// The messages of this session, the newest last.
    Log(Box<LogPage>),
}
