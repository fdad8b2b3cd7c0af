//! `POST /v1/images/generations`, `/edits` and `/variations`: the smallest picture, as often as it
//! is asked for. Each has a hundred tokens.

use axum::http::header::{CONTENT_TYPE, HeaderValue};
use serde_json::{Value, json};

use crate::call::{Answer, Call, created};
use crate::failure::Failure;
use crate::form::Form;
use crate::prompt::tokens_of_bytes;

const MAX_IMAGES: u64 = 10;
const TOKENS_PER_IMAGE: u64 = 100;
/// One transparent pixel, in PNG.
const PIXEL: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII=";

pub(crate) fn generate(call: &Call) -> Result<Answer, Failure> {
    let ask = call.ask()?;
    ask.model()?;
    let prompt = ask.required("prompt")?.as_str();
    let prompt = prompt.ok_or_else(|| Failure::bad_field("prompt", "must be text"))?;
    let count = ask.count("n", MAX_IMAGES)?.unwrap_or(1);
    Ok(images(count, tokens_of_bytes(prompt.len()), 0))
}

/// Pictures in a form, or named in JSON.
pub(crate) fn edit(call: &Call) -> Result<Answer, Failure> {
    let kind = call.parts.headers.get(CONTENT_TYPE);
    if kind == Some(&HeaderValue::from_static("application/json")) {
        edit_named(call)
    } else {
        vary(call)
    }
}

fn edit_named(call: &Call) -> Result<Answer, Failure> {
    let ask = call.ask()?;
    ask.model()?;
    let pictures = ask.required("images")?.as_array();
    let pictures = pictures.ok_or_else(|| Failure::bad_field("images", "must be a list"))?;
    let prompt = ask.required("prompt")?.as_str().unwrap_or_default();
    let count = ask.count("n", MAX_IMAGES)?.unwrap_or(1);
    let pictures = u64::try_from(pictures.len()).unwrap_or(u64::MAX);
    let seen = pictures.saturating_mul(TOKENS_PER_IMAGE);
    Ok(images(count, tokens_of_bytes(prompt.len()), seen))
}

/// A variation has no prompt.
pub(crate) fn vary(call: &Call) -> Result<Answer, Failure> {
    let form = Form::read(call)?;
    form.required("model")?;
    if form.files == 0 {
        return Err(Failure::bad_field("image", "is required"));
    }
    let count = form.count("n", MAX_IMAGES)?;
    let prompt = tokens_of_bytes(form.get("prompt").unwrap_or_default().len());
    Ok(images(count, prompt, form.files * TOKENS_PER_IMAGE))
}

fn images(count: u64, text_tokens: u64, image_tokens: u64) -> Answer {
    let data: Vec<Value> = (0..count).map(|_| json!({"b64_json": PIXEL})).collect();
    let (input, output) = (text_tokens + image_tokens, count * TOKENS_PER_IMAGE);
    Answer::Json(json!({
        "created": created(),
        "data": data,
        "usage": {
            "input_tokens": input,
            "input_tokens_details": {"text_tokens": text_tokens, "image_tokens": image_tokens},
            "output_tokens": output,
            "total_tokens": input + output,
        },
    }))
}
