//! A JSON text, piece by piece, in constant memory: its keys, its scalars and its depth.
//! It tells no good JSON from bad; it knows neither usage nor surfaces.

use memchr::memchr2;

use super::number::Number;
use crate::words::{position, quotes_and_backslashes};

/// What is longer than this is no key and no word that anybody here knows.
const LONGEST_WORD: usize = 56;

/// Who is told what the text holds.
pub(super) trait Visitor {
    /// A key, decoded; None where it is too long to be known. Its value follows.
    fn key(&mut self, key: Option<&[u8]>);
    /// Whether the value of the last key means anything. Where it does not, what is told of it may
    /// be wrong.
    fn cares(&self) -> bool;
    /// Whether a string that comes now is the element of a list, and is told of as a value is.
    fn lists_strings(&self) -> bool {
        false
    }
    /// A part of a string that is the value of the last key, as it stands in the text.
    fn text(&mut self, part: &[u8]);
    /// The end of a string that is the value of the last key.
    fn string(&mut self, value: Option<&[u8]>);
    /// A number.
    fn number(&mut self, number: Number);
    /// Anything else that is bare: `true`, `null`, but also `NaN`.
    fn word(&mut self, word: Option<&[u8]>);
    /// The beginning of an object or an array.
    fn open(&mut self, is_object: bool);
    /// The end of an object or an array.
    fn close(&mut self);
}

/// The reader of one text, or of several after one another.
#[derive(Debug, Clone)]
pub(super) struct Json {
    within: Within,
    /// A colon came, and its value has not ended.
    is_value: bool,
    word: Word,
    number: Number,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Within {
    Gap,
    Text,
    Escape,
    /// The digits of `\u` that are still to come, and those that came.
    Hex(u8, u16),
    Number,
    Bare,
}

impl Json {
    pub(super) const fn new() -> Self {
        Self {
            within: Within::Gap,
            is_value: false,
            word: Word::new(),
            number: Number::new(),
        }
    }

    pub(super) fn push(&mut self, mut rest: &[u8], visitor: &mut impl Visitor) {
        while let Some((&byte, after)) = rest.split_first() {
            rest = match self.within {
                Within::Gap if byte == b'"' => self.quoted(after, visitor),
                Within::Gap => {
                    self.begin(byte, visitor);
                    after
                }
                Within::Text => self.text(rest, visitor),
                Within::Escape => {
                    self.escape(byte, visitor);
                    after
                }
                Within::Hex(left, code) => {
                    self.hex(left, code, byte, visitor);
                    after
                }
                Within::Number | Within::Bare => self.scalar(rest, visitor),
            }
        }
    }

    fn begin(&mut self, byte: u8, visitor: &mut impl Visitor) {
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' => {}
            b':' => {
                visitor.key(self.word.get());
                // It is the key of one value only, also in what is no JSON.
                self.word.clear();
                self.is_value = true;
            }
            b',' => self.is_value = false,
            b'{' | b'[' => {
                visitor.open(byte == b'{');
                self.is_value = false;
            }
            b'}' | b']' => {
                self.is_value = false;
                visitor.close();
            }
            b'-' | b'0'..=b'9' => {
                self.number = Number::new();
                self.number.push(byte);
                self.within = Within::Number;
            }
            _ => {
                self.word.clear();
                self.word.push(&[byte]);
                self.within = Within::Bare;
            }
        }
    }

