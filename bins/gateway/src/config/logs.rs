//! Where calls are told of, besides the log: a file of access lines, and a collector of traces.

use std::path::{Path, PathBuf};

use url::Url;

use super::check::Check;
use super::error::ConfigError;
use super::file;

/// Where access lines go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum AccessLog {
    /// To standard output.
    Stdout,
    /// To the end of a file.
    File(PathBuf),
}

/// Where traces go.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Traces {
    /// The collector's base address: `/v1/traces` is put behind it.
    pub(crate) endpoint: Url,
    /// The part of the traces begun here that is sent; callers decide about theirs.
    pub(crate) sampling_ratio: f64,
    /// The variable of the environment with further headers, as `name=value,name=value`.
    pub(crate) headers_env: Option<String>,
}

impl AccessLog {
    pub(super) fn of(file: &file::AccessLog) -> Self {
        if file.path == Path::new("stdout") {
            Self::Stdout
        } else {
            Self::File(file.path.clone())
        }
    }
}

impl Traces {
    pub(super) fn of(file: &file::Traces, check: &Check<'_>) -> Result<Self, ConfigError> {
        let endpoint = check.url("traces.endpoint", &file.endpoint)?;
        if !matches!(endpoint.scheme(), "http" | "https") {
            let sentence = "`traces.endpoint` must be an http:// or https:// address";
            return Err(ConfigError::together(check.path, sentence));
        }
        Ok(Self {
            endpoint,
            sampling_ratio: check.ratio("traces.sampling_ratio", file.sampling_ratio)?,
            headers_env: file.headers_env.clone(),
        })
    }
}
