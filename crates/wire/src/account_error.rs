//! What providers say of the account whose credential was sent, with the status of a mistake in the
//! request.

use serde_json::Value;

/// The longest answer that is looked at, in bytes: several times what such errors have.
pub const LONGEST: usize = 8 * 1024;

/// The status that an answer of 400 stands for, where it speaks of the account: 401 for a credential
/// that is not valid (any more), 402 for an account that cannot pay.
///
/// Only what the provider itself sets is looked at, and of a message only how it begins, so that a
/// client cannot write what is taken for it. Sources: `google.rpc.ErrorInfo` of the Gemini API, also
/// in the list that its endpoint in OpenAI's dialect answers with; Anthropic's `invalid_request_error`
/// for an account without credit; OpenAI's code for an account at its limit.
pub fn status_meant(body: &[u8]) -> Option<u16> {
    if body.len() > LONGEST {
        return None;
    }
    let body: Value = serde_json::from_slice(body).ok()?;
    let error = body.pointer("/error").or(body.pointer("/0/error"))?;
    let said = |key| error.get(key).and_then(Value::as_str);
    let is_key_of_google = |detail: &Value| {
        let is = |key, expected| detail.get(key).is_some_and(|value| value == expected);
        is("reason", "API_KEY_INVALID") && is("domain", "googleapis.com")
    };
    let details = error.get("details").and_then(Value::as_array);
    if details.is_some_and(|details| details.iter().any(is_key_of_google)) {
        return Some(401);
    }
    let is_without_credit = said("type") == Some("invalid_request_error")
        && said("message").is_some_and(|text| text.starts_with("Your credit balance is too low"));
    let is_at_limit = said("code") == Some("billing_hard_limit_reached");
    (is_without_credit || is_at_limit).then_some(402)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn google(reason: &str, domain: &str) -> String {
        format!(
            r#"{{"error":{{"code":400,"message":"API key expired. Please renew the API key.",
            "status":"INVALID_ARGUMENT","details":[
            {{"@type":"type.googleapis.com/google.rpc.LocalizedMessage","locale":"en-US"}},
            {{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"{reason}",
            "domain":"{domain}"}}]}}}}"#
        )
    }

    fn anthropic(kind: &str, message: &str) -> String {
        format!(r#"{{"type":"error","error":{{"type":"{kind}","message":"{message}"}}}}"#)
    }

    fn meant(body: &str) -> Option<u16> {
        status_meant(body.as_bytes())
    }

    #[test]
    fn a_credential_that_is_not_valid_is_401() {
        let key = google("API_KEY_INVALID", "googleapis.com");
        assert_eq!(meant(&key), Some(401));
        assert_eq!(meant(&format!("[{key}]")), Some(401));
    }

    #[test]
    fn an_account_that_cannot_pay_is_402() {
        let low = "Your credit balance is too low to access the API. Please purchase credits.";
        assert_eq!(meant(&anthropic("invalid_request_error", low)), Some(402));
        let limit = r#"{"error":{"code":"billing_hard_limit_reached","param":null}}"#;
        assert_eq!(meant(limit), Some(402));
    }

    #[test]
    fn all_else_is_the_clients_and_what_a_client_wrote_is_no_sign() {
        let low = "Your credit balance is too low";
        for body in [
            google("API_KEY_INVALID", "example.com"),
            google("FIELD_VIOLATION", "googleapis.com"),
            google("", "googleapis.com"),
            anthropic("invalid_request_error", &format!("not a model: {low}")),
            anthropic("not_found_error", low),
            anthropic("invalid_request_error", "max_tokens: too large"),
            format!(r#"{{"error":"{low}"}}"#),
            r#"{"error":{"code":400,"message":"API_KEY_INVALID","details":"API_KEY_INVALID"}}"#
                .into(),
            r#"{"code":"billing_hard_limit_reached"}"#.into(),
            r#"{"error":{"code":"billing_hard_limit_reached"}"#.into(),
            "[]".into(),
            String::new(),
            " ".repeat(LONGEST) + &google("API_KEY_INVALID", "googleapis.com"),
        ] {
            assert_eq!(meant(&body), None, "{body}");
        }
    }
}
