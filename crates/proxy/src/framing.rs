//! What hyper lets through and a gateway must not: forms that another server may read differently.

use http::header::{AUTHORIZATION, EXPECT, HOST, TRANSFER_ENCODING};
use http::request::Parts;
use http::{HeaderMap, Method, Version};
use tollgate_wire::answer::Fault;

use crate::stop::Stop;

/// Header names that decide where a message ends, where it goes, or who sent it.
const GUARDED: [&str; 6] = [
    "authorization",
    "connection",
    "content-length",
    "host",
    "transfer-encoding",
    "x-api-key",
];

/// Refuses a head that is not of the one plain form.
pub(crate) fn check(head: &Parts, most_headers: usize) -> Result<(), Stop> {
    // hyper counts them on HTTP/1 only.
    if head.headers.len() > most_headers {
        return Err(Fault::HeadersTooLarge.into());
    }
    if head.method == Method::TRACE || head.method == Method::CONNECT {
        return Err(Fault::MethodNotAllowed {
            allow: "GET, HEAD, POST",
        }
        .into());
    }
    if !head
        .method
        .as_str()
        .bytes()
        .all(|b| b.is_ascii_uppercase() || b == b'-')
    {
        return Err(malformed("the method must be in upper case"));
    }
    check_host(head)?;
    check_transfer(&head.headers)?;
    check_twins(&head.headers)?;
    if head.headers.get_all(AUTHORIZATION).iter().count() > 1 {
        return Err(Fault::TwoCredentials.into());
    }
    let known = |value: &http::HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"100-continue");
    if head.headers.get_all(EXPECT).iter().all(known) {
        Ok(())
    } else {
        Err(Fault::ExpectationFailed.into())
    }
}

fn check_host(head: &Parts) -> Result<(), Stop> {
    let mut hosts = head.headers.get_all(HOST).iter();
    let (first, second) = (hosts.next(), hosts.next());
    let target = head.uri.authority().map(|authority| authority.as_str());
    if second.is_some() {
        return Err(malformed("the `Host` header must be sent once"));
    }
    match (first, target) {
        (Some(host), Some(target)) if !host.as_bytes().eq_ignore_ascii_case(target.as_bytes()) => {
            Err(malformed(
                "the `Host` header must name the host of the request target",
            ))
        }
        (None, Some(_)) if head.version == Version::HTTP_2 => Ok(()),
        (None, _) => Err(malformed("the `Host` header is missing")),
        (Some(_), _) => Ok(()),
    }
}

fn check_transfer(headers: &HeaderMap) -> Result<(), Stop> {
    let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
    match (codings.next(), codings.next()) {
        (None, _) => Ok(()),
        (Some(one), None) if one.as_bytes().eq_ignore_ascii_case(b"chunked") => Ok(()),
        _ => Err(malformed(
            "the only transfer coding that is accepted is `chunked`, once",
        )),
    }
}

/// `Content_Length` is another header to us, and the same one to servers that map names to variables.
fn check_twins(headers: &HeaderMap) -> Result<(), Stop> {
    for name in headers.keys().filter(|name| name.as_str().contains('_')) {
        let twin = name.as_str().replace('_', "-");
        if GUARDED.contains(&twin.as_str()) {
            return Err(Stop::Malformed(format!(
                "the header `{name}` must be written `{twin}`"
            )));
        }
    }
    Ok(())
}

fn malformed(sentence: &str) -> Stop {
    Stop::Malformed(sentence.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Request;
    use tollgate_policy::time::Timestamp;

    fn refused(
        build: impl FnOnce(http::request::Builder) -> http::request::Builder,
    ) -> Option<String> {
        let request = build(Request::builder().method("POST").uri("/v1/messages"));
        let head = request.body(()).unwrap().into_parts().0;
        check(&head, 10)
            .err()
            .map(|stop| format!("{:?}", stop.fault(Timestamp::from_seconds(0))))
    }

    #[test]
    fn a_plain_head_passes() {
        assert_eq!(
            refused(|r| r
                .header("host", "a")
                .header("transfer-encoding", "Chunked")
                .header("expect", "100-continue")),
            None
        );
        assert_eq!(refused(|r| r.uri("http://a/v1").header("host", "A")), None);
        assert_eq!(
            refused(|r| r.version(Version::HTTP_2).uri("https://a/v1")),
            None
        );
    }

    #[test]
    fn an_unclear_host_is_refused() {
        assert!(refused(|r| r).is_some());
        assert!(refused(|r| r.header("host", "a").header("host", "a")).is_some());
        assert!(refused(|r| r.uri("http://b/").header("host", "a")).is_some());
        assert!(refused(|r| r.uri("http://b/")).is_some());
    }

    #[test]
    fn an_unclear_length_is_refused() {
        for coding in [
            "gzip, chunked",
            "chunked, chunked",
            "identity",
            "xchunked",
            "",
        ] {
            assert!(
                refused(|r| r.header("host", "a").header("transfer-encoding", coding)).is_some(),
                "{coding}"
            );
        }
        let twice = |r: http::request::Builder| {
            r.header("host", "a")
                .header("transfer-encoding", "chunked")
                .header("transfer-encoding", "chunked")
        };
        assert!(refused(twice).is_some());
        assert!(refused(|r| r.header("host", "a").header("Content_Length", "3")).is_some());
        assert_eq!(
            refused(|r| r.header("host", "a").header("x_custom", "3")),
            None
        );
    }

    #[test]
    fn odd_methods_and_expectations_are_refused() {
        assert!(refused(|r| r.method("post").header("host", "a")).is_some());
        for method in ["TRACE", "CONNECT"] {
            let fault = refused(|r| r.method(method).header("host", "a")).unwrap();
            assert!(fault.starts_with("MethodNotAllowed"), "{fault}");
        }
        assert_eq!(
            refused(|r| r.header("host", "a").header("expect", "200-ok")).as_deref(),
            Some("ExpectationFailed")
        );
        let expect_two = refused(|r| {
            r.header("host", "a")
                .header("expect", "100-continue")
                .header("expect", "foo")
        });
        assert_eq!(expect_two.as_deref(), Some("ExpectationFailed"));
        let many = refused(|r| {
            (0..11).fold(r.header("host", "a"), |r, i| {
                r.header(format!("x-{i}"), "1")
            })
        });
        assert_eq!(many.as_deref(), Some("HeadersTooLarge"));
        let two = refused(|r| {
            r.header("host", "a")
                .header("authorization", "Bearer a")
                .header("authorization", "Bearer b")
        });
        assert_eq!(two.as_deref(), Some("TwoCredentials"));
    }
}
