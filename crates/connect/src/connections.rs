//! All connections of one thread, and the way of a request to one of them.

use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::header::UPGRADE;
use http::{Request, Response, StatusCode};
use http_body::Body;
use hyper::body::Incoming;
use hyper::upgrade::OnUpgrade;
use tokio::time::{Instant, timeout};

use crate::answer::AnswerBody;
use crate::destination::Destination;
use crate::dial::dial;
use crate::error::SendError;
use crate::framing;
use crate::link::{Link, Unanswered};
use crate::place::{Place, Totals};
use crate::request;
use crate::settings::{Settings, Stats};
use crate::shelf::Shelf;

/// Connections to any number of destinations. `B` is the body of the requests.
///
/// One per thread is best: then nothing that it locks is ever waited for.
pub struct Connections<B>
where
    B: Body<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<BoxError>,
{
    settings: Settings,
    totals: Arc<Totals>,
    shelves: Mutex<HashMap<u64, Arc<Shelf<B>>>>,
}

type BoxError = Box<dyn std::error::Error + Send + Sync>;

impl<B> Connections<B>
where
    B: Body<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<BoxError>,
{
    /// Without any connection yet.
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            totals: Arc::default(),
            shelves: Mutex::default(),
        }
    }

    /// Sends a request, whose target may be in absolute or in origin form, and gives the answer as
    /// soon as its head came. The connection goes on with the body's [`AnswerBody`].
    ///
    /// The destination alone says where it goes; `Host` is set where it is missing. Redirects are
    /// answers like any other.
    ///
    /// # Errors
    /// Where no answer began; [`SendError::is_unsent`] says whether it may be sent elsewhere.
    ///
    /// CANCEL: dropping it closes the connection that the request is on.
    pub async fn send(
        &self,
        to: &Destination,
        mut request: Request<B>,
    ) -> Result<Response<AnswerBody<B>>, SendError> {
        let shelf = self.shelf(to);
        let asks_to_switch = request.headers().contains_key(UPGRADE);
        request::for_http1(to, &mut request);
        while let Some(mut link) = shelf.take(Instant::now()) {
            let deadline = Instant::now() + self.settings.response_timeout;
            match link.exchange(request, deadline).await {
                Ok(head) => {
                    link.place.reused();
                    return answer(head, link, shelf, asks_to_switch);
                }
                Err(Unanswered::Unwritten(back, _)) => request = *back,
                Err(Unanswered::Failed(error)) => return Err(error),
            }
        }
        let mut link = Box::pin(self.connect(&shelf)).await?;
        let deadline = Instant::now() + self.settings.response_timeout;
        match link.exchange(request, deadline).await {
            Ok(head) => answer(head, link, shelf, asks_to_switch),
            Err(Unanswered::Unwritten(_, error)) => Err(SendError::Unsent(error)),
            Err(Unanswered::Failed(error)) => Err(error),
        }
    }

    /// Closes connections that were idle for too long, and all to destinations that nobody can name
    /// any more. To be called now and then, at best as often as the idle time.
    pub fn sweep(&self) {
        let now = Instant::now();
        let mut left = Vec::new();
        self.lock().retain(|_, shelf| {
            let is_kept = !shelf.destination.is_forgotten();
            left.push(Arc::clone(shelf));
            is_kept
        });
        for shelf in left {
            if shelf.destination.is_forgotten() {
                shelf.close();
            } else {
                shelf.sweep(now);
            }
        }
    }

    /// How many connections there are and were.
    pub fn stats(&self) -> Stats {
        let idle = self.lock().values().map(|shelf| shelf.idle()).sum();
        Stats {
            open: self.totals.open.load(Ordering::Relaxed),
            idle,
            made: self.totals.made.load(Ordering::Relaxed),
            reused: self.totals.reused.load(Ordering::Relaxed),
        }
    }

    async fn connect(&self, shelf: &Shelf<B>) -> Result<Box<Link<B>>, SendError> {
        let bound = self.settings.open_per_destination;
        let place = Place::take(&self.totals, &shelf.open, bound).ok_or(SendError::Full)?;
        let dialled = timeout(self.settings.connect_timeout, dial(&shelf.destination)).await;
        let stream = dialled.map_err(|_| SendError::ConnectTimeout)??;
        place.made();
        Ok(Box::new(Link::new(stream, place).await?))
    }

    fn shelf(&self, to: &Destination) -> Arc<Shelf<B>> {
        let mut shelves = self.lock();
        if let Some(shelf) = shelves.get(&to.id()) {
            return Arc::clone(shelf);
        }
        let Settings {
            idle_per_destination: most,
            idle_timeout,
            ..
        } = self.settings;
        let shelf = Arc::new(Shelf::new(to.clone(), most, idle_timeout));
        shelves.insert(to.id(), Arc::clone(&shelf));
        shelf
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Arc<Shelf<B>>>> {
        self.shelves.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<B> Drop for Connections<B>
where
    B: Body<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<BoxError>,
{
    /// Answers that are still being read go on; their connections are closed afterwards.
    fn drop(&mut self) {
        for shelf in self.lock().values() {
            shelf.close();
        }
    }
}

/// Joins the head of an answer with the connection that its body comes from.
fn answer<B>(
    head: Response<Incoming>,
    link: Box<Link<B>>,
    shelf: Arc<Shelf<B>>,
    asks_to_switch: bool,
) -> Result<Response<AnswerBody<B>>, SendError>
where
    B: Body<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<BoxError>,
{
    let (mut head, incoming) = head.into_parts();
    if let Some(doubt) = framing::doubt(&head.headers) {
        return Err(SendError::Framing(doubt));
    }
    let body = if head.extensions.remove::<OnUpgrade>().is_none() {
        AnswerBody::of_link(incoming, link, shelf)
    } else {
        let is_asked_for = asks_to_switch && head.status == StatusCode::SWITCHING_PROTOCOLS;
        let upgraded = is_asked_for.then(|| link.into_upgraded()).flatten();
        let unasked = SendError::Framing("a switch of protocols that nobody asked for");
        AnswerBody::of_upgraded(incoming, upgraded.ok_or(unasked)?)
    };
    Ok(Response::from_parts(head, body))
}
