//! The gateway as a service: a real process, its sockets, its signals, and its service manager.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod certificates;
mod logs;
mod process;
mod reload;
mod supervised;
