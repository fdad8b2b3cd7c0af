//! HTTP/2 in raw frames: requests, the graceful end, and floods.

use std::time::Duration;

use tokio::net::TcpStream;
use tollgate_listen::{Drained, Ending, Gate, Notice, Settings};

use crate::server::{Client, LARGE, Server};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RESET: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GO_AWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;

struct Frame {
    kind: u8,
    flags: u8,
    content: Vec<u8>,
}

fn frame(kind: u8, flags: u8, stream: u32, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    let mut frame = length.split_first().unwrap().1.to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(content);
    frame
}

/// GET of a path, as the only frame of its stream.
fn get(stream: u32, path: &str) -> Vec<u8> {
    // :method GET and :scheme http of the static table; :path and :authority as literals.
    let mut block = vec![0x82, 0x86, 0x04, u8::try_from(path.len()).unwrap()];
    block.extend(path.bytes());
    block.extend([0x01, 1, b'a']);
    frame(HEADERS, 0x5, stream, &block)
}

impl Client<TcpStream> {
    async fn greet(&mut self) {
        self.send([PREFACE, &frame(SETTINGS, 0, 0, &[])].concat())
            .await;
    }

    /// The next frame; none after the end.
    async fn frame(&mut self) -> Option<Frame> {
        let head = self.exactly(9).await?;
        let [a, b, c, kind, flags, ..] = head.as_slice() else {
            return None;
        };
        let length = u32::from_be_bytes([0, *a, *b, *c]);
        let content = self.exactly(length as usize).await?;
        let (kind, flags) = (*kind, *flags);
        if (kind, flags) == (PING, 0) {
            // hyper asks like this whether its farewell has come.
            self.send(frame(PING, 1, 0, &content)).await;
        }
        Some(Frame {
            kind,
            flags,
            content,
        })
    }

    /// Reads to the end.
    async fn part(mut self) {
        while self.frame().await.is_some() {}
    }

    /// The next frame of this kind, or that the connection ended before.
    async fn next(&mut self, kind: u8) -> Option<Frame> {
        loop {
            let frame = self.frame().await?;
            if frame.kind == kind {
                return Some(frame);
            }
        }
    }
}

fn ended(notice: &Notice) -> Option<Ending> {
    match notice {
        Notice::Ended(ending) => Some(*ending),
        _ => None,
    }
}

#[tokio::test]
async fn requests_are_served_in_any_pieces() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let all = [PREFACE, &frame(SETTINGS, 0, 0, &[]), &get(1, "/peer")].concat();
    for byte in all {
        client.send([byte]).await;
    }
    let data = client.next(DATA).await.unwrap();
    assert_eq!(data.content, b"127.0.0.1 tls=false proved=false");
    client.send(get(3, "/")).await;
    assert_eq!(client.next(DATA).await.unwrap().content, b"fine");
}

#[tokio::test]
async fn floods_end_the_connection() {
    let server = Server::start().await;
    for flood in [
        frame(PING, 0, 0, &[0; 8]),
        frame(SETTINGS, 0, 0, &[]),
        frame(2, 0, 1, &[0, 0, 0, 3, 0]),
        frame(0xbe, 0, 0, &[1]),
    ] {
        let mut client = server.client().await;
        client.greet().await;
        client.send(get(1, "/wait")).await;
        server.recorder.came.notified().await;
        let (mut read, mut write) = tokio::io::split(client.0);
        let sending = tokio::spawn(async move {
            let many = flood.repeat(100);
            for _ in 0..200 {
                let sent = tokio::io::AsyncWriteExt::write_all(&mut write, &many).await;
                if sent.is_err() {
                    break;
                }
            }
            write
        });
        let mut answer = Vec::new();
        // A reset is an end as well.
        let _ = tokio::io::AsyncReadExt::read_to_end(&mut read, &mut answer).await;
        drop(sending.await.unwrap());
        let ending = server.noticed(ended).await;
        assert_eq!(ending, Ending::Flooded);
        server.recorder.notices.lock().unwrap().clear();
    }
}

#[tokio::test]
async fn rapid_resets_end_the_connection_soon() {
    let server = Server::start().await;
    let mut client = server.client().await;
    client.greet().await;
    for number in 0..1000 {
        let stream = 2 * number + 1;
        let reset = frame(RESET, 0, stream, &[0, 0, 0, 8]);
        client.send([get(stream, "/wait"), reset].concat()).await;
    }
    client.part().await;
    assert_ne!(server.noticed(ended).await, Ending::Complete);
    let begun = server.requests().len();
    assert!(begun <= 201, "{begun} requests were begun");
}

#[tokio::test]
async fn a_ping_now_and_then_is_answered() {
    let server = Server::start().await;
    let mut client = server.client().await;
    client.greet().await;
    for number in 0..500_u64 {
        client.send(frame(PING, 0, 0, &number.to_be_bytes())).await;
        let answer = client.next(PING).await.unwrap();
        assert_eq!(
            (answer.flags, answer.content),
            (1, number.to_be_bytes().to_vec())
        );
    }
}

