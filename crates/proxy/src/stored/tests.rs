use tollgate_policy::id::{CredentialId, UpstreamId};

use super::*;

fn place(upstream: u32, credential: u32) -> Place {
    let at = Timestamp::from_seconds(1);
    Place {
        upstream: UpstreamId::new(at, upstream),
        credential: Some(CredentialId::new(at, credential)),
    }
}

fn tried(place: Place) -> Attempt<'static> {
    Attempt {
        upstream: place.upstream,
        credential: place.credential,
        model: None,
        sent_as: None,
        quote: Quote::free(),
    }
}

#[test]
fn who_keeps_the_response_before_is_tried_first() {
    let order = [(1, 1), (2, 1), (2, 2), (1, 2)].map(|(one, other)| place(one, other));
    let plan = |order: [Place; 4]| Plan {
        attempts: order.map(tried).to_vec(),
    };
    for (kept, expected) in [
        ((2, 2), [(2, 2), (2, 1), (1, 1), (1, 2)]),
        ((1, 9), [(1, 1), (1, 2), (2, 1), (2, 2)]),
        ((9, 9), [(1, 1), (2, 1), (2, 2), (1, 2)]),
    ] {
        let mut preferred = plan(order);
        prefer(&mut preferred, place(kept.0, kept.1));
        let expected = expected.map(|(one, other)| place(one, other));
        assert_eq!(preferred, plan(expected), "{kept:?}");
    }
}
