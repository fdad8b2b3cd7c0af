//! The only place in the gateway that asks what time it is.

use std::time::SystemTime;

use tollgate_policy::time::Timestamp;

/// The wall-clock time; a clock before 1970 counts as 1970.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    Timestamp::from_micros(0).plus(since.unwrap_or_default())
}
