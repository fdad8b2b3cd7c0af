#![doc = include_str!("../README.md")]

// In the order in which a request meets them.
mod admit;
mod answer;
pub mod client_address;
mod connection;
mod credential;
mod exchange;
mod forward;
mod framing;
mod intake;
pub mod listen;
mod local;
mod record;
mod relay;
mod rewrite;
mod upstream;

pub mod metrics;
mod request_id;
pub mod settings;
mod stop;

pub use exchange::Proxy;
