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
    /// Something that is not in the body, or is charged by its size, wherever the key stands.
    Referring,
    /// The same, at the top level only.
    TopReferring,
}

impl Key {
    /// A key in ASCII, without escapes.
    pub(super) fn of(key: &[u8]) -> Self {
        let known = Self::with_length(key.len());
        let found = known
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(key));
        found.map_or(Self::Other, |(_, key)| *key)
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
            4 => &[(b"type", Self::Type), (b"role", Self::Role)],
            5 => &[
                (b"input", Self::Input),
                (b"tools", Self::Tools),
                (b"audio", Self::Audio),
            ],
            6 => &[(b"prompt", Self::Prompt)],
            7 => &[
                (b"file_id", Self::Referring),
                (b"plugins", Self::TopReferring),
            ],
            8 => &[
                (b"file_url", Self::Referring),
                (b"fileData", Self::Referring),
                (b"file_uri", Self::Referring),
            ],
            9 => &[
                (b"functions", Self::Tools),
                (b"image_url", Self::Referring),
                (b"file_data", Self::Referring),
                (b"video_url", Self::Referring),
                (b"container", Self::TopReferring),
            ],
            10 => &[
                (b"modalities", Self::Modalities),
                (b"inlineData", Self::Referring),
            ],
            11 => &[
                (b"input_audio", Self::InputAudio),
                (b"inline_data", Self::Referring),
                (b"mcp_servers", Self::TopReferring),
            ],
            12 => &[(b"conversation", Self::TopReferring)],
            13 => &[
                (b"cache_control", Self::Cache),
                (b"cachedContent", Self::TopReferring),
            ],
            14 => &[(b"cached_content", Self::TopReferring)],
            17 => &[(b"encrypted_content", Self::Encrypted)],
            18 => &[
                (b"web_search_options", Self::TopReferring),
                (b"responseModalities", Self::Modalities),
            ],
            19 => &[(b"response_modalities", Self::Modalities)],
            20 => &[(b"previous_response_id", Self::TopReferring)],
            _ => &[],
        }
    }
}
