//! HTTP/2: shared connections, and how they end.

use std::time::Duration;

use bytes::{Buf, Bytes};
use futures_util::stream;
use h2::Reason;
use h2::server::SendResponse;
use http::header::{CONNECTION, HOST, UPGRADE};
use http::{HeaderValue, Request, Response, Version};
use http_body::Frame;
use http_body_util::{BodyExt, Full, StreamBody};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use tollgate_connect::{Connections, Destination, Http2, Options, SendError, Settings};
use tollgate_testkit::DEADLINE;

use crate::secure::{acceptor, certificate, to, trusting};
use crate::setting::{Body, BoxError, failing, get, local, pool, post, sharing, slow, text, whole};

/// What a server does with a stream.
#[derive(Clone, Copy)]
enum Do {
    Answer,
    Refuse,
    /// Answers, and tells that it is going away.
    Leave,
    /// Says nothing.
    Hang,
    /// Says nothing after half of an answer.
    Begin,
    /// The same, and tells that it is going away.
    BeginAndLeave,
    /// Answers without a body, and has room for no more of a request's than its first KiB.
    AnswerUnread,
}

type Asked = mpsc::UnboundedReceiver<Request<h2::RecvStream>>;

/// A server without TLS that allows so many streams at once.
async fn server(most: u32, what: Do) -> (Destination, Asked) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (sender, asked) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let mut builder = h2::server::Builder::new();
            builder.max_concurrent_streams(most);
            if matches!(what, Do::AnswerUnread) {
                builder.initial_window_size(1 << 10);
            }
            tokio::spawn(serve(builder, stream, sender.clone(), what));
        }
    });
    let options = Options {
        http2: Http2::PriorKnowledge,
        ..local()
    };
    let url = url::Url::parse(&url).unwrap();
    (Destination::new(&url, options).unwrap(), asked)
}

async fn serve<T>(
    builder: h2::server::Builder,
    stream: T,
    sender: mpsc::UnboundedSender<Request<h2::RecvStream>>,
    what: Do,
) where
    T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    let mut connection = builder.handshake::<_, Bytes>(stream).await.unwrap();
    let (mut waiting, mut unfinished) = (Vec::new(), Vec::new());
    while let Some(Ok((request, mut respond))) = connection.accept().await {
        match what {
            Do::Answer => answer(&mut respond),
            Do::Refuse => respond.send_reset(Reason::REFUSED_STREAM),
            Do::Leave => {
                answer(&mut respond);
                connection.graceful_shutdown();
            }
            Do::Hang => waiting.push(respond),
            Do::AnswerUnread => {
                respond.send_response(Response::new(()), true).unwrap();
                waiting.push(respond);
            }
            Do::Begin | Do::BeginAndLeave => {
                if matches!(what, Do::BeginAndLeave) {
                    connection.graceful_shutdown();
                }
                let mut body = respond.send_response(Response::new(()), false).unwrap();
                body.send_data(Bytes::from_static(b"he"), false).unwrap();
                unfinished.push(body);
            }
        }
        let _ = sender.send(request);
    }
}

fn answer(respond: &mut SendResponse<Bytes>) {
    let mut body = respond.send_response(Response::new(()), false).unwrap();
    body.send_data(Bytes::from_static(b"hello"), true).unwrap();
}

/// All of a body, with room for more as soon as some of it came.
async fn taken(mut body: h2::RecvStream) -> Vec<u8> {
    let mut came = Vec::new();
    while let Some(data) = body.data().await {
        let data = data.unwrap();
        body.flow_control().release_capacity(data.len()).unwrap();
        came.extend_from_slice(&data);
    }
    came
}

#[tokio::test]
async fn requests_share_a_connection() {
    let (to, mut asked) = server(100, Do::Answer).await;
    let pool = pool();
    let both = tokio::join!(
        pool.send(&to, get("/a?b=c")),
        pool.send(&to, post(whole("{}")))
    );
    assert_eq!(both.0.as_ref().unwrap().version(), Version::HTTP_2);
    let texts = tokio::join!(text(both.0), text(both.1));
    assert_eq!(texts, ("hello".to_owned(), "hello".to_owned()));
    text(pool.send(&to, get("/a?b=c")).await).await;
    let stats = pool.stats();
    assert_eq!(
        (stats.made, stats.open, stats.idle, stats.reused),
        (1, 1, 1, 1)
    );
    let paths: Vec<_> = [asked.recv().await, asked.recv().await]
        .map(|request| {
            let request = request.unwrap();
            assert!(!request.headers().contains_key(HOST));
            request.uri().path_and_query().unwrap().to_string()
        })
        .into();
    assert!(paths.contains(&"/a?b=c".to_owned()), "{paths:?}");
    let uri = asked.recv().await.unwrap().uri().clone();
    assert_eq!(uri.scheme_str(), Some("http"));
    assert_eq!(uri.host(), Some("127.0.0.1"));
}

