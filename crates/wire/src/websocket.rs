//! The frames of a WebSocket (RFC 6455), read as they pass in either direction, and the few that a
//! gateway writes itself. Payloads are not kept, and extensions are not known.

/// Who sends the frames that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sender {
    /// A client, whose frames are masked.
    Client,
    /// A server, whose frames are not.
    Server,
}

/// Something in the frames, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Bytes of a text message, unmasked, cut anywhere.
    Text(&'a [u8]),
    /// The end of a text message.
    TextEnd,
    /// Bytes of a binary message: so many.
    Binary(u64),
    /// A close frame, with the code that it gives.
    Close(Option<u16>),
}

/// Why frames are none that everybody reads alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// A bit or an opcode that only an extension gives a meaning.
    #[error("a frame uses what only an extension defines")]
    Extension,
    /// Masked from a server, or not from a client.
    #[error("a frame is masked, or is not, against the rule")]
    Mask,
    /// A control frame in parts, or with more than 125 bytes.
    #[error("a control frame is in parts or too long")]
    Control,
    /// A continuation of nothing, or a message within another.
    #[error("the parts of a message are out of order")]
    Order,
    /// A length that is not written in the shortest way, or no length.
    #[error("the length of a frame is not written as it should be")]
    Length,
    /// A message that is longer than allowed.
    #[error("a message is too long")]
    TooLong,
}

/// Reads frames while their bytes pass. After an error nothing more can be read.
#[derive(Debug)]
pub struct FrameReader {
    sender: Sender,
    /// The most bytes of a message.
    most: u64,
    /// The head that is being read.
    head: [u8; Self::LONGEST_HEAD],
    head_len: usize,
    payload: Option<Payload>,
    /// The message that goes on in later frames, and its length so far.
    message: Option<(Kind, u64)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Binary,
    Close,
    /// Ping or pong.
    Beat,
}

/// What is left of a frame whose head has been read.
#[derive(Debug, Clone, Copy)]
struct Payload {
    kind: Kind,
    is_last: bool,
    left: u64,
    mask: [u8; 4],
    /// How many bytes of it have passed.
    at: u64,
    /// The code of a close frame.
    code: u16,
}

impl FrameReader {
    const LONGEST_HEAD: usize = 14;

    /// A reader of what this side sends, whose messages have at most so many bytes.
    pub const fn new(sender: Sender, most: u64) -> Self {
        Self {
            sender,
            most,
            head: [0; Self::LONGEST_HEAD],
            head_len: 0,
            payload: None,
            message: None,
        }
    }

