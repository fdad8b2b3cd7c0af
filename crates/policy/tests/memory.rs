//! The way to a permit allocates nothing.

use std::net::IpAddr;

use allocation_counter::measure;
use tollgate_policy::endpoint::Endpoint;
use tollgate_policy::{Asked, Target, Verdict, evaluate};

#[path = "gateway/busy.rs"]
mod busy;

#[test]
fn a_permit_and_its_candidates_allocate_nothing() {
    let (catalog, principal) = (busy::catalog(), busy::principal());
    let mapped = IpAddr::from([0, 0, 0, 0, 0, 0xffff, 0x0a00, 0x0f07]);
    let list = Target::Gateway {
        endpoint: Endpoint::ChatCompletions,
    };
    let calls = [
        (busy::asked(), 8),
        (
            Asked {
                address: mapped,
                ..busy::asked()
            },
            8,
        ),
        (
            Asked {
                target: list,
                ..busy::asked()
            },
            0,
        ),
    ];
    for (asked, expected) in calls {
        let mut candidates = None;
        let seen = measure(|| {
            if let Verdict::Permit(permit) = evaluate(&catalog, &principal, &asked, busy::NOW) {
                candidates = Some(permit.candidates().count());
            }
        });
        assert_eq!(candidates, Some(expected));
        assert_eq!(seen.count_total, 0, "{asked:?}");
    }
}

/// Shows that the counter counts.
#[test]
fn a_refusal_allocates_its_reasons() {
    let (catalog, principal) = (busy::catalog(), busy::principal());
    let seen = measure(|| {
        let verdict = evaluate(&catalog, &principal, &busy::refused(), busy::NOW);
        assert!(matches!(verdict, Verdict::Refuse(_)));
    });
    assert!(seen.count_total > 0);
    assert_eq!(seen.count_current, 0, "all of it is given back");
}
