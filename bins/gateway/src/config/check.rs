//! Values of a file, held against their ranges and forms.

use std::ops::RangeInclusive;
use std::path::Path;
use std::time::Duration;

use tollgate_policy::network::Network;
use url::Url;

use super::error::ConfigError;

/// The values of one file.
pub(super) struct Check<'a> {
    pub(super) path: &'a Path,
}

impl Check<'_> {
    pub(super) fn within(
        &self,
        key: &'static str,
        value: Option<u64>,
        range: RangeInclusive<u64>,
    ) -> Result<Option<u64>, ConfigError> {
        match value {
            Some(seen) if !range.contains(&seen) => Err(ConfigError::Range {
                path: self.path.into(),
                key,
                least: *range.start(),
                most: *range.end(),
                seen,
            }),
            other => Ok(other),
        }
    }

    pub(super) fn count(
        &self,
        key: &'static str,
        value: Option<u64>,
        range: RangeInclusive<u64>,
    ) -> Result<Option<usize>, ConfigError> {
        // Ranges are such that every platform's `usize` holds their values.
        let value = self.within(key, value, range)?;
        Ok(value.map(|value| usize::try_from(value).unwrap_or(usize::MAX)))
    }

    pub(super) fn narrow(
        &self,
        key: &'static str,
        value: Option<u64>,
        range: RangeInclusive<u64>,
    ) -> Result<Option<u32>, ConfigError> {
        let value = self.within(key, value, range)?;
        Ok(value.map(|value| u32::try_from(value).unwrap_or(u32::MAX)))
    }

    /// From a second to a day.
    pub(super) fn seconds(
        &self,
        key: &'static str,
        value: Option<u64>,
    ) -> Result<Option<Duration>, ConfigError> {
        let value = self.within(key, value, 1..=86_400)?;
        Ok(value.map(Duration::from_secs))
    }

    /// From 0, which is never or for ever, to about a hundred years.
    pub(super) fn days(
        &self,
        key: &'static str,
        value: Option<u64>,
    ) -> Result<Option<u32>, ConfigError> {
        self.narrow(key, value, 0..=36_500)
    }

    pub(super) fn ratio(&self, key: &'static str, value: Option<f64>) -> Result<f64, ConfigError> {
        match value.unwrap_or(1.0) {
            ratio if (0.0..=1.0).contains(&ratio) => Ok(ratio),
            seen => Err(ConfigError::Ratio {
                path: self.path.into(),
                key,
                seen,
            }),
        }
    }

    pub(super) fn networks(
        &self,
        key: &'static str,
        values: &[String],
    ) -> Result<Vec<Network>, ConfigError> {
        let networks: Result<_, _> = values.iter().map(|text| text.parse()).collect();
        networks.map_err(|source| ConfigError::Network {
            path: self.path.into(),
            key,
            source,
        })
    }

    pub(super) fn url(&self, key: &'static str, value: &str) -> Result<Url, ConfigError> {
        Url::parse(value).map_err(|source| ConfigError::Url {
            path: self.path.into(),
            key,
            source,
        })
    }
}
