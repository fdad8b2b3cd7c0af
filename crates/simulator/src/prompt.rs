//! How much text a prompt holds, in any of the nested forms that the dialects allow.

use serde_json::Value;

/// A prompt, measured. Tokens are a fixed rule of four bytes each, so that a test can predict
/// them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Prompt {
    /// All the text that a model would read.
    pub(crate) bytes: usize,
    /// The text of the last message by the user.
    pub(crate) last_user_bytes: usize,
}

impl Prompt {
    /// From a list of messages, or one string, and the instructions that go before them.
    pub(crate) fn measure(messages: &Value, instructions: Option<&Value>) -> Self {
        let last_user = match messages {
            Value::Array(list) => list.iter().rev().find(|it| is_by_user(it)),
            other => Some(other),
        };
        Self {
            bytes: text_bytes(messages) + instructions.map_or(0, text_bytes),
            last_user_bytes: last_user.map_or(0, text_bytes),
        }
    }

    pub(crate) fn tokens(self) -> u64 {
        tokens_of_bytes(self.bytes)
    }
}

/// Four bytes to a token, rounded up, and never none.
pub(crate) fn tokens_of_bytes(bytes: usize) -> u64 {
    u64::try_from(bytes.div_ceil(4).max(1)).unwrap_or(u64::MAX)
}

fn is_by_user(message: &Value) -> bool {
    message.get("role").and_then(Value::as_str) == Some("user")
}

/// Strings count; lists and messages count what is in them; images and tool calls do not.
fn text_bytes(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(parts) => parts.iter().map(text_bytes).sum(),
        Value::Object(part) => ["text", "content", "parts"]
            .iter()
            .filter_map(|field| part.get(*field))
            .map(text_bytes)
            .sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn text_is_found_in_strings_and_in_parts() {
        let messages = json!([
            {"role": "user", "content": "abcde"},
            {"role": "user", "content": [
                {"type": "text", "text": "abc"},
                {"type": "image_url", "image_url": {"url": "data:long"}},
            ]},
            {"role": "assistant", "content": "z"},
        ]);
        let prompt = Prompt::measure(&messages, Some(&json!("be brief")));
        assert_eq!(prompt.bytes, 5 + 3 + 1 + 8);
        assert_eq!(prompt.last_user_bytes, 3);
        assert_eq!(prompt.tokens(), 5);
    }

    #[test]
    fn an_empty_prompt_is_one_token() {
        assert_eq!(Prompt::measure(&json!([]), None).tokens(), 1);
        assert_eq!(tokens_of_bytes(4), 1);
        assert_eq!(tokens_of_bytes(5), 2);
    }
}
