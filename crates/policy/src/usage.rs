//! What a call used, as providers count it. Who reads it from their answers is `tollgate-wire`.

/// What one call used, in parts that do not overlap: the price of a call is the sum of each part
/// times its own price. Where a kind has no price of its own, it takes that of its whole.
///
/// | part | OpenAI | Anthropic | Gemini |
/// | --- | --- | --- | --- |
/// | `input` | prompt (or input) tokens less all parts of it below | `input_tokens` | prompt less its parts, plus tool use |
/// | `cached_input` | `cached_tokens` | `cache_read_input_tokens` | `cachedContentTokenCount` |
/// | `cache_write_5m` | `cache_write_tokens` | `ephemeral_5m_input_tokens`, and what of `cache_creation_input_tokens` has no stated time | |
/// | `cache_write_1h` | | `ephemeral_1h_input_tokens` | |
/// | `input_audio`, `input_image` | `audio_tokens`, `image_tokens` of the input | | `promptTokensDetails`; of embeddings `promptTokenDetails` |
/// | `output` | completion (or output) tokens less all parts of it below | `output_tokens` | candidates less their parts |
/// | `reasoning` | `reasoning_tokens` | | `thoughtsTokenCount` |
/// | `output_audio`, `output_image` | `audio_tokens`, `image_tokens` of the output; of speech and of images all of it, where none of them is said | | `candidatesTokensDetails` |
///
/// Anthropic's `output_tokens` holds its thinking, and is not split. What of `usage.iterations` its
/// counts of the whole leave out is added to them. Where a part of OpenAI's is larger than its
/// whole, or where the total says so, the provider counts it apart from the whole (xAI does so with
/// reasoning): it is then not taken off. Each count is at most 2^53 as a provider says it, so that
/// no sum of them overflows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Tokens read at the plain price.
    pub input: u64,
    /// Tokens read from the provider's cache.
    pub cached_input: u64,
    /// Tokens written to the provider's cache for its default time, which is five minutes.
    pub cache_write_5m: u64,
    /// Tokens written to the provider's cache for an hour.
    pub cache_write_1h: u64,
    /// Tokens of sound that were read and not cached.
    pub input_audio: u64,
    /// Tokens of images that were read and not cached.
    pub input_image: u64,
    /// Tokens of text generated.
    pub output: u64,
    /// Tokens generated in thought, where the provider tells them.
    pub reasoning: u64,
    /// Tokens of sound generated.
    pub output_audio: u64,
    /// Tokens of images generated.
    pub output_image: u64,
    /// Sound, in microseconds, where the provider counts it by time. Rounded up.
    pub audio_micros: u64,
    /// Searches of the web, and the search units of a reranking, rounded up.
    pub searches: u64,
    /// Images generated, where they are counted and not measured in tokens: those that were asked
    /// for, or that a response made by a tool.
    pub images: u64,
}

impl Usage {
    /// Nothing.
    pub const NONE: Self = Self {
        input: 0,
        cached_input: 0,
        cache_write_5m: 0,
        cache_write_1h: 0,
        input_audio: 0,
        input_image: 0,
        output: 0,
        reasoning: 0,
        output_audio: 0,
        output_image: 0,
        audio_micros: 0,
        searches: 0,
        images: 0,
    };

    /// All tokens read, whatever their price.
    pub const fn input_tokens(&self) -> u64 {
        self.input
            .saturating_add(self.cached_input)
            .saturating_add(self.cache_write_5m)
            .saturating_add(self.cache_write_1h)
            .saturating_add(self.input_audio)
            .saturating_add(self.input_image)
    }

    /// All tokens generated, whatever their price.
    pub const fn output_tokens(&self) -> u64 {
        self.output
            .saturating_add(self.reasoning)
            .saturating_add(self.output_audio)
            .saturating_add(self.output_image)
    }
}
