//! Certificates that are replaced while clients connect.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::process::{Process, command, configure};

const TLS: &str = "[tls]\ncertificate = 'chain.pem'\nkey = 'key.pem'\n";

/// A certificate with its key, in PEM.
struct Pair {
    chain: String,
    key: String,
    der: CertificateDer<'static>,
}

impl Pair {
    fn new() -> Self {
        Self::for_years(2000, 3000)
    }

    fn for_years(from: i32, until: i32) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec!["gateway.test".to_owned()]).unwrap();
        params.not_before = date_time_ymd(from, 1, 1);
        params.not_after = date_time_ymd(until, 1, 1);
        let certificate = params.self_signed(&key).unwrap();
        Self {
            chain: certificate.pem(),
            key: key.serialize_pem(),
            der: certificate.der().clone(),
        }
    }

    fn write(&self, directory: &Path) {
        std::fs::write(directory.join("chain.pem"), &self.chain).unwrap();
        std::fs::write(directory.join("key.pem"), &self.key).unwrap();
    }
}

/// Puts a certificate in the place of the one before, and has the files read again, for so many
/// times by now.
async fn renew(process: &mut Process, directory: &Path, pair: &Pair, times: usize) {
    pair.write(directory);
    process.signal("HUP");
    process
        .logged("the configuration was read again", times)
        .await;
}

/// A client that trusts each of these.
fn connector(pairs: &[Pair]) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    for pair in pairs {
        roots.add(pair.der.clone()).unwrap();
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    TlsConnector::from(Arc::new(config))
}

/// One call on a connection of its own, and the certificate that was shown.
async fn call(connector: &TlsConnector, address: SocketAddr) -> CertificateDer<'static> {
    let name = ServerName::try_from("gateway.test").unwrap();
    let socket = TcpStream::connect(address).await.unwrap();
    let mut stream = connector.connect(name, socket).await.expect("a handshake");
    let request = "GET /v1/models HTTP/1.1\r\nhost: gateway.test\r\nconnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 401 "));
    stream.get_ref().1.peer_certificates().unwrap()[0]
        .clone()
        .into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_handshake_fails_while_the_certificate_is_replaced() {
    let directory = tempfile::tempdir().unwrap();
    let pairs: Vec<Pair> = (0..8).map(|_| Pair::new()).collect();
    pairs[0].write(directory.path());
    configure(directory.path(), TLS);
    let mut process = Process::start(command(directory.path())).await;
    let (connector, address) = (connector(&pairs), process.address);
    let (over, calls) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicU32::new(0)),
    );
    let load: Vec<_> = (0..4)
        .map(|_| {
            let (connector, over, calls) = (connector.clone(), over.clone(), calls.clone());
            tokio::spawn(async move {
                while !over.load(Ordering::Relaxed) {
                    call(&connector, address).await;
                    calls.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    for (times, pair) in pairs.iter().enumerate().skip(1) {
        renew(&mut process, directory.path(), pair, times).await;
        assert_eq!(call(&connector, address).await, pair.der);
        let seen = calls.load(Ordering::Relaxed);
        while calls.load(Ordering::Relaxed) < seen + 8 {
            assert!(load.iter().all(|task| !task.is_finished()), "a call failed");
            tokio::task::yield_now().await;
        }
    }
    over.store(true, Ordering::Relaxed);
    for task in load {
        task.await.unwrap();
    }
    process.signal("TERM");
    assert_eq!(process.ended().await, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_cannot_be_used_leaves_the_old_one_in_force() {
    let directory = tempfile::tempdir().unwrap();
    let pairs = [Pair::new(), Pair::new()];
    pairs[0].write(directory.path());
    configure(directory.path(), TLS);
    let mut process = Process::start(command(directory.path())).await;
    // The key of another one.
    std::fs::write(directory.path().join("chain.pem"), &pairs[1].chain).unwrap();
    process.signal("HUP");
    let message = "the configuration cannot be used: the old one stays in force";
    process.logged(message, 1).await;
    let connector = connector(&pairs);
    assert_eq!(call(&connector, process.address).await, pairs[0].der);
    process
        .assert_metric("tollgate_certificate_reload_failures_total 1")
        .await;
    process
        .assert_metric("tollgate_config_last_reload_success 0")
        .await;
    process.signal("TERM");
    assert_eq!(process.ended().await, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_does_not_hold_is_not_taken_and_all_else_is() {
    let directory = tempfile::tempdir().unwrap();
    let pairs = [
        Pair::new(),
        Pair::for_years(2010, 2020),
        Pair::for_years(2900, 3000),
    ];
    pairs[0].write(directory.path());
    configure(directory.path(), TLS);
    let mut process = Process::start(command(directory.path())).await;
    let connector = connector(&pairs);
    for (times, pair) in pairs.iter().enumerate().skip(1) {
        renew(&mut process, directory.path(), pair, times).await;
        assert_eq!(call(&connector, process.address).await, pairs[0].der);
        let failures = format!("tollgate_certificate_reload_failures_total {times}");
        process.assert_metric(&failures).await;
    }
    process
        .assert_metric("tollgate_config_last_reload_success 1")
        .await;
    process.signal("TERM");
    assert_eq!(process.ended().await, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_with_a_certificate_that_does_not_hold_says_so() {
    for (from, until, what) in [
        (2010, 2020, "the certificate has expired"),
        (2900, 3000, "the certificate is not valid yet"),
    ] {
        let directory = tempfile::tempdir().unwrap();
        Pair::for_years(from, until).write(directory.path());
        configure(directory.path(), TLS);
        let mut process = Process::start(command(directory.path())).await;
        let message = format!("{what}: clients that look at it do not go on");
        process.logged(&message, 1).await;
        process.signal("TERM");
        assert_eq!(process.ended().await, Some(0));
    }
}
