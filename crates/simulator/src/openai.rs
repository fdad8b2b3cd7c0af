//! OpenAI's dialect, one file per resource.

pub(crate) mod audio;
pub(crate) mod chat;
pub(crate) mod completions;
pub(crate) mod embeddings;
pub(crate) mod images;
mod input;
pub(crate) mod models;
pub(crate) mod responses;
pub(crate) mod stored;
mod usage;

/// The most answers to one question, `n` and all prompts together.
const MAX_CHOICES: u64 = 128;

fn finish_reason(is_cut: bool) -> &'static str {
    match is_cut {
        true => "length",
        false => "stop",
    }
}
