//! `POST /v1/completions`.

use std::iter;

use serde_json::{Value, json};

use super::input::inputs;
use super::usage::usage;
use super::{MAX_CHOICES, finish_reason};
use crate::call::{Answer, Call, created};
use crate::completion::Completion;
use crate::failure::Failure;
use crate::sse::{Frame, Frames, data};

pub(crate) fn answer(call: &Call) -> Result<Answer, Failure> {
    let ask = call.ask()?;
    let text = Text {
        id: call.id("cmpl-"),
        created: created(),
        model: ask.model()?,
        includes_usage: ask.includes_usage(),
    };
    let prompts = inputs("prompt", ask.required("prompt")?)?;
    let per_prompt = ask.count("n", MAX_CHOICES)?.unwrap_or(1);
    let cap = ask.cap(&["max_tokens"])?;
    let choices: Vec<_> = prompts
        .iter()
        .flat_map(|prompt| (0..per_prompt).map(move |_| prompt.text.len()))
        .map(|bytes| Completion::write(bytes, cap, call.script.chunks))
        .collect();
    if u64::try_from(choices.len()).unwrap_or(u64::MAX) > MAX_CHOICES {
        return Err(Failure::bad_field("prompt", "asks for too many choices"));
    }
    let usage = usage(prompts.iter().map(|it| it.tokens).sum(), &choices);
    match ask.flag("stream")? {
        true => Ok(Answer::Stream(text.into_frames(choices, usage))),
        false => Ok(Answer::Json(text.whole(&choices, &usage))),
    }
}

struct Text {
    id: String,
    created: u64,
    model: String,
    includes_usage: bool,
}

impl Text {
    fn whole(&self, choices: &[Completion], usage: &Value) -> Value {
        let choices: Vec<_> = choices
            .iter()
            .enumerate()
            .map(|(index, it)| choice(index, &it.text(), Some(finish_reason(it.is_cut))))
            .collect();
        self.object(json!(choices), Some(usage.clone()))
    }

    fn into_frames(self, choices: Vec<Completion>, usage: Value) -> Frames {
        let mut closing: Vec<_> = choices
            .iter()
            .enumerate()
            .map(|(index, it)| choice(index, "", Some(finish_reason(it.is_cut))))
            .map(|choice| Frame::Closing(self.chunk(choice)))
            .collect();
        if self.includes_usage {
            let chunk = self.object(json!([]), Some(usage));
            closing.push(Frame::Closing(data(&chunk)));
        }
        closing.push(Frame::Closing("data: [DONE]\n\n".into()));
        let content = choices
            .into_iter()
            .enumerate()
            .flat_map(|(index, choice)| choice.chunks.into_iter().map(move |text| (index, text)))
            .map(move |(index, text)| Frame::Content(self.chunk(choice(index, &text, None))));
        Box::new(iter::empty().chain(content).chain(closing))
    }

    fn chunk(&self, choice: Value) -> bytes::Bytes {
        let usage = self.includes_usage.then_some(Value::Null);
        data(&self.object(json!([choice]), usage))
    }

    fn object(&self, choices: Value, usage: Option<Value>) -> Value {
        let mut object = json!({
            "id": self.id,
            "object": "text_completion",
            "created": self.created,
            "model": self.model,
            "choices": choices,
        });
        if let (Some(usage), Some(fields)) = (usage, object.as_object_mut()) {
            fields.insert("usage".to_owned(), usage);
        }
        object
    }
}

fn choice(index: usize, text: &str, finish_reason: Option<&str>) -> Value {
    json!({
        "index": index,
        "text": text,
        "logprobs": null,
        "finish_reason": finish_reason,
    })
}
