use std::time::Duration;

use super::*;
use crate::cli::{Cli, Command};
use clap::Parser;
use tollgate_listen::ClientCertificates;

fn load(file: &str, flags: &[&str]) -> Result<Config, String> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("tollgate.toml");
    std::fs::write(&path, file).unwrap();
    let command = [
        "tollgate-gateway",
        "serve",
        "--config",
        path.to_str().unwrap(),
    ];
    let cli =
        Cli::try_parse_from(command.iter().chain(flags)).map_err(|error| error.to_string())?;
    let Command::Serve(settings) = cli.command else {
        panic!("serve was asked for");
    };
    Config::load(settings).map_err(|error| {
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        format!("{error}: {}", cause.unwrap_or_default())
    })
}

#[test]
fn the_default_configuration_is_complete_and_closed() {
    let config = load("", &[]).unwrap();
    assert!(config.listen.ip().is_loopback() && config.observe.ip().is_loopback());
    assert!(config.settings.trusted_proxies.is_empty() && !config.settings.basic_credentials);
    assert_eq!(
        (config.store.as_str(), config.log.as_str()),
        ("tollgate.db", "info")
    );
}

#[test]
fn a_flag_wins_over_the_file() {
    let file = "listen = '127.0.0.1:1'\nstore = 'a.db'\ntrusted_proxies = ['10.0.0.0/8']\n[limits]\ndrain_seconds = 7\n";
    let config = load(
        file,
        &["--listen", "127.0.0.1:2", "--trusted-proxy", "192.0.2.1"],
    )
    .unwrap();
    assert_eq!(config.listen.port(), 2);
    assert_eq!(config.store, "a.db");
    assert_eq!(
        config.settings.trusted_proxies,
        ["192.0.2.1".parse().unwrap()]
    );
    assert_eq!(config.settings.drain, Duration::from_secs(7));
}

#[test]
fn what_is_wrong_is_named() {
    let cases = [
        ("lisen = '127.0.0.1:1'", "lisen"),
        ("listen = 'everywhere'", "listen"),
        (
            "[limits]\nbody_bytes = 0",
            "limits.body_bytes` must be from 1 to",
        ),
        ("[limits]\ndrain_seconds = 90000", "limits.drain_seconds"),
        (
            "observe = '127.0.0.1:8080'",
            "`listen` and `observe` are the same address",
        ),
        ("trusted_proxies = ['10.0.0.1/8']", "write `10.0.0.0/8`"),
        ("[log]\nformat = 'xml'", "xml"),
        ("proxy_protocol = ['10.0.0.1/8']", "`proxy_protocol` is not"),
        ("workers = 0", "`workers` must be from 1 to 1024"),
        ("[tls]\ncertificate = 'a.pem'", "missing field `key`"),
        (
            "[tls]\ncertificate = 'a'\nkey = 'b'\nclient_certificates = 'required'",
            "`tls.client_ca` belongs to",
        ),
        (
            "[tls]\ncertificate = 'a'\nkey = 'b'\nclient_certificates = 'maybe'",
            "maybe",
        ),
        ("[access_log]\nfile = 'a'", "file"),
        (
            "[traces]\nendpoint = 'http://c'\nsampling_ratio = 1.5",
            "`traces.sampling_ratio` must be from 0 to 1, and is 1.5",
        ),
        (
            "[traces]\nendpoint = 'collector'",
            "`traces.endpoint` is not",
        ),
        (
            "[traces]\nendpoint = 'ftp://c'",
            "`traces.endpoint` must be",
        ),
    ];
    for (file, named) in cases {
        let error = load(file, &[]).unwrap_err();
        assert!(error.contains(named), "{file}: {error}");
    }
    assert!(
        load("", &["--trusted-proxy", "x"])
            .unwrap_err()
            .contains("`x` is no address")
    );
}

