//! All connections of one thread, and the way of a request to one of them.

mod http1;
mod http2;

use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::header::UPGRADE;
use http::{Request, Response};
use tokio::task::yield_now;
use tokio::time::{Instant, timeout};

use crate::answer::AnswerBody;
use crate::destination::Destination;
use crate::dial::dial;
use crate::error::SendError;
use crate::place::{Full, Place, Totals};
use crate::request::RequestBody;
use crate::settings::{Patience, Settings, Stats};
use crate::shelf::Shelf;
use crate::stream::Stream;

/// Connections to any number of destinations. `B` is the body of the requests.
///
/// One per thread is best: then nothing that it locks is ever waited for.
pub struct Connections<B: RequestBody> {
    settings: Settings,
    totals: Arc<Totals>,
    shelves: Mutex<HashMap<u64, Arc<Shelf<B>>>>,
}

impl<B: RequestBody> Connections<B> {
    /// Without any connection yet.
    pub fn new(settings: Settings) -> Self {
        let totals = Totals {
            sockets: settings.sockets.clone(),
            ..Totals::default()
        };
        Self {
            settings,
            totals: Arc::new(totals),
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
        request: Request<B>,
    ) -> Result<Response<AnswerBody<B>>, SendError> {
        let patience = Patience {
            connect: self.settings.connect_timeout,
            response: self.settings.response_timeout,
        };
        self.send_within(patience, to, &mut Some(request)).await
    }

    /// The same within times of its own. The request is taken out of its place: it is large, and
    /// each future that it is given to would have room for it.
    ///
    /// # Errors
    /// As [`Connections::send`].
    ///
    /// CANCEL: as [`Connections::send`].
    pub async fn send_within(
        &self,
        patience: Patience,
        to: &Destination,
        request: &mut Option<Request<B>>,
    ) -> Result<Response<AnswerBody<B>>, SendError> {
        let shelf = self.shelf(to);
        // What is switched is a connection, so it must not be a shared one.
        let asks = |request: &Request<B>| request.headers().contains_key(UPGRADE);
        let asks_to_switch = request.as_ref().is_some_and(asks);
        if !asks_to_switch
            && shelf.speaks_http2()
            && let Some(answer) = Box::pin(self.send_http2(patience, &shelf, request)).await?
        {
            return Ok(answer);
        }
        self.send_http1(patience, shelf, request, asks_to_switch)
            .await
    }

    /// Closes connections that were idle for too long, and all to destinations that nobody can name
    /// any more; where those of all pools are scarce, all that are idle. To be called now and then,
    /// at best as often as the idle time.
    pub fn sweep(&self) {
        let mut now = Instant::now();
        if self.totals.are_scarce() {
            now += self.settings.idle_timeout;
        }
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

    /// A connected stream, and the place that it takes.
    async fn connect(
        &self,
        limit: Duration,
        shelf: &Shelf<B>,
        offers_http2: bool,
    ) -> Result<(Stream, Place), SendError> {
        let place = match self.place(shelf) {
            Ok(place) => place,
            Err(full) => {
                self.close_idle(full, shelf);
                // Connections that are shared are closed by tasks of their own.
                yield_now().await;
                self.place(shelf).map_err(|_| SendError::Full)?
            }
        };
        let dialling = dial(&shelf.destination, offers_http2);
        let dialled = timeout(limit, dialling).await;
        let stream = dialled.map_err(|_| SendError::ConnectTimeout)??;
        place.made();
        Ok((stream, place))
    }

    fn place(&self, shelf: &Shelf<B>) -> Result<Place, Full> {
        let bound = self.settings.open_per_destination;
        Place::take(&self.totals, &shelf.open, bound)
    }

    /// Closes what is idle under that bound.
    fn close_idle(&self, full: Full, shelf: &Shelf<B>) {
        // By then all of it will have been idle for too long.
        let then = Instant::now() + self.settings.idle_timeout;
        if full == Full::Here {
            return shelf.sweep(then);
        }
        let shelves: Vec<_> = self.lock().values().cloned().collect();
        shelves.iter().for_each(|shelf| shelf.sweep(then));
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

impl<B: RequestBody> Drop for Connections<B> {
    /// Answers that are still being read go on; their connections are closed afterwards.
    fn drop(&mut self) {
        for shelf in self.lock().values() {
            shelf.close();
        }
    }
}
