use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};
use tollgate_policy::Refusal;
use tollgate_policy::time::Timestamp;
use tollgate_policy::verdict::{Layer, Reason, ReasonKind};

use super::*;

const ID: &str = "req_7";

struct Row {
    fault: Fault<'static>,
    code: &'static str,
    openai: (u16, &'static str),
    anthropic: (u16, &'static str),
    gemini: (u16, &'static str),
    headers: &'static [(&'static str, &'static str)],
    close: bool,
}

const INVALID: &str = "invalid_request_error";
const FINAL: (&str, &str) = ("x-should-retry", "false");
const NO_STORE: (&str, &str) = ("cache-control", "no-store");
const ASK: (&str, &str) = ("www-authenticate", "Bearer realm=\"tollgate\"");
const BAD_TOKEN: (&str, &str) = (
    "www-authenticate",
    "Bearer realm=\"tollgate\", error=\"invalid_token\"",
);

const fn limited(kind: LimitKind, retry_after_ms: u64) -> Fault<'static> {
    Fault::RateLimited {
        kind,
        retry_after_ms,
    }
}

/// The contract: condition, code, OpenAI, Anthropic, Gemini, headers beyond the usual ones, close.
#[rustfmt::skip]
fn contract() -> Vec<Row> {
    let row = |fault, code, openai, anthropic, gemini, headers, close| Row {
        fault, code, openai, anthropic, gemini, headers, close,
    };
    let unauthenticated = (401, "UNAUTHENTICATED");
    let authentication = (401, "authentication_error");
    let resets = Some(Timestamp::from_seconds(1_800_000_000));
    vec![
        row(Fault::MissingCredential, "missing_api_key", (401, INVALID), authentication, unauthenticated, &[ASK, NO_STORE, FINAL], false),
        row(Fault::UnknownCredential, "invalid_api_key", (401, INVALID), authentication, unauthenticated, &[BAD_TOKEN, NO_STORE, FINAL], false),
        row(Fault::OperatorCredential, "invalid_api_key", (401, INVALID), authentication, unauthenticated, &[BAD_TOKEN, NO_STORE, FINAL], false),
        row(Fault::TokenDisabled, "token_disabled", (401, INVALID), authentication, unauthenticated, &[BAD_TOKEN, NO_STORE, FINAL], false),
        row(Fault::TokenExpired, "token_expired", (401, INVALID), authentication, unauthenticated, &[BAD_TOKEN, NO_STORE, FINAL], false),
        row(Fault::TwoCredentials, "invalid_request", (400, INVALID), (400, INVALID), (400, "INVALID_ARGUMENT"), &[], false),
        row(Fault::BadRequest("`model` is missing"), "invalid_request", (400, INVALID), (400, INVALID), (400, "INVALID_ARGUMENT"), &[], false),
        row(Fault::AddressNotAllowed, "ip_not_authorized", (401, INVALID), (403, "permission_error"), (403, "PERMISSION_DENIED"), &[FINAL], false),
        row(Fault::ModelNotFound("gpt-9"), "model_not_found", (404, INVALID), (404, "not_found_error"), (404, "NOT_FOUND"), &[], false),
        row(Fault::ResponseNotFound("resp_1"), "response_not_found", (404, INVALID), (404, "not_found_error"), (404, "NOT_FOUND"), &[], false),
        row(Fault::PreviousResponseNotFound("resp_1"), "previous_response_not_found", (400, INVALID), (400, INVALID), (400, "INVALID_ARGUMENT"), &[], false),
        row(Fault::EndpointNotAllowed, "permission_denied", (403, INVALID), (403, "permission_error"), (403, "PERMISSION_DENIED"), &[FINAL], false),
        row(limited(LimitKind::Requests, 1500), "rate_limit_exceeded", (429, "requests"), (429, "rate_limit_error"), (429, "RESOURCE_EXHAUSTED"), &[("retry-after", "2"), ("retry-after-ms", "1500")], false),
        row(limited(LimitKind::Tokens, 0), "rate_limit_exceeded", (429, "tokens"), (429, "rate_limit_error"), (429, "RESOURCE_EXHAUSTED"), &[("retry-after", "1"), ("retry-after-ms", "1")], false),
        row(limited(LimitKind::Concurrency, u64::MAX), "rate_limit_exceeded", (429, "requests"), (429, "rate_limit_error"), (429, "RESOURCE_EXHAUSTED"), &[("retry-after", "60"), ("retry-after-ms", "60000")], false),
        row(Fault::QuotaExhausted { resets: None }, "insufficient_quota", (429, "insufficient_quota"), (402, "billing_error"), (429, "RESOURCE_EXHAUSTED"), &[FINAL], false),
        row(Fault::QuotaExhausted { resets }, "insufficient_quota", (429, "insufficient_quota"), (402, "billing_error"), (429, "RESOURCE_EXHAUSTED"), &[FINAL], false),
        row(Fault::BodyTooLarge { limit: 1024 }, "request_too_large", (413, INVALID), (413, "request_too_large"), (400, "INVALID_ARGUMENT"), &[], true),
        row(Fault::HeadersTooLarge, "headers_too_large", (431, INVALID), (413, "request_too_large"), (400, "INVALID_ARGUMENT"), &[], true),
        row(Fault::RequestTimeout, "request_timeout", (408, INVALID), (408, "timeout_error"), (408, "DEADLINE_EXCEEDED"), &[], true),
        row(Fault::RouteNotFound, "route_not_found", (404, INVALID), (404, "not_found_error"), (404, "NOT_FOUND"), &[], false),
        row(Fault::MethodNotAllowed { allow: "GET, HEAD" }, "method_not_allowed", (405, INVALID), (405, INVALID), (405, "INVALID_ARGUMENT"), &[("allow", "GET, HEAD")], false),
        row(Fault::UpgradeRequired, "upgrade_required", (426, INVALID), (426, INVALID), (426, "INVALID_ARGUMENT"), &[("upgrade", "websocket"), ("sec-websocket-version", "13")], false),
        row(Fault::NoWebSocket, "websocket_unsupported", (426, INVALID), (426, INVALID), (426, "INVALID_ARGUMENT"), &[("upgrade", "HTTP/1.1")], false),
        row(Fault::ExpectationFailed, "expectation_failed", (417, INVALID), (417, INVALID), (417, "INVALID_ARGUMENT"), &[], true),
        row(Fault::Overloaded { retry_after_s: 0 }, "server_overloaded", (503, "server_error"), (529, "overloaded_error"), (503, "UNAVAILABLE"), &[("retry-after", "1")], false),
        row(Fault::Overloaded { retry_after_s: 600 }, "server_overloaded", (503, "server_error"), (529, "overloaded_error"), (503, "UNAVAILABLE"), &[("retry-after", "60")], false),
        row(Fault::UpstreamFailed, "upstream_error", (502, "server_error"), (502, "api_error"), (502, "UNAVAILABLE"), &[], false),
        row(Fault::UpstreamTimeout, "upstream_timeout", (504, "server_error"), (504, "timeout_error"), (504, "DEADLINE_EXCEEDED"), &[], false),
        row(Fault::StoreUnavailable, "store_unavailable", (503, "server_error"), (529, "overloaded_error"), (503, "UNAVAILABLE"), &[("retry-after", "2")], false),
        row(Fault::Internal, "internal_error", (500, "server_error"), (500, "api_error"), (500, "INTERNAL"), &[], false),
    ]
}

fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<_> = value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    keys.sort_unstable();
    keys
}

fn read(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).unwrap()
}

