//! The statuses upon which a call is tried elsewhere.

/// Some statuses of 400 to 599.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetryOn(Vec<u16>);

/// A text that names no such statuses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not `none` or a list of statuses from 400 to 599, such as `429,503`")]
pub struct RetryOnError(String);

impl RetryOn {
    /// What is tried elsewhere where nobody says otherwise: called too often, and failures of the
    /// endpoint, 529 of which is Anthropic's for overload.
    pub const USUAL: [u16; 6] = [429, 500, 502, 503, 504, 529];

    /// Whether a call with this answer is tried elsewhere.
    pub fn contains(&self, status: u16) -> bool {
        self.0.contains(&status)
    }
}

impl Default for RetryOn {
    fn default() -> Self {
        Self(Self::USUAL.to_vec())
    }
}

impl std::str::FromStr for RetryOn {
    type Err = RetryOnError;

    fn from_str(text: &str) -> Result<Self, RetryOnError> {
        if text == "none" {
            return Ok(Self(Vec::new()));
        }
        let status = |part: &str| {
            part.trim()
                .parse()
                .ok()
                .filter(|one| (400..600).contains(one))
        };
        let read: Option<Vec<u16>> = text.split(',').map(status).collect();
        let mut statuses = read.ok_or_else(|| RetryOnError(text.chars().take(40).collect()))?;
        statuses.sort_unstable();
        statuses.dedup();
        Ok(Self(statuses))
    }
}

impl std::fmt::Display for RetryOn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0.is_empty() {
            return f.write_str("none");
        }
        for (i, status) in self.0.iter().enumerate() {
            let comma = if i == 0 { "" } else { "," };
            write!(f, "{comma}{status}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_read_back_in_order() {
        for (text, shown) in [
            ("503, 429,503", "429,503"),
            ("none", "none"),
            ("400,599", "400,599"),
        ] {
            assert_eq!(text.parse::<RetryOn>().unwrap().to_string(), shown);
        }
        let usual = RetryOn::default();
        assert_eq!(usual.to_string().parse(), Ok(usual));
    }

    #[test]
    fn only_statuses_of_failure_are_named() {
        for text in ["", "200", "399", "600", "429;503", "4xx", "429,"] {
            assert!(text.parse::<RetryOn>().is_err(), "{text}");
        }
    }
}
