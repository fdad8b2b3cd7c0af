//! A head, line by line, and what it says of the body.

use super::bytes::{HOST, all, first_control};
use super::fields::Field;
use super::request_line::{RequestLine, check_beginning};
use super::{Length, Outline};
use crate::rejected::Reason;

/// The most that a head may hold.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub(super) headers: usize,
    pub(super) bytes: usize,
}

/// A place in the bytes of a head.
type Place = (usize, usize);

/// What is known of a head, or of a trailer section, so far.
#[derive(Debug)]
pub(super) struct Head {
    section: Section,
    /// Where the line begins that is not complete.
    line: usize,
    /// Where to look for its end.
    searched: usize,
    headers: usize,
    host: Option<Place>,
    length: Option<u64>,
    chunked: bool,
    authorized: bool,
    typed: bool,
    upgrade: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Section {
    /// Before the request line. An empty line in front of it is allowed, once.
    Start {
        blank: bool,
    },
    /// Behind the request line.
    Headers {
        old: bool,
        authority: Option<Place>,
    },
    Trailers,
}

impl Head {
    pub(super) fn request() -> Self {
        Self::new(Section::Start { blank: false })
    }

    pub(super) fn trailers() -> Self {
        Self::new(Section::Trailers)
    }

    fn new(section: Section) -> Self {
        Self {
            section,
            line: 0,
            searched: 0,
            headers: 0,
            host: None,
            length: None,
            chunked: false,
            authorized: false,
            typed: false,
            upgrade: false,
        }
    }

    /// Goes on where it stopped in the bytes of this head. Gives its length once it is complete.
    pub(super) fn scan(&mut self, bytes: &[u8], bounds: Bounds) -> Result<Option<usize>, Reason> {
        loop {
            let unseen = bytes.get(self.searched..).unwrap_or_default();
            let Some(found) = first_control(unseen) else {
                return self.cut(bytes, bytes.len(), bounds);
            };
            let end = self.searched + found;
            // The end of a line takes two bytes.
            if end + 2 > bounds.bytes {
                return Err(Reason::HeadTooLarge);
            }
            match bytes.get(end..).unwrap_or_default() {
                [b'\r', b'\n', ..] => {}
                [b'\r'] => return self.cut(bytes, end, bounds),
                [b'\r' | b'\n', ..] => {
                    return Err(Reason::Malformed(
                        "a line must end with a carriage return and a line feed",
                    ));
                }
                _ => return Err(Reason::Malformed("a line has a control character")),
            }
            let line = bytes.get(self.line..end).unwrap_or_default();
            let start = self.line;
            self.line = end + 2;
            self.searched = self.line;
            if self.read(line, start, bounds)? {
                return Ok(Some(self.line));
            }
        }
    }

    /// What follows a complete head. One of HTTP/1.0 needs no `Host` where that is allowed.
    pub(super) fn outline(&self, bytes: &[u8], hostless: bool) -> Result<Outline, Reason> {
        let Section::Headers { old, authority } = self.section else {
            return Err(Reason::Malformed("the request line is missing"));
        };
        let text = |(from, to): Place| bytes.get(from..to).unwrap_or_default();
        let host = self.host.map(text);
        let host = host.or((old && hostless && authority.is_none()).then_some(b""));
        let host = host.ok_or(Reason::Malformed("the `Host` header is missing"))?;
        if authority.is_some_and(|named| !text(named).eq_ignore_ascii_case(host)) {
            return Err(Reason::Malformed(
                "the `Host` header must name the host of the request target",
            ));
        }
        let body = match (self.chunked, self.length) {
            (true, Some(_)) => {
                return Err(Reason::Malformed(
                    "`Content-Length` and `Transfer-Encoding` exclude each other",
                ));
            }
            (true, None) if old => {
                return Err(Reason::Malformed("HTTP/1.0 has no `Transfer-Encoding`"));
            }
            (true, None) => Length::Chunked,
            (false, length) => Length::Known(length.unwrap_or(0)),
        };
        Ok(Outline {
            body,
            upgrade: self.upgrade && !old,
        })
    }

    /// The bytes end within a line, which was searched up to there.
    fn cut(
        &mut self,
        bytes: &[u8],
        searched: usize,
        bounds: Bounds,
    ) -> Result<Option<usize>, Reason> {
        self.searched = searched;
        if bytes.len() >= bounds.bytes {
            return Err(Reason::HeadTooLarge);
        }
        if let Section::Start { .. } = self.section {
            check_beginning(bytes.get(self.line..).unwrap_or_default())?;
        }
        Ok(None)
    }