#[tokio::test]
async fn a_host_that_the_caller_set_becomes_the_authority() {
    let (to, mut asked) = server(100, Do::Answer).await;
    let mut request = get("/");
    let name = HeaderValue::from_static("other.example");
    request.headers_mut().insert(HOST, name);
    text(pool().send(&to, request).await).await;
    let authority = asked.recv().await.unwrap().uri().authority().cloned();
    assert_eq!(authority.unwrap(), "other.example");
}

#[tokio::test]
async fn where_no_further_stream_is_allowed_another_connection_is_made() {
    let (to, _asked) = server(1, Do::Answer).await;
    let pool = pool();
    // The first answer comes after the settings.
    let first = pool.send(&to, get("/")).await;
    let second = pool.send(&to, get("/")).await;
    assert_eq!(pool.stats().made, 2);
    tokio::join!(text(first), text(second));
    text(pool.send(&to, get("/")).await).await;
    assert_eq!(pool.stats().made, 2);
}

#[tokio::test]
async fn answers_that_are_not_read_leave_room_for_others_on_another_connection() {
    let (to, _asked) = server(100_000, Do::Answer).await;
    let pool = pool();
    let mut unread = Vec::new();
    for _ in 0..255 {
        unread.push(pool.send(&to, get("/")).await.unwrap());
    }
    assert_eq!(pool.stats().made, 1);
    unread.push(pool.send(&to, get("/")).await.unwrap());
    assert_eq!(pool.stats().made, 2);
}

#[tokio::test]
async fn a_stream_that_was_refused_is_unsent() {
    let (to, _asked) = server(100, Do::Refuse).await;
    let error = pool().send(&to, get("/")).await.unwrap_err();
    assert!(matches!(error, SendError::Unsent(_)), "{error:?}");
    assert!(error.is_unsent());
}

#[tokio::test]
async fn a_connection_that_goes_away_ends_what_it_has_and_takes_no_more() {
    let (to, _asked) = server(100, Do::Leave).await;
    let pool = pool();
    for _ in 0..3 {
        assert_eq!(text(pool.send(&to, get("/")).await).await, "hello");
    }
    assert!(pool.stats().made > 1);
}

