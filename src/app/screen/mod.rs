//! The screens: what each holds. What they do is in `update` and `command`, how they look in `ui`.

pub mod catalog;
pub mod entity;
pub mod find;
pub mod head;
pub mod log;

pub use catalog::{Catalog, Focus, Preview, Results};
pub use entity::{EntityPage, Tab};
pub use find::PageSearch;
pub use log::LogPage;

/// One screen.
#[derive(Clone, Debug)]
pub enum Screen {
    /// The catalog.
    Catalog(Box<Catalog>),
    /// An entity's page.
    Entity(Box<EntityPage>),
    /// The messages of this session, the newest last.
    Log(Box<LogPage>),
}
