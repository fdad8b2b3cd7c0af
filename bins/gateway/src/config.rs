//! The configuration: a file of defaults, and what the command line and the environment put over it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use tollgate_policy::network::Network;
use tollgate_proxy::settings::Settings;

use crate::cli::{self, LogFormat};

/// All that the gateway needs to know to start.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) listen: SocketAddr,
    pub(crate) observe: SocketAddr,
    pub(crate) store: String,
    pub(crate) key_file: PathBuf,
    pub(crate) journal: PathBuf,
    pub(crate) most_receipts: u32,
    pub(crate) credentials_in_memory: usize,
    pub(crate) log: String,
    pub(crate) log_format: LogFormat,
    pub(crate) settings: Settings,
    pub(crate) upkeep: Upkeep,
}

/// Alerts, and what is kept for how long.
#[derive(Debug, Clone)]
pub(crate) struct Upkeep {
    pub(crate) webhook: Option<Hook>,
    pub(crate) expiry_notice_days: u32,
    pub(crate) keep_receipts_days: u32,
    pub(crate) keep_daily_days: u32,
}

/// Where alerts are sent, and the variable of the environment that has the secret.
#[derive(Debug, Clone)]
pub(crate) struct Hook {
    pub(crate) url: String,
    pub(crate) secret_env: String,
}

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    #[error("`{path}` cannot be read", path = path.display())]
    File {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("`{path}` is not understood", path = path.display())]
    Form {
        path: PathBuf,
        source: Box<toml::de::Error>,
    },
    #[error("`{path}`: `trusted_proxies` is not understood", path = path.display())]
    Network {
        path: PathBuf,
        source: tollgate_policy::network::NetworkError,
    },
    #[error("`{path}`: `alerts.webhook_url` and `alerts.webhook_secret_env` belong together: write both, or none", path = path.display())]
    Webhook { path: PathBuf },
    #[error("`{path}`: `{key}` must be from {least} to {most}, and is {seen}", path = path.display())]
    Range {
        path: PathBuf,
        key: &'static str,
        least: u64,
        most: u64,
        seen: u64,
    },
}

/// The file as it is written. Unknown keys are refused, so that a misspelt one is noticed.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    listen: Option<SocketAddr>,
    observe: Option<SocketAddr>,
    store: Option<String>,
    key_file: Option<PathBuf>,
    journal: Option<PathBuf>,
    credentials_in_memory: Option<u64>,
    trusted_proxies: Vec<String>,
    basic_credentials: bool,
    log: Log,
    limits: Limits,
    alerts: Alerts,
    keep: Keep,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Alerts {
    webhook_url: Option<String>,
    webhook_secret_env: Option<String>,
    expiry_notice_days: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Keep {
    receipts_days: Option<u64>,
    daily_days: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Log {
    filter: Option<String>,
    format: Option<LogFormat>,
}

/// Bounds and deadlines; see `docs/operations.md`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Limits {
    connections: Option<u64>,
    headers: Option<u64>,
    head_bytes: Option<u64>,
    head_seconds: Option<u64>,
    keep_alive_idle_seconds: Option<u64>,
    client_stall_seconds: Option<u64>,
    body_bytes: Option<u64>,
    body_first_byte_seconds: Option<u64>,
    body_bytes_per_second: Option<u64>,
    streams_per_connection: Option<u64>,
    connect_seconds: Option<u64>,
    response_seconds: Option<u64>,
    idle_seconds: Option<u64>,
    keep_alive_seconds: Option<u64>,
    drain_seconds: Option<u64>,
    receipts: Option<u64>,
}

impl Config {
    /// Reads the file, if one is named, and puts the command line over it.
    pub(crate) fn load(given: cli::Settings) -> Result<Self, ConfigError> {
        let path = given.config.clone().unwrap_or_default();
        let file = match &given.config {
            Some(path) => read(path)?,
            None => File::default(),
        };
        let mut settings = settings(&file, &path)?;
        if !given.trusted_proxies.is_empty() {
            settings.trusted_proxies = given.trusted_proxies;
        }
        let in_memory = within(
            &path,
            "credentials_in_memory",
            file.credentials_in_memory,
            1..=100_000_000,
        )?;
        let upkeep = upkeep(&file, &path)?;
        let receipts = within(
            &path,
            "limits.receipts",
            file.limits.receipts,
            1000..=10_000_000,
        )?;
        Ok(Self {
            listen: given
                .listen
                .or(file.listen)
                .unwrap_or(([127, 0, 0, 1], 8080).into()),
            observe: given
                .observe
                .or(file.observe)
                .unwrap_or(([127, 0, 0, 1], 9464).into()),
            store: given
                .store
                .or(file.store)
                .unwrap_or_else(|| "tollgate.db".to_owned()),
            key_file: given
                .key_file
                .or(file.key_file)
                .unwrap_or_else(|| "tollgate.key".into()),
            journal: given
                .journal
                .or(file.journal)
                .unwrap_or_else(|| "tollgate.journal".into()),
            most_receipts: receipts
                .and_then(|most| u32::try_from(most).ok())
                .unwrap_or(100_000),
            credentials_in_memory: in_memory.map_or(100_000, to_usize),
            log: given
                .log
                .or(file.log.filter)
                .unwrap_or_else(|| "info".to_owned()),
            log_format: given.log_format.or(file.log.format).unwrap_or_default(),
            settings,
            upkeep,
        })
    }
}

fn upkeep(file: &File, path: &Path) -> Result<Upkeep, ConfigError> {
    let days = |key, value, usual| {
        within(path, key, value, 0..=36_500).map(|days| {
            let days = days.and_then(|days| u32::try_from(days).ok());
            days.unwrap_or(usual)
        })
    };
    let (alerts, keep) = (&file.alerts, &file.keep);
    let usual = tollgate_upkeep::settings::Settings::default();
    let webhook = match (&alerts.webhook_url, &alerts.webhook_secret_env) {
        (None, None) => None,
        (Some(url), Some(secret_env)) => Some(Hook {
            url: url.clone(),
            secret_env: secret_env.clone(),
        }),
        _ => return Err(ConfigError::Webhook { path: path.into() }),
    };
    Ok(Upkeep {
        webhook,
        expiry_notice_days: days(
            "alerts.expiry_notice_days",
            alerts.expiry_notice_days,
            usual.expiry_notice_days,
        )?,
        keep_receipts_days: days(
            "keep.receipts_days",
            keep.receipts_days,
            usual.keep_receipts_days,
        )?,
        keep_daily_days: days("keep.daily_days", keep.daily_days, usual.keep_daily_days)?,
    })
}

fn read(path: &Path) -> Result<File, ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|source| ConfigError::File {
        path: path.into(),
        source,
    })?;
    toml::from_str(&text).map_err(|source| ConfigError::Form {
        path: path.into(),
        source: source.into(),
    })
}