#[tokio::test]
async fn a_connection_that_goes_away_keeps_its_place_until_it_is_closed() {
    let (to, _asked) = server(100, Do::BeginAndLeave).await;
    let pool = Connections::new(sharing(2));
    let mut unfinished = Vec::new();
    let error = loop {
        match pool.send(&to, get("/")).await {
            Ok(answer) => unfinished.push(answer),
            Err(error) => break error,
        }
        assert!(pool.stats().made <= 2, "{:?}", pool.stats());
    };
    assert!(matches!(error, SendError::Full), "{error:?}");
    assert_eq!(pool.stats().open, 2);
    drop(unfinished);
    while pool.stats().open > 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn silence_on_a_stream_ends_at_the_deadline_and_resets_it() {
    let (to, mut asked) = server(100, Do::Hang).await;
    let pool = pool();
    let error = pool.send(&to, get("/")).await.unwrap_err();
    assert!(matches!(error, SendError::ResponseTimeout), "{error:?}");
    let mut request = asked.recv().await.unwrap();
    assert!(request.body_mut().data().await.is_none());
    assert_eq!(pool.stats().idle, 1);
}

#[tokio::test]
async fn a_body_in_pieces_is_sent_whole() {
    let (to, mut asked) = server(100, Do::Answer).await;
    let pieces = Bytes::from("one, ").chain(Bytes::from("two, ".repeat(10_000)));
    let pieces = pieces.chain(Bytes::from("three"));
    let request = Request::post("/").body(Full::new(pieces)).unwrap();
    let pool = Connections::new(Settings::default());
    pool.send(&to, request).await.unwrap();
    let came = taken(asked.recv().await.unwrap().into_body()).await;
    let expected = format!("one, {}three", "two, ".repeat(10_000));
    assert!(came == expected.as_bytes());
}

#[derive(Debug, thiserror::Error)]
#[error("the client left")]
struct ClientLeft;

#[tokio::test]
async fn a_body_that_fails_is_told_with_its_own_error() {
    let (to, _asked) = server(100, Do::Hang).await;
    let frames: Vec<Result<Frame<Bytes>, BoxError>> = vec![
        Ok(Frame::data(Bytes::from_static(b"half"))),
        Err(Box::new(ClientLeft)),
    ];
    let body: Body = StreamBody::new(stream::iter(frames)).boxed_unsync();
    let error = pool().send(&to, post(body)).await.unwrap_err();
    let SendError::Body(cause) = &error else {
        panic!("{error:?}");
    };
    assert!(cause.is::<ClientLeft>(), "{cause:?}");
}

#[tokio::test]
async fn a_body_that_fails_inside_the_answer_is_told_with_its_own_error() {
    let (to, _asked) = server(100, Do::Begin).await;
    let (fail, failure) = oneshot::channel();
    let answer = pool().send(&to, post(failing(failure))).await.unwrap();
    fail.send(Box::new(ClientLeft)).unwrap();
    let error = answer.into_body().collect().await.unwrap_err();
    let cause = std::error::Error::source(&error).unwrap();
    assert!(cause.is::<ClientLeft>(), "{cause:?}");
}

/// A body in so many pieces of so many bytes, and what is told when none of them is kept any more.
fn kept(pieces: usize, bytes: usize) -> (Body, oneshot::Receiver<()>) {
    struct Kept(
        Vec<u8>,
        #[expect(dead_code, reason = "tells by being dropped")] oneshot::Sender<()>,
    );
    impl AsRef<[u8]> for Kept {
        fn as_ref(&self) -> &[u8] {
            &self.0
        }
    }
    let (told, gone) = oneshot::channel();
    let all = Bytes::from_owner(Kept(vec![b'x'; pieces * bytes], told));
    let piece = move |number| Ok(Frame::data(all.slice(number * bytes..(number + 1) * bytes)));
    let frames = stream::iter((0..pieces).map(piece));
    (StreamBody::new(frames).boxed_unsync(), gone)
}

#[tokio::test]
async fn dropping_an_answer_lets_go_of_a_body_that_is_still_sent() {
    let (to, mut asked) = server(100, Do::Begin).await;
    let pool = pool();
    let (body, gone) = kept(2, 1 << 20);
    let answer = pool.send(&to, post(body)).await.unwrap();
    let mut received = asked.recv().await.unwrap().into_body();
    drop(answer);
    assert!(timeout(DEADLINE, gone).await.unwrap().is_err());
    while let Some(Ok(_)) = received.data().await {}
    assert_eq!(pool.stats().idle, 1);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_over_lets_go_of_a_body_that_is_not_taken() {
    let (to, mut asked) = server(100, Do::AnswerUnread).await;
    let pool = pool();
    for (pieces, bytes) in [(1, 1 << 20), (100, 2 << 10)] {
        let (body, gone) = kept(pieces, bytes);
        let answer = pool.send(&to, post(body)).await;
        let mut received = asked.recv().await.unwrap().into_body();
        text(answer).await;
        assert!(timeout(DEADLINE, gone).await.unwrap().is_err());
        let mut error = None;
        while error.is_none() {
            error = received.data().await.unwrap().err();
        }
        assert_eq!(error.unwrap().reason(), Some(Reason::CANCEL));
    }
    assert_eq!(pool.stats().made, 1);
}

#[tokio::test]
async fn an_answer_that_is_over_leaves_a_body_to_whoever_takes_it() {
    let (to, mut asked) = server(100, Do::AnswerUnread).await;
    let (body, _gone) = kept(2, 64 << 10);
    text(pool().send(&to, post(body)).await).await;
    let came = taken(asked.recv().await.unwrap().into_body()).await;
    assert_eq!(came.len(), 2 * (64 << 10));
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_nobody_uses_is_closed_with_what_is_not_taken() {
    let (to, mut asked) = server(100, Do::AnswerUnread).await;
    let pool = pool();
    // From now on it is known how little there is room for.
    text(pool.send(&to, get("/")).await).await;
    let (body, gone) = kept(1, 2 << 10);
    text(pool.send(&to, post(body)).await).await;
    let _unread = [asked.recv().await.unwrap(), asked.recv().await.unwrap()];
    tokio::time::advance(Duration::from_secs(30)).await;
    pool.sweep();
    assert!(timeout(DEADLINE, gone).await.unwrap().is_err());
    assert_eq!(pool.stats().open, 0);
}

#[tokio::test(start_paused = true)]
async fn the_time_for_an_answer_runs_from_when_the_body_was_taken() {
    let (to, _asked) = server(100, Do::Hang).await;
    let begun = tokio::time::Instant::now();
    let error = pool().send(&to, post(slow(5))).await.unwrap_err();
    assert!(matches!(error, SendError::ResponseTimeout), "{error:?}");
    assert_eq!(begun.elapsed().as_secs(), 2500 + 600);
}

#[tokio::test(start_paused = true)]
async fn a_connection_without_streams_is_swept() {
    let (to, _asked) = server(100, Do::Answer).await;
    let pool = pool();
    text(pool.send(&to, get("/")).await).await;
    pool.sweep();
    assert_eq!(pool.stats().idle, 1);
    tokio::time::advance(Duration::from_secs(30)).await;
    pool.sweep();
    assert_eq!(pool.stats().idle, 0);
    while pool.stats().open > 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_connection_without_streams_makes_room_for_another_one() {
    let (idle, _asked) = server(100, Do::Answer).await;
    let (busy, _asked) = server(100, Do::Begin).await;
    let (next, _asked) = server(100, Do::Answer).await;
    let pool = Connections::new(sharing(2));
    text(pool.send(&idle, get("/")).await).await;
    assert_eq!(pool.stats().idle, 1);
    let going_on = pool.send(&busy, get("/")).await.unwrap();
    assert_eq!(text(pool.send(&next, get("/")).await).await, "hello");
    drop(going_on);
}

#[tokio::test]
async fn a_connection_without_streams_is_closed_where_places_are_scarce() {
    let (to, _asked) = server(100, Do::Answer).await;
    let (busy, _asked) = server(100, Do::Begin).await;
    let settings = sharing(2);
    let [here, there] = [settings.clone(), settings].map(Connections::new);
    let going_on = here.send(&busy, get("/")).await.unwrap();
    for pool in [&here, &there, &here] {
        assert_eq!(text(pool.send(&to, get("/")).await).await, "hello");
        assert_eq!(pool.stats().idle, 0);
    }
    drop(going_on);
}

#[tokio::test]
async fn no_protocol_is_switched_on_a_shared_connection() {
    let (to, _asked) = server(100, Do::Answer).await;
    let mut request = get("/");
    let headers = request.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    let error = pool().send(&to, request).await.unwrap_err();
    assert!(matches!(error, SendError::Request("upgrade")), "{error:?}");
}

/// A server with TLS that agrees to these protocols, and how many connections it had of which.
async fn offering(alpn: &'static [&'static [u8]]) -> (Destination, mpsc::UnboundedReceiver<bool>) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let certificate = certificate("localhost");
    let acceptor = acceptor(&certificate, alpn);
    let (sender, agreed) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let mut stream = acceptor.accept(stream).await.unwrap();
            let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
            sender.send(is_http2).unwrap();
            if is_http2 {
                let unheard = mpsc::unbounded_channel().0;
                tokio::spawn(serve(
                    h2::server::Builder::new(),
                    stream,
                    unheard,
                    Do::Answer,
                ));
                continue;
            }
            tokio::spawn(async move {
                let mut head = Vec::new();
                while let Ok(byte) = stream.read_u8().await {
                    head.push(byte);
                    if head.ends_with(b"\r\n\r\n") {
                        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";
                        stream.write_all(answer).await.unwrap();
                    }
                }
            });
        }
    });
    let options = Options {
        http2: Http2::WhereOffered,
        ..trusting(&certificate)
    };
    (to("localhost", port, options), agreed)
}

