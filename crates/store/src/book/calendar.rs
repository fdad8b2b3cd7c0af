//! When the periods of tokens and accounts begin and end: worked out once for each rule and moment.

use tollgate_policy::period::{Period, Span};
use tollgate_policy::time::Timestamp;

/// The unit and the zone of a period, as they stand in a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rules {
    pub(super) unit: String,
    pub(super) zone: String,
}

/// The spans that a turn has asked for. A turn meets few: its calls came at nearly one moment.
#[derive(Default)]
pub(super) struct Calendar {
    spans: Vec<(Rules, i64, Option<Span>)>,
}

impl Calendar {
    /// The span that a moment is in. `None` where the rules cannot be read.
    pub(super) fn span(&mut self, rules: &Rules, at: i64) -> Option<Span> {
        let known = self.spans.iter();
        let known = known.rev().find(|one| one.1 == at && one.0 == *rules);
        if let Some((_, _, span)) = known {
            return *span;
        }
        let span = period(rules).map(|period| period.span(Timestamp::from_micros(at)));
        self.spans.push((rules.clone(), at, span));
        span
    }

    /// Whether a span of these rules begins just then.
    pub(super) fn begins(&mut self, rules: &Rules, at: i64) -> bool {
        let span = self.span(rules, at);
        span.is_some_and(|span| span.begin.as_micros() == at)
    }
}

fn period(rules: &Rules) -> Option<Period> {
    Some(Period {
        unit: rules.unit.parse().ok()?,
        zone: rules.zone.parse().ok()?,
    })
}
