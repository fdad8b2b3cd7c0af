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

use crate::destination::Http2;

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
    http1: TlsConnector,
    /// Offers HTTP/2 too.
    http2: TlsConnector,
    name: ServerName<'static>,
}

static WEB_PKI: LazyLock<Arc<RootCertStore>> = LazyLock::new(|| {
    Arc::new(RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    })
});

impl Client {
    /// For a server of this name.
    pub(crate) fn new(
        name: ServerName<'static>,
        roots: &Roots,
        http2: Http2,
    ) -> Result<Self, RootsError> {
        let provider = Arc::new(ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(RootsError::Certificate)?;
        // Nothing is offered where HTTP/1 alone is wanted: some servers take such an offer badly.
        let http1 = builder
            .with_root_certificates(store(roots)?)
            .with_no_client_auth();
        let mut offering = http1.clone();
        offering.alpn_protocols = match http2 {
            Http2::Never => vec![],
            Http2::WhereOffered => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
            Http2::PriorKnowledge => vec![b"h2".to_vec()],
        };
        Ok(Self {
            http1: TlsConnector::from(Arc::new(http1)),
            http2: TlsConnector::from(Arc::new(offering)),
            name,
        })
    }

    pub(crate) async fn connect(
        &self,
        stream: TcpStream,
        offers_http2: bool,
    ) -> io::Result<TlsStream<TcpStream>> {
        let connector = if offers_http2 {
            &self.http2
        } else {
            &self.http1
        };
        connector.connect(self.name.clone(), stream).await
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
