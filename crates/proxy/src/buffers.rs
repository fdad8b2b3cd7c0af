//! Buffers for bodies that are read whole, used again by later calls: fresh memory costs the kernel
//! more than the body costs to read. Knows no bodies.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

/// Bytes of a buffer that is worth keeping, and of one that is too large to be kept.
const WORTH: std::ops::RangeInclusive<usize> = (64 << 10)..=(4 << 20);

/// Bytes that are kept at most.
const MOST: usize = 8 << 20;

/// The buffers that one worker keeps for its next bodies.
#[derive(Debug, Default)]
pub(crate) struct Buffers(Mutex<Free>);

#[derive(Debug, Default)]
struct Free {
    buffers: VecDeque<Vec<u8>>,
    bytes: usize,
    /// Buffers that were never taken since they were last trimmed.
    idle: usize,
}

/// A buffer that goes back when the last who reads it is done.
struct Lent {
    buffer: Vec<u8>,
    home: Arc<Buffers>,
}

impl Buffers {
    /// An empty buffer that has, or can grow to, this many bytes.
    pub(crate) fn take(&self, bytes: usize) -> Vec<u8> {
        if !WORTH.contains(&bytes) {
            return Vec::new();
        }
        let mut free = self.free();
        // The one that came back last is the one most likely in a cache.
        let found = free.buffers.iter().rposition(|one| one.capacity() >= bytes);
        let found = found.or_else(|| free.buffers.len().checked_sub(1));
        let taken = found.and_then(|at| free.buffers.remove(at));
        free.idle = free.idle.min(free.buffers.len());
        let Some(mut buffer) = taken else {
            return Vec::new();
        };
        free.bytes = free.bytes.saturating_sub(buffer.capacity());
        buffer.clear();
        buffer
    }

    /// The body in a buffer, which comes back here when nobody reads it any more; at once where it is
    /// small for it.
    pub(crate) fn lend(self: &Arc<Self>, buffer: Vec<u8>) -> Bytes {
        if !WORTH.contains(&buffer.capacity()) {
            return buffer.into();
        }
        if buffer.len() < buffer.capacity() / 4 {
            let body = Bytes::copy_from_slice(&buffer);
            self.give_back(buffer);
            return body;
        }
        let home = Arc::clone(self);
        Bytes::from_owner(Lent { buffer, home })
    }

    /// Lets go of what was not needed since the last time.
    pub(crate) fn trim(&self) {
        let mut free = self.free();
        for _ in 0..free.idle {
            if let Some(buffer) = free.buffers.pop_front() {
                free.bytes = free.bytes.saturating_sub(buffer.capacity());
            }
        }
        free.idle = free.buffers.len();
    }

    fn give_back(&self, buffer: Vec<u8>) {
        let mut free = self.free();
        let bytes = free.bytes.saturating_add(buffer.capacity());
        if bytes <= MOST {
            free.bytes = bytes;
            free.buffers.push_back(buffer);
        }
    }

    /// A poisoned lock still guards whole buffers: nothing panics half-way through a change.
    fn free(&self) -> MutexGuard<'_, Free> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        &self.buffer
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        self.home.give_back(std::mem::take(&mut self.buffer));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(buffers: &Arc<Buffers>, bytes: usize) -> Bytes {
        let mut buffer = buffers.take(bytes);
        buffer.resize(bytes, b'x');
        buffers.lend(buffer)
    }

    #[test]
    fn a_buffer_comes_back_when_the_last_reader_is_done() {
        let buffers = Arc::new(Buffers::default());
        let body = filled(&buffers, 100 << 10);
        let part = body.slice(10..20);
        drop(body);
        assert_eq!(buffers.take(100 << 10).capacity(), 0);
        drop(part);
        let again = buffers.take(100 << 10);
        assert!(again.capacity() >= 100 << 10);
        assert_eq!(again.len(), 0, "nothing of another body is left");
    }

    #[test]
    fn a_small_body_does_not_keep_a_large_buffer() {
        let buffers = Arc::new(Buffers::default());
        let mut buffer = Vec::with_capacity(1 << 20);
        buffer.extend_from_slice(b"small");
        let body = buffers.lend(buffer);
        assert!(buffers.take(1 << 20).capacity() >= 1 << 20);
        assert_eq!(body, "small");
    }

    #[test]
    fn no_more_is_kept_than_the_bound() {
        let buffers = Arc::new(Buffers::default());
        let bodies: Vec<_> = (0..10).map(|_| filled(&buffers, 2 << 20)).collect();
        drop(bodies);
        let free = buffers.free();
        assert_eq!((free.bytes, free.buffers.len()), (8 << 20, 4));
    }

    #[test]
    fn small_and_huge_buffers_are_not_kept() {
        let buffers = Arc::new(Buffers::default());
        drop(filled(&buffers, 1000));
        drop(filled(&buffers, 5 << 20));
        assert_eq!(buffers.free().buffers.len(), 0);
    }

    #[test]
    fn what_was_not_needed_between_two_trims_is_let_go() {
        let buffers = Arc::new(Buffers::default());
        drop([filled(&buffers, 1 << 20), filled(&buffers, 1 << 20)]);
        buffers.trim();
        // One of the two is needed.
        drop(filled(&buffers, 1 << 20));
        buffers.trim();
        assert_eq!(buffers.free().buffers.len(), 1);
        buffers.trim();
        let free = buffers.free();
        assert_eq!((free.buffers.len(), free.bytes), (0, 0));
    }
}
