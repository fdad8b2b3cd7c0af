//! Realtime sessions: relayed frame by frame, and charged response by response.

mod told;

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::Response;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use tollgate_tests::money::micros;
use tollgate_tests::system::{PRICE, text};
use tollgate_tests::{System, Token};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;
type Opened = Result<(Socket, Response<Option<Vec<u8>>>), Error>;

const MODEL: &str = "sim-realtime";
/// More than anything here takes, on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A system with a model that reads 1,000 tokens and gives 100, so that each response is held for
/// with 1,200 micro-credits.
async fn start() -> System {
    let system = System::start().await;
    let url = system.simulator.base_url();
    serve(&system, &url, PRICE);
    system
}

fn serve(system: &System, url: &str, price: &str) {
    let vendor = ["--provider", "openai"];
    let window = ["--context", "1000", "--max-output", "100"];
    let create = ["model", "create", MODEL, "--price", price];
    system.admin(&[create.as_slice(), &vendor, &window].concat());
    let create = ["upstream", "create", "sim realtime", "--dialect", "openai"];
    let key = ["--credential-env", "TEST_UPSTREAM_KEY", "--allow-private"];
    let served = ["--models", MODEL, "--base-url", url];
    system.admin(&[create.as_slice(), &vendor, &key, &served].concat());
}

