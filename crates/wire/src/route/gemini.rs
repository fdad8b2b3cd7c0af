//! Gemini's verbs, which end the path of a model after a colon.

use tollgate_policy::endpoint::Endpoint;

/// What is asked of a model, and whether the answer is a stream.
pub(super) fn endpoint(verb: &str) -> Option<(Endpoint, bool)> {
    Some(match verb {
        "generateContent" => (Endpoint::GeminiGenerate, false),
        "streamGenerateContent" => (Endpoint::GeminiGenerate, true),
        "embedContent" | "batchEmbedContents" => (Endpoint::GeminiEmbed, false),
        "countTokens" => (Endpoint::GeminiCountTokens, false),
        _ => return None,
    })
}

pub(super) fn has_verb(path: &str) -> bool {
    path.rsplit_once(':')
        .is_some_and(|(_, verb)| endpoint(verb).is_some())
}
