use tollgate_wire::peek::peek;

use super::*;

/// The most tokens of the input, where the context is known and where it is not.
fn input(endpoint: Endpoint, body: &str) -> (u64, u64) {
    let seen = peek(body.as_bytes()).unwrap();
    let demand = demand(&seen, endpoint, body.len());
    let known = bound::Window {
        context: Some(500),
        ..bound::Window::default()
    };
    (
        demand.input_bound(&known),
        demand.input_bound(&bound::Window::default()),
    )
}

#[test]
fn a_query_is_held_for_with_each_document() {
    let query = "q".repeat(98);
    let body = format!(r#"{{"model":"m","query":"{query}","documents":["a","b","c","d"]}}"#);
    let bytes = body.len() as u64;
    let each = bytes + 3 * 100;
    assert_eq!(input(Endpoint::Rerank, &body), (each, each));
    // Elsewhere, the same names mean other things.
    assert_eq!(input(Endpoint::Embeddings, &body), (bytes, bytes));
    let query = "q".repeat(998);
    let body = format!(r#"{{"model":"m","query":"{query}","documents":["a","b","c","d"]}}"#);
    let each = body.len() as u64 + 3 * 1_000;
    assert_eq!(input(Endpoint::Rerank, &body), (4 * 500, each));
}
