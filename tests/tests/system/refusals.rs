//! Each refusal in each dialect, on the wire: status, code, headers, and no call upstream.

use serde_json::json;
use tollgate_testkit::raw_client::{self, RawClient, Response};
use tollgate_tests::system::request;
use tollgate_tests::{System, Token};

#[derive(Debug, Clone, Copy, PartialEq)]
enum Dialect {
    OpenAi,
    Anthropic,
    Plain,
}

impl Dialect {
    const ALL: [Self; 3] = [Self::OpenAi, Self::Anthropic, Self::Plain];

    async fn call(self, system: &System, headers: &[(&str, &str)]) -> Response {
        self.call_model(system, headers, None).await
    }

    async fn call_model(
        self,
        system: &System,
        headers: &[(&str, &str)],
        model: Option<&str>,
    ) -> Response {
        let (line, usual) = match self {
            Self::OpenAi => ("POST /v1/chat/completions", "sim-chat"),
            Self::Anthropic => ("POST /v1/messages", "sim-messages"),
            Self::Plain => ("POST /crm/customers", ""),
        };
        let messages = json!([{"role": "user", "content": "Hello"}]);
        let body = json!({"model": model.unwrap_or(usual), "max_tokens": 5, "messages": messages});
        system.send(line, headers, &body.to_string()).await
    }

    /// The code where OpenAI clients look for it, or the type where Anthropic's do.
    fn code(self, answer: &Response) -> String {
        let body = answer.json().unwrap();
        let pointer = match self {
            Self::OpenAi => "/error/code",
            Self::Anthropic => "/error/type",
            Self::Plain => "/code",
        };
        body.pointer(pointer)
            .and_then(|code| code.as_str())
            .unwrap_or_default()
            .to_owned()
    }
}

