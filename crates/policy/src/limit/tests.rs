use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::time::Timestamp;

const MICRO: Duration = Duration::from_micros(1);
const SECOND: Duration = Duration::from_secs(1);
const ONE_MINUTE: Duration = Duration::from_secs(60);
const NOON: Timestamp = Timestamp::from_seconds(1_800_000_000);

fn rate(per_minute: u32) -> Rate {
    Rate::new(per_minute).unwrap()
}

/// The state after a call that must be admitted.
fn took(state: Gcra, rate: &Rate, cost: u32, now: Timestamp) -> Gcra {
    state.take(rate, cost, now).unwrap()
}

fn refused(state: Gcra, rate: &Rate, cost: u32, now: Timestamp) -> Refused {
    state.take(rate, cost, now).unwrap_err()
}

/// Whether a call fits, from what was admitted before: in no window that ends now, and begins with
/// a call, may there be more than `rate × (1 + minutes)`. Independent of any state or rounding.
fn fits(admitted: &[(i64, u32)], rate: u32, cost: u32, now: i64) -> bool {
    let mut sum = i128::from(cost.min(rate));
    sum <= i128::from(rate)
        && admitted.iter().rev().all(|(at, cost)| {
            sum += i128::from(*cost);
            let window = i128::from(now - at);
            sum * 60_000_000 <= i128::from(rate) * (60_000_000 + window)
        })
}

/// Rates and costs of very different sizes.
fn sizes() -> impl Strategy<Value = u32> {
    prop_oneof![
        1..=7_u32,
        50..=70_u32,
        1..=1_000_000_u32,
        1..=u32::MAX,
        Just(u32::MAX)
    ]
}

/// Pauses that are short or long beside a minute, and exact ones at which a unit comes back.
fn pauses() -> impl Strategy<Value = i64> {
    let exact = (0..=60_i64).prop_map(|seconds| seconds * 1_000_000);
    prop_oneof![0..=3_i64, 0..=100_000_i64, 0..=90_000_000_i64, exact]
}

/// Costs as shares of the burst in thousandths, and some small ones.
fn costs() -> impl Strategy<Value = (u64, u32)> {
    prop_oneof![(0..=1_100_u64, Just(0)), (Just(0), 0..=5_u32)]
}

fn cost_of((thousandths, units): (u64, u32), rate: u32) -> u32 {
    let share = u64::from(rate) * thousandths / 1000;
    u32::try_from(share)
        .unwrap_or(u32::MAX)
        .saturating_add(units)
}

