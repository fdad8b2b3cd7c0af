//! A `multipart/form-data` body, read piece by piece while it comes: the small fields that policy
//! needs, wherever they stand, and where another model can be put in. Files are looked through for
//! the boundary, and not copied.
//!
//! It is stricter than RFC 7578 and RFC 2046: what two readers could read differently is refused.

use std::ops::Range;

use memchr::memmem::Finder;

mod boundary;
mod fields;
mod head;

pub use fields::{FormFields, FormPeek, PICTURE_TOKENS};

use fields::Fields;
use head::{Field, Head};

/// The longest head of a part, in bytes.
pub const MOST_HEAD: usize = 8 << 10;
/// The longest value of a field that is read, in bytes.
pub const MOST_VALUE: usize = 1 << 10;
/// The most parts of a body.
pub const MOST_PARTS: u64 = 100;

/// Why a form is refused. The messages are meant for the client.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// The content type is not `multipart/form-data`, or its boundary cannot be read.
    #[error(
        "the content type must be `multipart/form-data` with one boundary of 1 to 70 characters"
    )]
    ContentType,
    /// The body does not begin with its boundary.
    #[error("the body must begin with its boundary")]
    Beginning,
    /// The boundary stands where it can be read as one or not.
    #[error("the boundary of the form is inside of a part, or not on a line of its own")]
    Boundary,
    /// There is something after the last boundary.
    #[error("the body goes on after its last boundary")]
    Trailing,
    /// The body ends before its last boundary.
    #[error("the body ends before its form does")]
    Truncated,
    /// A head is too long, or has too many lines.
    #[error("the head of a part is longer than {MOST_HEAD} bytes")]
    HeadTooLong,
    /// There are too many parts.
    #[error("the form has more than {MOST_PARTS} parts")]
    TooManyParts,
    /// A head cannot be read, or can be read in two ways.
    #[error(
        "the head of a part cannot be read: give each one `Content-Disposition: form-data` with one `name`, and no transfer encoding"
    )]
    Head,
    /// A field that decides something is there twice.
    #[error("the field `{0}` is in the form more than once")]
    Duplicate(&'static str),
    /// A field that some readers take for one that decides something.
    #[error("a field of the form differs from `{0}` only in its case: write `{0}`")]
    Lookalike(&'static str),
    /// A field that decides something is sent as a file.
    #[error("the field `{0}` must not be a file")]
    File(&'static str),
    /// The value of a field is too long, or no text.
    #[error("the field `{0}` must be a text in UTF-8 of at most {MOST_VALUE} bytes")]
    Value(&'static str),
    /// The field is missing.
    #[error("the field `model` is missing")]
    ModelMissing,
    /// A count is no whole number.
    #[error("the field `{0}` must be a whole number that is not negative")]
    NotCount(&'static str),
    /// `stream` is no boolean.
    #[error("the field `stream` must be `true` or `false`")]
    StreamNotBool,
}

/// Reads a form while its bytes come.
///
/// At most [`MOST_HEAD`] bytes of the body are held at any time, and the values of the few fields
/// that are read.
#[derive(Debug)]
pub struct FormReader {
    /// Two dashes and the boundary.
    delimiter: Finder<'static>,
    /// What came and cannot be decided without what follows.
    carry: Vec<u8>,
    state: State,
    /// How many bytes have been decided.
    offset: u64,
    parts: u64,
    fields: Fields,
}

#[derive(Debug)]
enum State {
    /// At the first delimiter, or right after one.
    Start,
    AfterDelimiter,
    Head,
    Data(Part),
    /// After the last delimiter, and the line end that may follow.
    End,
    Closed,
}

/// The part that is being read.
#[derive(Debug)]
struct Part {
    head: Head,
    /// Where its value begins in the body.
    start: u64,
    /// The value, of a field that is read.
    value: Vec<u8>,
}

/// What a step made of the bytes.
enum Step {
    /// So many of them are decided.
    Took(usize),
    /// They do not suffice.
    Wait,
}

impl FormReader {
    /// A reader of a body with this `Content-Type`.
    ///
    /// # Errors
    /// [`FormError::ContentType`].
    pub fn new(content_type: &[u8]) -> Result<Self, FormError> {
        let boundary = boundary::of(content_type).ok_or(FormError::ContentType)?;
        let delimiter = [b"--", boundary.as_slice()].concat();
        Ok(Self {
            delimiter: Finder::new(&delimiter).into_owned(),
            carry: Vec::new(),
            state: State::Start,
            offset: 0,
            parts: 0,
            fields: Fields::default(),
        })
    }

    /// Takes the next bytes of the body, cut anywhere.
    ///
    /// # Errors
    /// As soon as the form is none that everybody reads alike. The body is then to be refused.
    pub fn push(&mut self, mut chunk: &[u8]) -> Result<(), FormError> {
        const PIECE: usize = 512;
        while !self.carry.is_empty() && !chunk.is_empty() {
            let mut carry = std::mem::take(&mut self.carry);
            let carried = carry.len();
            let (piece, rest) = chunk.split_at(chunk.len().min(PIECE));
            carry.extend_from_slice(piece);
            let taken = self.take(&carry)?;
            if let Some(of_chunk) = taken.checked_sub(carried) {
                chunk = chunk.get(of_chunk..).unwrap_or_default();
            } else {
                carry.drain(..taken);
                self.carry = carry;
                chunk = rest;
            }
        }
        let taken = self.take(chunk)?;
        self.carry
            .extend_from_slice(chunk.get(taken..).unwrap_or_default());
        Ok(())
    }

    /// The body has ended: what was in it.
    ///
    /// # Errors
    /// Where the form has not ended, or a field has no value that can be read.
    pub fn finish(self) -> Result<FormFields, FormError> {
        match self.state {
            State::End | State::Closed if self.carry.is_empty() => {}
            State::End => return Err(FormError::Trailing),
            _ => return Err(FormError::Truncated),
        }
        let boundary = self.delimiter.needle().to_vec();
        self.fields.whole(boundary, self.offset)
    }

    /// Decides as many of the bytes as can be.
    fn take(&mut self, bytes: &[u8]) -> Result<usize, FormError> {
        let mut taken = 0;
        while let Some(rest) = bytes.get(taken..)
            && !rest.is_empty()
        {
            match self.step(rest)? {
                Step::Took(more) => {
                    taken += more;
                    self.offset = self.offset.saturating_add(more as u64);
                }
                Step::Wait => break,
            }
        }
        Ok(taken)
    }

    fn step(&mut self, rest: &[u8]) -> Result<Step, FormError> {
        match &self.state {
            State::Start => self.start(rest),
            State::AfterDelimiter => self.after_delimiter(rest),
            State::Head => self.head(rest),
            State::Data(_) => self.data(rest),
            State::End => match rest {
                [b'\r', b'\n', ..] => {
                    self.state = State::Closed;
                    Ok(Step::Took(2))
                }
                [b'\r'] => Ok(Step::Wait),
                _ => Err(FormError::Trailing),
            },
            State::Closed => Err(FormError::Trailing),
        }
    }

    fn start(&mut self, rest: &[u8]) -> Result<Step, FormError> {
        let delimiter = self.delimiter.needle();
        if rest.len() < delimiter.len() {
            return match delimiter.starts_with(rest) {
                true => Ok(Step::Wait),
                false => Err(FormError::Beginning),
            };
        }
        if !rest.starts_with(delimiter) {
            return Err(FormError::Beginning);
        }
        self.state = State::AfterDelimiter;
        Ok(Step::Took(delimiter.len()))
    }

    fn after_delimiter(&mut self, rest: &[u8]) -> Result<Step, FormError> {
        match rest {
            [_] => return Ok(Step::Wait),
            [b'\r', b'\n', ..] => {
                self.parts += 1;
                if self.parts > MOST_PARTS {
                    return Err(FormError::TooManyParts);
                }
                self.state = State::Head;
            }
            [b'-', b'-', ..] if self.parts > 0 => self.state = State::End,
            _ => return Err(FormError::Boundary),
        }
        Ok(Step::Took(2))
    }

    fn head(&mut self, rest: &[u8]) -> Result<Step, FormError> {
        const END: &[u8] = b"\r\n\r\n";
        let near = rest.get(..MOST_HEAD).unwrap_or(rest);
        let Some(end) = memchr::memmem::find(near, END) else {
            return match near.len() < MOST_HEAD {
                true => Ok(Step::Wait),
                false => Err(FormError::HeadTooLong),
            };
        };
        let lines = near.get(..end).unwrap_or_default();
        if self.delimiter.find(lines).is_some() {
            return Err(FormError::Boundary);
        }
        let head = Head::read(lines)?;
        let taken = end + END.len();
        self.fields.begins(&head)?;
        self.state = State::Data(Part {
            head,
            start: self.offset.saturating_add(taken as u64),
            value: Vec::new(),
        });
        Ok(Step::Took(taken))
    }

    fn data(&mut self, rest: &[u8]) -> Result<Step, FormError> {
        let State::Data(part) = &mut self.state else {
            return Ok(Step::Wait);
        };
        let len = self.delimiter.needle().len();
        let Some(at) = self.delimiter.find(rest) else {
            // What may be a line end and the beginning of a delimiter is kept.
            let decided = rest.len().saturating_sub(len + 1);
            part.take(rest.get(..decided).unwrap_or_default())?;
            return Ok(match decided {
                0 => Step::Wait,
                decided => Step::Took(decided),
            });
        };
        let value = rest.get(..at).and_then(|value| value.strip_suffix(b"\r\n"));
        part.take(value.ok_or(FormError::Boundary)?)?;
        let end = self.offset.saturating_add(at as u64).saturating_sub(2);
        let span = part.start..end;
        let (head, value) = (part.head, std::mem::take(&mut part.value));
        self.fields.ends(head, value, span)?;
        self.state = State::AfterDelimiter;
        Ok(Step::Took(at + len))
    }
}

impl Part {
    fn take(&mut self, bytes: &[u8]) -> Result<(), FormError> {
        let Field::Read(name) = self.head.field else {
            return Ok(());
        };
        if self.value.len().saturating_add(bytes.len()) > MOST_VALUE {
            return Err(FormError::Value(name.name()));
        }
        self.value.extend_from_slice(bytes);
        Ok(())
    }
}

/// A text that takes the place of a part of the body; of an empty part, where something is put in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormSplice {
    /// Where it stands in the body, in bytes from its beginning.
    pub span: Range<u64>,
    /// What stands there instead.
    pub text: Vec<u8>,
}

impl FormSplice {
    /// How long a body of so many bytes is with it.
    pub const fn length(&self, body: u64) -> u64 {
        body.saturating_sub(self.span.end.saturating_sub(self.span.start))
            .saturating_add(self.text.len() as u64)
    }
}

#[cfg(test)]
mod tests;
