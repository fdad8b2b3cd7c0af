//! Amounts, periodic limits and prices as operators write them.

use tollgate_policy::credits::Credits;
use tollgate_policy::period::Period;
use tollgate_policy::price::Price;
use tollgate_policy::quota::PeriodicLimit;

use super::{is_none, parsed, shortened};
use crate::error::AdminError;

/// Reads a quota: an amount of credits, or `none`, `unlimited` or blank for no limit.
///
/// # Errors
/// Where the text is no amount, or a negative one.
pub fn quota(text: &str) -> Result<Option<Credits>, AdminError> {
    let text = text.trim();
    if is_none(text) {
        return Ok(None);
    }
    let quota: Credits = text
        .parse()
        .map_err(|problem| AdminError::invalid("quota", format!("{problem}, or `unlimited`")))?;
    if quota < Credits::ZERO {
        let problem = format!("`{quota}` is negative: write 0 or more credits, or `unlimited`");
        return Err(AdminError::invalid("quota", problem));
    }
    Ok(Some(quota))
}

/// Reads an amount of credits that is not negative.
///
/// # Errors
/// Where the text is no amount, or a negative one.
pub(crate) fn amount(field: &'static str, text: &str) -> Result<Credits, AdminError> {
    let amount: Credits = parsed(field, text.trim())?;
    if amount < Credits::ZERO {
        let problem = format!("`{amount}` is negative: write 0 or more credits");
        return Err(AdminError::invalid(field, problem));
    }
    Ok(amount)
}

/// Reads a limit that begins anew with each period: `10/day`, `5/month@Europe/Berlin`, or `none`
/// or blank for no limit. Without a time zone, the clocks of UTC count.
///
/// # Errors
/// Where the text is none of these.
pub fn periodic(text: &str) -> Result<Option<PeriodicLimit>, AdminError> {
    let text = text.trim();
    if is_none(text) {
        return Ok(None);
    }
    let (limit, period) = text.split_once('/').ok_or_else(|| {
        let problem = format!(
            "`{}` is no periodic limit: write credits, `/`, and hour, day, week or month, such as `10/day`; then `@` and a time zone where it is not UTC, such as `5/month@Europe/Berlin`; or `none`",
            shortened(text)
        );
        AdminError::invalid("periodic", problem)
    })?;
    let (unit, zone) = match period.split_once('@') {
        Some((unit, zone)) => (unit, Some(zone)),
        None => (period, None),
    };
    let period = Period {
        unit: parsed("periodic", unit)?,
        zone: zone.map_or_else(|| Ok(Default::default()), |zone| parsed("periodic", zone))?,
    };
    let limit = amount("periodic", limit)?;
    Ok(Some(PeriodicLimit { limit, period }))
}

/// Reads a price list such as `input=2.5,output=10`, `free`, or `unknown` or blank for none.
///
/// # Errors
/// Where the text is none of these.
pub fn price(text: &str) -> Result<Option<Price>, AdminError> {
    let text = text.trim();
    if text.is_empty() || text.eq_ignore_ascii_case("unknown") {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|problem| {
        let problem = format!(
            "{problem}; tokens are priced in credits per million, the rest in credits apiece"
        );
        AdminError::invalid("price", problem)
    })
}
