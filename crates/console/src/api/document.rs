//! The OpenAPI document: what holds for the whole API.

use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{ContentBuilder, Ref, ResponseBuilder};
use utoipa::{Modify, OpenApi};

use super::link;
use crate::problem::Problem;

/// What can go wrong anywhere, by status.
const PROBLEMS: [(&str, &str); 13] = [
    ("400", "The request cannot be read."),
    ("401", "Nobody known asks."),
    ("403", "Who asks may not do this."),
    (
        "404",
        "There is no such thing, or none that who asks may see.",
    ),
    ("405", "This cannot be done at this address."),
    ("408", "The body did not come in time."),
    ("409", "It collides with something that is there."),
    ("412", "It was changed since the version in `If-Match`."),
    ("413", "The body is too large."),
    ("415", "The body is no JSON."),
    ("422", "An input cannot be used; `field` says which."),
    (
        "429",
        "It was tried too often; `Retry-After` says when to try again.",
    ),
    (
        "503",
        "The store cannot be used just now; nothing was changed.",
    ),
];

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Tollgate admin API",
        description = "All that an operator can do. Errors are problems (RFC 9457) with a stable `code`. Lists are paged: pass `next_cursor` on as `cursor`. Creations may have an `Idempotency-Key`, edits an `If-Match` with the `ETag` that was read. Unknown fields are refused. Sums are decimal texts in credits, moments are RFC 3339 in UTC.",
        license(name = "MIT", identifier = "MIT")
    ),
    servers((url = "/api/v1")),
    components(schemas(Problem)),
    security(("credential" = [])),
    modifiers(&Credential)
)]
pub(super) struct Document;

struct Credential;

impl Modify for Credential {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let mut bearer = Http::new(HttpAuthScheme::Bearer);
        bearer.description = Some("An API credential, `sk-tgadm-…`.".to_owned());
        if let Some(components) = &mut openapi.components {
            components.add_security_scheme("credential", SecurityScheme::Http(bearer));
        }
    }
}

/// The whole document as a text: with the problems of every operation, and links.
pub(super) fn finished(mut api: utoipa::openapi::OpenApi) -> String {
    link::add(&mut api);
    for item in api.paths.paths.values_mut() {
        let all = [
            &mut item.get,
            &mut item.post,
            &mut item.put,
            &mut item.patch,
            &mut item.delete,
        ];
        for operation in all.into_iter().flatten() {
            add_problems(operation);
        }
    }
    api.to_json().unwrap_or_default()
}

fn add_problems(operation: &mut Operation) {
    for (status, text) in PROBLEMS {
        let schema = Some(Ref::from_schema_name("Problem"));
        let content = ContentBuilder::new().schema(schema).build();
        let response = ResponseBuilder::new()
            .description(text)
            .content("application/problem+json", content)
            .build();
        let responses = &mut operation.responses.responses;
        responses
            .entry(status.to_owned())
            .or_insert(response.into());
    }
}
