//! Bytes that lie in several places and are written at once.

use std::io::IoSlice;

use bytes::{Buf, BufMut, Bytes, BytesMut};

/// Bytes in pieces, from which is taken at the front.
#[derive(Debug, Default)]
pub struct Pieces {
    /// Not empty while there are any.
    first: Bytes,
    /// Most bodies have none, and room is kept for several bodies with each connection.
    rest: Option<Box<std::vec::IntoIter<Bytes>>>,
    remaining: usize,
}

impl Pieces {
    /// Goes on to the next piece that has bytes.
    fn settle(&mut self) {
        while self.first.is_empty() {
            match self.rest.as_mut().and_then(|rest| rest.next()) {
                Some(piece) => self.first = piece,
                None => return,
            }
        }
    }
}

impl From<Bytes> for Pieces {
    fn from(bytes: Bytes) -> Self {
        Self {
            remaining: bytes.len(),
            first: bytes,
            rest: None,
        }
    }
}

impl From<Vec<Bytes>> for Pieces {
    fn from(pieces: Vec<Bytes>) -> Self {
        let lengths = pieces.iter().map(Bytes::len);
        let mut all = Self {
            remaining: lengths.fold(0, usize::saturating_add),
            first: Bytes::new(),
            rest: Some(Box::new(pieces.into_iter())),
        };
        all.settle();
        all
    }
}

/// To go further than to the end is to go to the end.
impl Buf for Pieces {
    fn remaining(&self) -> usize {
        self.remaining
    }

    fn chunk(&self) -> &[u8] {
        &self.first
    }

    fn chunks_vectored<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        let first = Some(&self.first).filter(|first| !first.is_empty());
        let pieces = first
            .into_iter()
            .chain(self.rest.iter().flat_map(|rest| rest.as_slice()));
        let mut filled = 0_usize;
        for (slice, piece) in slices.iter_mut().zip(pieces) {
            *slice = IoSlice::new(piece);
            filled = filled.saturating_add(1);
        }
        filled
    }

    fn advance(&mut self, bytes: usize) {
        self.remaining = self.remaining.saturating_sub(bytes);
        let mut left = bytes;
        while left > 0 && !self.first.is_empty() {
            let taken = left.min(self.first.len());
            self.first.advance(taken);
            left = left.saturating_sub(taken);
            self.settle();
        }
    }

    fn copy_to_bytes(&mut self, bytes: usize) -> Bytes {
        if bytes > self.first.len() {
            let mut copy = BytesMut::with_capacity(bytes.min(self.remaining));
            copy.put(self.take(bytes));
            return copy.freeze();
        }
        // What is in one piece is not copied.
        self.remaining = self.remaining.saturating_sub(bytes);
        let taken = self.first.split_to(bytes);
        self.settle();
        taken
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pieces() -> impl Strategy<Value = Vec<Vec<u8>>> {
        prop::collection::vec(prop::collection::vec(any::<u8>(), 0..6), 0..6)
    }

    fn gathered(pieces: Vec<Vec<u8>>) -> Pieces {
        let pieces: Vec<_> = pieces.into_iter().map(Bytes::from).collect();
        pieces.into()
    }

    proptest! {
        #[test]
        fn pieces_are_read_like_the_bytes_that_they_are(
            pieces in pieces(),
            steps in prop::collection::vec((any::<bool>(), 0_usize..9), 0..12),
        ) {
            let whole = pieces.concat();
            let (mut expected, mut actual) = (&whole[..], gathered(pieces));
            for (copies, bytes) in steps {
                prop_assert_eq!(actual.remaining(), expected.len());
                prop_assert_eq!(actual.chunk().is_empty(), expected.is_empty());
                prop_assert!(expected.starts_with(actual.chunk()));
                let (before, after) = expected.split_at(bytes.min(expected.len()));
                if copies {
                    prop_assert_eq!(&actual.copy_to_bytes(bytes)[..], before);
                } else {
                    actual.advance(bytes);
                }
                expected = after;
            }
        }

        #[test]
        fn slices_are_the_bytes_as_far_as_there_is_room(pieces in pieces(), room in 0_usize..8) {
            let whole = pieces.concat();
            let pieces = gathered(pieces);
            let mut slices = vec![IoSlice::new(b"nothing"); room];
            let filled = pieces.chunks_vectored(&mut slices);
            let told: Vec<u8> = slices[..filled].iter().flat_map(|slice| slice.to_vec()).collect();
            prop_assert!(whole.starts_with(&told));
            prop_assert!(filled == room || told == whole);
        }
    }
}
