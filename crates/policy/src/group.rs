//! Groups: the tiers that an operator makes.

mod fallback;

pub use self::fallback::{FallbackError, Fallbacks, MOST_FALLBACKS};
use crate::id::GroupId;
use crate::limit::Limits;
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
    /// Its limits, and how strictly quotas are kept.
    pub terms: Terms,
}

/// How a group treats its tokens.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Terms {
    /// What its tokens may ask for in a minute, and at once.
    pub limits: Limits,
    /// Whether all its tokens share these limits; else each has them to itself.
    pub shared: bool,
    /// How quotas are kept.
    pub enforcement: Enforcement,
    /// What becomes of a call whose client leaves.
    pub on_leave: OnLeave,
    /// The models that take the place of one that nobody serves just now.
    pub fallbacks: Fallbacks,
}

/// How quotas are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Enforcement {
    /// The worst case is held. Where less is left, the output is capped to what that covers.
    #[default]
    Strict,
    /// The worst case is held. Where less is left, the call is refused.
    Refuse,
    /// An estimate is held: a call may cost more, and take a quota below zero.
    Lenient,
}

/// What becomes of a call whose client leaves inside the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum OnLeave {
    /// The upstream is closed; what was relayed is charged, by an estimate.
    #[default]
    Cancel,
    /// The answer is read on for at most so many seconds, to get the provider's own count.
    Drain(u16),
}

/// A text that names no way to treat tokens.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TermsError {
    /// Not one of the enforcements.
    #[error("`{0}` is not one of `strict`, `refuse`, `lenient`")]
    Enforcement(String),
    /// Neither `cancel` nor `drain`.
    #[error("`{0}` is neither `cancel` nor `drain:SECONDS` with 1 to 3600 seconds")]
    OnLeave(String),
}

impl Enforcement {
    /// All enforcements.
    pub const ALL: [Self; 3] = [Self::Strict, Self::Refuse, Self::Lenient];

    /// The name in the database and in texts.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Strict => "strict",
            Self::Refuse => "refuse",
            Self::Lenient => "lenient",
        }
    }
}

impl std::str::FromStr for Enforcement {
    type Err = TermsError;

    fn from_str(text: &str) -> Result<Self, TermsError> {
        let found = Self::ALL.into_iter().find(|one| one.name() == text);
        found.ok_or_else(|| TermsError::Enforcement(text.chars().take(40).collect()))
    }
}

impl std::fmt::Display for Enforcement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for OnLeave {
    type Err = TermsError;

    fn from_str(text: &str) -> Result<Self, TermsError> {
        let error = || TermsError::OnLeave(text.chars().take(40).collect());
        if text == "cancel" {
            return Ok(Self::Cancel);
        }
        let seconds = text.strip_prefix("drain:").ok_or_else(error)?;
        let seconds: u16 = seconds.parse().map_err(|_| error())?;
        (1..=3600)
            .contains(&seconds)
            .then_some(Self::Drain(seconds))
            .ok_or_else(error)
    }
}

impl std::fmt::Display for OnLeave {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Cancel => f.write_str("cancel"),
            Self::Drain(seconds) => write!(f, "drain:{seconds}"),
        }
    }
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
