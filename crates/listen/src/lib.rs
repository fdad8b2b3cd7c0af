#![doc = include_str!("../README.md")]

pub mod flood;
pub mod framing;
pub mod proxy_header;
mod rejected;
mod settings;

pub use rejected::{Reason, Rejected};
pub use settings::Settings;
