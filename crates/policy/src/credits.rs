//! Money as a checked number of micro-credits; never a float.

/// Micro-credits in one credit.
const MICROS: i64 = 1_000_000;

/// An amount of money in micro-credits: 1 credit is 1,000,000 of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Credits(i64);

/// A text that is no amount of credits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no amount of credits: write digits with at most six decimals, such as `12.5`")]
pub struct CreditsError(String);

impl Credits {
    /// No money.
    pub const ZERO: Self = Self(0);

    /// An amount from micro-credits.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// The amount in micro-credits.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// The sum; `None` if it leaves the range of 64 bits.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The difference; `None` if it leaves the range of 64 bits.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }
}

/// Credits with as many of six decimals as are needed: `12.5`.
impl std::fmt::Display for Credits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let micros = self.0.unsigned_abs();
        let (whole, fraction) = (
            micros / MICROS.unsigned_abs(),
            micros % MICROS.unsigned_abs(),
        );
        if fraction == 0 {
            return write!(f, "{sign}{whole}");
        }
        let decimals = format!("{fraction:06}");
        write!(f, "{sign}{whole}.{}", decimals.trim_end_matches('0'))
    }
}

impl std::str::FromStr for Credits {
    type Err = CreditsError;

    fn from_str(text: &str) -> Result<Self, CreditsError> {
        parse(text.trim()).ok_or_else(|| CreditsError(text.chars().take(40).collect()))
    }
}

fn parse(text: &str) -> Option<Credits> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, "0"));
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !plain(whole) || !plain(decimals) || decimals.len() > 6 {
        return None;
    }
    let fraction: i64 = format!("{decimals:0<6}").parse().ok()?;
    let whole: i64 = whole.parse().ok()?;
    let micros = whole.checked_mul(MICROS)?.checked_add(fraction)?;
    Some(Credits(if negative { -micros } else { micros }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_amount_reads_back_from_its_text(micros in (i64::MIN + 1)..=i64::MAX) {
            let amount = Credits::from_micros(micros);
            prop_assert_eq!(amount.to_string().parse::<Credits>(), Ok(amount));
        }

        #[test]
        fn parsing_never_panics(text in ".*") {
            let _ = text.parse::<Credits>();
        }
    }

    #[test]
    fn amounts_are_exact() {
        let micros = |text: &str| text.parse::<Credits>().map(Credits::as_micros).ok();
        assert_eq!(micros("12.5"), Some(12_500_000));
        assert_eq!(micros("0.000001"), Some(1));
        assert_eq!(micros("-3"), Some(-3_000_000));
        for bad in [
            "",
            ".5",
            "5.",
            "1e3",
            "1,5",
            "0.0000001",
            "+1",
            "--1",
            "99999999999999",
        ] {
            assert_eq!(micros(bad), None, "{bad}");
        }
    }

    #[test]
    fn sums_are_checked() {
        let most = Credits::from_micros(i64::MAX);
        assert_eq!(most.checked_add(Credits::from_micros(1)), None);
        assert_eq!(most.checked_sub(most), Some(Credits::ZERO));
    }
}
