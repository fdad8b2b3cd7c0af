//! A body while it comes: its pieces are looked at while they are still in a cache, and the long plain
//! runs among them are left out of the text that is read.

use std::ops::Range;

use bytes::Bytes;
use multiversion::multiversion;

use super::{Gap, SplitBody};
use crate::peek::{Peek, PeekError, peek_text};
use crate::route::ModelRoute;

/// The shortest run that is left out, in bytes. Its piece keeps all of the block that it was read
/// into, and those of the gateway have twice as much.
const LONG: usize = 32 << 10;
/// How many bytes of its beginning stay in the text: more than any name that is looked for in a body,
/// and more than any escape.
const KEPT: usize = 1 << 10;
/// How many bytes are looked at before it is known whether to go on, so that the first that is
/// special is found among few.
const BLOCK: usize = 1 << 10;

/// Reads a body that comes in pieces.
#[derive(Debug)]
pub struct BodyReader {
    outline: Outline,
    /// The beginning of a character that a piece ended in.
    cut: Vec<u8>,
}

/// A body that came whole, in UTF-8.
#[derive(Debug)]
pub struct Outline {
    text: String,
    gaps: Vec<Gap>,
}

impl BodyReader {
    /// A reader whose text is put into the buffer, in place of what is there.
    pub fn new(mut buffer: Vec<u8>) -> Self {
        buffer.clear();
        let outline = Outline {
            // Nothing is valid.
            text: String::from_utf8(buffer).unwrap_or_default(),
            gaps: Vec::new(),
        };
        Self {
            outline,
            cut: Vec::new(),
        }
    }

    /// Takes the next piece.
    ///
    /// # Errors
    /// [`PeekError::Utf8`] where the body is none; nothing of it is of use then.
    pub fn push(&mut self, mut piece: Bytes) -> Result<(), PeekError> {
        let Some(run) = run(&piece) else {
            return self.copy(&piece);
        };
        let after = piece.split_off(run.end);
        let mut run = piece.split_off(run.start);
        self.copy(&piece)?;
        self.copy(&run.split_to(KEPT))?;
        self.outline.gaps.push(Gap {
            at: self.outline.text.len(),
            piece: run,
        });
        self.copy(&after)
    }

    /// The body, after its last piece.
    ///
    /// # Errors
    /// [`PeekError::Utf8`] where it ends in the middle of a character.
    pub fn finish(self) -> Result<Outline, PeekError> {
        if self.cut.is_empty() {
            Ok(self.outline)
        } else {
            Err(PeekError::Utf8)
        }
    }

    fn copy(&mut self, mut piece: &[u8]) -> Result<(), PeekError> {
        while let Some(needed) = missing(&self.cut) {
            let Some((byte, rest)) = piece.split_first() else {
                return Ok(());
            };
            self.cut.push(*byte);
            piece = rest;
            if needed == 1 {
                let cut = std::mem::take(&mut self.cut);
                let character = std::str::from_utf8(&cut).map_err(|_| PeekError::Utf8)?;
                self.outline.text.push_str(character);
            }
        }
        let whole = piece.len().saturating_sub(cut_len(piece));
        let (whole, cut) = piece.split_at_checked(whole).unwrap_or((piece, &[]));
        let text = simdutf8::basic::from_utf8(whole).map_err(|_| PeekError::Utf8)?;
        self.outline.text.push_str(text);
        self.cut.extend_from_slice(cut);
        Ok(())
    }
}

