//! Ids of operations, of which a document has none twice.

use std::collections::BTreeMap;

use utoipa::openapi::path::{Operation, PathItem, Paths};

/// The ids that are taken, each with the method and path that has it.
#[derive(Default)]
pub(super) struct Ids(BTreeMap<String, String>);

impl Ids {
    /// Takes those of paths that others have described, and gives one that is there twice a mark. Returns what is
    /// wrong with them: one operation that was put in twice may have its id twice, two may not.
    pub(super) fn of(paths: &mut Paths) -> (Self, Vec<String>) {
        let (mut ids, mut faults) = (Self::default(), Vec::new());
        let mut seen: BTreeMap<String, Operation> = BTreeMap::new();
        for (path, item) in &mut paths.paths {
            for (method, operation) in operations(item) {
                let Some(id) = operation.operation_id.clone() else { continue };
                let place = format!("{method} {path}");
                if let (Some(other), Some(at)) = (seen.get(&id), ids.0.get(&id))
                    && *other != *operation
                {
                    faults.push(format!(
                        "{at} and {place} have the id `{id}`\n  help: name one of the two: `#[utoipa::path(…, \
                         operation_id = \"other\")]`"
                    ));
                }
                seen.entry(id.clone()).or_insert_with(|| operation.clone());
                operation.operation_id = Some(ids.take(id, place));
            }
        }
        (ids, faults)
    }

    /// The id, with as many marks as it needs to be the only one.
    pub(super) fn take(&mut self, mut id: String, place: String) -> String {
        while self.has(&id) {
            id.push('_');
        }
        self.0.insert(id.clone(), place);
        id
    }

    pub(super) fn has(&self, id: &str) -> bool {
        self.0.contains_key(id)
    }
}

/// Those of one path, each with its method.
pub(super) fn operations(
    item: &mut PathItem,
) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    let all = [
        ("GET", &mut item.get),
        ("PUT", &mut item.put),
        ("POST", &mut item.post),
        ("DELETE", &mut item.delete),
        ("OPTIONS", &mut item.options),
        ("HEAD", &mut item.head),
        ("PATCH", &mut item.patch),
        ("TRACE", &mut item.trace),
        ("QUERY", &mut item.query),
    ];
    all.into_iter().filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}
