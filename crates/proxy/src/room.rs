//! How many bytes all calls of all workers keep at once: beyond a bound new calls are refused at once,
//! and those that go on are not touched.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tollgate_wire::answer::Fault;

use crate::stop::Stop;

/// When to try again once there is no room, in seconds.
const RETRY_AFTER: u64 = 1;

/// Where bodies of requests are kept until an upstream has them.
#[derive(Debug, Clone, Default)]
pub struct Rooms {
    /// In memory.
    pub memory: Arc<Room>,
    /// On disk: forms that are too large for memory.
    pub disk: Arc<Room>,
}

/// A count of bytes.
#[derive(Debug, Default)]
pub struct Room {
    used: AtomicU64,
}

/// Bytes that are kept; given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    room: Arc<Room>,
    bytes: u64,
}

impl Room {
    /// How many bytes are kept now.
    pub fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }

    /// A place for bytes that are going to come, of which none has.
    ///
    /// # Errors
    /// Where as many as `most` are kept already.
    pub(crate) fn enter(self: &Arc<Self>, most: u64) -> Result<Place, Stop> {
        if self.used() >= most {
            return Err(full());
        }
        Ok(Place {
            room: Arc::clone(self),
            bytes: 0,
        })
    }
}

impl Place {
    /// So many more bytes came.
    ///
    /// # Errors
    /// Where all together would be more than `most`.
    pub(crate) fn grow(&mut self, bytes: usize, most: u64) -> Result<(), Stop> {
        let bytes = bytes as u64;
        let before = self.room.used.fetch_add(bytes, Ordering::Relaxed);
        self.bytes = self.bytes.saturating_add(bytes);
        if before.saturating_add(bytes) > most {
            return Err(full());
        }
        Ok(())
    }

    /// So many of them are kept no more.
    pub(crate) fn shrink(&mut self, bytes: usize) {
        let bytes = self.bytes.min(bytes as u64);
        self.bytes -= bytes;
        self.room.used.fetch_sub(bytes, Ordering::Relaxed);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.room.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// There is no room.
pub(crate) fn full() -> Stop {
    Fault::Overloaded {
        retry_after_s: RETRY_AFTER,
    }
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_bounded_and_comes_back() {
        let room = Arc::new(Room::default());
        let mut first = room.enter(10).unwrap();
        first.grow(6, 10).unwrap();
        let mut second = room.enter(10).unwrap();
        assert!(second.grow(5, 10).is_err());
        drop(second);
        assert_eq!(room.used(), 6);
        first.shrink(2);
        first.grow(6, 10).unwrap();
        assert!(room.enter(10).is_err(), "it is full");
        drop(first);
        assert_eq!(room.used(), 0);
    }
}
