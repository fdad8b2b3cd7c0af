//! Azure's form, Gemini's, multipart forms, realtime, and what upstreams keep.

use super::*;

#[test]
fn azure_names_the_model_in_the_path_and_openai_upstreams_get_their_own_path() {
    let table = [
        ("chat/completions", Endpoint::ChatCompletions),
        ("completions", Endpoint::Completions),
        ("embeddings", Endpoint::Embeddings),
        ("images/generations", Endpoint::ImageGenerations),
        ("images/edits", Endpoint::ImageEdits),
        ("audio/speech", Endpoint::Speech),
        ("audio/transcriptions", Endpoint::Transcriptions),
        ("audio/translations", Endpoint::Translations),
    ];
    for (below, endpoint) in table {
        let path = format!("/openai/deployments/my%2Fgpt-4o/{below}");
        let found = route("POST", &path).unwrap();
        assert_eq!(found.dialect, Dialect::OpenAi);
        let model = model_of(&found);
        assert_eq!(model.endpoint, endpoint, "{path}");
        assert_eq!(model.model.as_deref(), Some("my/gpt-4o"));
        assert_eq!(model.upstream_path("other"), format!("/v1/{below}"));
        let query = Some("a=1&api-version=2024-10-21&b=2");
        assert_eq!(model.upstream_query(query, "other").unwrap(), "a=1&b=2");
        assert_eq!(model.upstream_query(Some("api%2Dversion=1"), "x"), None);
        assert_eq!(model.upstream_query(None, "x"), None);
        let refused = Err(RouteError::Method { allow: "POST" });
        assert_eq!(route("GET", &path), refused, "{path}");
    }
}

#[test]
fn azures_paths_without_a_deployment_are_those_of_openai() {
    let found = route("POST", "/openai/v1/chat/completions").unwrap();
    let model = model_of(&found);
    let place = (model.endpoint, model.place, model.model.as_deref());
    let expected = (Endpoint::ChatCompletions, ModelPlace::Body, None);
    assert_eq!(place, expected);
    assert_eq!(model.upstream_path("x"), "/v1/chat/completions");
    assert_eq!(model.upstream_query(Some("api-version=preview"), "x"), None);
    let models = RouteTarget::Gateway(Endpoint::Models);
    assert_eq!(target_of("GET", "/openai/v1/models"), models);
    let RouteTarget::Stored(stored) = target_of("GET", "/openai/v1/responses/resp_1") else {
        panic!("not stored");
    };
    assert_eq!(stored.path, "/v1/responses/resp_1");
}

#[test]
fn gemini_names_the_model_and_what_is_asked_of_it_in_the_path() {
    let table = [
        ("generateContent", Endpoint::GeminiGenerate, false),
        ("streamGenerateContent", Endpoint::GeminiGenerate, true),
        ("embedContent", Endpoint::GeminiEmbed, false),
        ("batchEmbedContents", Endpoint::GeminiEmbed, false),
        ("countTokens", Endpoint::GeminiCountTokens, false),
    ];
    for (verb, endpoint, streams) in table {
        for root in ["/v1/models", "/v1beta/models"] {
            let path = format!("{root}/google%2Fgemini:{verb}");
            let found = route("POST", &path).unwrap();
            assert_eq!(found.dialect, Dialect::Gemini);
            assert_eq!(dialect_of(&path), Dialect::Gemini);
            let model = model_of(&found);
            assert_eq!((model.endpoint, model.place), (endpoint, ModelPlace::Path));
            assert_eq!(model.model.as_deref(), Some("google/gemini"));
            assert_eq!(model.streams, Some(streams));
            let there = format!("{root}/gemini-2.5%20x:{verb}");
            assert_eq!(model.upstream_path("gemini-2.5 x"), there);
            assert_eq!(
                model.upstream_query(Some("alt=sse"), "x").unwrap(),
                "alt=sse"
            );
            let refused = Err(RouteError::Method { allow: "POST" });
            assert_eq!(route("GET", &path), refused, "{path}");
        }
    }
}

#[test]
fn geminis_list_of_models_is_answered_in_its_dialect() {
    let found = route("GET", "/v1beta/models").unwrap();
    assert_eq!(found.target, RouteTarget::Gateway(Endpoint::Models));
    assert_eq!(found.dialect, Dialect::Gemini);
    let found = route("GET", "/v1beta/models/gemini-2.5").unwrap();
    assert_eq!(found.target, RouteTarget::OneModel("gemini-2.5".into()));
    assert_eq!(found.dialect, Dialect::Gemini);
}

#[test]
fn files_are_sent_with_the_model_in_a_form() {
    for (path, endpoint) in [
        ("/v1/audio/transcriptions", Endpoint::Transcriptions),
        ("/v1/audio/translations", Endpoint::Translations),
        ("/v1/images/edits", Endpoint::ImageEdits),
        ("/v1/images/variations", Endpoint::ImageVariations),
    ] {
        let found = route("POST", path).unwrap();
        let model = model_of(&found);
        assert_eq!((model.endpoint, model.place), (endpoint, ModelPlace::Form));
        assert_eq!(model.upstream_path("x"), path);
    }
}

