#![doc = include_str!("../README.md")]

pub mod access;
pub mod account;
pub mod alert;
pub mod api_credential;
pub mod audit;
mod code;
mod context;
pub mod error;
pub mod explain;
pub mod first_byte;
pub mod gateway;
pub mod group;
pub mod idempotency;
pub mod import;
pub mod input;
pub mod link;
pub mod member;
pub mod model;
pub mod openid;
mod password;
pub mod profile;
pub mod receipt;
pub mod refusal;
pub mod session;
pub mod sign_in;
pub mod token;
pub mod upstream;
pub mod usage;
pub mod view;

pub use access::{Caller, Deed};
pub use code::Code;
pub use context::Context;
pub use error::{AdminError, ErrorKind};
pub use tollgate_store::key::KeyError;
pub use tollgate_store::{Actor, MasterKey, SealingKeys, Store, StoreError};
