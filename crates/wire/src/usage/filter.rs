//! Takes the usage out of a stream of OpenAI's chat or completions again, where the client did not
//! ask for it but we did. All other bytes pass as they are.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::ends::Ends;

mod chunk;
mod data;

/// The sign without which an event has nothing to take out.
static SIGN: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\"usage\""));

/// What is kept of a buffer for the next event: most events are smaller.
const ROOM_KEPT: usize = 4 << 10;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Makes of a stream that tells its usage one that does not.
///
/// - An event with a usage and no choices is dropped whole, also where its choices have neither a
///   delta nor a reason to finish.
/// - Of any other event, the member `usage` is cut out with its comma, whatever its value.
///
/// What comes out does not depend on how the bytes are cut. Of an event that is not whole yet, at
/// most [`UsageFilter::MOST_HELD`] bytes are held back; a larger event passes as it is.
#[derive(Debug)]
pub struct UsageFilter {
    ends: Ends,
    /// The beginning of an event of which the end has not come.
    held: Vec<u8>,
    /// The event is too large to be held, and passes.
    passes: bool,
    /// An event that was dropped ended in CR: a LF belongs to it.
    drops_line_feed: bool,
    is_first: bool,
}

/// What to send on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filtered {
    /// The bytes that were pushed, as they are.
    Unchanged,
    /// These bytes instead, if there are any.
    Changed(Vec<u8>),
}

impl UsageFilter {
    /// The largest event that is filtered, and the most bytes that are held back.
    pub const MOST_HELD: usize = 64 << 10;

    /// A filter at the start of a stream.
    pub const fn new() -> Self {
        Self {
            ends: Ends::NEW,
            held: Vec::new(),
            passes: false,
            drops_line_feed: false,
            is_first: true,
        }
    }

    /// Takes the next bytes of the stream, cut anywhere, and gives those to send on: all events that
    /// are whole, and nothing of one that is not.
    pub fn push(&mut self, bytes: &[u8]) -> Filtered {
        if self.is_between() && ends_event(bytes) && SIGN.find(bytes).is_none() {
            self.is_first = false;
            return Filtered::Unchanged;
        }
        let mut sent = Vec::with_capacity(self.held.len().saturating_add(bytes.len()));
        let mut rest = bytes;
        loop {
            if self.drops_line_feed && !rest.is_empty() {
                self.drops_line_feed = false;
                rest = rest.strip_prefix(b"\n").unwrap_or(rest);
            }
            let end = self.ends.find(rest);
            let Some((event, after)) = end.and_then(|end| rest.split_at_checked(end)) else {
                break;
            };
            self.event(event, &mut sent);
            self.ends = Ends::NEW;
            rest = after;
        }
        self.hold(rest, &mut sent);
        if sent == bytes {
            return Filtered::Unchanged;
        }
        Filtered::Changed(sent)
    }

    /// The stream has ended, or broken off: what is held, which is no whole event.
    pub fn finish(self) -> Vec<u8> {
        self.held
    }

    /// How many bytes are held back now.
    pub const fn held(&self) -> usize {
        self.held.len()
    }

    /// Whether no event has begun.
    const fn is_between(&self) -> bool {
        self.held.is_empty() && !self.passes && !self.drops_line_feed
    }

    /// The last bytes of an event.
    fn event(&mut self, last: &[u8], sent: &mut Vec<u8>) {
        if self.held.is_empty() && !self.passes && last.len() <= Self::MOST_HELD {
            self.whole(last, sent);
            return;
        }
        self.hold(last, sent);
        if std::mem::take(&mut self.passes) {
            self.is_first = false;
            return;
        }
        let mut held = std::mem::take(&mut self.held);
        self.whole(&held, sent);
        if held.capacity() <= ROOM_KEPT {
            held.clear();
            self.held = held;
        }
    }

    fn hold(&mut self, part: &[u8], sent: &mut Vec<u8>) {
        if !self.passes && self.held.len().saturating_add(part.len()) > Self::MOST_HELD {
            sent.append(&mut self.held);
            self.held = Vec::new();
            self.passes = true;
        }
        if self.passes {
            sent.extend_from_slice(part);
        } else {
            self.held.extend_from_slice(part);
        }
    }

    fn whole(&mut self, event: &[u8], sent: &mut Vec<u8>) {
        let mut event = event;
        if std::mem::take(&mut self.is_first)
            && let Some(after) = event.strip_prefix(BYTE_ORDER_MARK)
        {
            sent.extend_from_slice(BYTE_ORDER_MARK);
            event = after;
        }
        let Some(sign) = SIGN.find(event) else {
            sent.extend_from_slice(event);
            return;
        };
        if let Some(cut) = chunk::last_null(event, sign, self.ends.lines) {
            sent.extend_from_slice(event.get(..cut.start).unwrap_or_default());
            sent.extend_from_slice(event.get(cut.end..).unwrap_or_default());
            return;
        }
        let Some(cuts) = chunk::cuts(event) else {
            self.drops_line_feed = event.ends_with(b"\r");
            return;
        };
        let mut from = 0;
        for cut in cuts {
            sent.extend_from_slice(event.get(from..cut.start).unwrap_or_default());
            from = cut.end;
        }
        sent.extend_from_slice(event.get(from..).unwrap_or_default());
    }
}

impl Default for UsageFilter {
    fn default() -> Self {
        Self::new()
    }
}

/// Whether the bytes surely end where an event does, wherever they begin.
fn ends_event(bytes: &[u8]) -> bool {
    matches!(
        bytes,
        [.., b'\n', b'\n' | b'\r'] | [.., b'\r', b'\r'] | [.., b'\n', b'\r', b'\n']
    )
}

#[cfg(test)]
mod tests;
