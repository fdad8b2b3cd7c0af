use super::*;

fn secret(text: &str) -> UpstreamSecret {
    UpstreamSecret::new(text.to_owned())
}

fn headers(list: &[(&str, &str)]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in list {
        map.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
    }
    map
}

#[test]
fn the_upstream_gets_its_own_credential_in_its_own_header() {
    let cases = [
        (Carrier::Bearer, "authorization", "Bearer upstream-secret"),
        (
            Carrier::ApiKeyScheme,
            "authorization",
            "ApiKey upstream-secret",
        ),
        (Carrier::XApiKey, "x-api-key", "upstream-secret"),
        (Carrier::ApiKey, "api-key", "upstream-secret"),
        (Carrier::XGoogApiKey, "x-goog-api-key", "upstream-secret"),
    ];
    for (carrier, name, value) in cases {
        let secret = secret("upstream-secret");
        let given = headers(&[("content-length", "7")]);
        let map = request_headers(&given, carrier, Some(&secret), Some(3)).unwrap();
        assert_eq!(map.get(name).unwrap(), value);
        assert!(map.get(name).unwrap().is_sensitive());
        assert_eq!(map.get("content-length").unwrap(), "3");
        assert_eq!(map.get("accept-encoding").unwrap(), "identity");
        assert_eq!(map.len(), 3);
    }
}

#[test]
fn an_answer_comes_as_the_client_wants_it_where_it_is_not_metered() {
    let given = [
        ("accept-encoding", "gzip"),
        ("x-goog-fieldmask", "candidates"),
    ];
    let sent = |length| {
        let map = request_headers(&headers(&given), Carrier::Bearer, None, length).unwrap();
        let value = |name| {
            map.get(name)
                .map(|value| value.to_str().unwrap().to_owned())
        };
        given.map(|(name, _)| value(name))
    };
    assert_eq!(sent(Some(2)), [Some("identity".to_owned()), None]);
    assert_eq!(sent(None), given.map(|(_, value)| Some(value.to_owned())));
}

#[test]
fn what_concerns_one_connection_or_the_client_is_not_forwarded() {
    let given = headers(&[
        ("host", "gateway"),
        (
            "connection",
            "close, x-named, anthropic-version, authorization",
        ),
        ("x-named", "1"),
        ("keep-alive", "5"),
        ("te", "gzip"),
        ("transfer-encoding", "chunked"),
        ("upgrade", "h2c"),
        ("http2-settings", "x"),
        ("expect", "100-continue"),
        ("x-forwarded-for", "10.0.0.1"),
        ("x-forwarded-port", "443"),
        ("forwarded", "for=10.0.0.1"),
        ("via", "1.1 edge"),
        ("true-client-ip", "10.0.0.1"),
        ("openai-organization", "org-of-the-client"),
        ("openai-project", "proj-of-the-client"),
        ("x-goog-user-project", "project-of-the-client"),
        ("anthropic-version", "2023-06-01"),
        ("anthropic-beta", "a,b"),
        ("x-stainless-lang", "python"),
    ]);
    let secret = secret("upstream-secret");
    let map = request_headers(&given, Carrier::Bearer, Some(&secret), None).unwrap();
    let mut left: Vec<&str> = map.keys().map(HeaderName::as_str).collect();
    left.sort_unstable();
    assert_eq!(
        left,
        [
            "anthropic-beta",
            "anthropic-version",
            "authorization",
            "x-stainless-lang"
        ]
    );
    assert_eq!(map.get("authorization").unwrap(), "Bearer upstream-secret");
}

#[test]
fn an_upstreams_cookies_stay_here() {
    let given = [
        ("set-cookie", "a=b"),
        ("connection", "x-trace"),
        ("x-trace", "1"),
        ("x-ratelimit-limit-requests", "10"),
    ];
    let mut map = headers(&given);
    response_headers(&mut map, false);
    assert_eq!(map, headers(&[("x-ratelimit-limit-requests", "10")]));
    let mut map = headers(&given);
    response_headers(&mut map, true);
    assert!(map.contains_key("set-cookie"));
}

#[test]
fn a_route_is_joined_to_its_base_without_saying_v1_twice() {
    let cases = [
        (
            "https://api.example.com",
            "/v1/messages",
            None,
            "/v1/messages",
        ),
        (
            "https://api.example.com/",
            "/v1/messages",
            Some("beta=true"),
            "/v1/messages?beta=true",
        ),
        (
            "https://api.example.com/v1",
            "/v1/chat/completions",
            None,
            "/v1/chat/completions",
        ),
        (
            "http://127.0.0.1:81/api/v1/",
            "/v1/embeddings",
            None,
            "/api/v1/embeddings",
        ),
        ("http://[::1]:81/x", "/v10/y", None, "/x/v10/y"),
        ("http://a.example/v1", "/v10/y", None, "/v1/v10/y"),
        ("http://a.example", "", Some("q"), "/?q"),
    ];
    // What the client asked for may be the same there, and changes nothing where it is not.
    for asked in ["/v1/messages?beta=true", "/v1/chat/completions", "/other"] {
        let asked: Uri = asked.parse().unwrap();
        for (base, path, query, expected) in cases {
            let base = Url::parse(base).unwrap();
            let target = model_target(&base, path, query, &asked).unwrap();
            assert_eq!(target.to_string(), expected);
        }
    }
}

#[test]
fn a_mounts_path_is_joined_as_it_is() {
    let base = Url::parse("https://crm.example/api/v1").unwrap();
    let asked = Uri::from_static("/crm/v1/x");
    let joined = |path| mount_target(&base, path, None, &asked).unwrap().to_string();
    assert_eq!(joined("/v1/x"), "/api/v1/v1/x");
    assert_eq!(joined(""), "/api/v1");
}

#[test]
fn a_credential_that_no_header_can_carry_is_not_left_out() {
    let odd = secret("two\nlines");
    for (secret, sent) in [(Some(&odd), false), (None, true)] {
        let written = request_headers(&headers(&[]), Carrier::Bearer, secret, None);
        assert_eq!(written.is_some(), sent);
    }
}

#[test]
fn the_key_parameter_is_taken_out_of_the_query_and_nothing_else() {
    let take = |uri: &str| {
        let taken = without_query_key(&uri.parse().unwrap(), |_| true);
        taken.map(|found| found.map(|(uri, secrets)| (uri.to_string(), secrets)))
    };
    let found = |uri: &str, secret: &str| Ok(Some((uri.to_owned(), vec![secret.to_owned()])));
    assert_eq!(take("/a?key=x%2Fy"), found("/a", "x/y"));
    assert_eq!(take("/a?b=%20&key=x&c"), found("/a?b=%20&c", "x"));
    assert_eq!(take("/a?monkey=x"), Ok(None));
    assert_eq!(take("/a?%6bey=x"), found("/a", "x"));
}
