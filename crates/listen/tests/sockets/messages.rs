//! HTTP/1: what passes, what is refused, and in which order.

use crate::server::{Server, status};

const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

#[tokio::test]
async fn requests_come_through_however_they_are_cut() {
    let server = Server::start().await;
    let mut client = server.client().await;
    client.get("/", "fine").await;
    for byte in GET.bytes() {
        client.send([byte]).await;
    }
    client.until("fine").await;
    client.send(format!("{GET}{GET}\r\n{GET}")).await;
    for _ in 0..3 {
        client.until("fine").await;
    }
    let chunks = "3\r\nabc\r\n2;x\r\nde\r\n0\r\n\r\n";
    let head = "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    client.send(format!("{head}{chunks}{GET}")).await;
    client.until("abcde").await;
    client.until("fine").await;
    assert_eq!(server.requests().len(), 7);
}

#[tokio::test]
async fn a_large_body_comes_through_whole() {
    let server = Server::start().await;
    let body = "0123456789abcdef".repeat(64 << 10);
    let head = format!(
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n",
        body.len()
    );
    let sent = format!("{head}Connection: close\r\n\r\n{body}");
    let mut client = server.client().await;
    client.send(sent).await;
    let answer = client.rest().await;
    assert!(answer.ends_with(&body), "{} bytes", answer.len());
}

#[tokio::test]
async fn a_head_of_the_most_bytes_passes() {
    let server = Server::start().await;
    let start = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX: ";
    let padding = "y".repeat((64 << 10) - start.len() - 4);
    let answer = server.exchange(format!("{start}{padding}\r\n\r\n")).await;
    assert_eq!(status(&answer), 200);
    let answer = server.exchange(format!("{start}{padding}y\r\n\r\n")).await;
    assert!(answer.contains("HeadTooLarge /"), "{answer}");
}

#[tokio::test]
async fn an_answer_that_goes_on_comes_before_a_refusal() {
    let server = Server::start().await;
    let mut client = server.client().await;
    client
        .send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\nget /bad HTTP/1.1\r\n\r\n")
        .await;
    server.recorder.came.notified().await;
    server.recorder.go.notify_one();
    let both = client.rest().await;
    let (first, second) = both.split_at(both.find("waited").unwrap());
    assert_eq!(status(first), 200);
    assert!(second.contains("HTTP/1.1 400"), "{second}");
    assert!(second.contains("/bad"), "{second}");
    assert_eq!(server.requests(), ["GET /wait"]);
}

#[tokio::test]
async fn a_refusal_that_comes_after_the_request_waits_for_its_answer() {
    let server = Server::start().await;
    let mut client = server.client().await;
    client.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n").await;
    server.recorder.came.notified().await;
    client.send("get /bad HTTP/1.1\r\n\r\n").await;
    server.recorder.go.notify_one();
    client.until("waited").await;
    assert!(client.rest().await.contains("/bad"));
}

#[tokio::test]
async fn a_client_reads_its_refusal_though_it_goes_on_sending() {
    let server = Server::start().await;
    for _ in 0..20 {
        let mut client = server.client().await;
        client.send("get / HTTP/1.1\r\n").await;
        client.send("x".repeat(100_000)).await;
        assert_eq!(status(&client.rest().await), 400);
    }
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn a_client_reads_an_answer_though_its_body_is_not_read() {
    let server = Server::start().await;
    // The larger one is more than fits between the two.
    for length in [200_000, 20 << 20] {
        for _ in 0..5 {
            let mut client = server.client().await;
            client.send(post("/", length)).await;
            client.send("x".repeat(length)).await;
            let answer = client.rest().await;
            assert_eq!(status(&answer), 200);
            assert!(answer.contains("connection: close\r\n"), "{answer}");
        }
    }
}

#[tokio::test]
async fn an_answer_says_that_nothing_follows_where_its_request_has_not_come_whole() {
    let server = Server::start().await;
    let mut client = server.client().await;
    // A body that came whole ends nothing, whatever has come of the next one.
    client.send(post("/", 3) + "abc" + &post("/wait", 3)).await;
    let answer = client.until("fine").await;
    assert!(!answer.contains("connection: close"), "{answer}");
    server.recorder.came.notified().await;
    client.send("ab").await;
    server.recorder.go.notify_one();
    let answer = client.until("waited").await;
    assert!(answer.contains("connection: close\r\n"), "{answer}");
    client.send("c").await;
    assert_eq!(client.rest().await, "");
}

fn post(path: &str, length: usize) -> String {
    format!("POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n")
}

#[tokio::test]
async fn a_body_that_breaks_its_framing_fails_where_it_is_read() {
    let server = Server::start().await;
    let head = "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    for chunks in [
        "3\r\nabc\r\n3 \r\n",
        "3\nabc",
        "0\r\nContent-Length: 3\r\n\r\n",
    ] {
        let answer = server.exchange(format!("{head}{chunks}{GET}")).await;
        assert_eq!(status(&answer), 400, "{answer}");
        assert!(answer.contains("no body"), "{answer}");
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{answer}");
    }
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn another_protocol_passes_unseen() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let offer = "GET /switch HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: raw\r\n\r\n";
    // Sent before the answer is known.
    client.send(format!("{offer}early\n")).await;
    let answer = client.until("early\n").await;
    assert_eq!(status(&answer), 101);
    client.send("get lost\n\0\r").await;
    client.until("get lost\n\0\r").await;
}

#[tokio::test]
async fn after_an_offer_that_was_not_taken_heads_are_heads() {
    let server = Server::start().await;
    let offer = "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n";
    let mut client = server.client().await;
    client.send(format!("{offer}{GET}")).await;
    client.until("fine").await;
    client.until("fine").await;
    client.send(format!("{offer}get / HTTP/1.1\r\n\r\n")).await;
    client.until("fine").await;
    // hyper gives the socket of such a connection away at its end, so there is no answer.
    assert_eq!(client.rest().await, "");
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn a_client_that_closes_its_side_early_still_ends_in_order() {
    let server = Server::start().await;
    let mut client = server.client().await;
    client.get("/", "fine").await;
    drop(client);
    let ending = server.noticed(|notice| match notice {
        tollgate_listen::Notice::Ended(ending) => Some(*ending),
        _ => None,
    });
    assert_eq!(ending.await, tollgate_listen::Ending::Complete);
}
