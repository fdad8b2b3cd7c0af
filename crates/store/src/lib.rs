#![doc = include_str!("../README.md")]

pub mod account;
pub mod actor;
pub mod alert;
pub mod audit;
mod backend;
mod book;
mod columns;
mod environment;
pub mod error;
mod feed;
pub mod group;
pub mod key;
pub mod limit;
mod meta;
mod migrate;
pub mod model;
mod period;
mod postgres;
pub mod receipt;
mod record;
mod rights;
mod schema;
pub mod scope;
mod seal;
mod setting;
mod sqlite;
mod store;
pub mod token;
mod upkeep;
pub mod upstream;
pub mod usage;
mod uses;

pub use actor::Actor;
pub use error::{Kind, StoreError};
pub use key::MasterKey;
pub use store::Store;
