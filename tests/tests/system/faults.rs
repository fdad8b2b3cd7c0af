//! Each way in which an upstream fails: one table of what the client is told, with one receipt for
//! each call, and no second attempt once a byte of the first was sent.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rcgen::{CertificateParams, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tollgate_testkit::http_message::{LAST_CHUNK, chunk, response_head};
use tollgate_testkit::raw_client::RawClient;
use tollgate_testkit::raw_upstream::{RawUpstream, Step};
use tollgate_tests::money::micros;
use tollgate_tests::system::{request, text};
use tollgate_tests::{System, Token};

const PATH: &str = "/v1/chat/completions";
const ANSWER: &str = r#"{"id":"1","object":"chat.completion","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":1}}"#;
const EVENTS: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hello\"}}]}\n\n";

/// Who fails.
enum Upstream {
    /// Nobody is there: an address.
    Nowhere(&'static str),
    /// The kernel drops whoever wants to connect.
    BlackHole,
    /// A certificate that nobody vouches for.
    Untrusted,
    /// It waits for a call in clear, where TLS is spoken to it.
    Clear,
    /// What is written, and how it ends.
    Script(Vec<Step>),
}

/// What the client sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seen {
    /// An error in its dialect: a status and a code.
    Error(u16, &'static str),
    /// Another error.
    Other(u16),
    /// An answer that breaks off.
    Broken,
    /// A stream whose last event is an error.
    ErrorEvent,
    /// An answer without a fault.
    Whole,
}

struct Case {
    name: String,
    upstream: Upstream,
    streams: bool,
    seen: Seen,
    ending: &'static str,
}

impl Case {
    /// The model that leads to it.
    fn model(&self) -> String {
        match self.upstream {
            Upstream::Script(_) => "scripted".to_owned(),
            _ => self.name.replace(' ', "-"),
        }
    }
}

const FAILED: Seen = Seen::Error(502, "upstream_error");
const TIMED_OUT: Seen = Seen::Error(504, "upstream_timeout");

/// Before a byte was sent.
fn unreachable(name: &str, upstream: Upstream) -> Case {
    Case {
        name: name.to_owned(),
        upstream,
        streams: false,
        seen: FAILED,
        ending: "unanswered",
    }
}

/// After the call was sent.
fn scripted(name: impl Into<String>, script: Vec<Step>, seen: Seen, ending: &'static str) -> Case {
    Case {
        name: name.into(),
        upstream: Upstream::Script(script),
        streams: false,
        seen,
        ending,
    }
}

/// The ways in which nothing more comes.
fn ends() -> [(&'static str, Step, bool); 4] {
    [
        ("reset", Step::Reset, false),
        ("close", Step::Close, false),
        ("half-close", Step::HalfClose, false),
        ("stall", Step::Hang, true),
    ]
}

fn head_with_length(length: usize) -> Vec<u8> {
    let length = length.to_string();
    let headers = [
        ("content-type", "application/json"),
        ("content-length", length.as_str()),
    ];
    response_head(200, &headers).to_vec()
}

fn stream_head() -> Vec<u8> {
    let headers = [
        ("content-type", "text/event-stream"),
        ("transfer-encoding", "chunked"),
    ];
    response_head(200, &headers).to_vec()
}

/// The whole bytes up to each place, and an end there.
fn cut(what: &str, whole: &[u8], places: &[usize]) -> Vec<(String, Vec<Step>, bool)> {
    let mut found = Vec::new();
    for (end, step, stalls) in ends() {
        for &place in places {
            let name = format!("{end} at byte {place} of {what}");
            let mut script = Vec::new();
            if place > 0 {
                script.push(Step::write(whole[..place].to_vec()));
            }
            script.push(step.clone());
            found.push((name, script, stalls));
        }
    }
    found
}

fn cut_heads() -> Vec<Case> {
    let head = head_with_length(ANSWER.len());
    let cuts = cut("the head", &head, &[0, 1, 9, 20, head.len() - 1]);
    let case = |(name, script, stalls): (String, _, _)| {
        let seen = if stalls { TIMED_OUT } else { FAILED };
        scripted(name, script, seen, "unanswered")
    };
    cuts.into_iter().map(case).collect()
}

fn cut_bodies() -> Vec<Case> {
    let head = head_with_length(ANSWER.len());
    let whole = [head.as_slice(), ANSWER.as_bytes()].concat();
    let places = [head.len(), head.len() + 1, whole.len() - 1];
    let ending = |stalls| match stalls {
        true => "upstream_silent",
        false => "upstream_broke",
    };
    let broken = |(name, script, stalls): (String, _, _)| {
        scripted(name, script, Seen::Broken, ending(stalls))
    };
    let bodies = cut("a body", &whole, &places).into_iter().map(broken);
    let head = stream_head();
    let event = chunk(EVENTS.as_bytes());
    let whole = [head.as_slice(), &event, &event].concat();
    let first = head.len() + event.len();
    let places = [head.len(), head.len() + 2, first - 3, first, first + 20];
    let streamed = |(name, script, stalls): (String, _, _)| Case {
        streams: true,
        ..scripted(name, script, Seen::ErrorEvent, ending(stalls))
    };
    let streams = cut("a stream", &whole, &places).into_iter().map(streamed);
    bodies.chain(streams).collect()
}

fn answers_of_their_own() -> Vec<Case> {
    let json = [("content-type", "application/json")];
    let framed = |more: &[(&str, &str)], body: &[u8]| {
        let head = response_head(200, &[&json, more].concat());
        let close = Step::Close;
        vec![Step::write([head.as_ref(), body].concat()), close]
    };
    let length = ANSWER.len().to_string();
    let length = ("content-length", length.as_str());
    let chunked = [chunk(ANSWER.as_bytes()).as_ref(), LAST_CHUNK].concat();
    let both = framed(&[length, ("transfer-encoding", "chunked")], &chunked);
    let twice = framed(&[length, ("content-length", "7")], ANSWER.as_bytes());
    let longer = [
        ANSWER.as_bytes(),
        b"HTTP/1.1 200 Smuggled\r\ncontent-length: 2\r\n\r\n{}",
    ];
    let extra = framed(&[length], &longer.concat());
    let size = framed(
        &[("transfer-encoding", "chunked")],
        b"zz\r\n{}\r\n0\r\n\r\n",
    );
    let error = |status| {
        let script = vec![Step::respond(status, "application/json", "{}")];
        let name = format!("status {status}");
        scripted(name, script, FAILED, "unanswered")
    };
    let other = vec![Step::write("SSH-2.0-OpenSSH_9.2\r\n"), Step::Close];
    let many: String = (0..2000).map(|at| format!("x-{at}: 1\r\n")).collect();
    let many = format!("HTTP/1.1 200 OK\r\n{many}content-length: 0\r\n\r\n");
    vec![
        error(500),
        error(502),
        error(503),
        error(529),
        scripted("another protocol", other, FAILED, "unanswered"),
        scripted(
            "2,000 headers",
            vec![Step::write(many), Step::Close],
            FAILED,
            "unanswered",
        ),
        scripted("two lengths", twice, FAILED, "unanswered"),
        scripted("a length and chunks", both, FAILED, "unanswered"),
        scripted(
            "extra bytes after the answer",
            extra,
            Seen::Whole,
            "complete",
        ),
        scripted(
            "a chunk without a size",
            size,
            Seen::Broken,
            "upstream_broke",
        ),
    ]
}

/// Calls of which no byte can be sent.
fn unsent() -> Vec<Case> {
    vec![
        unreachable(
            "connection refused",
            Upstream::Nowhere("http://127.0.0.1:1"),
        ),
        unreachable("no such name", Upstream::Nowhere("http://nobody.invalid")),
        unreachable("an untrusted certificate", Upstream::Untrusted),
        Case {
            seen: TIMED_OUT,
            ..unreachable("a black hole", Upstream::BlackHole)
        },
        Case {
            seen: TIMED_OUT,
            ..unreachable("a server that says nothing to TLS", Upstream::Clear)
        },
    ]
}

fn cases() -> Vec<Case> {
    let mut cases = unsent();
    cases.extend(cut_heads());
    cases.extend(cut_bodies());
    cases.extend(answers_of_their_own());
    cases
}

/// A socket that nobody accepts at and whose backlog is full, so that the kernel does not answer.
async fn black_hole() -> SocketAddr {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    while let Ok(stream) = timeout(Duration::from_secs(1), TcpStream::connect(address)).await {
        waiting.push(stream.unwrap());
    }
    tokio::spawn(async move {
        let _open = (listener, waiting);
        std::future::pending::<()>().await;
    });
    address
}

/// A server whose certificate is its own.
async fn untrusted() -> SocketAddr {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = params.self_signed(&key).unwrap().der().clone();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            assert!(acceptor.accept(socket).await.is_err());
        }
    });
    address
}