/// What every dialect must say, in the order OpenAI, Anthropic, plain.
type Expected = [(u16, &'static str); 3];

/// Makes the same call in every dialect, and looks at the answers; nothing may reach the upstream.
async fn refuses(system: &System, token: &Token, more: &[(&str, &str)], expected: Expected) {
    let authorization = token.bearer();
    let headers = [&[("authorization", authorization.as_str())], more].concat();
    refuses_headers(system, &headers, expected).await;
}

async fn refuses_headers(system: &System, headers: &[(&str, &str)], expected: Expected) {
    let before = system.simulator.count();
    for (dialect, (status, code)) in Dialect::ALL.into_iter().zip(expected) {
        let answer = dialect.call(system, headers).await;
        assert_eq!(
            (answer.status(), dialect.code(&answer).as_str()),
            (status, code),
            "{dialect:?}"
        );
        let id = if dialect == Dialect::Anthropic {
            "request-id"
        } else {
            "x-request-id"
        };
        assert!(
            answer
                .head
                .header(id)
                .is_some_and(|id| id.starts_with("req_")),
            "{dialect:?}"
        );
        if status == 401 || status == 403 {
            let retry = answer.head.header("x-should-retry");
            assert_eq!(retry, Some("false"), "{dialect:?}");
        }
    }
    assert_eq!(
        system.simulator.count(),
        before,
        "no call reaches the upstream"
    );
}

const UNKNOWN: Expected = [
    (401, "invalid_api_key"),
    (401, "authentication_error"),
    (401, "invalid_api_key"),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_credential_is_asked_for() {
    let system = System::start().await;
    let expected = [
        (401, "missing_api_key"),
        (401, "authentication_error"),
        (401, "missing_api_key"),
    ];
    for (dialect, (status, code)) in Dialect::ALL.into_iter().zip(expected) {
        let answer = dialect.call(&system, &[]).await;
        assert_eq!(
            (answer.status(), dialect.code(&answer).as_str()),
            (status, code),
            "{dialect:?}"
        );
        assert_eq!(
            answer.head.header("www-authenticate"),
            Some("Bearer realm=\"tollgate\"")
        );
    }
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credential_of_the_admin_api_is_named_as_what_it_is() {
    let system = System::start().await;
    let operator = format!("Bearer sk-tgadm-{}", "a".repeat(49));
    let headers = [("authorization", operator.as_str())];
    refuses_headers(&system, &headers, UNKNOWN).await;
    for dialect in Dialect::ALL {
        let answer = dialect.call(&system, &headers).await;
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        assert!(text.contains("admin API, which calls no model"), "{text}");
        assert!(!text.contains("sk-tgadm-a"), "{text}");
    }
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_with_a_bad_checksum_is_refused_without_a_look_up() {
    let system = System::start().await;
    let mistyped = format!("Bearer sk-tg-{}", "a".repeat(49));
    refuses_headers(&system, &[("authorization", &mistyped)], UNKNOWN).await;
    let mut system = system;
    // The lines come in order: once the last refusal's is there, a look-up's would be too.
    let refused =
        |line: &serde_json::Value| line["message"] == "refused" && line["path"] == "/crm/customers";
    system.gateway.logged_where(refused).await;
    let is_look_up = |line: &serde_json::Value| line["message"] == "a credential is looked up";
    assert!(!system.gateway.log_lines().iter().any(is_look_up));
    // The same with a well-formed secret is looked up, so the line above can fail.
    let token = system.token(&[]);
    assert_eq!(system.chat(&token.secret, &[]).await.status(), 200);
    system.gateway.logged("a credential is looked up").await;
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_path_of_what_never_became_a_request_is_cut_in_its_line() {
    let mut system = System::start().await;
    let call = request(&format!("TRACE /{}", "a".repeat(5000)), &[], "");
    let answer = raw_client::exchange(system.gateway.address, call).await;
    assert_eq!(answer.unwrap().status(), 405);
    let refused = |line: &serde_json::Value| line["code"] == "method_not_allowed";
    let line = system.gateway.logged_where(refused).await;
    assert_eq!(line["path"], format!("/{}", "a".repeat(199)));
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_secret_is_refused() {
    let system = System::start().await;
    refuses_headers(
        &system,
        &[("authorization", "Bearer sk-anything-else")],
        UNKNOWN,
    )
    .await;
    refuses_headers(
        &system,
        &[("x-api-key", "OaBw1+4DqFfDLXOLpWthbfp502Wc0D4tICsxNcT+aeQ=")],
        UNKNOWN,
    )
    .await;
    system.finish().await;
}

/// The head of a call whose body is to follow.
fn head_of_call(authorization: &str, more: &str, length: usize) -> String {
    format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: gateway\r\nauthorization: {authorization}\r\n\
        content-type: application/json\r\ncontent-length: {length}\r\n{more}\r\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_goes_on_after_a_refusal_though_the_body_came_late() {
    let system = System::start().await;
    let token = system.token(&[]);
    system.in_force().await;
    let text = "late ".repeat(8_000);
    let messages = json!([{"role": "user", "content": text}]);
    let body = json!({"model": "sim-chat", "messages": messages}).to_string();
    // In Latin-1, which is known by its first half.
    let latin = [&b"{\"\xe9\":"[..], body.as_bytes()].concat();
    let mut client = RawClient::connect(system.gateway.address).await.unwrap();
    for (authorization, body, expected) in [
        ("Bearer sk-anything-else".to_owned(), body.as_bytes(), 401),
        (token.bearer(), body.as_bytes(), 200),
        ("Bearer sk-anything-else".to_owned(), body.as_bytes(), 401),
        (token.bearer(), &latin, 400),
        (token.bearer(), body.as_bytes(), 200),
    ] {
        client
            .send(head_of_call(&authorization, "", body.len()))
            .await
            .unwrap();
        let (first, rest) = body.split_at(body.len() / 2);
        client.send(first.to_vec()).await.unwrap();
        let answer = client.exchange(rest.to_vec()).await.unwrap();
        assert_eq!(answer.status(), expected, "{answer:?}");
        assert_eq!(answer.head.header("connection"), None, "{answer:?}");
    }
    system.finish().await;
}

/// Codex asks for one first, and goes on at once with what it is told here.
#[tokio::test(flavor = "multi_thread")]
async fn a_websocket_where_there_is_none_is_refused_as_such() {
    let system = System::start().await;
    let token = system.token(&[]);
    system.in_force().await;
    let bearer = token.bearer();
    let headers = [
        ("authorization", bearer.as_str()),
        ("connection", "Upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];
    for path in ["/v1/responses", "/openai/v1/responses"] {
        let answer = system.send(&format!("GET {path}"), &headers, "").await;
        assert_eq!(answer.status(), 426, "{answer:?}");
        let answer = system.send(&format!("GET {path}"), &headers[..1], "").await;
        assert_eq!(answer.status(), 405, "{answer:?}");
    }
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_read_after_a_body_of_any_size_was_sent() {
    let system = System::start().await;
    let unknown = "Bearer sk-anything-else";
    for length in [1 << 20, 20 << 20, 60 << 20] {
        let mut client = RawClient::connect(system.gateway.address).await.unwrap();
        let head = head_of_call(unknown, "", length);
        client.send(head).await.unwrap();
        let answer = client.exchange("x".repeat(length)).await.unwrap();
        assert_eq!(answer.status(), 401, "{answer:?}");
        assert_eq!(
            answer.head.header("connection"),
            Some("close"),
            "{answer:?}"
        );
    }
    // Who waits to be asked for the body is not asked for it.
    let mut client = RawClient::connect(system.gateway.address).await.unwrap();
    let head = head_of_call(unknown, "expect: 100-continue\r\n", 1000);
    let answer = client.exchange(head).await.unwrap();
    assert_eq!(answer.status(), 401, "{answer:?}");
    assert_eq!(
        answer.head.header("connection"),
        Some("close"),
        "{answer:?}"
    );
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_different_secrets_are_refused() {
    let system = System::start().await;
    let (one, other) = (system.token(&[]), system.token(&[]));
    let expected = [
        (400, "invalid_request"),
        (400, "invalid_request_error"),
        (400, "invalid_request"),
    ];
    refuses(&system, &one, &[("x-api-key", &other.secret)], expected).await;
    assert_eq!(
        system
            .chat(&one.secret, &[("x-api-key", &one.secret)])
            .await
            .status(),
        200,
        "the same twice is one"
    );
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_or_deleted_token_is_unknown_from_then_on() {
    let system = System::start().await;
    for verb in ["revoke", "delete"] {
        let token = system.token(&[]);
        assert_eq!(system.chat(&token.secret, &[]).await.status(), 200);
        system.admin(&["token", verb, &token.id, "--yes"]);
        system.in_force().await;
        refuses(&system, &token, &[], UNKNOWN).await;
    }
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_token_is_refused_until_it_is_enabled() {
    let system = System::start().await;
    let token = system.token(&[]);
    system.admin(&["token", "disable", &token.id]);
    system.in_force().await;
    let expected = [
        (401, "token_disabled"),
        (401, "authentication_error"),
        (401, "token_disabled"),
    ];
    refuses(&system, &token, &[], expected).await;
    system.admin(&["token", "enable", &token.id]);
    system.in_force().await;
    assert_eq!(system.chat(&token.secret, &[]).await.status(), 200);
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_token_is_refused() {
    let mut system = System::start().await;
    let token = system.expired_token().await;
    let expected = [
        (401, "token_expired"),
        (401, "authentication_error"),
        (401, "token_expired"),
    ];
    refuses(&system, &token, &[], expected).await;
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exhausted_token_is_refused_without_a_retry() {
    let system = System::start().await;
    let token = system.token(&["--quota", "0"]);
    let expected = [
        (429, "insufficient_quota"),
        (402, "billing_error"),
        (429, "insufficient_quota"),
    ];
    refuses(&system, &token, &[], expected).await;
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_from_another_address_is_refused_and_the_allowlist_not_told() {
    let system = System::start().await;
    let token = system.token(&["--ips", "203.0.113.0/24"]);
    let expected = [
        (401, "ip_not_authorized"),
        (403, "permission_error"),
        (401, "ip_not_authorized"),
    ];
    refuses(&system, &token, &[], expected).await;
    let answer = system.chat(&token.secret, &[]).await;
    assert!(!String::from_utf8_lossy(&answer.body).contains("203.0.113"));
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_address_is_not_believed() {
    let system = System::start().await;
    let token = system.token(&["--ips", "203.0.113.0/24"]);
    let expected = [
        (401, "ip_not_authorized"),
        (403, "permission_error"),
        (401, "ip_not_authorized"),
    ];
    for name in [
        "x-forwarded-for",
        "x-real-ip",
        "cf-connecting-ip",
        "true-client-ip",
    ] {
        refuses(&system, &token, &[(name, "203.0.113.7")], expected).await;
    }
    refuses(
        &system,
        &token,
        &[("forwarded", "for=203.0.113.7")],
        expected,
    )
    .await;
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trusted_proxy_tells_the_clients_address() {
    let system = System::start_on(
        tollgate_tests::Backend::Sqlite,
        &["--trusted-proxy", "127.0.0.1"],
    )
    .await;
    let token = system.token(&["--ips", "203.0.113.0/24"]);
    let through = |client: &'static str| [("x-forwarded-for", client)];
    assert_eq!(
        system
            .chat(&token.secret, &through("203.0.113.7"))
            .await
            .status(),
        200
    );
    assert_eq!(
        system
            .chat(&token.secret, &through("203.0.113.7, 198.51.100.1"))
            .await
            .status(),
        401
    );
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_is_not_allowed_looks_like_one_that_does_not_exist() {
    let system = System::start().await;
    let token = system.token(&["--models", "another-*"]);
    let authorization = token.bearer();
    let headers = [("authorization", authorization.as_str())];
    for dialect in [Dialect::OpenAi, Dialect::Anthropic] {
        let hidden = dialect.call(&system, &headers).await;
        let unknown = dialect
            .call_model(&system, &headers, Some("no-such-model"))
            .await;
        let code = if dialect == Dialect::OpenAi {
            "model_not_found"
        } else {
            "not_found_error"
        };
        for answer in [&hidden, &unknown] {
            assert_eq!(
                (answer.status(), dialect.code(answer).as_str()),
                (404, code),
                "{dialect:?}"
            );
        }
        let shape = |answer: &Response, model: &str| {
            let mut body = answer.json().unwrap();
            if let Some(document) = body.as_object_mut() {
                document.remove("request_id");
            }
            body.to_string().replace(model, "MODEL")
        };
        let usual = if dialect == Dialect::OpenAi {
            "sim-chat"
        } else {
            "sim-messages"
        };
        assert_eq!(
            shape(&hidden, usual),
            shape(&unknown, "no-such-model"),
            "{dialect:?}"
        );
    }
    assert_eq!(system.simulator.count(), 0);
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_is_not_allowed_is_refused() {
    let system = System::start().await;
    let token = system.token(&["--providers", "nobody"]);
    let expected = [
        (404, "model_not_found"),
        (404, "not_found_error"),
        (403, "permission_denied"),
    ];
    refuses(&system, &token, &[], expected).await;
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_is_not_allowed_is_refused() {
    let system = System::start().await;
    let token = system.token(&["--endpoints", "embeddings"]);
    let expected = [
        (403, "permission_denied"),
        (403, "permission_error"),
        (403, "permission_denied"),
    ];
    refuses(&system, &token, &[], expected).await;
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_two_parsers_would_read_differently_is_refused() {
    let system = System::start().await;
    let token = system.token(&[]);
    let authorization = token.bearer();
    let headers = [("authorization", authorization.as_str())];
    for body in [
        r#"{"model":"sim-chat","model":"other","messages":[]}"#,
        r#"{"model":"sim-chat","mod\u0065l":"other","messages":[]}"#,
        r#"{"model":"sim-chat"} trailing"#,
        r#"{"messages":[]}"#,
        r#"["sim-chat"]"#,
        "\u{feff}{\"model\":\"sim-chat\"}",
        "",
    ] {
        let answer = system
            .send("POST /v1/chat/completions", &headers, body)
            .await;
        assert_eq!(answer.status(), 400, "{body}");
        assert_eq!(
            answer.json().unwrap()["error"]["code"],
            "invalid_request",
            "{body}"
        );
    }
    assert_eq!(system.simulator.count(), 0);
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn routes_that_are_not_there_are_refused() {
    let system = System::start().await;
    let token = system.token(&[]);
    let authorization = token.bearer();
    let headers = [("authorization", authorization.as_str())];
    for (line, status) in [
        ("GET /v1/chat/completions", 405),
        ("POST /v1/nothing", 404),
        ("POST /v1/../v1/chat/completions", 404),
        ("POST /v1/chat%2fcompletions", 404),
        ("POST /crm/%2e%2e/v1/chat/completions", 404),
        ("GET /nowhere/x", 404),
    ] {
        let answer = system.send(line, &headers, "{}").await;
        assert_eq!(answer.status(), status, "{line}");
    }
    assert_eq!(system.simulator.count(), 0);
    system.finish().await;
}
