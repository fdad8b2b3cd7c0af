//! Who connects, by the gateway's configuration: behind a proxy that says so, with a certificate,
//! and too slowly.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tollgate_testkit::raw_client::RawClient;
use tollgate_tests::system::request;
use tollgate_tests::{Backend, System, Token};

/// How many of each kind are slow at the same time.
const SLOW: usize = 40;

fn models(token: &Token) -> String {
    let bearer = token.bearer();
    request("GET /v1/models", &[("authorization", &bearer)], "")
}

/// The status of an answer to these bytes, or none where the connection ends without one.
async fn status(system: &System, bytes: &[u8]) -> Option<u16> {
    let mut client = RawClient::connect(system.gateway.address).await.unwrap();
    client.send(bytes).await.unwrap();
    client.head().await.ok()?.status()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_proxy_protocol_tells_the_clients_address() {
    let system = System::start_configured("proxy_protocol = ['127.0.0.1']\n").await;
    let token = system.token(&["--ips", "203.0.113.7"]);
    system.in_force().await;
    let call = models(&token);
    let first = |from: &str| format!("PROXY TCP4 {from} 198.51.100.1 5000 443\r\n{call}");
    let second = |from: [u8; 4]| {
        let addresses = [&from[..], &[198, 51, 100, 1], &[0x13, 0x88, 1, 0xbb]].concat();
        let signature = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c";
        [signature.as_slice(), &addresses, call.as_bytes()].concat()
    };
    let allowed = first("203.0.113.7");
    assert_eq!(status(&system, allowed.as_bytes()).await, Some(200));
    let another = first("203.0.113.8");
    assert_eq!(status(&system, another.as_bytes()).await, Some(401));
    let allowed = second([203, 0, 113, 7]);
    assert_eq!(status(&system, &allowed).await, Some(200));
    let another = second([203, 0, 113, 8]);
    assert_eq!(status(&system, &another).await, Some(401));
    // Without a header nobody knows who it is.
    assert_eq!(status(&system, call.as_bytes()).await, None);
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_of_the_configuration_file_tells_the_clients_address() {
    let system = System::start_configured("trusted_proxies = ['127.0.0.0/8']\n").await;
    let token = system.token(&["--ips", "203.0.113.7"]);
    for (client, expected) in [("203.0.113.7", 200), ("203.0.113.8", 401)] {
        let through = [("x-forwarded-for", client)];
        let answer = system.chat(&token.secret, &through).await;
        assert_eq!(answer.status(), expected, "{client}");
    }
    system.finish().await;
}

/// An authority, and what it signed.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        Self(CertifiedIssuer::self_signed(params, key).unwrap())
    }

    /// A certificate and its key, as PEM.
    fn sign(&self) -> (String, String) {
        let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let key = KeyPair::generate().unwrap();
        let signed = params.signed_by(&key, &self.0).unwrap();
        (signed.pem(), key.serialize_pem())
    }
}

/// A client that trusts the authority, and shows this certificate.
fn connector(authority: &Authority, own: Option<(String, String)>) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots.add(authority.0.der().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let config = match own {
        None => config.with_no_client_auth(),
        Some((chain, key)) => {
            let chain = vec![CertificateDer::from_pem_slice(chain.as_bytes()).unwrap()];
            let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
            config.with_client_auth_cert(chain, key).unwrap()
        }
    };
    TlsConnector::from(Arc::new(config))
}

/// What is answered over TLS; nothing where the gateway does not want the client.
async fn secure(system: &System, connector: TlsConnector, call: &str) -> String {
    let name = ServerName::try_from("localhost").unwrap();
    let socket = TcpStream::connect(system.gateway.address).await.unwrap();
    let mut answer = Vec::new();
    let exchange = async {
        let mut stream = connector.connect(name, socket).await?;
        stream.write_all(call.as_bytes()).await?;
        stream.read_to_end(&mut answer).await
    };
    let _ended = tokio::time::timeout(Duration::from_secs(20), exchange)
        .await
        .unwrap();
    String::from_utf8(answer).unwrap()
}