/// What a client was told.
struct Told {
    seen: Seen,
    request: String,
    text: String,
}

/// What comes of one call.
async fn call(system: &System, token: &Token, model: &str, streams: bool) -> Told {
    let bearer = token.bearer();
    let headers = [("authorization", bearer.as_str())];
    let body = json!({"model": model, "stream": streams, "messages": []}).to_string();
    let mut client = RawClient::connect(system.gateway.address).await.unwrap();
    let asked = request(&format!("POST {PATH}"), &headers, &body);
    client.send(asked).await.unwrap();
    let head = client.head().await.unwrap();
    let status = head.status().unwrap();
    let request = head.header("x-request-id").unwrap().to_owned();
    let Ok(body) = client.body(&head).await else {
        return Told {
            seen: Seen::Broken,
            request,
            text: String::new(),
        };
    };
    let text = String::from_utf8(body).unwrap();
    let last = text.trim_end().rsplit("\n\n").next().unwrap_or_default();
    let seen = if streams && status == 200 {
        match last.contains("\"upstream_error\"") || last.contains("\"upstream_timeout\"") {
            true => Seen::ErrorEvent,
            false => Seen::Whole,
        }
    } else {
        let document: Value = serde_json::from_str(&text).unwrap_or_default();
        match document["error"]["code"].as_str() {
            Some("upstream_error") => Seen::Error(status, "upstream_error"),
            Some("upstream_timeout") => Seen::Error(status, "upstream_timeout"),
            _ if status == 200 => Seen::Whole,
            _ => Seen::Other(status),
        }
    };
    Told {
        seen,
        request,
        text,
    }
}

