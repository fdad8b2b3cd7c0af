//! How often a provider runs tools by itself within one call: it charges searches apiece, and the
//! whole prompt again in each round. Which tools those are is not known here.

/// The rounds that are held for where the request does not bound them: Anthropic states that it
/// stops after so many, OpenAI states nothing.
pub const UNKNOWN_ROUNDS: u64 = 10;
/// The searches that are held for where the request does not bound them: two in each round.
pub const UNKNOWN_SEARCHES: u64 = 2 * UNKNOWN_ROUNDS;

/// How often tools are used that a provider runs by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Uses {
    /// There are no such tools.
    #[default]
    None,
    /// At most so many times, as the request says.
    AtMost(u64),
    /// As often as the provider lets the model.
    Unbounded,
}

impl Uses {
    /// Those of this and of other tools together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::None, uses) | (uses, Self::None) => uses,
            (Self::AtMost(one), Self::AtMost(other)) => Self::AtMost(one.saturating_add(other)),
            (Self::Unbounded, _) | (_, Self::Unbounded) => Self::Unbounded,
        }
    }

    /// The same under a cap that holds for all of them.
    #[must_use]
    pub fn capped(self, cap: Option<u64>) -> Self {
        match (self, cap) {
            (Self::AtMost(uses), Some(cap)) => Self::AtMost(uses.min(cap)),
            (Self::Unbounded, Some(cap)) => Self::AtMost(cap),
            (uses, _) => uses,
        }
    }

    /// How often at most, where each use is a search.
    pub(super) const fn searches(self) -> u64 {
        match self {
            Self::None => 0,
            Self::AtMost(uses) => uses,
            Self::Unbounded => UNKNOWN_SEARCHES,
        }
    }

    /// How often at most the prompt is read: at first, and again after each use.
    pub(super) const fn rounds(self) -> u64 {
        match self {
            Self::None => 1,
            Self::AtMost(uses) => uses.saturating_add(1),
            Self::Unbounded => UNKNOWN_ROUNDS,
        }
    }
}
