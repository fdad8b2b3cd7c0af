//! How fast a token, an account or a group may call: rates, and how many calls at once.
//! Where the state of a limiter is kept, and for whom, is not known here.

mod gcra;
#[cfg(test)]
mod tests;

pub use gcra::{Gcra, Refused};

use std::num::NonZeroU32;

/// Microseconds in the minute that a rate is counted by.
const MINUTE: u64 = 60_000_000;

/// So many units a minute: requests (RPM) or tokens (TPM).
///
/// A full minute's worth may be used at once, and comes back evenly. So in any window of `w`
/// minutes at most `per_minute × (1 + w)` units are admitted: twice the rate in one unlucky
/// minute, and the rate itself in the long run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rate(NonZeroU32);

/// A rate that would never admit anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("`0` a minute admits nothing: write 1 or more, or leave the limit out")]
pub struct RateError;

impl Rate {
    /// A rate of 1 unit a minute or more.
    ///
    /// # Errors
    /// Where it is zero.
    pub const fn new(per_minute: u32) -> Result<Self, RateError> {
        match NonZeroU32::new(per_minute) {
            Some(per_minute) => Ok(Self(per_minute)),
            None => Err(RateError),
        }
    }

    /// Units a minute, which is also the burst: what may be used at once.
    pub const fn per_minute(self) -> u32 {
        self.0.get()
    }
}

/// The limits of a token, an account or a group; `None` is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limits {
    /// Calls a minute (RPM).
    pub requests: Option<Rate>,
    /// Tokens of input and output a minute (TPM).
    pub tokens: Option<Rate>,
    /// Calls at the same time.
    pub concurrency: Option<u32>,
}
