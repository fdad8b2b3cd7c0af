//! What one call costs a thread: this crate beside hyper-util's client, in turns, against a server that
//! does next to nothing. `cargo run --release -p tollgate-connect --example pass`; Linux only.

#![expect(clippy::unwrap_used, reason = "a benchmark ends where it fails")]
#![expect(clippy::indexing_slicing, reason = "a benchmark ends where it fails")]
#![expect(clippy::print_stdout, reason = "figures are what it is for")]

use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tollgate_connect::{Connections, Destination, Options, Settings};

const ROUNDS: usize = 5;
const REQUEST: &[u8] = &[b'x'; 1024];

type Body = Full<Bytes>;

fn main() {
    let runtime = || Builder::new_current_thread().enable_all().build().unwrap();
    for (name, answer, calls) in [
        ("small JSON answer", small(), 40_000),
        ("stream of 50 chunks", stream(), 8_000),
    ] {
        let address = serve(runtime(), answer);
        for tasks in [1, 64] {
            compare(&runtime(), name, address, tasks, calls);
        }
    }
}

fn compare(runtime: &Runtime, name: &str, address: SocketAddr, tasks: usize, calls: usize) {
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let connections = Rc::new(Connections::<Body>::new(Settings::default()));
    let client = legacy();
    // The first round warms up and is not counted.
    for round in 0..=ROUNDS {
        let one = runtime.block_on(timed(tasks, calls, || ours_once(&connections, address)));
        let other = runtime.block_on(timed(tasks, calls, || theirs_once(&client, address)));
        if round > 0 {
            ours.push(one);
            theirs.push(other);
        }
    }
    let (ours, theirs) = (median(ours), median(theirs));
    let ratio = f64::from(u32::try_from(ours).unwrap()) / f64::from(u32::try_from(theirs).unwrap());
    println!(
        "{name}, {tasks} at once: {ours} ns here, {theirs} ns hyper-util, ratio {ratio:.2} (CPU of the thread per call)"
    );
}

/// CPU nanoseconds of this thread per call.
async fn timed<F, T>(tasks: usize, calls: usize, start: F) -> u64
where
    F: Fn() -> T,
    T: AsyncFnMut() + 'static,
{
    let local = tokio::task::LocalSet::new();
    let begun = cpu();
    local
        .run_until(async {
            let mut running = Vec::new();
            for _ in 0..tasks {
                let mut once = start();
                running.push(tokio::task::spawn_local(async move {
                    for _ in 0..calls / tasks {
                        once().await;
                    }
                }));
            }
            for task in running {
                task.await.unwrap();
            }
        })
        .await;
    (cpu() - begun) / u64::try_from(calls).unwrap()
}

fn ours_once(
    connections: &Rc<Connections<Body>>,
    address: SocketAddr,
) -> impl AsyncFnMut() + use<> {
    thread_local! {
        static KNOWN: std::cell::RefCell<Option<(SocketAddr, Destination)>> = const { std::cell::RefCell::new(None) };
    }
    let connections = Rc::clone(connections);
    let to = KNOWN.with_borrow_mut(|known| match known {
        Some((of, to)) if *of == address => to.clone(),
        _ => {
            let url = url::Url::parse(&format!("http://{address}")).unwrap();
            let options = Options {
                private: true,
                ..Options::default()
            };
            let to = Destination::new(&url, options).unwrap();
            *known = Some((address, to.clone()));
            to
        }
    });
    async move || {
        let answer = connections.send(&to, request(address)).await.unwrap();
        drain(answer.into_body()).await;
    }
}

fn theirs_once(
    client: &Client<HttpConnector, Body>,
    address: SocketAddr,
) -> impl AsyncFnMut() + use<> {
    let client = client.clone();
    async move || {
        let answer = client.request(request(address)).await.unwrap();
        drain(answer.into_body()).await;
    }
}

fn legacy() -> Client<HttpConnector, Body> {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(Duration::from_secs(30))
        .http1_max_buf_size(64 << 10)
        .build(connector)
}

fn request(address: SocketAddr) -> Request<Body> {
    Request::post(format!("http://{address}/v1/chat/completions"))
        .header("content-type", "application/json")
        .header("accept", "application/json")
        .header("authorization", "Bearer sk-something-that-is-long-enough")
        .header("user-agent", "pass")
        .body(Full::new(Bytes::from_static(REQUEST)))
        .unwrap()
}

async fn drain<B>(mut body: B)
where
    B: http_body::Body<Data = Bytes> + Unpin,
    B::Error: std::fmt::Debug,
{
    while let Some(frame) = body.frame().await {
        std::hint::black_box(frame.unwrap());
    }
}

fn small() -> Vec<u8> {
    let body = [b'y'; 512];
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ndate: Sat, 01 Jan 2000 00:00:00 GMT\r\ncontent-length: 512\r\n\r\n";
    [head.as_bytes(), &body].concat()
}

fn stream() -> Vec<u8> {
    let head =
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    let event = format!("80\r\n{}\r\n", "z".repeat(128));
    [head, &event.repeat(50), "0\r\n\r\n"].concat().into_bytes()
}

/// A server on a thread of its own, which takes anything of the known size for a request.
fn serve(runtime: Runtime, answer: Vec<u8>) -> SocketAddr {
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap();
    let answer: &'static [u8] = Vec::leak(answer);
    std::thread::spawn(move || {
        runtime.block_on(async {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer_all(stream, answer));
            }
        });
    });
    address
}

async fn answer_all(mut stream: TcpStream, answer: &[u8]) {
    stream.set_nodelay(true).unwrap();
    let mut buffer = vec![0; 8192];
    let mut filled = 0;
    loop {
        let Ok(read @ 1..) = stream.read(&mut buffer[filled..]).await else {
            return;
        };
        filled += read;
        let head = buffer[..filled]
            .windows(4)
            .position(|end| end == b"\r\n\r\n");
        if head.is_some_and(|head| filled == head + 4 + REQUEST.len()) {
            stream.write_all(answer).await.unwrap();
            filled = 0;
        }
    }
}

/// Nanoseconds that this thread was running, from the first field of the kernel's `schedstat`.
fn cpu() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split(' ').next().unwrap().parse().unwrap()
}

fn median(mut figures: Vec<u64>) -> u64 {
    figures.sort_unstable();
    figures[figures.len() / 2]
}
