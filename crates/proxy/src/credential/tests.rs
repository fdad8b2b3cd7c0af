use super::*;
use http::Request;
use tollgate_policy::time::Timestamp;

fn take_from(
    uri: &str,
    headers: &[(&str, &str)],
    basic: bool,
) -> (Parts, Result<SecretHash, String>) {
    take_by(uri, headers, basic, QueryKey::Ours)
}

fn take_by(
    uri: &str,
    headers: &[(&str, &str)],
    basic: bool,
    query: QueryKey,
) -> (Parts, Result<SecretHash, String>) {
    let mut request = Request::builder().uri(uri);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut head = request.body(()).unwrap().into_parts().0;
    let taken = take(&mut head, &HashKey::new([3; 32]), basic, query);
    (
        head,
        taken.map_err(|stop| format!("{:?}", stop.fault(Timestamp::from_seconds(0)))),
    )
}

const FOREIGN: &str = "OaBw1+4DqFfDLXOLpWthbfp502Wc0D4tICsxNcT+aeQ=";

fn expected() -> SecretHash {
    Secret::parse(FOREIGN).unwrap().hash(&HashKey::new([3; 32]))
}

#[test]
fn every_carrier_gives_the_same_hash_and_is_removed() {
    let bearer = format!("Bearer {FOREIGN}");
    let shouted = format!("BEARER   {FOREIGN}");
    let apikey = format!("ApiKey {FOREIGN}");
    let basic = format!("Basic {}", STANDARD.encode(format!("any:{FOREIGN}")));
    let protocol = format!("realtime, openai-insecure-api-key.{FOREIGN}, openai-beta.realtime-v1");
    let cases = [
        ("authorization", bearer.as_str()),
        ("authorization", &shouted),
        ("authorization", &apikey),
        ("authorization", &basic),
        ("x-api-key", FOREIGN),
        ("api-key", FOREIGN),
        ("x-goog-api-key", FOREIGN),
        ("sec-websocket-protocol", &protocol),
    ];
    for (name, value) in cases {
        let (head, taken) = take_from("/v1/x", &[(name, value)], true);
        assert_eq!(taken, Ok(expected()), "{name}: {value}");
        assert!(
            !format!("{head:?}").contains(FOREIGN),
            "{name} stays in the head"
        );
    }
    let (head, taken) = take_from(
        "/v1/x?a=1&key=OaBw1%2B4DqFfDLXOLpWthbfp502Wc0D4tICsxNcT%2BaeQ%3D&b=2",
        &[],
        false,
    );
    assert_eq!(taken, Ok(expected()));
    assert_eq!(head.uri, "/v1/x?a=1&b=2");
}

#[test]
fn two_different_secrets_are_refused_wherever_they_stand() {
    let other = ("x-api-key", "another-secret");
    for first in [
        ("authorization", "Bearer one-secret"),
        ("api-key", "one-secret"),
        ("x-goog-api-key", "one-secret"),
    ] {
        assert_eq!(
            take_from("/", &[first, other], false).1,
            Err("TwoCredentials".to_owned())
        );
    }
    assert_eq!(
        take_from("/?key=one-secret", &[other], false).1,
        Err("TwoCredentials".to_owned())
    );
    assert_eq!(
        take_from("/?key=one-secret&k%65y=two-secret", &[], false).1,
        Err("TwoCredentials".to_owned())
    );
    assert_eq!(
        take_from("/", &[other, ("x-api-key", "third-secret")], false).1,
        Err("TwoCredentials".to_owned())
    );
}