#[tokio::test]
async fn an_idle_connection_is_told_to_go_away() {
    let settings = Settings {
        keep_alive_idle: Duration::from_millis(50),
        ..Settings::default()
    };
    let server = Server::with(Gate::new(1), settings).await;
    let mut client = server.client().await;
    client.greet().await;
    client.send(get(1, "/")).await;
    assert_eq!(client.next(DATA).await.unwrap().content, b"fine");
    assert!(client.next(GO_AWAY).await.is_some());
    client.part().await;
    assert_eq!(server.noticed(ended).await, Ending::Complete);
}

#[tokio::test]
async fn the_end_of_the_listener_lets_streams_finish() {
    let server = Server::start().await;
    let mut client = server.client().await;
    client.greet().await;
    client.send(get(1, "/wait")).await;
    server.recorder.came.notified().await;
    let (recorder, over) = server.end();
    let last = client.next(GO_AWAY).await.unwrap();
    assert_eq!(last.content.get(4..8), Some(&[0; 4][..]), "no error");
    recorder.go.notify_one();
    assert_eq!(client.next(DATA).await.unwrap().content, b"waited");
    client.part().await;
    assert_eq!(over.await.unwrap(), Drained::Complete);
}

#[tokio::test]
async fn a_client_that_says_nothing_any_more_does_not_hold_up_the_end() {
    let server = Server::start().await;
    let mut client = server.client().await;
    client.greet().await;
    client.send(get(1, "/")).await;
    assert_eq!(client.next(DATA).await.unwrap().content, b"fine");
    let (_recorder, over) = server.end();
    // Neither the farewell nor the PING behind it is answered.
    assert_eq!(over.await.unwrap(), Drained::Complete);
    drop(client);
}

#[tokio::test]
async fn a_client_may_connect_long_before_its_first_stream() {
    let settings = Settings {
        head_timeout: Duration::from_millis(100),
        ..Settings::default()
    };
    let server = Server::with(Gate::new(10), settings).await;
    let mut client = server.client().await;
    client.greet().await;
    // Connections of HTTP/1 without a head come and go, ten times.
    for _ in 0..10 {
        assert_eq!(server.exchange("").await, "");
    }
    client.send(get(1, "/")).await;
    let mut kind = 0xff;
    while kind != DATA {
        kind = client.frame().await.unwrap().kind;
        assert_ne!(kind, GO_AWAY);
    }
}

#[tokio::test]
async fn a_stream_that_is_not_read_is_ended_and_the_others_go_on() {
    let settings = Settings {
        client_stall: Duration::from_millis(150),
        ..Settings::default()
    };
    let server = Server::with(Gate::new(10), settings).await;
    let mut client = server.client().await;
    client.greet().await;
    // Room on the connection, but not on the first stream.
    client
        .send(frame(WINDOW_UPDATE, 0, 0, &(1_u32 << 20).to_be_bytes()))
        .await;
    client.send(get(1, "/endless")).await;
    client.send(get(3, "/wait")).await;
    while client.frame().await.unwrap().kind != RESET {}
    server.recorder.go.notify_one();
    while client.frame().await.unwrap().content != b"waited" {}
}

#[tokio::test]
async fn many_streams_that_are_not_read_are_ended_soon() {
    let settings = Settings {
        client_stall: Duration::from_secs(3600),
        crowd_stall: Duration::from_millis(150),
        ..Settings::default()
    };
    let server = Server::with(Gate::new(32), settings).await;
    let mut client = server.client().await;
    client.greet().await;
    client
        .send(frame(WINDOW_UPDATE, 0, 0, &(1_u32 << 20).to_be_bytes()))
        .await;
    for stream in [1, 3, 5] {
        client.send(get(stream, "/endless")).await;
    }
    for _ in 0..3 {
        while client.frame().await.unwrap().kind != RESET {}
    }
}

#[tokio::test]
async fn a_stream_that_is_read_slowly_goes_on_though_its_body_came_at_once() {
    let settings = Settings {
        client_stall: Duration::from_millis(500),
        ..Settings::default()
    };
    let server = Server::with(Gate::new(10), settings).await;
    let mut client = server.client().await;
    client.greet().await;
    client
        .send(frame(WINDOW_UPDATE, 0, 0, &(1_u32 << 20).to_be_bytes()))
        .await;
    client.send(get(1, "/large")).await;
    let mut pace = tokio::time::interval(Duration::from_millis(50));
    // The stream has room for the first 65,535 bytes; then it is made for a few at a time.
    let (mut read, mut room) = (0, 65_535);
    while read <= LARGE {
        if read == room {
            pace.tick().await;
            client
                .send(frame(WINDOW_UPDATE, 0, 1, &(16_u32 << 10).to_be_bytes()))
                .await;
            room += 16 << 10;
        }
        let frame = client.frame().await.unwrap();
        assert_ne!(frame.kind, RESET, "after {read} bytes");
        if frame.kind == DATA {
            read += frame.content.len();
        }
    }
    assert_eq!(read, LARGE + 1);
}