/// The headers of a row in a dialect. A 401 always says how to authenticate.
fn expected_headers(row: &Row, dialect: Dialect, status: u16) -> Vec<(&'static str, &'static str)> {
    let (content_type, id_header) = match dialect {
        Dialect::OpenAi => ("application/json", "x-request-id"),
        Dialect::Anthropic => ("application/json", "request-id"),
        Dialect::Gemini => ("application/json; charset=UTF-8", "x-request-id"),
        Dialect::Plain => ("application/problem+json", "x-request-id"),
    };
    let mut headers = vec![("content-type", content_type), (id_header, ID)];
    headers.extend(row.headers);
    if row.fault == Fault::AddressNotAllowed && status == 401 {
        headers.extend([ASK, NO_STORE]);
    }
    headers.sort_unstable();
    headers
}

fn check_body(row: &Row, dialect: Dialect, body: &Value) {
    match dialect {
        Dialect::OpenAi => {
            assert_eq!(keys(body), ["error"]);
            assert_eq!(keys(&body["error"]), ["code", "message", "param", "type"]);
            assert_eq!(body["error"]["code"], row.code);
            assert_eq!(body["error"]["type"], row.openai.1);
        }
        Dialect::Anthropic => {
            assert_eq!(keys(body), ["error", "request_id", "type"]);
            assert_eq!(
                (&body["type"], &body["request_id"]),
                (&json!("error"), &json!(ID))
            );
            assert_eq!(keys(&body["error"]), ["message", "type"]);
            assert_eq!(body["error"]["type"], row.anthropic.1);
        }
        Dialect::Gemini => {
            assert_eq!(body["error"]["code"], row.gemini.0);
            assert_eq!(body["error"]["status"], row.gemini.1);
        }
        Dialect::Plain => {
            let all = ["code", "detail", "request_id", "status", "title", "type"];
            assert_eq!(keys(body), all);
            assert_eq!(
                (&body["code"], &body["status"]),
                (&json!(row.code), &json!(row.openai.0))
            );
            assert_eq!(
                (&body["type"], &body["request_id"]),
                (&json!("about:blank"), &json!(ID))
            );
        }
    }
    let message = match dialect {
        Dialect::Plain => &body["detail"],
        _ => &body["error"]["message"],
    };
    let message = message.as_str().unwrap();
    assert!(
        message.ends_with('.') && message.starts_with(char::is_uppercase),
        "{message}"
    );
}

