//! TLS: protocols, certificates that are replaced under handshakes, and clients that prove who they
//! are.

use std::fs::Permissions;
use std::ops::Range;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tollgate_listen::{
    CertificateError, Certificates, ClientCertificates, Ending, Gate, Notice, Settings,
};
use tollgate_policy::time::Timestamp;

use crate::server::{Client, Server};

/// A folder with an authority, and the certificate `own` signed by it.
struct Folder {
    folder: TempDir,
    authority: CertifiedIssuer<'static, KeyPair>,
}

impl Folder {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("authority.pem"), authority.pem()).unwrap();
        let made = Self { folder, authority };
        made.sign("own", "localhost");
        made
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a new certificate and its key over what was there, each at once.
    fn sign(&self, file: &str, name: &str) {
        self.sign_for(file, name, 2000..3000);
    }

    /// The same for years alone, of which the last is left out.
    fn sign_for(&self, file: &str, name: &str, years: Range<i32>) {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_before = date_time_ymd(years.start, 1, 1);
        params.not_after = date_time_ymd(years.end, 1, 1);
        let key = KeyPair::generate().unwrap();
        let signed = params.signed_by(&key, &self.authority).unwrap();
        replace(&self.path(&format!("{file}.pem")), &signed.pem());
        replace(&self.path(&format!("{file}.key")), &key.serialize_pem());
    }

    fn load(&self, clients: ClientCertificates) -> Arc<Certificates> {
        let (chain, key) = (self.path("own.pem"), self.path("own.key"));
        Arc::new(Certificates::load(chain, key, clients).unwrap())
    }

    fn client(
        &self,
        version: &'static SupportedProtocolVersion,
        proof: Option<&str>,
    ) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        roots.add(self.authority.der().clone()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[version])
            .unwrap()
            .with_root_certificates(roots);
        match proof {
            None => builder.with_no_client_auth(),
            Some(file) => {
                let chain = CertificateDer::from_pem_file(self.path(&format!("{file}.pem")));
                let key = PrivateKeyDer::from_pem_file(self.path(&format!("{file}.key")));
                let chain = vec![chain.unwrap()];
                builder.with_client_auth_cert(chain, key.unwrap()).unwrap()
            }
        }
    }
}

/// Some day of a year.
fn day(year: i32) -> Timestamp {
    Timestamp::parse(&format!("{year}-06-01")).unwrap()
}

fn replace(path: &Path, text: &str) {
    let beside = path.with_extension("new");
    std::fs::write(&beside, text).unwrap();
    std::fs::rename(&beside, path).unwrap();
}

async fn start(certificates: &Arc<Certificates>) -> Server {
    let gate = Gate::new(10).with_certificates(Arc::clone(certificates));
    Server::with(gate, Settings::default()).await
}

