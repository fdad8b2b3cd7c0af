//! How limits, quotas and prices stand in columns, and what was spent of them.

use tollgate_policy::credits::Credits;
use tollgate_policy::limit::{Limits, Rate};
use tollgate_policy::period::Period;
use tollgate_policy::price::Price;
use tollgate_policy::quota::{PeriodicLimit, Spent, Standing};
use tollgate_policy::time::Timestamp;

use super::Row;
use crate::error::StoreError;

/// RPM, TPM and concurrency as they stand in a row.
pub(crate) struct LimitColumns {
    pub(crate) rpm: Option<i64>,
    pub(crate) tpm: Option<i64>,
    pub(crate) concurrency: Option<i64>,
}

/// A periodic limit as it stands in a row.
pub(crate) struct PeriodColumns {
    pub(crate) limit: Option<i64>,
    pub(crate) unit: Option<String>,
    pub(crate) zone: Option<String>,
}

/// What was spent as it stands in a row.
pub(crate) struct SpentColumns {
    pub(crate) used: i64,
    pub(crate) held: i64,
    pub(crate) period_begin: Option<i64>,
    pub(crate) period_used: i64,
    pub(crate) period_held: i64,
}

/// Reads the limits from a row that has them.
macro_rules! limit_columns {
    ($row:expr) => {
        $crate::columns::LimitColumns {
            rpm: $row.rpm,
            tpm: $row.tpm,
            concurrency: $row.concurrency,
        }
    };
}
pub(crate) use limit_columns;

/// Reads a periodic limit from a row that has one.
macro_rules! period_columns {
    ($row:expr) => {
        $crate::columns::PeriodColumns {
            limit: $row.period_limit,
            unit: $row.period_unit.clone(),
            zone: $row.period_zone.clone(),
        }
    };
}
pub(crate) use period_columns;

/// Reads what was spent from a row that counts it.
macro_rules! spent_columns {
    ($row:expr) => {
        $crate::columns::SpentColumns {
            used: $row.used,
            held: $row.held,
            period_begin: $row.period_begin,
            period_used: $row.period_used,
            period_held: $row.period_held,
        }
    };
}
pub(crate) use spent_columns;

impl From<&Limits> for LimitColumns {
    fn from(limits: &Limits) -> Self {
        let rate = |rate: Rate| i64::from(rate.per_minute());
        Self {
            rpm: limits.requests.map(rate),
            tpm: limits.tokens.map(rate),
            concurrency: limits.concurrency.map(i64::from),
        }
    }
}

impl From<Option<&PeriodicLimit>> for PeriodColumns {
    fn from(periodic: Option<&PeriodicLimit>) -> Self {
        Self {
            limit: periodic.map(|one| one.limit.as_micros()),
            unit: periodic.map(|one| one.period.unit.name().to_owned()),
            zone: periodic.map(|one| one.period.zone.name().to_owned()),
        }
    }
}

impl SpentColumns {
    pub(crate) fn standing(&self) -> Standing {
        let spent = |used, held| Spent {
            used: Credits::from_micros(used),
            held: Credits::from_micros(held),
        };
        let period = spent(self.period_used, self.period_held);
        Standing {
            lifetime: spent(self.used, self.held),
            periodic: self
                .period_begin
                .map(|begin| (Timestamp::from_micros(begin), period)),
        }
    }
}

/// A price list as text. One that states nothing is none.
pub(crate) fn price(price: Option<&Price>) -> Option<String> {
    price
        .filter(|price| !price.is_empty())
        .map(ToString::to_string)
}

impl Row {
    pub(crate) fn limits(self, columns: &LimitColumns) -> Result<Limits, StoreError> {
        let rate = |column: &str, number: Option<i64>| {
            let number: Option<u32> = number.map(|n| self.narrow(column, n)).transpose()?;
            let rate = number.map(Rate::new).transpose();
            rate.map_err(|error| self.corrupt(column, error))
        };
        let concurrency = columns.concurrency;
        Ok(Limits {
            requests: rate("rpm", columns.rpm)?,
            tokens: rate("tpm", columns.tpm)?,
            concurrency: concurrency
                .map(|number| self.narrow("concurrency", number))
                .transpose()?,
        })
    }

    pub(crate) fn periodic(
        self,
        columns: &PeriodColumns,
    ) -> Result<Option<PeriodicLimit>, StoreError> {
        let Some(limit) = columns.limit else {
            return Ok(None);
        };
        let (unit, zone) = (columns.unit.as_deref(), columns.zone.as_deref());
        Ok(Some(PeriodicLimit {
            limit: Credits::from_micros(limit),
            period: Period {
                unit: self.parse("period_unit", unit.unwrap_or_default())?,
                zone: self.parse("period_zone", zone.unwrap_or_default())?,
            },
        }))
    }

    pub(crate) fn price(
        self,
        column: &str,
        text: Option<&str>,
    ) -> Result<Option<Price>, StoreError> {
        text.map(|text| self.parse(column, text)).transpose()
    }
}
