//! The PROXY protocol: believed from those that are named, and garbage from all others.

use std::time::Duration;

use tollgate_listen::{Ending, Gate, Notice, Settings};

use crate::server::{Server, status};

const GET: &str = "GET /peer HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
const TEXT: &str = "PROXY TCP4 203.0.113.7 10.0.0.1 4711 443\r\n";
const BINARY: &[u8] = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xcb\0\x71\x07\x0a\0\0\x01\x12\x34\0\x50";
const LOCAL: &[u8] = b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0";

async fn behind(network: &str) -> Server {
    let gate = Gate::new(10).with_proxies(vec![network.parse().unwrap()]);
    let settings = Settings {
        handshake: Duration::from_millis(200),
        ..Settings::default()
    };
    Server::with(gate, settings).await
}

fn ended(notice: &Notice) -> Option<Ending> {
    match notice {
        Notice::Ended(ending) => Some(*ending),
        _ => None,
    }
}

#[tokio::test]
async fn a_trusted_sender_tells_the_address() {
    let server = behind("127.0.0.0/8").await;
    for (header, address) in [
        (TEXT.as_bytes(), "203.0.113.7 "),
        (BINARY, "203.0.113.7 "),
        (LOCAL, "127.0.0.1 "),
        (b"PROXY UNKNOWN\r\n", "127.0.0.1 "),
        (b"PROXY TCP6 2001:db8::7 ::1 1 2\r\n", "2001:db8::7 "),
    ] {
        let answer = server.exchange([header, GET.as_bytes()].concat()).await;
        assert!(answer.contains(address), "{answer}");
        let mut client = server.client().await;
        for byte in header {
            client.send([*byte]).await;
        }
        client.send(GET).await;
        assert!(client.rest().await.contains(address));
    }
}

#[tokio::test]
async fn a_trusted_sender_without_a_header_is_closed() {
    let server = behind("127.0.0.0/8").await;
    for start in [GET, "PROXY TCP4 nobody\r\n", "PROXY ", ""] {
        assert_eq!(server.exchange(start).await, "");
        assert_eq!(server.noticed(ended).await, Ending::NoProxyHeader);
        server.recorder.notices.lock().unwrap().clear();
    }
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn from_anybody_else_a_header_is_garbage() {
    let server = behind("10.0.0.0/8").await;
    for header in [TEXT.as_bytes(), BINARY] {
        let answer = server.exchange([header, GET.as_bytes()].concat()).await;
        assert_eq!(status(&answer), 400);
    }
    assert!(server.requests().is_empty());
    assert!(server.exchange(GET).await.contains("127.0.0.1 "));
}