    /// What follows the first quote of a string. One that is there whole and has no escapes, which
    /// most are, is told from where it stands; of any other the pieces are gathered.
    fn quoted<'a>(&mut self, rest: &'a [u8], visitor: &mut impl Visitor) -> &'a [u8] {
        self.word.clear();
        self.is_value |= visitor.lists_strings();
        let (text, after) = rest.split_at(end_of_text(rest));
        let Some((b'"', after)) = after.split_first() else {
            self.within = Within::Text;
            return rest;
        };
        if self.is_value {
            if !text.is_empty() {
                visitor.text(text);
            }
            visitor.string(known(text));
            self.is_value = false;
            return after;
        }
        if let Some((b':', value)) = after.split_first() {
            visitor.key(known(text));
            self.is_value = true;
            return value;
        }
        self.word.push(text);
        after
    }

    fn scalar<'a>(&mut self, rest: &'a [u8], visitor: &mut impl Visitor) -> &'a [u8] {
        let end = rest.iter().position(|byte| ends_scalar(*byte));
        let (part, rest) = rest.split_at(end.unwrap_or(rest.len()));
        if self.within == Within::Bare {
            self.word.push(part);
        } else if visitor.cares() {
            part.iter().for_each(|byte| self.number.push(*byte));
        }
        if end.is_some() {
            self.end_scalar(visitor);
        }
        rest
    }

    fn end_scalar(&mut self, visitor: &mut impl Visitor) {
        if self.within == Within::Number {
            visitor.number(self.number);
        } else {
            visitor.word(self.word.get());
        }
        self.within = Within::Gap;
        self.is_value = false;
    }

    fn text<'a>(&mut self, rest: &'a [u8], visitor: &mut impl Visitor) -> &'a [u8] {
        let end = end_of_text(rest);
        let (part, rest) = rest.split_at(end);
        if !self.is_value {
            self.word.push(part);
        } else if !part.is_empty() {
            if visitor.cares() {
                self.word.push(part);
            }
            visitor.text(part);
        }
        let Some((&byte, after)) = rest.split_first() else {
            return rest;
        };
        if byte == b'\\' {
            self.within = Within::Escape;
            self.tell(&[byte], visitor);
            return after;
        }
        self.within = Within::Gap;
        if self.is_value {
            visitor.string(self.word.get());
            self.word.clear();
            self.is_value = false;
        }
        after
    }

    fn escape(&mut self, byte: u8, visitor: &mut impl Visitor) {
        self.tell(&[byte], visitor);
        self.within = Within::Text;
        match byte {
            b'u' => self.within = Within::Hex(4, 0),
            // What the others stand for is in no word that is known, but for these three.
            b'"' | b'\\' | b'/' => self.word.push(&[byte]),
            _ => self.word.push(b"\0"),
        }
    }

    fn hex(&mut self, left: u8, code: u16, byte: u8, visitor: &mut impl Visitor) {
        let Some(digit) = char::from(byte).to_digit(16) else {
            // Not JSON. The string still ends where its quote is.
            self.word.push(b"\0");
            self.within = Within::Text;
            self.text(&[byte], visitor);
            return;
        };
        self.tell(&[byte], visitor);
        let code = code << 4 | u16::try_from(digit).unwrap_or_default();
        if left > 1 {
            self.within = Within::Hex(left - 1, code);
            return;
        }
        // All known words are ASCII.
        let byte = u8::try_from(code).ok().filter(u8::is_ascii).unwrap_or(0);
        self.word.push(&[byte]);
        self.within = Within::Text;
    }

    fn tell(&self, part: &[u8], visitor: &mut impl Visitor) {
        if self.is_value {
            visitor.text(part);
        }
    }
}

/// How far the string goes without a quote or a backslash. Most are shorter than what it takes to
/// set up a search.
fn end_of_text(rest: &[u8]) -> usize {
    let (near, far) = rest.split_at_checked(48).unwrap_or((rest, &[]));
    position(near, quotes_and_backslashes)
        .unwrap_or_else(|| near.len() + memchr2(b'"', b'\\', far).unwrap_or(far.len()))
}

/// A string that may be one that is known.
fn known(text: &[u8]) -> Option<&[u8]> {
    (text.len() <= LONGEST_WORD).then_some(text)
}

const fn ends_scalar(byte: u8) -> bool {
    matches!(
        byte,
        b',' | b'}' | b']' | b':' | b'{' | b'[' | b'"' | b' ' | b'\t' | b'\n' | b'\r'
    )
}

/// The beginning of a string.
#[derive(Debug, Clone)]
struct Word {
    bytes: [u8; LONGEST_WORD],
    len: usize,
}

impl Word {
    const fn new() -> Self {
        Self {
            bytes: [0; LONGEST_WORD],
            len: 0,
        }
    }

    const fn clear(&mut self) {
        self.len = 0;
    }

    fn push(&mut self, part: &[u8]) {
        let end = self.len.saturating_add(part.len());
        if let Some(room) = self.bytes.get_mut(self.len..end) {
            room.copy_from_slice(part);
        }
        // Once too long, always too long.
        self.len = end.min(LONGEST_WORD + 1);
    }

    fn get(&self) -> Option<&[u8]> {
        self.bytes.get(..self.len)
    }
}

#[cfg(test)]
mod tests;
