#![doc = include_str!("../README.md")]

mod admit;
mod answer;
mod bounded;
mod call;
pub mod client_address;
mod connection;
mod credential;
mod drain;
mod exchange;
mod forward;
mod framing;
pub mod health;
mod hold;
mod intake;
pub mod listen;
mod local;
mod metered;
pub mod metrics;
mod pulse;
mod record;
mod relay;
mod rewrite;
pub mod settings;
mod stop;
mod upstream;

pub use exchange::{Proxy, Services};
