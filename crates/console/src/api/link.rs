//! Links of the document: what can be asked about a thing that was just made, and by which id.

use utoipa::openapi::link::LinkBuilder;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::{OpenApi, RefOr};

/// Where things are made, and where their id stands in the answer.
const MADE: [(&str, &str); 7] = [
    ("/accounts", "/id"),
    ("/api-credentials", "/credential/id"),
    ("/groups", "/id"),
    ("/members", "/member/id"),
    ("/models", "/id"),
    ("/tokens", "/token/id"),
    ("/upstreams", "/id"),
];

/// Adds to the answer of each creation a link to every operation on what was made.
pub(super) fn add(api: &mut OpenApi) {
    for (collection, pointer) in MADE {
        let below = format!("{collection}/{{id}}");
        let paths = api.paths.paths.iter();
        let about = paths.filter(|(path, _)| {
            let rest = path.strip_prefix(&below);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        });
        let ids = about.flat_map(|(_, item)| operations(item));
        let ids: Vec<String> = ids.filter_map(|one| one.operation_id.clone()).collect();
        let made = api.paths.paths.get_mut(collection);
        let Some(made) = made.and_then(|item| item.post.as_mut()) else {
            continue;
        };
        if let Some(RefOr::T(answer)) = made.responses.responses.get_mut("201") {
            for operation in ids {
                let id = format!("$response.body#{pointer}");
                let link = LinkBuilder::new().operation_id(operation.clone());
                let link = link.parameter("id", id).build();
                answer.links.insert(operation, link.into());
            }
        }
    }
}

fn operations(item: &PathItem) -> impl Iterator<Item = &Operation> {
    let all = [&item.get, &item.post, &item.put, &item.patch, &item.delete];
    all.into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    #[test]
    fn every_creation_leads_to_what_can_be_done_with_what_was_made() {
        let api: Value = serde_json::from_str(&crate::api::openapi()).unwrap();
        for (collection, pointer) in super::MADE {
            let links = &api["paths"][collection]["post"]["responses"]["201"]["links"];
            let links = links.as_object().unwrap();
            let below = format!("{collection}/{{id}}");
            let expected = api["paths"].as_object().unwrap().iter();
            let expected = expected.filter(|(path, _)| path.starts_with(&below));
            let expected: usize = expected
                .map(|(_, item)| item.as_object().unwrap().len())
                .sum();
            assert_eq!(links.len(), expected, "{collection}: {links:?}");
            for link in links.values() {
                let id = format!("$response.body#{pointer}");
                assert_eq!(link["parameters"]["id"], *id, "{collection}");
            }
        }
        let tokens = &api["paths"]["/tokens"]["post"]["responses"]["201"]["links"];
        assert!(tokens["deleteToken"].is_object() && tokens["rotateToken"].is_object());
    }
}
