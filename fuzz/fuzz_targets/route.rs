//! Routing never panics, and a path that is relayed cannot leave its prefix.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tollgate_policy::endpoint::Endpoint;
use tollgate_wire::route::model_in_query;
use tollgate_wire::{ModelPlace, RouteTarget, dialect_of, route};

fuzz_target!(|data: (u8, &str)| {
    let (method, path) = data;
    let methods = [
        "GET", "POST", "HEAD", "DELETE", "OPTIONS", "TRACE", "CONNECT", "get",
    ];
    let method = methods.get(usize::from(method)).copied().unwrap_or("POST");
    dialect_of(path);
    if let Ok(model) = model_in_query(Some(path)) {
        assert!(!model.is_empty() && !model.chars().any(char::is_control));
    }
    let Ok(found) = route(method, path) else {
        return;
    };
    assert!(!matches!(method, "TRACE" | "CONNECT"));
    match found.target {
        RouteTarget::Mount { prefix, rest } => {
            assert_eq!(format!("/{prefix}{rest}"), path);
            assert!(rest.is_empty() || rest.starts_with('/'));
            let mut read = rest.as_bytes().to_vec();
            loop {
                assert!(
                    !read
                        .iter()
                        .any(|byte| *byte == b'\\' || byte.is_ascii_control())
                );
                assert!(
                    read.split(|byte| *byte == b'/')
                        .all(|part| part != b".." && part != b".")
                );
                let again = decoded(&read);
                if again == read {
                    break;
                }
                read = again;
            }
        }
        RouteTarget::Model(model) => {
            let is_realtime = model.endpoint == Endpoint::Realtime;
            assert_eq!(method, if is_realtime { "GET" } else { "POST" });
            assert_eq!(model.endpoint.dialect(), found.dialect);
            // What an upstream gets is routed to the same endpoint, with the name that was put in.
            let there = model.upstream_path("a/b c").into_owned();
            let again = route(method, &there).expect("an upstream has this route");
            let RouteTarget::Model(again) = again.target else {
                panic!("{there} is no endpoint of a model");
            };
            assert_eq!((again.endpoint, again.place), (model.endpoint, model.place));
            if model.place == ModelPlace::Path {
                assert_eq!(again.model.as_deref(), Some("a/b c"));
            }
            model.upstream_query(Some(path), "m");
        }
        RouteTarget::Stored(stored) => {
            assert!(path.ends_with(stored.path) && stored.path.starts_with("/v1/responses/"));
            assert!(!stored.id.contains('/'));
        }
        RouteTarget::Gateway(_) | RouteTarget::OneModel(_) => {
            let known = ["/v1/models", "/v1beta/models", "/openai/v1/models"];
            assert!(known.iter().any(|models| path.starts_with(models)));
        }
        RouteTarget::SelfService(_) => assert!(matches!(method, "GET" | "HEAD")),
        RouteTarget::Preflight => assert_eq!((method, path), ("HEAD", "/")),
    }
});

/// What a reader sees that decodes a path once.
fn decoded(path: &[u8]) -> Vec<u8> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let mut bytes = Vec::new();
    let mut rest = path;
    while let [first, others @ ..] = rest {
        let escape = match rest {
            [b'%', high, low, ..] => digit(high).zip(digit(low)),
            _ => None,
        };
        if let Some((high, low)) = escape {
            bytes.push((high * 16 + low) as u8);
            rest = &rest[3..];
        } else {
            bytes.push(*first);
            rest = others;
        }
    }
    bytes
}
