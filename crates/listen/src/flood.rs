//! HTTP/2 frames that cost an answer and bring nothing are counted as they pass.
//!
//! hyper and h2 bound resets that come at once, CONTINUATION, empty DATA and the size of a head; PING
//! and SETTINGS they answer without a bound, and slow series of resets too.

use std::time::{Duration, Instant};

/// What a client sends first (RFC 9113, 3.4).
pub(crate) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

const FRAME_HEAD: usize = 9;
const WINDOW: Duration = Duration::from_secs(10);
/// A reset costs a request that was begun.
const RESET_COST: u32 = 5;
/// DATA of so many bytes, in either direction, lets one more control frame pass: clients measure the
/// way with a PING as data flows.
const BYTES_FOR_ONE: u64 = 1024;

/// Follows the frames of a connection from its first byte on.
#[derive(Debug)]
pub struct Watch {
    budget: u32,
    spent: u32,
    /// Bytes that have not been worth a frame yet.
    earned: u64,
    /// When the window began.
    since: Instant,
    /// Bytes to skip: the preface, or what a frame holds.
    skip: u64,
    head: [u8; FRAME_HEAD],
    filled: usize,
}

/// The client sends control frames and nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many control frames")]
pub struct Flood;

impl Watch {
    /// A connection that begins now, and may send so many control frames in ten seconds.
    pub fn new(budget: u32, now: Instant) -> Self {
        Self {
            budget,
            spent: 0,
            earned: 0,
            since: now,
            skip: PREFACE.len() as u64,
            head: [0; FRAME_HEAD],
            filled: 0,
        }
    }

    /// Looks at bytes that were received. The clock is asked for only when the budget is spent.
    ///
    /// # Errors
    /// Where the client went beyond its budget.
    pub fn received(&mut self, bytes: &[u8], clock: impl Fn() -> Instant) -> Result<(), Flood> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let skipped = usize::try_from(self.skip)
                .unwrap_or(usize::MAX)
                .min(rest.len());
            self.skip -= skipped as u64;
            rest = rest.get(skipped..).unwrap_or_default();
            let wanted = self.head.get_mut(self.filled..).unwrap_or_default();
            let taken = wanted.len().min(rest.len());
            let (front, behind) = rest.split_at(taken);
            if let Some(place) = wanted.get_mut(..taken) {
                place.copy_from_slice(front);
            }
            self.filled += taken;
            rest = behind;
            if self.filled == FRAME_HEAD {
                self.filled = 0;
                self.frame(&clock)?;
            }
        }
        Ok(())
    }

    /// Takes note of bytes that were sent.
    pub fn sent(&mut self, bytes: usize) {
        self.earn(bytes as u64);
    }

    fn frame(&mut self, clock: impl Fn() -> Instant) -> Result<(), Flood> {
        let [a, b, c, kind, ..] = self.head;
        let length = u32::from_be_bytes([0, a, b, c]);
        self.skip = u64::from(length);
        let cost = match kind {
            // DATA, HEADERS, WINDOW_UPDATE, CONTINUATION: bounded by streams, windows and h2.
            0 => {
                self.earn(u64::from(length));
                return Ok(());
            }
            1 | 8 | 9 => return Ok(()),
            3 => RESET_COST,
            _ => 1,
        };
        self.spent = self.spent.saturating_add(cost);
        if self.spent <= self.budget {
            return Ok(());
        }
        let now = clock();
        if now.duration_since(self.since) < WINDOW {
            return Err(Flood);
        }
        self.since = now;
        self.spent = cost;
        Ok(())
    }

    fn earn(&mut self, bytes: u64) {
        self.earned += bytes;
        if self.earned >= BYTES_FOR_ONE {
            let frames = u32::try_from(self.earned / BYTES_FOR_ONE).unwrap_or(u32::MAX);
            self.spent = self.spent.saturating_sub(frames);
            self.earned %= BYTES_FOR_ONE;
        }
    }
}

#[cfg(test)]
mod tests;
