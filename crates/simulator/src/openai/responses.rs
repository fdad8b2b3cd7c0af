//! `POST /v1/responses`: one message of one text part, whole or as numbered events.

use std::iter;

use serde_json::{Value, json};

use crate::call::{Answer, Call, created};
use crate::completion::Completion;
use crate::failure::Failure;
use crate::prompt::Prompt;
use crate::sse::{Frame, Frames, event};

pub(crate) fn answer(call: &Call) -> Result<Answer, Failure> {
    let ask = call.ask()?;
    let prompt = Prompt::measure(ask.required("input")?, ask.get("instructions"));
    let cap = ask.cap(&["max_output_tokens"])?;
    let response = Reply {
        id: call.id("resp_"),
        item_id: call.id("msg_"),
        created_at: created(),
        model: ask.model()?,
        instructions: ask.get("instructions").cloned().unwrap_or_default(),
        cap,
        input_tokens: prompt.tokens(),
        completion: Completion::write(prompt.last_user_bytes, cap, call.script.chunks),
    };
    match ask.flag("stream")? {
        true => Ok(Answer::Stream(response.into_frames())),
        false => Ok(Answer::Json(response.ended())),
    }
}

struct Reply {
    id: String,
    item_id: String,
    created_at: u64,
    model: String,
    instructions: Value,
    cap: Option<u64>,
    input_tokens: u64,
    completion: Completion,
}

impl Reply {
    fn ended(&self) -> Value {
        let output_tokens = self.completion.tokens;
        let usage = json!({
            "input_tokens": self.input_tokens,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": output_tokens,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": self.input_tokens + output_tokens,
        });
        self.object(self.status(), json!([self.ended_item()]), usage)
    }

    fn begun(&self) -> Value {
        self.object("in_progress", json!([]), Value::Null)
    }

    fn object(&self, status: &str, output: Value, usage: Value) -> Value {
        let incomplete = (status == "incomplete").then(|| json!({"reason": "max_output_tokens"}));
        json!({
            "id": self.id,
            "object": "response",
            "created_at": self.created_at,
            "status": status,
            "background": false,
            "error": null,
            "incomplete_details": incomplete,
            "instructions": self.instructions,
            "max_output_tokens": self.cap,
            "metadata": {},
            "model": self.model,
            "output": output,
            "parallel_tool_calls": true,
            "previous_response_id": null,
            "reasoning": {"effort": null, "summary": null},
            "service_tier": "default",
            "store": false,
            "temperature": 1.0,
            "text": {"format": {"type": "text"}},
            "tool_choice": "auto",
            "tools": [],
            "top_p": 1.0,
            "truncation": "disabled",
            "usage": usage,
            "user": null,
        })
    }

    fn status(&self) -> &'static str {
        match self.completion.is_cut {
            true => "incomplete",
            false => "completed",
        }
    }

    fn ended_item(&self) -> Value {
        self.item(self.status(), json!([part(&self.completion.text())]))
    }

    fn item(&self, status: &str, content: Value) -> Value {
        json!({
            "id": self.item_id,
            "type": "message",
            "status": status,
            "role": "assistant",
            "content": content,
        })
    }

    /// The fields by which an event says which part of which item it is about.
    fn place(&self, name: &str, value: Value) -> Value {
        json!({"item_id": self.item_id, "output_index": 0, "content_index": 0, name: value})
    }

    fn into_frames(self) -> Frames {
        let item = self.item("in_progress", json!([]));
        let opening = [
            ("response.created", json!({"response": self.begun()})),
            ("response.in_progress", json!({"response": self.begun()})),
            (
                "response.output_item.added",
                json!({"output_index": 0, "item": item}),
            ),
            ("response.content_part.added", self.place("part", part(""))),
        ];
        let text = self.completion.text();
        let ended = match self.completion.is_cut {
            true => "response.incomplete",
            false => "response.completed",
        };
        let closing = [
            (
                "response.output_text.done",
                without_logprobs(self.place("text", json!(text))),
            ),
            (
                "response.content_part.done",
                self.place("part", part(&text)),
            ),
            (
                "response.output_item.done",
                json!({"output_index": 0, "item": self.ended_item()}),
            ),
            (ended, json!({"response": self.ended()})),
        ];
        let chunks = self.completion.chunks.clone().into_iter();
        let content = chunks.map(move |text| {
            let payload = without_logprobs(self.place("delta", json!(text)));
            ("response.output_text.delta", payload)
        });
        let opening = opening.map(|it| (it, Frame::Opening as Kind));
        let content = content.map(|it| (it, Frame::Content as Kind));
        let closing = closing.map(|it| (it, Frame::Closing as Kind));
        let all = iter::empty().chain(opening).chain(content).chain(closing);
        Box::new(all.enumerate().map(|(number, ((name, payload), kind))| {
            kind(event(name, &numbered(name, number, payload)))
        }))
    }
}

type Kind = fn(bytes::Bytes) -> Frame;

fn part(text: &str) -> Value {
    json!({"type": "output_text", "text": text, "annotations": [], "logprobs": []})
}

fn without_logprobs(payload: Value) -> Value {
    with(payload, [("logprobs", json!([]))])
}

fn numbered(name: &str, number: usize, payload: Value) -> Value {
    with(
        payload,
        [("type", json!(name)), ("sequence_number", json!(number))],
    )
}

fn with<const N: usize>(mut payload: Value, more: [(&str, Value); N]) -> Value {
    if let Some(fields) = payload.as_object_mut() {
        fields.extend(more.map(|(name, value)| (name.to_owned(), value)));
    }
    payload
}
