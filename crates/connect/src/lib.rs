#![doc = include_str!("../README.md")]

pub mod address;
mod answer;
mod connections;
mod destination;
mod dial;
mod error;
mod framing;
mod http2;
mod link;
mod pace;
mod place;
mod relay;
mod request;
mod settings;
mod shelf;
mod stream;
mod tls;
mod upgraded;
pub mod url;
mod via;

pub use answer::{AnswerBody, AnswerError};
pub use connections::Connections;
pub use destination::{Destination, DestinationError, Http2, Options};
pub use error::SendError;
pub use place::Sockets;
pub use request::RequestBody;
pub use settings::{Patience, Settings, Stats};
pub use tls::{Roots, RootsError};
pub use upgraded::Upgraded;
pub use via::{Via, ViaError};
