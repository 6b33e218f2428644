//! The screens: what each holds. What they do is in `update` and `command`, how they look in `ui`.

pub mod catalog;
pub mod entity;

pub use catalog::{Catalog, Focus, Preview, Results};
pub use entity::{EntityPage, Tab};

use super::list::Position;

/// One screen.
#[derive(Clone, Debug)]
pub enum Screen {
    /// The catalog.
    Catalog(Box<Catalog>),
    /// An entity's page.
    Entity(Box<EntityPage>),
    /// The messages of this session, the newest last.
    Log(Position),
}