async fn open(system: &System, path: &str, headers: &[(&'static str, &str)]) -> Opened {
    let url = format!("ws://{}{path}", system.gateway.address);
    let mut request = url.into_client_request().unwrap();
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    connect_async(request).await
}

async fn connect(system: &System, token: &Token, headers: &[(&'static str, &str)]) -> Socket {
    let bearer = token.bearer();
    let headers = [&[("authorization", bearer.as_str())], headers].concat();
    let opened = open(system, &format!("/v1/realtime?model={MODEL}"), &headers).await;
    let (mut socket, response) = opened.unwrap();
    assert!(response.headers().contains_key("x-request-id"));
    let created = hear(&mut socket).await;
    assert_eq!(created["type"], "session.created");
    assert_eq!(created["session"]["model"], MODEL);
    socket
}

async fn next(socket: &mut Socket) -> Option<Result<Message, Error>> {
    timeout(PATIENCE, socket.next()).await.unwrap()
}

async fn hear(socket: &mut Socket) -> Value {
    let message = next(socket).await.unwrap().unwrap();
    let said = message.to_text().unwrap();
    serde_json::from_str(said).unwrap_or_else(|_| panic!("{message:?}"))
}

async fn hear_until(socket: &mut Socket, kind: &str) -> Value {
    loop {
        let event = hear(socket).await;
        if event["type"] == kind {
            return event;
        }
    }
}

async fn say(socket: &mut Socket, event: Value) {
    let said = Message::text(event.to_string());
    socket.send(said).await.unwrap();
}

async fn ask(socket: &mut Socket, question: &str) {
    let item = json!({"type": "message", "role": "user",
        "content": [{"type": "input_text", "text": question}]});
    let create = json!({"type": "conversation.item.create", "item": item});
    say(socket, create).await;
    say(socket, json!({"type": "response.create"})).await;
}

/// The code of the close frame that comes next, and its reason.
async fn closed(socket: &mut Socket) -> (u16, String) {
    match next(socket).await {
        Some(Ok(Message::Close(Some(frame)))) => (frame.code.into(), frame.reason.to_string()),
        other => panic!("{other:?}"),
    }
}

async fn end(mut socket: Socket) {
    // Where the other side closed first, this only finishes the farewell.
    let _ = socket.close(None).await;
    while let Some(Ok(_)) = next(&mut socket).await {}
}

/// Ending, cost in micro-credits and whether it is an estimate, of each receipt, oldest first.
async fn receipts(system: &System, token: &Token) -> Vec<(String, i64, bool)> {
    let mut receipts = system.receipts(token).await;
    receipts.reverse();
    let row = |one: &Value| {
        assert_eq!(one["endpoint"], "realtime");
        assert_eq!(one["status"], 101);
        let cost = micros(&text(one, "/cost"));
        (text(one, "/ending"), cost, one["estimated"] == true)
    };
    receipts.iter().map(row).collect()
}

fn row(ending: &str, cost: i64, estimated: bool) -> (String, i64, bool) {
    (ending.to_owned(), cost, estimated)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_response_of_a_conversation_is_charged_by_itself() {
    let system = start().await;
    let token = system.token(&[]);
    system.in_force().await;
    let mut socket = connect(&system, &token, &[("x-sim-chunks", "2")]).await;
    ask(&mut socket, "Hello!!!").await;
    let done = hear_until(&mut socket, "response.done").await;
    assert_eq!(done["response"]["usage"]["input_tokens"], 2);
    ask(&mut socket, "Hello!!").await;
    let done = hear_until(&mut socket, "response.done").await;
    // Eight, nine of the first answer, and seven.
    assert_eq!(done["response"]["usage"]["input_tokens"], 6);
    end(socket).await;
    let rows = [
        row("complete", 2 + 2 * 2, false),
        row("complete", 6 + 2 * 2, false),
        row("complete", 0, false),
    ];
    assert_eq!(receipts(&system, &token).await, rows);
    assert_eq!(system.spent(&token).await, 16);
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ping_and_a_large_message_in_parts_pass_unchanged() {
    let system = start().await;
    let token = system.token(&[]);
    system.in_force().await;
    let mut socket = connect(&system, &token, &[("x-sim-chunks", "1")]).await;
    socket.send(Message::Ping("beat".into())).await.unwrap();
    let pong = next(&mut socket).await.unwrap().unwrap();
    assert_eq!(pong, Message::Pong("beat".into()));
    // A minute of sound, which is more than fits into any buffer here.
    let sound = "AAAA".repeat(60 * 16_000);
    say(
        &mut socket,
        json!({"type": "input_audio_buffer.append", "audio": sound}),
    )
    .await;
    let large = "x".repeat(1 << 20);
    say(
        &mut socket,
        json!({"type": "session.update", "session": {"instructions": large}}),
    )
    .await;
    let updated = hear(&mut socket).await;
    assert_eq!(updated["session"]["instructions"], large);
    ask(&mut socket, "Hello!!!").await;
    let done = hear_until(&mut socket, "response.done").await;
    let details = &done["response"]["usage"]["input_token_details"];
    assert_eq!(details["audio_tokens"], 600);
    end(socket).await;
    assert_eq!(system.spent(&token).await, 600 + 2 + 2);
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spent_quota_ends_the_session_before_the_next_response() {
    let system = start().await;
    let token = system.token(&["--quota", "0.0012"]);
    system.in_force().await;
    let mut socket = connect(&system, &token, &[("x-sim-chunks", "2")]).await;
    ask(&mut socket, "Hello!!!").await;
    hear_until(&mut socket, "response.done").await;
    let refused = hear(&mut socket).await;
    assert_eq!(refused["type"], "error");
    assert_eq!(refused["error"]["code"], "insufficient_quota", "{refused}");
    let (code, reason) = closed(&mut socket).await;
    assert_eq!((code, reason.as_str()), (1008, "insufficient_quota"));
    end(socket).await;
    assert_eq!(receipts(&system, &token).await, [row("complete", 6, false)]);
    assert_eq!(system.simulator.seen().len(), 1);
    let path = format!("/v1/realtime?model={MODEL}");
    let bearer = token.bearer();
    let again = open(&system, &path, &[("authorization", &bearer)]).await;
    let Err(Error::Http(refused)) = again else {
        panic!("a session without a quota");
    };
    assert_eq!(refused.status(), 429);
    assert_eq!(system.simulator.seen().len(), 1);
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_revoked_gets_no_further_response() {
    let mut system = start().await;
    let token = system.token(&[]);
    system.in_force().await;
    let mut socket = connect(&system, &token, &[("x-sim-chunks", "2")]).await;
    ask(&mut socket, "Hello!!!").await;
    hear_until(&mut socket, "response.done").await;
    system.admin(&["token", "revoke", &token.id, "--yes"]);
    system.in_force().await;
    ask(&mut socket, "Hello!!").await;
    let refused = loop {
        let event = hear(&mut socket).await;
        assert_ne!(event["type"], "response.created");
        if event["type"] == "error" {
            break event;
        }
    };
    assert_eq!(refused["error"]["code"], "invalid_api_key", "{refused}");
    assert_eq!(closed(&mut socket).await.0, 1008);
    end(socket).await;
    let logged = system
        .gateway
        .logged_where(|line| line["code"] == "invalid_api_key")
        .await;
    assert_eq!(logged["token"], token.id, "{logged}");
    assert_eq!(logged["request_id"], refused["event_id"]);
    assert_eq!(system.spent(&token).await, 6);
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_inside_a_response_pays_for_what_was_generated() {
    let system = start().await;
    let token = system.token(&[]);
    system.in_force().await;
    let slow = [("x-sim-chunks", "100000"), ("x-sim-delay-ms", "20")];
    let mut socket = connect(&system, &token, &slow).await;
    ask(&mut socket, "Hello!!!").await;
    let delta = hear_until(&mut socket, "response.output_text.delta").await;
    assert_eq!(delta["delta"], "Your");
    drop(socket);
    let [(ending, cost, estimated)] = &receipts(&system, &token).await[..] else {
        panic!("one receipt");
    };
    assert_eq!((ending.as_str(), *estimated), ("client_left", true));
    assert!((2..1000).contains(cost), "{cost}");
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_drains_reads_the_response_to_its_end() {
    let system = start().await;
    system.admin(&["group", "create", "draining", "--on-leave", "drain:30"]);
    let token = system.token(&[]);
    system.admin(&["token", "edit", &token.id, "--group", "draining"]);
    system.in_force().await;
    let slow = [("x-sim-chunks", "20"), ("x-sim-delay-ms", "20")];
    let mut socket = connect(&system, &token, &slow).await;
    ask(&mut socket, "Hello!!!").await;
    hear_until(&mut socket, "response.output_text.delta").await;
    drop(socket);
    let drained = || row("drained", 2 + 20 * 2, false);
    assert_eq!(receipts(&system, &token).await, [drained()]);
    // A word of farewell changes nothing.
    let mut socket = connect(&system, &token, &slow).await;
    ask(&mut socket, "Hello!!!").await;
    hear_until(&mut socket, "response.output_text.delta").await;
    socket.close(None).await.unwrap();
    assert_eq!(receipts(&system, &token).await, [drained(), drained()]);
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_between_responses_pays_nothing_more() {
    let system = start().await;
    let token = system.token(&[]);
    system.in_force().await;
    let socket = connect(&system, &token, &[]).await;
    drop(socket);
    let rows = [row("client_left", 0, false)];
    assert_eq!(receipts(&system, &token).await, rows);
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_session_after_another_puts_nothing_aside() {
    let system = start().await;
    let token = system.token(&[]);
    system.in_force().await;
    // More than the failures in a row that put an upstream aside.
    for _ in 0..6 {
        end(connect(&system, &token, &[]).await).await;
    }
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upstream_that_breaks_off_ends_the_session_in_order() {
    let system = start().await;
    let token = system.token(&[]);
    system.in_force().await;
    let mut socket = connect(&system, &token, &[("x-sim-cut-after", "1")]).await;
    ask(&mut socket, "Hello!!!").await;
    hear_until(&mut socket, "response.output_text.delta").await;
    assert_eq!(closed(&mut socket).await.0, 1011);
    end(socket).await;
    // The client said 153 bytes and the first piece is of 17; four bytes of text are a token.
    let rows = [row("upstream_broke", 39 + 5 * 2, true)];
    assert_eq!(receipts(&system, &token).await, rows);
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_in_the_subprotocol_is_taken_and_not_passed_on() {
    let system = start().await;
    let token = system.token(&[]);
    system.in_force().await;
    let offered = format!(
        "realtime, openai-insecure-api-key.{}, openai-beta.realtime-v1",
        token.secret
    );
    let azure = format!("/openai/realtime?api-version=2024-10-01-preview&deployment={MODEL}");
    for path in [format!("/v1/realtime?model={MODEL}"), azure] {
        let headers = [
            ("sec-websocket-protocol", offered.as_str()),
            ("sec-websocket-extensions", "permessage-deflate"),
        ];
        let (mut socket, response) = open(&system, &path, &headers).await.unwrap();
        let chosen = response.headers().get("sec-websocket-protocol").unwrap();
        assert_eq!(chosen, "realtime");
        assert_eq!(hear(&mut socket).await["type"], "session.created");
        end(socket).await;
        let seen = system.simulator.seen().pop().unwrap();
        let path = format!("/v1/realtime?model={MODEL}");
        assert_eq!(seen.path_and_query, path);
        let header = |name| seen.header(name);
        let passed = Some("realtime, openai-beta.realtime-v1");
        assert_eq!(header("sec-websocket-protocol"), passed);
        assert_eq!(header("sec-websocket-extensions"), None);
    }
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_not_be_opened_is_refused_before_the_upgrade() {
    let system = start().await;
    let token = system.token(&["--models", "sim-chat"]);
    let other = system.token(&["--endpoints", "embeddings"]);
    let free = system.token(&[]);
    system.in_force().await;
    let path = format!("/v1/realtime?model={MODEL}");
    let cases = [
        (&token, path.as_str(), 404),
        (&other, &path, 403),
        (&free, "/v1/realtime?model=unknown", 404),
        (&free, "/v1/realtime", 400),
    ];
    for (token, path, status) in cases {
        let bearer = token.bearer();
        let opened = open(&system, path, &[("authorization", &bearer)]).await;
        let Err(Error::Http(refused)) = opened else {
            panic!("{path}");
        };
        assert_eq!(refused.status(), status, "{path}");
    }
    let bearer = free.bearer();
    let line = format!("GET {path}");
    let plain = system.send(&line, &[("authorization", &bearer)], "").await;
    assert_eq!(plain.status(), 426);
    assert_eq!(plain.head.header("upgrade"), Some("websocket"));
    assert!(system.simulator.seen().is_empty());
    assert_eq!(system.spent(&free).await, 0);
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_upstream_says_instead_of_a_101_is_passed_on() {
    let system = start().await;
    let token = system.token(&[]);
    system.in_force().await;
    let headers = [
        ("authorization", token.bearer()),
        ("x-sim-status", "422".to_owned()),
    ];
    let headers = headers
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    let opened = open(&system, &format!("/v1/realtime?model={MODEL}"), &headers).await;
    let Err(Error::Http(refused)) = opened else {
        panic!("no answer of the upstream's");
    };
    assert_eq!(refused.status(), 422);
    assert_eq!(system.spent(&token).await, 0);
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_ends_says_so_once_a_response_is_whole() {
    let mut system = start().await;
    let token = system.token(&[]);
    system.in_force().await;
    let mut silent = connect(&system, &token, &[]).await;
    let slow = [("x-sim-chunks", "20"), ("x-sim-delay-ms", "20")];
    let mut busy = connect(&system, &token, &slow).await;
    ask(&mut busy, "Hello!!!").await;
    hear_until(&mut busy, "response.output_text.delta").await;
    system.gateway.terminate();
    system.gateway.logged("draining").await;
    assert_eq!(closed(&mut silent).await.0, 1001);
    hear_until(&mut busy, "response.done").await;
    assert_eq!(closed(&mut busy).await.0, 1001);
    end(silent).await;
    end(busy).await;
    assert_eq!(system.gateway.ended().await, Some(0));
    system.assert_no_secret_is_left();
    system.simulator.stop().await;
}
