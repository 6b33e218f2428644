//! Which entities have pages, and which have a runbook, as the index is to say it.

use std::collections::BTreeMap;

use crate::store::{Cache, DocCandidate, DocEntity, DocMark, StoreError};
use crate::techdocs::RunbookRules;

/// Marks what the cache has now: sites of any age, and the runbooks that entities name by any of the rules.
pub(super) fn mark(
    cache: &mut Cache,
    entities: &[DocEntity],
    candidates: &[DocCandidate],
    rules: &RunbookRules,
) -> Result<(), StoreError> {
    let mut marks: BTreeMap<String, DocMark> = BTreeMap::new();
    // Entities that share a site share what is found in it.
    let mut sites: BTreeMap<&str, DocMark> = BTreeMap::new();
    for entity in entities {
        let Some(source) = entity.source.as_deref() else {
            continue;
        };
        let mark = match sites.get(source) {
            Some(known) => *known,
            None => {
                let site = cache.doc_site(source)?.map(|(site, _)| site);
                let mark = site.map_or(DocMark::default(), |site| DocMark {
                    docs: !site.pages.is_empty(),
                    runbook: !rules.pages(&site).is_empty(),
                });
                sites.insert(source, mark);
                mark
            }
        };
        marks.insert(entity.entity_ref.clone(), mark);
    }
    for candidate in candidates {
        let named = rules.addresses(&candidate.entity);
        // An address without a scheme names a page of the site, which is marked where it is there.
        if named.iter().any(|(_, address)| address.contains("://")) {
            marks
                .entry(candidate.entity_ref.clone())
                .or_default()
                .runbook = true;
        }
    }
    cache.set_doc_marks(&marks)?;
    Ok(())
}