async fn connect(
    server: &Server,
    config: ClientConfig,
) -> std::io::Result<Client<TlsStream<TcpStream>>> {
    let socket = TcpStream::connect(server.address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let connector = TlsConnector::from(Arc::new(config));
    Ok(Client(connector.connect(name, socket).await?))
}

#[tokio::test]
async fn both_versions_of_tls_carry_requests() {
    let folder = Folder::new();
    let server = start(&folder.load(ClientCertificates::Ignored)).await;
    for version in [&TLS12, &TLS13] {
        let mut client = connect(&server, folder.client(version, None))
            .await
            .unwrap();
        client.get("/peer", "127.0.0.1 tls=true proved=false").await;
        client.send("get / HTTP/1.1\r\n").await;
        assert!(client.rest().await.contains("HTTP/1.1 400"));
    }
}

#[tokio::test]
async fn the_protocol_is_agreed_on_in_the_handshake() {
    let folder = Folder::new();
    let server = start(&folder.load(ClientCertificates::Ignored)).await;
    for (offer, chosen) in [
        (&["h2", "http/1.1"][..], Some("h2")),
        (&["http/1.1"], Some("http/1.1")),
        (&[], None),
    ] {
        let mut config = folder.client(&TLS13, None);
        config.alpn_protocols = offer.iter().map(|name| name.as_bytes().to_vec()).collect();
        let mut client = connect(&server, config).await.unwrap();
        let agreed = client.0.get_ref().1.alpn_protocol();
        assert_eq!(agreed, chosen.map(str::as_bytes));
        if chosen == Some("h2") {
            // What is no preface ends the connection with a GOAWAY, and never becomes HTTP/1.
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
            assert!(!client.rest().await.contains("HTTP/1.1"));
        } else {
            client.get("/", "fine").await;
        }
    }
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn certificates_are_swapped_under_handshakes_without_a_failure() {
    let folder = Folder::new();
    let certificates = folder.load(ClientCertificates::Ignored);
    let server = start(&certificates).await;
    let config = folder.client(&TLS13, None);
    let over = Arc::new(AtomicBool::new(false));
    let swaps = {
        let (certificates, over) = (Arc::clone(&certificates), Arc::clone(&over));
        let files = folder;
        tokio::task::spawn_blocking(move || {
            let mut swaps = 0;
            while !over.load(Ordering::Relaxed) {
                files.sign("own", "localhost");
                assert!(certificates.changed_on_disk(day(2030)));
                certificates.reload(day(2030)).unwrap();
                assert!(!certificates.changed_on_disk(day(2030)));
                swaps += 1;
            }
            (swaps, files)
        })
    };
    let mut seen = std::collections::HashSet::new();
    for _ in 0..200 {
        let mut client = connect(&server, config.clone()).await.unwrap();
        let chain = client.0.get_ref().1.peer_certificates().unwrap();
        seen.insert(chain.first().unwrap().to_vec());
        client.get("/", "fine").await;
    }
    over.store(true, Ordering::Relaxed);
    let (swaps, _files) = swaps.await.unwrap();
    assert!(
        swaps > 10 && seen.len() > 10,
        "{swaps} swaps, {} seen",
        seen.len()
    );
}

#[tokio::test]
async fn bad_files_leave_what_was_there() {
    let folder = Folder::new();
    let certificates = folder.load(ClientCertificates::Ignored);
    let server = start(&certificates).await;
    let key = std::fs::read_to_string(folder.path("own.key")).unwrap();
    folder.sign("other", "localhost");
    let other = std::fs::read_to_string(folder.path("other.key")).unwrap();
    for bad in ["", "nonsense", key.get(..60).unwrap(), &other] {
        replace(&folder.path("own.key"), bad);
        assert!(certificates.changed_on_disk(day(2030)));
        let error = certificates.reload(day(2030)).unwrap_err();
        let pair = matches!(error, CertificateError::Pair { .. });
        assert_eq!(pair, bad == other, "{error}");
        assert!(
            !certificates.changed_on_disk(day(2030)),
            "one alarm for one change"
        );
        let mut client = connect(&server, folder.client(&TLS13, None)).await.unwrap();
        client.get("/", "fine").await;
    }
    std::fs::remove_file(folder.path("own.key")).unwrap();
    assert!(matches!(
        certificates.reload(day(2030)),
        Err(CertificateError::File { .. })
    ));
    replace(&folder.path("own.key"), &key);
    replace(&folder.path("own.pem"), "");
    assert!(matches!(
        certificates.reload(day(2030)),
        Err(CertificateError::Pem { .. })
    ));
}

#[tokio::test]
async fn a_certificate_that_does_not_hold_takes_the_place_of_none_that_does() {
    let folder = Folder::new();
    folder.sign_for("own", "localhost", 2020..2040);
    let certificates = folder.load(ClientCertificates::Ignored);
    let until = |year: i32| Timestamp::parse(&format!("{year}-01-01")).unwrap();
    folder.sign_for("own", "localhost", 2010..2020);
    let expired = certificates.reload(day(2030)).unwrap_err();
    assert!(
        matches!(expired, CertificateError::Expired { .. }),
        "{expired}"
    );
    assert_eq!(certificates.expires(), Some(until(2040)));
    assert!(!certificates.changed_on_disk(day(2039)), "it stays so");
    // None is left that holds.
    certificates.reload(day(2050)).unwrap();
    assert_eq!(certificates.expires(), Some(until(2020)));
    folder.sign_for("own", "localhost", 2060..2080);
    certificates.reload(day(2050)).unwrap();
    folder.sign_for("own", "localhost", 2070..2090);
    let early = certificates.reload(day(2065)).unwrap_err();
    assert!(matches!(early, CertificateError::Early { .. }), "{early}");
    assert_eq!(certificates.expires(), Some(until(2080)));
    assert!(!certificates.changed_on_disk(day(2069)));
    assert!(certificates.changed_on_disk(day(2070)), "it holds now");
    certificates.reload(day(2070)).unwrap();
    assert_eq!(certificates.expires(), Some(until(2090)));
}

#[tokio::test]
async fn who_may_read_a_file_is_a_change_of_it() {
    let folder = Folder::new();
    let certificates = folder.load(ClientCertificates::Ignored);
    let until = Instant::now() + Duration::from_secs(5);
    // The clock of a file system ticks now and then.
    while !certificates.changed_on_disk(day(2030)) {
        assert!(Instant::now() < until);
        let own = Permissions::from_mode(0o600);
        std::fs::set_permissions(folder.path("own.key"), own).unwrap();
    }
}

#[tokio::test]
async fn clients_prove_who_they_are_where_it_is_asked() {
    let folder = Folder::new();
    folder.sign("client", "client");
    let stranger = Folder::new();
    stranger.sign("client", "client");
    for (file, name) in [
        ("stranger.pem", "client.pem"),
        ("stranger.key", "client.key"),
    ] {
        std::fs::copy(stranger.path(name), folder.path(file)).unwrap();
    }
    let authority = folder.path("authority.pem");
    for (required, proof, served) in [
        (true, None, None),
        (true, Some("client"), Some("proved=true")),
        (true, Some("stranger"), None),
        (false, None, Some("proved=false")),
        (false, Some("client"), Some("proved=true")),
        (false, Some("stranger"), None),
    ] {
        let authority = authority.clone();
        let clients = if required {
            ClientCertificates::Required(authority)
        } else {
            ClientCertificates::Optional(authority)
        };
        let server = start(&folder.load(clients)).await;
        for version in [&TLS12, &TLS13] {
            let client = connect(&server, folder.client(version, proof)).await;
            match (client, served) {
                (Ok(mut client), Some(end)) => {
                    client.get("/peer", end).await;
                }
                // With TLS 1.3 a client learns it only as it reads.
                (Ok(mut client), None) => {
                    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
                    assert_eq!(client.rest().await, "");
                }
                (Err(error), served) => assert_eq!(served, None, "{error}"),
            }
        }
        assert_eq!(
            server.requests().len(),
            if served.is_some() { 2 } else { 0 }
        );
    }
}

#[tokio::test]
async fn a_handshake_that_does_not_end_is_closed() {
    let folder = Folder::new();
    let certificates = folder.load(ClientCertificates::Ignored);
    let gate = Gate::new(10).with_certificates(certificates);
    let settings = Settings {
        handshake: Duration::from_millis(50),
        ..Settings::default()
    };
    let server = Server::with(gate, settings).await;
    assert_eq!(server.exchange("\x16").await, "");
    let ending = server.noticed(|notice| match notice {
        Notice::Ended(ending) => Some(*ending),
        _ => None,
    });
    assert_eq!(ending.await, Ending::Handshake);
    let clear = server.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert!(!clear.contains("HTTP/"), "{clear}");
}

#[tokio::test]
async fn a_client_that_says_nothing_after_its_handshake_is_closed_as_one_without_a_head() {
    let folder = Folder::new();
    let gate = Gate::new(10).with_certificates(folder.load(ClientCertificates::Ignored));
    let settings = Settings {
        head_timeout: Duration::from_millis(50),
        keep_alive_idle: Duration::from_secs(3600),
        ..Settings::default()
    };
    let server = Server::with(gate, settings).await;
    let mut client = connect(&server, folder.client(&TLS13, None)).await.unwrap();
    assert_eq!(client.rest().await, "");
}

#[tokio::test]
async fn a_sender_of_the_proxy_protocol_may_go_on_in_tls() {
    let folder = Folder::new();
    let gate = Gate::new(10)
        .with_certificates(folder.load(ClientCertificates::Ignored))
        .with_proxies(vec!["127.0.0.1".parse().unwrap()]);
    let server = Server::with(gate, Settings::default()).await;
    let mut socket = server.client().await;
    socket.send("PROXY TCP4 203.0.113.7 10.0.0.1 1 2\r\n").await;
    let connector = TlsConnector::from(Arc::new(folder.client(&TLS13, None)));
    let name = ServerName::try_from("localhost").unwrap();
    let mut client = Client(connector.connect(name, socket.0).await.unwrap());
    client
        .get("/peer", "203.0.113.7 tls=true proved=false")
        .await;
}

#[tokio::test]
async fn without_a_place_tls_clients_are_told_as_well() {
    let folder = Folder::new();
    let gate = Gate::new(0).with_certificates(folder.load(ClientCertificates::Ignored));
    let server = Server::with(gate, Settings::default()).await;
    let mut client = connect(&server, folder.client(&TLS13, None)).await.unwrap();
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert!(client.rest().await.contains("Overloaded"));
}

#[tokio::test]
async fn a_tls_client_that_does_not_read_is_cut_off_and_one_that_reads_is_not() {
    let folder = Folder::new();
    let gate = Gate::new(10).with_certificates(folder.load(ClientCertificates::Ignored));
    let settings = Settings {
        client_stall: Duration::from_millis(150),
        ..Settings::default()
    };
    let server = Server::with(gate, settings).await;
    let mut client = connect(&server, folder.client(&TLS13, None)).await.unwrap();
    client
        .send("GET /endless HTTP/1.1\r\nHost: a\r\n\r\n")
        .await;
    // Twice as long as it may stall.
    let reading = async { while client.exactly(1 << 16).await.is_some() {} };
    let read = tokio::time::timeout(Duration::from_millis(300), reading).await;
    assert!(read.is_err(), "cut off though it read");
    let ending = server.noticed(|notice| match notice {
        Notice::Ended(ending) => Some(*ending),
        _ => None,
    });
    assert_eq!(ending.await, Ending::Expired);
}
