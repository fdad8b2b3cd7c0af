//! Anthropic's dialect: messages, whole and streamed, and the counting of tokens.

use std::iter;

use serde_json::{Value, json};

use crate::ask::Ask;
use crate::call::{Answer, Call};
use crate::completion::Completion;
use crate::failure::Failure;
use crate::prompt::Prompt;
use crate::sse::{Frame, Frames, event};

pub(crate) fn messages(call: &Call) -> Result<Answer, Failure> {
    let ask = call.ask()?;
    let model = ask.model()?;
    let prompt = measure(&ask)?;
    ask.required("max_tokens")?;
    let cap = ask.cap(&["max_tokens"])?;
    let completion = Completion::write(prompt.last_user_bytes, cap, call.script.chunks);
    let message = Message {
        id: call.id("msg_"),
        model,
        input_tokens: prompt.tokens(),
        completion,
    };
    match ask.flag("stream")? {
        true => Ok(Answer::Stream(message.into_frames())),
        false => Ok(Answer::Json(message.whole())),
    }
}

pub(crate) fn count_tokens(call: &Call) -> Result<Answer, Failure> {
    let ask = call.ask()?;
    ask.model()?;
    let tokens = measure(&ask)?.tokens();
    Ok(Answer::Json(json!({"input_tokens": tokens})))
}

fn measure(ask: &Ask) -> Result<Prompt, Failure> {
    Ok(Prompt::measure(ask.messages()?, ask.get("system")))
}

struct Message {
    id: String,
    model: String,
    input_tokens: u64,
    completion: Completion,
}

impl Message {
    fn whole(&self) -> Value {
        self.object(
            json!([{"type": "text", "text": self.completion.text()}]),
            json!(self.stop_reason()),
            self.completion.tokens,
        )
    }

    fn into_frames(self) -> Frames {
        // The provider counts the first token before it has said it.
        let start = self.object(json!([]), Value::Null, self.completion.tokens.min(1));
        let block = json!({"type": "text", "text": ""});
        let end = json!({
            "delta": {"stop_reason": self.stop_reason(), "stop_sequence": null},
            "usage": {"output_tokens": self.completion.tokens},
        });
        let opening = [
            ("message_start", json!({"message": start})),
            (
                "content_block_start",
                json!({"index": 0, "content_block": block}),
            ),
            ("ping", json!({})),
        ];
        let closing = [
            ("content_block_stop", json!({"index": 0})),
            ("message_delta", end),
            ("message_stop", json!({})),
        ];
        let content = self.completion.chunks.into_iter().map(|text| {
            let delta = json!({"type": "text_delta", "text": text});
            let payload = json!({"index": 0, "delta": delta});
            Frame::Content(typed("content_block_delta", payload))
        });
        let opening = opening.map(|(name, payload)| Frame::Opening(typed(name, payload)));
        let closing = closing.map(|(name, payload)| Frame::Closing(typed(name, payload)));
        Box::new(iter::empty().chain(opening).chain(content).chain(closing))
    }

    fn object(&self, content: Value, stop_reason: Value, output_tokens: u64) -> Value {
        json!({
            "id": self.id,
            "type": "message",
            "role": "assistant",
            "model": self.model,
            "content": content,
            "stop_reason": stop_reason,
            "stop_sequence": null,
            "usage": {
                "input_tokens": self.input_tokens,
                "cache_creation_input_tokens": 0,
                "cache_read_input_tokens": 0,
                "output_tokens": output_tokens,
            },
        })
    }

    fn stop_reason(&self) -> &'static str {
        match self.completion.is_cut {
            true => "max_tokens",
            false => "end_turn",
        }
    }
}

/// Every event says its own name once more in its payload.
fn typed(name: &str, mut payload: Value) -> bytes::Bytes {
    if let Some(fields) = payload.as_object_mut() {
        fields.insert("type".to_owned(), json!(name));
    }
    event(name, &payload)
}
