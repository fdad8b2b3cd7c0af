//! From when until when a certificate holds.

use rustls::pki_types::CertificateDer;
use tollgate_policy::time::Timestamp;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;

/// The time that a certificate says it holds for (RFC 5280, 4.1.2.5). Both ends belong to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Validity {
    pub(super) from: Timestamp,
    pub(super) until: Timestamp,
}

impl Validity {
    /// That of a certificate; nothing where it cannot be read.
    pub(super) fn of(certificate: &CertificateDer<'_>) -> Option<Self> {
        let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
        let validity = parsed.validity();
        Some(Self {
            from: Timestamp::from_seconds(validity.not_before.timestamp()),
            until: Timestamp::from_seconds(validity.not_after.timestamp()),
        })
    }
}
