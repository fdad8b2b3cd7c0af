//! Reads messages from a connection piece by piece and keeps the exact bytes of each.

use std::io;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt as _};

use super::{Framing, Head};

/// A connection with what was read from it and not used yet.
#[derive(Debug)]
pub struct MessageReader<S> {
    stream: S,
    buffer: BytesMut,
    record: Vec<u8>,
}

impl<S: AsyncRead + Unpin> MessageReader<S> {
    /// Starts with nothing read.
    pub fn new(stream: S) -> Self {
        Self {
            stream,
            buffer: BytesMut::new(),
            record: Vec::new(),
        }
    }

    /// The connection itself, to write to it.
    pub fn stream_mut(&mut self) -> &mut S {
        &mut self.stream
    }

    /// The raw bytes handed out since the last call.
    pub fn take_record(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.record)
    }

    /// Reads once into the buffer and returns how much came, 0 at the end. Dropping the future
    /// loses nothing.
    pub async fn fill(&mut self) -> io::Result<usize> {
        self.stream.read_buf(&mut self.buffer).await
    }

    /// The next head, or nothing where the peer closed between two messages.
    pub async fn head(&mut self) -> io::Result<Option<Head>> {
        loop {
            if let Some(end) = find(&self.buffer, b"\r\n\r\n") {
                return Ok(Some(Head::new(self.take(end + 4))));
            }
            if self.fill().await? == 0 {
                return match self.buffer.is_empty() {
                    true => Ok(None),
                    false => Err(cut_off("a head")),
                };
            }
        }
    }

    /// Whatever comes next, undecoded; empty at the end.
    pub async fn some(&mut self) -> io::Result<Bytes> {
        if self.buffer.is_empty() {
            self.fill().await?;
        }
        Ok(self.take(self.buffer.len()))
    }

    /// Exactly this many bytes.
    pub async fn exactly(&mut self, length: usize) -> io::Result<Bytes> {
        while self.buffer.len() < length {
            if self.fill().await? == 0 {
                return Err(cut_off("a body"));
            }
        }
        Ok(self.take(length))
    }

    /// The data of the next chunk, or nothing after the last one and its trailers.
    pub async fn chunk(&mut self) -> io::Result<Option<Bytes>> {
        let line = self.line().await?;
        let digits = line.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(digits, 16).map_err(|_| {
            io::Error::new(
                io::ErrorKind::InvalidData,
                format!("`{line}` is no chunk size"),
            )
        })?;
        if size == 0 {
            while !self.line().await?.is_empty() {}
            return Ok(None);
        }
        let data = self.exactly(size).await?;
        match self.line().await?.as_str() {
            "" => Ok(Some(data)),
            _ => Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "a chunk is longer than its size",
            )),
        }
    }

    /// A whole body, decoded.
    pub async fn body(&mut self, framing: Framing) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        match framing {
            Framing::Length(length) => body.extend(self.exactly(length).await?),
            Framing::Chunked => {
                while let Some(data) = self.chunk().await? {
                    body.extend(data);
                }
            }
            Framing::UntilClose => loop {
                match self.some().await? {
                    data if data.is_empty() => break,
                    data => body.extend(data),
                }
            },
        }
        Ok(body)
    }

    async fn line(&mut self) -> io::Result<String> {
        loop {
            if let Some(end) = find(&self.buffer, b"\r\n") {
                let line = self.take(end + 2);
                return Ok(String::from_utf8_lossy(&line).trim_end().to_owned());
            }
            if self.fill().await? == 0 {
                return Err(cut_off("a chunk"));
            }
        }
    }

    fn take(&mut self, length: usize) -> Bytes {
        let bytes = self.buffer.split_to(length).freeze();
        self.record.extend_from_slice(&bytes);
        bytes
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len())
        .position(|window| window == needle)
}

fn cut_off(what: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::UnexpectedEof,
        format!("the connection ended inside {what}"),
    )
}
