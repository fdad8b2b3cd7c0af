//! The body of a request in pieces: its text, and what long plain strings in it hold, which says
//! nothing to policy and stays where it came in. A picture is sent on without a copy, and read once.

use bytes::Bytes;

mod outline;
mod pieces;

pub use outline::{BodyReader, Outline};
pub use pieces::Pieces;

/// A body that was read whole.
#[derive(Debug, Clone, Default)]
pub struct SplitBody {
    /// The body without what stands in gaps.
    text: Bytes,
    /// In their order.
    gaps: Vec<Gap>,
}

/// What stands at a place of the text and was left out of it.
#[derive(Debug, Clone)]
pub(crate) struct Gap {
    /// The bytes of the text before it.
    pub(crate) at: usize,
    pub(crate) piece: Bytes,
}

impl SplitBody {
    pub(crate) const fn new(text: Bytes, gaps: Vec<Gap>) -> Self {
        Self { text, gaps }
    }

    /// How many bytes it has.
    pub fn len(&self) -> usize {
        let gaps = self.gaps.iter().map(|gap| gap.piece.len());
        gaps.fold(self.text.len(), usize::saturating_add)
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Its bytes, to be written.
    pub fn into_pieces(mut self) -> Pieces {
        if self.gaps.is_empty() {
            return self.text.into();
        }
        let mut pieces = Vec::with_capacity(self.gaps.len().saturating_mul(2).saturating_add(1));
        let mut given = 0;
        for Gap { at, piece } in self.gaps {
            let len = at.saturating_sub(given).min(self.text.len());
            pieces.push(self.text.split_to(len));
            pieces.push(piece);
            given = at;
        }
        pieces.push(self.text);
        pieces.into()
    }

    /// The body without what stands in gaps, which a peek's spans are places in.
    pub(crate) fn text(&self) -> &[u8] {
        &self.text
    }

    pub(crate) fn gaps(&self) -> &[Gap] {
        &self.gaps
    }
}

/// A body in one piece.
impl From<Bytes> for SplitBody {
    fn from(text: Bytes) -> Self {
        Self::new(text, Vec::new())
    }
}
