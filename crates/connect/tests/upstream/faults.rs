//! Upstreams that fail, and what is told of it.

use std::error::Error;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::oneshot;
use tokio::time::timeout;
use tollgate_connect::{Destination, Patience, SendError};
use tollgate_testkit::raw_upstream::{Gate, Step};

use crate::setting::{
    Body, BoxError, destination, failing, get, local, ok, pool, post, slow, text, upstream, whole,
};

/// A body whose frames come from these results, and that never ends by itself.
fn pieces(pieces: Vec<Result<&'static str, BoxError>>) -> Body {
    use futures_util::StreamExt;
    let frames = pieces
        .into_iter()
        .map(|piece| piece.map(|piece| Frame::data(Bytes::from_static(piece.as_bytes()))));
    StreamBody::new(stream::iter(frames).chain(stream::pending())).boxed_unsync()
}

#[derive(Debug, thiserror::Error)]
#[error("the client left")]
struct ClientLeft;

/// What an error began with.
fn root<'a>(mut error: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    while let Some(cause) = error.source() {
        error = cause;
    }
    error
}

#[tokio::test]
async fn a_port_that_nobody_listens_on_is_unsent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let to = destination(&format!("http://{}", listener.local_addr().unwrap()));
    drop(listener);
    let pool = pool();
    let error = pool.send(&to, get("/")).await.unwrap_err();
    assert!(matches!(error, SendError::Refused(_)), "{error:?}");
    assert!(error.is_unsent());
    assert_eq!(pool.stats().open, 0);
}

#[tokio::test(start_paused = true)]
async fn a_black_hole_ends_at_the_deadline() {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    // Nobody accepts; once the backlog is full, the kernel no longer answers.
    let mut waiting = Vec::new();
    while let Ok(stream) = timeout(Duration::from_secs(1), TcpStream::connect(address)).await {
        waiting.push(stream.unwrap());
    }
    let to = destination(&format!("http://{address}"));
    let pool = pool();
    let begun = tokio::time::Instant::now();
    let error = pool.send(&to, get("/")).await.unwrap_err();
    assert!(matches!(error, SendError::ConnectTimeout), "{error:?}");
    assert!(error.is_timeout() && error.is_unsent());
    assert_eq!(begun.elapsed().as_secs(), 5);
    assert_eq!(pool.stats().open, 0);
}

#[tokio::test]
async fn a_name_without_an_address_is_unsent() {
    let to = destination("http://tollgate.invalid");
    let error = pool().send(&to, get("/")).await.unwrap_err();
    assert!(matches!(error, SendError::Resolve(_)), "{error:?}");
    assert!(error.is_unsent());
}

#[tokio::test]
async fn a_name_that_leads_to_a_forbidden_address_is_not_connected_to() {
    let (server, _) = upstream(vec![vec![ok("")]]).await;
    let mut options = local();
    let url = format!("http://localhost:{}", server.address().port());
    let url = url::Url::parse(&url).unwrap();
    // The name itself passes where private networks do, and so does its address.
    let to = Destination::new(&url, options.clone()).unwrap();
    text(pool().send(&to, get("/")).await).await;
    options.private = false;
    let refused = Destination::new(&url, options).unwrap_err();
    assert!(refused.to_string().contains("localhost"), "{refused}");
}

#[tokio::test(start_paused = true)]
async fn silence_ends_at_the_deadline() {
    let (_server, to) = upstream(vec![vec![Step::Hang]]).await;
    let pool = pool();
    let begun = tokio::time::Instant::now();
    let error = pool.send(&to, get("/")).await.unwrap_err();
    assert!(matches!(error, SendError::ResponseTimeout), "{error:?}");
    assert!(error.is_timeout() && !error.is_unsent());
    assert_eq!(begun.elapsed().as_secs(), 600);
    assert_eq!(pool.stats().open, 0);
}

#[tokio::test(start_paused = true)]
async fn each_request_on_a_connection_has_the_whole_time() {
    let (_server, to) = upstream(vec![vec![ok("1")], vec![ok("2")], vec![Step::Hang]]).await;
    let pool = pool();
    for _ in 0..2 {
        text(pool.send(&to, get("/")).await).await;
        tokio::time::advance(Duration::from_secs(20)).await;
    }
    let begun = tokio::time::Instant::now();
    let error = pool.send(&to, get("/")).await.unwrap_err();
    assert!(matches!(error, SendError::ResponseTimeout), "{error:?}");
    assert_eq!(begun.elapsed().as_secs(), 600);
    assert_eq!(pool.stats().made, 1);
}