proptest! {
    #[test]
    fn every_decision_is_that_of_the_list_of_arrivals(
        per_minute in sizes(),
        calls in proptest::collection::vec((pauses(), costs()), 1..120),
    ) {
        let rate = rate(per_minute);
        let (mut state, mut admitted) = (Gcra::default(), Vec::new());
        let mut now = NOON.as_micros();
        for (pause, cost) in calls {
            now += pause;
            let cost = cost_of(cost, per_minute);
            let outcome = state.take(&rate, cost, Timestamp::from_micros(now));
            prop_assert_eq!(outcome.is_ok(), fits(&admitted, per_minute, cost, now));
            if let Ok(next) = outcome {
                state = next;
                admitted.push((now, cost.min(per_minute)));
            }
        }
    }

    #[test]
    fn asking_at_the_moment_of_retry_succeeds_and_a_microsecond_earlier_fails(
        per_minute in sizes(),
        calls in proptest::collection::vec((pauses(), costs()), 1..60),
    ) {
        let rate = rate(per_minute);
        let mut state = Gcra::default();
        let mut now = NOON;
        for (pause, cost) in calls {
            now = now.plus(Duration::from_micros(pause.unsigned_abs()));
            let cost = cost_of(cost, per_minute);
            match state.take(&rate, cost, now) {
                Ok(next) => state = next,
                Err(refused) => {
                    prop_assert_eq!(refused.state, state);
                    prop_assert!(refused.retry_after <= ONE_MINUTE);
                    let then = now.plus(refused.retry_after);
                    prop_assert!(state.take(&rate, cost, then.minus(MICRO)).is_err());
                    state = took(state, &rate, cost, then);
                    now = then;
                }
            }
        }
    }

    #[test]
    fn what_remains_is_admitted_and_not_one_more(
        per_minute in sizes(), first in sizes(), second in sizes(), pause in pauses(),
    ) {
        let rate = rate(per_minute);
        let now = NOON.plus(Duration::from_micros(pause.unsigned_abs()));
        let state = took(Gcra::default(), &rate, first, NOON);
        let state = state.take(&rate, second, now).unwrap_or(state);
        let remaining = state.remaining(&rate, now);
        let after = took(state, &rate, remaining, now);
        prop_assert_eq!(after.remaining(&rate, now), 0);
        prop_assert!(remaining == per_minute || state.take(&rate, remaining + 1, now).is_err());
        let full = now.plus(state.resets_in(&rate, now));
        prop_assert_eq!(state.remaining(&rate, full), per_minute);
        prop_assert_eq!(
            took(state, &rate, 1, full),
            took(Gcra::default(), &rate, 1, full)
        );
    }

    #[test]
    fn settling_is_as_if_the_real_cost_had_been_taken(
        per_minute in sizes(), before in costs(), held in costs(), real in costs(),
    ) {
        let rate = rate(per_minute);
        let [before, held, real] = [before, held, real].map(|cost| cost_of(cost, per_minute).min(per_minute));
        let state = took(Gcra::default(), &rate, before, NOON);
        if let (Ok(taken), Ok(expected)) =
            (state.take(&rate, held, NOON), state.take(&rate, real, NOON))
        {
            prop_assert_eq!(taken.settle(&rate, held, real, NOON), expected);
        }
    }

    #[test]
    fn no_moment_rate_or_cost_overflows(
        rates in (sizes(), sizes()),
        cost in 0..=u32::MAX,
        real in 0..=u32::MAX,
        moments in (any::<i64>(), any::<i64>()),
        at_the_ends in any::<(bool, bool)>(),
    ) {
        let moment = |micros: i64, end: bool| {
            let last = if micros < 0 { i64::MIN } else { i64::MAX };
            Timestamp::from_micros(if end { last - micros % 1000 } else { micros })
        };
        let (now, then) = (moment(moments.0, at_the_ends.0), moment(moments.1, at_the_ends.1));
        let (rate, other) = (rate(rates.0), rate(rates.1));
        let state = took(Gcra::default(), &rate, cost, now);
        for state in [state, state.settle(&rate, cost, real, now), state.settle(&other, cost, real, then)] {
            prop_assert!(state.remaining(&other, then) <= other.per_minute());
            prop_assert!(state.resets_in(&other, then) <= ONE_MINUTE * 2);
            if let Err(refused) = state.take(&other, cost, then) {
                prop_assert!(refused.retry_after <= ONE_MINUTE * 2);
                prop_assert!(refused.retry_after > Duration::ZERO);
            }
        }
    }

    /// The clock stands at a moment, runs back, and goes on from there; real time never stops.
    #[test]
    fn a_clock_that_runs_back_brings_no_second_burst_and_delays_by_a_minute_at_most(
        per_minute in sizes(), back in 0..=i64::MAX / 2, cost in costs(),
    ) {
        let rate = rate(per_minute);
        let cost = cost_of(cost, per_minute).max(1);
        let empty = took(Gcra::default(), &rate, per_minute, NOON);
        let in_time = refused(empty, &rate, cost, NOON).retry_after;
        let earlier = NOON.minus(Duration::from_micros(back.unsigned_abs()));
        let late = refused(empty, &rate, cost, earlier);
        prop_assert!(late.retry_after >= in_time);
        prop_assert!(late.retry_after <= in_time + ONE_MINUTE);
        let then = earlier.plus(late.retry_after);
        prop_assert!(late.state.take(&rate, cost, then.minus(MICRO)).is_err());
        prop_assert!(late.state.take(&rate, cost, then).is_ok());
    }

    /// Gateways whose clocks differ by up to a minute share a state.
    #[test]
    fn an_earlier_moment_counts_as_the_last_one_that_was_admitted(
        per_minute in sizes(),
        calls in proptest::collection::vec((pauses(), 0..=60_000_000_i64, costs()), 1..120),
    ) {
        let rate = rate(per_minute);
        let (mut state, mut admitted) = (Gcra::default(), Vec::new());
        let (mut latest, mut seen) = (NOON.as_micros(), i64::MIN);
        for (pause, late, cost) in calls {
            latest += pause;
            let cost = cost_of(cost, per_minute);
            match state.take(&rate, cost, Timestamp::from_micros(latest - late)) {
                Ok(next) => {
                    seen = seen.max(latest - late);
                    prop_assert!(fits(&admitted, per_minute, cost, seen));
                    admitted.push((seen, cost.min(per_minute)));
                    state = next;
                }
                Err(refused) => prop_assert_eq!(refused.state, state),
            }
        }
    }
}

#[test]
fn a_minute_may_be_used_at_once_and_comes_back_evenly() {
    let rate = rate(60);
    let mut state = Gcra::default();
    for left in (0..60).rev() {
        state = took(state, &rate, 1, NOON);
        assert_eq!(state.remaining(&rate, NOON), left);
    }
    assert_eq!(refused(state, &rate, 1, NOON).retry_after, SECOND);
    assert_eq!(state.resets_in(&rate, NOON), ONE_MINUTE);
    assert_eq!(state.remaining(&rate, NOON.plus(SECOND * 59)), 59);
}

