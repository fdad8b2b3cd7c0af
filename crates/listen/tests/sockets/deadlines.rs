//! Clients that are slow, silent or too many. Deadlines are short here; nothing else ends these.

use std::time::Duration;

use tokio::net::TcpStream;
use tollgate_listen::{Ending, Gate, Notice, Reason, Settings};

use crate::server::{Client, Server, status};

const SHORT: Duration = Duration::from_millis(150);

/// A listener on which only this one deadline can come.
async fn server(set: impl FnOnce(&mut Settings)) -> Server {
    let mut settings = Settings {
        head_timeout: Duration::from_secs(3600),
        keep_alive_idle: Duration::from_secs(3600),
        client_stall: Duration::from_secs(3600),
        ..Settings::default()
    };
    set(&mut settings);
    Server::with(Gate::new(100), settings).await
}

fn ended(notice: &Notice) -> Option<Ending> {
    match notice {
        Notice::Ended(ending) => Some(*ending),
        _ => None,
    }
}

#[tokio::test]
async fn a_head_that_does_not_end_is_refused_in_time() {
    let server = server(|settings| settings.head_timeout = SHORT).await;
    let answer = server.exchange("GET /slow HTTP/1.1\r\nHost: a\r\n").await;
    assert!(answer.contains("HeadTimeout /slow"), "{answer}");
    let ending = server.noticed(ended).await;
    assert_eq!(ending, Ending::Rejected(Reason::HeadTimeout));
}

#[tokio::test]
async fn a_second_head_that_does_not_end_is_refused_in_time() {
    let server = server(|settings| settings.head_timeout = SHORT).await;
    let mut client = server.client().await;
    client.get("/", "fine").await;
    client.send("GET /sl").await;
    assert_eq!(status(&client.rest().await), 400);
}

#[tokio::test]
async fn a_head_that_comes_bit_by_bit_has_one_deadline() {
    let server = server(|settings| settings.head_timeout = SHORT).await;
    let mut client = server.client().await;
    client.send("GET / HTTP/1.1\r\n").await;
    let (mut read, mut write) = tokio::io::split(client.0);
    let sending = async {
        let mut pace = tokio::time::interval(SHORT / 10);
        loop {
            pace.tick().await;
            tokio::io::AsyncWriteExt::write_all(&mut write, b"X: y\r\n").await?;
        }
    };
    let mut answer = Vec::new();
    let reading = tokio::io::AsyncReadExt::read_to_end(&mut read, &mut answer);
    let either = async {
        tokio::select! {
            failed = sending => { let _: std::io::Result<()> = failed; }
            read = reading => { read.unwrap(); }
        }
    };
    let closed = tokio::time::timeout(crate::server::DEADLINE, either).await;
    closed.expect("the connection is closed");
    drop((read, write));
    assert_eq!(
        server.noticed(ended).await,
        Ending::Rejected(Reason::HeadTimeout)
    );
}

#[tokio::test]
async fn a_silent_connection_is_closed() {
    let server = server(|settings| settings.head_timeout = SHORT).await;
    assert_eq!(server.exchange("").await, "");
    assert_eq!(server.noticed(ended).await, Ending::Expired);
}

#[tokio::test]
async fn an_idle_connection_is_closed_in_order() {
    let server = server(|settings| settings.keep_alive_idle = SHORT).await;
    let mut client = server.client().await;
    client.get("/", "fine").await;
    assert_eq!(client.rest().await, "");
    assert_eq!(server.noticed(ended).await, Ending::Complete);
}

#[tokio::test]
async fn an_answer_that_takes_long_is_not_idle() {
    let server = server(|settings| {
        settings.keep_alive_idle = SHORT;
        settings.head_timeout = SHORT;
    })
    .await;
    let mut client = server.client().await;
    client.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n").await;
    server.recorder.came.notified().await;
    // Another connection comes and goes by the same deadline, ten times.
    for _ in 0..10 {
        assert_eq!(server.exchange("").await, "");
    }
    server.recorder.go.notify_one();
    let answer = client.until("waited").await;
    assert!(!answer.contains("connection: close"), "{answer}");
}

