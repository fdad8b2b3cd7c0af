//! Clients that do not read what waits for them, counted over the listeners that share a gate.
//!
//! What keeps one client from reading may pass, and waiting for it costs little. Many of them at once
//! are waited for no longer than it takes to see that they do not read: what waits is memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::time::Instant;

/// One in so many places: more clients than these are a crowd.
const PART: usize = 16;

/// How many clients do not read.
#[derive(Debug)]
pub(crate) struct Crowd {
    clients: AtomicUsize,
    /// The most that are none.
    most: usize,
    /// It is one from when there are more until nobody is left: else the last of them would stay.
    begun: AtomicBool,
}

/// How long a client may not read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stall {
    /// By itself.
    pub(crate) alone: Duration,
    /// In a crowd.
    pub(crate) in_crowd: Duration,
}

/// A client that does not read, until this is dropped.
#[derive(Debug)]
pub(crate) struct Unread {
    crowd: Arc<Crowd>,
    stall: Stall,
    end: Instant,
    check: Instant,
}

impl Crowd {
    /// Nobody yet, at a gate with so many places.
    pub(crate) fn new(places: usize) -> Self {
        Self {
            clients: AtomicUsize::new(0),
            most: (places / PART).max(1),
            begun: AtomicBool::new(false),
        }
    }

    fn is_one(&self) -> bool {
        self.begun.load(Ordering::Relaxed)
    }
}

impl Unread {
    /// A client that has not read since then.
    pub(crate) fn since(begin: Instant, stall: Stall, crowd: &Arc<Crowd>) -> Self {
        let others = crowd.clients.fetch_add(1, Ordering::Relaxed);
        if others >= crowd.most {
            crowd.begun.store(true, Ordering::Relaxed);
        }
        let end = begin + stall.alone;
        Self {
            crowd: Arc::clone(crowd),
            stall,
            end,
            check: end.min(begin + stall.in_crowd),
        }
    }

    /// When it is to be looked at whether its time is up.
    pub(crate) const fn check(&self) -> Instant {
        self.check
    }

    /// Looks at it then: gives the next time to look, or nothing if its time is up.
    pub(crate) fn next(&mut self) -> Option<Instant> {
        if self.check >= self.end || self.crowd.is_one() {
            return None;
        }
        self.check = self.end.min(self.check + self.stall.in_crowd);
        Some(self.check)
    }
}

impl Drop for Unread {
    fn drop(&mut self) {
        if self.crowd.clients.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.crowd.begun.store(false, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STALL: Stall = Stall {
        alone: Duration::from_secs(60),
        in_crowd: Duration::from_secs(25),
    };

    fn after(begin: Instant, seconds: u64) -> Instant {
        begin + Duration::from_secs(seconds)
    }

    #[test]
    fn one_client_has_all_its_time() {
        let (crowd, begin) = (Arc::new(Crowd::new(32)), Instant::now());
        let mut unread = Unread::since(begin, STALL, &crowd);
        let mut checks = vec![unread.check()];
        checks.extend(std::iter::from_fn(|| unread.next()));
        assert_eq!(checks, [25, 50, 60].map(|seconds| after(begin, seconds)));
    }

    #[test]
    fn a_short_time_is_no_longer_by_itself() {
        let (crowd, begin) = (Arc::new(Crowd::new(32)), Instant::now());
        let alone = Duration::from_secs(5);
        let mut unread = Unread::since(begin, Stall { alone, ..STALL }, &crowd);
        assert_eq!((unread.check(), unread.next()), (after(begin, 5), None));
    }

    #[test]
    fn in_a_crowd_nobody_has_more_than_its_time_until_all_are_gone() {
        let (crowd, begin) = (Arc::new(Crowd::new(32)), Instant::now());
        let one = || Unread::since(begin, STALL, &crowd);
        let mut clients = vec![one(), one()];
        assert!(clients[0].next().is_some());
        clients.push(one());
        assert!(clients.iter_mut().all(|one| one.next().is_none()));
        clients.truncate(1);
        assert!(clients[0].next().is_none(), "the last of a crowd is of it");
        clients.clear();
        assert!(one().next().is_some());
    }

    #[test]
    fn at_a_small_gate_one_client_is_no_crowd() {
        let (crowd, begin) = (Arc::new(Crowd::new(1)), Instant::now());
        let mut unread = Unread::since(begin, STALL, &crowd);
        assert!(unread.next().is_some());
        let _other = Unread::since(begin, STALL, &crowd);
        assert!(unread.next().is_none());
    }
}
