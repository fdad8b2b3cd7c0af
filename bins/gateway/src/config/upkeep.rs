//! Alerts, and what is kept for how long.

use super::check::Check;
use super::error::ConfigError;
use super::file::File;

/// Alerts, and what is kept for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Upkeep {
    pub(crate) webhook: Option<Hook>,
    pub(crate) expiry_notice_days: u32,
    pub(crate) keep_receipts_days: u32,
    pub(crate) keep_daily_days: u32,
}

/// Where alerts are sent, and the variable of the environment that has the secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hook {
    pub(crate) url: String,
    pub(crate) secret_env: String,
    /// Whether it may be on a private network or on this machine.
    pub(crate) private: bool,
}

pub(super) fn upkeep(file: &File, check: &Check<'_>) -> Result<Upkeep, ConfigError> {
    let (alerts, keep) = (&file.alerts, &file.keep);
    let usual = tollgate_upkeep::settings::Settings::default();
    let webhook = match (&alerts.webhook_url, &alerts.webhook_secret_env) {
        (None, None) => None,
        (Some(url), Some(secret_env)) => Some(Hook {
            url: url.clone(),
            secret_env: secret_env.clone(),
            private: alerts.webhook_private,
        }),
        _ => {
            let sentence = "`alerts.webhook_url` and `alerts.webhook_secret_env` belong together: write both, or none";
            return Err(ConfigError::together(check.path, sentence));
        }
    };
    let notice = check.days("alerts.expiry_notice_days", alerts.expiry_notice_days)?;
    // A gateway that comes back after days sends the receipts that it kept: where those in the store
    // are gone by then, their calls would be charged once more.
    let receipts = match keep.receipts_days {
        Some(0) => Some(0),
        days => check.narrow("keep.receipts_days", days, 7..=36_500)?,
    };
    let daily = check.days("keep.daily_days", keep.daily_days)?;
    Ok(Upkeep {
        webhook,
        expiry_notice_days: notice.unwrap_or(usual.expiry_notice_days),
        keep_receipts_days: receipts.unwrap_or(usual.keep_receipts_days),
        keep_daily_days: daily.unwrap_or(usual.keep_daily_days),
    })
}
