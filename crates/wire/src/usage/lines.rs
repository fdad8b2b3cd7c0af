//! The lines of server-sent events, piece by piece: what the data lines of an event say.

use memchr::memchr2;

use super::document::Document;
use super::tally::Tally;

/// Reads one event that is too large to be held, or has more than one line of data.
#[derive(Debug)]
pub(super) struct Lines {
    within: Within,
    name: [u8; 4],
    name_len: usize,
    has_data: bool,
    document: Document,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Within {
    Name,
    /// Before the one space that is no part of the value.
    Space,
    Data,
    Ignored,
}

impl Lines {
    /// A reader at the start of an event, whose data is the document.
    pub(super) const fn new(document: Document) -> Self {
        Self {
            within: Within::Name,
            name: [0; 4],
            name_len: 0,
            has_data: false,
            document,
        }
    }

    pub(super) fn push(&mut self, mut rest: &[u8], tally: &mut Tally) {
        while let Some((&byte, after)) = rest.split_first() {
            rest = match self.within {
                Within::Name => {
                    self.name(byte, tally);
                    after
                }
                Within::Space => {
                    self.within = Within::Data;
                    if byte == b' ' { after } else { rest }
                }
                Within::Data | Within::Ignored => self.value(rest, tally),
            };
        }
    }

    fn name(&mut self, byte: u8, tally: &mut Tally) {
        match byte {
            b'\r' | b'\n' => self.name_len = 0,
            b':' if self.name_len == 4 && self.name == *b"data" => {
                // The data lines of one event are joined by line feeds.
                if self.has_data {
                    self.document.push(b"\n", tally);
                }
                self.has_data = true;
                self.within = Within::Space;
            }
            b':' => self.within = Within::Ignored,
            _ => match self.name.get_mut(self.name_len) {
                Some(place) => {
                    *place = byte;
                    self.name_len += 1;
                }
                None => self.within = Within::Ignored,
            },
        }
    }

    fn value<'a>(&mut self, rest: &'a [u8], tally: &mut Tally) -> &'a [u8] {
        let end = memchr2(b'\r', b'\n', rest).unwrap_or(rest.len());
        let (value, rest) = rest.split_at(end);
        if self.within == Within::Data {
            self.document.push(value, tally);
        }
        let Some((_, after)) = rest.split_first() else {
            return rest;
        };
        self.within = Within::Name;
        self.name_len = 0;
        after
    }
}
