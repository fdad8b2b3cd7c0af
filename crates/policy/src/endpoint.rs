//! What a caller can ask for: the endpoints, and the dialects that they are spoken in.

use crate::price::Part;

/// The protocol of a route. A call goes to an upstream that speaks the same one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dialect {
    /// OpenAI's API, and what imitates it.
    OpenAi,
    /// Anthropic's Messages API.
    Anthropic,
    /// Google's Gemini API.
    Gemini,
    /// Any other HTTP API, mounted under a prefix and priced per request.
    Plain,
}

/// An endpoint of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Endpoint {
    /// `POST /v1/chat/completions`
    ChatCompletions,
    /// `POST /v1/completions`
    Completions,
    /// `POST /v1/embeddings`
    Embeddings,
    /// `POST /v1/responses`
    Responses,
    /// `POST /v1/messages`
    Messages,
    /// `POST /v1/messages/count_tokens`
    CountTokens,
    /// `POST /v1/moderations`
    Moderations,
    /// `POST /v1/images/generations`
    ImageGenerations,
    /// `POST /v1/audio/speech`
    Speech,
    /// `POST /v1/rerank`
    Rerank,
    /// `POST /v1/audio/transcriptions`
    Transcriptions,
    /// `POST /v1/audio/translations`
    Translations,
    /// `POST /v1/images/edits`
    ImageEdits,
    /// `POST /v1/images/variations`
    ImageVariations,
    /// `POST /v1/responses/compact`
    CompactResponses,
    /// `POST /v1/responses/input_tokens`
    CountInputTokens,
    /// `/v1/responses/{id}` and what is below it: of no model, and free
    StoredResponses,
    /// `GET /v1/realtime`, a WebSocket
    Realtime,
    /// `POST /v1beta/models/{model}:generateContent`, and `:streamGenerateContent`
    GeminiGenerate,
    /// `POST /v1beta/models/{model}:embedContent`, and `:batchEmbedContents`
    GeminiEmbed,
    /// `POST /v1beta/models/{model}:countTokens`
    GeminiCountTokens,
    /// `GET /v1/models`, answered by the gateway
    Models,
}

/// A text that names no dialect or endpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{seen}` is not one of {known}")]
pub struct UnknownName {
    seen: String,
    known: String,
}

impl Dialect {
    /// All dialects.
    pub const ALL: [Self; 4] = [Self::OpenAi, Self::Anthropic, Self::Gemini, Self::Plain];

    /// The name in configuration, tables and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::Anthropic => "anthropic",
            Self::Gemini => "gemini",
            Self::Plain => "plain",
        }
    }
}

impl Endpoint {
    /// All endpoints that are not mounts.
    pub const ALL: [Self; 22] = [
        Self::ChatCompletions,
        Self::Completions,
        Self::Embeddings,
        Self::Responses,
        Self::Messages,
        Self::CountTokens,
        Self::Moderations,
        Self::ImageGenerations,
        Self::Speech,
        Self::Rerank,
        Self::Transcriptions,
        Self::Translations,
        Self::ImageEdits,
        Self::ImageVariations,
        Self::CompactResponses,
        Self::CountInputTokens,
        Self::StoredResponses,
        Self::Realtime,
        Self::GeminiGenerate,
        Self::GeminiEmbed,
        Self::GeminiCountTokens,
        Self::Models,
    ];

