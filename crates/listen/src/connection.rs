//! One connection from its first byte to its end, under its deadline.

use std::convert::Infallible;
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use http::header::CONNECTION;
use http::{HeaderValue, Request, Response, StatusCode, Version};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use pin_project_lite::pin_project;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::deadline::{CLOSING, Deadline, Due, Limits};
use crate::flood::Watch;
use crate::framing::Guard;
use crate::gate::Gate;
use crate::opening::{Opened, Patience, Protocol, open};
use crate::pulse::{Last, Pulse};
use crate::rejected::Reason;
use crate::service::{Ending, Peer, Service};
use crate::settings::Settings;
use crate::socket::{Sight, Socket};
use crate::stream_task::StreamTasks;

/// How long a connection without a request may still bring one when the listener ends: it may be on
/// its way.
const LAST_CALL: Duration = Duration::from_secs(1);
/// How long a connection that has no place is waited for, so that the answer suits its request.
const REFUSED: Duration = Duration::from_secs(1);

/// Of so many connections each reads a long body in large pieces: fewer of them cost less. What a
/// connection has once read into it keeps while it is idle, so that further ones read smaller pieces.
const FEW: usize = 64;
/// The most that is read at once on each of a few connections, in bytes: as much as hyper reads.
const LARGE_READ: usize = 408 << 10;

/// What the connections of one listener share.
pub(crate) struct Shared<S> {
    pub(crate) service: Arc<S>,
    pub(crate) gate: Gate,
    pub(crate) settings: Settings,
    http1: http1::Builder,
    /// The same for a few connections.
    large_reads: http1::Builder,
    http2: http2::Builder<StreamTasks>,
}

impl<S: Service> Shared<S> {
    pub(crate) fn new(service: Arc<S>, gate: Gate, settings: Settings) -> Self {
        let head_bytes = settings.head_bytes.max(8 << 10);
        let mut http1 = http1::Builder::new();
        http1
            // Its clock also runs between requests; `deadline` knows the difference.
            .header_read_timeout(None)
            .max_headers(settings.headers)
            .max_buf_size(head_bytes);
        // How long heads may be, the socket sees to.
        let mut large_reads = http1.clone();
        large_reads.max_buf_size(head_bytes.max(LARGE_READ));
        let mut http2 = http2::Builder::new(StreamTasks {
            stall: settings.stall(),
            crowd: Arc::clone(&gate.crowd),
        });
        http2
            .timer(TokioTimer::new())
            .max_concurrent_streams(settings.streams)
            .max_header_list_size(u32::try_from(head_bytes).unwrap_or(u32::MAX))
            .initial_stream_window_size(64 << 10)
            .initial_connection_window_size(1 << 20)
            .max_send_buf_size(64 << 10)
            .keep_alive_interval(Duration::from_secs(30))
            .keep_alive_timeout(Duration::from_secs(20));
        Self {
            service,
            gate,
            settings,
            http1,
            large_reads,
            http2,
        }
    }

    /// The same with other settings.
    pub(crate) fn with(&self, settings: Settings) -> Self {
        Self::new(Arc::clone(&self.service), self.gate.clone(), settings)
    }

    /// Serves a connection to its end.
    pub(crate) async fn serve(
        &self,
        socket: TcpStream,
        remote: IpAddr,
        pulse: Arc<Pulse>,
    ) -> Ending {
        let patience = Patience {
            handshake: self.settings.handshake,
            first: self.settings.head_timeout,
        };
        // What a connection needs for a while, or only where it speaks HTTP/2, is boxed: the task
        // has room for an open connection of HTTP/1.
        let opened = tokio::select! {
            opened = Box::pin(open(&self.gate, socket, remote, patience)) => opened,
            () = last_call(&pulse) => Err(Ending::Complete),
        };
        match opened {
            Ok(opened) if opened.protocol == Protocol::Http1 => {
                let ending = self.http1(opened, &pulse).await;
                if pulse.is_switched() && ending == Ending::Complete {
                    // Another protocol goes on. It has its place, and its end, here.
                    pulse.closed().await;
                }
                ending
            }
            Ok(opened) => Box::pin(self.http2(opened, &pulse)).await,
            Err(ending) => ending,
        }
    }

    /// Answers that there is no place.
    pub(crate) async fn refuse(&self, socket: TcpStream, remote: IpAddr) {
        let patience = Patience {
            handshake: REFUSED,
            first: REFUSED,
        };
        if let Ok(opened) = open(&self.gate, socket, remote, patience).await {
            let socket = match opened.protocol {
                Protocol::Http1 => self.socket1(opened, Arc::default()),
                Protocol::Http2 => self.socket2(opened, Arc::default()),
            };
            // A client that does not close is left.
            let _ = timeout(CLOSING, socket.refuse(Reason::Overloaded)).await;
        }
    }

