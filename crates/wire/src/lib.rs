//! What LLM clients and providers say on the wire.

pub mod answer;
pub mod events;
pub mod models;
pub mod peek;
pub mod route;
