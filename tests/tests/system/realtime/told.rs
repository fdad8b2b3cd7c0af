//! Sessions with an upstream that says what the client tells it to, so that responses may go on at
//! once, and break off where they should.

use std::sync::Arc;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio_tungstenite::accept_async;
use tokio_tungstenite::tungstenite::Message;
use tollgate_tests::system::PRICE;
use tollgate_tests::{System, Token};

use super::*;

async fn start(price: &str) -> System {
    start_until(price, Arc::default()).await
}

/// A system whose upstream says what it is to say later when it is notified.
async fn start_until(price: &str, later: Arc<Notify>) -> System {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(repeat(stream, Arc::clone(&later)));
        }
    });
    let system = System::start().await;
    serve(&system, &url, price);
    system
}

/// Says the `now` of each message at once, in one piece, and its `later` when it is notified.
async fn repeat(stream: TcpStream, later: Arc<Notify>) {
    let mut socket = accept_async(stream).await.unwrap();
    while let Some(Ok(Message::Text(text))) = socket.next().await {
        let told: Value = serde_json::from_str(&text).unwrap();
        for when in ["now", "later"] {
            if told[when].is_array() && when == "later" {
                later.notified().await;
            }
            for event in told[when].as_array().into_iter().flatten() {
                let said = Message::text(event.to_string());
                if socket.feed(said).await.is_err() {
                    return;
                }
            }
            let _ = socket.flush().await;
        }
    }
}

async fn connect(system: &System, token: &Token) -> Socket {
    let bearer = token.bearer();
    let path = format!("/v1/realtime?model={MODEL}");
    let opened = open(system, &path, &[("authorization", &bearer)]).await;
    opened.unwrap().0
}

/// Gives the tokens of what was said, by an estimate.
async fn tell(socket: &mut Socket, now: &[Value]) -> i64 {
    let told = json!({"now": now});
    let bytes = told.to_string().len();
    say(socket, told).await;
    i64::try_from(bytes.div_ceil(4)).unwrap()
}

async fn speak(socket: &mut Socket, sound: &str) {
    let append = json!({"type": "input_audio_buffer.append", "audio": sound});
    say(socket, append).await;
}

fn created(id: &str) -> Value {
    json!({"type": "response.created", "response": {"id": id, "status": "in_progress"}})
}

fn text(id: &str, delta: &str) -> Value {
    json!({"type": "response.output_text.delta", "response_id": id, "delta": delta})
}

fn done(id: &str, input: u64, output: u64) -> Value {
    let usage = json!({"input_tokens": input, "output_tokens": output,
        "total_tokens": input + output});
    let response = json!({"id": id, "status": "completed", "usage": usage});
    json!({"type": "response.done", "response": response})
}

#[tokio::test(flavor = "multi_thread")]
async fn responses_at_once_are_charged_each_by_itself() {
    let system = start(PRICE).await;
    let token = system.token(&[]);
    system.in_force().await;
    let mut socket = connect(&system, &token).await;
    let now = [
        created("a"),
        created("b"),
        text("b", "four tokens here"),
        text("a", "12345678"),
        done("a", 70, 9),
    ];
    let said = tell(&mut socket, &now).await;
    hear_until(&mut socket, "response.done").await;
    drop(socket);
    // The first is charged what the provider counts, the second what it read and generated.
    let rows = [
        row("complete", 70 + 9 * 2, false),
        row("client_left", said + 4 * 2, true),
    ];
    assert_eq!(receipts(&system, &token).await, rows);
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_response_that_cannot_be_held_for_ends_the_session() {
    let system = start(PRICE).await;
    let token = system.token(&["--quota", "0.0012"]);
    system.in_force().await;
    let mut socket = connect(&system, &token).await;
    let now = [created("a"), text("a", "12345678"), created("b")];
    let said = tell(&mut socket, &now).await;
    let refused = hear_until(&mut socket, "error").await;
    assert_eq!(refused["error"]["code"], "insufficient_quota", "{refused}");
    assert_eq!(closed(&mut socket).await.0, 1008);
    end(socket).await;
    // Both have read what was said, and one is held for.
    let rows = [row("client_left", said + 2 * 2 + said, true)];
    assert_eq!(receipts(&system, &token).await, rows);
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_responses_are_read_on_in_a_group_that_drains() {
    let later = Arc::new(Notify::new());
    let mut system = start_until(PRICE, Arc::clone(&later)).await;
    system.admin(&["group", "create", "draining", "--on-leave", "drain:30"]);
    let token = system.token(&[]);
    system.admin(&["token", "edit", &token.id, "--group", "draining"]);
    system.in_force().await;
    let mut socket = connect(&system, &token).await;
    let now = [created("a"), created("b"), text("a", "12345678")];
    // What begins only then counts as well.
    let rest = [
        done("a", 70, 9),
        created("c"),
        done("b", 80, 8),
        done("c", 90, 7),
    ];
    say(&mut socket, json!({"now": now, "later": rest})).await;
    hear_until(&mut socket, "response.output_text.delta").await;
    drop(socket);
    let left = "the client left: its responses are read on";
    system.gateway.logged(left).await;
    later.notify_one();
    let rows = [
        row("drained", 70 + 9 * 2, false),
        row("drained", 80 + 8 * 2, false),
        row("drained", 90 + 7 * 2, false),
    ];
    assert_eq!(receipts(&system, &token).await, rows);
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_response_that_breaks_off_is_charged_the_conversation_and_its_sound() {
    let price = format!("{PRICE},input-audio=10,output-audio=20");
    let system = start(&price).await;
    let token = system.token(&[]);
    system.in_force().await;
    let mut socket = connect(&system, &token).await;
    speak(&mut socket, &"A".repeat(32_000)).await;
    tell(&mut socket, &[created("a"), done("a", 70, 9)]).await;
    hear_until(&mut socket, "response.done").await;
    speak(&mut socket, &"A".repeat(6_400)).await;
    let sound = json!({"type": "response.output_audio.delta", "response_id": "b", "delta": "AA"});
    let said = tell(&mut socket, &[created("b"), sound]).await;
    hear_until(&mut socket, "response.output_audio.delta").await;
    drop(socket);
    // What was counted is not estimated again.
    let conversation = 70 + 9 + said + 2 * 10;
    let rows = [
        row("complete", 70 + 9 * 2, false),
        row("client_left", conversation + 20, true),
    ];
    assert_eq!(receipts(&system, &token).await, rows);
    system.finish().await;
}
