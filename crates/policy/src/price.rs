//! What a call costs: prices per unit, and the one formula.
//!
//! `cost = ⌈ (Σ units × price) × multiplier ⌉` in micro-credits, in exact integers, rounded up once
//! at the end. Prices are whole pico-credits per unit, so nothing is lost before that.

mod part;
mod text;

pub use part::Part;
pub use text::PriceError;

use crate::credits::Credits;
use crate::endpoint::Endpoint;
use crate::group::Multiplier;
use crate::usage::Usage;

/// The price of one unit in pico-credits: 10^12 of them are a credit.
///
/// A pico-credit per token is a micro-credit per million tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnitPrice(u64);

impl UnitPrice {
    /// Nothing.
    pub const FREE: Self = Self(0);
    /// The largest price.
    pub const MAX: Self = Self(u64::MAX - 1);

    /// A price from pico-credits, at most [`UnitPrice::MAX`].
    pub const fn from_picos(picos: u64) -> Self {
        if picos > Self::MAX.0 {
            Self::MAX
        } else {
            Self(picos)
        }
    }

    /// The price in pico-credits.
    pub const fn as_picos(self) -> u64 {
        self.0
    }
}

/// The price list of a model, or of a mounted API: a price for each part of what a call uses.
///
/// A part without a price of its own takes that of the part that it belongs to: see
/// [`Part::falls_back_to`]. A part that belongs to none costs nothing then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Price {
    /// One for each part, in the order of [`Part::ALL`]; [`u64::MAX`] where none is stated.
    picos: [u64; Part::COUNT],
}

const UNSTATED: u64 = u64::MAX;
/// Prices count in pico-credits and sound in microseconds: 10^6 each, and so does the multiplier.
const MICROS: u128 = 1_000_000;
const SCALE: u128 = MICROS * MICROS * MICROS;

impl Price {
    /// A list without a price in it.
    pub const EMPTY: Self = Self {
        picos: [UNSTATED; Part::COUNT],
    };

    /// A list by which nothing costs anything, and which says so.
    pub fn free() -> Self {
        [Part::Input, Part::Output, Part::Request]
            .into_iter()
            .fold(Self::EMPTY, |price, part| price.with(part, UnitPrice::FREE))
    }

    /// The list with a price for a part.
    #[must_use]
    pub fn with(mut self, part: Part, price: UnitPrice) -> Self {
        if let Some(slot) = self.picos.get_mut(part.index()) {
            *slot = price.0;
        }
        self
    }

    /// The price that the list states for a part.
    pub fn stated(&self, part: Part) -> Option<UnitPrice> {
        let picos = self.picos.get(part.index()).copied();
        picos.filter(|picos| *picos != UNSTATED).map(UnitPrice)
    }

    /// The price of a part, its own or that of what it belongs to.
    pub fn of(&self, part: Part) -> UnitPrice {
        let mut part = Some(part);
        while let Some(one) = part {
            if let Some(price) = self.stated(one) {
                return price;
            }
            part = one.falls_back_to();
        }
        UnitPrice::FREE
    }

    /// Whether the list makes the price of a call known: through an endpoint of a model, or, with
    /// none, of a mounted API.
    pub fn covers(&self, endpoint: Option<Endpoint>) -> bool {
        let states = |part: &Part| self.stated(*part).is_some();
        let wanted = endpoint.map_or(&[&[] as &[Part]] as &[_], Endpoint::priced_by);
        states(&Part::Request) || wanted.iter().all(|any| any.iter().any(states))
    }

    /// Whether the list states no price.
    pub fn is_empty(&self) -> bool {
        *self == Self::EMPTY
    }

    /// The price of one successful request and what it used, times the multiplier, rounded up to
    /// a whole micro-credit. `None` where it leaves the range of [`Credits`].
    pub fn cost(&self, usage: &Usage, requests: u64, multiplier: Multiplier) -> Option<Credits> {
        let mut sum: u128 = 0;
        for part in Part::ALL {
            let units = match part {
                Part::Request => requests,
                other => other.units(usage),
            };
            if units == 0 {
                continue;
            }
            let picos = u128::from(units).checked_mul(u128::from(self.of(part).0))?;
            // Sound is counted in microseconds and priced by the second.
            let scaled = match part {
                Part::Second => picos,
                _ => picos.checked_mul(MICROS)?,
            };
            sum = sum.checked_add(scaled)?;
        }
        let charged = sum.checked_mul(u128::from(multiplier.as_millionths()))?;
        let micros = charged.div_ceil(SCALE);
        i64::try_from(micros).ok().map(Credits::from_micros)
    }
}

#[cfg(test)]
mod tests;
