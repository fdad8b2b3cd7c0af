//! A form on its way from the disk to an upstream, piece by piece, with one part replaced.

use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::task::{JoinHandle, spawn_blocking};

use super::{OnDisk, PIECE};

/// Reads a form from the disk. It can be made again for another upstream.
pub(crate) struct SpooledBody {
    form: Arc<OnDisk>,
    parts: VecDeque<Part>,
    /// The piece that is being read.
    reading: Option<JoinHandle<io::Result<Bytes>>>,
    left: u64,
}

enum Part {
    Text(Bytes),
    Disk(Range<u64>),
}

impl SpooledBody {
    /// The form, with a text in place of what is in a range of it.
    pub(crate) fn new(form: &Arc<OnDisk>, edit: Option<(Range<u64>, Bytes)>) -> Self {
        let end = form.length;
        let parts = match edit {
            None => VecDeque::from([Part::Disk(0..end)]),
            Some((range, text)) => VecDeque::from([
                Part::Disk(0..range.start.min(end)),
                Part::Text(text),
                Part::Disk(range.end.min(end)..end),
            ]),
        };
        let left = parts.iter().map(Part::length).sum();
        Self {
            form: Arc::clone(form),
            parts,
            reading: None,
            left,
        }
    }

    /// How long it is.
    pub(crate) fn length(&self) -> u64 {
        self.left
    }

    fn read(&self, at: u64, length: usize) -> JoinHandle<io::Result<Bytes>> {
        let file = Arc::clone(&self.form.file);
        spawn_blocking(move || {
            let mut piece = vec![0; length];
            file.read_exact_at(&mut piece, at)?;
            Ok(Bytes::from(piece))
        })
    }

    fn passes(&mut self, piece: Bytes) -> Frame<Bytes> {
        self.left = self.left.saturating_sub(piece.len() as u64);
        Frame::data(piece)
    }
}

impl Part {
    fn length(&self) -> u64 {
        match self {
            Self::Text(text) => text.len() as u64,
            Self::Disk(range) => range.end.saturating_sub(range.start),
        }
    }
}

impl Body for SpooledBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        loop {
            if let Some(reading) = &mut self.reading {
                let read = ready!(Pin::new(reading).poll(cx));
                self.reading = None;
                let piece = read.map_err(io::Error::other).flatten();
                return Poll::Ready(Some(piece.map(|piece| self.passes(piece))));
            }
            match self.parts.pop_front() {
                None => return Poll::Ready(None),
                Some(Part::Text(text)) if text.is_empty() => {}
                Some(Part::Text(text)) => return Poll::Ready(Some(Ok(self.passes(text)))),
                Some(Part::Disk(range)) if range.is_empty() => {}
                Some(Part::Disk(Range { start, end })) => {
                    let next = end.min(start.saturating_add(PIECE as u64));
                    let length = usize::try_from(next - start).unwrap_or(PIECE);
                    self.reading = Some(self.read(start, length));
                    self.parts.push_front(Part::Disk(next..end));
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
