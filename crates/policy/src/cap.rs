//! The fields by which a request caps its output.

use crate::endpoint::Endpoint;

/// A field of a request body that caps how many tokens the answer may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CapField {
    /// `max_tokens`: completions, messages, and chat as most servers know it.
    MaxTokens,
    /// `max_completion_tokens`: chat as OpenAI knows it.
    MaxCompletionTokens,
    /// `max_output_tokens`: responses.
    MaxOutputTokens,
    /// `generationConfig.maxOutputTokens`: Gemini.
    GenerationConfig,
}

/// A text that names no such field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not one of `max_tokens`, `max_completion_tokens`, `max_output_tokens`, \
     `generationConfig.maxOutputTokens`"
)]
pub struct CapFieldError(String);

impl CapField {
    /// All fields.
    pub const ALL: [Self; 4] = [
        Self::MaxTokens,
        Self::MaxCompletionTokens,
        Self::MaxOutputTokens,
        Self::GenerationConfig,
    ];

    /// The fields that an endpoint reads; which one wins, if two are there, differs by upstream.
    pub const fn of(endpoint: Endpoint) -> &'static [Self] {
        match endpoint {
            Endpoint::ChatCompletions => &[Self::MaxTokens, Self::MaxCompletionTokens],
            Endpoint::Completions | Endpoint::Messages => &[Self::MaxTokens],
            Endpoint::Responses => &[Self::MaxOutputTokens],
            Endpoint::GeminiGenerate => &[Self::GenerationConfig],
            _ => &[],
        }
    }

    /// The name in a request body, with a dot where it stands in an object.
    pub const fn name(self) -> &'static str {
        match self {
            Self::MaxTokens => "max_tokens",
            Self::MaxCompletionTokens => "max_completion_tokens",
            Self::MaxOutputTokens => "max_output_tokens",
            Self::GenerationConfig => "generationConfig.maxOutputTokens",
        }
    }
}

impl std::fmt::Display for CapField {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for CapField {
    type Err = CapFieldError;

    fn from_str(text: &str) -> Result<Self, CapFieldError> {
        Self::ALL
            .into_iter()
            .find(|one| one.name() == text)
            .ok_or_else(|| CapFieldError(text.chars().take(40).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_has_the_name_that_upstreams_read() {
        for field in CapField::ALL {
            assert_eq!(field.to_string().parse(), Ok(field));
        }
        let names = CapField::ALL.map(CapField::name);
        let expected = [
            "max_tokens",
            "max_completion_tokens",
            "max_output_tokens",
            "generationConfig.maxOutputTokens",
        ];
        assert_eq!(names, expected);
        assert!("".parse::<CapField>().is_err());
    }
}
