//! Bodies of requests, of a bounded size and within a bounded time: what is sent is held in memory,
//! and its connection has one of a bounded number of places.

use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use tokio::time::timeout;

use crate::problem::Problem;

/// How much is read, and for how long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    bytes: usize,
    within: Duration,
}

/// Of somebody who is known: a price list of another product fits.
pub(crate) const KNOWN: Bounds = Bounds {
    bytes: 8 << 20,
    within: Duration::from_secs(60),
};

/// Of anybody else: a form with a few fields fits.
pub(crate) const STRANGERS: Bounds = Bounds {
    bytes: 64 << 10,
    within: Duration::from_secs(10),
};

/// The whole body.
pub(crate) async fn read(body: Body, bounds: Bounds) -> Result<Bytes, Problem> {
    let reading = Limited::new(body, bounds.bytes).collect();
    let read = timeout(bounds.within, reading).await;
    let read = read.map_err(|_| Problem::too_slow())?;
    let whole = read.map_err(|_| Problem::too_large(bounds.bytes))?;
    Ok(whole.to_bytes())
}

#[cfg(test)]
mod tests {
    use futures_util::{StreamExt, stream};

    use super::*;

    fn pieces(count: usize) -> impl futures_util::Stream<Item = Result<Bytes, std::io::Error>> {
        stream::iter((0..count).map(|_| Ok(Bytes::from_static(b"1234"))))
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_is_read_up_to_its_bounds() {
        let bounds = Bounds {
            bytes: 8,
            within: Duration::from_secs(1),
        };
        let whole = read(Body::from_stream(pieces(2)), bounds).await;
        assert_eq!(whole.unwrap(), "12341234");
        let large = read(Body::from_stream(pieces(3)), bounds).await;
        assert_eq!(large.unwrap_err().code, "too_large");
        let slow = Body::from_stream(pieces(1).chain(stream::pending()));
        assert_eq!(read(slow, bounds).await.unwrap_err().code, "too_slow");
    }
}
