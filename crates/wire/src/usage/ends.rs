//! Where the events of a stream end, however it is cut and whatever ends its lines.

use memchr::memchr2;

/// Finds the empty line that ends an event.
///
/// Where that line ends in CRLF, the event ends after the CR: the LF is then an empty line before
/// the next event, which says nothing.
#[derive(Debug)]
pub(super) struct Ends {
    after: After,
    /// The lines that have ended.
    pub(super) lines: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum After {
    Text,
    Cr,
    LineEnd,
}

impl Ends {
    /// At the start of an event.
    pub(super) const NEW: Self = Self {
        after: After::LineEnd,
        lines: 0,
    };

    /// How many of the bytes belong to the event, if it ends in them.
    pub(super) fn find(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            at += 1;
            match (self.after, byte) {
                (After::Text, _) => {
                    let rest = bytes.get(at - 1..)?;
                    at += memchr2(b'\r', b'\n', rest)?;
                    let is_cr = bytes.get(at - 1) == Some(&b'\r');
                    self.after = if is_cr { After::Cr } else { After::LineEnd };
                    self.lines = self.lines.saturating_add(1);
                }
                (After::Cr, b'\n') => self.after = After::LineEnd,
                (_, b'\r' | b'\n') => return Some(at),
                _ => self.after = After::Text,
            }
        }
        None
    }
}
