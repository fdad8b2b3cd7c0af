//! Bounds and deadlines, whose defaults the data plane knows.

use tollgate_proxy::settings::Settings;

use super::check::Check;
use super::error::ConfigError;
use super::file::{File, Limits};

/// What the data plane works with.
pub(super) fn settings(file: &File, check: &Check<'_>) -> Result<Settings, ConfigError> {
    let mut settings = Settings {
        basic_credentials: file.basic_credentials,
        trusted_proxies: check.networks("trusted_proxies", &file.trusted_proxies)?,
        ..Settings::default()
    };
    bounds(&mut settings, &file.limits, check)?;
    deadlines(&mut settings, &file.limits, check)?;
    Ok(settings)
}

fn bounds(settings: &mut Settings, limits: &Limits, check: &Check<'_>) -> Result<(), ConfigError> {
    let connections = check.count("limits.connections", limits.connections, 1..=10_000_000)?;
    let headers = check.count("limits.headers", limits.headers, 1..=1000)?;
    let head_bytes = check.count("limits.head_bytes", limits.head_bytes, 8192..=1 << 20)?;
    let body_bytes = check.count("limits.body_bytes", limits.body_bytes, 1..=1 << 30)?;
    let (key, rate) = ("limits.body_bytes_per_second", limits.body_bytes_per_second);
    let body_rate = check.narrow(key, rate, 1..=1_000_000)?;
    let (key, streams) = (
        "limits.streams_per_connection",
        limits.streams_per_connection,
    );
    let streams = check.narrow(key, streams, 1..=1_000_000)?;
    let (key, buffered) = ("limits.buffered_bytes", limits.buffered_bytes);
    let buffered = check.within(key, buffered, 1 << 20..=1 << 40)?;
    let (key, spooled) = ("limits.spooled_bytes", limits.spooled_bytes);
    let spooled = check.within(key, spooled, 1 << 20..=1 << 44)?;
    set(&mut settings.connections, connections);
    set(&mut settings.headers, headers);
    set(&mut settings.head_bytes, head_bytes);
    set(&mut settings.body_bytes, body_bytes);
    set(&mut settings.buffered_bytes, buffered);
    set(&mut settings.spooled_bytes, spooled);
    set(&mut settings.body_rate, body_rate);
    set(&mut settings.streams, streams);
    if settings.buffered_bytes < settings.body_bytes as u64 {
        let sentence = "`limits.buffered_bytes` must not be less than `limits.body_bytes`: such a body would never find room";
        return Err(ConfigError::together(check.path, sentence));
    }
    Ok(())
}

fn deadlines(
    settings: &mut Settings,
    limits: &Limits,
    check: &Check<'_>,
) -> Result<(), ConfigError> {
    let places = [
        (
            &mut settings.head_timeout,
            "limits.head_seconds",
            limits.head_seconds,
        ),
        (
            &mut settings.keep_alive_idle,
            "limits.keep_alive_idle_seconds",
            limits.keep_alive_idle_seconds,
        ),
        (
            &mut settings.client_stall,
            "limits.client_stall_seconds",
            limits.client_stall_seconds,
        ),
        (
            &mut settings.body_first_byte,
            "limits.body_first_byte_seconds",
            limits.body_first_byte_seconds,
        ),
        (
            &mut settings.connect_timeout,
            "limits.connect_seconds",
            limits.connect_seconds,
        ),
        (
            &mut settings.response_timeout,
            "limits.response_seconds",
            limits.response_seconds,
        ),
        (
            &mut settings.idle_timeout,
            "limits.idle_seconds",
            limits.idle_seconds,
        ),
        (
            &mut settings.keep_alive_every,
            "limits.keep_alive_seconds",
            limits.keep_alive_seconds,
        ),
        (
            &mut settings.drain,
            "limits.drain_seconds",
            limits.drain_seconds,
        ),
    ];
    for (place, key, value) in places {
        set(place, check.seconds(key, value)?);
    }
    Ok(())
}

fn set<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}