#[tokio::test]
async fn http2_is_spoken_where_it_is_offered() {
    let (to, mut agreed) = offering(&[b"h2", b"http/1.1"]).await;
    let pool = pool();
    let three = tokio::join!(
        pool.send(&to, get("/")),
        pool.send(&to, get("/")),
        pool.send(&to, get("/"))
    );
    assert_eq!(three.0.as_ref().unwrap().version(), Version::HTTP_2);
    tokio::join!(text(three.0), text(three.1), text(three.2));
    assert_eq!(pool.stats().made, 1);
    assert!(agreed.recv().await.unwrap());
}

#[tokio::test]
async fn a_request_to_switch_protocols_has_an_http1_connection() {
    let (to, mut agreed) = offering(&[b"h2", b"http/1.1"]).await;
    let mut request = get("/");
    let websocket = HeaderValue::from_static("websocket");
    request.headers_mut().insert(UPGRADE, websocket);
    let answer = pool().send(&to, request).await.unwrap();
    assert_eq!(answer.version(), Version::HTTP_11);
    assert!(!agreed.recv().await.unwrap());
}

#[tokio::test]
async fn where_http2_is_not_offered_the_connection_serves_http1() {
    for alpn in [&[] as &[&[u8]], &[b"http/1.1"]] {
        let (to, _agreed) = offering(alpn).await;
        let pool = pool();
        for _ in 0..3 {
            let answer = pool.send(&to, get("/")).await.unwrap();
            assert_eq!(answer.version(), Version::HTTP_11);
            assert_eq!(text(Ok(answer)).await, "hello");
        }
        assert_eq!(pool.stats().made, 1);
    }
}
