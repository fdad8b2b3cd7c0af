//! What the gateway's binary does besides serving: it checks, and describes itself.

use std::path::Path;
use std::process::Command;

use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use tollgate_testkit::postgres::Postgres;
use tollgate_tests::{System, binaries};

/// Runs the check in a directory, and gives its exit code and what it printed.
fn check(
    directory: &Path,
    arguments: &[&str],
    environment: &[(&str, &str)],
) -> (Option<i32>, String) {
    let output = Command::new(binaries::gateway())
        .arg("check")
        .args(arguments)
        .envs(environment.iter().copied())
        .current_dir(directory)
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(text).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_fits_is_ok_and_a_variable_that_is_not_set_is_a_fault() {
    let system = System::start().await;
    let set = [("TEST_UPSTREAM_KEY", "anything")];
    let (code, text) = check(system.directory(), &[], &set);
    assert_eq!(code, Some(0), "{text}");
    let (code, text) = check(system.directory(), &[], &[]);
    assert_eq!(code, Some(1), "{text}");
    assert!(
        text.contains("`TEST_UPSTREAM_KEY`, which is not set"),
        "{text}"
    );
    let hook = "[alerts]\nwebhook_url = 'https://hook.example/'\nwebhook_secret_env = 'TEST_UPSTREAM_KEY'\n";
    std::fs::write(system.directory().join("hook.toml"), hook).unwrap();
    let (code, text) = check(system.directory(), &["--config", "hook.toml"], &set);
    assert_eq!(code, Some(1), "{text}");
    assert!(
        text.contains("`TEST_UPSTREAM_KEY`, which has another secret in it"),
        "{text}"
    );
    system.admin(&["model", "create", "nobodys", "--provider", "openai"]);
    let (code, text) = check(system.directory(), &[], &set);
    assert_eq!(code, Some(1), "{text}");
    assert!(
        text.contains("no enabled upstream serves the model `nobodys`"),
        "{text}"
    );
    system.finish().await;
}

#[test]
fn a_mistyped_path_is_a_fault_and_nothing_is_made() {
    let directory = tempfile::tempdir().unwrap();
    let (code, text) = check(directory.path(), &["--store", "tolgate.db"], &[]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("there is no store `tolgate.db`"), "{text}");
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_is_left_as_it_is() {
    let server = tokio::task::spawn_blocking(Postgres::start);
    let server = server.await.unwrap().unwrap();
    let set = [("TEST_UPSTREAM_KEY", "anything")];
    let store = server.fresh_database().unwrap();
    let system = System::start_with(&store, &[]).await;
    let directory = system.directory();
    let empty = server.fresh_database().unwrap();
    let database = empty.rsplit('/').next().unwrap();
    let (code, text) = check(directory, &["--store", &empty], &set);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("fault: there is no store `"), "{text}");
    let tables = "SELECT COUNT(*) FROM pg_tables WHERE schemaname = 'public'";
    assert_eq!(server.query(database, tables).unwrap().trim(), "0");

    let database = store.rsplit('/').next().unwrap();
    let (code, text) = check(directory, &["--store", &store], &set);
    assert_eq!(code, Some(0), "{text}");
    // As a version before left it, as far as can be seen.
    let last = "DELETE FROM __diesel_schema_migrations WHERE version =
        (SELECT MAX(version) FROM __diesel_schema_migrations) RETURNING version";
    let count = "SELECT COUNT(*) FROM __diesel_schema_migrations";
    let version = server.query(database, last).unwrap();
    let before = server.query(database, count).unwrap();
    let (code, text) = check(directory, &["--store", &store], &set);
    assert_eq!(code, Some(0), "{text}");
    assert!(
        text.contains("note: the store is of a version before") && text.ends_with("ok\n"),
        "{text}"
    );
    assert_eq!(server.query(database, count).unwrap(), before);
    let again = format!("INSERT INTO __diesel_schema_migrations VALUES ('{version}')");
    server.query(database, &again).unwrap();
    system.finish().await;
}

#[test]
fn a_configuration_that_is_not_understood_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(
        directory.path().join("tollgate.toml"),
        "lisen = '127.0.0.1:1'\n",
    )
    .unwrap();
    let (code, text) = check(directory.path(), &["--config", "tollgate.toml"], &[]);
    assert_eq!(code, Some(2), "{text}");
    assert!(
        text.contains("`tollgate.toml` is not understood") && text.contains("lisen"),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_cannot_be_used_is_a_fault() {
    let system = System::start().await;
    let file = "[tls]\ncertificate = 'chain.pem'\nkey = 'key.pem'\n[alerts]\nwebhook_url = 'https://ops.test'\nwebhook_secret_env = 'TEST_UNSET'\n";
    std::fs::write(system.directory().join("tollgate.toml"), file).unwrap();
    let set = [("TEST_UPSTREAM_KEY", "anything")];
    let (code, text) = check(system.directory(), &["--config", "tollgate.toml"], &set);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("`key.pem` cannot be read"), "{text}");
    assert!(text.contains("cannot be read from `TEST_UNSET`"), "{text}");
    system.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_does_not_hold_is_a_fault() {
    let system = System::start().await;
    let directory = system.directory();
    let file = "[tls]\ncertificate = 'chain.pem'\nkey = 'key.pem'\n";
    std::fs::write(directory.join("tollgate.toml"), file).unwrap();
    let set = [("TEST_UPSTREAM_KEY", "anything")];
    let holds = |from, until| {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec!["gateway.test".to_owned()]).unwrap();
        params.not_before = date_time_ymd(from, 1, 1);
        params.not_after = date_time_ymd(until, 1, 1);
        let certificate = params.self_signed(&key).unwrap();
        std::fs::write(directory.join("chain.pem"), certificate.pem()).unwrap();
        std::fs::write(directory.join("key.pem"), key.serialize_pem()).unwrap();
        check(directory, &["--config", "tollgate.toml"], &set)
    };
    let (code, text) = holds(2010, 2020);
    assert_eq!(code, Some(1), "{text}");
    assert!(
        text.contains("fault: the certificate has expired"),
        "{text}"
    );
    let (code, text) = holds(2900, 3000);
    assert_eq!(code, Some(1), "{text}");
    assert!(
        text.contains("fault: the certificate is not valid yet"),
        "{text}"
    );
    let (code, text) = holds(2010, 3000);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("the certificate expires in"), "{text}");
    system.finish().await;
}

