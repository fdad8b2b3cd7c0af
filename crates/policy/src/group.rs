//! Groups: the tiers that an operator makes.

use crate::id::GroupId;
use crate::name::Name;
use crate::scope::Scope;

/// A tier. Every token is in exactly one group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The group's identity.
    pub id: GroupId,
    /// Unique among groups.
    pub name: Name,
    /// What a call costs here in relation to its list price.
    pub multiplier: Multiplier,
    /// Restrictions of all its tokens.
    pub scope: Scope,
}

/// A price multiplier in millionths: 1,000,000 charges the list price. Never negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Multiplier(u32);

impl Multiplier {
    /// The list price.
    pub const ONE: Self = Self(1_000_000);

    /// A multiplier from millionths.
    pub const fn from_millionths(millionths: u32) -> Self {
        Self(millionths)
    }

    /// The multiplier in millionths.
    pub const fn as_millionths(self) -> u32 {
        self.0
    }
}

/// A text that is no multiplier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no multiplier: write a number from 0 to 4000 with at most six decimals, such as `0.8`"
)]
pub struct MultiplierError(String);

impl std::str::FromStr for Multiplier {
    type Err = MultiplierError;

    fn from_str(text: &str) -> Result<Self, MultiplierError> {
        let error = || MultiplierError(text.chars().take(40).collect());
        // A multiplier has the form of an amount of credits: millionths, exactly.
        let parsed: crate::credits::Credits = text.parse().map_err(|_| error())?;
        match u32::try_from(parsed.as_micros()) {
            Ok(millionths) if millionths <= 4_000_000_000 => Ok(Self(millionths)),
            _ => Err(error()),
        }
    }
}

impl std::fmt::Display for Multiplier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        crate::credits::Credits::from_micros(i64::from(self.0)).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_multiplier_is_exact() {
        assert_eq!("1".parse(), Ok(Multiplier::ONE));
        let cheap: Multiplier = "0.8".parse().unwrap();
        assert_eq!(
            (cheap.as_millionths(), cheap.to_string()),
            (800_000, "0.8".to_owned())
        );
        for text in ["-1", "4000.1", "", "x1", "0.0000001"] {
            assert!(text.parse::<Multiplier>().is_err(), "{text}");
        }
    }
}
