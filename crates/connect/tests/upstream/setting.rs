//! What the tests share: destinations on loopback, requests, and bodies.

use std::convert::Infallible;
use std::time::Duration;

use ::url::Url;
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::{Request, Response};
use http_body::Frame;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use tokio::sync::oneshot;
use tokio::time::{Instant, interval_at};
use tollgate_connect::{
    AnswerBody, Connections, Destination, Options, SendError, Settings, Sockets,
};
use tollgate_testkit::raw_upstream::{RawUpstream, Step};

pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
pub type Body = UnsyncBoxBody<Bytes, BoxError>;
pub type Pool = Connections<Body>;

pub fn pool() -> Pool {
    Connections::new(Settings::default())
}

/// For pools that have no more than so many connections open together.
pub fn sharing(most: usize) -> Settings {
    Settings {
        sockets: Some(Sockets::at_most(most)),
        ..Settings::default()
    }
}

pub fn local() -> Options {
    Options {
        private: true,
        ..Options::default()
    }
}

pub fn destination(url: &str) -> Destination {
    Destination::new(&Url::parse(url).unwrap(), local()).unwrap()
}

/// A server that answers the n-th request with the n-th script, and the way to it.
pub async fn upstream(scripts: Vec<Vec<Step>>) -> (RawUpstream, Destination) {
    let upstream = RawUpstream::start_sequence(scripts).await.unwrap();
    let to = destination(&upstream.url());
    (upstream, to)
}

pub fn whole(body: &'static str) -> Body {
    let body = Full::new(Bytes::from_static(body.as_bytes()));
    body.map_err(|never: Infallible| match never {})
        .boxed_unsync()
}

/// A body of so many pieces, each of which comes 500 seconds after the one before it.
pub fn slow(pieces: usize) -> Body {
    let pause = Duration::from_secs(500);
    let ticks = interval_at(Instant::now() + pause, pause);
    let frames = stream::unfold(ticks, |mut ticks| async move {
        ticks.tick().await;
        Some((Ok(Frame::data(Bytes::from_static(b"piece"))), ticks))
    });
    StreamBody::new(frames.take(pieces)).boxed_unsync()
}

/// A body whose first piece is there, and that fails when it is told to.
pub fn failing(failure: oneshot::Receiver<BoxError>) -> Body {
    let first = stream::once(async { Ok(Frame::data(Bytes::from_static(b"half"))) });
    let rest = stream::once(async { Err(failure.await.unwrap()) });
    StreamBody::new(first.chain(rest)).boxed_unsync()
}

pub fn get(path: &str) -> Request<Body> {
    Request::get(path).body(whole("")).unwrap()
}

pub fn post(body: Body) -> Request<Body> {
    Request::post("/v1/chat/completions").body(body).unwrap()
}

/// The answer's body, where the answer came and its body too.
pub async fn text(answer: Result<Response<AnswerBody<Body>>, SendError>) -> String {
    let body = answer.unwrap().into_body().collect().await.unwrap();
    String::from_utf8(body.to_bytes().to_vec()).unwrap()
}

pub fn ok(body: &str) -> Step {
    Step::respond(200, "text/plain", body)
}
