use proptest::prelude::*;

use super::*;
use crate::fixture::{at, at_once, requests, tokens};

fn reason(denied: &Denied) -> (ReasonKind, Option<Timestamp>) {
    match denied {
        Denied::Refused(refusal) => (refusal.first().kind, refusal.first().until),
        other => panic!("{other}"),
    }
}

#[test]
fn calls_at_once_are_counted_until_they_leave() {
    let (limits, mut meter) = (at_once(2), Meter::default());
    for _ in 0..2 {
        meter = meter.admit(&limits, Layer::Token, 1, at(0)).unwrap();
    }
    let denied = meter.admit(&limits, Layer::Token, 1, at(0)).unwrap_err();
    assert_eq!(reason(&denied), (ReasonKind::ConcurrencyLimit, Some(at(1))));
    meter.leave(None, 1, 1, at(0));
    meter = meter.admit(&limits, Layer::Token, 1, at(0)).unwrap();
    assert_eq!(meter.open(), 2);
}

#[test]
fn a_refusal_takes_nothing() {
    let limits = Limits {
        tokens: tokens(60).tokens,
        ..requests(60)
    };
    let mut meter = Meter::default();
    meter = meter.admit(&limits, Layer::Token, 50, at(0)).unwrap();
    let before = meter;
    let denied = meter.admit(&limits, Layer::Token, 20, at(0)).unwrap_err();
    assert_eq!(reason(&denied), (ReasonKind::TokenLimit, Some(at(10))));
    assert_eq!(meter, before, "the request is not counted either");
    assert!(meter.admit(&limits, Layer::Token, 20, at(10)).is_ok());
}

#[test]
fn what_a_call_really_used_counts_in_the_end() {
    let (limits, mut meter) = (tokens(100), Meter::default());
    meter = meter.admit(&limits, Layer::Token, 100, at(0)).unwrap();
    meter.leave(limits.tokens, 100, 40, at(0));
    let window = meter.windows(&limits, at(0)).tokens.unwrap();
    assert_eq!((window.limit, window.remaining), (100, 60));
    assert_eq!(window.resets_in, Duration::from_secs(24));
    meter = meter.admit(&limits, Layer::Token, 60, at(0)).unwrap();
    meter.leave(limits.tokens, 60, 160, at(0));
    let denied = meter.admit(&limits, Layer::Token, 1, at(0)).unwrap_err();
    let until = reason(&denied).1.unwrap();
    assert_eq!(until.as_micros(), 60_600_000, "debt delays later calls");
}

#[test]
fn a_limiter_that_saw_the_clock_run_back_delays_by_a_minute_at_most() {
    for limits in [requests(10), tokens(10)] {
        let mut meter = Meter::default();
        meter = meter.admit(&limits, Layer::Token, 10, at(7200)).unwrap();
        for _ in 0..9 {
            if let Ok(next) = meter.admit(&limits, Layer::Token, 10, at(7200)) {
                meter = next;
            }
        }
        // Two hours back: refused, and what is kept is what two minutes make good.
        assert!(meter.admit(&limits, Layer::Token, 10, at(0)).is_err());
        let denied = meter.admit(&limits, Layer::Token, 10, at(59)).unwrap_err();
        assert!(reason(&denied).1.unwrap() <= at(120), "{denied:?}");
        assert!(meter.admit(&limits, Layer::Token, 10, at(120)).is_ok());
    }
}

#[test]
fn of_two_windows_the_one_with_less_room_is_told() {
    let window = |remaining| {
        Some(Window {
            limit: 9,
            remaining,
            resets_in: Duration::ZERO,
        })
    };
    let requests = |requests| Windows {
        requests,
        tokens: None,
    };
    for (a, b, told) in [
        (window(1), window(2), window(1)),
        (window(2), window(1), window(1)),
        (None, window(2), window(2)),
        (window(2), None, window(2)),
        (None, None, None),
    ] {
        assert_eq!(requests(a).tightest(requests(b)), requests(told));
    }
}

proptest! {
    #[test]
    fn calls_at_once_never_pass_their_limit(
        most in 0..5_u32,
        steps in prop::collection::vec(any::<bool>(), 0..60),
    ) {
        let (limits, mut meter, mut open) = (at_once(most), Meter::default(), 0);
        for comes in steps {
            if comes {
                match meter.admit(&limits, Layer::Account, 1, at(0)) {
                    Ok(next) => (meter, open) = (next, open + 1),
                    Err(_) => prop_assert_eq!(open, most),
                }
            } else if open > 0 {
                meter.leave(None, 1, 1, at(0));
                open -= 1;
            }
            prop_assert!(open <= most);
            prop_assert_eq!(meter.open(), open);
        }
    }
}
