//! Where names get their values from while a template is evaluated: frames hold the variables of compiled functions,
//! scopes all that is looked up by name.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use super::super::ast::{Macro, Slot};
use super::super::text::Text;
use super::super::value::Value;

/// Names and values, in front of those of another scope.
pub(crate) struct Scope {
    parent: Option<Rc<Scope>>,
    /// Whether assignments stop here rather than reach a variable of the same name further out.
    isolates: bool,
    entries: RefCell<HashMap<Text, Value, foldhash::fast::FixedState>>,
}

impl Scope {
    pub(super) fn root() -> Rc<Self> {
        Rc::new(Self {
            parent: None,
            isolates: true,
            entries: RefCell::default(),
        })
    }

    pub(super) fn child(self: &Rc<Self>, isolates: bool) -> Rc<Self> {
        Rc::new(Self {
            parent: Some(self.clone()),
            isolates,
            entries: RefCell::default(),
        })
    }

    /// Binds a name in this very scope.
    pub(super) fn set(&self, name: &Text, value: Value) {
        self.entries.borrow_mut().insert(name.clone(), value);
    }

    /// The nearest value of a name.
    pub(super) fn get(&self, name: &Text) -> Option<Value> {
        let mut scope = Some(self);
        while let Some(here) = scope {
            if let Some(value) = here.entries.borrow().get(name) {
                return Some(value.clone());
            }
            scope = here.parent.as_deref();
        }
        None
    }

    /// Replaces the nearest value of a name, as far out as assignments reach, or binds it here.
    pub(super) fn assign(&self, name: &Text, value: Value) {
        let mut scope = Some(self);
        while let Some(here) = scope {
            if here.entries.borrow().contains_key(name) {
                return here.set(name, value);
            }
            scope = if here.isolates {
                None
            } else {
                here.parent.as_deref()
            };
        }
        self.set(name, value);
    }
}

/// The variables of one call of a compiled function.
pub(crate) struct Frame {
    parent: Option<Rc<Frame>>,
    values: RefCell<HashMap<Slot, Value, foldhash::fast::FixedState>>,
}

impl Frame {
    pub(super) fn new(slots: &[Slot], parent: Option<Rc<Frame>>) -> Rc<Self> {
        let values = slots.iter().map(|slot| (*slot, Value::Undefined)).collect();
        Rc::new(Self {
            parent,
            values: RefCell::new(values),
        })
    }

    pub(super) fn get(&self, slot: Slot) -> Value {
        let mut frame = Some(self);
        while let Some(here) = frame {
            if let Some(value) = here.values.borrow().get(&slot) {
                return value.clone();
            }
            frame = here.parent.as_deref();
        }
        Value::Undefined
    }

    pub(super) fn set(&self, slot: Slot, value: Value) {
        let mut frame = Some(self);
        while let Some(here) = frame {
            if let Some(place) = here.values.borrow_mut().get_mut(&slot) {
                *place = value;
                return;
            }
            frame = here.parent.as_deref();
        }
    }
}

/// Where a piece of a template is evaluated.
#[derive(Clone)]
pub(crate) struct Place {
    pub(super) scope: Rc<Scope>,
    pub(super) frame: Rc<Frame>,
    /// The names a macro sees beside its own.
    pub(super) exported: Rc<Scope>,
    pub(super) exports_macros: bool,
    pub(super) exports_sets: bool,
}

impl Place {
    pub(super) fn in_scope(&self, scope: Rc<Scope>) -> Self {
        Self {
            scope,
            ..self.clone()
        }
    }
}

/// A macro, or the body of a call block, ready to be called.
#[derive(Clone)]
pub(crate) struct Definition {
    pub(super) declared: Arc<Macro>,
    pub(super) scope: Rc<Scope>,
    pub(super) exported: Rc<Scope>,
    /// The variables around the body of a call block; a macro sees none.
    pub(super) around: Option<Rc<Frame>>,
}
