//! How many tokens a model of Anthropic's may think with.

use super::flag::Flag;
use super::members::string;

/// What a value of `thinking` says; none where it is not enabled with a budget of its own.
pub(super) fn budget(raw: &str) -> Option<u64> {
    let kind = Flag::read(raw, "type")?.value.and_then(string)?;
    if kind != "enabled" {
        return None;
    }
    Flag::read(raw, "budget_tokens")?.value?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::super::peek;

    #[test]
    fn the_budget_of_thinking_that_is_enabled_is_found() {
        for (thinking, budget) in [
            (r#"{"type":"enabled","budget_tokens":1024}"#, Some(1024)),
            (
                r#"{ "budget_tokens" : 5 , "type" : "en\u0061bled" }"#,
                Some(5),
            ),
            (r#"{"type":"adaptive","budget_tokens":1024}"#, None),
            (r#"{"type":"disabled"}"#, None),
            (r#"{"type":"enabled"}"#, None),
            (r#"{"type":"enabled","budget_tokens":-1}"#, None),
            (r#"{"type":"enabled","budget_tokens":"1024"}"#, None),
            (r#"{"type":1,"budget_tokens":1024}"#, None),
            (r#"{"budget_tokens":1024}"#, None),
            ("true", None),
            ("null", None),
            ("[]", None),
        ] {
            let body = format!(r#"{{"model":"m","thinking":{thinking}}}"#);
            let seen = peek(body.as_bytes()).unwrap();
            assert_eq!(seen.thinking_budget, budget, "{thinking}");
        }
        let inner = br#"{"model":"m","x":{"thinking":{"type":"enabled","budget_tokens":9}}}"#;
        assert_eq!(peek(inner).unwrap().thinking_budget, None);
    }
}