#[test]
fn a_mounted_api_has_a_parameter_key_of_its_own_beside_another_carrier() {
    let bearer = format!("Bearer {FOREIGN}");
    let take = |query: &str, headers: &[(&str, &str)]| {
        let uri = format!("/kv/get?{query}");
        let (head, taken) = take_by(&uri, headers, false, QueryKey::Shared);
        (head.uri.to_string(), taken)
    };
    let encoded = "OaBw1%2B4DqFfDLXOLpWthbfp502Wc0D4tICsxNcT%2BaeQ%3D";
    let with_bearer = [("authorization", bearer.as_str())];
    for (query, sent) in [
        ("key=user:1&a=%20", "/kv/get?key=user:1&a=%20"),
        ("key=a&key=b", "/kv/get?key=a&key=b"),
        ("key=", "/kv/get?key="),
        // The secret itself goes no further.
        (&format!("key={encoded}&key=a"), "/kv/get?key=a"),
    ] {
        assert_eq!(take(query, &with_bearer), (sent.to_owned(), Ok(expected())));
    }
    let alone = take(&format!("key={encoded}&a=1"), &[("x-api-key", "")]);
    assert_eq!(alone, ("/kv/get?a=1".to_owned(), Ok(expected())));
    let two = Err("TwoCredentials".to_owned());
    // A plus is a space here, and may be itself at the upstream.
    for secret in ["sk-tg-another", "sk-tgadm-another", FOREIGN] {
        assert_eq!(take(&format!("key={secret}"), &with_bearer).1, two);
    }
    assert_eq!(take("key=one-secret&key=two-secret", &[]).1, two);
}

#[test]
fn two_secrets_in_one_header_are_refused_too() {
    let offered = "openai-insecure-api-key.one-secret, openai-insecure-api-key.two-secret";
    let taken = take_from("/", &[("sec-websocket-protocol", offered)], false).1;
    assert_eq!(taken, Err("TwoCredentials".to_owned()));
}

#[test]
fn the_same_secret_twice_is_one_secret() {
    let bearer = format!("Bearer {FOREIGN}");
    let headers = [("authorization", bearer.as_str()), ("x-api-key", FOREIGN)];
    assert_eq!(take_from("/", &headers, false).1, Ok(expected()));
}

#[test]
fn no_credential_is_told_from_a_wrong_one() {
    let missing = Err("MissingCredential".to_owned());
    assert_eq!(take_from("/", &[], false).1, missing);
    assert_eq!(
        take_from(
            "/",
            &[("authorization", "Bearer "), ("x-api-key", "")],
            false
        )
        .1,
        missing
    );
    assert_eq!(
        take_from("/", &[("authorization", "Basic YTpi")], false).1,
        missing,
        "off by default"
    );
    let unknown = Err("UnknownCredential".to_owned());
    assert_eq!(
        take_from("/", &[("authorization", "Bearer sk-tg-mistyped")], false).1,
        unknown
    );
    assert_eq!(
        take_from("/", &[("authorization", "Bearer two words")], false).1,
        unknown
    );
    assert_eq!(
        take_from("/", &[("authorization", "Basic !")], true).1,
        unknown
    );
}

#[test]
fn a_credential_of_the_admin_api_is_told_from_an_unknown_secret() {
    for secret in ["sk-tgadm-", "sk-tgadm-mistyped"] {
        assert_eq!(
            take_from("/", &[("x-api-key", secret)], false).1,
            Err("OperatorCredential".to_owned())
        );
    }
}

#[test]
fn what_else_identifies_a_caller_is_removed_too() {
    let headers = [
        ("cookie", "a=b"),
        ("proxy-authorization", "Basic x"),
        ("x-api-key", FOREIGN),
        ("x-other", "kept"),
    ];
    let (head, _) = take_from("/", &headers, false);
    assert_eq!(head.headers.len(), 1);
    assert!(head.headers.contains_key("x-other"));
}

#[test]
fn a_websocket_keeps_the_protocols_that_are_no_secret() {
    let offered = format!(
        "realtime, openai-insecure-api-key.{FOREIGN},, openai-beta.realtime-v1, OpenAI-Insecure-API-Key.x"
    );
    let headers = [
        ("upgrade", "websocket"),
        ("sec-websocket-protocol", &offered),
    ];
    let (head, taken) = take_from("/v1/realtime", &headers, false);
    assert_eq!(taken, Ok(expected()));
    let kept = head.headers.get("sec-websocket-protocol").unwrap();
    assert_eq!(kept, "realtime, openai-beta.realtime-v1");
    assert_eq!(head.extensions.get::<SecretHash>(), Some(&expected()));

    let only = format!("openai-insecure-api-key.{FOREIGN}");
    let headers = [("upgrade", "websocket"), ("sec-websocket-protocol", &only)];
    let (head, _) = take_from("/v1/realtime", &headers, false);
    assert_eq!(head.headers.get("sec-websocket-protocol"), None);
}
