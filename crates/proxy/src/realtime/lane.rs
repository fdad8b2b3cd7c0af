//! One direction of a session: a buffer that is filled only once it is empty, so that neither side
//! sends faster than the other one reads.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::Instant;

/// Bytes that are under way in one direction, at most.
const ROOM: usize = 64 << 10;
/// What is taken to begin with: most events are small.
const FIRST_ROOM: usize = 8 << 10;

/// What is under way in one direction.
pub(super) struct Lane {
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// Whether what was written may still wait for a flush.
    unflushed: bool,
    /// Since when nothing moved.
    pub(super) moved: Instant,
}

/// What moved.
pub(super) enum Step {
    /// Bytes were read, and are to be looked at before the next step; none is the end.
    Read(usize),
    /// Bytes went out.
    Wrote,
}

/// Which side does not go on.
pub(super) enum Stuck {
    /// What is read from.
    Source,
    /// What is written to.
    Sink,
}

impl Lane {
    pub(super) fn new() -> Self {
        Self {
            buffer: vec![0; FIRST_ROOM],
            start: 0,
            end: 0,
            unflushed: false,
            moved: Instant::now(),
        }
    }

    /// Moves something.
    ///
    /// CANCEL: what was not reported did not move.
    pub(super) async fn step(
        &mut self,
        source: &mut (impl AsyncRead + Unpin),
        sink: &mut (impl AsyncWrite + Unpin),
    ) -> Result<Step, Stuck> {
        let step = if self.is_idle() {
            self.read(source).await.map_err(|_| Stuck::Source)
        } else {
            self.write(sink).await.map_err(|_| Stuck::Sink)
        };
        self.moved = Instant::now();
        step
    }

    /// Whether all that was read went out.
    pub(super) fn is_idle(&self) -> bool {
        self.start == self.end && !self.unflushed
    }

    /// What is to go out.
    pub(super) fn waiting(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// Leaves out all but so many bytes of what waits.
    pub(super) fn truncate(&mut self, bytes: usize) {
        self.end = self.end.min(self.start.saturating_add(bytes));
    }

    async fn read(&mut self, source: &mut (impl AsyncRead + Unpin)) -> io::Result<Step> {
        let count = source.read(&mut self.buffer).await?;
        (self.start, self.end) = (0, count);
        Ok(Step::Read(count))
    }

    async fn write(&mut self, sink: &mut (impl AsyncWrite + Unpin)) -> io::Result<Step> {
        if self.start == self.end {
            sink.flush().await?;
            self.unflushed = false;
            return Ok(Step::Wrote);
        }
        let count = sink.write(self.waiting()).await?;
        if count == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        self.start += count;
        self.unflushed = true;
        if self.start == self.end && self.end == self.buffer.len() && self.end < ROOM {
            // Who fills it has more.
            self.buffer.resize(ROOM, 0);
        }
        Ok(Step::Wrote)
    }
}
