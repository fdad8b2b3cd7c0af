//! Sockets that a supervisor hands over, as systemd does.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::process::{Command, Stdio};

use tollgate_listen::{Gate, Settings, from_supervisor};

use crate::server::Server;

/// Runs in a process of its own: it serves what it was handed until its input ends.
#[tokio::test]
#[ignore = "started by the test below, which hands over a socket"]
async fn the_one_that_takes_over() {
    let mut listeners = from_supervisor().unwrap();
    assert_eq!(listeners.len(), 1);
    let listener = tokio::net::TcpListener::from_std(listeners.remove(0)).unwrap();
    let server = Server::on(listener.into(), Gate::new(1), Settings::default());
    server
        .noticed(|notice| matches!(notice, tollgate_listen::Notice::Ended(_)).then_some(()))
        .await;
}

#[test]
fn a_socket_is_taken_over_from_a_supervisor() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    // A client that comes before anybody serves waits, and is not refused.
    let mut client = TcpStream::connect(address).unwrap();
    let script = "export LISTEN_FDS=1 LISTEN_PID=$$; exec 3<&0; exec \"$0\" --ignored --exact supervisor::the_one_that_takes_over";
    let mut child = Command::new("sh")
        .args(["-c", script])
        .arg(std::env::current_exe().unwrap())
        .stdin(Stdio::from(OwnedFd::from(listener)))
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    client
        .write_all(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(child.wait().unwrap().success());
}

#[tokio::test]
async fn without_a_supervisor_there_is_nothing() {
    assert!(from_supervisor().unwrap().is_empty());
}
