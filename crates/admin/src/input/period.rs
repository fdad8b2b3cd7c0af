//! Moments and stretches of time as operators write them. The present is an argument.

use std::time::Duration;

use tollgate_policy::time::Timestamp;

use crate::error::AdminError;

const DAY: u64 = 24 * 60 * 60;
/// The longest stretch: 100 years of 365 days.
const LONGEST: u64 = 100 * 365 * DAY;

/// Reads an expiry: blank, `-1` or `never` for none, a date, a date and time, or how long from now.
///
/// # Errors
/// Where the text is none of these, or the moment is not in the future.
pub fn expiry(text: &str, now: Timestamp) -> Result<Option<Timestamp>, AdminError> {
    let text = text.trim();
    if text.is_empty() || text == "-1" || text.eq_ignore_ascii_case("never") {
        return Ok(None);
    }
    let at = match seconds(text) {
        Some(length) => now.plus(Duration::from_secs(length)),
        None => Timestamp::parse(text).map_err(|problem| {
            let problem = format!(
                "{problem}; a duration such as `30d` or `12h`, `never`, `-1` and a blank are understood too"
            );
            AdminError::invalid("expires", problem)
        })?,
    };
    if at <= now {
        let problem = format!(
            "`{}` is not in the future: write a later moment, or disable or revoke the token",
            shortened(text)
        );
        return Err(AdminError::invalid("expires", problem));
    }
    Ok(Some(at))
}

/// Reads a moment in a filter: a date, a date and time, or how long ago.
///
/// # Errors
/// Where the text is none of these.
pub fn past(field: &'static str, text: &str, now: Timestamp) -> Result<Timestamp, AdminError> {
    if let Some(length) = seconds(text.trim()) {
        return Ok(now.minus(Duration::from_secs(length)));
    }
    Timestamp::parse(text).map_err(|problem| {
        let problem = format!("{problem}; a duration such as `7d` means that long ago");
        AdminError::invalid(field, problem)
    })
}

/// Reads a stretch of time: `90s`, `30m`, `12h`, `30d`, `2w`, several together such as `1d12h`,
/// or `0`.
///
/// # Errors
/// Where the text is none, or longer than 100 years.
pub fn duration(field: &'static str, text: &str) -> Result<Duration, AdminError> {
    let text = text.trim();
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    seconds(text).map(Duration::from_secs).ok_or_else(|| {
        let problem = format!(
            "`{}` is no duration of at most 100 years: write a number and `s`, `m`, `h`, `d` or `w`, such as `30d` or `12h`",
            shortened(text)
        );
        AdminError::invalid(field, problem)
    })
}

/// The seconds of a text such as `1d12h`; `None` if it is none, or too long.
fn seconds(text: &str) -> Option<u64> {
    let (mut total, mut number) = (0u64, None);
    for c in text.chars() {
        if let Some(digit) = c.to_digit(10) {
            let so_far: u64 = number.unwrap_or(0);
            number = Some(so_far.checked_mul(10)?.checked_add(u64::from(digit))?);
        } else {
            total = total.checked_add(number.take()?.checked_mul(unit(c)?)?)?;
        }
    }
    let whole = number.is_none() && !text.is_empty();
    (whole && total <= LONGEST).then_some(total)
}

fn unit(letter: char) -> Option<u64> {
    match letter {
        's' => Some(1),
        'm' => Some(60),
        'h' => Some(60 * 60),
        'd' => Some(DAY),
        'w' => Some(7 * DAY),
        _ => None,
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(40).collect()
}
