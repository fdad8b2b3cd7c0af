//! Numbers by which attempts are ordered.

use crate::id::{CredentialId, TokenId, UpstreamId};

/// SplitMix64 (Steele, Lea, Flood 2014): enough to spread calls, and reproducible.
pub(super) struct Draws(pub(super) u64);

impl Draws {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }
}

/// The finalizer of SplitMix64: each bit of the input changes half of the output.
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The same number for the same token, upstream and credential: rendezvous hashing (Thaler and
/// Ravishankar 1998), by which only the tokens of what is gone move elsewhere.
pub(super) fn rendezvous(
    token: TokenId,
    upstream: UpstreamId,
    credential: Option<CredentialId>,
) -> u64 {
    let parts = [
        token.raw(),
        upstream.raw(),
        credential.map_or(-1, CredentialId::raw),
    ];
    parts.iter().fold(0, |hash, part| {
        mix(hash ^ part.cast_unsigned()).wrapping_add(0x9e37_79b9_7f4a_7c15)
    })
}

/// Sorting by `ln(u) / share`, largest first, draws without replacement in proportion to the shares
/// (Efraimidis and Spirakis 2006). A share is the weight over one more than what is under way.
pub(super) fn score(number: u64, weight: u32, in_flight: u32) -> f64 {
    if weight == 0 {
        return f64::NEG_INFINITY;
    }
    // 53 bits, shifted by a half so that the logarithm is finite.
    let unit = ((number >> 11) as f64 + 0.5) / (1u64 << 53) as f64;
    unit.ln() * (1.0 + f64::from(in_flight)) / f64::from(weight)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_splitmix64() {
        let mut draws = Draws(0);
        let first = [draws.next(), draws.next(), draws.next()];
        let expected = [
            0xe220_a839_7b1d_cdaf,
            0x6e78_9e6a_a1b9_65f4,
            0x06c4_5d18_8009_454f,
        ];
        assert_eq!(first, expected);
    }
}
