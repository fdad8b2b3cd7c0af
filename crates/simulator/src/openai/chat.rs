//! `POST /v1/chat/completions`.

use std::iter;

use serde_json::{Value, json};

use super::usage::usage;
use super::{MAX_CHOICES, finish_reason};
use crate::call::{Answer, Call, created};
use crate::completion::Completion;
use crate::failure::Failure;
use crate::prompt::Prompt;
use crate::sse::{Frame, Frames, data};

pub(crate) fn answer(call: &Call) -> Result<Answer, Failure> {
    let ask = call.ask()?;
    let chat = Chat {
        id: call.id("chatcmpl-"),
        created: created(),
        model: ask.model()?,
        includes_usage: ask.includes_usage(),
    };
    let prompt = Prompt::measure(ask.messages()?, None);
    let cap = ask.cap(&["max_tokens", "max_completion_tokens"])?;
    let count = ask.count("n", MAX_CHOICES)?.unwrap_or(1);
    let choices: Vec<_> = (0..count)
        .map(|_| Completion::write(prompt.last_user_bytes, cap, call.script.chunks))
        .collect();
    let usage = usage(prompt.tokens(), &choices);
    match ask.flag("stream")? {
        true => Ok(Answer::Stream(chat.into_frames(choices, usage))),
        false => Ok(Answer::Json(chat.whole(&choices, &usage))),
    }
}

struct Chat {
    id: String,
    created: u64,
    model: String,
    includes_usage: bool,
}

impl Chat {
    fn whole(&self, choices: &[Completion], usage: &Value) -> Value {
        let choices: Vec<_> = choices
            .iter()
            .enumerate()
            .map(|(index, choice)| {
                json!({
                    "index": index,
                    "message": {
                        "role": "assistant",
                        "content": choice.text(),
                        "refusal": null,
                        "annotations": [],
                    },
                    "logprobs": null,
                    "finish_reason": finish_reason(choice.is_cut),
                })
            })
            .collect();
        json!({
            "id": self.id,
            "object": "chat.completion",
            "created": self.created,
            "model": self.model,
            "choices": choices,
            "usage": usage,
            "service_tier": "default",
            "system_fingerprint": "fp_simulator",
        })
    }

    /// All roles, then all content, then all ends, then the usage if it was asked for.
    fn into_frames(self, choices: Vec<Completion>, usage: Value) -> Frames {
        let role = json!({"role": "assistant", "content": "", "refusal": null});
        let mut opening = Vec::new();
        let mut closing = Vec::new();
        for (index, choice) in choices.iter().enumerate() {
            let reason = Some(finish_reason(choice.is_cut));
            opening.push(Frame::Opening(self.delta(index, &role, None)));
            closing.push(Frame::Closing(self.delta(index, &json!({}), reason)));
        }
        if self.includes_usage {
            closing.push(Frame::Closing(data(&self.chunk(json!([]), usage))));
        }
        closing.push(Frame::Closing("data: [DONE]\n\n".into()));
        let content = choices
            .into_iter()
            .enumerate()
            .flat_map(|(index, choice)| choice.chunks.into_iter().map(move |text| (index, text)))
            .map(move |(index, text)| {
                Frame::Content(self.delta(index, &json!({"content": text}), None))
            });
        Box::new(iter::empty().chain(opening).chain(content).chain(closing))
    }

    fn delta(&self, index: usize, delta: &Value, finish_reason: Option<&str>) -> bytes::Bytes {
        let choice = json!({
            "index": index,
            "delta": delta,
            "logprobs": null,
            "finish_reason": finish_reason,
        });
        data(&self.chunk(json!([choice]), Value::Null))
    }

    /// The key `usage` is there, if only as null, exactly when the client asked for usage.
    fn chunk(&self, choices: Value, usage: Value) -> Value {
        let mut chunk = json!({
            "id": self.id,
            "object": "chat.completion.chunk",
            "created": self.created,
            "model": self.model,
            "choices": choices,
            "service_tier": "default",
            "system_fingerprint": "fp_simulator",
        });
        if self.includes_usage
            && let Some(fields) = chunk.as_object_mut()
        {
            fields.insert("usage".to_owned(), usage);
        }
        chunk
    }
}
