//! Stretches of the past that are looked at by the hour or by the day.

use std::time::Duration;

use serde::Deserialize;
use tollgate_policy::time::Timestamp;

use super::period;
use crate::error::AdminError;

const HOUR_MICROS: i64 = 3_600_000_000;
const DAY_MICROS: i64 = 24 * HOUR_MICROS;
/// What is looked at where nothing is said.
const USUAL: Duration = Duration::from_secs(24 * 60 * 60);

/// A stretch of the past, as it is written.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema, utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(default)]
pub struct SpanFilter {
    /// From the hour of this moment on, or of so long ago; a day ago if missing.
    pub from: Option<String>,
    /// To the hour of this moment, or of so long ago; now if missing.
    pub to: Option<String>,
    /// By `hour` or `day` (UTC); by the hour if missing.
    pub by: Option<String>,
}

/// A stretch of the past.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span {
    pub(crate) from: Timestamp,
    pub(crate) until: Timestamp,
    pub(crate) step: Step,
}

/// By what it is looked at.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Step {
    Hour,
    Day,
}

impl Step {
    /// The first moment of what a moment belongs to.
    pub(crate) const fn of(self, at: Timestamp) -> Timestamp {
        let length = match self {
            Self::Hour => HOUR_MICROS,
            Self::Day => DAY_MICROS,
        };
        let micros = at.as_micros();
        Timestamp::from_micros(micros.saturating_sub(micros.rem_euclid(length)))
    }
}

/// Reads a stretch.
///
/// # Errors
/// Where a moment or a step is none.
pub(crate) fn read(filter: &SpanFilter, now: Timestamp) -> Result<Span, AdminError> {
    let step = match filter.by.as_deref().map(str::trim) {
        None | Some("hour") => Step::Hour,
        Some("day") => Step::Day,
        Some(_) => return Err(AdminError::invalid("by", "write `hour` or `day`")),
    };
    let moment =
        |field, text: Option<&str>| text.map(|text| period::past(field, text, now)).transpose();
    let from = moment("from", filter.from.as_deref())?.unwrap_or_else(|| now.minus(USUAL));
    Ok(Span {
        // A day that is shown is shown whole.
        from: step.of(from),
        until: moment("to", filter.to.as_deref())?.unwrap_or(now),
        step,
    })
}
