//! Where traces are sent: HTTP by the connections that calls to upstreams use too, so that no second
//! HTTP client and no second TLS comes in for it.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full, Limited};
use opentelemetry_http::{HttpClient, HttpError};
use tokio::runtime::Handle;
use tokio::time::timeout;
use tollgate_connect::{Connections, Destination, DestinationError, Options, Settings};
use url::Url;

use super::traces::PATIENCE;

/// More than a collector has to say.
const MOST_ANSWER: usize = 64 << 10;

/// A collector, called in the runtime in which this was made: those who send wait elsewhere.
pub(super) struct Collector {
    runtime: Handle,
    way: Arc<Way>,
}

struct Way {
    connections: Connections<Full<Bytes>>,
    destination: Destination,
}

type Answer<'a> = Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'a>>;

impl Collector {
    /// A collector at an address, on a private network or not.
    pub(super) fn new(address: &Url) -> Result<Self, DestinationError> {
        let options = Options {
            private: true,
            ..Options::default()
        };
        let way = Way {
            connections: Connections::new(Settings::default()),
            destination: Destination::new(address, options)?,
        };
        Ok(Self {
            runtime: Handle::current(),
            way: Arc::new(way),
        })
    }
}

impl Way {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let request = request.map(Full::new);
        let answer = self.connections.send(&self.destination, request).await?;
        let (head, body) = answer.into_parts();
        let body = Limited::new(body, MOST_ANSWER).collect().await?.to_bytes();
        Ok(Response::from_parts(head, body))
    }
}

impl HttpClient for Collector {
    fn send_bytes<'a, 'b>(&'a self, request: Request<Bytes>) -> Answer<'b>
    where
        'a: 'b,
        Self: 'b,
    {
        let way = Arc::clone(&self.way);
        // The one thread that exports waits for it: an answer that does not end would be its end.
        let sent = async move { timeout(PATIENCE, way.send(request)).await? };
        let sent = self.runtime.spawn(sent);
        Box::pin(async move { sent.await? })
    }
}

impl fmt::Debug for Collector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Collector").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;
    use tokio::time::Instant;
    use tokio::time::error::Elapsed;

    use super::*;

    #[tokio::test]
    async fn an_answer_that_does_not_end_is_given_up() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = format!("http://{}/", listener.local_addr().unwrap());
        let stalling = tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            socket.read_u8().await.unwrap();
            let head = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n1";
            socket.write_all(head).await.unwrap();
            // From here on the clock goes as far as the next deadline at once.
            tokio::time::pause();
            socket
        });
        let collector = Collector::new(&address.parse().unwrap()).unwrap();
        let request = Request::post(address).body(Bytes::from_static(b"spans"));
        let begun = Instant::now();
        let sent = collector.send_bytes(request.unwrap()).await;
        assert!(sent.unwrap_err().is::<Elapsed>());
        assert!(begun.elapsed() < PATIENCE * 2);
        drop(stalling.await.unwrap());
    }
}
