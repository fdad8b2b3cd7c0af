//! Calls over kept connections, as many as the other side can serve, or at a rate.

use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use clap::Args;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{HeaderName, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use serde::{Deserialize, Serialize};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::task::{JoinSet, LocalSet};
use tokio::time::{Instant, sleep_until};

use crate::Failure;

const ANSWER: HeaderName = HeaderName::from_static("x-bench-answer");

/// Which calls are made.
#[derive(Args, Clone)]
pub(crate) struct Options {
    /// Who is called.
    #[arg(long)]
    to: SocketAddr,
    /// What is presented.
    #[arg(long)]
    secret: String,
    /// How the upstream is to answer: `small`, `stream` or `slow`, or `messages`, a stream of
    /// Anthropic's API.
    #[arg(long)]
    answer: String,
    /// Bytes of text in the body of a call.
    #[arg(long, default_value_t = 100)]
    text: usize,
    /// Connections, each with one call at a time.
    #[arg(long)]
    connections: u32,
    /// For how long, in seconds.
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
    /// Calls per second in all; as many as go without it.
    #[arg(long)]
    rate: Option<u32>,
    /// Calls are to be refused with 401.
    #[arg(long)]
    refused: bool,
    /// Open one stream per connection, say so, and keep them until standard input ends.
    #[arg(long)]
    hold: bool,
}

/// How the calls went. Times are microseconds, from the moment at which a call could begin.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Outcome {
    /// Calls that were answered with 200, or refused as they should be, and read to their end.
    pub(crate) calls: u64,
    /// All others.
    pub(crate) failed: u64,
    /// Until the first byte of the answer's body, at the median.
    pub(crate) first_byte_p50: u64,
    /// The same, of the slowest of a hundred.
    pub(crate) first_byte_p99: u64,
    /// Until the end of the answer, at the median.
    pub(crate) total_p50: u64,
    /// The same, of the slowest of a hundred.
    pub(crate) total_p99: u64,
}

pub(crate) fn run(options: Options) -> Result<(), Failure> {
    use std::io::Write;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let local = LocalSet::new();
    let outcome = if options.hold {
        local.block_on(&runtime, hold(options))?
    } else {
        local.block_on(&runtime, calls(options))?
    };
    writeln!(std::io::stdout(), "{}", serde_json::to_string(&outcome)?)?;
    Ok(())
}

type Connection = SendRequest<Full<Bytes>>;

async fn calls(options: Options) -> Result<Outcome, Failure> {
    let begun = Instant::now();
    let end = begun + Duration::from_secs_f64(options.seconds);
    let options = Rc::new(options);
    let mut tasks = JoinSet::new();
    for at in 0..options.connections {
        let options = Rc::clone(&options);
        tasks.spawn_local(async move {
            // Those of a rate take turns, so that calls come evenly.
            let every = options.rate.map(|rate| {
                let each = Duration::from_secs(1) / rate.max(1);
                (each * at, each * options.connections)
            });
            one_by_one(&options, begun, end, every).await
        });
    }
    let (mut failed, mut first, mut total) = (0, Vec::new(), Vec::new());
    while let Some(done) = tasks.join_next().await {
        let (bad, times) = done?.map_err(|error| error.to_string())?;
        failed += bad;
        for (byte, whole) in times {
            first.push(byte);
            total.push(whole);
        }
    }
    first.sort_unstable();
    total.sort_unstable();
    Ok(Outcome {
        calls: total.len() as u64,
        failed,
        first_byte_p50: percentile(&first, 50),
        first_byte_p99: percentile(&first, 99),
        total_p50: percentile(&total, 50),
        total_p99: percentile(&total, 99),
    })
}

fn percentile(sorted: &[u64], percent: usize) -> u64 {
    let at = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
    sorted.get(at).copied().unwrap_or_default()
}

type Times = Vec<(u64, u64)>;

