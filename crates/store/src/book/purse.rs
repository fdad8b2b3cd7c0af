//! The row of a token or an account as a turn sees it: its two pots.

use super::calendar::{Calendar, Rules};

/// The row of a token or an account as a turn sees it.
#[derive(Debug, Clone)]
pub(super) struct Purse {
    /// What operators call it.
    pub(super) name: String,
    /// Who made it; nobody for an account.
    pub(super) creator: String,
    pub(super) lifetime: Counts,
    /// Of the period from `begin` to `end`.
    pub(super) periodic: Counts,
    /// By what its periods begin; none where there is no periodic limit.
    pub(super) rules: Option<Rules>,
    pub(super) begin: Option<i64>,
    pub(super) end: Option<i64>,
    /// Whether the counts are to be written.
    pub(super) changed: bool,
    /// What the row of the counts has as used, if there is a row.
    pub(super) stored: Option<i64>,
    /// Whether the row of a token says that a limit is used up.
    pub(super) marked: bool,
}

/// A limit with what was spent of it, in micro-credits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) limit: Option<i64>,
    pub(super) used: i64,
    pub(super) held: i64,
}

/// What became of the wish to count in a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Entered {
    /// The row counts this period already.
    Current,
    /// The row counts it from now on, and has forgotten the one before.
    Begun,
    /// It is past, or none by the row's rules.
    Closed,
}

impl Purse {
    /// The counts of a pot; none of a period that is not the row's.
    pub(super) fn counts(&mut self, begin: Option<i64>) -> Option<&mut Counts> {
        match begin {
            None => Some(&mut self.lifetime),
            Some(_) if begin == self.begin => Some(&mut self.periodic),
            Some(_) => None,
        }
    }

    /// The limit of a pot, whether or not its period is the row's.
    pub(super) const fn limit(&self, begin: Option<i64>) -> Option<i64> {
        match begin {
            None => self.lifetime.limit,
            Some(_) => self.periodic.limit,
        }
    }

    /// Whether one of its limits is used up, by the counts of whichever period.
    pub(super) fn used_up(&self) -> bool {
        let reached = |counts: &Counts| counts.limit.is_some_and(|limit| counts.used >= limit);
        reached(&self.lifetime) || reached(&self.periodic)
    }

    /// Brings the row to a period, if that is a later one.
    pub(super) fn enter(&mut self, begin: i64, calendar: &mut Calendar) -> Entered {
        if self.begin == Some(begin) {
            return Entered::Current;
        }
        let Some(rules) = &self.rules else {
            return Entered::Closed;
        };
        let span = calendar.span(rules, begin);
        let Some(span) = span.filter(|span| span.begin.as_micros() == begin) else {
            return Entered::Closed;
        };
        // A later begin counts only where it is one by the present rules.
        let later = self.begin.filter(|present| *present > begin);
        if later.is_some_and(|present| calendar.begins(rules, present)) {
            return Entered::Closed;
        }
        self.begin = Some(begin);
        self.end = Some(span.end.as_micros());
        (self.periodic.used, self.periodic.held) = (0, 0);
        self.changed = true;
        Entered::Begun
    }
}

impl Counts {
    /// What nobody has spent or leased; at most 0 where nothing is left.
    pub(super) fn remaining(&self, limit: i64) -> i64 {
        limit.saturating_sub(self.used).saturating_sub(self.held)
    }
}
