//! The way of a request to an HTTP/1 connection of its own.

use std::sync::Arc;

use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::upgrade::OnUpgrade;
use tokio::time::Instant;

use super::Connections;
use crate::answer::AnswerBody;
use crate::destination::Http2;
use crate::error::SendError;
use crate::framing;
use crate::link::{Link, Unanswered};
use crate::request::{self, RequestBody};
use crate::settings::Patience;
use crate::shelf::Shelf;

impl<B: RequestBody> Connections<B> {
    /// On an idle connection if there is one that still lives, on a new one otherwise.
    pub(super) async fn send_http1(
        &self,
        patience: Patience,
        shelf: Arc<Shelf<B>>,
        request: &mut Option<Request<B>>,
        asks_to_switch: bool,
    ) -> Result<Response<AnswerBody<B>>, SendError> {
        if shelf.destination.http2() == Http2::PriorKnowledge {
            return Err(SendError::Request("upgrade"));
        }
        if let Some(request) = request {
            request::for_http1(&shelf.destination, request);
        }
        loop {
            let now = Instant::now();
            let Some(mut link) = shelf.take(now) else {
                break;
            };
            match link.exchange(request, now, patience.response).await {
                Ok(head) => {
                    link.place.reused();
                    return answer(head, link, shelf, asks_to_switch);
                }
                Err(Unanswered::Unwritten(back, _)) => *request = Some(*back),
                Err(Unanswered::Failed(error)) => return Err(error),
            }
        }
        let mut link = Box::pin(self.link(patience, &shelf)).await?;
        let now = Instant::now();
        match link.exchange(request, now, patience.response).await {
            Ok(head) => answer(head, link, shelf, asks_to_switch),
            Err(Unanswered::Unwritten(_, error)) => Err(SendError::Unsent(error)),
            Err(Unanswered::Failed(error)) => Err(error),
        }
    }

    async fn link(&self, patience: Patience, shelf: &Shelf<B>) -> Result<Box<Link<B>>, SendError> {
        let (stream, place) = self.connect(patience.connect, shelf, false).await?;
        Ok(Box::new(Link::new(stream, place).await?))
    }
}

/// Joins the head of an answer with the connection that its body comes from.
fn answer<B: RequestBody>(
    head: Response<Incoming>,
    link: Box<Link<B>>,
    shelf: Arc<Shelf<B>>,
    asks_to_switch: bool,
) -> Result<Response<AnswerBody<B>>, SendError> {
    let (mut head, incoming) = head.into_parts();
    if let Some(doubt) = framing::doubt(&head.headers) {
        return Err(SendError::Framing(doubt));
    }
    let body = if head.extensions.remove::<OnUpgrade>().is_none() {
        AnswerBody::of_link(incoming, link.lend(shelf))
    } else {
        let is_asked_for = asks_to_switch && head.status == StatusCode::SWITCHING_PROTOCOLS;
        let upgraded = is_asked_for.then(|| link.into_upgraded()).flatten();
        let unasked = SendError::Framing("a switch of protocols that nobody asked for");
        AnswerBody::of_upgraded(incoming, upgraded.ok_or(unasked)?)
    };
    Ok(Response::from_parts(head, body))
}
