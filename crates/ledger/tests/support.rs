//! What the tests of the ledger stand on: a book in memory, callers, and dice with a seed.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, and not each one uses all of this"
)]

pub mod book;
pub mod callers;
pub mod dice;
pub mod mortal;
pub mod row;
pub mod scratch;
