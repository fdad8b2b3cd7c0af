//! What tests share: throw-away databases, scripted upstreams, raw clients, the official SDKs, logs.
//!
//! Nothing here knows Tollgate: every module speaks sockets, processes, bytes and log lines, so that a test
//! compares the system with something that shares no code with it.

mod deadline;
pub mod http_message;
pub mod logs;
pub mod postgres;
pub mod raw_client;
pub mod raw_upstream;
pub mod sdk;

pub use deadline::DEADLINE;