async fn one_by_one(
    options: &Options,
    begun: Instant,
    end: Instant,
    every: Option<(Duration, Duration)>,
) -> Result<(u64, Times), Failure> {
    use std::io::Write;
    let mut connection = connect(options.to).await?;
    let (mut failed, mut times) = (0, Vec::new());
    let mut due = begun + every.map_or(Duration::ZERO, |(offset, _)| offset);
    // What was due before there was a connection is nobody's delay.
    while let Some((_, each)) = every
        && due < Instant::now()
    {
        due += each;
    }
    while Instant::now() < end {
        let from = match every {
            Some((_, each)) => {
                let from = turn(due).await;
                due += each;
                from
            }
            None => Instant::now(),
        };
        match call(&mut connection, options).await {
            Ok((byte, whole)) => times.push((micros(byte - from), micros(whole - from))),
            Err(failure) => {
                if failed == 0 {
                    // One stands for all of them.
                    writeln!(std::io::stderr(), "a call failed: {failure}")?;
                }
                failed += 1;
                connection = connect(options.to).await?;
            }
        }
    }
    Ok((failed, times))
}

/// Waits until a call is due, and says from when on its time counts: a call that is late because the
/// one before took long is late by the other side, but a clock that rings late is ours.
async fn turn(due: Instant) -> Instant {
    if Instant::now() >= due {
        return due;
    }
    sleep_until(due).await;
    Instant::now()
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

async fn connect(to: SocketAddr) -> Result<Connection, Failure> {
    let socket = TcpStream::connect(to).await?;
    socket.set_nodelay(true)?;
    let (connection, driver) = handshake(TokioIo::new(socket)).await?;
    tokio::task::spawn_local(driver);
    Ok(connection)
}

/// When the first byte came, and when the last.
async fn call(
    connection: &mut Connection,
    options: &Options,
) -> Result<(Instant, Instant), Failure> {
    let mut body = begin(connection, options).await?;
    let mut first = None;
    while let Some(frame) = body.frame().await {
        frame?;
        first.get_or_insert_with(Instant::now);
    }
    Ok((first.ok_or("an empty answer")?, Instant::now()))
}

async fn begin(connection: &mut Connection, options: &Options) -> Result<Incoming, Failure> {
    let text = "x".repeat(options.text);
    let (request, body) = match options.answer.as_str() {
        "messages" => (
            Request::post("/v1/messages")
                .header("x-api-key", &options.secret)
                .header("anthropic-version", "2023-06-01"),
            format!(
                r#"{{"model":"bench-messages","stream":true,"max_tokens":256,"messages":[{{"role":"user","content":"{text}"}}]}}"#
            ),
        ),
        other => (
            Request::post("/v1/chat/completions")
                .header(AUTHORIZATION, format!("Bearer {}", options.secret)),
            format!(
                r#"{{"model":"bench","stream":{},"stream_options":{{"include_usage":true}},"max_tokens":256,"messages":[{{"role":"user","content":"{text}"}}]}}"#,
                other != "small"
            ),
        ),
    };
    let request = request
        .header(HOST, options.to.to_string())
        .header(CONTENT_TYPE, "application/json")
        .header(ANSWER, &options.answer)
        .body(Full::new(Bytes::from(body)))?;
    connection.ready().await?;
    let answer = connection.send_request(request).await?;
    let wanted = match options.refused {
        true => StatusCode::UNAUTHORIZED,
        false => StatusCode::OK,
    };
    if answer.status() != wanted {
        return Err(format!("answered {}", answer.status()).into());
    }
    Ok(answer.into_body())
}

/// Opens streams, and keeps them open.
async fn hold(options: Options) -> Result<Outcome, Failure> {
    use std::io::Write;
    let mut open = Vec::new();
    for _ in 0..options.connections {
        let mut connection = connect(options.to).await?;
        let mut body = begin(&mut connection, &options).await?;
        body.frame().await.ok_or("a stream ended at once")??;
        open.push((connection, body));
    }
    writeln!(std::io::stdout(), "open")?;
    tokio::io::stdin().read_to_end(&mut Vec::new()).await?;
    Ok(Outcome {
        calls: open.len() as u64,
        ..Outcome::default()
    })
}
