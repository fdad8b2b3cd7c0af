//! The listener's certificate, as the files have it: looked at every minute, and kept where what is
//! there now cannot be used.

use std::error::Error;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval_at};
use tollgate_listen::{CertificateError, Certificates};
use tollgate_policy::time::Timestamp;
use x509_parser::pem::Pem;

use crate::config::Tls;
use crate::failure::Failure;

/// How often the files are looked at.
const EVERY: Duration = Duration::from_secs(60);
const DAY: i64 = 24 * 60 * 60;
/// Stands for an expiry that could not be read.
const UNKNOWN: i64 = i64::MAX;

/// A certificate that is renewed while it is used.
#[derive(Debug)]
pub(crate) struct Renewed {
    tls: Tls,
    certificates: Arc<Certificates>,
    /// In seconds since 1970.
    expires: AtomicI64,
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
        let renewed = Self {
            tls: tls.clone(),
            certificates: Arc::new(certificates),
            expires: AtomicI64::new(UNKNOWN),
            failures: AtomicU64::new(0),
        };
        renewed.note_expiry();
        Ok(renewed)
    }

    /// What a listener takes.
    pub(crate) fn certificates(&self) -> Arc<Certificates> {
        Arc::clone(&self.certificates)
    }

    /// Reads the files again, whether or not they have changed.
    ///
    /// # Errors
    /// Where they cannot be used. What was in use before stays.
    pub(crate) fn renew(&self) -> Result<(), CertificateError> {
        if let Err(error) = self.certificates.reload() {
            self.failures.fetch_add(1, Ordering::Relaxed);
            return Err(error);
        }
        self.note_expiry();
        Ok(())
    }

    /// Looks at the files now and then. Never ends.
    pub(crate) async fn watch(&self) {
        // They were read a moment ago.
        let mut ticks = interval_at(Instant::now() + EVERY, EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            if self.certificates.changed_on_disk() {
                match self.renew() {
                    Ok(()) => tracing::info!("the certificate was renewed"),
                    Err(error) => tracing::error!(
                        error = &error as &dyn Error,
                        "the certificate that is there now cannot be used: the old one stays"
                    ),
                }
            }
        }
    }

    /// Days until the certificate in use expires, and fewer than none after that. `None` where it
    /// does not say so.
    pub(crate) fn days_left(&self, now: Timestamp) -> Option<i64> {
        let expires = self.expires.load(Ordering::Relaxed);
        let left = expires.saturating_sub(now.as_micros() / 1_000_000);
        (expires != UNKNOWN).then(|| left.div_euclid(DAY))
    }

    /// How often what was there could not be used.
    pub(crate) fn failures(&self) -> u64 {
        self.failures.load(Ordering::Relaxed)
    }

    fn note_expiry(&self) {
        let expires = expiry(&self.tls.certificate).unwrap_or(UNKNOWN);
        self.expires.store(expires, Ordering::Relaxed);
    }
}

/// When the first certificate of a file expires, in seconds since 1970.
fn expiry(path: &Path) -> Option<i64> {
    let text = fs::read(path).ok()?;
    let certificate = Pem::iter_from_buffer(&text)
        .filter_map(Result::ok)
        .find(|pem| pem.label == "CERTIFICATE")?;
    let parsed = certificate.parse_x509().ok()?;
    Some(parsed.validity().not_after.timestamp())
}

#[cfg(test)]
mod tests {
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
        let told = || {
            let new_year = Timestamp::from_seconds(1_893_456_000); // 2030-01-01
            (renewed.days_left(new_year), renewed.failures())
        };
        assert_eq!(told(), (Some(10), 0));
        fs::write(folder.path().join("chain.pem"), "nothing").unwrap();
        assert!(renewed.renew().is_err());
        assert_eq!(told(), (Some(10), 1));
        write(folder.path(), 2031);
        renewed.renew().unwrap();
        assert_eq!(told(), (Some(375), 1));
    }
}
