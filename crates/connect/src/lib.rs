#![doc = include_str!("../README.md")]

pub mod address;
pub mod url;
