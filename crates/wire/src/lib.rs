#![doc = include_str!("../README.md")]

pub mod account_error;
pub mod answer;
pub mod body;
pub mod events;
pub mod form;
pub mod key_info;
pub mod models;
pub mod peek;
pub mod response_id;
pub mod route;
pub mod splice;
pub mod usage;
pub mod websocket;
mod words;

pub use answer::{Answer, Fault, LimitKind, answer, from_refusal, from_refusal_at};
pub use body::{BodyReader, SplitBody};
pub use events::{EventBoundary, KEEP_ALIVE, stream_error};
pub use peek::{CapField, Peek, PeekError, default_cap_field, peek, peek_for, replace_model};
pub use route::{
    ModelPlace, ModelRoute, Route, RouteError, RouteTarget, SelfService, dialect_of, route,
};
pub use splice::Edits;
