//! What the words of a document mean: the type of an event, a modality, a status.

use super::Ended;
use super::number::Number;
use super::tally::Turn;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Other,
    /// The last event of a stream.
    Last,
    /// The last event of a stream of OpenAI's responses.
    Response(Ended),
    /// The last event about an item of it.
    Item,
    /// An event of a realtime session that counts.
    Turn(Turn),
    /// One that has sound in it.
    Sound,
    Error,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Modality {
    Audio,
    Image,
    Other,
}

impl Kind {
    pub(super) fn of(value: &[u8]) -> Self {
        match value {
            b"response.completed" => Self::Response(Ended::Complete),
            b"response.output_item.done" => Self::Item,
            b"response.incomplete" => Self::Response(Ended::Incomplete),
            b"response.failed" => Self::Response(Ended::Failed),
            b"message_stop"
            | b"transcript.text.done"
            | b"speech.audio.done"
            | b"image_generation.completed"
            | b"image_edit.completed" => Self::Last,
            b"error" => Self::Error,
            b"response.created" => Self::Turn(Turn::Begins),
            b"response.done" => Self::Turn(Turn::Ends),
            b"conversation.item.input_audio_transcription.completed" => {
                Self::Turn(Turn::Transcribed)
            }
            // The second was its name before realtime left its beta.
            b"response.output_audio.delta" | b"response.audio.delta" => Self::Sound,
            _ => Self::Other,
        }
    }
}

impl Modality {
    /// As clients get it that ask for numbers: <https://ai.google.dev/api/generate-content#Modality>.
    pub(super) fn numbered(value: Number) -> Self {
        match value.count() {
            Some(2) => Self::Image,
            Some(4) => Self::Audio,
            _ => Self::Other,
        }
    }

    pub(super) fn of(value: &[u8]) -> Self {
        match value {
            b"AUDIO" => Self::Audio,
            b"IMAGE" => Self::Image,
            _ => Self::Other,
        }
    }
}

/// The status of a response of OpenAI that is a body.
pub(super) fn status(value: &[u8]) -> Ended {
    match value {
        b"completed" => Ended::Complete,
        b"incomplete" => Ended::Incomplete,
        b"failed" | b"cancelled" => Ended::Failed,
        _ => Ended::Unmarked,
    }
}