/// Some more answers than faults, so that nothing is put aside.
const BETWEEN: usize = 2;

/// A server that fails and answers by turns, each time on a connection of its own.
async fn scripts(cases: &mut [Case]) -> RawUpstream {
    let close = [
        ("connection", "close"),
        ("content-type", "application/json"),
    ];
    let length = ANSWER.len().to_string();
    let head = response_head(
        200,
        &[close.as_slice(), &[("content-length", &length)]].concat(),
    );
    let answer = Step::write([head.as_ref(), ANSWER.as_bytes()].concat());
    let answer = vec![answer, Step::Close];
    let mut sequence = Vec::new();
    for case in cases {
        if let Upstream::Script(script) = &mut case.upstream {
            sequence.push(std::mem::take(script));
            sequence.extend(std::iter::repeat_n(answer.clone(), BETWEEN));
        }
    }
    RawUpstream::start_sequence(sequence).await.unwrap()
}

/// Puts the cases behind models: those with a script behind one, with somebody else behind it, and
/// each of the others behind one of its own.
async fn serve(system: &System, cases: &mut [Case], spare: &RawUpstream) -> RawUpstream {
    // A status that is named for it would be tried elsewhere, which is another test's.
    let first = ["--priority", "2", "--retry-on", "none"];
    let raw = scripts(cases).await;
    system.serve_as("scripted", &raw.url(), "scripted", &first);
    system.serve_as("spare", &spare.url(), "scripted", &[]);
    for case in cases {
        let url = match &case.upstream {
            Upstream::Nowhere(url) => (*url).to_owned(),
            Upstream::BlackHole => format!("http://{}", black_hole().await),
            Upstream::Untrusted => format!("https://localhost:{}", untrusted().await.port()),
            Upstream::Clear => format!("https://{}", spare.address()),
            Upstream::Script(_) => continue,
        };
        system.serve_as(&case.name, &url, &case.model(), &first);
    }
    system.in_force().await;
    raw
}

