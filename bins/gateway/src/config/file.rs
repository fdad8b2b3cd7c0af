//! The file as it is written. Unknown keys are refused, so that a misspelt one is noticed.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer, de};

use super::error::{ConfigError, FormError};
use crate::cli::LogFormat;

/// The whole file; what is missing has its default.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct File {
    #[serde(deserialize_with = "listener")]
    pub(super) listen: Option<SocketAddr>,
    #[serde(deserialize_with = "listener")]
    pub(super) observe: Option<SocketAddr>,
    pub(super) store: Option<String>,
    pub(super) key_file: Option<PathBuf>,
    pub(super) journal: Option<PathBuf>,
    pub(super) workers: Option<u64>,
    pub(super) credentials_in_memory: Option<u64>,
    pub(super) trusted_proxies: Vec<String>,
    pub(super) proxy_protocol: Vec<String>,
    pub(super) basic_credentials: bool,
    pub(super) tls: Option<Tls>,
    pub(super) log: Log,
    pub(super) access_log: Option<AccessLog>,
    pub(super) traces: Option<Traces>,
    pub(super) limits: Limits,
    pub(super) alerts: Alerts,
    pub(super) keep: Keep,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tls {
    pub(super) certificate: PathBuf,
    pub(super) key: PathBuf,
    pub(super) client_ca: Option<PathBuf>,
    #[serde(default)]
    pub(super) client_certificates: ClientCertificates,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum ClientCertificates {
    #[default]
    None,
    Optional,
    Required,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Log {
    pub(super) filter: Option<String>,
    pub(super) format: Option<LogFormat>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AccessLog {
    pub(super) path: PathBuf,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Traces {
    pub(super) endpoint: String,
    pub(super) sampling_ratio: Option<f64>,
    pub(super) headers_env: Option<String>,
}

/// Bounds and deadlines; see `docs/operations.md`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Limits {
    pub(super) connections: Option<u64>,
    pub(super) headers: Option<u64>,
    pub(super) head_bytes: Option<u64>,
    pub(super) head_seconds: Option<u64>,
    pub(super) keep_alive_idle_seconds: Option<u64>,
    pub(super) client_stall_seconds: Option<u64>,
    pub(super) body_bytes: Option<u64>,
    pub(super) buffered_bytes: Option<u64>,
    pub(super) spooled_bytes: Option<u64>,
    pub(super) body_first_byte_seconds: Option<u64>,
    pub(super) body_bytes_per_second: Option<u64>,
    pub(super) streams_per_connection: Option<u64>,
    pub(super) connect_seconds: Option<u64>,
    pub(super) response_seconds: Option<u64>,
    pub(super) idle_seconds: Option<u64>,
    pub(super) keep_alive_seconds: Option<u64>,
    pub(super) drain_seconds: Option<u64>,
    pub(super) receipts: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Alerts {
    pub(super) webhook_url: Option<String>,
    pub(super) webhook_secret_env: Option<String>,
    pub(super) webhook_private: bool,
    pub(super) expiry_notice_days: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Keep {
    pub(super) receipts_days: Option<u64>,
    pub(super) daily_days: Option<u64>,
}

impl File {
    /// Reads a file.
    pub(super) fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::File {
            path: path.into(),
            source,
        })?;
        toml::from_str(&text).map_err(|error| ConfigError::Form {
            path: path.into(),
            source: FormError::of(&text, error),
        })
    }
}

/// The parser's own words for this say nothing of the form, and its value is not told.
fn listener<'de, D: Deserializer<'de>>(from: D) -> Result<Option<SocketAddr>, D::Error> {
    let text = String::deserialize(from)?;
    let wanted = |_| de::Error::custom("no IP address and port, as in `127.0.0.1:8080`,");
    text.parse().map(Some).map_err(wanted)
}
