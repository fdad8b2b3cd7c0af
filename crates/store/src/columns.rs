//! How values of the policy stand in columns, and how they are read back: a value that does not
//! fit is an error that names the row.

mod money;

use std::fmt::Display;
use std::str::FromStr;

use tollgate_policy::scope::{Allow, Scope};
use tollgate_policy::time::Timestamp;

use crate::error::StoreError;

/// The row that is being read, for errors.
#[derive(Clone, Copy)]
pub(crate) struct Row {
    table: &'static str,
    id: i64,
}

/// The four lists of a scope as they stand in a row.
pub(crate) struct ScopeColumns<'a> {
    pub(crate) models: &'a Option<String>,
    pub(crate) providers: &'a Option<String>,
    pub(crate) endpoints: &'a Option<String>,
    pub(crate) networks: &'a Option<String>,
}

/// Reads the four lists of a scope from a row that has them.
macro_rules! scope_columns {
    ($row:expr) => {
        $crate::columns::ScopeColumns {
            models: &$row.models,
            providers: &$row.providers,
            endpoints: &$row.endpoints,
            networks: &$row.networks,
        }
    };
}
pub(crate) use scope_columns;

pub(crate) use money::{
    LimitColumns, PeriodColumns, SpentColumns, limit_columns, period_columns, price, spent_columns,
};

/// A list as a JSON array of texts; `None` is a list that allows anything.
pub(crate) fn list<T: Display>(allow: &Allow<T>) -> Option<String> {
    let texts = |entries: &[T]| entries.iter().map(T::to_string).collect::<Vec<_>>();
    allow
        .list()
        .map(|entries| serde_json::Value::from(texts(entries)).to_string())
}

/// A text as PostgreSQL accepts it: without NUL, which no one can have meant.
pub(crate) fn text(text: String) -> String {
    if text.contains('\0') {
        return text.replace('\0', "");
    }
    text
}

impl Row {
    pub(crate) const fn new(table: &'static str, id: i64) -> Self {
        Self { table, id }
    }

    pub(crate) fn corrupt(self, column: &str, why: impl Display) -> StoreError {
        StoreError::corrupt(self.table, self.id, format_args!("{column}: {why}"))
    }

    /// A number as one of the typed ids.
    pub(crate) fn id<T>(self, column: &str, id: Option<T>) -> Result<T, StoreError> {
        id.ok_or_else(|| self.corrupt(column, "the id is negative"))
    }

    /// A text as what it names.
    pub(crate) fn parse<T>(self, column: &str, text: &str) -> Result<T, StoreError>
    where
        T: FromStr<Err: Display>,
    {
        text.parse().map_err(|error| self.corrupt(column, error))
    }

    /// A text as one of a few named values.
    pub(crate) fn one_of<T: Copy>(
        self,
        column: &str,
        text: &str,
        all: &[T],
        name: fn(T) -> &'static str,
    ) -> Result<T, StoreError> {
        let found = all.iter().copied().find(|one| name(*one) == text);
        found.ok_or_else(|| self.corrupt(column, format_args!("`{text}` is not known")))
    }

    /// A number as a narrower one.
    pub(crate) fn narrow<T: TryFrom<i64>>(
        self,
        column: &str,
        number: i64,
    ) -> Result<T, StoreError> {
        T::try_from(number)
            .map_err(|_| self.corrupt(column, format_args!("{number} is out of range")))
    }

    /// A JSON array of texts as the list of what they name.
    pub(crate) fn allow<T>(self, column: &str, list: Option<&str>) -> Result<Allow<T>, StoreError>
    where
        T: FromStr<Err: Display>,
    {
        let Some(list) = list else {
            return Ok(Allow::Any);
        };
        let texts: Vec<String> =
            serde_json::from_str(list).map_err(|error| self.corrupt(column, error))?;
        let entries = texts.iter().map(|text| self.parse(column, text));
        entries.collect::<Result<_, _>>().map(Allow::Only)
    }

    pub(crate) fn scope(self, columns: &ScopeColumns<'_>) -> Result<Scope, StoreError> {
        Ok(Scope {
            models: self.allow("models", columns.models.as_deref())?,
            providers: self.allow("providers", columns.providers.as_deref())?,
            endpoints: self.allow("endpoints", columns.endpoints.as_deref())?,
            networks: self.allow("networks", columns.networks.as_deref())?,
        })
    }
}

/// Moments are microseconds in the databases.
pub(crate) fn moment(micros: Option<i64>) -> Option<Timestamp> {
    micros.map(Timestamp::from_micros)
}

/// Moments are microseconds in the databases.
pub(crate) fn micros(moment: Option<Timestamp>) -> Option<i64> {
    moment.map(Timestamp::as_micros)
}
