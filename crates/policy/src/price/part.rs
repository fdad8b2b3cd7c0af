//! The parts of what a call uses, each of which can have a price.

use crate::usage::Usage;

/// A part of what a call uses. Parts do not overlap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// Tokens read at the plain price.
    Input,
    /// Tokens read from the provider's cache.
    CachedInput,
    /// Tokens written to the provider's cache for five minutes.
    CacheWrite5m,
    /// Tokens written to the provider's cache for an hour.
    CacheWrite1h,
    /// Tokens of sound read.
    InputAudio,
    /// Tokens of images read.
    InputImage,
    /// Tokens of text generated.
    Output,
    /// Tokens generated in thought.
    Reasoning,
    /// Tokens of sound generated.
    OutputAudio,
    /// Tokens of images generated.
    OutputImage,
    /// One image generated.
    Image,
    /// One second of sound.
    Second,
    /// One search.
    Search,
    /// One request that was answered.
    Request,
}

impl Part {
    /// All parts, in the order in which price lists are written.
    pub const ALL: [Self; Self::COUNT] = [
        Self::Input,
        Self::CachedInput,
        Self::CacheWrite5m,
        Self::CacheWrite1h,
        Self::InputAudio,
        Self::InputImage,
        Self::Output,
        Self::Reasoning,
        Self::OutputAudio,
        Self::OutputImage,
        Self::Image,
        Self::Second,
        Self::Search,
        Self::Request,
    ];
    /// How many parts there are.
    pub const COUNT: usize = 14;

    /// The name in price lists.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::CachedInput => "cached-input",
            Self::CacheWrite5m => "cache-write-5m",
            Self::CacheWrite1h => "cache-write-1h",
            Self::InputAudio => "input-audio",
            Self::InputImage => "input-image",
            Self::Output => "output",
            Self::Reasoning => "reasoning",
            Self::OutputAudio => "output-audio",
            Self::OutputImage => "output-image",
            Self::Image => "image",
            Self::Second => "second",
            Self::Search => "search",
            Self::Request => "request",
        }
    }

    /// Whose price holds where the part has none of its own.
    pub const fn falls_back_to(self) -> Option<Self> {
        match self {
            Self::CachedInput | Self::CacheWrite5m | Self::InputAudio | Self::InputImage => {
                Some(Self::Input)
            }
            Self::CacheWrite1h => Some(Self::CacheWrite5m),
            Self::Reasoning | Self::OutputAudio | Self::OutputImage => Some(Self::Output),
            Self::Input
            | Self::Output
            | Self::Image
            | Self::Second
            | Self::Search
            | Self::Request => None,
        }
    }

    /// Whether its price is written per million: tokens are, the rest is priced one by one.
    pub const fn is_tokens(self) -> bool {
        !matches!(
            self,
            Self::Image | Self::Second | Self::Search | Self::Request
        )
    }

    /// How much of the part was used: tokens or pieces; for [`Part::Second`] microseconds. Requests
    /// are not part of a usage: 0.
    pub const fn units(self, usage: &Usage) -> u64 {
        match self {
            Self::Input => usage.input,
            Self::CachedInput => usage.cached_input,
            Self::CacheWrite5m => usage.cache_write_5m,
            Self::CacheWrite1h => usage.cache_write_1h,
            Self::InputAudio => usage.input_audio,
            Self::InputImage => usage.input_image,
            Self::Output => usage.output,
            Self::Reasoning => usage.reasoning,
            Self::OutputAudio => usage.output_audio,
            Self::OutputImage => usage.output_image,
            Self::Image => usage.images,
            Self::Second => usage.audio_micros,
            Self::Search => usage.searches,
            Self::Request => 0,
        }
    }

    /// Where the part stands in a usage; none for requests.
    pub const fn slot(self, usage: &mut Usage) -> Option<&mut u64> {
        Some(match self {
            Self::Input => &mut usage.input,
            Self::CachedInput => &mut usage.cached_input,
            Self::CacheWrite5m => &mut usage.cache_write_5m,
            Self::CacheWrite1h => &mut usage.cache_write_1h,
            Self::InputAudio => &mut usage.input_audio,
            Self::InputImage => &mut usage.input_image,
            Self::Output => &mut usage.output,
            Self::Reasoning => &mut usage.reasoning,
            Self::OutputAudio => &mut usage.output_audio,
            Self::OutputImage => &mut usage.output_image,
            Self::Image => &mut usage.images,
            Self::Second => &mut usage.audio_micros,
            Self::Search => &mut usage.searches,
            Self::Request => return None,
        })
    }

    pub(super) const fn index(self) -> usize {
        self as usize
    }
}
