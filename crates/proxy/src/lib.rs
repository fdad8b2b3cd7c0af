#![doc = include_str!("../README.md")]

mod admit;
mod answer;
mod bounded;
mod call;
pub mod client_address;
mod connection;
mod credential;
mod exchange;
mod forward;
mod framing;
mod intake;
pub mod listen;
mod local;
pub mod metrics;
mod pulse;
mod record;
mod relay;
mod request_id;
mod rewrite;
pub mod settings;
mod stop;
mod upstream;

pub use exchange::Proxy;
