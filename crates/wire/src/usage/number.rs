//! A JSON number, digit by digit, without keeping its text.

/// The largest count that is believed: the largest integer that every JSON reader understands.
pub(super) const MOST: u64 = 1 << 53;

const MICRO: u64 = 1_000_000;

/// A number whose end has not come yet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Number {
    whole: u64,
    /// The first six decimals.
    micros: u64,
    decimals: u8,
    /// There are more decimals, and not all of them zero.
    more: bool,
    pointed: bool,
    /// Negative, with an exponent, too large, or no number.
    odd: bool,
}

impl Number {
    pub(super) const fn new() -> Self {
        Self {
            whole: 0,
            micros: 0,
            decimals: 0,
            more: false,
            pointed: false,
            odd: false,
        }
    }

    pub(super) fn push(&mut self, byte: u8) {
        match byte {
            b'0'..=b'9' if self.pointed => self.decimal(u64::from(byte - b'0')),
            b'0'..=b'9' => {
                let digit = u64::from(byte - b'0');
                self.whole = self.whole.saturating_mul(10).saturating_add(digit);
                self.odd |= self.whole > MOST;
            }
            b'.' if !self.pointed => self.pointed = true,
            _ => self.odd = true,
        }
    }

    fn decimal(&mut self, digit: u64) {
        if self.decimals < 6 {
            self.decimals += 1;
            self.micros = self.micros * 10 + digit;
        } else {
            self.more |= digit != 0;
        }
    }

    /// A count: an integer from 0 to 2^53.
    pub(super) fn count(self) -> Option<u64> {
        (!self.odd && !self.pointed).then_some(self.whole)
    }

    /// A quantity from 0 to 2^53 millionths, in millionths, rounded up.
    pub(super) fn micros(self) -> Option<u64> {
        let scale = 10_u64.pow(6_u32.saturating_sub(u32::from(self.decimals)));
        let part = self.micros * scale + u64::from(self.more);
        let micros = self.whole.checked_mul(MICRO)?.checked_add(part)?;
        (!self.odd && micros <= MOST).then_some(micros)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Number {
        let mut number = Number::new();
        text.bytes().for_each(|byte| number.push(byte));
        number
    }

    #[test]
    fn a_count_is_an_integer_from_0_to_2_to_the_53() {
        for (text, count) in [
            ("0", Some(0)),
            ("17", Some(17)),
            ("9007199254740992", Some(1 << 53)),
            ("9007199254740993", None),
            ("9223372036854775808", None),
            ("99999999999999999999999999999999999999999", None),
            ("-1", None),
            ("-0", None),
            ("1.0", None),
            ("1e3", None),
            ("1a", None),
        ] {
            assert_eq!(of(text).count(), count, "{text}");
        }
    }

    #[test]
    fn a_quantity_is_rounded_up_to_its_millionth() {
        for (text, micros) in [
            ("0", Some(0)),
            ("3", Some(3_000_000)),
            ("12.5", Some(12_500_000)),
            ("0.000001", Some(1)),
            ("0.0000001", Some(1)),
            ("0.0000000", Some(0)),
            ("1.9999999", Some(2_000_000)),
            ("9007199254.740992", Some(1 << 53)),
            ("9007199254.7409921", None),
            ("18446744073709.551616", None),
            ("-1.5", None),
            ("1.5e1", None),
            ("1.2.3", None),
        ] {
            assert_eq!(of(text).micros(), micros, "{text}");
        }
    }
}
