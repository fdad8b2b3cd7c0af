//! What a realtime session used, read from the text messages of its WebSocket, in constant memory.
//! A session has many responses, and each is charged by itself with all its context.

use super::document::Document;
use super::json::{Json, Visitor};
use super::number::Number;
use super::tally::{Tally, Turn};
use super::{BYTES_PER_TOKEN, Metered, Surface};
use crate::websocket::Piece;

/// How many bytes of sound in base64 make a token where nobody counted: 20 tokens a second of
/// 24,000 samples of 16 bits, which is the default of OpenAI's sessions.
pub const SOUND_BYTES_PER_TOKEN: u64 = 3_200;

/// Something that a server said and that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerEvent {
    /// `response.created`: a response begins, because the client asks for it or has stopped to speak.
    ResponseBegins,
    /// `response.done`: what the response used, and how it ended.
    ResponseEnds(Metered),
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
    /// Text and sound since the last response that was counted.
    text: u64,
    sound: u64,
}

impl ServerScanner {
    /// At the beginning of a session.
    pub const fn new() -> Self {
        Self {
            document: Document::event(Surface::Realtime),
            message: Tally::new(Surface::Realtime),
            text: 0,
            sound: 0,
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

    /// Text that was generated and not counted yet, in bytes: sound counts as the text that has as
    /// many tokens. It is what is left to estimate from where a session breaks off.
    pub const fn output_bytes(&self) -> u64 {
        let sound = self.sound.div_ceil(SOUND_BYTES_PER_TOKEN);
        self.text
            .saturating_add(sound.saturating_mul(BYTES_PER_TOKEN))
    }

    fn end(&mut self) -> Option<ServerEvent> {
        self.document = Document::event(Surface::Realtime);
        let message = std::mem::replace(&mut self.message, Tally::new(Surface::Realtime));
        let mut metered = message.metered();
        match message.turn {
            Some(Turn::Begins) => Some(ServerEvent::ResponseBegins),
            Some(Turn::Transcribed) => Some(ServerEvent::Transcribed(metered)),
            Some(Turn::Ends) => {
                metered.output_bytes = self.output_bytes();
                (self.text, self.sound) = (0, 0);
                Some(ServerEvent::ResponseEnds(metered))
            }
            None => {
                self.text = self.text.saturating_add(message.text);
                self.sound = self.sound.saturating_add(message.sound);
                None
            }
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
    bytes: u64,
}

/// The message that is being read.
#[derive(Debug)]
struct Message {
    depth: u64,
    is_type: bool,
    event: ClientEvent,
}

impl ClientScanner {
    /// At the beginning of a session.
    pub const fn new() -> Self {
        Self {
            json: Json::new(),
            message: Message::NEW,
            bytes: 0,
        }
    }

    /// Takes the next piece that [`crate::websocket::FrameReader`] tells of. Each message is told at
    /// its end; one that names its kind twice counts as the last one says.
    pub fn push(&mut self, piece: Piece<'_>) -> Option<ClientEvent> {
        match piece {
            Piece::Text(bytes) => {
                self.bytes = self.bytes.saturating_add(bytes.len() as u64);
                self.json.push(bytes, &mut self.message);
                None
            }
            Piece::TextEnd => {
                self.json = Json::new();
                Some(std::mem::replace(&mut self.message, Message::NEW).event)
            }
            Piece::Binary(_) | Piece::Close(_) => None,
        }
    }

    /// How many bytes the client has said: a prompt never has more tokens.
    pub const fn bytes(&self) -> u64 {
        self.bytes
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
        event: ClientEvent::Other,
    };
}

impl Visitor for Message {
    fn key(&mut self, key: Option<&[u8]>) {
        self.is_type = self.depth == 1 && key == Some(b"type");
    }

    fn cares(&self) -> bool {
        self.is_type
    }

    fn text(&mut self, _bytes: usize) {}

    fn string(&mut self, value: Option<&[u8]>) {
        if !std::mem::take(&mut self.is_type) {
            return;
        }
        self.event = match value.unwrap_or_default() {
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
