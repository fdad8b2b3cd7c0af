//! The bound on every wait of this crate, so that a hung test fails and says where.

use std::io;
use std::time::Duration;

/// How long a client or an upstream of this crate waits before it calls a test hung.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// Runs `operation`, or fails with [`io::ErrorKind::TimedOut`] that names it.
pub(crate) async fn within_deadline<T>(
    what: &str,
    operation: impl Future<Output = io::Result<T>>,
) -> io::Result<T> {
    match tokio::time::timeout(DEADLINE, operation).await {
        Ok(result) => result,
        Err(_) => Err(io::Error::new(
            io::ErrorKind::TimedOut,
            format!("{what} took longer than {} s", DEADLINE.as_secs()),
        )),
    }
}
