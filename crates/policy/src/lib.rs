#![doc = include_str!("../README.md")]

pub mod asked;
pub mod bound;
pub mod breaker;
pub mod cap;
pub mod catalog;
pub mod credits;
pub mod endpoint;
pub mod evaluate;
pub mod explain;
pub mod group;
pub mod id;
pub mod limit;
pub mod name;
pub mod network;
pub mod pattern;
pub mod period;
pub mod plan;
pub mod price;
pub mod quota;
pub mod scope;
pub mod secret;
pub mod time;
pub mod token;
pub mod upstream;
pub mod usage;
pub mod verdict;

pub use asked::{Asked, Target};
pub use catalog::Catalog;
pub use evaluate::{evaluate, explain, reachable_models};
pub use verdict::{Permit, Refusal, Verdict};

#[cfg(test)]
mod fixture;
