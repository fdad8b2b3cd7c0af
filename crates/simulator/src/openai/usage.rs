//! What a call used, as chat and text completions write it.

use serde_json::{Value, json};

use crate::completion::Completion;

/// Every choice is paid for, the prompt only once.
pub(super) fn usage(prompt_tokens: u64, choices: &[Completion]) -> Value {
    let completion_tokens: u64 = choices.iter().map(|it| it.tokens).sum();
    json!({
        "prompt_tokens": prompt_tokens,
        "completion_tokens": completion_tokens,
        "total_tokens": prompt_tokens + completion_tokens,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": 0,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    })
}
