//! What a file says of one model.

use tollgate_policy::bound::Window;
use tollgate_policy::name::Provider;
use tollgate_policy::price::{Part, Price, UnitPrice};

use super::decimal::{Decimal, DecimalError};
use super::group::GroupEntry;

/// A whole file.
pub(super) struct Read {
    pub(super) entries: Vec<Entry>,
    /// The multipliers of groups.
    pub(super) groups: Vec<GroupEntry>,
    /// What is in the file besides models.
    pub(super) remarks: Vec<String>,
}

/// A model in a file: what is said of it, or why that cannot be used.
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) found: Result<Found, String>,
}

/// What is said of a model.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) provider: Option<Provider>,
    pub(crate) price: Price,
    pub(crate) window: Window,
    /// What is not as in the file; nothing where the prices are exactly those of the file.
    pub(crate) notes: Vec<String>,
}

impl Found {
    pub(super) fn new() -> Self {
        Self {
            provider: None,
            price: Price::EMPTY,
            window: Window::default(),
            notes: Vec::new(),
        }
    }

    /// Takes a price of so many credits apiece. `what` is where it stands in the file.
    pub(super) fn set(
        &mut self,
        part: Part,
        credits: Decimal,
        what: &str,
    ) -> Result<(), DecimalError> {
        let (picos, exact) = credits.scaled(12)?;
        let unit = UnitPrice::from_picos(picos);
        if unit.as_picos() != picos {
            return Err(DecimalError::TooLarge);
        }
        if !exact {
            self.notes.push(format!(
                "{what} is finer than a pico-credit, and was rounded up"
            ));
        }
        self.price = self.price.with(part, unit);
        Ok(())
    }

    /// Whether prices are stated, and all of them are nothing.
    pub(super) fn is_free(&self) -> bool {
        let stated = || Part::ALL.iter().filter_map(|part| self.price.stated(*part));
        stated().next().is_some() && stated().all(|price| price == UnitPrice::FREE)
    }
}