#[test]
fn edits_of_images_come_in_json_too() {
    let place = |path: &str, kind: &str| {
        let found = route("POST", path).unwrap();
        model_of(&found).clone().for_content(kind.as_bytes()).place
    };
    let edits = "/v1/images/edits";
    for kind in ["application/json", "Application/JSON ; charset=utf-8"] {
        assert_eq!(place(edits, kind), ModelPlace::Body);
        let azure = "/openai/deployments/d/images/edits";
        assert_eq!(place(azure, kind), ModelPlace::Body);
        assert_eq!(place("/v1/images/variations", kind), ModelPlace::Form);
        assert_eq!(place("/v1/audio/translations", kind), ModelPlace::Form);
        assert_eq!(place("/v1/chat/completions", kind), ModelPlace::Body);
    }
    for kind in [
        "",
        "multipart/form-data; boundary=application/json",
        "application/jsonl",
    ] {
        assert_eq!(place(edits, kind), ModelPlace::Form, "{kind}");
    }
}

#[test]
fn a_realtime_session_names_its_model_in_the_query() {
    for (path, query) in [
        ("/v1/realtime", "model=a%2Fb&x=1"),
        ("/openai/v1/realtime", "model=a%2Fb&x=1&api-version=2"),
        ("/openai/realtime", "api-version=2&deployment=a/b&x=1"),
    ] {
        let found = route("GET", path).unwrap();
        let model = model_of(&found);
        assert_eq!(model.endpoint, Endpoint::Realtime);
        assert_eq!((model.place, &model.model), (ModelPlace::Query, &None));
        assert_eq!(model_in_query(Some(query)).unwrap(), "a/b");
        assert_eq!(model.upstream_path("x"), "/v1/realtime");
        let there = model.upstream_query(Some(query), "c&d");
        assert_eq!(there.unwrap(), "model=c%26d&x=1", "{path}");
        for method in ["POST", "HEAD"] {
            let refused = Err(RouteError::Method { allow: "GET" });
            assert_eq!(route(method, path), refused);
        }
    }
}

#[test]
fn a_query_that_two_readers_read_differently_names_no_model() {
    let table = [
        (None, QueryModelError::Missing),
        (Some(""), QueryModelError::Missing),
        (Some("model"), QueryModelError::Missing),
        (Some("model="), QueryModelError::Missing),
        (Some("intent=transcription"), QueryModelError::Missing),
        (Some("model=a&model=a"), QueryModelError::Twice),
        (Some("model=a&Model=b"), QueryModelError::Twice),
        (Some("model=a&m%6fdel=b"), QueryModelError::Twice),
        (Some("model=a&deployment=b"), QueryModelError::Twice),
        (Some("model=a+b"), QueryModelError::Unreadable),
        (Some("model=%ff"), QueryModelError::Unreadable),
        (Some("model=a%0d"), QueryModelError::Unreadable),
        (Some("model=50%"), QueryModelError::Unreadable),
    ];
    for (query, error) in table {
        assert_eq!(model_in_query(query), Err(error), "{query:?}");
    }
}

#[test]
fn what_is_kept_of_a_response_is_asked_for_by_its_id() {
    let table = [
        ("GET", "/v1/responses/resp_%31", StoredAction::Read),
        ("HEAD", "/v1/responses/resp_1", StoredAction::Read),
        ("DELETE", "/v1/responses/resp_1", StoredAction::Delete),
        ("POST", "/v1/responses/resp_1/cancel", StoredAction::Cancel),
        (
            "GET",
            "/v1/responses/resp_1/input_items",
            StoredAction::InputItems,
        ),
    ];
    for (method, path, action) in table {
        let found = route(method, path).unwrap();
        let id = "resp_1".into();
        assert_eq!(
            found.target,
            RouteTarget::Stored(Stored { id, action, path })
        );
        assert_eq!(found.dialect, Dialect::OpenAi);
        assert!(matches!(
            route("PATCH", path),
            Err(RouteError::Method { .. })
        ));
    }
}

#[test]
fn a_query_changes_neither_the_answer_nor_what_was_judged() {
    for path in [
        "/v1beta/models/gemini-2.5-pro:generateContent",
        "/v1/chat/completions",
        "/v1/audio/transcriptions",
    ] {
        let target = target_of("POST", path);
        for query in [
            "",
            "beta=true",
            "alt=sse",
            "alt=JSON",
            "alt=",
            "%24alt=json%3Benum-encoding%3Dint",
            "$alt=json;enum-encoding=int",
            "$.xgafv=2&prettyPrint=false",
            "field=1&api-version=1",
        ] {
            assert_eq!(target.check_query(Some(query)), Ok(()), "{query}");
        }
        for query in [
            "fields=candidates.content",
            "alt=sse&%66ields=candidates",
            "%24fields=candidates",
            "FIELDS=candidates",
            "callback=f",
            "alt=proto",
            "%24alt=media",
            "alt=proto%3Benum-encoding%3Dint",
            "access_token=x",
            "a=b&%61ccess_token",
            "$oauth_token=x",
            "KEY=x",
            "$userProject=x",
            "$ct=text/plain",
            "%24httpHeaders=authorization:x",
            "$req=%7B%7D",
        ] {
            assert!(target.check_query(Some(query)).is_err(), "{query}");
        }
    }
    let mount = target_of("GET", "/crm/customers");
    assert_eq!(mount.check_query(Some("access_token=x&fields=a")), Ok(()));
}
