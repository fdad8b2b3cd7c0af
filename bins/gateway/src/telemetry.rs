//! Log lines: JSON or text on standard error. Nothing that is logged anywhere holds a secret.

use tracing::{Level, Metadata};
use tracing_subscriber::filter::{EnvFilter, FilterExt, ParseError, filter_fn};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{fmt, registry};

use crate::cli::LogFormat;

/// Libraries that see what clients send before their secrets are taken out of it.
const BEFORE_CREDENTIALS: [&str; 4] = ["h2", "hyper", "hyper_util", "rustls"];

/// Starts logging for the whole process.
///
/// # Errors
/// Where the filter cannot be understood.
pub(crate) fn start(filter: &str, format: LogFormat) -> Result<(), ParseError> {
    let filter = EnvFilter::builder().parse(filter)?.and(filter_fn(is_safe));
    let lines = fmt::layer().with_writer(std::io::stderr);
    let lines = match format {
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
        LogFormat::Text => lines.with_ansi(false).boxed(),
    };
    // A second start, in tests, is without effect.
    let _ = registry().with(lines.with_filter(filter)).try_init();
    Ok(())
}

/// What no filter of an operator can switch on: details of those libraries.
fn is_safe(metadata: &Metadata<'_>) -> bool {
    let library = metadata.target().split("::").next().unwrap_or_default();
    *metadata.level() <= Level::INFO || !BEFORE_CREDENTIALS.contains(&library)
}
