//! Changes of the limits that tokens, accounts and groups have in common.

use tollgate_policy::limit::{Limits, Rate};

use crate::scope::set;

/// What to change of limits: `None` leaves one as it is, `Some(None)` lifts it.
#[derive(Debug, Clone, Copy, Default)]
pub struct LimitsEdit {
    /// Calls a minute (RPM).
    pub requests: Option<Option<Rate>>,
    /// Tokens of input and output a minute (TPM).
    pub tokens: Option<Option<Rate>>,
    /// Calls at the same time.
    pub concurrency: Option<Option<u32>>,
}

impl LimitsEdit {
    pub(crate) fn apply(self, limits: &mut Limits) {
        set(&mut limits.requests, self.requests);
        set(&mut limits.tokens, self.tokens);
        set(&mut limits.concurrency, self.concurrency);
    }
}
