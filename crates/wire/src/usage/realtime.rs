//! What a realtime session used, read from the text messages of its WebSocket, in constant memory.
//! A session has many responses, and each is charged by itself with all its context.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::document::Document;
use super::json::{Json, Visitor};
use super::number::Number;
use super::tally::{Tally, Turn};
use super::{BYTES_PER_TOKEN, Metered, Surface, Usage};
use crate::websocket::Piece;

/// How many bytes of sound in base64 make a token where nobody counted: 20 tokens a second of
/// 24,000 samples of 16 bits, which is the default of OpenAI's sessions.
pub const SOUND_BYTES_PER_TOKEN: u64 = 3_200;
/// How many times fewer bytes the same sound has by G.711: 8,000 samples of 8 bits.
const NARROW: u64 = 6;

/// Which response of a session it is, of those that go on at once: its id, hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResponseTag(u64);

impl ResponseTag {
    /// None where the id says nothing, or is longer than any that is known.
    pub(super) fn of(id: &[u8]) -> Option<Self> {
        let mut hasher = DefaultHasher::new();
        id.hash(&mut hasher);
        (!id.is_empty()).then(|| Self(hasher.finish()))
    }
}

/// What was said that nobody has counted, in bytes as they stand in the messages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Said {
    /// Text.
    pub text: u64,
    /// Sound, in base64, of 24,000 samples of 16 bits.
    pub sound: u64,
}

impl Said {
    /// Nothing.
    pub const NOTHING: Self = Self { text: 0, sound: 0 };

    /// Both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            text: self.text.saturating_add(other.text),
            sound: self.sound.saturating_add(other.sound),
        }
    }

    /// The same, where its sound is of G.711.
    #[must_use]
    pub const fn narrow(self) -> Self {
        Self {
            text: self.text,
            sound: self.sound.saturating_mul(NARROW),
        }
    }

    /// What was said since as much was said as `earlier`.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Self {
        Self {
            text: self.text.saturating_sub(earlier.text),
            sound: self.sound.saturating_sub(earlier.sound),
        }
    }

    /// What a model uses that reads so much, by an estimate.
    pub const fn read(self) -> Usage {
        let mut usage = Usage::NONE;
        (usage.input, usage.input_audio) = self.tokens();
        usage
    }

    /// What a model used that said so, by an estimate.
    pub const fn generated(self) -> Usage {
        let mut usage = Usage::NONE;
        (usage.output, usage.output_audio) = self.tokens();
        usage
    }

    /// As text alone that has as many tokens, in bytes.
    pub const fn as_text(self) -> u64 {
        let sound = self.tokens().1.saturating_mul(BYTES_PER_TOKEN);
        self.text.saturating_add(sound)
    }

    /// Tokens of text and of sound, each rounded up.
    const fn tokens(self) -> (u64, u64) {
        let text = self.text.div_ceil(BYTES_PER_TOKEN);
        (text, self.sound.div_ceil(SOUND_BYTES_PER_TOKEN))
    }
}

/// Something that a server said and that counts. Which response it is about is told where the
/// server does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerEvent {
    /// `response.created`: a response begins, because the client asks for it or has stopped to speak.
    ResponseBegins(Option<ResponseTag>),
    /// A piece of a response.
    Generates(Option<ResponseTag>, Said),
    /// `response.done`: what the response used, and how it ended.
    ResponseEnds(Option<ResponseTag>, Metered),
    /// What the client said was written down by another model, which is charged apart: by tokens, or
    /// by the time that was spoken.
    Transcribed(Metered),
}

/// Something that a client said and that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientEvent {
    /// `response.create`: it asks for a response.
    ResponseCreate,
    /// `session.update`: it may change how responses are made, and ask for transcriptions.
    SessionUpdate,
    /// `input_audio_buffer.append`: it speaks.
    AudioAppend,
    /// `conversation.item.create`: it puts something into the conversation.
    ItemCreate,
    /// Anything else.
    Other,
}

/// Reads what a server says.
#[derive(Debug)]
pub struct ServerScanner {
    document: Document,
    message: Tally,
}

impl ServerScanner {
    /// At the beginning of a session.
    pub const fn new() -> Self {
        Self {
            document: Document::event(Surface::Realtime),
            message: Tally::new(Surface::Realtime),
        }
    }

    /// Takes the next piece that [`crate::websocket::FrameReader`] tells of. Events that count are
    /// told at the end of their message.
    pub fn push(&mut self, piece: Piece<'_>) -> Option<ServerEvent> {
        match piece {
            Piece::Text(bytes) => {
                self.document.push(bytes, &mut self.message);
                None
            }
            Piece::TextEnd => self.end(),
            Piece::Binary(_) | Piece::Close(_) => None,
        }
    }

