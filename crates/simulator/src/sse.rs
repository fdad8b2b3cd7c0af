//! Server-sent events, and the frames that a streamed answer is made of.

use bytes::Bytes;
use serde_json::Value;

/// One flushed piece of a body. Which kind it is decides pacing and scripted cuts.
pub(crate) enum Frame {
    /// Before the content.
    Opening(Bytes),
    /// A piece of the answer's text.
    Content(Bytes),
    /// After the content.
    Closing(Bytes),
}

/// Made one by one while the client reads, so that a long answer costs little memory.
pub(crate) type Frames = Box<dyn Iterator<Item = Frame> + Send>;

/// An event without a name.
pub(crate) fn data(payload: &Value) -> Bytes {
    Bytes::from(format!("data: {payload}\n\n"))
}

/// An event with a name.
pub(crate) fn event(name: &str, payload: &Value) -> Bytes {
    Bytes::from(format!("event: {name}\ndata: {payload}\n\n"))
}
