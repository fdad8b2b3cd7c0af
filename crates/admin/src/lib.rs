#![doc = include_str!("../README.md")]

pub mod account;
pub mod alert;
pub mod audit;
mod context;
pub mod error;
pub mod explain;
pub mod group;
pub mod import;
pub mod input;
pub mod model;
pub mod receipt;
pub mod token;
pub mod upstream;
pub mod usage;
pub mod view;

pub use context::Context;
pub use error::{AdminError, ErrorKind};
pub use tollgate_store::{Actor, MasterKey, Store, StoreError};
