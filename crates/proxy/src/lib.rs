#![doc = include_str!("../README.md")]

mod admit;
mod answer;
mod arriving;
mod bounded;
mod buffers;
mod call;
mod credential;
mod data_plane;
mod drain;
mod exchange;
mod forward;
pub mod health;
mod hold;
mod intake;
mod local;
mod metered;
pub mod metrics;
mod realtime;
mod record;
mod relay;
mod request_body;
mod rewrite;
pub mod room;
mod service;
pub mod settings;
mod spool;
mod stop;
mod stored;
pub mod trace;
mod upstream;

pub use data_plane::{Proxy, Services};
