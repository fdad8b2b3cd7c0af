use super::*;
use crate::http_message::{LAST_CHUNK, chunk, response_head};
use crate::raw_client::{RawClient, exchange};

const GET: &[u8] = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n";

#[tokio::test]
async fn the_upstream_keeps_the_exact_request_and_plays_scripts_in_turn() {
    let scripts = ["one", "two"].map(|text| vec![Step::respond(200, "text/plain", text)]);
    let upstream = RawUpstream::start_sequence(scripts.into()).await.unwrap();
    let chunked = b"POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n";

    let mut client = RawClient::connect(upstream.address()).await.unwrap();
    assert_eq!(client.exchange(chunked).await.unwrap().body, b"one");
    assert_eq!(client.exchange(GET).await.unwrap().body, b"two");
    assert_eq!(
        exchange(upstream.address(), GET).await.unwrap().body,
        b"two"
    );

    let seen = upstream.seen();
    assert_eq!(
        (seen.connections, seen.requests.len(), seen.abandoned),
        (2, 3, 0)
    );
    assert_eq!(seen.requests[0].raw, chunked);
    assert_eq!(seen.requests[0].body, b"hi");
    assert_eq!(seen.requests[1].raw, GET);
}

#[tokio::test]
async fn the_first_bytes_arrive_while_the_rest_is_held_back() {
    let gate = Gate::new();
    let head = response_head(200, &[("transfer-encoding", "chunked")]);
    let mut script = vec![Step::write(head), Step::write(chunk(b"early"))];
    script.extend([Step::Wait(gate.clone()), Step::write(chunk(b"late"))]);
    script.push(Step::write(LAST_CHUNK));
    let upstream = RawUpstream::start(script).await.unwrap();

    let mut client = RawClient::connect(upstream.address()).await.unwrap();
    client.send(GET).await.unwrap();
    client.head().await.unwrap();
    assert_eq!(client.chunk().await.unwrap().unwrap(), "early");
    gate.pass();
    assert_eq!(client.chunk().await.unwrap().unwrap(), "late");
    assert_eq!(client.chunk().await.unwrap(), None);
}

#[tokio::test]
async fn a_reset_is_an_error_and_a_close_is_an_end() {
    let part = || Step::write(response_head(200, &[]));
    let scripts = vec![vec![part(), Step::Close], vec![part(), Step::Reset]];
    let upstream = RawUpstream::start_sequence(scripts).await.unwrap();

    let closed = exchange(upstream.address(), GET).await.unwrap();
    assert!(closed.body.is_empty());
    let reset = exchange(upstream.address(), GET).await.unwrap_err();
    assert_eq!(reset.kind(), io::ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn a_client_that_leaves_is_noticed() {
    let scripts = vec![vec![Step::Hang], vec![Step::Wait(Gate::new())]];
    let upstream = RawUpstream::start_sequence(scripts).await.unwrap();
    for left in 1..=2 {
        let mut client = RawClient::connect(upstream.address()).await.unwrap();
        client.send(GET).await.unwrap();
        upstream
            .wait_until(|seen| seen.requests.len() == left)
            .await
            .unwrap();
        client.reset().unwrap();
        upstream
            .wait_until(|seen| seen.abandoned == left)
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn a_cut_leaves_the_bytes_as_they_were() {
    let bytes = response_head(204, &[]);
    for cut in 0..=bytes.len() {
        let gate = Gate::new();
        let upstream = RawUpstream::start(Step::cut(bytes.clone(), cut, &gate))
            .await
            .unwrap();
        let mut client = RawClient::connect(upstream.address()).await.unwrap();
        client.send(GET).await.unwrap();
        gate.pass();
        assert_eq!(client.head().await.unwrap().raw(), &bytes);
    }
}