    /// Not an `async fn`, whose future would hold the connection twice: what each open connection
    /// takes counts.
    fn http1(&self, opened: Opened, pulse: &Arc<Pulse>) -> impl Future<Output = Ending> + use<S> {
        let answers = self.answers(&opened.peer, pulse);
        let service = service_fn(move |request| answers.answer(request));
        let socket = self.socket1(opened, Arc::clone(pulse));
        let few = self.gate.taken() <= FEW;
        let builder = if few { &self.large_reads } else { &self.http1 };
        let connection = builder.serve_connection(TokioIo::new(socket), service);
        Driven {
            connection: connection.with_upgrades(),
            graceful_end: |connection| connection.graceful_shutdown(),
            deadline: Deadline::new(Limits::of_http1(&self.settings), &self.gate.crowd),
            pulse: Arc::clone(pulse),
            at_once: false,
            draining: false,
        }
    }

    fn http2(&self, opened: Opened, pulse: &Arc<Pulse>) -> impl Future<Output = Ending> + use<S> {
        pulse.heed();
        let answers = self.answers(&opened.peer, pulse);
        let service = service_fn(move |request| answers.answer(request));
        let socket = self.socket2(opened, Arc::clone(pulse));
        Driven {
            connection: self.http2.serve_connection(TokioIo::new(socket), service),
            graceful_end: |connection| connection.graceful_shutdown(),
            deadline: Deadline::new(Limits::of_http2(&self.settings), &self.gate.crowd),
            pulse: Arc::clone(pulse),
            at_once: true,
            draining: false,
        }
    }

    fn socket1(&self, opened: Opened, pulse: Arc<Pulse>) -> Socket<S> {
        let bytes = self.settings.head_bytes.max(8 << 10);
        let guard = Guard::new(self.settings.headers, bytes).hostless(self.settings.hostless);
        self.socket(opened, pulse, Sight::Http1(guard))
    }

    fn socket2(&self, opened: Opened, pulse: Arc<Pulse>) -> Socket<S> {
        let watch = Watch::new(self.settings.control_frames, Instant::now());
        self.socket(opened, pulse, Sight::Http2(watch))
    }

    fn socket(&self, opened: Opened, pulse: Arc<Pulse>, sight: Sight) -> Socket<S> {
        let side = (Arc::clone(&self.service), opened.peer);
        Socket::new(opened.stream, side, pulse, sight, opened.first)
    }

    fn answers(&self, peer: &Peer, pulse: &Arc<Pulse>) -> Answers<S> {
        Answers {
            service: Arc::clone(&self.service),
            peer: peer.clone(),
            pulse: Arc::clone(pulse),
        }
    }
}

/// The service as hyper calls it, with an eye on when each answer ends.
struct Answers<S> {
    service: Arc<S>,
    peer: Peer,
    pulse: Arc<Pulse>,
}

impl<S: Service> Answers<S> {
    fn answer(
        &self,
        request: Request<Incoming>,
    ) -> impl Future<Output = Result<Response<Last<S::Body>>, Infallible>> + Send + use<S> {
        let (service, peer) = (Arc::clone(&self.service), self.peer.clone());
        let running = self.pulse.request();
        // hyper moves it about, and it is large.
        Box::pin(async move {
            let one_by_one = request.version() <= Version::HTTP_11;
            let mut response = service.answer(peer, request).await;
            if response.status() == StatusCode::SWITCHING_PROTOCOLS {
                running.pulse().switch();
            } else if one_by_one && (running.pulse().is_draining() || running.is_arriving()) {
                // hyper closes behind an answer that comes before the end of its request, too.
                let close = HeaderValue::from_static("close");
                response.headers_mut().insert(CONNECTION, close);
            }
            Ok(response.map(|body| running.until(body)))
        })
    }
}

/// Resolves a while after the listener was told to end.
async fn last_call(pulse: &Pulse) {
    pulse.drained().await;
    sleep(LAST_CALL).await;
}

pin_project! {
    /// hyper's connection, its deadline and its graceful end, driven by one task.
    struct Driven<C> {
        #[pin]
        connection: C,
        graceful_end: fn(Pin<&mut C>),
        #[pin]
        deadline: Deadline,
        pulse: Arc<Pulse>,
        // Whether a graceful end may begin before there was a request.
        at_once: bool,
        draining: bool,
    }
}

impl<C: Future<Output = hyper::Result<()>>> Future for Driven<C> {
    type Output = Ending;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Ending> {
        let mut this = self.project();
        this.pulse.register(cx);
        loop {
            let polled = this.connection.as_mut().poll(cx);
            if let Poll::Ready(served) = polled {
                let end = served.map_or(Ending::Broken, |()| Ending::Complete);
                return Poll::Ready(this.pulse.fate().unwrap_or(end));
            }
            if this.pulse.is_draining()
                && !*this.draining
                && (*this.at_once || this.pulse.beat().begun > 0)
            {
                *this.draining = true;
                (this.graceful_end)(this.connection.as_mut());
                continue;
            }
            match this.deadline.as_mut().poll(this.pulse, cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Due::Head) => this.pulse.head_late(),
                Poll::Ready(Due::Idle) => (this.graceful_end)(this.connection.as_mut()),
                Poll::Ready(Due::Unread | Due::Dead) => {
                    let end = this.pulse.fate().unwrap_or(Ending::Expired);
                    return Poll::Ready(end);
                }
            }
            // It has a little time to end in order.
            this.pulse.closing();
        }
    }
}
