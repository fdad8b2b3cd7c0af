//! The certificate of the listener, and whom it trusts.

use std::path::PathBuf;

use tollgate_listen::{CertificateError, Certificates, ClientCertificates};

use super::check::Check;
use super::error::ConfigError;
use super::file;

/// Where the certificate is, and whether clients need one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tls {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
    pub(crate) clients: ClientCertificates,
}

impl Tls {
    pub(super) fn of(file: &file::Tls, check: &Check<'_>) -> Result<Self, ConfigError> {
        let clients = match (file.client_certificates, &file.client_ca) {
            (file::ClientCertificates::None, None) => ClientCertificates::Ignored,
            (file::ClientCertificates::Optional, Some(path)) => {
                ClientCertificates::Optional(path.clone())
            }
            (file::ClientCertificates::Required, Some(path)) => {
                ClientCertificates::Required(path.clone())
            }
            _ => {
                let sentence = "`tls.client_ca` belongs to `tls.client_certificates` being `optional` or `required`: write both, or none";
                return Err(ConfigError::together(check.path, sentence));
            }
        };
        Ok(Self {
            certificate: file.certificate.clone(),
            key: file.key.clone(),
            clients,
        })
    }

    /// Reads the files.
    pub(crate) fn load(&self) -> Result<Certificates, CertificateError> {
        Certificates::load(&self.certificate, &self.key, self.clients.clone())
    }
}
