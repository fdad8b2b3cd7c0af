#![doc = include_str!("../README.md")]

mod account;
#[cfg(feature = "bench")]
#[doc(hidden)]
pub mod bench;
pub mod book;
mod demand;
mod denied;
#[cfg(test)]
mod fixture;
mod hash;
mod held;
#[cfg(test)]
mod interleave;
pub mod keeper;
mod ledger;
mod live;
mod meter;
mod pot;
pub mod receipt;
mod record;
mod recovery;
pub mod request_id;
mod round;
mod span;
pub mod statement;
mod sync;

pub use denied::Denied;
pub use held::{Done, Held};
pub use ledger::{Ask, Ledger, OpenError, Options, PotStats, Stats};
pub use meter::{Window, Windows};
pub use recovery::adopt;
