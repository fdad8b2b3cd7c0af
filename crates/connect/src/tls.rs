//! TLS to upstreams: rustls with ring, TLS 1.2 and 1.3, sessions resumed.

use std::io;
use std::sync::{Arc, LazyLock};

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Whose certificates are trusted.
#[derive(Debug, Clone, Default)]
pub enum Roots {
    /// The public certificate authorities that Mozilla trusts.
    #[default]
    WebPki,
    /// These alone, as PEM.
    Only(Vec<u8>),
    /// The public ones, and these, as PEM.
    Also(Vec<u8>),
}

/// Why certificates cannot be trusted.
#[derive(Debug, thiserror::Error)]
pub enum RootsError {
    /// The text is no PEM.
    #[error("the certificates are no PEM")]
    Pem(#[source] rustls::pki_types::pem::Error),
    /// The text has no certificate in it.
    #[error("there is no certificate in the PEM text")]
    Empty,
    /// A certificate is no certificate, or none that can be an authority.
    #[error("a certificate cannot be an authority")]
    Certificate(#[source] rustls::Error),
}

/// Speaks TLS to one server.
#[derive(Clone)]
pub(crate) struct Client {
    connector: TlsConnector,
    name: ServerName<'static>,
}

static WEB_PKI: LazyLock<Arc<RootCertStore>> = LazyLock::new(|| {
    Arc::new(RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    })
});

impl Client {
    /// For a server of this name, with the protocols to offer, best first.
    pub(crate) fn new(
        name: ServerName<'static>,
        roots: &Roots,
        alpn: &[&[u8]],
    ) -> Result<Self, RootsError> {
        let provider = Arc::new(ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(RootsError::Certificate)?;
        let mut config = builder
            .with_root_certificates(store(roots)?)
            .with_no_client_auth();
        config.alpn_protocols = alpn.iter().map(|protocol| protocol.to_vec()).collect();
        Ok(Self {
            connector: TlsConnector::from(Arc::new(config)),
            name,
        })
    }

    pub(crate) async fn connect(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        self.connector.connect(self.name.clone(), stream).await
    }
}

fn store(roots: &Roots) -> Result<Arc<RootCertStore>, RootsError> {
    let (pem, public) = match roots {
        Roots::WebPki => return Ok(Arc::clone(&WEB_PKI)),
        Roots::Only(pem) => (pem, RootCertStore::empty()),
        Roots::Also(pem) => (pem, RootCertStore::clone(&WEB_PKI)),
    };
    let mut store = public;
    let mut found = false;
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(RootsError::Pem)?;
        store.add(certificate).map_err(RootsError::Certificate)?;
        found = true;
    }
    if found {
        Ok(Arc::new(store))
    } else {
        Err(RootsError::Empty)
    }
}
