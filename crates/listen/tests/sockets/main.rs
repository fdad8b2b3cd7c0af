//! Real sockets in front of a service that records what reaches it.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod deadlines;
mod drain;
mod frames;
mod messages;
mod proxies;
mod server;
mod supervisor;
mod tls;
mod vectors;
