#![doc = include_str!("../README.md")]

mod account;
pub mod book;
mod denied;
mod held;
pub mod keeper;
mod ledger;
mod meter;
mod pot;
pub mod receipt;
mod record;
pub mod request_id;
pub mod statement;

pub use denied::Denied;
pub use held::{Done, Held};
pub use ledger::{Ask, Ledger, OpenError, Options, Stats};
pub use meter::{Window, Windows};
