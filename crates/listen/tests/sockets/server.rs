//! A service that answers by path, a listener for it, and a client of bytes.

use std::convert::Infallible;
use std::fmt::Debug;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use http::{Request, Response, StatusCode};
use http_body::{Body, Frame};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tollgate_listen::{
    Drained, Gate, Listener, Notice, Peer, Rejected, Service, Settings, bind, serve,
};

/// Beyond anything that a test waits for.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// The length of the first of two frames that answer `/large`; the second one has one byte.
pub const LARGE: usize = 400 << 10;

/// Answers by path, and keeps what it saw.
#[derive(Default)]
pub struct Recorder {
    pub requests: Mutex<Vec<String>>,
    pub notices: Mutex<Vec<Notice>>,
    /// Lets a request to `/wait` be answered.
    pub go: Notify,
    /// Told when a request to `/wait` has come.
    pub came: Notify,
}

/// Bytes without an end.
struct Endless;

impl Body for Endless {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&[b'x'; 16_384])))))
    }
}

impl Service for Recorder {
    type Body = UnsyncBoxBody<Bytes, Infallible>;

    async fn answer(&self, peer: Peer, request: Request<Incoming>) -> Response<Self::Body> {
        let line = format!("{} {}", request.method(), request.uri());
        self.requests.lock().unwrap().push(line);
        let text = |status, text: String| {
            let body = Full::new(Bytes::from(text)).boxed_unsync();
            Response::builder().status(status).body(body).unwrap()
        };
        match request.uri().path() {
            "/echo" => match request.into_body().collect().await {
                Ok(body) => Response::new(Full::new(body.to_bytes()).boxed_unsync()),
                Err(error) => text(400, format!("no body: {:?}", root(&error))),
            },
            "/wait" => {
                self.came.notify_one();
                self.go.notified().await;
                text(200, "waited".to_owned())
            }
            "/large" => {
                let frames = [vec![b'x'; LARGE], vec![b'y']];
                let frames = frames.map(|frame| Ok(Frame::data(frame.into())));
                Response::new(StreamBody::new(stream::iter(frames)).boxed_unsync())
            }
            "/endless" => Response::new(Endless.boxed_unsync()),
            "/peer" => {
                let proved = peer.client_certificate.is_some();
                text(
                    200,
                    format!("{} tls={} proved={proved}", peer.address, peer.tls),
                )
            }
            "/switch" => {
                tokio::spawn(echo_raw(request));
                let mut response = text(101, String::new());
                let headers = response.headers_mut();
                headers.insert("connection", "upgrade".parse().unwrap());
                headers.insert("upgrade", "raw".parse().unwrap());
                response
            }
            _ => text(200, "fine".to_owned()),
        }
    }

    fn refuse(&self, peer: &Peer, rejected: Rejected<'_>) -> Bytes {
        let path = rejected.path.unwrap_or("-");
        let body = format!("{:?} {path} {}", rejected.reason, peer.address);
        let length = body.len();
        let head = "HTTP/1.1 400 Refused\r\nconnection: close\r\ncontent-length";
        Bytes::from(format!("{head}: {length}\r\n\r\n{body}"))
    }

    fn noticed(&self, notice: Notice) {
        self.notices.lock().unwrap().push(notice);
    }
}

fn root(error: &dyn std::error::Error) -> String {
    error.source().map_or(error.to_string(), root)
}

async fn echo_raw(request: Request<Incoming>) {
    let upgraded = hyper::upgrade::on(request).await.unwrap();
    let (mut read, mut write) = tokio::io::split(TokioIo::new(upgraded));
    let _ = tokio::io::copy(&mut read, &mut write).await;
}

/// A listener that runs.
pub struct Server {
    pub address: SocketAddr,
    pub recorder: Arc<Recorder>,
    end: oneshot::Sender<()>,
    task: JoinHandle<Drained>,
}

impl Server {
    pub async fn start() -> Self {
        Self::with(Gate::new(100), Settings::default()).await
    }

    pub async fn with(gate: Gate, settings: Settings) -> Self {
        let listener = bind("127.0.0.1:0".parse().unwrap()).unwrap();
        Self::on(listener, gate, settings)
    }

    pub fn on(listener: Listener, gate: Gate, settings: Settings) -> Self {
        let address = listener.local_addr().unwrap();
        let recorder = Arc::new(Recorder::default());
        let (end, ended) = oneshot::channel();
        let service = Arc::clone(&recorder);
        let ended = async {
            let _ = ended.await;
        };
        let task = tokio::spawn(serve(service, listener, gate, settings, ended));
        Self {
            address,
            recorder,
            end,
            task,
        }
    }

    pub async fn client(&self) -> Client<TcpStream> {
        Client(TcpStream::connect(self.address).await.unwrap())
    }

    /// Sends all, and reads until the listener closes.
    pub async fn exchange(&self, bytes: impl AsRef<[u8]>) -> String {
        let mut client = self.client().await;
        client.send(bytes).await;
        client.rest().await
    }

    pub fn requests(&self) -> Vec<String> {
        self.recorder.requests.lock().unwrap().clone()
    }

    /// Tells the listener to end; what becomes of it is in the handle.
    pub fn end(self) -> (Arc<Recorder>, JoinHandle<Drained>) {
        self.end.send(()).unwrap();
        (self.recorder, self.task)
    }

    /// Waits until the recorder was told this.
    pub async fn noticed<T: Debug>(&self, wanted: impl Fn(&Notice) -> Option<T>) -> T {
        let look = async {
            loop {
                let found = self
                    .recorder
                    .notices
                    .lock()
                    .unwrap()
                    .iter()
                    .find_map(&wanted);
                match found {
                    Some(found) => return found,
                    None => tokio::task::yield_now().await,
                }
            }
        };
        timeout(DEADLINE, look).await.unwrap()
    }
}

/// A client that knows bytes only.
pub struct Client<S>(pub S);

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        // The listener may have closed already: what counts is what it said.
        let _ = self.0.write_all(bytes.as_ref()).await;
        let _ = self.0.flush().await;
    }

    /// Reads until these bytes were read last.
    pub async fn until(&mut self, end: &str) -> String {
        let mut read = Vec::new();
        let reading = async {
            while !read.ends_with(end.as_bytes()) {
                match self.0.read_u8().await {
                    Ok(byte) => read.push(byte),
                    Err(error) => panic!("{error} after {}", read.escape_ascii()),
                }
            }
        };
        timeout(DEADLINE, reading).await.unwrap();
        String::from_utf8_lossy(&read).into_owned()
    }

    /// Reads so many bytes; none where the listener closes before.
    pub async fn exactly(&mut self, count: usize) -> Option<Vec<u8>> {
        let mut read = vec![0; count];
        let reading = timeout(DEADLINE, self.0.read_exact(&mut read)).await;
        reading.unwrap().is_ok().then_some(read)
    }

    /// Reads until the listener closes.
    pub async fn rest(&mut self) -> String {
        let mut read = Vec::new();
        let mut reading = pin!(self.0.read_to_end(&mut read));
        let end = timeout(DEADLINE, &mut reading).await.unwrap();
        let _ = end;
        String::from_utf8_lossy(&read).into_owned()
    }

    /// One GET on a connection that stays open, and the text of its answer.
    pub async fn get(&mut self, path: &str, last: &str) -> String {
        self.send(format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n"))
            .await;
        let answer = self.until(last).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        answer
    }
}

/// What is not named here is of no interest.
pub fn status(answer: &str) -> StatusCode {
    let code = answer
        .get(9..12)
        .unwrap_or_else(|| panic!("no answer: {answer:?}"));
    code.parse().unwrap()
}
