//! Gemini's dialect: content, whole and in both forms of a stream, embeddings, and the counting of
//! tokens. The path names the model and the verb.

use std::iter;

use serde_json::{Value, json};

use crate::ask::Ask;
use crate::call::{Answer, Call};
use crate::completion::Completion;
use crate::failure::Failure;
use crate::openai::embeddings::{DEFAULT_DIMENSIONS, vector};
use crate::prompt::Prompt;
use crate::sse::{Frame, Frames, data};

const MAX_CANDIDATES: u64 = 8;

pub(crate) fn answer(call: &Call) -> Result<Answer, Failure> {
    let name = call.path().rsplit('/').next().unwrap_or_default();
    let (model, verb) = name.rsplit_once(':').unwrap_or((name, ""));
    let ask = call.ask()?;
    match verb {
        "generateContent" => Ok(Answer::Json(content(call, &ask, model)?.whole())),
        "streamGenerateContent" => {
            let frames = content(call, &ask, model)?.into_frames(is_events(call));
            Ok(match is_events(call) {
                true => Answer::Stream(frames),
                false => Answer::Pieces(frames),
            })
        }
        "embedContent" => {
            let (values, tokens) = embedding(ask.required("content")?);
            Ok(Answer::Json(json!({
                "embedding": {"values": values}, "usageMetadata": {"promptTokenCount": tokens},
            })))
        }
        "batchEmbedContents" => batch(&ask),
        "countTokens" => {
            let nested = ask.get("generateContentRequest");
            let contents = nested.and_then(|request| request.get("contents"));
            let contents = contents.map_or_else(|| ask.required("contents"), Ok)?;
            let tokens = Prompt::measure(contents, None).tokens();
            Ok(Answer::Json(json!({"totalTokens": tokens})))
        }
        _ => Err(Failure::unknown_model(name)),
    }
}

fn is_events(call: &Call) -> bool {
    let query = call.parts.uri.query().unwrap_or_default();
    query.split('&').any(|part| part == "alt=sse")
}

fn batch(ask: &Ask) -> Result<Answer, Failure> {
    let requests = ask.required("requests")?.as_array();
    let requests = requests.ok_or_else(|| Failure::bad_field("requests", "must be a list"))?;
    let nothing = Value::Null;
    let embedded: Vec<(Vec<f32>, u64)> = requests
        .iter()
        .map(|request| embedding(request.get("content").unwrap_or(&nothing)))
        .collect();
    let tokens: u64 = embedded.iter().map(|(_, tokens)| tokens).sum();
    let embeddings: Vec<Value> = embedded
        .into_iter()
        .map(|(values, _)| json!({"values": values}))
        .collect();
    Ok(Answer::Json(json!({
        "embeddings": embeddings, "usageMetadata": {"promptTokenCount": tokens},
    })))
}

fn embedding(content: &Value) -> (Vec<f32>, u64) {
    let tokens = Prompt::measure(content, None).tokens();
    (vector(&content.to_string(), DEFAULT_DIMENSIONS), tokens)
}

fn content(call: &Call, ask: &Ask, model: &str) -> Result<Content, Failure> {
    let instruction = ask
        .get("systemInstruction")
        .or(ask.get("system_instruction"));
    let prompt = Prompt::measure(ask.required("contents")?, instruction);
    let config = ask.get("generationConfig").or(ask.get("generation_config"));
    let config = Ask::new(
        config
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default(),
    );
    let cap = config.cap(&["maxOutputTokens", "max_output_tokens"])?;
    let count = config.count("candidateCount", MAX_CANDIDATES)?.unwrap_or(1);
    Ok(Content {
        id: call.id("resp-"),
        model: model.to_owned(),
        input_tokens: prompt.tokens(),
        count,
        completion: Completion::write(prompt.last_user_bytes, cap, call.script.chunks),
    })
}

struct Content {
    id: String,
    model: String,
    input_tokens: u64,
    /// All candidates say the same.
    count: u64,
    completion: Completion,
}

impl Content {
    fn whole(&self) -> Value {
        self.object(&self.completion.text(), self.completion.tokens, true)
    }

    /// Each piece tells what was used so far.
    fn into_frames(self, is_events: bool) -> Frames {
        let last = self.completion.chunks.len().saturating_sub(1);
        let chunks = self.completion.chunks.clone();
        let mut said = 0;
        let pieces = chunks.into_iter().enumerate().map(move |(number, text)| {
            said += u64::try_from(text.split_whitespace().count()).unwrap_or(u64::MAX);
            let piece = self.object(&text, said, number == last);
            Frame::Content(match (is_events, number) {
                (true, _) => data(&piece),
                (false, 0) => format!("[{piece}").into(),
                (false, _) => format!(",\r\n{piece}").into(),
            })
        });
        let end = (!is_events).then(|| Frame::Closing("]".into()));
        Box::new(iter::empty().chain(pieces).chain(end))
    }

    fn object(&self, text: &str, tokens: u64, is_last: bool) -> Value {
        let reason = match self.completion.is_cut {
            true => "MAX_TOKENS",
            false => "STOP",
        };
        let candidates: Vec<Value> = (0..self.count)
            .map(|index| {
                let mut candidate = json!({
                    "content": {"parts": [{"text": text}], "role": "model"},
                    "index": index,
                });
                if let Some(fields) = candidate.as_object_mut().filter(|_| is_last) {
                    fields.insert("finishReason".to_owned(), json!(reason));
                }
                candidate
            })
            .collect();
        let output = tokens * self.count;
        json!({
            "candidates": candidates,
            "usageMetadata": {
                "promptTokenCount": self.input_tokens,
                "candidatesTokenCount": output,
                "totalTokenCount": self.input_tokens + output,
                "promptTokensDetails": [{"modality": "TEXT", "tokenCount": self.input_tokens}],
            },
            "modelVersion": self.model,
            "responseId": self.id,
        })
    }
}
