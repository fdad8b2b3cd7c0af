#![doc = include_str!("../README.md")]

pub mod client_address;
mod connection;
mod crowd;
mod deadline;
pub mod flood;
pub mod framing;
mod gate;
mod listener;
mod opening;
pub mod proxy_header;
mod pulse;
mod rejected;
mod service;
mod settings;
mod socket;
mod sockets;
mod stream;
mod stream_task;
mod tls;

pub use gate::Gate;
/// The body of a request, so that a service need not name hyper.
pub use hyper::body::Incoming;
pub use listener::{Drained, serve};
pub use rejected::{Reason, Rejected};
pub use service::{BoxError, Ending, Notice, Peer, Service};
pub use settings::{Live, Settings};
pub use sockets::{Listener, bind, bind_shared, from_supervisor, is_taken};
pub use tls::{CertificateError, Certificates, ClientCertificates};
