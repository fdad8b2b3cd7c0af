//! What goes wrong while the console is served, on standard error. No request is logged, and what
//! libraries see of one is not either.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;

/// Starts to tell, for the whole process.
pub(super) fn start() {
    let filter = EnvFilter::new(
        "warn,tollgate_admin=info,tollgate_console=info,hyper=off,h2=off,rustls=off",
    );
    let started = fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second start, in tests, is without effect.
    let _ = started.try_init();
}
