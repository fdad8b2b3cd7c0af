//! Where in a document each surface puts its usage, and under which names.

use super::Surface;
use super::report::Slot;

/// A place in a document where keys mean something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Node {
    /// A JSON array of documents, which is Gemini's stream without server-sent events.
    Documents,
    Root,
    /// `response` in an event of OpenAI's responses.
    Response,
    /// `message` in Anthropic's `message_start`.
    Message,
    Usage,
    InputDetails,
    /// What of the cached input is sound or images.
    CachedDetails,
    OutputDetails,
    CacheCreation,
    ServerTools,
    /// Anthropic's list of what each time that it sampled used, and one entry.
    Iterations,
    Iteration,
    /// `meta` and `meta.billed_units` of a reranking.
    Meta,
    Billed,
    /// Gemini's lists of modalities, and one entry.
    InputModalities,
    InputModality,
    CachedModalities,
    CachedModality,
    OutputModalities,
    OutputModality,
    Candidates,
    Candidate,
    /// What Gemini found for an answer, and what it searched for.
    Grounding,
    Queries,
    /// The items of a response, one of them, or that of an event.
    Items,
    Item,
    /// The way to what a chat completion cites.
    Choices,
    Choice,
    ChatMessage,
    Annotations,
    Annotation,
    /// The root array of a document, where `[DONE]` may stand.
    RootArray,
    /// Nothing below it means anything.
    Elsewhere,
}

/// What a key means where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Member {
    /// An object, or an array, with a meaning of its own.
    Into(Node),
    /// An integer.
    Count(Slot),
    /// A quantity that may have decimals.
    Quantity(Slot),
    /// How long the sound of a transcript is, in seconds that may have decimals.
    Duration,
    /// What kind of event this is.
    Kind,
    /// How a response of OpenAI ended.
    Status,
    Error,
    /// Gemini's reason to end.
    Finish,
    /// Which model of Gemini's answers.
    ModelVersion,
    /// An element of a list of queries.
    Query,
    Modality,
    ModalityCount,
    /// Which response of a realtime session an event is about.
    ResponseId,
    ItemKind,
    ItemStatus,
    ItemResult,
    AnnotationKind,
    IterationKind,
    Nothing,
}

pub(super) fn member(surface: Surface, streamed: bool, at: Node, key: &[u8]) -> Member {
    use Member::{Count, Finish, Into, Modality, ModalityCount, Nothing};
    match at {
        Node::Root => root(surface, streamed, key),
        Node::Response | Node::Message if key == b"usage" => Into(Node::Usage),
        Node::Response if surface == Surface::Responses && key == b"output" => Into(Node::Items),
        Node::Item => match key {
            b"type" => Member::ItemKind,
            b"status" => Member::ItemStatus,
            b"result" => Member::ItemResult,
            _ => Nothing,
        },
        Node::Choice if matches!(key, b"message" | b"delta") => Into(Node::ChatMessage),
        Node::ChatMessage if key == b"annotations" => Into(Node::Annotations),
        Node::Annotation if key == b"type" => Member::AnnotationKind,
        Node::Response if surface == Surface::Realtime => match key {
            b"status" => Member::Status,
            b"id" => Member::ResponseId,
            _ => Nothing,
        },
        Node::Usage => match surface {
            Surface::Messages => anthropic(key),
            Surface::Gemini => gemini(key),
            _ => openai(surface, key),
        },
        Node::InputDetails => match key {
            b"cached_tokens" => Count(Slot::Cached),
            b"cache_write_tokens" => Count(Slot::CacheWrite),
            b"audio_tokens" => Count(Slot::InputAudio),
            b"image_tokens" => Count(Slot::InputImage),
            b"cached_tokens_details" => Into(Node::CachedDetails),
            _ => Nothing,
        },
        Node::CachedDetails => match key {
            b"audio_tokens" => Count(Slot::CachedAudio),
            b"image_tokens" => Count(Slot::CachedImage),
            _ => Nothing,
        },
        Node::OutputDetails => match key {
            b"reasoning_tokens" => Count(Slot::Reasoning),
            b"audio_tokens" => Count(Slot::OutputAudio),
            b"image_tokens" => Count(Slot::OutputImage),
            _ => Nothing,
        },
        Node::CacheCreation => match key {
            b"ephemeral_5m_input_tokens" => Count(Slot::CacheWrite5m),
            b"ephemeral_1h_input_tokens" => Count(Slot::CacheWrite1h),
            _ => Nothing,
        },
        Node::Iteration => iteration(key),
        Node::ServerTools if key == b"web_search_requests" => Count(Slot::WebSearches),
        Node::Meta if key == b"billed_units" => Into(Node::Billed),
        Node::Billed => match key {
            b"search_units" => Member::Quantity(Slot::SearchUnits),
            b"input_tokens" => Count(Slot::Input),
            b"output_tokens" => Count(Slot::Output),
            _ => Nothing,
        },
        Node::InputModality | Node::CachedModality | Node::OutputModality => match key {
            b"modality" => Modality,
            b"tokenCount" => ModalityCount,
            _ => Nothing,
        },
        Node::Candidate => match key {
            b"finishReason" => Finish,
            b"groundingMetadata" => Into(Node::Grounding),
            _ => Nothing,
        },
        Node::Grounding if key == b"webSearchQueries" => Into(Node::Queries),
        _ => Nothing,
    }
}

