//! A whole Tollgate for tests: the real binaries, real stores, real sockets, and a simulated provider.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "all of this is part of tests, and a test fails by panicking"
)]

pub mod agents;
pub mod binaries;
pub mod browser;
pub mod calls;
pub mod console;
pub mod gateway;
pub mod litellm;
pub mod money;
pub mod secrets;
pub mod system;

pub use console::Console;
pub use gateway::Gateway;
pub use system::{Backend, System, Token};
