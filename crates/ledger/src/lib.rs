#![doc = include_str!("../README.md")]

pub mod book;
pub mod receipt;
pub mod request_id;
