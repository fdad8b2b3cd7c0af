//! Why a permitted call is not let through: no room in a limit, too little left, or no place for
//! its receipt. The first two are refusals; the rest is ours.

use tollgate_journal::BeginError;
use tollgate_policy::credits::Credits;
use tollgate_policy::limit::Rate;
use tollgate_policy::time::Timestamp;
use tollgate_policy::verdict::{Layer, Reason, ReasonKind, Refusal};

/// Why a call is not let through.
#[derive(Debug, thiserror::Error)]
pub enum Denied {
    /// A limit has no room, or too little is left.
    #[error("refused: {}", .0.first())]
    Refused(Box<Refusal>),
    /// More receipts wait for the store than there are places for.
    #[error("no place is left for a receipt")]
    NoRoom(#[source] BeginError),
    /// What is left could not be asked for, since the store did not answer.
    #[error("the store did not answer, and what this gateway has leased does not cover the call")]
    Unavailable,
}

impl Denied {
    /// Whether too little is left: less might do.
    pub fn is_short(&self) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.first().kind == ReasonKind::QuotaShort)
    }

    /// Too little is left in a pot that begins anew at a moment, or never.
    pub(crate) fn short(
        layer: Layer,
        free: Credits,
        wanted: Credits,
        resets: Option<Timestamp>,
    ) -> Self {
        Self::refused(Reason {
            kind: ReasonKind::QuotaShort,
            layer,
            until: resets,
            saw: format!("{free} credits left that are not held for other calls"),
            wanted: format!("at least {wanted} credits, the least that the call can cost"),
        })
    }

    pub(crate) fn rate(kind: ReasonKind, layer: Layer, rate: Rate, until: Timestamp) -> Self {
        let per_minute = rate.per_minute();
        let of = if kind == ReasonKind::RequestLimit {
            "requests"
        } else {
            "tokens"
        };
        Self::refused(Reason {
            kind,
            layer,
            until: Some(until),
            saw: "no room".to_owned(),
            wanted: format!("at most {per_minute} {of} a minute"),
        })
    }

    pub(crate) fn concurrency(layer: Layer, most: u32, until: Timestamp) -> Self {
        Self::refused(Reason {
            kind: ReasonKind::ConcurrencyLimit,
            layer,
            until: Some(until),
            saw: format!("{most} calls that go on"),
            wanted: format!("fewer than {most}"),
        })
    }

    fn refused(reason: Reason) -> Self {
        Self::Refused(Box::new(Refusal::because(reason)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_call_for_which_too_little_is_left_may_do_with_less() {
        let (layer, at) = (Layer::Token, Timestamp::from_seconds(1));
        assert!(Denied::short(layer, Credits::ZERO, Credits::ZERO, None).is_short());
        assert!(!Denied::concurrency(layer, 1, at).is_short());
        assert!(!Denied::Unavailable.is_short());
    }
}
