//! What an operator can say about upkeep, and what holds where nothing was said.

use crate::webhook::Webhook;

/// What upkeep is to do.
#[derive(Debug)]
pub struct Settings {
    /// Where alerts are sent. Without it they are only logged.
    pub webhook: Option<Webhook>,
    /// How many days before its expiry a token is told of; 0 is never.
    pub expiry_notice_days: u32,
    /// How many days a receipt is kept; 0 is for ever.
    pub keep_receipts_days: u32,
    /// How many days sums are kept by the day, before those of a month are summed up; 0 is for ever.
    pub keep_daily_days: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            webhook: None,
            expiry_notice_days: 7,
            keep_receipts_days: 90,
            keep_daily_days: 400,
        }
    }
}
