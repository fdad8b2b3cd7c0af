use super::*;

async fn bodies(wire: &[u8]) -> Vec<Vec<u8>> {
    let mut reader = MessageReader::new(wire);
    let mut bodies = Vec::new();
    while let Some(head) = reader.head().await.unwrap() {
        bodies.push(reader.body(head.framing()).await.unwrap());
    }
    bodies
}

#[tokio::test]
async fn two_pipelined_requests_are_told_apart() {
    let wire = b"POST /a HTTP/1.1\r\nContent-Length: 2\r\n\r\nhiPUT /b HTTP/1.1\r\n\
        transfer-encoding: Chunked\r\n\r\n2;x=y\r\nab\r\n1\r\nc\r\n0\r\ntrailer: 1\r\n\r\n";
    assert_eq!(bodies(wire).await, [b"hi".to_vec(), b"abc".to_vec()]);
}

#[tokio::test]
async fn a_response_without_a_length_lasts_until_the_end() {
    assert_eq!(
        bodies(b"HTTP/1.1 200 OK\r\n\r\nrest").await,
        [b"rest".to_vec()]
    );
    let nothing: [Vec<u8>; 1] = [Vec::new()];
    assert_eq!(bodies(b"HTTP/1.1 204 No\r\n\r\n").await, nothing);
}

#[tokio::test]
async fn the_record_holds_the_exact_bytes_of_one_message() {
    let first = b"GET / HTTP/1.1\r\nA:  b\r\n\r\n";
    let wire = [first.as_slice(), b"GET /next"].concat();
    let mut reader = MessageReader::new(wire.as_slice());
    let head = reader.head().await.unwrap().unwrap();
    assert_eq!(head.header("a"), Some("b"));
    assert_eq!(reader.take_record(), first);
    let broken = reader.head().await.unwrap_err();
    assert_eq!(broken.kind(), std::io::ErrorKind::UnexpectedEof);
}

#[tokio::test]
async fn a_chunk_that_is_cut_off_is_an_error() {
    for wire in [b"5\r\nab".as_slice(), b"2\r\nabc\r\n", b"zz\r\n", b"0\r\n"] {
        assert!(MessageReader::new(wire).chunk().await.is_err(), "{wire:?}");
    }
}

#[test]
fn what_a_script_writes_is_read_back() {
    let head = Head::new(response_head(
        429,
        &[("Retry-After", "1"), ("x", "1"), ("X", "2")],
    ));
    assert_eq!(head.status(), Some(429));
    assert_eq!(head.values("X").collect::<Vec<_>>(), ["1", "2"]);
    assert_eq!(chunk(b"0123456789").as_ref(), b"a\r\n0123456789\r\n");
}
