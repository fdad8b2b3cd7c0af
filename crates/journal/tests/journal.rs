//! What the journal promises, held on real files.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "tests fail by panicking, and a child tells its parent what it did"
)]

mod journal {
    mod disk_full;
    mod driver;
    mod garbled;
    mod killed;
    mod model;
    mod opening;
    mod scratch;
    mod threads;
    mod uses;
}
