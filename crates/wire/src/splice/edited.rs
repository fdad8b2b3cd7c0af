//! A text that is written anew with other parts, and the gaps in it, which move along.

use std::ops::Range;

use crate::body::Gap;

pub(super) struct Edited<'a> {
    old: &'a [u8],
    /// Those after what was written.
    old_gaps: &'a [Gap],
    /// How much of the old text was written or left out.
    from: usize,
    new: Vec<u8>,
    new_gaps: Vec<Gap>,
}

impl<'a> Edited<'a> {
    /// Nothing is written yet of a text that will have so many bytes more.
    pub(super) fn new(old: &'a [u8], old_gaps: &'a [Gap], added: usize) -> Self {
        Self {
            old,
            old_gaps,
            from: 0,
            new: Vec::with_capacity(old.len().saturating_add(added)),
            new_gaps: Vec::with_capacity(old_gaps.len()),
        }
    }

    /// Puts another text in the place of this part, which comes after those before; nowhere where
    /// there is no such part.
    pub(super) fn replace(&mut self, part: Range<usize>, text: &str) {
        if self.from <= part.start && part.start <= part.end && part.end <= self.old.len() {
            self.keep(part.start);
            self.new.extend_from_slice(text.as_bytes());
            self.from = part.end;
            // What stood in the part is gone with it.
            let gone = self.old_gaps.iter().take_while(|gap| gap.at < part.end);
            self.old_gaps = self.old_gaps.get(gone.count()..).unwrap_or_default();
        }
    }

    pub(super) fn finish(mut self) -> (Vec<u8>, Vec<Gap>) {
        self.keep(self.old.len());
        (self.new, self.new_gaps)
    }

    /// Writes the old text on up to there.
    fn keep(&mut self, to: usize) {
        while let Some((gap, others)) = self.old_gaps.split_first() {
            if gap.at > to {
                break;
            }
            self.old_gaps = others;
            let ahead = gap.at.saturating_sub(self.from);
            self.new_gaps.push(Gap {
                at: self.new.len().saturating_add(ahead),
                piece: gap.piece.clone(),
            });
        }
        self.new
            .extend_from_slice(self.old.get(self.from..to).unwrap_or_default());
        self.from = to;
    }
}
