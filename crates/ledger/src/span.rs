//! The last period that was looked up, so that the calendar is asked once for each and not by every
//! call.

use tollgate_policy::period::{Period, Span};
use tollgate_policy::quota::PeriodicLimit;
use tollgate_policy::time::Timestamp;

/// The last period that was looked up.
#[derive(Debug, Default)]
pub(crate) struct LastSpan(Option<(Period, Span)>);

impl LastSpan {
    /// The present period of a limit, if there is one. Periods do not overlap, so the last one is
    /// right for every moment in it.
    pub(crate) fn of(&mut self, limit: Option<&PeriodicLimit>, now: Timestamp) -> Option<Span> {
        let period = &limit?.period;
        if let Some((last, span)) = &self.0
            && (span.begin..span.end).contains(&now)
            && last == period
        {
            return Some(*span);
        }
        let span = period.span(now);
        self.0 = Some((period.clone(), span));
        Some(span)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fixture::daily;

    proptest! {
        #[test]
        fn the_last_span_is_that_of_the_calendar(
            moments in prop::collection::vec((0..400_i64, 0..4_usize, any::<bool>()), 1..40),
        ) {
            let mut last = LastSpan::default();
            for (hours, unit, far) in moments {
                let mut limit = daily(1);
                limit.period.unit = tollgate_policy::period::Unit::ALL[unit];
                let zone = if far { "Pacific/Auckland" } else { "UTC" };
                limit.period.zone = zone.parse().unwrap();
                let now = Timestamp::from_seconds(hours * 3_600);
                prop_assert_eq!(last.of(Some(&limit), now), Some(limit.period.span(now)));
                prop_assert_eq!(last.of(None, now), None);
            }
        }
    }
}