#[tokio::test(start_paused = true)]
async fn a_connection_keeps_a_deadline_that_is_nearer_than_the_last_one() {
    let (_server, to) = upstream(vec![vec![ok("1")], vec![Step::Hang]]).await;
    let pool = pool();
    let within = async |seconds| {
        let patience = Patience {
            connect: Duration::from_secs(5),
            response: Duration::from_secs(seconds),
        };
        pool.send_within(patience, &to, &mut Some(get("/"))).await
    };
    text(within(600).await).await;
    let begun = tokio::time::Instant::now();
    let error = within(10).await.unwrap_err();
    assert!(matches!(error, SendError::ResponseTimeout), "{error:?}");
    assert_eq!(begun.elapsed().as_secs(), 10);
    assert_eq!(pool.stats().made, 1);
}

#[tokio::test(start_paused = true)]
async fn the_time_for_an_answer_runs_from_when_the_body_was_taken() {
    let (_server, to) = upstream(vec![vec![ok("hello")], vec![Step::Hang]]).await;
    let pool = pool();
    let begun = tokio::time::Instant::now();
    assert_eq!(text(pool.send(&to, post(slow(5))).await).await, "hello");
    assert_eq!(begun.elapsed().as_secs(), 2500);
    let error = pool.send(&to, post(slow(3))).await.unwrap_err();
    assert!(matches!(error, SendError::ResponseTimeout), "{error:?}");
    assert_eq!(begun.elapsed().as_secs(), 2500 + 1500 + 600);
    assert_eq!(pool.stats().made, 1);
}

#[tokio::test(start_paused = true)]
async fn a_pause_inside_the_body_is_not_the_upstreams() {
    let (_server, to) = upstream(vec![vec![ok("hello")]]).await;
    let patience = Patience {
        connect: Duration::from_secs(5),
        response: Duration::from_secs(7),
    };
    let pool = pool();
    let mut request = Some(post(slow(2)));
    let answer = pool.send_within(patience, &to, &mut request).await;
    assert_eq!(text(answer).await, "hello");
}

#[tokio::test(start_paused = true)]
async fn an_upstream_that_does_not_take_the_body_is_late() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let to = destination(&format!("http://{}", listener.local_addr().unwrap()));
    let accepting = tokio::spawn(async move { listener.accept().await.unwrap() });
    let piece = || Ok(Frame::data(Bytes::from_static(&[0; 64 << 10])));
    let endless = StreamBody::new(stream::repeat_with(piece)).boxed_unsync();
    // How much the kernel takes of it, and when, is not for a test to say.
    let error = pool().send(&to, post(endless)).await.unwrap_err();
    assert!(matches!(error, SendError::ResponseTimeout), "{error:?}");
    drop(accepting.await.unwrap());
}

#[tokio::test]
async fn a_reset_at_any_byte_of_the_answer_is_an_error() {
    let answer = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";
    let head = answer.len() - 5;
    for end in [Step::Close, Step::Reset] {
        for cut in 0..answer.len() {
            let script = vec![Step::write(&answer.as_bytes()[..cut]), end.clone()];
            let script = script.into_iter().skip(usize::from(cut == 0)).collect();
            let (server, to) = upstream(vec![script]).await;
            let pool = pool();
            match pool.send(&to, post(whole("{}"))).await {
                Err(error) => {
                    // A reset may overtake what was sent before it.
                    assert!(cut < head || matches!(end, Step::Reset), "{cut}");
                    assert!(!error.is_unsent(), "{cut}: {error:?}");
                    assert!(matches!(error, SendError::Broken(_)), "{cut}: {error:?}");
                }
                Ok(answer) => {
                    assert!(cut >= head, "{cut}");
                    let error = answer.into_body().collect().await.unwrap_err();
                    assert!(error.source().is_some(), "{cut}");
                }
            }
            assert_eq!(pool.stats().open, 0, "{cut}");
            assert_eq!(server.requests().len(), 1, "{cut}");
        }
    }
}

