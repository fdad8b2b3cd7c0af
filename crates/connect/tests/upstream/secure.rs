//! TLS: whom it trusts, and what is told where it does not.

use std::sync::Arc;

use ::url::Url;
use rcgen::{CertifiedKey, KeyPair, generate_simple_self_signed};
use rustls::pki_types::PrivateKeyDer;
use rustls::{HandshakeKind, ServerConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tollgate_connect::{Destination, Options, Roots, RootsError, SendError};

use crate::setting::{get, local, pool, text};

pub fn certificate(name: &str) -> CertifiedKey<KeyPair> {
    generate_simple_self_signed(vec![name.to_owned()]).unwrap()
}

pub fn acceptor(certificate: &CertifiedKey<KeyPair>, alpn: &[&[u8]]) -> TlsAcceptor {
    let key = PrivateKeyDer::try_from(certificate.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.cert.der().clone()], key)
        .unwrap();
    config.alpn_protocols = alpn.iter().map(|protocol| protocol.to_vec()).collect();
    TlsAcceptor::from(Arc::new(config))
}

pub fn trusting(certificate: &CertifiedKey<KeyPair>) -> Options {
    Options {
        roots: Roots::Only(certificate.cert.pem().into_bytes()),
        ..local()
    }
}

pub fn to(host: &str, port: u16, options: Options) -> Destination {
    let url = Url::parse(&format!("https://{host}:{port}")).unwrap();
    Destination::new(&url, options).unwrap()
}

/// Answers each connection once, and tells how its handshake went.
async fn server(
    certificate: &CertifiedKey<KeyPair>,
) -> (u16, mpsc::UnboundedReceiver<HandshakeKind>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let acceptor = acceptor(certificate, &[]);
    let (sender, kinds) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else {
                continue;
            };
            let _ = sender.send(stream.get_ref().1.handshake_kind().unwrap());
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(stream.read_u8().await.unwrap());
            }
            let answer = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 6\r\n\r\nsecret";
            stream.write_all(answer).await.unwrap();
            stream.shutdown().await.unwrap();
        }
    });
    (port, kinds)
}

#[tokio::test]
async fn an_authority_that_is_named_is_trusted_and_sessions_are_resumed() {
    let certificate = certificate("localhost");
    let (port, mut kinds) = server(&certificate).await;
    let to = to("localhost", port, trusting(&certificate));
    let pool = pool();
    for _ in 0..2 {
        assert_eq!(text(pool.send(&to, get("/")).await).await, "secret");
    }
    assert_eq!(kinds.recv().await.unwrap(), HandshakeKind::Full);
    assert_eq!(kinds.recv().await.unwrap(), HandshakeKind::Resumed);
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_unsent() {
    let certificate = certificate("localhost");
    let (port, _kinds) = server(&certificate).await;
    let other = self::certificate("localhost");
    for options in [local(), trusting(&other)] {
        let to = to("localhost", port, options);
        let error = pool().send(&to, get("/")).await.unwrap_err();
        assert!(matches!(error, SendError::Tls(_)), "{error:?}");
        assert!(error.is_unsent());
    }
}

#[tokio::test]
async fn a_certificate_for_another_name_is_unsent() {
    let certificate = certificate("api.example.test");
    let (port, _kinds) = server(&certificate).await;
    for host in ["localhost", "127.0.0.1"] {
        let to = to(host, port, trusting(&certificate));
        let error = pool().send(&to, get("/")).await.unwrap_err();
        assert!(matches!(error, SendError::Tls(_)), "{error:?}");
    }
}

#[tokio::test]
async fn a_server_that_speaks_no_tls_is_unsent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        let _ = stream.read(&mut [0; 1024]).await;
    });
    let to = to("127.0.0.1", port, local());
    let error = pool().send(&to, get("/")).await.unwrap_err();
    assert!(matches!(error, SendError::Tls(_)), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn a_handshake_that_is_not_answered_ends_at_the_deadline() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let to = to("127.0.0.1", port, local());
    let pool = pool();
    let begun = tokio::time::Instant::now();
    let error = pool.send(&to, get("/")).await.unwrap_err();
    assert!(matches!(error, SendError::ConnectTimeout), "{error:?}");
    assert!(error.is_timeout() && error.is_unsent());
    assert_eq!(begun.elapsed().as_secs(), 5);
    assert_eq!(pool.stats().open, 0);
}

#[test]
fn roots_without_a_certificate_are_refused() {
    let url = Url::parse("https://api.example.org").unwrap();
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for (pem, is_empty) in [("", true), ("nothing", true), (broken, false)] {
        for roots in [Roots::Only(pem.into()), Roots::Also(pem.into())] {
            let options = Options {
                roots,
                ..Options::default()
            };
            let refused = Destination::new(&url, options).unwrap_err();
            let tollgate_connect::DestinationError::Roots(refused) = refused else {
                panic!("{refused}");
            };
            assert_eq!(matches!(refused, RootsError::Empty), is_empty, "{pem}");
        }
    }
}
