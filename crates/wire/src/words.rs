//! Eight bytes of a text at once, for texts too short to set up a search in.
//!
//! A kind of byte is told by a function of eight bytes, as one number, that sets the highest bit of
//! the first byte of that kind, perhaps of some after it, and of none where there is none.

/// At which byte of a text the first of a kind is. Letters must not be of that kind.
pub(crate) fn position(text: &[u8], kind: impl Fn(u64) -> u64) -> Option<usize> {
    let (words, tail) = text.as_chunks::<8>();
    let mut at = 0_usize;
    for word in words {
        let found = kind(u64::from_le_bytes(*word));
        if found != 0 {
            return at.checked_add(first(found));
        }
        at = at.checked_add(8)?;
    }
    let mut last = [b'a'; 8];
    last.get_mut(..tail.len())?.copy_from_slice(tail);
    let found = kind(u64::from_le_bytes(last));
    (found != 0).then(|| at.checked_add(first(found)))?
}

/// The kind of byte that ends the plain part of a JSON string.
pub(crate) const fn quotes_and_backslashes(word: u64) -> u64 {
    zeros(word ^ all(b'"')) | zeros(word ^ all(b'\\'))
}

/// The kind of byte that JSON has only as an escape in its strings: those below the space.
pub(crate) const fn controls(word: u64) -> u64 {
    word.wrapping_sub(all(b' ')) & !word & all(0x80)
}

/// Eight times the same byte.
const fn all(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// The kind of byte that is zero.
const fn zeros(word: u64) -> u64 {
    word.wrapping_sub(all(1)) & !word & all(0x80)
}

/// At which byte the first of these bits is.
const fn first(found: u64) -> usize {
    // No more than 8.
    (found.trailing_zeros() / 8) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_first_of_a_kind_is_found_where_it_is(text in "[\x00-\x7fé-ÿ\"\\\\ !\x1f]{0,40}") {
            let text = text.as_bytes();
            let ends = |byte: &u8| matches!(byte, b'"' | b'\\');
            prop_assert_eq!(position(text, quotes_and_backslashes), text.iter().position(ends));
            let is_control = |byte: &u8| *byte < b' ';
            prop_assert_eq!(position(text, controls), text.iter().position(is_control));
        }
    }
}
