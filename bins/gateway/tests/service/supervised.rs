//! A gateway under a service manager: what it is told, and the socket that it is handed.

use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::Stdio;

use tokio::net::UnixDatagram;
use tokio::process::Command;
use tokio::time::timeout;

use crate::process::{PATIENCE, Process, command, configure, get};

/// The next message to a service manager that is not one of the watchdog.
async fn told(manager: &UnixDatagram) -> String {
    loop {
        let mut message = vec![0; 4096];
        let length = timeout(PATIENCE, manager.recv(&mut message)).await;
        message.truncate(length.expect("the manager is told").unwrap());
        let message = String::from_utf8(message).unwrap();
        if message.trim() != "WATCHDOG=1" {
            return message;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_manager_is_told_of_start_reload_and_end_and_that_all_is_well() {
    let directory = tempfile::tempdir().unwrap();
    configure(directory.path(), "");
    let socket = directory.path().join("notify");
    let manager = UnixDatagram::bind(&socket).unwrap();
    let mut command = command(directory.path());
    command
        .env("NOTIFY_SOCKET", &socket)
        .env("WATCHDOG_USEC", "200000");
    let mut process = Process::start(command).await;
    assert!(told(&manager).await.starts_with("READY=1\n"));
    process.signal("HUP");
    let reloading = told(&manager).await;
    assert!(
        reloading.starts_with("RELOADING=1\nMONOTONIC_USEC="),
        "{reloading}"
    );
    assert!(told(&manager).await.starts_with("READY=1\n"));
    let mut beats = 0;
    while beats < 3 {
        let mut message = [0; 64];
        let length = timeout(PATIENCE, manager.recv(&mut message)).await.unwrap();
        assert_eq!(message[..length.unwrap()].trim_ascii(), b"WATCHDOG=1");
        beats += 1;
    }
    process.signal("TERM");
    assert!(told(&manager).await.starts_with("STOPPING=1\n"));
    assert_eq!(process.ended().await, Some(0));
}

/// Has a shell put a listening socket where service managers put it.
fn activated(directory: &Path, socket: &TcpListener) -> Command {
    let given = command(directory);
    let given = given.as_std();
    let script = r#"exec 3<&0 0</dev/null; LISTEN_PID=$$ LISTEN_FDS=1; export LISTEN_PID LISTEN_FDS; exec "$@""#;
    let mut shell = Command::new("sh");
    shell
        .args(["-c", script, "sh"])
        .arg(given.get_program())
        .args(given.get_args())
        .current_dir(directory)
        .stdin(Stdio::from(OwnedFd::from(socket.try_clone().unwrap())));
    shell
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_that_is_handed_over_outlives_the_process() {
    let directory = tempfile::tempdir().unwrap();
    configure(directory.path(), "");
    let socket = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = socket.local_addr().unwrap();
    for _ in 0..2 {
        // It waits in the backlog until the gateway is there.
        let early = tokio::spawn(async move { get(address, "/v1/models").await });
        let mut process = Process::start(activated(directory.path(), &socket)).await;
        assert_eq!(process.address, address);
        assert!(early.await.unwrap().starts_with("HTTP/1.1 401 "));
        assert!(
            get(address, "/v1/models")
                .await
                .starts_with("HTTP/1.1 401 ")
        );
        process.signal("TERM");
        assert_eq!(process.ended().await, Some(0));
    }
}
