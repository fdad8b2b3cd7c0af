//! Maps by ids. Ids are ours, not a client's, so nobody can choose them to collide, and a few
//! multiplications do.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// A map by ids, or by what is made of ids and numbers.
pub(crate) type IdMap<K, V> = HashMap<K, V, BuildHasherDefault<IdHasher>>;

/// 2^64 divided by the golden ratio: odd, and with its bits well spread.
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;

/// Mixes whole numbers.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct IdHasher(u64);

impl Hasher for IdHasher {
    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0.rotate_left(29) ^ number).wrapping_mul(SPREAD);
    }

    fn write_i64(&mut self, number: i64) {
        self.write_u64(number.cast_unsigned());
    }

    fn write_isize(&mut self, number: isize) {
        self.write_i64(number as i64);
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let number = chunk
                .iter()
                .fold(0, |sum, byte| sum << 8 | u64::from(*byte));
            self.write_u64(number);
        }
    }

    /// Maps look at the lowest bits, which multiplication alone leaves to the lowest bits.
    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 32)
    }
}
