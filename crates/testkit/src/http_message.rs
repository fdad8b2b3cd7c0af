//! HTTP/1.1 messages as bytes: heads, framing, and what a scripted peer writes.
//!
//! It judges nothing: what it cannot read is an error, what it can read is kept as it came.

mod reader;

use bytes::Bytes;

pub use reader::MessageReader;

/// The chunk that ends a chunked body, without trailers.
pub const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

/// How the end of a body is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// This many bytes.
    Length(usize),
    /// Chunks up to the one of size zero.
    Chunked,
    /// Until the peer closes.
    UntilClose,
}

/// The first line and the header lines of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    raw: Bytes,
    lines: Vec<String>,
}

impl Head {
    /// Reads a head that ends in an empty line; bytes outside UTF-8 are replaced in the text
    /// form only.
    pub fn new(raw: Bytes) -> Self {
        let text = String::from_utf8_lossy(&raw);
        let lines = text.lines().filter(|line| !line.is_empty());
        Self {
            lines: lines.map(str::to_owned).collect(),
            raw,
        }
    }

    /// The bytes of the head as they came, the empty line included.
    pub fn raw(&self) -> &Bytes {
        &self.raw
    }

    /// The request line or the status line.
    pub fn first_line(&self) -> &str {
        self.lines.first().map_or("", String::as_str)
    }

    /// The status code, where this is the head of a response.
    pub fn status(&self) -> Option<u16> {
        let mut words = self.first_line().split(' ');
        words.next().filter(|word| word.starts_with("HTTP/"))?;
        words.next()?.parse().ok()
    }

    /// The header lines, names as they were spelled.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        let lines = self.lines.iter().skip(1);
        lines.filter_map(|line| {
            line.split_once(':')
                .map(|(name, value)| (name, value.trim()))
        })
    }

    /// The values of every header of that name, in any case.
    pub fn values(&self, name: &str) -> impl Iterator<Item = &str> {
        self.headers()
            .filter(move |(other, _)| other.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// The first value of that header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers()
            .find(|(other, _)| other.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// How the body that follows is framed: a request without a length has none, a response
    /// without one goes on until the connection ends.
    pub fn framing(&self) -> Framing {
        let chunked = self
            .values("transfer-encoding")
            .any(|coding| coding.eq_ignore_ascii_case("chunked"));
        let length = self
            .header("content-length")
            .and_then(|text| text.parse().ok());
        match (chunked, length, self.status()) {
            (_, _, Some(100..=199 | 204 | 304)) => Framing::Length(0),
            (true, _, _) => Framing::Chunked,
            (false, Some(length), _) => Framing::Length(length),
            (false, None, Some(_)) => Framing::UntilClose,
            (false, None, None) => Framing::Length(0),
        }
    }
}

/// A response head with these headers and nothing added.
pub fn response_head(status: u16, headers: &[(&str, &str)]) -> Bytes {
    let mut head = format!("HTTP/1.1 {status} Scripted\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    head.into()
}

/// A whole response whose body has a length.
pub fn response(status: u16, content_type: &str, body: &[u8]) -> Bytes {
    let length = body.len().to_string();
    let headers = [
        ("content-type", content_type),
        ("content-length", length.as_str()),
    ];
    [response_head(status, &headers).as_ref(), body]
        .concat()
        .into()
}

/// One chunk of a chunked body. `data` must not be empty: that would end the body.
pub fn chunk(data: &[u8]) -> Bytes {
    let size = format!("{:x}\r\n", data.len());
    [size.as_bytes(), data, b"\r\n"].concat().into()
}

#[cfg(test)]
mod tests;
