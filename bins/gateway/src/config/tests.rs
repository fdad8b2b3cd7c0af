use super::*;
use crate::cli::{Cli, Command};
use clap::Parser;

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
        ("trusted_proxies = ['10.0.0.1/8']", "write `10.0.0.0/8`"),
        ("[log]\nformat = 'xml'", "xml"),
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
