#![doc = include_str!("../README.md")]

pub mod aside;
mod deliver;
mod expiry;
#[cfg(test)]
mod fixture;
pub mod port;
pub mod refusals;
pub mod report;
mod retention;
mod run;
pub mod settings;
pub mod stats;
pub mod watch;
pub mod webhook;

pub use run::{Handles, run};
