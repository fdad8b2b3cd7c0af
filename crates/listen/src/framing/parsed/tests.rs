use http::Request;
use http::request::Builder;

use super::*;

fn refused(build: impl FnOnce(Builder) -> Builder) -> Option<Reason> {
    let request = build(Request::builder().method("POST").uri("https://a/v1"));
    let head = request.version(Version::HTTP_2).body(()).unwrap();
    check(&head.into_parts().0, 10).err()
}

#[test]
fn a_plain_head_passes() {
    assert_eq!(refused(|r| r), None);
    assert_eq!(refused(|r| r.header("host", "A")), None);
    assert_eq!(refused(|r| r.header("x_custom", "3")), None);
    assert_eq!(refused(|r| r.header("content-length", "3")), None);
    assert_eq!(refused(|r| r.header("expect", "100-continue")), None);
}

#[test]
fn an_unclear_head_is_refused() {
    let malformed: [fn(Builder) -> Builder; 10] = [
        |r| r.header("host", "b"),
        |r| r.header("host", "a").header("host", "a"),
        |r| r.method("post"),
        |r| r.header("content_length", "3"),
        |r| {
            r.header("content-length", "5")
                .header("content-length", "05")
        },
        |r| r.header("content-length", ""),
        |r| r.header("transfer-encoding", "gzip"),
        |r| r.header("authorization", "a").header("authorization", "b"),
        |r| {
            r.header("content-type", "a/b")
                .header("content-type", "a/b")
        },
        |r| r.uri("/v1"),
    ];
    for build in malformed {
        let reason = refused(build);
        assert!(matches!(reason, Some(Reason::Malformed(_))), "{reason:?}");
    }
}

#[test]
fn other_reasons_are_told_apart() {
    for method in ["TRACE", "CONNECT"] {
        assert_eq!(refused(|r| r.method(method)), Some(Reason::Method));
    }
    assert_eq!(
        refused(|r| r.header("expect", "200-ok")),
        Some(Reason::Expectation)
    );
    let many = |r: Builder| (0..11).fold(r, |r, i| r.header(format!("x-{i}"), "1"));
    assert_eq!(refused(many), Some(Reason::TooManyHeaders));
}