#[test]
fn what_is_wrong_is_named_without_the_secret_beside_it() {
    let cases = [
        (
            "workers = 1\nstore = \"postgres://u:pa\\ss-5ecret@db/x\"",
            "line 2, column 26: missing escaped value",
        ),
        (
            "[alerts]\nwebhook_url = \"https://h.example/pass-5ecret\nworkers = 1",
            "line 2, column ",
        ),
        (
            "[alerts]\nwebhook_private = 'https://h.example/\", expected pass-5ecret'",
            "line 2, column 19: invalid type: a text, expected a boolean in `alerts.webhook_private`",
        ),
        (
            "alerts = 'https://h.example/pass-5ecret'",
            "line 1, column 10",
        ),
        (
            "stored = 'postgres://u:pass-5ecret@db/x'",
            "unknown field `stored`",
        ),
        (
            "listen = 'localhost:5ecret'",
            "line 1, column 10: no IP address and port, as in `127.0.0.1:8080`, in `listen`",
        ),
        ("store = ['pass-5ecret']", "line 1, column 9: invalid type"),
        (
            "webhook_url = https://h.example/pass-5ecret",
            "line 1, column 15",
        ),
    ];
    for (file, named) in cases {
        let error = load(file, &[]).unwrap_err();
        assert!(error.contains(named), "{file}: {error}");
        assert!(
            !error.contains("5ecret") && !error.contains("h.example"),
            "{error}"
        );
        assert_eq!(error.lines().count(), 1, "{error}");
    }
}

#[test]
fn tls_and_logs_are_off_unless_they_are_asked_for() {
    let config = load("", &[]).unwrap();
    assert_eq!(
        (config.tls, config.access_log, config.traces),
        (None, None, None)
    );
    let file = "[tls]\ncertificate = 'chain.pem'\nkey = 'key.pem'\nclient_ca = 'ca.pem'\nclient_certificates = 'optional'\n[access_log]\npath = 'stdout'\n[traces]\nendpoint = 'http://collector:4318'\n";
    let config = load(file, &[]).unwrap();
    let tls = config.tls.unwrap();
    assert_eq!(tls.certificate, PathBuf::from("chain.pem"));
    assert_eq!(tls.clients, ClientCertificates::Optional("ca.pem".into()));
    assert_eq!(config.access_log, Some(AccessLog::Stdout));
    let traces = config.traces.unwrap();
    assert!((traces.sampling_ratio - 1.0).abs() < f64::EPSILON);
}

/// The example with the lines in force that it has as comments.
fn whole_example() -> String {
    let example = include_str!("../../../../dist/tollgate.toml");
    let is_setting = |rest: &&str| rest.starts_with('[') || rest.contains(" = ");
    let lines = example.lines().map(|line| {
        let rest = line.strip_prefix("# ").filter(is_setting);
        format!("{}\n", rest.unwrap_or(line))
    });
    lines.collect()
}

#[test]
fn the_example_has_the_defaults_and_every_key_in_it_is_known() {
    let example = load(include_str!("../../../../dist/tollgate.toml"), &[]).unwrap();
    assert_eq!(
        format!("{example:?}"),
        format!("{:?}", load("", &[]).unwrap())
    );
    let whole = whole_example();
    let whole = load(&whole, &[]).unwrap();
    assert!(whole.tls.is_some() && whole.access_log.is_some() && whole.traces.is_some());
    assert!(whole.upkeep.webhook.is_some());
}

#[test]
fn what_a_running_gateway_cannot_change_is_named() {
    let mut old = load("", &[]).unwrap();
    let file = "workers = 77\n[limits]\nconnections = 7\nhead_seconds = 3\n[log]\nfilter = 'warn'\n[keep]\ndaily_days = 1\n";
    let new = load(file, &[]).unwrap();
    assert_eq!(old.fixed(&new), ["workers", "limits.connections"]);
    old.follow(new);
    assert_eq!((old.log.as_str(), old.upkeep.keep_daily_days), ("warn", 1));
}
