#![doc = include_str!("../README.md")]

pub mod port;
pub mod webhook;
