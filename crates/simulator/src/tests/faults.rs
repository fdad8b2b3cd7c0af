//! Scripted trouble, clients that leave, and the end.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use super::client::{Ask, get, post};
use super::start;
use crate::Simulator;

const CHAT: &str = "/v1/chat/completions";

fn chat(simulator: &Simulator, stream: bool) -> Ask {
    let user = json!([{"role": "user", "content": "Hello!"}]);
    let body = json!({"model": "any", "messages": user, "stream": stream});
    post(simulator, CHAT, body)
}

#[tokio::test(start_paused = true)]
async fn a_scripted_status_is_answered_in_each_dialect() {
    let simulator = start().await;
    let types = [
        (400, "invalid_request_error", "invalid_request_error"),
        (402, "invalid_request_error", "billing_error"),
        (429, "requests", "rate_limit_error"),
        (500, "server_error", "api_error"),
        (529, "server_error", "overloaded_error"),
    ];
    for (status, openai, anthropic) in types {
        let reply = chat(&simulator, true)
            .header("x-sim-status", status)
            .send()
            .await;
        assert_eq!(reply.status, status);
        assert_eq!(reply.json()["error"]["type"], openai);
        assert_eq!(reply.header("retry-after").is_some(), status == 429);
        let ask = post(&simulator, "/v1/messages", json!({})).header("x-sim-status", status);
        let reply = ask.send().await;
        assert_eq!(reply.status, status);
        assert_eq!(reply.json()["error"]["type"], anthropic);
        let reply = get(&simulator, "/crm/x")
            .header("x-sim-status", status)
            .send()
            .await;
        assert_eq!(reply.json()["status"], status);
    }
}

#[tokio::test(start_paused = true)]
async fn a_script_out_of_range_is_refused_by_its_name() {
    let simulator = start().await;
    let reply = chat(&simulator, true)
        .header("x-sim-chunks", "many")
        .send()
        .await;
    assert_eq!(reply.status, 400);
    assert_eq!(reply.json()["error"]["param"], "x-sim-chunks");
}

#[tokio::test(start_paused = true)]
async fn a_stream_is_cut_after_exactly_the_chunks_asked_for() {
    let simulator = start().await;
    for cut_after in 0..=4 {
        let ask = chat(&simulator, true).header("x-sim-chunks", 4);
        let reply = ask.header("x-sim-cut-after", cut_after).send().await;
        assert_eq!(reply.status, 200);
        assert!(!reply.is_whole, "{reply:?}");
        // The role comes before the content.
        assert_eq!(reply.events().len(), 1 + cut_after, "{reply:?}");
    }
    let ask = chat(&simulator, true).header("x-sim-chunks", 4);
    let reply = ask.header("x-sim-cut-after", 5).send().await;
    assert!(reply.is_whole);
    assert_eq!(simulator.tally().abandoned, 0);
}

#[tokio::test(start_paused = true)]
async fn a_whole_answer_is_cut_in_its_middle() {
    let simulator = start().await;
    let reply = chat(&simulator, false)
        .header("x-sim-cut-after", 1)
        .send()
        .await;
    assert!(!reply.is_whole);
    let half = reply.chunks.concat();
    assert!(half.starts_with('{') && !half.ends_with('}'), "{half}");
    assert!(serde_json::from_str::<Value>(&half).is_err());
}

#[tokio::test(start_paused = true)]
async fn a_call_that_hangs_is_never_answered_and_its_end_is_noticed() {
    let simulator = start().await;
    let mut socket = chat(&simulator, true).header("x-sim-hang", 1).open().await;
    simulator.tally_when(|it| it.received == 1).await;
    let hour = Duration::from_secs(3_600);
    assert!(timeout(hour, socket.read_u8()).await.is_err());
    assert_eq!(simulator.count(), 0);
    drop(socket);
    let tally = simulator.tally_when(|it| it.abandoned == 1).await;
    assert_eq!(tally.answered, 0);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_leaves_a_stream_is_noticed() {
    let simulator = start().await;
    let ask = chat(&simulator, true).header("x-sim-chunks", 100_000);
    let mut socket = ask.header("x-sim-delay-ms", 60_000).open().await;
    socket.read_u8().await.unwrap();
    drop(socket);
    let tally = simulator.tally_when(|it| it.abandoned == 1).await;
    assert_eq!(tally.answered, 1);
}

#[tokio::test(start_paused = true)]
async fn stopping_lets_a_stream_end_and_takes_no_new_connection() {
    let simulator = start().await;
    let address = simulator.address();
    let ask = chat(&simulator, true).header("x-sim-chunks", 3);
    let mut socket = ask.header("x-sim-delay-ms", 1_000).open().await;
    simulator.tally_when(|it| it.answered == 1).await;
    simulator.stop().await;
    let mut rest = String::new();
    socket.read_to_string(&mut rest).await.unwrap();
    assert!(rest.contains("[DONE]"), "{rest}");
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn stopping_answers_the_calls_that_hang() {
    let simulator = start().await;
    let mut socket = chat(&simulator, true).header("x-sim-hang", 1).open().await;
    simulator.tally_when(|it| it.received == 1).await;
    let begun = Instant::now();
    simulator.stop().await;
    assert!(begun.elapsed() < Duration::from_secs(1));
    let mut reply = String::new();
    socket.read_to_string(&mut reply).await.unwrap();
    assert!(reply.starts_with("HTTP/1.1 503"), "{reply}");
}

#[tokio::test(start_paused = true)]
async fn stopping_does_not_wait_for_an_endless_stream() {
    let simulator = start().await;
    let ask = chat(&simulator, true).header("x-sim-chunks", 100_000);
    let _socket = ask.header("x-sim-delay-ms", 60_000).open().await;
    simulator.tally_when(|it| it.answered == 1).await;
    let begun = Instant::now();
    simulator.stop().await;
    assert_eq!(begun.elapsed().as_secs(), 5);
}

#[tokio::test(start_paused = true)]
async fn http_2_with_prior_knowledge_is_spoken() {
    let simulator = start().await;
    let mut socket = TcpStream::connect(simulator.address()).await.unwrap();
    let settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    socket
        .write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        .await
        .unwrap();
    socket.write_all(&settings).await.unwrap();
    let mut frame = [0; 9];
    socket.read_exact(&mut frame).await.unwrap();
    assert_eq!(frame[3], 4, "the answer must begin with a SETTINGS frame");
}