    /// Takes the next bytes, cut anywhere, and tells what is in them. The result is how many of them
    /// belong to frames that have ended: after those, and before the rest, a frame can be put in.
    ///
    /// # Errors
    /// What is no frame, or one that extensions or lengths make unreadable.
    pub fn push(
        &mut self,
        bytes: &[u8],
        mut tell: impl FnMut(Piece<'_>),
    ) -> Result<usize, FrameError> {
        let (mut rest, mut whole) = (bytes, 0);
        loop {
            if let Some(payload) = &mut self.payload {
                rest = payload.take(rest, &mut tell);
                if payload.left > 0 {
                    break;
                }
                payload.end(&mut tell);
                self.payload = None;
                whole = bytes.len().saturating_sub(rest.len());
            }
            let Some((byte, after)) = rest.split_first() else {
                break;
            };
            rest = after;
            if let Some(place) = self.head.get_mut(self.head_len) {
                *place = *byte;
                self.head_len += 1;
            }
            self.begin()?;
        }
        Ok(whole)
    }

    /// Whether no frame has begun that has not ended, so that another one can be put in.
    pub const fn is_between_frames(&self) -> bool {
        self.head_len == 0 && self.payload.is_none()
    }

    /// Begins a payload, if the head is whole.
    fn begin(&mut self) -> Result<(), FrameError> {
        let head = self.head.get(..self.head_len).unwrap_or_default();
        let [first, second, length @ ..] = head else {
            return Ok(());
        };
        let is_masked = second & 0x80 != 0;
        if is_masked != (self.sender == Sender::Client) {
            return Err(FrameError::Mask);
        }
        let short = second & 0x7f;
        let wide = match short {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        let masks = if is_masked { 4 } else { 0 };
        if length.len() < wide + masks {
            return Ok(());
        }
        let (length, mask) = length.split_at(wide);
        let left = match wide {
            0 => u64::from(short),
            _ => length
                .iter()
                .fold(0, |sum, byte| sum << 8 | u64::from(*byte)),
        };
        let least = match wide {
            2 => 126,
            8 => 1 << 16,
            _ => 0,
        };
        if left < least || left > i64::MAX as u64 {
            return Err(FrameError::Length);
        }
        let mask = mask.try_into().unwrap_or_default();
        let (first, is_last) = (*first, first & 0x80 != 0);
        self.head_len = 0;
        let kind = self.kind(first, is_last, left)?;
        self.payload = Some(Payload {
            kind,
            is_last,
            left,
            mask,
            at: 0,
            code: 0,
        });
        Ok(())
    }

    fn kind(&mut self, first: u8, is_last: bool, length: u64) -> Result<Kind, FrameError> {
        if first & 0x70 != 0 {
            return Err(FrameError::Extension);
        }
        let (kind, before) = match (first & 0x0f, self.message) {
            (0, Some(begun)) => begun,
            (1, None) => (Kind::Text, 0),
            (2, None) => (Kind::Binary, 0),
            (0..=2, _) => return Err(FrameError::Order),
            (8..=10, _) if !is_last || length > 125 => return Err(FrameError::Control),
            (8, _) if length == 1 => return Err(FrameError::Control),
            (8, _) => return Ok(Kind::Close),
            (9 | 10, _) => return Ok(Kind::Beat),
            _ => return Err(FrameError::Extension),
        };
        let length = before.saturating_add(length);
        if length > self.most {
            return Err(FrameError::TooLong);
        }
        self.message = (!is_last).then_some((kind, length));
        Ok(kind)
    }
}

impl Payload {
    /// Takes what is there of it, and leaves what follows.
    fn take<'a>(&mut self, rest: &'a [u8], tell: &mut impl FnMut(Piece<'_>)) -> &'a [u8] {
        let len = usize::try_from(self.left).unwrap_or(usize::MAX);
        let (mine, rest) = rest.split_at(rest.len().min(len));
        match self.kind {
            Kind::Text if self.mask == [0; 4] && !mine.is_empty() => tell(Piece::Text(mine)),
            Kind::Text => self.unmasked(mine, |piece| tell(Piece::Text(piece))),
            Kind::Binary if !mine.is_empty() => tell(Piece::Binary(mine.len() as u64)),
            Kind::Close => {
                let short = usize::try_from(2_u64.saturating_sub(self.at)).unwrap_or(0);
                let code = mine.get(..short.min(mine.len())).unwrap_or_default();
                let mut known = self.code;
                self.unmasked(code, |bytes| {
                    known = bytes
                        .iter()
                        .fold(known, |sum, byte| sum << 8 | u16::from(*byte));
                });
                self.code = known;
            }
            Kind::Binary | Kind::Beat => {}
        }
        self.at = self.at.saturating_add(mine.len() as u64);
        self.left = self.left.saturating_sub(mine.len() as u64);
        rest
    }

    fn end(&self, tell: &mut impl FnMut(Piece<'_>)) {
        match self.kind {
            Kind::Text if self.is_last => tell(Piece::TextEnd),
            Kind::Close => tell(Piece::Close((self.at >= 2).then_some(self.code))),
            _ => {}
        }
    }

    /// The bytes without their mask, by pieces of a buffer.
    fn unmasked(&self, bytes: &[u8], mut tell: impl FnMut(&[u8])) {
        let turn = usize::try_from(self.at % 4).unwrap_or(0);
        let mut mask = self.mask;
        mask.rotate_left(turn);
        let mut buffer = [0; 1024];
        for chunk in bytes.chunks(buffer.len()) {
            let masks = mask.iter().cycle();
            for ((place, byte), mask) in buffer.iter_mut().zip(chunk).zip(masks) {
                *place = byte ^ mask;
            }
            tell(buffer.get(..chunk.len()).unwrap_or_default());
        }
    }
}

/// A close frame with a code and a reason, which is cut to 123 bytes. A client's is masked.
pub fn close_frame(code: u16, reason: &str, mask: Option<[u8; 4]>) -> Vec<u8> {
    let mut payload = code.to_be_bytes().to_vec();
    for c in reason.chars() {
        if payload.len() + c.len_utf8() > 125 {
            break;
        }
        payload.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    }
    frame(8, &payload, mask)
}

/// A text message in one frame. A client's is masked.
pub fn text_frame(text: &str, mask: Option<[u8; 4]>) -> Vec<u8> {
    frame(1, text.as_bytes(), mask)
}

fn frame(opcode: u8, payload: &[u8], mask: Option<[u8; 4]>) -> Vec<u8> {
    let mut frame = vec![0x80 | opcode];
    let masked = if mask.is_some() { 0x80 } else { 0 };
    match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
        (Ok(len), _) if len < 126 => frame.push(masked | len),
        (_, Ok(len)) => {
            frame.push(masked | 126);
            frame.extend_from_slice(&len.to_be_bytes());
        }
        _ => {
            frame.push(masked | 127);
            frame.extend_from_slice(&(payload.len() as u64).to_be_bytes());
        }
    }
    match mask {
        None => frame.extend_from_slice(payload),
        Some(mask) => {
            frame.extend_from_slice(&mask);
            let masked = payload.iter().zip(mask.iter().cycle());
            frame.extend(masked.map(|(byte, mask)| byte ^ mask));
        }
    }
    frame
}

#[cfg(test)]
mod tests;
