//! Eight bytes of a text at once, for texts too short to set up a search in.

/// Eight times the same byte.
pub(crate) const fn all(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// The highest bit of the first byte that is zero, and perhaps of some after it.
pub(crate) const fn zeros(word: u64) -> u64 {
    word.wrapping_sub(all(1)) & !word & all(0x80)
}

/// At which byte the first of these bits is.
pub(crate) const fn first(found: u64) -> usize {
    // No more than 8.
    (found.trailing_zeros() / 8) as usize
}
