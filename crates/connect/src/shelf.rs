//! The connections to one destination that wait for a request. The one that was used last is taken first, so that those
//! that are not needed grow old.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::destination::{Destination, Http2};
use crate::http2::Trunks;
use crate::link::Link;
use crate::request::RequestBody;

/// All that is known of one destination.
pub(crate) struct Shelf<B: RequestBody> {
    pub(crate) destination: Destination,
    /// How many connections to the destination are open.
    pub(crate) open: Arc<AtomicUsize>,
    pub(crate) trunks: Trunks,
    /// Whether the upstream has declined HTTP/2.
    declined: AtomicBool,
    idle: Mutex<Idle<B>>,
    most: usize,
    idle_timeout: Duration,
}

/// Connections that wait, the one that waits for the longest time first.
struct Idle<B: RequestBody> {
    links: VecDeque<Box<Link<B>>>,
    is_closed: bool,
}

impl<B: RequestBody> Shelf<B> {
    pub(crate) fn new(destination: Destination, most: usize, idle_timeout: Duration) -> Self {
        Self {
            destination,
            open: Arc::default(),
            trunks: Trunks::new(),
            declined: AtomicBool::new(false),
            idle: Mutex::new(Idle {
                links: VecDeque::new(),
                is_closed: false,
            }),
            most,
            idle_timeout,
        }
    }

    /// Whether HTTP/2 is to be tried.
    pub(crate) fn speaks_http2(&self) -> bool {
        match self.destination.http2() {
            Http2::Never => false,
            Http2::WhereOffered => !self.declined.load(Ordering::Relaxed),
            Http2::PriorKnowledge => true,
        }
    }

    /// The upstream knows HTTP/1 only.
    pub(crate) fn decline_http2(&self) {
        self.declined.store(true, Ordering::Relaxed);
    }

    /// The connection that was used last, if it was not idle for too long.
    pub(crate) fn take(&self, now: Instant) -> Option<Box<Link<B>>> {
        let link = self.lock().links.pop_back()?;
        if self.is_fresh(&link, now) {
            return Some(link);
        }
        // All others have been idle for even longer.
        let old = std::mem::take(&mut self.lock().links);
        drop(old);
        None
    }

    /// Keeps a connection for the next request; closes it if it cannot take one.
    pub(crate) fn put(&self, mut link: Box<Link<B>>) {
        if !link.is_ready() {
            return;
        }
        link.rest(Instant::now());
        let mut idle = self.lock();
        if idle.is_closed || self.most == 0 {
            return;
        }
        let oldest = if idle.links.len() >= self.most {
            idle.links.pop_front()
        } else {
            None
        };
        idle.links.push_back(link);
        // Closing a socket takes time; nobody has to wait for it.
        drop(idle);
        drop(oldest);
    }

    /// Closes what was idle for too long.
    pub(crate) fn sweep(&self, now: Instant) {
        let mut idle = self.lock();
        let old = idle
            .links
            .iter()
            .take_while(|link| !self.is_fresh(link, now));
        let old = old.count();
        let old: Vec<_> = idle.links.drain(..old).collect();
        drop(idle);
        drop(old);
        self.trunks.sweep(now, self.idle_timeout);
    }

    /// Closes all that is idle, now and from now on.
    pub(crate) fn close(&self) {
        let mut idle = self.lock();
        idle.is_closed = true;
        let links = std::mem::take(&mut idle.links);
        drop(idle);
        drop(links);
        self.trunks.close();
    }

    pub(crate) fn idle(&self) -> usize {
        self.lock().links.len() + self.trunks.idle()
    }

    fn is_fresh(&self, link: &Link<B>, now: Instant) -> bool {
        now.saturating_duration_since(link.idle_since) < self.idle_timeout
    }

    fn lock(&self) -> MutexGuard<'_, Idle<B>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
