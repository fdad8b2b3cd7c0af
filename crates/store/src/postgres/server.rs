//! A PostgreSQL server as its address names it: how long it is waited for, and how it is known.

use std::error::Error as _;
use std::path::PathBuf;
use std::sync::Arc;

use diesel::{ConnectionError, ConnectionResult};
use diesel_async::AsyncPgConnection;
use percent_encoding::percent_decode_str;
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::{self, PemObject};
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres::config::{Host, SslMode, SslNegotiation};
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres::{Config, NoTls, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

/// How long this side waits for a server that is not heard of, in seconds. Nothing that is sent
/// stays unacknowledged for so long while a server lives, whatever it takes to answer.
///
/// Of several hosts, one that only follows is passed over: it takes no writes, and what it says of a
/// token may be older than a change that was heard of already.
const OURS: &str = "connect_timeout=3&tcp_user_timeout=15&\
    keepalives_idle=10&keepalives_interval=3&keepalives_retries=3&target_session_attrs=read-write";
/// Stands for the public certificate authorities, as it does in libpq.
const PUBLIC: &str = "system";

/// What is spoken under TLS, by PostgreSQL's documentation of its protocol (since version 17).
const ALPN: &[u8] = b"postgresql";

/// Where a server is, and how it is spoken to.
pub(crate) struct Server {
    config: Config,
    /// Knows the server by its certificate. Without it nothing is encrypted.
    tls: Option<MakeRustlsConnect>,
}

/// Why no server can be reached by an address. No password is in it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AddressError {
    /// A mode that protects less than it says has no place here.
    #[error(
        "`sslmode` is `disable`, `require` or `verify-full`; the latter two want a \
         certificate that is valid for the host"
    )]
    Mode,
    #[error("`sslrootcert` and `sslnegotiation=direct` want `sslmode=verify-full`: add it")]
    WithoutTls,
    #[error("the certificates of `{path}` (`sslrootcert`) cannot be read")]
    Roots { path: PathBuf, source: pem::Error },
    #[error("there is no certificate in `{0}` (`sslrootcert`): it has to be PEM")]
    NoRoots(PathBuf),
    #[error("TLS cannot be set up")]
    Tls(#[from] rustls::Error),
    /// What the parser tells may be a part of a password.
    #[error(
        "it is not understood: write `postgres://user:password@host/database?name=value`, and \
         `%40`, `%2F`, `%3F` and `%26` for `@`, `/`, `?` and `&` in its parts"
    )]
    Form,
}

impl Server {
    /// Reads an address, and the file of certificates that it names.
    pub(crate) fn parse(url: &str) -> Result<Self, AddressError> {
        let Parameters { url, mode, roots } = Parameters::take(url);
        let encrypted = match mode.as_deref() {
            // Whoever can read the connection can also keep a server from offering TLS.
            None | Some("disable" | "prefer") => false,
            Some("require" | "verify-full") => true,
            Some(_) => return Err(AddressError::Mode),
        };
        let mut config: Config = url.parse().map_err(|_| AddressError::Form)?;
        // What was meant to protect the connection was taken for something else.
        let hidden = ["sslmode", "sslrootcert"]
            .iter()
            .any(|name| url.contains(name));
        if hidden || config.get_ssl_mode() != SslMode::Prefer {
            return Err(AddressError::Form);
        }
        if !encrypted {
            let direct = config.get_ssl_negotiation() == SslNegotiation::Direct;
            config.ssl_mode(SslMode::Disable);
            return match roots {
                None if !direct => Ok(Self { config, tls: None }),
                _ => Err(AddressError::WithoutTls),
            };
        }
        config.ssl_mode(SslMode::Require);
        let mut client = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(authorities(roots.as_deref())?)
            .with_no_client_auth();
        client.alpn_protocols = vec![ALPN.to_vec()];
        let tls = Some(MakeRustlsConnect::new(client));
        Ok(Self { config, tls })
    }

    /// Its hosts and its database, as errors name them.
    pub(crate) fn shown(&self) -> String {
        let hosts = self.config.get_hosts().iter().map(|host| match host {
            Host::Tcp(name) => name.clone(),
            #[cfg(unix)]
            Host::Unix(path) => path.display().to_string(),
        });
        let hosts: Vec<_> = hosts.collect();
        let database = self.config.get_dbname().unwrap_or_default();
        format!("`{}/{database}`", hosts.join(","))
    }

    /// Connects, and drives the connection in a task of its own.
    pub(crate) async fn connect(&self) -> ConnectionResult<AsyncPgConnection> {
        match &self.tls {
            Some(tls) => self.connect_by(tls.clone()).await,
            None => self.connect_by(NoTls).await,
        }
    }

    async fn connect_by<T>(&self, tls: T) -> ConnectionResult<AsyncPgConnection>
    where
        T: MakeTlsConnect<Socket, Stream: Send + 'static>,
        T::TlsConnect: TlsConnect<Socket>,
    {
        let (client, connection) = self.config.connect(tls).await.map_err(bad)?;
        AsyncPgConnection::try_from_client_and_connection(client, connection).await
    }
}

/// The parameters of an address that are read here, and the address without them.
struct Parameters {
    url: String,
    mode: Option<String>,
    roots: Option<String>,
}

impl Parameters {
    /// What this side wants stands before the parameters that an address has: of two with one
    /// name the later one counts.
    fn take(url: &str) -> Self {
        // A password may have a question mark.
        let place = url.find('@').unwrap_or(0);
        let (credentials, rest) = url.split_at_checked(place).unwrap_or(("", url));
        let (place, theirs) = rest.split_once('?').unwrap_or((rest, ""));
        let mut taken = Self {
            url: format!("{credentials}{place}?{OURS}"),
            mode: None,
            roots: None,
        };
        for parameter in theirs.split('&').filter(|one| !one.is_empty()) {
            let decoded = |value| Some(percent_decode_str(value).decode_utf8_lossy().into_owned());
            match parameter.split_once('=') {
                Some(("sslmode", mode)) => taken.mode = decoded(mode),
                Some(("sslrootcert", path)) => taken.roots = decoded(path),
                _ => {
                    taken.url.push('&');
                    taken.url.push_str(parameter);
                }
            }
        }
        taken
    }
}

/// Who may vouch for the server.
fn authorities(path: Option<&str>) -> Result<RootCertStore, AddressError> {
    let Some(path) = path.filter(|path| *path != PUBLIC) else {
        return Ok(RootCertStore {
            roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
        });
    };
    let path = PathBuf::from(path);
    let mut store = RootCertStore::empty();
    let unread = |source| AddressError::Roots {
        path: path.clone(),
        source,
    };
    for certificate in CertificateDer::pem_file_iter(&path).map_err(unread)? {
        store.add(certificate.map_err(unread)?)?;
    }
    if store.is_empty() {
        return Err(AddressError::NoRoots(path));
    }
    Ok(store)
}

/// Diesel keeps the words of an error alone: its causes are added to them.
fn bad(error: tokio_postgres::Error) -> ConnectionError {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        words = format!("{words}: {next}");
        cause = next.source();
    }
    ConnectionError::BadConnection(words)
}

#[cfg(test)]
mod tests;