#[test]
fn every_condition_is_answered_as_the_contract_says_in_every_dialect() {
    for row in contract() {
        assert_eq!(code(&row.fault), row.code);
        for dialect in Dialect::ALL {
            let answer = answer(&row.fault, dialect, ID);
            let status = match dialect {
                Dialect::OpenAi | Dialect::Plain => row.openai.0,
                Dialect::Anthropic => row.anthropic.0,
                Dialect::Gemini => row.gemini.0,
            };
            assert_eq!(answer.status, status, "{:?} {dialect}", row.fault);
            assert_eq!(answer.close, row.close, "{:?} {dialect}", row.fault);
            let mut headers: Vec<_> = answer
                .headers
                .iter()
                .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
                .collect();
            headers.sort_unstable();
            assert_eq!(
                headers,
                expected_headers(&row, dialect, status),
                "{:?} {dialect}",
                row.fault
            );
            check_body(&row, dialect, &read(&answer));
        }
    }
}

#[test]
fn gemini_says_when_to_try_again_and_which_quota_is_used_up() {
    let details = |fault: &Fault<'_>| {
        let body = read(&answer(fault, Dialect::Gemini, ID));
        body["error"].get("details").cloned()
    };
    let retry =
        json!([{ "@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "2s" }]);
    assert_eq!(details(&limited(LimitKind::Requests, 1001)), Some(retry));
    let quota = details(&Fault::QuotaExhausted { resets: None }).unwrap();
    assert_eq!(
        quota[0]["@type"],
        "type.googleapis.com/google.rpc.QuotaFailure"
    );
    assert!(quota[0]["violations"][0]["description"].is_string());
    assert_eq!(quota.as_array().unwrap().len(), 1);
    assert_eq!(details(&Fault::Internal), None);
}

#[test]
fn a_problem_is_titled_as_its_status_is() {
    let title = |fault: &Fault<'_>| read(&answer(fault, Dialect::Plain, ID))["title"].clone();
    assert_eq!(title(&Fault::EndpointNotAllowed), "Forbidden");
    assert_eq!(title(&Fault::UpstreamTimeout), "Gateway Timeout");
    assert_eq!(title(&Fault::Internal), "Internal Server Error");
    let internal = |row: &Row| title(&row.fault) == "Internal Server Error";
    assert_eq!(contract().iter().filter(|row| internal(row)).count(), 1);
}

#[test]
fn every_condition_says_something_of_its_own() {
    let mut said = BTreeMap::new();
    for row in contract() {
        let message = message(&row.fault);
        let other = said.insert(message.clone(), row.code);
        assert!(other.is_none_or(|code| code == row.code), "{message}");
    }
}

#[test]
fn messages_name_what_a_client_needs_to_act() {
    let message = |fault: &Fault<'_>| {
        read(&answer(fault, Dialect::OpenAi, ID))["error"]["message"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let resets = Some(Timestamp::from_seconds(1_800_000_000));
    let table = [
        (
            Fault::BadRequest("`model` is missing"),
            "The request is not valid: `model` is missing.",
        ),
        (Fault::ModelNotFound("gpt-9"), "`gpt-9`"),
        (Fault::ResponseNotFound("resp_1"), "`resp_1`"),
        (Fault::PreviousResponseNotFound("resp_1"), "`resp_1`"),
        (Fault::BodyTooLarge { limit: 1024 }, "1024 bytes"),
        (Fault::MethodNotAllowed { allow: "GET, HEAD" }, "GET, HEAD"),
        (Fault::QuotaExhausted { resets }, "2027-01-15T08:00:00Z"),
        (
            limited(LimitKind::Tokens, 1500),
            "tokens per minute. Please try again in 2s.",
        ),
        (limited(LimitKind::Concurrency, 1500), "requests at once"),
    ];
    for (fault, part) in table {
        assert!(message(&fault).contains(part), "{}", message(&fault));
    }
    let long = "é".repeat(100_000);
    assert!(message(&Fault::ModelNotFound(&long)).chars().count() < 400);
}

#[test]
fn the_first_reason_of_a_refusal_decides_the_condition() {
    use ReasonKind as Kind;
    let quota = || Fault::QuotaExhausted { resets: None };
    let table = [
        (
            Kind::SecretRetired,
            Fault::UnknownCredential,
            Fault::UnknownCredential,
        ),
        (
            Kind::TokenRevoked,
            Fault::UnknownCredential,
            Fault::UnknownCredential,
        ),
        (
            Kind::TokenDisabled,
            Fault::TokenDisabled,
            Fault::TokenDisabled,
        ),
        (
            Kind::AccountDisabled,
            Fault::TokenDisabled,
            Fault::TokenDisabled,
        ),
        (Kind::TokenExpired, Fault::TokenExpired, Fault::TokenExpired),
        (
            Kind::GroupUnknown,
            Fault::EndpointNotAllowed,
            Fault::EndpointNotAllowed,
        ),
        (
            Kind::AddressNotAllowed,
            Fault::AddressNotAllowed,
            Fault::AddressNotAllowed,
        ),
        (
            Kind::EndpointNotAllowed,
            Fault::EndpointNotAllowed,
            Fault::EndpointNotAllowed,
        ),
        (
            Kind::ModelUnknown,
            Fault::ModelNotFound("m"),
            Fault::EndpointNotAllowed,
        ),
        (
            Kind::ModelNotAllowed,
            Fault::ModelNotFound("m"),
            Fault::EndpointNotAllowed,
        ),
        (
            Kind::ProviderNotAllowed,
            Fault::ModelNotFound("m"),
            Fault::EndpointNotAllowed,
        ),
        (
            Kind::NoUpstream,
            Fault::ModelNotFound("m"),
            Fault::EndpointNotAllowed,
        ),
        (
            Kind::MountUnknown,
            Fault::RouteNotFound,
            Fault::RouteNotFound,
        ),
        (
            Kind::PriceUnknown,
            Fault::ModelNotFound("m"),
            Fault::EndpointNotAllowed,
        ),
        (Kind::QuotaExhausted, quota(), quota()),
        (Kind::PeriodExhausted, quota(), quota()),
        (Kind::QuotaShort, quota(), quota()),
        (
            Kind::RequestLimit,
            limited(LimitKind::Requests, 1000),
            limited(LimitKind::Requests, 1000),
        ),
        (
            Kind::TokenLimit,
            limited(LimitKind::Tokens, 1000),
            limited(LimitKind::Tokens, 1000),
        ),
        (
            Kind::ConcurrencyLimit,
            limited(LimitKind::Concurrency, 1000),
            limited(LimitKind::Concurrency, 1000),
        ),
    ];
    for (kind, on_a_model, elsewhere) in table {
        let refusal = refused(kind, None);
        assert_eq!(from_refusal(&refusal, Some("m")), on_a_model, "{kind:?}");
        assert_eq!(from_refusal(&refusal, None), elsewhere, "{kind:?}");
        let at = from_refusal_at(&refusal, Some("m"), Timestamp::from_seconds(7));
        assert_eq!(at, on_a_model, "{kind:?}");
    }
}

fn refused(kind: ReasonKind, until: Option<Timestamp>) -> Refusal {
    Refusal::because(Reason {
        kind,
        layer: Layer::Token,
        until,
        saw: String::new(),
        wanted: String::new(),
    })
}

#[test]
fn who_runs_into_a_limit_learns_how_long_to_wait_and_of_a_period_when_it_turns() {
    let now = Timestamp::from_micros(1_000_000);
    let limit = |until| {
        let refusal = refused(ReasonKind::TokenLimit, Some(Timestamp::from_micros(until)));
        from_refusal_at(&refusal, None, now)
    };
    assert_eq!(limit(1_500_001), limited(LimitKind::Tokens, 501));
    assert_eq!(limit(999_999), limited(LimitKind::Tokens, 0));

    let resets = Some(Timestamp::from_seconds(86_400));
    let refusal = refused(ReasonKind::PeriodExhausted, resets);
    let period = Fault::QuotaExhausted { resets };
    assert_eq!(from_refusal_at(&refusal, None, now), period);
    assert_eq!(from_refusal(&refusal, None), period);
}

proptest! {
    #[test]
    fn what_a_client_sent_cannot_break_the_answer_to_it(text in any::<String>()) {
        for fault in [Fault::ModelNotFound(&text), Fault::BadRequest(&text)] {
            for dialect in Dialect::ALL {
                let answer = answer(&fault, dialect, ID);
                prop_assert!(read(&answer).is_object());
                for (_, value) in &answer.headers {
                    prop_assert!(value.to_str().is_ok());
                }
            }
        }
    }

    #[test]
    fn a_wait_is_true_and_from_1_to_60_seconds(retry_after_ms in 0_u64..60_001) {
        let answer = answer(&limited(LimitKind::Requests, retry_after_ms), Dialect::OpenAi, ID);
        let header = |name: &str| -> u64 {
            let found = answer.headers.iter().find(|(one, _)| *one == name).unwrap();
            found.1.to_str().unwrap().parse().unwrap()
        };
        let seconds = header("retry-after");
        prop_assert!((1..=60).contains(&seconds) && seconds * 1000 >= retry_after_ms);
        prop_assert!(seconds * 1000 < retry_after_ms.max(1) + 1000);
        prop_assert_eq!(header("retry-after-ms"), retry_after_ms.max(1));
    }
}