    fn end(&mut self) -> Option<ServerEvent> {
        self.document = Document::event(Surface::Realtime);
        let message = std::mem::replace(&mut self.message, Tally::new(Surface::Realtime));
        let (about, metered) = (message.about, message.metered());
        let said = Said {
            text: message.text,
            sound: message.sound,
        };
        match message.turn {
            Some(Turn::Begins) => Some(ServerEvent::ResponseBegins(about)),
            Some(Turn::Transcribed) => Some(ServerEvent::Transcribed(metered)),
            Some(Turn::Ends) => Some(ServerEvent::ResponseEnds(about, metered)),
            None => (said != Said::NOTHING).then_some(ServerEvent::Generates(about, said)),
        }
    }
}

impl Default for ServerScanner {
    fn default() -> Self {
        Self::new()
    }
}

/// Reads what a client says.
#[derive(Debug)]
pub struct ClientScanner {
    json: Json,
    message: Message,
    said: Said,
    is_narrow: bool,
}

/// The message that is being read.
#[derive(Debug)]
struct Message {
    depth: u64,
    is_type: bool,
    is_sound: bool,
    /// The value of the last key may be a format of sound.
    is_format: bool,
    is_narrow: bool,
    event: ClientEvent,
    bytes: u64,
    sound: u64,
}

impl ClientScanner {
    /// At the beginning of a session.
    pub const fn new() -> Self {
        Self {
            json: Json::new(),
            message: Message::NEW,
            said: Said::NOTHING,
            is_narrow: false,
        }
    }

    /// Takes the next piece that [`crate::websocket::FrameReader`] tells of. Each message is told at
    /// its end; one that names its kind twice counts as the last one says.
    pub fn push(&mut self, piece: Piece<'_>) -> Option<ClientEvent> {
        match piece {
            Piece::Text(bytes) => {
                self.message.bytes = self.message.bytes.saturating_add(bytes.len() as u64);
                self.json.push(bytes, &mut self.message);
                None
            }
            Piece::TextEnd => {
                self.json = Json::new();
                let message = std::mem::replace(&mut self.message, Message::NEW);
                self.is_narrow |= message.is_narrow;
                let said = message.said();
                let said = if self.is_narrow { said.narrow() } else { said };
                self.said = self.said.and(said);
                Some(message.event)
            }
            Piece::Binary(_) | Piece::Close(_) => None,
        }
    }

    /// Whether it has named G.711, by which sound has fewer bytes. From then on all of it is taken
    /// for such, in both directions.
    pub const fn is_narrow(&self) -> bool {
        self.is_narrow
    }

    /// What the client has said, in messages that are whole.
    pub const fn said(&self) -> Said {
        self.said
    }
}

impl Default for ClientScanner {
    fn default() -> Self {
        Self::new()
    }
}

impl Message {
    const NEW: Self = Self {
        depth: 0,
        is_type: false,
        is_sound: false,
        is_format: false,
        is_narrow: false,
        event: ClientEvent::Other,
        bytes: 0,
        sound: 0,
    };

    /// A message is text but for the sound in it; where it brings nothing but sound, all else only
    /// says so.
    const fn said(&self) -> Said {
        let text = match self.event {
            ClientEvent::AudioAppend => 0,
            _ => self.bytes.saturating_sub(self.sound),
        };
        Said {
            text,
            sound: self.sound,
        }
    }
}

impl Visitor for Message {
    fn key(&mut self, key: Option<&[u8]>) {
        self.is_type = self.depth == 1 && key == Some(b"type");
        self.is_sound = key == Some(b"audio");
        // The first two were its place before realtime left its beta.
        self.is_format = matches!(
            key,
            Some(b"input_audio_format" | b"output_audio_format" | b"type")
        );
    }

    fn cares(&self) -> bool {
        self.is_type || self.is_format
    }

    fn text(&mut self, part: &[u8]) {
        if self.is_sound {
            self.sound = self.sound.saturating_add(part.len() as u64);
        }
    }

    fn string(&mut self, value: Option<&[u8]>) {
        let value = value.unwrap_or_default();
        self.is_narrow |= std::mem::take(&mut self.is_format)
            && matches!(
                value,
                b"g711_ulaw" | b"g711_alaw" | b"audio/pcmu" | b"audio/pcma"
            );
        if !std::mem::take(&mut self.is_type) {
            return;
        }
        self.event = match value {
            b"response.create" => ClientEvent::ResponseCreate,
            b"session.update" => ClientEvent::SessionUpdate,
            b"input_audio_buffer.append" => ClientEvent::AudioAppend,
            b"conversation.item.create" => ClientEvent::ItemCreate,
            _ => ClientEvent::Other,
        };
    }

    fn number(&mut self, _number: Number) {
        self.is_type = false;
    }

    fn word(&mut self, _word: Option<&[u8]>) {
        self.is_type = false;
    }

    fn open(&mut self, _is_object: bool) {
        self.depth = self.depth.saturating_add(1);
        self.is_type = false;
    }

    fn close(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        self.is_type = false;
    }
}

/// An error as a realtime server tells it: the text of one message.
pub fn error_event(event_id: &str, code: &str, message: &str) -> String {
    serde_json::json!({
        "type": "error",
        "event_id": event_id,
        "error": {
            "type": code, "code": code, "message": message, "param": null, "event_id": null,
        },
    })
    .to_string()
}

#[cfg(test)]
mod tests;
