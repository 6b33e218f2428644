//! Where a key could mean several things it asks, and where it can mean none it says why.

use super::desk::{Desk, NEVER_GOOD, rows, setup, with_never_good};
use super::{page, toast};
use crate::catalog::Snapshot;

#[test]
fn several_owners_are_chosen_from() {
    let mut rows = rows();
    for row in &mut rows {
        if row.entity_ref == "component:default/payment-service" {
            let more = ("ownedBy".to_owned(), "group:default/commerce".to_owned());
            row.relations.push(more);
            row.relations.sort();
        }
    }
    let mut desk = Desk::new(setup(Snapshot::build(rows, 1).into()));
    desk.keys("payment-service esc o");
    let picker = desk.state.picker.as_ref().unwrap();
    assert_eq!(picker.rows.len(), 2);
    desk.keys("enter");
    assert_eq!(page(&desk).entity_ref, "group:default/commerce");
}

#[test]
fn of_a_document_that_could_not_be_read_no_key_claims_anything() {
    let mut desk = Desk::new(setup(with_never_good()));
    desk.keys("crew esc");
    assert_eq!(desk.selected(), NEVER_GOOD);
    for key in ["o", "r"] {
        desk.keys(key);
        assert!(toast(&desk).contains("unknown"), "{key}: {}", toast(&desk));
    }
}
