//! One side of a session, as its own frames show it.

use tokio::time::Instant;
use tollgate_wire::websocket::{FrameError, FrameReader, Piece, Sender};

/// What one side has sent.
pub(super) struct Side {
    frames: FrameReader,
    /// When it said that it closes.
    pub(super) closed: Option<Instant>,
    /// Whether a frame of ours fits behind what passes.
    pub(super) fits: bool,
}

impl Side {
    /// A side whose messages have at most so many bytes.
    pub(super) const fn new(sender: Sender, most: u64) -> Self {
        Self {
            frames: FrameReader::new(sender, most),
            closed: None,
            fits: true,
        }
    }

    /// Reads what it sent, and says how many bytes of it belong to frames that have ended.
    ///
    /// # Errors
    /// Where it is not readable: then none of it should pass.
    pub(super) fn hear(
        &mut self,
        bytes: &[u8],
        mut tell: impl FnMut(Piece<'_>),
    ) -> Result<usize, FrameError> {
        let mut closes = false;
        let whole = self.frames.push(bytes, |piece| {
            closes |= matches!(piece, Piece::Close(_));
            tell(piece);
        })?;
        if closes {
            self.closed.get_or_insert_with(Instant::now);
        }
        self.fits = self.frames.is_between_frames();
        Ok(whole)
    }
}
