//! How far a call has come.

use std::time::Duration;

use tollgate_policy::id::{CredentialId, UpstreamId};

/// How far a call has come.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    /// Who has the request; it is charged as the hold says.
    pub(super) sent: Option<Sent>,
    /// After what time it was handed to the first upstream, and to the last that was tried.
    pub(super) handed: Option<(Duration, Duration)>,
    /// With which status the answer began, and after what time.
    pub(crate) answered: Option<(u16, Duration)>,
    /// Whether the answer is an event stream.
    pub(super) streamed: bool,
    /// When the first byte of a body was passed on.
    pub(crate) first_byte: Option<Duration>,
    /// How many bytes of it were passed on.
    pub(crate) bytes: u64,
}

/// An upstream that was given the request.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) upstream: UpstreamId,
    pub(super) credential: Option<CredentialId>,
    pub(super) served_as: Option<String>,
    /// False where it is known that it does not serve the call.
    pub(super) may_serve: bool,
}