#[tokio::test]
async fn answers_that_can_be_read_in_two_ways_are_refused() {
    for lines in [
        "transfer-encoding: chunked\r\ncontent-length: 5",
        "content-length: 5\r\ntransfer-encoding: chunked",
        "transfer-encoding: gzip, chunked",
        "transfer-encoding: chunked\r\ntransfer-encoding: chunked",
        "transfer-encoding: identity",
        "content-length: 5\r\ncontent-length: 6",
        "content-length: +5",
    ] {
        let answer = format!("HTTP/1.1 200 OK\r\n{lines}\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
        let (_server, to) = upstream(vec![vec![Step::write(answer)]]).await;
        let pool = pool();
        let error = pool.send(&to, get("/")).await.unwrap_err();
        assert!(
            matches!(error, SendError::Framing(_) | SendError::Malformed(_)),
            "{lines}: {error:?}"
        );
        assert_eq!(pool.stats().open, 0, "{lines}");
    }
}

#[tokio::test]
async fn what_is_no_http_is_malformed() {
    let long = format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "a".repeat(70_000));
    for answer in [
        "SSH-2.0-server\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        &long,
    ] {
        let (_server, to) = upstream(vec![vec![Step::write(answer.to_owned())]]).await;
        let error = pool().send(&to, get("/")).await.err().unwrap();
        assert!(matches!(error, SendError::Malformed(_)), "{error:?}");
        assert!(!error.is_unsent());
    }
}

#[tokio::test]
async fn dropping_the_answer_closes_the_connection_at_once() {
    let gate = Gate::new();
    let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\none\r\n";
    let script = vec![Step::write(head), Step::Wait(gate)];
    let (server, to) = upstream(vec![script]).await;
    let pool = pool();
    let mut body = pool.send(&to, get("/")).await.unwrap().into_body();
    assert_eq!(
        body.frame().await.unwrap().unwrap().into_data().unwrap(),
        "one"
    );
    drop(body);
    assert_eq!(pool.stats().open, 0);
    server.wait_until(|seen| seen.abandoned == 1).await.unwrap();
}

#[tokio::test]
async fn dropping_the_wait_for_an_answer_closes_the_connection_at_once() {
    let (server, to) = upstream(vec![vec![Step::Hang]]).await;
    let pool = pool();
    let sent = tokio::select! {
        _ = pool.send(&to, get("/")) => true,
        _ = server.wait_until(|seen| seen.requests.len() == 1) => false,
    };
    assert!(!sent);
    assert_eq!(pool.stats().open, 0);
    server.wait_until(|seen| seen.abandoned == 1).await.unwrap();
}

#[tokio::test]
async fn an_answer_before_the_end_of_the_request_is_given_and_its_connection_not_kept() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let to = destination(&format!("http://{}", listener.local_addr().unwrap()));
    let serving = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut read = [0; 1024];
        let mut got = Vec::new();
        while !got.ends_with(b"half\r\n") {
            let n = stream.read(&mut read).await.unwrap();
            got.extend_from_slice(&read[..n]);
        }
        let answer = b"HTTP/1.1 413 Too Large\r\ncontent-length: 3\r\n\r\nbig";
        stream.write_all(answer).await.unwrap();
        // The client closes without having sent the rest.
        stream.read(&mut read).await.unwrap_or(0)
    });
    let pool = pool();
    let answer = pool
        .send(&to, post(pieces(vec![Ok("half")])))
        .await
        .unwrap();
    assert_eq!(answer.status(), 413);
    assert_eq!(text(Ok(answer)).await, "big");
    assert_eq!(pool.stats().open, 0);
    assert_eq!(serving.await.unwrap(), 0);
}

#[tokio::test]
async fn a_body_that_fails_inside_the_answer_is_told_with_its_own_error() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let to = destination(&format!("http://{}", listener.local_addr().unwrap()));
    let (fail, failure) = oneshot::channel();
    let serving = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let begun = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhe";
        stream.write_all(begun).await.unwrap();
        stream
    });
    let answer = pool().send(&to, post(failing(failure))).await.unwrap();
    fail.send(Box::new(ClientLeft)).unwrap();
    let error = answer.into_body().collect().await.unwrap_err();
    assert!(root(&error).is::<ClientLeft>(), "{error:?}");
    drop(serving.await.unwrap());
}

#[tokio::test]
async fn a_body_that_fails_is_told_with_its_own_error() {
    let (server, to) = upstream(vec![vec![ok("never")]]).await;
    let pool = pool();
    let body = pieces(vec![Ok("half"), Err(Box::new(ClientLeft))]);
    let error = pool.send(&to, post(body)).await.unwrap_err();
    assert!(matches!(error, SendError::Body(_)), "{error:?}");
    assert!(!error.is_unsent());
    assert!(root(&error).is::<ClientLeft>(), "{error:?}");
    assert_eq!(pool.stats().open, 0);
    assert!(server.requests().is_empty());
}
