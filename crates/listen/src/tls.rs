//! Certificates: read from files, and replaced under running handshakes.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use arc_swap::ArcSwap;
use rustls::crypto::CryptoProvider;
use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{VerifierBuilderError, WebPkiClientVerifier};
use rustls::{RootCertStore, ServerConfig};

/// Why certificates cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A file cannot be read.
    #[error("`{}` cannot be read", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file is not PEM, or has nothing of what is looked for.
    #[error("`{}` has no {wanted} in PEM", path.display())]
    Pem {
        /// The file.
        path: PathBuf,
        /// What was looked for.
        wanted: &'static str,
        /// Why.
        source: pem::Error,
    },
    /// The chain and the key do not belong together, or are of a kind that is not known.
    #[error("the key in `{}` does not serve the certificate in `{}`", key.display(), chain.display())]
    Pair {
        /// The file of the chain.
        chain: PathBuf,
        /// The file of the key.
        key: PathBuf,
        /// Why.
        source: rustls::Error,
    },
    /// What is trusted to sign the certificates of clients is no certificate.
    #[error("`{}` cannot be trusted to sign the certificates of clients", path.display())]
    Authorities {
        /// The file.
        path: PathBuf,
        /// Why.
        source: rustls::Error,
    },
    /// Nothing can be made of those that sign the certificates of clients.
    #[error("the certificates of clients cannot be checked")]
    Verifier(#[from] VerifierBuilderError),
}

/// Whether clients prove who they are by a certificate.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ClientCertificates {
    /// They are not asked.
    #[default]
    Ignored,
    /// They may, with one signed by a certificate in this PEM file.
    Optional(PathBuf),
    /// They must, with one signed by a certificate in this PEM file.
    Required(PathBuf),
}

/// The certificate of a listener, its key, and whom it trusts, as the files had them last.
#[derive(Debug)]
pub struct Certificates {
    files: Files,
    current: ArcSwap<ServerConfig>,
    seen: Mutex<Vec<Stamp>>,
}

#[derive(Debug)]
struct Files {
    chain: PathBuf,
    key: PathBuf,
    clients: ClientCertificates,
}

/// What tells one version of a file from another.
type Stamp = Option<(SystemTime, u64)>;

impl Certificates {
    /// Reads a chain (the listener's own certificate first) and its private key, both in PEM. TLS 1.2
    /// and 1.3 are served, and HTTP/2 is offered before HTTP/1.1.
    ///
    /// # Errors
    /// Where a file cannot be read or used, or the key does not belong to the certificate.
    pub fn load(
        chain: impl Into<PathBuf>,
        key: impl Into<PathBuf>,
        clients: ClientCertificates,
    ) -> Result<Self, CertificateError> {
        let files = Files {
            chain: chain.into(),
            key: key.into(),
            clients,
        };
        let seen = files.stamps();
        let current = ArcSwap::from_pointee(files.config()?);
        Ok(Self {
            files,
            current,
            seen: Mutex::new(seen),
        })
    }

    /// Reads the files again. Connections that are open, and handshakes that go on, keep what they
    /// have. Blocks as long as reading small files does.
    ///
    /// # Errors
    /// As [`Certificates::load`]. What was there before stays in use then.
    pub fn reload(&self) -> Result<(), CertificateError> {
        // Looked at first: what changes while the files are read counts as not seen.
        let stamps = self.files.stamps();
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = stamps;
        self.current.store(Arc::new(self.files.config()?));
        Ok(())
    }

    /// Whether a file is another than when it was last loaded, or tried to.
    pub fn changed_on_disk(&self) -> bool {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) != self.files.stamps()
    }

    pub(crate) fn current(&self) -> Arc<ServerConfig> {
        self.current.load_full()
    }
}

impl Files {
    fn stamps(&self) -> Vec<Stamp> {
        let clients = match &self.clients {
            ClientCertificates::Ignored => None,
            ClientCertificates::Optional(path) | ClientCertificates::Required(path) => Some(path),
        };
        let paths = [&self.chain, &self.key].into_iter().chain(clients);
        paths.map(|path| stamp(path).ok()).collect()
    }

    fn config(&self) -> Result<ServerConfig, CertificateError> {
        let provider = Arc::new(ring::default_provider());
        let pair = |source| CertificateError::Pair {
            chain: self.chain.clone(),
            key: self.key.clone(),
            source,
        };
        let key = PrivateKeyDer::from_pem_slice(&read(&self.key)?).map_err(|source| {
            CertificateError::Pem {
                path: self.key.clone(),
                wanted: "private key",
                source,
            }
        })?;
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(pair)?;
        let builder = match self.verifier(provider)? {
            Some(verifier) => builder.with_client_cert_verifier(verifier),
            None => builder.with_no_client_auth(),
        };
        let chain = certificates(&self.chain)?;
        let mut config = builder.with_single_cert(chain, key).map_err(pair)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        config.ticketer = ring::Ticketer::new().map_err(pair)?;
        Ok(config)
    }

    fn verifier(
        &self,
        provider: Arc<CryptoProvider>,
    ) -> Result<Option<Arc<dyn ClientCertVerifier>>, CertificateError> {
        let (path, required) = match &self.clients {
            ClientCertificates::Ignored => return Ok(None),
            ClientCertificates::Optional(path) => (path, false),
            ClientCertificates::Required(path) => (path, true),
        };
        let mut roots = RootCertStore::empty();
        for certificate in certificates(path)? {
            roots
                .add(certificate)
                .map_err(|source| CertificateError::Authorities {
                    path: path.clone(),
                    source,
                })?;
        }
        let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
        let builder = if required {
            builder
        } else {
            builder.allow_unauthenticated()
        };
        Ok(Some(builder.build()?))
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, CertificateError> {
    let malformed = |source| CertificateError::Pem {
        path: path.to_owned(),
        wanted: "certificate",
        source,
    };
    let text = read(path)?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    let chain = chain.map_err(malformed)?;
    if chain.is_empty() {
        return Err(malformed(pem::Error::NoItemsFound));
    }
    Ok(chain)
}

fn read(path: &Path) -> Result<Vec<u8>, CertificateError> {
    fs::read(path).map_err(|source| CertificateError::File {
        path: path.to_owned(),
        source,
    })
}

fn stamp(path: &Path) -> io::Result<(SystemTime, u64)> {
    let file = fs::metadata(path)?;
    Ok((file.modified()?, file.len()))
}
