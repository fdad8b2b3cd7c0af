//! Certificates: read from files, and replaced under running handshakes.

mod validity;

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
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
use tollgate_policy::time::Timestamp;

use self::validity::Validity;

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
    /// It has expired.
    #[error("the certificate in `{}` has expired", path.display())]
    Expired {
        /// The file.
        path: PathBuf,
    },
    /// It does not hold yet.
    #[error("the certificate in `{}` is not valid yet", path.display())]
    Early {
        /// The file.
        path: PathBuf,
        /// From when on it does.
        from: Timestamp,
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
    current: ArcSwap<Loaded>,
    seen: Mutex<Seen>,
}

/// What the files had.
#[derive(Debug)]
struct Loaded {
    config: Arc<ServerConfig>,
    /// How long the listener's own certificate holds, if that can be read.
    validity: Option<Validity>,
}

#[derive(Debug)]
struct Files {
    chain: PathBuf,
    key: PathBuf,
    clients: ClientCertificates,
}

/// The files when they were last looked at.
#[derive(Debug)]
struct Seen {
    stamps: Vec<Stamp>,
    again: Again,
}

/// What makes files worth another look that have not changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Again {
    Nothing,
    /// One of them could not be read, which may pass.
    Readable,
    /// The certificate holds from then on.
    Valid(Timestamp),
}

/// What tells one version of a file from another: its content's time, its own, with who may read it,
/// and its length.
type Stamp = Option<(SystemTime, (i64, i64), u64)>;

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
        let seen = Seen {
            stamps: files.stamps(),
            again: Again::Nothing,
        };
        let current = ArcSwap::from_pointee(files.load()?);
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
    /// As [`Certificates::load`], and where a certificate that does not hold at `now` would take the
    /// place of one that does. What was there before stays in use then.
    pub fn reload(&self, now: Timestamp) -> Result<(), CertificateError> {
        // Looked at first: what changes while the files are read counts as not seen.
        let stamps = self.files.stamps();
        let loaded = self.files.load();
        // Both or neither: another thread may reload at the same time.
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let is_replaceable = self.check(now).is_err();
        let loaded = loaded.and_then(|loaded| {
            if !is_replaceable {
                self.files.check(loaded.validity, now)?;
            }
            Ok(loaded)
        });
        let again = match loaded {
            Err(CertificateError::File { .. }) => Again::Readable,
            Err(CertificateError::Early { from, .. }) => Again::Valid(from),
            _ => Again::Nothing,
        };
        *seen = Seen { stamps, again };
        self.current.store(Arc::new(loaded?));
        Ok(())
    }

    /// Whether a file is another than when it was last loaded, or tried to, or could not be used then
    /// and may be now without a change.
    pub fn changed_on_disk(&self, now: Timestamp) -> bool {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let again = match seen.again {
            Again::Nothing => false,
            Again::Readable => self.files.are_readable(),
            Again::Valid(from) => now >= from,
        };
        again || seen.stamps != self.files.stamps()
    }

    /// Whether the certificate in use holds. One of which that cannot be read does.
    ///
    /// # Errors
    /// [`CertificateError::Expired`] or [`CertificateError::Early`], where it does not.
    pub fn check(&self, now: Timestamp) -> Result<(), CertificateError> {
        self.files.check(self.current.load().validity, now)
    }

    /// Until when the certificate in use holds. `None` where that cannot be read.
    pub fn expires(&self) -> Option<Timestamp> {
        Some(self.current.load().validity?.until)
    }

    pub(crate) fn current(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.current.load().config)
    }
}

impl Files {
    fn paths(&self) -> impl Iterator<Item = &Path> {
        let clients = match &self.clients {
            ClientCertificates::Ignored => None,
            ClientCertificates::Optional(path) | ClientCertificates::Required(path) => Some(path),
        };
        let paths = [&self.chain, &self.key].into_iter().chain(clients);
        paths.map(PathBuf::as_path)
    }

    fn stamps(&self) -> Vec<Stamp> {
        self.paths().map(|path| stamp(path).ok()).collect()
    }

    fn are_readable(&self) -> bool {
        self.paths().all(|path| fs::read(path).is_ok())
    }

    fn check(&self, validity: Option<Validity>, now: Timestamp) -> Result<(), CertificateError> {
        let path = self.chain.clone();
        match validity {
            Some(Validity { until, .. }) if until < now => Err(CertificateError::Expired { path }),
            Some(Validity { from, .. }) if now < from => {
                Err(CertificateError::Early { path, from })
            }
            _ => Ok(()),
        }
    }

    fn load(&self) -> Result<Loaded, CertificateError> {
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
        let validity = chain.first().and_then(Validity::of);
        let mut config = builder.with_single_cert(chain, key).map_err(pair)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        config.ticketer = ring::Ticketer::new().map_err(pair)?;
        let config = Arc::new(config);
        Ok(Loaded { config, validity })
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

fn stamp(path: &Path) -> io::Result<(SystemTime, (i64, i64), u64)> {
    let file = fs::metadata(path)?;
    let changed = (file.ctime(), file.ctime_nsec());
    Ok((file.modified()?, changed, file.len()))
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair};

    use super::*;

    #[test]
    fn what_could_not_be_read_is_tried_again_once_it_can_be() {
        let folder = tempfile::tempdir().unwrap();
        let (chain, key) = (folder.path().join("own.pem"), folder.path().join("own.key"));
        let pair = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        fs::write(&chain, params.self_signed(&pair).unwrap().pem()).unwrap();
        fs::write(&key, pair.serialize_pem()).unwrap();
        let load = || Certificates::load(&chain, &key, ClientCertificates::Ignored);
        let certificates = load().unwrap();
        // As where the process had no file to read it with for a moment.
        certificates.seen.lock().unwrap().again = Again::Readable;
        let now = Timestamp::from_seconds(0);
        assert!(certificates.changed_on_disk(now));
        certificates.reload(now).unwrap();
        assert!(!certificates.changed_on_disk(now));
        fs::remove_file(&key).unwrap();
        fs::create_dir(&key).unwrap();
        assert!(certificates.changed_on_disk(now));
        assert!(certificates.reload(now).is_err());
        assert_eq!(certificates.seen.lock().unwrap().again, Again::Readable);
        assert!(
            !certificates.changed_on_disk(now),
            "one alarm for one change"
        );
    }
}