impl Outline {
    /// Reads what policy needs, as [`crate::peek_for`] does. Its places are in the text without gaps:
    /// they are for [`crate::Edits::apply_to`] and this body.
    ///
    /// # Errors
    /// As [`crate::peek_for`].
    pub fn peek_for(&mut self, route: &ModelRoute<'_>) -> Result<Peek<'static>, PeekError> {
        if !self.gaps.is_empty() {
            let seen = peek_text(route, &self.text, &self.gaps);
            // What is wrong is told of the whole text, and so is what looks into nested requests.
            if let Ok(seen) = seen.map(Peek::into_owned)
                && seen.nested_models.is_empty()
            {
                return Ok(seen);
            }
            self.fill()?;
        }
        peek_text(route, &self.text, &[]).map(Peek::into_owned)
    }

    /// The body to be sent on. Its text goes through `keep`, which may want the buffer back.
    pub fn into_body(self, keep: impl FnOnce(Vec<u8>) -> Bytes) -> SplitBody {
        SplitBody::new(keep(self.text.into_bytes()), self.gaps)
    }

    /// Puts what was left out back into the text.
    fn fill(&mut self) -> Result<(), PeekError> {
        let gaps = std::mem::take(&mut self.gaps);
        let pieces = gaps.iter().map(|gap| gap.piece.len());
        let mut whole = String::with_capacity(pieces.fold(self.text.len(), usize::saturating_add));
        let mut from = 0;
        for Gap { at, piece } in gaps {
            let piece = simdutf8::basic::from_utf8(&piece).map_err(|_| PeekError::Utf8)?;
            whole.push_str(self.text.get(from..at).unwrap_or_default());
            whole.push_str(piece);
            from = at;
        }
        whole.push_str(self.text.get(from..).unwrap_or_default());
        self.text = whole;
        Ok(())
    }
}

/// Where a long plain run is at the end of the piece, or else at its beginning: most probably a part
/// of a string that goes on in other pieces.
#[multiversion(targets("x86_64+avx2"))]
fn run(piece: &[u8]) -> Option<Range<usize>> {
    if piece.len() < LONG {
        return None;
    }
    let len = plain_len(piece.rchunks(BLOCK), |block| {
        block.iter().rev().position(is_special)
    });
    let start = piece.len().saturating_sub(len);
    let (at_end, before) = (start..piece.len(), piece.get(..start)?);
    let run = if len >= LONG {
        at_end
    } else {
        let len = plain_len(before.chunks(BLOCK), |block| {
            block.iter().position(is_special)
        });
        0..len
    };
    // Lists of numbers have no quotes either, and would only have to be put back.
    let is_list = piece.get(run.clone())?.last_chunk::<64>()?.contains(&b',');
    (run.len() >= LONG && !is_list).then_some(run)
}

/// How many bytes these blocks have before the first that is special, which stands there. It
/// is inlined, so that it is built for the same processors as who calls it.
#[inline(always)]
fn plain_len<'a>(
    blocks: impl Iterator<Item = &'a [u8]>,
    special: impl Fn(&[u8]) -> Option<usize>,
) -> usize {
    let mut len = 0_usize;
    for block in blocks {
        // Without an end in the middle, which many bytes are looked at at once for.
        let has_special = block.iter().fold(false, |has, byte| has | is_special(byte));
        if has_special {
            return len.saturating_add(special(block).unwrap_or_default());
        }
        len = len.saturating_add(block.len());
    }
    len
}

/// Quotes, escapes, control characters and what is not ASCII.
const fn is_special(byte: &u8) -> bool {
    byte.cast_signed() < 0x20 || matches!(byte, b'"' | b'\\')
}

/// How many bytes the end of a piece has of a character that is not whole there. Whether they are
/// right is found out when it is.
fn cut_len(piece: &[u8]) -> usize {
    for (len, byte) in (1..=3).zip(piece.iter().rev()) {
        if !is_continuation(*byte) {
            return if char_len(*byte) > len { len } else { 0 };
        }
    }
    0
}

/// How many bytes a character lacks that has begun with these; none where there are none.
fn missing(cut: &[u8]) -> Option<usize> {
    let len = char_len(*cut.first()?);
    len.checked_sub(cut.len()).filter(|missing| *missing > 0)
}

const fn is_continuation(byte: u8) -> bool {
    byte & 0b1100_0000 == 0b1000_0000
}

/// How many bytes a character has that begins with this one (RFC 3629, section 3).
const fn char_len(first: u8) -> usize {
    match first {
        0b1100_0000..=0b1101_1111 => 2,
        0b1110_0000..=0b1110_1111 => 3,
        0b1111_0000..=0b1111_0111 => 4,
        _ => 1,
    }
}

#[cfg(test)]
mod tests;
