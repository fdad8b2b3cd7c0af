//! Price lists as text, the same in commands, tables and receipts: `input=2.5,output=10`.
//!
//! Tokens are priced in credits per million, the rest in credits apiece. `free` is the list by which
//! nothing costs anything.

use std::fmt;
use std::str::FromStr;

use super::{Part, Price, UnitPrice};

/// A text that is no price list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PriceError {
    /// Nothing is priced.
    #[error("a price list needs at least one price, such as `input=2.5,output=10`, or `free`")]
    Empty,
    /// Not of the form `part=price`.
    #[error("`{0}` is no price: write `part=credits`, such as `input=2.5`")]
    Form(String),
    /// No such part.
    #[error("`{seen}` is not one of {known}")]
    Part {
        /// What was written.
        seen: String,
        /// What can be written.
        known: String,
    },
    /// A part is there twice.
    #[error("`{0}` is priced twice")]
    Twice(&'static str),
    /// Not a number of credits.
    #[error(
        "`{0}` is no price in credits: write digits with at most {1} decimals, and a point between"
    )]
    Number(String, u32),
}

/// As many decimals as whole pico-credits allow: a price per million has six fewer.
const fn decimals(part: Part) -> u32 {
    if part.is_tokens() { 6 } else { 12 }
}

impl FromStr for Price {
    type Err = PriceError;

    fn from_str(text: &str) -> Result<Self, PriceError> {
        if text.trim() == "free" {
            return Ok(Self::free());
        }
        let mut price = Self::EMPTY;
        for entry in text.split(',').filter(|entry| !entry.trim().is_empty()) {
            let short = || entry.trim().chars().take(60).collect::<String>();
            let (name, number) = entry
                .split_once('=')
                .ok_or_else(|| PriceError::Form(short()))?;
            let part = part(name.trim())?;
            if price.stated(part).is_some() {
                return Err(PriceError::Twice(part.name()));
            }
            let unit = unit(number.trim(), decimals(part))
                .ok_or_else(|| PriceError::Number(short(), decimals(part)))?;
            price = price.with(part, unit);
        }
        if price.is_empty() {
            return Err(PriceError::Empty);
        }
        Ok(price)
    }
}

fn part(name: &str) -> Result<Part, PriceError> {
    let found = Part::ALL.into_iter().find(|part| part.name() == name);
    found.ok_or_else(|| PriceError::Part {
        seen: name.chars().take(60).collect(),
        known: Part::ALL
            .map(|part| format!("`{}`", part.name()))
            .join(", "),
    })
}

/// Reads a decimal number as a whole number of its last decimal.
fn unit(text: &str, decimals: u32) -> Option<UnitPrice> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let width = usize::try_from(decimals).ok()?;
    if !plain(whole) || !plain(fraction) || fraction.len() > width {
        return None;
    }
    let fraction: u64 = format!("{fraction:0<width$}").parse().ok()?;
    let whole: u64 = whole.parse().ok()?;
    let picos = whole
        .checked_mul(10u64.checked_pow(decimals)?)?
        .checked_add(fraction)?;
    (picos <= UnitPrice::MAX.as_picos()).then(|| UnitPrice::from_picos(picos))
}

/// The list in the order of [`Part::ALL`], each price with as many decimals as it needs.
impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::free() {
            return f.write_str("free");
        }
        let mut comma = "";
        for part in Part::ALL {
            let Some(price) = self.stated(part) else {
                continue;
            };
            write!(f, "{comma}{}=", part.name())?;
            write_unit(f, price, decimals(part))?;
            comma = ",";
        }
        Ok(())
    }
}

fn write_unit(f: &mut fmt::Formatter<'_>, price: UnitPrice, decimals: u32) -> fmt::Result {
    let one = 10u64.saturating_pow(decimals);
    let (whole, fraction) = (price.as_picos() / one, price.as_picos() % one);
    if fraction == 0 {
        return write!(f, "{whole}");
    }
    let width = usize::try_from(decimals).unwrap_or(0);
    let digits = format!("{fraction:0width$}");
    write!(f, "{whole}.{}", digits.trim_end_matches('0'))
}
