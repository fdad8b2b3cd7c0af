//! Requests to scripted servers over real sockets: what is answered, what is kept, what is closed.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod ahead;
mod faults;
mod proxied;
mod reuse;
mod secure;
mod setting;
mod shared;
mod switch;