fn write(directory: &Path, name: &str, text: &str) -> String {
    let path = directory.join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn only_clients_with_a_certificate_of_the_authority_are_served() {
    let files = TempDir::new().unwrap();
    let (authority, stranger) = (Authority::new(), Authority::new());
    let (chain, key) = authority.sign();
    let chain = write(files.path(), "chain.pem", &chain);
    let key = write(files.path(), "key.pem", &key);
    let roots = write(files.path(), "clients.pem", &authority.0.pem());
    let tls = format!("[tls]\ncertificate = '{chain}'\nkey = '{key}'\nclient_ca = '{roots}'\n");
    let config = format!("{tls}client_certificates = 'required'\n");
    let config = write(files.path(), "tollgate.toml", &config);
    let system = System::start_on(Backend::Sqlite, &["--config", &config]).await;
    let token = system.token(&[]);
    system.in_force().await;
    let call = models(&token);
    for (own, served) in [
        (Some(authority.sign()), true),
        (Some(stranger.sign()), false),
        (None, false),
    ] {
        let answer = secure(&system, connector(&authority, own), &call).await;
        assert_eq!(answer.starts_with("HTTP/1.1 200 "), served, "{answer}");
        assert!(served || answer.is_empty(), "{answer}");
    }
    system.finish().await;
}

/// Connections that each begin with these bytes.
async fn slow(system: &System, bytes: &str) -> Vec<RawClient> {
    let mut clients = Vec::new();
    for _ in 0..SLOW {
        let mut client = RawClient::connect(system.gateway.address).await.unwrap();
        client.send(bytes).await.unwrap();
        clients.push(client);
    }
    clients
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_are_slow_are_gone_and_others_served_meanwhile() {
    let config = "[limits]\nhead_seconds = 2\nbody_first_byte_seconds = 2\nclient_stall_seconds = 2\nbody_bytes_per_second = 1000\n";
    let system = System::start_configured(config).await;
    let token = system.token(&[]);
    system.in_force().await;
    let bearer = token.bearer();
    let line = "POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\n";
    let heads = slow(&system, line).await;
    let body = format!("{line}authorization: {bearer}\r\ncontent-length: 1000\r\n\r\n{{");
    let bodies = slow(&system, &body).await;
    let endless = [
        ("authorization", bearer.as_str()),
        ("x-sim-chunks", "100000"),
    ];
    let ask = r#"{"model":"sim-chat","stream":true,"messages":[]}"#;
    let readers = slow(
        &system,
        &request("POST /v1/chat/completions", &endless, ask),
    )
    .await;
    let begun = Instant::now();
    while system.figure("tollgate_connections").await > 1 {
        let asked = Instant::now();
        assert_eq!(system.chat(&token.secret, &[]).await.status(), 200);
        // Not a measure of speed: nobody waits for a slow one.
        assert!(asked.elapsed() < Duration::from_secs(10));
        assert!(begun.elapsed() < Duration::from_secs(120), "all are gone");
    }
    drop((heads, bodies, readers));
    system.settled().await;
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_has_no_library_warn_in_the_log() {
    let mut system = System::start().await;
    let mut client = RawClient::connect(system.gateway.address).await.unwrap();
    // h2 warns of an acknowledgement of a PING that was never sent; the second PING is answered.
    let ping = |flags: u8| [&[0, 0, 8, 6, flags, 0, 0, 0, 0], &b"whatever"[..]].concat();
    let settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".as_slice();
    let bytes = [preface, &settings, &ping(1), &ping(0)].concat();
    client.send(&bytes).await.unwrap();
    let (mut read, answer) = (Vec::new(), ping(1));
    while !read.windows(answer.len()).any(|part| part == answer) {
        read.extend_from_slice(&client.some().await.unwrap());
    }
    // What comes later in the log comes after what h2 said.
    system.calls().await;
    let of_library = |line: &serde_json::Value| {
        let target = line["target"].as_str().unwrap_or_default();
        target.split("::").next() == Some("h2")
    };
    let said = system.gateway.log_lines();
    assert!(!said.iter().any(of_library), "{said:#?}");
    system.finish().await;
}
