//! Streams are the provider's: every byte, in order, as it comes, however the upstream cuts it.

use serde_json::json;
use tollgate_testkit::http_message::{LAST_CHUNK, chunk, response_head};
use tollgate_testkit::raw_client::{self, RawClient};
use tollgate_testkit::raw_upstream::{Gate, RawUpstream, Step};
use tollgate_tests::System;
use tollgate_tests::system::request;

/// Line ends of all kinds, a comment, an id, several data lines, text of several bytes a character.
const EVENTS: &str = concat!(
    "data: {\"choices\":[{\"delta\":{\"content\":\"Grüße, 世界 🌍\"}}]}\n\n",
    ": a comment\n\n",
    "id: 7\r\nevent: chunk\r\ndata:{\"no\":\"space\"}\r\n\r\n",
    "data: one\ndata: two\n\n",
    "data: [DONE]\n\n",
);

fn head() -> Vec<u8> {
    let headers = [
        ("content-type", "text/event-stream; charset=utf-8"),
        ("transfer-encoding", "chunked"),
        // Said, so that the gateway does not send its next call into a connection that is closing.
        ("connection", "close"),
    ];
    response_head(200, &headers).to_vec()
}

/// Puts a scripted upstream behind a model of its own.
fn serve(system: &System, upstream: &RawUpstream) {
    system.serve_at(&upstream.url(), "raw-model", &[]);
}

/// A client that asks for the usage itself, so that nothing has to be taken out of its stream.
fn ask(secret: &str) -> String {
    ask_with(secret, &json!({"include_usage": true}))
}

