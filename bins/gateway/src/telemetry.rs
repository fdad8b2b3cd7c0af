//! Log lines: JSON or text on standard error. Nothing that is logged anywhere holds a secret.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;
use tracing_subscriber::fmt;

use crate::cli::LogFormat;

/// Starts logging for the whole process.
///
/// # Errors
/// Where the filter cannot be understood.
pub(crate) fn start(filter: &str, format: LogFormat) -> Result<(), ParseError> {
    let filter = EnvFilter::builder().parse(filter)?;
    let builder = fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second start, in tests, is without effect.
    let _ = match format {
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
        LogFormat::Text => builder.with_ansi(false).try_init(),
    };
    Ok(())
}