#[tokio::test]
async fn a_client_that_does_not_read_is_cut_off() {
    let server = server(|settings| settings.client_stall = SHORT).await;
    let mut client = server.client().await;
    client
        .send("GET /endless HTTP/1.1\r\nHost: a\r\n\r\n")
        .await;
    assert_eq!(server.noticed(ended).await, Ending::Expired);
}

/// Clients that do not read, of a server at which three of them are a crowd.
async fn reluctant(count: usize) -> (Server, Vec<Client<TcpStream>>) {
    let settings = Settings {
        client_stall: Duration::from_secs(3600),
        crowd_stall: SHORT,
        keep_alive_idle: SHORT,
        ..Settings::default()
    };
    let server = Server::with(Gate::new(32), settings).await;
    let mut clients = Vec::new();
    for _ in 0..count {
        let mut client = server.client().await;
        client
            .send("GET /endless HTTP/1.1\r\nHost: a\r\n\r\n")
            .await;
        clients.push(client);
    }
    (server, clients)
}

fn cut_off(server: &Server) -> usize {
    let notices = server.recorder.notices.lock().unwrap();
    let cut = notices
        .iter()
        .filter(|one| ended(one) == Some(Ending::Expired));
    cut.count()
}

#[tokio::test]
async fn a_few_clients_that_do_not_read_are_waited_for() {
    let (server, clients) = reluctant(2).await;
    // Connections come and go by a deadline as short as a crowd's, ten times.
    for _ in 0..10 {
        let mut idle = server.client().await;
        idle.get("/", "fine").await;
        assert_eq!(idle.rest().await, "");
    }
    assert_eq!(cut_off(&server), 0);
    drop(clients);
}

#[tokio::test]
async fn many_clients_that_do_not_read_are_cut_off_soon() {
    let (server, clients) = reluctant(3).await;
    let all = async {
        while cut_off(&server) < 3 {
            tokio::task::yield_now().await;
        }
    };
    let all = tokio::time::timeout(crate::server::DEADLINE, all).await;
    all.expect("also the last of them, who is no crowd any more");
    drop(clients);
}

#[tokio::test]
async fn beyond_the_places_clients_are_told_at_once() {
    let server = Server::with(Gate::new(1), Settings::default()).await;
    let mut first = server.client().await;
    first.get("/", "fine").await;
    let refused = server
        .exchange("GET /v1/x?y HTTP/1.1\r\nHost: a\r\n\r\n")
        .await;
    assert!(refused.contains("Overloaded /v1/x "), "{refused}");
    let cut = server.exchange("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
    assert!(cut.ends_with(&"\0".repeat(8)), "{}", cut.escape_debug());
    first.get("/", "fine").await;
    drop(first);
    server.noticed(ended).await;
    server.client().await.get("/", "fine").await;
}

#[tokio::test]
async fn beyond_those_that_are_told_connections_are_closed() {
    let settings = Settings {
        refusals: 0,
        ..Settings::default()
    };
    let server = Server::with(Gate::new(0), settings).await;
    let refused = server.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert_eq!(refused, "");
    let answered = server.noticed(|notice| match notice {
        Notice::Overloaded { answered } => Some(*answered),
        _ => None,
    });
    assert!(!answered.await);
}

#[tokio::test]
async fn listeners_share_the_places_of_a_gate() {
    let gate = Gate::new(1);
    let one = Server::with(gate.clone(), Settings::default()).await;
    let other = Server::with(gate.clone(), Settings::default()).await;
    let mut first = one.client().await;
    first.get("/", "fine").await;
    assert_eq!(gate.free(), 0);
    let refused = other.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert!(refused.contains("Overloaded"), "{refused}");
}
