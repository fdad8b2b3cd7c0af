//! Upgrades: the answer 101 and the bytes after it.

use http::header::{CONNECTION, UPGRADE};
use http::{HeaderValue, Request};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tollgate_connect::SendError;
use tollgate_testkit::raw_upstream::Step;

use crate::setting::{Body, destination, get, ok, pool, text, upstream};

const SWITCH: &str =
    "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n";

fn switching() -> Request<Body> {
    let mut request = get("/v1/realtime");
    let headers = request.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    request
}

#[tokio::test]
async fn after_a_101_the_bytes_pass_in_both_directions() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let to = destination(&format!("http://{}", listener.local_addr().unwrap()));
    let serving = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut read = [0; 1024];
        let n = stream.read(&mut read).await.unwrap();
        assert!(read[..n].ends_with(b"\r\n\r\n"));
        // The first bytes of the new protocol come with the head.
        let all = [SWITCH.as_bytes(), b"early"].concat();
        stream.write_all(&all).await.unwrap();
        let mut got = [0; 4];
        stream.read_exact(&mut got).await.unwrap();
        stream.write_all(b"late").await.unwrap();
        got
    });
    let pool = pool();
    let answer = pool.send(&to, switching()).await.unwrap();
    assert_eq!(answer.status(), 101);
    let mut upgraded = answer.into_body().into_upgraded().unwrap();
    assert_eq!(pool.stats().open, 1);
    upgraded.write_all(b"ping").await.unwrap();
    let mut got = String::new();
    upgraded.read_to_string(&mut got).await.unwrap();
    assert_eq!(got, "earlylate");
    assert_eq!(&serving.await.unwrap(), b"ping");
    drop(upgraded);
    assert_eq!(pool.stats().open, 0);
}

#[tokio::test]
async fn an_upgrade_that_is_declined_is_an_answer_like_any_other() {
    let (_server, to) = upstream(vec![vec![ok("no")]]).await;
    let pool = pool();
    let answer = pool.send(&to, switching()).await.unwrap();
    let (head, body) = answer.into_parts();
    let body = body.into_upgraded().unwrap_err();
    let answer = http::Response::from_parts(head, body);
    assert_eq!(text(Ok(answer)).await, "no");
    assert_eq!(pool.stats().idle, 1);
}

#[tokio::test]
async fn a_101_that_nobody_asked_for_is_refused() {
    let (_server, to) = upstream(vec![vec![Step::write(SWITCH)]]).await;
    let pool = pool();
    let error = pool.send(&to, get("/")).await.unwrap_err();
    assert!(matches!(error, SendError::Framing(_)), "{error:?}");
    assert_eq!(pool.stats().open, 0);
}
