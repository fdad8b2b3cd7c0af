//! The bodies in which a caller learns what is left on its own token, in the forms that clients of
//! OpenRouter and of one-api read. What is left is counted elsewhere; nothing here is a float.

use serde::Serialize;
use serde_json::value::RawValue;
use tollgate_policy::credits::Credits;
use tollgate_policy::time::Timestamp;

/// What one-api says of a token without a limit, in dollars.
const UNLIMITED: Credits = Credits::from_micros(100_000_000 * 1_000_000);

/// What a token may spend, and what it spent. Credits are told as dollars.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyInfo<'a> {
    /// What the token is called.
    pub label: &'a str,
    /// What may be spent in all, or in each period; none where nothing but the account limits it.
    pub limit: Option<Credits>,
    /// What is left of the limit, less what is held; none where there is none.
    pub remaining: Option<Credits>,
    /// What was spent since the token was made.
    pub used: Credits,
    /// What was spent since the day began.
    pub used_today: Credits,
    /// What was spent since the week began.
    pub used_this_week: Credits,
    /// What was spent since the month began.
    pub used_this_month: Credits,
    /// How often the limit begins anew.
    pub resets: Option<Resets>,
    /// When the token expires.
    pub expires_at: Option<Timestamp>,
    /// Requests per minute; none where they are not limited.
    pub requests_per_minute: Option<u32>,
}

/// How often a limit begins anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Resets {
    /// Every day.
    Daily,
    /// Every week.
    Weekly,
    /// Every month.
    Monthly,
}

/// The body of `GET /v1/key`, in OpenRouter's form.
pub fn key(info: &KeyInfo<'_>) -> Vec<u8> {
    let data = Key {
        label: info.label,
        limit: info.limit.map(dollars),
        limit_remaining: info.remaining.map(dollars),
        limit_reset: info.resets,
        usage: dollars(info.used),
        usage_daily: dollars(info.used_today),
        usage_weekly: dollars(info.used_this_week),
        usage_monthly: dollars(info.used_this_month),
        byok_usage: 0,
        byok_usage_daily: 0,
        byok_usage_weekly: 0,
        byok_usage_monthly: 0,
        include_byok_in_limit: false,
        is_free_tier: false,
        is_management_key: false,
        is_provisioning_key: false,
        creator_user_id: None,
        expires_at: info.expires_at.map(|at| at.to_string()),
        rate_limit: RateLimit {
            requests: info.requests_per_minute.map_or(-1, i64::from),
            interval: "1m",
            note: "requests per minute; -1 where they are not limited",
        },
    };
    text(&Data { data })
}

/// The body of `GET /v1/dashboard/billing/subscription`, in one-api's form: the hard limit is what is
/// left and what was spent together, so that clients find what is left by taking off the usage.
pub fn subscription(info: &KeyInfo<'_>) -> Vec<u8> {
    let limit = info.remaining.map_or(UNLIMITED, |remaining| {
        let limit = remaining.as_micros().saturating_add(info.used.as_micros());
        Credits::from_micros(limit)
    });
    let seconds = |at: Timestamp| at.as_micros().div_euclid(1_000_000);
    text(&Subscription {
        object: "billing_subscription",
        has_payment_method: true,
        soft_limit_usd: dollars(limit),
        hard_limit_usd: dollars(limit),
        system_hard_limit_usd: dollars(limit),
        access_until: info.expires_at.map_or(0, seconds),
    })
}

/// The body of `GET /v1/dashboard/billing/usage`, in one-api's form: cents, and always of the whole
/// time, whichever dates are asked for, so that it fits the [`subscription`].
pub fn usage(info: &KeyInfo<'_>) -> Vec<u8> {
    text(&Usage {
        object: "list",
        total_usage: number(info.used.as_micros(), 4),
    })
}

#[derive(Serialize)]
struct Data<'a> {
    data: Key<'a>,
}

#[derive(Serialize)]
struct Key<'a> {
    label: &'a str,
    limit: Option<Box<RawValue>>,
    limit_remaining: Option<Box<RawValue>>,
    limit_reset: Option<Resets>,
    usage: Box<RawValue>,
    usage_daily: Box<RawValue>,
    usage_weekly: Box<RawValue>,
    usage_monthly: Box<RawValue>,
    byok_usage: u8,
    byok_usage_daily: u8,
    byok_usage_weekly: u8,
    byok_usage_monthly: u8,
    include_byok_in_limit: bool,
    is_free_tier: bool,
    is_management_key: bool,
    is_provisioning_key: bool,
    creator_user_id: Option<&'a str>,
    expires_at: Option<String>,
    rate_limit: RateLimit,
}

#[derive(Serialize)]
struct RateLimit {
    requests: i64,
    interval: &'static str,
    note: &'static str,
}

#[derive(Serialize)]
struct Subscription {
    object: &'static str,
    has_payment_method: bool,
    soft_limit_usd: Box<RawValue>,
    hard_limit_usd: Box<RawValue>,
    system_hard_limit_usd: Box<RawValue>,
    access_until: i64,
}

#[derive(Serialize)]
struct Usage {
    object: &'static str,
    total_usage: Box<RawValue>,
}

fn dollars(credits: Credits) -> Box<RawValue> {
    number(credits.as_micros(), 6)
}

/// An exact JSON number: so many units of that many decimal places.
fn number(units: i64, places: usize) -> Box<RawValue> {
    let sign = if units < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", units.unsigned_abs(), width = places + 1);
    let point = digits.len().saturating_sub(places);
    let (whole, decimals) = digits.split_at_checked(point).unwrap_or((&digits, ""));
    let decimals = decimals.trim_end_matches('0');
    let dot = if decimals.is_empty() { "" } else { "." };
    RawValue::from_string(format!("{sign}{whole}{dot}{decimals}")).unwrap_or_default()
}

/// Texts and numbers under fixed keys have no way to fail; an empty body would be the sign of it.
fn text(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}

#[cfg(test)]
mod tests;
