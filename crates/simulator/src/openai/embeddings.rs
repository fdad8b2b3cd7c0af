//! `POST /v1/embeddings`: vectors of length one that depend on the text alone.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::input::inputs;
use crate::ask::Ask;
use crate::call::{Answer, Call};
use crate::failure::Failure;

pub(crate) const DEFAULT_DIMENSIONS: u64 = 64;
const MAX_DIMENSIONS: u64 = 4_096;

pub(crate) fn answer(call: &Call) -> Result<Answer, Failure> {
    let ask = call.ask()?;
    let model = ask.model()?;
    let inputs = inputs("input", ask.required("input")?)?;
    let as_base64 = is_base64(&ask)?;
    let dimensions = ask.count("dimensions", MAX_DIMENSIONS)?;
    let dimensions = dimensions.unwrap_or(DEFAULT_DIMENSIONS);
    let data: Vec<_> = inputs
        .iter()
        .map(|input| vector(&input.text, dimensions))
        .enumerate()
        .map(|(index, vector)| {
            let embedding = match as_base64 {
                true => json!(encode(&vector)),
                false => json!(vector),
            };
            json!({"object": "embedding", "index": index, "embedding": embedding})
        })
        .collect();
    let tokens: u64 = inputs.iter().map(|it| it.tokens).sum();
    Ok(Answer::Json(json!({
        "object": "list",
        "model": model,
        "data": data,
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    })))
}

fn is_base64(ask: &Ask) -> Result<bool, Failure> {
    match ask.get("encoding_format").map(Value::as_str) {
        None | Some(Some("float")) => Ok(false),
        Some(Some("base64")) => Ok(true),
        Some(_) => Err(Failure::bad_field(
            "encoding_format",
            "must be float or base64",
        )),
    }
}

/// The official SDKs unpack little-endian 32-bit floats.
fn encode(vector: &[f32]) -> String {
    let bytes: Vec<u8> = vector.iter().flat_map(|it| it.to_le_bytes()).collect();
    BASE64_STANDARD.encode(bytes)
}

pub(crate) fn vector(text: &str, dimensions: u64) -> Vec<f32> {
    // FNV-1a seeds a xorshift: nothing here has to be hard to guess.
    let mut state = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    }) | 1;
    let raw: Vec<f32> = (0..dimensions)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let sixteen_bits = u16::try_from(state >> 48).unwrap_or(u16::MAX);
            f32::from(sixteen_bits) / 32_768.0 - 1.0
        })
        .collect();
    let length = raw.iter().map(|it| it * it).sum::<f32>().sqrt();
    match length > 0.0 {
        true => raw.into_iter().map(|it| it / length).collect(),
        false => raw,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vector_has_length_one_and_depends_on_the_text_alone() {
        let one = vector("one", 64);
        assert_eq!(one, vector("one", 64));
        assert_ne!(one, vector("two", 64));
        let length: f32 = one.iter().map(|it| it * it).sum();
        assert!((length - 1.0).abs() < 1e-4, "{length}");
    }
}
