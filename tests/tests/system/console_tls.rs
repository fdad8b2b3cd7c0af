//! The console under TLS and without it: its cookies, and its certificate while it serves.

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use rcgen::{CertificateParams, KeyPair};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::{Value, json};
use tokio::io::{
    AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader, Lines,
};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStderr, ChildStdout, Command};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tollgate_tests::binaries;

const BOUND: Duration = Duration::from_secs(60);
const PASSWORD: &str = "correct horse battery";
const NAME: &str = "console.test";

/// A console in a process of its own.
struct Served {
    child: Child,
    _out: Lines<BufReader<ChildStdout>>,
    err: Lines<BufReader<ChildStderr>>,
    address: String,
    /// Of the first owner.
    code: String,
}

impl Served {
    async fn start(folder: &Path, arguments: &[&str]) -> Self {
        let mut child = Command::new(binaries::admin())
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(arguments)
            .current_dir(folder)
            .env_remove("TOLLGATE_STORE")
            .env_remove("TOLLGATE_KEY_FILE")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap()).lines();
        let err = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut line = async || {
            let line = timeout(BOUND, out.next_line()).await.unwrap();
            line.unwrap().unwrap()
        };
        let first = line().await;
        let (_, address) = first.rsplit_once("://").unwrap();
        let address = address.to_owned();
        line().await;
        let code = line().await;
        Self {
            child,
            _out: out,
            err,
            address,
            code,
        }
    }

    /// Waits for a line on standard error.
    async fn told(&mut self, text: &str) {
        let found = async {
            while let Some(line) = self.err.next_line().await.unwrap() {
                if line.contains(text) {
                    return;
                }
            }
            panic!("`{text}` was never told");
        };
        timeout(BOUND, found).await.unwrap();
    }

    fn hangup(&self) {
        let id = self.child.id().unwrap().to_string();
        let kill = std::process::Command::new("kill")
            .args(["-s", "HUP", &id])
            .status();
        assert!(kill.unwrap().success());
    }
}

/// Writes a certificate of its own for the console. Gives it as PEM.
fn certificate(folder: &Path) -> String {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec![NAME.to_owned()]).unwrap();
    let made = params.self_signed(&key).unwrap();
    std::fs::write(folder.join("chain.pem"), made.pem()).unwrap();
    std::fs::write(folder.join("key.pem"), key.serialize_pem()).unwrap();
    made.pem()
}

/// A connection that trusts this certificate alone; `None` where the console has another one.
async fn secure(address: &str, pem: &str) -> Option<tokio_rustls::client::TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    let trusted = CertificateDer::from_pem_slice(pem.as_bytes()).unwrap();
    roots.add(trusted).unwrap();
    let provider: Arc<CryptoProvider> = Arc::new(ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let socket = TcpStream::connect(address).await.unwrap();
    let name = ServerName::try_from(NAME).unwrap();
    let connected = TlsConnector::from(Arc::new(config)).connect(name, socket);
    timeout(BOUND, connected).await.unwrap().ok()
}

async fn post(stream: impl AsyncRead + AsyncWrite, path: &str, kind: &str, body: &str) -> String {
    let mut stream = std::pin::pin!(stream);
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: {NAME}\r\nconnection: close\r\nsec-fetch-site: same-origin\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let read = timeout(BOUND, stream.read_to_end(&mut answer))
        .await
        .unwrap();
    assert!(read.is_ok() || !answer.is_empty(), "{read:?}");
    String::from_utf8(answer).unwrap()
}

fn redeem(code: &str) -> Value {
    json!({ "code": code, "password": PASSWORD, "login": "ada" })
}

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// The cookie of a session, as it was set.
fn cookie(answer: &str) -> String {
    assert!(answer.starts_with("HTTP/1.1 303"), "{answer}");
    let mut lines = answer.lines();
    let found = lines.find_map(|line| line.strip_prefix("set-cookie: "));
    found.unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cookie_is_bound_to_host_and_tls_wherever_there_is_tls() {
    let sign_in = format!("login=ada&password={}", PASSWORD.replace(' ', "+"));
    let folder = tempfile::tempdir().unwrap();
    let pem = certificate(folder.path());
    let files = ["--tls-certificate", "chain.pem", "--tls-key", "key.pem"];
    let served = Served::start(folder.path(), &files).await;
    let stream = secure(&served.address, &pem).await.unwrap();
    let body = redeem(&served.code).to_string();
    let joined = post(stream, "/api/v1/links/redeem", JSON, &body).await;
    assert!(joined.starts_with("HTTP/1.1 200"), "{joined}");
    let stream = secure(&served.address, &pem).await.unwrap();
    let answer = post(stream, "/sign-in", FORM, &sign_in).await;
    let set = cookie(&answer);
    assert!(set.starts_with("__Host-tollgate="), "{set}");
    for part in ["; Secure", "; HttpOnly", "; SameSite=Strict", "; Path=/"] {
        assert!(set.contains(part), "{set}");
    }
    assert!(!set.contains("Domain"), "{set}");
    assert!(
        answer.contains("strict-transport-security: max-age="),
        "{answer}"
    );

    let folder = tempfile::tempdir().unwrap();
    let served = Served::start(folder.path(), &[]).await;
    let plain = async || TcpStream::connect(&served.address).await.unwrap();
    let body = redeem(&served.code).to_string();
    post(plain().await, "/api/v1/links/redeem", JSON, &body).await;
    let answer = post(plain().await, "/sign-in", FORM, &sign_in).await;
    let set = cookie(&answer);
    assert!(set.starts_with("tollgate="), "{set}");
    for part in ["; HttpOnly", "; SameSite=Strict", "; Path=/"] {
        assert!(set.contains(part), "{set}");
    }
    assert!(!set.contains("Secure"), "browsers would not send it: {set}");
    assert!(!answer.contains("strict-transport-security"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_certificate_is_served_and_a_bad_one_leaves_the_old_one() {
    let folder = tempfile::tempdir().unwrap();
    let first = certificate(folder.path());
    let files = ["--tls-certificate", "chain.pem", "--tls-key", "key.pem"];
    let mut served = Served::start(folder.path(), &files).await;
    assert!(secure(&served.address, &first).await.is_some());
    std::fs::write(folder.path().join("chain.pem"), "no certificate").unwrap();
    served.hangup();
    served.told("the old one stays").await;
    assert!(secure(&served.address, &first).await.is_some());
    let second = certificate(folder.path());
    served.hangup();
    served.told("the certificate was renewed").await;
    assert!(secure(&served.address, &second).await.is_some());
    assert!(secure(&served.address, &first).await.is_none());
}
