//! `/v1/realtime`, with a client that nobody here wrote.

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::start;
use crate::Simulator;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn connect(simulator: &Simulator, headers: &[(&'static str, &'static str)]) -> Socket {
    let address = simulator.address();
    let url = format!("ws://{address}/v1/realtime?model=any");
    let mut request = url.into_client_request().unwrap();
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    connect_async(request).await.unwrap().0
}

async fn say(socket: &mut Socket, event: Value) {
    let text = Message::Text(event.to_string().into());
    socket.send(text).await.unwrap();
}

async fn hear(socket: &mut Socket) -> Value {
    let message = socket.next().await.unwrap().unwrap();
    serde_json::from_str(message.to_text().unwrap()).unwrap()
}

/// The events up to one of this kind, which is the last.
async fn hear_until(socket: &mut Socket, kind: &str) -> Vec<Value> {
    let mut events = vec![hear(socket).await];
    while events.last().unwrap()["type"] != kind {
        events.push(hear(socket).await);
    }
    events
}

#[tokio::test(start_paused = true)]
async fn each_response_reads_all_that_was_said_before() {
    let simulator = start().await;
    let mut socket = connect(&simulator, &[("x-sim-chunks", "2")]).await;
    let created = hear(&mut socket).await;
    assert_eq!(created["type"], "session.created");
    assert_eq!(created["session"]["model"], "any");
    let item = json!({"type": "message", "role": "user",
        "content": [{"type": "input_text", "text": "Hello!!!"}]});
    say(
        &mut socket,
        json!({"type": "conversation.item.create", "item": item}),
    )
    .await;
    say(&mut socket, json!({"type": "response.create"})).await;
    let events = hear_until(&mut socket, "response.done").await;
    let text: String = events
        .iter()
        .filter_map(|event| event["delta"].as_str())
        .collect();
    assert_eq!(text, "Your last");
    let usage = &events.last().unwrap()["response"]["usage"];
    assert_eq!(
        (&usage["input_tokens"], &usage["output_tokens"]),
        (&json!(2), &json!(2))
    );

    let second = json!({"type": "input_audio_buffer.append", "audio": "AAAA".repeat(16_000)});
    say(&mut socket, second).await;
    let capped = json!({"type": "response.create", "response": {"max_output_tokens": 1}});
    say(&mut socket, capped).await;
    let events = hear_until(&mut socket, "response.done").await;
    let response = &events.last().unwrap()["response"];
    assert_eq!(response["status"], "incomplete");
    // Eight bytes, nine of the first answer, and a second of sound.
    assert_eq!(response["usage"]["input_token_details"]["text_tokens"], 5);
    assert_eq!(response["usage"]["input_token_details"]["audio_tokens"], 10);
    assert_eq!(response["usage"]["output_tokens"], 1);
    socket.close(None).await.unwrap();
    while socket.next().await.is_some() {}
    let tally = simulator.tally();
    assert_eq!((tally.answered, tally.abandoned), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_session_is_refused_and_cut_and_closed_as_asked() {
    let simulator = start().await;
    let url = format!("ws://{}/v1/realtime", simulator.address());
    assert!(connect_async(url.as_str()).await.is_err());
    let mut socket = connect(&simulator, &[("x-sim-cut-after", "1")]).await;
    hear(&mut socket).await;
    say(&mut socket, json!({"type": "nothing"})).await;
    assert_eq!(hear(&mut socket).await["type"], "error");
    say(&mut socket, json!({"type": "response.create"})).await;
    hear_until(&mut socket, "response.output_text.delta").await;
    assert!(socket.next().await.is_none_or(|message| message.is_err()));

    let mut socket = connect(&simulator, &[]).await;
    hear(&mut socket).await;
    let (_, last) = tokio::join!(simulator.stop(), socket.next());
    let Some(Ok(Message::Close(Some(frame)))) = last else {
        panic!("{last:?}");
    };
    assert_eq!(u16::from(frame.code), 1001);
}
