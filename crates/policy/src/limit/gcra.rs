//! The generic cell rate algorithm of ITU-T I.371 in its virtual scheduling form, as pure steps.
//! Time is counted in whole parts of a microsecond, as many as the rate has, so nothing is rounded.

use std::time::Duration;

use super::{MINUTE, Rate};
use crate::time::Timestamp;

/// Microseconds that a state can be ahead of the clock: a burst, and as much of debt.
const AHEAD: u64 = 2 * MINUTE;

/// The state of one limiter: when its bucket will be full again (the theoretical arrival time).
///
/// It belongs to whoever keeps it; each step takes one and gives the next. One whose moment has
/// passed does in every step what the default does, so it may be forgotten.
///
/// A clock that runs back never brings a second burst, and delays a call by a minute at most: a
/// state that is further ahead than burst and debt together can be is cut to that.
///
/// Where the rate is changed, a bucket that was half full is half full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gcra {
    /// Whole microseconds since the Unix epoch.
    micros: i64,
    /// And so many parts of one, fewer than `parts`.
    part: u32,
    /// How many parts make a microsecond: the rate of the last step, and never zero.
    parts: u32,
}

/// Too many units were asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    /// If nobody else asks, the same call is admitted after exactly this time, and no microsecond
    /// earlier. At most two minutes; at most one unless there is debt or the clock ran back.
    pub retry_after: Duration,
    /// What to keep from now on. It is the state that refused, unless the clock ran back by more
    /// than a minute.
    pub state: Gcra,
}

/// Never used: the bucket is full.
impl Default for Gcra {
    fn default() -> Self {
        Self {
            micros: i64::MIN,
            part: 0,
            parts: 1,
        }
    }
}

impl Gcra {
    /// Asks for `cost` units. More than the burst counts as the burst, so that a single large call
    /// is admitted when the bucket is full.
    ///
    /// # Errors
    /// Where the bucket has not as many; nothing is taken then.
    pub fn take(self, rate: &Rate, cost: u32, now: Timestamp) -> Result<Self, Refused> {
        let (owed, room) = (self.owed(rate, now), parts(rate, MINUTE));
        let wanted = owed + worth(cost.min(rate.per_minute()));
        if wanted <= room {
            return Ok(Self::owing(rate, wanted, now));
        }
        let most = parts(rate, AHEAD);
        let ran_back = owed == most;
        Err(Refused {
            retry_after: micros(rate, wanted - room),
            state: if ran_back {
                Self::owing(rate, most, now)
            } else {
                self
            },
        })
    }

    /// Corrects a call that took `held` units and really cost `real`: the difference is given back
    /// or taken as well. As in [`Gcra::take`], no more than the burst was held.
    ///
    /// What goes beyond the bucket is debt, which delays later calls: by one minute at most, the
    /// rest is forgiven. What is given back never fills more than the bucket. With it, calls that
    /// were already running when a window begins may add what they give back to the bound that
    /// [`Rate`] states for the window.
    #[must_use]
    pub fn settle(self, rate: &Rate, held: u32, real: u32, now: Timestamp) -> Self {
        let held = held.min(rate.per_minute());
        let owed = self.owed(rate, now);
        if real >= held {
            let more = owed + worth(real - held);
            return Self::owing(rate, more.min(parts(rate, AHEAD)), now);
        }
        Self::owing(rate, owed.saturating_sub(worth(held - real)), now)
    }

    /// Units that would be admitted at once.
    pub fn remaining(self, rate: &Rate, now: Timestamp) -> u32 {
        let room = parts(rate, MINUTE).saturating_sub(self.owed(rate, now));
        u32::try_from(room / MINUTE).unwrap_or(u32::MAX)
    }

    /// The time until the bucket is full, as if never used: two minutes at most.
    pub fn resets_in(self, rate: &Rate, now: Timestamp) -> Duration {
        micros(rate, self.owed(rate, now))
    }

    /// How far this state is ahead of the clock, in parts of `rate`: from 0 to those of `AHEAD`.
    fn owed(self, rate: &Rate, now: Timestamp) -> u64 {
        let Ok(ahead) = u64::try_from(self.micros.saturating_sub(now.as_micros())) else {
            return 0;
        };
        if ahead >= AHEAD {
            return parts(rate, AHEAD);
        }
        parts(rate, ahead) + self.part_of(rate)
    }

    /// The part of a microsecond in parts of `rate`, rounded up where the rate has changed.
    fn part_of(self, rate: &Rate) -> u64 {
        if self.parts == rate.per_minute() {
            return u64::from(self.part);
        }
        let scaled = u64::from(self.part) * u64::from(rate.per_minute());
        scaled.div_ceil(u64::from(self.parts))
    }

    /// The state that is ahead of `now` by `owed`. It stops at the end of the range of moments.
    fn owing(rate: &Rate, owed: u64, now: Timestamp) -> Self {
        let per_micro = u64::from(rate.per_minute());
        Self {
            micros: now.as_micros().saturating_add_unsigned(owed / per_micro),
            part: u32::try_from(owed % per_micro).unwrap_or(0),
            parts: rate.per_minute(),
        }
    }
}

/// Microseconds in parts of `rate`. Below 2^59, so that sums of a few fit.
fn parts(rate: &Rate, micros: u64) -> u64 {
    micros * u64::from(rate.per_minute())
}

/// Parts in microseconds, rounded up.
fn micros(rate: &Rate, parts: u64) -> Duration {
    Duration::from_micros(parts.div_ceil(u64::from(rate.per_minute())))
}

/// Units in parts, the same at any rate: a unit is worth `MINUTE / per_minute` microseconds.
fn worth(units: u32) -> u64 {
    u64::from(units) * MINUTE
}
