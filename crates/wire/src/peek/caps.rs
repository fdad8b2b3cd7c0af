//! The caps that a client sets on the output of a call, and which endpoint reads which of them.

use std::ops::Range;

pub use tollgate_policy::cap::CapField;
use tollgate_policy::endpoint::Endpoint;
use tollgate_policy::name::Provider;

/// The field in which to cap a call whose client set no cap, where nothing better is known of the
/// model. OpenAI's newer models refuse `max_tokens`; most who imitate it know nothing else.
pub fn default_cap_field(endpoint: Endpoint, provider: &Provider) -> Option<CapField> {
    match endpoint {
        Endpoint::ChatCompletions if matches!(provider.as_str(), "openai" | "azure") => {
            Some(CapField::MaxCompletionTokens)
        }
        _ => CapField::of(endpoint).first().copied(),
    }
}

/// A cap as it stands in a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cap {
    /// The tokens. None where the value is null, or 0: relays that leave zeros out make of either
    /// a call without a cap.
    pub value: Option<u64>,
    /// Where the value stands in the body, in bytes.
    pub span: Range<usize>,
}

/// The caps of a body.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Caps {
    /// `max_tokens`
    pub max_tokens: Option<Cap>,
    /// `max_completion_tokens`
    pub max_completion_tokens: Option<Cap>,
    /// `max_output_tokens`
    pub max_output_tokens: Option<Cap>,
    /// `generationConfig.maxOutputTokens`, which Gemini also knows in snake case.
    pub generation_config: Option<Cap>,
}

impl Caps {
    /// The cap in a field, if the body has the field.
    pub const fn get(&self, field: CapField) -> Option<&Cap> {
        match field {
            CapField::MaxTokens => self.max_tokens.as_ref(),
            CapField::MaxCompletionTokens => self.max_completion_tokens.as_ref(),
            CapField::MaxOutputTokens => self.max_output_tokens.as_ref(),
            CapField::GenerationConfig => self.generation_config.as_ref(),
        }
    }

    /// The most tokens that one choice of the answer can have, whichever field the upstream
    /// reads. None where the client sets no cap that the endpoint knows.
    pub fn bound(&self, endpoint: Endpoint) -> Option<u64> {
        let caps = CapField::of(endpoint).iter();
        caps.filter_map(|field| self.get(*field)?.value).max()
    }
}
