use super::*;

const SECRET: &str = "0123456789abcdef";

fn made(address: &str, secret: &str, reach: Reach) -> Result<Webhook, WebhookError> {
    Webhook::new(address, Zeroizing::new(secret.to_owned()), reach)
}

#[test]
fn an_empty_or_short_secret_is_refused() {
    for (secret, length) in [
        ("", 0),
        ("0123456789abcde", 15),
        ("                    ", 0),
    ] {
        let error = made("https://example.com/hook", secret, Reach::Private).unwrap_err();
        assert!(
            matches!(error, WebhookError::Secret(seen) if seen == length),
            "{error}"
        );
    }
    assert!(made("https://example.com/hook", SECRET, Reach::Public).is_ok());
}

#[test]
fn plain_http_goes_to_this_machine_alone_and_only_where_that_is_allowed() {
    let loopback = [
        "http://127.0.0.1:9/hook",
        "http://127.1.2.3/hook",
        "http://[::1]:9/hook",
        "http://localhost/hook",
    ];
    for address in loopback {
        assert!(made(address, SECRET, Reach::Private).is_ok(), "{address}");
        let refused = made(address, SECRET, Reach::Public);
        assert!(matches!(refused, Err(WebhookError::Private)), "{address}");
    }
    let elsewhere = [
        "http://example.com/hook",
        "http://10.0.0.1/hook",
        "http://localhost.example.com/hook",
        "http://127.0.0.1.example.com/hook",
    ];
    for address in elsewhere {
        let refused = made(address, SECRET, Reach::Private);
        assert!(matches!(refused, Err(WebhookError::Scheme)), "{address}");
    }
}

#[test]
fn a_private_network_is_reached_only_where_that_is_allowed() {
    for address in [
        "https://10.0.0.1/hook",
        "https://[fd00::1]/",
        "https://hooks.internal/",
    ] {
        let refused = made(address, SECRET, Reach::Public);
        assert!(matches!(refused, Err(WebhookError::Private)), "{address}");
        assert!(made(address, SECRET, Reach::Private).is_ok(), "{address}");
    }
    let metadata = made("https://169.254.169.254/hook", SECRET, Reach::Private);
    assert!(matches!(metadata, Err(WebhookError::Private)), "never");
}

#[test]
fn an_address_that_is_no_web_address_is_refused() {
    for address in ["", "example.com/hook", "mailto:a@example.com", "https://"] {
        let refused = made(address, SECRET, Reach::Private);
        assert!(matches!(refused, Err(WebhookError::Address)), "{address}");
    }
    let refused = made("ftp://example.com/", SECRET, Reach::Private);
    assert!(matches!(refused, Err(WebhookError::Scheme)));
    for address in ["https://me@example.com/", "https://:pass@example.com/"] {
        let refused = made(address, SECRET, Reach::Private);
        assert!(matches!(refused, Err(WebhookError::UserInfo)), "{address}");
    }
}

#[test]
fn neither_the_secret_nor_the_path_is_shown() {
    let address = "https://example.com:8443/services/T0/path-secret?key=query-secret";
    let webhook = made(address, SECRET, Reach::Public).unwrap();
    let shown = format!("{webhook:?}");
    assert!(shown.contains("https://example.com:8443"), "{shown}");
    for secret in [SECRET, "path-secret", "query-secret"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
