//! Hostile and plain messages, whole and cut anywhere.

use super::*;

const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n";
const POST: &str = "POST /v1 HTTP/1.1\r\nHost: a\r\n";

fn guard() -> Guard {
    Guard::new(10, 1000)
}

/// Pushes as a socket does: what does not pass comes again with what is next.
fn pushed(guard: &mut Guard, bytes: &[u8], piece: usize) -> (usize, Option<Reason>) {
    let (mut passed, mut come) = (0, 0);
    while come < bytes.len() {
        come = bytes.len().min(come + piece);
        let passage = guard.push(&bytes[passed..come]);
        passed += passage.bytes;
        if let Some(reason) = passage.rejected {
            return (passed, Some(reason));
        }
    }
    (passed, None)
}

/// What becomes of the bytes, whichever way they are cut.
fn walked(bytes: &[u8]) -> (usize, Option<Reason>) {
    let whole = pushed(&mut guard(), bytes, bytes.len());
    for piece in 1..bytes.len().min(90) {
        assert_eq!(
            pushed(&mut guard(), bytes, piece),
            whole,
            "in pieces of {piece}: {}",
            bytes.escape_ascii()
        );
    }
    whole
}

fn refused(text: &str) -> String {
    let (passed, reason) = walked(text.as_bytes());
    let reason = reason.unwrap_or_else(|| panic!("{} passed", text.escape_debug()));
    let head = text.find("\r\n\r\n").map_or(0, |end| end + 4);
    assert!(passed == 0 || passed >= head, "a head passed in part");
    reason.to_string()
}

fn passes(text: &str) {
    let (passed, reason) = walked(text.as_bytes());
    assert_eq!(reason, None, "{}", text.escape_debug());
    assert_eq!(passed, text.len(), "{}", text.escape_debug());
}

#[test]
fn plain_messages_pass() {
    for text in [
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /v1/models?a=b&c={d}|e^f HTTP/1.1\r\nhost:a:80\r\n\r\n",
        "GET / HTTP/1.0\r\nHost: a\r\n\r\n",
        "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
        "M-SEARCH / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n",
        "GET http://A:80/v1 HTTP/1.1\r\nAccept: */*\r\nHost:  a:80 \r\n\r\n",
        "GET HTTPS://a?b HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nX: \r\nY:\tb\tc\r\nZ: \u{e9}\r\nx_y: 1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 003\r\n\r\nabc",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length:4\r\nExpect: 100-Continue\r\n\r\n\n\0\rX",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\ntransfer-encoding:chunked\r\n\r\nA;a=\"b c\"\r\n\0\n\r3456789\r\n00\r\nX: y\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
    ] {
        passes(text);
    }
}

#[test]
fn bytes_that_break_lines_are_refused() {
    for text in [
        "GET / HTTP/1.1\nHost: a\n\n",
        "GET / HTTP/1.1\r\nHost: a\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n\n",
        "GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: b\r\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: a\x0bb\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: a\x7fb\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n\tX: b\r\n\r\n",
        "GET / HTTP/1.1\r\n Host: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX : b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX\t: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX(y): b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX\u{e9}: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX\0: b\r\n\r\n",
        "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
    ] {
        refused(text);
    }
}

