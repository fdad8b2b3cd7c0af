//! The way of a request to an HTTP/2 connection that it shares.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use http::{Request, Response};
use tokio::time::timeout;

use super::Connections;
use crate::answer::AnswerBody;
use crate::destination::Http2;
use crate::error::SendError;
use crate::http2::{Berth, Failed, Outgoing};
use crate::link::Link;
use crate::request::{self, RequestBody};
use crate::settings::Patience;
use crate::shelf::Shelf;

/// How often a request that was not sent is tried anew: connections may end while it is queued.
const ATTEMPTS: usize = 3;

impl<B: RequestBody> Connections<B> {
    /// On a connection that there is if the upstream allows one more stream, on a new one otherwise.
    /// None where the upstream does not speak HTTP/2: the request stays in its place then, as it
    /// does until there is a stream for it.
    pub(super) async fn send_http2(
        &self,
        patience: Patience,
        shelf: &Arc<Shelf<B>>,
        request: &mut Option<Request<B>>,
    ) -> Result<Option<Response<AnswerBody<B>>>, SendError> {
        let Some(mut berth) = self.berth(patience.connect, shelf).await? else {
            return Ok(None);
        };
        let mut request = request.take().ok_or(SendError::Request("request"))?;
        request::for_http2(&shelf.destination, &mut request)?;
        let mut outgoing = Outgoing::new(request);
        let mut left = ATTEMPTS;
        loop {
            match berth.exchange(outgoing, patience.response).await {
                Ok(answer) => {
                    let body = |incoming| AnswerBody::of_stream(incoming, berth.mooring);
                    return Ok(Some(answer.map(body)));
                }
                Err(Failed::Sent(error)) => return Err(error),
                Err(Failed::Unwritten(back, error)) => {
                    outgoing = *back;
                    left -= 1;
                    let next = if left > 0 {
                        self.berth(patience.connect, shelf).await?
                    } else {
                        None
                    };
                    berth = next.ok_or(SendError::Unsent(error))?;
                }
            }
        }
    }

    /// A stream, or none where the upstream speaks HTTP/1 only.
    async fn berth(
        &self,
        limit: Duration,
        shelf: &Arc<Shelf<B>>,
    ) -> Result<Option<Berth>, SendError> {
        if let Some(berth) = shelf.trunks.berth() {
            self.totals.reused.fetch_add(1, Ordering::Relaxed);
            return Ok(Some(berth));
        }
        // Whoever waits here for another one's connection has waited for it as long as allowed.
        let growing = timeout(limit, shelf.trunks.growing.lock()).await;
        let _growing = growing.map_err(|_| SendError::ConnectTimeout)?;
        if !shelf.speaks_http2() {
            return Ok(None);
        }
        if let Some(berth) = shelf.trunks.berth() {
            return Ok(Some(berth));
        }
        let (stream, place) = self.connect(limit, shelf, true).await?;
        let is_known = shelf.destination.http2() == Http2::PriorKnowledge;
        if is_known || stream.agreed_to_http2() {
            return shelf.trunks.add(stream, place).await.map(Some);
        }
        shelf.decline_http2();
        shelf.put(Box::new(Link::fresh(stream, place).await?));
        Ok(None)
    }
}
