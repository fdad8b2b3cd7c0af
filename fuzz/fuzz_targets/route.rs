//! Routing never panics, and a path that is relayed cannot leave its prefix.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tollgate_wire::{RouteTarget, dialect_of, route};

fuzz_target!(|data: (u8, &str)| {
    let (method, path) = data;
    let methods = [
        "GET", "POST", "HEAD", "DELETE", "OPTIONS", "TRACE", "CONNECT", "get",
    ];
    let method = methods.get(usize::from(method)).copied().unwrap_or("POST");
    dialect_of(path);
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
        RouteTarget::Model(endpoint) => {
            assert_eq!(method, "POST");
            assert_eq!(endpoint.dialect(), found.dialect);
        }
        RouteTarget::Gateway(_) | RouteTarget::OneModel(_) => {
            assert!(path.starts_with("/v1/models"))
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
