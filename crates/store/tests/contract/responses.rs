//! Whose the responses are that upstreams keep.

use tollgate_policy::id::{CredentialId, TokenId, UpstreamId};
use tollgate_rights::responses::{Made, Place, ResponseKey, Responses};

use super::fixture::{Fixture, at};

on_both! {
    a_response_is_found_by_its_token_alone
    the_last_word_on_a_response_counts
    what_is_over_is_forgotten
}

fn key(token: u32, id: &str) -> ResponseKey {
    ResponseKey::new(TokenId::new(at(1), token), id)
}

fn made(key: ResponseKey, upstream: u32, until: i64) -> Made {
    Made {
        key,
        place: place(upstream),
        until: at(until),
    }
}

fn place(upstream: u32) -> Place {
    Place {
        upstream: UpstreamId::new(at(1), upstream),
        credential: (upstream > 1).then(|| CredentialId::new(at(1), upstream)),
    }
}

async fn a_response_is_found_by_its_token_alone(fixture: &Fixture) {
    let store = &fixture.store;
    let both = vec![made(key(1, "one"), 1, 90), made(key(1, "two"), 2, 90)];
    store.keep(both, at(1)).await.unwrap();
    for (key, found) in [
        (key(1, "one"), Some(made(key(1, "one"), 1, 90))),
        (key(1, "two"), Some(made(key(1, "two"), 2, 90))),
        (key(2, "one"), None),
        (key(1, "three"), None),
    ] {
        assert_eq!(store.find(key, at(2)).await.unwrap(), found);
    }
}

async fn the_last_word_on_a_response_counts(fixture: &Fixture) {
    let store = &fixture.store;
    for upstream in [1, 2] {
        let one = vec![made(key(1, "one"), upstream, 90)];
        store.keep(one, at(1)).await.unwrap();
    }
    assert_eq!(
        store.find(key(1, "one"), at(2)).await.unwrap(),
        Some(made(key(1, "one"), 2, 90))
    );
}

async fn what_is_over_is_forgotten(fixture: &Fixture) {
    let store = &fixture.store;
    let both = vec![made(key(1, "one"), 1, 10), made(key(1, "two"), 1, 90)];
    store.keep(both, at(1)).await.unwrap();
    assert_eq!(store.find(key(1, "one"), at(10)).await.unwrap(), None);
    assert!(store.find(key(1, "one"), at(9)).await.unwrap().is_some());
    store
        .keep(vec![made(key(1, "three"), 1, 90)], at(10))
        .await
        .unwrap();
    assert_eq!(store.find(key(1, "one"), at(9)).await.unwrap(), None);
    assert!(store.find(key(1, "two"), at(10)).await.unwrap().is_some());
}