fn ask_with(secret: &str, options: &serde_json::Value) -> String {
    let authorization = format!("Bearer {secret}");
    let body = json!({
        "model": "raw-model", "stream": true, "stream_options": options, "messages": [],
    })
    .to_string();
    request(
        "POST /v1/chat/completions",
        &[("authorization", &authorization)],
        &body,
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_is_cut_into_pieces_anywhere_arrives_unchanged() {
    let system = System::start().await;
    let events = EVENTS.as_bytes();
    // Two chunks, cut at every position; then every byte in a chunk of its own.
    let mut scripts: Vec<Vec<Step>> = (1..events.len())
        .map(|cut| {
            let (first, second) = events.split_at(cut);
            [
                Step::write(head()),
                Step::write(chunk(first)),
                Step::write(chunk(second)),
                Step::write(LAST_CHUNK),
                Step::Close,
            ]
            .into()
        })
        .collect();
    let bytes = events.iter().map(|byte| Step::write(chunk(&[*byte])));
    scripts.push(
        [Step::write(head())]
            .into_iter()
            .chain(bytes)
            .chain([Step::write(LAST_CHUNK), Step::Close])
            .collect(),
    );
    let count = scripts.len();
    let upstream = RawUpstream::start_sequence(scripts).await.unwrap();
    serve(&system, &upstream);
    let token = system.token(&[]);
    system.in_force().await;
    for cut in 0..count {
        let mut client = RawClient::connect(system.gateway.address).await.unwrap();
        let answer = client.exchange(ask(&token.secret)).await.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(
            String::from_utf8(answer.body.to_vec()).unwrap(),
            EVENTS,
            "cut {cut}"
        );
    }
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_piece_is_passed_on_before_the_next_one_is_there() {
    let system = System::start().await;
    let gate = Gate::new();
    let events = EVENTS.as_bytes();
    let mut script = vec![Step::write(head())];
    for byte in events {
        script.extend([Step::Wait(gate.clone()), Step::write(chunk(&[*byte]))]);
    }
    script.extend([
        Step::Wait(gate.clone()),
        Step::write(LAST_CHUNK),
        Step::Close,
    ]);
    let upstream = RawUpstream::start(script).await.unwrap();
    serve(&system, &upstream);
    let token = system.token(&[]);
    system.in_force().await;
    let mut client = RawClient::connect(system.gateway.address).await.unwrap();
    client.send(ask(&token.secret)).await.unwrap();
    // The head is there while the upstream has not sent a byte of its body.
    assert_eq!(client.head().await.unwrap().status(), Some(200));
    for byte in events {
        gate.pass();
        assert_eq!(client.chunk().await.unwrap().unwrap(), [*byte].as_slice());
    }
    gate.pass();
    assert_eq!(client.chunk().await.unwrap(), None);
    system.finish().await;
}

/// Where the usage was asked for by the gateway alone, an event is passed on when it is whole, and
/// does not wait for the next one.
#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_passed_on_when_it_is_whole_where_usage_is_taken_out() {
    let system = System::start().await;
    let gate = Gate::new();
    let events = [
        "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}],\"usage\":null}\n\n",
        "data: {\"choices\":[{\"delta\":{\"content\":\"b\"}}]}\n\n",
        "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1}}\n\ndata: [DONE]\n\n",
    ];
    let expected = [
        "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n",
        events[1],
        "data: [DONE]\n\n",
    ];
    let mut script = vec![Step::write(head())];
    for event in events {
        let (first, second) = event.split_at(9);
        script.extend([
            Step::Wait(gate.clone()),
            Step::write(chunk(first.as_bytes())),
            Step::write(chunk(second.as_bytes())),
        ]);
    }
    script.extend([
        Step::Wait(gate.clone()),
        Step::write(LAST_CHUNK),
        Step::Close,
    ]);
    let upstream = RawUpstream::start(script).await.unwrap();
    serve(&system, &upstream);
    let token = system.token(&[]);
    system.in_force().await;
    let mut client = RawClient::connect(system.gateway.address).await.unwrap();
    let bytes = ask_with(&token.secret, &serde_json::Value::Null);
    client.send(bytes).await.unwrap();
    assert_eq!(client.head().await.unwrap().status(), Some(200));
    for event in expected {
        gate.pass();
        assert_eq!(
            client.chunk().await.unwrap().unwrap(),
            event.as_bytes(),
            "{event}"
        );
    }
    gate.pass();
    assert_eq!(client.chunk().await.unwrap(), None);
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_the_upstream_breaks_off_never_ends_as_if_it_were_whole() {
    let mut system = System::start().await;
    let events = EVENTS.as_bytes();
    let cuts: Vec<usize> = (0..=events.len()).collect();
    // An upstream that breaks off again and again is put aside, so it serves twice in between.
    let whole = || {
        vec![
            Step::write(head()),
            Step::write(chunk(events)),
            Step::write(LAST_CHUNK),
        ]
    };
    let scripts = cuts.iter().flat_map(|cut| {
        let first = &events[..*cut];
        let piece = if first.is_empty() {
            Step::write("")
        } else {
            Step::write(chunk(first))
        };
        let broken = vec![Step::write(head()), piece, Step::Close];
        [broken, whole(), whole()]
    });
    let upstream = RawUpstream::start_sequence(scripts.collect())
        .await
        .unwrap();
    serve(&system, &upstream);
    let token = system.token(&[]);
    system.in_force().await;
    for cut in cuts {
        let whole = &EVENTS.as_bytes()[..cut];
        let mut client = RawClient::connect(system.gateway.address).await.unwrap();
        client.send(ask(&token.secret)).await.unwrap();
        assert_eq!(client.head().await.unwrap().status(), Some(200));
        let mut received = Vec::new();
        let ended = loop {
            match client.chunk().await {
                Ok(Some(piece)) => received.extend_from_slice(&piece),
                Ok(None) => break true,
                Err(_) => break false,
            }
        };
        let (passed, added) = received.split_at(cut);
        assert_eq!(passed, whole, "cut {cut}");
        let added = String::from_utf8(added.to_vec()).unwrap();
        let between_events = cut == 0 || whole.ends_with(b"\n\n") || whole.ends_with(b"\r\n\r\n");
        if cut == events.len() {
            // It has said that it is at its end: nothing that was said is missing.
            assert!(ended && added.is_empty(), "{added}");
        } else if between_events {
            assert!(
                ended && added.starts_with("data: {\"error\":") && added.ends_with("\n\n"),
                "cut {cut}: {added}"
            );
        } else {
            assert!(
                !ended && added.is_empty(),
                "cut {cut}: a half event is broken off: {added:?}"
            );
        }
        for _ in 0..2 {
            let served = raw_client::exchange(system.gateway.address, ask(&token.secret)).await;
            assert_eq!(served.unwrap().body, events, "after cut {cut}");
        }
    }
    system
        .gateway
        .logged_where(|line| line["ending"] == "upstream_broke")
        .await;
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_is_noticed_upstream() {
    let mut system = System::start().await;
    let script = vec![
        Step::write(head()),
        Step::write(chunk(b"data: 1\n\n")),
        Step::Hang,
    ];
    let upstream = RawUpstream::start(script).await.unwrap();
    serve(&system, &upstream);
    let token = system.token(&[]);
    system.in_force().await;
    let mut client = RawClient::connect(system.gateway.address).await.unwrap();
    client.send(ask(&token.secret)).await.unwrap();
    client.head().await.unwrap();
    client.chunk().await.unwrap();
    client.reset().unwrap();
    upstream
        .wait_until(|seen| seen.abandoned == 1)
        .await
        .unwrap();
    let line = system.gateway.logged("relayed").await;
    assert_eq!(
        (&line["ending"], &line["bytes"]),
        (&"client_left".into(), &9.into())
    );
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_body_reaches_the_upstream_as_it_was_written() {
    let system = System::start().await;
    let upstream = RawUpstream::start(vec![
        Step::respond(200, "application/json", "{}"),
        Step::Close,
    ])
    .await
    .unwrap();
    serve(&system, &upstream);
    let token = system.token(&[]);
    system.in_force().await;
    let authorization = token.bearer();
    let headers = [
        ("authorization", authorization.as_str()),
        ("anthropic-beta", "a,b"),
        ("x-custom", "kept"),
    ];
    let body = "{ \"unknown\" : [1.0, 1e2] ,\n\t\"model\":\"raw-model\", \"messages\":[] }";
    let answer = system
        .send("POST /v1/chat/completions?x=%20y", &headers, body)
        .await;
    assert_eq!(answer.status(), 200);
    let requests = upstream.requests();
    let request = requests.first().unwrap();
    assert_eq!(request.body, body.as_bytes());
    assert_eq!(
        request.head.first_line(),
        "POST /v1/chat/completions?x=%20y HTTP/1.1"
    );
    assert_eq!(request.head.header("x-custom"), Some("kept"));
    assert_eq!(request.head.header("anthropic-beta"), Some("a,b"));
    assert_eq!(
        request.head.header("authorization"),
        None,
        "this upstream has no credential"
    );
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_is_named_to_the_upstream_as_it_knows_it() {
    let system = System::start().await;
    let upstream = RawUpstream::start(vec![
        Step::respond(200, "application/json", "{}"),
        Step::Close,
    ])
    .await
    .unwrap();
    let url = upstream.url();
    let create = ["model", "create", "public-name", "--provider", "openai"];
    system.admin(&[create.as_slice(), &["--price", "free"]].concat());
    system.admin(&[
        "upstream",
        "create",
        "raw",
        "--dialect",
        "openai",
        "--provider",
        "openai",
        "--models",
        "public-name=their-\"name\"",
        "--allow-private",
        "--base-url",
        &url,
    ]);
    let token = system.token(&[]);
    system.in_force().await;
    let authorization = token.bearer();
    let body = r#"{"a":1, "model" : "public-name", "b":[ ]}"#;
    let answer = system
        .send(
            "POST /v1/chat/completions",
            &[("authorization", &authorization)],
            body,
        )
        .await;
    assert_eq!(answer.status(), 200);
    let expected = r#"{"a":1, "model" : "their-\"name\"", "b":[ ]}"#;
    assert_eq!(
        upstream.requests().first().unwrap().body,
        expected.as_bytes()
    );
    system.finish().await;
}
