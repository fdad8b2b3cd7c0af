#![doc = include_str!("../README.md")]

pub mod framing;
mod rejected;
mod settings;

pub use rejected::{Reason, Rejected};
pub use settings::Settings;
