//! The name of one call, the same in its answer, the log and the receipt.

use std::fmt;

use tollgate_policy::time::Timestamp;

/// 48 bits of milliseconds since the Unix epoch and 80 random bits: unique, and sorted by time.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct RequestId(u128);

impl RequestId {
    pub(crate) fn new(now: Timestamp, entropy: u128) -> Self {
        let ms = u128::try_from(now.as_micros() / 1000).unwrap_or(0);
        Self((ms << 80) | (entropy & ((1 << 80) - 1)))
    }
}

/// `req_` and 32 hexadecimal digits.
impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "req_{:032x}", self.0)
    }
}
