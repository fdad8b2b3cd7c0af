#![doc = include_str!("../README.md")]

mod error;
mod file;
mod header;
mod journal;
mod mapped;
mod part;
mod places;
mod recovery;
mod slot;

pub use error::{BeginError, JournalError};
pub use journal::{Journal, Opened};
pub use part::{MOST_BEGUN, MOST_SETTLED};
pub use recovery::Recovered;
pub use slot::{Settled, Slot};
