//! How long first bytes took, as it is shown.

use std::collections::BTreeMap;

use serde::Serialize;
use tollgate_policy::time::Timestamp;
use tollgate_store::report::FirstBytes;

/// How long first bytes of relayed answers took.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FirstBytesView {
    /// By time.
    pub rows: Vec<FirstByteView>,
    /// All of it together; `null` where there was no call.
    pub all: Option<FirstByteView>,
}

/// How long first bytes took in one hour, or on one day. The times are estimates: gateways count in
/// buckets, and a place within one is interpolated.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FirstByteView {
    /// Its first moment.
    pub from: String,
    /// How many calls had a first byte.
    pub calls: u64,
    /// The median, in milliseconds.
    pub p50_ms: f64,
    /// What nine of ten did not pass, in milliseconds.
    pub p90_ms: f64,
    /// What 99 of a hundred did not pass, in milliseconds.
    pub p99_ms: f64,
}

/// Calls by upper bound in microseconds; what is beyond all bounds comes last.
type Buckets = BTreeMap<u64, u64>;

impl FirstBytesView {
    /// Sums up hours by what each belongs to.
    pub(crate) fn new(hours: &[FirstBytes], of: impl Fn(Timestamp) -> Timestamp) -> Self {
        let mut spans: BTreeMap<Timestamp, Buckets> = BTreeMap::new();
        let mut all = Buckets::new();
        for one in hours {
            let span = spans.entry(of(one.hour)).or_default();
            for buckets in [span, &mut all] {
                let sum = buckets.entry(one.within.unwrap_or(u64::MAX)).or_default();
                *sum = sum.saturating_add(one.calls);
            }
        }
        let first = spans.keys().next().copied();
        Self {
            rows: spans
                .iter()
                .map(|(from, buckets)| FirstByteView::new(*from, buckets))
                .collect(),
            all: first.map(|from| FirstByteView::new(from, &all)),
        }
    }
}

impl FirstByteView {
    fn new(from: Timestamp, buckets: &Buckets) -> Self {
        let calls = buckets
            .values()
            .fold(0u64, |sum, one| sum.saturating_add(*one));
        let [p50_ms, p90_ms, p99_ms] = [0.5, 0.9, 0.99].map(|part| place(buckets, calls, part));
        Self {
            from: from.to_string(),
            calls,
            p50_ms,
            p90_ms,
            p99_ms,
        }
    }
}

/// The time in milliseconds that this part of the calls did not pass: on a straight line within its
/// bucket, and the highest bound where it is beyond all.
#[expect(
    clippy::cast_precision_loss,
    reason = "an estimate, which is shown with three digits"
)]
fn place(buckets: &Buckets, calls: u64, part: f64) -> f64 {
    let wanted = calls as f64 * part;
    let (mut below, mut lower) = (0.0, 0u64);
    for (bound, count) in buckets {
        let count = *count as f64;
        if below + count >= wanted && count > 0.0 {
            let width = match *bound {
                u64::MAX => 0.0,
                bound => (bound.saturating_sub(lower)) as f64,
            };
            let micros = lower as f64 + width * (wanted - below) / count;
            return micros.round() / 1000.0;
        }
        below += count;
        lower = *bound;
    }
    0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(hour: i64, within: Option<u64>, calls: u64) -> FirstBytes {
        FirstBytes {
            hour: Timestamp::from_micros(hour * 3_600_000_000),
            within,
            calls,
        }
    }

    #[test]
    fn a_place_is_interpolated_within_its_bucket() {
        let hours = [bytes(0, Some(1000), 50), bytes(0, Some(2000), 50)];
        let shown = FirstBytesView::new(&hours, |hour| hour);
        let all = shown.all.unwrap();
        assert_eq!((all.calls, all.p50_ms, all.p90_ms), (100, 1.0, 1.8));
        assert_eq!(shown.rows.len(), 1);
    }

    #[test]
    fn what_is_beyond_all_bounds_took_at_least_the_highest() {
        let hours = [bytes(0, None, 9), bytes(0, Some(5000), 1)];
        let all = FirstBytesView::new(&hours, |hour| hour).all.unwrap();
        assert_eq!(all.p50_ms, 5.0);
    }

    #[test]
    fn hours_are_summed_up_by_what_they_belong_to() {
        let hours = [bytes(1, Some(1000), 1), bytes(2, Some(1000), 1)];
        let shown = FirstBytesView::new(&hours, |_| Timestamp::from_micros(0));
        assert_eq!(shown.rows.len(), 1);
        assert_eq!(shown.rows[0].calls, 2);
    }

    #[test]
    fn without_calls_there_is_nothing_to_show() {
        let shown = FirstBytesView::new(&[], |hour| hour);
        assert_eq!((shown.rows.len(), shown.all), (0, None));
    }
}