fn settings(file: &File, path: &Path) -> Result<Settings, ConfigError> {
    let mut settings = Settings {
        basic_credentials: file.basic_credentials,
        ..Settings::default()
    };
    let networks: Result<Vec<Network>, _> = file
        .trusted_proxies
        .iter()
        .map(|text| text.parse())
        .collect();
    settings.trusted_proxies = networks.map_err(|source| ConfigError::Network {
        path: path.into(),
        source,
    })?;
    let limits = &file.limits;
    let count =
        |key, value, range| within(path, key, value, range).map(|value| value.map(to_usize));
    let seconds = |key, value| {
        within(path, key, value, 1..=86_400).map(|value| value.map(Duration::from_secs))
    };
    let narrow = |key, value| {
        within(path, key, value, 1..=1_000_000)
            .map(|value| value.and_then(|v| u32::try_from(v).ok()))
    };
    set(
        &mut settings.connections,
        count("limits.connections", limits.connections, 1..=10_000_000)?,
    );
    set(
        &mut settings.headers,
        count("limits.headers", limits.headers, 1..=1000)?,
    );
    set(
        &mut settings.head_bytes,
        count("limits.head_bytes", limits.head_bytes, 8192..=1 << 20)?,
    );
    set(
        &mut settings.head_timeout,
        seconds("limits.head_seconds", limits.head_seconds)?,
    );
    set(
        &mut settings.keep_alive_idle,
        seconds(
            "limits.keep_alive_idle_seconds",
            limits.keep_alive_idle_seconds,
        )?,
    );
    set(
        &mut settings.client_stall,
        seconds("limits.client_stall_seconds", limits.client_stall_seconds)?,
    );
    set(
        &mut settings.body_bytes,
        count("limits.body_bytes", limits.body_bytes, 1..=1 << 30)?,
    );
    set(
        &mut settings.body_first_byte,
        seconds(
            "limits.body_first_byte_seconds",
            limits.body_first_byte_seconds,
        )?,
    );
    set(
        &mut settings.body_rate,
        narrow("limits.body_bytes_per_second", limits.body_bytes_per_second)?,
    );
    set(
        &mut settings.streams,
        narrow(
            "limits.streams_per_connection",
            limits.streams_per_connection,
        )?,
    );
    set(
        &mut settings.connect_timeout,
        seconds("limits.connect_seconds", limits.connect_seconds)?,
    );
    set(
        &mut settings.response_timeout,
        seconds("limits.response_seconds", limits.response_seconds)?,
    );
    set(
        &mut settings.idle_timeout,
        seconds("limits.idle_seconds", limits.idle_seconds)?,
    );
    set(
        &mut settings.keep_alive_every,
        seconds("limits.keep_alive_seconds", limits.keep_alive_seconds)?,
    );
    set(
        &mut settings.drain,
        seconds("limits.drain_seconds", limits.drain_seconds)?,
    );
    Ok(settings)
}

fn set<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}

fn within(
    path: &Path,
    key: &'static str,
    value: Option<u64>,
    range: std::ops::RangeInclusive<u64>,
) -> Result<Option<u64>, ConfigError> {
    match value {
        Some(seen) if !range.contains(&seen) => Err(ConfigError::Range {
            path: path.into(),
            key,
            least: *range.start(),
            most: *range.end(),
            seen,
        }),
        other => Ok(other),
    }
}

/// Values are within ranges that every platform's `usize` holds.
fn to_usize(value: u64) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests;
