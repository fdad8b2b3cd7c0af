//! Decimal numbers as JSON writes them, exactly: no binary float comes between.

/// A number that is not negative: so many times a power of ten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Decimal {
    digits: u128,
    exponent: i32,
}

/// A text that is no such number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum DecimalError {
    #[error("it is no number")]
    Form,
    #[error("it is negative")]
    Negative,
    #[error("it has more digits than can be read exactly")]
    TooLong,
    #[error("it is larger than any price")]
    TooLarge,
}

/// Beyond it a number is too large for anything, or as good as nothing.
const FAR: i32 = 10_000;

impl Decimal {
    /// Reads a number as JSON writes it, such as `0.5` or `2.5e-06`.
    pub(super) fn parse(text: &str) -> Result<Self, DecimalError> {
        let (sign, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (number, exponent) = match text.split_once(['e', 'E']) {
            Some((number, exponent)) => (number, power(exponent)?),
            None => (text, 0),
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
        let plain = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !plain(whole) || !plain(fraction) {
            return Err(DecimalError::Form);
        }
        let fraction = fraction.trim_end_matches('0');
        let decimals = i32::try_from(fraction.len()).map_err(|_| DecimalError::TooLong)?;
        let digits = format!("{whole}{fraction}");
        let digits = match digits.trim_start_matches('0') {
            "" => 0,
            digits => digits.parse().map_err(|_| DecimalError::TooLong)?,
        };
        if sign && digits > 0 {
            return Err(DecimalError::Negative);
        }
        let exponent = exponent.saturating_sub(decimals);
        Ok(Self { digits, exponent }.reduced())
    }

    pub(super) const fn is_zero(self) -> bool {
        self.digits == 0
    }

    /// The product, exactly.
    pub(super) fn times(self, other: Self) -> Result<Self, DecimalError> {
        let digits = self.digits.checked_mul(other.digits);
        let digits = digits.ok_or(DecimalError::TooLong)?;
        let exponent = self.exponent.saturating_add(other.exponent);
        Ok(Self { digits, exponent }.reduced())
    }

    /// The number times a power of ten as a whole number, rounded up, and whether that is exact.
    pub(super) fn scaled(self, power: i32) -> Result<(u64, bool), DecimalError> {
        let shift = self.exponent.saturating_add(power);
        let ten = 10u128.checked_pow(shift.unsigned_abs());
        let (number, exact) = match (self.digits, shift) {
            (0, _) => (0, true),
            (digits, 0..) => {
                let number = ten.and_then(|ten| digits.checked_mul(ten));
                (number.ok_or(DecimalError::TooLarge)?, true)
            }
            (digits, _) => match ten {
                Some(ten) => (digits.div_ceil(ten), digits % ten == 0),
                None => (1, false),
            },
        };
        let number = u64::try_from(number).map_err(|_| DecimalError::TooLarge)?;
        Ok((number, exact))
    }

    /// The same number without zeros at its end.
    const fn reduced(mut self) -> Self {
        if self.digits == 0 {
            self.exponent = 0;
        }
        while self.digits > 0 && self.digits.is_multiple_of(10) {
            self.digits /= 10;
            self.exponent = self.exponent.saturating_add(1);
        }
        self
    }
}

fn power(text: &str) -> Result<i32, DecimalError> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(DecimalError::Form);
    }
    let size = digits.parse().unwrap_or(FAR).min(FAR);
    Ok(if text.starts_with('-') { -size } else { size })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picos(text: &str) -> Result<(u64, bool), DecimalError> {
        Decimal::parse(text)?.scaled(12)
    }

    #[test]
    fn a_number_is_read_to_the_last_digit() {
        for (text, whole) in [
            ("2.5e-06", 2_500_000),
            ("2.5E-6", 2_500_000),
            ("0.0000025", 2_500_000),
            ("1e-12", 1),
            ("25e-7", 2_500_000),
            ("0", 0),
            ("-0.0", 0),
            ("0e999999999999", 0),
            ("1", 1_000_000_000_000),
            ("1e+2", 100_000_000_000_000),
            (
                "1.10000000000000000000000000000000000000000",
                1_100_000_000_000,
            ),
        ] {
            assert_eq!(picos(text), Ok((whole, true)), "{text}");
        }
    }

    #[test]
    fn what_is_finer_than_a_pico_credit_is_rounded_up() {
        for (text, whole) in [
            ("1e-13", 1),
            ("3.0000000000000004e-07", 300_001),
            ("1e-99999999999999999999", 1),
            ("0.0000000000014", 2),
        ] {
            assert_eq!(picos(text), Ok((whole, false)), "{text}");
        }
    }

    #[test]
    fn what_is_no_price_is_refused() {
        for (text, error) in [
            ("1e8", DecimalError::TooLarge),
            ("1e99999999999999999999", DecimalError::TooLarge),
            ("18446744.073709551616", DecimalError::TooLarge),
            ("-1e-06", DecimalError::Negative),
            ("NaN", DecimalError::Form),
            ("Infinity", DecimalError::Form),
            ("", DecimalError::Form),
            (".5", DecimalError::Form),
            ("5.", DecimalError::Form),
            ("1e", DecimalError::Form),
            ("1e+-1", DecimalError::Form),
            ("0x10", DecimalError::Form),
            ("٣", DecimalError::Form),
            ("1.2.3", DecimalError::Form),
            (
                "0.12345678901234567890123456789012345678901",
                DecimalError::TooLong,
            ),
        ] {
            assert_eq!(picos(text), Err(error), "{text}");
        }
    }

    #[test]
    fn a_product_is_exact_or_none() {
        let parse = |text| Decimal::parse(text).unwrap();
        assert_eq!(parse("1.25").times(parse("8e-1")), Ok(parse("1")));
        let long = parse("1234567890123456789012345");
        assert_eq!(long.times(long), Err(DecimalError::TooLong));
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,40}") {
            let _ = picos(&text);
        }

        #[test]
        fn whole_pico_credits_keep_their_value(picos_ in 0u64..u64::MAX, power in 0i32..20) {
            let text = format!("{picos_}e-{power}");
            let (scaled, exact) = Decimal::parse(&text).unwrap().scaled(power).unwrap();
            proptest::prop_assert_eq!((scaled, exact), (picos_, true));
        }
    }
}