#[test]
fn the_binary_describes_itself_to_shells_and_readers() {
    for (arguments, said) in [
        (["completions", "bash"].as_slice(), "complete -F"),
        (&["man"], ".TH tollgate-gateway 1"),
        (&["serve", "--help"], "TOLLGATE_LISTEN"),
    ] {
        let output = Command::new(binaries::gateway())
            .args(arguments)
            .output()
            .unwrap();
        assert!(output.status.success(), "{arguments:?}");
        assert!(
            String::from_utf8(output.stdout).unwrap().contains(said),
            "{arguments:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_gateway_could_not_write_or_understand_is_a_fault() {
    let system = System::start().await;
    let set = [("TEST_UPSTREAM_KEY", "anything")];
    for (text, expected) in [
        (
            "[log]\nfilter = 'info,=x=y'\n",
            "the log filter `info,=x=y` cannot be used",
        ),
        (
            "journal = 'nowhere/t.journal'\n",
            "there is no folder for the journal `nowhere/t.journal`",
        ),
        (
            "[access_log]\npath = '/dev'\n",
            "the access log `/dev` cannot be written",
        ),
        (
            "[traces]\nendpoint = 'http://127.0.0.1:4318'\nheaders_env = 'TEST_UNSET'\n",
            "the headers of `traces.headers_env` cannot be read from `TEST_UNSET`",
        ),
        (
            "[traces]\nendpoint = 'http://169.254.169.254'\n",
            "traces cannot be sent to `traces.endpoint`",
        ),
    ] {
        std::fs::write(system.directory().join("odd.toml"), text).unwrap();
        let (code, text) = check(system.directory(), &["--config", "odd.toml"], &set);
        assert_eq!(code, Some(1), "{text}");
        assert!(text.contains(expected), "{text}");
    }
    system.finish().await;
}
