//! `POST /v1/audio/transcriptions` and `/v1/audio/translations`, in all forms of an answer.
//!
//! A sound lasts a second for every thousand bytes, rounded up, and has ten tokens a second.

use std::iter;

use serde_json::{Value, json};

use crate::call::{Answer, Call};
use crate::completion::Completion;
use crate::failure::Failure;
use crate::form::Form;
use crate::sse::{Frame, Frames, data};

const BYTES_PER_SECOND: u64 = 1_000;
const TOKENS_PER_SECOND: u64 = 10;

pub(crate) fn transcribe(call: &Call) -> Result<Answer, Failure> {
    let form = Form::read(call)?;
    let model = form.required("model")?;
    if form.files != 1 {
        return Err(Failure::bad_field("file", "must be one file"));
    }
    let seconds = form.file_bytes.div_ceil(BYTES_PER_SECOND);
    let bytes = usize::try_from(form.file_bytes).unwrap_or(usize::MAX);
    let completion = Completion::write(bytes, None, call.script.chunks);
    let usage = usage(model, seconds, completion.tokens);
    if form.get("stream") == Some("true") {
        return Ok(Answer::Stream(frames(completion, usage)));
    }
    let text = completion.text();
    match form.get("response_format").unwrap_or("json") {
        "json" => Ok(Answer::Json(json!({"text": text, "usage": usage}))),
        "verbose_json" => Ok(Answer::Json(json!({
            "task": "transcribe",
            "language": "english",
            "duration": seconds,
            "text": text,
            "segments": [],
            "usage": {"type": "duration", "seconds": seconds},
        }))),
        "text" => Ok(Answer::Text(format!("{text}\n"))),
        "srt" => Ok(Answer::Text(format!(
            "1\n00:00:00,000 --> {},000\n{text}\n\n",
            clock(seconds)
        ))),
        "vtt" => Ok(Answer::Text(format!(
            "WEBVTT\n\n00:00:00.000 --> {}.000\n{text}\n\n",
            clock(seconds)
        ))),
        _ => Err(Failure::bad_field(
            "response_format",
            "must be json, verbose_json, text, srt or vtt",
        )),
    }
}

/// Whisper is counted by time, its successors by tokens.
fn usage(model: &str, seconds: u64, output_tokens: u64) -> Value {
    if model.starts_with("whisper") {
        return json!({"type": "duration", "seconds": seconds});
    }
    let input_tokens = seconds * TOKENS_PER_SECOND;
    json!({
        "type": "tokens",
        "input_tokens": input_tokens,
        "input_token_details": {"text_tokens": 0, "audio_tokens": input_tokens},
        "output_tokens": output_tokens,
        "total_tokens": input_tokens + output_tokens,
    })
}

fn frames(completion: Completion, usage: Value) -> Frames {
    let end = json!({
        "type": "transcript.text.done", "text": completion.text(), "usage": usage,
    });
    let content = completion.chunks.into_iter().map(|text| {
        let event = json!({"type": "transcript.text.delta", "delta": text});
        Frame::Content(data(&event))
    });
    Box::new(content.chain(iter::once(Frame::Closing(data(&end)))))
}

fn clock(seconds: u64) -> String {
    let (minutes, seconds) = (seconds / 60, seconds % 60);
    format!("{:02}:{:02}:{seconds:02}", minutes / 60, minutes % 60)
}
