//! What hyper tolerates and another server may read differently never reaches it.
//!
//! [`Guard`] looks at the raw bytes of an HTTP/1 connection before hyper does, and knows where each
//! message ends; [`check`] looks at a head that was parsed, as HTTP/2 needs it. Both are pure: they
//! know no socket and no clock.

mod bytes;
mod chunked;
mod fields;
mod head;
mod parsed;
mod request_line;

use std::ops::ControlFlow;

use self::chunked::Chunked;
use self::head::{Bounds, Head};
pub use self::parsed::check;
pub use self::request_line::path;
use crate::rejected::Reason;

/// Follows an HTTP/1 connection message by message, without keeping or copying a byte of it.
#[derive(Debug)]
pub struct Guard {
    bounds: Bounds,
    hostless: bool,
    stage: Stage,
    /// Heads that have passed.
    messages: u32,
}

/// How much of what was pushed may pass on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Passage {
    /// Bytes from the beginning of what was pushed. The rest is pushed again, with more behind it.
    pub bytes: usize,
    /// Why nothing behind those bytes may ever pass.
    pub rejected: Option<Reason>,
}

#[derive(Debug)]
enum Stage {
    /// A head, which passes as a whole.
    Head(Head),
    /// A body of which so many bytes are still to come.
    Body { left: u64, upgrade: bool },
    /// A body in chunks.
    Chunks { chunks: Chunked, upgrade: bool },
    /// The trailer section of a body in chunks, which passes as a whole.
    Trailers { fields: Head, upgrade: bool },
    /// The last request asks for another protocol, so only its answer tells what comes now.
    Held,
    /// Another protocol.
    Open,
    /// Nothing passes any more.
    Rejected { reason: Reason, in_body: bool },
}

/// What a complete head says of what follows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Outline {
    body: Length,
    upgrade: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Length {
    Known(u64),
    Chunked,
}

impl Guard {
    /// A guard of a connection that begins, with the most header fields of a message and the most
    /// bytes of its head.
    pub fn new(most_headers: usize, most_bytes: usize) -> Self {
        Self {
            bounds: Bounds {
                headers: most_headers,
                bytes: most_bytes,
            },
            hostless: false,
            stage: Stage::Head(Head::request()),
            messages: 0,
        }
    }

    /// Lets HTTP/1.0 leave `Host` out, as checks of load balancers do.
    #[must_use]
    pub fn hostless(mut self, allowed: bool) -> Self {
        self.hostless = allowed;
        self
    }

    /// Looks at the bytes that have come and have not passed yet, and says how many pass now.
    ///
    /// What does not pass has to be pushed again with what comes next, from its first byte; what was
    /// looked at once is not looked at again. It makes no difference where the bytes are cut.
    pub fn push(&mut self, bytes: &[u8]) -> Passage {
        let mut passed = 0;
        while let Some(rest) = bytes.get(passed..).filter(|rest| !rest.is_empty()) {
            match self.step(rest) {
                Ok(ControlFlow::Continue(more)) => passed += more,
                Ok(ControlFlow::Break(more)) => {
                    passed += more;
                    break;
                }
                Err((more, reason)) => {
                    passed += more;
                    self.stage = Stage::Rejected {
                        reason,
                        in_body: self.is_in_body(),
                    };
                    return Passage {
                        bytes: passed,
                        rejected: Some(reason),
                    };
                }
            }
        }
        Passage {
            bytes: passed,
            rejected: None,
        }
    }

    /// Whether a body, or what belongs to one, is still to come, or was refused.
    pub fn is_in_body(&self) -> bool {
        match self.stage {
            Stage::Body { .. } | Stage::Chunks { .. } | Stage::Trailers { .. } => true,
            Stage::Rejected { in_body, .. } => in_body,
            Stage::Head(_) | Stage::Held | Stage::Open => false,
        }
    }

    /// How many heads have passed, modulo 2^32. What comes belongs to the last of these messages while
    /// [`Guard::is_in_body`].
    pub fn messages(&self) -> u32 {
        self.messages
    }

    /// Whether nothing passes before the answer to the last request is known: see [`Guard::go_on`]
    /// and [`Guard::open`].
    pub fn is_held(&self) -> bool {
        matches!(self.stage, Stage::Held)
    }

    /// The protocol stays as it is: the next bytes are a head.
    pub fn go_on(&mut self) {
        if self.is_held() {
            self.stage = Stage::Head(Head::request());
        }
    }

    /// The protocol was changed: whatever comes passes.
    pub fn open(&mut self) {
        self.stage = Stage::Open;
    }

    /// One step of the walk: bytes that pass, and whether to go on behind them.
    fn step(&mut self, rest: &[u8]) -> Result<ControlFlow<usize, usize>, (usize, Reason)> {
        let end = match &mut self.stage {
            Stage::Head(head) => {
                let end = head.scan(rest, self.bounds).map_err(|why| (0, why))?;
                let Some(end) = end else {
                    return Ok(ControlFlow::Break(0));
                };
                let outline = head.outline(rest, self.hostless).map_err(|why| (0, why))?;
                self.stage = after_head(outline);
                self.messages = self.messages.wrapping_add(1);
                end
            }
            Stage::Body { left, upgrade } => {
                let here = usize::try_from(*left).unwrap_or(usize::MAX).min(rest.len());
                *left = left.saturating_sub(here as u64);
                if *left == 0 {
                    self.stage = after_message(*upgrade);
                }
                here
            }
            Stage::Chunks { chunks, upgrade } => {
                let (here, over) = chunks.walk(rest)?;
                if over {
                    self.stage = Stage::Trailers {
                        fields: Head::trailers(),
                        upgrade: *upgrade,
                    };
                }
                here
            }
            Stage::Trailers { fields, upgrade } => {
                let end = fields.scan(rest, self.bounds).map_err(|why| (0, why))?;
                let Some(end) = end else {
                    return Ok(ControlFlow::Break(0));
                };
                self.stage = after_message(*upgrade);
                end
            }
            Stage::Held => return Ok(ControlFlow::Break(0)),
            Stage::Open => rest.len(),
            Stage::Rejected { reason, .. } => return Err((0, *reason)),
        };
        Ok(ControlFlow::Continue(end))
    }
}

fn after_head(outline: Outline) -> Stage {
    let upgrade = outline.upgrade;
    match outline.body {
        Length::Known(0) => after_message(upgrade),
        Length::Known(left) => Stage::Body { left, upgrade },
        Length::Chunked => Stage::Chunks {
            chunks: Chunked::default(),
            upgrade,
        },
    }
}

fn after_message(upgrade: bool) -> Stage {
    if upgrade {
        Stage::Held
    } else {
        Stage::Head(Head::request())
    }
}

#[cfg(test)]
mod tests;
