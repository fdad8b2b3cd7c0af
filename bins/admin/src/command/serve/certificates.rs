//! The console's certificate, read again by SIGHUP and within a minute of a change on disk. What
//! cannot be used changes nothing.

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{Instant, MissedTickBehavior, interval_at};
use tollgate_listen::{Certificates, ClientCertificates};

use crate::failure::Failure;
use crate::session;

/// How often the files are looked at.
const EVERY: Duration = Duration::from_secs(60);

/// Reads the files.
pub(super) fn load(chain: PathBuf, key: PathBuf) -> Result<Arc<Certificates>, Failure> {
    let loaded = Certificates::load(chain, key, ClientCertificates::Ignored);
    let loaded = loaded.map_err(|error| Failure::failed(error.to_string()))?;
    Ok(Arc::new(loaded))
}

/// Reads them again when that is due.
pub(super) async fn watch(certificates: Option<Arc<Certificates>>) -> Result<(), Failure> {
    // Without certificates too: the signal would end the process.
    let mut hangup = signal(SignalKind::hangup())?;
    let Some(certificates) = certificates else {
        while hangup.recv().await.is_some() {}
        return Ok(());
    };
    let mut ticks = interval_at(Instant::now() + EVERY, EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let told = due(&mut hangup, &mut ticks).await;
        let now = session::now();
        if told || certificates.changed_on_disk(now) {
            match certificates.reload(now) {
                Ok(()) => tracing::info!("the certificate was renewed"),
                Err(error) => tracing::error!(
                    error = &error as &dyn Error,
                    "the certificate that is there now cannot be used: the old one stays"
                ),
            }
        }
    }
}

/// Whether it was told to, rather than that it is time to look.
async fn due(hangup: &mut Signal, ticks: &mut tokio::time::Interval) -> bool {
    tokio::select! {
        _ = hangup.recv() => true,
        _ = ticks.tick() => false,
    }
}