    /// Takes a line; true if it was the last one.
    fn read(&mut self, line: &[u8], start: usize, bounds: Bounds) -> Result<bool, Reason> {
        match (self.section, line.is_empty()) {
            (Section::Start { blank: false }, true) => {
                self.section = Section::Start { blank: true };
                Ok(false)
            }
            (Section::Start { .. }, _) => {
                let read = RequestLine::read(line)?;
                self.section = Section::Headers {
                    old: read.old,
                    authority: read.authority.map(|(a, b)| (a + start, b + start)),
                };
                Ok(false)
            }
            (_, true) => Ok(true),
            (section, false) => {
                self.headers += 1;
                if self.headers > bounds.headers {
                    return Err(Reason::TooManyHeaders);
                }
                let field = Field::read(line)?;
                match section {
                    Section::Trailers => check_trailer(field)?,
                    _ => self.take(field, line, start)?,
                }
                Ok(false)
            }
        }
    }

    /// Notes a field that counts. Names are told apart by their length first.
    fn take(&mut self, field: Field<'_>, line: &[u8], start: usize) -> Result<(), Reason> {
        match field.name.len() {
            4 if field.is("host") => self.take_host(field, line, start),
            6 if field.is("expect") && !field.value.eq_ignore_ascii_case(b"100-continue") => {
                Err(Reason::Expectation)
            }
            7 if field.is("upgrade") => {
                self.upgrade = true;
                Ok(())
            }
            12 if field.is("content-type") => once(
                &mut self.typed,
                "the `Content-Type` header must be sent once",
            ),
            13 if field.is("authorization") => once(
                &mut self.authorized,
                "the `Authorization` header must be sent once",
            ),
            14 if field.is("content-length") => self.take_length(field.value),
            17 if field.is("transfer-encoding") => {
                if !field.value.eq_ignore_ascii_case(b"chunked") {
                    return Err(Reason::Malformed(
                        "the only transfer coding that is accepted is `chunked`",
                    ));
                }
                once(
                    &mut self.chunked,
                    "the `Transfer-Encoding` header must be sent once",
                )
            }
            _ => Ok(()),
        }
    }

    fn take_host(&mut self, field: Field<'_>, line: &[u8], start: usize) -> Result<(), Reason> {
        let host = field.value;
        if host.is_empty() || !all(host, HOST) {
            return Err(Reason::Malformed(
                "the `Host` header must be a name or an address",
            ));
        }
        // Its place in the line: behind the colon, and behind spaces.
        let value = line.get(field.name.len() + 1..).unwrap_or_default();
        let spaces = value.iter().take_while(|byte| **byte == b' ').count();
        let from = start + field.name.len() + 1 + spaces;
        if self.host.replace((from, from + host.len())).is_some() {
            return Err(Reason::Malformed("the `Host` header must be sent once"));
        }
        Ok(())
    }

    fn take_length(&mut self, value: &[u8]) -> Result<(), Reason> {
        let malformed = Reason::Malformed("the `Content-Length` header must be one plain number");
        let digits = (1..=19).contains(&value.len()) && value.iter().all(u8::is_ascii_digit);
        let length = std::str::from_utf8(value).ok().filter(|_| digits);
        let length = length.and_then(|text| text.parse().ok()).ok_or(malformed)?;
        if self.length.replace(length).is_some() {
            return Err(Reason::Malformed(
                "the `Content-Length` header must be sent once",
            ));
        }
        Ok(())
    }
}

fn once(seen: &mut bool, twice: &'static str) -> Result<(), Reason> {
    if std::mem::replace(seen, true) {
        return Err(Reason::Malformed(twice));
    }
    Ok(())
}

/// What decided about a message that has begun cannot come behind it.
fn check_trailer(field: Field<'_>) -> Result<(), Reason> {
    let deciding = [
        "authorization",
        "connection",
        "content-length",
        "host",
        "transfer-encoding",
        "trailer",
        "upgrade",
        "x-api-key",
    ];
    if deciding.iter().any(|name| field.is(name)) {
        return Err(Reason::Malformed(
            "a trailer may not decide on framing or rights",
        ));
    }
    Ok(())
}
