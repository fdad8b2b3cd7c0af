//! An HTTP/1.1 client that sends exactly the bytes it is given and shows what comes, as it comes.
//!
//! Every operation has a deadline, so that a test that hangs fails.

use std::io;

use bytes::Bytes;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpStream, ToSocketAddrs};

use crate::deadline::within_deadline;
use crate::http_message::{Head, MessageReader};

/// One connection to a server under test. Dropping it closes the connection.
#[derive(Debug)]
pub struct RawClient {
    reader: MessageReader<TcpStream>,
}

/// A response that was read to its end.
#[derive(Debug)]
pub struct Response {
    /// Status line and headers.
    pub head: Head,
    /// The body, decoded where it was chunked.
    pub body: Vec<u8>,
}

impl Response {
    /// The status code, 0 where the status line has none.
    pub fn status(&self) -> u16 {
        self.head.status().unwrap_or(0)
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// Where it is not JSON.
    pub fn json(&self) -> serde_json::Result<serde_json::Value> {
        serde_json::from_slice(&self.body)
    }
}

/// Every method fails with [`io::ErrorKind::TimedOut`] after [`crate::DEADLINE`], and with
/// [`io::ErrorKind::UnexpectedEof`] where the server closes in the middle of a message.
impl RawClient {
    /// Opens a connection.
    pub async fn connect(address: impl ToSocketAddrs) -> io::Result<Self> {
        let stream = within_deadline("connecting", TcpStream::connect(address)).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            reader: MessageReader::new(stream),
        })
    }

    /// Sends these bytes and no others.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        let stream = self.reader.stream_mut();
        within_deadline("sending", stream.write_all(bytes.as_ref())).await
    }

    /// The head of the next response, also of an interim one such as 100.
    pub async fn head(&mut self) -> io::Result<Head> {
        let head = within_deadline("a response head", self.reader.head()).await?;
        head.ok_or_else(|| io::Error::new(io::ErrorKind::UnexpectedEof, "closed without an answer"))
    }

    /// The next bytes of the body, undecoded, as soon as any are there; empty at the end.
    pub async fn some(&mut self) -> io::Result<Bytes> {
        within_deadline("the next bytes", self.reader.some()).await
    }

    /// The data of the next chunk of a chunked body, as soon as it is whole.
    pub async fn chunk(&mut self) -> io::Result<Option<Bytes>> {
        within_deadline("the next chunk", self.reader.chunk()).await
    }

    /// The whole body of the response that `head` begins.
    pub async fn body(&mut self, head: &Head) -> io::Result<Vec<u8>> {
        within_deadline("a response body", self.reader.body(head.framing())).await
    }

    /// Every byte until the server closes, undecoded.
    pub async fn to_end(&mut self) -> io::Result<Vec<u8>> {
        let until_close = crate::http_message::Framing::UntilClose;
        within_deadline("the end of the connection", self.reader.body(until_close)).await
    }

    /// Sends a request and reads the whole response; the connection can be used again.
    pub async fn exchange(&mut self, request: impl AsRef<[u8]>) -> io::Result<Response> {
        self.send(request).await?;
        let head = self.head().await?;
        let body = self.body(&head).await?;
        Ok(Response { head, body })
    }

    /// Ends the connection with a reset instead of an orderly close.
    pub fn reset(mut self) -> io::Result<()> {
        self.reader.stream_mut().set_zero_linger()
    }
}

/// Opens a connection, sends one request and reads the whole response.
///
/// # Errors
/// As [`RawClient`].
pub async fn exchange(
    address: impl ToSocketAddrs,
    request: impl AsRef<[u8]>,
) -> io::Result<Response> {
    RawClient::connect(address).await?.exchange(request).await
}
