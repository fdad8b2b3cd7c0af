#![doc = include_str!("../README.md")]

pub mod entry;
pub mod follow;
mod known;
pub mod responses;
mod rights;
pub mod source;
mod uses;

pub use rights::Rights;
