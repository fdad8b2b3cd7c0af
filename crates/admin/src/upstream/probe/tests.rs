use tollgate_policy::id::CredentialId;
use tollgate_rights::source::AccessCredential;
use tollgate_testkit::raw_upstream::{RawUpstream, Step};

use http::Method;
use serde_json::Value;
use tollgate_rights::source::{Carrier, ExtraHeader, ExtraParameter, Http2};
use url::Url;

use super::answer::SHOWN;
use super::request::{minimal, target};
use super::*;

fn access(base_url: &str, carrier: Carrier) -> Access {
    let credential = AccessCredential {
        id: CredentialId::from_raw(1).unwrap(),
        name: "default".parse().unwrap(),
        secret: Some(secret()),
    };
    Access {
        credentials: vec![credential],
        allow_private: true,
        ..Access::new(Url::parse(base_url).unwrap(), carrier)
    }
}

fn secret() -> UpstreamSecret {
    UpstreamSecret::new("sk-upstream-1234".to_owned())
}

fn call(dialect: Dialect) -> Call {
    let (path, body) = minimal(dialect, "gpt-4o");
    Call {
        method: Method::POST,
        path,
        body,
        model: None,
    }
}

async fn sent(
    script: Vec<Step>,
    call: Call,
    dialect: Dialect,
    access: impl FnOnce(String) -> Access,
) -> (Answered, String) {
    let upstream = RawUpstream::start(script).await.unwrap();
    let access = access(upstream.url());
    let answered = attempt(&call, &access, Some(&secret()), dialect).await;
    let request = upstream.requests().pop().unwrap();
    let raw = String::from_utf8(request.raw).unwrap().to_lowercase();
    (answered.unwrap(), raw)
}

async fn answered(script: Vec<Step>, dialect: Dialect, carrier: Carrier) -> (Answered, String) {
    sent(script, call(dialect), dialect, |url| access(&url, carrier)).await
}

#[tokio::test]
async fn headers_and_parameters_of_the_upstream_are_sent_along() {
    let extra = |url: String| Access {
        headers: vec![ExtraHeader::new("x-team", "blue").unwrap()],
        parameters: vec![ExtraParameter::new("user", "\"tollgate\"").unwrap()],
        ..access(&url, Carrier::Bearer)
    };
    let ok = || vec![Step::respond(200, "application/json", "{}")];
    let (_, raw) = sent(ok(), call(Dialect::OpenAi), Dialect::OpenAi, extra).await;
    assert!(raw.contains("x-team: blue\r\n"), "{raw}");
    assert!(raw.contains(r#""user":"tollgate""#), "{raw}");
    let plain = Call {
        method: Method::GET,
        path: "/".to_owned(),
        body: Value::Null,
        model: None,
    };
    let (_, raw) = sent(ok(), plain, Dialect::Plain, extra).await;
    assert!(raw.starts_with("get /?user=tollgate http/1.1\r\n"), "{raw}");
}

#[tokio::test]
async fn an_upstream_on_a_private_network_is_called_only_where_that_was_said() {
    let upstream = RawUpstream::start(vec![]).await.unwrap();
    let access = Access {
        allow_private: false,
        ..access(&upstream.url(), Carrier::Bearer)
    };
    let call = call(Dialect::OpenAi);
    let refused = attempt(&call, &access, None, Dialect::OpenAi).await;
    assert!(refused.is_err());
    assert!(upstream.requests().is_empty());
}

#[tokio::test]
async fn what_speaks_no_http_2_fails_where_that_is_said() {
    let upstream = RawUpstream::start(vec![Step::respond(200, "application/json", "{}")]);
    let upstream = upstream.await.unwrap();
    let access = Access {
        http2: Http2::PriorKnowledge,
        ..access(&upstream.url(), Carrier::Bearer)
    };
    let call = call(Dialect::OpenAi);
    assert!(
        attempt(&call, &access, None, Dialect::OpenAi)
            .await
            .is_err()
    );
}

#[tokio::test]
async fn each_dialect_is_asked_for_one_token_with_its_own_credential_header() {
    for (dialect, carrier, path, header) in [
        (
            Dialect::OpenAi,
            Carrier::Bearer,
            "/v1/chat/completions",
            "authorization: bearer sk-upstream-1234",
        ),
        (
            Dialect::Anthropic,
            Carrier::XApiKey,
            "/v1/messages",
            "x-api-key: sk-upstream-1234",
        ),
        (
            Dialect::Gemini,
            Carrier::XGoogApiKey,
            "/v1beta/models/gpt-4o:generatecontent",
            "x-goog-api-key: sk-upstream-1234",
        ),
    ] {
        let script = vec![Step::respond(200, "application/json", "{}")];
        let (answered, raw) = answered(script, dialect, carrier).await;
        assert_eq!((answered.status, answered.problem), (200, None));
        assert!(
            raw.starts_with(&format!("post {path} http/1.1\r\n")),
            "{raw}"
        );
        assert!(raw.contains(&format!("{header}\r\n")), "{raw}");
        assert!(
            raw.contains("tokens\":1") && raw.contains("content-type: application/json"),
            "{raw}"
        );
    }
}

#[tokio::test]
async fn a_redirect_is_a_failure_and_not_followed() {
    let script = vec![Step::write(
        "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/steal\r\ncontent-length: 0\r\n\r\n",
    )];
    let (answered, _) = answered(script, Dialect::OpenAi, Carrier::Bearer).await;
    assert_eq!(answered.status, 302);
    assert!(
        answered
            .problem
            .unwrap()
            .contains("http://127.0.0.1:1/steal")
    );
}

#[tokio::test]
async fn a_plain_api_passes_without_a_root_but_not_without_its_credential() {
    for (status, passes) in [
        (200, true),
        (404, true),
        (405, true),
        (401, false),
        (403, false),
        (500, false),
    ] {
        let script = vec![Step::respond(status, "text/plain", "what it says")];
        let (answered, _) = answered(script, Dialect::Plain, Carrier::Bearer).await;
        assert_eq!(answered.problem.is_none(), passes, "{status}");
    }
}

#[test]
fn a_credential_that_an_upstream_repeats_is_taken_out_before_the_text_is_cut() {
    let secret = secret();
    let text = format!("{}sk-upstream-1234", "x".repeat(SHOWN - 4));
    let cut = shown(&text, Some(&secret));
    assert!(cut.ends_with('…') && !cut.contains("sk-"), "{cut}");
    assert_eq!(
        shown(&"é".repeat(SHOWN + 1), None).chars().count(),
        SHOWN + 1
    );
}

#[test]
fn a_version_that_base_and_route_have_in_common_is_written_once() {
    for (base, expected) in [
        (
            "https://api.example.com",
            "https://api.example.com/v1/messages",
        ),
        (
            "https://api.example.com/v1/",
            "https://api.example.com/v1/messages",
        ),
        (
            "https://example.com:8443/llm",
            "https://example.com:8443/llm/v1/messages",
        ),
    ] {
        assert_eq!(target(&Url::parse(base).unwrap(), "/v1/messages"), expected);
    }
}
