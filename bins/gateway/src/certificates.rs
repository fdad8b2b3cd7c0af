//! The listener's certificate, as the files have it: looked at every minute, and kept where what is
//! there now cannot be used.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval_at};
use tollgate_listen::{CertificateError, Certificates};
use tollgate_policy::time::Timestamp;

use crate::clock;
use crate::config::Tls;
use crate::failure::Failure;

/// How often the files are looked at.
const EVERY: Duration = Duration::from_secs(60);
/// What is told of a file that is not taken.
pub(crate) const STAYS: &str =
    "the certificate that is there now cannot be used: the old one stays";
/// In microseconds.
const DAY: i64 = 24 * 60 * 60 * 1_000_000;

/// A certificate that is renewed while it is used.
#[derive(Debug)]
pub(crate) struct Renewed {
    certificates: Arc<Certificates>,
    failures: AtomicU64,
}

impl Renewed {
    /// Reads the files.
    ///
    /// # Errors
    /// Where they cannot be used.
    pub(crate) fn load(tls: &Tls) -> Result<Self, Failure> {
        let certificates = tls
            .load()
            .map_err(|error| Failure::start("the certificate cannot be used", error))?;
        Ok(Self {
            certificates: Arc::new(certificates),
            failures: AtomicU64::new(0),
        })
    }

    /// What a listener takes.
    pub(crate) fn certificates(&self) -> Arc<Certificates> {
        Arc::clone(&self.certificates)
    }

    /// Reads the files again, whether or not they have changed.
    ///
    /// # Errors
    /// Where they cannot be used. What was in use before stays.
    pub(crate) fn renew(&self, now: Timestamp) -> Result<(), CertificateError> {
        let renewed = self.certificates.reload(now);
        if renewed.is_err() {
            self.failures.fetch_add(1, Ordering::Relaxed);
        }
        renewed
    }

    /// Looks at the files now and then. Never ends.
    pub(crate) async fn watch(&self) {
        // They were read a moment ago.
        let mut ticks = interval_at(Instant::now() + EVERY, EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let now = clock::now();
            if self.certificates.changed_on_disk(now) {
                match self.renew(now) {
                    Ok(()) => tracing::info!("the certificate was renewed"),
                    Err(error) => tracing::error!(error = &error as &dyn Error, "{STAYS}"),
                }
            }
        }
    }

    /// Days until the certificate in use expires, and fewer than none after that. `None` where it
    /// does not say so.
    pub(crate) fn days_left(&self, now: Timestamp) -> Option<i64> {
        let expires = self.certificates.expires()?;
        let left = expires.as_micros().saturating_sub(now.as_micros());
        Some(left.div_euclid(DAY))
    }

    /// What clients have against the certificate in use.
    pub(crate) fn fault(&self, now: Timestamp) -> Option<&'static str> {
        match self.certificates.check(now).err()? {
            CertificateError::Early { .. } => {
                Some("the certificate is not valid yet: clients that look at it do not go on")
            }
            _ => Some("the certificate has expired: clients that look at it do not go on"),
        }
    }

    /// How often what was there could not be used.
    pub(crate) fn failures(&self) -> u64 {
        self.failures.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};
    use tollgate_listen::ClientCertificates;

    fn write(folder: &Path, year: i32) -> Tls {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec!["gateway.test".to_owned()]).unwrap();
        params.not_after = date_time_ymd(year, 1, 11);
        let certificate = params.self_signed(&key).unwrap();
        let tls = Tls {
            certificate: folder.join("chain.pem"),
            key: folder.join("key.pem"),
            clients: ClientCertificates::Ignored,
        };
        fs::write(&tls.certificate, certificate.pem()).unwrap();
        fs::write(&tls.key, key.serialize_pem()).unwrap();
        tls
    }

    #[test]
    fn the_expiry_is_that_of_the_certificate_in_use() {
        let folder = tempfile::tempdir().unwrap();
        let renewed = Renewed::load(&write(folder.path(), 2030)).unwrap();
        let new_year = Timestamp::from_seconds(1_893_456_000); // 2030-01-01
        let told = || (renewed.days_left(new_year), renewed.failures());
        assert_eq!(told(), (Some(10), 0));
        fs::write(folder.path().join("chain.pem"), "nothing").unwrap();
        assert!(renewed.renew(new_year).is_err());
        assert_eq!(told(), (Some(10), 1));
        write(folder.path(), 2031);
        renewed.renew(new_year).unwrap();
        assert_eq!(told(), (Some(375), 1));
    }
}
