use ::url::Url;

use super::{UrlError, check};

fn judged(text: &str, private: bool) -> Result<(), UrlError> {
    check(&Url::parse(text).unwrap(), private)
}

#[test]
fn public_names_and_addresses_pass() {
    for text in [
        "https://api.openai.com",
        "https://api.openai.com./v1",
        "http://example.org:8080/base?api-version=1",
        "https://1.1.1.1",
        "https://[2606:4700::1111]:8443/",
        "https://localhost.example.com",
        "https://notlocal.example",
    ] {
        assert_eq!(judged(text, false), Ok(()), "{text}");
    }
}

#[test]
fn loopback_in_any_spelling_needs_the_opt_in() {
    for text in [
        "http://127.0.0.1:8000",
        "http://127.1",
        "http://0x7f.1",
        "http://0x7f000001",
        "http://2130706433",
        "http://017700000001",
        "http://0177.0.0.1",
        "http://127.0.0.1.",
        "http://%31%32%37.0.0.1",
        "http://１２７.0.0.1",
        "http://[::1]",
        "http://[::ffff:127.0.0.1]",
        "http://[0:0:0:0:0:ffff:7f00:1]",
    ] {
        let refused = judged(text, false);
        assert!(matches!(refused, Err(UrlError::Address(_))), "{text}");
        assert_eq!(judged(text, true), Ok(()), "{text}");
    }
}

#[test]
fn names_of_private_networks_need_the_opt_in() {
    for text in [
        "http://localhost:11434",
        "http://LOCALHOST",
        "http://localhost.",
        "http://a.localhost",
        "http://metadata.google.internal",
        "http://printer.local",
        "http://nas.home.arpa",
        "http://redis",
        "http://ollama:11434",
    ] {
        let refused = judged(text, false);
        assert!(matches!(refused, Err(UrlError::PrivateName(_))), "{text}");
        assert_eq!(judged(text, true), Ok(()), "{text}");
    }
}

#[test]
fn metadata_addresses_never_pass() {
    for text in [
        "http://169.254.169.254/latest/meta-data",
        "http://0xa9fea9fe",
        "http://[::ffff:169.254.169.254]",
        "http://[fd00:ec2::254]",
        "http://0.0.0.0",
        "http://0",
        "http://[::]",
    ] {
        let refused = judged(text, true);
        assert!(matches!(refused, Err(UrlError::Address(_))), "{text}");
    }
}

#[test]
fn what_is_no_base_address_is_refused() {
    let scheme = |name: &str| Err(UrlError::Scheme(name.to_owned()));
    assert_eq!(judged("file:///etc/passwd", true), scheme("file"));
    assert_eq!(judged("gopher://example.org", true), scheme("gopher"));
    let with_user = "https://user@example.org";
    assert_eq!(judged(with_user, true), Err(UrlError::UserInfo));
    let with_password = "https://:secret@example.org";
    assert_eq!(judged(with_password, true), Err(UrlError::UserInfo));
    let with_fragment = "https://example.org/#top";
    assert_eq!(judged(with_fragment, true), Err(UrlError::Fragment));
    assert_eq!(judged("https://example.org:0", true), Err(UrlError::Port));
    let empty_label = "https://a..example.org";
    let refused = judged(empty_label, true);
    assert!(matches!(refused, Err(UrlError::Host(_))), "{refused:?}");
}
