//! The data of an event as one text, and where its parts stand in the event.

use std::borrow::Cow;
use std::ops::Range;

use memchr::memchr2;

/// The data lines of an event, joined.
pub(super) struct Data<'a> {
    pub(super) text: Cow<'a, [u8]>,
    /// Where the lines stand in the event.
    lines: Vec<Range<usize>>,
}

impl<'a> Data<'a> {
    /// The data of an event; none where it has no line of data.
    pub(super) fn of(event: &'a [u8]) -> Option<Self> {
        let mut lines = Vec::with_capacity(1);
        let mut start = 0;
        while let Some(rest) = event.get(start..).filter(|rest| !rest.is_empty()) {
            let len = memchr2(b'\r', b'\n', rest).unwrap_or(rest.len());
            let end = start.saturating_add(len);
            if let Some(value) = rest.get(..len).and_then(value) {
                lines.push(end.saturating_sub(value.len())..end);
            }
            start = end.saturating_add(1);
        }
        let line = |range: &Range<usize>| event.get(range.clone()).unwrap_or_default();
        let text = match lines.as_slice() {
            [] => return None,
            [one] => Cow::Borrowed(line(one)),
            many => Cow::Owned(many.iter().map(line).collect::<Vec<_>>().join(&b'\n')),
        };
        Some(Self { text, lines })
    }

    /// Where a part of the text stands in the event, with all that is between its lines.
    pub(super) fn place(&self, part: &Range<usize>) -> Range<usize> {
        self.offset(part.start, false)..self.offset(part.end, true)
    }

    /// `is_end`: the offset is one past a byte, and belongs to the line of that byte.
    fn offset(&self, mut offset: usize, is_end: bool) -> usize {
        for line in &self.lines {
            let is_within = offset < line.len() || is_end && offset == line.len();
            if is_within {
                return line.start.saturating_add(offset);
            }
            // One for the line feed that joins the lines.
            offset = offset.saturating_sub(line.len()).saturating_sub(1);
        }
        self.lines.last().map_or(0, |line| line.end)
    }
}

/// The value of a line of data.
fn value(line: &[u8]) -> Option<&[u8]> {
    let value = line.strip_prefix(b"data:")?;
    Some(value.strip_prefix(b" ").unwrap_or(value))
}
