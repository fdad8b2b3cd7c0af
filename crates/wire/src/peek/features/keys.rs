//! The keys by which [`super::Features`] are recognised, in any case and any escapes.

use std::borrow::Cow;

use super::super::members::{plain, string};

/// What a key announces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    Other,
    Type,
    Role,
    Id,
    Input,
    Tools,
    Prompt,
    Audio,
    InputAudio,
    Modalities,
    Cache,
    Encrypted,
    /// What is to be ranked.
    Documents,
    /// What a batch is made of.
    Requests,
    /// What documents are ranked by.
    Query,
    /// How the conversation is to be kept short.
    Management,
    /// Something that is not in the body, or is charged by its size, wherever the key stands.
    Referring,
    /// The same, and it is no sound.
    Silent,
    /// The same, and it says what kind of file it is.
    File,
    /// What kind of file something is.
    Media,
    /// A picture, in an item of the input or at the top level.
    Picture,
    /// A video, in an item of the input.
    Video,
    /// Sound or its address, within what is sound.
    Data,
    /// The same as what refers, at the top level only.
    TopReferring,
    /// The same, and the provider runs tools that do not search.
    TopServers,
    /// The same, and the provider searches.
    TopSearching,
    /// How often the provider may use a tool.
    MaxUses,
    /// Who runs a search for tools.
    Execution,
    /// What Gemini calls a tool that it runs, within the tool.
    GeminiTool,
    /// What names a tool, or says what it is, in the dialects but Gemini's.
    ToolName,
    /// Gemini's functions, which the client runs.
    Declarations,
}

impl Key {
    /// A key in ASCII, without escapes.
    pub(super) fn of(key: &[u8]) -> Self {
        // Most others begin with another letter. It is the same bit that tells its case.
        let letter = |text: &[u8]| text.first().map(|byte| byte | 0x20);
        let first = letter(key);
        let known = Self::with_length(key.len()).iter();
        let mut alike =
            known.filter(|(name, _)| letter(name) == first && name.eq_ignore_ascii_case(key));
        alike.next().map_or(Self::Other, |(_, key)| *key)
    }

    /// Any other key, as it stands between its quotes.
    pub(super) fn decoded(key: &[u8]) -> Self {
        let quoted = [b"\"", key, b"\""].concat();
        let text = str::from_utf8(&quoted).ok().and_then(string);
        let folded: Option<String> =
            text.map(|text: Cow<'_, str>| text.chars().map(plain).collect());
        folded.map_or(Self::Other, |text| Self::of(text.as_bytes()))
    }

    const fn with_length(length: usize) -> &'static [(&'static [u8], Self)] {
        match length {
            2 => &[(b"id", Self::Id)],
            3 => &[(b"pdf", Self::Picture), (b"url", Self::Data)],
            4 => &[
                (b"type", Self::Type),
                (b"role", Self::Role),
                (b"name", Self::ToolName),
                (b"data", Self::Data),
            ],
            5 => &[
                (b"input", Self::Input),
                (b"tools", Self::Tools),
                (b"audio", Self::Audio),
                (b"image", Self::Picture),
                (b"video", Self::Video),
                (b"texts", Self::Documents),
                (b"query", Self::Query),
            ],
            6 => &[(b"prompt", Self::Prompt)],
            7 => &[
                (b"file_id", Self::Referring),
                (b"plugins", Self::TopSearching),
            ],
            8 => &[
                (b"max_uses", Self::MaxUses),
                (b"function", Self::ToolName),
                (b"file_url", Self::Referring),
                (b"passages", Self::Documents),
                (b"requests", Self::Requests),
                (b"fileData", Self::File),
                (b"file_uri", Self::Referring),
                (b"mimeType", Self::Media),
            ],
            9 => &[
                (b"functions", Self::Tools),
                (b"documents", Self::Documents),
                (b"image_url", Self::Silent),
                (b"file_data", Self::File),
                (b"video_url", Self::Referring),
                (b"audio_url", Self::Referring),
                (b"container", Self::TopReferring),
                (b"execution", Self::Execution),
                (b"mime_type", Self::Media),
            ],
            10 => &[
                (b"modalities", Self::Modalities),
                (b"inlineData", Self::File),
                (b"urlContext", Self::GeminiTool),
                (b"googleMaps", Self::GeminiTool),
                (b"fileSearch", Self::GeminiTool),
            ],
            11 => &[
                (b"input_audio", Self::InputAudio),
                (b"inline_data", Self::File),
                (b"mcp_servers", Self::TopServers),
                (b"url_context", Self::GeminiTool),
                (b"google_maps", Self::GeminiTool),
                (b"file_search", Self::GeminiTool),
            ],
            12 => &[
                (b"conversation", Self::TopReferring),
                (b"document_url", Self::Silent),
                (b"data_sources", Self::TopSearching),
                (b"googleSearch", Self::GeminiTool),
            ],
            13 => &[
                (b"enable_search", Self::TopSearching),
                (b"google_search", Self::GeminiTool),
                (b"codeExecution", Self::GeminiTool),
                (b"cache_control", Self::Cache),
                (b"cachedContent", Self::TopReferring),
            ],
            14 => &[
                (b"cached_content", Self::TopReferring),
                (b"code_execution", Self::GeminiTool),
            ],
            17 => &[
                (b"encrypted_content", Self::Encrypted),
                (b"search_parameters", Self::TopSearching),
            ],
            18 => &[
                (b"web_search_options", Self::TopSearching),
                (b"context_management", Self::Management),
                (b"responseModalities", Self::Modalities),
            ],
            19 => &[
                (b"response_modalities", Self::Modalities),
                (b"enterpriseWebSearch", Self::GeminiTool),
            ],
            20 => &[
                (b"previous_response_id", Self::TopReferring),
                (b"functionDeclarations", Self::Declarations),
            ],
            21 => &[
                (b"enterprise_web_search", Self::GeminiTool),
                (b"googleSearchRetrieval", Self::GeminiTool),
                (b"function_declarations", Self::Declarations),
            ],
            23 => &[
                (b"google_search_retrieval", Self::GeminiTool),
                (b"enable_code_interpreter", Self::TopServers),
            ],
            _ => &[],
        }
    }
}
