use proptest::prelude::*;

use super::*;

mod forms;

fn target_of<'a>(method: &str, path: &'a str) -> RouteTarget<'a> {
    route(method, path).unwrap().target
}

fn model_of<'a>(found: &'a Route<'_>) -> &'a ModelRoute<'a> {
    match &found.target {
        RouteTarget::Model(model) => model,
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_endpoint_has_its_path_and_dialect() {
    let table = [
        ("/v1/chat/completions", Endpoint::ChatCompletions),
        ("/v1/completions", Endpoint::Completions),
        ("/v1/embeddings", Endpoint::Embeddings),
        ("/v1/responses", Endpoint::Responses),
        ("/v1/messages", Endpoint::Messages),
        ("/v1/messages/count_tokens", Endpoint::CountTokens),
        ("/v1/moderations", Endpoint::Moderations),
        ("/v1/images/generations", Endpoint::ImageGenerations),
        ("/v1/audio/speech", Endpoint::Speech),
        ("/v1/rerank", Endpoint::Rerank),
        ("/v1/responses/compact", Endpoint::CompactResponses),
        ("/v1/responses/input_tokens", Endpoint::CountInputTokens),
    ];
    for (path, endpoint) in table {
        let found = route("POST", path).unwrap();
        let model = model_of(&found);
        assert_eq!((model.endpoint, model.place), (endpoint, ModelPlace::Body));
        assert_eq!((&model.model, model.streams), (&None, None));
        assert_eq!(model.upstream_path("other"), path);
        assert_eq!(
            model.upstream_query(Some("beta=true"), "x").unwrap(),
            "beta=true"
        );
        assert_eq!(found.dialect, endpoint.dialect(), "{path}");
        assert_eq!(found.dialect, dialect_of(path), "{path}");
        for method in [
            "GET", "PUT", "HEAD", "OPTIONS", "post", "", "TRACE", "CONNECT",
        ] {
            let refused = Err(RouteError::Method { allow: "POST" });
            assert_eq!(route(method, path), refused, "{method} {path}");
        }
    }
    for method in ["GET", "HEAD"] {
        let models = RouteTarget::Gateway(Endpoint::Models);
        assert_eq!(target_of(method, "/v1/models"), models);
    }
    let refused = Err(RouteError::Method { allow: "GET, HEAD" });
    assert_eq!(route("POST", "/v1/models"), refused);
    assert_eq!(route("DELETE", "/v1/models/gpt-4o"), refused);
}

#[test]
fn a_caller_may_ask_for_its_own_token_in_each_form_that_clients_know() {
    for (path, form) in [
        ("/v1/key", SelfService::Key),
        ("/api/v1/key", SelfService::Key),
        ("/api/v1/auth/key", SelfService::Key),
        (
            "/v1/dashboard/billing/subscription",
            SelfService::Subscription,
        ),
        ("/dashboard/billing/subscription", SelfService::Subscription),
        ("/v1/dashboard/billing/usage", SelfService::Usage),
        ("/dashboard/billing/usage", SelfService::Usage),
    ] {
        for method in ["GET", "HEAD"] {
            let found = route(method, path).unwrap();
            assert_eq!(found.target, RouteTarget::SelfService(form), "{path}");
            assert_eq!(found.dialect, Dialect::OpenAi);
            assert_eq!(found.dialect, dialect_of(path), "{path}");
        }
        let refused = Err(RouteError::Method { allow: "GET, HEAD" });
        assert_eq!(route("POST", path), refused, "{path}");
        let longer = format!("{path}/x");
        assert_eq!(route("GET", &longer), Err(RouteError::NotFound), "{path}");
    }
}

#[test]
fn the_id_of_one_model_is_decoded_and_may_hold_slashes() {
    let table = [
        ("gpt-4o", "gpt-4o"),
        ("meta/Llama-3.1:free", "meta/Llama-3.1:free"),
        ("meta%2FLlama-3.1%3afree", "meta/Llama-3.1:free"),
        ("caf%C3%A9", "café"),
        ("...", "..."),
    ];
    for (id, decoded) in table {
        let path = format!("/v1/models/{id}");
        let found = route("GET", &path).unwrap();
        assert_eq!(found.target, RouteTarget::OneModel(decoded.into()), "{id}");
        assert_eq!(found.dialect, Dialect::OpenAi);
    }
    let torn = [
        "",
        "a/",
        "/a",
        "a//b",
        "..",
        "a/../b",
        "%2e%2e",
        "a%2f..%2fb",
        "%ff",
        "50%",
        "%zz",
    ];
    for id in torn.into_iter().chain(["a%00", "a\\b", "a%5cb"]) {
        let path = format!("/v1/models/{id}");
        assert_eq!(route("GET", &path), Err(RouteError::NotFound), "{id}");
    }
}

#[test]
fn any_other_first_segment_may_be_a_mount() {
    for method in [
        "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND",
    ] {
        let found = route(method, "/crm/v2/contacts").unwrap();
        let rest = "/v2/contacts";
        assert_eq!(
            found.target,
            RouteTarget::Mount {
                prefix: "crm",
                rest
            }
        );
        assert_eq!(found.dialect, Dialect::Plain);
    }
    let rests = [
        "",
        "/",
        "/a%2Fb",
        "/a//b",
        "/a;v=1",
        "/.hidden",
        "/a..b",
        "/100%25",
        "/%F0%9F%98%80",
        "/v1/messages",
    ];
    for rest in rests {
        let path = format!("/crm{rest}");
        assert_eq!(
            target_of("GET", &path),
            RouteTarget::Mount {
                prefix: "crm",
                rest
            }
        );
    }
}

#[test]
fn connect_and_trace_are_taken_nowhere() {
    for path in ["", "/", "/crm/x", "/nowhere/../x", "/v1/none"] {
        for method in ["CONNECT", "TRACE"] {
            assert!(
                matches!(route(method, path), Err(RouteError::Method { .. })),
                "{method} {path}"
            );
        }
    }
}

#[test]
fn a_path_that_two_readers_would_route_differently_has_no_route() {
    let tricks = [
        "",
        "*",
        "v1/models",
        "//v1/models",
        "/v1//models",
        "/v1/models/",
        "/v1/chat%2fcompletions",
        "/v1%2Fchat/completions",
        "/v1/chat%5ccompletions",
        "/v1\\chat\\completions",
        "/v1/./models",
        "/v1/../v1/models",
        "/./v1/models",
        "/%2e/v1/models",
        "/%2e%2e/v1/models",
        "/v1/chat/completions%00",
        "/v1/chat/completions;x",
        "/v1;x/chat/completions",
        "/V1/chat/completions",
        "/v1/Chat/Completions",
        "/v1/ch%61t/completions",
        "/%76%31/models",
        "/v1/chat/completions?x",
        "/v1/chat/completions#x",
        "/v1/chat/completions ",
        "/v1",
        "/v1/",
        "/v1beta",
        "/v1beta/files",
        "/v1beta/models/",
        "/v1beta/tunedModels/x:generateContent",
        "/openai",
        "/openai/",
        "/openai/v1",
        "/openai/x",
        "/openai/models",
        "/openai/v1/messages",
        "/openai/v1/key",
        "/openai/v1/../v1/models",
        "/openai/openai/v1/models",
        "/openai/v1/models/m:generateContent",
        "/openai/deployments",
        "/openai/deployments/m",
        "/openai/deployments//chat/completions",
        "/openai/deployments/../chat/completions",
        "/openai/deployments/%2e%2e/chat/completions",
        "/openai/deployments/a/b/chat/completions",
        "/openai/deployments/m/responses",
        "/openai/deployments/m/chat/completions/",
        "/openai/deployments/m/chat%2fcompletions",
        "/v1/models/a//b:generateContent",
        "/v1/models/..:generateContent",
        "/v1/models/:generateContent",
        "/v1/responses/",
        "/v1/responses/..",
        "/v1/responses/a/",
        "/v1/responses/a%2fb",
        "/v1/responses/a/b",
        "/v1/responses/a/cancel/",
        "/v1/realtime/sessions",
        "/api/v1/keys",
        "/dashboard/x",
        "/metrics",
        "/healthz",
    ];
    for path in tricks {
        for method in ["GET", "POST"] {
            assert_eq!(
                route(method, path),
                Err(RouteError::NotFound),
                "{method} {path}"
            );
        }
    }
}

#[test]
fn a_mount_cannot_be_climbed_out_of() {
    let tricks = [
        "/..",
        "/../v1",
        "/a/../b",
        "/.",
        "/a/.",
        "/%2e%2e/x",
        "/%2E./x",
        "/a%2f..%2fb",
        "/..;/x",
        "/..;a=b/x",
        "/%2e%2e%3b/x",
        "/%252e%252e/x",
        "/%25252e%25252e",
        "/%25%32%65./x",
        "/a\\..\\b",
        "/a%5c..%5cb",
        "/a%255cb",
        "/a%00",
        "/a%2500",
        "/a%0d%0ab",
        "//evil",
        "/%2fevil",
        "/a?b",
        "/a#b",
        "/a b",
        "/a\u{7f}",
        "%2f..",
        ";x/..",
        "/%5C",
    ];
    for rest in tricks {
        let path = format!("/crm{rest}");
        assert_eq!(route("GET", &path), Err(RouteError::NotFound), "{path}");
    }
    for prefix in ["Crm", "c%72m", "crm;x", "..", ".", "cr m", "crm\\x", ""] {
        let path = format!("/{prefix}/x");
        assert_eq!(route("GET", &path), Err(RouteError::NotFound), "{path}");
    }
}

#[test]
fn only_the_greeting_of_anthropic_clients_finds_something_at_the_root() {
    let found = route("HEAD", "/").unwrap();
    assert_eq!(found.target, RouteTarget::Preflight);
    assert_eq!(found.dialect, Dialect::Anthropic);
    assert_eq!(route("GET", "/"), Err(RouteError::NotFound));
}

#[test]
fn a_refusal_without_a_route_still_has_a_dialect() {
    let table = [
        ("/v1/messages/batches", Dialect::Anthropic),
        ("/v1/messagesx", Dialect::OpenAi),
        ("/v1beta/models/g:generateContent", Dialect::Gemini),
        ("/v1/models/g:streamGenerateContent", Dialect::Gemini),
        ("/v1/models/g:free", Dialect::OpenAi),
        ("/v1/nothing", Dialect::OpenAi),
        ("/v1", Dialect::OpenAi),
        ("/openai/deployments/m/chat/completions", Dialect::OpenAi),
        ("/api/v1/key", Dialect::OpenAi),
        ("/crm/x:generateContent", Dialect::Plain),
        ("/v12/x", Dialect::Plain),
        ("/", Dialect::Plain),
        ("", Dialect::Plain),
    ];
    for (path, dialect) in table {
        assert_eq!(dialect_of(path), dialect, "{path}");
    }
}

/// Decodes once, bytes that are no escape staying as they are.
fn decode_once(path: &[u8]) -> Vec<u8> {
    let hex = |byte: u8| char::from(byte).to_digit(16).map(|digit| digit as u8);
    let mut decoded = Vec::new();
    let mut rest = path;
    while let Some((first, others)) = rest.split_first() {
        let escape = match rest {
            [b'%', high, low, ..] => hex(*high).zip(hex(*low)),
            _ => None,
        };
        decoded.push(escape.map_or(*first, |(high, low)| high * 16 + low));
        rest = if escape.is_some() { &rest[3..] } else { others };
    }
    decoded
}

fn has_dot_segment(path: &[u8]) -> bool {
    let separators = |byte: &u8| matches!(byte, b'/' | b'\\');
    path.split(separators)
        .any(|segment| segment == b"." || segment == b"..")
}

proptest! {
    #[test]
    fn no_mounted_path_has_a_dot_segment_however_often_it_is_decoded(
        pieces in prop::collection::vec(
            prop::sample::select(vec!["/", ".", "..", "%2e", "%2F", "%5c", "%25", "25", "2e", "a", ";", "%", "\\", "%3b"]),
            0..12,
        ),
    ) {
        let path = format!("/crm/{}", pieces.concat());
        if let Ok(Route { target: RouteTarget::Mount { rest, .. }, .. }) = route("GET", &path) {
            let mut seen = rest.as_bytes().to_vec();
            for _ in 0..8 {
                prop_assert!(!has_dot_segment(&seen), "{} as {}", path, seen.escape_ascii());
                seen = decode_once(&seen);
            }
        }
    }

    #[test]
    fn any_method_and_path_has_a_route_or_a_refusal(method in any::<String>(), path in "(/[a-c]{1,2})?/?.*") {
        let _ = dialect_of(&path);
        if let Ok(Route { target: RouteTarget::Mount { prefix, rest }, .. }) = route(&method, &path) {
            prop_assert_eq!(format!("/{prefix}{rest}"), path.as_str());
            prop_assert!(rest.is_empty() || rest.starts_with('/'));
            prop_assert!(Prefix::parse(prefix).is_ok());
        }
    }
}
