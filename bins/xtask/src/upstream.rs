//! An upstream that answers at once, in the way that a call's `x-bench-answer` asks for.

use std::convert::Infallible;
use std::fmt::Write;
use std::net::SocketAddr;

use bytes::Bytes;
use clap::Args;
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Request, Response};
use http_body_util::{BodyExt, Either, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use crate::Failure;

/// Events of a stream.
const EVENTS: usize = 50;

/// What the upstream is told.
#[derive(Args)]
pub(crate) struct Options {
    /// Where to listen.
    #[arg(long)]
    listen: SocketAddr,
}

/// A document tells its length, as providers do.
type Body = Either<Full<Bytes>, StreamBody<Frames>>;
type Frames = BoxStream<'static, Result<Frame<Bytes>, Infallible>>;

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(serve(options.listen))
}

async fn serve(listen: SocketAddr) -> Result<(), Failure> {
    let listener = TcpListener::bind(listen).await?;
    loop {
        let (socket, _) = listener.accept().await?;
        socket.set_nodelay(true)?;
        tokio::spawn(async move {
            let service = service_fn(answer);
            let connection = hyper::server::conn::http1::Builder::new();
            // A client that leaves is no failure.
            let _ = connection
                .serve_connection(TokioIo::new(socket), service)
                .await;
        });
    }
}

async fn answer(request: Request<Incoming>) -> Result<Response<Body>, hyper::Error> {
    let wish = request.headers().get("x-bench-answer").cloned();
    let mut body = request.into_body();
    while let Some(frame) = body.frame().await {
        frame?;
    }
    let wish = wish.as_ref().map_or(&b""[..], HeaderValue::as_bytes);
    let stream = |frames| Either::Right(StreamBody::new(frames));
    let (kind, body) = match wish {
        b"stream" => ("text/event-stream", stream(events())),
        b"messages" => ("text/event-stream", stream(message())),
        b"slow" => ("text/event-stream", stream(first_event())),
        _ => ("application/json", Either::Left(Full::new(document()))),
    };
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    Ok(response)
}

fn document() -> Bytes {
    let text = format!(
        r#"{{"id":"chatcmpl-bench","object":"chat.completion","created":1800000000,"model":"bench","choices":[{{"index":0,"message":{{"role":"assistant","content":"{}"}},"finish_reason":"stop"}}],"usage":{{"prompt_tokens":12,"completion_tokens":96,"total_tokens":108}}}}"#,
        "A short answer, long enough to be one. ".repeat(10)
    );
    Bytes::from(text)
}

fn one(text: String) -> Frames {
    stream::iter([Ok(Frame::data(Bytes::from(text)))]).boxed()
}

fn event(content: &str) -> String {
    format!(
        "data: {{\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion.chunk\",\"created\":1800000000,\"model\":\"bench\",\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{content}\"}},\"finish_reason\":null}}]}}\n\n"
    )
}

fn events() -> Frames {
    let mut texts: Vec<String> = (0..EVENTS).map(|_| event("a few words ")).collect();
    let mut end = String::new();
    // Writing into a text has no way to fail.
    let _ = write!(
        end,
        "data: {{\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion.chunk\",\"created\":1800000000,\"model\":\"bench\",\"choices\":[],\"usage\":{{\"prompt_tokens\":12,\"completion_tokens\":150,\"total_tokens\":162}}}}\n\ndata: [DONE]\n\n"
    );
    texts.push(end);
    one_by_one(texts)
}

/// The same in Anthropic's way.
fn message() -> Frames {
    let mut texts = vec![
        named(
            "message_start",
            r#""message":{"id":"msg_bench","type":"message","role":"assistant","model":"bench-messages","content":[],"stop_reason":null,"usage":{"input_tokens":12,"output_tokens":1}}"#,
        ),
        named(
            "content_block_start",
            r#""index":0,"content_block":{"type":"text","text":""}"#,
        ),
    ];
    let delta = r#""index":0,"delta":{"type":"text_delta","text":"a few words "}"#;
    texts.extend((0..EVENTS).map(|_| named("content_block_delta", delta)));
    texts.push([
        named("content_block_stop", r#""index":0"#),
        named("message_delta", r#""delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":150}"#),
        named("message_stop", ""),
    ].concat());
    one_by_one(texts)
}

fn named(kind: &str, fields: &str) -> String {
    let comma = if fields.is_empty() { "" } else { "," };
    format!("event: {kind}\ndata: {{\"type\":\"{kind}\"{comma}{fields}}}\n\n")
}

/// Each is written by itself: hyper writes what it has whenever the body has to wait.
fn one_by_one(texts: Vec<String>) -> Frames {
    let frames = stream::iter(texts).then(|text| async move {
        tokio::task::yield_now().await;
        Ok(Frame::data(Bytes::from(text)))
    });
    frames.boxed()
}

/// One event, and then nothing for as long as the client stays.
fn first_event() -> Frames {
    one(event("a beginning")).chain(stream::pending()).boxed()
}