fn root(surface: Surface, streamed: bool, key: &[u8]) -> Member {
    use Member::{Into, Nothing};
    match (surface, key) {
        (_, b"error") => Member::Error,
        (Surface::Gemini, b"usageMetadata") => Into(Node::Usage),
        (Surface::Gemini, b"candidates") => Into(Node::Candidates),
        (Surface::Gemini, b"modelVersion") => Member::ModelVersion,
        (Surface::Gemini, _) => Nothing,
        (_, b"type") => Member::Kind,
        (Surface::Responses, b"response") if streamed => Into(Node::Response),
        (Surface::Responses, b"item") if streamed => Into(Node::Item),
        (Surface::Responses, b"output") if !streamed => Into(Node::Items),
        (Surface::Chat, b"choices") => Into(Node::Choices),
        (Surface::Realtime, b"response") => Into(Node::Response),
        (Surface::Realtime, b"response_id") => Member::ResponseId,
        (Surface::Responses, b"usage") if streamed => Nothing,
        (Surface::Responses, b"status") => Member::Status,
        (Surface::Transcription, b"duration") if !streamed => Member::Duration,
        (Surface::Messages, b"message") if streamed => Into(Node::Message),
        (Surface::Rerank, b"meta") => Into(Node::Meta),
        (_, b"usage") => Into(Node::Usage),
        _ => Nothing,
    }
}

fn openai(surface: Surface, key: &[u8]) -> Member {
    use Member::{Count, Into, Nothing};
    // Some providers send both families of names, and zeros in the one that is not the surface's.
    let by_prompt = !matches!(
        surface,
        Surface::Responses
            | Surface::Images
            | Surface::Transcription
            | Surface::Speech
            | Surface::Realtime
    );
    match key {
        b"prompt_tokens" if by_prompt => Count(Slot::Input),
        b"completion_tokens" if by_prompt => Count(Slot::Output),
        b"prompt_tokens_details" if by_prompt => Into(Node::InputDetails),
        b"completion_tokens_details" if by_prompt => Into(Node::OutputDetails),
        // DeepSeek's and Moonshot's names for what is cached.
        b"prompt_cache_hit_tokens" | b"cached_tokens" if by_prompt => Count(Slot::Cached),
        b"input_tokens" if !by_prompt => Count(Slot::Input),
        b"output_tokens" if !by_prompt => Count(Slot::Output),
        b"input_tokens_details" | b"input_token_details" if !by_prompt => Into(Node::InputDetails),
        b"output_tokens_details" | b"output_token_details" if !by_prompt => {
            Into(Node::OutputDetails)
        }
        b"seconds" if matches!(surface, Surface::Transcription | Surface::Realtime) => {
            Member::Quantity(Slot::Seconds)
        }
        b"total_tokens" => Count(Slot::Total),
        _ => Nothing,
    }
}

fn anthropic(key: &[u8]) -> Member {
    use Member::{Count, Into};
    match key {
        b"input_tokens" => Count(Slot::Input),
        b"output_tokens" => Count(Slot::Output),
        b"cache_read_input_tokens" => Count(Slot::Cached),
        b"cache_creation_input_tokens" => Count(Slot::CacheWrite),
        b"cache_creation" => Into(Node::CacheCreation),
        b"server_tool_use" => Into(Node::ServerTools),
        b"iterations" => Into(Node::Iterations),
        _ => Member::Nothing,
    }
}

/// The counts have the names that they have for the whole.
fn iteration(key: &[u8]) -> Member {
    match (key, anthropic(key)) {
        (b"type", _) => Member::IterationKind,
        (_, known @ (Member::Count(_) | Member::Into(Node::CacheCreation))) => known,
        _ => Member::Nothing,
    }
}

fn gemini(key: &[u8]) -> Member {
    use Member::{Count, Into};
    match key {
        b"promptTokenCount" => Count(Slot::Input),
        b"candidatesTokenCount" => Count(Slot::Output),
        b"cachedContentTokenCount" => Count(Slot::Cached),
        b"thoughtsTokenCount" => Count(Slot::Reasoning),
        b"toolUsePromptTokenCount" => Count(Slot::ToolInput),
        b"totalTokenCount" => Count(Slot::Total),
        // Embeddings have it without the `s`.
        b"promptTokensDetails" | b"promptTokenDetails" => Into(Node::InputModalities),
        b"cacheTokensDetails" => Into(Node::CachedModalities),
        b"candidatesTokensDetails" => Into(Node::OutputModalities),
        _ => Member::Nothing,
    }
}
