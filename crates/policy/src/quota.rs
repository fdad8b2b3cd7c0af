//! What may be spent, and what was: `used + held + remaining = limit`, in every read.

use crate::credits::Credits;
use crate::period::{Period, Span};
use crate::time::Timestamp;

/// What a token may spend, or an account with all its tokens. Both limits count at once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Quota {
    /// In its whole life; `None` means unlimited.
    pub lifetime: Option<Credits>,
    /// In each calendar period; `None` means unlimited.
    pub periodic: Option<PeriodicLimit>,
}

/// A limit that begins anew with each period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeriodicLimit {
    /// What may be spent in one period.
    pub limit: Credits,
    /// The periods.
    pub period: Period,
}

/// What was spent of a limit, and what is set aside for calls that go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Spent {
    /// Settled.
    pub used: Credits,
    /// Held for calls that have not ended.
    pub held: Credits,
}

/// What was spent of both limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Standing {
    /// In the whole life.
    pub lifetime: Spent,
    /// In the period that began at a moment. In a later period, nothing of it counts.
    pub periodic: Option<(Timestamp, Spent)>,
}

/// A limit with what was spent of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Balance {
    /// What may be spent.
    pub limit: Credits,
    /// What was spent, and what is held.
    pub spent: Spent,
}

/// A limit that is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exhausted {
    /// The limit with what was spent of it.
    pub balance: Balance,
    /// When it begins anew; `None` for the limit of a lifetime.
    pub resets: Option<Timestamp>,
}

impl Quota {
    /// No limit.
    pub const UNLIMITED: Self = Self {
        lifetime: None,
        periodic: None,
    };

    /// The limit of the lifetime with what was spent of it, if there is one.
    pub fn lifetime_balance(&self, standing: &Standing) -> Option<Balance> {
        self.lifetime.map(|limit| Balance {
            limit,
            spent: standing.lifetime,
        })
    }

    /// The limit of the present period with what was spent of it, and the period.
    pub fn periodic_balance(&self, standing: &Standing, now: Timestamp) -> Option<(Balance, Span)> {
        let PeriodicLimit { limit, period } = self.periodic.as_ref()?;
        let span = period.span(now);
        let spent = match standing.periodic {
            Some((begin, spent)) if begin == span.begin => spent,
            _ => Spent::default(),
        };
        let limit = *limit;
        Some((Balance { limit, spent }, span))
    }

    /// Whether the limit of the present period is used up. The calendar is asked only where the
    /// answer depends on it: what is not all of the limit is not in any period.
    pub fn is_period_exhausted(&self, standing: &Standing, now: Timestamp) -> bool {
        let Some(PeriodicLimit { limit, .. }) = &self.periodic else {
            return false;
        };
        let last = standing
            .periodic
            .map_or(Credits::ZERO, |(_, spent)| spent.used);
        let certain = last.max(Credits::ZERO) < *limit;
        let exhausted = |(balance, _): (Balance, Span)| balance.is_exhausted();
        !certain && self.periodic_balance(standing, now).is_some_and(exhausted)
    }

    /// The limit that is used up at a moment, if one is: that of the lifetime first.
    pub fn exhausted(&self, standing: &Standing, now: Timestamp) -> Option<Exhausted> {
        let lifetime = self
            .lifetime_balance(standing)
            .filter(|balance| balance.is_exhausted())
            .map(|balance| Exhausted {
                balance,
                resets: None,
            });
        lifetime.or_else(|| {
            let (balance, span) = self.periodic_balance(standing, now)?;
            let resets = Some(span.end);
            balance
                .is_exhausted()
                .then_some(Exhausted { balance, resets })
        })
    }
}

impl Balance {
    /// What is left: negative where a limit was lowered below what was spent, or where a lenient
    /// group let calls cost more than was held for them. Saturating at the ends of the range.
    pub fn remaining(&self) -> Credits {
        let Self { limit, spent } = self;
        let micros = limit
            .as_micros()
            .saturating_sub(spent.used.as_micros())
            .saturating_sub(spent.held.as_micros());
        Credits::from_micros(micros)
    }

    /// Whether all of it was spent. What is only held may come back.
    pub fn is_exhausted(&self) -> bool {
        self.spent.used >= self.limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400;

    fn quota(lifetime: Option<i64>, daily: Option<i64>) -> Quota {
        Quota {
            lifetime: lifetime.map(Credits::from_micros),
            periodic: daily.map(|limit| PeriodicLimit {
                limit: Credits::from_micros(limit),
                period: Period {
                    unit: "day".parse().unwrap(),
                    zone: "UTC".parse().unwrap(),
                },
            }),
        }
    }

    fn spent(used: i64, held: i64) -> Spent {
        Spent {
            used: Credits::from_micros(used),
            held: Credits::from_micros(held),
        }
    }

    #[test]
    fn used_and_held_and_remaining_are_the_limit() {
        for (used, held) in [(0, 0), (3, 4), (10, 0), (12, 5)] {
            let balance = Balance {
                limit: Credits::from_micros(10),
                spent: spent(used, held),
            };
            assert_eq!(used + held + balance.remaining().as_micros(), 10);
        }
    }

    #[test]
    fn what_is_held_does_not_exhaust() {
        let standing = Standing {
            lifetime: spent(9, 1),
            periodic: None,
        };
        let now = Timestamp::from_seconds(0);
        assert_eq!(quota(Some(10), None).exhausted(&standing, now), None);
        assert!(quota(Some(9), None).exhausted(&standing, now).is_some());
        assert_eq!(Quota::UNLIMITED.exhausted(&standing, now), None);
    }

    #[test]
    fn a_period_is_exhausted_where_its_balance_is() {
        for (limit, used, day) in
            (0..40).map(|i| (i % 5 - 1, i / 5 % 4 - 2, if i < 20 { DAY } else { 2 * DAY }))
        {
            let quota = quota(None, Some(limit));
            let standing = Standing {
                lifetime: Spent::default(),
                periodic: Some((Timestamp::from_seconds(DAY), spent(used, 0))),
            };
            let now = Timestamp::from_seconds(day + 7);
            let (balance, _) = quota.periodic_balance(&standing, now).unwrap();
            let counted = if day == DAY { used } else { 0 };
            assert_eq!(balance.is_exhausted(), counted >= limit);
            let exhausted = quota.is_period_exhausted(&standing, now);
            assert_eq!(exhausted, counted >= limit, "{limit} {used} {day}");
        }
        let now = Timestamp::from_seconds(7);
        assert!(!Quota::UNLIMITED.is_period_exhausted(&Standing::default(), now));
    }

    #[test]
    fn a_period_that_has_ended_does_not_count() {
        let quota = quota(None, Some(5));
        let standing = Standing {
            lifetime: spent(5, 0),
            periodic: Some((Timestamp::from_seconds(DAY), spent(5, 0))),
        };
        let at = |seconds| quota.exhausted(&standing, Timestamp::from_seconds(seconds));
        let resets = at(DAY + 7).and_then(|exhausted| exhausted.resets);
        assert_eq!(resets, Some(Timestamp::from_seconds(2 * DAY)));
        assert_eq!(at(2 * DAY), None);
        assert_eq!(at(DAY - 1), None, "an earlier period has its own counts");
    }
}
