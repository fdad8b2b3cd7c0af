//! The id by which an upstream keeps a response, read while the response passes. It tells no good
//! JSON from bad, and looks no further once the id is there.

/// Longer ids are not remembered; those of gateways that write a route into theirs have some 300.
const LONGEST: usize = 1024;
/// The longest key that means anything here.
const LONGEST_KEY: usize = "response".len();

/// Reads the id of one response, from its document or from the first of its events.
#[derive(Debug, Clone)]
pub struct ResponseId {
    /// The level at which the id stands: in the document, or in the `response` of an event.
    level: u32,
    depth: u32,
    within: Within,
    is_value: bool,
    /// Whether the object that is open at the second level is the `response` of an event.
    in_response: bool,
    key: Key,
    text: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Within {
    Gap,
    /// A string, and whether it is worth to be kept.
    Text(bool),
    Escape,
    /// The id was told.
    End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    Id,
    Response,
    Other,
}

impl ResponseId {
    /// For a response that is one document.
    pub const fn body() -> Self {
        Self::at(1)
    }

    /// For a response that is told by events.
    pub const fn events() -> Self {
        Self::at(2)
    }

    const fn at(level: u32) -> Self {
        Self {
            level,
            depth: 0,
            within: Within::Gap,
            is_value: false,
            in_response: false,
            key: Key::Other,
            text: Vec::new(),
        }
    }

    /// Reads the next bytes, and gives the id as soon as it is whole; once, and then never again.
    pub fn push(&mut self, bytes: &[u8]) -> Option<String> {
        if self.within == Within::End {
            return None;
        }
        for &byte in bytes {
            match self.within {
                Within::Gap => self.gap(byte),
                Within::Text(kept) => {
                    if self.text_goes_on(byte, kept) {
                        self.within = Within::End;
                        return String::from_utf8(std::mem::take(&mut self.text)).ok();
                    }
                }
                Within::Escape => self.within = Within::Text(false),
                Within::End => return None,
            }
        }
        None
    }

    fn gap(&mut self, byte: u8) {
        match byte {
            b'{' | b'[' => {
                self.depth = self.depth.saturating_add(1);
                if self.depth == 2 {
                    self.in_response = byte == b'{' && self.is_value && self.key == Key::Response;
                }
                self.is_value = false;
                self.key = Key::Other;
            }
            b'}' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                self.is_value = false;
            }
            // Between two events there is text that is no JSON.
            b'"' if self.depth > 0 => {
                self.text.clear();
                let matters = !self.is_value || self.is_here();
                self.within = Within::Text(matters && self.depth <= self.level);
            }
            b':' => self.is_value = true,
            b',' => self.is_value = false,
            _ => {}
        }
    }

    /// Whether the value that comes is the id.
    fn is_here(&self) -> bool {
        let is_level = self.depth == self.level && (self.level == 1 || self.in_response);
        is_level && self.is_value && self.key == Key::Id
    }

    /// Says whether the id is whole.
    fn text_goes_on(&mut self, byte: u8, kept: bool) -> bool {
        match byte {
            b'"' => {
                self.within = Within::Gap;
                let whole = kept && !self.text.is_empty();
                if self.is_value {
                    return whole && self.is_here();
                }
                self.key = match self.text.as_slice() {
                    b"id" if whole => Key::Id,
                    b"response" if whole => Key::Response,
                    _ => Key::Other,
                };
            }
            b'\\' => {
                // Neither these keys nor ids have anything to escape.
                self.text.clear();
                self.within = Within::Escape;
            }
            _ if kept => {
                let most = if self.is_value { LONGEST } else { LONGEST_KEY };
                if self.text.len() < most {
                    self.text.push(byte);
                } else {
                    self.text.clear();
                    self.within = Within::Text(false);
                }
            }
            _ => {}
        }
        false
    }
}

#[cfg(test)]
mod tests;