    /// The name in allowlists, tables and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ChatCompletions => "chat.completions",
            Self::Completions => "completions",
            Self::Embeddings => "embeddings",
            Self::Responses => "responses",
            Self::Messages => "messages",
            Self::CountTokens => "messages.count_tokens",
            Self::Moderations => "moderations",
            Self::ImageGenerations => "images.generations",
            Self::Speech => "audio.speech",
            Self::Rerank => "rerank",
            Self::Transcriptions => "audio.transcriptions",
            Self::Translations => "audio.translations",
            Self::ImageEdits => "images.edits",
            Self::ImageVariations => "images.variations",
            Self::CompactResponses => "responses.compact",
            Self::CountInputTokens => "responses.input_tokens",
            Self::StoredResponses => "responses.stored",
            Self::Realtime => "realtime",
            Self::GeminiGenerate => "gemini.generate_content",
            Self::GeminiEmbed => "gemini.embed_content",
            Self::GeminiCountTokens => "gemini.count_tokens",
            Self::Models => "models",
        }
    }

    /// Whether it is an endpoint of a model, so that its calls go on to an upstream which serves
    /// that model. The models are listed by the gateway; what is stored has no model of its own.
    pub const fn relayed(self) -> bool {
        !matches!(self, Self::Models | Self::StoredResponses)
    }

    /// Whether its calls cost nothing, whatever the price list says: they count, or look at what
    /// was paid for.
    pub const fn is_free(self) -> bool {
        matches!(
            self,
            Self::CountTokens
                | Self::CountInputTokens
                | Self::GeminiCountTokens
                | Self::StoredResponses
                | Self::Models
        )
    }

    /// Whether an answer is generated token by token: text, and what models that see or speak give.
    pub const fn generates(self) -> bool {
        matches!(
            self,
            Self::ChatCompletions
                | Self::Completions
                | Self::Responses
                | Self::Messages
                | Self::ImageGenerations
                | Self::Speech
                | Self::Transcriptions
                | Self::Translations
                | Self::ImageEdits
                | Self::ImageVariations
                | Self::CompactResponses
                | Self::Realtime
                | Self::GeminiGenerate
        )
    }

    /// The parts of a price list that make the price of a call known: one of each of these. A price
    /// per request makes any call's known, and counting tokens costs nothing.
    pub const fn priced_by(self) -> &'static [&'static [Part]] {
        const OUTPUT: &[Part] = &[Part::Output];
        match self {
            Self::ChatCompletions
            | Self::Completions
            | Self::Responses
            | Self::CompactResponses
            | Self::Messages
            | Self::Realtime
            | Self::GeminiGenerate => &[&[Part::Input], OUTPUT],
            // Counting is free, but a model without any price is not offered for it alone.
            Self::Embeddings
            | Self::Moderations
            | Self::GeminiEmbed
            | Self::CountInputTokens
            | Self::GeminiCountTokens => &[&[Part::Input]],
            Self::Rerank => &[&[Part::Input, Part::Search]],
            Self::ImageGenerations | Self::ImageEdits | Self::ImageVariations => {
                &[&[Part::Image, Part::OutputImage, Part::Output]]
            }
            // By the second, or by the token in both directions.
            Self::Transcriptions | Self::Translations => &[
                &[Part::Second, Part::InputAudio, Part::Input],
                &[Part::Second, Part::Output],
            ],
            Self::Speech => &[&[Part::Input, Part::Second, Part::OutputAudio, Part::Output]],
            Self::CountTokens | Self::StoredResponses | Self::Models => &[],
        }
    }

    /// The dialect that the endpoint belongs to.
    pub const fn dialect(self) -> Dialect {
        match self {
            Self::ChatCompletions
            | Self::Completions
            | Self::Embeddings
            | Self::Responses
            | Self::Moderations
            | Self::ImageGenerations
            | Self::Speech
            | Self::Rerank
            | Self::Transcriptions
            | Self::Translations
            | Self::ImageEdits
            | Self::ImageVariations
            | Self::CompactResponses
            | Self::CountInputTokens
            | Self::StoredResponses
            | Self::Realtime
            | Self::Models => Dialect::OpenAi,
            Self::Messages | Self::CountTokens => Dialect::Anthropic,
            Self::GeminiGenerate | Self::GeminiEmbed | Self::GeminiCountTokens => Dialect::Gemini,
        }
    }
}

macro_rules! by_name {
    ($($name:ident)*) => {$(
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }

        impl std::str::FromStr for $name {
            type Err = UnknownName;

            fn from_str(text: &str) -> Result<Self, UnknownName> {
                Self::ALL.into_iter().find(|one| one.name() == text).ok_or_else(|| UnknownName {
                    seen: text.chars().take(60).collect(),
                    known: Self::ALL.map(|one| format!("`{one}`")).join(", "),
                })
            }
        }
    )*};
}

by_name!(Dialect Endpoint);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        for endpoint in Endpoint::ALL {
            assert_eq!(endpoint.name().parse(), Ok(endpoint));
        }
        for dialect in Dialect::ALL {
            assert_eq!(dialect.name().parse(), Ok(dialect));
        }
    }

    #[test]
    fn an_unknown_name_lists_the_known_ones() {
        let error = "chat".parse::<Endpoint>().unwrap_err().to_string();
        assert!(
            error.starts_with("`chat` is not one of `chat.completions`"),
            "{error}"
        );
    }
}
