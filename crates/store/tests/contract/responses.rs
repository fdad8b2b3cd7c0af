//! Whose the responses are that upstreams keep.

use tollgate_policy::id::{CredentialId, TokenId, UpstreamId};
use tollgate_rights::responses::{Made, Place, ResponseKey, Responses};

use super::fixture::{Fixture, at};

on_both! {
    a_response_is_found_by_its_token_alone
    the_last_word_on_a_response_counts
    what_is_over_is_forgotten
    who_is_far_ahead_has_nothing_of_others_forgotten
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

/// Long ago by everybody's clock.
async fn what_is_over_is_forgotten(fixture: &Fixture) {
    const PAST: i64 = -200_000_000;
    let store = &fixture.store;
    let until = |id, seconds| made(key(1, id), 1, PAST + seconds);
    store
        .keep(vec![until("one", 10), until("two", 90)], at(PAST + 1))
        .await
        .unwrap();
    assert_eq!(
        store.find(key(1, "one"), at(PAST + 10)).await.unwrap(),
        None
    );
    let one = store.find(key(1, "one"), at(PAST + 9));
    assert!(one.await.unwrap().is_some());
    let three = store.keep(vec![until("three", 90)], at(PAST + 10));
    three.await.unwrap();
    let one = store.find(key(1, "one"), at(PAST + 9));
    assert_eq!(one.await.unwrap(), None);
    let two = store.find(key(1, "two"), at(PAST + 10));
    assert!(two.await.unwrap().is_some());
}

async fn who_is_far_ahead_has_nothing_of_others_forgotten(fixture: &Fixture) {
    const FAR: i64 = 3_000_000_000;
    let store = &fixture.store;
    let one = vec![made(key(1, "one"), 1, FAR + 10)];
    store.keep(one, at(1)).await.unwrap();
    let two = vec![made(key(1, "two"), 1, FAR + 90)];
    store.keep(two, at(FAR + 10)).await.unwrap();
    let kept = store.find(key(1, "one"), at(1)).await.unwrap().is_some();
    assert_eq!(kept, !fixture.url.starts_with("sqlite:"));
}