/// Says what differs from the table.
fn differs(case: &Case, told: &Told, receipts: &[Value]) -> Option<String> {
    let of_call = |receipt: &&Value| receipt["request"] == told.request.as_str();
    let own: Vec<&Value> = receipts.iter().filter(of_call).collect();
    let endings: Vec<_> = own.iter().map(|one| one["ending"].as_str()).collect();
    let as_stated = told.seen == case.seen && endings == [Some(case.ending)];
    let Told { seen, text, .. } = told;
    (!as_stated).then(|| format!("{}: {seen:?}, {endings:?}: {text}", case.name))
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_of_an_upstream_is_told_and_billed_once_and_never_tried_again() {
    let config = "[limits]\nconnect_seconds = 2\nresponse_seconds = 1\nidle_seconds = 1\n";
    let system = System::start_configured(config).await;
    let spare = Step::respond(200, "application/json", ANSWER);
    let spare = RawUpstream::start(vec![spare]).await.unwrap();
    let token = system.token(&[]);
    let mut cases = cases();
    let raw = serve(&system, &mut cases, &spare).await;
    let mut told = Vec::new();
    for case in &cases {
        told.push(call(&system, &token, &case.model(), case.streams).await);
        if let Upstream::Script(_) = case.upstream {
            for _ in 0..BETWEEN {
                let between = call(&system, &token, "scripted", false).await;
                assert_eq!(between.seen, Seen::Whole, "after {}", case.name);
            }
        }
    }
    let receipts = system.receipts(&token).await;
    let pairs = cases.iter().zip(&told);
    let wrong: Vec<String> = pairs
        .filter_map(|(case, told)| differs(case, told, &receipts))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}, such as {}", receipts[0]);
    let scripted = |case: &&Case| matches!(case.upstream, Upstream::Script(_));
    let scripted = cases.iter().filter(scripted).count() * (1 + BETWEEN);
    assert_eq!(raw.requests().len(), scripted, "each call is sent once");
    assert_eq!(spare.requests().len(), 0, "and to nobody else");
    let calls = told.len() + scripted / (1 + BETWEEN) * BETWEEN;
    assert_eq!(receipts.len(), calls, "one receipt for each");
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_could_not_be_sent_is_sent_elsewhere() {
    let system = System::start().await;
    let spare = Step::respond(200, "application/json", ANSWER);
    let spare = RawUpstream::start(vec![spare]).await.unwrap();
    let token = system.token(&[]);
    let mut cases = unsent();
    let _raw = serve(&system, &mut cases, &spare).await;
    let models: Vec<String> = cases.iter().map(Case::model).collect();
    system.admin(&["upstream", "edit", "spare", "--models", &models.join(",")]);
    system.in_force().await;
    for case in &cases {
        let told = call(&system, &token, &case.model(), false).await;
        assert_eq!(told.seen, Seen::Whole, "{}", case.name);
    }
    assert_eq!(spare.requests().len(), cases.len());
    assert_eq!(system.receipts(&token).await.len(), cases.len());
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_before_anything_was_sent_pays_nothing() {
    for http2 in ["never", "prior-knowledge"] {
        leaves_while_connecting(http2).await;
    }
}

async fn leaves_while_connecting(http2: &str) {
    let system = System::start().await;
    let url = format!("http://{}", black_hole().await);
    system.serve_at(&url, "nowhere", &["--http2", http2]);
    let token = system.token(&[]);
    system.in_force().await;
    let bearer = token.bearer();
    let body = json!({"model": "nowhere", "messages": [{"role": "user", "content": "Hello"}]});
    let call = request(
        "POST /v1/chat/completions",
        &[("authorization", &bearer)],
        &body.to_string(),
    );
    let mut client = RawClient::connect(system.gateway.address).await.unwrap();
    client.send(call).await.unwrap();
    let begun = Instant::now();
    while system.figure("tollgate_held_calls").await != 1 {
        assert!(begun.elapsed() < Duration::from_secs(60), "it is not held");
    }
    client.reset().unwrap();
    let receipt = system.receipts(&token).await.remove(0);
    assert_eq!(receipt["ending"], "client_left", "{receipt}");
    assert_eq!(micros(&text(&receipt, "/cost")), 0, "{receipt}");
    system.finish().await;
}