#[test]
fn the_unlucky_minute_admits_twice_the_rate_and_not_one_more() {
    let rate = rate(60);
    let mut state = took(Gcra::default(), &rate, 60, NOON);
    for second in 1..=60 {
        let now = NOON.plus(SECOND * second);
        state = took(state, &rate, 1, now);
        assert!(state.take(&rate, 1, now).is_err());
    }
}

#[test]
fn a_rate_that_does_not_divide_a_minute_does_not_drift() {
    let rate = rate(7);
    let mut state = took(Gcra::default(), &rate, 7, NOON);
    let mut now = NOON;
    for _ in 0..7_000 {
        now = now.plus(refused(state, &rate, 1, now).retry_after);
        state = took(state, &rate, 1, now);
    }
    // The last wait ends with the thousandth minute, to the microsecond.
    assert_eq!(now, NOON.plus(ONE_MINUTE * 1000));
}

#[test]
fn a_call_above_the_burst_is_admitted_when_the_bucket_is_full() {
    let rate = rate(1000);
    let state = took(Gcra::default(), &rate, 5_000, NOON);
    assert_eq!(state.resets_in(&rate, NOON), ONE_MINUTE);
    assert_eq!(refused(state, &rate, 5_000, NOON).retry_after, ONE_MINUTE);
    assert!(state.take(&rate, 5_000, NOON.plus(ONE_MINUTE)).is_ok());
}

#[test]
fn what_was_not_used_is_given_back() {
    let rate = rate(1000);
    let state = took(Gcra::default(), &rate, 900, NOON);
    let state = state.settle(&rate, 900, 100, NOON.plus(SECOND));
    assert_eq!(state.remaining(&rate, NOON.plus(SECOND)), 916);
    let full = state.settle(&rate, 1000, 0, NOON.plus(SECOND));
    assert_eq!(full.remaining(&rate, NOON.plus(SECOND)), 1000);
    assert!(full.take(&rate, 1000, NOON.plus(SECOND)).is_ok());
}

#[test]
fn debt_delays_later_calls_by_a_minute_at_most() {
    let rate = rate(60);
    let state = took(Gcra::default(), &rate, 60, NOON);
    let owing = state.settle(&rate, 60, 90, NOON);
    assert_eq!(owing.remaining(&rate, NOON), 0);
    assert_eq!(refused(owing, &rate, 1, NOON).retry_after, SECOND * 31);
    let most = state.settle(&rate, 60, u32::MAX, NOON);
    assert_eq!(refused(most, &rate, 1, NOON).retry_after, SECOND * 61);
    assert_eq!(most.resets_in(&rate, NOON), ONE_MINUTE * 2);
    assert!(most.take(&rate, 1, NOON.plus(SECOND * 61)).is_ok());
}

#[test]
fn what_a_call_above_the_burst_did_not_hold_is_not_given_back() {
    let rate = rate(60);
    let state = took(Gcra::default(), &rate, 100, NOON).settle(&rate, 100, 50, NOON);
    assert_eq!(state, took(Gcra::default(), &rate, 50, NOON));
}

#[test]
fn a_new_rate_keeps_the_share_that_is_used() {
    let (old, new) = (rate(7), rate(1_000));
    let state = took(Gcra::default(), &old, 3, NOON);
    // 3/7 are used; what is left is rounded down.
    assert_eq!(state.remaining(&new, NOON), 571);
    assert_eq!(took(state, &new, 571, NOON).remaining(&old, NOON), 0);
    assert_eq!(state.remaining(&rate(u32::MAX), NOON), 2_454_267_025);
}

#[test]
fn a_clock_that_ran_back_by_a_year_delays_by_a_minute_once() {
    let rate = rate(60);
    let empty = took(Gcra::default(), &rate, 60, NOON);
    let earlier = NOON.minus(SECOND * 31_536_000);
    let late = refused(empty, &rate, 1, earlier);
    assert_eq!(late.retry_after, SECOND * 61);
    assert_ne!(late.state, empty);
    let then = earlier.plus(SECOND * 30);
    let again = refused(late.state, &rate, 1, then);
    assert_eq!((again.retry_after, again.state), (SECOND * 31, late.state));
}

#[test]
fn a_state_is_16_bytes_and_a_rate_of_zero_is_refused() {
    assert_eq!(size_of::<Gcra>(), 16);
    assert!(Rate::new(0).is_err());
    assert_eq!(Limits::default().requests, None);
}
