//! Ways through proxies: CONNECT and SOCKS5.

use ::url::Url;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tollgate_connect::{Destination, Options, SendError, Via};
use tollgate_testkit::raw_upstream::RawUpstream;

use crate::setting::{get, ok, pool, text, upstream};

/// A way to a host that only the proxy knows.
fn through(proxy: &str) -> Destination {
    let options = Options {
        via: Some(Via::new(&Url::parse(proxy).unwrap(), true).unwrap()),
        ..Options::default()
    };
    let url = Url::parse("http://api.example.test:8080").unwrap();
    Destination::new(&url, options).unwrap()
}

/// A proxy that reads as many bytes as are expected of the client, answers, and so on; and then leads
/// to the server, whatever it was asked for. Gives what it read.
async fn proxy(
    server: &RawUpstream,
    script: Vec<(usize, &'static [u8])>,
) -> (u16, tokio::task::JoinHandle<Vec<Vec<u8>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = server.address();
    let serving = tokio::spawn(async move {
        let (mut client, _) = listener.accept().await.unwrap();
        let mut said = Vec::new();
        for (length, answer) in script {
            let mut read = vec![0; length];
            client.read_exact(&mut read).await.unwrap();
            said.push(read);
            client.write_all(answer).await.unwrap();
        }
        let mut upstream = TcpStream::connect(server).await.unwrap();
        let _ = tokio::io::copy_bidirectional(&mut client, &mut upstream).await;
        said
    });
    (port, serving)
}

#[tokio::test]
async fn connect_leads_through_an_http_proxy_also_without_tls() {
    let (server, _) = upstream(vec![vec![ok("hello")]]).await;
    let asked = "CONNECT api.example.test:8080 HTTP/1.1\r\nHost: api.example.test:8080\r\n\
                 Proxy-Authorization: Basic YW5uOnM6c2VjcmV0\r\n\r\n";
    let script = vec![(asked.len(), b"HTTP/1.1 200 Go on\r\n\r\n".as_slice())];
    let (port, serving) = proxy(&server, script).await;
    let pool = pool();
    let to = through(&format!("http://ann:s%3Asecret@127.0.0.1:{port}"));
    for _ in 0..2 {
        assert_eq!(text(pool.send(&to, get("/a")).await).await, "hello");
    }
    assert_eq!(pool.stats().made, 1);
    drop(pool);
    assert_eq!(serving.await.unwrap(), [asked.as_bytes()]);
    let head = &server.requests()[0].head;
    assert_eq!(head.first_line(), "GET /a HTTP/1.1");
    assert_eq!(head.header("host"), Some("api.example.test:8080"));
    assert_eq!(head.header("proxy-authorization"), None);
}

#[tokio::test]
async fn socks5_leads_to_a_name_that_the_proxy_resolves() {
    let (server, _) = upstream(vec![vec![ok("hello")]]).await;
    let name = b"\x05\x01\x00\x03\x10api.example.test\x1f\x90";
    let granted = b"\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x50";
    let script = vec![
        (3, b"\x05\x02".as_slice()),
        (13, b"\x01\x00".as_slice()),
        (name.len(), granted.as_slice()),
    ];
    for scheme in ["socks5", "socks5h"] {
        let (port, serving) = proxy(&server, script.clone()).await;
        let pool = pool();
        let to = through(&format!("{scheme}://ann:s%3Aecret@127.0.0.1:{port}"));
        assert_eq!(text(pool.send(&to, get("/")).await).await, "hello");
        drop(pool);
        let said = serving.await.unwrap();
        assert_eq!(said[0], b"\x05\x01\x02");
        assert_eq!(said[1], b"\x01\x03ann\x07s:ecret");
        assert_eq!(said[2], name);
    }
}

#[tokio::test]
async fn a_proxy_that_refuses_is_unsent() {
    let (server, _) = upstream(vec![vec![ok("hello")]]).await;
    let asked = "CONNECT api.example.test:8080 HTTP/1.1\r\nHost: api.example.test:8080\r\n\r\n";
    let answer = b"HTTP/1.1 407 Who are you\r\nproxy-authenticate: Basic\r\n\r\n";
    let (port, _) = proxy(&server, vec![(asked.len(), answer.as_slice())]).await;
    let to = through(&format!("http://127.0.0.1:{port}"));
    let error = pool().send(&to, get("/")).await.unwrap_err();
    assert!(matches!(error, SendError::Proxy(_)), "{error:?}");
    assert!(error.is_unsent());
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn a_proxy_that_is_not_there_is_unsent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let to = through(&format!("socks5://{}", listener.local_addr().unwrap()));
    drop(listener);
    let error = pool().send(&to, get("/")).await.unwrap_err();
    assert!(matches!(error, SendError::Proxy(_)), "{error:?}");
    assert!(error.is_unsent());
}

#[test]
fn a_proxy_on_a_private_network_needs_the_opt_in() {
    for text in [
        "socks5://127.0.0.1:1080",
        "http://10.0.0.1:3128",
        "socks5h://[::1]",
        "http://squid:3128",
        "socks5://0x7f.1",
    ] {
        let address = Url::parse(text).unwrap();
        Via::new(&address, true).unwrap();
        let refused = Via::new(&address, false).unwrap_err();
        assert!(
            matches!(refused, tollgate_connect::ViaError::Host(_)),
            "{text}"
        );
    }
    let metadata = Url::parse("socks5://169.254.169.254").unwrap();
    Via::new(&metadata, true).unwrap_err();
}

#[test]
fn what_is_no_proxy_is_refused() {
    for text in [
        "https://proxy.example",
        "ftp://proxy.example",
        "http://proxy.example/path",
        "http://proxy.example?query",
        "http://a%3Ab:c@proxy.example",
        "socks5://user@proxy.example",
        "socks5:///path",
    ] {
        Via::new(&Url::parse(text).unwrap(), true).unwrap_err();
    }
}

#[test]
fn no_output_shows_the_credentials_of_a_proxy() {
    let address = Url::parse("socks5://ann:secret@127.0.0.1").unwrap();
    let shown = format!("{:?}", Via::new(&address, true).unwrap());
    assert!(
        !shown.contains("ann") && !shown.contains("secret"),
        "{shown}"
    );
}
