//! Hostile heads and chunks on real connections: the service sees none of them.

use crate::server::Server;

/// Each is a whole attempt; none may become a request.
const HEADS: &[&str] = &[
    "GET / HTTP/1.1\nHost: a\n\n",
    "GET / HTTP/1.1\r\nHost: a\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\n\n",
    "GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nX: a\x0bb\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nX: a\x7fb\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n",
    "GET / HTTP/1.1\r\n Host: a\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nX : b\r\n\r\n",
    "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nX(y): b\r\n\r\n",
    "GET / HTTP/1.1\r\n\r\n",
    "GET / HTTP/1.0\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n",
    "GET / HTTP/1.1\r\nHost:\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n",
    "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET a:80 HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET * HTTP/1.1\r\nHost: a\r\n\r\n",
    "get / HTTP/1.1\r\nHost: a\r\n\r\n",
    "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n",
    "CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n",
    "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET / HTTP/1.1 \r\nHost: a\r\n\r\n",
    " GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /\r\n\r\n",
    "GET / HTTP/0.9\r\nHost: a\r\n\r\n",
    "GET / HTTP/1.2\r\nHost: a\r\n\r\n",
    "GET / HTTP/2.0\r\nHost: a\r\n\r\n",
    "PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n",
    "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /\u{e9} HTTP/1.1\r\nHost: a\r\n\r\n",
    "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "\x16\x03\x01\x02\x00\x01\x00\x01",
    "PROXY TCP4 1.1.1.1 1.1.1.1 1 1\r\n",
    "\r\n\r\n\0\r\nQUIT\n\x20\0\0\0",
];

/// Each is a field of a POST with three bytes behind its head.
const FIELDS: &[&str] = &[
    "Content-Length: 3\r\nContent-Length: 3",
    "Content-Length: 3\r\nContent-Length: 0",
    "Content-Length: 3, 3",
    "Content-Length: +3",
    "Content-Length: -3",
    "Content-Length: 0x3",
    "Content-Length: 3 3",
    "Content-Length:",
    "Content-Length: 18446744073709551616",
    "Content-Length: 3\r\nTransfer-Encoding: chunked",
    "Transfer-Encoding: chunked\r\nContent-Length: 3",
    "Transfer-Encoding: gzip, chunked",
    "Transfer-Encoding: identity, chunked",
    "Transfer-Encoding: chunked, chunked",
    "Transfer-Encoding: chunked, identity",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
    "Transfer-Encoding: identity",
    "Transfer-Encoding: xchunked",
    "Transfer-Encoding: \x0bchunked",
    "Transfer-Encoding:\tchunked",
    "Transfer-Encoding : chunked",
    "Transfer-Encoding: chunked;q=1",
    " Transfer-Encoding: chunked",
    "Content_Length: 3",
    "Transfer_Encoding: chunked",
    "X_Api_Key: b",
    "Authorization: a\r\nAuthorization: b",
    "Expect: 200-ok",
];

/// Each is a body in chunks; the request in front of it is one, and what follows is none.
const CHUNKS: &[&str] = &[
    "+3\r\nabc\r\n",
    "-3\r\nabc\r\n",
    "0x3\r\nabc\r\n",
    "0_3\r\nabc\r\n",
    " 3\r\nabc\r\n",
    "3 \r\nabc\r\n",
    "\r\nabc\r\n",
    "3\nabc\r\n",
    "3\rabc\r\n",
    "3;a\nabc\r\n",
    "3;a\rb\r\nabc\r\n",
    "3\r\nabcd\r\n",
    "3\r\nabc\n",
    "ffffffffffffffff1\r\nabc\r\n",
    "0\r\nX : y\r\n\r\n",
    "0\r\nX: y\n\r\n",
    "0\r\nHost: b\r\n\r\n",
];

#[tokio::test]
async fn no_hostile_head_becomes_a_request() {
    let server = Server::start().await;
    let attempts = HEADS.iter().map(|head| (*head).to_owned());
    let posts = FIELDS
        .iter()
        .map(|field| format!("POST /v1/a?b HTTP/1.1\r\nHost: a\r\n{field}\r\n\r\nabc"));
    let attempts: Vec<String> = attempts.chain(posts).collect();
    assert!(attempts.len() > 60);
    let smuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";
    for attempt in attempts {
        let answer = server.exchange(format!("{attempt}{smuggled}")).await;
        let shown = attempt.escape_debug();
        assert!(
            answer.starts_with("HTTP/1.1 400 Refused"),
            "{shown}: {answer}"
        );
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{shown}: {answer}");
        assert!(
            !attempt.starts_with("POST") || answer.contains(" /v1/a "),
            "{answer}"
        );
    }
    assert!(server.requests().is_empty(), "{:?}", server.requests());
}

#[tokio::test]
async fn nothing_behind_hostile_chunks_becomes_a_request() {
    let server = Server::start().await;
    let head = "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    for chunks in CHUNKS {
        let smuggled = "0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";
        let answer = server.exchange(format!("{head}{chunks}{smuggled}")).await;
        assert!(
            answer.starts_with("HTTP/1.1 400 Bad"),
            "{chunks:?}: {answer}"
        );
        assert_eq!(
            answer.matches("HTTP/1.1 ").count(),
            1,
            "{chunks:?}: {answer}"
        );
    }
    let requests = server.requests();
    assert!(requests.iter().all(|line| line == "POST /echo"));
    assert_eq!(requests.len(), CHUNKS.len());
}