#[test]
fn unclear_request_lines_are_refused() {
    for line in [
        "get / HTTP/1.1",
        "Get / HTTP/1.1",
        "G=T / HTTP/1.1",
        " / HTTP/1.1",
        "GET  / HTTP/1.1",
        "GET / HTTP/1.1 ",
        " GET / HTTP/1.1",
        "GET\t/ HTTP/1.1",
        "GET /\tHTTP/1.1",
        "GET / /a HTTP/1.1",
        "GET /",
        "GET / HTTP/0.9",
        "GET / HTTP/1.2",
        "GET / HTTP/2.0",
        "GET / HTTP/1.10",
        "GET / http/1.1",
        "GET / HTTP/01.1",
        "GET a HTTP/1.1",
        "GET * HTTP/1.1",
        "GET /a#b HTTP/1.1",
        "GET /\u{e9} HTTP/1.1",
        "GET /\0 HTTP/1.1",
        "GET /\"a HTTP/1.1",
        "GET ftp://a/ HTTP/1.1",
        "GET http:/// HTTP/1.1",
        "PRI * HTTP/2.0",
        "PROXY TCP4 1.1.1.1 1.1.1.1 1 1",
    ] {
        refused(&format!("{line}\r\nHost: a\r\n\r\n"));
    }
    for method in ["TRACE", "CONNECT"] {
        let text = format!("{method} / HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_eq!(walked(text.as_bytes()), (0, Some(Reason::Method)));
    }
}

#[test]
fn a_line_that_cannot_become_a_request_is_refused_at_once() {
    for start in [
        "\x16\x03\x01\x02",
        "get",
        "G\0",
        "\r\n\r\n\0\r\nQUIT\n",
        "SSH-2",
    ] {
        refused(start);
    }
    assert_eq!(walked(b"GET"), (0, None));
    assert_eq!(walked(b"\r"), (0, None));
}

#[test]
fn a_check_by_http_1_0_needs_no_host_where_that_is_allowed() {
    let lax = || Guard::new(10, 1000).hostless(true);
    let old = b"GET /readyz HTTP/1.0\r\n\r\n";
    assert_eq!(lax().push(old).bytes, old.len());
    for refused in [
        "GET / HTTP/1.1\r\n\r\n",
        "GET http://a/ HTTP/1.0\r\n\r\n",
        "GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n",
    ] {
        assert!(
            lax().push(refused.as_bytes()).rejected.is_some(),
            "{refused}"
        );
    }
}

#[test]
fn an_unclear_host_is_refused() {
    for text in [
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.0\r\n\r\n",
        "GET / HTTP/1.1\r\nHost:\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nhOST: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n",
        "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET http://a:81/ HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET http://a/ HTTP/1.1\r\n\r\n",
    ] {
        let reason = refused(text);
        assert!(reason.contains("Host"), "{reason}");
    }
}

#[test]
fn an_unclear_length_is_refused() {
    for field in [
        "Content-Length: 3\r\nContent-Length: 3",
        "Content-Length: 3\r\nContent-Length: 4",
        "Content-Length: 3, 3",
        "Content-Length: +3",
        "Content-Length: -3",
        "Content-Length: 0x3",
        "Content-Length: 3 ;",
        "Content-Length: 3 3",
        "Content-Length:\t3",
        "Content-Length:",
        "Content-Length: three",
        "Content-Length: 99999999999999999999",
        "Content-Length: 3\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 3",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: chunked, chunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        "Transfer-Encoding: identity",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: chunked;q=1",
        "Transfer-Encoding: \"chunked\"",
        "Transfer-Encoding:\tchunked",
        "Transfer-Encoding: \x0bchunked",
        "Transfer-Encoding: chun ked",
        "Transfer-Encoding:",
        "Content_Length: 3",
        "content_length: 3",
        "Transfer_Encoding: chunked",
        "X_Api-Key: b",
        "X_Forwarded_For: b",
        "Authorization: Bearer a\r\nauthorization: Bearer b",
        "Content-Type: text/plain\r\ncontent-type: text/plain",
    ] {
        refused(&format!("{POST}{field}\r\n\r\nabc"));
    }
    let old = "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    assert!(refused(old).contains("HTTP/1.0"));
}

#[test]
fn unclear_chunks_are_refused_where_they_begin_to_be() {
    let head = format!("{POST}Transfer-Encoding: chunked\r\n\r\n");
    for (fine, bad) in [
        ("", "\r\n"),
        ("", "+3\r\nabc\r\n"),
        ("", "-3\r\nabc\r\n"),
        ("0", "x3\r\nabc\r\n"),
        ("0", "_3\r\nabc\r\n"),
        ("", " 3\r\nabc\r\n"),
        ("3", " \r\nabc\r\n"),
        ("3", "\t;a\r\nabc\r\n"),
        ("3", "\nabc\r\n"),
        ("3;a", "\nabc\r\n"),
        ("3;a\r", "b\r\nabc\r\n"),
        ("3;a", "\0\r\nabc\r\n"),
        ("3\r", "abc\r\n"),
        ("3\r\nabc", "\n3\r\n"),
        ("3\r\nabc\r", "3\r\n"),
        ("3\r\nabc", "d\r\n"),
        ("000000000000000", "3\r\nabc\r\n"),
        ("fffffffffffffff", "f\r\nabc\r\n"),
        ("3\r\nabc\r\n", ";\r\n"),
        ("0\r\n", "X : y\r\n\r\n"),
        ("0\r\n", "X: y\n\r\n"),
        ("0\r\n", " X: y\r\n\r\n"),
        ("0\r\n", "Content-Length: 3\r\n\r\n"),
        ("0\r\n", "transfer-encoding: chunked\r\n\r\n"),
        ("0\r\n", "X-Api-Key: k\r\n\r\n"),
    ] {
        let (passed, reason) = walked(format!("{head}{fine}{bad}").as_bytes());
        assert!(reason.is_some(), "{fine:?} {bad:?}");
        assert_eq!(passed, head.len() + fine.len(), "{fine:?} {bad:?}");
    }
    let long = format!("{head}3;{}\r\nabc\r\n0\r\n\r\n", "a".repeat(300));
    assert_eq!(walked(long.as_bytes()).0, head.len() + 2 + 256);
}

#[test]
fn a_pipelined_head_is_looked_at_as_a_head() {
    let first = format!("{POST}Content-Length: 3\r\n\r\nabc");
    let (passed, reason) = walked(format!("{first}get / HTTP/1.1\r\n").as_bytes());
    assert!(reason.is_some());
    assert_eq!(passed, first.len());
    let first = format!("{POST}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
    let (passed, reason) = walked(format!("{first}GET / HTTP/1.1\r\n\r\n").as_bytes());
    assert!(reason.is_some());
    assert_eq!(passed, first.len());
}

#[test]
fn a_head_is_bounded_in_fields_and_bytes() {
    let fields = |count: usize| "X: y\r\n".repeat(count);
    passes(&format!("{GET}{}\r\n", fields(9)));
    let many = format!("{GET}{}\r\n", fields(10));
    assert_eq!(walked(many.as_bytes()), (0, Some(Reason::TooManyHeaders)));
    let trailers = format!(
        "{POST}Transfer-Encoding: chunked\r\n\r\n0\r\n{}",
        fields(11)
    );
    assert_eq!(walked(trailers.as_bytes()).1, Some(Reason::TooManyHeaders));
    let padded = |length: usize| {
        let rest = length - GET.len() - "X: \r\n\r\n".len();
        format!("{GET}X: {}\r\n\r\n", "y".repeat(rest))
    };
    passes(&padded(1000));
    for length in [1001, 2000] {
        assert_eq!(
            walked(padded(length).as_bytes()),
            (0, Some(Reason::HeadTooLarge))
        );
    }
    let endless = format!("GET /{}", "a".repeat(2000));
    assert_eq!(walked(endless.as_bytes()), (0, Some(Reason::HeadTooLarge)));
}

#[test]
fn another_expectation_is_refused_as_such() {
    let text = format!("{POST}Expect: 200-ok\r\n\r\n");
    assert_eq!(walked(text.as_bytes()), (0, Some(Reason::Expectation)));
}

#[test]
fn after_an_offer_to_upgrade_the_answer_decides() {
    let offer = format!("{GET}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    let frames = b"\x82\x01\n";
    for open in [true, false] {
        let mut guard = guard();
        let (passed, reason) = pushed(&mut guard, &[offer.as_bytes(), frames].concat(), 7);
        assert_eq!((passed, reason), (offer.len(), None));
        assert!(guard.is_held());
        if open {
            guard.open();
            assert_eq!(guard.push(frames).bytes, frames.len());
        } else {
            guard.go_on();
            assert!(guard.push(frames).rejected.is_some());
        }
    }
}

#[test]
fn nothing_passes_after_a_refusal() {
    let mut guard = guard();
    let refused = guard.push(b"\n");
    assert_eq!(guard.push(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"), refused);
}

#[test]
fn the_path_is_read_where_there_is_one() {
    for (head, expected) in [
        (
            "POST /v1/messages?beta=true HTTP/1.1\r\n",
            Some("/v1/messages"),
        ),
        ("\r\nget /v1 HTTP/9\n", Some("/v1")),
        ("GET http://a/b?c HTTP/1.1\r\n", Some("/b")),
        ("GET http://a HTTP/1.1\r\n", None),
        ("GET /v1", None),
        ("GET /\u{e9} HTTP/1.1\r\n", None),
        ("\r\n\r\n\0\r\nQUIT\n", None),
        ("", None),
    ] {
        assert_eq!(path(head.as_bytes()), expected, "{head:?}");
    }
}
