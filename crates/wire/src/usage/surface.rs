//! The kinds of answers, and the words in them that are worth a closer look.

use serde::Serialize;
use tollgate_policy::endpoint::Endpoint;

/// Which API an answer belongs to: it decides where its usage stands and what its words mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Surface {
    /// OpenAI chat completions: `usage`, in a stream that of the last event that has one.
    Chat,
    /// OpenAI completions, likewise.
    Completions,
    /// OpenAI responses: `usage`, in a stream `response.usage`.
    Responses,
    /// OpenAI embeddings: `usage`.
    Embeddings,
    /// OpenAI images: `usage`, where the model tells.
    Images,
    /// OpenAI transcriptions and translations: `usage` in tokens or seconds.
    Transcription,
    /// OpenAI speech: `usage`, in a stream only.
    Speech,
    /// OpenAI moderations: most often no usage.
    Moderation,
    /// Cohere's and Jina's reranking: `usage`, or `meta.billed_units`.
    Rerank,
    /// Anthropic messages: `usage`, in a stream `message.usage` and then `usage`.
    Messages,
    /// Gemini: `usageMetadata`, in each event of a stream.
    Gemini,
    /// OpenAI realtime: `response.usage` of each `response.done`. Its events come in a WebSocket:
    /// [`crate::usage::realtime`] reads them.
    Realtime,
}

impl Surface {
    /// All surfaces.
    pub const ALL: [Self; 12] = [
        Self::Chat,
        Self::Completions,
        Self::Responses,
        Self::Embeddings,
        Self::Images,
        Self::Transcription,
        Self::Speech,
        Self::Moderation,
        Self::Rerank,
        Self::Messages,
        Self::Gemini,
        Self::Realtime,
    ];

    /// The surface of an endpoint's answers; none where they are free, or the gateway's own.
    pub const fn of(endpoint: Endpoint) -> Option<Self> {
        match endpoint {
            Endpoint::ChatCompletions => Some(Self::Chat),
            Endpoint::Completions => Some(Self::Completions),
            Endpoint::Embeddings => Some(Self::Embeddings),
            Endpoint::Responses | Endpoint::CompactResponses => Some(Self::Responses),
            Endpoint::Messages => Some(Self::Messages),
            Endpoint::Moderations => Some(Self::Moderation),
            Endpoint::ImageGenerations | Endpoint::ImageEdits | Endpoint::ImageVariations => {
                Some(Self::Images)
            }
            Endpoint::Transcriptions | Endpoint::Translations => Some(Self::Transcription),
            Endpoint::Realtime => Some(Self::Realtime),
            Endpoint::GeminiGenerate | Endpoint::GeminiEmbed => Some(Self::Gemini),
            Endpoint::Speech => Some(Self::Speech),
            Endpoint::Rerank => Some(Self::Rerank),
            Endpoint::CountTokens
            | Endpoint::CountInputTokens
            | Endpoint::GeminiCountTokens
            | Endpoint::StoredResponses
            | Endpoint::Models => None,
        }
    }

    /// Keys (or ends of values) without which an event says nothing about usage or ending. Only
    /// letters and `_` before the quote, so that [`super::skim`] knows what hides them.
    pub(super) const fn signs(self) -> &'static [&'static [u8]] {
        match self {
            // What ends it has the whole response in it.
            Self::Responses => &[
                b"response\"",
                b"error\"",
                b"web_search_call\"",
                b"image_generation_call\"",
            ],
            // Without its citations, nothing says that a search was made.
            Self::Chat => &[b"usage\"", b"error\"", b"url_citation\""],
            Self::Messages => &[b"usage\"", b"message_stop\"", b"error\""],
            Self::Gemini => &[
                b"usageMetadata\"",
                b"finishReason\"",
                b"error\"",
                b"webSearchQueries\"",
            ],
            Self::Images => &[b"usage\"", b"completed\"", b"error\""],
            Self::Transcription | Self::Speech => &[b"usage\"", b"done\"", b"error\""],
            _ => &[b"usage\"", b"error\""],
        }
    }

    /// The key, quotes included, whose value holds the text of an event of a stream.
    pub(super) const fn text_anchor(self) -> &'static [u8] {
        match self {
            Self::Completions | Self::Gemini => b"\"text\"",
            _ => b"\"delta\"",
        }
    }

    /// Whether a string under this key is generated text.
    pub(super) fn is_text(self, streamed: bool, key: &[u8]) -> bool {
        match self {
            Self::Chat => matches!(
                key,
                b"content" | b"reasoning_content" | b"reasoning" | b"refusal" | b"arguments"
            ),
            Self::Completions | Self::Gemini => key == b"text",
            Self::Messages => matches!(key, b"text" | b"thinking" | b"partial_json"),
            Self::Responses | Self::Transcription | Self::Realtime if streamed => key == b"delta",
            Self::Responses => matches!(key, b"text" | b"refusal" | b"arguments"),
            Self::Transcription => key == b"text",
            _ => false,
        }
    }
}
