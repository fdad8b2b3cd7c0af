//! The end of a listener: what runs is finished, what is idle ends, what is late is cut off.

use std::time::Duration;

use tokio::net::TcpStream;
use tollgate_listen::{Drained, Gate, Settings, bind, bind_shared, is_taken};

use crate::server::{Client, Server, status};

#[tokio::test]
async fn what_runs_is_finished_and_closes_and_what_is_idle_ends() {
    let server = Server::start().await;
    let mut running = server.client().await;
    running.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n").await;
    server.recorder.came.notified().await;
    let mut idle = server.client().await;
    idle.get("/", "fine").await;
    let mut silent = server.client().await;
    let address = server.address;
    let (recorder, over) = server.end();
    assert_eq!(idle.rest().await, "");
    assert_eq!(silent.rest().await, "");
    assert!(TcpStream::connect(address).await.is_err());
    recorder.go.notify_one();
    let answer = running.rest().await;
    assert!(answer.contains("connection: close"), "{answer}");
    assert!(answer.ends_with("waited"), "{answer}");
    assert_eq!(over.await.unwrap(), Drained::Complete);
}

#[tokio::test]
async fn a_connection_that_was_accepted_is_served_though_the_end_has_come() {
    let server = Server::start().await;
    let mut early = server.client().await;
    let mut partial = server.client().await;
    partial.send("GET / HTTP/1.1\r\n").await;
    // So that both were accepted.
    server.client().await.get("/", "fine").await;
    let (_, over) = server.end();
    early.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    partial.send("Host: a\r\n\r\n").await;
    for mut client in [early, partial] {
        let answer = client.rest().await;
        assert_eq!(status(&answer), 200);
        assert!(answer.contains("connection: close"), "{answer}");
    }
    assert_eq!(over.await.unwrap(), Drained::Complete);
}

#[tokio::test]
async fn what_does_not_end_is_cut_off_and_counted() {
    let settings = Settings {
        drain: Duration::from_millis(50),
        ..Settings::default()
    };
    let server = Server::with(Gate::new(100), settings).await;
    let mut waiting = server.client().await;
    waiting.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n").await;
    server.recorder.came.notified().await;
    let mut switched = server.client().await;
    let offer = "GET /switch HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: raw\r\n\r\n";
    switched.send(format!("{offer}echo\n")).await;
    switched.until("echo\n").await;
    let (_, over) = server.end();
    assert_eq!(over.await.unwrap(), Drained::CutOff { connections: 2 });
    assert_eq!(waiting.rest().await, "");
    assert_eq!(switched.rest().await, "");
}

#[tokio::test]
async fn a_successor_takes_over_without_a_refused_connection() {
    let old = bind_shared("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = old.local_addr().unwrap();
    let new = bind_shared(address).unwrap();
    let old = Server::on(old, Gate::new(100), Settings::default());
    let clients = tokio::spawn(async move {
        for _ in 0..200 {
            let mut client = Client(TcpStream::connect(address).await.unwrap());
            client
                .send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                .await;
            assert_eq!(status(&client.rest().await), 200);
        }
    });
    let new = Server::on(new, Gate::new(100), Settings::default());
    old.client().await.get("/", "fine").await;
    let (_, over) = old.end();
    assert_eq!(over.await.unwrap(), Drained::Complete);
    clients.await.unwrap();
    assert!(!new.requests().is_empty());
}

#[tokio::test]
async fn an_address_is_taken_while_somebody_listens_there() {
    for alone in [false, true] {
        let any = "127.0.0.1:0".parse().unwrap();
        let listener = if alone { bind(any) } else { bind_shared(any) }.unwrap();
        let address = listener.local_addr().unwrap();
        assert!(is_taken(address), "alone: {alone}");
        drop(listener);
        assert!(!is_taken(address), "alone: {alone}");
    }
}
