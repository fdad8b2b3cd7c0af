//! A whole Tollgate for tests: the real binaries, real stores, real sockets, and a simulated provider.

pub mod binaries;
pub mod gateway;
pub mod secrets;
pub mod system;

pub use gateway::Gateway;
pub use system::{Backend, System, Token};
