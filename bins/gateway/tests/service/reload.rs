//! SIGHUP: what is right comes into force, what is wrong does not.

use crate::process::{Process, command, configure, get};

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_change_is_named_and_the_rest_comes_into_force() {
    let directory = tempfile::tempdir().unwrap();
    configure(directory.path(), "");
    let mut process = Process::start(command(directory.path())).await;
    let file = "store = 'other.db'\nworkers = 33\n[log]\nfilter = 'info,tollgate_rights=trace'\n";
    configure(directory.path(), file);
    process.signal("HUP");
    let message =
        "the configuration was read again, and these keys change with the next start only";
    let line = process.logged(message, 1).await;
    assert_eq!(line["keys"], "store, workers");
    process
        .assert_metric("tollgate_config_last_reload_success 1")
        .await;
    configure(directory.path(), "[log]\nfilter = 'error'\n");
    process.signal("HUP");
    configure(directory.path(), "");
    process.signal("HUP");
    assert!(
        get(process.address, "/v1/models")
            .await
            .starts_with("HTTP/1.1 401 ")
    );
    process.signal("TERM");
    assert_eq!(process.ended().await, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_wrong_changes_nothing_and_raises_an_alarm() {
    let directory = tempfile::tempdir().unwrap();
    configure(directory.path(), "");
    let mut process = Process::start(command(directory.path())).await;
    let wrong = [
        "lisen = '127.0.0.1:1'",
        "[limits]\nheaders = 0",
        "[log]\nfilter = 'a=b=c'",
        "[alerts]\nwebhook_url = 'https://ops.test'\nwebhook_secret_env = 'TOLLGATE_TEST_UNSET'",
    ];
    for (times, file) in wrong.iter().enumerate() {
        configure(directory.path(), file);
        process.signal("HUP");
        let message = "the configuration cannot be used: the old one stays in force";
        let line = process.logged(message, times + 1).await;
        assert!(
            line["error"]
                .as_str()
                .is_some_and(|error| !error.is_empty()),
            "{line}"
        );
        assert!(
            get(process.address, "/v1/models")
                .await
                .starts_with("HTTP/1.1 401 ")
        );
    }
    process
        .assert_metric("tollgate_config_last_reload_success 0")
        .await;
    process
        .assert_metric("tollgate_config_reload_failures_total 4")
        .await;
    configure(directory.path(), "");
    process.signal("HUP");
    process.logged("the configuration was read again", 1).await;
    process
        .assert_metric("tollgate_config_last_reload_success 1")
        .await;
    process.signal("TERM");
    assert_eq!(process.ended().await, Some(0));
}
