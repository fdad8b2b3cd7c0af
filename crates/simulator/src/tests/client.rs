//! The smallest HTTP/1.1 client that tells a whole body from a truncated one.

use std::net::SocketAddr;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::Simulator;

/// A request in the making.
pub(super) struct Ask {
    address: SocketAddr,
    method: &'static str,
    target: &'static str,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    headers: Vec<(String, String)>,
    /// The chunks of the transfer coding, or the one body.
    pub(super) chunks: Vec<String>,
    /// The body ended as its framing says.
    pub(super) is_whole: bool,
}

/// One server-sent event.
#[derive(Debug)]
pub(super) struct Event {
    pub(super) name: Option<String>,
    pub(super) data: String,
}

pub(super) fn get(simulator: &Simulator, target: &'static str) -> Ask {
    ask(simulator, "GET", target)
}

pub(super) fn post(simulator: &Simulator, target: &'static str, body: Value) -> Ask {
    ask(simulator, "POST", target)
        .header("content-type", "application/json")
        .body(body.to_string())
}

pub(super) fn ask(simulator: &Simulator, method: &'static str, target: &'static str) -> Ask {
    Ask {
        address: simulator.address(),
        method,
        target,
        headers: Vec::new(),
        body: Vec::new(),
    }
}

impl Ask {
    pub(super) fn header(mut self, name: &'static str, value: impl ToString) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }

    pub(super) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Sends the request and leaves the answer in the socket.
    pub(super) async fn open(self) -> TcpStream {
        let mut head = format!(
            "{} {} HTTP/1.1\r\nhost: simulator\r\nconnection: close\r\ncontent-length: {}\r\n",
            self.method,
            self.target,
            self.body.len()
        );
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        let mut socket = TcpStream::connect(self.address).await.unwrap();
        socket.write_all(head.as_bytes()).await.unwrap();
        socket.write_all(&self.body).await.unwrap();
        socket
    }

    pub(super) async fn send(self) -> Reply {
        let mut raw = Vec::new();
        self.open().await.read_to_end(&mut raw).await.unwrap();
        Reply::parse(&String::from_utf8(raw).unwrap())
    }
}

impl Reply {
    fn parse(raw: &str) -> Self {
        let (head, body) = raw.split_once("\r\n\r\n").unwrap();
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap();
        let headers: Vec<_> = lines
            .map(|line| line.split_once(": ").unwrap())
            .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
            .collect();
        let mut reply = Self {
            status: status.parse().unwrap(),
            headers,
            chunks: vec![body.to_owned()],
            is_whole: false,
        };
        if reply.header("transfer-encoding") == Some("chunked") {
            (reply.chunks, reply.is_whole) = dechunk(body);
        } else {
            let length = reply.header("content-length").unwrap();
            reply.is_whole = length.parse() == Ok(body.len());
        }
        reply
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(it, _)| it == name);
        found.map(|(_, value)| value.as_str())
    }

    pub(super) fn json(&self) -> Value {
        assert!(self.is_whole, "{self:?}");
        assert_eq!(self.header("content-type"), Some("application/json"));
        serde_json::from_str(&self.chunks.concat()).unwrap()
    }

    /// The events of a stream, each of which must have come in a chunk of its own.
    pub(super) fn events(&self) -> Vec<Event> {
        let content_type = self.header("content-type");
        assert_eq!(content_type, Some("text/event-stream; charset=utf-8"));
        self.chunks
            .iter()
            .map(|chunk| Event::parse(chunk))
            .collect()
    }

    /// The payloads of an OpenAI stream, after its end mark was checked and taken off.
    pub(super) fn payloads(&self) -> Vec<Value> {
        assert!(self.is_whole, "{self:?}");
        let mut events = self.events();
        assert_eq!(events.pop().unwrap().data, "[DONE]");
        events.iter().map(Event::json).collect()
    }
}

impl Event {
    fn parse(chunk: &str) -> Self {
        let event = chunk.strip_suffix("\n\n").unwrap();
        let (name, data) = match event.split_once('\n') {
            Some((name, data)) => (Some(name.strip_prefix("event: ").unwrap()), data),
            None => (None, event),
        };
        assert!(!data.contains('\n'), "{chunk:?}");
        Self {
            name: name.map(str::to_owned),
            data: data.strip_prefix("data: ").unwrap().to_owned(),
        }
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.data).unwrap()
    }
}

/// The chunks, and whether the last one, of length zero, came.
fn dechunk(mut rest: &str) -> (Vec<String>, bool) {
    let mut chunks = Vec::new();
    while let Some((length, after)) = rest.split_once("\r\n") {
        match usize::from_str_radix(length, 16).unwrap() {
            0 => return (chunks, after == "\r\n"),
            length => {
                let (chunk, after) = after.split_at(length);
                chunks.push(chunk.to_owned());
                rest = after.strip_prefix("\r\n").unwrap();
            }
        }
    }
    (chunks, false)
}
