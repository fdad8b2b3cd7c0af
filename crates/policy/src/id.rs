//! Typed identifiers: a positive 63-bit number, shown as a prefix and 13 base32 characters.
//!
//! The upper 41 bits are milliseconds since 2024-01-01, so that identifiers sort by creation.
//! Time and entropy are arguments: this module makes neither.

use crate::time::Timestamp;

/// 2024-01-01T00:00:00Z in milliseconds since the Unix epoch.
const EPOCH_MS: i64 = 1_704_067_200_000;
const ENTROPY_BITS: u32 = 22;
/// Crockford's base32 in lower case: no `i`, `l`, `o` or `u`.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const DIGITS: usize = 13;

/// A text that is not an identifier of the expected kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{seen}` is not an id of the form `{prefix}_` and 13 letters and digits")]
pub struct IdError {
    prefix: &'static str,
    seen: String,
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(i64);

        impl $name {
            /// The prefix of the text form, without its underscore.
            pub const PREFIX: &'static str = $prefix;

            /// An identifier from the moment of creation and 22 bits of the given entropy.
            pub fn new(created: Timestamp, entropy: u32) -> Self {
                Self(compose(created, entropy))
            }

            /// The number that stands in the database; `None` if it is negative.
            pub fn from_raw(raw: i64) -> Option<Self> {
                (raw >= 0).then_some(Self(raw))
            }

            /// When it was made, to the millisecond.
            pub fn created(self) -> Timestamp {
                let ms = EPOCH_MS.saturating_add(self.0 >> ENTROPY_BITS);
                Timestamp::from_micros(ms.saturating_mul(1000))
            }

            /// The number that stands in the database, never negative.
            pub fn raw(self) -> i64 {
                self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write_id(f, $prefix, self.0)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write_id(f, $prefix, self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                parse($prefix, text).map(Self).ok_or_else(|| IdError {
                    prefix: $prefix,
                    seen: text.chars().take(40).collect(),
                })
            }
        }
    };
}

id!(
    /// Names a token for its whole life, also when its secret changes.
    TokenId, "tok"
);
id!(
    /// Names an account.
    AccountId, "acc"
);
id!(
    /// Names a group.
    GroupId, "grp"
);
id!(
    /// Names a model of the gallery.
    ModelId, "mdl"
);
id!(
    /// Names an upstream.
    UpstreamId, "ups"
);
id!(
    /// Names one credential of an upstream.
    CredentialId, "crd"
);
id!(
    /// Names a member: a person who signs in.
    MemberId, "mem"
);
id!(
    /// Names a session of a member.
    SessionId, "ses"
);
id!(
    /// Names an API credential of an operator.
    ApiCredentialId, "key"
);

fn compose(created: Timestamp, entropy: u32) -> i64 {
    let ms = (created.as_micros() / 1000).saturating_sub(EPOCH_MS);
    let ms = ms.clamp(0, (1 << 41) - 1);
    (ms << ENTROPY_BITS) | i64::from(entropy & ((1 << ENTROPY_BITS) - 1))
}

fn write_id(f: &mut std::fmt::Formatter<'_>, prefix: &str, raw: i64) -> std::fmt::Result {
    use std::fmt::Write;
    write!(f, "{prefix}_")?;
    for place in (0..DIGITS).rev() {
        let digit = (raw >> (5 * place)) & 31;
        let letter = usize::try_from(digit).ok().and_then(|d| ALPHABET.get(d));
        f.write_char(char::from(*letter.unwrap_or(&b'0')))?;
    }
    Ok(())
}

fn parse(prefix: &str, text: &str) -> Option<i64> {
    let digits = text.strip_prefix(prefix)?.strip_prefix('_')?.as_bytes();
    if digits.len() != DIGITS {
        return None;
    }
    let mut raw: i64 = 0;
    for byte in digits {
        let digit = ALPHABET.iter().position(|letter| letter == byte)?;
        raw = raw
            .checked_mul(32)?
            .checked_add(i64::try_from(digit).ok()?)?;
    }
    Some(raw)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The last whole second that 41 bits of milliseconds reach: in 2093.
    const LAST_SECOND: i64 = (EPOCH_MS + (1 << 41)) / 1000;

    proptest! {
        #[test]
        fn an_id_reads_back_from_its_text(raw in 0..=i64::MAX) {
            let id = TokenId::from_raw(raw).unwrap();
            prop_assert_eq!(id.to_string().parse::<TokenId>(), Ok(id));
        }

        #[test]
        fn parsing_never_panics(text in ".*") {
            let _ = text.parse::<TokenId>();
        }

        #[test]
        fn ids_sort_by_creation(a in 0i64..LAST_SECOND, b in 0i64..LAST_SECOND, e1: u32, e2: u32) {
            let at = |s: i64| Timestamp::from_micros(s * 1_000_000);
            let (first, second) = (TokenId::new(at(a), e1), TokenId::new(at(b), e2));
            prop_assume!(a < b && b * 1000 > EPOCH_MS);
            prop_assert!(first < second);
        }
    }

    #[test]
    fn an_id_is_made_of_the_millisecond_and_22_bits_of_entropy() {
        let at = Timestamp::from_micros((EPOCH_MS + 3) * 1000 + 999);
        let last = (1 << 22) - 1;
        for (entropy, kept) in [
            (0, 0),
            (5, 5),
            (last, last),
            (last + 1, 0),
            (u32::MAX, last),
        ] {
            let id = TokenId::new(at, entropy);
            assert_eq!(id.raw(), (3 << 22) + i64::from(kept));
            assert_eq!(id.created().as_micros(), (EPOCH_MS + 3) * 1000);
        }
    }

    #[test]
    fn an_id_of_another_kind_is_refused() {
        let id = GroupId::from_raw(7).unwrap();
        assert_eq!(id.to_string(), "grp_0000000000007");
        assert!(id.to_string().parse::<TokenId>().is_err());
        assert!("tok_7".parse::<TokenId>().is_err());
        assert!("tok_zzzzzzzzzzzzz".parse::<TokenId>().is_err());
        assert_eq!(TokenId::from_raw(-1), None);
    }
}
