//! The four forms in which completions and embeddings take their input: a text, a list of texts,
//! a list of token numbers, a list of such lists.

use serde_json::Value;

use crate::failure::Failure;
use crate::prompt::tokens_of_bytes;

/// The most inputs in one request, as the provider has it.
const MAX_INPUTS: usize = 2_048;

pub(super) struct Input {
    /// Token numbers are written out in JSON.
    pub(super) text: String,
    pub(super) tokens: u64,
}

pub(super) fn inputs(field: &str, value: &Value) -> Result<Vec<Input>, Failure> {
    let problem = || Failure::bad_field(field, "must be text, tokens, or a list of either");
    let list = match value {
        Value::Array(list) if list.is_empty() || list.len() > MAX_INPUTS && !is_tokens(value) => {
            return Err(Failure::bad_field(field, "must hold 1 to 2048 inputs"));
        }
        Value::Array(list) if !is_tokens(value) => list.iter().collect(),
        _ => vec![value],
    };
    list.into_iter()
        .map(|it| input(it).ok_or_else(problem))
        .collect()
}

fn input(value: &Value) -> Option<Input> {
    let tokens = match value {
        Value::String(text) => tokens_of_bytes(text.len()),
        Value::Array(list) if is_tokens(value) => u64::try_from(list.len()).ok()?,
        _ => return None,
    };
    let text = value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned);
    Some(Input { text, tokens })
}

fn is_tokens(value: &Value) -> bool {
    let list = value.as_array();
    list.is_some_and(|list| !list.is_empty() && list.iter().all(Value::is_u64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn tokens(value: Value) -> Option<Vec<u64>> {
        let inputs = inputs("input", &value).ok()?;
        Some(inputs.iter().map(|it| it.tokens).collect())
    }

    #[test]
    fn all_four_forms_are_read_and_others_are_refused() {
        assert_eq!(tokens(json!("hello")), Some(vec![2]));
        assert_eq!(tokens(json!(["hello", ""])), Some(vec![2, 1]));
        assert_eq!(tokens(json!([7, 8, 9])), Some(vec![3]));
        assert_eq!(tokens(json!([[7], [8, 9]])), Some(vec![1, 2]));
        for bad in [json!([]), json!([[]]), json!(5), json!(["a", 1]), json!({})] {
            assert_eq!(tokens(bad.clone()), None, "{bad}");
        }
    }
}
