//! Why a session ends, what its last call says of that, and what each side is told.

use tollgate_ledger::receipt::Ending;
use tollgate_wire::usage::realtime::error_event;
use tollgate_wire::websocket::{FrameError, close_frame, text_frame};

use super::standing::Refused;

/// Codes of close frames (RFC 6455, section 7.4.1).
const NORMAL: u16 = 1000;
const GOING_AWAY: u16 = 1001;
const PROTOCOL_ERROR: u16 = 1002;
const POLICY: u16 = 1008;
const TOO_LONG: u16 = 1009;
const FAILED: u16 = 1011;

/// Why a session ends.
pub(super) enum End {
    /// Both sides said that they close, or one did and hung up.
    Closed {
        /// Whether the client was the first.
        by_client: bool,
    },
    /// No further response may begin.
    Refused(Refused),
    /// The client hung up, or does not read.
    Left,
    /// The upstream hung up, or does not read.
    Broke,
    /// Both sides were silent for too long.
    Silent,
    /// The gateway ends.
    Leaving,
    /// The client sent what is no frame.
    ClientFrames(FrameError),
    /// The upstream did.
    UpstreamFrames,
}

impl End {
    /// How the calls end that are open now.
    pub(super) const fn ending(&self, is_running: bool) -> Ending {
        match self {
            Self::Left | Self::ClientFrames(_) => Ending::ClientLeft,
            Self::Broke | Self::UpstreamFrames => Ending::UpstreamBroke,
            _ if !is_running => Ending::Complete,
            Self::Closed { by_client: false } => Ending::UpstreamBroke,
            Self::Silent => Ending::UpstreamSilent,
            Self::Closed { .. } | Self::Refused(_) | Self::Leaving => Ending::ClientLeft,
        }
    }

    /// The frames with which the client is left.
    pub(super) fn to_client(&self) -> Vec<u8> {
        match self {
            Self::Closed { .. } | Self::Left => Vec::new(),
            Self::Refused(Refused { id, code, message }) => {
                let event = error_event(&id.to_string(), code, message);
                let mut frames = text_frame(&event, None);
                frames.extend(close_frame(POLICY, code, None));
                frames
            }
            Self::Broke | Self::UpstreamFrames => {
                close_frame(FAILED, "the upstream broke off", None)
            }
            Self::Silent => close_frame(GOING_AWAY, "the session was silent for too long", None),
            Self::Leaving => close_frame(GOING_AWAY, "the gateway is going away", None),
            Self::ClientFrames(FrameError::TooLong) => {
                close_frame(TOO_LONG, "a message is too long", None)
            }
            Self::ClientFrames(error) => close_frame(PROTOCOL_ERROR, &error.to_string(), None),
        }
    }

    /// The frames with which the upstream is left.
    pub(super) fn to_upstream(&self, mask: [u8; 4]) -> Vec<u8> {
        let code = match self {
            Self::Closed { .. } | Self::Broke => return Vec::new(),
            Self::Refused(_) => NORMAL,
            Self::UpstreamFrames => PROTOCOL_ERROR,
            Self::Left | Self::Silent | Self::Leaving | Self::ClientFrames(_) => GOING_AWAY,
        };
        close_frame(code, "", Some(mask))
    }
}
