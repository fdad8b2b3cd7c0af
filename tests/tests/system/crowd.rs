//! Many streams at once: what they cost while nothing happens, and that none is cut at the end.

use std::net::SocketAddr;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tollgate_testkit::http_message::{LAST_CHUNK, chunk, response_head};
use tollgate_tests::system::request;
use tollgate_tests::{System, Token};

const PATIENCE: Duration = Duration::from_secs(300);
const FIRST: &[u8] = b"data: 1\n\n";
const LAST: &[u8] = b"data: [DONE]\n\n";
/// How many are opened at the same time.
const AT_ONCE: usize = 64;

/// An upstream whose streams all wait between their first event and their last.
struct Patient {
    url: String,
    over: watch::Sender<bool>,
}

impl Patient {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (over, waits) = watch::channel(false);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(stream_slowly(stream, waits.clone()));
            }
        });
        Self { url, over }
    }
}

/// Answers one call; fails where the client leaves.
async fn stream_slowly(
    mut stream: TcpStream,
    mut over: watch::Receiver<bool>,
) -> std::io::Result<()> {
    // The gateway sends these small calls whole.
    let mut asked = [0; 1024];
    let _length = stream.read(&mut asked).await?;
    let headers = [
        ("content-type", "text/event-stream"),
        ("transfer-encoding", "chunked"),
        ("connection", "close"),
    ];
    let begin = [response_head(200, &headers), chunk(FIRST)].concat();
    stream.write_all(&begin).await?;
    // The sender outlives the test's streams.
    let _ = over.wait_for(|over| *over).await;
    stream.write_all(&[&chunk(LAST), LAST_CHUNK].concat()).await
}

/// A stream of which the first event came.
async fn open(gateway: SocketAddr, ask: String) -> TcpStream {
    let mut stream = TcpStream::connect(gateway).await.unwrap();
    stream.write_all(ask.as_bytes()).await.unwrap();
    let seen = until(&mut stream, FIRST).await;
    assert!(seen.starts_with(b"HTTP/1.1 200 "));
    stream
}

/// Reads until this has come.
async fn until(stream: &mut TcpStream, wanted: &[u8]) -> Vec<u8> {
    let mut seen = Vec::new();
    while !seen.windows(wanted.len()).any(|window| window == wanted) {
        let more = timeout(PATIENCE, stream.read_buf(&mut seen)).await;
        assert_ne!(more.unwrap().unwrap(), 0, "the stream is cut");
    }
    seen
}

async fn open_all(system: &System, token: &Token, count: usize) -> Vec<TcpStream> {
    let bearer = token.bearer();
    let body = json!({"model": "patient", "stream": true, "messages": []}).to_string();
    let headers = [("authorization", bearer.as_str())];
    let ask = request("POST /v1/chat/completions", &headers, &body);
    let (mut opening, mut streams) = (JoinSet::new(), Vec::with_capacity(count));
    for _ in 0..count {
        if opening.len() == AT_ONCE {
            streams.push(opening.join_next().await.unwrap().unwrap());
        }
        opening.spawn(open(system.gateway.address, ask.clone()));
    }
    streams.extend(opening.join_all().await);
    streams
}

/// Lets every stream end, and reads each to its end.
async fn end_all(patient: &Patient, streams: Vec<TcpStream>) {
    patient.over.send(true).unwrap();
    for mut stream in streams {
        let seen = until(&mut stream, LAST_CHUNK).await;
        assert!(seen.windows(LAST.len()).any(|window| window == LAST));
    }
}

/// A gateway for many, and the upstream behind its model `patient`.
async fn start(config: &str) -> (System, Patient, Token) {
    let system = System::start_configured(config).await;
    let patient = Patient::start().await;
    system.serve_at(&patient.url, "patient", &[]);
    let token = system.token(&[]);
    system.in_force().await;
    (system, patient, token)
}

/// Raises the bound on open files, and says how many streams it allows: each takes two of them in
/// the gateway, and two here.
fn allowed(streams: usize) -> usize {
    let wanted = (2 * streams + 1000) as u64;
    let now = getrlimit(Resource::Nofile);
    if now.current.is_none_or(|now| now >= wanted) {
        return streams;
    }
    let raised = Rlimit {
        current: Some(wanted),
        maximum: now.maximum.map(|most| most.max(wanted)),
    };
    // Beyond the maximum, only root may.
    if setrlimit(Resource::Nofile, raised).is_ok() {
        return streams;
    }
    let most = now.maximum.unwrap_or(wanted);
    let highest = Rlimit {
        current: Some(most),
        maximum: Some(most),
    };
    setrlimit(Resource::Nofile, highest).unwrap();
    (usize::try_from(most).unwrap() - 1000) / 2
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_streams_that_idle_cost_little_memory() {
    let count = allowed(10_000);
    let config = "[limits]\nconnections = 20000\nkeep_alive_seconds = 600\n";
    let (system, patient, token) = start(config).await;
    let before = system.figure("process_resident_memory_bytes").await;
    let streams = open_all(&system, &token, count).await;
    assert_eq!(
        system.figure("tollgate_open_relays").await,
        streams.len() as i64
    );
    let peak = system.figure("process_resident_memory_bytes").await;
    let each = (peak - before) / streams.len() as i64;
    println!("{count} streams: {before} bytes before, {peak} at the peak, {each} for each");
    // Several times what a release build needs: this one is not optimised.
    assert!(each < 160 * 1024, "{each} bytes for each stream");
    assert_eq!(system.chat(&token.secret, &[]).await.status(), 200);
    end_all(&patient, streams).await;
    system.settled().await;
    assert_eq!(system.figure("tollgate_open_relays").await, 0);
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_ends_cuts_none_of_a_thousand_streams() {
    let (mut system, patient, token) = start("[limits]\ndrain_seconds = 120\n").await;
    let streams = open_all(&system, &token, 1000).await;
    system.gateway.terminate();
    system.gateway.logged("draining").await;
    end_all(&patient, streams).await;
    assert_eq!(system.gateway.ended().await, Some(0), "none was cut");
    let list = ["receipt", "list", "--token", &token.id, "--all"];
    let receipts = system.admin(&list);
    let receipts = receipts["entries"].as_array().unwrap();
    assert_eq!(receipts.len(), 1000);
    assert!(receipts.iter().all(|one| one["ending"] == "complete"));
    system.assert_no_secret_is_left();
}
